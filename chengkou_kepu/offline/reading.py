"""An uploaded workbook as the fields a filing page would post, and what is wrong in its cells."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO

from openpyxl import load_workbook
from openpyxl.utils import coordinate_to_tuple, get_column_letter

from tasks import calendar
from tasks.forms import LineForm
from tasks.refusals import Refused
from tasks.row_forms import plain_number

from .layout import (
    ANSWER,
    FIELDS,
    FORMAT,
    KEY,
    LABELS,
    LEAD_ONLY,
    MARK,
    NUMBER,
    NUMERIC,
    SEEN,
    VERSION,
    YES,
    Origin,
    choices_of,
)
from .parts import BROKEN, require_within

HEAD_WITHIN = 10
LINE = re.compile(r"line-([0-9]{1,18})")
MEASUREMENT = re.compile(r"(measurement-([0-9]{1,18}))-([a-z]+)")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]|_x000[0-9A-F]_")
YES_WORDS = {YES: "on", "√": "on", "✓": "on", "1": "on", "": "", "否": "", "0": ""}


@dataclass(frozen=True)
class Problem:
    """What is wrong in one cell (or, with `value` '', in a row): where, what stands there, why it cannot be."""

    sheet: str
    cell: str
    value: str
    reason: str


@dataclass
class Reading:
    """`data` are posted fields by name; `cells` the (sheet, address, value) each came from.

    `wrong` are the (sheet, address) that cannot be read, with every cell of a merged range.
    """

    book: object
    data: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    wrong: set = field(default_factory=set)

    def complain(self, sheet, cell, reason):
        self.wrong.add((sheet.title, cell.coordinate))
        shown = "" if cell.value is None else str(cell.value)[:60]
        self.problems.append(Problem(sheet.title, cell.coordinate, shown, reason))

    def understood(self, name):
        """Whether the field `name` came from a cell that could be read."""
        return name not in self.cells or self.cells[name][:2] not in self.wrong

    def in_order(self, problems):
        """The problems by sheet, row and column; those without a cell last."""
        sheets = {title: number for number, title in enumerate(self.book.sheetnames)}
        return sorted(
            problems,
            key=lambda p: (sheets[p.sheet], *coordinate_to_tuple(p.cell)) if p.cell else (len(sheets), 0, 0),
        )


def read(content, page):
    """Reading of a checked workbook for a `FilingPage`; Refused where it is no workbook of this return."""
    try:
        book = load_workbook(BytesIO(content))
    except Exception as error:
        raise Refused(BROKEN) from error
    for sheet in book.worksheets:
        require_within(sheet.max_row, sheet.max_column)
    _require_origin(book, page)
    reading = Reading(book)
    lines = {line.form.prefix: line for line in page.lines}
    measurements = {item.form.prefix: item for item in page.measurements}
    found = False
    for sheet in book.worksheets:
        head = _head(sheet, page.period.plan.words)
        if head is None:
            continue
        found = True
        _refuse_merged(reading, sheet, head)
        if head.holds(ANSWER) and not head.holds(LABELS["progress"]):
            _read_measurements(reading, sheet, head, measurements)
        else:
            _read_lines(reading, sheet, head, lines)
    if not found:
        raise Refused("没有找到填报内容：表头一行被删去或改动了。请重新下载填报表。")
    return reading


@dataclass(frozen=True)
class Head:
    """The row of headings; `columns` maps a heading, made plain, to its column number. `words` are the plan's."""

    row: int
    columns: dict
    words: calendar.Cadence

    def holds(self, heading):
        return _plain(heading) in self.columns

    def cell(self, sheet, row, heading):
        return sheet.cell(row, self.columns[_plain(heading)])


def _head(sheet, words):
    """The row with the key's heading near the top, its columns by heading; None where there is none.

    A heading that the plan's cadence words otherwise stands under the one of `LABELS`.
    """
    known = {_plain(words.worded(label)): _plain(label) for label in LABELS.values()}
    for row in sheet.iter_rows(min_row=1, max_row=min(sheet.max_row, HEAD_WITHIN)):
        headings = {_plain(cell.value): cell.column for cell in row if isinstance(cell.value, str)}
        columns = {known.get(heading, heading): column for heading, column in headings.items()}
        if KEY in columns:
            return Head(row[0].row, columns, words)
    return None


def _require_origin(book, page):
    for sheet in book.worksheets:
        if sheet["A1"].value == MARK:
            break
    else:
        raise Refused("这不是从本平台下载的填报表，或其中隐藏的识别信息已丢失。请重新下载后填写。")
    if str(sheet["B1"].value) != FORMAT:
        raise Refused("填报表的格式已更新。请重新下载，把内容复制过去再上传。")
    department = str(sheet["B2"].value)
    expected = Origin.of(page.period, page.department)
    if str(sheet["A2"].value) != expected.plan:
        raise Refused("这是另一个方案的填报表。")
    if department != str(expected.department):
        raise Refused(
            f"这是另一个单位的填报表，现在上传的是{page.department}的{page.period.plan.words.report}。请换用本单位的填报表。"
        )
    if str(sheet["A3"].value) != expected.period:
        raise Refused(
            f"这是另一个填报期（{sheet['A3'].value}）的填报表，现在上传的是{page.period.report_title}。"
        )


