"""The verbs between lead and supporting units: 征集, its answer, and 无具体任务 with somebody's agreement."""

from django.db import IntegrityError, transaction

from departments import audit
from departments import permissions as roles

from . import calendar, permissions
from .extensions import due_of
from .models import CloseOut, NoDuty, ProgressEntry, Responsibility, SupportRequest
from .refusals import NotAllowed, Refused
from .telling import tell_answer, tell_no_duty, tell_requests
from .workflow import reason_not_open, reason_not_taken


@transaction.atomic
def ask_support(period, lead, responsibilities, *, due_on, by, at, note=""):
    """征集: the unit `lead` asks the supporters of its own tasks for their lines in the period; the new requests.

    Lines asked already are left as they are; the responsibilities come with task and department. Raises NotAllowed
    for a task the unit does not lead, Refused where the period takes nothing or the day is not between today and
    the lead's own deadline.
    """
    if not roles.files_for(by, lead.pk):
        raise NotAllowed("只有牵头单位可以征集。")
    period.hold()
    why = reason_not_open(period, at=at)
    if why:
        raise Refused(why)
    if not responsibilities:
        raise Refused("请勾选要征集的单位和工作。")
    last = calendar.local_day(due_of(period, lead.pk))
    if not calendar.local_day(at) <= due_on <= last:
        raise Refused(f"答复日期应在今天和本单位的截止日期（{calendar.zh_day(last)}）之间。")
    led = Responsibility.objects.in_force(period.last_day).leads().filter(department=lead)
    tasks = set(led.values_list("task_id", flat=True))
    if any(r.is_lead or r.department.is_group or r.task_id not in tasks for r in responsibilities):
        raise NotAllowed("只能向本单位牵头工作的配合单位征集。")
    _require_askable(period, responsibilities)
    asked = {
        "period": period,
        "lead": lead,
        "due_on": due_on,
        "note": note.strip(),
        "asked_by": by,
        "asked_at": at,
    }
    known = set(SupportRequest.objects.filter(period=period).values_list("responsibility_id", flat=True))
    fresh = [SupportRequest(responsibility=r, **asked) for r in responsibilities if r.pk not in known]
    try:
        with transaction.atomic():
            SupportRequest.objects.bulk_create(fresh)
            for request in fresh:
                detail = f"请于{calendar.zh_day(due_on)}前答复。{request.note}"
                audit.record("征集", request, by=by, at=at, detail=detail)
            tell_requests(fresh, by=by, at=at)
    except IntegrityError:
        raise Refused("其中有刚被同事征集的，请刷新页面后再选。") from None
    return fresh


def answer(request, *, by, at):
    """答复: the supporter shows what its line says now to the unit that asked."""
    responsibility = request.responsibility
    if not roles.files_for(by, responsibility.department_id):
        raise NotAllowed("只有被征集的单位可以答复。")
    entries = ProgressEntry.objects.filter(report__period=request.period_id, responsibility=responsibility)
    entry = entries.select_related("report__period__plan").first()
    why = reason_not_taken(entry.report, at=at) if entry else reason_not_open(request.period, at=at)
    if why:
        raise Refused(why)
    if entry is None or not entry.told:
        raise Refused(f"请先填写{request.period.plan.words.this}进展，再答复。")
    with transaction.atomic():
        request.period.hold()
        if request.period.frozen_at:
            raise Refused(f"{request.period}已定稿归档，不能再答复。")
        SupportRequest.objects.filter(pk=request.pk).update(answered_by=by, answered_at=at)
        audit.record("答复征集", request, by=by, at=at)
        tell_answer(request, by=by, at=at)


