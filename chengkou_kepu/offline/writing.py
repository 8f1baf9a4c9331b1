"""The workbook as it is downloaded: prefilled, locked but for the cells to fill."""

from openpyxl import Workbook
from openpyxl.styles import PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from chengkou_kepu.exports import sheets
from tasks.models import Stage

from .layout import (
    ANSWER,
    ASKED,
    BEFORE,
    FIELDS,
    FORMAT,
    GUIDE,
    HEAD_ROW,
    HIDDEN,
    INDICATOR,
    KEY,
    LABELS,
    LEAD_ONLY,
    LINES,
    MARK,
    MEASUREMENTS,
    NUMBER,
    NUMERIC,
    ROLE,
    SEEN,
    SO_FAR,
    STOOD,
    TITLE,
    VERSION,
    YES,
    Origin,
    choices_of,
)

LINE_COLUMNS = (
    (KEY, 8),
    (VERSION, 8),
    (SEEN, 8),
    (NUMBER, 6),
    (TITLE, 30),
    (ROLE, 6),
    (BEFORE, 36),
    (STOOD, 9),
)
WIDTHS = {
    "progress": 44,
    "results": 24,
    "problems": 24,
    "next_steps": 24,
    "no_change_reason": 18,
    "fall_reason": 18,
}
MEASUREMENT_COLUMNS = (
    (KEY, 8),
    (VERSION, 8),
    (SEEN, 8),
    (INDICATOR, 28),
    (SO_FAR, 40),
    (ASKED, 26),
    (ANSWER, 36),
)
TO_FILL = PatternFill("solid", fgColor="FFFDF2")
NOT_ASKED = PatternFill("solid", fgColor="E6EAEE")
HOW_TO = (
    "一、只填写“进展”“指标”两张表中浅黄色的单元格；灰色的不填，其他单元格已锁定。",
    "二、牵头工作须有进度、状态和本季进展；没有新进展的，在“本季度无新进展”栏选“是”并写明原因，进度沿用上次。",
    "三、状态：未启动的进度为 0，推进中为 1 至 99，已完成为 100。进度低于上次审核通过的，须写明下降的原因。",
    "四、配合工作有进展就写，没有的可以空着。同一行动中内容相同的，可以复制。",
    "五、数字只写数，如 1200；也认 1,200、１２００、1.2万。不要用公式，不要合并单元格，不要增加行。",
    "六、填好后在季报页点“离线填报”上传。上传后先预览，看清各项将如何改动，点“确认导入”才保存。",
    "七、不得填写涉密信息，不得填写身份证号和未成年人信息。",
)


def offline_workbook(page):
    """The Workbook of a `filing_page.FilingPage`."""
    book = Workbook()
    heading = f"{page.department}{page.period.report_title}离线填报表"
    _guide(book.active, heading, page.period.plan.words)
    _lines(book.create_sheet(LINES), page, heading)
    if page.measurements:
        _measurements(book.create_sheet(MEASUREMENTS), page, heading)
    hidden = book.create_sheet(HIDDEN)
    origin = Origin.of(page.period, page.department)
    for row in ((MARK, FORMAT), (origin.plan, str(origin.department)), (origin.period, "")):
        hidden.append(row)
    hidden.sheet_state = "veryHidden"
    book.active = book[LINES]
    return book


def _guide(sheet, heading, words):
    sheet.title = GUIDE
    sheets.prepare(sheet, title=heading, subtitle=GUIDE, columns=(("须知", 110),))
    for sentence in HOW_TO:
        sheets.row(sheet, [words.worded(sentence)])
    sheet.protection.sheet = True
    sheets.finish(sheet, columns=1)


