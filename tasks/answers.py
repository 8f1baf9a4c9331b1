"""What lead and supporting units read of each other's lines: answers to a 征集, and the lead's accepted text."""

from dataclasses import dataclass

from django.db.models import Q

from .models import ProgressEntry, QuarterlyReport, Responsibility, SupportRequest

FILED = {QuarterlyReport.Status.SUBMITTED, QuarterlyReport.Status.ACCEPTED}


@dataclass(frozen=True)
class Answer:
    """A request and the line it got: `entry` is None until the unit has answered or filed its return."""

    request: SupportRequest
    entry: ProgressEntry | None

    @property
    def department(self):
        return self.request.responsibility.department


def answers_to(lead, period):
    """{task id: [Answer]} of what the unit `lead` asked in the period, supporters in the table's order; two queries."""
    requests = list(
        SupportRequest.objects.filter(period=period, lead=lead)
        .select_related("responsibility__department", "responsibility__task")
        .order_by("responsibility__task__number", "responsibility__position")
    )
    held = [request.responsibility_id for request in requests]
    entries = ProgressEntry.objects.filter(report__period=period, responsibility__in=held)
    stored = {e.responsibility_id: e for e in entries.select_related("report")} if held else {}
    answers = {}
    for request in requests:
        entry = stored.get(request.responsibility_id)
        shown = entry and entry.told and (request.answered_at or entry.report.status in FILED)
        answers.setdefault(request.responsibility.task_id, []).append(
            Answer(request, entry if shown else None)
        )
    return answers


def lead_entries(task_ids, period):
    """{task id: the entry that the task's first lead last had accepted up to the period}; one query."""
    entries = (
        ProgressEntry.objects.accepted()
        .up_to(period)
        .filter(responsibility__task__in=task_ids, responsibility__role=Responsibility.Role.LEAD)
        .filter(
            Q(responsibility__valid_to=None)
            | Q(responsibility__valid_to__gte=period.last_day)
            | Q(responsibility__continued_by__isnull=False)
        )
        .select_related("report__period", "report__department", "responsibility")
        .order_by("-responsibility__position", "report__period__year", "report__period__quarter")
    )
    return {entry.responsibility.task_id: entry for entry in entries if entry.told}
