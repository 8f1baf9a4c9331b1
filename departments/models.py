"""Who: regions, units and their spellings, users and their roles, and what they did."""

from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


class Region(models.Model):
    """行政区: a GB/T 2260 code, unique, under its parent (500229 城口县 under 500000 重庆市)."""

    code = models.CharField(
        "行政区划代码",
        max_length=6,
        unique=True,
        validators=[RegexValidator(r"^\d{6}$", "行政区划代码应为 6 位数字（GB/T 2260）。")],
    )
    name = models.CharField("名称", max_length=50)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级行政区"
    )

    class Meta:
        ordering = ["code"]
        verbose_name = verbose_name_plural = "行政区"

    def __str__(self):
        return self.name


class DepartmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Units of the user's own regions (DESIGN §4, who reads what)."""
        return self.filter(region__in=user.region_ids)

    def units(self):
        return self.filter(is_group=False)

    def existing(self, day):
        """Units that exist on the date, first and last day included."""
        begun = Q(begins_on=None) | Q(begins_on__lte=day)
        return self.filter(begun, Q(ends_on=None) | Q(ends_on__gte=day))


class Department(models.Model):
    """单位: of those that have not ended, one of a name in a region; a later one may take a former one's name.

    `begins_on` and `ends_on` are written by `departments.reform` alone; empty means always was, or still is. A
    group (各乡镇（街道）) is no unit: nobody files for it.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="departments", verbose_name="行政区")
    name = models.CharField("名称", max_length=100)
    is_group = models.BooleanField("单位组", default=False, help_text="如“各乡镇（街道）”，不单独报送。")
    begins_on = models.DateField("设立日期", null=True, blank=True)
    ends_on = models.DateField("终止日期", null=True, blank=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["region", "pk"]
        verbose_name = verbose_name_plural = "单位"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"],
                condition=Q(ends_on=None),
                name="department_unique_in_region",
                violation_error_message="本行政区已有同名单位。",
            ),
            models.CheckConstraint(
                condition=Q(begins_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("begins_on")),
                name="department_ends_after_beginning",
                violation_error_message="终止日期不应早于设立日期。",
            ),
        ]

    def __str__(self):
        return self.name

    def exists_on(self, day):
        begun = self.begins_on is None or self.begins_on <= day
        return begun and (self.ends_on is None or self.ends_on >= day)


class DepartmentAlias(models.Model):
    """单位别名: another spelling of a unit's name, unique in its region."""

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name="行政区", editable=False
    )
    department = models.ForeignKey(Department, models.CASCADE, related_name="aliases", verbose_name="单位")
    name = models.CharField("其他写法", max_length=100)

    class Meta:
        ordering = ["department", "name"]
        verbose_name = verbose_name_plural = "单位别名"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"],
                name="alias_unique_in_region",
                violation_error_message="本行政区已有这一写法。",
            )
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.region_id = self.department.region_id
        super().save(*args, **kwargs)


class Reform(models.Model):
    """机构改革: what changed of units from a day on, and the document it rests on; written once, never changed."""

    class Kind(models.TextChoices):
        RENAME = "RENAME", "更名"
        MERGE = "MERGE", "合并"
        SPLIT = "SPLIT", "拆分"
        ABOLISH = "ABOLISH", "撤销"

    BECAME = {Kind.RENAME: "更名为", Kind.MERGE: "并入", Kind.SPLIT: "拆分为", Kind.ABOLISH: "撤销"}

    region = models.ForeignKey(Region, models.PROTECT, related_name="reforms", verbose_name="行政区")
    kind = models.CharField("方式", max_length=20, choices=Kind)
    effective_on = models.DateField("生效日期")
    document = models.CharField("依据文件", max_length=200)
    note = models.CharField("说明", max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人"
    )
    at = models.DateTimeField("登记时间")

    class Meta:
        ordering = ["-effective_on", "-pk"]
        verbose_name = verbose_name_plural = "机构改革"
        constraints = [
            models.CheckConstraint(
                condition=~Q(document=""),
                name="reform_rests_on_document",
                violation_error_message="请写明依据文件。",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}（{self.document}）"

    @property
    def became(self):
        """What the old unit did, before the new one's name: 并入."""
        return self.BECAME[self.kind]


class Succession(models.Model):
    """单位沿革: in a reform, a unit that ended and one that took its place (`new` empty: abolished)."""

    reform = models.ForeignKey(Reform, models.CASCADE, related_name="successions", verbose_name="机构改革")
    old = models.ForeignKey(Department, models.PROTECT, related_name="successions", verbose_name="原单位")
    new = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="origins", verbose_name="承接单位"
    )

    class Meta:
        ordering = ["reform", "pk"]
        verbose_name = verbose_name_plural = "单位沿革"
        constraints = [
            models.UniqueConstraint(
                "reform",
                "old",
                Coalesce("new", 0),
                name="succession_once",
                violation_error_message="该单位的去向已登记。",
            ),
            models.CheckConstraint(
                condition=Q(new=None) | ~Q(new=F("old")),
                name="succession_to_another_unit",
                violation_error_message="单位不能由自己承接。",
            ),
        ]

    def __str__(self):
        return f"{self.old}→{self.new or '（撤销）'}"


