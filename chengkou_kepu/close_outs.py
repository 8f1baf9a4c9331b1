"""办结销号: the lead's application with its evidence, and the coordinator's decision."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from departments import permissions as roles
from tasks import closing, evidence, permissions, workflow
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
            made = closing.apply_for_close_out(
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
            _attach(request, made, at=at)
            return redirect("close-out", plan.slug, made.pk)
    context = {"plan": plan, "task": task, "period": period, "department": department, "form": form}
    return render(request, "chengkou_kepu/close_out_apply.html", context)


def _own_lead(user, task, *, at, period):
    """The user's unit that leads the task; NotAllowed for everybody else."""
    own = {d.pk: d for d in (*roles.own_departments(user), *roles.former_departments(user))}
    day = period.last_day if period else timezone.localdate(at)
    leads = Responsibility.objects.in_force(day).leads().filter(task=task, department__in=own)
    if not leads:
        raise workflow.NotAllowed("只有牵头单位可以申请办结。")
    return own[leads[0].department_id]


@require_http_methods(["GET", "HEAD", "POST"])
def close_out(request, slug, pk):
    """One application: read by the plan's readers once verified, before that by the lead and the coordinator."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    found = (
        CloseOut.objects.filter(pk=pk, task__plan=plan)
        .select_related("task__action", "period__plan", "department", "applied_by", "decided_by")
        .first()
    )
    if found is None or not permissions.reads_close_out(request.user, found):
        raise Http404("没有这项办结申请。")
    if request.method == "POST" and _done(request, found, at=at):
        return redirect("close-out", plan.slug, found.pk)
    waits = found.status == CloseOut.Status.APPLIED and not found.period.frozen_at
    context = {
        "plan": plan,
        "close_out": found,
        "files": found.evidence.select_related("uploaded_by"),
        "attaches": waits and roles.files_for(request.user, found.department_id),
        "decides": waits and permissions.coordinates(request.user, plan),
        "typed_reason": request.POST.get("reason", ""),
    }
    return render(request, "chengkou_kepu/close_out.html", context)


def _done(request, close_out, *, at):
    """Decide or attach as asked; False after saying why not."""
    verb, reason = request.POST.get("verb"), request.POST.get("reason", "")
    try:
        if verb == "attach":
            if not request.FILES.getlist("files"):
                raise workflow.Refused("请先选择文件。")
            _attach(request, close_out, at=at)
            return True
        if verb == "verify":
            closing.verify(close_out, by=request.user, at=at, note=reason)
        else:
            closing.refuse(close_out, by=request.user, at=at, reason=reason)
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, "核查结论已记录。")
    return True


def _attach(request, close_out, *, at):
    """Attach each uploaded file in a transaction of its own; what is refused is said by name."""
    for upload in request.FILES.getlist("files"):
        try:
            attached = evidence.attach_to_close_out(close_out, upload, by=request.user, at=at)
            messages.success(request, f"已上传“{attached.name}”。")
        except workflow.NotAllowed:
            raise
        except workflow.Refused as refusal:
            messages.error(request, str(refusal))
