"""Opening, closing and freezing a plan's periods: the coordinator's verbs, and the commands'."""

import hashlib

from django.db import IntegrityError, transaction

from departments import audit

from . import calendar, permissions
from .ledger import Ledger
from .models import CloseOut, Extension, FrozenQuarter, QuarterlyReport, ReportingPeriod
from .refusals import NotAllowed, Refused
from .selection import known_period
from .standing import unit_filings
from .telling import tell_deadline
from .workflow import reason_not_owing


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
    keys = [key for key in quarters if why_no_period(plan, *key) == ""]
    today = calendar.local_day(at)
    return [key for key in keys if calendar.first_day(*key, plan.cadence) <= today][::-1]


def require_openable(plan, year, quarter, *, at):
    """Refused for what is no period of the plan (another cadence's, outside its span, before its baseline) or not begun."""
    if refusal := why_no_period(plan, year, quarter):
        raise Refused(refusal)
    first = calendar.first_day(year, quarter, plan.cadence)
    if first > calendar.local_day(at):
        label = calendar.label(year, quarter, plan.cadence)
        raise Refused(f"{label}还没有开始，自{calendar.zh_day(first)}起可以开放填报。")
    baseline = plan.periods.order_by("year", "quarter").first()
    if baseline and (year, quarter) < baseline.key:
        label, noun = calendar.label(year, quarter, plan.cadence), plan.words.span
        raise Refused(f"{baseline}是本方案的基线{noun}，不能补开更早的{label}。")


def why_no_period(plan, year, quarter):
    """Why the plan has no such period by its cadence and span, as a sentence; '' where it has."""
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
    existing = known_period(plan, (year, quarter))
    if existing:
        return existing
    require_openable(plan, year, quarter, at=at)
    due_at = due_at or deadline_on_opening(plan, year, quarter, at=at)
    if due_at <= at:
        raise Refused("截止日期应晚于开放时间。")
    try:
        with transaction.atomic():
            period = ReportingPeriod.objects.create(
                plan=plan, year=year, quarter=quarter, opens_at=at, due_at=due_at
            )
            audit.record("开放填报", f"{plan} {period}", by=by, at=at, region=plan.region_id)
    except IntegrityError:
        return plan.periods.get(year=year, quarter=quarter)
    return period


def left_endorsing(period):
    """A sentence that names the units whose own approver has the return now; '' for none."""
    reports = QuarterlyReport.objects.filter(period=period, status=QuarterlyReport.Status.ENDORSING)
    rows = reports.select_related("department", "period__plan").order_by("department__name")
    return endorsing_words([report.department.name for report in rows if not reason_not_owing(report)])


def endorsing_words(names):
    """What a closing leaves possible for the units named, which have sent their return up; '' for none."""
    return f"仍在单位审核中，其审核人还可以报送：{'、'.join(names)}。" if names else ""


def close_period(period, *, by, at):
    """截止填报: units can file no more, but for what was returned or sent up; closing again changes nothing.

    Refused before the deadline, or the last one granted, and while a request for one waits: nobody's time is cut short
    unawares, and an unfiled return of a closed period is always one that is missing.
    """
    with transaction.atomic():
        period = _locked(period, by)
        if not period.closed_at:
            if why := _reason_not_to_close(period, at=at):
                raise Refused(why)
            period.closed_at = at
            period.save(update_fields=["closed_at"])
            _record("截止填报", period, by=by, at=at)
    return period


def _reason_not_to_close(period, *, at):
    """Why the period cannot be closed yet, as a sentence; '' when it can."""
    if at <= period.due_at:
        due = calendar.zh_day(calendar.local_day(period.due_at))
        return f"{period}的截止日期是{due}，到期前不能截止；确需提前的，请先改期。"
    extensions = Extension.objects.filter(period=period).select_related("department").order_by("pk")
    waiting = [str(e.department) for e in extensions if e.status == Extension.Status.ASKED]
    if waiting:
        return f"{'、'.join(waiting)}的延期申请还没有答复，请先答复。"
    running = [e for e in extensions if e.granted_until and at <= calendar.end_of(e.granted_until)]
    told = "、".join(f"{e.department}至{calendar.zh_day(e.granted_until)}" for e in running)
    return f"已同意延期：{told}，届满前不能截止。" if told else ""


def reopen_period(period, *, by, at):
    """Take a closing back, as long as the period is not archived."""
    with transaction.atomic():
        period = _locked(period, by)
        if period.closed_at:
            period.closed_at = None
            period.save(update_fields=["closed_at"])
            _record("重新开放填报", period, by=by, at=at)
    return period