class Role(models.TextChoices):
    COORDINATOR = "COORDINATOR", "科协工作人员"
    REPORTER = "REPORTER", "填报人"
    APPROVER = "APPROVER", "单位审核人"
    LEADER = "LEADER", "领导小组"
    SYSADMIN = "SYSADMIN", "系统管理员"
    AUDITOR = "AUDITOR", "审计员"


UNIT_ROLES = (Role.REPORTER, Role.APPROVER)
DEPARTMENT_ROLES = (Role.COORDINATOR, *UNIT_ROLES)


class User(AbstractUser):
    """用户: what somebody may do follows from memberships alone, never from Django's groups."""

    first_name = None
    last_name = None
    name = models.CharField("姓名", max_length=50, blank=True)
    phone = models.CharField("联系电话", max_length=30, blank=True)

    objects = UserManager()

    class Meta:
        ordering = ["username"]
        verbose_name = verbose_name_plural = "用户"

    def __str__(self):
        return self.name or self.username

    def get_full_name(self):
        return str(self)

    get_short_name = get_full_name

    @cached_property
    def roles(self):
        """The user's memberships with unit and region, read once a request.

        Each tells how many notices are unread, and whether its unit `succeeds` another.
        """
        unread = Notice.objects.filter(user=OuterRef("user"), read_at=None).order_by().values("user")
        return list(
            self.memberships.select_related("department__region", "region").annotate(
                unread=Subquery(unread.annotate(count=Count("pk")).values("count")),
                succeeds=Exists(Succession.objects.filter(new=OuterRef("department"))),
            )
        )

    @property
    def unread_notices(self):
        return (self.roles[0].unread or 0) if self.roles else 0

    @property
    def region_ids(self):
        """Regions whose plans the user reads: sysadmins and auditors read none (DESIGN §4)."""
        return {m.region_id or m.department.region_id for m in self.roles if m.region_id or m.department_id}

    @cached_property
    def former_units(self):
        """{id of a unit that ended: (the unit, ids of the user's units that took its place)}, through any reforms.

        One query a request, none for users whose units succeed no other.
        """
        own = {m.department_id for m in self.roles if m.succeeds}
        found = {}
        pairs = list(Succession.objects.filter(new__isnull=False).select_related("old")) if own else []
        for unit in own:
            reached = [unit]
            for heir in reached:
                for step in pairs:
                    if step.new_id == heir and step.old_id not in reached:
                        reached.append(step.old_id)
                        found.setdefault(step.old_id, (step.old, set()))[1].add(unit)
        return found


class Membership(models.Model):
    """成员: a user's role in a unit (科协, 填报, 审核) or region (领导小组), or in neither (系统, 审计)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name="用户"
    )
    role = models.CharField("角色", max_length=20, choices=Role)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name="单位"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name="行政区"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = "成员"
        constraints = [
            models.UniqueConstraint(
                "user",
                "role",
                Coalesce("department", 0),
                Coalesce("region", 0),
                name="membership_unique",
                violation_error_message="该用户已有这一角色。",
            ),
            models.CheckConstraint(
                condition=(
                    Q(role__in=DEPARTMENT_ROLES, department__isnull=False, region__isnull=True)
                    | Q(role=Role.LEADER, department__isnull=True, region__isnull=False)
                    | Q(role__in=[Role.SYSADMIN, Role.AUDITOR], department__isnull=True, region__isnull=True)
                ),
                name="membership_scope_fits_role",
                violation_error_message="科协、填报、审核角色须选单位，领导小组须选行政区，系统管理员、审计员都不选。",
            ),
        ]

    def __str__(self):
        scope = self.department or self.region
        return f"{scope} {self.get_role_display()}" if scope else self.get_role_display()

    @property
    def told_with_region(self):
        """城口县 县教委 填报人: as who keeps several counties' accounts tells it."""
        return f"{self.department.region} {self}" if self.department else str(self)


class NoticeQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None)

    def for_list(self):
        """Unread ones first, the newest of each first."""
        return self.order_by(F("read_at").desc(nulls_first=True), "-created_at", "-pk")


class Notice(models.Model):
    """消息: one sentence for one user about one deed (`key`), with the page it leads to."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="用户"
    )
    key = models.CharField("事由", max_length=200)
    text = models.CharField("内容", max_length=500)
    path = models.CharField("页面", max_length=300)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    emailed_at = models.DateTimeField("邮件时间", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = verbose_name_plural = "消息"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                name="notice_once",
                violation_error_message="这件事已经告知过该用户。",
            )
        ]

    def __str__(self):
        return self.text


class AuditRecord(models.Model):
    """操作记录: who did what to what, when; written in the transaction of the deed, never changed."""

    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="操作人",
        help_text="命令行操作没有操作人。",
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="行政区"
    )
    verb = models.CharField("操作", max_length=50)
    subject = models.CharField("对象", max_length=200)
    detail = models.TextField("说明", blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = verbose_name_plural = "操作记录"

    def __str__(self):
        return f"{self.verb}：{self.subject}"
