"""Who answers for what, as the official table assigns it, kept in step with a new version of the document."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from .calendar import local_day
from .models import Plan, ProgressEntry, Responsibility

DROPPED = "重新导入的文件不再列入"
Role = Responsibility.Role


def assign(plan, wanted, *, at, heirs):
    """Bring the plan's responsibilities to `wanted`, {task: {department: (role, position)}}; sentences on what changed.

    `heirs` maps a department that had ended before the plan to those that took its place: the document's old name then
    means the one of them that has the task, else the first, unless the old unit had it, which went where a reform or
    decision put it. A duty of a unit that has ended since is new only where the unit never had it.

    The table's duties hold from the plan's first day. One that it no longer gives is deleted, or ended on the
    day of `at` where lines were filed on it. What was decided elsewhere (`decided_by`, or taken over from another
    unit) stays as it is. Call it inside the deed's transaction.
    """
    stored = {}
    for duty in _stored(plan):
        stored.setdefault(duty.task_id, []).append(duty)
    step = _Step(plan, local_day(at))
    for task, duties in wanted.items():
        held = stored.get(task.pk, ())
        step.settle(task, held, _current(duties, held, heirs))
    step.save()
    return step.changes


def _current(duties, stored, heirs):
    """The wanted duties by the units that can have them: an heir's for a former unit that never had it."""
    current = {unit: duty for unit, duty in duties.items() if unit not in heirs}
    had = {duty.department_id for duty in stored}
    for unit, candidates in heirs.items():
        if unit in duties and unit.pk not in had and candidates:
            heir = next((heir for heir in candidates if heir.pk in had), candidates[0])
            mine = current.setdefault(heir, duties[unit])
            current[heir] = min(mine, duties[unit], key=lambda duty: (duty[0] != Role.LEAD, duty[1]))
    return current


def _stored(plan):
    return (
        Responsibility.objects.filter(task__plan=plan)
        .select_related("department", "continues")
        .annotate(
            has_lines=Exists(ProgressEntry.objects.filter(responsibility=OuterRef("pk"))),
            is_continued=Exists(Responsibility.objects.filter(continues=OuterRef("pk"))),
        )
        .order_by("pk")
    )


@dataclass
class _Step:
    """The rows to make, change and delete between what is stored and what is wanted."""

    plan: Plan
    today: date
    new: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    gone: list = field(default_factory=list)
    changes: list = field(default_factory=list)

    def settle(self, task, stored, wanted):
        held = {duty.department_id: duty for duty in stored if duty.valid_to is None}
        ended = {duty.department_id: duty for duty in stored if duty.valid_to is not None}
        reordered = False
        for department, (role, position) in wanted.items():
            duty = held.pop(department.pk, None)
            if duty is None:
                self.take_up(task, department, role, position, ended.get(department.pk))
            elif not duty.decided_by and duty.role != role:
                self.change_role(task, duty, role, position)
            elif not duty.decided_by and duty.position != position:
                duty.position, reordered = position, True
                self.changed.append(duty)
        if reordered:
            self.changes.append(f"第{task.number}项单位顺序有调整")
        for duty in held.values():
            self.drop(task, duty)

    def take_up(self, task, department, role, position, ended):
        """A duty the unit does not hold now: new, or its own again if only an import had ended it."""
        if ended is None:
            self.add(task, department, role, position, valid_from=self.plan.starts_on)
        elif ended.decided_by == DROPPED and not ended.is_continued:
            ended.valid_to, ended.decided_by = None, ""
            ended.role, ended.position = role, position
            self.changed.append(ended)
        else:
            return
        self.changes.append(f"第{task.number}项新增{role.label}单位：{department}")

    def add(self, task, department, role, position, **fields):
        self.new.append(
            Responsibility(task=task, department=department, role=role, position=position, **fields)
        )

    def change_role(self, task, duty, role, position):
        """The unit's other role; what it filed in the old one stays with a duty that ends today."""
        self.changes.append(f"第{task.number}项{duty.department}改为{role.label}单位")
        if duty.has_lines:
            self.end(duty)
            following = duty.valid_to + timedelta(days=1)
            self.add(task, duty.department, role, position, valid_from=following, continues=duty)
        else:
            duty.role, duty.position = role, position
            self.changed.append(duty)

    def drop(self, task, duty):
        taken_over = duty.continues and duty.continues.department_id != duty.department_id
        if duty.decided_by or taken_over:
            return
        label = f"第{task.number}项不再列{duty.get_role_display()}单位{duty.department}"
        if duty.has_lines or duty.is_continued:
            self.end(duty)
            self.changes.append(f"{label}，其分工至 {duty.valid_to:%Y-%m-%d} 止，已填进展保留")
        else:
            self.gone.append(duty.pk)
            self.changes.append(label)

    def end(self, duty):
        duty.valid_to, duty.decided_by = max(self.today, duty.valid_from), DROPPED
        self.changed.append(duty)

    def save(self):
        Responsibility.objects.filter(pk__in=self.gone).delete()
        Responsibility.objects.bulk_update(self.changed, ["role", "position", "valid_to", "decided_by"])
        Responsibility.objects.bulk_create(self.new)
