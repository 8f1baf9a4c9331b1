"""How a plan's indicators stand in a period: what `attainment` judges, over the values that count there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import OuterRef, Q, Subquery

from tasks import calendar
from tasks.models import Extension, QuarterlyReport
from tasks.obligations import own_due

from . import attainment as rules
from .attainment import Attainment, Goal, Judgement
from .models import Indicator, Measurement, Target
from .readings import readings

Kind = Indicator.Kind


@dataclass(frozen=True)
class IndicatorStanding:
    """An indicator in a period, all texts as pages print them; '' for what there is nothing to say of.

    `value` is the comparable number in the indicator's unit (None for stages and ratings, and when unmeasured),
    `goal` the number it is compared with (None where the target is none).
    """

    indicator_id: int
    code: str
    name: str
    kind: str
    unit: str
    owner: str
    owner_id: int | None
    owner_is_group: bool
    owner_presumed: bool
    wording: str
    year: int | None
    source_sentence: str
    presumption: str
    value: Fraction | None
    goal: Fraction | None
    current: str
    awaiting: str
    expected: str
    gap: str
    attainment: Attainment
    as_of: str
    basis: str


def indicator_standing(period, *, at):
    """IndicatorStanding of each indicator of the period's plan, by position; three queries, however many.

    Accepted values up to the period count; submitted ones are named in `awaiting`. Of a frozen period, what was stored.
    """
    if period.stored:
        return period.stored.read("indicators", tuple[IndicatorStanding, ...])
    granted = Extension.objects.filter(
        period=period.pk, department=OuterRef("holder_id"), status=Extension.Status.GRANTED
    )
    indicators = (
        Indicator.objects.filter(plan=period.plan_id)
        .with_owner_on(period.last_day)
        .annotate(extended_to=Subquery(granted.values("granted_until")[:1]))
        .select_related("plan")
        .prefetch_related("targets")
        .order_by("position", "pk")
    )
    rows = _rows_up_to(period)
    return tuple(_standing(indicator, rows.get(indicator.pk, ()), period, at=at) for indicator in indicators)


def owners_owing(period):
    """{department id: (name, indicator names)} of the units that owe a value in the period; one query.

    Of a frozen period, as stored.
    """
    return (Ownership.stored(period) if period.stored else Ownership.load(period.plan)).owing(period)


@dataclass(frozen=True)
class Ownership:
    """Who files a plan's indicators, now and before. `rows`: (name, kind, [(until or None, id, unit, is group)])."""

    rows: tuple

    @classmethod
    def load(cls, plan):
        """All of a plan's indicators by position, in one query; owners oldest first, the present one (None) last."""
        return cls.load_each([plan])[plan.pk]

    @classmethod
    def load_each(cls, plans):
        """{plan id: its Ownership}, in one query."""
        read = (
            Indicator.objects.filter(plan__in=plans)
            .order_by("position", "pk", "former_owners__until")
            .values_list(
                *("plan", "pk", "name", "kind", "owner", "owner__name", "owner__is_group"),
                *(
                    f"former_owners__{f}"
                    for f in ("until", "department", "department__name", "department__is_group")
                ),
            )
        )
        held = {plan.pk: {} for plan in plans}
        for plan, pk, name, kind, owner, owner_name, is_group, *former in read:
            _, _, owners = held[plan].setdefault(pk, (name, kind, [(None, owner, owner_name, is_group)]))
            if former[0]:
                owners.insert(-1, tuple(former))
        return {plan: cls(tuple(rows.values())) for plan, rows in held.items()}

    @classmethod
    def stored(cls, period):
        """Who filed the indicators of a frozen period, in that period alone."""
        standings = period.stored.read("indicators", tuple[IndicatorStanding, ...])
        return cls(
            tuple((s.name, s.kind, [(None, s.owner_id, s.owner, s.owner_is_group)]) for s in standings)
        )

    def owing(self, period):
        """{department id: (name, indicator names)} of who owes a value there; a group files nothing itself."""
        due, owed = Indicator.kinds_due_in(period.quarter), {}
        for name, kind, owners in self.rows:
            _, pk, unit, is_group = next(o for o in owners if o[0] is None or o[0] >= period.last_day)
            if pk and not is_group and kind in due:
                owed.setdefault(pk, (unit, []))[1].append(name)
        return {pk: (unit, tuple(names)) for pk, (unit, names) in owed.items()}


def target_for(targets: Iterable[Target], year) -> Target | None:
    """The target that a year works towards: the next one not before it, else the last."""
    ordered = sorted(targets, key=lambda target: target.year)
    return next((t for t in ordered if t.year >= year), ordered[-1] if ordered else None)


def _rows_up_to(period):
    """{indicator id: measurements that count or await review up to the period}, in one query."""
    submitted = Measurement.objects.filter(
        Q(report__period__year__lt=period.year)
        | Q(report__period__year=period.year, report__period__quarter__lte=period.quarter),
        report__status=QuarterlyReport.Status.SUBMITTED,
        indicator__plan=period.plan_id,
    )
    rows = Measurement.objects.counting_up_to(period) | submitted
    grouped = defaultdict(list)
    for row in rows.select_related("report__period__plan"):
        grouped[row.indicator_id].append(row)
    return grouped


