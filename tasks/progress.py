"""How a task stands: completion, expectation and light, as pure rules over plain values (DESIGN §4).

Percentages and points are exact numbers on a scale of 0 to 100 (int or Fraction); None means no data.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import TextChoices

from . import calendar


class Light(TextChoices):
    """进度评价; the last four say why there is none."""

    NORMAL = "NORMAL", "正常"
    BEHIND = "BEHIND", "滞后"
    SEVERE = "SEVERE", "严重滞后"
    DONE = "DONE", "已办结"
    NOT_DUE = "NOT_DUE", "未到期"
    UNREPORTED = "UNREPORTED", "未报"
    UNREVIEWED = "UNREVIEWED", "未审核"
    BASELINE = "BASELINE", "基线"


RULE_VERSION = 1
"""The version of the rules of this module and of `standing` and `obligations`; a frozen quarter keeps its own."""

LARGEST_STEP = 30
NEAR = 1
DONE = 100
JUDGED = (Light.SEVERE, Light.BEHIND, Light.NORMAL, Light.DONE)
NO_DATA = (Light.NOT_DUE, Light.UNREPORTED, Light.UNREVIEWED, Light.BASELINE)


@dataclass(frozen=True)
class Rules:
    """A plan's settings: points from which a task is behind, beyond which severely, whose figure counts, and how
    often units report.
    """

    behind_points: int = 10
    severe_points: int = 30
    mean_of_leads: bool = False
    cadence: str = calendar.Cadence.QUARTER


@dataclass(frozen=True)
class LeadFigure:
    """One lead's own statement on a task: its latest accepted completion up to the period.

    `stated_in` is that statement's (year, quarter), `carried` whether it is older than the period, `unchanged` how
    many times running, up to the period itself, the unit has stated 本季度无新进展; `status` is that of its report in the period
    ('' where there is none); `awaiting` the completion of a newer, not yet reviewed report, of `awaiting_in`.
    `proxy` and `awaiting_proxy`: 县科协 filed that figure for the unit (代填).
    `extended_to`: the day to which a unit that is missing has its deadline extended.
    `corrected`: the statement is an erratum to its archived quarter.
    `stated_by` and `awaiting_by`: the unit that stated it before this one took its place, '' for this one itself.
    """

    responsibility_id: int
    department_id: int
    department: str
    completion: int | None
    stage: str
    stated_in: tuple[int, int] | None
    carried: bool
    unchanged: int
    status: str
    awaiting: int | None
    awaiting_in: tuple[int, int] | None
    proxy: bool = False
    awaiting_proxy: bool = False
    extended_to: date | None = None
    corrected: bool = False
    stated_by: str = ""
    awaiting_by: str = ""

    @property
    def stated(self):
        """The completion the unit has stated last, reviewed or not; None where it has stated none."""
        return self.completion if self.awaiting is None else self.awaiting


@dataclass(frozen=True)
class TaskProgress:
    """One task in one period. `behind` is expected − completion in points; `why` explains the light."""

    task_id: int
    number: int
    title: str
    action_id: int
    leads: tuple[LeadFigure, ...]
    supports: tuple[str, ...]
    completion: Fraction | None
    stage: str
    expected: Fraction
    behind: Fraction | None
    light: Light
    carried_from: tuple[int, int] | None
    closed_in: tuple[int, int] | None
    why: str

    @property
    def proxy(self):
        """Whether the figure shown is one that 县科协 filed for the first lead (代填)."""
        return bool(self.leads and self.leads[0].proxy and not self.closed_in)


@dataclass(frozen=True)
class RollUp:
    """An action or the plan: mean of its tasks, those without data at 0 and counted in `without_data`.

    `completion`, `behind` and `light` are None where there are no tasks (or, for the light, in the baseline).
    Where no task has data (`has_data`), the mean says nothing and is not shown.
    """

    completion: Fraction | None
    expected: Fraction
    behind: Fraction | None
    light: Light | None
    tasks: int
    without_data: int
    counts: tuple[tuple[Light, int], ...]

    @property
    def has_data(self):
        return self.without_data < self.tasks

    def count(self, light):
        return dict(self.counts).get(light, 0)


def expected_completion(starts_on: date, ends_on: date, day: date) -> Fraction:
    """序时进度: days of the plan elapsed at the end of `day` ÷ days of the plan, both ends included."""
    total = (ends_on - starts_on).days + 1
    elapsed = min(max((day - starts_on).days + 1, 0), total)
    return Fraction(elapsed * 100, total)


def light_by_points(behind, rules):
    """< 10 points 正常, 10–30 inclusive 滞后, > 30 严重滞后; unrounded, limits as the plan sets them."""
    if behind < rules.behind_points:
        return Light.NORMAL
    return Light.BEHIND if behind <= rules.severe_points else Light.SEVERE


def counting(leads, rules):
    """The leads whose figures make the task's: the first, or all where the plan takes the mean."""
    return leads if rules.mean_of_leads else leads[:1]


def consolidated(leads):
    """The task's completion: the mean of what the `counting` leads have stated; None where none has."""
    stated = [lead.completion for lead in leads if lead.completion is not None]
    return Fraction(sum(stated), len(stated)) if stated else None


