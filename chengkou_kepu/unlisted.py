"""Paragraphs of an action that the responsibility table has no row for (正文段落没有对应行)."""

from tasks.models import Task
from tasks.plan_document.body import leading_sentence


def unlisted_paragraphs(action):
    """{place: title} of the action's paragraphs, counted from 1, that bear a title and are no task's; one query."""
    listed, titles = set(), set()
    for title, text in Task.objects.filter(plan=action.plan_id).values_list("title", "paragraphs"):
        titles.add(title)
        listed.update(text.splitlines())
    found = {
        place: leading_sentence(text)
        for place, text in enumerate(action.paragraphs.splitlines(), start=1)
        if text not in listed
    }
    return {place: title for place, title in found.items() if title and title not in titles}
