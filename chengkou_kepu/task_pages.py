"""重点工作: the list, the page of one task and the page of one action."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Min, Prefetch
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django_tables2 import RequestConfig

from departments import permissions as roles
from departments.lineage import Lineage
from tasks import calendar
from tasks.filters import TaskFilterSet
from tasks.ledger import Ledger
from tasks.models import CloseOut, Evidence, ProgressEntry, QuarterlyReport, ReportingPeriod, Task
from tasks.outcomes import PART, Outcomes, outcomes_now
from tasks.permissions import coordinates
from tasks.progress import not_done
from tasks.standing import plan_standing, unit_filings
from tasks.stored_rows import units_as_they_stood
from tasks.tables import TaskTable, task_rows

from .asks import own_returns
from .dashboard import current_periods, light_counts
from .plan_page import plan_page
from .unlisted import paragraphs_of

Status = QuarterlyReport.Status
PUBLIC = (Status.ACCEPTED, Status.SUBMITTED)


@dataclass(frozen=True)
class Line:
    """A unit's line on a task in one quarter. What is not accepted yet shows its figure, its text to few."""

    entry: ProgressEntry
    accepted: bool
    readable: bool


@dataclass(frozen=True)
class QuarterOfTask:
    """What the units said of a task in one quarter."""

    period: ReportingPeriod
    leads: tuple[Line, ...]
    supports: tuple[Line, ...]


def task_list(request, slug):
    page = plan_page(request, slug)
    ledger = Ledger.shown_in(page.period)
    standing = plan_standing(ledger, page.period, at=page.at)
    rows = task_rows(ledger, standing, page.period, url_of=_task_url(page))
    lineage = Lineage.load(page.plan.region_id) if request.plan.reformed else Lineage(())
    filterset = TaskFilterSet(
        request.GET,
        rows=rows,
        actions=[(a.ordinal, a.short_title) for a in standing.actions],
        responsibilities=ledger.in_force(page.period.last_day),
        lineage=lineage,
        told=lineage.recorded_by(page.told_at).in_effect(page.period.last_day),
    )
    shown = filterset.qs
    table = TaskTable(shown, empty_text=_nothing_found(filterset, standing))
    RequestConfig(request, paginate=False).configure(table)
    filtered = any(request.GET.get(name) for name in filterset.filters)
    context = page.context(
        filterset=filterset, table=table, shown=len(shown), total=len(rows), filtered=filtered
    )
    return render(request, "chengkou_kepu/task_list.html", context)


def task(request, slug, number):
    page = plan_page(request, slug)
    now = Ledger.load(page.period.plan)
    ledger = now.as_it_stood(page.period)
    found = next((t for t in ledger.tasks if t.number == number), None)
    if found is None:
        return _where_listed(request, number, now, page)
    shown = ledger.tasks_on(page.period.last_day)
    listed = found in shown
    shown = shown if listed else [*shown, found]
    standing = plan_standing(ledger, page.period, at=page.at, tasks_shown=shown)
    action = next(a for a in standing.actions for t in a.tasks if t.task_id == found.pk)
    progress = next(t for t in action.tasks if t.task_id == found.pk)
    held = [r for r in ledger.responsibilities if r.task_id == found.pk]
    in_force = [r for r in ledger.in_force(page.period.last_day) if r.task_id == found.pk]
    own = roles.answered_for(request.user)
    outcomes = outcomes_now(task=found.pk)
    apply_in = _open_for_close_out(request.user, found, now, outcomes.close_outs, page)
    stored = page.period.stored
    told = stored.read(PART, Outcomes).of(found.pk) if stored else outcomes
    context = page.context(
        own=own,
        own_duties=[r for r in in_force if r.department_id in own],
        asks=_asks(request.user, found, now, page),
        task=found,
        action=action,
        progress=progress,
        in_force=in_force,
        former=[r for r in held if r not in in_force],
        listed_from=None if listed else _listed_from(held, page.period),
        history=task_history(found, page.period, request.user),
        close_outs=told.close_outs,
        coordinates=coordinates(request.user, page.plan),
        apply_in=apply_in,
        not_done=not_done(_leads_of(found, now, apply_in, page.at)) if apply_in else (),
        judgements=told.judgements,
        errata=[e for e in page.errata if e.task_id == found.pk],
        previous=_neighbour(ledger, number, -1),
        next=_neighbour(ledger, number, +1),
    )
    return render(request, "chengkou_kepu/task.html", context)


def _where_listed(request, number, ledger, page):
    """Redirect to the first later quarter that has the task which this archived one has not, saying so.

    To its action where there is no such quarter yet; 404 for a number that is no task's.
    """
    found = next((t for t in ledger.tasks if t.number == number), None)
    if found is None:
        raise Http404("没有这项重点工作。")
    since = ledger.begins.get(found.pk, page.period.last_day)
    later = [p for p in page.periods if p.key > page.period.key]
    shown = next((p for p in later if p.last_day >= since), None)
    shown = shown or next((p for p in reversed(later) if not p.frozen_at), None)
    asked = f"，已定稿归档的{page.period}没有这一项" if "period" in request.GET else ""
    messages.info(request, f"第{number}项自{calendar.zh_day(since)}起列入{asked}。")
    if shown is None:
        return redirect("action", page.plan.slug, found.action.ordinal)
    return redirect(f"{found.get_absolute_url()}?period={shown.code}")