def _refuse_merged(reading, sheet, head):
    for area in sheet.merged_cells.ranges:
        if area.max_row > head.row:
            cell = sheet.cell(area.min_row, area.min_col)
            reading.complain(sheet, cell, f"{area.coord} 被合并了，请取消合并后分别填写。")
            reading.wrong |= {
                (sheet.title, f"{get_column_letter(column)}{row}") for row, column in area.cells
            }


def _require_columns(sheet, head, wanted):
    missing = [head.words.worded(heading) for heading in wanted if not head.holds(heading)]
    if missing:
        raise Refused(
            f"“{sheet.title}”表缺少{'、'.join(f'“{name}”' for name in missing)}栏。请不要删改表头。"
        )


def _keyed_rows(reading, sheet, head):
    """(key, row number) of each row below the head that has a key; rows that hold something else are complained of."""
    seen = {}
    key_at = head.columns[KEY] - 1
    for cells in sheet.iter_rows(min_row=head.row + 1):
        key, index = _plain(cells[key_at].value), cells[0].row
        if not key:
            filled = next((c for c in cells if _plain(c.value)), None)
            if filled:
                reading.complain(
                    sheet, filled, "这一行不是平台生成的，无法对应到工作；请把内容填到原有的行。"
                )
            continue
        if key in seen:
            where = head.cell(sheet, index, KEY)
            reading.complain(sheet, where, f"与第 {seen[key]} 行重复，只能保留一行。")
            continue
        seen[key] = index
        yield key, index


def _read_lines(reading, sheet, head, lines):
    _require_columns(sheet, head, (VERSION, SEEN, NUMBER, *LABELS.values()))
    for key, index in _keyed_rows(reading, sheet, head):
        line = lines.get(key)
        number = head.cell(sheet, index, NUMBER)
        if line is None or not LINE.fullmatch(key):
            reading.complain(sheet, number, head.words.worded("这一行不是本单位本季度的工作，不能导入。"))
            continue
        if _plain(number.value) != str(line.task.number):
            reading.complain(
                sheet, number, f"序号与工作不符，这一行应是第 {line.task.number} 项；行可能被移动过。"
            )
            continue
        _keep(reading, key, sheet, index, head)
        lead = line.line.responsibility.is_lead
        for name in FIELDS:
            cell = head.cell(sheet, index, LABELS[name])
            if lead or name not in LEAD_ONLY:
                _keep_value(reading, f"{key}-{name}", sheet, cell, name, LineForm.base_fields[name])
            elif _plain(cell.value):
                reading.complain(sheet, cell, "配合工作不填这一栏，请清空。")


def _read_measurements(reading, sheet, head, measurements):
    _require_columns(sheet, head, (VERSION, SEEN))
    for key, index in _keyed_rows(reading, sheet, head):
        found = MEASUREMENT.fullmatch(key)
        item = measurements.get(found[1]) if found else None
        cell = head.cell(sheet, index, ANSWER)
        if item is None or found[3] not in item.form.tracked:
            reading.complain(sheet, cell, head.words.worded("这一行不是本单位本季度报送的指标，不能导入。"))
            continue
        _keep(reading, found[1], sheet, index, head)
        _keep_value(reading, key, sheet, cell, found[3], item.form.fields[found[3]])


def _keep(reading, prefix, sheet, index, head):
    for name, heading in (("version", VERSION), ("seen", SEEN)):
        reading.data[f"{prefix}-{name}"] = _plain(head.cell(sheet, index, heading).value)


def _keep_value(reading, name, sheet, cell, field_name, form_field):
    reading.cells[name] = (sheet.title, cell.coordinate, "" if cell.value is None else str(cell.value)[:60])
    try:
        value = _value(cell, field_name, choices_of(form_field))
    except ValueError as error:
        reading.complain(sheet, cell, str(error))
        return
    if value or field_name != "no_change":
        reading.data[name] = value


def _value(cell, name, options):
    """The cell as the text a page would post; ValueError says in a clerk's words what is wrong."""
    value = cell.value
    if cell.data_type == "f":
        raise ValueError("请直接填写内容，不要用公式。")
    if cell.data_type == "e":
        raise ValueError("单元格里是错误值，请重新填写。")
    if name == "no_change":
        said = YES_WORDS.get(YES if value is True else "" if value is False else _plain(value))
        if said is None:
            raise ValueError("请填“是”或留空。")
        return said
    if isinstance(value, bool):
        raise ValueError("单元格里是逻辑值，请填写文字或数字。")
    if isinstance(value, datetime | date | time | timedelta):
        if name in NUMERIC:
            raise ValueError("单元格是日期或时间，请填写数字（可先把单元格格式改为“常规”）。")
        return calendar.zh_day(value) if isinstance(value, date) else str(value)
    if isinstance(value, int | float):
        scale = 100 if name == "completion" and "%" in cell.number_format else 1
        return plain_number(Decimal(repr(round(value * scale, 6))))
    text = _text(value)
    if options:
        plain = _plain(value)
        plain_options = {_plain(label): stored for label, stored in options.items()}
        if plain and plain not in plain_options:
            raise ValueError(f"请从列表中选择：{'、'.join(options)}。")
        return plain_options.get(plain, "")
    return text


def _text(value):
    """The characters a person sees: nothing invisible, ordinary spaces, one kind of line break."""
    text = INVISIBLE.sub("", "" if value is None else str(value)).replace("\u00a0", " ")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _plain(value):
    """A short cell for comparing: full-width forms made plain, inner spaces dropped."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", _text(value))) if value is not None else ""
