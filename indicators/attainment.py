"""How an indicator stands against its target: pure rules over plain values (DESIGN §4, Indicators).

Quantities are exact Fractions in the indicator's own unit; nothing is rounded before it is compared.
Shown figures lean to the cautious side: a value is cut off, what is still missing or expected is rounded up.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import TextChoices

from tasks.progress import expected_completion, points

STORED_PLACES = 4
SHOWN_PLACES = 2


class Attainment(TextChoices):
    """达标情况; 达序时 and 滞后 exist only where there is a straight line to meet."""

    REACHED = "REACHED", "已达标"
    ON_TRACK = "ON_TRACK", "达序时"
    BEHIND = "BEHIND", "滞后"
    NOT_REACHED = "NOT_REACHED", "未达标"
    UNMEASURED = "UNMEASURED", "暂无监测数据"
    RATED = "RATED", "已评价"


@dataclass(frozen=True)
class Goal:
    """A target as the rules see it.

    `elapsed` is the share (0 to 1) of the days from the plan's start to the end of the target's year that have
    passed at the period's end. For a milestone `baseline` is the place of a stage, counted from 0.
    """

    comparator: str
    value: Fraction | None
    stage: str
    baseline: Fraction
    every_year: bool
    elapsed: Fraction

    @property
    def over(self):
        return self.elapsed == 1


@dataclass(frozen=True)
class Judgement:
    """Attainment with its texts: what the line expects, the distance to the target, rule and numbers."""

    attainment: Attainment
    expected: str = ""
    gap: str = ""
    basis: str = ""


def elapsed_share(starts_on: date, ends_on: date, day: date) -> Fraction:
    """Share 0 to 1 of the span's days that have passed at the end of `day`."""
    return Fraction(1) if day >= ends_on else expected_completion(starts_on, ends_on, day) / 100


def meets(value, comparator, target):
    """`>` strictly (超过), `>=` with equality (不少于)."""
    return value > target if comparator == ">" else value >= target


def ratio(parts, scale):
    """Σ numerators ÷ Σ denominators × scale of (numerator, denominator) pairs: summed before dividing."""
    numerators, denominators = zip(*parts, strict=True)
    return Fraction(sum(map(Fraction, numerators))) / Fraction(sum(map(Fraction, denominators))) * scale


def on_line(goal, end):
    """Where the straight line from the baseline to `end` stands at the period's end."""
    return goal.baseline + (end - goal.baseline) * goal.elapsed


def attainment_of(value, goal, end, *, has_line):
    """REACHED, else (with a line and time left) ON_TRACK or BEHIND, else NOT_REACHED."""
    if meets(value, goal.comparator, end):
        return Attainment.REACHED
    if not has_line or goal.over:
        return Attainment.NOT_REACHED
    return Attainment.ON_TRACK if value >= on_line(goal, end) else Attainment.BEHIND


def judge_cumulative(total, goal, unit):
    """Judgement of the sum of accepted increments (on top of the baseline) against the straight line."""
    expected = expected_quantity(goal, unit)
    basis = (
        f"审核通过的新增数合计 {quantity(total, unit)}，目标{goal_text(goal, unit)}；"
        f"时间进度{points(goal.elapsed * 100)}%，{expected}。"
    )
    return Judgement(
        attainment_of(total, goal, goal.value, has_line=True), expected, gap_text(total, goal, unit), basis
    )


def judge_survey(value, goal, unit, *, told):
    """Judgement of the latest accepted survey value: never summed or interpolated, so without a line."""
    return Judgement(
        attainment_of(value, goal, goal.value, has_line=False),
        "",
        gap_text(value, goal, unit),
        f"最近一次监测值 {quantity(value, unit)}（{told}），目标{goal_text(goal, unit)}；监测值不累加、不推算。",
    )