def claim_no_duty(department, responsibilities, *, reason, by, at):
    """A supporting unit says that the rows give it nothing concrete to do; they wait for agreement."""
    if not roles.files_for(by, department.pk):
        raise NotAllowed("只有本单位可以提出无具体任务。")
    if not responsibilities:
        raise Refused("请勾选没有具体任务的工作。")
    if any(r.is_lead or r.department_id != department.pk for r in responsibilities):
        raise NotAllowed("只有本单位配合的工作可以提出无具体任务。")
    if not reason.strip():
        raise Refused("请写明理由。")
    try:
        with transaction.atomic():
            for responsibility in responsibilities:
                claim = NoDuty.objects.create(
                    responsibility=responsibility, reason=reason.strip(), asked_by=by, asked_at=at
                )
                audit.record("提出无具体任务", claim.responsibility, by=by, at=at, detail=claim.reason)
                tell_no_duty(claim, by=by, at=at)
    except IntegrityError:
        raise Refused("其中有已经提出或已经确认的，请刷新页面后再选。") from None


def decide_no_duty(claim, *, agree, by, at, decision=""):
    """The lead's or the coordinator's word on a claim; not one's own unit's."""
    with transaction.atomic():
        claim = _locked(claim)
        if not may_decide(by, claim, on=calendar.local_day(at)):
            raise NotAllowed("由该项工作的牵头单位或科协工作人员确认，本单位不能自行确认。")
        if claim.status != NoDuty.Status.ASKED:
            raise Refused(f"该申请已处理：{claim.get_status_display()}。")
        if not agree and not decision.strip():
            raise Refused("不同意的，请写明理由。")
        _close(claim, NoDuty.Status.AGREED if agree else NoDuty.Status.REFUSED, decision, by=by, at=at)


def end_no_duty(claim, *, by, at):
    """恢复填报: the unit takes its claim back, or those who agreed find that there is a duty after all."""
    with transaction.atomic():
        claim = _locked(claim)
        own = roles.files_for(by, claim.responsibility.department_id)
        if not own and not may_decide(by, claim, on=calendar.local_day(at)):
            raise NotAllowed("由本单位、牵头单位或科协工作人员恢复填报。")
        if claim.status not in (NoDuty.Status.ASKED, NoDuty.Status.AGREED):
            raise Refused(f"该申请已处理：{claim.get_status_display()}。")
        _close(claim, NoDuty.Status.ENDED, "", by=by, at=at)


def may_decide(user, claim, *, on):
    """Whether the user leads the task on that day or coordinates its plan, and is not of the claiming unit."""
    responsibility = claim.responsibility
    if roles.belongs_to(user, responsibility.department_id):
        return False
    leads = Responsibility.objects.in_force(on).leads().filter(task=responsibility.task_id)
    return permissions.coordinates(user, responsibility.task.plan) or any(
        roles.files_for(user, unit) for unit in leads.values_list("department_id", flat=True)
    )


def _require_askable(period, responsibilities):
    closed = set(CloseOut.objects.verified_up_to(period).values_list("task_id", flat=True))
    _refuse([r for r in responsibilities if r.task_id in closed], "已办结，不再征集")
    idle = NoDuty.objects.agreed().filter(responsibility__in=responsibilities)
    held = set(idle.values_list("responsibility_id", flat=True))
    _refuse([r for r in responsibilities if r.pk in held], "已确认无具体任务；要征集的，请先恢复填报")


def _refuse(responsibilities, sentence):
    if responsibilities:
        numbers = "、".join(str(number) for number in sorted({r.task.number for r in responsibilities}))
        raise Refused(f"第 {numbers} 项{sentence}。")


def _locked(claim):
    return (
        NoDuty.objects.select_for_update(of=("self",))
        .select_related("responsibility__task__plan", "responsibility__department")
        .get(pk=claim.pk)
    )


def _close(claim, status, decision, *, by, at):
    claim.status, claim.decision = status, decision.strip()
    claim.decided_by, claim.decided_at = by, at
    claim.save(update_fields=["status", "decision", "decided_by", "decided_at"])
    audit.record(
        f"无具体任务：{claim.get_status_display()}", claim.responsibility, by=by, at=at, detail=claim.decision
    )
    tell_no_duty(claim, by=by, at=at)
