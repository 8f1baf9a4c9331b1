"""填报期: the coordinator's page of quarters, to open, to move, to close."""

from dataclasses import dataclass

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from indicators.standing import Ownership
from tasks import calendar, periods
from tasks.forms import DueForm
from tasks.ledger import Ledger
from tasks.models import ReportingPeriod
from tasks.obligations import FilingRates, rates
from tasks.refusals import NotAllowed, Refused
from tasks.selection import named_period, periods_of
from tasks.standing import unit_filings

from .review import coordinated_plan


@dataclass(frozen=True)
class PeriodRow:
    period: ReportingPeriod
    rates: FilingRates
    waiting: int
    state: str


@require_http_methods(["GET", "HEAD", "POST"])
def period_list(request, slug):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    if request.method == "POST":
        return _carry_out(request, plan, at=at)
    known = periods_of(plan)
    year, quarter = periods.next_quarter(plan) or (None, None)
    context = {
        "plan": plan,
        "rows": _rows(plan, known, at),
        "next": calendar.label(year, quarter) if year else "",
        "next_code": f"{year}Q{quarter}",
        "next_due": calendar.local_day(calendar.default_due_at(year, quarter)) if year else None,
        "next_due_passed": year and calendar.default_due_at(year, quarter) <= at,
        "choices": _first_choices(plan, at) if not known else [],
    }
    return render(request, "chengkou_kepu/period_list.html", context)


def _rows(plan, known, at):
    """Newest first; one ledger serves every quarter."""
    ledger = Ledger.load(plan)
    ownership = Ownership.load(plan)
    rows = []
    for period in reversed(known):
        filings = unit_filings(ledger, period, ownership.owing(period), at=at)
        waiting = sum(f.status == "SUBMITTED" for f in filings)
        rows.append(PeriodRow(period, rates(filings), waiting, _state(period, at)))
    return rows


def _state(period, at):
    if period.frozen_at:
        return "已定稿归档"
    if period.closed_at:
        return "已截止填报"
    if at < period.opens_at:
        return "未到开放时间"
    return "开放填报，已过截止时间" if period.is_overdue(at) else "开放填报"


def _first_choices(plan, at):
    """Quarters of the plan that a first period can be: those begun by now, the latest first."""
    today = calendar.local_day(at)
    quarters = [(y, q) for y in range(plan.starts_on.year, plan.ends_on.year + 1) for q in (1, 2, 3, 4)]
    begun = [key for key in quarters if calendar.first_day(*key) <= today] or quarters[:1]
    return [(f"{y}Q{q}", calendar.label(y, q)) for y, q in reversed(begun)]


def _carry_out(request, plan, *, at):
    asked = {"by": request.user, "at": at}
    verb, code = request.POST.get("verb", ""), request.POST.get("period", "")
    try:
        if verb == "open":
            period = periods.open_period(plan, *calendar.parse_quarter(code), **asked)
            done = f"{period}已开放填报。"
        elif verb == "due":
            form = DueForm(request.POST)
            if not form.is_valid():
                raise Refused(form.errors["due_on"][0])
            period = periods.move_due(named_period(plan, code), form.cleaned_data["due_on"], **asked)
            done = f"{period}的截止日期已改为{calendar.local_day(period.due_at):%Y-%m-%d}。"
        elif verb == "close":
            done = f"{periods.close_period(named_period(plan, code), **asked)}已截止填报。"
        elif verb == "reopen":
            done = f"{periods.reopen_period(named_period(plan, code), **asked)}已重新开放填报。"
        else:
            raise Refused("没有这个操作。")
    except NotAllowed:
        raise
    except (Refused, ValueError) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("period-list", plan.slug)
