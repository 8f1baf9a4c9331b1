"""What a decision on the units of a task would do: it is tried, read and taken back, so that it is told as it will be."""

import hashlib
from dataclasses import dataclass

from django.db import transaction

from tasks import calendar
from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tasks.numerals import zh_ordinal

Role = Responsibility.Role
Status = QuarterlyReport.Status
WRITTEN = (Status.DRAFT, Status.RETURNED)


@dataclass(frozen=True)
class Change:
    """A unit's place before and after: 第一牵头, 配合, or '' where it has none."""

    unit: str
    before: str
    after: str


@dataclass(frozen=True)
class Foreseen:
    """`changes` in the task's units from the period `since` on, the other `unchanged` ones, and what becomes of returns.

    `seen` stands for the decision and for what it was made upon, to tell whether either has changed.
    """

    since: str
    changes: tuple[Change, ...]
    unchanged: tuple[str, ...]
    returns: tuple[tuple[QuarterlyReport, str], ...]
    seen: str


def foresee(decide, decision, *, plan, task=None):
    """Foreseen of `decide(**decision)`, which returns the Task; Refused or NotAllowed as it raises. Writes nothing.

    `task` is the one it is about, None for one to be added.
    """
    key = calendar.period_of(decision["year"], decision["quarter"], plan.cadence)
    on = max(calendar.first_day(*key, plan.cadence), plan.starts_on)
    with transaction.atomic():
        before = _places(task, on) if task else {}
        decided = decide(**decision)
        after = _places(decided, on)
        concerned = {unit for unit in {**before, **after} if before.get(unit) != after.get(unit)}
        returns = tuple(_returns(decided, on, concerned, after))
        transaction.set_rollback(True)
    names = [unit for unit in {**after, **before} if unit in concerned]
    return Foreseen(
        since=calendar.label(*key, plan.cadence),
        changes=tuple(Change(unit.name, before.get(unit, ""), after.get(unit, "")) for unit in names),
        unchanged=tuple(unit.name for unit in after if unit not in concerned),
        returns=returns,
        seen=hashlib.sha256(repr((decision, before)).encode()).hexdigest(),
    )


def _places(task, day):
    """{unit: 第一牵头, 第二牵头 or 配合} of who holds the task on the date, leads first, each in its order."""
    held = task.responsibilities.in_force(day).select_related("department").order_by("role", "position", "pk")
    leads = [duty.department for duty in held if duty.is_lead]
    told = {unit: f"第{zh_ordinal(place)}牵头" for place, unit in enumerate(leads, start=1)}
    return told | {duty.department: Role.SUPPORT.label for duty in held if not duty.is_lead}


def _returns(task, on, units, after):
    """(report, what becomes of it) of the units' returns begun in periods from the date on; two queries."""
    reports = QuarterlyReport.objects.filter(
        period__plan=task.plan_id, period__frozen_at=None, department__in=units
    ).select_related("period__plan", "department")
    reports = [
        r for r in reports.order_by("period__year", "period__quarter", "pk") if r.period.last_day >= on
    ]
    entries = ProgressEntry.objects.filter(report__in=reports, responsibility__task=task)
    filled = {entry.report_id for entry in entries}
    for report in reports:
        yield report, _becomes(report, after.get(report.department, ""), report.pk in filled)


def _becomes(report, place, filled):
    if not place:
        return "不再列本项，已填内容保留备查，不再计入" if filled else "不再列本项"
    told = f"本项列为{place}"
    if filled:
        return f"{told}，已填内容保留"
    if place == Role.SUPPORT.label:
        return told
    if report.status in WRITTEN:
        return f"{told}，须填写后报送"
    return f"{told}，但所送内容不含本项，需要的请退回补正"
