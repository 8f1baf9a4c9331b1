"""Builders of rows for tests; each takes what matters and fills in the rest."""

from datetime import date, datetime, timedelta

from django.db import transaction

from departments.models import Department, Membership, Region, Role, User
from tasks import calendar
from tasks.calendar import SHANGHAI
from tasks.closing import apply_for_close_out
from tasks.drafting import LineInput, begin_report, save_lines
from tasks.models import (
    Action,
    CloseOut,
    Plan,
    ProgressEntry,
    QuarterlyReport,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
    Task,
)
from tasks.models.closing import POINTS
from tests.files import upload_of

PASSWORD = "kepu-2023-demo"
LEAD, SUPPORT = Responsibility.Role.LEAD, Responsibility.Role.SUPPORT


def moment(text):
    """An aware Shanghai moment from `2023-10-09 16:30`."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def make_region(name="城口县", code="500229"):
    return Region.objects.get_or_create(code=code, defaults={"name": name})[0]


def make_department(name, region=None, *, is_group=False):
    region = region or make_region()
    return Department.objects.get_or_create(region=region, name=name, defaults={"is_group": is_group})[0]


def make_user(username, *roles, name=""):
    """A user with (Role, Department | Region | None) pairs; the password is `PASSWORD`."""
    user = User(username=username, name=name or username)
    user.set_password(PASSWORD)
    user.save()
    for role, scope in roles:
        place = {"department": scope} if isinstance(scope, Department) else {"region": scope}
        Membership.objects.create(user=user, role=role, **place)
    return user


def make_plan(slug="chengkou-2021-2025", *, region=None, title="城口县科学素质实施方案", **fields):
    defaults = {"starts_on": date(2021, 1, 1), "ends_on": date(2025, 12, 31)}
    return Plan.objects.create(slug=slug, region=region or make_region(), title=title, **defaults | fields)


def make_action(plan, ordinal=1, title="实施农民科学素质提升行动"):
    return Action.objects.get_or_create(plan=plan, ordinal=ordinal, defaults={"title": title})[0]


def make_task(plan, number, *, leads=(), supports=(), action=None, title="", **fields):
    """A task with its lead and supporting units, in that order."""
    task = Task.objects.create(
        plan=plan,
        number=number,
        action=action or make_action(plan),
        title=title or f"第{number}项重点工作",
        **fields,
    )
    for role, units in ((LEAD, leads), (SUPPORT, supports)):
        for position, unit in enumerate(units, start=1):
            Responsibility.objects.create(
                task=task, department=unit, role=role, position=position, valid_from=plan.starts_on
            )
    return task


def make_period(plan, code="2023Q3", **fields):
    """A quarter of the plan, open from the day after its end, due at its default time."""
    year, quarter = calendar.parse_quarter(code)
    opens_at = calendar.start_of(calendar.last_day(year, quarter) + timedelta(days=1))
    defaults = {"opens_at": opens_at, "due_at": calendar.default_due_at(year, quarter)}
    return ReportingPeriod.objects.create(plan=plan, year=year, quarter=quarter, **defaults | fields)


def make_report(
    period, department, *, completions=None, status=QuarterlyReport.Status.ACCEPTED, by=None, **fields
):
    """A report with {task number: completion} for its lead lines, as if filed in time."""
    filed = {} if status == QuarterlyReport.Status.DRAFT else {"first_submitted_at": period.due_at}
    report = QuarterlyReport.objects.create(
        period=period, department=department, status=status, **filed | fields
    )
    for number, completion in (completions or {}).items():
        ProgressEntry.objects.create(
            report=report,
            responsibility=Responsibility.objects.get(
                task__number=number, department=department, task__plan=period.plan
            ),
            completion=completion,
            stage=stage_for(completion),
            progress=f"第{number}项进展",
            version=1,
            updated_by=by,
            updated_at=period.opens_at,
        )
    if by and status != QuarterlyReport.Status.DRAFT:
        ReportEvent.objects.create(
            report=report, verb="SUBMIT", from_status="DRAFT", to_status="SUBMITTED", at=period.due_at, by=by
        )
    return report


def make_close_out(task, period, department, by, status=CloseOut.Status.VERIFIED, **fields):
    """A close-out as the database takes it, applied for when the period was due; verified ones have four points."""
    at = period.due_at
    decided = (
        {} if status == CloseOut.Status.APPLIED else {"decided_by": by, "decided_at": at, "reason": "属实"}
    )
    points = dict.fromkeys(POINTS, True) if status in CloseOut.PUBLIC else {}
    reopened = (
        {"reopened_by": by, "reopened_at": at, "reopening_reason": "有反复"}
        if status == CloseOut.Status.REOPENED
        else {}
    )
    usual = {"summary": "全部完成", "applied_by": by, "applied_at": at, "status": status}
    return CloseOut.objects.create(
        task=task, period=period, department=department, **usual | decided | points | reopened | fields
    )


def apply_for(task, period, department, *, by, at, **given):
    """An application for close-out through the verb, once every lead has reported 已完成; one file goes with it."""
    for lead in Responsibility.objects.in_force(period.last_day).leads().filter(task=task):
        if not ProgressEntry.objects.filter(responsibility=lead).exists():
            report = QuarterlyReport.objects.filter(period=period, department=lead.department).first()
            report = report or make_report(period, lead.department)
            ProgressEntry.objects.create(
                report=report, responsibility=lead, stage="COMPLETED", completion=100, progress="完成"
            )
    usual = {"summary": "全部完成。", "files": [upload_of("验收.pdf")], "by": by, "at": at}
    return apply_for_close_out(task, period=period, department=department, **usual | given)


def stage_for(completion):
    return "NOT_STARTED" if completion == 0 else "COMPLETED" if completion == 100 else "UNDER_WAY"


def lead_values(completion=40, progress="举办培训班3期。", **more):
    """What a complete lead line holds."""
    return {"stage": stage_for(completion), "completion": completion, "progress": progress, **more}


def make_cast():
    """Users by name, after the demo's: two coordinators, three units' people, a leader, and strangers."""
    region = make_region()
    elsewhere = make_region("巫溪县", "500238")
    kexie, zhengfuban = make_department("县科协"), make_department("县政府办公室")
    nongye, jiaowei = make_department("县农业农村委"), make_department("县教委")
    return {
        "kexie": make_user("kexie", (Role.COORDINATOR, kexie), name="科协干部"),
        "zhengfuban": make_user("zhengfuban", (Role.COORDINATOR, zhengfuban)),
        "kexie_tb": make_user("kexie_tb", (Role.REPORTER, kexie)),
        "nongye": make_user("nongye", (Role.REPORTER, nongye), name="王琳"),
        "nongye_sh": make_user("nongye_sh", (Role.APPROVER, nongye)),
        "jiaowei": make_user("jiaowei", (Role.REPORTER, jiaowei)),
        "lingdao": make_user("lingdao", (Role.LEADER, region)),
        "sysadmin": make_user("sysadmin", (Role.SYSADMIN, None)),
        "shenji": make_user("shenji", (Role.AUDITOR, None)),
        "outsider": make_user("outsider", (Role.REPORTER, make_department("县教委", elsewhere))),
    }


def fill(period, department, *, by, at, completion=40):
    """The department's return with all of its lead lines complete, typed by `by`; it stays a draft."""
    with transaction.atomic():
        report = begin_report(period, department, by=by, at=at)
        leads = (
            Responsibility.objects.leads()
            .in_force(period.last_day)
            .filter(department=department, task__plan=period.plan)
        )
        seen = dict(report.entries.values_list("responsibility_id", "version"))
        lines = [LineInput(r.pk, seen.get(r.pk, 0), lead_values(completion)) for r in leads]
        save_lines(report, lines, by=by, at=at)
    return report
