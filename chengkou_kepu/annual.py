"""年度完成: the coordinator's page on which the 长期坚持 tasks of a year are judged, all in one form."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tasks import annual, workflow
from tasks.models import AnnualJudgement, Task
from tasks.posted import posted_text

from .review import coordinated_plan

VERDICTS = {"yes": True, "no": False, "": None}


@dataclass(frozen=True)
class Row:
    """A standing task of the year as the form shows it: what is stored, and what was typed over it."""

    task: Task
    judgement: AnnualJudgement | None
    verdict: str
    ground: str
    seen: str
    leads: list


@require_http_methods(["GET", "HEAD", "POST"])
def annual_judgements(request, slug):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    years = annual.judgeable_years(plan, at=at)
    year = _chosen_year(request.GET.get("year"), years)
    tasks = annual.standing_tasks(plan, year or plan.starts_on.year).order_by("number")
    tasks = tasks.prefetch_related("responsibilities__department")
    if request.method == "POST" and _judged(request, plan, year, tasks, at=at):
        return redirect(f"{reverse('annual-judgements', args=[plan.slug])}?year={year}")
    context = {
        "plan": plan,
        "year": year,
        "years": years,
        "rows": _rows(tasks, year, request.POST),
        "others": plan.tasks.exclude(nature=Task.Nature.STANDING).count(),
    }
    return render(request, "chengkou_kepu/annual_judgements.html", context)


def _chosen_year(text, years):
    """The year asked for, else the latest that can be judged; None where none can be yet."""
    if not text:
        return years[0] if years else None
    year = next((year for year in years if str(year) == text), None)
    if year is None:
        raise Http404("这一年度还不能评定。")
    return year


def _judged(request, plan, year, tasks, *, at):
    """Store what was posted; False after saying why not."""
    try:
        rows = [_posted(request.POST, task) for task in tasks if f"verdict-{task.pk}" in request.POST]
        changed = annual.judge(plan, year, rows, by=request.user, at=at)
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, f"已保存 {changed} 项。" if changed else "没有改动。")
    return True


def _posted(data, task):
    verdict = VERDICTS.get(data.get(f"verdict-{task.pk}", ""))
    ground = posted_text(data, f"ground-{task.pk}")
    return annual.Judged(task.pk, verdict, ground, data.get(f"seen-{task.pk}", ""))


def _rows(tasks, year, data):
    held = {j.task_id: j for j in AnnualJudgement.objects.filter(year=year).select_related("judged_by")}
    return [_row(task, held.get(task.pk), data) for task in tasks]


def _row(task, held, data):
    verdict = {True: "yes", False: "no", None: ""}[held.completed if held else None]
    leads = [r.department.name for r in task.responsibilities.all() if r.is_lead and r.valid_to is None]
    return Row(
        task,
        held,
        data.get(f"verdict-{task.pk}", verdict),
        data.get(f"ground-{task.pk}", held.ground if held else ""),
        annual.stamp(held),
        leads,
    )
