"""延期: a unit asks before the deadline for a later day; the coordinator grants it, perhaps a shorter one, or refuses."""

from django.db import IntegrityError, transaction

from departments import audit
from departments import permissions as roles

from . import calendar, permissions
from .completeness import reasons_of, report_lines
from .models import Extension, QuarterlyReport
from .obligations import own_due
from .refusals import NotAllowed, Refused
from .telling import tell_extension
from .workflow import reason_not_open, reason_not_owing


@transaction.atomic
def ask_extension(period, department, *, until, reason, by, at, indicators=()):
    """The unit asks to file the period by the end of the date `until`; the Extension.

    `indicators` are the names of those due from it in the period, which this room does not know.
    """
    if not roles.files_for(by, department.pk) or department.region_id != period.plan.region_id:
        raise NotAllowed("只有本单位填报人、审核人可以申请延期。")
    period.hold()
    department.refresh_from_db(fields=["begins_on", "ends_on"])
    report = _report(period, department)
    owes = bool(reasons_of(report_lines(report), period.plan, indicators))
    why = reason_not_askable(report, owes=owes, at=at)
    if why:
        raise Refused(why)
    if until <= calendar.local_day(period.due_at):
        raise Refused(f"延期日期应晚于截止日期{calendar.zh_day(calendar.local_day(period.due_at))}。")
    if not reason.strip():
        raise Refused("请写明申请延期的理由。")
    try:
        with transaction.atomic():
            extension = Extension.objects.create(
                period=period,
                department=department,
                asked_until=until,
                reason=reason.strip(),
                asked_by=by,
                asked_at=at,
            )
            detail = f"申请延至{until:%Y-%m-%d}。{extension.reason}"
            audit.record("申请延期", f"{department}{period.report_title}", by=by, at=at, detail=detail)
            tell_extension(extension, by=by, at=at)
    except IntegrityError:
        raise Refused(period.plan.words.worded("本单位本季度已申请延期，或已同意延期。")) from None
    return extension


def reason_not_askable(report, *, owes, at):
    """Why a unit cannot ask for an extension now, as a sentence; '' when it can, but for one that stands already.

    `report` may be unsaved; `owes` tells whether the unit has to file it.
    """
    why = reason_not_open(report.period, at=at) or reason_not_owing(report)
    if why:
        return why
    if not owes:
        return f"本单位{report.period}不需报送，不用申请延期。"
    if report.period.is_overdue(at):
        return "截止时间已过，不能再申请延期。"
    return f"{report.period.report_title}已报送，不需延期。" if report.first_submitted_at else ""


def due_of(period, department_id):
    """When the unit's return for the period is due, by the extension it was granted if there is one; one query."""
    days = Extension.objects.filter(period=period, department=department_id).granted_days()
    return own_due(period.due_at, days.get((period.pk, department_id)))


def grant(extension, *, until, by, at):
    """同意延期 to the end of the date `until`, which is not later than the unit asked."""
    with transaction.atomic():
        extension = _locked(extension, by)
        period = extension.period
        if why := reason_not_owing(_report(period, extension.department)):
            raise Refused(why)
        if period.closed_at and not _has_filed(period, extension.department):
            raise Refused(f"{period}已截止填报，请先重新开放，再同意延期。")
        if until <= calendar.local_day(period.due_at):
            raise Refused(f"延期日期应晚于截止日期{calendar.zh_day(calendar.local_day(period.due_at))}。")
        if until > extension.asked_until:
            raise Refused(f"延期日期不应晚于单位申请的{calendar.zh_day(extension.asked_until)}。")
        extension.granted_until = until
        return _decide(extension, Extension.Status.GRANTED, by=by, at=at)


def refuse(extension, *, reason, by, at):
    """不同意延期, with the reason."""
    with transaction.atomic():
        extension = _locked(extension, by)
        if not reason.strip():
            raise Refused("不同意延期须说明理由。")
        extension.refusal = reason.strip()
        return _decide(extension, Extension.Status.REFUSED, by=by, at=at)


def _report(period, department):
    own = {"period": period, "department": department}
    report = QuarterlyReport.objects.filter(**own).first() or QuarterlyReport(**own)
    report.period, report.department = period, department
    return report


def _has_filed(period, department):
    return QuarterlyReport.objects.filter(
        period=period, department=department, first_submitted_at__isnull=False
    ).exists()


def _locked(extension, by):
    """The row, locked after its period is held, for whoever may answer it: a coordinator, not of the unit if there is another."""
    extension.period.hold()
    extension = (
        Extension.objects.select_for_update(of=("self",))
        .select_related("period__plan__region", "department")
        .get(pk=extension.pk)
    )
    plan = extension.period.plan
    if not permissions.coordinates(by, plan):
        raise NotAllowed("只有科协工作人员可以答复延期申请。")
    if roles.belongs_to(by, extension.department_id) and roles.other_coordinators(
        plan.region_id, not_user=by, not_department=extension.department_id
    ):
        raise NotAllowed("本单位的延期申请，由其他审核人员答复。")
    if extension.status == Extension.Status.LAPSED:
        raise Refused(extension.answer)
    if extension.status != Extension.Status.ASKED:
        raise Refused(f"延期申请已答复：{extension.get_status_display()}。")
    if extension.period.frozen_at:
        raise Refused(f"{extension.period}已定稿归档。")
    return extension


def _decide(extension, status, *, by, at):
    extension.status, extension.decided_by, extension.decided_at = status, by, at
    extension.save(update_fields=["status", "granted_until", "refusal", "decided_by", "decided_at"])
    subject = f"{extension.department}{extension.period.report_title}"
    audit.record(extension.get_status_display(), subject, by=by, at=at, detail=extension.answer)
    tell_extension(extension, by=by, at=at)
    return extension
