"""Filing values with a return, and the coordinator's own surveys and ratings."""

from datetime import date
from decimal import Decimal

import pytest

from departments.models import AuditRecord
from indicators.measuring import (
    MeasurementInput,
    OwedMeasurement,
    owed_measurements,
    record_measurement,
    save_measurements,
)
from indicators.models import Measurement
from indicators.targets import load_targets, read_targets
from tasks.drafting import Conflict, SaveOutcome, begin_report
from tasks.models import QuarterlyReport
from tasks.refusals import NotAllowed, Refused
from tests import factories

AT = factories.moment("2023-10-09 10:00")
LATER = factories.moment("2023-10-09 11:00")
IN_JANUARY = factories.moment("2024-01-05 10:00")
Status = QuarterlyReport.Status


@pytest.fixture
def indicators(plan):
    """The plan's twelve indicators by code."""
    factories.make_department("县财政局")
    load_targets(plan, read_targets("chengkou-2021-2025"), by=None, at=AT)
    return {i.code: i for i in plan.indicators.select_related("plan")}


@pytest.fixture
def training(indicators):
    return indicators["farmer-training"]


@pytest.fixture
def report(period, units, cast):
    return begin_report(period, units.nongye, by=cast.nongye, at=AT)


def typed(indicator, *, version=0, **values):
    return MeasurementInput(indicator.pk, version, values)


def stored(indicator):
    return list(
        indicator.measurements.order_by("pk").values_list(
            "value", "source", "version", "updated_by__username"
        )
    )


def test_saves_and_corrects_a_value_with_the_version_seen(report, training, cast):
    first = save_measurements(
        report, [typed(training, value=Decimal(300), source=" 培训台账 ")], by=cast.nongye, at=AT
    )
    second = save_measurements(
        report, [typed(training, version=1, value=Decimal(310), source="培训台账")], by=cast.nongye, at=LATER
    )

    assert (first, second) == (SaveOutcome({training.pk: 1}), SaveOutcome({training.pk: 2}))
    assert stored(training) == [(310, "培训台账", 2, "nongye")]
    assert (report.version, QuarterlyReport.objects.get().version) == (2, 2)


def test_an_equal_value_is_left_alone_whatever_version_was_seen(report, training, cast):
    save_measurements(report, [typed(training, value=Decimal(300))], by=cast.nongye, at=AT)

    outcome = save_measurements(report, [typed(training, value=Decimal("300.00"))], by=cast.nongye, at=LATER)

    assert (outcome, report.version) == (SaveOutcome(), 1)


def test_nothing_typed_leaves_nothing_behind(report, training, cast):
    outcome = save_measurements(report, [typed(training, value=None, source="")], by=cast.nongye, at=AT)

    assert (outcome, stored(training), report.version) == (SaveOutcome(), [], 0)


def test_the_loser_of_a_race_is_told_who_saved_what(report, training, cast):
    save_measurements(report, [typed(training, value=Decimal(1300))], by=cast.nongye, at=AT)

    outcome = save_measurements(report, [typed(training, value=Decimal(310))], by=cast.nongye, at=LATER)

    shown = (("本季新增（人次）", "1,300"), ("数据来源", "（空）"))
    assert outcome == SaveOutcome(conflicts=(Conflict(training.pk, "王琳", AT, 1, shown),))
    assert (stored(training), report.version) == ([(1300, "", 1, "nongye")], 1)


def test_many_values_raise_the_reports_version_once(plan, baseline, units, indicators, cast):
    q4 = factories.make_period(plan, "2023Q4")
    report = begin_report(q4, units.kexie, by=cast.kexie_tb, at=IN_JANUARY)
    codes = ("science-literacy", "science-museum", "village-informants")
    survey, museum, informants = (indicators[code] for code in codes)

    outcome = save_measurements(
        report,
        [
            typed(survey, value=Decimal("11.2")),
            typed(museum, stage="在建", value=Decimal(9)),
            typed(informants, numerator=Decimal(192), denominator=Decimal(204)),
        ],
        by=cast.kexie_tb,
        at=IN_JANUARY,
    )

    assert outcome == SaveOutcome({survey.pk: 1, museum.pk: 1, informants.pk: 1})
    assert list(
        report.measurements.order_by("indicator__position").values_list(
            "value", "stage", "numerator", "denominator"
        )
    ) == [(Decimal("11.2"), "", None, None), (None, "在建", None, None), (None, "", 192, 204)]
    assert report.version == 1


