"""What became of tasks beside their progress, as their pages tell it and frozen quarters store it.

That is their applications for close-out, and what standing ones came to in each year.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from .models import AnnualJudgement, CloseOut

PART = "outcomes"


@dataclass(frozen=True)
class CloseOutTold:
    """An application for the books of `period`, of which `key` is (year, quarter); '' and None for what is not yet."""

    pk: int
    task_id: int
    department_id: int
    department: str
    key: tuple[int, int]
    period: str
    status: CloseOut.Status
    applied_at: datetime
    decided_at: datetime | None
    reason: str
    reopened_at: datetime | None
    reopened_in: str
    reopening_reason: str


@dataclass(frozen=True)
class JudgementTold:
    task_id: int
    year: int
    verdict: str
    ground: str
    judged_by: str
    judged_at: datetime


@dataclass(frozen=True)
class Outcomes:
    """Both, the latest first."""

    close_outs: tuple[CloseOutTold, ...]
    judgements: tuple[JudgementTold, ...]

    def of(self, task_id):
        return Outcomes(
            tuple(c for c in self.close_outs if c.task_id == task_id),
            tuple(j for j in self.judgements if j.task_id == task_id),
        )


def outcomes_now(**of):
    """The Outcomes of `task=` or of the tasks of `task__plan=`; two queries."""
    close_outs = CloseOut.objects.filter(**of).select_related(
        "department", "period__plan", "reopened_in__plan"
    )
    judgements = AnnualJudgement.objects.filter(**of).select_related("judged_by")
    return Outcomes(tuple(map(_close_out, close_outs)), tuple(map(_judgement, judgements)))


def outcomes_to_store(period):
    """The Outcomes of the period's plan, with the applications for its books and earlier ones."""
    now = outcomes_now(task__plan=period.plan_id)
    return replace(now, close_outs=tuple(c for c in now.close_outs if c.key <= period.key))


def _close_out(row):
    return CloseOutTold(
        pk=row.pk,
        task_id=row.task_id,
        department_id=row.department_id,
        department=row.department.name,
        key=row.period.key,
        period=str(row.period),
        status=CloseOut.Status(row.status),
        applied_at=row.applied_at,
        decided_at=row.decided_at,
        reason=row.reason,
        reopened_at=row.reopened_at,
        reopened_in=str(row.reopened_in or ""),
        reopening_reason=row.reopening_reason,
    )


def _judgement(row):
    return JudgementTold(
        task_id=row.task_id,
        year=row.year,
        verdict=row.verdict,
        ground=row.ground,
        judged_by=str(row.judged_by),
        judged_at=row.judged_at,
    )
