"""Workbooks: each visible sheet is a grid; what stands outside the responsibility table is running text."""

import io
import re
import warnings
from datetime import date, datetime

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from .cells import Cell, Grid
from .model import PlanDocumentError

DAMAGED = "无法打开 Excel 工作簿，文件可能已损坏，请用 Excel 或 WPS 另存为 .xlsx 文件后再导入。"
ROWS, COLUMNS = 3000, 60  # a county's table has about fifty rows; beyond these a sheet is formatting only


def read_workbook_file(raw):
    """Grids of the visible sheets in `raw` (bytes); PlanDocumentError where it cannot be opened."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(raw), data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return tuple(Grid(tuple(rows_of(sheet)), shows_merges=True, is_text_outside=True) for sheet in sheets)
    except (
        KeyError,
        ValueError,
        OSError,
        AttributeError,
        IndexError,
        TypeError,
        SyntaxError,
        InvalidFileException,
    ):
        raise PlanDocumentError(DAMAGED) from None


def rows_of(sheet):
    """The sheet's rows with merged ranges spread out: spans covered, vertical merges repeated."""
    last_row, last_column = min(sheet.max_row, ROWS), min(sheet.max_column, COLUMNS)
    rows = [
        [Cell(shown(value)) for value in row]
        for row in sheet.iter_rows(max_row=last_row, max_col=last_column, values_only=True)
    ]
    for merged in sheet.merged_cells.ranges:
        left, top, right, bottom = merged.bounds
        if top > len(rows) or left > last_column:
            continue
        span, text = right - left + 1, rows[top - 1][left - 1].text
        for row in rows[top - 1 : bottom]:
            row[left - 1 : right] = [Cell(text, row is not rows[top - 1], span)] + [Cell(span=0)] * (span - 1)
    return [tuple(row) for row in rows]


def shown(value):
    """A cell's value as a reader sees it: whole numbers without a fraction, dates in Chinese."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return f"{value.year}年{value.month}月{value.day}日"
    return "\n".join(line.strip() for line in re.split(r"\r\n|[\r\n]", str(value)) if line.strip())
