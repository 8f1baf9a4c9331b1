"""Which plan and which quarter a page is about."""

from django.http import Http404

from . import calendar
from .models import Plan, ReportingPeriod
from .models.plan import landing


def visible_plan(request, slug):
    """The plan, if the user reads its region; a stranger gets 404.

    It is left on the request as `request.plan`, `with_reforms`, and the user's other plans as `request.other_plans`,
    for the page's header.
    """
    plans = Plan.objects.visible_to(request.user).with_pending().with_reforms().select_related("region")
    request.plan = next((plan for plan in plans if plan.slug == slug), None)
    if request.plan is None:
        raise Http404("没有这个方案。")
    request.other_plans = [plan for plan in plans if plan != request.plan]
    return request.plan


def land(request, *, at):
    """The plan that a page of no plan in particular stands in, left on the request as by `visible_plan`; or None."""
    plans = list(Plan.objects.visible_to(request.user).for_landing(at))
    request.plan = landing(plans, at)
    request.other_plans = [plan for plan in plans if plan != request.plan]
    return request.plan


def periods_of(plan):
    """The plan's periods, oldest first, each with `has_filed` and knowing its plan and baseline: one query."""
    periods = list(plan.periods.for_selection())
    for period in periods:
        period.plan = plan
        period.is_baseline = period is periods[0]
    return periods


def chosen_period(plan, code, *, at, periods=None):
    """The plan's period named `code` (2023Q1), or without a code the latest one that has filed reports.

    Where the plan has no period yet: an unsaved one for today, clamped to the plan's span.
    404 for a code that is none of the plan's periods.
    """
    periods = periods_of(plan) if periods is None else periods
    if code:
        return _named(periods, code)
    latest = [p for p in periods if p.has_filed] or periods
    return latest[-1] if latest else unopened_period(plan, at=at)


def unopened_period(plan, *, at):
    """Today's period, clamped to the plan's span, of a plan that has opened none; which will be the 基线 is not decided."""
    day = min(max(calendar.local_day(at), plan.starts_on), plan.ends_on)
    period = planned_period(plan, *calendar.period_of(*calendar.quarter_of(day), plan.cadence))
    period.is_baseline = False
    return period


def planned_period(plan, year, quarter):
    """The unsaved period of that key, as it would be by the plan's rules."""
    return ReportingPeriod(
        plan=plan,
        year=year,
        quarter=quarter,
        opens_at=calendar.start_of(calendar.first_day(year, quarter, plan.cadence)),
        due_at=plan.default_due_at(year, quarter),
    )


def known_period(plan, key):
    """The plan's period of that (year, quarter), None for one that nobody has opened; one query."""
    return plan.periods.filter(year=key[0], quarter=key[1]).first()


def named_period(plan, code):
    """The plan's period named `code`, knowing its plan and baseline, in one query; 404 for a code that is none."""
    return _named(periods_of(plan), code)


def _named(periods, code):
    key = _key(code)
    for period in periods:
        if period.key == key:
            return period
    raise Http404("没有这个填报期。")


def _key(code):
    try:
        return calendar.parse_quarter(code)
    except ValueError as error:
        raise Http404(str(error)) from None
