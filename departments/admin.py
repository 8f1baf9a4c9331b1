"""Accounts for the system administrator, units for the coordinator, the log for the auditor."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, Q
from django.http import Http404
from django.utils import timezone

from . import audit, permissions
from .admin_forms import AliasFormSet, DepartmentForm, MembershipFormSet
from .models import (
    AuditRecord,
    Department,
    DepartmentAlias,
    Membership,
    Reform,
    Region,
    Succession,
    User,
)


class RoleAdmin(admin.ModelAdmin):
    """An admin whose rights follow from memberships: `reads` and `writes` decide, and nothing is deleted."""

    def reads(self, user):
        return self.writes(user)

    def writes(self, user):
        return False

    def has_module_permission(self, request):
        return self.reads(request.user)

    def has_view_permission(self, request, obj=None):
        return self.reads(request.user)

    def has_change_permission(self, request, obj=None):
        return self.writes(request.user)

    def has_add_permission(self, request):
        return self.writes(request.user)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_object(self, request, object_id, from_field=None):
        """What the user does not see does not exist (the stock admin redirects to its index)."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def get_ordering(self, request):
        """The model's own: rows annotated with counts lose it."""
        return self.ordering or self.opts.ordering


class KeptInlineRights:
    """Rights of an inline: whoever may change the parent may add, change and remove its rows."""

    def has_view_permission(self, request, obj=None):
        return True

    def has_change_permission(self, request, obj=None):
        return self.admin_site._registry[self.parent_model].has_change_permission(request)

    has_delete_permission = has_change_permission

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request)


