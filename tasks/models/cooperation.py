"""Lead and supporting units: what a lead asks of a supporter (征集), and duties that are none (无具体任务)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from departments.models import Department

from .duties import Responsibility
from .reporting import QuarterlyReport, ReportEvent, ReportingPeriod


class SupportRequestQuerySet(models.QuerySet):
    def unanswered(self):
        """Those to which neither an answer nor, since they were asked, the unit's return has come."""
        own = Q(report__period=OuterRef("period"), report__department=OuterRef("responsibility__department"))
        with_kexie = Q(report__status=QuarterlyReport.Status.SUBMITTED, at__gte=OuterRef("asked_at")) | Q(
            report__status=QuarterlyReport.Status.ACCEPTED
        )
        filed = ReportEvent.objects.filter(own, with_kexie, verb=ReportEvent.Verb.SUBMIT)
        return self.filter(~Exists(filed), answered_at=None)


class SupportRequest(models.Model):
    """征集: a lead asks a supporting unit for its line on a task in one period; being asked makes the unit owe.

    One for each line and period. Answered when the unit says so (`answered_at`) or has filed its return.
    """

    period = models.ForeignKey(
        ReportingPeriod, models.CASCADE, related_name="support_requests", verbose_name="填报期"
    )
    responsibility = models.ForeignKey(
        Responsibility, models.CASCADE, related_name="support_requests", verbose_name="配合责任"
    )
    lead = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="征集单位")
    due_on = models.DateField("请于此日前答复")
    note = models.CharField("说明", max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="征集人"
    )
    asked_at = models.DateTimeField("征集时间")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="答复人",
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = SupportRequestQuerySet.as_manager()

    class Meta:
        ordering = ["period", "responsibility"]
        verbose_name = verbose_name_plural = "征集"
        constraints = [
            models.UniqueConstraint(
                fields=["period", "responsibility"],
                name="request_one_per_line_and_period",
                violation_error_message="本期已向该单位征集此项进展。",
            ),
        ]

    def __str__(self):
        return f"{self.lead}向{self.responsibility.department}征集第{self.responsibility.task.number}项"


class NoDutyQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(status=NoDuty.Status.ASKED)

    def agreed(self):
        return self.filter(status=NoDuty.Status.AGREED)

    def standing(self):
        """Asked or agreed: those that are not history."""
        return self.filter(status__in=[NoDuty.Status.ASKED, NoDuty.Status.AGREED])


class NoDuty(models.Model):
    """无具体任务: a supporting unit says that a row gives it nothing to do; once agreed the row is not asked again.

    A row has at most one that is asked or agreed; refused and ended ones stay as history.
    """

    class Status(models.TextChoices):
        ASKED = "ASKED", "待确认"
        AGREED = "AGREED", "已确认"
        REFUSED = "REFUSED", "未同意"
        ENDED = "ENDED", "已恢复填报"

    responsibility = models.ForeignKey(
        Responsibility, models.CASCADE, related_name="no_duties", verbose_name="配合责任"
    )
    status = models.CharField("状态", max_length=20, choices=Status, default=Status.ASKED)
    reason = models.CharField("理由", max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="提出人"
    )
    asked_at = models.DateTimeField("提出时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="确认人",
    )
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)
    decision = models.CharField("确认意见", max_length=500, blank=True)

    objects = NoDutyQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = verbose_name_plural = "无具体任务"
        constraints = [
            models.UniqueConstraint(
                fields=["responsibility"],
                condition=Q(status__in=["ASKED", "AGREED"]),
                name="no_duty_one_standing_per_line",
                violation_error_message="此项已提出或已确认无具体任务。",
            ),
            models.CheckConstraint(
                condition=Q(status="ASKED", decided_by=None, decided_at=None)
                | Q(
                    status__in=["AGREED", "REFUSED", "ENDED"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="no_duty_decision_on_record",
                violation_error_message="确认结论应有确认人和时间。",
            ),
        ]

    def __str__(self):
        return f"{self.responsibility}：无具体任务（{self.get_status_display()}）"