def test_a_fixed_number_of_queries_however_many_values(
    plan, baseline, units, indicators, cast, django_assert_num_queries
):
    q4 = factories.make_period(plan, "2023Q4")
    report = begin_report(q4, units.kexie, by=cast.kexie_tb, at=IN_JANUARY)
    survey, museum = indicators["science-literacy"], indicators["science-museum"]
    with django_assert_num_queries(4):
        save_measurements(report, [typed(survey, value=Decimal(1))], by=cast.kexie_tb, at=IN_JANUARY)
    with django_assert_num_queries(4):
        save_measurements(
            report,
            [typed(survey, version=1, value=Decimal(2)), typed(museum, stage="立项")],
            by=cast.kexie_tb,
            at=IN_JANUARY,
        )


@pytest.mark.parametrize("name", ["nongye_sh", "jiaowei", "lingdao", "outsider", "sysadmin"])
def test_only_the_units_reporter_files_values(report, training, cast, name):
    with pytest.raises(NotAllowed):
        save_measurements(report, [typed(training, value=Decimal(1))], by=getattr(cast, name), at=AT)
    assert stored(training) == []


def test_a_coordinator_files_for_a_unit_that_has_not_begun(report, training, cast):
    report.begun_by_proxy = True
    save_measurements(report, [typed(training, value=Decimal(1))], by=cast.kexie, at=AT)

    assert stored(training) == [(1, "", 1, "kexie")]


@pytest.mark.parametrize("code", ["science-museum", "funding-per-capita", "equal-services"])
def test_a_unit_files_its_own_indicators_of_the_quarter_only(report, indicators, cast, code):
    with pytest.raises(NotAllowed, match="不由本单位在本季度报送"):
        save_measurements(report, [typed(indicators[code], stage="在建")], by=cast.nongye, at=AT)


@pytest.mark.parametrize("status", [Status.ENDORSING, Status.SUBMITTED, Status.ACCEPTED])
def test_a_report_under_way_takes_no_values(period, units, training, cast, status):
    report = factories.make_report(period, units.nongye, status=status)

    with pytest.raises(Refused, match="不能修改"):
        save_measurements(report, [typed(training, value=Decimal(1))], by=cast.nongye, at=AT)


def test_a_closed_period_takes_no_values(report, period, training, cast):
    period.closed_at = AT
    period.save()
    report.period.refresh_from_db()

    with pytest.raises(Refused, match="已截止填报"):
        save_measurements(report, [typed(training, value=Decimal(1))], by=cast.nongye, at=LATER)


@pytest.mark.parametrize(
    ("code", "values", "sentence"),
    [
        ("science-literacy", {"value": Decimal(-1)}, "公民具备科学素质的比例的数值不应为负数。"),
        ("village-informants", {"denominator": Decimal(0)}, "村（社）总数（个）应大于 0。"),
        ("science-museum", {"stage": "封顶"}, "“封顶”不是县级科技馆的阶段。"),
    ],
)
def test_impossible_values_are_refused(plan, baseline, units, indicators, cast, code, values, sentence):
    q4 = factories.make_period(plan, "2023Q4")
    report = begin_report(q4, units.kexie, by=cast.kexie_tb, at=IN_JANUARY)

    with pytest.raises(Refused) as refusal:
        save_measurements(report, [typed(indicators[code], **values)], by=cast.kexie_tb, at=IN_JANUARY)
    assert (str(refusal.value), Measurement.objects.count()) == (sentence, 0)


def test_the_coordinator_records_a_survey(indicators, cast):
    survey = indicators["science-literacy"]

    record_measurement(
        survey,
        {"value": Decimal("11.2"), "source": "市级抽样调查"},
        measured_on=date(2022, 12, 31),
        by=cast.kexie,
        at=AT,
    )

    assert list(
        survey.measurements.values_list("report", "measured_on", "value", "version", "updated_by")
    ) == [(None, date(2022, 12, 31), Decimal("11.2"), 1, cast.kexie.pk)]
    record = AuditRecord.objects.filter(verb="录入监测值").get()
    assert (record.subject, record.by, record.at, record.detail) == (
        "公民具备科学素质的比例",
        cast.kexie,
        AT,
        "2022年12月31日：11.2%，数据来源：市级抽样调查",
    )


