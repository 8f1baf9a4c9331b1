"""Read the official plan document: its actions, tasks and units, and what in it is uncertain."""

from .body import matched_sections, read_sections
from .broken import refuse_broken
from .front import issued_on, plan_title, region_name, span
from .layout import lay_out
from .model import PlanDocument
from .names import canonical_names, other_spellings
from .questions import questions
from .source import read_source


def read_plan_document(path):
    """The `PlanDocument` in a .txt, .docx or .xlsx file; PlanDocumentError where there is none to read.

    The rules are those of the genre (DESIGN §5); no unit and no cell is known beforehand.
    """
    layout = lay_out(read_source(path))
    return Reading(layout).document()


class Reading:
    """The steps from a laid-out file to the document, each the ground of the next."""

    def __init__(self, layout):
        self.layout, self.table = layout, layout.table
        self.sections = read_sections(layout.lines, layout.table_at)
        self.headings = matched_sections([(s.ordinal, s.title) for s in self.table.sections], self.sections)
        self.places = self.actions_in_order()
        self.ordinals = self.ordinals_of_places()
        self.described = self.describe()
        written = [name for row in self.table.tasks for name in self.names_in(row, self.table.header.units)]
        self.canonical = canonical_names(written)

    def document(self):
        refuse_broken(self)
        lines = self.layout.lines
        before = lines[: self.layout.table_at]
        title = plan_title(before) or plan_title(lines)
        starts_on, ends_on = span(title, before)
        document = PlanDocument(
            title=title,
            region_name=region_name(title, lines),
            issued_on=issued_on(lines),
            starts_on=starts_on,
            ends_on=ends_on,
            actions=tuple(self.action(place) for place in range(len(self.places))),
            tasks=tuple(self.task(index) for index in range(len(self.table.tasks))),
            findings=(),
            spellings=other_spellings(self.canonical),
            body=tuple(line for line in lines if line),
        )
        return replace(document, findings=questions(self, document))
