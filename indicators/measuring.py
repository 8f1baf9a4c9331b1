"""Writing what was measured: the values of a return, and the coordinator's own surveys and ratings."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction

from departments import audit
from tasks import calendar, permissions
from tasks.drafting import SaveOutcome, merge, raise_version, upsert
from tasks.refusals import NotAllowed, Refused
from tasks.workflow import require_open_for_lines

from .attainment import number
from .models import Indicator, Measurement
from .readings import readings
from .standing import target_for

Kind = Indicator.Kind
FIELDS_BY_KIND = {
    Kind.SURVEY: ("value", "source"),
    Kind.CUMULATIVE: ("value", "source"),
    Kind.RATIO: ("numerator", "denominator", "source"),
    Kind.MILESTONE: ("stage", "source"),
    Kind.QUALITATIVE: ("rating", "ground", "source"),
}
NUMBERS = ("value", "numerator", "denominator")
STORED_FIELDS = (*NUMBERS, "stage", "rating", "ground", "source")


@dataclass(frozen=True)
class MeasurementInput:
    """What somebody typed for one indicator, upon the version they saw (0: nothing saved yet)."""

    indicator_id: int
    version: int
    values: dict


@dataclass(frozen=True)
class OwedMeasurement:
    """An indicator the unit owes a value of in a report, and what the report holds (None: nothing yet).

    `total_text` says where the accepted values stand (累计 3,260 人次, or the latest one with its origin),
    `own_text` what the report itself says (300 人次); '' for nothing.
    """

    indicator: Indicator
    measurement: Measurement | None
    total_text: str
    target_wording: str
    own_text: str


def label_of(indicator, name):
    """What a measurement's field is called on screen for that indicator."""
    unit = f"（{indicator.unit}）" if indicator.unit else ""
    return {
        "value": f"{'本季新增' if indicator.kind == Kind.CUMULATIVE else '监测值'}{unit}",
        "numerator": indicator.numerator_label or "分子",
        "denominator": indicator.denominator_label or "分母",
        "stage": "目前阶段",
        "rating": "评价",
        "ground": "评价依据",
        "source": "数据来源",
    }[name]


def save_measurements(report, inputs, *, by, at):
    """Save `inputs` (MeasurementInput each) of a `report` from `begin_report`, in its transaction; SaveOutcome.

    Its keys are indicator ids. The rules of `tasks.drafting.save_lines`: a value typed upon an older version is
    not saved but returned as a conflict, equal ones are left alone. Raises Refused for a report or period that
    does not take it and for a value that cannot be, NotAllowed for a user who may not, or for an indicator that
    is not the unit's to file in this quarter.
    """
    if not permissions.writes_lines(by, report):
        raise NotAllowed("只有本单位填报人可以填报。")
    require_open_for_lines(report, at=at, by=by)
    indicators = _own_indicators(report, inputs)
    stored = {m.indicator_id: m for m in report.measurements.select_related("updated_by")}
    rows = {pk: stored.get(pk) or Measurement(report=report, indicator=indicators[pk]) for pk in indicators}
    typed = [
        (i.indicator_id, rows[i.indicator_id], i.version, _clean(indicators[i.indicator_id], i.values))
        for i in inputs
    ]
    changed, conflicts = merge(typed, by=by, at=at)
    if changed:
        upsert(changed, unique_fields=["report", "indicator"], fields=STORED_FIELDS)
        raise_version(report)
    told = (replace(c, shown=_shown(indicators[c.key], rows[c.key])) for c in conflicts)
    return SaveOutcome({m.indicator_id: m.version for m in changed}, tuple(told))


def record_measurement(indicator, values, *, measured_on: date, by, at):
    """The coordinator's own entry: a survey, a rating, or a value no unit files; the Measurement.

    One from the same source for the same day is corrected, not doubled. Raises NotAllowed for anybody else,
    Refused for a value that is incomplete or cannot be, or a day in the future or outside the plan.
    """
    plan = indicator.plan
    if not permissions.coordinates(by, plan):
        raise NotAllowed("只有科协工作人员可以录入监测值和评价。")
    _require_day(measured_on, plan, at=at)
    values = _clean(indicator, values)
    _require_complete(indicator, values)
    with transaction.atomic():
        Indicator.objects.select_for_update().get(pk=indicator.pk)
        same = {
            "indicator": indicator,
            "report": None,
            "measured_on": measured_on,
            "source": values.get("source", ""),
        }
        measurement = Measurement.objects.filter(**same).order_by("pk").last() or Measurement(**same)
        before = _told(indicator, measurement) if measurement.pk else ""
        for name, value in values.items():
            setattr(measurement, name, value)
        measurement.version += 1
        measurement.updated_by, measurement.updated_at = by, at
        measurement.save()
        detail = f"{calendar.zh_day(measured_on)}：{_told(indicator, measurement)}"
        audit.record(
            "更正监测值" if before else "录入监测值",
            indicator,
            by=by,
            at=at,
            detail=f"{detail}（原为：{before}）" if before else detail,
        )
    return measurement


