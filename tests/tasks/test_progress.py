"""The rules of progress on plain values: exact fractions, and lights at their very limits."""

from datetime import date
from fractions import Fraction

import pytest

from tasks.progress import (
    LeadFigure,
    Light,
    Rules,
    TaskProgress,
    consolidated,
    counting,
    expected_completion,
    judge_task,
    light_by_points,
    light_without_data,
    points,
    roll_up,
    worth_a_look,
)

RULES = Rules()
Q3, Q4 = (2023, 3), (2023, 4)


def lead(department="县农业农村委", completion=None, *, stated_in=Q3, status="ACCEPTED", **more):
    values = {
        "responsibility_id": 1,
        "department_id": 1,
        "department": department,
        "completion": completion,
        "stage": "",
        "stated_in": stated_in if completion is not None else None,
        "carried": False,
        "unchanged": False,
        "status": status,
        "awaiting": None,
        "awaiting_in": None,
    }
    return LeadFigure(**values | more)


def judged(*leads, expected=Fraction(55), rules=RULES, closed_in=None, baseline=False, overdue=True):
    return judge_task(
        leads=leads, expected=expected, rules=rules, closed_in=closed_in, baseline=baseline, overdue=overdue
    )


def task(completion, light=Light.NORMAL):
    return TaskProgress(
        task_id=1,
        number=1,
        title="",
        action_id=1,
        leads=(),
        supports=(),
        completion=None if completion is None else Fraction(completion),
        stage="",
        expected=Fraction(55),
        behind=None,
        light=light,
        carried_from=None,
        closed_in=None,
        why="",
    )


def counts(**by_light):
    return tuple((light, by_light.get(light.name, 0)) for light in Light)


# 序时进度


PLAN = (date(2021, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2020, 12, 31), Fraction(0)),
        (date(2021, 1, 1), Fraction(100, 1826)),
        (date(2022, 12, 31), Fraction(73000, 1826)),
        (date(2023, 9, 30), Fraction(100300, 1826)),
        (date(2024, 12, 31), Fraction(146100, 1826)),
        (date(2025, 12, 31), Fraction(100)),
        (date(2026, 3, 31), Fraction(100)),
    ],
    ids=["before", "first day", "2022Q4", "2023Q3", "leap year gone", "last day", "after"],
)
def test_expected_is_elapsed_days_over_days_of_the_plan(day, expected):
    """2021–2025 has 1,826 days, one of them 29 February 2024."""
    assert expected_completion(*PLAN, day) == expected


# 进度评价


@pytest.mark.parametrize(
    ("behind", "light"),
    [
        (Fraction(-45), Light.NORMAL),
        (Fraction(0), Light.NORMAL),
        (Fraction("9.9999"), Light.NORMAL),
        (Fraction(10) - Fraction(1, 10**30), Light.NORMAL),
        (Fraction(10), Light.BEHIND),
        (Fraction(20), Light.BEHIND),
        (Fraction(30), Light.BEHIND),
        (Fraction(30) + Fraction(1, 10**30), Light.SEVERE),
        (Fraction("30.0001"), Light.SEVERE),
        (Fraction(100), Light.SEVERE),
    ],
    ids=str,
)
def test_lights_at_their_limits(behind, light):
    assert light_by_points(behind, RULES) is light


@pytest.mark.parametrize(
    ("behind", "light"),
    [
        (Fraction("4.99"), Light.NORMAL),
        (5, Light.BEHIND),
        (15, Light.BEHIND),
        (Fraction("15.01"), Light.SEVERE),
    ],
)
def test_the_plan_sets_the_limits(behind, light):
    assert light_by_points(behind, Rules(behind_points=5, severe_points=15)) is light


@pytest.mark.parametrize(
    ("expected", "completion", "behind", "light"),
    [
        (Fraction(50), 40, Fraction(10), Light.BEHIND),
        (Fraction(50), 20, Fraction(30), Light.BEHIND),
        (Fraction(100300, 1826), 45, Fraction(100300, 1826) - 45, Light.NORMAL),
        (Fraction(100300, 1826), 44, Fraction(100300, 1826) - 44, Light.BEHIND),
        (Fraction(100300, 1826), 24, Fraction(100300, 1826) - 24, Light.SEVERE),
    ],
    ids=["exactly 10", "exactly 30", "9.93 rounds to 10 but is less", "10.93", "30.93"],
)
def test_a_task_is_judged_unrounded(expected, completion, behind, light):
    assert judged(lead(completion=completion), expected=expected)[:3] == (Fraction(completion), behind, light)


