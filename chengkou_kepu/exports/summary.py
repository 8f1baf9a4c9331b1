"""汇总表: how the plan stands in a quarter, on five sheets: overview, tasks, lines, units, indicators."""

from openpyxl import Workbook

from indicators import attainment
from indicators.models import Indicator
from indicators.standing import indicator_standing, owners_owing
from tasks import calendar
from tasks.annual import told_up_to
from tasks.ledger import Ledger
from tasks.models import ProgressEntry
from tasks.numerals import zh_ordinal
from tasks.obligations import rates
from tasks.progress import JUDGED, NO_DATA
from tasks.standing import plan_standing, unit_filings

from . import sheets
from .detail import add_detail
from .responsibility_table import NO_ROWS, data_as_of, latest_texts

LIGHTS = (*JUDGED, *NO_DATA)
OVERVIEW = (
    ("行动（工程）", 40),
    ("工作项数", 10),
    ("进度", 10),
    ("序时进度", 10),
    ("落后（百分点）", 14),
    ("进度评价", 12),
    ("尚无数据项数", 14),
    *((light.label, 10) for light in LIGHTS),
)
RATES = ("单位", "应报", "已报", "按时", "自愿报送", "报送率", "按时率")
TASKS = (
    ("序号", 6),
    ("行动（工程）", 26),
    ("重点工作", 36),
    ("牵头单位", 20),
    ("配合单位", 32),
    ("进度", 9),
    ("序时进度", 10),
    ("落后（百分点）", 14),
    ("进度评价", 12),
    ("数据截至", 20),
    ("评价说明", 44),
    ("最新进展", 48),
    ("年度完成情况", 30),
)
UNITS = (
    ("单位", 22),
    ("牵头项数", 10),
    ("配合项数", 10),
    ("是否应报", 10),
    ("应报原因", 34),
    ("报送情况", 12),
    ("延期至", 14),
    ("状态", 14),
    ("首次报送日期", 16),
    ("代填依据", 24),
    ("审核说明", 18),
)
INDICATORS = (
    ("指标", 28),
    ("目标", 28),
    ("目标年度", 10),
    ("目标值", 12),
    ("现状", 14),
    ("与目标相差", 12),
    ("单位", 8),
    ("数据截至", 24),
    ("差距说明", 26),
    ("评价", 14),
    ("报送单位", 18),
    ("推定说明", 30),
    ("文件原句", 48),
)


def summary_workbook(plan, period, periods, *, at, made="导出"):
    """The workbook of the period; every figure is the dashboard's own. `made` says what was done on the day."""
    ledger = Ledger.load(plan)
    standing = plan_standing(ledger, period, at=at)
    filings = unit_filings(ledger, period, owners_owing(period), at=at)
    heading = sheets.Heading(
        f"{plan.title}实施情况汇总表（{period}）",
        f"仅计入审核通过的进展；{calendar.local_day(at):%Y-%m-%d}{made}",
    )
    book = Workbook()
    book.remove(book.active)
    _overview(book, standing, filings, period, heading, at)
    texts = ProgressEntry.objects.latest_accepted_texts(period, ledger.responsibilities)
    _tasks(book, plan, standing, texts, told_up_to(ledger.tasks, period.year), heading)
    add_detail(book, heading, standing, period)
    _units(book, filings, heading)
    _indicators(book, indicator_standing(period, at=at), heading)
    return book


def _overview(book, standing, filings, period, heading, at):
    sheet = sheets.add(book, "概览", OVERVIEW, heading)
    _total_row(sheet, "全部重点工作", standing.total)
    for action in standing.actions:
        title = f"{zh_ordinal(action.ordinal)}、{action.title}"
        if action.tasks:
            _total_row(sheet, title, action.total)
        else:
            _row_to_edge(sheet, [title, 0, NO_ROWS])
    sheets.section(sheet, f"{period.report_title}报送", columns=len(OVERVIEW))
    names = (*RATES, "未报的单位" if period.is_overdue(at) else "尚未报送的单位")
    head = _row_to_edge(sheet, names)
    for column, name in enumerate(names, start=1):
        sheets.head(sheet.cell(head, column), name)
    _rates_row(sheet, "牵头单位", [u for u in filings if u.leads])
    _rates_row(sheet, "配合单位", [u for u in filings if not u.leads])
    sheets.finish(sheet, columns=len(OVERVIEW))


