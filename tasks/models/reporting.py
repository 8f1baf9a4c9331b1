"""When units report and what became of their reports: periods, quarterly reports, and who moved them when."""

from functools import cached_property

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from departments.models import Department, Region
from tasks import calendar

from .plan import Plan


class ReportingPeriodQuerySet(models.QuerySet):
    def up_to(self, period):
        """Periods of the same plan, that one and all before it, oldest first."""
        return self.filter(
            Q(year__lt=period.year) | Q(year=period.year, quarter__lte=period.quarter), plan=period.plan_id
        ).order_by("year", "quarter")

    def for_selection(self):
        """Oldest first, `has_filed` telling whether any unit has filed in it."""
        filed = QuarterlyReport.objects.filter(period=OuterRef("pk"), first_submitted_at__isnull=False)
        return self.annotate(has_filed=Exists(filed)).order_by("year", "quarter")


class ReportingPeriodManager(models.Manager.from_queryset(ReportingPeriodQuerySet)):
    """Brings the plan along: by its cadence a period knows its name."""

    def get_queryset(self):
        return super().get_queryset().select_related("plan")


class ReportingPeriod(models.Model):
    """填报期: a plan's quarter, one each, or a half-year or year known by its last quarter (`Plan.cadence`).

    Open until `closed_at`; nothing moves after `frozen_at`.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="periods", verbose_name="方案")
    year = models.PositiveSmallIntegerField("年度")
    quarter = models.PositiveSmallIntegerField(
        "期末季度",
        help_text="按半年填报的，上半年为 2、下半年为 4；按年度填报的为 4。",
        validators=[MinValueValidator(1), MaxValueValidator(4)],
    )
    opens_at = models.DateTimeField("开放时间")
    due_at = models.DateTimeField("截止时间")
    closed_at = models.DateTimeField("截止填报时间", null=True, blank=True)
    frozen_at = models.DateTimeField("定稿归档时间", null=True, blank=True)

    objects = ReportingPeriodManager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["plan", "year", "quarter"]
        verbose_name = verbose_name_plural = "填报期"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "year", "quarter"],
                name="period_unique_in_plan",
                violation_error_message="本方案已有这一填报期。",
            ),
            models.CheckConstraint(
                condition=Q(quarter__gte=1, quarter__lte=4),
                name="period_quarter_1_to_4",
                violation_error_message="期末季度应为 1 至 4。",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opens_at")),
                name="period_due_after_opening",
                violation_error_message="截止时间应晚于开放时间。",
            ),
        ]

    def __str__(self):
        return calendar.label(self.year, self.quarter, self.cadence)

    @cached_property
    def cadence(self):
        """By which the period is named: its plan's."""
        return self.plan.cadence

    @property
    def report_title(self):
        """What a unit's return is called: 2023年第三季度季报."""
        return calendar.report_title(self.year, self.quarter, self.cadence)

    @property
    def part_of_year(self):
        return calendar.part_of_year(self.quarter, self.cadence)

    @property
    def code(self):
        """The name in URLs and commands: 2023Q1."""
        return f"{self.year}Q{self.quarter}"

    @property
    def key(self):
        """(year, quarter): orders periods of a plan."""
        return self.year, self.quarter

    @cached_property
    def is_baseline(self):
        """Whether it is the plan's first period, which records what was done before (基线)."""
        earlier = ReportingPeriod.objects.up_to(self)
        return not earlier.exclude(year=self.year, quarter=self.quarter).exists()

    @cached_property
    def stored(self):
        """The FrozenQuarter without its workbook's bytes, in one query; None unless the period is frozen."""
        archives = type(self).archive.related.related_model.objects
        return archives.filter(period=self.pk).defer("workbook").first() if self.frozen_at else None

    @property
    def last_day(self):
        return calendar.last_day(self.year, self.quarter)

    def hold(self):
        """Bring the row up to date and keep it so to the end of the transaction, which others may do as well.

        Verbs within the period hold it, and with it the region's units and duties as they are; those that move, close
        or freeze it lock it, and those that change units or duties lock the region, so none misses another. Django
        knows no FOR SHARE; SQLite, which has one writer at a time, needs none.
        """
        share = " FOR SHARE OF period, region" if connection.vendor == "postgresql" else ""
        sql = (
            f"SELECT period.* FROM {self._meta.db_table} period"  # noqa: S608
            f" JOIN {Plan._meta.db_table} plan ON plan.id = period.plan_id"
            f" JOIN {Region._meta.db_table} region ON region.id = plan.region_id"
            f" WHERE period.id = %s{share}"
        )
        now = ReportingPeriod.objects.raw(sql, [self.pk])[0]
        for name in ("opens_at", "due_at", "closed_at", "frozen_at"):
            setattr(self, name, getattr(now, name))

    def is_open(self, at):
        return self.opens_at <= at and self.closed_at is None and self.frozen_at is None

    def is_overdue(self, at):
        """Nothing is overdue in a period that nobody opened."""
        return self.pk is not None and at > self.due_at

    @property
    def due_note(self):
        """What to say of a deadline on a day off, or reckoned before its year's holidays were announced; else ''."""
        due_on = calendar.local_day(self.due_at)
        if self.plan.due_on_working_day and not calendar.is_working_day(due_on):
            return calendar.day_note(due_on)
        reckoned = (
            self.plan.default_due_at(*self.key),
            self.plan.due_after(calendar.local_day(self.opens_at)),
        )
        if not self.plan.due_on_working_day or self.due_at not in reckoned:
            return ""
        return "" if calendar.calendar_known(due_on.year) else calendar.unknown_note(due_on.year)


class QuarterlyReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Reports of the plans of the user's regions; what of them may be read depends on the status."""
        return self.filter(period__plan__region__in=user.region_ids)

    def accepted(self):
        return self.filter(status=QuarterlyReport.Status.ACCEPTED)

    def with_proxy(self):
        """Each with `proxy_source`: what 代填 rested on where 县科协 last submitted it for the unit, else ''."""
        return self.annotate(proxy_source=proxy_source_of("pk"))

    def with_self_review(self):
        """Each with `self_reviewed`: whether it stands accepted by its own side for want of another reviewer."""
        return self.annotate(self_reviewed=self_reviewed_of("pk"))

    def awaiting_review(self):
        """Submitted ones, the longest waiting first, with when (`submitted_at`) and by whom they last were."""
        submissions = ReportEvent.objects.filter(report=OuterRef("pk"), verb=ReportEvent.Verb.SUBMIT)
        latest = submissions.order_by("-at", "-pk")
        return (
            self.filter(status=QuarterlyReport.Status.SUBMITTED)
            .annotate(
                submitted_at=Coalesce(Subquery(latest.values("at")[:1]), "first_submitted_at"),
                submitted_by=Subquery(latest.values("by")[:1]),
            )
            .order_by("submitted_at", "pk")
        )


def proxy_source_of(report):
    """Expression: the 代填依据 of the latest submission of the report at that path, '' for none.

    A return that was taken back to be written anew is its unit's again.
    """
    moves = ReportEvent.objects.filter(
        report=OuterRef(report), verb__in=[ReportEvent.Verb.SUBMIT, ReportEvent.Verb.WITHDRAW]
    )
    return Coalesce(Subquery(moves.order_by("-at", "-pk").values("proxy_source")[:1]), Value(""))


def self_reviewed_of(report):
    """Expression: whether the report at that path was last accepted as 自报未经他方审核, and not reopened since."""
    decisions = ReportEvent.objects.filter(
        report=OuterRef(report), verb__in=[ReportEvent.Verb.ACCEPT, ReportEvent.Verb.REOPEN]
    )
    return Coalesce(Subquery(decisions.order_by("-at", "-pk").values("self_reviewed")[:1]), Value(False))


