"""Indicators and their targets, for the coordinator."""

from django import forms
from django.contrib import admin
from django.db.models import Count

from departments.admin import CoordinatedAdmin, KeptInlineRights

from .models import Indicator, Target


class IndicatorForm(forms.ModelForm):
    def clean(self):
        data = super().clean()
        plan = self.instance.plan if self.instance.pk else data.get("plan")
        owner = data.get("owner")
        if plan and owner and owner.region_id != plan.region_id:
            self.add_error("owner", "该单位不属于本方案所在行政区。")
        elif owner and owner.is_group:
            self.add_error("owner", "指标由单位报送，不能选单位组。")
        return data


class TargetInline(KeptInlineRights, admin.StackedInline):
    model = Target
    extra = 0


@admin.register(Indicator)
class IndicatorAdmin(CoordinatedAdmin):
    region_path = "plan__region"
    list_display = ["name", "code", "kind", "owner", "target_count", "plan"]
    list_filter = [
        "kind",
        ("owner", admin.RelatedOnlyFieldListFilter),
        ("plan", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["owner", "plan"]
    search_fields = ["name", "code", "targets__wording"]
    form = IndicatorForm
    inlines = [TargetInline]

    def get_readonly_fields(self, request, obj=None):
        """What links, the import and stored values go by stays as it is."""
        if obj is None:
            return []
        return ["plan", "code", "kind"] if obj.measurements.exists() else ["plan", "code"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(target_total=Count("targets", distinct=True))

    @admin.display(description="目标数", ordering="target_total")
    def target_count(self, indicator):
        return indicator.target_total