def test_a_light_explains_itself():
    why = judged(lead(completion=49), expected=Fraction(100300, 1826))[3]
    assert why == (
        "进度49%，序时进度54.9%，落后5.9个百分点；落后不足10个百分点为正常。"
        "依据：第一牵头单位自评（县农业农村委2023年第三季度季报）。"
    )


@pytest.mark.parametrize(
    ("completion", "rule"),
    [
        (60, "进度60%，序时进度55%，超前5个百分点；落后不足10个百分点为正常。"),
        (55, "进度55%，序时进度55%，与序时进度持平；落后不足10个百分点为正常。"),
        (45, "进度45%，序时进度55%，落后10个百分点；落后10至30个百分点为滞后。"),
        (10, "进度10%，序时进度55%，落后45个百分点；落后超过30个百分点为严重滞后。"),
    ],
)
def test_the_explanation_names_rule_and_numbers(completion, rule):
    assert judged(lead(completion=completion))[3].partition("依据")[0] == rule


def test_a_closed_out_task_counts_100_and_has_its_own_light():
    assert judged(lead(completion=80), closed_in=(2023, 2)) == (
        Fraction(100),
        None,
        Light.DONE,
        "2023年第二季度办结销号，按100%计。",
    )


def test_closed_out_goes_before_the_baseline_and_before_missing_data():
    assert judged(closed_in=(2022, 4), baseline=True)[:3] == (Fraction(100), None, Light.DONE)


def test_the_baseline_shows_its_figure_but_no_light():
    completion, behind, light, why = judged(lead(completion=20), baseline=True)
    assert (completion, behind, light) == (Fraction(20), Fraction(35), Light.BASELINE)
    assert why.startswith("进度20%，序时进度55%，落后35个百分点；基线季度不作进度评价。")


# Without data


@pytest.mark.parametrize(
    ("awaiting", "baseline", "overdue", "light"),
    [
        ([None], False, True, Light.UNREPORTED),
        ([None], False, False, Light.NOT_DUE),
        ([40], False, False, Light.UNREVIEWED),
        ([0], False, True, Light.UNREVIEWED),
        ([None, 40], False, True, Light.UNREVIEWED),
        ([], False, True, Light.UNREPORTED),
        ([40], True, True, Light.BASELINE),
    ],
)
def test_no_data_is_said_as_what_it_is(awaiting, baseline, overdue, light):
    leads = [lead(awaiting=completion) for completion in awaiting]
    assert light_without_data(leads, baseline=baseline, overdue=overdue) is light


@pytest.mark.parametrize(
    ("awaiting", "context", "why"),
    [
        (None, {}, "截止时间已过，县教委没有审核通过的数据。"),
        (None, {"overdue": False}, "尚未到截止时间，县教委还没有审核通过的数据。"),
        (40, {}, "县教委已报送，尚未审核通过。"),
        (None, {"baseline": True}, "基线季度不作进度评价；县教委尚无审核通过的数据。"),
    ],
)
def test_a_task_without_data_has_no_figure_and_says_why(awaiting, context, why):
    completion, behind, light, said = judged(lead("县教委", awaiting=awaiting), **context)
    assert (completion, behind, said) == (None, None, why)
    assert light in (Light.UNREPORTED, Light.NOT_DUE, Light.UNREVIEWED, Light.BASELINE)


def test_a_task_without_any_lead_is_explained_too():
    assert judged()[3] == "截止时间已过，牵头单位没有审核通过的数据。"


# Several leads


MEAN = Rules(mean_of_leads=True)


