"""How indicators stand in a quarter: what counts, what awaits, and what every text says."""

from datetime import date
from fractions import Fraction

import pytest

from indicators.attainment import Attainment
from indicators.models import Measurement
from indicators.standing import IndicatorStanding, indicator_standing, owners_owing
from indicators.targets import load_targets, read_targets
from tasks.models import QuarterlyReport
from tasks.selection import unopened_period
from tests import factories

AT = factories.moment("2023-10-09 10:00")
AFTER = factories.moment("2024-01-31 10:00")
Status = QuarterlyReport.Status


@pytest.fixture
def indicators(plan):
    """The plan's twelve indicators by code."""
    factories.make_department("县财政局")
    load_targets(plan, read_targets("chengkou-2021-2025"), by=None, at=AT)
    return {i.code: i for i in plan.indicators.all()}


@pytest.fixture
def measure(indicators):
    """measure(code, report or date, **fields) stores a value."""

    def measure(code, where, **fields):
        place = {"measured_on": where} if isinstance(where, date) else {"report": where}
        return Measurement.objects.create(indicator=indicators[code], **place, **fields)

    return measure


def standing_of(code, period, at=AT):
    return next(s for s in indicator_standing(period, at=at) if s.code == code)


def test_cumulative_sums_what_is_accepted_up_to_the_quarter(
    plan, baseline, period, units, indicators, measure
):
    later = factories.make_period(plan, "2023Q4")
    measure("farmer-training", factories.make_report(baseline, units.nongye), value=2960)
    measure("farmer-training", factories.make_report(period, units.nongye), value=300)
    measure("farmer-training", factories.make_report(later, units.nongye), value=50)

    assert standing_of("farmer-training", period) == IndicatorStanding(
        indicator_id=indicators["farmer-training"].pk,
        code="farmer-training",
        name="农民教育培训",
        kind="CUMULATIVE",
        unit="人次",
        owner="县农业农村委",
        owner_id=units.nongye.pk,
        owner_is_group=False,
        owner_presumed=False,
        wording="2021―2025年累计不少于5000人次",
        year=2025,
        source_sentence="十四五末，依托分校等平台开展农民教育培训力争达到5000人次以上，大力提高农民科技文化素质，服务农业农村现代化。",
        presumption="“十四五末”推定为2025年底，5000人次推定为2021―2025年累计。",
        value=Fraction(3260),
        goal=Fraction(5000),
        current="3,260 人次",
        awaiting="",
        expected="序时应达 2,747 人次",
        gap="还差 1,740 人次",
        attainment=Attainment.ON_TRACK,
        as_of="2023年第三季度报送",
        basis="审核通过的新增数合计 3,260 人次，目标不少于 5,000 人次；时间进度54.9%，序时应达 2,747 人次。",
    )


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ENDORSING, Status.RETURNED])
def test_what_is_not_submitted_is_not_seen(period, units, measure, status):
    measure("farmer-training", factories.make_report(period, units.nongye, status=status), value=300)

    standing = standing_of("farmer-training", period)
    assert (standing.attainment, standing.value, standing.current, standing.awaiting, standing.basis) == (
        Attainment.UNMEASURED,
        None,
        "",
        "",
        "尚未到截止时间，县农业农村委还没有审核通过的数据。",
    )


def test_submitted_values_await_beside_the_accepted_ones(baseline, period, units, measure):
    measure("farmer-training", factories.make_report(baseline, units.nongye), value=1000)
    report = factories.make_report(period, units.nongye, status=Status.SUBMITTED)
    measure("farmer-training", report, value=300)

    standing = standing_of("farmer-training", period)
    assert (standing.current, standing.awaiting, standing.attainment) == (
        "1,000 人次",
        "300 人次",
        Attainment.BEHIND,
    )


@pytest.mark.parametrize(
    ("code", "quarter", "at", "basis"),
    [
        ("farmer-training", "2023Q3", AFTER, "截止时间已过，县农业农村委没有审核通过的数据。"),
        ("science-literacy", "2023Q3", AFTER, "县科协每年随第四季度季报报送，尚无审核通过的数据。"),
        ("science-literacy", "2023Q4", AFTER, "截止时间已过，县科协没有审核通过的数据。"),
        ("equal-services", "2023Q4", AFTER, "定性目标由科协工作人员评价，尚未评价。"),
    ],
)
def test_an_unmeasured_indicator_says_why(plan, baseline, indicators, code, quarter, at, basis):
    standing = standing_of(code, factories.make_period(plan, quarter), at)

    assert (standing.attainment, standing.current, standing.as_of, standing.gap) == (
        Attainment.UNMEASURED,
        "",
        "",
        "",
    )
    assert standing.basis == basis


