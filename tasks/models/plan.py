"""What was promised: the plan, its actions, and what is to be settled of its document."""

from itertools import groupby

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from departments.models import Reform, Region
from departments.names import visible
from tasks import calendar
from tasks.plan_document.kinds import KINDS

LONGEST_RESUBMISSION = 60


class PlanQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Plans of the user's own regions; nobody else knows that they exist."""
        return self.filter(region__in=user.region_ids)

    def current(self, day):
        """The plan that contains `day` (a date), else the latest started; None where there is none."""
        return _current(self.select_related("region").order_by("-starts_on", "-pk"), day)

    def for_landing(self, at):
        """The latest started first, `begun` and `unfinished` telling whether a period was opened, or is not archived."""
        periods = self.model.periods.rel.related_model.objects.filter(plan=OuterRef("pk"))
        return (
            self.with_pending()
            .select_related("region")
            .annotate(
                begun=Exists(periods.filter(opens_at__lte=at)),
                unfinished=Exists(periods.filter(frozen_at=None)),
            )
            .order_by("-starts_on", "-pk")
        )

    def with_pending(self):
        """Each with `pending`: whether a period of it is open, or something of it may wait for somebody."""
        periods = self.model.periods.rel.related_model.objects.filter(plan=OuterRef("pk"), frozen_at=None)
        reports = periods.filter(reports__status__in=["RETURNED", "SUBMITTED"])
        waiting = periods.filter(close_outs__status="APPLIED")
        return self.annotate(
            pending=Exists(periods.filter(closed_at=None)) | Exists(reports) | Exists(waiting)
        )

    def with_reforms(self):
        """Each with `reformed`: whether units of its region were ever reformed."""
        return self.annotate(reformed=Exists(Reform.objects.filter(region=OuterRef("region"))))

    def current_by_region(self, day):
        """The current plan of each region, by region code."""
        plans = self.select_related("region").order_by("region__code", "-starts_on", "-pk")
        return [_current(list(own), day) for _, own in groupby(plans, key=lambda plan: plan.region_id)]


def landing(plans, at):
    """The plan that a reader is shown first, of a list of plans `for_landing`; None where there is none.

    The current one; but as long as no period of it has been opened, the latest before it in its region that has a
    period to finish, if there is one.
    """
    current = _current(plans, calendar.local_day(at))
    if current is None or current.begun:
        return current
    before = [p for p in plans if p.region_id == current.region_id and p.starts_on < current.starts_on]
    return next((plan for plan in before if plan.unfinished), current)


def _current(plans, day):
    """Of plans, the latest started first: the one that contains the date, else the first one, else None."""
    plans = list(plans)
    return next((p for p in plans if p.starts_on <= day <= p.ends_on), plans[0] if plans else None)