def _rates_row(sheet, name, units):
    figures = rates(units)
    values = [
        name,
        figures.owed,
        figures.filed,
        figures.on_time,
        figures.voluntary,
        sheets.fraction(figures.reporting_rate),
        sheets.fraction(figures.on_time_rate),
        "、".join(u.department for u in units if u.owes and not u.filed) or "无",
    ]
    _row_to_edge(sheet, values, formats={5: sheets.PERCENT, 6: sheets.PERCENT})


def _row_to_edge(sheet, values, **formats):
    """A row of the overview whose last value reaches to the sheet's edge."""
    index = sheets.row(sheet, [*values] + [None] * (len(OVERVIEW) - len(values)), **formats)
    sheets.merge_to_edge(sheet, index, len(values), columns=len(OVERVIEW))
    return index


def _total_row(sheet, title, total):
    values = [
        title,
        total.tasks,
        sheets.fraction(total.completion) if total.has_data else None,
        sheets.fraction(total.expected),
        _points(total.behind) if total.has_data else None,
        total.light.label if total.light and total.has_data else "",
        total.without_data,
        *(total.count(light) for light in LIGHTS),
    ]
    sheets.row(sheet, values, formats={2: sheets.PERCENT, 3: sheets.PERCENT, 4: "0.0"})


def _tasks(book, plan, standing, texts, years, heading):
    sheet = sheets.add(book, "重点工作", TASKS, heading)
    for action in standing.actions:
        for task in action.tasks:
            values = [
                task.number,
                action.short_title,
                task.title,
                "、".join(lead.department for lead in task.leads),
                "、".join(task.supports),
                sheets.fraction(task.completion),
                sheets.fraction(task.expected),
                _points(task.behind),
                task.light.label,
                data_as_of(task, plan.cadence),
                task.why,
                latest_texts(task, texts),
                years[task.task_id],
            ]
            sheets.row(sheet, values, formats={5: sheets.PERCENT, 6: sheets.PERCENT, 7: "0.0"})
    sheet.auto_filter.ref = f"A3:{sheet.cell(sheet.max_row, len(TASKS)).coordinate}"
    sheets.finish(sheet, columns=len(TASKS))


def _units(book, filings, heading):
    sheet = sheets.add(book, "单位报送", UNITS, heading)
    for unit in filings:
        submitted = unit.first_submitted_at
        values = [
            unit.department,
            unit.leads,
            unit.supports,
            "应报" if unit.owes else "不需报",
            "；".join(unit.reasons),
            unit.filing.label,
            unit.extended_to,
            unit.status.label if unit.status else "未填报",
            calendar.local_day(submitted) if submitted else None,
            unit.proxy_source,
            "自报未经他方审核" if unit.self_reviewed else "",
        ]
        sheets.row(sheet, values, formats={6: sheets.DAY, 8: sheets.DAY})
    sheets.finish(sheet, columns=len(UNITS))


def _indicators(book, indicators, heading):
    sheet = sheets.add(book, "指标", INDICATORS, heading)
    for indicator in indicators:
        numbers = [_shown(indicator.goal), _shown(indicator.value), _difference(indicator)]
        goal, current, difference = numbers
        values = [
            indicator.name,
            indicator.wording,
            indicator.year,
            goal,
            (indicator.current or _no_value(indicator)) if current is None else current,
            difference,
            indicator.unit,
            indicator.as_of,
            indicator.gap,
            indicator.attainment.label,
            f"{indicator.owner}{'（推定）' if indicator.owner_presumed else ''}" if indicator.owner else "",
            indicator.presumption,
            indicator.source_sentence,
        ]
        sheets.row(sheet, values, formats={3 + i: sheets.number_format(n) for i, n in enumerate(numbers)})
    sheets.finish(sheet, columns=len(INDICATORS))


def _no_value(indicator):
    return "未评价" if indicator.kind == Indicator.Kind.QUALITATIVE else "暂无监测数据"


def _shown(value, **rounding):
    """The number as the screens show it (`attainment.number`), None for none."""
    return None if value is None else float(attainment.number(value, **rounding).replace(",", ""))


def _difference(indicator):
    """现状 − 目标值: negative while something is missing, which is rounded up as on the screens."""
    if indicator.value is None or indicator.goal is None:
        return None
    difference = indicator.value - indicator.goal
    return _shown(difference, up=difference < 0)


def _points(value):
    return None if value is None else round(float(value), 2)
