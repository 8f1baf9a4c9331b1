"""Paragraphs of an action that the responsibility table has no row for (正文段落没有对应行)."""

from dataclasses import dataclass

from tasks.models import Task
from tasks.plan_document.body import is_headed, leading_sentence


@dataclass(frozen=True)
class Paragraph:
    """One of an action's paragraphs, its `place` counted from 1.

    `task` is the Task that was added for it; `title` what one may still be added as, '' where it has a row.
    """

    place: int
    text: str
    title: str
    task: Task | None = None


def paragraphs_of(action, tasks):
    """The Paragraphs of the action; `tasks` are all of its plan."""
    rows = {text for task in tasks for text in task.paragraphs.splitlines()}
    return tuple(
        _paragraph(place, text, tasks, listed=text in rows)
        for place, text in enumerate(action.paragraphs.splitlines(), start=1)
    )


def _paragraph(place, text, tasks, *, listed):
    if listed:
        return Paragraph(place, text, "")
    task = next((task for task in tasks if is_headed(text, task.title)), None)
    return Paragraph(place, text, "" if task else leading_sentence(text), task)


def unlisted_paragraph(action, place):
    """The Paragraph at the place, as typed, for which a task may be added, or None; one query."""
    found = paragraphs_of(action, list(Task.objects.filter(plan=action.plan_id)))
    return next((p for p in found if p.title and str(p.place) == place), None)
