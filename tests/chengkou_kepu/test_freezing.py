"""定稿归档 of the county's own plan: what is stored, and that nothing done afterwards changes what is shown."""

import hashlib
import re
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from chengkou_kepu.demo import loading
from chengkou_kepu.freezing import PARTS, figures_of, freeze_quarter, parts_of
from chengkou_kepu.plan_import import import_plan
from departments.models import AuditRecord, Department, User
from indicators.models import Indicator, Measurement, Target
from tasks import exact_json, progress, workflow
from tasks.models import (
    Action,
    FrozenQuarter,
    Plan,
    QuarterlyReport,
    ReportingPeriod,
    Responsibility,
    Task,
)
from tasks.plan_document import read_plan_document
from tasks.refusals import NotAllowed, Refused
from tasks.selection import periods_of
from tests import factories
from tests.factories import moment

COUNTY_FILE = settings.BASE_DIR / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"
LOADED_AT, AT, LATER = moment("2024-01-05 10:30"), moment("2024-01-08 09:00"), moment("2024-02-01 09:00")
PLAN = "/plans/chengkou-2021-2025/"
CODE = "2023Q2"


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The county's plan with the demo in it for the whole module."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), quick, transaction.atomic():
        document = read_plan_document(COUNTY_FILE)
        plan = import_plan(document, by=None, at=moment("2022-12-01 09:00")).plan
        loading.load(plan, password="shili-2024", at=LOADED_AT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def county(demo, db):
    return Plan.objects.select_related("region").get()


def named(username):
    return User.objects.get(username=username)


def quarter(plan, code=CODE):
    return next(p for p in periods_of(plan) if p.code == code)


@pytest.fixture
def frozen(county):
    return freeze_quarter(quarter(county), by=named("kexie"), at=AT)


# What is stored


@pytest.mark.parametrize("code", ["2022Q4", "2023Q2", "2023Q3", "2023Q4"])
def test_what_is_stored_is_read_back_exactly(county, code):
    known = periods_of(county)
    period = next(p for p in known if p.code == code)
    parts = parts_of(period, known, at=AT)
    figures = figures_of(period, known, at=AT)
    for name, kind in PARTS.items():
        back = exact_json.load(figures[name], kind)
        assert back == parts[name], name
        assert repr(back) == repr(exact_json.load(exact_json.dump(back, kind), kind))
    assert set(parts) == set(figures) == set(PARTS)


def test_freezing_is_on_record(frozen, county):
    period = quarter(county)
    stored = FrozenQuarter.objects.get()
    assert (period.frozen_at, stored.frozen_by, stored.rule_version) == (
        AT,
        named("kexie"),
        progress.RULE_VERSION,
    )
    assert stored.sha256 == hashlib.sha256(bytes(stored.workbook)).hexdigest()
    record = AuditRecord.objects.latest("pk")
    assert (record.verb, record.subject, record.by, record.at, record.detail) == (
        "定稿归档",
        f"{county} 2023年第二季度",
        named("kexie"),
        AT,
        f"规则第 1 版，汇总表 SHA-256：{stored.sha256}",
    )


def test_freezing_again_changes_nothing(frozen, county):
    before = FrozenQuarter.objects.values().get(), AuditRecord.objects.count()
    Plan.objects.update(behind_points=1)
    again = freeze_quarter(quarter(county), by=named("zhengfuban"), at=LATER)
    assert again == frozen
    assert (FrozenQuarter.objects.values().get(), AuditRecord.objects.count()) == before
    assert quarter(county).frozen_at == AT


# What stays


def shown(client, path):
    """What a page says of the quarter: the text of its main part and its heading.

    Without what differs by request, and without what the dashboard tells of a quarter that is open since.
    """
    page = client.get(path)
    assert page.status_code == 200, path
    html = page.content.decode()
    html = html[html.index('<section class="bar') :]
    html = re.sub(r'<p class="notice no-print later">.*?</p>', "", html)
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", html)


def archive(client, addresses):
    """Pages of the frozen quarter and its downloads, by address."""
    pages = {p: shown(client, f"{PLAN}{p}{'&' if '?' in p else '?'}period={CODE}") for p in addresses}
    summary = client.get(f"{PLAN}exports/summary.xlsx?period={CODE}")
    table = client.get(f"{PLAN}exports/responsibility-table.xlsx?period={CODE}")
    return pages | {
        "summary": (summary.getvalue(), summary["X-SHA256"], summary["Content-Disposition"]),
        "table": (cells(table.getvalue()), table["Content-Disposition"]),
    }


def paths():
    """One page of each kind, of tasks that are behind, closed out and led by several, and of units of each role."""
    led = Responsibility.objects.filter(task__number=12).order_by("pk")
    return [
        "",
        "tasks/",
        "tasks/?sort=-behind&light=BEHIND",
        "departments/",
        "indicators/",
        *(f"tasks/{number}/" for number in (3, 9, 12, 25)),
        *(f"actions/{ordinal}/" for ordinal in (1, 10)),
        *(f"departments/{pk}/" for pk in {led.first().department_id, led.last().department_id}),
        "indicators/farmer-training/",
        "indicators/science-literacy/",
    ]


def cells(content):
    book = openpyxl.load_workbook(BytesIO(content))
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book]


