"""What lead and supporting units read of each other's lines: answers to a 征集, and the lead's accepted text."""

from dataclasses import dataclass

from .models import ProgressEntry, QuarterlyReport, Responsibility, SupportRequest

FILED = {QuarterlyReport.Status.SUBMITTED, QuarterlyReport.Status.ACCEPTED}


@dataclass(frozen=True)
class Answer:
    """A request and the line it got: `entry` is None until the unit has answered or filed its return."""

    request: SupportRequest
    entry: ProgressEntry | None

    @property
    def older(self):
        """Whether what the unit has filed was written before it was asked."""
        return self.request.answered_at is None and self.entry.updated_at < self.request.asked_at

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
    entries = ProgressEntry.objects.with_proxy().filter(report__period=period, responsibility__in=held)
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
    """{task id: what each of the task's leads last had accepted up to the period, the first lead's first}.

    A lead without an accepted text, of its own or of the one whose place it took, has no entry. One query, three
    where leads changed.
    """
    entries = list(
        ProgressEntry.objects.accepted()
        .up_to(period)
        .with_proxy()
        .filter(responsibility__task__in=task_ids, responsibility__role=Responsibility.Role.LEAD)
        .select_related("report__period__plan", "report__department", "responsibility")
        .order_by("report__period__year", "report__period__quarter")
    )
    holders = _holders(entries, task_ids, period)
    latest = {holders[e.responsibility_id]: e for e in entries if e.told and e.responsibility_id in holders}
    found = {}
    for lead, entry in sorted(latest.items(), key=lambda item: (item[0].position, item[0].pk)):
        found.setdefault(lead.task_id, []).append(entry)
    return found


def _holders(entries, task_ids, period):
    """{responsibility id: the lead's Responsibility in force in the period that is it or continues it}."""
    own = {e.responsibility_id: e.responsibility for e in entries}
    if all(lead.is_in_force(period.last_day) for lead in own.values()):
        return own
    in_force = Responsibility.objects.in_force(period.last_day).leads().filter(task__in=task_ids)
    descents = Responsibility.objects.descents(period.plan_id, in_force)
    return {line: lead for lead in in_force for line in descents.get(lead.pk, (lead.pk,))}
