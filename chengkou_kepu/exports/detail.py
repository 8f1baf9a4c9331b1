"""进展明细: every line accepted in the quarter, by action and unit; a text that rows share stands once over them."""

from dataclasses import dataclass
from itertools import groupby

from tasks.completeness import Line
from tasks.models import ProgressEntry
from tasks.numerals import zh_ordinal
from tasks.sharing import read_once, says_something

from . import sheets

NAME = "进展明细"
COLUMNS = (
    ("序号", 6),
    ("重点工作", 30),
    ("单位", 18),
    ("责任", 7),
    ("状态", 9),
    ("进度", 8),
    ("进展情况", 46),
    ("取得成效", 24),
    ("问题与困难", 24),
    ("下步计划", 24),
    ("活动场次", 9),
    ("覆盖人次", 10),
    ("培训人次", 10),
    ("投入资金（万元）", 11),
    ("佐证份数", 9),
    ("备注", 24),
)
SHARED = range(7, 16)
PERCENT_AT, FUNDS_AT = 5, 13


@dataclass(frozen=True)
class Told:
    """Rows that say the same, in task order: each row's own cells, and the cells that stand once over all of them."""

    action: object
    own: tuple[tuple, ...]
    shared: tuple


def add_detail(book, heading, standing, period):
    """Add the sheet for the period; a completion that 无新进展 carries is the `standing`'s own."""
    sheet = sheets.add(book, NAME, COLUMNS, heading)
    for action, groups in groupby(_told(standing, period), key=lambda told: told.action):
        sheets.section(sheet, f"{zh_ordinal(action.ordinal)}、{action.title}", columns=len(COLUMNS))
        for told in groups:
            _write(sheet, told)
    if sheet.max_row == sheets.HEAD_ROW:
        index = sheets.row(
            sheet, [period.plan.words.worded("本季度没有审核通过的进展。")] + [None] * (len(COLUMNS) - 1)
        )
        sheets.merge_to_edge(sheet, index, 1, columns=len(COLUMNS))
    sheets.finish(sheet, columns=len(COLUMNS))


def _told(standing, period):
    """Told of every group of the period's accepted lines, in the sheet's order; two queries, one more where some say why a figure fell."""
    carried = {lead.responsibility_id: lead.completion for task in standing.tasks for lead in task.leads}
    entries = [e for e in ProgressEntry.objects.accepted_in(period) if says_something(e)]
    fallen = [e.responsibility for e in entries if e.fall_reason]
    before = ProgressEntry.objects.latest_accepted_before(period, fallen) if fallen else {}
    lines = [Line(e.responsibility, e, False, before.get(e.responsibility_id)) for e in entries]
    return [
        Told(
            group[0].responsibility.task.action,
            tuple(_own(line, carried) for line in group),
            _shared(group),
        )
        for group in read_once(_in_order(lines))
    ]


def _in_order(lines):
    """By action; in each the leads, who consolidates first, then the supporters; a unit's rows together, by task."""
    first = {}
    for line in lines:
        place = line.responsibility.position, line.responsibility.task.number
        unit = _unit_of(line)
        first[unit] = min(first.get(unit, place), place)
    return sorted(
        lines, key=lambda line: (*_unit_of(line)[:2], first[_unit_of(line)], line.responsibility.task.number)
    )


def _unit_of(line):
    """(action's ordinal, role, unit id); leads sort before supporters."""
    responsibility = line.responsibility
    return (
        responsibility.task.action.ordinal,
        not responsibility.is_lead,
        responsibility.department_id,
    )


def _own(line, carried):
    """The cells of a row that it shares with none: number to completion, and the remark."""
    responsibility, entry = line.responsibility, line.entry
    completion = carried.get(responsibility.pk) if entry.no_change else entry.completion
    remarks = [
        f"代填，依据：{entry.proxy_source}" if entry.proxy_source else "",
        "自报未经他方审核" if entry.self_reviewed else "",
        f"进度下降原因：{entry.fall_reason}" if line.fell and entry.fall_reason else "",
        "进度沿用上次" if entry.no_change and completion is not None else "",
    ]
    return (
        responsibility.task.number,
        responsibility.task.title,
        entry.report.department.name,
        responsibility.get_role_display(),
        "无新进展" if entry.no_change else entry.get_stage_display(),
        sheets.fraction(completion),
        "；".join(remark for remark in remarks if remark),
    )


def _shared(group):
    """The cells that stand once: texts, figures and how many files are behind the rows, one behind several once."""
    entry = group[0].entry
    files = {file.file.name for line in group for file in line.entry.evidence.all()}
    return (
        *(entry.told, entry.results, entry.problems, entry.next_steps),
        *(entry.activities, entry.people_reached, entry.people_trained),
        None if entry.funds is None else float(entry.funds),
        len(files),
    )


def _write(sheet, told):
    formats = {PERCENT_AT: sheets.PERCENT, FUNDS_AT: sheets.number_format(told.shared[-2])}
    rows = []
    for position, own in enumerate(told.own):
        shared = [None] * len(SHARED) if position else told.shared
        rows.append(sheets.row(sheet, [*own[:-1], *shared, own[-1]], formats=formats))
    if len(rows) > 1:
        for column in SHARED:
            sheets.merge_down(sheet, column, rows[0], rows[-1])
