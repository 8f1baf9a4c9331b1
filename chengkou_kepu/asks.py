"""待办: what is expected of the reader now, by when; the list at the top of the dashboard."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from departments import permissions as roles
from tasks import calendar, reviewers
from tasks.models import (
    CloseOut,
    NoDuty,
    Plan,
    QuarterlyReport,
    ReportEvent,
    Responsibility,
    SupportRequest,
    Task,
)
from tasks.obligations import extension_note, own_due, resubmission_due
from tasks.permissions import coordinates

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb


@dataclass(frozen=True)
class Ask:
    """`page` and `key` name the URL behind `label`, `unit` the unit it is about, `anchor` the place on the page.

    Each is '' where the page takes none. `due_at` is None where nothing is due.
    """

    text: str
    label: str
    page: str
    key: str | int = ""
    unit: int | str = ""
    anchor: str = ""
    due_at: datetime | None = None

    @property
    def urgency(self):
        """Orders asks: what is due first stands first, what has no day last."""
        return self.due_at is None, self.due_at


def asks_of(user, plan, current, *, at):
    """The user's Asks. `current` holds (period, UnitFilings) of quarters that may want something, oldest first."""
    return asks_in(user, {plan: current}, at=at)[plan]


def asks_in(user, currents, *, at):
    """{plan: the user's Asks} of {plan: `current` as in `asks_of`}; the same queries for several plans as for one."""
    own = roles.answered_for(user)
    came_back = _came_back(own, [pair for current in currents.values() for pair in current])
    asks = {p.pk: _own_returns(user, current, came_back, at=at) for p, current in currents.items()}
    opened = {
        p.pk: [period for period, _ in current if period.is_open(at)] for p, current in currents.items()
    }
    opened = {plan_id: periods for plan_id, periods in opened.items() if periods}
    if own and opened:
        found = [*_requests(own, [period for periods in opened.values() for period in periods])]
        found += _claims(own, {plan_id: periods[-1] for plan_id, periods in opened.items()}, at)
        for plan_id, ask in (*found, *_refused_applications(own, list(opened))):
            asks[plan_id].append(ask)
    coordinated = [plan for plan in currents if coordinates(user, plan)]
    for plan_id, ask in _of_coordinator(user, coordinated):
        asks[plan_id].append(ask)
    return {plan: sorted(asks[plan.pk], key=attrgetter("urgency")) for plan in currents}


def own_returns(user, current, *, at):
    """Asks about the returns of the user's own units and of those that they took the place of."""
    return _own_returns(user, current, _came_back(roles.answered_for(user), current), at=at)


def _own_returns(user, current, came_back, *, at):
    own = roles.answered_for(user)
    asks = [
        _own_return(user, period, filing, came_back, at)
        for period, filings in current
        for filing in filings
        if filing.department_id in own
    ]
    return [ask for ask in asks if ask]


def _came_back(own, current):
    """{report id: when it came back} of the returns that the units have to correct; one query where there are any."""
    filings = [filing for _, filings in current for filing in filings if filing.department_id in own]
    returned = [filing.report_id for filing in filings if filing.status == Status.RETURNED]
    events = ReportEvent.objects.filter(report__in=returned, verb__in=[Verb.RETURN, Verb.REOPEN])
    return dict(events.order_by("at", "pk").values_list("report", "at")) if returned else {}


def _requests(own, periods):
    """(plan id, Ask) of 征集 that the units have not answered, one for each period, unit and lead; one query."""
    waiting = (
        SupportRequest.objects.unanswered()
        .filter(period__in=periods, responsibility__department__in=own)
        .select_related("period__plan", "lead", "responsibility__task")
        .order_by("due_on", "responsibility__task__number")
    )
    asked = {}
    for request in waiting:
        key = (request.period, request.lead, request.responsibility.department_id, request.due_on)
        asked.setdefault(key, []).append(request.responsibility)
    for (period, lead, unit, due_on), rows in asked.items():
        numbers = "、".join(str(row.task.number) for row in rows)
        text = f"{lead}征集{period}第{numbers}项进展，请于{calendar.zh_day(due_on)}前答复。"
        link = ("filing-return", period.code, unit, f"line-{rows[0].pk}")
        yield period.plan_id, Ask(text, "去答复", *link, due_at=calendar.end_of(due_on))