@pytest.mark.parametrize(
    ("completions", "first", "mean"),
    [
        ([40], Fraction(40), Fraction(40)),
        ([40, 90], Fraction(40), Fraction(65)),
        ([40, 41, 42, 43], Fraction(40), Fraction(83, 2)),
        ([10, 10, 11], Fraction(10), Fraction(31, 3)),
        ([0, 90], Fraction(0), Fraction(45)),
        ([None, 90], None, Fraction(90)),
        ([40, None], Fraction(40), Fraction(40)),
        ([None, None], None, None),
        ([], None, None),
    ],
)
def test_whose_figure_counts(completions, first, mean):
    leads = [lead(completion=completion) for completion in completions]
    assert [consolidated(counting(leads, rules)) for rules in (RULES, MEAN)] == [first, mean]


def test_a_task_without_data_is_explained_by_the_leads_that_count():
    leads = lead("县经济信息委"), lead("县科协", 40, awaiting=60, stated_in=Q3)
    assert judged(*leads)[2:] == (Light.UNREPORTED, "截止时间已过，县经济信息委没有审核通过的数据。")
    assert judged(*leads, rules=MEAN)[0] == 40


def test_a_mean_names_all_its_sources():
    leads = lead(completion=50), lead("县教委", 60, stated_in=(2023, 2)), lead("县科协")
    assert judged(*leads, rules=MEAN)[3].partition("依据")[2] == (
        "：各牵头单位平均（县农业农村委2023年第三季度季报、县教委2023年第二季度季报）。"
    )


# Roll-ups


def test_a_roll_up_is_an_exact_mean_with_tasks_without_data_at_0():
    tasks = [task(50), task(33), task(None, Light.UNREPORTED)]
    total = roll_up(tasks, expected=Fraction(55), rules=RULES, baseline=False)
    assert (total.completion, total.behind, total.light) == (Fraction(83, 3), Fraction(82, 3), Light.BEHIND)
    assert (total.tasks, total.without_data) == (3, 1)
    assert total.counts == counts(NORMAL=2, UNREPORTED=1)
    assert (total.count(Light.NORMAL), total.count(Light.SEVERE)) == (2, 0)


@pytest.mark.parametrize(
    ("completions", "light"),
    [
        ([50, 40, 45], Light.BEHIND),
        ([50, 40, 46], Light.NORMAL),
        ([25, 25, 25], Light.BEHIND),
        ([25, 25, 24], Light.SEVERE),
    ],
    ids=["exactly 10", "9 and two thirds", "exactly 30", "30 and a third"],
)
def test_a_roll_up_has_the_light_of_the_point_rule(completions, light):
    tasks = [task(completion) for completion in completions]
    assert roll_up(tasks, expected=Fraction(55), rules=RULES, baseline=False).light is light


def test_the_baseline_rolls_up_without_a_light():
    total = roll_up([task(20, Light.BASELINE)], expected=Fraction(40), rules=RULES, baseline=True)
    assert (total.completion, total.behind, total.light) == (Fraction(20), Fraction(20), None)


def test_an_action_without_tasks_has_no_percentage_never_0():
    total = roll_up([], expected=Fraction(55), rules=RULES, baseline=False)
    assert (total.completion, total.behind, total.light) == (None, None, None)
    assert (total.tasks, total.without_data, total.counts) == (0, 0, counts())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(6), "6"),
        (Fraction(63, 10), "6.3"),
        (Fraction(83, 3), "27.7"),
        (Fraction(0), "0"),
        (100, "100"),
        (Fraction(997, 100), "9.97"),
        (Fraction(-997, 100), "-9.97"),
        (Fraction(30001, 1000), "30.001"),
        (Fraction(-1, 10**6), "0"),
    ],
)
def test_points_take_one_decimal_and_more_where_it_would_look_whole(value, text):
    assert points(value) == text


@pytest.mark.parametrize(
    ("before", "completion", "said"),
    [
        (None, 90, ()),
        (10, 40, ()),
        (10, 41, ("一次上升 31 个百分点",)),
        (60, 41, ()),
        (50, 55, ("与序时进度 54.9% 相差不足 1 个百分点",)),
        (50, 54, ("与序时进度 54.9% 相差不足 1 个百分点",)),
        (50, 56, ()),
        (20, 55, ("一次上升 35 个百分点", "与序时进度 54.9% 相差不足 1 个百分点")),
    ],
)
def test_what_a_reviewer_should_ask_about(before, completion, said):
    assert worth_a_look(before, completion, Fraction(100300, 1826)) == said