def _listed_from(held, period):
    """The first day on which somebody holds the task, if that comes after the period; else None."""
    first = min((r.valid_from for r in held), default=None)
    return first if first and first > period.last_day else None


def action(request, slug, ordinal):
    page = plan_page(request, slug)
    ledger = Ledger.shown_in(page.period)
    found = next((a for a in ledger.actions if a.ordinal == ordinal), None)
    if found is None:
        raise Http404("没有这个行动（工程）。")
    standing = plan_standing(ledger, page.period, at=page.at)
    rows = task_rows(ledger, standing, page.period, url_of=_task_url(page))
    table = TaskTable([row for row in rows if row.action == ordinal])
    RequestConfig(request, paginate=False).configure(table)
    of_action = next(a for a in standing.actions if a.ordinal == ordinal)
    may_add = coordinates(request.user, page.plan)
    tasks, begins = (
        _listed_now(page.plan) if may_add and page.period.stored else (ledger.tasks, ledger.begins)
    )
    context = page.context(
        action=found,
        standing=of_action,
        lights=light_counts(of_action.total),
        table=table,
        coordinates=may_add,
        paragraphs=paragraphs_of(found, tasks),
        later=[
            (task, begins[task.pk])
            for task in tasks
            if task.action_id == found.pk and begins.get(task.pk, page.period.last_day) > page.period.last_day
        ],
    )
    return render(request, "chengkou_kepu/action.html", context)


def _listed_now(plan):
    """The plan's tasks as they are now, and {task id: the day its first duty began}; one query."""
    tasks = list(plan.tasks.annotate(begins=Min("responsibilities__valid_from")))
    return tasks, {task.pk: task.begins for task in tasks if task.begins}


def task_history(task, period, user):
    """QuarterOfTask for each quarter up to the period that has accepted or submitted lines, newest first."""
    entries = (
        ProgressEntry.objects.up_to(period)
        .with_proxy()
        .with_self_review()
        .filter(responsibility__task=task, report__status__in=PUBLIC)
        .select_related("report__period__plan", "report__department", "responsibility")
        .prefetch_related(Prefetch("evidence", Evidence.objects.select_related("uploaded_by")))
        .order_by("-report__period__year", "-report__period__quarter", "responsibility__position", "pk")
    )
    quarters, stood = {}, units_as_they_stood(period) or {}
    for entry in entries:
        entry.report.department = stood.get(entry.report.department_id, entry.report.department)
        quarters.setdefault(entry.report.period, []).append(_line(entry, task.plan, user))
    return [
        QuarterOfTask(
            period,
            tuple(line for line in lines if line.entry.responsibility.is_lead),
            tuple(line for line in lines if not line.entry.responsibility.is_lead),
        )
        for period, lines in quarters.items()
    ]


def _line(entry, plan, user):
    """Accepted lines are read by all; submitted ones by their own unit and the coordinator (DESIGN §4)."""
    accepted = entry.report.status == Status.ACCEPTED
    own = roles.files_for(user, entry.report.department_id) or coordinates(user, plan)
    return Line(entry, accepted, accepted or own)


def _task_url(page):
    return lambda number: reverse("task", args=[page.plan.slug, number]) + page.query


def _nothing_found(filterset, standing):
    if filterset.form.errors:
        return "筛选条件有误，请改正后再查。"
    chosen = filterset.form.cleaned_data.get("action")
    if chosen and any(str(a.ordinal) == chosen and not a.tasks for a in standing.actions):
        return "该行动（工程）未列入责任分解表（附件文本可能不全，待核）。"
    return "没有符合条件的重点工作。"


def _asks(user, task, ledger, page):
    """What the user's units that lead the task have to do with their returns, in whatever quarter."""
    current = []
    for period in current_periods(ledger, page.periods, page.at):
        leads = _leads_in(task, ledger, period)
        filings = unit_filings(ledger, period, {}, at=page.at)
        current.append((period, [filing for filing in filings if filing.department_id in leads]))
    return own_returns(user, current, at=page.at)


def _leads_in(task, ledger, period):
    """Ids of the units that have to report on the task in the period; none once it is closed out."""
    if task.pk in ledger.closed_up_to(period.key):
        return set()
    held = ledger.in_force(period.last_day)
    return {r.department_id for r in held if r.task_id == task.pk and r.is_lead}


def _open_for_close_out(user, task, ledger, close_outs, page):
    """The open quarter in which this user may apply for the task's close-out, or None."""
    standing = any(c.status in CloseOut.STANDING for c in close_outs)
    if standing or task.nature == Task.Nature.STANDING:
        return None
    for period in reversed(page.periods):
        held = [r for r in ledger.in_force(period.last_day) if r.task_id == task.pk]
        leads = [r.department_id for r in held if r.is_lead]
        if period.is_open(page.at) and any(roles.files_for(user, unit) for unit in leads):
            return period
    return None


def _leads_of(task, ledger, period, at):
    """LeadFigures of the task in the period."""
    return plan_standing(ledger, period, at=at, tasks_shown=[task]).tasks[0].leads


def _neighbour(ledger, number, step):
    numbers = [t.number for t in ledger.tasks]
    place = numbers.index(number) + step
    return numbers[place] if 0 <= place < len(numbers) else None
