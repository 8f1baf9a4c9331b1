"""What is expected of the reader now, by when: the line at the top of the dashboard."""

from dataclasses import dataclass

from departments import permissions as roles
from tasks import calendar
from tasks.models import QuarterlyReport
from tasks.permissions import coordinates

from .headline import zh_date

Status = QuarterlyReport.Status


@dataclass(frozen=True)
class Ask:
    """`page` and `key` name the URL behind `label`; `key` is '' where the page takes none."""

    text: str
    label: str
    page: str
    key: str = ""


def asks_of(user, plan, current, awaiting_review, *, at):
    """The user's Asks. `current` holds (period, UnitFilings) of the open quarters, oldest first."""
    own = {unit.pk for unit in roles.own_departments(user)}
    asks = [
        ask
        for period, filings in current
        for filing in filings
        if filing.department_id in own
        for ask in _own_return(user, period, filing, at)
    ]
    if coordinates(user, plan) and awaiting_review:
        asks.append(Ask(f"{awaiting_review} 份季报待审核。", "去审核", "review"))
    return asks


def _own_return(user, period, filing, at):
    approves = roles.is_approver(user, filing.department_id)
    if filing.status == Status.ENDORSING:
        text, label = ("待您审核" if approves else "单位审核中"), ("去审核" if approves else "查看")
    elif filing.status == Status.RETURNED:
        text, label = "已退回，请补正后重新报送", "去补正"
    elif filing.filed or not filing.owes:
        return []
    else:
        text, label = "尚未报送", "去填报"
    return [
        Ask(
            f"{filing.department}{period}季报{text}，{_deadline(period, at)}。",
            label,
            "filing-return",
            period.code,
        )
    ]


def _deadline(period, at):
    due = calendar.local_day(period.due_at)
    days = (due - calendar.local_day(at)).days
    left = "已逾期" if period.is_overdue(at) else "今天截止" if days == 0 else f"还有 {days} 天"
    return f"{zh_date(due)}24时截止，{left}"
