"""The targets, the page of one, and the coordinator's own entries."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengkou_kepu.indicator_pages import StageRow, ValueRow
from departments.models import AuditRecord
from indicators.forms import MeasurementForm
from indicators.models import Indicator, Measurement, Target
from tasks.models import QuarterlyReport
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/indicators/"
SENTENCE = "到2025年，全县公民具备科学素质的比例超过12%。"


@pytest.fixture(autouse=True)
def twentieth_of_october(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: factories.moment("2023-10-20 09:00"))


def make_indicator(plan, code, kind, *, owner=None, target=None, **fields):
    indicator = Indicator.objects.create(
        plan=plan, code=code, name=f"指标{code}", kind=kind, owner=owner, **fields
    )
    wanted = {"year": 2025, "wording": "如文件所述", "source_sentence": SENTENCE} | (target or {})
    Target.objects.create(indicator=indicator, **wanted)
    return indicator


@pytest.fixture
def survey(plan, units):
    return make_indicator(
        plan,
        "literacy",
        "SURVEY",
        owner=units.kexie,
        owner_presumed=True,
        unit="%",
        target={"value": 12, "comparator": ">", "presumption": "报送单位为推定。"},
    )


@pytest.fixture
def training(plan, units):
    return make_indicator(
        plan, "training", "CUMULATIVE", owner=units.nongye, unit="人次", target={"value": 5000}
    )


@pytest.fixture
def culture(plan, units):
    return make_indicator(plan, "culture", "QUALITATIVE", owner=units.kexie)


def typed(indicator, measured_on, **values):
    """What the recording page posts."""
    prefix = MeasurementForm(indicator=indicator).prefix
    return {"measured_on": measured_on} | {f"{prefix}-{name}": value for name, value in values.items()}


def measured(indicator, period, value, status=QuarterlyReport.Status.ACCEPTED):
    report = factories.make_report(period, indicator.owner, status=status)
    return Measurement.objects.create(indicator=indicator, report=report, value=value, source="培训台账")


def test_list_parts_figures_from_words(signed_in, cast, period, survey, training, culture):
    context = signed_in(cast.lingdao).get(URL).context
    assert [s.code for s in context["measurable"]] == ["literacy", "training"]
    assert [s.code for s in context["qualitative"]] == ["culture"]


def test_page_shows_target_source_presumption_values_and_gap(signed_in, cast, baseline, period, training):
    measured(training, baseline, 1000)
    measured(training, period, 500, QuarterlyReport.Status.SUBMITTED)
    response = signed_in(cast.lingdao).get(f"{URL}training/", {"period": "2023Q3"})
    assert list(response.context["detail"].values) == [
        ValueRow("2023年第三季度报送", "500 人次", "", "培训台账", "", accepted=False),
        ValueRow("2022年第四季度报送", "1,000 人次", "1,000 人次", "培训台账", "", accepted=True),
    ]
    assert response.context["detail"].points == (("2022年12月", 1000),)
    page = response.content.decode()
    assert SENTENCE in page
    assert "还差 4,000 人次" in page
    assert "待审核" in page


def test_page_marks_what_is_presumed(signed_in, cast, period, survey):
    page = signed_in(cast.lingdao).get(f"{URL}literacy/").content.decode()
    assert "报送单位为推定。" in page
    assert page.count('<span class="tag">推定</span>') == 2


def test_a_drafted_value_is_not_shown(signed_in, cast, period, training):
    measured(training, period, 777, QuarterlyReport.Status.DRAFT)
    response = signed_in(cast.lingdao).get(f"{URL}training/", {"period": "2023Q3"})
    assert response.context["detail"].values == ()
    assert "777" not in response.content.decode()


def test_milestone_page_shows_the_stages(signed_in, cast, plan, baseline, units):
    museum = make_indicator(
        plan,
        "museum",
        "MILESTONE",
        owner=units.kexie,
        stages=["立项", "在建", "基本建成"],
        target={"stage": "基本建成"},
    )
    report = factories.make_report(baseline, units.kexie)
    Measurement.objects.create(indicator=museum, report=report, stage="在建")
    context = signed_in(cast.lingdao).get(f"{URL}museum/").context
    assert list(context["detail"].stages) == [
        StageRow("立项", False, False),
        StageRow("在建", True, False),
        StageRow("基本建成", False, True),
    ]


def test_coordinator_records_a_survey(signed_in, cast, period, survey):
    url = f"{URL}literacy/record/"
    client = signed_in(cast.kexie)
    assert client.get(url).status_code == 200
    response = client.post(url, typed(survey, "2023-06-30", value="１１.５%", source="全国抽样调查"))
    assert (response.status_code, response.url) == (302, f"{URL}literacy/")
    entry = Measurement.objects.values(
        "indicator", "report", "measured_on", "value", "source", "updated_by"
    ).get()
    assert entry == {
        "indicator": survey.pk,
        "report": None,
        "measured_on": date(2023, 6, 30),
        "value": Decimal("11.5"),
        "source": "全国抽样调查",
        "updated_by": cast.kexie.pk,
    }
    assert AuditRecord.objects.count() == 1


def test_coordinator_records_a_rating_with_its_ground(signed_in, cast, period, culture):
    rated = typed(culture, "2023-09-30", rating="ADVANCING", ground="全国科普日活动覆盖各乡镇。")
    assert signed_in(cast.kexie).post(f"{URL}culture/record/", rated).status_code == 302
    page = signed_in(cast.lingdao).get(f"{URL}culture/", {"period": "2023Q3"}).content.decode()
    assert "有进展" in page
    assert "全国科普日活动覆盖各乡镇。" in page


@pytest.mark.parametrize(
    ("day", "value", "said"),
    [
        ("昨天", "11", "日期写法如 2023-10-10。"),
        ("", "11", "请填写日期。"),
        ("0001-01-01", "11", "日期应在2000年至2099年之间，请核对年份。"),
        ("9999-12-31", "11", "日期应在2000年至2099年之间，请核对年份。"),
        ("2023-06-30", "很多", "请填写数字，如 1,200。"),
        ("2023-06-30", "", "请填写监测值。"),
        ("2024-06-30", "11", "监测日期不能晚于今天。"),
    ],
)
def test_what_cannot_be_recorded_is_said_at_the_form_and_kept(
    signed_in, cast, period, survey, day, value, said
):
    response = signed_in(cast.kexie).post(f"{URL}literacy/record/", typed(survey, day, value=value))
    page = response.content.decode()
    assert response.status_code == 200
    assert said in page
    assert f'value="{value}"' in page or not value
    assert Measurement.objects.count() == 0


def test_only_the_coordinator_records(signed_in, cast, period, survey):
    url = f"{URL}literacy/record/"
    for name, status in {
        "lingdao": 403,
        "kexie_tb": 403,
        "nongye": 403,
        "outsider": 404,
        "shenji": 404,
    }.items():
        client = signed_in(getattr(cast, name))
        assert (client.get(url).status_code, client.post(url, {"value": "11"}).status_code) == (
            status,
            status,
        )
    assert Measurement.objects.count() == 0
    assert url not in signed_in(cast.lingdao).get(f"{URL}literacy/").content.decode()
    assert url in signed_in(cast.kexie).get(f"{URL}literacy/").content.decode()


def test_what_a_unit_files_is_not_recorded_by_the_coordinator(signed_in, cast, period, training):
    client = signed_in(cast.kexie)
    assert client.get(f"{URL}training/record/").status_code == 404
    assert f"{URL}training/record/" not in client.get(f"{URL}training/").content.decode()


@pytest.mark.parametrize("path", ["", "training/"])
@pytest.mark.parametrize("codes", [["2023Q3"], ["2022Q4", "2023Q1", "2023Q2", "2023Q3"]])
def test_queries_do_not_grow(signed_in, cast, plan, training, survey, culture, path, codes):
    for code in codes:
        measured(training, factories.make_period(plan, code), 300)
    client = signed_in(cast.lingdao)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(URL + path, {"period": "2023Q3"}).status_code == 200
    assert len(queries) == (12 if path else 8)


@pytest.mark.parametrize("path", ["nothing/", "nothing/record/"])
def test_unknown_indicator_is_not_found(signed_in, cast, period, path):
    assert signed_in(cast.kexie).get(URL + path).status_code == 404


def test_strangers_get_404(signed_in, cast, period, survey):
    for name in ("outsider", "sysadmin", "shenji"):
        client = signed_in(getattr(cast, name))
        assert [client.get(URL + path).status_code for path in ("", "literacy/")] == [404, 404]
