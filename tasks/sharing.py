"""按行动一并填写: rows of one section that say the same are one piece of work; pure rules over a return's lines.

Because the table's unit cells are merged by section, a unit holds the same duty in several rows and tells it once.
What is shared is not stored: rows that hold the same text and figures share it, and a row that differs does not.
"""

from .drafting import LINE_FIELDS

SHARED_FIELDS = (
    "no_change",
    "no_change_reason",
    "progress",
    "results",
    "problems",
    "next_steps",
    "activities",
    "people_reached",
    "people_trained",
    "funds",
)


def statement(entry):
    """What an entry says, for comparing rows; None where it says nothing."""
    if entry is None or not entry.told:
        return None
    return tuple(getattr(entry, name) for name in SHARED_FIELDS)


def says_something(entry):
    """Whether anything is filled in or attached; a line may have been saved and emptied again."""
    if entry is None:
        return False
    return bool(entry.evidence.all()) or any(
        getattr(entry, name) not in (None, "", False) for name in LINE_FIELDS
    )


def by_section(items, responsibility_of):
    """[(action, is_lead, items)]: one for each action and role among the `items`, in the order they begin."""
    sections = {}
    for item in items:
        responsibility = responsibility_of(item)
        sections.setdefault((responsibility.task.action, responsibility.is_lead), []).append(item)
    return [(action, is_lead, tuple(group)) for (action, is_lead), group in sections.items()]


def read_once(items, *, line_of=lambda item: item, beside=lambda item: None):
    """The items in tuples whose text is shown once, over all their rows; groups in the order they begin.

    Together stand items of one unit, section and role that say the same and have the same `beside` them; one that
    says nothing stands alone. `line_of(item)` is its `completeness.Line`.
    """
    groups = {}
    for item in items:
        line = line_of(item)
        responsibility, said = line.responsibility, statement(line.entry)
        section = responsibility.department_id, responsibility.task.action_id, responsibility.role
        alone = responsibility.pk if said is None else None
        groups.setdefault((section, said, beside(item), alone), []).append(item)
    return [tuple(group) for group in groups.values()]


def largest_shared(lines):
    """Of a section's lines (`completeness.Line`) those that share one statement, if two or more do; else ()."""
    group = max(read_once(lines), key=len, default=())
    return group if len(group) > 1 else ()


def files_of(entries):
    """The files of the entries, one that stands behind several of them once."""
    return list({file.file.name: file for entry in entries for file in entry.evidence.all()}.values())
