"""What a reform does to one plan, for its preview: the filing periods it touches, who owes from when, what moves."""

from dataclasses import dataclass

from departments.models import Department, Membership, Role
from tasks import calendar
from tasks.models import Extension, Plan, QuarterlyReport, ReportingPeriod, Responsibility


@dataclass(frozen=True)
class PlanPreview:
    """One plan's share of a reform. `since` names the first period that the heirs owe, '' where the plan has none left.

    Of the periods on whose last day the reform holds, `opened` and `closed` follow it and `archived` stay as they
    are; `earlier` counts the periods that end before the date, `earlier_archived` those of them that are archived.
    `moves` and `indicators` are those of the preview; `kept` counts the tasks that the heir holds already.
    """

    plan: Plan
    since: str
    opened: tuple[ReportingPeriod, ...]
    closed: tuple[ReportingPeriod, ...]
    archived: tuple[ReportingPeriod, ...]
    earlier: int
    earlier_archived: int
    moves: tuple
    kept: int
    indicators: tuple
    returns: tuple[tuple[QuarterlyReport, str], ...]
    extensions: tuple[Extension, ...]

    @property
    def owes(self):
        """Whether the units owed a return for what moves: what they only support asks for none."""
        leads = any(move.duty.is_lead for move in self.moves)
        return leads or bool(self.indicators) or self.plan.supports_must_report

    @property
    def summary(self):
        """牵头 5 项、配合 33 项: how many tasks change hands, each counted once a role."""
        leads = {move.duty.task_id for move in self.moves if move.duty.is_lead}
        supports = {move.duty.task_id for move in self.moves if not move.duty.is_lead}
        told = (("牵头", leads), ("配合", supports))
        return "、".join(f"{label} {len(tasks)} 项" for label, tasks in told if tasks)


def plan_previews(on, heir, *, moves, indicators, returns, extensions):
    """PlanPreview of each plan concerned by a reform of the date `on`, with its share of what moves; two queries.

    `heir` is the name of the unit that everything goes to, None where that is to be chosen.
    """
    plans = {move.duty.task.plan for move in moves} | {row.item.plan for row in indicators}
    plans = sorted(
        plans | {row[0].period.plan for row in returns}, key=lambda plan: (plan.starts_on, plan.pk)
    )
    periods = list(ReportingPeriod.objects.filter(plan__in=plans).order_by("year", "quarter"))
    held = _held_by(heir, on, moves) if heir else set()
    return tuple(
        _of_plan(
            plan,
            on,
            [period for period in periods if period.plan_id == plan.pk],
            moves=tuple(move for move in moves if move.duty.task.plan_id == plan.pk),
            kept=len({m.duty.task_id for m in moves if m.duty.task.plan_id == plan.pk} & held),
            indicators=tuple(row for row in indicators if row.item.plan_id == plan.pk),
            returns=tuple(row for row in returns if row[0].period.plan_id == plan.pk),
            extensions=tuple(e for e in extensions if e.period.plan_id == plan.pk),
        )
        for plan in plans
    )


def without_reporter(region_id, names, members):
    """Of the names of units that take over, those in which nobody will fill in returns; one query.

    `members` are (Membership, name of the unit it goes to) of the units that end.
    """
    staffed = {name for m, name in members if m.role == Role.REPORTER and m.user.is_active}
    there = Department.objects.filter(
        region=region_id,
        ends_on=None,
        pk__in=Membership.objects.filter(role=Role.REPORTER, user__is_active=True).values("department"),
    )
    staffed.update(there.filter(name__in=names).values_list("name", flat=True))
    return tuple(name for name in dict.fromkeys(names) if name not in staffed)


def _held_by(name, on, moves):
    """Ids of the moves' tasks that the unit of the name holds on the date or later."""
    duties = Responsibility.objects.filter(
        department__name=name, department__ends_on=None, task__in={move.duty.task_id for move in moves}
    )
    return set(duties.exclude(valid_to__lt=on).values_list("task", flat=True))


def _of_plan(plan, on, periods, **moved):
    touched = [period for period in periods if period.last_day >= on]
    earlier = [period for period in periods if period.last_day < on]
    return PlanPreview(
        plan=plan,
        since=_first_owed(plan, on, {period.key for period in touched if period.frozen_at}),
        opened=tuple(p for p in touched if not p.closed_at and not p.frozen_at),
        closed=tuple(p for p in touched if p.closed_at and not p.frozen_at),
        archived=tuple(p for p in touched if p.frozen_at),
        earlier=len(earlier),
        earlier_archived=sum(p.frozen_at is not None for p in earlier),
        **moved,
    )


def _first_owed(plan, on, archived):
    """The name of the first period that ends on the date or later and is not archived; '' after the plan."""
    day = max(on, plan.starts_on)
    key = calendar.period_of(*calendar.quarter_of(day), plan.cadence)
    while key in archived:
        key = calendar.following(*key, plan.cadence)
    if calendar.first_day(*key, plan.cadence) > plan.ends_on:
        return ""
    return calendar.label(*key, plan.cadence)
