"""导入核对事项: what the document left uncertain, and what the coordinator made of it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tasks import findings
from tasks.forms import SettlementForm

from .review import coordinated_plan


@require_safe
def finding_list(request, slug):
    """Open ones first; each with its row and the task it is about."""
    plan = coordinated_plan(request, slug)
    found = list(plan.findings.select_related("settled_by"))
    context = {
        "plan": plan,
        "tasks": {task.number: task for task in plan.tasks.all()},
        "open": [finding for finding in found if not finding.settled_at],
        "settled": [finding for finding in found if finding.settled_at],
    }
    return render(request, "chengkou_kepu/finding_list.html", context)


@require_POST
def finding_settle(request, slug, pk):
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
    return redirect("finding-list", plan.slug)
