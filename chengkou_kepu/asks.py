"""待办: what is expected of the reader now, by when; the list at the top of the dashboard."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from departments import permissions as roles
from departments.models import Membership
from tasks import calendar, reviewers
from tasks.models import (
    CloseOut,
    Extension,
    NoDuty,
    Plan,
    QuarterlyReport,
    ReportEvent,
    Responsibility,
    SupportRequest,
    Task,
)
from tasks.obligations import Filing, extension_note, own_due, resubmission_due
from tasks.permissions import coordinates

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
MOST_NAMED = 3


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
    """The user's Asks. `current` holds (period, UnitFilings) of quarters that may want something, oldest first.

    Of the plans they coordinate the UnitFilings are of all units, else at least of the user's own.
    """
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
    coordinated = {plan: current for plan, current in currents.items() if coordinates(user, plan)}
    for plan_id, ask in _of_coordinator(user, coordinated, at=at):
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


def _of_coordinator(user, currents, *, at):
    """(plan id, Ask) of what waits for this coordinator, not what is left to others; a query a region, one for all."""
    unmanned = _without_reporter(currents, at)
    for _, group in groupby(sorted(currents, key=attrgetter("region_id")), key=attrgetter("region_id")):
        plans = {plan.pk: plan for plan in group}
        for pk, extensions, *counted in _counted(user, list(plans.values())):
            asks = [*_decisions(plans[pk], counted), *_extensions(*extensions)]
            for period, filings in currents[plans[pk]]:
                asks += _of_period(period, filings, unmanned, held_up=extensions[0], at=at)
            yield from ((pk, ask) for ask in asks)


def _counted(user, plans):
    """(plan id, (extensions that wait, those of them for this user, year and quarter of the first), returns,
    close-outs, claims); one query.
    """
    of_plan = {"period__plan": OuterRef("pk")}
    awaiting = QuarterlyReport.objects.filter(**of_plan).awaiting_review()
    reports = reviewers.left_to_others(awaiting, user, plans[0]).exclude(left_to_others=True)
    applied = CloseOut.objects.filter(task__plan=OuterRef("pk"), status=CloseOut.Status.APPLIED)
    claims = NoDuty.objects.waiting().filter(responsibility__task__plan=OuterRef("pk"))
    extensions = Extension.objects.filter(**of_plan, period__frozen_at=None).awaiting()
    unit = OuterRef("department")
    acting = Exists(Membership.objects.filter(roles.acting_for(unit), user=user.pk))
    others = Exists(roles.other_coordinators(plans[0].region_id, not_user=user, not_department=unit))
    own = extensions.exclude(acting & others)
    first = own.order_by("period__year", "period__quarter", "pk")
    rows = Plan.objects.filter(pk__in=[plan.pk for plan in plans]).order_by()
    for pk, waiting, mine, year, quarter, *counted in rows.values_list(
        *("pk", _count(extensions), _count(own)),
        *(Subquery(first.values(f"period__{part}")[:1]) for part in ("year", "quarter")),
        *(_count(rows) for rows in (reports, applied, claims)),
    ):
        yield pk, (waiting, mine, year, quarter), *counted


def _decisions(plan, counted):
    """Asks by the numbers of returns, close-outs and claims that wait."""
    waiting = (
        (f"份{plan.words.report}待审核", "去审核", ""),
        ("项办结申请待核查", "去核查", "close-outs"),
        ("项“无具体任务”待确认", "去确认", "claims"),
    )
    for count, (what, label, anchor) in zip(counted, waiting, strict=True):
        if count:
            yield Ask(f"{count} {what}。", label, "review", anchor=anchor)


def _extensions(_, mine, year, quarter):
    if mine:
        yield Ask(f"{mine} 项延期申请待答复。", "去答复", "period", f"{year}Q{quarter}", anchor="extensions")


def _of_period(period, filings, unmanned, *, held_up, at):
    """Asks of an open period: units that are overdue, or that it can be closed; units that nobody fills in for.

    `held_up`: an extension that waits keeps the period from being closed.
    """
    if not period.is_open(at):
        return
    if period.is_overdue(at):
        passed = (calendar.local_day(at) - calendar.local_day(period.due_at)).days
        since = f"{period}已过截止时间 {passed} 天"
        missing = [f.department for f in filings if f.to_be_reminded and f.filing == Filing.MISSING]
        runs_on = any(f.extended_to and at <= calendar.end_of(f.extended_to) for f in filings)
        if missing:
            text = f"{since}，{_named(missing)}没有报送。"
            yield Ask(text, "去催报或截止", "period", period.code, due_at=period.due_at)
        elif not (held_up or runs_on):
            but = "（退回补正的除外）" if any(_is_missing(f) for f in filings) else ""
            text = f"{since}，应报单位都已报送{but}，可以截止填报。"
            yield Ask(text, "去截止", "period", period.code, due_at=period.due_at)
    if unstaffed := [f.department for f in filings if f.department_id in unmanned and _is_missing(f)]:
        text = f"{period}应报的{_named(unstaffed)}没有填报人，请设置填报人，或由县科协代填。"
        yield Ask(text, "看名单", "period", period.code, anchor="units")


def _without_reporter(currents, at):
    """Ids of the units that owe a return in an open period of the plans, in which nobody fills it in; one query."""
    units = {
        filing.department_id
        for current in currents.values()
        for period, filings in current
        if period.is_open(at)
        for filing in filings
        if _is_missing(filing)
    }
    return units - {unit for unit, names in roles.reporters_of(units).items() if names} if units else units


def _is_missing(filing):
    return filing.owes and not filing.filed


def _named(units):
    """县教委、县林业局; 县教委等 11 个单位."""
    return "、".join(units) if len(units) <= MOST_NAMED else f"{units[0]}等 {len(units)} 个单位"


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
