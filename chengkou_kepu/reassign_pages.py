"""调整责任分工: the coordinator's decisions on who answers for a task, from a quarter on."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from departments.models import Department
from tasks import calendar, reassignment
from tasks.models import Task
from tasks.numerals import zh_ordinal
from tasks.refusals import NotAllowed, Refused

from .review import coordinated_plan

LEADS = 3


class DecisionForm(forms.Form):
    """Since which period, who leads in which order, who supports, by what decision and why."""

    quarter = forms.ChoiceField(
        label="自此填报期起", error_messages={"invalid_choice": "请选择方案期内的填报期。"}
    )
    supports = forms.ModelMultipleChoiceField(
        None,
        label="配合单位",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "没有这个单位，请重新选择。"},
    )
    decided_by = forms.CharField(
        label="依据",
        max_length=200,
        help_text="文件或会议。",
        error_messages={"required": "请写明依据的文件或会议。"},
    )
    reason = forms.CharField(
        label="调整理由", max_length=500, error_messages={"required": "请写明调整理由。"}
    )

    def __init__(self, *args, plan, leads=(), **kwargs):
        super().__init__(*args, **kwargs)
        units = Department.objects.filter(region=plan.region_id, ends_on=None)
        self.fields["quarter"].choices = [
            (f"{year}Q{quarter}", calendar.label(year, quarter, plan.cadence))
            for year in range(plan.starts_on.year, plan.ends_on.year + 1)
            for quarter in range(plan.words.quarters, 5, plan.words.quarters)
        ]
        self.fields["supports"].queryset = units
        self.lead_names = [f"lead_{place}" for place in range(1, max(LEADS, len(leads) + 1) + 1)]
        for place, name in enumerate(self.lead_names):
            self.fields[name] = forms.ModelChoiceField(
                units.filter(is_group=False),
                label=f"第{zh_ordinal(place + 1)}牵头单位",
                required=not place,
                initial=leads[place] if place < len(leads) else None,
                empty_label="（无）",
                error_messages={
                    "required": "请至少选择一个牵头单位。",
                    "invalid_choice": "没有这个单位，请重新选择。",
                },
            )
        self.order_fields(
            ["title", "nature", "quarter", *self.lead_names, "supports", "decided_by", "reason"]
        )

    def decision(self):
        """The keyword arguments of the verbs; leads in order, gaps closed, and no supporter who leads."""
        data = self.cleaned_data
        leads = [data[name] for name in self.lead_names if data[name]]
        year, quarter = calendar.parse_quarter(data["quarter"])
        return {
            "leads": leads,
            "supports": [unit for unit in data["supports"] if unit not in leads],
            "year": year,
            "quarter": quarter,
            "decided_by": data["decided_by"],
            "reason": data["reason"],
        }


class TaskDecisionForm(DecisionForm):
    """A task that the table does not list, with its units."""

    title = forms.CharField(
        label="重点工作",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="照录文件正文的提法。",
        error_messages={"required": "请写明重点工作名称。"},
    )
    nature = forms.ChoiceField(label="性质", choices=Task.Nature, initial=Task.Nature.STANDING)


@require_http_methods(["GET", "HEAD", "POST"])
def task_reassign(request, slug, number):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    task = plan.tasks.filter(number=number).first()
    if task is None:
        raise Http404("没有这项重点工作。")
    held = task.responsibilities.filter(valid_to=None, department__ends_on=None).order_by("position")
    held = list(held.select_related("department"))
    initial = {
        "quarter": _this_period(plan, at),
        "supports": [r.department_id for r in held if not r.is_lead],
    }
    leads = [r.department for r in held if r.is_lead]
    form = DecisionForm(request.POST or None, plan=plan, leads=leads, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = _decide(form, reassignment.reassign, task, form.decision(), by=request.user, at=at)
        if done:
            messages.success(request, f"第{task.number}项的责任分工已调整。")
            return redirect("task", plan.slug, task.number)
    context = {"plan": plan, "form": form, "title": f"调整分工：{task}", "back": task.get_absolute_url()}
    return render(request, "chengkou_kepu/reassign.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def action_task_new(request, slug, ordinal):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    action = plan.actions.filter(ordinal=ordinal).first()
    if action is None:
        raise Http404("没有这个行动（工程）。")
    form = TaskDecisionForm(request.POST or None, plan=plan, initial={"quarter": _this_period(plan, at)})
    if request.method == "POST" and form.is_valid():
        new = {name: form.cleaned_data[name] for name in ("title", "nature")}
        task = _decide(form, reassignment.add_task, action, form.decision() | new, by=request.user, at=at)
        if task:
            messages.success(request, f"已增列第{task.number}项重点工作。")
            return redirect("task", plan.slug, task.number)
    context = {
        "plan": plan,
        "form": form,
        "title": f"增列重点工作：{action.short_title}",
        "back": action.get_absolute_url(),
        "paragraphs": action.paragraphs,
    }
    return render(request, "chengkou_kepu/reassign.html", context)


def _decide(form, verb, subject, decision, *, by, at):
    """Do it; None where it is refused, the sentence then stands at the form."""
    try:
        return verb(subject, **decision, by=by, at=at)
    except NotAllowed:
        raise
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None


def _this_period(plan, at):
    day = min(max(calendar.local_day(at), plan.starts_on), plan.ends_on)
    year, quarter = calendar.period_of(*calendar.quarter_of(day), plan.cadence)
    return f"{year}Q{quarter}"
