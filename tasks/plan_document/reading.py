"""Table and body laid side by side: which section is which action, which paragraph describes which row."""

from dataclasses import dataclass
from itertools import pairwise

from .body import Section, describes, leading_sentence, matched_sections, read_sections
from .layout import Layout
from .names import canonical_names, read_units
from .table import Table


@dataclass(frozen=True, slots=True)
class Place:
    """An action's place: its index among the table's sections and its body section, one of which may lack."""

    ordinal: int
    row: int | None
    section: Section | None


@dataclass(frozen=True, slots=True)
class Reading:
    """`described` has for each task (index of its paragraph, wording, verbatim) or None.

    `canonical` gives the chosen name of every spelling in the table.
    """

    layout: Layout
    table: Table
    sections: tuple[Section, ...]
    places: tuple[Place, ...]
    described: tuple[tuple[int, str, bool] | None, ...]
    canonical: dict[str, str]

    def place_of(self, task):
        return next(place for place in self.places if place.row == task.section)

    def paragraphs_of(self, task):
        section = self.place_of(task).section
        return section.paragraphs if section else ()

    def tasks_at(self, place):
        """Indexes of the place's tasks."""
        return [
            i
            for i, task in enumerate(self.table.tasks)
            if place.row is not None and task.section == place.row
        ]

    def without_row(self, place):
        """(index, title) of the place's paragraphs that bear a title of their own and have no row."""
        taken = {self.described[i][0] for i in self.tasks_at(place) if self.described[i]}
        if place.section is None:
            return []
        titles = ((index, leading_sentence(text)) for index, text in enumerate(place.section.paragraphs))
        return [(index, title) for index, title in titles if title and index not in taken]

    def goes_on(self):
        """Whether the last task's section has more titled paragraphs after the one that describes it."""
        last = self.described[-1][0] if self.described[-1] else -1
        return any(index > last for index, _ in self.without_row(self.place_of(self.table.tasks[-1])))


def read_together(layout):
    """The `Reading` of a laid-out document."""
    table = layout.table
    sections = read_sections(layout.lines, layout.table_at)
    headings = matched_sections([(row.ordinal, row.title) for row in table.sections], sections)
    written = [n for task in table.tasks for text in task.units.values() for n in read_units(text).names]
    described = (
        describes(task.title, headings[task.section].paragraphs) if task.section in headings else None
        for task in table.tasks
    )
    return Reading(
        layout=layout,
        table=table,
        sections=sections,
        places=places_of(table, sections, headings),
        described=tuple(described),
        canonical=canonical_names(written),
    )


def places_of(table, sections, headings):
    """The actions in order: the table's sections, and after its forerunner each body section beside them.

    Beside the matched ones stand the sections of the same chapters. The printed numbers count if they rise
    throughout (一、二、四), else the actions are numbered from 1.
    """
    ordered = [(index, headings.get(index)) for index in range(len(table.sections))]
    chapters = {section.chapter for section in headings.values()}
    matched = list(headings.values())
    for at, section in enumerate(sections):
        if section.chapter in chapters and section not in matched:
            before = [i for i, (_, other) in enumerate(ordered) if other in sections[:at]]
            ordered.insert(max(before, default=-1) + 1, (None, section))
    printed = [
        (table.sections[row].ordinal if row is not None else None) or (section.ordinal if section else 0)
        for row, section in ordered
    ]
    rises = printed[0] > 0 and all(a < b for a, b in pairwise(printed))
    numbers = printed if rises else range(1, len(ordered) + 1)
    return tuple(Place(number, *pair) for number, pair in zip(numbers, ordered, strict=True))