def test_a_submitted_first_value_is_said_to_await(plan, baseline, units, measure):
    period = factories.make_period(plan, "2023Q4")
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED)
    measure("science-museum", report, stage="在建")

    standing = standing_of("science-museum", period)
    assert (standing.attainment, standing.awaiting, standing.basis) == (
        Attainment.UNMEASURED,
        "在建",
        "县科协已报送，尚未审核通过。",
    )


def test_an_indicator_without_owner_says_so(period, indicators):
    indicators["farmer-training"].owner = None
    indicators["farmer-training"].save()

    assert standing_of("farmer-training", period).basis == "尚未确定报送单位，也没有录入监测值。"


@pytest.mark.parametrize(
    ("value", "attainment"), [("12", Attainment.NOT_REACHED), ("12.01", Attainment.REACHED)]
)
def test_survey_is_the_latest_value_alone(period, measure, value, attainment):
    measure("science-literacy", date(2021, 12, 31), value="30")
    measure("science-literacy", date(2022, 12, 31), value=value)
    measure("science-literacy", date(2023, 12, 31), value="50")

    standing = standing_of("science-literacy", period)
    assert (standing.value, standing.attainment, standing.expected, standing.as_of) == (
        Fraction(value),
        attainment,
        "",
        "2022年12月31日监测",
    )


def test_yearly_ratio_is_judged_year_by_year(plan, baseline, measure):
    caizheng = factories.make_department("县财政局")
    q4 = factories.make_period(plan, "2023Q4")
    measure(
        "funding-per-capita",
        factories.make_report(baseline, caizheng),
        numerator=320_000,
        denominator=200_000,
    )
    measure("funding-per-capita", factories.make_report(q4, caizheng), numerator=310_000, denominator=200_000)

    before, now = standing_of("funding-per-capita", baseline), standing_of("funding-per-capita", q4)
    assert (before.attainment, before.current, before.gap) == (
        Attainment.REACHED,
        "1.6 元/人",
        "高于目标 0.1 元/人",
    )
    assert (now.attainment, now.current, now.gap) == (
        Attainment.NOT_REACHED,
        "1.55 元/人",
        "比上年减少 0.05 元/人",
    )
    assert now.basis == (
        "科普经费预算（元） 310,000 ÷ 人口（人） 200,000，为 1.55 元/人，目标不少于 1.5 元/人；"
        "上年 1.6 元/人，不应低于上年。"
    )


def test_last_years_ratio_stands_until_the_year_ends_without_one(plan, baseline, period, measure):
    q4 = factories.make_period(plan, "2023Q4")
    measure("funding-per-capita", date(2022, 12, 31), numerator=320_000, denominator=200_000)

    assert standing_of("funding-per-capita", period).attainment == Attainment.REACHED
    assert standing_of("funding-per-capita", q4, AFTER).attainment == Attainment.UNMEASURED


def test_a_year_that_was_never_reported_stays_missing_in_the_next(plan, baseline, measure):
    """2022 is the last value: until 2024Q4 the year 2023 lacks its own, then 2024 does."""
    measure("funding-per-capita", date(2022, 12, 31), numerator=320_000, denominator=200_000)
    factories.make_department("县财政局")
    late = factories.moment("2025-02-01 09:00")

    def told(code):
        standing = standing_of("funding-per-capita", factories.make_period(plan, code), late)
        return standing.attainment, standing.current, standing.basis.split("，", 1)[-1]

    assert told("2023Q3") == (Attainment.REACHED, "1.6 元/人", "为 1.6 元/人，目标不少于 1.5 元/人。")
    assert told("2024Q1") == (Attainment.UNMEASURED, "", "尚无审核通过的2023年数据。")
    assert told("2024Q4") == (Attainment.UNMEASURED, "", "县财政局没有审核通过的2024年数据。")


