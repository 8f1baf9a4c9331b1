"""Everything of a plan that a roll-up needs, read once, however many tasks and quarters.

Five queries, and one for what is particular to a unit in a period: who was asked, whose deadline was extended. Of
frozen quarters it knows what units filed as it was stored; `as_it_stood` gives the rows that such a quarter stored.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db.models import CharField, DateField, F, FilteredRelation, Q, Value

from . import exact_json
from .models import (
    CloseOut,
    Erratum,
    Extension,
    FrozenQuarter,
    Plan,
    ProgressEntry,
    QuarterlyReport,
    Responsibility,
    SupportRequest,
    Task,
)
from .models.duties import descents
from .obligations import UnitFiling, own_due
from .standing import PlanStanding
from .stored_rows import rows_as_they_stood

Status = QuarterlyReport.Status


@dataclass(frozen=True)
class Statement:
    """What a unit says of a task in an accepted or submitted report; no completion means 本季度无新进展.

    `department_id` and `department`: that unit, in whose return it stands, whoever has the duty since. `proxy`: 县科协
    filed it for the unit (代填). A `corrected` one is an erratum to its quarter, and counts after that quarter only.
    """

    key: tuple[int, int]
    completion: int | None
    stage: str
    accepted: bool
    department_id: int
    department: str
    proxy: bool = False
    corrected: bool = False

    def counts_in(self, key):
        return self.key < key if self.corrected else self.key <= key


@dataclass(frozen=True)
class Applied:
    """A close-out that a lead applied for in the quarter `key` and nobody has verified yet."""

    task: Task
    department: str
    key: tuple[int, int]
    at: datetime


@dataclass(frozen=True)
class Ledger:
    """Rows of one plan. `statements` by responsibility id, with what it continues, oldest first.

    `closed` holds for a task's id the spans in which it counts as closed out: (year, quarter) from which on, and that
    from which on no more, or None. `applied` are the close-outs that wait to be verified, oldest first.
    """

    plan: Plan
    actions: tuple
    tasks: tuple
    responsibilities: tuple
    reports: tuple
    statements: dict
    closed: dict
    applied: tuple[Applied, ...] = ()

    particulars: tuple | None = None

    @classmethod
    def load(cls, plan):
        tasks, closed, applied = _tasks_with_closing(plan.tasks)
        actions = {action.pk: action for action in plan.actions.order_by("ordinal")}
        for task in tasks:
            task.action = actions[task.action_id]
        responsibilities = tuple(
            Responsibility.objects.filter(task__plan=plan)
            .select_related("department")
            .order_by("role", "position", "pk")
        )
        return cls(
            plan=plan,
            actions=tuple(actions.values()),
            tasks=tasks,
            responsibilities=responsibilities,
            reports=tuple(
                QuarterlyReport.objects.filter(period__plan=plan)
                .with_proxy()
                .with_self_review()
                .select_related("department")
                .order_by("pk")
            ),
            statements=_statements(plan, responsibilities),
            closed=closed,
            applied=applied,
        )

    @classmethod
    def of_units(cls, plans, units):
        """{plan id: Ledger of what those units (ids) owe and have filed in it}; four queries, however many plans.

        It has no actions and no statements, so it tells nothing of progress.
        """
        tasks, closed, _ = _tasks_with_closing(Task.objects.filter(plan__in=plans))
        held = Responsibility.objects.filter(task__plan__in=plans, department__in=units)
        held = held.select_related("department", "task").order_by("role", "position", "pk")
        reports = QuarterlyReport.objects.filter(period__plan__in=plans, department__in=units)
        reports = (
            reports.with_proxy().with_self_review().select_related("department", "period").order_by("pk")
        )
        duties, returns = list(held), list(reports)
        shared = {"actions": (), "statements": {}, "closed": closed, "particulars": _particulars(plans)}
        return {
            plan.pk: cls(
                plan=plan,
                tasks=tuple(task for task in tasks if task.plan_id == plan.pk),
                responsibilities=tuple(r for r in duties if r.task.plan_id == plan.pk),
                reports=tuple(r for r in returns if r.period.plan_id == plan.pk),
                **shared,
            )
            for plan in plans
        }

    @cached_property
    def _particulars(self):
        return _particulars([self.plan]) if self.particulars is None else self.particulars

    @cached_property
    def asked(self):
        """(period id, responsibility id) of the lines that leads asked for (征集)."""
        return {(period, line) for period, line, day in self._particulars if day is None}

    @cached_property
    def _granted_days(self):
        return {(period, unit): day for period, unit, day in self._particulars if day}

    def extended_to(self, period, department_id):
        """The day to which the unit's deadline in the period was extended, or None."""
        return self._granted_days.get((period.pk, department_id))

    def due_at(self, period, department_id):
        """When the unit's return of the period is due."""
        return own_due(period.due_at, self.extended_to(period, department_id))

    @cached_property
    def stored_filings(self):
        """{period id: UnitFilings} of the frozen quarters, as they were stored; a query of its own."""
        rows = FrozenQuarter.objects.filter(period__plan=self.plan).values_list("period", "figures__filings")
        return {period: exact_json.load(data, tuple[UnitFiling, ...]) for period, data in rows}

    @classmethod
    def shown_in(cls, period):
        """The ledger for pages of that period alone; of a frozen one, the rows it stored and nothing else."""
        rows = rows_as_they_stood(period.plan, period)
        if not rows:
            return cls.load(period.plan)
        standing = period.stored.read("standing", PlanStanding)
        closed = {t.task_id: [(t.closed_in, None)] for t in standing.tasks if t.closed_in}
        return cls(**rows, reports=(), statements={}, closed=closed)

    def as_it_stood(self, period):
        """The ledger with the plan, actions, tasks and duties that a frozen period stored; itself for any other."""
        rows = rows_as_they_stood(self.plan, period)
        return replace(self, **rows) if rows else self

    @cached_property
    def begins(self):
        """{task id: the day its first duty began}; one that a coordinator added counts from then on."""
        days = {}
        for r in self.responsibilities:
            days[r.task_id] = min(r.valid_from, days.get(r.task_id, r.valid_from))
        return days

    def tasks_on(self, day):
        """Tasks that the plan had on the date."""
        return [task for task in self.tasks if task.pk not in self.begins or self.begins[task.pk] <= day]

    def in_force(self, day):
        """Responsibilities valid on the date, leads first, by position."""
        return [r for r in self.responsibilities if r.is_in_force(day)]

    def closed_up_to(self, key):
        """{task id: (year, quarter)} of the tasks closed out in that quarter or before, and not reopened by then."""
        return {
            task: since
            for task, spans in self.closed.items()
            for since, until in spans
            if since <= key and (until is None or key < until)
        }

    def reports_in(self, period):
        """{department id: report} of the period."""
        return {r.department_id: r for r in self.reports if period.pk and r.period_id == period.pk}


