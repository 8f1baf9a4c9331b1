"""What a clerk types for an indicator, and what is understood."""

from decimal import Decimal

import pytest

from indicators.forms import MeasurementForm
from indicators.measuring import MeasurementInput
from indicators.models import Indicator, Measurement

Kind = Indicator.Kind
BY_KIND = {
    Kind.CUMULATIVE: {"unit": "人次"},
    Kind.SURVEY: {"unit": "%"},
    Kind.RATIO: {"numerator_label": "科普经费预算（元）", "denominator_label": "人口（人）"},
    Kind.MILESTONE: {"stages": ["立项", "在建"]},
    Kind.QUALITATIVE: {},
}


def indicator(kind):
    return Indicator(pk=7, name="指标", kind=kind, **BY_KIND[kind])


def form_of(kind, measurement=None, **typed):
    data = {f"measurement-7-{name}": value for name, value in typed.items()}
    return MeasurementForm(data, indicator=indicator(kind), measurement=measurement)


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (Kind.CUMULATIVE, {"value": "本季新增（人次）", "source": "数据来源"}),
        (Kind.SURVEY, {"value": "监测值（%）", "source": "数据来源"}),
        (
            Kind.RATIO,
            {"numerator": "科普经费预算（元）", "denominator": "人口（人）", "source": "数据来源"},
        ),
        (Kind.MILESTONE, {"stage": "目前阶段", "source": "数据来源"}),
        (Kind.QUALITATIVE, {"rating": "评价", "ground": "评价依据", "source": "数据来源"}),
    ],
)
def test_fields_are_those_of_the_kind(kind, labels):
    form = MeasurementForm(indicator=indicator(kind))

    assert {field.name: field.label for field in form.visible} == labels


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Kind.CUMULATIVE, "300", Decimal(300)),
        (Kind.CUMULATIVE, " １，２００人次 ", Decimal(1200)),
        (Kind.CUMULATIVE, "1,200 人", Decimal(1200)),
        (Kind.CUMULATIVE, "1.2万人次", Decimal(12000)),
        (Kind.SURVEY, "12.01%", Decimal("12.01")),
        (Kind.SURVEY, "１２．０１％", Decimal("12.01")),
        (Kind.SURVEY, "", None),
    ],
)
def test_numbers_are_understood_as_clerks_type_them(kind, typed, value):
    form = form_of(kind, value=typed)

    assert form.is_valid()
    assert form.values() == {"value": value, "source": ""}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("三百", "请填写数字，如 1,200。"),
        ("约300", "请填写数字，如 1,200。"),
        ("万", "请填写数字，如 1,200。"),
        ("1.2.3", "请填写数字，如 1,200。"),
        ("300元", "请以“人次”为单位填写。"),
        ("-5", "数值不应为负数。"),
        ("0.12345", "最多填写 4 位小数。"),
        ("123456789012345", "数值过大，请核对。"),
    ],
)
def test_what_is_not_understood_is_explained_and_kept(typed, sentence):
    form = form_of(Kind.CUMULATIVE, value=typed)

    assert (form.errors, form["value"].value()) == ({"value": [sentence]}, typed)


def test_a_share_of_people_is_at_most_all_of_them():
    assert form_of(Kind.SURVEY, value="1201").errors == {"value": ["数值不应超过 100。"]}


def test_ratio_takes_each_part_in_its_own_unit():
    form = form_of(Kind.RATIO, numerator="29万元", denominator="19.3万人", source="预算批复")

    assert form.is_valid()
    assert form.values() == {
        "numerator": Decimal(290_000),
        "denominator": Decimal(193_000),
        "source": "预算批复",
    }


def test_a_denominator_of_zero_is_an_error_of_its_field():
    assert form_of(Kind.RATIO, numerator="1", denominator="0").errors == {
        "denominator": ["人口（人）应大于 0。"]
    }


def test_only_stages_of_the_indicator_can_be_chosen():
    assert form_of(Kind.MILESTONE, stage="在建").is_valid()
    assert not form_of(Kind.MILESTONE, stage="封顶").is_valid()


def test_starts_from_the_stored_value_without_trailing_zeros():
    stored = Measurement(value=Decimal("11.2000"), source="抽样", version=3)
    form = MeasurementForm(indicator=indicator(Kind.SURVEY), measurement=stored)

    assert {field.name: field.value() for field in form.visible} == {"value": "11.2", "source": "抽样"}
    assert form["version"].value() == 3


def test_what_comes_back_as_it_was_shown_is_untouched():
    stored = Measurement(value=Decimal("1200.0000"), source="台账", version=3)
    page = MeasurementForm(indicator=indicator(Kind.CUMULATIVE), measurement=stored)
    shown = {field.name: field.value() for field in (*page.visible, page["version"], page["seen"])}

    same, other = form_of(Kind.CUMULATIVE, **shown), form_of(Kind.CUMULATIVE, **shown | {"value": "1300"})

    assert [(f.is_valid(), f.touched) for f in (same, other)] == [(True, False), (True, True)]
    assert other.measurement_input() == MeasurementInput(7, 3, {"value": Decimal(1300), "source": "台账"})


def test_insisting_counts_as_having_seen_the_others_version():
    form = form_of(Kind.CUMULATIVE, value="5", version="0", override="2")

    assert form.is_valid()
    assert form.measurement_input() == MeasurementInput(7, 2, {"value": Decimal(5), "source": ""})
