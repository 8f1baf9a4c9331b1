"""Writing the lines of a return: many lines, one lock, a fixed number of queries."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef

from departments import permissions as roles

from . import permissions
from .models import NoDuty, ProgressEntry, QuarterlyReport, Responsibility, SupportRequest
from .refusals import NotAllowed, Refused
from .workflow import locked_report, reason_not_open, require_open_for_lines

LEAD_FIELDS = ("stage", "completion", "no_change", "no_change_reason", "fall_reason")
TEXT_FIELDS = ("progress", "results", "problems", "next_steps")
FIGURE_FIELDS = ("activities", "people_reached", "people_trained", "funds")
SUPPORT_FIELDS = TEXT_FIELDS + FIGURE_FIELDS
LINE_FIELDS = LEAD_FIELDS + SUPPORT_FIELDS


@dataclass(frozen=True)
class LineInput:
    """What somebody typed for one responsibility, upon the entry's version they saw (0: nothing saved yet)."""

    responsibility_id: int
    version: int
    values: dict


@dataclass(frozen=True)
class Conflict:
    """A row somebody else saved first: who, when, its version, and as (label, text) what stands in it instead."""

    key: int
    by: str
    at: datetime
    version: int
    shown: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SaveOutcome:
    """`saved` maps responsibility id (or indicator id) to its new version; unchanged lines are in neither."""

    saved: dict = field(default_factory=dict)
    conflicts: tuple = ()


def begin_report(period, department, *, by, at):
    """The unit's report in the period, locked, made on first use; call inside the transaction that writes to it.

    Refused where the user may not write it or the period does not take it.
    """
    report = locked_report(period, department=department)
    if report is None:
        draft = QuarterlyReport(period=period, department=department)
        if not permissions.writes_lines(by, draft):
            raise NotAllowed("只有本单位填报人可以填报。")
        coordinator_after_closing = (
            permissions.coordinates(by, period.plan) and period.closed_at and not period.frozen_at
        )
        why = reason_not_open(period, at=at)
        if why and not coordinator_after_closing:
            raise Refused(why)
        proxy = not roles.is_reporter(by, department.pk)
        QuarterlyReport.objects.get_or_create(
            period=period, department=department, defaults={"begun_by_proxy": proxy}
        )
        report = locked_report(period, department=department)
    if not permissions.writes_lines(by, report):
        raise NotAllowed("只有本单位填报人可以填报。")
    require_open_for_lines(report, at=at, by=by)
    if report.begun_by_proxy and roles.is_reporter(by, department.pk):
        report.begun_by_proxy = False
        report.save(update_fields=["begun_by_proxy"])
    return report


def save_lines(report, inputs, *, by, at):
    """Save `inputs` (LineInput each) of a `report` from `begin_report`, in its transaction; SaveOutcome.

    A line that differs from what is stored and was typed upon an older version is not saved but returned as a
    conflict. Lines equal to what is stored are left alone. NotAllowed for a responsibility not the unit's.
    """
    responsibilities = own_responsibilities(report, [line.responsibility_id for line in inputs])
    stored = {e.responsibility_id: e for e in report.entries.select_related("updated_by")}
    typed = [
        (
            line.responsibility_id,
            stored.get(line.responsibility_id)
            or ProgressEntry(report=report, responsibility_id=line.responsibility_id),
            line.version,
            _clean(line.values, responsibilities[line.responsibility_id]),
        )
        for line in inputs
    ]
    changed, conflicts = merge(typed, by=by, at=at)
    if changed:
        upsert(changed, unique_fields=["report", "responsibility"], fields=LINE_FIELDS)
        raise_version(report)
    return SaveOutcome({e.responsibility_id: e.version for e in changed}, conflicts)


def merge(typed, *, by, at):
    """(rows to save, Conflicts) of `typed`: tuples (key, row, version seen, new values).

    Rows that stay as they are are in neither. Rows to save carry the new values and no pk: see `upsert`.
    """
    changed, conflicts = [], []
    for key, row, seen, values in typed:
        if all(getattr(row, name) == value for name, value in values.items()):
            continue
        if row.version != seen:
            conflicts.append(
                Conflict(key, str(row.updated_by), row.updated_at, row.version, _shown(row, values))
            )
            continue
        for name, value in values.items():
            setattr(row, name, value)
        row.pk = None
        row.version += 1
        row.updated_by, row.updated_at = by, at
        changed.append(row)
    return changed, tuple(conflicts)


def upsert(rows, *, unique_fields, fields):
    """Insert or update `rows` of one model in one statement; `unique_fields` decide which, so none carries a pk."""
    type(rows[0]).objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=unique_fields,
        update_fields=[*fields, "version", "updated_by", "updated_at"],
    )


def raise_version(report):
    QuarterlyReport.objects.filter(pk=report.pk).update(version=F("version") + 1)
    report.version += 1


def own_responsibilities(report, ids):
    """{id: Responsibility} of the report's unit; NotAllowed for one that is not its own.

    Refused for one that was agreed to be 无具体任务, unless a lead has asked for it in the period (征集).
    """
    agreed = NoDuty.objects.agreed().filter(responsibility=OuterRef("pk"))
    asked = SupportRequest.objects.filter(responsibility=OuterRef("pk"), period=report.period_id)
    without_duty = ExpressionWrapper(Exists(agreed) & ~Exists(asked), output_field=BooleanField())
    own = (
        Responsibility.objects.in_force(report.period.last_day)
        .filter(department=report.department_id, task__plan=report.period.plan_id)
        .select_related("task")
        .annotate(without_duty=without_duty)
        .in_bulk(ids)
    )
    if len(own) < len(set(ids)):
        raise NotAllowed("其中有不属于本单位的工作。")
    idle = "、".join(str(n) for n in sorted(r.task.number for r in own.values() if r.without_duty))
    if idle:
        raise Refused(f"第 {idle} 项已确认无具体任务，不再填报；有任务的，请先在“征集和分工”中恢复填报。")
    return own


def _clean(values, responsibility):
    """The values to store: supporters state no percentage; no change states none, so that the older one carries."""
    names = LINE_FIELDS if responsibility.is_lead else SUPPORT_FIELDS
    own = {name: value for name, value in values.items() if name in names}
    return own | {"stage": "", "completion": None, "fall_reason": ""} if own.get("no_change") else own


def _shown(row, values):
    """What the stored row says where it differs from what was typed."""
    differing = [name for name, value in values.items() if getattr(row, name) != value]
    return tuple((row._meta.get_field(name).verbose_name, _text(row, name)) for name in differing)


def _text(row, name):
    value = getattr(row, name)
    if isinstance(value, bool):
        return "是" if value else "否"
    display = getattr(row, f"get_{name}_display", None)
    return str(display() if display else value) if value not in (None, "") else "（空）"
