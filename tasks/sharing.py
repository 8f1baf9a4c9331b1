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


def by_section(items, responsibility_of):
    """[(action, is_lead, items)]: one for each action and role among the `items`, in the order they begin."""
    sections = {}
    for item in items:
        responsibility = responsibility_of(item)
        sections.setdefault((responsibility.task.action, responsibility.is_lead), []).append(item)
    return [(action, is_lead, tuple(group)) for (action, is_lead), group in sections.items()]


def largest_shared(lines):
    """Of a section's lines (`completeness.Line`) those that share one statement, if two or more do; else ()."""
    held = {}
    for line in lines:
        said = statement(line.entry)
        if said is not None:
            held.setdefault(said, []).append(line)
    group = max(held.values(), key=len, default=[])
    return tuple(group) if len(group) > 1 else ()


def says_something(entry):
    """Whether anything is filled in or attached; a line may have been saved and emptied again."""
    if entry is None:
        return False
    return bool(entry.evidence.all()) or any(
        getattr(entry, name) not in (None, "", False) for name in LINE_FIELDS
    )


def files_of(entries):
    """The files of the entries, one that stands behind several of them once."""
    return list({file.file.name: file for entry in entries for file in entry.evidence.all()}.values())
