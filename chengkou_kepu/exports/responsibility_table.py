"""责任分解表: the official table's layout, with what has come of each row."""

from openpyxl import Workbook

from tasks import calendar
from tasks.ledger import Ledger
from tasks.models import ProgressEntry
from tasks.numerals import zh_ordinal
from tasks.standing import plan_standing

from . import sheets

COLUMNS = (
    ("序号", 6),
    ("重点工作", 34),
    ("牵头单位", 18),
    ("配合单位", 36),
    ("进度", 9),
    ("进度评价", 11),
    ("数据截至", 15),
    ("最新进展", 48),
)
LEADS, SUPPORTS = 3, 4
NO_ROWS = "未列入责任分解表（附件文本可能不全，待核）"


def responsibility_table(plan, period, periods, *, at):
    """The workbook of the period, one sheet ending with the actions that have no rows."""
    ledger = Ledger.load(plan)
    standing = plan_standing(ledger, period, at=at)
    texts = ProgressEntry.objects.latest_accepted_texts(period, ledger.responsibilities)
    book = Workbook()
    sheet = book.active
    sheet.title = "责任分解表"
    sheets.prepare(
        sheet,
        title=f"《{plan.title}》重点任务责任分解表",
        subtitle=f"截至{period}，仅计入审核通过的进展；{calendar.local_day(at):%Y-%m-%d}{'定稿归档' if period.frozen_at else '导出'}",
        columns=COLUMNS,
    )
    for action in standing.actions:
        sheets.section(sheet, f"{zh_ordinal(action.ordinal)}、{action.title}", columns=len(COLUMNS))
        if not action.tasks:
            _row_without_tasks(sheet)
            continue
        rows = [
            sheets.row(sheet, _values(task, texts, plan.cadence), formats={4: sheets.PERCENT})
            for task in action.tasks
        ]
        for column in (LEADS, SUPPORTS):
            sheets.merge_runs(sheet, column, rows[0], rows[-1])
    sheets.finish(sheet, columns=len(COLUMNS))
    return book


def _row_without_tasks(sheet):
    index = sheets.row(sheet, [NO_ROWS] + [None] * (len(COLUMNS) - 1))
    sheets.merge_to_edge(sheet, index, 1, columns=len(COLUMNS))


def _values(task, texts, cadence):
    return [
        task.number,
        task.title,
        "、".join(lead.department for lead in task.leads),
        "、".join(task.supports),
        sheets.fraction(task.completion),
        task.light.label,
        data_as_of(task, cadence),
        latest_texts(task, texts),
    ]


def latest_texts(task, texts):
    """What the leads last said: the first's text first, the others' under their names; `texts` by responsibility id."""
    told = [
        (lead.department, texts[lead.responsibility_id])
        for lead in task.leads
        if lead.responsibility_id in texts
    ]
    return "\n".join(text if unit == task.leads[0].department else f"{unit}：{text}" for unit, text in told)


def data_as_of(task, cadence):
    """Which period the figure is from: 办结, its own quarter, or 沿用 an earlier one; '' without data.

    What a former lead stated, and 代填, is said: 沿用2023年第四季度数据（县经济信息委报送，代填）.
    """
    if task.closed_in:
        return f"{calendar.label(*task.closed_in, cadence)}办结"
    first = task.leads[0] if task.leads else None
    if first is None or first.stated_in is None:
        return ""
    label = calendar.label(*first.stated_in, cadence)
    label = f"沿用{label}数据" if task.carried_from else label
    former = f"{first.stated_by}报送" if first.stated_by else ""
    marks = "，".join(mark for mark in (former, "代填" if task.proxy else "") if mark)
    return f"{label}（{marks}）" if marks else label
