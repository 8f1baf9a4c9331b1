"""Which of a file's grids is the responsibility table, and which of its lines are the body."""

from dataclasses import dataclass

from .cells import Grid, texts
from .header import columns_by_role, header_at
from .model import PlanDocumentError
from .table import Table, read_rows

NO_TABLE = "文件中没有找到责任分解表，请核对是否为带附表的实施方案。"
NO_TASK_COLUMN = "表格缺少“重点工作”（或“重点任务”“工作任务”）一栏，无法读取，请核对表头。"
NO_LEAD_COLUMN = "表格缺少“牵头单位”（或“责任单位”）一栏，无法读取，请核对表头。"
NO_ROWS = "责任分解表中没有任何重点工作，请核对文件是否完整。"


@dataclass(frozen=True, slots=True)
class Layout:
    """The table, the lines around it ("" for an empty one), and where among them the table stands."""

    table: Table
    lines: tuple[str, ...]
    table_at: int
    unfinished: bool


def lay_out(items):
    """The `Layout` of a file's items; PlanDocumentError where no grid is a responsibility table."""
    headers = {place: first_header(item) for place, item in enumerate(items) if isinstance(item, Grid)}
    found = [place for place, header in headers.items() if header]
    if not found:
        raise PlanDocumentError(what_is_missing([items[place] for place in headers]))
    chosen = max(found, key=lambda place: (len(items[place].rows), -place))
    _, header = headers[chosen]
    parts = [place for place in headers if place == chosen or continues(items, headers, chosen, place)]
    rows, lines, table_at = [], [], 0
    for place, item in enumerate(items):
        if not isinstance(item, Grid):
            lines.append(item)
        elif place in parts:
            start = headers[place][0] if headers[place] else 0
            lines.extend(outside(item.rows[:start]))
            table_at = table_at or len(lines)
            rows.extend(item.rows[start + (header.height if headers[place] else 0) :])
        elif item.is_text_outside:
            lines.extend(outside(item.rows))
    table = read_rows(rows, header, shows_merges=items[chosen].shows_merges)
    if not table.tasks:
        raise PlanDocumentError(NO_ROWS)
    return Layout(table, tuple(lines), table_at, items[parts[-1]].unfinished)


def first_header(grid):
    """(row index, `Header`) of the grid's first header, else None."""
    found = ((index, header_at(grid.rows, index)) for index in range(len(grid.rows)))
    return next(((index, header) for index, header in found if header), None)


def continues(items, headers, chosen, place):
    """Whether the grid goes on with the chosen one: the same header, or none and the same width next to it."""
    header = headers[chosen][1]
    if headers[place]:
        return headers[place][1].wording == header.wording
    width = max(len(row) for row in items[place].rows) if items[place].rows else 0
    between = items[chosen + 1 : place]
    return place > chosen and width == len(header.wording) and not any(between)


def outside(rows):
    """Rows that belong to no table, as lines."""
    return [line for row in rows for text in texts(row) for line in text.splitlines()]


def what_is_missing(grids):
    """Why none of the grids will do, in one sentence."""
    roles = [columns_by_role(row) for grid in grids for row in grid.rows]
    if any("task" in role and len(role) > 1 for role in roles):
        return NO_LEAD_COLUMN
    if any("lead" in role or ("responsible" in role and len(role) > 1) for role in roles):
        return NO_TASK_COLUMN
    return NO_TABLE
