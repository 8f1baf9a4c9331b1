"""What every page about a plan's quarter begins with: the plan, the quarter asked for, and the moment."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from tasks.models import Plan, ReportingPeriod
from tasks.selection import chosen_period, periods_of, visible_plan
from tasks.stored_rows import plan_as_it_stood


@dataclass(frozen=True)
class PlanPage:
    """`periods` oldest first; `period` is one of them, or an unsaved one where the plan has none.

    The plan of a frozen quarter has the title and the settings it had then.
    """

    plan: Plan
    period: ReportingPeriod
    periods: list[ReportingPeriod]
    at: datetime

    @property
    def query(self):
        """What links to other pages carry, so that they stay in the quarter."""
        return f"?period={self.period.code}" if self.period.pk else ""

    @property
    def told_at(self):
        """The moment of which the page tells: of a frozen quarter, when it was frozen."""
        return self.period.frozen_at or self.at

    @cached_property
    def errata(self):
        """The corrections beside a frozen quarter, oldest first; one query, for such a quarter alone."""
        return list(self.period.errata.select_related("by")) if self.period.frozen_at else []

    @property
    def periods_so_far(self):
        """The periods up to the chosen one, oldest first."""
        return [p for p in self.periods if p.key <= self.period.key]

    def context(self, **more):
        return {
            "plan": self.plan,
            "period": self.period,
            "periods": self.periods,
            "query": self.query,
            "overdue": self.period.is_overdue(self.told_at),
            "at": self.told_at,
            "frozen": self.period.stored,
            "errata": self.errata,
        } | more


def plan_page(request, slug):
    """404 for a stranger's plan and for a code that is none of its quarters (three queries with the roles)."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    periods = periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    plan = request.plan_shown = plan_as_it_stood(plan, period)
    period.cadence = plan.cadence
    return PlanPage(plan, period, periods, at)
