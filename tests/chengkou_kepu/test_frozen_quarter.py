"""What happens around a frozen quarter: extensions, reminders, files, 征集, the period page, 代填 and cadence."""

from datetime import date
from io import BytesIO, StringIO
from urllib.parse import unquote

import openpyxl
import pytest
from django.core.management import call_command
from django.db import transaction

from chengkou_kepu.dashboard import Board, HeatCell
from chengkou_kepu.freezing import PARTS, figures_of, freeze_quarter, parts_of
from chengkou_kepu.reminders import units_to_remind
from departments.models import AuditRecord, Department, Notice
from tasks import annual, closing, cooperation, evidence, exact_json, extensions, reminders, workflow
from tasks.ledger import Ledger
from tasks.models import (
    CloseOut,
    Erratum,
    Evidence,
    Extension,
    FrozenQuarter,
    Plan,
    Reminder,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
    SupportRequest,
    Task,
)
from tasks.obligations import Filing
from tasks.periods import reasons_not_to_freeze
from tasks.refusals import Refused
from tasks.selection import periods_of
from tests import factories
from tests.factories import moment
from tests.files import upload_of

pytestmark = pytest.mark.django_db

PLAN = "/plans/chengkou-2021-2025/"
PAGE = f"{PLAN}periods/2023Q3/"
BEFORE, CLOSED_AT, AT = moment("2023-10-09 10:00"), moment("2023-10-25 09:00"), moment("2023-11-01 09:00")
SOURCE = "县农业农村委2023年10月8日书面报送表"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def closed(plan, period, units, cast, clock):
    """2023Q3, closed: 县农业农村委's return filed for it, 县教委 late with an extension to 20 October."""
    report = factories.fill(period, units.nongye, by=cast.kexie, at=BEFORE)
    report = workflow.submit(report, by=cast.kexie, at=BEFORE, version=report.version, proxy_source=SOURCE)
    workflow.accept(report, by=cast.zhengfuban, at=BEFORE, version=report.version)
    factories.fill(period, units.jiaowei, by=cast.jiaowei, at=BEFORE)
    granted = {"status": "GRANTED", "granted_until": date(2023, 10, 20)}
    extension_of(period, units.jiaowei, cast, **granted, decided_by=cast.kexie, decided_at=BEFORE)
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=CLOSED_AT)
    period.refresh_from_db()
    clock("2023-11-01 09:00")
    return period


@pytest.fixture
def frozen(closed, cast):
    return freeze_quarter(closed, by=cast.kexie, at=AT)


@pytest.fixture
def kexie(signed_in, cast):
    return signed_in(cast.kexie)


def extension_of(period, unit, cast, **fields):
    asked = {"asked_until": date(2023, 10, 20), "reason": "人员在外培训", "asked_at": BEFORE}
    return Extension.objects.create(period=period, department=unit, asked_by=cast.jiaowei, **asked | fields)


def known(plan, code="2023Q3"):
    periods = periods_of(plan)
    return next(p for p in periods if p.code == code), periods


# What is stored


def test_proxies_and_extensions_are_stored_and_read_back(closed, plan, units):
    period, periods = known(plan)
    parts = parts_of(period, periods, at=AT)
    figures = figures_of(period, periods, at=AT)
    back = {name: exact_json.load(figures[name], kind) for name, kind in PARTS.items()}
    assert back == parts
    filings = {f.department: (f.filing, f.proxy_source, f.extended_to) for f in back["filings"]}
    assert filings == {
        "县农业农村委": (Filing.ON_TIME, SOURCE, None),
        "县教委": (Filing.MISSING, "", date(2023, 10, 20)),
        "县科协": (Filing.EXEMPT, "", None),
    }
    assert [row.cells[-1] for row in back["board"].heat] == [
        HeatCell(Filing.ON_TIME, SOURCE),
        HeatCell(Filing.MISSING, "", date(2023, 10, 20)),
    ]
    leads = {lead.department: lead for task in back["standing"].tasks for lead in task.leads}
    assert (leads["县农业农村委"].proxy, leads["县农业农村委"].extended_to) == (True, None)
    assert (leads["县教委"].proxy, leads["县教委"].extended_to) == (False, date(2023, 10, 20))
    assert [task.proxy for task in back["standing"].tasks] == [True, True, False]


