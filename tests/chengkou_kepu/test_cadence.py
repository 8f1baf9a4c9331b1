"""A plan whose units report by half-year or by year: every page, export and command follows."""

import re
from io import BytesIO, StringIO
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from indicators.models import Indicator, Target
from tasks.models import Plan, ProgressEntry, ReportingPeriod
from tests import factories, offline
from tests.factories import moment

pytestmark = pytest.mark.django_db
PLAN = "/plans/chengkou-2021-2025/"


@pytest.fixture
def half_yearly(plan, units):
    """The cast's plan by half-year, with a cumulative indicator of 县农业农村委 and a survey of 县科协."""
    plan.cadence = "HALF_YEAR"
    plan.save()
    for code, name, kind, owner in [
        ("training", "农民教育培训", "CUMULATIVE", units.nongye),
        ("literate", "公民具备科学素质的比例", "SURVEY", units.kexie),
    ]:
        indicator = Indicator.objects.create(plan=plan, code=code, name=name, kind=kind, owner=owner)
        Target.objects.create(
            indicator=indicator, year=2025, value=12, wording="超过12", source_sentence="。"
        )
    return plan


@pytest.fixture
def second_half(half_yearly):
    """2022年下半年, the baseline, in which 县农业农村委 stated 40 % and 20 %."""
    return factories.make_period(half_yearly, "2022Q4", closed_at=moment("2023-02-01 09:00"))


@pytest.fixture
def first_half(half_yearly, second_half, units, cast):
    """2023年上半年: open; 县教委 has filed, 县农业农村委 has not."""
    factories.make_report(second_half, units.nongye, completions={1: 40, 2: 20}, by=cast.nongye)
    period = factories.make_period(half_yearly, "2023Q2")
    factories.make_report(period, units.jiaowei, completions={3: 50}, by=cast.jiaowei)
    return period


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue().strip()


