"""The rules of attainment, boundaries included."""

from datetime import date
from fractions import Fraction

import pytest

from indicators.attainment import (
    Attainment,
    Goal,
    Judgement,
    elapsed_share,
    judge_cumulative,
    judge_milestone,
    judge_rating,
    judge_ratio,
    judge_survey,
    meets,
    number,
    quantity,
    ratio,
)

STAGES = ("未启动", "立项", "在建", "基本建成", "投入使用", "免费开放")


def goal(value=None, *, comparator=">=", stage="", baseline=0, every_year=False, elapsed=Fraction(1, 2)):
    value = None if value is None else Fraction(value)
    return Goal(comparator, value, stage, Fraction(baseline), every_year, Fraction(elapsed))


@pytest.mark.parametrize(
    ("value", "comparator", "reached"),
    [("12", ">", False), ("12.01", ">", True), ("12", ">=", True), ("11.9999", ">=", False)],
)
def test_above_is_strict_and_at_least_is_not(value, comparator, reached):
    assert meets(Fraction(value), comparator, Fraction(12)) is reached


@pytest.mark.parametrize(
    ("value", "attainment", "gap"),
    [
        ("11.2", Attainment.NOT_REACHED, "还差 0.8 个百分点"),
        ("12", Attainment.NOT_REACHED, "与目标值持平，须超过 12%"),
        ("12.01", Attainment.REACHED, "高于目标 0.01 个百分点"),
    ],
)
def test_survey_value_is_reached_or_not(value, attainment, gap):
    judgement = judge_survey(Fraction(value), goal("12", comparator=">"), "%", told="2022年12月31日监测")

    assert judgement == Judgement(
        attainment,
        expected="",
        gap=gap,
        basis=f"最近一次监测值 {value}%（2022年12月31日监测），目标超过 12%；监测值不累加、不推算。",
    )


@pytest.mark.parametrize(
    ("total", "elapsed", "attainment", "gap"),
    [
        (2500, "1/2", Attainment.ON_TRACK, "还差 2,500 人次"),
        (2499, "1/2", Attainment.BEHIND, "还差 2,501 人次"),
        (5000, "1/2", Attainment.REACHED, "已达到目标"),
        (5260, "1/2", Attainment.REACHED, "高于目标 260 人次"),
        (4999, 1, Attainment.NOT_REACHED, "还差 1 人次"),
        (5000, 1, Attainment.REACHED, "已达到目标"),
        (0, 0, Attainment.ON_TRACK, "还差 5,000 人次"),
    ],
)
def test_cumulative_total_meets_the_straight_line_or_not(total, elapsed, attainment, gap):
    judgement = judge_cumulative(Fraction(total), goal(5000, elapsed=elapsed), "人次")

    assert (judgement.attainment, judgement.gap) == (attainment, gap)


def test_cumulative_judgement_explains_itself():
    share = elapsed_share(date(2021, 1, 1), date(2025, 12, 31), date(2023, 9, 30))

    assert judge_cumulative(Fraction(3260), goal(5000, elapsed=share), "人次") == Judgement(
        Attainment.ON_TRACK,
        expected="序时应达 2,747 人次",
        gap="还差 1,740 人次",
        basis="审核通过的新增数合计 3,260 人次，目标不少于 5,000 人次；时间进度54.9%，序时应达 2,747 人次。",
    )


def test_the_line_is_not_rounded_before_it_is_compared():
    third = goal(1000, elapsed=Fraction(1, 3))

    assert [judge_cumulative(Fraction(n), third, "人次").attainment for n in (333, 334)] == [
        Attainment.BEHIND,
        Attainment.ON_TRACK,
    ]
    assert judge_cumulative(Fraction(333), third, "人次").expected == "序时应达 334 人次"


def test_the_line_starts_at_the_baseline():
    judgement = judge_cumulative(Fraction(2999), goal(5000, baseline=1000), "人次")

    assert (judgement.attainment, judgement.expected) == (Attainment.BEHIND, "序时应达 3,000 人次")


def test_ratio_sums_before_it_divides():
    assert ratio([(1, 2), (3, 10)], 100) == Fraction(400, 12)


def test_yearly_ratio_at_its_target_is_reached():
    judgement = judge_ratio(
        Fraction("1.5"),
        goal("1.5", every_year=True),
        "元/人",
        formula="科普经费预算（元） 300,000 ÷ 人口（人） 200,000",
    )

    assert judgement == Judgement(
        Attainment.REACHED,
        gap="已达到目标",
        basis="科普经费预算（元） 300,000 ÷ 人口（人） 200,000，为 1.5 元/人，目标不少于 1.5 元/人。",
    )