def move_due(period, due_on, *, by, at, indicator_owners=None):
    """Set the deadline to the end of the date, and tell the units that owe the return.

    `indicator_owners` as in `unit_filings`: units that owe for an indicator.
    """
    with transaction.atomic():
        period = _locked(period, by)
        due_at = calendar.end_of(due_on)
        if due_at <= period.opens_at:
            raise Refused("截止日期应晚于开放时间。")
        if due_at != period.due_at:
            before = calendar.local_day(period.due_at)
            period.due_at = due_at
            period.save(update_fields=["due_at"])
            detail = f"由{before:%Y-%m-%d}改为{due_on:%Y-%m-%d}"
            _record("调整截止日期", period, by=by, at=at, detail=detail)
            filings = unit_filings(Ledger.load(period.plan), period, indicator_owners or {}, at=at)
            owing = [unit.department_id for unit in filings if unit.owes]
            tell_deadline(period, owing, before=before, by=by, at=at)
    return period


def reasons_not_to_freeze(period):
    """What stands in the way of 定稿归档, as sentences; () where nothing does. Three queries.

    A return that is not its unit's to file any more (`workflow.reason_not_owing`) waits for nobody.
    """
    reasons = []
    if not period.closed_at:
        reasons.append(f"{period}尚未截止填报，请先截止填报。")
    under_way = [QuarterlyReport.Status.ENDORSING, QuarterlyReport.Status.SUBMITTED]
    rows = (
        period.reports.filter(status__in=under_way)
        .select_related("department", "period__plan")
        .order_by("pk")
    )
    reports = [report for report in rows if not reason_not_owing(report)]
    if reports:
        names = "、".join(f"{r.department}（{r.get_status_display()}）" for r in reports)
        reasons.append(f"还有 {len(reports)} 份{period.plan.words.report}没有审结：{names}。")
    waiting = CloseOut.objects.filter(period=period, status=CloseOut.Status.APPLIED)
    numbers = [
        str(number) for number in waiting.order_by("task__number").values_list("task__number", flat=True)
    ]
    if numbers:
        reasons.append(f"还有待核查的办结申请：第 {'、'.join(numbers)} 项。")
    asked = period.extensions.awaiting().select_related("department")
    if asked:
        reasons.append(f"还有待答复的延期申请：{'、'.join(str(e.department) for e in asked)}。")
    return tuple(reasons)


def lock_to_freeze(period, *, by):
    """The period, locked to the end of the transaction, so that what is read of it now can be stored.

    One that is frozen comes back as it is. NotAllowed but for a coordinator (`by` is None for a command), Refused
    with all that stands in the way.
    """
    period = _locked_row(period, by)
    reasons = () if period.frozen_at else reasons_not_to_freeze(period)
    if reasons:
        raise Refused(f"{period}不能定稿归档：{''.join(reasons)}")
    return period


def freeze(period, *, figures, rule_version, workbook, by, at):
    """定稿归档: store `figures` (JSON data by part) and the `workbook`'s bytes; the FrozenQuarter.

    Freezing again changes nothing. Call it in the transaction of `lock_to_freeze`.
    """
    with transaction.atomic():
        period = lock_to_freeze(period, by=by)
        if period.frozen_at:
            return FrozenQuarter.objects.get(period=period)
        period.frozen_at = at
        period.save(update_fields=["frozen_at"])
        frozen = FrozenQuarter.objects.create(
            period=period,
            figures=figures,
            rule_version=rule_version,
            workbook=workbook,
            sha256=hashlib.sha256(workbook).hexdigest(),
            frozen_by=by,
        )
        detail = f"规则第 {rule_version} 版，汇总表 SHA-256：{frozen.sha256}"
        _record("定稿归档", period, by=by, at=at, detail=detail)
    return frozen


def _record(verb, period, *, by, at, detail=""):
    region = period.plan.region_id
    audit.record(verb, f"{period.plan} {period}", by=by, at=at, detail=detail, region=region)


def _locked(period, by):
    period = _locked_row(period, by)
    if period.frozen_at:
        raise Refused(f"{period}已定稿归档，不能再改。")
    return period


def _locked_row(period, by):
    period = (
        ReportingPeriod.objects.select_for_update(of=("self",))
        .select_related("plan__region")
        .get(pk=period.pk)
    )
    _require_coordinator(period.plan, by)
    return period


def _require_coordinator(plan, by):
    if by is not None and not permissions.coordinates(by, plan):
        raise NotAllowed("只有科协工作人员可以管理填报期。")
