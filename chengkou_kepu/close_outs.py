"""办结销号: the lead's application with its evidence, the coordinator's decision, and the form that records both."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from departments import permissions as roles
from tasks import closing, evidence, permissions, reviewers, workflow
from tasks.forms import CloseOutForm
from tasks.models import CloseOut, Responsibility
from tasks.posted import posted_text
from tasks.selection import periods_of, visible_plan

Status = CloseOut.Status


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
        made = _applied(request, form, task, period=period, department=department, at=at)
        if made:
            messages.success(request, f"已申请第{task.number}项办结，等待县科协核查。")
            return redirect("close-out", plan.slug, made.pk)
    context = {
        "plan": plan,
        "task": task,
        "period": period,
        "department": department,
        "form": form,
        "refusal": "" if form.errors else closing.reason_not_to_apply(task, period, at=at),
        "files_lost": bool(request.FILES),
    }
    return render(request, "chengkou_kepu/close_out_apply.html", context)


def _applied(request, form, task, *, period, department, at):
    """The CloseOut applied for; None after saying at the form why not."""
    try:
        if period is None:
            raise workflow.Refused(closing.reason_not_to_apply(task, period, at=at))
        return closing.apply_for_close_out(
            task,
            period=period,
            department=department,
            summary=form.cleaned_data["summary"],
            files=request.FILES.getlist("files"),
            by=request.user,
            at=at,
        )
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        form.add_error(None, str(refusal))


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
    found = _readable(request.user, plan, pk)
    if request.method == "POST" and _done(request, found, at=at):
        return redirect("close-out", plan.slug, found.pk)
    waits = found.status == Status.APPLIED
    coordinates = permissions.coordinates(request.user, plan)
    left_to_others = waits and coordinates and reviewers.reason_not_reviewer(found, request.user)
    decides = waits and coordinates and not left_to_others
    context = {
        "plan": plan,
        "close_out": found,
        "files": found.evidence.select_related("uploaded_by"),
        "attaches": waits
        and not found.period.frozen_at
        and roles.files_for(request.user, found.department_id),
        "decides": decides,
        "left_to_others": left_to_others,
        "own_review": decides and reviewers.is_own(found, request.user),
        "not_done": closing.leads_not_done(found.task, found.period, at=at) if decides else (),
        "reopens": coordinates and found.status == Status.VERIFIED,
        "typed": request.POST,
        "ticked": request.POST.getlist("points"),
    }
    return render(request, "chengkou_kepu/close_out.html", context)


@require_safe
def close_out_sheet(request, slug, pk):
    """办结销号表: the application and its decision on paper, to be signed and sealed."""
    plan = visible_plan(request, slug)
    found = _readable(request.user, plan, pk)
    held = Responsibility.objects.in_force(found.period.last_day).filter(task=found.task)
    context = {
        "plan": plan,
        "close_out": found,
        "files": found.evidence.all(),
        "responsibilities": held.select_related("department").order_by("role", "position"),
        "at": timezone.now(),
    }
    return render(request, "chengkou_kepu/close_out_sheet.html", context)


def _readable(user, plan, pk):
    found = (
        CloseOut.objects.filter(pk=pk, task__plan=plan)
        .select_related(
            *("task__action", "task__plan", "period__plan", "department", "applied_by"),
            *("decided_by", "reopened_by", "reopened_in"),
        )
        .first()
    )
    if found is None or not permissions.reads_close_out(user, found):
        raise Http404("没有这项办结申请。")
    return found


def _done(request, close_out, *, at):
    """Decide, attach or reopen as asked; False after saying why not."""
    verb = request.POST.get("verb")
    points, asked = request.POST.getlist("points"), {"by": request.user, "at": at}
    try:
        if verb == "attach":
            if not request.FILES.getlist("files"):
                raise workflow.Refused("请先选择文件。")
            _attach(request, close_out, at=at)
            return True
        reason = posted_text(request.POST, "reason")
        if verb == "verify":
            closing.verify(close_out, points=points, note=reason, **asked)
        elif verb == "refuse":
            closing.refuse(close_out, points=points, reason=reason, **asked)
        elif verb == "reopen":
            reopened = closing.reopen(close_out, reason=reason, **asked)
            messages.success(request, f"已重新打开，自{reopened.reopened_in}起恢复报送。")
            return True
        else:
            raise workflow.Refused("没有这个操作。")
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