def thresholds(county):
    Plan.objects.update(behind_points=1, severe_points=2)


def consolidation(county):
    Plan.objects.update(consolidation="MEAN")


def plan_title_and_span(county):
    Plan.objects.update(title="另一个方案", ends_on=date(2026, 12, 31), supports_must_report=True)


def task_title(county):
    Task.objects.update(title="改过的题目", paragraphs="改过的原文", nature="STANDING")


def action_title(county):
    Action.objects.update(title="改过的行动", paragraphs="改过的原文")


def unit_names(county):
    for unit in Department.objects.all():
        Department.objects.filter(pk=unit.pk).update(name=f"{unit.name}（改）")


def responsibilities_ended(county):
    Responsibility.objects.update(valid_to=date(2023, 3, 31), decided_by="另有分工")


def unit_added(county):
    unit = factories.make_department("县新设局")
    for task in Task.objects.filter(plan=county):
        Responsibility.objects.create(
            task=task, department=unit, role="LEAD", position=0, valid_from=county.starts_on
        )


def indicator_targets(county):
    Target.objects.update(value=1, wording="改过的目标", source_sentence="改过的原句", year=2024)
    Indicator.objects.update(
        name="改过的指标", unit="个", owner=Department.objects.get(name__startswith="县教委")
    )


def later_values(county):
    """A value the coordinator enters afterwards for a day within the quarter, and corrections of others."""
    Measurement.objects.update(value=7, numerator=7)
    for indicator in Indicator.objects.filter(kind="SURVEY"):
        Measurement.objects.create(indicator=indicator, value=11, measured_on=date(2023, 5, 1))


CHANGES = [
    thresholds,
    consolidation,
    plan_title_and_span,
    task_title,
    action_title,
    responsibilities_ended,
    unit_added,
    indicator_targets,
    later_values,
    unit_names,
]
RUNNING_RECORD = re.compile(r'<h2>各季度进展</h2>.*?<div class="stack">|<h2>历次报送</h2>.*?</section>', re.S)


def test_nothing_done_afterwards_changes_what_the_archive_shows(frozen, county, signed_in, monkeypatch):
    """Each change is made on top of the ones before, and does change the quarter after, which is not frozen."""
    client = signed_in(named("lingdao"))
    addresses = paths()
    before, live = archive(client, addresses), client.get(f"{PLAN}?period=2023Q3").content
    for change in CHANGES:
        change(county)
        after, moved = archive(client, addresses), client.get(f"{PLAN}?period=2023Q3").content
        assert [path for path in before if after[path] != before[path]] == [], change.__name__
        assert moved != live, change.__name__
        live = moved
    monkeypatch.setattr(progress, "light_by_points", lambda behind, rules: progress.Light.SEVERE)
    assert archive(client, addresses) == before
    assert client.get(f"{PLAN}?period=2023Q3").content != live


def test_an_earlier_quarter_that_still_moves_changes_only_its_own_record(frozen, county, signed_in):
    client = signed_in(named("lingdao"))
    before = archive(client, paths())
    QuarterlyReport.objects.filter(period=quarter(county, "2023Q1")).update(status="RETURNED")
    after = archive(client, paths())
    for pages in (before, after):
        for path, page in pages.items():
            pages[path] = RUNNING_RECORD.sub("", page) if isinstance(page, str) else page
    assert after == before


@pytest.mark.parametrize("path", ["", "tasks/", "departments/", "indicators/", "exports/summary.xlsx"])
def test_a_frozen_page_costs_no_more_than_a_live_one(county, signed_in, path):
    client = signed_in(named("lingdao"))

    def cost():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"{PLAN}{path}?period={CODE}")
            response.getvalue() if response.streaming else response.content
        assert response.status_code == 200
        return len(queries)

    live = cost()
    freeze_quarter(quarter(county), by=None, at=AT)
    assert cost() <= live


