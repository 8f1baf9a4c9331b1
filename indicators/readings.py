"""What is known of an indicator on a day: measurements brought into one comparable row (DESIGN §4, Indicators)."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby

from tasks import calendar

from . import attainment as rules
from .models import Indicator

Kind = Indicator.Kind


@dataclass(frozen=True)
class Reading:
    """What is known of an indicator on a day.

    `value` is the running total of a cumulative indicator, the value of a survey, the quotient of a ratio (of
    `numerator` and `denominator`, summed over what was measured on that day), None for the other kinds.
    `text` shows it with its unit; `told` says where it comes from.
    """

    day: date
    told: str
    text: str
    value: Fraction | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    stage: str = ""
    rating: str = ""
    ground: str = ""


def readings(indicator, measurements, *, baseline=0):
    """Reading of each day (of each value for a cumulative indicator), oldest first.

    `measurements` have their report with its period at hand; half-filled ones are left out.
    """
    rows = sorted(filter(_is_filled(indicator.kind), measurements), key=lambda m: (day_of(m), m.pk))
    if indicator.kind == Kind.CUMULATIVE:
        return _running_totals(indicator, rows, Fraction(baseline))
    return [_reading(indicator, list(same_day)) for _, same_day in groupby(rows, key=day_of)]


def day_of(measurement):
    """The day a value stands for: its report's quarter end, or the day the coordinator gave it."""
    return measurement.measured_on or measurement.report.period.last_day


def told(indicator, measurement):
    """Where a value comes from: 2023年第三季度报送, 2022年12月31日监测."""
    if measurement.report_id:
        return f"{measurement.report.period}报送"
    verb = "评价" if indicator.kind == Kind.QUALITATIVE else "监测"
    return f"{calendar.zh_day(measurement.measured_on)}{verb}"


def _is_filled(kind):
    """A predicate: whether a measurement says what its kind asks for."""
    return {
        Kind.RATIO: lambda m: m.numerator is not None and m.denominator is not None,
        Kind.MILESTONE: lambda m: bool(m.stage),
        Kind.QUALITATIVE: lambda m: bool(m.rating),
    }.get(kind, lambda m: m.value is not None)


def _running_totals(indicator, rows, total):
    series = []
    for row in rows:
        total += Fraction(row.value)
        text = rules.quantity(total, indicator.unit)
        series.append(Reading(day_of(row), told(indicator, row), text, total))
    return series


def _reading(indicator, rows):
    """One Reading of the values of a day: the parts of a ratio are summed, of other kinds the last one counts."""
    last = rows[-1]
    where = {"day": day_of(last), "told": told(indicator, last)}
    if indicator.kind == Kind.RATIO:
        value = rules.ratio([(r.numerator, r.denominator) for r in rows], indicator.scale)
        return Reading(
            **where,
            text=rules.quantity(value, indicator.unit),
            value=value,
            numerator=sum(Fraction(r.numerator) for r in rows),
            denominator=sum(Fraction(r.denominator) for r in rows),
        )
    if indicator.kind == Kind.MILESTONE:
        return Reading(**where, text=last.stage, stage=last.stage)
    if indicator.kind == Kind.QUALITATIVE:
        rating = last.get_rating_display()
        return Reading(**where, text=rating, rating=rating, ground=last.ground)
    return Reading(**where, text=rules.quantity(last.value, indicator.unit), value=Fraction(last.value))