def test_what_an_older_archive_lacks_has_its_default(frozen):
    stored = frozen.figures["board"]
    for row in stored["heat"]:
        for cell in row["cells"]:
            del cell["proxy_source"], cell["extended_to"]
    for column in stored["heat_periods"]:
        del column["cadence"]
    board = exact_json.load(stored, Board)
    assert [column.part_of_year for column in board.heat_periods] == ["四季度", "三季度"]
    assert [row.cells[-1] for row in board.heat] == [HeatCell(Filing.ON_TIME), HeatCell(Filing.MISSING)]


def test_the_stored_workbook_says_that_it_is_final_and_keeps_the_lines(frozen, kexie):
    book = openpyxl.load_workbook(BytesIO(bytes(frozen.workbook)))
    assert book.sheetnames == ["概览", "重点工作", "进展明细", "单位报送", "指标"]
    assert {sheet["A2"].value for sheet in book} == {
        f"{name}　仅计入审核通过的进展；2023-11-01定稿归档" for name in book.sheetnames
    }
    lines = [row for row in book["进展明细"].iter_rows(min_row=4, max_col=3, values_only=True) if row[1]]
    assert lines == [(1, "第1项重点工作", "县农业农村委"), (2, "第2项重点工作", "县农业农村委")]
    live = kexie.get(f"{PLAN}exports/summary.xlsx?period=2022Q4").getvalue()
    assert openpyxl.load_workbook(BytesIO(live))["概览"]["A2"].value.endswith("2023-11-01导出")


def test_the_marks_of_proxy_and_extension_stay(frozen, kexie, period, units):
    def marked():
        pages = [kexie.get(f"{PLAN}{path}?period=2023Q3") for path in ("", "departments/", "tasks/1/")]
        return ["代填" in page.content.decode() for page in pages], [
            "延期至10月20日" in page.content.decode() for page in pages
        ]

    before = marked()
    assert before == ([True, True, True], [True, True, False])
    Extension.objects.update(granted_until=date(2023, 10, 30))
    ReportEvent.objects.update(proxy_source="")
    after = marked()
    assert (after[0][:2], after[1]) == (before[0][:2], before[1])


@pytest.fixture
def outcomes(closed, plan, units, cast):
    """Task 3 is closed out in the baseline quarter, task 1 is 长期坚持 and 2022年完成."""
    baseline, _ = known(plan, "2022Q4")
    plan.tasks.filter(number=1).update(nature="STANDING")
    annual.judge(
        plan, 2022, [annual.Judged(task_of(plan, 1).pk, True, "培训12期。")], by=cast.kexie, at=BEFORE
    )
    return factories.make_close_out(task_of(plan, 3), baseline, units.jiaowei, cast.zhengfuban)


def task_of(plan, number):
    return plan.tasks.get(number=number)


def main_part(client, address):
    """The page below its head, without what asks the reader to do something now."""
    html = client.get(address).content.decode()
    return html[html.index('<section class="bar') : html.rindex("</main>")]