def test_the_same_day_and_source_is_a_correction_another_source_another_part(indicators, cast):
    informants = indicators["village-informants"]
    day = date(2023, 6, 30)
    for source, numerator in (("甲乡", 4), ("乙乡", 3), ("甲乡", 5)):
        values = {"numerator": Decimal(numerator), "denominator": Decimal(10), "source": source}
        record_measurement(informants, values, measured_on=day, by=cast.kexie, at=AT)

    assert list(informants.measurements.order_by("pk").values_list("source", "numerator", "version")) == [
        ("甲乡", 5, 2),
        ("乙乡", 3, 1),
    ]
    correction = AuditRecord.objects.get(verb="更正监测值")
    assert correction.detail == "2023年6月30日：50%，数据来源：甲乡（原为：40%，数据来源：甲乡）"


def test_the_coordinator_rates_a_qualitative_target_with_a_ground(indicators, cast):
    target = indicators["equal-services"]

    record_measurement(
        target,
        {"rating": "ADVANCING", "ground": "新建乡村科普馆3个。", "source": ""},
        measured_on=date(2023, 9, 30),
        by=cast.kexie,
        at=AT,
    )

    assert list(target.measurements.values_list("rating", "ground", "measured_on")) == [
        ("ADVANCING", "新建乡村科普馆3个。", date(2023, 9, 30))
    ]


@pytest.mark.parametrize("name", ["kexie_tb", "nongye", "lingdao", "outsider", "sysadmin"])
def test_nobody_but_a_coordinator_records(indicators, cast, name):
    with pytest.raises(NotAllowed, match="只有科协工作人员"):
        record_measurement(
            indicators["science-literacy"],
            {"value": Decimal(13), "source": ""},
            measured_on=date(2022, 12, 31),
            by=getattr(cast, name),
            at=AT,
        )
    assert Measurement.objects.count() == 0


@pytest.mark.parametrize(
    ("code", "values", "day", "sentence"),
    [
        ("science-literacy", {"value": None}, date(2022, 12, 31), "请填写监测值（%）。"),
        ("equal-services", {"rating": "REACHED", "ground": " "}, date(2022, 12, 31), "请填写评价依据。"),
        ("equal-services", {"rating": "GOOD", "ground": "有"}, date(2022, 12, 31), "请从所列评价中选择。"),
        ("science-literacy", {"value": Decimal(11)}, date(2023, 10, 10), "监测日期不能晚于今天。"),
        (
            "science-literacy",
            {"value": Decimal(11)},
            date(2020, 12, 31),
            "监测日期应在方案实施期内（2021年1月1日至2025年12月31日）。",
        ),
    ],
)
def test_what_is_incomplete_or_out_of_time_is_not_recorded(indicators, cast, code, values, day, sentence):
    with pytest.raises(Refused) as refusal:
        record_measurement(indicators[code], values, measured_on=day, by=cast.kexie, at=AT)
    assert (str(refusal.value), Measurement.objects.count()) == (sentence, 0)


def test_a_filing_page_is_told_what_is_owed_and_where_it_stands(
    baseline, period, units, training, report, cast, django_assert_num_queries
):
    before = factories.make_report(baseline, units.nongye)
    Measurement.objects.create(indicator=training, report=before, value=2960)
    save_measurements(report, [typed(training, value=Decimal(300))], by=cast.nongye, at=AT)

    with django_assert_num_queries(3):
        owed = owed_measurements(report)

    assert owed == [
        OwedMeasurement(
            indicator=training,
            measurement=report.measurements.get(),
            total_text="累计 2,960 人次",
            target_wording="2021―2025年累计不少于5000人次",
            own_text="300 人次",
        )
    ]


def test_a_report_not_yet_begun_owes_the_same(plan, baseline, units, indicators):
    q4 = factories.make_period(plan, "2023Q4")
    Measurement.objects.create(
        indicator=indicators["science-literacy"], measured_on=date(2022, 12, 31), value="11.2"
    )

    owed = owed_measurements(QuarterlyReport(period=q4, department=units.kexie))

    assert [(o.indicator.code, o.measurement, o.total_text, o.own_text) for o in owed] == [
        ("science-literacy", None, "11.2%（2022年12月31日监测）", ""),
        ("science-museum", None, "", ""),
        ("village-informants", None, "", ""),
    ]


def test_a_unit_without_indicators_owes_none(period, units, indicators):
    assert owed_measurements(QuarterlyReport(period=period, department=units.jiaowei)) == []
