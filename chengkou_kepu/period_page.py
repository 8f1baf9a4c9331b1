"""One period as its coordinator sees it: who will owe what and why, and once it is open who has filed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from departments import permissions as roles
from indicators.standing import owners_owing
from tasks import periods
from tasks.ledger import Ledger
from tasks.models import QuarterlyReport, ReportingPeriod, Task
from tasks.obligations import Filing, UnitFiling
from tasks.selection import planned_period
from tasks.standing import unit_filings
from tasks.workflow import reason_not_owing

Status = QuarterlyReport.Status
NOT_BEGUN = "未开始"


@dataclass(frozen=True)
class UnitRow:
    """A unit that owes: the tasks it leads that are not closed out, the indicators due, and who fills in its return."""

    unit: UnitFiling
    tasks: tuple[Task, ...]
    indicators: tuple[str, ...]
    reporters: tuple[str, ...]

    @property
    def begun(self):
        """未开始, or '' once the return exists in any state."""
        return "" if self.unit.status else NOT_BEGUN

    @property
    def urgency(self):
        """0 for what has not begun, so that sorting puts first whom to ask."""
        filed = {Filing.LATE: 2, Filing.ON_TIME: 3}
        return filed.get(self.unit.filing, 1 if self.unit.status else 0)


@dataclass(frozen=True)
class UnitGroup:
    """The owing units of one kind, 牵头 or 配合, those to be asked first."""

    label: str
    rows: tuple[UnitRow, ...]

    @property
    def tally(self):
        """(words, number of units): 按时, 逾期, 已开始, 未开始, without the zeros."""
        on_time = sum(row.unit.filing == Filing.ON_TIME for row in self.rows)
        late = sum(row.unit.filing == Filing.LATE for row in self.rows)
        fresh = sum(bool(row.begun) for row in self.rows)
        begun = len(self.rows) - on_time - late - fresh
        counts = (("按时", on_time), ("逾期", late), ("已开始，尚未报送", begun), (NOT_BEGUN, fresh))
        return tuple((words, count) for words, count in counts if count)

    @property
    def absent(self):
        return sum(not row.unit.filed for row in self.rows)


@dataclass(frozen=True)
class PeriodPage:
    """`period` may be unsaved: then `groups` say who will owe. `exempt` are units that owe nothing.

    `led` tasks are led, those of several leads once; `lines` are all their leads' together.

    `endorsing` says which units' own approvers have the return; `stray` are returns begun by units that did not exist
    on the period's last day.
    """

    period: ReportingPeriod
    state: str
    groups: tuple[UnitGroup, ...]
    exempt: tuple[UnitFiling, ...]
    led: int
    lines: int
    indicators: int
    endorsing: str
    stray: tuple[QuarterlyReport, ...]
    live: bool
    at: datetime

    @property
    def owing(self):
        return sum(len(group.rows) for group in self.groups)

    @property
    def absent(self):
        return sum(group.absent for group in self.groups)

    @property
    def without_reporter(self):
        """Names of owing units in which nobody can fill in the return."""
        return [row.unit.department for group in self.groups for row in group.rows if not row.reporters]


def planned(plan, year, quarter, *, known, at):
    """The unsaved period as it would be if opened now; `known` are the plan's periods."""
    period = planned_period(plan, year, quarter)
    period.opens_at, period.due_at = at, periods.deadline_on_opening(plan, year, quarter, at=at)
    period.is_baseline = not known
    return period


def state_of(period, at):
    if period.frozen_at:
        return "已定稿归档"
    if period.closed_at:
        return "已截止填报"
    if at < period.opens_at:
        return "未到开放时间"
    return "开放填报，已过截止时间" if period.is_overdue(at) else "开放填报"


def assemble(period, *, at):
    """PeriodPage of a saved or planned period: nine queries, whatever the number of units.

    A frozen one has the units, tasks and indicators it stored; who fills in a return is told as of now.
    """
    ledger = Ledger.shown_in(period)
    owners = owners_owing(period)
    filings = unit_filings(ledger, period, owners, at=at)
    owing = [unit for unit in filings if unit.owes]
    tasks = _open_leads(ledger, period)
    reporters = roles.reporters_of([unit.department_id for unit in owing])
    rows = [
        UnitRow(
            unit,
            tuple(tasks[unit.department_id]),
            owners.get(unit.department_id, ("", ()))[1],
            tuple(reporters[unit.department_id]),
        )
        for unit in owing
    ]
    groups = (
        UnitGroup("牵头单位", _by_urgency(row for row in rows if row.unit.leads)),
        UnitGroup("配合单位", _by_urgency(row for row in rows if not row.unit.leads)),
    )
    return PeriodPage(
        period=period,
        state=state_of(period, at) if period.pk else "尚未开放",
        groups=tuple(group for group in groups if group.rows),
        exempt=tuple(unit for unit in filings if not unit.owes),
        led=len({task for row in rows for task in row.tasks}),
        lines=sum(len(row.tasks) for row in rows),
        indicators=sum(len(row.indicators) for row in rows),
        endorsing=periods.endorsing_words([f.department for f in filings if f.status == Status.ENDORSING]),
        stray=() if period.frozen_at else _stray(ledger, period),
        live=period.pk is not None and period.is_open(at),
        at=at,
    )


def _stray(ledger, period):
    reports = ledger.reports_in(period).values()
    for report in reports:
        report.period = period
    return tuple(report for report in reports if reason_not_owing(report))


def _by_urgency(rows):
    return tuple(sorted(rows, key=lambda row: row.urgency))


def _open_leads(ledger, period):
    """{department id: the tasks it leads on the period's last day that are not closed out, by number}."""
    closed = ledger.closed_up_to(period.key)
    tasks = {task.pk: task for task in ledger.tasks if task.pk not in closed}
    leads = defaultdict(list)
    for r in ledger.in_force(period.last_day):
        if r.is_lead and r.task_id in tasks:
            leads[r.department_id].append(tasks[r.task_id])
    return defaultdict(list, {unit: sorted(led, key=lambda task: task.number) for unit, led in leads.items()})
