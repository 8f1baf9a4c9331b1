"""The house style of our workbooks: what Excel and WPS open without a warning and print on A4 landscape."""

import math
from collections import Counter
from dataclasses import dataclass

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.dimensions import RowDimension
from openpyxl.worksheet.properties import PageSetupProperties

CELL_LIMIT = 32767
HEAD_ROW = 3
LINE_HEIGHT, HIGHEST_ROW = 14, 409
BODY = "宋体"
HEAD = "黑体"
TITLE_SIZE = 16
PERCENT = "0.0%"
DAY = "yyyy-mm-dd"
THIN = Side(style="thin", color="B0B8C0")
GRID = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
HEAD_FILL = PatternFill("solid", fgColor="E9F0F8")
SECTION_FILL = PatternFill("solid", fgColor="F5F6F8")


class FittedRow(RowDimension):
    """A row with the height its texts need now; programs fit it anew when somebody types into it."""

    customHeight = False  # noqa: N815 (openpyxl's own name; true fixes the height)


@dataclass(frozen=True)
class Heading:
    """What every sheet of a workbook says above its columns."""

    title: str
    note: str


def add(book, name, columns, heading):
    """A further sheet of the book, prepared under its `Heading`."""
    sheet = book.create_sheet(name)
    prepare(sheet, title=heading.title, subtitle=f"{name}　{heading.note}", columns=columns)
    return sheet


def prepare(sheet, *, title, subtitle, columns):
    """Title in row 1, subtitle in row 2, frozen head in row 3; `columns` are (heading, width in characters)."""
    last = get_column_letter(len(columns))
    for row, (value, size, font) in enumerate([(title, TITLE_SIZE, HEAD), (subtitle, 10, BODY)], start=1):
        cell = text(sheet.cell(row, 1), value)
        cell.font = Font(name=font, size=size, bold=row == 1)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        if len(columns) > 1:
            sheet.merge_cells(f"A{row}:{last}{row}")
    lines = _title_lines(title, sum(width for _, width in columns))
    sheet.row_dimensions[1].height = 8 + 22 * lines
    for column, (heading, width) in enumerate(columns, start=1):
        head(sheet.cell(HEAD_ROW, column), heading)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A4"


def head(cell, heading):
    """A cell of a head row."""
    text(cell, heading)
    cell.font = Font(name=HEAD, size=10)
    cell.fill = HEAD_FILL
    cell.border = GRID
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _title_lines(title, width):
    """Lines a title takes over columns of so many characters: a Chinese one is two wide, at 11 points."""
    return math.ceil(len(title) * 2 * TITLE_SIZE / 11 / width)


def finish(sheet, *, columns):
    """Once all rows are there: their heights, and print set-up: one page wide, head rows repeated, page numbers."""
    _fit_rows(sheet)
    sheet.print_area = f"A1:{get_column_letter(columns)}{sheet.max_row}"
    sheet.print_title_rows = "1:3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"


def _fit_rows(sheet):
    """Heights from the head row on, in which wrapped and merged texts are whole: not every program sees to it."""
    areas = {(area.min_row, area.min_col): area for area in sheet.merged_cells.ranges}
    widths = [sheet.column_dimensions[get_column_letter(c)].width for c in range(1, sheet.max_column + 1)]
    lines = Counter()
    for cells in sheet.iter_rows(min_row=HEAD_ROW):
        for cell in cells:
            if not isinstance(cell.value, str):
                continue
            area = areas.get((cell.row, cell.column))
            last_row, last_column = (area.max_row, area.max_col) if area else (cell.row, cell.column)
            rows = range(cell.row, last_row + 1)
            share = math.ceil(_lines(cell.value, sum(widths[cell.column - 1 : last_column])) / len(rows))
            lines |= Counter(dict.fromkeys(rows, share))
    for index, count in lines.items():
        height = min(HIGHEST_ROW, LINE_HEIGHT * count)
        sheet.row_dimensions[index] = FittedRow(sheet, index=index, ht=height)


def _lines(value, width):
    """How many lines a text takes in so many characters' width, a Chinese one being two wide."""
    wide = [sum(2 if ord(character) > 0x2000 else 1 for character in line) for line in value.split("\n")]
    return sum(max(1, math.ceil(count / width)) for count in wide)


def row(sheet, values, *, formats=None):
    """Append a body row; strings are written as text, `formats` maps a column index (from 0) to a number format."""
    index = sheet.max_row + 1
    for column, value in enumerate(values):
        put(sheet.cell(index, column + 1), value, number_format=(formats or {}).get(column))
    return index


def put(cell, value, *, number_format=None):
    """One body cell: text left and wrapped, numbers and dates right, empty for None."""
    if isinstance(value, str):
        text(cell, value)
    elif value is not None:
        cell.value = value
        if number_format:
            cell.number_format = number_format
    cell.font = Font(name=BODY, size=10)
    cell.border = GRID
    horizontal = "left" if isinstance(value, str) else "right"
    cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=True)
    return cell


def text(cell, value):
    """The characters themselves, never a formula; what XML cannot hold is dropped, the rest cut at Excel's limit."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:CELL_LIMIT]
    cell.data_type = "s"
    return cell


def merge_to_edge(sheet, row, column, *, columns):
    """Merge the row's cells from the column to the last of `columns`."""
    sheet.merge_cells(start_row=row, start_column=column, end_row=row, end_column=columns)


def section(sheet, value, *, columns):
    """A row merged over all columns, as the official table's sections are."""
    index = row(sheet, [value] + [None] * (columns - 1))
    cell = sheet.cell(index, 1)
    cell.font = Font(name=HEAD, size=11)
    cell.fill = SECTION_FILL
    merge_to_edge(sheet, index, 1, columns=columns)
    return index


def merge_down(sheet, column, first, last):
    """Merge the column's cells from the first row to the last."""
    sheet.merge_cells(start_row=first, start_column=column, end_row=last, end_column=column)


def merge_runs(sheet, column, first, last):
    """Merge neighbouring cells of a column that hold the same text, within the rows given."""
    start = first
    for index in range(first + 1, last + 2):
        same = index <= last and sheet.cell(index, column).value == sheet.cell(start, column).value
        if not same:
            if index - 1 > start:
                merge_down(sheet, column, start, index - 1)
            start = index


def fraction(percent):
    """A percentage of 0–100 as the number a percent-formatted cell wants; None stays empty."""
    return None if percent is None else round(float(percent) / 100, 6)


def number_format(number):
    """Thousands separated, with the decimals the number has (four at most)."""
    decimals = "" if number is None else f"{number:.4f}".rstrip("0").partition(".")[2]
    return "#,##0." + "0" * len(decimals) if decimals else "#,##0"