def test_parts_of_a_ratio_of_one_day_are_summed_before_dividing(period, measure):
    measure("village-informants", date(2022, 12, 31), numerator=200, denominator=204, source="全县")
    measure("village-informants", date(2023, 6, 30), numerator=1, denominator=2, source="甲乡")
    measure("village-informants", date(2023, 6, 30), numerator=3, denominator=10, source="乙乡")

    standing = standing_of("village-informants", period)
    assert (standing.value, standing.current, standing.attainment) == (
        Fraction(400, 12),
        "33.33%",
        Attainment.BEHIND,
    )


def test_milestone_is_the_latest_stage(plan, baseline, period, units, measure):
    measure("science-museum", factories.make_report(baseline, units.kexie), stage="立项")

    standing = standing_of("science-museum", period)
    assert (standing.value, standing.current, standing.expected, standing.gap, standing.attainment) == (
        None,
        "立项",
        "序时应达“在建”",
        "距目标还有 2 个阶段",
        Attainment.BEHIND,
    )


def test_a_stage_that_is_no_longer_listed_is_shown_but_not_judged(period, measure):
    measure("science-museum", date(2023, 6, 30), stage="选址")

    standing = standing_of("science-museum", period)
    assert (standing.current, standing.attainment) == ("选址", Attainment.UNMEASURED)


def test_rating_is_shown_with_its_ground(period, measure):
    measure("equal-services", date(2023, 6, 30), rating="ADVANCING", ground="新建乡村科普馆3个。")

    standing = standing_of("equal-services", period)
    assert (standing.value, standing.current, standing.attainment, standing.as_of, standing.basis) == (
        None,
        "有进展",
        Attainment.RATED,
        "2023年6月30日评价",
        "2023年6月30日评价为“有进展”。依据：新建乡村科普馆3个。",
    )


def test_half_filled_values_do_not_count(baseline, period, measure):
    measure(
        "village-informants",
        factories.make_report(baseline, factories.make_department("县科协")),
        numerator=3,
    )

    assert standing_of("village-informants", period).attainment == Attainment.UNMEASURED


def test_other_plans_values_stay_out(period, measure, plan):
    other = factories.make_plan("wuxi", region=factories.make_region("巫溪县", "500238"))
    load_targets(other, read_targets("chengkou-2021-2025"), by=None, at=AT)
    foreign = other.indicators.get(code="science-literacy")
    Measurement.objects.create(indicator=foreign, measured_on=date(2022, 12, 31), value=13)

    assert standing_of("science-literacy", period).attainment == Attainment.UNMEASURED


def test_an_unopened_period_stands_too(plan, indicators):
    assert len(indicator_standing(unopened_period(plan, at=AT), at=AT)) == 12


def test_three_queries_however_many_indicators_and_values(
    plan, baseline, period, units, measure, django_assert_num_queries
):
    with django_assert_num_queries(3):
        indicator_standing(period, at=AT)
    for quarter in (baseline, period):
        for unit in (units.nongye, units.kexie):
            report = factories.make_report(quarter, unit)
            measure("farmer-training", report, value=10)
            measure("village-informants", report, numerator=1, denominator=2)
    with django_assert_num_queries(3):
        indicator_standing(period, at=AT)


def test_owners_owe_cumulative_values_each_quarter_and_the_others_in_the_fourth(
    plan, period, units, indicators, django_assert_num_queries
):
    caizheng = factories.make_department("县财政局")
    with django_assert_num_queries(1):
        assert owners_owing(period) == {units.nongye.pk: ("县农业农村委", ("农民教育培训",))}
    assert owners_owing(factories.make_period(plan, "2023Q4")) == {
        units.kexie.pk: ("县科协", ("公民具备科学素质的比例", "县级科技馆", "科普信息员")),
        units.nongye.pk: ("县农业农村委", ("农民教育培训",)),
        caizheng.pk: ("县财政局", ("科普经费",)),
    }


def test_groups_and_nobody_owe_nothing(plan, indicators):
    group = factories.make_department("各乡镇（街道）", is_group=True)
    plan.indicators.update(owner=group)
    plan.indicators.filter(code="farmer-training").update(owner=None)

    assert owners_owing(factories.make_period(plan, "2023Q4")) == {}