def owed_measurements(report):
    """OwedMeasurement of each indicator due in the report's quarter, by position; three queries at most.

    The report may be unsaved; its period and plan are at hand.
    """
    period = report.period
    indicators = list(
        Indicator.objects.due_in(period.quarter)
        .owned_by(report.department_id, period.last_day)
        .filter(plan=period.plan_id)
        .prefetch_related("targets")
        .order_by("position", "pk")
    )
    if not indicators:
        return []
    rows = Measurement.objects.counting_up_to(period)
    if report.pk:
        rows = rows | Measurement.objects.filter(report=report)
    by_indicator = defaultdict(list)
    for row in rows.filter(indicator__in=indicators).select_related("report__period__plan", "updated_by"):
        by_indicator[row.indicator_id].append(row)
    return [_owed(indicator, by_indicator[indicator.pk], report) for indicator in indicators]


def _owed(indicator, rows, report):
    target = target_for(indicator.targets.all(), report.period.year)
    accepted = report.status == report.Status.ACCEPTED
    counting = [row for row in rows if accepted or row.report_id is None or row.report_id != report.pk]
    series = readings(indicator, counting, baseline=target.baseline if target else 0)
    total = ""
    if series and indicator.kind == Kind.CUMULATIVE:
        total = f"累计 {series[-1].text}"
    elif series:
        total = f"{series[-1].text}（{series[-1].told}）"
    own = next((row for row in rows if report.pk and row.report_id == report.pk), None)
    said = readings(indicator, [own]) if own else []
    return OwedMeasurement(
        indicator, own, total, target.wording if target else "", said[-1].text if said else ""
    )


def _own_indicators(report, inputs):
    own = (
        Indicator.objects.due_in(report.period.quarter)
        .owned_by(report.department_id, report.period.last_day)
        .filter(plan=report.period.plan_id)
        .in_bulk([typed.indicator_id for typed in inputs])
    )
    if len(own) < len({typed.indicator_id for typed in inputs}):
        raise NotAllowed(report.period.plan.words.worded("其中有不由本单位在本季度报送的指标。"))
    return own


def _clean(indicator, values):
    """The values to store: those the indicator's kind asks for, texts trimmed; Refused for impossible ones."""
    names = FIELDS_BY_KIND[indicator.kind]
    values = {name: value for name, value in values.items() if name in names}
    for name in values.keys() - NUMBERS:
        values[name] = (values[name] or "").strip()
    for name in values.keys() & NUMBERS:
        typed = values[name] = None if values[name] is None else Decimal(values[name])
        if typed is not None and typed < 0:
            raise Refused(f"{indicator}的数值不应为负数。")
    if values.get("denominator") == 0:
        raise Refused(f"{indicator.denominator_label or '分母'}应大于 0。")
    if values.get("stage") and values["stage"] not in indicator.stages:
        raise Refused(f"“{values['stage']}”不是{indicator}的阶段。")
    if values.get("rating") and values["rating"] not in Measurement.Rating.values:
        raise Refused("请从所列评价中选择。")
    return values


def _require_day(day, plan, *, at):
    if day > calendar.local_day(at):
        raise Refused("监测日期不能晚于今天。")
    if not plan.starts_on <= day <= plan.ends_on:
        raise Refused(
            f"监测日期应在方案实施期内（{calendar.zh_day(plan.starts_on)}至{calendar.zh_day(plan.ends_on)}）。"
        )


def _require_complete(indicator, values):
    """All that the kind asks for must be there; the data source may be left open."""
    asked = [name for name in FIELDS_BY_KIND[indicator.kind] if name != "source"]
    missing = [label_of(indicator, name) for name in asked if values.get(name) in (None, "")]
    if missing:
        raise Refused(f"请填写{'、'.join(missing)}。")


def _shown(indicator, measurement):
    """A stored value field by field, as (label, text)."""
    return tuple(
        (label_of(indicator, name), _text(measurement, name)) for name in FIELDS_BY_KIND[indicator.kind]
    )


def _text(measurement, name):
    value = measurement.get_rating_display() if name == "rating" else getattr(measurement, name)
    if value in (None, ""):
        return "（空）"
    return number(value) if name in NUMBERS else value


def _told(indicator, measurement):
    """What a value says, for the audit log."""
    reading = readings(indicator, [measurement])[-1]
    ground = f"，依据：{measurement.ground}" if measurement.ground else ""
    source = f"，数据来源：{measurement.source}" if measurement.source else ""
    return f"{reading.text}{ground}{source}"
