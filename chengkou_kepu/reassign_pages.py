"""调整责任分工: the coordinator's decisions on who answers for a task, from a quarter on."""

from bisect import bisect_left
from functools import partial

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
from tasks.posted import RowsField
from tasks.refusals import NotAllowed, Refused
from tasks.selection import periods_of

from .reassign_preview import foresee
from .review import coordinated_plan
from .unlisted import unlisted_paragraph

LEADS = 3


class DecisionForm(forms.Form):
    """Since which period, who leads in which order, who supports, by what decision and why."""

    quarter = forms.CharField(label="自此填报期起", widget=forms.Select)
    supports = RowsField(
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

    def __init__(self, *args, plan, offered, task=None, leads=(), **kwargs):
        """`offered` are the periods (year, quarter) from which on may be decided."""
        super().__init__(*args, **kwargs)
        self.plan, self.task = plan, task
        units = Department.objects.filter(region=plan.region_id, ends_on=None)
        self.fields["quarter"].widget.choices = [
            (f"{year}Q{quarter}", calendar.label(year, quarter, plan.cadence)) for year, quarter in offered
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

    def clean_quarter(self):
        """A period from which on may be decided, else the reason why not."""
        try:
            key = calendar.parse_quarter(self.cleaned_data["quarter"], self.plan.cadence)
            reassignment.require_from(self.plan, *key, task=self.task)
        except (ValueError, Refused) as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return key

    def decision(self):
        """The keyword arguments of the verbs; leads in order, gaps closed, and no supporter who leads."""
        data = self.cleaned_data
        leads = [data[name] for name in self.lead_names if data[name]]
        year, quarter = data["quarter"]
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

    def decision(self):
        return super().decision() | {name: self.cleaned_data[name] for name in ("title", "nature")}


@require_http_methods(["GET", "HEAD", "POST"])
def task_reassign(request, slug, number):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    task = plan.tasks.filter(number=number).first()
    if task is None:
        raise Http404("没有这项重点工作。")
    held = task.responsibilities.filter(valid_to=None, department__ends_on=None).order_by("position")
    held = list(held.select_related("department"))
    offered = _offered(plan, task)
    form = DecisionForm(
        request.POST or None,
        plan=plan,
        task=task,
        offered=offered,
        leads=[r.department for r in held if r.is_lead],
        initial={
            "quarter": _default(plan, offered, at),
            "supports": [r.department_id for r in held if not r.is_lead],
        },
    )
    page = {"title": f"调整分工：{task}", "back": task.get_absolute_url(), "task": task}
    decide = partial(reassignment.reassign, task, by=request.user, at=at)
    return _decide_or_show(
        request, form, decide, page, done="第{number}项的责任分工已调整，自{since}起生效。"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def action_task_new(request, slug, ordinal):
    """`?paragraph=3` begins with the title of that paragraph of the action, where the table has no row for it."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    action = plan.actions.filter(ordinal=ordinal).first()
    if action is None:
        raise Http404("没有这个行动（工程）。")
    paragraph = unlisted_paragraph(action, request.GET.get("paragraph", ""))
    offered = _offered(plan)
    initial = {"quarter": _default(plan, offered, at), "title": paragraph.title if paragraph else ""}
    form = TaskDecisionForm(request.POST or None, plan=plan, offered=offered, initial=initial)
    page = {
        "title": f"增列重点工作：{action.short_title}",
        "back": action.get_absolute_url(),
        "paragraphs": paragraph.text if paragraph else action.paragraphs,
    }
    decide = partial(reassignment.add_task, action, by=request.user, at=at)
    return _decide_or_show(request, form, decide, page, done="已增列第{number}项重点工作，自{since}起计入。")


def _decide_or_show(request, form, decide, page, *, done):
    """The form; posted, what the decision does, and with `verb` confirm it is made, if nothing changed since."""
    foreseen = None
    if request.method == "POST" and form.is_valid():
        decision = form.decision()
        try:
            foreseen = foresee(decide, decision, plan=form.plan, task=form.task)
            if request.POST.get("verb") == "confirm":
                if request.POST.get("seen") == foreseen.seen:
                    task = decide(**decision)
                    messages.success(request, done.format(number=task.number, since=foreseen.since))
                    return redirect(_page_of(task, (decision["year"], decision["quarter"])))
                messages.warning(request, "内容有改动，请核对下面的变化后再确认。")
        except NotAllowed:
            raise
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = page | {"plan": form.plan, "form": form, "foreseen": foreseen}
    if not form.fields["quarter"].widget.choices:
        context["closed"] = _why_none(form.plan, form.task)
    return render(request, "chengkou_kepu/reassign.html", context)


def _page_of(task, key):
    """Where the task is to be seen as decided: in the period of that key, else the latest that is not archived."""
    periods = periods_of(task.plan)
    open_ones = [period for period in periods if not period.frozen_at]
    if periods and not open_ones:
        return task.action.get_absolute_url()
    shown = next((p for p in open_ones if p.key == key), open_ones[-1] if open_ones else None)
    return task.get_absolute_url() + (f"?period={shown.code}" if shown else "")


def _every(plan):
    """The plan's periods as (year, last quarter)."""
    keys = [
        (year, quarter)
        for year in range(plan.starts_on.year, plan.ends_on.year + 1)
        for quarter in range(plan.words.quarters, 5, plan.words.quarters)
    ]
    return [
        key
        for key in keys
        if calendar.last_day(*key) >= plan.starts_on
        and calendar.first_day(*key, plan.cadence) <= plan.ends_on
    ]


def _refusal(plan, key, task):
    try:
        reassignment.require_from(plan, *key, task=task)
    except Refused as refusal:
        return str(refusal)
    return ""


def _offered(plan, task=None):
    """The periods from which on may be decided: where one is, all later ones are."""
    every = _every(plan)
    return every[bisect_left(every, True, key=lambda key: not _refusal(plan, key, task)) :]


def _why_none(plan, task):
    return _refusal(plan, _every(plan)[-1], task)


def _default(plan, offered, at):
    """Of the offered periods the one under way or the next; after the plan the first that is open, else the last."""
    today = calendar.period_of(*calendar.quarter_of(calendar.local_day(at)), plan.cadence)
    opened = {period.key for period in plan.periods.all() if period.is_open(at)}
    sensible = [key for key in offered if key >= today] or [key for key in offered if key in opened]
    chosen = next(iter(sensible), offered[-1] if offered else None)
    return chosen and "{}Q{}".format(*chosen)
