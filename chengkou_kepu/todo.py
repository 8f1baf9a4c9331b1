"""待办 of all plans that a user reads: the page, and what the header says of the plans one is not in."""

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from departments import permissions as roles
from departments.models import UNIT_ROLES, Department, Role
from indicators.standing import Ownership
from tasks.ledger import Ledger
from tasks.models import QuarterlyReport, ReportingPeriod
from tasks.selection import land
from tasks.standing import unit_filings

from .asks import asks_in


def has_asks(user):
    """Whether anything is ever asked of the user."""
    return roles.holds(user, *UNIT_ROLES, Role.COORDINATOR)


def asks_by_plan(user, plans, *, at):
    """{plan: the user's Asks}, in the plans' order; the same queries for several plans as for one."""
    return asks_in(user, _current_in(user, plans, at=at), at=at)


@require_safe
def todo(request):
    """待办: what is expected of the reader in each of their plans, what is due first before all; the header tells it again."""
    at = timezone.now()
    if not land(request, at=at):
        raise Http404("没有方案。")
    plans = [request.plan, *request.other_plans]
    request.asks = asks_by_plan(request.user, plans, at=at)
    context = {
        "asked": sorted(request.asks.items(), key=_first_due),
        "count": sum(len(asks) for asks in request.asks.values()),
        "at": at,
    }
    return render(request, "chengkou_kepu/todo.html", context)


def _first_due(asked):
    """Orders plans by what is due first in each; those without anything to do come last."""
    _, asks = asked
    return (not asks, *(asks[0].urgency if asks else ()))


def _current_in(user, plans, *, at):
    """{plan: [(period, UnitFilings)]} of what is open or to be corrected, oldest first.

    Of the user's units, and of all in the plans they coordinate; none for a user without either. One query where
    nothing is open, six where something is.
    """
    own, regions = roles.answered_for(user), roles.coordinated_regions(user)
    by_id, current = {plan.pk: plan for plan in plans}, {plan: [] for plan in plans}
    periods = list(_periods(own, plans, at=at)) if own or regions else []
    if not periods:
        return current
    units = Department.objects.filter(Q(pk__in=own) | Q(region__in=regions)).order_by()
    ledgers, owners = Ledger.of_units(plans, units), Ownership.load_each(plans)
    for period in periods:
        period.plan = by_id[period.plan_id]
        filings = unit_filings(ledgers[period.plan_id], period, owners[period.plan_id].owing(period), at=at)
        current[period.plan].append((period, filings))
    return current


def _periods(own, plans, *, at):
    returned = QuarterlyReport.objects.filter(
        period=OuterRef("pk"), department__in=own, status=QuarterlyReport.Status.RETURNED
    )
    wanted = Q(opens_at__lte=at, closed_at=None) | Q(Exists(returned))
    return ReportingPeriod.objects.filter(wanted, plan__in=plans, frozen_at=None).order_by("year", "quarter")