def test_close_outs_and_the_years_judgements_stay_as_they_were(outcomes, frozen, plan, cast, kexie):
    """The period after shows what has changed since."""
    factories.make_period(plan, "2023Q4")

    def told(code):
        return [main_part(kexie, f"{PLAN}tasks/{number}/?period={code}") for number in (1, 3)]

    before, live = told("2023Q3"), told("2023Q4")
    assert "<b>2022 年完成</b>" in before[0]
    assert "县教委于 2023年1月10日申请，计入2022年第四季度；2023年1月10日已办结。" in before[1]
    (said,) = [annual.stamp(j) for j in task_of(plan, 1).annual_judgements.all()]
    undone = annual.Judged(task_of(plan, 1).pk, False, "未开展。", said)
    annual.judge(plan, 2022, [undone], by=cast.kexie, at=AT)
    closing.reopen(outcomes, by=cast.kexie, at=AT, reason="有反复")
    Department.objects.filter(name="县教委").update(name="县教育委员会")
    assert told("2023Q3") == before
    assert [old != new for old, new in zip(live, told("2023Q4"), strict=True)] == [True, True]


def test_an_application_for_a_later_quarter_is_not_in_an_earlier_archive(closed, plan, units, cast, kexie):
    later = factories.make_period(plan, "2023Q4")
    factories.make_close_out(task_of(plan, 3), later, units.jiaowei, cast.kexie)
    freeze_quarter(known(plan)[0], by=cast.kexie, at=AT)
    assert "尚未申请办结。" in main_part(kexie, f"{PLAN}tasks/3/?period=2023Q3")


def test_a_quarter_archived_meanwhile_is_none_from_which_a_task_owes_again(
    outcomes, plan, period, cast, monkeypatch
):
    monkeypatch.setattr(ReportingPeriod, "hold", lambda held: setattr(held, "frozen_at", AT))
    with pytest.raises(Refused, match="2022年第四季度刚刚定稿归档，请再操作一次。"):
        closing.reopen(outcomes, by=cast.kexie, at=AT, reason="有反复")
    outcomes.refresh_from_db()
    assert (outcomes.status, outcomes.reopened_in) == ("VERIFIED", None)


# Nothing moves any more


@pytest.fixture
def deeds(closed, cast, units):
    """{name: verb within the quarter}; rows that freezing would not let by are stored when the verb is called."""
    line = Responsibility.objects.get(task__number=3, role="LEAD")
    support = Responsibility.objects.get(task__number=3, department=units.kexie)
    draft = closed.reports.get(department=units.jiaowei)
    entry = factories.make_report(closed, units.kexie, status="DRAFT").entries.create(
        responsibility=support, progress="有进展。"
    )
    file = Evidence.objects.create(
        entry=entry,
        file="evidence/x.pdf",
        name="x.pdf",
        size=3,
        sha256="0" * 64,
        content_type="application/pdf",
        uploaded_by=cast.kexie_tb,
        uploaded_at=BEFORE,
    )
    request = SupportRequest.objects.create(
        period=closed,
        lead=units.jiaowei,
        responsibility=support,
        due_on=BEFORE.date(),
        asked_by=cast.jiaowei,
        asked_at=BEFORE,
    )
    by, reviewer = {"by": cast.jiaowei, "at": AT}, {"by": cast.zhengfuban, "at": AT}

    def waiting():
        return extension_of(closed, units.kexie, cast)

    def close_out():
        applied = {"summary": "完成", "applied_by": cast.jiaowei, "applied_at": BEFORE}
        return CloseOut.objects.create(task=line.task, period=closed, department=units.jiaowei, **applied)

    def remind():
        period, _ = known(closed.plan)
        told = [(unit, "请尽快报送。") for unit in units_to_remind(Ledger.load(closed.plan), period, at=AT)]
        return reminders.remind_by_hand(closed, told, channel="NOTICE", by=cast.kexie, at=AT)

    def sign():
        signature = workflow.Signature("李主任", "主任", AT.date(), upload_of("签批件.pdf"))
        return workflow.submit(draft, version=draft.version, signature=signature, **by)

    asked = {"until": date(2023, 11, 20), "reason": "人员在外培训"}
    return {
        "ask extension": lambda: extensions.ask_extension(closed, units.jiaowei, **asked, **by),
        "grant extension": lambda: extensions.grant(waiting(), until=date(2023, 10, 15), **reviewer),
        "refuse extension": lambda: extensions.refuse(waiting(), reason="时间尚够", **reviewer),
        "remind": remind,
        "attach to a close-out": lambda: evidence.attach_to_close_out(close_out(), upload_of("a.pdf"), **by),
        "attach to a line": lambda: evidence.attach(
            closed, units.jiaowei, [line.pk], upload_of("a.pdf"), **by
        ),
        "remove from a line": lambda: evidence.remove(file, by=cast.kexie_tb, at=AT),
        "sign with a scan": sign,
        "answer": lambda: cooperation.answer(request, by=cast.kexie_tb, at=AT),
    }