def _particulars(plans):
    """(period id, responsibility id, None) of each line asked, (period id, department id, day) of each extension."""
    requests = SupportRequest.objects.filter(period__plan__in=plans).order_by()
    asked = requests.values_list("period_id", "responsibility_id", Value(None, output_field=DateField()))
    extensions = Extension.objects.filter(period__plan__in=plans).granted().order_by()
    return tuple(asked.union(extensions.values_list("period_id", "department_id", "granted_until"), all=True))


def _tasks_with_closing(tasks):
    """The tasks (a queryset) by number, by their ids the spans in which they count as closed out, and the Applied; one query."""
    standing = Q(close_outs__status__in=[*CloseOut.PUBLIC, CloseOut.Status.APPLIED])
    rows = tasks.annotate(
        close_out=FilteredRelation("close_outs", condition=standing),
        status=F("close_out__status"),
        applied_at=F("close_out__applied_at"),
        applicant=F("close_out__department__name"),
        since_year=F("close_out__period__year"),
        since_quarter=F("close_out__period__quarter"),
        until_year=F("close_out__reopened_in__year"),
        until_quarter=F("close_out__reopened_in__quarter"),
    ).order_by("number", "close_out__applied_at")
    found, closed, applied = {}, defaultdict(list), []
    for task in rows:
        found.setdefault(task.pk, task)
        since = (task.since_year, task.since_quarter)
        if task.status == CloseOut.Status.APPLIED:
            applied.append(Applied(task, task.applicant, since, task.applied_at))
        elif task.status:
            until = (task.until_year, task.until_quarter) if task.until_year else None
            closed[task.pk].append((since, until))
    return tuple(found.values()), dict(closed), tuple(sorted(applied, key=lambda waiting: waiting.at))


def _statements(plan, responsibilities):
    """{responsibility id: Statements of it and of what it continues, oldest first}."""
    entries = (
        ProgressEntry.objects.stating_completion()
        .with_proxy()
        .filter(report__period__plan=plan, report__status__in=[Status.ACCEPTED, Status.SUBMITTED])
        .order_by()
        .values_list(
            "responsibility_id",
            "report__period__year",
            "report__period__quarter",
            Value(0),
            "completion",
            "stage",
            "report__status",
            "report__department",
            "report__department__name",
            "proxy_source",
        )
    )
    errata = (
        Erratum.objects.filter(period__plan=plan, completion__isnull=False)
        .order_by()
        .values_list(
            "responsibility_id",
            "period__year",
            "period__quarter",
            "pk",
            "completion",
            "stage",
            Value(Status.ACCEPTED, output_field=CharField()),
            "responsibility__department",
            "responsibility__department__name",
            Value("", output_field=CharField()),
        )
    )
    own = defaultdict(list)
    for row in sorted(entries.union(errata, all=True), key=lambda row: row[:4]):
        responsibility, year, quarter, erratum, completion, stage, status, *unit, source = row
        accepted = status == Status.ACCEPTED
        own[responsibility].append(
            Statement((year, quarter), completion, stage, accepted, *unit, bool(source), bool(erratum))
        )
    statements = dict(own)
    for pk, descent in descents({r.pk: r.continues_id for r in responsibilities if r.continues_id}).items():
        told = [statement for line in reversed(descent) for statement in own.get(line, ())]
        if told:
            statements[pk] = sorted(told, key=lambda statement: (statement.key, statement.corrected))
    return statements
