"""The rows of 填报: what each quarter asks of a unit, by when, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial

from departments.lineage import Lineage
from indicators.standing import Ownership
from tasks.ledger import Ledger
from tasks.models import QuarterlyReport, ReportingPeriod
from tasks.obligations import Filing, due_note, filing_state
from tasks.selection import periods_of
from tasks.standing import unit_filings

from .filing_elsewhere import Elsewhere, elsewhere


@dataclass(frozen=True)
class FilingRow:
    """One quarter of the unit: its return if there is one, when it is due for this unit, whose it is if not its own."""

    period: ReportingPeriod
    report: QuarterlyReport | None
    filing: Filing
    due_at: datetime
    extended_to: date | None
    elsewhere: Elsewhere | None

    @property
    def owes(self):
        return self.filing not in (Filing.EXEMPT, Filing.VOLUNTARY)

    @property
    def due_note(self):
        return due_note(self.period, self.extended_to)


def filing_rows(plan, department, *, at):
    """FilingRow of each of the plan's quarters, newest first; seven queries, one more where a quarter is archived.

    Another unit's quarters are among them. One more query where another has to be named.
    """
    ledger, ownership = Ledger.of_units([plan], [department.pk])[plan.pk], Ownership.load(plan)
    load_lineage = cache(partial(Lineage.load, department.region_id))
    return [
        _row(period, department, ledger, ownership, load_lineage, at=at) for period in periods_of(plan)[::-1]
    ]


def _row(period, department, ledger, ownership, load_lineage, *, at):
    filings = {f.department_id: f for f in unit_filings(ledger, period, ownership.owing(period), at=at)}
    report, filing = ledger.reports_in(period).get(department.pk), filings.get(department.pk)
    other = elsewhere(
        _known(report, period, department), set(filings) if period.frozen_at else None, load_lineage
    )
    extended_to, due_at = ledger.extended_to(period, department.pk), ledger.due_at(period, department.pk)
    if filing is None or other:
        filed = report.first_submitted_at if report else None
        state = filing_state(owes=False, first_submitted_at=filed, due_at=due_at, at=at)
    else:
        state = filing.filing
    return FilingRow(period, report, state, due_at, extended_to, other)


def _known(report, period, department):
    """The return, unsaved where there is none, with the period and unit at hand."""
    report = report or QuarterlyReport()
    report.period, report.department = period, department
    return report