def judge_ratio(value, goal, unit, *, formula, previous=None):
    """Judgement of a ratio; `previous` is the value of the year before where the ratio must not fall (逐步增加).

    A target for every year has no line: each year is reached or not.
    """
    has_line = not goal.every_year
    expected = expected_quantity(goal, unit) if has_line else ""
    attainment = attainment_of(value, goal, goal.value, has_line=has_line)
    gap = gap_text(value, goal, unit)
    basis = [f"{formula}，为 {quantity(value, unit)}，目标{goal_text(goal, unit)}"]
    if has_line:
        basis.append(f"时间进度{points(goal.elapsed * 100)}%，{expected}")
    if previous is not None:
        basis.append(f"上年 {quantity(previous, unit)}，不应低于上年")
        if value < previous:
            attainment = Attainment.NOT_REACHED
            fall = f"比上年减少 {distance(previous - value, unit)}"
            gap = fall if meets(value, goal.comparator, goal.value) else f"{gap}，{fall}"
    return Judgement(attainment, expected, gap, "；".join(basis) + "。")


def judge_milestone(stage, stages: Sequence[str], goal):
    """Judgement of a stage by its place in `stages`, the straight line running over the places."""
    place, target = stages.index(stage), stages.index(goal.stage)
    expected = expected_stage(stages, goal)
    gap = f"距目标还有 {target - place} 个阶段" if place < target else "已达到目标"
    return Judgement(
        attainment_of(place, goal, target, has_line=True),
        expected,
        "已超过目标阶段" if place > target else gap,
        f"目前“{stage}”，目标“{goal.stage}”，共{len(stages)}个阶段；"
        f"时间进度{points(goal.elapsed * 100)}%，{expected}。",
    )


def judge_rating(rating, ground, *, told):
    """A qualitative target is rated with a written ground, never measured."""
    return Judgement(Attainment.RATED, basis=f"{told}为“{rating}”。依据：{ground}")


def expected_quantity(goal, unit):
    """序时应达 …: whole numbers where the target is a whole number above 100."""
    whole = goal.value.denominator == 1 and goal.value > 100
    line = on_line(goal, goal.value)
    return f"序时应达 {quantity(Fraction(math.ceil(line)) if whole else line, unit, up=True)}"


def expected_stage(stages, goal):
    """序时应达“…”: the first stage that meets the line."""
    place = math.ceil(on_line(goal, stages.index(goal.stage)))
    return f"序时应达“{stages[min(max(place, 0), len(stages) - 1)]}”"


def goal_text(goal, unit):
    return f"{'超过' if goal.comparator == '>' else '不少于'} {quantity(goal.value, unit)}"


def gap_text(value, goal, unit):
    """还差 …, 高于目标 …, 已达到目标; a strict target that is only equalled says so."""
    difference = value - goal.value
    if difference < 0:
        return f"还差 {distance(-difference, unit)}"
    if difference == 0 and goal.comparator == ">":
        return f"与目标值持平，须超过 {quantity(goal.value, unit)}"
    above = number(difference)
    return "已达到目标" if above == "0" else f"高于目标 {_with_unit(above, _difference_unit(unit))}"


def quantity(value, unit, *, up=False):
    """A number with its unit as text: 3,260 人次, 94%, 1.38 元/人."""
    return _with_unit(number(value, up=up), unit)


def distance(value, unit):
    """A difference as text, rounded up; of percentages in 个百分点."""
    return _with_unit(number(value, up=True), _difference_unit(unit))


def number(value, *, up=False):
    """Thousands separators, no trailing zeros: in full where it is a stored decimal, else two places, cut off."""
    value = Fraction(value)
    exact = (value * 10**STORED_PLACES).denominator == 1
    places = STORED_PLACES if exact else SHOWN_PLACES
    units = (math.ceil if up else math.floor)(abs(value) * 10**places)
    whole, part = divmod(units, 10**places)
    decimals = f"{part:0{places}d}".rstrip("0")
    return f"{'-' if value < 0 and units else ''}{whole:,}{'.' if decimals else ''}{decimals}"


def _difference_unit(unit):
    return "个百分点" if unit == "%" else unit


def _with_unit(text, unit):
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}".rstrip()
