"""征集和分工: what lead and supporting units ask of each other in a quarter, and rows without a concrete duty."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tasks import calendar, cooperation, workflow
from tasks.answers import Answer, answers_to
from tasks.extensions import due_of
from tasks.forms import SupportRequestForm
from tasks.models import Action, CloseOut, NoDuty, Responsibility, SupportRequest, Task
from tasks.posted import posted_ids, posted_text
from tasks.selection import named_period, visible_plan

from .filing import asked_department
from .way_back import way_back

TIME_TO_USE = timedelta(days=3)
LONGEST = 500
SECTION = re.compile(r"tasks-[0-9]{1,4}")
DECIDED = {"end": "已恢复填报。", "agree": "已确认无具体任务。", "refuse": "已答复不同意。"}


@dataclass(frozen=True)
class Supporter:
    """A supporting unit's row of a task the unit leads: what it was asked and answered, and its claim of no duty."""

    responsibility: Responsibility
    answer: Answer | None
    claim: NoDuty | None


@dataclass(frozen=True)
class LedSection:
    """The tasks of an action that the unit leads, and their supporting units; both are ticked once for all rows."""

    action: Action
    supporters: tuple[Supporter, ...]
    tasks: tuple[Task, ...]
    ticked_tasks: frozenset
    ticked_units: frozenset

    @property
    def units(self):
        return list(dict.fromkeys(s.responsibility.department for s in self.supporters))

    @property
    def asked(self):
        return [s for s in self.supporters if s.answer]

    @property
    def claims(self):
        return [s.claim for s in self.supporters if s.claim and s.claim.status == NoDuty.Status.ASKED]

    @property
    def settled(self):
        return [s.claim for s in self.supporters if s.claim and s.claim.status == NoDuty.Status.AGREED]


@dataclass(frozen=True)
class Duty:
    """A row the unit supports, with its standing claim of no duty."""

    responsibility: Responsibility
    claim: NoDuty | None


@require_http_methods(["GET", "HEAD", "POST"])
def filing_cooperation(request, slug, code):
    at = timezone.now()
    plan = visible_plan(request, slug)
    period = named_period(plan, code)
    department, own = asked_department(request, plan)
    if department not in own:
        raise PermissionDenied("征集和分工由本单位办理。")
    form = SupportRequestForm(
        request.POST if request.POST.get("verb") == "ask" else None,
        initial={"due_on": _usual_day(period, department, at)},
    )
    if request.method == "POST" and _carried_out(request, period, department, form, at=at):
        return redirect(f"{reverse('filing-cooperation', args=[slug, code])}?unit={department.pk}")
    context = {
        "plan": plan,
        "period": period,
        "department": department,
        "own": own,
        "form": form,
        "led": _led_sections(department, period, request.POST),
        "duties": _duties(department, period),
        "fixed": workflow.reason_not_open(period, at=at),
        "ticked": set(posted_ids(request.POST, "rows")),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "chengkou_kepu/filing_cooperation.html", context)


def _usual_day(period, lead, at):
    """Three days before the lead's own deadline, so that it has time to use what it gets; not before today."""
    return max(calendar.local_day(due_of(period, lead.pk)) - TIME_TO_USE, calendar.local_day(at))


def _carried_out(request, period, department, form, *, at):
    """Ask or claim as posted; whether it was done. Refusals are said, and what was ticked stays."""
    asked = {"by": request.user, "at": at}
    try:
        if request.POST.get("verb") == "ask":
            if not form.is_valid():
                return False
            rows = _ticked_supports(request.POST, period)
            fresh = cooperation.ask_support(period, department, rows, **form.cleaned_data, **asked)
            messages.success(request, f"已征集 {len(fresh)} 项。" if fresh else "所选各项此前都已征集。")
        elif request.POST.get("verb") == "claim":
            rows = _ticked(request.POST, period)
            reason = posted_text(request.POST, "reason", LONGEST)
            cooperation.claim_no_duty(department, rows, reason=reason, **asked)
            messages.success(request, "已提交，由牵头单位或县科协确认。")
        else:
            raise workflow.Refused("没有这个操作。")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        return False
    return True


