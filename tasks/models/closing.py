"""办结销号: when a finite task is over."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from departments.models import Department

from .plan import Task
from .reporting import ReportingPeriod


class CloseOutQuerySet(models.QuerySet):
    def verified_up_to(self, period):
        """Verified close-outs assigned to that quarter of the plan or an earlier one."""
        return self.filter(
            Q(period__year__lt=period.year)
            | Q(period__year=period.year, period__quarter__lte=period.quarter),
            status=CloseOut.Status.VERIFIED,
            task__plan=period.plan_id,
        )


class CloseOut(models.Model):
    """办结销号: a lead's application for one finite task and what the coordinator made of it.

    A task has at most one that is applied for or verified; refused ones stay as history.
    """

    class Status(models.TextChoices):
        APPLIED = "APPLIED", "申请办结"
        VERIFIED = "VERIFIED", "已办结"
        REFUSED = "REFUSED", "不予办结"

    task = models.ForeignKey(Task, models.PROTECT, related_name="close_outs", verbose_name="重点工作")
    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="close_outs", verbose_name="计入季度"
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="close_outs", verbose_name="申请单位"
    )
    status = models.CharField("状态", max_length=20, choices=Status, default=Status.APPLIED)
    summary = models.TextField("完成情况", max_length=5000)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="申请人"
    )
    applied_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="核查人",
    )
    decided_at = models.DateTimeField("核查时间", null=True, blank=True)
    reason = models.TextField("核查意见", blank=True)

    objects = CloseOutQuerySet.as_manager()

    class Meta:
        ordering = ["-applied_at", "-pk"]
        verbose_name = verbose_name_plural = "办结销号"
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(status__in=["APPLIED", "VERIFIED"]),
                name="closeout_one_standing_per_task",
                violation_error_message="该项工作已申请办结或已办结。",
            ),
            models.CheckConstraint(
                condition=Q(status="APPLIED", decided_by=None, decided_at=None)
                | Q(status__in=["VERIFIED", "REFUSED"], decided_by__isnull=False, decided_at__isnull=False),
                name="closeout_decision_on_record",
                violation_error_message="核查结论应有核查人和时间。",
            ),
            models.CheckConstraint(
                condition=~Q(status="REFUSED") | ~Q(reason=""),
                name="closeout_refusal_has_reason",
                violation_error_message="不予办结须说明理由。",
            ),
        ]

    def __str__(self):
        return f"第{self.task.number}项{self.get_status_display()}"
