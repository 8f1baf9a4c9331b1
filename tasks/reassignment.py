"""责任分工 changed by decision: from a quarter on a task has other units, or is listed for the first time.

A new duty `continues` the one whose place it takes, so that progress is not lost; earlier quarters keep who held it.
"""

from django.db import transaction
from django.db.models import F, Max, Q

from departments import audit
from departments.models import Department
from departments.names import visible
from departments.reform import lock_region

from . import calendar, permissions
from .handover import forget, leave
from .inheritance import Share, hold_periods_from, pass_on_lines
from .models import ReportingPeriod, Responsibility, Task
from .numerals import zh_ordinal
from .refusals import NotAllowed, Refused
from .telling import tell_decision

Role = Responsibility.Role


def require_from(plan, year, quarter, *, task=None):
    """The first day of the period that the quarter lies in, from which on may be decided; Refused with the reason why not."""
    noun = plan.words.span
    year, quarter = calendar.period_of(year, quarter, plan.cadence)
    first, label = (
        calendar.first_day(year, quarter, plan.cadence),
        calendar.label(year, quarter, plan.cadence),
    )
    if not (plan.starts_on <= calendar.last_day(year, quarter) and first <= plan.ends_on):
        raise Refused(f"{label}不在方案期内。")
    if task and first <= plan.starts_on:
        raise Refused("方案起始即适用的分工以文件为准，请更正文件后重新导入。")
    first = max(first, plan.starts_on)
    frozen = ReportingPeriod.objects.filter(plan=plan, frozen_at__isnull=False)
    if any(period.key >= (year, quarter) for period in frozen):
        raise Refused(f"{label}或以后的{noun}已定稿归档，请从归档以后的{noun}起调整。")
    later = task and task.responsibilities.filter(valid_from__gt=first).exclude(valid_to=F("valid_from"))
    if later := later and later.order_by("-valid_from").first():
        raise Refused(
            f"第{task.number}项自{calendar.zh_day(later.valid_from)}起已有新的分工，不能从更早的{noun}起调整。"
        )
    return first


def reassign(task, *, leads, supports, year, quarter, decided_by, reason, by, at):
    """From the quarter on the task is led by `leads`, in that order, and supported by `supports` (Departments).

    `decided_by` is the document or meeting the decision rests on. A new lead continues the progress of the one whose
    place it takes. Refused without a lead, basis or reason, or where nothing changes.
    """
    decided_by, reason = visible(decided_by), visible(reason)
    _require(task.plan, leads, supports, decided_by, reason, by=by)
    with transaction.atomic():
        _lock_units(task.plan, leads, supports)
        task = Task.objects.select_for_update(of=("self",)).select_related("plan").get(pk=task.pk)
        held = hold_periods_from(task.plan.region_id, task.plan.starts_on)
        on = require_from(task.plan, year, quarter, task=task)
        _require_begun(leads, supports, on)
        decision = _Decision(task, on, decided_by)
        changes = decision.carry_out(leads, supports)
        if not changes:
            raise Refused("分工没有变化。")
        periods = [p for p in held if p.plan_id == task.plan_id and p.last_day >= on]
        pass_on_lines(decision.shares, periods)
        forget(decision.vacated)
        detail = _told(task.plan, year, quarter, changes, decided_by, reason)
        audit.record("调整责任分工", task, by=by, at=at, detail=detail)
        told = {"told": f"责任分工调整，{detail}", "period": _period_of(held, task.plan, year, quarter)}
        tell_decision(task, decision.concerned, **told, by=by, at=at)
    return task


def add_task(action, *, title, nature, leads, supports, year, quarter, decided_by, reason, by, at):
    """A task of the action that the table does not list, by decision, numbered after the plan's last; the Task."""
    plan, title = action.plan, visible(title)
    decided_by, reason = visible(decided_by), visible(reason)
    _require(plan, leads, supports, decided_by, reason, by=by)
    if not title:
        raise Refused("请写明重点工作名称。")
    if len(title) > 500:
        raise Refused("重点工作名称不能超过 500 字。")
    if nature not in Task.Nature.values:
        raise Refused("请选择性质。")
    with transaction.atomic():
        _lock_units(plan, leads, supports)
        type(plan).objects.select_for_update(of=("self",)).get(pk=plan.pk)
        held = hold_periods_from(plan.region_id, plan.starts_on)
        on = require_from(plan, year, quarter)
        _require_begun(leads, supports, on)
        if plan.tasks.filter(title=title).exists():
            raise Refused("本方案已有这项重点工作。")
        number = (plan.tasks.aggregate(last=Max("number"))["last"] or 0) + 1
        task = Task.objects.create(plan=plan, action=action, number=number, title=title, nature=nature)
        decision = _Decision(task, on, decided_by)
        detail = _told(plan, year, quarter, decision.carry_out(leads, supports), decided_by, reason)
        audit.record("增列重点工作", task, by=by, at=at, detail=detail)
        told = {"told": f"增列为重点工作，{detail}", "period": _period_of(held, plan, year, quarter)}
        tell_decision(task, decision.concerned, **told, by=by, at=at)
    return task


