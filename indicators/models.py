"""How far we have come: indicators, what was promised of them, and what was measured."""

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from departments.models import Department
from tasks.models import Plan, QuarterlyReport, proxy_source_of


class IndicatorQuerySet(models.QuerySet):
    def due_in(self, quarter):
        """Indicators of which a value is owed in that quarter (1–4)."""
        return self.filter(kind__in=Indicator.kinds_due_in(quarter))

    def with_owner_on(self, day):
        """Each with the unit that files it on the date: `holder_id`, `holder` (its name) and `holder_is_group`."""
        former = FormerOwner.objects.filter(indicator=OuterRef("pk"), until__gte=day).order_by("until")

        def holder(of_former, of_owner, output_field):
            past = Subquery(former.values(of_former)[:1])
            return Coalesce(past, F(of_owner), output_field=output_field)

        return self.annotate(
            holder_id=holder("department_id", "owner_id", models.BigIntegerField()),
            holder=holder("department__name", "owner__name", models.CharField()),
            holder_is_group=holder("department__is_group", "owner__is_group", models.BooleanField()),
        )

    def owned_by(self, department_id, day):
        return self.with_owner_on(day).filter(holder_id=department_id)


class Indicator(models.Model):
    """指标: something the plan wants to reach, owned by the unit that files its values; code unique in a plan."""

    class Kind(models.TextChoices):
        SURVEY = "SURVEY", "调查监测值"
        CUMULATIVE = "CUMULATIVE", "累计值"
        RATIO = "RATIO", "比值"
        MILESTONE = "MILESTONE", "里程碑"
        QUALITATIVE = "QUALITATIVE", "定性评价"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="indicators", verbose_name="方案")
    code = models.SlugField("标识")
    name = models.CharField("指标", max_length=100)
    kind = models.CharField("类型", max_length=20, choices=Kind)
    unit = models.CharField("计量单位", max_length=20, blank=True)
    owner = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="indicators", verbose_name="报送单位"
    )
    owner_presumed = models.BooleanField("报送单位为推定", default=False)
    numerator_label = models.CharField("分子", max_length=50, blank=True)
    denominator_label = models.CharField("分母", max_length=50, blank=True)
    scale = models.PositiveSmallIntegerField("乘数", default=1, help_text="百分比指标为 100。")
    not_below_previous = models.BooleanField("不低于上年", default=False)
    stages = models.JSONField("阶段", default=list, blank=True, help_text="里程碑的各阶段，由前到后。")
    position = models.PositiveSmallIntegerField("排序", default=1)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "position", "pk"]
        verbose_name = verbose_name_plural = "指标"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "code"],
                name="indicator_unique_code",
                violation_error_message="本方案已有这一标识的指标。",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("indicator", args=[self.plan.slug, self.code])

    @classmethod
    def kinds_due_in(cls, quarter):
        """Kinds of which a value is owed in that quarter: cumulative always, all measured ones in Q4 (DESIGN §4)."""
        kinds = cls.Kind
        return set(kinds) - {kinds.QUALITATIVE} if quarter == 4 else {kinds.CUMULATIVE}


class FormerOwner(models.Model):
    """原报送单位: who filed an indicator up to a day (included); after the last such day its `owner` does."""

    indicator = models.ForeignKey(
        Indicator, models.CASCADE, related_name="former_owners", verbose_name="指标"
    )
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="单位")
    until = models.DateField("至")
    decided_by = models.CharField("依据", max_length=200)

    class Meta:
        ordering = ["indicator", "until"]
        verbose_name = verbose_name_plural = "原报送单位"
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "until"],
                name="former_owner_one_until_day",
                violation_error_message="该指标已有至这一日的报送单位。",
            )
        ]

    def __str__(self):
        return f"{self.indicator}：{self.department}"


