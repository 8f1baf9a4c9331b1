"""Whose a quarter's return is where it is not the unit's own: a former unit's, an heir's, or as it was archived."""

from dataclasses import dataclass

from departments.models import Department, Reform
from tasks.obligations import UnitFiling
from tasks.workflow import reason_not_owing


@dataclass(frozen=True)
class Elsewhere:
    """Why the return is not the unit's, as a sentence, and the `units` that file or filed it, the nearest first.

    `handed_on` tells whether what the unit wrote of it before became theirs, as renaming and merging have it.
    """

    why: str
    units: tuple[Department, ...]
    handed_on: bool = False


def elsewhere(report, archived, load_lineage):
    """Elsewhere, or None where the return is the unit's, or there is none at all.

    `archived` holds the ids of the units that a frozen period stored, None for any other period: what was archived
    under a former name before a reform was recorded stays so. `load_lineage` gives the region's Lineage, and is
    called only where another unit has to be named.
    """
    unit, period = report.department, report.period
    if archived is not None and unit.pk in archived:
        return None
    why = reason_not_owing(report)
    if archived is None and not why:
        return None
    lineage = load_lineage()
    kin = (*lineage.predecessors(unit.pk), *lineage.successors(unit.pk))
    if archived is None:
        units = tuple(other for other in kin if other.exists_on(period.last_day))
        ended_by = {step.reform.kind for step in lineage.ends(unit.pk)}
        return Elsewhere(why, units, bool(ended_by & {Reform.Kind.RENAME, Reform.Kind.MERGE}))
    units = tuple(other for other in kin if other.pk in archived)
    if units:
        names = "、".join(other.name for other in units)
        return Elsewhere(f"{period}由{names}报送，已定稿归档。", units)
    return Elsewhere(why, ()) if why else None


def archived_filings(period):
    """{unit id: UnitFiling} as a frozen period stored them, in one query; None for any other."""
    if not period.stored:
        return None
    return {f.department_id: f for f in period.stored.read("filings", tuple[UnitFiling, ...])}
