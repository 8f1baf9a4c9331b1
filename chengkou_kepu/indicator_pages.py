"""指标: the targets, one target with its values, and the coordinator's entry of a survey or rating."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from indicators.forms import MeasurementForm
from indicators.measuring import record_measurement
from indicators.models import Indicator, Measurement
from indicators.readings import day_of, readings, told
from indicators.standing import indicator_standing, target_for
from tasks import calendar
from tasks.day_field import DayField
from tasks.models import QuarterlyReport
from tasks.permissions import coordinates
from tasks.refusals import Refused
from tasks.selection import visible_plan

from .plan_page import plan_page

Kind = Indicator.Kind
CHARTED = (Kind.SURVEY, Kind.CUMULATIVE, Kind.RATIO)


@dataclass(frozen=True)
class ValueRow:
    """One measurement as the table shows it; `total` is the running total of a cumulative indicator."""

    told: str
    text: str
    total: str
    source: str
    ground: str
    accepted: bool
    proxy_source: str = ""


@dataclass(frozen=True)
class StageRow:
    name: str
    current: bool
    target: bool


@dataclass(frozen=True)
class TargetText:
    wording: str
    year: int
    every_year: bool
    source_sentence: str
    presumption: str


@dataclass(frozen=True)
class FormerOwnerText:
    """Who filed the indicator up to a day, and by what it was decided."""

    department: str
    until: date
    decided_by: str


@dataclass(frozen=True)
class IndicatorDetail:
    """What the page of one indicator shows beside its standing; `points` are (label, value) of the trend."""

    code: str
    numerator_label: str
    denominator_label: str
    targets: tuple[TargetText, ...]
    values: tuple[ValueRow, ...]
    points: tuple[tuple[str, Fraction | None], ...]
    target_value: Fraction | None
    stages: tuple[StageRow, ...]
    former_owners: tuple[FormerOwnerText, ...] = ()


class DayForm(forms.Form):
    measured_on = DayField(
        label="日期",
        help_text="监测或评价所反映的日期，决定计入哪个填报期。",
        required_message="请填写日期。",
    )


def indicator_list(request, slug):
    page = plan_page(request, slug)
    standings = indicator_standing(page.period, at=page.at)
    context = page.context(
        measurable=[s for s in standings if s.kind != Kind.QUALITATIVE],
        qualitative=[s for s in standings if s.kind == Kind.QUALITATIVE],
        coordinates=coordinates(request.user, page.plan),
    )
    return render(request, "chengkou_kepu/indicator_list.html", context)


def indicator(request, slug, code):
    page = plan_page(request, slug)
    found = _indicator(page.plan, code)
    standing = next((s for s in indicator_standing(page.period, at=page.at) if s.code == code), None)
    if standing is None:
        raise Http404("归档时没有这个指标。")
    context = page.context(
        standing=standing,
        kind=Kind(standing.kind),
        detail=_detail(found, page.period),
        charted=standing.kind in CHARTED,
        may_record=coordinates(request.user, page.plan) and recorded_by_coordinator(found),
    )
    return render(request, "chengkou_kepu/indicator.html", context)


def _detail(indicator, period):
    if period.stored:
        details = period.stored.read("details", tuple[IndicatorDetail, ...])
        return next(detail for detail in details if detail.code == indicator.code)
    return indicator_detail(indicator, period)


def indicator_detail(indicator, period):
    """The IndicatorDetail in a period that is not frozen: one query upon `with_detail`."""
    targets = indicator.targets.all()
    target = target_for(targets, period.year)
    measurements = _measurements(indicator, period)
    counting = [m for m in measurements if _counts(m)]
    accepted = readings(indicator, counting, baseline=target.baseline if target else 0)
    return IndicatorDetail(
        code=indicator.code,
        numerator_label=indicator.numerator_label,
        denominator_label=indicator.denominator_label,
        targets=tuple(
            TargetText(t.wording, t.year, t.every_year, t.source_sentence, t.presumption) for t in targets
        ),
        values=tuple(_value_rows(indicator, measurements, accepted)),
        points=tuple((f"{r.day.year}年{r.day.month}月", r.value) for r in accepted),
        target_value=None if target is None or target.value is None else Fraction(target.value),
        stages=tuple(_stage_rows(indicator, target, accepted)),
        former_owners=tuple(
            FormerOwnerText(former.department.name, former.until, former.decided_by)
            for former in indicator.former_owners.all()
        ),
    )


def with_detail(indicators):
    """The Indicators with what `indicator_detail` reads of them; two queries more, three where owners changed."""
    return indicators.prefetch_related("targets", "former_owners__department")


def indicator_record(request, slug, code):
    plan = visible_plan(request, slug)
    if not coordinates(request.user, plan):
        raise PermissionDenied("只有科协工作人员可以录入监测值和评价。")
    found = _indicator(plan, code)
    if not recorded_by_coordinator(found):
        raise Http404("该指标由报送单位填报。")
    at = timezone.now()
    data = request.POST if request.method == "POST" else None
    day_form = DayForm(data, initial={"measured_on": min(calendar.local_day(at), plan.ends_on)})
    form = _required(MeasurementForm(data, indicator=found))
    if day_form.is_valid() & form.is_valid():
        try:
            record_measurement(
                found, form.values(), measured_on=day_form.cleaned_data["measured_on"], by=request.user, at=at
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"已录入“{found}”的{'评价' if found.kind == Kind.QUALITATIVE else '监测值'}。"
            )
            return redirect("indicator", plan.slug, found.code)
    context = {
        "plan": plan,
        "indicator": found,
        "day_form": day_form,
        "form": form,
        "targets": found.targets.all(),
    }
    return render(request, "chengkou_kepu/indicator_record.html", context)


def recorded_by_coordinator(indicator):
    """Surveys and ratings; other kinds are filed by their unit, where there is one that files."""
    return (
        indicator.kind in (Kind.SURVEY, Kind.QUALITATIVE) or not indicator.owner or indicator.owner.is_group
    )


def _indicator(plan, code):
    found = with_detail(
        Indicator.objects.filter(plan=plan, code=code).select_related("plan", "owner")
    ).first()
    if found is None:
        raise Http404("没有这个指标。")
    return found


def _measurements(indicator, period):
    """Those that count up to the period and those submitted up to it, oldest first."""
    awaiting = Measurement.objects.filter(
        Q(report__period__year__lt=period.year)
        | Q(report__period__year=period.year, report__period__quarter__lte=period.quarter),
        report__status=QuarterlyReport.Status.SUBMITTED,
    )
    rows = (Measurement.objects.counting_up_to(period) | awaiting).filter(indicator=indicator)
    return sorted(rows.with_proxy().select_related("report__period__plan"), key=lambda m: (day_of(m), m.pk))


def _counts(measurement):
    return measurement.report is None or measurement.report.status == QuarterlyReport.Status.ACCEPTED


def _value_rows(indicator, measurements, accepted):
    """ValueRow of each filled measurement, newest first."""
    totals = {(r.day, r.told): r.text for r in accepted} if indicator.kind == Kind.CUMULATIVE else {}
    rows = []
    for measurement in measurements:
        for reading in readings(indicator, [measurement]):
            rows.append(
                ValueRow(
                    told=told(indicator, measurement),
                    text=reading.text,
                    total=totals.get((reading.day, reading.told), "") if _counts(measurement) else "",
                    source=measurement.source,
                    ground=measurement.ground,
                    accepted=_counts(measurement),
                    proxy_source=measurement.proxy_source,
                )
            )
    return rows[::-1]


def _stage_rows(indicator, target, accepted):
    current = accepted[-1].stage if accepted else ""
    return [StageRow(s, s == current, bool(target) and s == target.stage) for s in indicator.stages]


def _required(form):
    """The form with everything but the source required: what is recorded here is recorded whole."""
    for name, field in ((name, form.fields[name]) for name in form.tracked):
        field.required = name != "source"
        field.error_messages["required"] = f"请填写{field.label.partition('（')[0]}。"
    return form
