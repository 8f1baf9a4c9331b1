"""提醒、催报: which units owe a return they have not filed, what the command sends them, and the coordinator's page."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from departments import notices
from departments.lineage import Lineage
from indicators.standing import owners_owing
from tasks import calendar, workflow
from tasks import reminders as verbs
from tasks.ledger import Ledger
from tasks.models import Reminder, ReportingPeriod
from tasks.obligations import UnitFiling, own_due
from tasks.posted import posted_text
from tasks.refusals import NotAllowed, Refused
from tasks.reminding import Kind, days_from, kind_of, step_due, template
from tasks.selection import named_period, periods_of
from tasks.standing import unit_filings
from tasks.telling import filing_path

from .review import coordinated_plan
from .urging import answer_letters

Channel = Reminder.Channel
PAGE = 50


@dataclass(frozen=True)
class Sending:
    """A step for one unit in one period; nobody of the unit has an account where `people` is 0."""

    period: ReportingPeriod
    unit: UnitFiling
    step: int
    kind: Kind
    people: int


@dataclass(frozen=True)
class UnitRow:
    """A unit that owes a return it has not filed, as the coordinator's list shows it."""

    unit: UnitFiling
    due_at: datetime
    days: int
    kind: Kind
    left: str
    people: tuple
    latest: Reminder | None
    text: str
    ticked: bool

    @property
    def overdue(self):
        return self.days > 0

    @property
    def latest_kind(self):
        return kind_told(self.latest) if self.latest else ""


@dataclass(frozen=True)
class Told:
    """A reminder on record; `emailed` counts those of its people who were written to as well."""

    reminder: Reminder
    kind: Kind
    emailed: int


def units_to_remind(ledger, period, *, at):
    """UnitFilings of those who owe the period's return and have never filed it, leads first."""
    filings = unit_filings(ledger, period, owners_owing(period), at=at)
    return [unit for unit in filings if unit.to_be_reminded]


def steps_due(plan, *, at):
    """Sendings of the plan's open periods, as things stand."""
    periods = [p for p in periods_of(plan) if p.is_open(at)]
    if not periods:
        return []
    ledger, day = Ledger.load(plan), calendar.local_day(at)
    sent = _steps_sent(periods, Lineage.load(plan.region_id))
    found = []
    for period in periods:
        units = units_to_remind(ledger, period, at=at)
        people = notices.people_by_unit([unit.department_id for unit in units])
        for unit in units:
            due_at = own_due(period.due_at, unit.extended_to)
            due_on = calendar.local_day(due_at)
            step = step_due(due_on, day, sent[period.pk, unit.department_id, due_on])
            if step is not None:
                kind, told = kind_of((day - due_on).days), len(people.get(unit.department_id, ()))
                found.append(Sending(period, unit, step, kind, told))
    return found


def send_due(plan, *, at):
    """Send every step that is due and not sent; yields (Sending, whether this call sent it).

    Each unit is a transaction of its own, so that a run that is killed has sent some and the next sends the rest;
    emails of today's reminders that such a run left behind go out at the end.
    """
    for sending in steps_due(plan, at=at):
        done = verbs.remind_step(sending.period, sending.unit, step=sending.step, at=at)
        yield sending, done is not None
    today = calendar.start_of(calendar.local_day(at))
    left = Reminder.objects.filter(period__plan=plan, step__isnull=False, at__gte=today, at__lte=at)
    notices.email_waiting([reminder.key for reminder in left], at=at)


def _steps_sent(periods, lineage):
    """{(period id, department id, due day): steps taken}; a unit that a reform has made has taken those of the former."""
    rows = Reminder.objects.filter(period__in=periods, step__isnull=False).order_by()
    sent = defaultdict(list)
    for period, unit, due_on, step in rows.values_list("period_id", "department_id", "due_on", "step"):
        for told in (unit, *(heir.pk for heir in lineage.successors(unit) if heir.begins_on)):
            sent[period, told, due_on].append(step)
    return sent


