"""Who filed in time, and the rates that count owing units only."""

from datetime import timedelta

import pytest

from tasks.calendar import default_due_at
from tasks.obligations import Filing, FilingRates, UnitFiling, filing_state, rates

DUE = default_due_at(2023, 3)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("owes", "first_submitted_at", "at", "filing"),
    [
        (True, DUE - SECOND, DUE + SECOND, Filing.ON_TIME),
        (True, DUE, DUE + SECOND, Filing.ON_TIME),
        (True, DUE + timedelta(microseconds=1), DUE + SECOND, Filing.LATE),
        (True, DUE + SECOND, DUE + SECOND, Filing.LATE),
        (True, None, DUE - SECOND, Filing.PENDING),
        (True, None, DUE, Filing.PENDING),
        (True, None, DUE + SECOND, Filing.MISSING),
        (False, None, DUE + SECOND, Filing.EXEMPT),
        (False, DUE, DUE + SECOND, Filing.VOLUNTARY),
        (False, DUE + SECOND, DUE + SECOND, Filing.VOLUNTARY),
    ],
)
def test_what_came_of_it(owes, first_submitted_at, at, filing):
    assert filing_state(owes=owes, first_submitted_at=first_submitted_at, due_at=DUE, at=at) is filing


def unit(filing, *, owes=True):
    return UnitFiling(
        department_id=1,
        department="县教委",
        leads=1,
        supports=0,
        owes=owes,
        reasons=(),
        filing=filing,
        status="",
        report_id=None,
    )


def test_rates_count_owing_units_and_voluntary_returns_apart():
    units = [
        unit(Filing.ON_TIME),
        unit(Filing.ON_TIME),
        unit(Filing.LATE),
        unit(Filing.MISSING),
        unit(Filing.EXEMPT, owes=False),
        unit(Filing.VOLUNTARY, owes=False),
    ]
    result = rates(units)
    assert result == FilingRates(owed=4, filed=3, on_time=2, voluntary=1)
    assert (result.reporting_rate, result.on_time_rate) == (75, 50)


def test_before_the_deadline_nobody_is_missing_yet_but_the_rate_counts_all_who_owe():
    result = rates([unit(Filing.ON_TIME), unit(Filing.PENDING)])
    assert (result.reporting_rate, result.on_time_rate) == (50, 50)


def test_where_nobody_owes_there_is_no_rate():
    result = rates([unit(Filing.VOLUNTARY, owes=False)])
    assert (result.reporting_rate, result.on_time_rate, result.voluntary) == (None, None, 1)


@pytest.mark.parametrize("filing", Filing)
def test_filed_is_in_time_or_late(filing):
    assert unit(filing).filed is (filing in (Filing.ON_TIME, Filing.LATE))
