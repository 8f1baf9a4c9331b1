"""What was promised, task by task, and who answers for it."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from departments.models import Department
from tasks.plan_document.body import is_headed

from .plan import Action, Plan


class Task(models.Model):
    """重点工作: a numbered row of the responsibility table, its title verbatim, with the body text on it."""

    class Nature(models.TextChoices):
        FINITE = "FINITE", "阶段性"
        STANDING = "STANDING", "长期坚持"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="tasks", verbose_name="方案")
    action = models.ForeignKey(Action, models.PROTECT, related_name="tasks", verbose_name="行动（工程）")
    number = models.PositiveSmallIntegerField("序号")
    title = models.CharField("重点工作", max_length=500)
    paragraphs = models.TextField("文件原文", blank=True, help_text="每行一段。")
    nature = models.CharField("性质", max_length=20, choices=Nature, default=Nature.FINITE)

    class Meta:
        ordering = ["plan", "number"]
        verbose_name = verbose_name_plural = "重点工作"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"],
                name="task_unique_number",
                violation_error_message="本方案已有这一序号的重点工作。",
            )
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self):
        return reverse("task", args=[self.plan.slug, self.number])

    @property
    def original(self):
        """What the document says of it: its `paragraphs`; of an added one, those of its action that bear its title."""
        if self.paragraphs:
            return self.paragraphs
        return "\n".join(text for text in self.action.paragraphs.splitlines() if is_headed(text, self.title))


class ResponsibilityQuerySet(models.QuerySet):
    def in_force(self, day):
        """Responsibilities valid on `day` (a date), both ends included."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)

    def leads(self):
        return self.filter(role=Responsibility.Role.LEAD)

    def descents(self, plan_id, duties):
        """{responsibility id: (it, the one it continues, …)} of the `duties` that continue another; a query if any does."""
        if not any(duty.continues_id for duty in duties):
            return {}
        continuing = self.filter(task__plan=plan_id, continues__isnull=False)
        known = descents(dict(continuing.values_list("pk", "continues_id").order_by()))
        return {duty.pk: known[duty.pk] for duty in duties if duty.pk in known}


def descents(continues):
    """`ResponsibilityQuerySet.descents` of {responsibility id: the id it continues}."""
    found = {}
    for pk in continues:
        line = [pk]
        while (older := continues.get(line[-1])) and older not in line:
            line.append(older)
        found[pk] = tuple(line)
    return found


class Responsibility(models.Model):
    """牵头 / 配合: a unit's duty in a task from a day to a day; a unit holds a task once at a time."""

    class Role(models.TextChoices):
        LEAD = "LEAD", "牵头"
        SUPPORT = "SUPPORT", "配合"

    task = models.ForeignKey(Task, models.CASCADE, related_name="responsibilities", verbose_name="重点工作")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="responsibilities", verbose_name="单位"
    )
    role = models.CharField("责任", max_length=10, choices=Role)
    position = models.PositiveSmallIntegerField("排序", default=1)
    valid_from = models.DateField("自")
    valid_to = models.DateField("至", null=True, blank=True)
    decided_by = models.CharField(
        "依据", max_length=200, blank=True, help_text="方案附件以外的分工，写明依据的文件或会议。"
    )
    continues = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="continued_by", verbose_name="承接自"
    )

    objects = ResponsibilityQuerySet.as_manager()

    class Meta:
        ordering = ["task", "role", "position"]
        verbose_name = verbose_name_plural = "责任分工"
        constraints = [
            models.UniqueConstraint(
                fields=["task", "department"],
                condition=Q(valid_to=None),
                name="responsibility_held_once",
                violation_error_message="该单位在此项工作中已有分工。",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="responsibility_ends_after_start",
                violation_error_message="结束日期不应早于开始日期。",
            ),
        ]

    def __str__(self):
        return f"{self.department}{self.get_role_display()}第{self.task.number}项"

    def is_in_force(self, day):
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)

    @property
    def is_lead(self):
        return self.role == self.Role.LEAD