def text_of(response):
    """What a reader sees of the page, in one line."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_periods_follow_one_another_by_half_year(signed_in, cast, half_yearly, clock):
    said = run("open_period", "2022Q4", at="2023-01-03")
    assert said == "城口县科学素质实施方案：2022年下半年已开放填报，2023年1月10日24时截止。"
    clock("2023-07-03 09:00")
    page = text_of(signed_in(cast.kexie).get(f"{PLAN}periods/"))
    assert "按半年填报，期满后第 10 日截止，遇节假日顺延至下一个工作日" in page
    assert "开放新的填报期 下一填报期： 2023年上半年 ，截止日期为 2023年7月10日" in page
    said = run("open_period", "2023Q2", at="2023-07-03")
    assert said == "城口县科学素质实施方案：2023年上半年已开放填报，2023年7月10日24时截止。"
    assert (
        run("close_period", "2023Q2", at="2023-08-01") == "城口县科学素质实施方案：2023年上半年已截止填报。"
    )
    assert [p.code for p in ReportingPeriod.objects.all()] == ["2022Q4", "2023Q2"]


@pytest.mark.parametrize(
    ("cadence", "code", "sentence"),
    [
        (
            "HALF_YEAR",
            "2023Q1",
            "本方案按半年填报，2023年第一季度不单独填报，并入2023年上半年（2023Q2）。",
        ),
        (
            "HALF_YEAR",
            "2023Q3",
            "本方案按半年填报，2023年第三季度不单独填报，并入2023年下半年（2023Q4）。",
        ),
        ("YEAR", "2023Q2", "本方案按年度填报，2023年第二季度不单独填报，并入2023年度（2023Q4）。"),
        ("YEAR", "2026Q4", "2026年度不在方案期内。"),
    ],
)
def test_what_is_no_period_of_the_plan_is_refused_in_words(
    signed_in, cast, plan, clock, cadence, code, sentence
):
    Plan.objects.update(cadence=cadence)
    clock("2023-10-09 09:00")
    for command in ("open_period", "close_period"):
        with pytest.raises(CommandError, match=re.escape(sentence)):
            call_command(command, code, at="2023-10-09")
    client = signed_in(cast.kexie)
    for response in (
        client.get(f"{PLAN}periods/{code}/", follow=True),
        client.post(f"{PLAN}periods/{code}/", {"verb": "open"}, follow=True),
    ):
        assert sentence in text_of(response)
    response = client.post(
        "/admin/tasks/reportingperiod/add/", {"plan": plan.pk, "year": code[:4], "quarter": code[-1]}
    )
    assert sentence in text_of(response)
    assert not ReportingPeriod.objects.exists()


def test_the_due_rule_is_the_plans_own(half_yearly):
    Plan.objects.update(due_days=20, due_on_working_day=False)
    said = run("open_period", "2023Q4", at="2024-01-02")
    assert said == "城口县科学素质实施方案：2023年下半年已开放填报，2024年1月20日24时截止。"


def test_the_cadence_stands_once_a_period_was_opened(signed_in, cast, plan):
    address = f"/admin/tasks/plan/{plan.pk}/change/"
    client = signed_in(cast.kexie)
    data = {
        "title": plan.title,
        "starts_on": "2021-01-01",
        "ends_on": "2025-12-31",
        "issuer": "",
        "consolidation": "FIRST_LEAD",
        "behind_points": 10,
        "severe_points": 30,
        "cadence": "HALF_YEAR",
        "due_days": 15,
        "due_on_working_day": "on",
        "resubmit_working_days": 3,
    }
    assert client.post(address, data).status_code == 302
    plan.refresh_from_db()
    assert (plan.cadence, plan.due_days) == ("HALF_YEAR", 15)
    factories.make_period(plan, "2022Q4")
    assert client.post(address, data | {"due_days": 12}).status_code == 302
    response = client.post(address, data | {"cadence": "YEAR"})
    assert dict(response.context["adminform"].form.errors) == {
        "cadence": ["本方案已开放过填报期，不能再改填报周期。"]
    }
    assert "due_days" in client.post(address, data | {"due_days": 0}).context["adminform"].form.errors
    plan.refresh_from_db()
    assert (plan.cadence, plan.due_days) == ("HALF_YEAR", 12)
    assert signed_in(cast.nongye).post(address, data).status_code == 404


def test_indicators_are_due_with_the_last_half_year(signed_in, cast, half_yearly, second_half, clock):
    clock("2023-07-03 09:00")
    page = text_of(signed_in(cast.kexie).get(f"{PLAN}periods/2023Q2/"))
    assert ("报送指标：农民教育培训" in page, "报送指标：公民具备" in page) == (True, False)
    clock("2024-01-03 09:00")
    client = signed_in(cast.kexie)
    page = text_of(client.get(f"{PLAN}periods/2023Q4/"))
    assert ("报送指标：农民教育培训" in page, "报送指标：公民具备" in page) == (True, True)
    told = text_of(client.get(f"{PLAN}indicators/literate/?period=2022Q4"))
    assert "截止时间已过，县科协没有审核通过的数据。" in told


def test_figures_are_carried_by_the_name_of_their_half_year(signed_in, cast, first_half, clock):
    clock("2023-07-05 09:00")
    client = signed_in(cast.lingdao)
    page = text_of(client.get(f"{PLAN}tasks/1/?period=2023Q2"))
    assert "沿用2022年下半年数据" in page
    assert "依据：第一牵头单位自评（县农业农村委2022年下半年报告）。" in page
    book = load_workbook(
        BytesIO(client.get(f"{PLAN}exports/responsibility-table.xlsx?period=2023Q2").getvalue())
    )
    sheet = book.active
    assert sheet["A2"].value == "截至2023年上半年，仅计入审核通过的进展；2023-07-05导出"
    row = next(r for r in sheet.iter_rows(values_only=True) if r[0] == 1)
    assert row[6] == "沿用2022年下半年数据"
    response = client.get(f"{PLAN}exports/summary.xlsx?period=2023Q2")
    assert "2021—2025年汇总表_2023年上半年_20230705.xlsx" in unquote(response["Content-Disposition"])
    values = [
        cell
        for sheet in load_workbook(BytesIO(response.getvalue()))
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if isinstance(cell, str)
    ]
    assert "2023年上半年报告报送" in values
    assert not [value for value in values if "季" in value]


PAGES = {
    "kexie": [
        *("", "?period=2022Q4", "tasks/", "tasks/1/", "actions/1/", "departments/", "indicators/"),
        *("indicators/training/", "indicators/literate/", "indicators/literate/record/", "exports/"),
        *("review/", "periods/", "periods/2023Q2/", "periods/2022Q4/", "periods/2023Q4/", "findings/"),
        *("periods/2023Q2/reminders/", "periods/2022Q4/archive/", "annual/"),
    ],
    "nongye": [
        *("", "filing/", "filing/2023Q2/", "filing/2023Q2/sheet/", "filing/2023Q2/upload/"),
        *("filing/2023Q2/cooperation/", "tasks/1/close-out/"),
    ],
}


@pytest.mark.parametrize(("user", "page"), [(user, page) for user, pages in PAGES.items() for page in pages])
def test_no_page_of_a_half_yearly_plan_speaks_of_quarters(signed_in, cast, first_half, clock, user, page):
    clock("2023-07-05 09:00")
    response = signed_in(getattr(cast, user)).get(PLAN + page)
    assert response.status_code == 200
    assert quarters_in(text_of(response)) == []


def quarters_in(text):
    """Where the text speaks of quarters, with its surroundings."""
    return re.findall(r".{0,12}季.{0,12}", text)


def test_no_offline_workbook_of_a_half_yearly_plan_speaks_of_quarters(signed_in, cast, first_half, clock):
    clock("2023-07-05 09:00")
    client, address = signed_in(cast.nongye), f"{PLAN}filing/2023Q2/"
    book = offline.download(client, address)
    cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert quarters_in("\n".join(str(cell) for cell in cells)) == []
    offline.cell(book["进展"], 1, "本半年进展").value = "建成示范园一个。"
    offline.cell(book["进展"], 2, "本半年无新进展").value = "是"
    offline.cell(book["进展"], 2, "无新进展的原因").value = "汛期停工。"
    shown = offline.upload(client, address, book)
    assert (offline.complaints(shown), quarters_in(text_of(shown))) == ([], [])
    offline.confirm(client, address, shown)
    assert [entry.told for entry in ProgressEntry.objects.filter(report__period=first_half).order_by("pk")][
        1:
    ] == ["建成示范园一个。", "无新进展：汛期停工。"]


@pytest.mark.parametrize("status", ["ENDORSING", "SUBMITTED", "ACCEPTED"])
def test_no_refusal_in_a_half_yearly_plan_speaks_of_quarters(
    signed_in, cast, units, first_half, clock, status
):
    clock("2023-07-05 09:00")
    report = factories.make_report(first_half, units.nongye, status=status, by=cast.nongye)
    client, address = signed_in(cast.nongye), f"{PLAN}filing/2023Q2/"
    for verb in ("SEND_UP", "SUBMIT"):
        page = client.post(address, {"verb": verb, "version": report.version, "reason": "核对"}, follow=True)
        assert quarters_in(text_of(page)) == [], verb
    data = {"until": "2023-07-20", "reason": "汛期"}
    assert quarters_in(text_of(client.post(f"{address}extension/", data, follow=True))) == []


def test_a_years_report(signed_in, cast, plan, clock):
    Plan.objects.update(cadence="YEAR")
    clock("2024-01-05 09:00")
    client = signed_in(cast.kexie)
    page = client.post(f"{PLAN}periods/2023Q4/", {"verb": "open"}, follow=True)
    assert "2023年度已开放填报，2024年1月10日24时截止。" in text_of(page)
    page = text_of(signed_in(cast.nongye).get(f"{PLAN}filing/2023Q4/"))
    assert "2023年度报告" in page
    assert "2023年度为本方案的基线年度" in page
    assert "方案期内的年度都已开放" not in text_of(signed_in(cast.kexie).get(f"{PLAN}periods/"))


def test_a_plan_without_periods_shows_the_half_year_of_today(signed_in, cast, half_yearly, clock):
    clock("2023-08-01 09:00")
    page = text_of(signed_in(cast.lingdao).get(PLAN))
    assert "方案尚未设立填报期，以下按2023年下半年显示。" in page


def test_the_sample_content_is_written_by_quarters(county):
    Plan.objects.update(cadence="YEAR")
    with pytest.raises(CommandError) as refusal:
        call_command("load_demo", at="2023-11-20")
    assert str(refusal.value).endswith("按年度填报，不能载入。")


def test_the_admin_and_the_login_page_name_no_quarter(signed_in, client, cast, first_half):
    assert "单位定期报送进展" in client.get("/login/").content.decode()
    kexie = signed_in(cast.kexie)
    for path in ("", "tasks/quarterlyreport/", "tasks/quarterlyreport/add/", "tasks/reportingperiod/"):
        assert "季报" not in text_of(kexie.get(f"/admin/{path}"))
    page = text_of(kexie.get("/admin/tasks/reportingperiod/add/"))
    assert re.findall(r"期末季度: *(.*?。)", page) == [
        "按半年填报的，上半年为 2、下半年为 4；按年度填报的为 4。"
    ]


@pytest.mark.parametrize(
    ("cadence", "sentence"),
    [
        ("HALF_YEAR", "上半年写法应如 2023Q2，下半年如 2023Q4，不能是“2024H1”。"),
        ("YEAR", "年度写法应如 2023Q4，不能是“2024H1”。"),
    ],
)
def test_how_a_period_is_written_is_told_by_the_plans_cadence(signed_in, cast, plan, cadence, sentence):
    Plan.objects.update(cadence=cadence)
    for command in ("open_period", "close_period", "freeze_period"):
        with pytest.raises(CommandError) as refused:
            call_command(command, "2024H1", at="2024-07-03")
        assert str(refused.value) == sentence


def test_a_period_that_is_not_named_is_no_half_year(signed_in, cast, second_half, clock):
    clock("2023-01-05 09:00")
    client = signed_in(cast.kexie)
    assert "2022年下半年为基线填报期，只记录基础情况" in text_of(client.get(PLAN))
    page = text_of(client.get(f"{PLAN}periods/"))
    assert ("已开放的填报期" in page, "基线半年" in page) == (True, False)
    with pytest.raises(CommandError, match="2022年下半年是本方案的基线填报期，不能补开更早的2022年上半年。"):
        call_command("open_period", "2022Q2", at="2023-01-05")


@pytest.mark.parametrize("code", ["2022Q2", "2023Q2"])
def test_what_was_never_opened_cannot_be_closed(second_half, code):
    label = f"{code[:4]}年上半年"
    with pytest.raises(CommandError) as refused:
        call_command("close_period", code, at="2023-01-05")
    assert str(refused.value) == f"{label}没有开放过填报。"


def test_a_year_is_named_alike_on_the_dashboard(signed_in, cast, plan, units):
    Plan.objects.update(cadence="YEAR")
    plan.refresh_from_db()
    period = factories.make_period(plan, "2023Q4")
    factories.make_report(period, units.nongye, completions={1: 40, 2: 20}, by=cast.nongye)
    page = text_of(signed_in(cast.lingdao).get(f"{PLAN}?period=2023Q4"))
    assert ("2023年度" in page, "全年" in page) == (True, False)
