"""填报期: the coordinator's pages of periods, to open after a preview, to watch, to move, to close."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from indicators.standing import Ownership, owners_owing
from tasks import calendar, periods
from tasks.forms import DueForm
from tasks.ledger import Ledger
from tasks.models import ReportingPeriod
from tasks.obligations import FilingRates, rates
from tasks.refusals import NotAllowed, Refused
from tasks.selection import known_period, named_period, periods_of
from tasks.standing import unit_filings

from .period_page import assemble, planned, state_of
from .review import coordinated_plan


@dataclass(frozen=True)
class PeriodRow:
    period: ReportingPeriod
    rates: FilingRates
    waiting: int
    state: str


@require_safe
def period_list(request, slug):
    """The plan's periods, newest first, and what can be opened; `?first=2022Q4` leads to that one's preview."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    if request.GET.get("first"):
        return redirect("period", plan.slug, "{}Q{}".format(*_key(request.GET["first"])))
    known = periods_of(plan)
    key = periods.next_period(plan)
    begins_on = calendar.first_day(*key, plan.cadence) if key else plan.starts_on
    context = {
        "plan": plan,
        "rows": _rows(plan, known, at),
        "next": planned(plan, *key, known=known, at=at) if key else None,
        "begins_on": begins_on if begins_on > calendar.local_day(at) else None,
        "next_due_passed": key and plan.default_due_at(*key) <= at,
        "choices": [] if known else [_choice(plan, *key) for key in periods.first_periods(plan, at=at)],
    }
    return render(request, "chengkou_kepu/period_list.html", context)


def _choice(plan, year, quarter):
    return f"{year}Q{quarter}", calendar.label(year, quarter, plan.cadence)


def _rows(plan, known, at):
    """Newest first; one ledger serves every period."""
    ledger = Ledger.load(plan)
    ownership = Ownership.load(plan)
    rows = []
    for period in reversed(known):
        filings = unit_filings(ledger, period, ownership.owing(period), at=at)
        waiting = sum(f.status == "SUBMITTED" for f in filings)
        rows.append(PeriodRow(period, rates(filings), waiting, state_of(period, at)))
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
def period(request, slug, code):
    """One period: a preview before it is opened, then how filing stands; the units alone for htmx."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    key = _key(code)
    if request.method == "POST":
        return _carry_out(request, plan, key, at=at)
    known = periods_of(plan)
    found = next((p for p in known if p.key == key), None)
    if found is None:
        try:
            periods.require_openable(plan, *key, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("period-list", plan.slug)
    page = assemble(found or planned(plan, *key, known=known, at=at), at=at)
    context = {"plan": plan, "page": page}
    if request.htmx:
        return render(request, "chengkou_kepu/_period_units.html", context)
    if found and not found.frozen_at:
        waiting = found.extensions.awaiting().select_related("period__plan", "department", "asked_by")
        context |= {"extensions": waiting, "back": f"{request.path}#extensions"}
    return render(request, "chengkou_kepu/period.html", context)


def _key(code):
    try:
        return calendar.parse_quarter(code)
    except ValueError as error:
        raise Http404(str(error)) from None


def _carry_out(request, plan, key, *, at):
    """The verb asked for; what it did or why not is said on the page it leads back to."""
    code = f"{key[0]}Q{key[1]}"
    asked = {"by": request.user, "at": at}
    verb = request.POST.get("verb", "")
    try:
        if verb == "open":
            done = _open(plan, key, request.POST, **asked)
        elif verb == "due":
            named, due_on = named_period(plan, code), _due_on(request.POST)
            period = periods.move_due(named, due_on, indicator_owners=owners_owing(named), **asked)
            day = calendar.local_day(period.due_at)
            done = f"{period}的截止日期已改为{calendar.zh_day(day)}。{calendar.day_note(day)}"
        elif verb == "close":
            period = periods.close_period(named_period(plan, code), **asked)
            done = f"{period}已截止填报。{periods.left_endorsing(period)}"
        elif verb == "reopen":
            done = f"{periods.reopen_period(named_period(plan, code), **asked)}已重新开放填报。"
        else:
            raise Refused("没有这个操作。")
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("period", plan.slug, code)


def _open(plan, key, posted, *, by, at):
    """Open with the deadline typed, else with its own; two who open at once open one."""
    due_at = calendar.end_of(_due_on(posted)) if posted.get("due_on") else None
    if known_period(plan, key):
        return f"{calendar.label(*key, plan.cadence)}此前已开放填报，没有改动。"
    period = periods.open_period(plan, *key, by=by, at=at, due_at=due_at)
    day = calendar.local_day(period.due_at)
    return f"{period}已开放填报，{calendar.zh_day(day)}24时截止。{calendar.day_note(day) or period.due_note}"


def _due_on(posted):
    form = DueForm(posted)
    if not form.is_valid():
        raise Refused(form.errors["due_on"][0])
    return form.cleaned_data["due_on"]
