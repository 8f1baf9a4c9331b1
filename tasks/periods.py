"""Opening and closing a plan's periods: the coordinator's verbs, and the commands'."""

from django.db import IntegrityError, transaction

from departments import audit

from . import calendar, permissions
from .models import ReportingPeriod
from .refusals import NotAllowed, Refused


def next_period(plan):
    """(year, quarter) of what follows the plan's last period; None past its end or where it has no period yet."""
    last = plan.periods.order_by("year", "quarter").last()
    if last is None:
        return None
    key = calendar.following(*last.key, plan.cadence)
    return key if calendar.first_day(*key, plan.cadence) <= plan.ends_on else None


def first_periods(plan, *, at):
    """Keys of the periods that can be the plan's first: those begun by now, the latest first."""
    quarters = [(y, q) for y in range(plan.starts_on.year, plan.ends_on.year + 1) for q in (1, 2, 3, 4)]
    keys = [key for key in quarters if _why_not(plan, *key) == ""]
    today = calendar.local_day(at)
    begun = [key for key in keys if calendar.first_day(*key, plan.cadence) <= today] or keys[:1]
    return begun[::-1]


def require_openable(plan, year, quarter):
    """Refused for what is no period of the plan: another cadence's, outside its span, or before its baseline."""
    if refusal := _why_not(plan, year, quarter):
        raise Refused(refusal)
    baseline = plan.periods.order_by("year", "quarter").first()
    if baseline and (year, quarter) < baseline.key:
        label, noun = calendar.label(year, quarter, plan.cadence), plan.words.noun
        raise Refused(f"{baseline}是本方案的基线{noun}，不能补开更早的{label}。")


def _why_not(plan, year, quarter):
    proper = calendar.period_of(year, quarter, plan.cadence)
    if proper != (year, quarter):
        return (
            f"本方案{plan.get_cadence_display()}填报，{calendar.label(year, quarter)}不单独填报，"
            f"并入{calendar.label(*proper, plan.cadence)}（{proper[0]}Q{proper[1]}）。"
        )
    first = calendar.first_day(year, quarter, plan.cadence)
    if calendar.last_day(year, quarter) < plan.starts_on or first > plan.ends_on:
        return f"{calendar.label(year, quarter, plan.cadence)}不在方案期内。"
    return ""


def deadline_on_opening(plan, year, quarter, *, at):
    """The period's own deadline; where that has passed, as if the period had ended on the day of opening."""
    due_at = plan.default_due_at(year, quarter)
    return due_at if due_at > at else plan.due_after(calendar.local_day(at))


def open_period(plan, year, quarter, *, by, at, due_at=None):
    """The period, open from now and due at `due_at` or `deadline_on_opening`; opening it again changes nothing.

    `by` is None for a command. Refused for what is not `require_openable`, and for a deadline that has passed.
    """
    _require_coordinator(plan, by)
    existing = plan.periods.filter(year=year, quarter=quarter).first()
    if existing:
        return existing
    require_openable(plan, year, quarter)
    due_at = due_at or deadline_on_opening(plan, year, quarter, at=at)
    if due_at <= at:
        raise Refused("截止日期应晚于开放时间。")
    try:
        with transaction.atomic():
            period = ReportingPeriod.objects.create(
                plan=plan, year=year, quarter=quarter, opens_at=at, due_at=due_at
            )
            audit.record("开放填报", f"{plan} {period}", by=by, at=at)
    except IntegrityError:
        return plan.periods.get(year=year, quarter=quarter)
    return period


def close_period(period, *, by, at):
    """截止填报: units can file no more, but for what was returned to them; closing again changes nothing."""
    with transaction.atomic():
        period = _locked(period, by)
        if not period.closed_at:
            period.closed_at = at
            period.save(update_fields=["closed_at"])
            audit.record("截止填报", f"{period.plan} {period}", by=by, at=at)
    return period


def reopen_period(period, *, by, at):
    """Take a closing back, as long as the period is not archived."""
    with transaction.atomic():
        period = _locked(period, by)
        if period.closed_at:
            period.closed_at = None
            period.save(update_fields=["closed_at"])
            audit.record("重新开放填报", f"{period.plan} {period}", by=by, at=at)
    return period


def move_due(period, due_on, *, by, at):
    """Set the deadline to the end of the date."""
    with transaction.atomic():
        period = _locked(period, by)
        due_at = calendar.end_of(due_on)
        if due_at <= period.opens_at:
            raise Refused("截止日期应晚于开放时间。")
        if due_at != period.due_at:
            detail = f"由{calendar.local_day(period.due_at):%Y-%m-%d}改为{due_on:%Y-%m-%d}"
            period.due_at = due_at
            period.save(update_fields=["due_at"])
            audit.record("调整截止日期", f"{period.plan} {period}", by=by, at=at, detail=detail)
    return period


def _locked(period, by):
    period = (
        ReportingPeriod.objects.select_for_update(of=("self",))
        .select_related("plan__region")
        .get(pk=period.pk)
    )
    _require_coordinator(period.plan, by)
    if period.frozen_at:
        raise Refused(f"{period}已定稿归档，不能再改。")
    return period


def _require_coordinator(plan, by):
    if by is not None and not permissions.coordinates(by, plan):
        raise NotAllowed("只有科协工作人员可以管理填报期。")
