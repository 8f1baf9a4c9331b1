"""待办: what is expected of the reader now, by when; the list at the top of the dashboard."""

from dataclasses import dataclass

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
from tasks.obligations import extended_words, own_due, resubmission_due
from tasks.permissions import coordinates

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb


@dataclass(frozen=True)
class Ask:
    """`page` and `key` name the URL behind `label`, `unit` the unit it is about, `anchor` the place on the page.

    Each is '' where the page takes none.
    """

    text: str
    label: str
    page: str
    key: str | int = ""
    unit: int | str = ""
    anchor: str = ""


def asks_of(user, plan, current, *, at):
    """The user's Asks. `current` holds (period, UnitFilings) of quarters that may want something, oldest first."""
    own = roles.answered_for(user)
    asks = own_returns(user, current, at=at)
    open_periods = [period for period, _ in current if period.is_open(at)]
    if own and open_periods:
        asks += _requests(own, open_periods)
        asks.append(_claims(plan, own, open_periods[-1], at))
        asks += _refused_applications(plan, own)
    if coordinates(user, plan):
        asks += _of_coordinator(user, plan)
    return [ask for ask in asks if ask]


def own_returns(user, current, *, at):
    """Asks about the returns of the user's own units and of those that they took the place of."""
    own = roles.answered_for(user)
    asks = [
        _own_return(user, period, filing, at)
        for period, filings in current
        for filing in filings
        if filing.department_id in own
    ]
    return [ask for ask in asks if ask]


def _requests(own, periods):
    """征集 that the user's units have not answered, one Ask for each period, unit and lead; one query."""
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
        yield Ask(text, "去答复", "filing-return", period.code, unit, f"line-{rows[0].pk}")


def _claims(plan, own, period, at):
    """无具体任务 that supporters of the user's tasks claim, or None; one query."""
    led = Responsibility.objects.in_force(calendar.local_day(at)).leads().filter(department__in=own)
    tasks = led.filter(task__plan=plan).values("task")
    claims = NoDuty.objects.waiting().filter(responsibility__task__in=tasks)
    count = claims.exclude(responsibility__department__in=own).count()
    text = f"{count} 项“无具体任务”待本单位（牵头单位）确认。"
    return Ask(text, "去确认", "filing-cooperation", period.code) if count else None


def _refused_applications(plan, own):
    """办结 applications of the user's units that came back and were not made again; one query."""
    later = CloseOut.objects.filter(task=OuterRef("task"), pk__gt=OuterRef("pk"))
    refused = CloseOut.objects.filter(
        ~Exists(later),
        status=CloseOut.Status.REFUSED,
        task__plan=plan,
        task__nature=Task.Nature.FINITE,
        department__in=own,
    ).select_related("task")
    for close_out in refused.order_by("task__number"):
        text = f"第{close_out.task.number}项办结申请未通过核查，请补齐后重新申请。"
        yield Ask(text, "看核查意见", "close-out", close_out.pk)


def _of_coordinator(user, plan):
    """What waits for this coordinator's decision, not what is left to others; one query."""
    awaiting = QuarterlyReport.objects.filter(period__plan=OuterRef("pk")).awaiting_review()
    reports = reviewers.left_to_others(awaiting, user, plan).exclude(left_to_others=True)
    applied = CloseOut.objects.filter(task__plan=OuterRef("pk"), status=CloseOut.Status.APPLIED)
    claims = NoDuty.objects.waiting().filter(responsibility__task__plan=OuterRef("pk"))
    counted = (
        Plan.objects.filter(pk=plan.pk).values_list(_count(reports), _count(applied), _count(claims)).get()
    )
    waiting = (
        (f"份{plan.words.report}待审核", "去审核", ""),
        ("项办结申请待核查", "去核查", "close-outs"),
        ("项“无具体任务”待确认", "去确认", "claims"),
    )
    return [
        Ask(f"{count} {what}。", label, "review", anchor=anchor)
        for count, (what, label, anchor) in zip(counted, waiting, strict=True)
        if count
    ]


def _count(rows):
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), 0)


def _own_return(user, period, filing, at):
    """What a unit's staff have to do with its return in the period, or None."""
    return_of = f"{filing.department}{period.report_title}"
    link = ("filing-return", period.code, filing.department_id)
    if filing.status == Status.RETURNED:
        return Ask(f"{return_of}已退回，请{_due_again(filing, period)}补正后重新报送。", "去补正", *link)
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
    return Ask(f"{return_of}{state}，{_deadline(period, filing, at)}。", label, *link)


def _due_again(filing, period):
    """于2023年10月18日24时前; one query, for those alone who have something to correct."""
    events = ReportEvent.objects.filter(report=filing.report_id)
    came_back = events.filter(verb__in=[Verb.RETURN, Verb.REOPEN]).order_by("at", "pk").last()
    if came_back is None:
        return ""
    due = resubmission_due(came_back.at, period.plan.resubmit_working_days)
    return f"于{calendar.zh_day(calendar.local_day(due))}24时前"


def _deadline(period, filing, at):
    """2023年10月10日24时截止，还有 3 天"""
    due_at = own_due(period.due_at, filing.extended_to)
    due = calendar.zh_day(calendar.local_day(due_at))
    extended = f"（{extended_words(filing.extended_to)}）" if filing.extended_to else ""
    return f"{due}24时截止{extended}，{calendar.time_left(due_at, at)}"