@require_POST
def no_duty(request, slug, pk):
    """Agree to, refuse or end a claim of no duty; back to the page it was asked from."""
    plan = visible_plan(request, slug)
    claim = NoDuty.objects.filter(pk=pk, responsibility__task__plan=plan).first()
    if claim is None:
        raise Http404("没有这项申请。")
    asked = {"by": request.user, "at": timezone.now()}
    verb = request.POST.get("verb")
    try:
        if verb == "end":
            cooperation.end_no_duty(claim, **asked)
        elif verb in ("agree", "refuse"):
            decision = posted_text(request.POST, "decision", LONGEST)
            cooperation.decide_no_duty(claim, agree=verb == "agree", decision=decision, **asked)
        else:
            raise workflow.Refused("没有这个操作。")
        messages.success(request, DECIDED[verb])
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
    return way_back(request, request.POST.get("next", ""), otherwise=reverse("filing", args=[slug]))


def _ticked(data, period):
    """The posted responsibilities of the plan that are in force in the period."""
    held = Responsibility.objects.in_force(period.last_day).filter(task__plan=period.plan_id)
    return list(held.filter(pk__in=posted_ids(data, "rows")).select_related("task", "department"))


def _ticked_supports(data, period):
    """The supporters' rows, in each action, of the ticked tasks and the ticked units; not those without duty."""
    sections = {key.removeprefix("tasks-") for key in data if SECTION.fullmatch(key)}
    wanted = Q(pk=None)
    for ordinal in sections:
        wanted |= Q(
            task__action__ordinal=ordinal,
            task__in=posted_ids(data, f"tasks-{ordinal}"),
            department__in=posted_ids(data, f"units-{ordinal}"),
        )
    held = Responsibility.objects.in_force(period.last_day).filter(
        wanted, task__plan=period.plan_id, role=Responsibility.Role.SUPPORT
    )
    asked = held.exclude(no_duties__in=NoDuty.objects.agreed())
    return list(asked.select_related("task", "department").order_by("task__number", "position"))


def _led_sections(department, period, data):
    """LedSection of each action in which the unit leads tasks that are not closed out; `data` is what was ticked."""
    in_force = Responsibility.objects.in_force(period.last_day)
    led = in_force.leads().filter(department=department, task__plan=period.plan_id)
    closed = CloseOut.objects.verified_up_to(period).values("task_id")
    tasks = Task.objects.filter(pk__in=led.values("task_id")).exclude(pk__in=closed).select_related("action")
    supports = list(
        in_force.filter(task__in=tasks, role=Responsibility.Role.SUPPORT, department__is_group=False)
        .select_related("department", "task")
        .order_by("task__number", "position")
    )
    answers = {
        a.request.responsibility_id: a for group in answers_to(department, period).values() for a in group
    }
    claims = _standing_claims(supports)
    sections = {}
    for task in tasks.order_by("number"):
        sections.setdefault(task.action, []).append(task)
    return [
        LedSection(
            action,
            tuple(Supporter(r, answers.get(r.pk), claims.get(r.pk)) for r in supports if r.task in of_action),
            tuple(of_action),
            frozenset(posted_ids(data, f"tasks-{action.ordinal}")),
            frozenset(posted_ids(data, f"units-{action.ordinal}")),
        )
        for action, of_action in sections.items()
    ]


def _duties(department, period):
    """Duty of each row the unit supports, by number; those asked for or closed out can have a standing claim only."""
    asked = SupportRequest.objects.filter(period=period, responsibility__department=department)
    closed = CloseOut.objects.verified_up_to(period).values("task_id")
    supports = list(
        Responsibility.objects.in_force(period.last_day)
        .filter(department=department, task__plan=period.plan_id, role=Responsibility.Role.SUPPORT)
        .exclude(
            Q(pk__in=asked.values("responsibility")) | Q(task__in=closed),
            ~Q(no_duties__in=NoDuty.objects.standing()),
        )
        .select_related("task")
        .order_by("task__number")
    )
    claims = _standing_claims(supports)
    return [Duty(r, claims.get(r.pk)) for r in supports]


def _standing_claims(responsibilities):
    claims = NoDuty.objects.standing().filter(responsibility__in=responsibilities)
    return {claim.responsibility_id: claim for claim in claims.select_related("asked_by", "decided_by")}
