"""Writing the lines of a return: many lines, one lock, a fixed number of queries."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from . import permissions
from .models import ProgressEntry, QuarterlyReport, Responsibility, Stage
from .workflow import NotAllowed, Refused, locked, reason_not_open, require_open_for_lines

LEAD_FIELDS = ("stage", "completion", "no_change", "no_change_reason")
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
    """A line somebody else saved first: their values, and those that were not saved."""

    key: int
    by: str
    at: datetime
    stored: dict
    typed: dict


@dataclass(frozen=True)
class SaveOutcome:
    """`saved` maps responsibility id (or indicator id) to its new version; unchanged lines are in neither."""

    saved: dict = field(default_factory=dict)
    conflicts: tuple = ()


def begin_report(period, department, *, by, at):
    """The unit's report in the period, made on first use; call inside the transaction that writes to it.

    Refused where the user may not write it or the period does not take it.
    """
    report = QuarterlyReport.objects.filter(period=period, department=department).first()
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
        report, _ = QuarterlyReport.objects.get_or_create(period=period, department=department)
    return locked(report)


def save_lines(report, inputs, *, by, at):
    """Save `inputs` (LineInput each) of the `report`; SaveOutcome.

    A line that differs from what is stored and was typed upon an older version is not saved but returned as a
    conflict. Lines equal to what is stored are left alone. Raises Refused for a report or period that does
    not take it, NotAllowed for a user who may not, or for a responsibility that is not the unit's.
    """
    with transaction.atomic():
        report = locked(report)
        if not permissions.writes_lines(by, report):
            raise NotAllowed("只有本单位填报人可以填报。")
        require_open_for_lines(report, at=at, by=by)
        responsibilities = _own_responsibilities(report, inputs)
        stored = {e.responsibility_id: e for e in report.entries.select_related("updated_by")}
        kept = _kept_completions(report, inputs)
        changed, conflicts = [], []
        for line in inputs:
            values = _clean(line, responsibilities[line.responsibility_id], kept)
            entry = stored.get(line.responsibility_id) or ProgressEntry(
                report=report, responsibility_id=line.responsibility_id
            )
            if all(getattr(entry, name) == value for name, value in values.items()):
                continue
            if entry.version != line.version:
                conflicts.append(_conflict(entry, values))
                continue
            for name, value in values.items():
                setattr(entry, name, value)
            entry.pk = None
            entry.version += 1
            entry.updated_by, entry.updated_at = by, at
            changed.append(entry)
        if changed:
            _upsert(changed)
            raise_version(report)
        return SaveOutcome({e.responsibility_id: e.version for e in changed}, tuple(conflicts))


def raise_version(report):
    QuarterlyReport.objects.filter(pk=report.pk).update(version=F("version") + 1)
    report.version += 1


def _own_responsibilities(report, inputs):
    own = (
        Responsibility.objects.in_force(report.period.last_day)
        .filter(department=report.department_id, task__plan=report.period.plan_id)
        .in_bulk([line.responsibility_id for line in inputs])
    )
    if len(own) < len({line.responsibility_id for line in inputs}):
        raise NotAllowed("其中有不属于本单位的工作。")
    return own


def _kept_completions(report, inputs):
    """For 本季度无新进展: (stage, completion) last accepted before this period, by responsibility."""
    unchanged = [line.responsibility_id for line in inputs if line.values.get("no_change")]
    if not unchanged:
        return {}
    entries = (
        ProgressEntry.objects.accepted()
        .before(report.period)
        .filter(responsibility__in=unchanged, completion__isnull=False)
        .order_by("report__period__year", "report__period__quarter")
    )
    return {e.responsibility_id: (e.stage, e.completion) for e in entries}


def _clean(line, responsibility, kept):
    """The values to store: supporters state no percentage; no change keeps the completion."""
    names = LINE_FIELDS if responsibility.is_lead else SUPPORT_FIELDS
    values = {name: value for name, value in line.values.items() if name in names}
    if values.get("no_change"):
        values["stage"], values["completion"] = kept.get(responsibility.pk, (Stage.NOT_STARTED, 0))
    return values


def _conflict(entry, values):
    return Conflict(
        key=entry.responsibility_id,
        by=str(entry.updated_by),
        at=entry.updated_at,
        stored={name: getattr(entry, name) for name in values},
        typed=values,
    )


def _upsert(entries):
    """Insert or update in one statement; the pair (report, responsibility) decides, so no entry carries a pk."""
    ProgressEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["report", "responsibility"],
        update_fields=[*LINE_FIELDS, "version", "updated_by", "updated_at"],
    )
