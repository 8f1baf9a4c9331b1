"""Indicators and their targets, for the coordinator."""

from django.contrib import admin
from django.db.models import Count

from departments.admin import CoordinatedAdmin, KeptInlineRights

from .models import Indicator, Target


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
    inlines = [TargetInline]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(target_total=Count("targets", distinct=True))

    @admin.display(description="目标数", ordering="target_total")
    def target_count(self, indicator):
        return indicator.target_total
