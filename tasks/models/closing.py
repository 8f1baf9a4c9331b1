"""办结销号: when a finite task is over; 年度完成: what a standing one came to in a year."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from departments.models import Department

from .duties import Task
from .reporting import ReportingPeriod

POINTS = ("facts_clear", "problem_solved", "task_done", "evidence_sufficient")


class CloseOutQuerySet(models.QuerySet):
    def standing(self):
        """Applied for or verified: those that leave no room for another."""
        return self.filter(status__in=CloseOut.STANDING)

    def verified_up_to(self, period):
        """Close-outs that count in that quarter of the plan: assigned to it or an earlier one, not reopened by it."""
        return self.filter(
            Q(status=CloseOut.Status.VERIFIED)
            | Q(status=CloseOut.Status.REOPENED, reopened_in__year__gt=period.year)
            | Q(
                status=CloseOut.Status.REOPENED,
                reopened_in__year=period.year,
                reopened_in__quarter__gt=period.quarter,
            ),
            Q(period__year__lt=period.year)
            | Q(period__year=period.year, period__quarter__lte=period.quarter),
            task__plan=period.plan_id,
        )


class CloseOut(models.Model):
    """办结销号: a lead's application for one finite task and what the coordinator made of it.

    A task has at most one that is applied for or verified; refused and reopened ones stay as history. A verified
    one has all four points, and counts from `period` on; a reopened one up to the quarter before `reopened_in`.
    """

    class Status(models.TextChoices):
        APPLIED = "APPLIED", "申请办结"
        VERIFIED = "VERIFIED", "已办结"
        REFUSED = "REFUSED", "不予办结"
        REOPENED = "REOPENED", "已重新打开"

    STANDING = (Status.APPLIED, Status.VERIFIED)
    PUBLIC = (Status.VERIFIED, Status.REOPENED)

    task = models.ForeignKey(Task, models.PROTECT, related_name="close_outs", verbose_name="重点工作")
    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="close_outs", verbose_name="计入填报期"
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
    facts_clear = models.BooleanField("事实清楚", default=False)
    problem_solved = models.BooleanField("问题解决", default=False)
    task_done = models.BooleanField("任务完成", default=False)
    evidence_sufficient = models.BooleanField("佐证充分", default=False)
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
    self_reviewed = models.BooleanField("自报未经他方核查", default=False)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="重新打开人",
    )
    reopened_at = models.DateTimeField("重新打开时间", null=True, blank=True)
    reopening_reason = models.TextField("重新打开理由", blank=True)
    reopened_in = models.ForeignKey(
        ReportingPeriod,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="自何填报期起恢复报送",
    )

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
                | Q(
                    status__in=["VERIFIED", "REFUSED", "REOPENED"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="closeout_decision_on_record",
                violation_error_message="核查结论应有核查人和时间。",
            ),
            models.CheckConstraint(
                condition=~Q(status="REFUSED") | ~Q(reason=""),
                name="closeout_refusal_has_reason",
                violation_error_message="不予办结须说明理由。",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["VERIFIED", "REOPENED"]) | Q(**dict.fromkeys(POINTS, True)),
                name="closeout_verified_on_four_points",
                violation_error_message="予以办结须四项都核查通过。",
            ),
            models.CheckConstraint(
                condition=Q(
                    Q(status="REOPENED", reopened_by__isnull=False, reopened_at__isnull=False),
                    ~Q(reopening_reason=""),
                    reopened_in__isnull=False,
                )
                | Q(
                    ~Q(status="REOPENED"),
                    reopened_by=None,
                    reopened_at=None,
                    reopening_reason="",
                    reopened_in=None,
                ),
                name="closeout_reopening_on_record",
                violation_error_message="重新打开应有操作人、时间、理由和起算的填报期。",
            ),
        ]

    def __str__(self):
        return f"第{self.task.number}项{self.get_status_display()}"

    @property
    def points(self):
        """(field name, its words, whether the coordinator ticked it) of the four points."""
        return [(name, self._meta.get_field(name).verbose_name, getattr(self, name)) for name in POINTS]


class AnnualJudgement(models.Model):
    """年度完成: whether a standing task was completed in a year, and on what ground; one for each task and year."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="annual_judgements", verbose_name="重点工作")
    year = models.PositiveSmallIntegerField(
        "年度", validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    completed = models.BooleanField("年度完成")
    ground = models.TextField("评定依据", max_length=2000, blank=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="评定人"
    )
    judged_at = models.DateTimeField("评定时间")

    class Meta:
        ordering = ["task", F("year").desc()]
        verbose_name = verbose_name_plural = "年度完成情况"
        constraints = [
            models.UniqueConstraint(
                fields=["task", "year"],
                name="annual_judgement_one_per_year",
                violation_error_message="该项工作这一年度已评定。",
            ),
            models.CheckConstraint(
                condition=~Q(ground=""),
                name="annual_judgement_has_ground",
                violation_error_message="请写明评定依据。",
            ),
        ]

    def __str__(self):
        return f"第{self.task.number}项{self.told}"

    @property
    def verdict(self):
        return "完成" if self.completed else "未完成"

    @property
    def told(self):
        """2023年未完成"""
        return f"{self.year}年{self.verdict}"
