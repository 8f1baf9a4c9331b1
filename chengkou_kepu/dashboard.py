"""总览: one quarter of a plan on one page, assembled from the rooms' own figures."""

from dataclasses import dataclass, replace
from datetime import date

from django.shortcuts import render

from departments.lineage import Lineage
from departments.models import Role
from indicators.attainment import Attainment
from indicators.models import Indicator
from indicators.standing import IndicatorStanding, Ownership, indicator_standing
from tasks import calendar
from tasks.ledger import Ledger
from tasks.models import CloseOut, QuarterlyReport, ReportingPeriod
from tasks.obligations import Filing, FilingRates, UnitFiling, extended_words, own_due, rates
from tasks.permissions import coordinates
from tasks.progress import JUDGED, NO_DATA, Light, RollUp, points
from tasks.standing import plan_standing, unit_filings

from .asks import asks_of
from .former_filings import filings_standing_for
from .headline import Phrase, distance, headline, still_open
from .plan_page import plan_page

QUARTERS_OF_HEAT = 4
TASKS_OF_ATTENTION = 6
STANDSTILL = 2


@dataclass(frozen=True)
class ActionRow:
    """An action with its roll-up and the lights of its tasks, worst first."""

    ordinal: int
    title: str
    total: RollUp
    lights: tuple[tuple[Light, int], ...]


@dataclass(frozen=True)
class FilingGroup:
    """Units of one kind in the quarter; `absent` owe a return and have not filed."""

    rates: FilingRates
    absent: tuple[UnitFiling, ...]
    units: int

    @property
    def late(self):
        return self.rates.filed - self.rates.on_time


@dataclass(frozen=True)
class HeatCell:
    """What a unit filed in a quarter, what 代填 rested on ('' where it filed itself), and its extension if any.

    `formerly`: the unit whose place it took since, and which filed it; `beside`: the same of a merger's other units.
    """

    filing: Filing
    proxy_source: str = ""
    extended_to: date | None = None
    formerly: str = ""
    beside: tuple["HeatCell", ...] = ()


@dataclass(frozen=True)
class HeatRow:
    department_id: int
    department: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class HeatQuarter:
    """A column of the heat map."""

    year: int
    quarter: int
    cadence: str = calendar.Cadence.QUARTER.value

    @property
    def code(self):
        return f"{self.year}Q{self.quarter}"

    @property
    def part_of_year(self):
        return calendar.part_of_year(self.quarter, self.cadence)


@dataclass(frozen=True)
class Attention:
    """Something to act upon: `page` and `key` name the URL, `choice` is shown as a light."""

    choice: Light | Filing | CloseOut.Status
    title: str
    note: str
    page: str
    key: int


@dataclass(frozen=True)
class Board:
    """The figures of one plan in one quarter, which a frozen quarter stores; `awaiting_review` are the returns submitted up to it."""

    headline: tuple[Phrase, ...]
    total: RollUp
    lights: tuple[tuple[Light, int], ...]
    actions: tuple[ActionRow, ...]
    leads: FilingGroup
    supports: FilingGroup
    targets: tuple[IndicatorStanding, ...]
    heat_periods: tuple[HeatQuarter, ...]
    heat: tuple[HeatRow, ...]
    awaiting_review: int
    attention: tuple[Attention, ...]

    @property
    def distance(self):
        """落后序时进度 6 个百分点; '' where nothing is accepted yet or the quarter is the baseline."""
        return distance(self.total.behind) if self.total.light and self.total.has_data else ""

    @property
    def measurable(self):
        """The targets that are figures or milestones; the rest are rated in words."""
        return tuple(t for t in self.targets if t.kind != Indicator.Kind.QUALITATIVE)

    @property
    def qualitative(self):
        return tuple(t for t in self.targets if t.kind == Indicator.Kind.QUALITATIVE)

    @property
    def targets_on_course(self):
        return sum(t.attainment in (Attainment.REACHED, Attainment.ON_TRACK) for t in self.measurable)

    @property
    def target_counts(self):
        """(Attainment, number) of the measurable targets that are not on course, where there are any."""
        off = (Attainment.NOT_REACHED, Attainment.BEHIND, Attainment.UNMEASURED)
        counts = [(a, sum(t.attainment == a for t in self.measurable)) for a in off]
        return tuple((a, n) for a, n in counts if n)


