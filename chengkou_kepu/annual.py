"""年度完成: the coordinator's page on which the 长期坚持 tasks of a year are judged, all in one form."""

from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from departments.lineage import Lineage
from tasks import annual, workflow
from tasks.models import AnnualJudgement, Responsibility, Task
from tasks.posted import posted_text
from tasks.stored_rows import rows_as_they_stood

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
    if request.method == "POST" and _judged(request, plan, year, tasks, at=at):
        return redirect(f"{reverse('annual-judgements', args=[plan.slug])}?year={year}")
    context = {
        "plan": plan,
        "year": year,
        "years": years,
        "rows": _rows(plan, tasks, year, request.POST),
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


def _rows(plan, tasks, year, data):
    judgements = AnnualJudgement.objects.filter(task__plan=plan, year=year).select_related("judged_by")
    held = {judgement.task_id: judgement for judgement in judgements}
    leads = _leads(plan, year) if year else {}
    return [_row(task, held.get(task.pk), leads.get(task.pk, ()), data) for task in tasks]


def _leads(plan, year):
    """{task id: names of its leads at the year's end, with what they have become since}; an archived year end keeps its own."""
    day = min(date(year, 12, 31), plan.ends_on)
    last = plan.periods.filter(year=year).order_by("quarter").last()
    stood = rows_as_they_stood(plan, last) if last and last.last_day >= day else {}
    duties = stood.get("responsibilities")
    if duties is None:
        duties = Responsibility.objects.filter(task__plan=plan).select_related("department")
    leads = sorted((r for r in duties if r.is_lead and r.is_in_force(day)), key=attrgetter("position", "pk"))
    lineage, names = Lineage.load(plan.region_id), {}
    for lead in leads:
        names.setdefault(lead.task_id, []).append(_name_then(lead.department, lineage))
    return names


def _name_then(unit, lineage):
    """县乡村振兴局（现县农业农村委） of a unit that has ended since."""
    heirs = "、".join(heir.name for heir in lineage.heirs(unit.pk))
    since = f"现{heirs}" if heirs else "已撤销" if lineage.ends(unit.pk) else ""
    return f"{unit.name}（{since}）" if since else unit.name


def _row(task, held, leads, data):
    verdict = {True: "yes", False: "no", None: ""}[held.completed if held else None]
    return Row(
        task,
        held,
        data.get(f"verdict-{task.pk}", verdict),
        data.get(f"ground-{task.pk}", held.ground if held else ""),
        annual.stamp(held),
        leads,
    )