def not_done(leads):
    """The leads, as 县科协（75%）, that have not reported 已完成, for which a task's close-out waits."""
    return [
        f"{lead.department}（{'未报' if lead.stated is None else f'{lead.stated}%'}）"
        for lead in leads
        if lead.stated != DONE
    ]


def light_without_data(leads, *, baseline, overdue):
    """What to say of a task whose `counting` leads have no accepted figure: 基线, 未审核, 未报 or 未到期."""
    if baseline:
        return Light.BASELINE
    if any(lead.awaiting is not None for lead in leads):
        return Light.UNREVIEWED
    return Light.UNREPORTED if overdue else Light.NOT_DUE


def judge_task(*, leads, expected, rules, closed_in, baseline, overdue):
    """(completion, behind, light, why) of one task."""
    if closed_in:
        return (
            Fraction(100),
            None,
            Light.DONE,
            f"{calendar.label(*closed_in, rules.cadence)}办结销号，按100%计。",
        )
    leads = counting(leads, rules)
    completion = consolidated(leads)
    if completion is None:
        light = light_without_data(leads, baseline=baseline, overdue=overdue)
        return None, None, light, _why_no_data(light, leads, rules)
    behind = expected - completion
    light = Light.BASELINE if baseline else light_by_points(behind, rules)
    return completion, behind, light, _why(completion, expected, behind, light, leads, rules)


def roll_up(tasks, *, expected, rules, baseline):
    """RollUp of the given TaskProgress."""
    counts = tuple((light, sum(t.light == light for t in tasks)) for light in Light)
    if not tasks:
        return RollUp(None, expected, None, None, 0, 0, counts)
    completion = sum((t.completion or Fraction(0) for t in tasks), Fraction(0)) / len(tasks)
    behind = expected - completion
    light = None if baseline else light_by_points(behind, rules)
    without_data = sum(t.completion is None for t in tasks)
    return RollUp(completion, expected, behind, light, len(tasks), without_data, counts)


def worth_a_look(before, completion, expected):
    """What a reviewer should ask about a stated completion, as phrases; `before` is the one that stood until then.

    A rise over 30 points in one return, and a figure within a point of 序时进度, which may have been copied from it.
    """
    phrases = []
    if before is not None and completion - before > LARGEST_STEP:
        phrases.append(f"一次上升 {completion - before} 个百分点")
    if abs(completion - expected) < NEAR:
        phrases.append(f"与序时进度 {points(expected)}% 相差不足 1 个百分点")
    return tuple(phrases)


def points(value):
    """A number of points or percent as text: 6, 6.3; 9.97 rather than a 10 that would contradict the light."""
    value = float(value)
    texts = [f"{value:.{digits}f}" for digits in (1, 2, 3)]
    exact = value == round(value)
    return next((text for text in texts if not exact and float(text) % 1), str(round(value)))


def lag(behind):
    """(落后 or 超前, the points as text), or None where the difference shows as nothing."""
    size = points(abs(behind))
    return None if size == "0" else ("落后" if behind > 0 else "超前", size)


def _why(completion, expected, behind, light, leads, rules):
    far = lag(behind)
    distance = f"{far[0]}{far[1]}个百分点" if far else "与序时进度持平"
    rule = {
        Light.NORMAL: f"落后不足{rules.behind_points}个百分点为正常",
        Light.BEHIND: f"落后{rules.behind_points}至{rules.severe_points}个百分点为滞后",
        Light.SEVERE: f"落后超过{rules.severe_points}个百分点为严重滞后",
        Light.BASELINE: f"基线{_noun(rules)}不作进度评价",
    }[light]
    sources = "、".join(_source(lead, rules.cadence) for lead in leads if lead.stated_in)
    basis = "各牵头单位平均" if rules.mean_of_leads else "第一牵头单位自评"
    return f"进度{points(completion)}%，序时进度{points(expected)}%，{distance}；{rule}。依据：{basis}（{sources}）。"


def _source(lead, cadence):
    """Who stated the lead's figure in what: a return, or the correction of an archived one."""
    unit = f"原牵头单位{lead.stated_by}" if lead.stated_by else lead.department
    if lead.corrected:
        return f"{unit}{calendar.label(*lead.stated_in, cadence)}更正说明"
    return f"{unit}{calendar.report_title(*lead.stated_in, cadence)}"


def _noun(rules):
    return calendar.Cadence(rules.cadence).span


def _why_no_data(light, leads, rules):
    names = "、".join(lead.department for lead in leads) or "牵头单位"
    return {
        Light.BASELINE: f"基线{_noun(rules)}不作进度评价；{names}尚无审核通过的数据。",
        Light.UNREVIEWED: f"{_who_awaits(leads)}已报送，尚未审核通过。",
        Light.UNREPORTED: f"截止时间已过，{names}没有审核通过的数据。",
        Light.NOT_DUE: f"尚未到截止时间，{names}还没有审核通过的数据。",
    }[light]


def _who_awaits(leads):
    """Those of the leads whose figure waits for review, each by the unit that stated it."""
    waiting = [lead for lead in leads if lead.awaiting is not None]
    return "、".join(
        f"原牵头单位{lead.awaiting_by}" if lead.awaiting_by else lead.department for lead in waiting
    )
