"""Dataclasses as JSON and back."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tasks.exact_json import dump, load
from tasks.models import Stage
from tasks.obligations import Filing
from tasks.progress import Light
from tests.factories import moment


@dataclass(frozen=True)
class Inner:
    share: Fraction | None
    light: Light


KINDS = [
    (Fraction(1003, 1826), Fraction, "1003/1826"),
    (Decimal("0.10"), Decimal, "0.10"),
    (date(2023, 9, 30), date, "2023-09-30"),
    (moment("2023-10-09 16:30"), type(moment("2023-10-09 16:30")), "2023-10-09T16:30:00+08:00"),
    (None, int | None, None),
    (0, int | None, 0),
    (True, bool, True),
    (Light.DONE, Light, "DONE"),
    (Filing.LATE, Light | Filing, ["Filing", "LATE"]),
    ("", Stage | str, ["str", ""]),
    (Stage.COMPLETED, Stage | str, ["Stage", "COMPLETED"]),
    ((), tuple[int, ...], []),
    (((2023, 3), None), tuple[tuple[int, int], int | None], [[2023, 3], None]),
    (
        (Inner(Fraction(1, 3), Light.NORMAL),),
        tuple[Inner, ...],
        [{"share": "1/3", "light": "NORMAL"}],
    ),
]


@pytest.mark.parametrize(("value", "kind", "data"), KINDS, ids=[str(kind) for _, kind, _ in KINDS])
def test_there_and_back(value, kind, data):
    assert dump(value, kind) == data
    back = load(json.loads(json.dumps(data)), kind)
    assert (back, repr(back)) == (value, repr(value)) or back == value == moment("2023-10-09 16:30")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (0.5, Fraction),
        (1, Fraction),
        (True, int),
        (1, bool),
        ("DONE", Light),
        (None, int),
        ([1], tuple[int, ...]),
        ("x", int | None),
        (Light.DONE, Filing | Stage),
    ],
)
def test_what_does_not_fit_its_type_is_an_error(value, kind):
    with pytest.raises(TypeError):
        dump(value, kind)


def test_a_field_added_since_has_its_default_and_one_taken_away_is_left():
    @dataclass(frozen=True)
    class Row:
        kept: int
        added: str = "新"

    assert load({"kept": 1, "gone": 2}, Row) == Row(1, "新")