@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request, slug, code):
    """The coordinator's list of who has not filed, what they were told, and reminding by hand."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    period = named_period(plan, code)
    ledger = Ledger.load(plan)
    units = units_to_remind(ledger, period, at=at)
    if request.method == "POST":
        answer = _carry_out(request, period, units, at=at)
        if answer:
            return answer
    told = list(period.reminders.select_related("department", "by"))
    rows = _rows(request, period, units, told, at=at)
    overdue = period.is_overdue(at)
    context = {
        "plan": plan,
        "period": period,
        "rows": rows,
        "without_account": [row for row in rows if not row.people],
        "fixed": workflow.reason_not_open(period, at=at),
        "overdue": overdue,
        "text": request.POST.get("text", template(period)),
        "group_text": _group_text(period, rows, _site(request)),
        "page": _told_page(request, told),
    }
    return render(request, "chengkou_kepu/reminders.html", context)


def _rows(request, period, units, told, *, at):
    people = notices.people_by_unit([unit.department_id for unit in units])
    latest = {reminder.department_id: reminder for reminder in reversed(told)}
    ticked = set(request.POST.getlist("units")) if request.method == "POST" else None
    shared = {"ticked": ticked, "site": _site(request), "at": at}
    return [_row(period, unit, people, latest.get(unit.department_id), **shared) for unit in units]


def _row(period, unit, people, latest, *, ticked, site, at):
    due_at = own_due(period.due_at, unit.extended_to)
    days = days_from(due_at, at)
    kind = kind_of(days)
    text = verbs.worded(template(period), period, unit, at)
    tick = unit.department_id in people and (days > 0 or not period.is_overdue(at))
    return UnitRow(
        unit=unit,
        due_at=due_at,
        days=days,
        kind=kind,
        left=calendar.time_left(due_at, at),
        people=people.get(unit.department_id, ()),
        latest=latest,
        text=f"{text}{site}{filing_path(period, unit.department_id)}",
        ticked=tick if ticked is None else str(unit.department_id) in ticked,
    )


def _site(request):
    """What an address within the site is to begin with in a text that leaves it."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def _group_text(period, rows, site):
    """One message to all of them in the office messenger: each deadline with its units, and the link."""
    lines = []
    for due_at, same in groupby(sorted(rows, key=lambda row: row.due_at), key=lambda row: row.due_at):
        group = list(same)
        due = f"{calendar.zh_day(calendar.local_day(due_at))}24时"
        lines.append(f"{due}截止（{group[0].left}）：{'、'.join(_named(row.unit) for row in group)}")
    link = f"{site}{reverse('filing-return', args=[period.plan.slug, period.code])}"
    units = "\n".join(lines)
    return (
        f"{period.report_title}，下列单位尚未报送，请登录平台填报：\n{units}\n填报入口：{link}"
        if rows
        else ""
    )


def _named(unit):
    """县教委（待单位审核人报送）"""
    return f"{unit.department}{'（待单位审核人报送）' if unit.status == 'ENDORSING' else ''}"


def kind_told(reminder):
    """What the reminder was on the day it was given."""
    return kind_of((calendar.local_day(reminder.at) - reminder.due_on).days)


def _told_page(request, told):
    """A page of Told, the newest first."""
    page = Paginator(told, PAGE).get_page(request.GET.get("page"))
    emailed = notices.emailed([reminder.key for reminder in page])
    page.object_list = [Told(r, kind_told(r), emailed[r.key]) for r in page.object_list]
    return page


def _carry_out(request, period, units, *, at):
    """Do as posted; the answer, or None where it was refused, which is then said on the page."""
    asked, verb = set(request.POST.getlist("units")), request.POST.get("verb", "")
    chosen = [unit for unit in units if str(unit.department_id) in asked]
    try:
        if len(chosen) < len(asked):
            raise Refused("所选单位中有刚报送的，请核对最新名单。")
        if verb == "letter":
            return answer_letters(request, period, chosen, at=at)
        if verb not in ("remind", "messenger"):
            raise Refused("没有这个操作。")
        channel = Channel.NOTICE if verb == "remind" else Channel.MESSENGER
        text = posted_text(request.POST, "text", verbs.LONGEST)
        told = [(unit, verbs.worded(text, period, unit, at)) for unit in chosen]
        done = verbs.remind_by_hand(period, told, channel=channel, by=request.user, at=at)
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return None
    did = "已提醒" if verb == "remind" else "已登记提醒"
    messages.success(request, f"{did} {len(done)} 个单位。")
    return redirect("reminders", period.plan.slug, period.code)
