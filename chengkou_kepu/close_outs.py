"""办结销号: the lead's application and the coordinator's decision."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from departments import permissions as roles
from tasks import closing, permissions, workflow
from tasks.forms import CloseOutForm
from tasks.models import CloseOut, Responsibility
from tasks.selection import periods_of, visible_plan


@require_http_methods(["GET", "HEAD", "POST"])
def close_out_apply(request, slug, number):
    """The application, for the books of the latest quarter that is open."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    task = plan.tasks.select_related("action").filter(number=number).first()
    if task is None:
        raise Http404("没有这项重点工作。")
    open_periods = [p for p in periods_of(plan) if not workflow.reason_not_open(p, at=at)]
    period = open_periods[-1] if open_periods else None
    department = _own_lead(request.user, task, at=at, period=period)
    form = CloseOutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if period is None:
                raise workflow.Refused("现在没有开放的填报期，不能申请办结。")
            close_out = closing.apply_for_close_out(
                task,
                period=period,
                department=department,
                summary=form.cleaned_data["summary"],
                by=request.user,
                at=at,
            )
        except workflow.NotAllowed:
            raise
        except workflow.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已申请第{task.number}项办结，等待县科协核查。")
            return redirect("close-out", plan.slug, close_out.pk)
    context = {"plan": plan, "task": task, "period": period, "department": department, "form": form}
    return render(request, "chengkou_kepu/close_out_apply.html", context)


def _own_lead(user, task, *, at, period):
    """The user's unit that leads the task; NotAllowed for everybody else."""
    own = {d.pk: d for d in roles.own_departments(user)}
    day = period.last_day if period else timezone.localdate(at)
    leads = Responsibility.objects.in_force(day).leads().filter(task=task, department__in=own)
    if not leads:
        raise workflow.NotAllowed("只有牵头单位可以申请办结。")
    return own[leads[0].department_id]


@require_http_methods(["GET", "HEAD", "POST"])
def close_out(request, slug, pk):
    """One application: read by the plan's readers once decided, before that by the lead and the coordinator."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    found = (
        CloseOut.objects.filter(pk=pk, task__plan=plan)
        .select_related("task__action", "period__plan", "department", "applied_by", "decided_by")
        .first()
    )
    coordinates = permissions.coordinates(request.user, plan)
    own = found is not None and roles.files_for(request.user, found.department_id)
    if found is None or (found.status != CloseOut.Status.VERIFIED and not coordinates and not own):
        raise Http404("没有这项办结申请。")
    reason = request.POST.get("reason", "")
    if request.method == "POST":
        try:
            if request.POST.get("verb") == "verify":
                closing.verify(found, by=request.user, at=at, note=reason)
            else:
                closing.refuse(found, by=request.user, at=at, reason=reason)
        except workflow.NotAllowed:
            raise
        except workflow.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "核查结论已记录。")
            return redirect("close-out", plan.slug, found.pk)
    decides = coordinates and found.status == CloseOut.Status.APPLIED
    context = {"plan": plan, "close_out": found, "decides": decides, "typed_reason": reason}
    return render(request, "chengkou_kepu/close_out.html", context)
