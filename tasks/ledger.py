"""Everything of a plan that a roll-up needs, read once: five queries and one for who was asked, however many tasks and quarters.

Of frozen quarters it knows what units filed as it was stored; `as_it_stood` gives the rows that such a quarter stored.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import CharField, F, FilteredRelation, Q, Value

from . import exact_json
from .models import (
    CloseOut,
    Erratum,
    FrozenQuarter,
    Plan,
    ProgressEntry,
    QuarterlyReport,
    Responsibility,
    SupportRequest,
)
from .obligations import UnitFiling
from .stored_rows import rows_as_they_stood

Status = QuarterlyReport.Status


@dataclass(frozen=True)
class Statement:
    """What a unit says of a task in an accepted or submitted report; no completion means 本季度无新进展.

    A `corrected` one is an erratum to its quarter, and counts after that quarter only.
    """

    key: tuple[int, int]
    completion: int | None
    stage: str
    accepted: bool
    corrected: bool = False

    def counts_in(self, key):
        return self.key < key if self.corrected else self.key <= key


@dataclass(frozen=True)
class Ledger:
    """Rows of one plan. `statements` by responsibility id, oldest first; `closed` task id → (year, quarter)."""

    plan: Plan
    actions: tuple
    tasks: tuple
    responsibilities: tuple
    reports: tuple
    statements: dict
    closed: dict

    @classmethod
    def load(cls, plan):
        tasks = tuple(_tasks_with_closing(plan))
        return cls(
            plan=plan,
            actions=tuple(plan.actions.order_by("ordinal")),
            tasks=tasks,
            responsibilities=tuple(
                Responsibility.objects.filter(task__plan=plan)
                .select_related("department")
                .order_by("role", "position", "pk")
            ),
            reports=tuple(
                QuarterlyReport.objects.filter(period__plan=plan).select_related("department").order_by("pk")
            ),
            statements=_statements(plan),
            closed={t.pk: (t.closed_year, t.closed_quarter) for t in tasks if t.closed_year},
        )

    @cached_property
    def asked(self):
        """{(period id, department id): how many lines leads asked of that unit there} (征集); a query of its own."""
        requests = SupportRequest.objects.filter(period__plan=self.plan)
        return Counter(requests.values_list("period_id", "responsibility__department_id").order_by())

    @cached_property
    def stored_filings(self):
        """{period id: UnitFilings} of the frozen quarters, as they were stored; a query of its own."""
        rows = FrozenQuarter.objects.filter(period__plan=self.plan).values_list("period", "figures__filings")
        return {period: exact_json.load(data, tuple[UnitFiling, ...]) for period, data in rows}

    @classmethod
    def shown_in(cls, period):
        """The ledger for pages of that period alone; of a frozen one, the rows it stored and nothing else."""
        rows = rows_as_they_stood(period.plan, period)
        return cls(**rows, reports=(), statements={}, closed={}) if rows else cls.load(period.plan)

    def as_it_stood(self, period):
        """The ledger with the plan, actions, tasks and duties that a frozen period stored; itself for any other."""
        rows = rows_as_they_stood(self.plan, period)
        return replace(self, **rows) if rows else self

    def in_force(self, day):
        """Responsibilities valid on the date, leads first, by position."""
        return [
            r
            for r in self.responsibilities
            if r.valid_from <= day and (r.valid_to is None or r.valid_to >= day)
        ]

    def closed_up_to(self, key):
        """{task id: (year, quarter)} of the tasks closed out in that quarter or before."""
        return {task: closed for task, closed in self.closed.items() if closed <= key}

    def reports_in(self, period):
        """{department id: report} of the period."""
        return {r.department_id: r for r in self.reports if period.pk and r.period_id == period.pk}


def _tasks_with_closing(plan):
    """The plan's tasks by number, each with the quarter its one verified close-out counts for, or None."""
    verified = Q(close_outs__status=CloseOut.Status.VERIFIED)
    return plan.tasks.annotate(
        verified=FilteredRelation("close_outs", condition=verified),
        closed_year=F("verified__period__year"),
        closed_quarter=F("verified__period__quarter"),
    ).order_by("number")


def _statements(plan):
    entries = (
        ProgressEntry.objects.stating_completion()
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
        )
    )
    statements = defaultdict(list)
    for row in sorted(entries.union(errata, all=True), key=lambda row: row[:4]):
        responsibility, year, quarter, erratum, completion, stage, status = row
        statements[responsibility].append(
            Statement((year, quarter), completion, stage, status == Status.ACCEPTED, bool(erratum))
        )
    return dict(statements)
