"""What every page about a plan's quarter begins with: the plan, the quarter asked for, and the moment."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from tasks.models import Plan, ReportingPeriod
from tasks.selection import chosen_period, periods_of, visible_plan


@dataclass(frozen=True)
class PlanPage:
    """`periods` oldest first; `period` is one of them, or an unsaved one where the plan has none."""

    plan: Plan
    period: ReportingPeriod
    periods: list[ReportingPeriod]
    at: datetime

    @property
    def query(self):
        """What links to other pages carry, so that they stay in the quarter."""
        return f"?period={self.period.code}" if self.period.pk else ""

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
            "overdue": self.period.is_overdue(self.at),
            "ended": self.plan.has_ended(self.at),
            "at": self.at,
        } | more


def plan_page(request, slug):
    """404 for a stranger's plan and for a code that is none of its quarters (three queries with the roles)."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    periods = periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    return PlanPage(plan, period, periods, at)