def test_the_dashboard_of_a_frozen_quarter_costs_the_same_with_one_and_with_three(county, signed_in):
    client, costs = signed_in(named("kexie")), []
    QuarterlyReport.objects.filter(status="SUBMITTED").exclude(period=quarter(county, "2023Q4")).update(
        status="ACCEPTED"
    )
    for code in ("2022Q4", "2023Q1", CODE):
        freeze_quarter(quarter(county, code), by=None, at=AT)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PLAN}?period={code}")
        costs.append(len(queries))
    assert costs == [15, 15, 15]


def test_the_heat_map_of_later_quarters_keeps_what_was_stored(frozen, county, signed_in):
    client = signed_in(named("lingdao"))

    def column():
        board = client.get(f"{PLAN}?period=2023Q3").context["board"]
        place = [p.code for p in board.heat_periods].index(CODE)
        return [row.cells[place] for row in board.heat]

    before = column()
    QuarterlyReport.objects.filter(period=quarter(county)).update(first_submitted_at=LATER)
    assert column() == before


def test_a_frozen_page_says_so(frozen, signed_in):
    client = signed_in(named("lingdao"))
    for path in ("", "tasks/", "tasks/3/", "actions/1/", "departments/", "indicators/"):
        page = client.get(f"{PLAN}{path}?period={CODE}").content.decode()
        assert "2023年第二季度数据于2024年1月8日定稿归档（规则第 1 版）" in page, path
        assert frozen.sha256 in page
    assert "已定稿归档" not in client.get(f"{PLAN}?period=2023Q3").content.decode()


def test_the_download_is_the_stored_file(frozen, signed_in):
    response = signed_in(named("lingdao")).get(f"{PLAN}exports/summary.xlsx?period={CODE}")
    assert response.getvalue() == bytes(FrozenQuarter.objects.get().workbook)
    assert response["X-SHA256"] == hashlib.sha256(bytes(frozen.workbook)).hexdigest()


def test_the_period_list_keeps_its_counts(frozen, county, signed_in):
    client = signed_in(named("kexie"))

    def row():
        rows = client.get(f"{PLAN}periods/").context["rows"]
        return next((r.rates, r.waiting, r.state) for r in rows if r.period.code == CODE)

    before = row()
    QuarterlyReport.objects.filter(period=quarter(county)).update(first_submitted_at=LATER)
    unit_added(county)
    assert row() == before
    assert before[2] == "已定稿归档"


# What is refused


def test_a_quarter_that_still_moves_is_not_frozen(county):
    period = quarter(county, "2023Q4")
    with pytest.raises(Refused) as refused:
        freeze_quarter(period, by=named("kexie"), at=AT)
    assert str(refused.value).startswith(
        "2023年第四季度不能定稿归档：2023年第四季度尚未截止填报，请先截止填报。还有 "
    )
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=AT)
    with pytest.raises(Refused) as refused:
        freeze_quarter(period, by=named("kexie"), at=AT)
    under_way = QuarterlyReport.objects.filter(period=period, status__in=["ENDORSING", "SUBMITTED"])
    assert f"还有 {len(under_way)} 份季报没有审结：" in str(refused.value)
    assert all(f"{r.department}（{r.get_status_display()}）" in str(refused.value) for r in under_way)
    assert "还有待核查的办结申请：第 " in str(refused.value)
    assert not FrozenQuarter.objects.exists()
    assert quarter(county, "2023Q4").frozen_at is None


@pytest.mark.parametrize("username", ["lingdao", "nongye", "kexie_tb", "sysadmin"])
def test_only_a_coordinator_freezes(county, username):
    with pytest.raises(NotAllowed):
        freeze_quarter(quarter(county), by=named(username), at=AT)
    assert not FrozenQuarter.objects.exists()


def test_nothing_is_left_of_a_freezing_that_breaks(county, monkeypatch):
    monkeypatch.setattr("chengkou_kepu.freezing.summary_workbook", None)
    with pytest.raises(TypeError), transaction.atomic():
        freeze_quarter(quarter(county), by=None, at=AT)
    assert (FrozenQuarter.objects.count(), quarter(county).frozen_at) == (0, None)


def test_an_accepted_return_of_a_frozen_quarter_is_not_reopened(frozen, county):
    report = QuarterlyReport.objects.filter(period=quarter(county), status="ACCEPTED").first()
    with pytest.raises(Refused, match="已定稿归档"):
        workflow.reopen(report, by=named("kexie"), at=LATER, version=report.version, reason="数据有误")