class QuarterlyReport(models.Model):
    """季度进展情况（季报）: what one unit says about one period; one each, moved only by `tasks.workflow`."""

    class Status(models.TextChoices):
        DRAFT = "DRAFT", "草稿"
        ENDORSING = "ENDORSING", "单位审核中"
        SUBMITTED = "SUBMITTED", "已报送"
        RETURNED = "RETURNED", "退回补正"
        ACCEPTED = "ACCEPTED", "审核通过"

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, related_name="reports", verbose_name="填报期")
    department = models.ForeignKey(Department, models.PROTECT, related_name="reports", verbose_name="单位")
    status = models.CharField("状态", max_length=20, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField("版本", default=0)
    begun_by_proxy = models.BooleanField(
        "代填", default=False, help_text="由县科协代填，单位自己还没有写过。"
    )
    first_submitted_at = models.DateTimeField("首次报送时间", null=True, blank=True)

    objects = QuarterlyReportQuerySet.as_manager()

    class Meta:
        ordering = ["period", "department"]
        verbose_name = verbose_name_plural = "进展报告"
        constraints = [
            models.UniqueConstraint(
                fields=["period", "department"],
                name="report_one_per_unit_and_period",
                violation_error_message="该单位本期已有报告。",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["SUBMITTED", "ACCEPTED"]) | Q(first_submitted_at__isnull=False),
                name="report_submitted_has_time",
                violation_error_message="已报送的报告应有报送时间。",
            ),
        ]

    def __str__(self):
        return f"{self.department} {self.period.report_title}"

    def get_absolute_url(self):
        return reverse("review-report", args=[self.period.plan.slug, self.pk])


class ReportEvent(models.Model):
    """流转记录: who did which verb when, with the reason; one row for each verb, never changed."""

    class Verb(models.TextChoices):
        SEND_UP = "SEND_UP", "送审"
        SUBMIT = "SUBMIT", "报送"
        SEND_BACK = "SEND_BACK", "退回修改"
        RECALL = "RECALL", "收回"
        WITHDRAW = "WITHDRAW", "撤回"
        ACCEPT = "ACCEPT", "审核通过"
        RETURN = "RETURN", "退回补正"
        REOPEN = "REOPEN", "重新打开"

    class Code(models.TextChoices):
        EMPTY = "EMPTY", "实质空报"

    report = models.ForeignKey(
        QuarterlyReport, models.CASCADE, related_name="events", verbose_name="进展报告"
    )
    verb = models.CharField("操作", max_length=20, choices=Verb)
    from_status = models.CharField("原状态", max_length=20, choices=QuarterlyReport.Status)
    to_status = models.CharField("新状态", max_length=20, choices=QuarterlyReport.Status)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")
    reason = models.TextField("理由", blank=True)
    lines = models.JSONField("涉及事项", default=list, blank=True, help_text="被指出的责任分工编号。")
    remarks = models.JSONField("各项意见", default=dict, blank=True, help_text="责任分工编号对应的审核意见。")
    said = models.JSONField(
        "退回时的内容",
        default=dict,
        blank=True,
        encoder=DjangoJSONEncoder,
        help_text="责任分工编号对应的当时填写的内容。",
    )
    code = models.CharField("退回类别", max_length=20, choices=Code, blank=True)
    signed_name = models.CharField("签批人", max_length=50, blank=True)
    signed_post = models.CharField("签批人职务", max_length=50, blank=True)
    signed_on = models.DateField("签批日期", null=True, blank=True)
    proxy_source = models.CharField("代填依据", max_length=200, blank=True)
    self_reviewed = models.BooleanField("自报未经他方审核", default=False)

    class Meta:
        ordering = ["report", "at", "pk"]
        verbose_name = verbose_name_plural = "流转记录"

    def __str__(self):
        return f"{self.report} {self.get_verb_display()}"

    @property
    def accepted_by_own_side(self):
        """Whether by it the report stands as 自报未经他方审核."""
        return self.verb == self.Verb.ACCEPT and self.self_reviewed
