"""What remains when a quarter is over: the figures as they stood, and what was corrected since."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks import exact_json

from .duties import Responsibility, Task
from .entries import Stage
from .reporting import ReportingPeriod


class FrozenQuarter(models.Model):
    """定稿归档: what a quarter's pages showed when it was frozen, and its summary workbook; never changed.

    `figures` holds parts by name, each the `exact_json` of frozen dataclasses; when, `period.frozen_at` says.
    """

    period = models.OneToOneField(
        ReportingPeriod, models.PROTECT, related_name="archive", verbose_name="填报期"
    )
    figures = models.JSONField("数据")
    rule_version = models.PositiveSmallIntegerField("规则版本")
    workbook = models.BinaryField("汇总表")
    sha256 = models.CharField("汇总表 SHA-256", max_length=64)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="归档人"
    )

    class Meta:
        ordering = ["period"]
        verbose_name = verbose_name_plural = "定稿归档"

    def __str__(self):
        return f"{self.period}定稿归档"

    def read(self, part, kind):
        """The part as a value of its type, made once."""
        if part not in self._read:
            self._read[part] = exact_json.load(self.figures[part], kind)
        return self._read[part]

    @cached_property
    def _read(self):
        return {}


class Erratum(models.Model):
    """更正说明: what a frozen quarter should have said, beside what it says; never changed.

    One with a `completion` is the accepted figure of its lead `responsibility` for every later quarter.
    """

    period = models.ForeignKey(
        ReportingPeriod, models.PROTECT, related_name="errata", verbose_name="更正的填报期"
    )
    subject = models.CharField("更正事项", max_length=200)
    old = models.CharField("原为", max_length=200)
    new = models.CharField("更正为", max_length=200)
    reason = models.CharField("更正原因和依据", max_length=500, blank=True)
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="errata", verbose_name="重点工作"
    )
    responsibility = models.ForeignKey(
        Responsibility, models.PROTECT, null=True, blank=True, related_name="errata", verbose_name="责任分工"
    )
    completion = models.PositiveSmallIntegerField("更正后的进度（%）", null=True, blank=True)
    stage = models.CharField("更正后的状态", max_length=20, choices=Stage, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="更正人")
    at = models.DateTimeField("更正时间")

    class Meta:
        ordering = ["period", "at", "pk"]
        verbose_name = verbose_name_plural = "更正说明"
        constraints = [
            models.CheckConstraint(
                condition=Q(completion=None, stage="")
                | Q(responsibility__isnull=False, stage=Stage.NOT_STARTED, completion=0)
                | Q(
                    responsibility__isnull=False, stage=Stage.UNDER_WAY, completion__gte=1, completion__lte=99
                )
                | Q(responsibility__isnull=False, stage=Stage.COMPLETED, completion=100),
                name="erratum_stage_fits_completion",
                violation_error_message="未启动应为 0，推进中应为 1 至 99，已完成应为 100。",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="erratum_has_reason",
                violation_error_message="更正须写明原因和依据。",
            ),
        ]

    def __str__(self):
        return f"{self.period}更正：{self.subject}"
