"""Read the official plan document: its actions, tasks and units, and what in it is uncertain."""

from dataclasses import replace

from .body import leading_sentence
from .broken import refuse_broken
from .front import issued_on, plan_title, region_name, span
from .layout import lay_out
from .model import Action, PlanDocument, Task
from .names import is_group, other_spellings, read_units
from .questions import questions
from .reading import read_together
from .source import read_source


def read_plan_document(path):
    """The `PlanDocument` in a .txt, .docx or .xlsx file; PlanDocumentError where there is none to read.

    The rules are those of the genre (DESIGN §5); no unit and no cell is known beforehand.
    """
    reading = read_together(lay_out(read_source(path)))
    refuse_broken(reading)
    lines = reading.layout.lines
    before = lines[: reading.layout.table_at]
    title = plan_title(before) or plan_title(lines)
    starts_on, ends_on = span(title, before)
    document = PlanDocument(
        title=title,
        region_name=region_name(title, lines),
        issued_on=issued_on(lines),
        starts_on=starts_on,
        ends_on=ends_on,
        actions=tuple(action_at(reading, place) for place in reading.places),
        tasks=tuple(task_at(reading, index) for index in range(len(reading.table.tasks))),
        findings=(),
        spellings=other_spellings(reading.canonical),
        body=tuple(line for line in lines if line),
    )
    return replace(document, findings=questions(reading, document))


def action_at(reading, place):
    heading = place.section.title if place.section else ""
    return Action(
        ordinal=place.ordinal,
        title=reading.table.sections[place.row].title if place.row is not None else heading,
        heading_title=heading,
        paragraphs=place.section.paragraphs if place.section else (),
        in_table=place.row is not None,
    )


def task_at(reading, index):
    row, header = reading.table.tasks[index], reading.table.header
    leads = canonical_units(reading, row, header.leads)
    supports = [name for name in canonical_units(reading, row, header.supports) if name not in leads]
    found = reading.described[index]
    return Task(
        number=index + 1,
        title=row.title,
        action=reading.place_of(row).ordinal,
        leads=tuple(name for name in leads if not is_group(name)),
        supports=tuple(name for name in supports if not is_group(name)),
        groups=tuple(name for name in supports if is_group(name)),
        lead_groups=tuple(name for name in leads if is_group(name)),
        paragraphs=paragraphs_on(reading, index),
        body_title=found[1] if found else "",
    )


def canonical_units(reading, row, columns):
    """The canonical names in the row's cells of those columns, each once, in the order written."""
    names = (name for column in columns for name in read_units(row.units.get(column, "")).names)
    return list(dict.fromkeys(reading.canonical[name] for name in names))


def paragraphs_on(reading, index):
    """The paragraph that describes the task and those after it that begin nothing of their own."""
    row, found = reading.table.tasks[index], reading.described[index]
    if found is None:
        return ()
    paragraphs = reading.paragraphs_of(row)
    taken = {
        other[0]
        for other, task in zip(reading.described, reading.table.tasks, strict=True)
        if other and task.section == row.section
    }
    stop = found[0] + 1
    while stop < len(paragraphs) and stop not in taken and not leading_sentence(paragraphs[stop]):
        stop += 1
    return paragraphs[found[0] : stop]
