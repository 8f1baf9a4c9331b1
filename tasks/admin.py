"""The plan's content for its coordinator, and the flow of reports for the auditor."""

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.utils import timezone

from departments.admin import CoordinatedAdmin, ReadOnlyAdmin

from . import calendar, findings, periods
from .admin_forms import FindingForm, OpeningFormMixin, ResponsibilityForm, TaskForm
from .models import Action, CloseOut, Plan, PlanFinding, ReportEvent, ReportingPeriod, Responsibility, Task
from .refusals import NotAllowed, Refused


class VerbAdmin(CoordinatedAdmin):
    """Saved through a verb: what that refuses is said, and nothing is called changed."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except NotAllowed:
            raise
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())


@admin.register(Plan)
class PlanAdmin(CoordinatedAdmin):
    """Plans come from `import_plan`; here their settings are kept."""

    list_display = ["title", "region", "starts_on", "ends_on", "task_count", "open_findings"]
    list_select_related = ["region"]
    search_fields = ["title", "slug"]
    readonly_fields = ["slug", "region"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "region", "issued_on", "starts_on", "ends_on", "issuer"]}),
        ("进度评价", {"fields": ["consolidation", "behind_points", "severe_points"]}),
        (
            "填报",
            {
                "fields": [
                    *("cadence", "due_days", "due_on_working_day"),
                    *("supports_must_report", "resubmit_working_days", "signed_scan_required"),
                ]
            },
        ),
    ]

    def has_add_permission(self, request):
        return False

    def get_queryset(self, request):
        unsettled = Count("findings", filter=Q(findings__settled_at=None), distinct=True)
        counts = {"tasks_in_plan": Count("tasks", distinct=True), "unsettled": unsettled}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="重点工作数", ordering="tasks_in_plan")
    def task_count(self, plan):
        return plan.tasks_in_plan

    @admin.display(description="待处理核对事项", ordering="unsettled")
    def open_findings(self, plan):
        return plan.unsettled


@admin.register(Action)
class ActionAdmin(CoordinatedAdmin):
    region_path = "plan__region"
    list_display = ["ordinal", "title", "plan", "task_count"]
    list_display_links = ["title"]
    list_filter = [("plan", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["plan"]
    search_fields = ["title"]

    def get_readonly_fields(self, request, obj=None):
        return ["plan", "ordinal"] if obj else []

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(task_total=Count("tasks"))

    @admin.display(description="重点工作数", ordering="task_total")
    def task_count(self, action):
        return action.task_total


@admin.register(Task)
class TaskAdmin(CoordinatedAdmin):
    """Number and title are the document's; `import_plan` changes them. Nature and text are kept here."""

    region_path = "plan__region"
    list_display = ["number", "title", "action", "nature", "lead_count", "support_count"]
    list_display_links = ["title"]
    list_filter = [
        "nature",
        ("action", admin.RelatedOnlyFieldListFilter),
        ("plan", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["action"]
    search_fields = ["number__exact", "title", "paragraphs"]
    form = TaskForm

    def get_readonly_fields(self, request, obj=None):
        return ["plan", "action", "number", "title"] if obj else []

    def get_queryset(self, request):
        held = {
            name: Count(
                "responsibilities", filter=Q(responsibilities__role=role, responsibilities__valid_to=None)
            )
            for name, role in (("leads_held", "LEAD"), ("supports_held", "SUPPORT"))
        }
        return super().get_queryset(request).annotate(**held)

    @admin.display(description="牵头单位数", ordering="leads_held")
    def lead_count(self, task):
        return task.leads_held

    @admin.display(description="配合单位数", ordering="supports_held")
    def support_count(self, task):
        return task.supports_held


@admin.register(Responsibility)
class ResponsibilityAdmin(CoordinatedAdmin):
    """Who answers for what, since when; a duty that ended keeps its row, and one with lines its unit."""

    region_path = "task__plan__region"
    list_display = ["task", "department", "role", "position", "valid_from", "valid_to", "decided_by"]
    list_filter = [
        "role",
        ("department", admin.RelatedOnlyFieldListFilter),
        ("task__plan", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["task", "department"]
    search_fields = ["task__number__exact", "task__title", "department__name", "decided_by"]
    form = ResponsibilityForm
    autocomplete_fields = ["task", "department", "continues"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("task", "department")

    def get_readonly_fields(self, request, obj=None):
        return ["task", "department", "role"] if obj and obj.entries.exists() else []


@admin.register(PlanFinding)
class PlanFindingAdmin(VerbAdmin):
    """Settled through the verb, so that who did it and when is on record."""

    region_path = "plan__region"
    list_display = ["message", "row", "code", "settled_at", "settled_by"]
    list_filter = ["code", ("settled_at", admin.EmptyFieldListFilter)]
    list_select_related = ["settled_by"]
    search_fields = ["message", "settlement"]
    readonly_fields = ["plan", "code", "row", "message", "settled_at", "settled_by"]
    form = FindingForm

    def has_add_permission(self, request):
        return False

    def save_model(self, request, finding, form, change):
        findings.settle(finding, by=request.user, at=timezone.now(), settlement=finding.settlement)


@admin.register(ReportingPeriod)
class ReportingPeriodAdmin(VerbAdmin):
    """Opened, moved and closed through the verbs of `tasks.periods`."""

    region_path = "plan__region"
    list_display = ["__str__", "plan", "opens_at", "due_at", "closed_at", "report_count", "waiting_count"]
    list_filter = [
        ("plan", admin.RelatedOnlyFieldListFilter),
        "year",
        ("closed_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["plan"]
    search_fields = ["year", "plan__title"]
    ordering = ["-year", "-quarter"]
    actions = ["close_periods", "reopen_periods"]

    def get_queryset(self, request):
        waiting = Count("reports", filter=Q(reports__status="SUBMITTED"))
        counts = {"reports_in": Count("reports"), "reports_waiting": waiting}
        return super().get_queryset(request).annotate(**counts)

    def get_fields(self, request, obj=None):
        return (
            ["plan", "year", "quarter", "opens_at", "due_at", "closed_at"]
            if obj
            else ["plan", "year", "quarter"]
        )

    def get_readonly_fields(self, request, obj=None):
        return ["plan", "year", "quarter", "opens_at", "closed_at"] if obj else []

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.frozen_at)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        asked = {"user": request.user, "at": timezone.now()}
        return form if change else type("OpeningForm", (OpeningFormMixin, form), asked)

    def save_model(self, request, period, form, change):
        """A new period has been opened by the form; of an old one only the deadline moves, to the end of its day."""
        if not change or "due_at" not in form.changed_data:
            return
        day = calendar.local_day(form.cleaned_data["due_at"])
        periods.move_due(period, day, by=request.user, at=timezone.now())

    @admin.display(description="报告数", ordering="reports_in")
    def report_count(self, period):
        return period.reports_in

    @admin.display(description="待审核", ordering="reports_waiting")
    def waiting_count(self, period):
        return period.reports_waiting

    @admin.action(description="截止填报")
    def close_periods(self, request, queryset):
        self._each(request, queryset, periods.close_period, "已截止填报")

    @admin.action(description="重新开放填报")
    def reopen_periods(self, request, queryset):
        self._each(request, queryset, periods.reopen_period, "已重新开放填报")

    def _each(self, request, queryset, verb, done):
        for period in queryset:
            try:
                messages.success(request, f"{verb(period, by=request.user, at=timezone.now())}{done}。")
            except Refused as refusal:
                messages.error(request, str(refusal))


@admin.register(CloseOut)
class CloseOutAdmin(CoordinatedAdmin):
    """To be looked up; applications and decisions are made on their page."""

    region_path = "task__plan__region"
    list_display = ["task", "department", "period", "status", "applied_at", "decided_at"]
    list_filter = ["status", ("period", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["task", "department", "period__plan"]
    search_fields = ["task__title", "department__name"]

    def reads(self, user):
        return super().writes(user)

    def writes(self, user):
        return False


@admin.register(ReportEvent)
class ReportEventAdmin(ReadOnlyAdmin):
    list_display = [
        *("at", "region", "report", "verb", "by", "from_status", "to_status"),
        *("reason", "proxy_source", "self_reviewed"),
    ]
    list_filter = [
        ("report__department__region", admin.RelatedOnlyFieldListFilter),
        *("verb", "at", "self_reviewed"),
    ]
    list_select_related = ["report__department__region", "report__period__plan", "by"]
    search_fields = ["report__department__name", "by__username", "by__name", "reason", "proxy_source"]

    @admin.display(description="行政区", ordering="report__department__region")
    def region(self, event):
        return event.report.department.region