@pytest.mark.parametrize(
    ("value", "previous", "attainment", "gap"),
    [
        ("1.6", "1.6", Attainment.REACHED, "高于目标 0.1 元/人"),
        ("1.6", "1.7", Attainment.NOT_REACHED, "比上年减少 0.1 元/人"),
        ("1.4", "1.45", Attainment.NOT_REACHED, "还差 0.1 元/人，比上年减少 0.05 元/人"),
        ("1.4", "1.3", Attainment.NOT_REACHED, "还差 0.1 元/人"),
    ],
)
def test_yearly_ratio_must_not_fall_below_the_year_before(value, previous, attainment, gap):
    judgement = judge_ratio(
        Fraction(value),
        goal("1.5", every_year=True),
        "元/人",
        formula="经费 ÷ 人口",
        previous=Fraction(previous),
    )

    assert judgement == Judgement(
        attainment,
        gap=gap,
        basis=f"经费 ÷ 人口，为 {value} 元/人，目标不少于 1.5 元/人；上年 {previous} 元/人，不应低于上年。",
    )


@pytest.mark.parametrize(
    ("value", "elapsed", "attainment"),
    [
        (Fraction(50), "1/2", Attainment.ON_TRACK),
        (Fraction(4999, 100), "1/2", Attainment.BEHIND),
        (Fraction(299999, 3000), 1, Attainment.NOT_REACHED),
        (Fraction(100), 1, Attainment.REACHED),
    ],
)
def test_ratio_for_one_year_runs_along_a_line(value, elapsed, attainment):
    judgement = judge_ratio(value, goal(100, elapsed=elapsed), "%", formula="已配备 ÷ 全部")

    assert judgement.attainment == attainment


def test_a_ratio_just_short_of_its_target_is_not_shown_as_equal():
    judgement = judge_ratio(Fraction(299999, 3000), goal(100, elapsed=1), "%", formula="已配备 ÷ 全部")

    assert judgement == Judgement(
        Attainment.NOT_REACHED,
        expected="序时应达 100%",
        gap="还差 0.01 个百分点",
        basis="已配备 ÷ 全部，为 99.99%，目标不少于 100%；时间进度100%，序时应达 100%。",
    )


@pytest.mark.parametrize(
    ("stage", "elapsed", "attainment", "gap"),
    [
        ("未启动", 0, Attainment.ON_TRACK, "距目标还有 3 个阶段"),
        ("立项", "1/3", Attainment.ON_TRACK, "距目标还有 2 个阶段"),
        ("立项", "334/1000", Attainment.BEHIND, "距目标还有 2 个阶段"),
        ("在建", "334/1000", Attainment.ON_TRACK, "距目标还有 1 个阶段"),
        ("基本建成", "1/2", Attainment.REACHED, "已达到目标"),
        ("投入使用", "1/2", Attainment.REACHED, "已超过目标阶段"),
        ("在建", 1, Attainment.NOT_REACHED, "距目标还有 1 个阶段"),
    ],
)
def test_milestone_meets_the_line_over_its_stages_or_not(stage, elapsed, attainment, gap):
    judgement = judge_milestone(stage, STAGES, goal(stage="基本建成", elapsed=elapsed))

    assert (judgement.attainment, judgement.gap) == (attainment, gap)


def test_milestone_judgement_explains_itself():
    assert judge_milestone("立项", STAGES, goal(stage="基本建成")) == Judgement(
        Attainment.BEHIND,
        expected="序时应达“在建”",
        gap="距目标还有 2 个阶段",
        basis="目前“立项”，目标“基本建成”，共6个阶段；时间进度50%，序时应达“在建”。",
    )


def test_rating_is_told_with_its_ground():
    assert judge_rating("有进展", "新建科普馆3个。", told="2023年12月31日评价") == Judgement(
        Attainment.RATED, basis="2023年12月31日评价为“有进展”。依据：新建科普馆3个。"
    )


@pytest.mark.parametrize(
    ("day", "share"),
    [
        (date(2020, 12, 31), 0),
        (date(2021, 1, 1), Fraction(1, 365)),
        (date(2021, 12, 31), 1),
        (date(2022, 3, 31), 1),
    ],
)
def test_elapsed_share_counts_both_ends(day, share):
    assert elapsed_share(date(2021, 1, 1), date(2021, 12, 31), day) == share


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Fraction(3260), "人次", "3,260 人次"),
        (Fraction("12.01"), "%", "12.01%"),
        (Fraction("0.0001"), "元/人", "0.0001 元/人"),
        (Fraction(2, 3), "元/人", "0.66 元/人"),
        (Fraction("-0.5"), "%", "-0.5%"),
        (Fraction(7), "", "7"),
    ],
)
def test_quantities_as_text(value, unit, text):
    assert quantity(value, unit) == text


def test_what_is_expected_is_rounded_up():
    assert number(Fraction(2, 3), up=True) == "0.67"
