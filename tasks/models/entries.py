"""What was done: the lines of a quarterly report."""

from collections import defaultdict
from copy import copy

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Q

from .duties import Responsibility, descents
from .reporting import QuarterlyReport, proxy_source_of, self_reviewed_of

BOOKKEEPING = ("id", "report", "responsibility", "version", "updated_by", "updated_at")


class Stage(models.TextChoices):
    NOT_STARTED = "NOT_STARTED", "未启动"
    UNDER_WAY = "UNDER_WAY", "推进中"
    COMPLETED = "COMPLETED", "已完成"


class ProgressEntryQuerySet(models.QuerySet):
    def accepted(self):
        return self.filter(report__status=QuarterlyReport.Status.ACCEPTED)

    def up_to(self, period):
        """Lines of the plan's reports for that period and earlier ones."""
        return self.filter(
            Q(report__period__year__lt=period.year)
            | Q(report__period__year=period.year, report__period__quarter__lte=period.quarter),
            report__period__plan=period.plan_id,
        )

    def before(self, period):
        return self.up_to(period).exclude(report__period=period)

    def with_proxy(self):
        """Each with the `proxy_source` of its return."""
        return self.annotate(proxy_source=proxy_source_of("report"))

    def with_self_review(self):
        """Each with the `self_reviewed` of its return."""
        return self.annotate(self_reviewed=self_reviewed_of("report"))

    def stating_completion(self):
        """Lines with a completion, or with 本季度无新进展, by which the older one stands."""
        return self.filter(Q(completion__isnull=False) | Q(no_change=True))

    def accepted_in(self, period):
        """The period's accepted lines with unit, action and files, in the plan's order; two queries."""
        return (
            self.accepted()
            .filter(report__period=period.pk)
            .with_proxy()
            .with_self_review()
            .select_related("report__department", "responsibility__task__action")
            .prefetch_related("evidence")
            .order_by("responsibility__task__number", "responsibility__role", "responsibility__position")
        )

    def latest_accepted_texts(self, period, duties):
        """{responsibility id: the text it, or what it continues, last had accepted up to the period}.

        Before it stands which former unit filed it, and 代填: （县经济信息委报送，代填）. `duties` are the plan's
        Responsibilities. Of a frozen period, as stored.
        """
        if period.stored:
            return dict(period.stored.read("texts", tuple[tuple[int, str], ...]))
        entries = (
            self.accepted()
            .up_to(period)
            .with_proxy()
            .order_by("report__period__year", "report__period__quarter")
            .annotate(unit=F("report__department"), unit_name=F("report__department__name"))
            .only("responsibility_id", "progress", "no_change", "no_change_reason")
        )
        told = {entry.responsibility_id: entry for entry in entries if entry.told}
        descent = descents({duty.pk: duty.continues_id for duty in duties if duty.continues_id})
        texts = {}
        for duty in duties:
            line = next((line for line in descent.get(duty.pk, (duty.pk,)) if line in told), None)
            if line:
                texts[duty.pk] = _as_filed(told[line], duty)
        return texts

    def latest_accepted_before(self, period, duties):
        """{responsibility id: the entry that each of the `duties`, or what it continues, last had accepted before}.

        Each carries the completion that stood then as `stands_at` (None for a supporter), stated in the period
        `stands_since`: its own, the older one it left unchanged, 0 where nothing had been stated before, or what a
        correction of an archived quarter made of it, then it is `corrected` (one more query where there are any).
        """
        lines = {duty.pk: (duty.pk,) for duty in duties}
        lines |= Responsibility.objects.descents(period.plan_id, duties)
        entries = (
            self.accepted()
            .before(period)
            .with_proxy()
            .filter(responsibility__in={line for descent in lines.values() for line in descent})
            .annotate(corrected=Exists(_errata_before(period)))
            .select_related("report__period__plan", "report__department")
            .order_by("report__period__year", "report__period__quarter")
        )
        stated, errata = defaultdict(list), []
        for entry in entries:
            stated[entry.responsibility_id].append(entry)
        if any(entry.corrected for entry in entries):
            errata = _errata_before(period).select_related("period__plan")
        for erratum in errata:
            stated[erratum.responsibility_id].append(erratum)
        latest = {}
        for pk, descent in lines.items():
            told = [row for line in reversed(descent) for row in stated.get(line, ())]
            standing = _standing(sorted(told, key=_when_stated))
            if standing:
                latest[pk] = standing
        return latest


def _errata_before(period):
    """Corrections of completions in the plan's quarters before the period, oldest first in each."""
    return Responsibility.errata.rel.related_model.objects.filter(
        Q(period__year__lt=period.year) | Q(period__year=period.year, period__quarter__lt=period.quarter),
        period__plan=period.plan_id,
        completion__isnull=False,
    ).order_by("at", "pk")