def _claims(own, latest, at):
    """(plan id, Ask) where supporters of the units' tasks claim 无具体任务; `latest`: {plan id: open period}; one query."""
    led = Responsibility.objects.in_force(calendar.local_day(at)).leads().filter(department__in=own)
    tasks = led.filter(task__plan__in=latest).values("task")
    claims = NoDuty.objects.waiting().filter(responsibility__task__in=tasks)
    claims = claims.exclude(responsibility__department__in=own).order_by()
    for plan_id, count in claims.values_list("responsibility__task__plan").annotate(Count("pk")):
        text = f"{count} 项“无具体任务”待本单位（牵头单位）确认。"
        yield plan_id, Ask(text, "去确认", "filing-cooperation", latest[plan_id].code)


def _refused_applications(own, plan_ids):
    """(plan id, Ask) of 办结 applications of the units that came back and were not made again; one query."""
    later = CloseOut.objects.filter(task=OuterRef("task"), pk__gt=OuterRef("pk"))
    refused = CloseOut.objects.filter(
        ~Exists(later),
        status=CloseOut.Status.REFUSED,
        task__plan__in=plan_ids,
        task__nature=Task.Nature.FINITE,
        department__in=own,
    ).select_related("task")
    for close_out in refused.order_by("task__number"):
        text = f"第{close_out.task.number}项办结申请未通过核查，请补齐后重新申请。"
        yield close_out.task.plan_id, Ask(text, "看核查意见", "close-out", close_out.pk)


def _of_coordinator(user, plans):
    """(plan id, Ask) of what waits for this coordinator's decision, not what is left to others; a query a region."""
    for _, group in groupby(sorted(plans, key=attrgetter("region_id")), key=attrgetter("region_id")):
        yield from _decisions(user, list(group))


def _decisions(user, plans):
    awaiting = QuarterlyReport.objects.filter(period__plan=OuterRef("pk")).awaiting_review()
    reports = reviewers.left_to_others(awaiting, user, plans[0]).exclude(left_to_others=True)
    applied = CloseOut.objects.filter(task__plan=OuterRef("pk"), status=CloseOut.Status.APPLIED)
    claims = NoDuty.objects.waiting().filter(responsibility__task__plan=OuterRef("pk"))
    counts = (_count(reports), _count(applied), _count(claims))
    words = {plan.pk: plan.words for plan in plans}
    for pk, *counted in Plan.objects.filter(pk__in=words).order_by().values_list("pk", *counts):
        waiting = (
            (f"份{words[pk].report}待审核", "去审核", ""),
            ("项办结申请待核查", "去核查", "close-outs"),
            ("项“无具体任务”待确认", "去确认", "claims"),
        )
        for count, (what, label, anchor) in zip(counted, waiting, strict=True):
            if count:
                yield pk, Ask(f"{count} {what}。", label, "review", anchor=anchor)


def _count(rows):
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), 0)


def _own_return(user, period, filing, came_back, at):
    """What a unit's staff have to do with its return in the period, or None."""
    return_of = f"{filing.department}{period.report_title}"
    link = ("filing-return", period.code, filing.department_id)
    if filing.status == Status.RETURNED:
        due_at = _due_again(came_back.get(filing.report_id), period)
        by_then = f"于{calendar.zh_day(calendar.local_day(due_at))}24时前" if due_at else ""
        return Ask(f"{return_of}已退回，请{by_then}补正后重新报送。", "去补正", *link, due_at=due_at)
    if not period.is_open(at):
        return None
    if filing.status == Status.ENDORSING:
        approves = roles.is_approver(user, filing.department_id)
        state, label = ("待您审核", "去审核") if approves else ("正由本单位审核人审核", "查看")
    elif filing.owes and not filing.filed:
        reports = roles.is_reporter(user, filing.department_id)
        state, label = "尚未报送", "去填报" if reports else "查看"
    else:
        return None
    due_at = own_due(period.due_at, filing.extended_to)
    text = f"{return_of}{state}，{_deadline(due_at, filing, at)}。"
    return Ask(text, label, *link, due_at=due_at)


def _due_again(came_back_at, period):
    """When the return is due again; None where it is not on record when it came back."""
    return came_back_at and resubmission_due(came_back_at, period.plan.resubmit_working_days)


def _deadline(due_at, filing, at):
    """2023年10月10日24时截止，还有 3 天"""
    due = calendar.zh_day(calendar.local_day(due_at))
    return f"{due}24时截止{extension_note(due_at, filing.extended_to)}，{calendar.time_left(due_at, at)}"
