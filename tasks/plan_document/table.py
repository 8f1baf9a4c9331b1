"""The rows of the responsibility table: its sections and tasks in order, with the unit cells that hold for each."""

import re
from dataclasses import dataclass, field

from .cells import Cell, cell_at, texts
from .header import Header, plain
from .numbering import chinese_mark, plain_number, plain_ordinal, without_number

NOTE = re.compile("[（(]?(?:注|备注|说明|续表|接上表|单位[:：]|附件|填表|合计)")


@dataclass(slots=True)
class SectionRow:
    """A section of the table: its number as printed (None where it has none), its title, how it is numbered."""

    ordinal: int | None
    title: str
    style: str


@dataclass(slots=True)
class TaskRow:
    """A task with the unit cells that hold for it, {column: text}.

    `own` are the columns whose text the row has itself, `inherited` those that an unmerged empty cell
    took from above, `printed` the number as printed, `row` the cells as the file has them.
    """

    section: int
    title: str
    printed: int | None
    units: dict[int, str]
    own: set[int]
    inherited: set[int]
    row: tuple[Cell, ...]


@dataclass(slots=True)
class Table:
    """Sections and tasks in order.

    `untitled` rows have no title and `unread` ones are no task: (number of the task before, text).
    `ends_with`: what the last row is ("task", "section", "untitled", "unread").
    `has_sections` is False where tasks stand before any section row: they form a section of their own.
    """

    header: Header
    shows_merges: bool
    sections: list[SectionRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    untitled: list[tuple[int, str]] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    ends_with: str = ""
    has_sections: bool = True


def read_rows(rows, header, *, shows_merges):
    """The `Table` of the rows below a header; repeated headers, notes and empty rows are passed over."""
    reader = RowReader(header, shows_merges, [row for row in rows if texts(row)])
    for row in reader.rows:
        reader.take(row)
    table = reader.table
    if any(task.section < 0 for task in table.tasks):
        table.has_sections = False
        table.sections.insert(0, SectionRow(None, "重点任务", ""))
        for task in table.tasks:
            task.section += 1
    return table


class RowReader:
    """Reads row by row; `above` holds the unit cells that an empty one below inherits, section by section."""

    def __init__(self, header, shows_merges, rows):
        self.header, self.rows = header, rows
        self.table = Table(header, shows_merges)
        self.above = {}
        self.task_marks = set()

    def take(self, row):
        if tuple(plain(cell.text) for cell in row) == self.header.wording:
            return
        section = self.section_of(row)
        alone = texts(row)[0] if len(texts(row)) == 1 else ""
        if section:
            self.open_section(section)
            self.above = self.units_of(row)
            self.table.ends_with = "section"
        elif NOTE.match(alone):
            return
        elif alone and self.spans_table(row) and plain_number(alone) is None:
            self.table.unread.append((len(self.table.tasks), joined_lines(alone)))
            self.table.ends_with = "unread"
        else:
            self.enter_action_column(row)
            self.take_task(row)

    def take_task(self, row):
        cell = cell_at(row, self.header.task)
        title = without_number(joined_lines(cell.text))
        if cell.continued and self.table.tasks:
            self.extend_task(row)
        elif title:
            self.add_task(row, title)
        else:
            self.table.untitled.append((len(self.table.tasks), "，".join(texts(row))))
        self.table.ends_with = "task" if title else "untitled"

    def section_of(self, row):
        """The section that the row is, else None.

        It is one if 一、… or （一）… stands alone or in the number column, if the number column has a bare
        一 beside a title without units, or if one cell over the whole table ends in 行动 or 工程.
        """
        filled = [column for column, cell in enumerate(row) if cell.text]
        first, header = row[filled[0]], self.header
        text = joined_lines(first.text)
        if first.continued:
            return None
        if filled == [header.number, header.task] and plain_ordinal(text) and "一" not in self.task_marks:
            return SectionRow(plain_ordinal(text), without_number(joined_lines(row[header.task].text)), "一")
        mark = chinese_mark(text)
        alone = len(filled) == 1
        heads = alone or (filled[0] == header.number and header.task not in filled)
        if mark and mark[1] and heads and mark[2] not in self.task_marks:
            return SectionRow(mark[0], without_number(text), mark[2])
        if alone and self.spans_table(row) and re.search("(?:行动|工程)$", without_number(text)):
            return SectionRow(None, without_number(text), "")
        return None

    def spans_table(self, row):
        """Whether the row's first text covers title and units (in a text export: is the row's one cell)."""
        column, cell = next((column, cell) for column, cell in enumerate(row) if cell.text)
        if len(row) == 1:
            return self.header.task > 0
        return cell.span > 1 and column + cell.span > max(self.header.task, min(self.header.units))

    def open_section(self, section):
        """Begin a section; one without rows that a （一） follows was only a heading over several."""
        sections, tasks = self.table.sections, self.table.tasks
        filled = tasks and tasks[-1].section == len(sections) - 1
        if sections and not filled and (sections[-1].style, section.style) == ("、", "（）"):
            sections.pop()
        sections.append(section)
        self.above = {}

    def enter_action_column(self, row):
        """A first column 行动 opens a section where its text changes."""
        cell = cell_at(row, self.header.action) if self.header.action is not None else Cell()
        if not cell.text or cell.continued:
            return
        mark = chinese_mark(joined_lines(cell.text))
        section = SectionRow(mark and mark[0], without_number(joined_lines(cell.text)), "")
        if not self.table.sections or self.table.sections[-1] != section:
            self.open_section(section)

    def units_of(self, row):
        return {c: cell_at(row, c).text for c in self.header.units if cell_at(row, c).text}

    def add_task(self, row, title):
        given = self.units_of(row)
        own = {column for column in given if not cell_at(row, column).continued}
        self.above = {
            c: text for c, text in self.above.items() if c in given or not self.is_left_empty(c, own)
        }
        inherited = self.above.keys() - given.keys()
        self.above |= given
        number = cell_at(row, self.header.number) if self.header.number is not None else Cell()
        mark = chinese_mark(cell_at(row, self.header.task).text)
        self.task_marks |= ({mark[2]} if mark else set()) | ({"一"} if plain_ordinal(number.text) else set())
        self.table.tasks.append(
            TaskRow(
                section=len(self.table.sections) - 1,
                title=title,
                printed=plain_number(number.text),
                units={c: self.above[c] for c in self.header.units if c in given or c in inherited},
                own=own,
                inherited=inherited,
                row=row,
            )
        )

    def is_left_empty(self, column, own):
        """Whether an empty support cell means that nobody supports.

        It does where the file shows merges, merges this column elsewhere, and the row names its own lead.
        """
        merged = self.table.shows_merges and any(cell_at(row, column).continued for row in self.rows)
        return merged and column in self.header.supports and bool(own.intersection(self.header.leads))

    def extend_task(self, row):
        """A row under a merged title: further units of the same task."""
        task = self.table.tasks[-1]
        for column, text in self.units_of(row).items():
            if not cell_at(row, column).continued:
                task.units[column] = "\n".join(filter(None, (task.units.get(column), text)))
                task.own.add(column)
                self.above[column] = task.units[column]


def joined_lines(text):
    """A title or heading that was wrapped in its cell, as one line."""
    return "".join(line.strip() for line in text.splitlines())