def _standing(indicator, rows, period, *, at):
    target = target_for(indicator.targets.all(), period.year)
    goal = _goal(target, indicator, period)
    accepted = [row for row in rows if not _awaits(row)]
    series = readings(indicator, accepted, baseline=goal.baseline if goal else 0)
    latest = _latest(series, goal, period)
    submitted = readings(indicator, [row for row in rows if _awaits(row)])
    judgement = (
        _judge(indicator, latest, series, goal)
        if latest
        else _unmeasured(indicator, goal, period, stale=bool(series), submitted=bool(submitted), at=at)
    )
    return IndicatorStanding(
        indicator_id=indicator.pk,
        code=indicator.code,
        name=indicator.name,
        kind=indicator.kind,
        unit=indicator.unit,
        owner=indicator.holder or "",
        owner_id=indicator.holder_id,
        owner_is_group=bool(indicator.holder_is_group),
        owner_presumed=indicator.owner_presumed,
        wording=target.wording if target else "",
        year=target.year if target else None,
        source_sentence=target.source_sentence if target else "",
        presumption=target.presumption if target else "",
        value=latest.value if latest else None,
        goal=goal.value if goal else None,
        current=latest.text if latest else "",
        awaiting=submitted[-1].text if submitted else "",
        expected=judgement.expected,
        gap=judgement.gap,
        attainment=judgement.attainment,
        as_of=latest.told if latest else "",
        basis=judgement.basis,
    )


def _awaits(row):
    return row.report is not None and row.report.status == QuarterlyReport.Status.SUBMITTED


def _goal(target, indicator, period):
    """The Goal of a target that can be judged by, else None."""
    if target is None:
        return None
    if target.stage not in indicator.stages if indicator.kind == Kind.MILESTONE else target.value is None:
        return None
    ends_on = min(date(target.year, 12, 31), indicator.plan.ends_on)
    return Goal(
        comparator=target.comparator,
        value=None if target.value is None else Fraction(target.value),
        stage=target.stage,
        baseline=Fraction(target.baseline),
        every_year=target.every_year,
        elapsed=rules.elapsed_share(indicator.plan.starts_on, ends_on, period.last_day),
    )


def _latest(series, goal, period):
    """The reading to judge; none where every year counts and the last one that is over by the period's end lacks its value."""
    if not series or (goal and goal.every_year and series[-1].day.year < _last_full_year(period)):
        return None
    return series[-1]


def _last_full_year(period):
    return period.year if period.quarter == 4 else period.year - 1


def _judge(indicator, latest, series, goal):
    if indicator.kind == Kind.QUALITATIVE:
        return rules.judge_rating(latest.rating, latest.ground, told=latest.told)
    if goal is None:
        return Judgement(Attainment.UNMEASURED, basis="没有可供比较的目标值，不作评价。")
    if indicator.kind == Kind.MILESTONE:
        if latest.stage not in indicator.stages:
            return Judgement(Attainment.UNMEASURED, basis=f"“{latest.stage}”不在本指标的阶段之列，不作评价。")
        return rules.judge_milestone(latest.stage, indicator.stages, goal)
    if indicator.kind == Kind.CUMULATIVE:
        return rules.judge_cumulative(latest.value, goal, indicator.unit)
    if indicator.kind == Kind.SURVEY:
        return rules.judge_survey(latest.value, goal, indicator.unit, told=latest.told)
    formula = (
        f"{indicator.numerator_label or '分子'} {rules.number(latest.numerator)} ÷ "
        f"{indicator.denominator_label or '分母'} {rules.number(latest.denominator)}"
    )
    before = _year_before(series, latest) if indicator.not_below_previous else None
    return rules.judge_ratio(latest.value, goal, indicator.unit, formula=formula, previous=before)


def _year_before(series, latest):
    """The last value of the year before, None where there is none."""
    values = [r.value for r in series if r.day.year == latest.day.year - 1]
    return values[-1] if values else None


def _unmeasured(indicator, goal, period, *, stale, submitted, at):
    """UNMEASURED, with what the line would expect, and why there is no value, or (`stale`) none of the last full year."""
    expected = ""
    if goal and indicator.kind == Kind.MILESTONE:
        expected = rules.expected_stage(indicator.stages, goal)
    elif goal and _has_line(indicator, goal):
        expected = rules.expected_quantity(goal, indicator.unit)
    why = _why_unmeasured(indicator, period, stale=stale, submitted=submitted, at=at)
    return Judgement(Attainment.UNMEASURED, expected, basis=why)


def _has_line(indicator, goal):
    return indicator.kind == Kind.CUMULATIVE or (indicator.kind == Kind.RATIO and not goal.every_year)


def _why_unmeasured(indicator, period, *, stale, submitted, at):
    if indicator.kind == Kind.QUALITATIVE:
        return "定性目标由科协工作人员评价，尚未评价。"
    if submitted:
        return f"{indicator.holder or '报送单位'}已报送，尚未审核通过。"
    if indicator.holder_id is None:
        return "尚未确定报送单位，也没有录入监测值。"
    data = f"{_last_full_year(period)}年数据" if stale else "数据"
    if indicator.kind != Kind.CUMULATIVE and period.quarter != 4:
        last = "第四季度季报" if period.plan.cadence == calendar.Cadence.QUARTER else "下半年报告"
        return f"{indicator.holder}每年随{last}报送，尚无审核通过的{data}。"
    if period.pk and at > own_due(period.due_at, indicator.extended_to):
        return f"截止时间已过，{indicator.holder}没有审核通过的{data}。"
    return f"尚未到截止时间，{indicator.holder}还没有审核通过的{data}。"
