"""Which lines a report holds, and which of them still block its submission (DESIGN §4, Complete)."""

from dataclasses import dataclass

from django.db.models import Exists, FilteredRelation, OuterRef, Prefetch, Q

from .models import CloseOut, Evidence, NoDuty, ProgressEntry, Responsibility, SupportRequest
from .obligations import reasons_to_report


@dataclass(frozen=True)
class Line:
    """One responsibility of the unit in the period and its entry there (None: nothing saved).

    `before` is the entry last accepted in an earlier period, as `latest_accepted_before` gives it; `request` what a
    lead asks of a supporter (征集); a line `without_duty` (无具体任务, agreed) is not asked for, unless by a lead.
    """

    responsibility: Responsibility
    entry: ProgressEntry | None
    closed_out: bool
    before: ProgressEntry | None = None
    request: SupportRequest | None = None
    without_duty: bool = False

    @property
    def unanswered(self):
        """Whether a lead waits for this line: it is asked for and has said nothing since."""
        if self.request is None or self.request.answered_at:
            return False
        entry = self.entry
        return not (entry and entry.told) or entry.updated_at < self.request.asked_at

    @property
    def required(self):
        return self.responsibility.is_lead and not self.closed_out

    @property
    def missing(self):
        return bool(self.lacking)

    @property
    def lacking(self):
        """Names of the fields without which the line blocks; () where it does not."""
        return lacking(self.entry, fell=self.fell) if self.required else ()

    @property
    def fell(self):
        """Whether the completion is below the one last accepted."""
        stood = self.before.stands_at if self.before else None
        stated = self.entry.completion if self.entry else None
        return stood is not None and stated is not None and stated < stood


def lacking(entry, *, fell=False):
    """Names of the fields a lead line still wants: stage, completion and progress, or the reason of no change.

    A completion that `fell` below the last accepted one wants its reason as well.
    """
    if entry is None:
        return ("completion", "stage", "progress")
    if entry.no_change:
        return () if entry.no_change_reason.strip() else ("no_change_reason",)
    wanted = {
        "completion": entry.completion is None,
        "stage": not entry.stage,
        "progress": not entry.progress.strip(),
        "fall_reason": fell and not entry.fall_reason.strip(),
    }
    return tuple(name for name, empty in wanted.items() if empty)


def report_lines(report):
    """The report's lines, leads first, in the plan's order: four queries, and one where a line continues another."""
    responsibilities = list(
        Responsibility.objects.in_force(report.period.last_day)
        .filter(department=report.department_id, task__plan=report.period.plan_id)
        .annotate(
            request=FilteredRelation(
                "support_requests", condition=Q(support_requests__period=report.period_id)
            ),
            without_duty=Exists(NoDuty.objects.agreed().filter(responsibility=OuterRef("pk"))),
            closed_out=Exists(
                CloseOut.objects.verified_up_to(report.period).filter(task=OuterRef("task")).order_by()
            ),
        )
        .select_related("task__action", "request__lead")
        .order_by("role", "task__number")
    )
    files = Prefetch("evidence", Evidence.objects.with_kept())
    entries = (
        {e.responsibility_id: e for e in report.entries.select_related("updated_by").prefetch_related(files)}
        if report.pk
        else {}
    )
    before = ProgressEntry.objects.latest_accepted_before(report.period, responsibilities)
    lines = []
    for r in responsibilities:
        request = getattr(r, "request", None)
        without_duty = r.without_duty and request is None
        lines.append(Line(r, entries.get(r.pk), r.closed_out, before.get(r.pk), request, without_duty))
    return lines


def reasons_of(lines, plan, indicators):
    """Why the unit of the lines owes its return; `indicators` are the names of those due from it. No query."""
    supports = sum(not line.responsibility.is_lead for line in lines)
    return reasons_to_report(
        sum(line.required for line in lines),
        indicators,
        supports if plan.supports_must_report else 0,
        sum(line.request is not None for line in lines),
    )


def missing_lines(report):
    """Responsibilities whose lead line is incomplete, in task order."""
    return [line.responsibility for line in report_lines(report) if line.missing]
