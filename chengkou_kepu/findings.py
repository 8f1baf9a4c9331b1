"""导入核对事项: what the document left uncertain, and what the coordinator made of it."""

import django_filters
from django.contrib import messages
from django.db import models
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tasks import findings
from tasks.filters import choice
from tasks.forms import SettlementForm
from tasks.models import PlanFinding

from .review import coordinated_plan


class State(models.TextChoices):
    OPEN = "OPEN", "待处理"
    SETTLED = "SETTLED", "已处理"


class FindingFilterSet(django_filters.FilterSet):
    """Findings of one kind (those the plan has) or one state; an unknown value is an error, and no rows."""

    kind = choice("类别", "of_kind")
    state = choice("处理情况", "in_state")

    class Meta:
        model = PlanFinding
        fields = []

    def __init__(self, data, *, queryset):
        super().__init__(data, queryset=queryset)
        self.filters["kind"].extra["choices"] = list({f.code: f.kind for f in queryset}.items())
        self.filters["state"].extra["choices"] = State.choices

    def filter_queryset(self, queryset):
        return queryset.none() if self.form.errors else super().filter_queryset(queryset)

    def of_kind(self, found, _, code):
        return found.filter(code=code)

    def in_state(self, found, _, state):
        return found.filter(settled_at__isnull=state == State.OPEN)


def state_of(finding):
    return State.SETTLED if finding.settled_at else State.OPEN


@require_safe
def finding_list(request, slug):
    """Open ones first, each with the row it is about; then what was made of the others."""
    plan = coordinated_plan(request, slug)
    found = plan.findings.select_related("settled_by")
    filterset = FindingFilterSet(request.GET, queryset=found)
    shown = list(filterset.qs)
    context = {
        "plan": plan,
        "filterset": filterset,
        "filtered": any(request.GET.get(name) for name in filterset.filters),
        "counts": {state: sum(state_of(finding) == state for finding in found) for state in State.values},
        "open": [finding for finding in shown if state_of(finding) == State.OPEN],
        "settled": [finding for finding in shown if state_of(finding) == State.SETTLED],
    }
    return render(request, "chengkou_kepu/finding_list.html", context)


@require_POST
def finding_settle(request, slug, pk):
    """Record the opinion and return to the list as it was narrowed."""
    plan = coordinated_plan(request, slug)
    finding = plan.findings.filter(pk=pk).first()
    if finding is None:
        raise Http404("没有这个核对事项。")
    form = SettlementForm(request.POST)
    if form.is_valid():
        settlement = form.cleaned_data["settlement"]
        findings.settle(finding, by=request.user, at=timezone.now(), settlement=settlement)
        messages.success(request, "处理意见已记录。")
    else:
        messages.error(request, form.errors["settlement"][0])
    return redirect(f"{reverse('finding-list', args=[plan.slug])}?{request.GET.urlencode()}".rstrip("?"))