class CoordinatedAdmin(RoleAdmin):
    """What the coordinator of a region maintains; `region_path` leads from the model to the region.

    Choices of other models are those the same user sees in their admins, so no row of another region is offered
    or accepted.
    """

    region_path = "region"

    def writes(self, user):
        return bool(permissions.coordinated_regions(user))

    def get_queryset(self, request):
        regions = permissions.coordinated_regions(request.user)
        return super().get_queryset(request).filter(**{f"{self.region_path}__in": regions})

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        related = self.admin_site._registry.get(db_field.related_model)
        if isinstance(related, CoordinatedAdmin):
            kwargs["queryset"] = related.choices_for(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def choices_for(self, request):
        """The rows other admins offer to the user."""
        return self.get_queryset(request)


class ReadOnlyAdmin(RoleAdmin):
    """A log for the auditor: everything is read, nothing written."""

    show_full_result_count = False

    def reads(self, user):
        return permissions.is_auditor(user) or user.is_superuser


@admin.register(Region)
class RegionAdmin(CoordinatedAdmin):
    list_display = ["code", "name", "parent"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]

    def reads(self, user):
        return permissions.is_sysadmin(user)

    writes = reads

    def get_queryset(self, request):
        return admin.ModelAdmin.get_queryset(self, request)

    def choices_for(self, request):
        regions = self.get_queryset(request)
        if permissions.is_sysadmin(request.user):
            return regions
        return regions.filter(pk__in=permissions.coordinated_regions(request.user))


class AliasInline(KeptInlineRights, admin.TabularInline):
    model = DepartmentAlias
    formset = AliasFormSet
    extra = 0
    fields = ["name"]


@admin.register(Department)
class DepartmentAdmin(CoordinatedAdmin):
    """Spellings are kept here; what a reform changes is recorded on its own page."""

    list_display = ["name", "region", "is_group", "alias_names", "member_count", "ends_on"]
    list_filter = ["is_group", ("region", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["region"]
    search_fields = ["name", "aliases__name"]
    form = DepartmentForm
    inlines = [AliasInline]

    def get_readonly_fields(self, request, obj=None):
        return ["region", "begins_on", "ends_on"] if obj else []

    def get_fields(self, request, obj=None):
        return ["region", "name", "is_group", *(["begins_on", "ends_on"] if obj else [])]

    def get_queryset(self, request):
        counted = super().get_queryset(request).annotate(members=Count("memberships", distinct=True))
        return counted.prefetch_related("aliases")

    @admin.display(description="其他写法")
    def alias_names(self, department):
        return "、".join(alias.name for alias in department.aliases.all()) or "—"

    @admin.display(description="成员数", ordering="members")
    def member_count(self, department):
        return department.members

    def choices_for(self, request):
        if permissions.is_sysadmin(request.user):
            return Department.objects.select_related("region")
        return super().choices_for(request)


class SuccessionInline(KeptInlineRights, admin.TabularInline):
    model = Succession


@admin.register(Reform)
class ReformAdmin(CoordinatedAdmin):
    """To be looked up; reforms are recorded on their page."""

    list_display = ["effective_on", "kind", "what", "document", "decided_by", "at"]
    list_filter = ["kind", ("region", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["decided_by"]
    search_fields = ["document", "note", "successions__old__name", "successions__new__name"]
    inlines = [SuccessionInline]

    def reads(self, user):
        return super().writes(user)

    def writes(self, user):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("successions__old", "successions__new")

    @admin.display(description="单位沿革")
    def what(self, reform):
        return "；".join(str(step) for step in reform.successions.all())


class MembershipInline(KeptInlineRights, admin.TabularInline):
    """Roles of a user; nobody changes their own."""

    model = Membership
    formset = MembershipFormSet
    extra = 0

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj != request.user or obj.is_superuser)

    has_delete_permission = has_change_permission

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name != "department":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs["queryset"] = Department.objects.units().filter(ends_on=None).select_related("region")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.label_from_instance = lambda unit: f"{unit.region}　{unit}"
        return field


class RegionOfUser(admin.SimpleListFilter):
    """Users with a role in the region, or in one of its units."""

    title, parameter_name = "行政区", "region"

    def lookups(self, request, model_admin):
        held = Q(memberships__isnull=False) | Q(departments__memberships__isnull=False)
        return [(str(region.pk), str(region)) for region in Region.objects.filter(held).distinct()]

    def queryset(self, request, users):
        if self.value() not in dict(self.lookup_choices):
            return users
        held = Membership.objects.filter(Q(region=self.value()) | Q(department__region=self.value()))
        return users.filter(pk__in=held.values("user"))


@admin.register(User)
class UserAdmin(RoleAdmin, StockUserAdmin):
    list_display = ["username", "name", "phone", "is_active", "role_names", "last_login"]
    list_filter = ["is_active", RegionOfUser, "memberships__role"]
    search_fields = ["username", "name", "phone", "memberships__department__name"]
    ordering = ["username"]
    filter_horizontal = []
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("个人信息", {"fields": ["name", "phone", "email"]}),
        ("状态", {"fields": ["is_active", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "name", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    def writes(self, user):
        return permissions.is_sysadmin(user)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .prefetch_related("memberships__department__region", "memberships__region")
        )

    @admin.display(description="角色")
    def role_names(self, user):
        return "；".join(membership.told_with_region for membership in user.memberships.all()) or "（无）"

    def save_model(self, request, user, form, change):
        super().save_model(request, user, form, change)
        if change and "is_active" in form.changed_data:
            verb = "启用账号" if user.is_active else "停用账号"
            region = audit.only_region(user)
            audit.record(verb, user.username, by=request.user, at=timezone.now(), region=region)

    def save_formset(self, request, form, formset, change):
        """Memberships are saved as usual, and every one that came, changed or went is put on record."""
        before, user = _roles_told(form.instance), form.instance
        super().save_formset(request, form, formset, change)
        after, at, region = _roles_told(user), timezone.now(), audit.only_region(user)
        for pk in before.keys() | after.keys():
            old, new = before.get(pk, "无"), after.get(pk, "无")
            if old != new:
                detail = f"由“{old}”改为“{new}”"
                audit.record("调整角色", user.username, by=request.user, at=at, detail=detail, region=region)


def _roles_told(user):
    """{membership id: the membership as it is told}."""
    held = user.memberships.select_related("department__region", "region")
    return {membership.pk: membership.told_with_region for membership in held}


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    list_display = ["at", "region", "by", "verb", "subject", "detail"]
    list_filter = [("region", admin.RelatedOnlyFieldListFilter), "verb", "at"]
    list_select_related = ["by", "region"]
    search_fields = ["subject", "detail", "by__username", "by__name"]
    date_hierarchy = "at"


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    list_display = ["action_time", "user", "content_type", "object_repr", "change"]
    list_filter = ["action_flag", "action_time"]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "user__username", "user__name"]

    @admin.display(description="内容")
    def change(self, entry):
        return entry.get_change_message()


admin.site.unregister(Group)
