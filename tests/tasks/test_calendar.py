"""Quarters and deadlines against the calendars that the State Council published."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tasks import calendar
from tests.factories import moment

SATURDAY_WORKED = date(2026, 10, 10)

DEADLINES = [
    ("2020Q4", "Sunday 10 January 2021", date(2021, 1, 11)),
    ("2021Q1", "Saturday 10 April 2021", date(2021, 4, 12)),
    ("2021Q2", "Saturday 10 July 2021", date(2021, 7, 12)),
    ("2021Q3", "Sunday 10 October 2021, after the holiday", date(2021, 10, 11)),
    ("2021Q4", "Monday", date(2022, 1, 10)),
    ("2022Q1", "Sunday 10 April 2022", date(2022, 4, 11)),
    ("2022Q2", "Sunday 10 July 2022", date(2022, 7, 11)),
    ("2022Q3", "Monday, after two worked weekend days", date(2022, 10, 10)),
    ("2022Q4", "Tuesday", date(2023, 1, 10)),
    ("2023Q1", "Monday", date(2023, 4, 10)),
    ("2023Q2", "Monday", date(2023, 7, 10)),
    ("2023Q3", "an ordinary Tuesday", date(2023, 10, 10)),
    ("2023Q4", "Wednesday", date(2024, 1, 10)),
    ("2024Q1", "Wednesday", date(2024, 4, 10)),
    ("2024Q2", "Wednesday", date(2024, 7, 10)),
    ("2024Q3", "Thursday", date(2024, 10, 10)),
    ("2024Q4", "Friday", date(2025, 1, 10)),
    ("2025Q1", "Thursday", date(2025, 4, 10)),
    ("2025Q2", "Thursday", date(2025, 7, 10)),
    ("2025Q3", "Friday, two days after the long holiday", date(2025, 10, 10)),
    ("2025Q4", "Saturday 10 January 2026", date(2026, 1, 12)),
    ("2026Q3", "Saturday 10 October 2026, worked in exchange (调休)", SATURDAY_WORKED),
    ("2031Q4", "Saturday 10 January 2032, of which no notice is known yet", date(2032, 1, 12)),
]


@pytest.mark.parametrize(("code", "day", "due_on"), DEADLINES, ids=[f"{c} {d}" for c, d, _ in DEADLINES])
def test_deadline(code, day, due_on):
    due_at = calendar.default_due_at(*calendar.parse_quarter(code))
    assert due_at == datetime(due_on.year, due_on.month, due_on.day, 15, 59, 59, tzinfo=UTC)
    assert calendar.local_day(due_at) == due_on


def test_without_the_holidays_a_worked_saturday_would_move(monkeypatch):
    def unknown(day):
        raise NotImplementedError

    monkeypatch.setattr(calendar.chinese_calendar, "is_workday", unknown)
    assert calendar.default_due_at(2026, 3) == calendar.end_of(date(2026, 10, 12))


def test_the_last_second_of_the_deadline_is_the_day_before_in_utc():
    """23:59:59 of 12 January in Shanghai; half an hour past midnight there, UTC still says the 12th."""
    due_at = calendar.default_due_at(2025, 4)
    assert due_at.astimezone(UTC) == datetime(2026, 1, 12, 15, 59, 59, tzinfo=UTC)
    midnight_gone = datetime(2026, 1, 12, 16, 30, tzinfo=UTC)
    assert (midnight_gone > due_at, calendar.local_day(midnight_gone)) == (True, date(2026, 1, 13))
    early_on_the_day = datetime(2026, 1, 11, 16, 0, tzinfo=UTC)
    assert calendar.local_day(early_on_the_day) == date(2026, 1, 12)


def test_days_are_those_of_shanghai_wherever_the_moment_was_taken():
    in_new_york = datetime(2023, 10, 9, 12, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert calendar.local_day(in_new_york) == date(2023, 10, 10)
    assert calendar.start_of(date(2023, 10, 10)) == moment("2023-10-10 00:00")
    assert calendar.end_of(date(2023, 10, 10)) == moment("2023-10-10 23:59") + timedelta(seconds=59)


@pytest.mark.parametrize(
    ("year", "quarter", "first", "last"),
    [
        (2023, 1, date(2023, 1, 1), date(2023, 3, 31)),
        (2023, 2, date(2023, 4, 1), date(2023, 6, 30)),
        (2023, 3, date(2023, 7, 1), date(2023, 9, 30)),
        (2023, 4, date(2023, 10, 1), date(2023, 12, 31)),
        (2024, 1, date(2024, 1, 1), date(2024, 3, 31)),
    ],
)
def test_a_quarter_has_its_days(year, quarter, first, last):
    assert (calendar.first_day(year, quarter), calendar.last_day(year, quarter)) == (first, last)
    assert {calendar.quarter_of(day) for day in (first, last)} == {(year, quarter)}
    assert calendar.quarter_of(first - timedelta(days=1)) != (year, quarter)


@pytest.mark.parametrize(("text", "quarter"), [("2023Q1", (2023, 1)), ("2025q4", (2025, 4))])
def test_a_quarter_is_read(text, quarter):
    assert calendar.parse_quarter(text) == quarter


@pytest.mark.parametrize(
    "text", ["2023Q5", "2023Q0", "2023", "Q1", "1999Q1", "2023Q1 ", "2023Q1\n", "２０２３Q1", ""]
)
def test_what_is_no_quarter_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match="季度写法应如 2023Q1") as refusal:
        calendar.parse_quarter(text)
    assert str(refusal.value) == f"季度写法应如 2023Q1，不能是“{text}”。"


def test_a_quarter_is_named():
    assert [calendar.label(2023, q) for q in (1, 2, 3, 4)] == [
        "2023年第一季度",
        "2023年第二季度",
        "2023年第三季度",
        "2023年第四季度",
    ]


@pytest.mark.parametrize(
    ("day", "count", "result"),
    [
        (date(2023, 10, 10), 0, date(2023, 10, 10)),
        (date(2023, 10, 10), 3, date(2023, 10, 13)),
        (date(2023, 10, 13), 3, date(2023, 10, 18)),
        (date(2023, 9, 28), 3, date(2023, 10, 9)),
    ],
    ids=["none", "within a week", "over a weekend", "over the long holiday, its last two days worked"],
)
def test_working_days_are_counted(day, count, result):
    assert calendar.add_working_days(day, count) == result


@pytest.mark.parametrize(("year", "known"), [(2003, False), (2004, True), (2026, True), (2027, False)])
def test_the_years_whose_holidays_are_known(year, known):
    assert calendar.calendar_known(year) == known


HALF_YEAR, YEAR = calendar.Cadence.HALF_YEAR, calendar.Cadence.YEAR


@pytest.mark.parametrize(
    ("key", "cadence", "label", "title", "first", "last", "following"),
    [
        (
            *((2023, 2), HALF_YEAR, "2023年上半年", "2023年上半年报告"),
            *(date(2023, 1, 1), date(2023, 6, 30), (2023, 4)),
        ),
        (
            *((2023, 4), HALF_YEAR, "2023年下半年", "2023年下半年报告"),
            *(date(2023, 7, 1), date(2023, 12, 31), (2024, 2)),
        ),
        ((2023, 4), YEAR, "2023年度", "2023年度报告", date(2023, 1, 1), date(2023, 12, 31), (2024, 4)),
        (
            *((2023, 3), calendar.Cadence.QUARTER, "2023年第三季度", "2023年第三季度季报"),
            *(date(2023, 7, 1), date(2023, 9, 30), (2023, 4)),
        ),
    ],
)
def test_a_period_of_each_cadence(key, cadence, label, title, first, last, following):
    assert (
        calendar.label(*key, cadence),
        calendar.report_title(*key, cadence),
        calendar.first_day(*key, cadence),
        calendar.last_day(*key),
        calendar.following(*key, cadence),
    ) == (label, title, first, last, following)


@pytest.mark.parametrize(
    ("cadence", "periods"),
    [
        ("QUARTER", [(2023, 1), (2023, 2), (2023, 3), (2023, 4)]),
        ("HALF_YEAR", [(2023, 2), (2023, 2), (2023, 4), (2023, 4)]),
        ("YEAR", [(2023, 4)] * 4),
    ],
)
def test_the_period_a_quarter_lies_in(cadence, periods):
    assert [calendar.period_of(2023, quarter, cadence) for quarter in (1, 2, 3, 4)] == periods


@pytest.mark.parametrize(
    ("days", "to_working_day", "due_on"),
    [
        (10, True, date(2026, 1, 12)),
        (10, False, date(2026, 1, 10)),
        (15, True, date(2026, 1, 15)),
        (1, True, date(2026, 1, 4)),
    ],
    ids=["moved", "left on a Saturday", "a Thursday", "New Year's Day, then to Sunday 4, worked in exchange"],
)
def test_the_due_rule_of_a_plan(days, to_working_day, due_on):
    """1–3 January 2026 are a holiday and Sunday 4 January is worked (国办 notice of November 2025)."""
    rule = {"days": days, "to_working_day": to_working_day}
    assert calendar.default_due_at(2025, 4, **rule) == calendar.end_of(due_on)