def _lines(sheet, page, heading):
    labels = {name: page.period.plan.words.worded(LABELS[name]) for name in FIELDS}
    columns = LINE_COLUMNS + tuple((labels[name], WIDTHS.get(name, 11)) for name in FIELDS)
    _prepare(sheet, heading, columns)
    first = len(LINE_COLUMNS) + 1
    for line in page.lines:
        lead, before = line.line.responsibility.is_lead, line.before
        index = sheets.row(
            sheet,
            [
                line.form.prefix,
                str(line.form["version"].value() or 0),
                line.form["seen"].value(),
                line.task.number,
                line.task.title,
                line.line.responsibility.get_role_display(),
                before.told if before else "",
                before.stands_at if before and lead else None,
            ],
        )
        for column, name in enumerate(FIELDS, start=first):
            _fill_in(sheet.cell(index, column), _shown(line.form, name), open=lead or name not in LEAD_ONLY)
    for column, name in enumerate(FIELDS, start=first):
        _validate(sheet, column, name, labels[name])
    sheet.freeze_panes = sheet.cell(HEAD_ROW + 1, 6)
    sheets.finish(sheet, columns=len(columns))


def _measurements(sheet, page, heading):
    _prepare(sheet, heading, MEASUREMENT_COLUMNS)
    words = page.period.plan.words
    for item in page.measurements:
        form, owed = item.form, item.owed
        for name in form.tracked:
            so_far = "；".join(part for part in (owed.target_wording, owed.total_text) if part)
            index = sheets.row(
                sheet,
                [
                    f"{form.prefix}-{name}",
                    str(form["version"].value() or 0),
                    form["seen"].value(),
                    owed.indicator.name,
                    so_far,
                    words.worded(form[name].label),
                ],
            )
            cell = sheet.cell(index, len(MEASUREMENT_COLUMNS))
            _fill_in(cell, _shown(form, name), open=True)
            options = choices_of(form.fields[name])
            if options:
                _list(sheet, cell.coordinate, options, words.worded(form[name].label))
    sheets.finish(sheet, columns=len(MEASUREMENT_COLUMNS))


def _prepare(sheet, heading, columns):
    """Head rows, the three columns of keys hidden, and the sheet locked."""
    sheets.prepare(sheet, title=heading, subtitle=f"{sheet.title}　只填浅黄色的单元格", columns=columns)
    for column in ("A", "B", "C"):
        sheet.column_dimensions[column].hidden = True
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def _shown(form, name):
    """What a cell holds: a number, or the text a clerk reads."""
    value = form[name].value()
    if name == "no_change":
        return YES if value else None
    if value in (None, ""):
        return None
    if name in NUMERIC:
        return float(value) if "." in str(value) else int(value)
    labels = {stored: label for label, stored in choices_of(form.fields[name]).items()}
    return labels.get(value, value)


def _fill_in(cell, value, *, open):
    sheets.put(cell, value)
    cell.fill = TO_FILL if open else NOT_ASKED
    cell.protection = Protection(locked=not open)
    if not isinstance(value, int | float):
        cell.number_format = "General" if value is None else "@"


def _validate(sheet, column, name, label):
    """The list or range of a column; a wrong entry is said by Excel at once."""
    letter = get_column_letter(column)
    cells = f"{letter}{HEAD_ROW + 1}:{letter}{max(sheet.max_row, HEAD_ROW + 1)}"
    if name == "stage":
        _list(sheet, cells, Stage.labels, label)
    elif name == "no_change":
        _list(sheet, cells, [YES], label)
    elif name in NUMERIC:
        kind = "decimal" if name == "funds" else "whole"
        most = 100 if name == "completion" else 2_000_000_000
        rule = DataValidation(
            type=kind, operator="between", formula1="0", formula2=str(most), allow_blank=True
        )
        rule.errorTitle, rule.error = label, f"请填写 0 至 {most} 的数。"
        rule.showErrorMessage = True
        sheet.add_data_validation(rule)
        rule.add(cells)


def _list(sheet, cells, options, label):
    rule = DataValidation(type="list", formula1=f'"{",".join(options)}"', allow_blank=True)
    rule.errorTitle, rule.error = label, f"请从列表中选择：{'、'.join(options)}。"
    rule.showErrorMessage = True
    sheet.add_data_validation(rule)
    rule.add(cells)
