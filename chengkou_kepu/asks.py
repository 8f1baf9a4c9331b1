"""What is expected of the reader now, by when: the line at the top of the dashboard."""

from dataclasses import dataclass

from departments import permissions as roles
from tasks import calendar
from tasks.models import QuarterlyReport, ReportEvent
from tasks.obligations import resubmission_due
from tasks.permissions import coordinates

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb


@dataclass(frozen=True)
class Ask:
    """`page`, `key` and `query` make the URL behind `label`; `key` is '' where the page takes none."""

    text: str
    label: str
    page: str
    key: str = ""
    query: str = ""


def asks_of(user, plan, current, awaiting_review, *, at):
    """The user's Asks. `current` holds (period, UnitFilings) of quarters that may want something, oldest first."""
    own = roles.answered_for(user)
    asks = [
        _own_return(user, period, filing, at)
        for period, filings in current
        for filing in filings
        if filing.department_id in own
    ]
    if coordinates(user, plan) and awaiting_review:
        asks.append(Ask(f"{awaiting_review} 份季报待审核。", "去审核", "review"))
    return [ask for ask in asks if ask]


def _own_return(user, period, filing, at):
    """What a unit's staff have to do with its return in the period, or None."""
    return_of = f"{filing.department}{period}季报"
    former = filing.department_id in user.former_units
    link = ("filing-return", period.code, f"?unit={filing.department_id}" if former else "")
    if filing.status == Status.RETURNED:
        return Ask(f"{return_of}已退回，请{_due_again(filing, period)}补正后重新报送。", "去补正", *link)
    if not period.is_open(at):
        return None
    if filing.status == Status.ENDORSING:
        approves = roles.is_approver(user, filing.department_id)
        state, label = ("待您审核", "去审核") if approves else ("正由本单位审核人审核", "查看")
    elif filing.owes and not filing.filed:
        state, label = "尚未报送", "去填报"
    else:
        return None
    return Ask(f"{return_of}{state}，{_deadline(period, at)}。", label, *link)


def _due_again(filing, period):
    """于2023年10月18日24时前; one query, for those alone who have something to correct."""
    events = ReportEvent.objects.filter(report=filing.report_id)
    came_back = events.filter(verb__in=[Verb.RETURN, Verb.REOPEN]).order_by("at", "pk").last()
    if came_back is None:
        return ""
    due = resubmission_due(came_back.at, period.plan.resubmit_working_days)
    return f"于{calendar.zh_day(calendar.local_day(due))}24时前"


def _deadline(period, at):
    """2023年10月10日24时截止，还有 3 天"""
    due = calendar.zh_day(calendar.local_day(period.due_at))
    return f"{due}24时截止，{calendar.time_left(period.due_at, at)}"