def on_record():
    models = (AuditRecord, Notice, Reminder, Evidence, ReportEvent)
    answered = SupportRequest.objects.filter(answered_at__isnull=False).count()
    return [model.objects.count() for model in models], answered


NAMES = [
    "ask extension",
    "grant extension",
    "refuse extension",
    "remind",
    "attach to a close-out",
    "attach to a line",
    "remove from a line",
    "sign with a scan",
    "answer",
]


@pytest.mark.parametrize("fresh", [True, False], ids=["seen frozen", "seen before it was frozen"])
@pytest.mark.parametrize("name", NAMES)
def test_no_verb_reaches_a_frozen_quarter(name, fresh, deeds, closed, plan, cast, media):
    """Also where the page was read while the quarter was open: the verb looks again."""
    if not fresh:
        closed.closed_at, closed.due_at = None, moment("2023-11-10 23:59")
    freeze_quarter(known(plan)[0], by=cast.kexie, at=AT)
    if fresh:
        closed.refresh_from_db()
    before = on_record()
    with pytest.raises(Refused, match="已定稿归档"), transaction.atomic():
        deeds[name]()
    assert on_record() == before
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_every_deed_is_tried(deeds):
    assert sorted(deeds) == sorted(NAMES)


def test_no_step_of_reminding_is_taken_in_a_quarter_frozen_meanwhile(closed, plan, cast, units):
    """The command read the quarter open; it is closed and frozen before the unit's turn comes."""
    period, _ = known(plan)
    (unit,) = units_to_remind(Ledger.load(plan), period, at=AT)
    freeze_quarter(known(plan)[0], by=cast.kexie, at=AT)
    period.closed_at = None
    assert reminders.remind_step(period, unit, step=7, at=AT) is None
    assert not Reminder.objects.exists()


def test_the_command_reminds_nobody_of_a_frozen_quarter(frozen, period):
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=None)
    out = StringIO()
    call_command("send_reminders", at="2023-11-01T09:00", stdout=out)
    assert out.getvalue().strip() == "发送 0 个单位，无账号 0 个。"
    assert not Reminder.objects.exists()


def test_the_page_of_reminders_says_so_and_offers_nothing(frozen, kexie, units):
    page = kexie.get(f"{PAGE}reminders/")
    html = page.content.decode()
    assert "2023年第三季度已定稿归档，不能再填报。不再提醒。" in html
    assert [row.unit.department for row in page.context["rows"]] == ["县教委"]
    assert 'name="verb"' not in html
    posted = {"units": [units.jiaowei.pk], "verb": "letter"}
    assert [str(m) for m in kexie.post(f"{PAGE}reminders/", posted).context["messages"]] == [
        "2023年第三季度已定稿归档，不能再填报。"
    ]


def test_an_extension_that_waits_for_its_answer_keeps_the_quarter_from_being_frozen(
    closed, cast, units, kexie
):
    waiting = extension_of(closed, units.kexie, cast)
    sentence = "还有待答复的延期申请：县科协。"
    assert reasons_not_to_freeze(closed) == (sentence,)
    assert sentence in kexie.get(f"{PAGE}archive/").content.decode()
    kexie.post(f"{PAGE}archive/", {"verb": "freeze"})
    assert not FrozenQuarter.objects.exists()
    extensions.refuse(waiting, reason="填报期已过", by=cast.zhengfuban, at=AT)
    kexie.post(f"{PAGE}archive/", {"verb": "freeze"})
    assert FrozenQuarter.objects.count() == 1