@dataclass(frozen=True)
class Dashboard(Board):
    """A Board, and what is to be done now in whatever quarter.

    `current` holds (period, UnitFilings) of the quarters in which somebody has something to do.
    """

    current: tuple[tuple[ReportingPeriod, tuple[UnitFiling, ...]], ...]


def dashboard(request, slug):
    page = plan_page(request, slug)
    board = assemble(page.period.plan, page.period, page.periods, at=page.at)
    asks = asks_of(request.user, page.plan, board.current, at=page.at)
    context = page.context(board=board, asks=asks, later=_later(request.user, page, board.current))
    return render(request, "chengkou_kepu/dashboard.html", context)


def _later(user, page, current):
    """(period, how filing stands in it) of the quarters after the one shown that are open, for who oversees the plan."""
    leads = any(m.role == Role.LEADER and m.region_id == page.plan.region_id for m in user.roles)
    if not (leads or coordinates(user, page.plan)):
        return []
    return [
        (
            period,
            still_open(
                period,
                rates([u for u in units if u.leads]),
                rates([u for u in units if not u.leads]),
                at=page.at,
            ),
        )
        for period, units in current
        if period.key > page.period.key and period.is_open(page.at)
    ]


def assemble(plan, period, periods, *, at):
    """The Dashboard of the period (one of `periods`, or unsaved): nine queries, whatever the number of rows.

    One more where the heat map reaches into frozen quarters, and one where it reaches behind a reform. Of a frozen
    period, the Board is the one it stored.
    """
    ledger = Ledger.load(plan)
    if period.stored:
        return _stored_dashboard(ledger, period, periods, at)
    standing = plan_standing(ledger, period, at=at)
    targets = indicator_standing(period, at=at)
    filings = _filings_by_period(ledger, period, periods, at)
    units = filings[period.key]
    leads = _group([u for u in units if u.leads])
    supports = _group([u for u in units if not u.leads])
    so_far = [p for p in periods if p.key <= period.key]
    heat_periods = so_far[-QUARTERS_OF_HEAT:]
    awaiting = [r.period_id for r in ledger.reports if r.status == QuarterlyReport.Status.SUBMITTED]
    return Dashboard(
        headline=headline(period, standing.total, leads.rates, supports.rates, at=at),
        total=standing.total,
        lights=light_counts(standing.total),
        actions=tuple(
            ActionRow(a.ordinal, a.short_title, a.total, light_counts(a.total)) for a in standing.actions
        ),
        leads=leads,
        supports=supports,
        targets=targets,
        heat_periods=tuple(HeatQuarter(*p.key, p.cadence) for p in heat_periods),
        heat=_heat(plan, units, [filings[p.key] for p in heat_periods]),
        awaiting_review=sum(pk in {p.pk for p in so_far} for pk in awaiting),
        attention=_attention(period, standing, units, [a for a in ledger.applied if a.key <= period.key], at),
        current=tuple((p, filings[p.key]) for p in current_periods(ledger, periods, at)),
    )


def _stored_dashboard(ledger, period, periods, at):
    current = current_periods(ledger, periods, at)
    ownership = Ownership.load(ledger.plan) if current else None
    return Dashboard(
        **vars(period.stored.read("board", Board)),
        current=tuple((p, unit_filings(ledger, p, ownership.owing(p), at=at)) for p in current),
    )


def light_counts(total):
    """(Light, number of tasks) of a RollUp, worst first, without the zeros."""
    return tuple((light, total.count(light)) for light in (*JUDGED, *NO_DATA) if total.count(light))


