"""Whose return is due later than the others' (延期), and who was reminded of a missing one (提醒、催报)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from departments.models import Department
from tasks import calendar

from .reporting import ReportingPeriod


class ExtensionQuerySet(models.QuerySet):
    def granted(self):
        return self.filter(status=Extension.Status.GRANTED)

    def standing(self):
        """Asked for or granted: those that are not history."""
        return self.filter(status__in=Extension.STANDING)

    def granted_days(self):
        """{(period id, department id): the last day it was granted}."""
        rows = self.granted().order_by().values_list("period_id", "department_id", "granted_until")
        return {(period, unit): day for period, unit, day in rows}

    def awaiting(self):
        """Those nobody has answered, the longest waiting first."""
        return self.filter(status=Extension.Status.ASKED).order_by("asked_at", "pk")


class Extension(models.Model):
    """延期: a unit asks before the deadline for a later day; once granted its punctuality counts from that day.

    A unit has at most one in a period that is asked for or granted; refused ones stay as history, and so do those
    that lapsed because a reform made the return another unit's.
    """

    class Status(models.TextChoices):
        ASKED = "ASKED", "待答复"
        GRANTED = "GRANTED", "同意延期"
        REFUSED = "REFUSED", "不同意延期"
        LAPSED = "LAPSED", "已失效"

    STANDING = (Status.ASKED, Status.GRANTED)

    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="extensions", verbose_name="填报期"
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="extensions", verbose_name="申请单位"
    )
    status = models.CharField("状态", max_length=20, choices=Status, default=Status.ASKED)
    asked_until = models.DateField("申请延至")
    reason = models.CharField("申请理由", max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="申请人"
    )
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="答复人",
    )
    decided_at = models.DateTimeField("答复时间", null=True, blank=True)
    granted_until = models.DateField("同意延至", null=True, blank=True)
    refusal = models.CharField("不同意的理由", max_length=500, blank=True)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = verbose_name_plural = "延期申请"
        constraints = [
            models.UniqueConstraint(
                fields=["period", "department"],
                condition=Q(status__in=["ASKED", "GRANTED"]),
                name="extension_one_standing_per_unit",
                violation_error_message="该单位本期已申请延期或已同意延期。",
            ),
            models.CheckConstraint(
                condition=Q(status="ASKED", decided_by=None, decided_at=None)
                | Q(
                    status__in=["GRANTED", "REFUSED", "LAPSED"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="extension_decision_on_record",
                violation_error_message="延期的答复应有答复人和时间。",
            ),
            models.CheckConstraint(
                condition=Q(status="GRANTED", granted_until__isnull=False)
                | Q(status__in=["ASKED", "REFUSED", "LAPSED"], granted_until=None),
                name="extension_granted_has_day",
                violation_error_message="同意延期应写明日期，其他状态不应有。",
            ),
            models.CheckConstraint(
                condition=~Q(status="REFUSED") | ~Q(refusal=""),
                name="extension_refusal_has_reason",
                violation_error_message="不同意延期须说明理由。",
            ),
        ]

    def __str__(self):
        return f"{self.department}{self.period.report_title}延期（{self.get_status_display()}）"

    @property
    def is_standing(self):
        return self.status in self.STANDING

    @property
    def answer(self):
        """What the coordinator said, as a sentence; '' as long as nobody has."""
        if self.status == self.Status.GRANTED:
            return f"已同意延期至{calendar.zh_day(self.granted_until)}24时。"
        if self.status == self.Status.LAPSED:
            return "延期申请已失效：机构改革后，该期由承接单位报送。"
        if self.status == self.Status.REFUSED:
            due = calendar.zh_day(calendar.local_day(self.period.due_at))
            return f"申请延期未获同意，仍以{due}24时为准：{self.refusal}"
        return ""


class Reminder(models.Model):
    """提醒、催报: what one unit was told of its missing return, once for each step towards one due day.

    `step` is days from the due day (−3, 7), none for what a coordinator did by hand; `by` none for the command.
    """

    class Channel(models.TextChoices):
        NOTICE = "NOTICE", "站内消息和邮件"
        MESSENGER = "MESSENGER", "电话或办公软件"
        LETTER = "LETTER", "催报函"

    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="reminders", verbose_name="填报期"
    )
    department = models.ForeignKey(Department, models.PROTECT, related_name="reminders", verbose_name="单位")
    due_on = models.DateField("截止日期")
    step = models.SmallIntegerField(
        "第几天", null=True, blank=True, help_text="与截止日期相差的天数，人工提醒为空。"
    )
    channel = models.CharField("方式", max_length=20, choices=Channel, default=Channel.NOTICE)
    text = models.TextField("内容")
    people = models.PositiveSmallIntegerField("告知人数", default=0)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="操作人",
        help_text="命令自动发送的没有操作人。",
    )

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = verbose_name_plural = "催报记录"
        constraints = [
            models.UniqueConstraint(
                fields=["period", "department", "due_on", "step"],
                condition=Q(step__isnull=False),
                name="reminder_once_for_each_step",
                violation_error_message="这一步已经提醒过该单位。",
            ),
            models.CheckConstraint(
                condition=Q(step__isnull=False) | Q(by__isnull=False),
                name="reminder_by_hand_has_user",
                violation_error_message="人工提醒应有操作人。",
            ),
        ]

    def __str__(self):
        return f"{self.department}{self.period.report_title}催报"

    @property
    def key(self):
        """Under which its notices are kept."""
        return f"reminder-{self.pk}"
