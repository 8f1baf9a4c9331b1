"""The return in the admin: its unit's staff write and send it, the coordinator reviews it, by the pages' own verbs."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from departments import permissions as roles
from departments.admin import RoleAdmin
from departments.models import UNIT_ROLES, Department, Role
from tasks import permissions, workflow
from tasks.drafting import LEAD_FIELDS, begin_report
from tasks.forms import SignatureForm
from tasks.models import QuarterlyReport, ReportingPeriod
from tasks.posted import is_id, posted_ids

from . import filing_page, review_page
from .saving import Typed, save_return, seen_version
from .verbs import REVIEW_VERBS, SUBMIT_SIGNED, carry_out


class BeginForm(forms.Form):
    """Which unit's return of which quarter to begin: one's own, or by a coordinator (代填) one of the region."""

    period = forms.ModelChoiceField(ReportingPeriod.objects.none(), label="填报期")
    department = forms.ModelChoiceField(None, label="单位")

    def __init__(self, *args, user, at, **kwargs):
        super().__init__(*args, **kwargs)
        own = [unit for unit in roles.own_departments(user) if roles.is_reporter(user, unit.pk)]
        coordinated = roles.coordinated_regions(user)
        regions = coordinated | {unit.region_id for unit in own}
        open_now = ReportingPeriod.objects.filter(
            Q(closed_at=None) | Q(plan__region__in=coordinated),
            plan__region__in=regions,
            opens_at__lte=at,
            frozen_at=None,
        )
        self.fields["period"].queryset = open_now.select_related("plan").order_by("-year", "-quarter")
        units = Department.objects.units().filter(
            Q(pk__in=[unit.pk for unit in own]) | Q(region__in=coordinated)
        )
        self.fields["department"].queryset = units
        if len(own) == 1:
            self.fields["department"].initial = own[0]
        if len(open_now) == 1:
            self.fields["period"].initial = open_now[0]

    def clean(self):
        data = super().clean()
        period, department = data.get("period"), data.get("department")
        if period and department and period.plan.region_id != department.region_id:
            self.add_error("period", "该填报期不属于本单位所在行政区的方案。")
        return data


@admin.register(QuarterlyReport)
class QuarterlyReportAdmin(RoleAdmin):
    list_display = ["period", "department", "status", "line_count", "first_submitted_at", "proxy"]
    list_filter = [
        "status",
        ("period", admin.RelatedOnlyFieldListFilter),
        ("department", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["period__plan", "department"]
    ordering = ["-period__year", "-period__quarter", "department"]
    search_fields = ["department__name", "department__aliases__name"]

    def reads(self, user):
        return roles.holds(user, *UNIT_ROLES) or bool(roles.coordinated_regions(user))

    writes = reads

    def has_add_permission(self, request):
        return roles.holds(request.user, Role.REPORTER, Role.COORDINATOR)

    def get_queryset(self, request):
        """Own units' returns, and all of a coordinator's region, with the number of their lines."""
        units = roles.answered_for(request.user)
        regions = roles.coordinated_regions(request.user)
        seen = super().get_queryset(request)
        seen = seen.filter(department__in=units) | seen.filter(department__region__in=regions)
        return seen.with_proxy().annotate(lines_filled=Count("entries", distinct=True))

    @admin.display(description="已填项数", ordering="lines_filled")
    def line_count(self, report):
        return report.lines_filled

    @admin.display(description="代填依据", ordering="proxy_source")
    def proxy(self, report):
        return report.proxy_source

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        at = timezone.now()
        form = BeginForm(request.POST or None, user=request.user, at=at)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    report = begin_report(**form.cleaned_data, by=request.user, at=at)
                return redirect("admin:tasks_quarterlyreport_change", report.pk)
            except workflow.NotAllowed:
                raise
            except workflow.Refused as refusal:
                form.add_error(None, str(refusal))
        return self._render(request, "begin", form=form, title="新增进展报告")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        at = timezone.now()
        report = self._report(request, object_id)
        own = roles.files_for(request.user, report.department_id) or permissions.files_by_proxy(
            request.user, report
        )
        if request.method == "POST":
            return self._post(request, report, own, at=at)
        return self._page(request, report, own, at=at)

    def _report(self, request, object_id):
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("period__plan__region", "department")
        report = found.filter(pk=object_id).first() if is_id(str(object_id)) else None
        if report is None:
            raise Http404("没有这份报告。")
        return report

    def _page(self, request, report, own, *, at, typed=None, saved=None):
        """The return while it is its unit's, else the review of it; a refused verb's own fields come back filled."""
        posted = request.POST
        context = {"original": report, "title": str(report), "at": at, "posted": posted}
        reviewed = (
            permissions.coordinates(request.user, report.period.plan)
            and report.status in review_page.READABLE
        )
        if reviewed or not own:
            lines = set(posted_ids(posted, "lines"))
            page = review_page.assemble(report, user=request.user, at=at)
            files = roles.files_for(request.user, report.department_id)
            return self._render(request, "review", page=page, files=files, typed_lines=lines, **context)
        page = filing_page.assemble(
            report.period, report.department, user=request.user, at=at, typed=typed, saved=saved
        )
        signed = posted.get("verb") == SUBMIT_SIGNED
        signature = SignatureForm(
            posted if signed else None,
            request.FILES if signed else None,
            at=at,
            initial={"on": timezone.localdate(at)},
        )
        return self._render(request, "return", page=page, signature=signature, **context)

    def _post(self, request, report, own, *, at):
        """Save what was touched, then do the verb asked for; refusals are said on the page, which keeps the text."""
        address = redirect("admin:tasks_quarterlyreport_change", report.pk)
        verb = request.POST.get("verb", "")
        typed = saved = None
        try:
            if own and verb not in REVIEW_VERBS:
                typed = Typed.read(request.POST, report.period)
                if typed:
                    saved = save_return(report.period, report.department, typed, by=request.user, at=at)
                if typed.invalid or (saved and saved.conflicts):
                    messages.error(request, "有内容没有保存，请看标出的地方。其余内容已保存。")
                    return self._page(request, report, own, at=at, typed=typed, saved=saved)
            if not verb:
                messages.success(request, "已保存。" if saved else "没有需要保存的修改。")
                return address
            version = seen_version(request.POST, saved)
            done = carry_out(report, request.POST, request.FILES, version=version, by=request.user, at=at)
            messages.success(request, done)
        except workflow.NotAllowed:
            raise
        except workflow.Refused as refusal:
            messages.error(request, str(refusal))
            report = self._report(request, report.pk)
            return self._page(request, report, own, at=at, typed=None if saved else typed)
        return address

    def _render(self, request, name, **context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "lead_fields": LEAD_FIELDS,
            **context,
        }
        return TemplateResponse(request, f"admin/tasks/quarterlyreport/{name}.html", context)
