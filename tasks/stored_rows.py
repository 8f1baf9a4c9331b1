"""The plan's rows as a frozen quarter stores them, and the plan and its rows made of them again."""

from copy import copy
from dataclasses import dataclass, fields
from datetime import date

from departments.models import Department

from . import calendar
from .models import Action, Responsibility, Task

PART = "rows"


@dataclass(frozen=True)
class PlanRow:
    title: str
    starts_on: date
    ends_on: date
    issuer: str
    consolidation: str
    behind_points: int
    severe_points: int
    supports_must_report: bool
    cadence: str = calendar.Cadence.QUARTER.value


@dataclass(frozen=True)
class ActionRow:
    id: int
    ordinal: int
    title: str
    paragraphs: str


@dataclass(frozen=True)
class TaskRow:
    id: int
    action_id: int
    number: int
    title: str
    paragraphs: str
    nature: str


@dataclass(frozen=True)
class DutyRow:
    id: int
    task_id: int
    department_id: int
    role: str
    position: int
    valid_from: date
    valid_to: date | None
    decided_by: str


@dataclass(frozen=True)
class UnitRow:
    """A unit or group of the plan's region, whether or not it had a part in the plan."""

    id: int
    name: str
    is_group: bool
    begins_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class StoredRows:
    plan: PlanRow
    actions: tuple[ActionRow, ...]
    tasks: tuple[TaskRow, ...]
    duties: tuple[DutyRow, ...]
    units: tuple[UnitRow, ...]


def rows_of(ledger, day):
    """The StoredRows of the ledger's plan as it is now, with its tasks of the date; a query for its region's units."""
    tasks = ledger.tasks_on(day)
    known = {task.pk for task in tasks}
    units = Department.objects.filter(region=ledger.plan.region_id).order_by("pk")
    return StoredRows(
        plan=_row(PlanRow, ledger.plan),
        actions=tuple(_row(ActionRow, action) for action in ledger.actions),
        tasks=tuple(_row(TaskRow, task) for task in tasks),
        duties=tuple(_row(DutyRow, duty) for duty in ledger.responsibilities if duty.task_id in known),
        units=tuple(_row(UnitRow, unit) for unit in units),
    )


def stored_rows(period):
    """The StoredRows of a frozen period; None for any other."""
    return period.stored.read(PART, StoredRows) if period.stored else None


def plan_as_it_stood(plan, period):
    """The plan with the title and settings a frozen period stored; itself for any other."""
    rows = stored_rows(period)
    if rows is None:
        return plan
    stood = copy(plan)
    for name, value in vars(rows.plan).items():
        setattr(stood, name, value)
    return stood


def units_as_they_stood(period):
    """{id: Department} of the region as a frozen period stored them; None for any other."""
    rows = stored_rows(period)
    return rows and {row.id: _unit(row, period) for row in rows.units}


def rows_as_they_stood(plan, period):
    """The fields of a Ledger that a frozen period stored, as unsaved rows; {} for any other."""
    rows = stored_rows(period)
    if rows is None:
        return {}
    units = {row.id: _unit(row, period) for row in rows.units}
    plan = plan_as_it_stood(plan, period)
    actions = {row.id: Action(plan=plan, **vars(row)) for row in rows.actions}
    return {
        "plan": plan,
        "actions": tuple(actions.values()),
        "tasks": tuple(
            Task(plan=plan, action=actions[row.action_id], **_without(row, "action_id")) for row in rows.tasks
        ),
        "responsibilities": tuple(
            Responsibility(department=units[row.department_id], **_without(row, "department_id"))
            for row in rows.duties
        ),
    }


def _row(kind, model):
    return kind(**{field.name: getattr(model, field.name) for field in fields(kind)})


def _unit(row, period):
    return Department(region_id=period.plan.region_id, **vars(row))


def _without(row, name):
    return {key: value for key, value in vars(row).items() if key != name}