class Target(models.Model):
    """目标值: what the plan wants of an indicator by a year's end, with the sentence it comes from."""

    class Comparator(models.TextChoices):
        ABOVE = ">", "超过"
        AT_LEAST = ">=", "不少于"

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="targets", verbose_name="指标")
    year = models.PositiveSmallIntegerField("目标年度")
    every_year = models.BooleanField("每年均须达到", default=False)
    comparator = models.CharField("比较", max_length=2, choices=Comparator, default=Comparator.AT_LEAST)
    value = models.DecimalField("目标值", max_digits=14, decimal_places=4, null=True, blank=True)
    stage = models.CharField("目标阶段", max_length=20, blank=True)
    wording = models.CharField("目标表述", max_length=200)
    source_sentence = models.TextField("文件原句")
    presumption = models.CharField(
        "推定说明", max_length=200, blank=True, help_text="文件没有写明、由平台推定的内容。"
    )
    baseline = models.DecimalField("基期值", max_digits=14, decimal_places=4, default=0)

    class Meta:
        ordering = ["indicator", "year"]
        verbose_name = verbose_name_plural = "目标值"
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "year"],
                name="target_unique_year",
                violation_error_message="该指标已有这一年度的目标值。",
            )
        ]

    def __str__(self):
        return self.wording


class MeasurementQuerySet(models.QuerySet):
    def with_proxy(self):
        """Each with the `proxy_source` of its return ('' for the coordinator's own values)."""
        return self.annotate(proxy_source=proxy_source_of("report"))

    def counting_up_to(self, period):
        """Accepted values of reports up to that quarter, and the coordinator's own dated up to its last day."""
        return self.filter(
            Q(report=None, measured_on__lte=period.last_day)
            | Q(report__status=QuarterlyReport.Status.ACCEPTED)
            & (
                Q(report__period__year__lt=period.year)
                | Q(report__period__year=period.year, report__period__quarter__lte=period.quarter)
            ),
            indicator__plan=period.plan_id,
        )


class Measurement(models.Model):
    """监测值: a line of a quarterly report, or (report empty) a survey or rating the coordinator enters.

    Filled as the indicator's kind asks: value; numerator and denominator; stage; or rating with ground.
    """

    class Rating(models.TextChoices):
        REACHED = "REACHED", "已达到"
        BASICALLY = "BASICALLY", "基本达到"
        ADVANCING = "ADVANCING", "有进展"
        NONE = "NONE", "无明显进展"

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="measurements", verbose_name="指标")
    report = models.ForeignKey(
        QuarterlyReport,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="measurements",
        verbose_name="进展报告",
    )
    measured_on = models.DateField("监测日期", null=True, blank=True)
    value = models.DecimalField("数值", max_digits=14, decimal_places=4, null=True, blank=True)
    numerator = models.DecimalField("分子", max_digits=16, decimal_places=4, null=True, blank=True)
    denominator = models.DecimalField("分母", max_digits=16, decimal_places=4, null=True, blank=True)
    stage = models.CharField("阶段", max_length=20, blank=True)
    rating = models.CharField("评价", max_length=20, choices=Rating, blank=True)
    ground = models.TextField("评价依据", max_length=2000, blank=True)
    source = models.CharField("数据来源", max_length=200, blank=True)
    version = models.PositiveIntegerField("版本", default=0)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="填写人"
    )
    updated_at = models.DateTimeField("填写时间", null=True)

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        ordering = ["indicator", "pk"]
        verbose_name = verbose_name_plural = "监测值"
        constraints = [
            models.UniqueConstraint(
                fields=["report", "indicator"],
                name="measurement_one_per_report",
                violation_error_message="该报告中此指标已有监测值。",
            ),
            models.CheckConstraint(
                condition=Q(report__isnull=False, measured_on=None)
                | Q(report=None, measured_on__isnull=False),
                name="measurement_dated_once",
                violation_error_message="监测日期只用于不随报告报送的监测值。",
            ),
            models.CheckConstraint(
                condition=Q(denominator=None) | Q(denominator__gt=0),
                name="measurement_denominator_positive",
                violation_error_message="分母应大于 0。",
            ),
        ]

    def __str__(self):
        return f"{self.indicator}监测值"