def _when_stated(row):
    """Orders lines and corrections: by quarter, what was filed before what corrects it."""
    filed = isinstance(row, ProgressEntry)
    return (row.report.period if filed else row.period).key, not filed


def _standing(rows):
    """A copy of the last line, with the completion that stands after it and its corrections, and since when."""
    last, stands_at, stands_since, corrected = None, None, None, False
    for row in rows:
        if not isinstance(row, ProgressEntry):
            stands_at, stands_since, corrected = row.completion, row.period, True
            continue
        last = row
        if not row.no_change or stands_since is None:
            stands_at, stands_since = 0 if row.no_change else row.completion, row.report.period
            corrected = False
    last = copy(last)
    if last:
        last.stands_at, last.stands_since, last.corrected = stands_at, stands_since, corrected
    return last


def _as_filed(entry, duty):
    """The entry's text, after whose it is and whether 县科协 filed it, where that is not the unit of the duty itself."""
    other = f"{entry.unit_name}报送" if entry.unit != duty.department_id else ""
    marks = "，".join(mark for mark in (other, "代填" if entry.proxy_source else "") if mark)
    return f"（{marks}）{entry.told}" if marks else entry.told


class ProgressEntry(models.Model):
    """进展: a report's line on one responsibility. Stage 未启动 is 0 %, 推进中 1–99, 已完成 exactly 100."""

    report = models.ForeignKey(
        QuarterlyReport, models.CASCADE, related_name="entries", verbose_name="进展报告"
    )
    responsibility = models.ForeignKey(
        Responsibility, models.PROTECT, related_name="entries", verbose_name="责任分工"
    )
    stage = models.CharField("状态", max_length=20, choices=Stage, blank=True)
    completion = models.PositiveSmallIntegerField(
        "进度（%）", null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    no_change = models.BooleanField("本季度无新进展", default=False)
    no_change_reason = models.CharField("无新进展原因", max_length=500, blank=True)
    fall_reason = models.CharField("进度下降原因", max_length=500, blank=True)
    progress = models.TextField("本季进展", max_length=5000, blank=True)
    results = models.TextField("取得成效", max_length=5000, blank=True)
    problems = models.TextField("问题与困难", max_length=5000, blank=True)
    next_steps = models.TextField("下步计划", max_length=5000, blank=True)
    activities = models.PositiveIntegerField("活动场次", null=True, blank=True)
    people_reached = models.PositiveIntegerField("覆盖人次", null=True, blank=True)
    people_trained = models.PositiveIntegerField("培训人次", null=True, blank=True)
    funds = models.DecimalField(
        "投入资金（万元）",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    version = models.PositiveIntegerField("版本", default=0)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="填写人"
    )
    updated_at = models.DateTimeField("填写时间", null=True)

    objects = ProgressEntryQuerySet.as_manager()

    class Meta:
        ordering = ["report", "responsibility__task__number"]
        verbose_name = verbose_name_plural = "进展"
        constraints = [
            models.UniqueConstraint(
                fields=["report", "responsibility"],
                name="entry_one_per_line",
                violation_error_message="该报告中此项工作已有进展。",
            ),
            models.CheckConstraint(
                condition=Q(stage="")
                | Q(completion=None)
                | Q(stage=Stage.NOT_STARTED, completion=0)
                | Q(stage=Stage.UNDER_WAY, completion__gte=1, completion__lte=99)
                | Q(stage=Stage.COMPLETED, completion=100),
                name="entry_stage_fits_completion",
                violation_error_message="未启动应为 0，推进中应为 1 至 99，已完成应为 100。",
            ),
        ]

    def __str__(self):
        return f"第{self.responsibility.task.number}项进展"

    @property
    def told(self):
        """The line's text as others read it: the progress, or that there is none and why."""
        if self.no_change:
            return f"无新进展：{self.no_change_reason}"
        return self.progress

    @classmethod
    def content_fields(cls):
        """What a unit writes, by name: all fields but the row's own bookkeeping."""
        return {field.name: field for field in cls._meta.concrete_fields if field.name not in BOOKKEEPING}

    @property
    def said(self):
        """{field: value} of what is filled in, for `ReportEvent.said`."""
        values = {name: getattr(self, name) for name in self.content_fields()}
        return {name: value for name, value in values.items() if value not in (None, "", False)}

    @classmethod
    def from_said(cls, said):
        """An entry that was never stored and says what `said` did."""
        fields = cls.content_fields()
        return cls(**{name: fields[name].to_python(value) for name, value in said.items() if name in fields})
