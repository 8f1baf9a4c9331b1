"""Numbers in any spelling, and rows that know whether they were touched."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from tasks.forms import LineForm
from tasks.models import ProgressEntry
from tasks.row_forms import CountField, QuantityField, digest, plain_number


@pytest.mark.parametrize(
    ("unit", "typed", "number"),
    [
        ("人次", "1200", Decimal(1200)),
        ("人次", "1,200", Decimal(1200)),
        ("人次", "１，２００", Decimal(1200)),
        ("人次", " 1 200 人次 ", Decimal(1200)),
        ("人次", "1200人", Decimal(1200)),
        ("人次", "1.2万", Decimal(12000)),
        ("人次", "1.2万人次", Decimal(12000)),
        ("万元", "1.5万元", Decimal("1.5")),
        ("万元", "1.5万", Decimal("1.5")),
        ("元/人", "1.53元", Decimal("1.53")),
        ("%", "12.8％", Decimal("12.8")),
        ("", "5人", Decimal(5)),
        ("人次", "0", Decimal(0)),
        ("人次", "", None),
        ("人次", "   ", None),
    ],
)
def test_a_number_is_understood_as_clerks_type_it(unit, typed, number):
    assert QuantityField(unit=unit, required=False).clean(typed) == number


@pytest.mark.parametrize(
    ("unit", "typed", "sentence"),
    [
        ("人次", "约1200", "请填写数字，如 1,200。"),
        ("人次", "1.2.3", "请填写数字，如 1,200。"),
        ("人次", "人次", "请填写数字，如 1,200。"),
        ("人次", "-5", "数值不应为负数。"),
        ("人次", "1200元", "请以“人次”为单位填写。"),
        ("元/人", "1.53人", "请以“元/人”为单位填写。"),
        ("", "5亩", "请只填写数字。"),
        ("人次", "1.23456", "最多填写 4 位小数。"),
        ("人次", "99999999999", "数值过大，请核对。"),
        ("人次", "1" * 29 + "万", "数值过大，请核对。"),
        ("人次", "1" * 5000 + "万", "数值过大，请核对。"),
        ("", "=1+1", "请填写数字，如 1,200。"),
    ],
)
def test_what_is_no_number_is_refused_in_a_sentence(unit, typed, sentence):
    with pytest.raises(ValidationError) as refused:
        QuantityField(unit=unit, required=False).clean(typed)
    assert refused.value.messages == [sentence]


@pytest.mark.parametrize(
    ("typed", "number"), [("49", 49), ("４９％", 49), ("0", 0), ("100%", 100), ("", None)]
)
def test_a_count_is_a_whole_number(typed, number):
    cleaned = CountField(unit="%", max_value=100).clean(typed)
    assert (cleaned, type(cleaned)) == (number, type(number))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("49.5", "请填写整数。"),
        ("101", "数值不应超过 100。"),
        ("-1", "数值不应为负数。"),
        ("一半", "请填写数字，如 1,200。"),
    ],
)
def test_what_is_no_count_is_refused(typed, sentence):
    with pytest.raises(ValidationError) as refused:
        CountField(unit="%", max_value=100).clean(typed)
    assert refused.value.messages == [sentence]


def test_a_count_never_overflows_the_database():
    with pytest.raises(ValidationError, match="数值不应超过 2147483647。"):
        CountField().clean("300000万")
    assert CountField().clean("2147483647") == 2147483647


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.50", "1.5"), ("1200.0000", "1200"), ("0.00", "0"), ("12.8", "12.8"), ("1E+3", "1000")],
)
def test_a_stored_number_is_shown_plainly(number, text):
    assert (plain_number(Decimal(number)), QuantityField().prepare_value(Decimal(number))) == (text, text)


def test_a_typed_number_stays_as_it_was_typed():
    assert QuantityField().prepare_value("1，200人次") == "1，200人次"


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ({"funds": Decimal("1.50")}, {"funds": Decimal("1.5")}),
        ({"funds": None}, {"funds": ""}),
        ({"progress": "一\n二"}, {"progress": "一\r\n二 "}),
        ({"stage": "", "completion": 0}, {"completion": 0, "stage": ""}),
    ],
)
def test_the_same_values_have_the_same_digest(stored, typed):
    assert digest(stored) == digest(typed)


@pytest.mark.parametrize(
    "typed", [{"completion": None}, {"completion": 1}, {"completion": 0, "stage": "UNDER_WAY"}]
)
def test_other_values_have_another_digest(typed):
    assert digest(typed) != digest({"completion": 0})


def bound(entry, **typed):
    """A form as it comes back from a page that showed `entry`, with `typed` changed."""
    page = LineForm(responsibility_id=7, entry=entry)
    shown = {field.html_name: field.value() for field in page}
    data = {name: "" if value is None else value for name, value in shown.items()}
    data |= {f"line-7-{name}": value for name, value in typed.items()}
    form = LineForm(data, responsibility_id=7, entry=entry)
    assert form.is_valid(), form.errors
    return form


@pytest.fixture
def entry():
    return ProgressEntry(
        stage="UNDER_WAY",
        completion=40,
        progress="举办\n培训班",
        funds=Decimal("1.50"),
        people_trained=1200,
        version=3,
    )


@pytest.mark.parametrize("line", [None, "entry"], ids=["nothing stored", "a line stored"])
def test_a_row_that_comes_back_as_it_was_is_untouched(line, entry):
    assert bound(entry if line else None).touched is False


@pytest.mark.parametrize("typed", [{"progress": "举办培训班"}, {"funds": "1.6"}, {"no_change": "on"}])
def test_a_row_that_says_something_else_is_touched(typed, entry):
    assert bound(entry, **typed).touched is True


def test_a_row_carries_the_version_it_was_shown_with_or_the_one_to_replace(entry):
    assert bound(entry).seen_version == 3
    assert bound(entry, override="5").seen_version == 5
    assert bound(None).seen_version == 0


def test_errors_name_their_fields():
    form = LineForm({"line-7-completion": "一半", "line-7-people_trained": "3.5"}, responsibility_id=7)
    assert form.is_valid() is False
    assert form.all_errors == ["进度（%）：请填写数字，如 1,200。", "培训人次：请填写整数。"]
