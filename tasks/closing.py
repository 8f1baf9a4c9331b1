"""办结销号: the lead applies, the coordinator verifies or refuses with reason."""

from django.db import IntegrityError, transaction

from departments import audit
from departments import permissions as roles

from . import permissions
from .models import CloseOut, Responsibility, Task
from .refusals import NotAllowed, Refused
from .telling import tell_close_out


@transaction.atomic
def apply_for_close_out(task, *, period, department, summary, by, at):
    """The lead `department` says the finite task is done, for the books of `period`; the CloseOut."""
    if not roles.files_for(by, department.pk):
        raise NotAllowed("只有牵头单位可以申请办结。")
    leads = Responsibility.objects.in_force(period.last_day).leads()
    if not leads.filter(task=task, department=department).exists():
        raise NotAllowed("只有牵头单位可以申请办结。")
    if task.nature == Task.Nature.STANDING:
        raise Refused("长期坚持的工作不办结销号。")
    period.hold()
    if period.plan_id != task.plan_id or period.frozen_at or at < period.opens_at:
        raise Refused(f"{period}不能受理办结申请。")
    if not summary.strip():
        raise Refused("请写明完成情况。")
    try:
        with transaction.atomic():
            close_out = CloseOut.objects.create(
                task=task,
                period=period,
                department=department,
                summary=summary.strip(),
                applied_by=by,
                applied_at=at,
            )
            audit.record("申请办结", task, by=by, at=at, detail=close_out.summary)
            tell_close_out(close_out, by=by, at=at)
    except IntegrityError:
        raise Refused("该项工作已申请办结或已办结。") from None
    return close_out


def verify(close_out, *, by, at, note=""):
    """予以办结: from its quarter on the task counts as 100 % and owes nothing."""
    return _decide(close_out, CloseOut.Status.VERIFIED, note, by=by, at=at)


def refuse(close_out, *, by, at, reason):
    """不予办结, with the reason."""
    if not reason.strip():
        raise Refused("不予办结须说明理由。")
    return _decide(close_out, CloseOut.Status.REFUSED, reason, by=by, at=at)


def _decide(close_out, status, reason, *, by, at):
    with transaction.atomic():
        close_out = (
            CloseOut.objects.select_for_update(of=("self",))
            .select_related("period__plan", "task")
            .get(pk=close_out.pk)
        )
        if not permissions.coordinates(by, close_out.period.plan):
            raise NotAllowed("只有科协工作人员可以核查办结。")
        if close_out.status != CloseOut.Status.APPLIED:
            raise Refused(f"办结申请已处理：{close_out.get_status_display()}。")
        close_out.period.hold()
        if close_out.period.frozen_at:
            raise Refused(f"{close_out.period}已定稿归档。")
        close_out.status, close_out.reason = status, reason.strip()
        close_out.decided_by, close_out.decided_at = by, at
        close_out.save(update_fields=["status", "reason", "decided_by", "decided_at"])
        audit.record(close_out.get_status_display(), close_out.task, by=by, at=at, detail=close_out.reason)
        tell_close_out(close_out, by=by, at=at)
    return close_out