# The page of the period


def test_the_period_page_leads_to_the_archive_once_it_is_closed(period, closed, kexie):
    link = f'href="{PAGE}archive/">定稿归档</a>'
    assert link in kexie.get(PAGE).content.decode()
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=None)
    assert "archive/" not in kexie.get(PAGE).content.decode()


def test_the_period_page_of_a_frozen_quarter_shows_what_was_stored(frozen, plan, kexie):
    before = main_part(kexie, PAGE)
    assert f'href="{PAGE}archive/">归档记录和更正</a>' in before
    assert 'name="verb"' not in before
    Task.objects.update(title="改过的题目")
    for unit in Department.objects.all():
        Department.objects.filter(pk=unit.pk).update(name=f"{unit.name}（改）")
    Responsibility.objects.update(valid_to=date(2023, 3, 31))
    ReportEvent.objects.all().delete()
    assert main_part(kexie, PAGE) == before


@pytest.mark.parametrize("verb", ["close", "reopen", "due"])
def test_the_period_page_moves_nothing_in_a_frozen_quarter(frozen, kexie, verb):
    before = ReportingPeriod.objects.values().get(quarter=3)
    page = kexie.post(PAGE, {"verb": verb, "due_on": "2023-11-20"}, follow=True)
    assert [str(m) for m in page.context["messages"]] == ["2023年第三季度已定稿归档，不能再改。"]
    assert ReportingPeriod.objects.values().get(quarter=3) == before


# Cadence


def test_a_frozen_half_year_speaks_of_half_years(plan, units, cast, kexie, clock):
    Plan.objects.update(cadence="HALF_YEAR")
    clock("2023-08-01 09:00")
    for code in ("2022Q4", "2023Q2"):
        period = factories.make_period(Plan.objects.get(), code, closed_at=moment("2023-07-20 09:00"))
        factories.make_report(period, units.nongye, completions={1: 40, 2: 20})
    html = kexie.get(f"{PLAN}periods/2023Q2/archive/").content.decode()
    assert "归档后不能再报的" not in html
    assert "2023年上半年不能再填报" in html
    said = StringIO()
    call_command("freeze_period", "2023Q2", at="2023-08-01", stdout=said)
    assert said.getvalue().startswith("城口县科学素质实施方案：2023年上半年已定稿归档，")
    page = kexie.post(
        f"{PLAN}periods/2023Q2/archive/",
        {"verb": "correct", "subject": "plan", "new": "25%", "reason": "口径有误"},
        follow=True,
    ).content.decode()
    assert "自下一填报期起" in page
    assert "季度" not in page[page.index("<main") : page.index("</main>")]
    assert Erratum.objects.count() == 1


def test_words_and_labels_of_a_frozen_quarter_stay_as_they_were(frozen, kexie):
    """Nobody can change the cadence of a plan that has periods; were it changed, archives would not follow."""

    def said():
        page = kexie.get(f"{PLAN}?period=2023Q3")
        listed = kexie.get(f"{PLAN}tasks/?period=2023Q3")
        table = kexie.get(f"{PLAN}exports/responsibility-table.xlsx?period=2023Q3")
        html = page.content.decode()
        return (
            html[html.index("<h1>") : html.index("</h1>")],
            html[html.index('<section class="card" aria-label="总体情况"') : html.rindex("</main>")],
            [row.record.as_of for row in listed.context["table"].rows],
            unquote(table["Content-Disposition"]),
            [
                [cell.value for cell in row]
                for row in openpyxl.load_workbook(BytesIO(table.getvalue())).active
            ],
        )

    before = said()
    assert before[2] == ["2023年第三季度", "2023年第三季度", ""]
    Plan.objects.update(cadence="YEAR")
    assert said() == before
