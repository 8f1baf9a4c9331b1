"""办结销号: the lead applies with evidence, the coordinator verifies four points, refuses or reopens, with reason."""

from contextlib import ExitStack

from django.db import IntegrityError, transaction

from departments import audit
from departments import permissions as roles

from . import permissions, uploads
from .ledger import Ledger
from .models import CloseOut, Responsibility, Task
from .models.closing import POINTS
from .progress import not_done
from .refusals import NotAllowed, Refused
from .reviewers import is_own, reason_not_reviewer
from .standing import plan_standing
from .telling import tell_close_out
from .workflow import reason_not_open

Status = CloseOut.Status


@transaction.atomic
def apply_for_close_out(task, *, period, department, summary, files, by, at):
    """The lead `department` says the finite task is done, for the books of `period`; the CloseOut with its evidence.

    Refused until every lead in force has reported 已完成, and without at least one of the uploaded `files`.
    """
    if not roles.files_for(by, department.pk):
        raise NotAllowed("只有牵头单位可以申请办结。")
    leads = Responsibility.objects.in_force(period.last_day).leads()
    if not leads.filter(task=task, department=department).exists():
        raise NotAllowed("只有牵头单位可以申请办结。")
    period.hold()
    if why := reason_not_to_apply(task, period, at=at):
        raise Refused(why)
    if not summary.strip():
        raise Refused("请写明完成情况。")
    if not files:
        raise Refused("请上传佐证材料，至少一份。")
    evidence = [(uploads.checked(upload, by=by, at=at), upload) for upload in files]
    applied = {"summary": summary.strip(), "applied_by": by, "applied_at": at}
    try:
        with transaction.atomic(), ExitStack() as kept:
            close_out = CloseOut.objects.create(task=task, period=period, department=department, **applied)
            for file, upload in evidence:
                uploads.require_room(file, close_out.evidence.all(), where="本项办结申请")
                kept.enter_context(uploads.stored(file, upload))
                file.close_out = close_out
                file.save()
            audit.record("申请办结", task, by=by, at=at, detail=close_out.summary)
            tell_close_out(close_out, by=by, at=at)
    except IntegrityError:
        raise Refused("该项工作已申请办结或已办结。") from None
    return close_out


def reason_not_to_apply(task, period, *, at):
    """Why no close-out of the task can be applied for in the period (None: none is open), as a sentence; '' when one can."""
    if task.nature == Task.Nature.STANDING:
        return "长期坚持的工作不办结销号。"
    if period is None:
        return "现在没有开放的填报期，不能申请办结。"
    if period.plan_id != task.plan_id or period.frozen_at or at < period.opens_at:
        return f"{period}不能受理办结申请。"
    if CloseOut.objects.standing().filter(task=task).exists():
        return "该项工作已申请办结或已办结。"
    if unfinished := leads_not_done(task, period, at=at):
        return f"牵头单位都报告“已完成”后才能申请办结，尚未报告的有：{'、'.join(unfinished)}。"
    return ""


def leads_not_done(task, period, *, at):
    """The leads, in words, that have not reported 已完成 up to the period; () when all have."""
    standing = plan_standing(Ledger.load(task.plan), period, at=at, tasks_shown=[task])
    return not_done(standing.tasks[0].leads)


def verify(close_out, *, points, by, at, note=""):
    """予以办结 on four points: from its quarter on the task counts as 100 % and owes nothing."""
    missing = [words for name, words, _ in close_out.points if name not in points]
    if missing:
        raise Refused(f"予以办结须四项都核查通过，尚缺：{'、'.join(missing)}。")
    return _decide(close_out, Status.VERIFIED, note, points=POINTS, by=by, at=at)


def refuse(close_out, *, by, at, reason, points=()):
    """不予办结, with the reason, and those of the `points` that were found in order."""
    if not reason.strip():
        raise Refused("不予办结须说明理由。")
    return _decide(close_out, Status.REFUSED, reason, points=points, by=by, at=at)


def reopen(close_out, *, by, at, reason):
    """重新打开 a verified one: from the latest open quarter on the task owes again.

    Where none is open, from the first quarter, not before the one it counts for, that is not archived; an archived
    quarter keeps what it stored.
    """
    with transaction.atomic():
        close_out = _locked(close_out)
        if not permissions.coordinates(by, close_out.period.plan):
            raise NotAllowed("只有科协工作人员可以重新打开。")
        if close_out.status != Status.VERIFIED:
            raise Refused(f"{close_out.get_status_display()}的办结申请不能重新打开。")
        if not reason.strip():
            raise Refused("请写明重新打开的理由。")
        close_out.status, close_out.reopening_reason = Status.REOPENED, reason.strip()
        close_out.reopened_by, close_out.reopened_at = by, at
        close_out.reopened_in = _owes_again_from(close_out.period, at=at)
        close_out.reopened_in.hold()
        if close_out.reopened_in.frozen_at:
            raise Refused(f"{close_out.reopened_in}刚刚定稿归档，请再操作一次。")
        close_out.save(
            update_fields=["status", "reopening_reason", "reopened_by", "reopened_at", "reopened_in"]
        )
        detail = f"自{close_out.reopened_in}起恢复报送。{close_out.reopening_reason}"
        audit.record("重新打开", close_out.task, by=by, at=at, detail=detail)
        tell_close_out(close_out, by=by, at=at)
    return close_out


def _owes_again_from(period, *, at):
    """The quarter from which a task closed out in `period` owes again when it is reopened now."""
    following = [p for p in period.plan.periods.order_by("year", "quarter") if p.key >= period.key]
    still_open = [p for p in following if not reason_not_open(p, at=at)]
    left = [p for p in following if not p.frozen_at]
    if not left:
        noun = period.plan.words.span
        raise Refused(f"各{noun}都已定稿归档，请先开放下一{noun}，再重新打开。")
    return still_open[-1] if still_open else left[0]


def _decide(close_out, status, reason, *, points, by, at):
    with transaction.atomic():
        close_out = _locked(close_out)
        why = reason_not_reviewer(close_out, by)
        if why:
            raise NotAllowed(why)
        if close_out.status != Status.APPLIED:
            raise Refused(f"办结申请已处理：{close_out.get_status_display()}。")
        close_out.period.hold()
        if close_out.period.frozen_at and status == Status.VERIFIED:
            raise Refused(f"{close_out.period}已定稿归档，不能再计入；请不予办结，由牵头单位重新申请。")
        close_out.status, close_out.reason = status, reason.strip()
        close_out.decided_by, close_out.decided_at = by, at
        close_out.self_reviewed = is_own(close_out, by)
        for name in POINTS:
            setattr(close_out, name, name in points)
        close_out.save(
            update_fields=["status", "reason", "decided_by", "decided_at", "self_reviewed", *POINTS]
        )
        audit.record(close_out.get_status_display(), close_out.task, by=by, at=at, detail=close_out.reason)
        tell_close_out(close_out, by=by, at=at)
    return close_out


def _locked(close_out):
    return (
        CloseOut.objects.select_for_update(of=("self",))
        .select_related("period__plan", "task", "department")
        .get(pk=close_out.pk)
    )
