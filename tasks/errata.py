"""更正说明: what a frozen quarter should have said, put beside it, and counted in later quarters only."""

from django.db import transaction

from departments import audit

from . import permissions
from .models import Erratum, Responsibility, Stage
from .models.duties import descents
from .refusals import NotAllowed, Refused
from .standing import PlanStanding
from .telling import tell_correction


def correct(period, *, subject, old, new, reason, by, at, unit_id=None):
    """Put a correction of `subject` (a unit, an indicator, the plan's total) beside a frozen quarter; the Erratum.

    `old` is what was stored; where the subject was corrected before, what that made of it takes its place. Told to the
    unit that it is about, None where it is about none.
    """
    before = period.errata.filter(subject=subject.strip()).order_by("at", "pk").last()
    old = before.new if before else old
    told, units = {"subject": subject, "old": old, "new": new}, [unit_id] if unit_id else []
    return _correct(period, told, reason, units=units, by=by, at=at)


def correct_completion(period, responsibility, completion, *, reason, by, at):
    """Correct what a lead stated of a task in a frozen quarter; the Erratum.

    From that quarter on it is the accepted figure for later quarters. What it was is taken from what is stored.
    """
    if not responsibility.is_lead or responsibility.task.plan_id != period.plan_id:
        raise Refused("请从所列牵头工作中选择。")
    if completion is None or not 0 <= completion <= 100:
        raise Refused("进度应为 0 至 100 的整数。")
    stage = (
        Stage.NOT_STARTED if completion == 0 else Stage.COMPLETED if completion == 100 else Stage.UNDER_WAY
    )
    number, unit, old = _stored(period, responsibility)
    told = {
        "subject": f"第{number}项：{unit}自评进度",
        "old": old,
        "new": f"{completion}%（{stage.label}）",
        "task": responsibility.task,
        "responsibility": responsibility,
        "completion": completion,
        "stage": stage,
    }
    return _correct(period, told, reason, units=_stating(responsibility), by=by, at=at)


def _stating(responsibility):
    """Ids of the units concerned with a duty's figure: who held it, and who has continued it since; one query."""
    rows = Responsibility.objects.filter(task=responsibility.task_id).order_by()
    duties = {pk: (unit, older) for pk, unit, older in rows.values_list("pk", "department", "continues")}
    continued = descents({pk: older for pk, (_, older) in duties.items() if older})
    return [unit for pk, (unit, _) in duties.items() if responsibility.pk in (pk, *continued.get(pk, ()))]


def _correct(period, told, reason, *, units, by, at):
    if not permissions.coordinates(by, period.plan):
        raise NotAllowed("只有科协工作人员可以更正。")
    if not period.frozen_at:
        raise Refused(f"{period}还没有定稿归档，请直接退回或重新打开{period.plan.words.report}更正。")
    told = {name: value.strip() if isinstance(value, str) else value for name, value in told.items()}
    if not (told["subject"] and told["old"] and told["new"]):
        raise Refused("请写明更正事项、原数据和更正后的数据。")
    if told["old"] == told["new"]:
        raise Refused("更正后的数据与原数据相同。")
    if not reason.strip():
        raise Refused("请写明更正原因和依据。")
    with transaction.atomic():
        erratum = Erratum.objects.create(period=period, reason=reason.strip(), by=by, at=at, **told)
        detail = f"{erratum.subject}：原为{erratum.old}，更正为{erratum.new}。{erratum.reason}"
        audit.record("更正说明", f"{period.plan} {period}", by=by, at=at, detail=detail)
        tell_correction(erratum, units, by=by, at=at)
    return erratum


def _stored(period, responsibility):
    """The task's number, the lead's name and its figure as they are stored, or as a correction left the figure."""
    standing = period.stored and period.stored.read("standing", PlanStanding)
    number, unit, old = responsibility.task.number, str(responsibility.department), "无数据"
    for task in standing.tasks if standing else ():
        for lead in task.leads:
            if lead.responsibility_id == responsibility.pk:
                number, unit = task.number, lead.department
                if lead.completion is not None:
                    old = f"{lead.completion}%（{Stage(lead.stage).label}）"
    last = Erratum.objects.filter(period=period, responsibility=responsibility).order_by("at", "pk").last()
    return number, unit, last.new if last else old
