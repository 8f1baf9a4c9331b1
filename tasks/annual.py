"""年度完成: the coordinator's judgement of 长期坚持 tasks at a year's end, which are never closed out."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef

from departments import audit

from . import calendar, permissions
from .models import AnnualJudgement, Plan, Responsibility, Task
from .refusals import NotAllowed, Refused


@dataclass(frozen=True)
class Judged:
    """What a coordinator says of one task: `completed` (None: 未评) and the ground.

    `seen` is the moment of the judgement that the coordinator had before their eyes, as ISO text; '' for none.
    """

    task_id: int
    completed: bool | None
    ground: str
    seen: str = ""


def standing_tasks(plan, year):
    """长期坚持 tasks of the plan, but for those that were added by decision after the year."""
    held = Responsibility.objects.filter(task=OuterRef("pk"))
    later = held.filter(valid_from__gt=date(year, 12, 31))
    begun = held.exclude(valid_from__gt=date(year, 12, 31))
    return plan.tasks.filter(~Exists(later) | Exists(begun), nature=Task.Nature.STANDING)


def judgeable_years(plan, *, at):
    """Years of the plan that can be judged, the latest first: their last quarter has been opened, or is past."""
    today = calendar.local_day(at)
    opened = set(plan.periods.filter(opens_at__lte=at).values_list("year", "quarter"))
    return [
        year
        for year in range(plan.ends_on.year, plan.starts_on.year - 1, -1)
        for last in [min(date(year, 12, 31), plan.ends_on)]
        if today > last or calendar.quarter_of(last) in opened
    ]


def judge(plan, year, judged, *, by, at):
    """Store what is said of the plan's standing tasks in the year; how many judgements changed.

    All or nothing. The audit log keeps old and new. Refused for a year that is not over yet, without a ground, and
    where somebody else has judged a task since.
    """
    if not permissions.coordinates(by, plan):
        raise NotAllowed("只有科协工作人员可以评定年度完成情况。")
    if year not in judgeable_years(plan, at=at):
        raise Refused(f"{year}年度还不能评定。")
    with transaction.atomic():
        Plan.objects.select_for_update().get(pk=plan.pk)
        tasks = standing_tasks(plan, year).in_bulk([row.task_id for row in judged])
        if len(tasks) < len(judged):
            raise Refused("只有长期坚持的工作评定年度完成情况，请刷新页面后再填。")
        held = {j.task_id: j for j in AnnualJudgement.objects.filter(task__in=tasks, year=year)}
        changed = [row for row in judged if _differs(row, held.get(row.task_id))]
        _require_sound(changed, held, tasks)
        for row in changed:
            _store(row, tasks[row.task_id], year, held.get(row.task_id), by=by, at=at)
    return len(changed)


def stamp(judgement):
    """What a page carries as `Judged.seen`."""
    return judgement.judged_at.isoformat() if judgement else ""


def told_up_to(tasks, year):
    """{task id: 2022年完成；2023年未评…} of the given tasks up to the year: those judged, and 未评 for standing ones."""
    told = {task.pk: [] for task in tasks}
    for judgement in AnnualJudgement.objects.filter(task__in=told, year__lte=year).order_by("year"):
        told[judgement.task_id].append(judgement.told)
    unjudged = {task.pk: "未评" if task.nature == Task.Nature.STANDING else "" for task in tasks}
    return {pk: "；".join(words) or unjudged[pk] for pk, words in told.items()}


def _differs(row, held):
    if held is None:
        return row.completed is not None or bool(row.ground.strip())
    return (held.completed, held.ground) != (row.completed, row.ground.strip())


def _require_sound(changed, held, tasks):
    _refuse(
        [r for r in changed if r.seen != stamp(held.get(r.task_id))], tasks, "刚有人评定过，请核对后再保存"
    )
    without_verdict = [
        r for r in changed if r.completed is None and r.ground.strip() and r.task_id not in held
    ]
    _refuse(without_verdict, tasks, "写了依据，请选择“完成”或“未完成”")
    _refuse([r for r in changed if r.completed is not None and not r.ground.strip()], tasks, "请写明评定依据")


def _refuse(rows, tasks, sentence):
    if rows:
        numbers = "、".join(str(n) for n in sorted(tasks[row.task_id].number for row in rows))
        raise Refused(f"第 {numbers} 项：{sentence}。")


def _store(row, task, year, held, *, by, at):
    before = f"{held.told}（{held.ground}）" if held else "未评"
    if row.completed is None:
        held.delete()
        after = "未评"
    else:
        held = held or AnnualJudgement(task=task, year=year)
        held.completed, held.ground = row.completed, row.ground.strip()
        held.judged_by, held.judged_at = by, at
        held.save()
        after = f"{held.told}（{held.ground}）"
    audit.record("评定年度完成", task, by=by, at=at, detail=f"{year}年度：由{before}改为{after}")