def _require(plan, leads, supports, decided_by, reason, *, by):
    if not permissions.coordinates(by, plan):
        raise NotAllowed("只有科协工作人员可以调整责任分工。")
    if not leads:
        raise Refused("请至少选择一个牵头单位。")
    if not decided_by:
        raise Refused("请写明依据的文件或会议。")
    if len(decided_by) > 200:
        raise Refused("依据不能超过 200 字。")
    if not reason:
        raise Refused("请写明调整理由。")
    units = [*leads, *supports]
    if len({unit.pk for unit in units}) < len(units):
        raise Refused("同一单位在一项工作中只能列入一次。")
    if any(unit.region_id != plan.region_id or unit.ends_on for unit in units):
        raise Refused("所选单位不是本行政区现有的单位。")
    if any(unit.is_group for unit in leads):
        raise Refused("单位组不能牵头。")


def _lock_units(plan, leads, supports):
    """No unit is reformed meanwhile; Refused for one that has been since it was read."""
    lock_region(plan.region_id)
    if (
        Department.objects.filter(pk__in=[unit.pk for unit in (*leads, *supports)])
        .exclude(ends_on=None)
        .exists()
    ):
        raise Refused("所选单位刚经机构改革，请刷新页面后再选。")


def _require_begun(leads, supports, on):
    for unit in (*leads, *supports):
        if unit.begins_on and unit.begins_on > on:
            raise Refused(f"{unit}自{calendar.zh_day(unit.begins_on)}起设立，不能承担此前的工作。")


def _period_of(held, plan, year, quarter):
    """The one of the periods that the quarter of the plan lies in; None where it is not opened yet."""
    key = calendar.period_of(year, quarter, plan.cadence)
    return next((period for period in held if period.plan_id == plan.pk and period.key == key), None)


def _told(plan, year, quarter, changes, decided_by, reason):
    since = calendar.label(year, quarter, plan.cadence)
    return f"自{since}起：{'；'.join(changes)}。依据：{decided_by}。理由：{reason}"


class _Decision:
    """The rows of one task between who holds it before the day and who is to hold it from then on."""

    def __init__(self, task, on, decided_by):
        self.task, self.on, self.decided_by = task, on, decided_by
        self.changes, self.shares, self.vacated, self.concerned = [], [], [], []
        duties = task.responsibilities.select_related("department", "continues", "task__plan")
        last_day = calendar.last_day(*calendar.period_of(*calendar.quarter_of(on), task.plan.cadence))
        held = duties.filter(Q(valid_to=None) | Q(valid_to__gte=on))
        held = held.exclude(valid_from__gte=on, valid_to__lt=last_day).order_by("role", "position", "pk")
        self.held = {duty.department_id: duty for duty in held}
        self.former = {
            duty.department_id: duty for duty in duties.filter(valid_to__lt=on).order_by("valid_to")
        }

    def carry_out(self, leads, supports):
        """Write the rows; sentences on what changed."""
        wanted = {unit.pk: (unit, Role.LEAD, place) for place, unit in enumerate(leads, start=1)}
        places = [duty.position for duty in self.held.values() if not duty.is_lead]
        last = max(places, default=0)
        for unit in supports:
            duty = self.held.get(unit.pk)
            if duty is None or duty.is_lead:
                last += 1
            wanted[unit.pk] = (unit, Role.SUPPORT, last if duty is None or duty.is_lead else duty.position)
        gone = [duty for pk, duty in self.held.items() if pk not in wanted]
        leading = {pk for pk, (_, role, _) in wanted.items() if role == Role.LEAD}
        places = [duty for pk, duty in self.held.items() if duty.is_lead and pk not in leading]
        rows = []
        for unit, role, position in wanted.values():
            duty = self.held.get(unit.pk)
            if duty and (duty.role, duty.position) == (role, position):
                continue
            older = duty if duty and duty.valid_from < self.on else self.former.get(unit.pk)
            if role == Role.LEAD and not (duty and duty.is_lead) and places:
                older = places.pop(0)
            rows.append(self._row(unit, role, position, duty, older))
            self.changes.append(_what_changed(unit, role, position, duty))
            self.concerned.append(unit.pk)
        for duty in gone:
            self._require_unfiled(duty)
            self._leave(duty)
            self.changes.append(f"不再列{duty.get_role_display()}单位{duty.department}")
            self.concerned.append(duty.department_id)
        for row in rows:
            row.save()
            own = self.held.get(row.department_id)
            if own and own.pk != row.pk:
                self.shares.append(Share(own.pk, own.department_id, self.on, None, row))
        return self.changes

    def _row(self, unit, role, position, duty, older):
        """The unit's duty from the day on; its own of that role that begins on that day is changed, another one ends."""
        if older and older.valid_from >= self.on:
            older = older.continues
        if duty and duty.valid_from >= self.on and duty.role == role:
            duty.position, duty.decided_by, duty.continues = position, self.decided_by, older
            return duty
        if duty:
            self._leave(duty)
        return Responsibility(
            task=self.task,
            department=unit,
            role=role,
            position=position,
            valid_from=self.on,
            decided_by=self.decided_by,
            continues=older,
        )

    def _leave(self, duty):
        if leave(duty, self.on):
            self.vacated.append(duty)

    def _require_unfiled(self, duty):
        if duty.valid_from >= self.on and duty.entries.exists():
            number, day = self.task.number, calendar.zh_day(duty.valid_from)
            raise Refused(f"第{number}项{duty.department}自{day}起的分工已有填报，不能取消。")


def _what_changed(unit, role, position, duty):
    if duty is None:
        return f"新增{role.label}单位{unit}"
    if duty.role != role:
        return f"{unit}改为{role.label}单位"
    return f"{unit}改为第{zh_ordinal(position)}{role.label}单位"