class Plan(models.Model):
    """方案: one official document of one region for a span of years, with the settings of its rules."""

    class Consolidation(models.TextChoices):
        FIRST_LEAD = "FIRST_LEAD", "以第一牵头单位为准"
        MEAN = "MEAN", "取各牵头单位平均值"

    slug = models.SlugField("标识", unique=True, help_text="用于网址，如 chengkou-2021-2025。")
    region = models.ForeignKey(Region, models.PROTECT, related_name="plans", verbose_name="行政区")
    title = models.CharField("名称", max_length=200)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    issuer = models.CharField(
        "通报落款",
        max_length=100,
        blank=True,
        help_text="进展情况通报以此单位名义印发，如“县全民科学素质工作领导小组办公室”。",
    )
    consolidation = models.CharField(
        "多个牵头单位的进度", max_length=20, choices=Consolidation, default=Consolidation.FIRST_LEAD
    )
    behind_points = models.PositiveSmallIntegerField(
        "滞后起点（百分点）", default=10, validators=[MaxValueValidator(100)]
    )
    severe_points = models.PositiveSmallIntegerField(
        "严重滞后界限（百分点）",
        default=30,
        validators=[MaxValueValidator(100)],
        help_text="超过此数为严重滞后。",
    )
    cadence = models.CharField(
        "填报周期",
        max_length=20,
        choices=calendar.Cadence,
        default=calendar.Cadence.QUARTER,
        help_text="开放过填报期后不能再改。",
    )
    due_days = models.PositiveSmallIntegerField(
        "期满后第几日截止",
        default=calendar.DUE_DAYS,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="只用于以后开放的填报期。",
    )
    due_on_working_day = models.BooleanField("截止日期遇节假日顺延", default=True)
    supports_must_report = models.BooleanField("配合单位也须报送", default=False)
    resubmit_working_days = models.PositiveSmallIntegerField("退回后补正期限（工作日）", default=3)
    signed_scan_required = models.BooleanField(
        "线下签批须附扫描件",
        default=False,
        help_text="勾选后，登记线下签批时须上传签字或盖章件的扫描件，否则不能报送。",
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "slug"]
        verbose_name = verbose_name_plural = "方案"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="plan_ends_after_start",
                violation_error_message="结束日期应晚于开始日期。",
            ),
            models.CheckConstraint(
                condition=Q(severe_points__gte=F("behind_points")),
                name="plan_severe_not_below_behind",
                violation_error_message="严重滞后界限不应低于滞后起点。",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("dashboard", args=[self.slug])

    def clean(self):
        self._clean_settings()
        stored = Plan.objects.filter(pk=self.pk).values_list("cadence", flat=True).first()
        if stored not in (None, self.cadence) and self.periods.exists():
            raise ValidationError({"cadence": "本方案已开放过填报期，不能再改填报周期。"})
        if stored and (self.starts_on and self.ends_on) and self._periods_outside():
            raise ValidationError("本方案已开放的填报期不在所填的起止日期之内。")

    def _clean_settings(self):
        if not visible(self.title):
            raise ValidationError({"title": "请填写方案名称。"})
        for name in ("starts_on", "ends_on"):
            day = getattr(self, name)
            if day and not calendar.EARLIEST <= day <= calendar.LATEST:
                raise ValidationError({name: calendar.OUT_OF_RANGE})
        if not 1 <= (self.resubmit_working_days or 0) <= LONGEST_RESUBMISSION:
            said = f"补正期限应为 1 至 {LONGEST_RESUBMISSION} 个工作日。"
            raise ValidationError({"resubmit_working_days": said})

    def _periods_outside(self):
        """Whether a period was opened that ends before the plan begins, or begins after it ends."""
        return any(
            period.last_day < self.starts_on
            or calendar.first_day(period.year, period.quarter, self.cadence) > self.ends_on
            for period in self.periods.all()
        )

    @property
    def years(self):
        """规划期 in years: 2021―2025年."""
        return f"{self.starts_on.year}―{self.ends_on.year}年"

    @property
    def words(self):
        """The Cadence, for what a period and its reports are called."""
        return calendar.Cadence(self.cadence)

    def due_after(self, day):
        """The deadline counted from the date by the plan's rule."""
        return calendar.due_after(day, days=self.due_days, to_working_day=self.due_on_working_day)

    def default_due_at(self, year, quarter):
        return self.due_after(calendar.last_day(year, quarter))

    @property
    def due_rule(self):
        """The rule in words: 按季度填报，期满后第 10 日截止，遇节假日顺延至下一个工作日."""
        moved = "，遇节假日顺延至下一个工作日" if self.due_on_working_day else ""
        return f"{self.get_cadence_display()}填报，期满后第 {self.due_days} 日截止{moved}"

    def has_ended(self, at):
        """Whether the plan's span is over."""
        return calendar.local_day(at) > self.ends_on


class Action(models.Model):
    """行动 / 工程: a section of the plan, numbered from 1; without tasks it has no percentage."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="actions", verbose_name="方案")
    ordinal = models.PositiveSmallIntegerField("序号")
    title = models.CharField("名称", max_length=200)
    paragraphs = models.TextField("文件原文", blank=True, help_text="每行一段。")

    class Meta:
        ordering = ["plan", "ordinal"]
        verbose_name = verbose_name_plural = "行动（工程）"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "ordinal"],
                name="action_unique_ordinal",
                violation_error_message="本方案已有这一序号的行动（工程）。",
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("action", args=[self.plan.slug, self.ordinal])

    @property
    def short_title(self):
        """The title without its opening verb, for narrow columns: 农民科学素质提升行动."""
        return self.title.removeprefix("实施")


class PlanFinding(models.Model):
    """导入核对事项: something uncertain or contradictory in the document, open until a coordinator settles it."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="findings", verbose_name="方案")
    code = models.CharField("类别", max_length=50)
    row = models.PositiveSmallIntegerField("所在行", null=True, blank=True)
    message = models.TextField("说明")
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="处理人",
    )
    settlement = models.TextField("处理意见", blank=True)

    class Meta:
        ordering = ["plan", F("row").asc(nulls_last=True), "pk"]
        verbose_name = verbose_name_plural = "导入核对事项"
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None) | Q(settled_at__isnull=False),
                name="finding_settled_by_with_time",
                violation_error_message="处理人与处理时间应同时填写。",
            )
        ]

    def __str__(self):
        return self.message

    @property
    def kind(self):
        """The code in words."""
        return KINDS.get(self.code, "其他")