def _filings_by_period(ledger, period, periods, at):
    """{(year, quarter): UnitFilings} of the period, those of the heat map, and the current ones."""
    so_far = [p for p in periods if p.key <= period.key]
    wanted = {p.key: p for p in (*so_far[-QUARTERS_OF_HEAT:], *current_periods(ledger, periods, at), period)}
    ownership = Ownership.load(ledger.plan)
    return {key: unit_filings(ledger, p, ownership.owing(p), at=at) for key, p in wanted.items()}


def current_periods(ledger, periods, at):
    """The open quarters, and those not frozen in which a return is to be corrected."""
    returned = {r.period_id for r in ledger.reports if r.status == QuarterlyReport.Status.RETURNED}
    return [p for p in periods if p.is_open(at) or (p.pk in returned and p.frozen_at is None)]


def _group(units):
    return FilingGroup(
        rates=rates(units),
        absent=tuple(u for u in units if u.owes and not u.filed),
        units=len(units),
    )


def _heat(plan, units, by_period):
    """A row for each unit that leads in the chosen quarter: what it filed in each quarter of `by_period`.

    In a quarter in which there was no such unit, what the ones before it filed; a query where that is so.
    """
    by_unit = [{u.department_id: u for u in filings} for filings in by_period]
    leads = [u for u in units if u.leads]
    complete = all(u.department_id in quarter for u in leads for quarter in by_unit)
    lineage = Lineage(()) if complete else Lineage.load(plan.region_id)
    return tuple(
        HeatRow(
            u.department_id,
            u.department,
            tuple(
                _heat_cell(u.department_id, filings_standing_for(u.department_id, quarter, lineage))
                for quarter in by_unit
            ),
        )
        for u in leads
    )


def _heat_cell(unit_id, filings):
    """The HeatCell of what stands for the unit in a quarter; 不需报 where nothing does."""
    if not filings:
        return HeatCell(Filing.EXEMPT)
    first, *others = (
        HeatCell(
            f.filing,
            f.proxy_source,
            f.extended_to,
            formerly="" if f.department_id == unit_id else f.department,
        )
        for f in filings
    )
    return replace(first, beside=tuple(others))


def _attention(period, standing, units, waiting, at):
    """Severely behind tasks, missing units, close-outs to be verified, tasks at a standstill, other tasks behind."""
    judged = sorted((t for t in standing.tasks if t.behind is not None), key=lambda t: (-t.behind, t.number))
    severe = [_behind(t) for t in judged if t.light == Light.SEVERE][:TASKS_OF_ATTENTION]
    behind = [_behind(t) for t in judged if t.light == Light.BEHIND]
    stalled = [
        Attention(t.light, t.title, _standstill(t), "task", t.number)
        for t in standing.tasks
        if t.light == Light.NORMAL and _standstill(t)
    ]
    missing = [_missing(u, period, at) for u in units if u.filing == Filing.MISSING]
    applied = [
        Attention(
            CloseOut.Status.APPLIED,
            application.task.title,
            f"{application.department}申请办结，待核查",
            "task",
            application.task.number,
        )
        for application in waiting
    ]
    return (*severe, *missing, *applied, *stalled, *behind[: max(0, TASKS_OF_ATTENTION - len(severe))])


def _behind(task):
    leads = task.leads[0].department + (f"等{len(task.leads)}个单位" if len(task.leads) > 1 else "")
    still = _standstill(task)
    note = f"落后 {points(task.behind)} 个百分点（{leads}）{f'，{still}' if still else ''}"
    return Attention(task.light, task.title, note, "task", task.number)


def _standstill(task):
    """连续 2 次报“无新进展”; '' below two."""
    times = task.leads[0].unchanged if task.leads else 0
    return f"连续 {times} 次报“无新进展”" if times >= STANDSTILL else ""


def _missing(unit, period, at):
    due = calendar.local_day(own_due(period.due_at, unit.extended_to))
    extended = f"（{extended_words(unit.extended_to)}）" if unit.extended_to else ""
    note = f"{period.report_title}逾期 {(calendar.local_day(at) - due).days} 天未报送{extended}"
    return Attention(unit.filing, unit.department, note, "department", unit.department_id)
