"""单位: who takes part in the plan and what each has filed."""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import render

from departments import permissions as roles
from departments.models import Department
from indicators.models import Indicator, Measurement
from indicators.standing import indicator_standing, owners_owing
from tasks.ledger import Ledger
from tasks.models import Evidence, ProgressEntry, QuarterlyReport, ReportingPeriod, Responsibility
from tasks.obligations import UnitFiling, rates
from tasks.permissions import coordinates
from tasks.progress import TaskProgress
from tasks.standing import plan_standing, unit_filings
from tasks.stored_rows import units_as_they_stood

from .plan_page import plan_page

Status = QuarterlyReport.Status


@dataclass(frozen=True)
class GroupRow:
    """A group such as 各乡镇（街道）: named in the table, files nothing itself."""

    department: Department
    leads: int
    supports: int


@dataclass(frozen=True)
class FilingRow:
    """What the unit filed in one quarter. `status` is '' where the reader may not know of a draft."""

    period: ReportingPeriod
    filing: UnitFiling
    status: str


def department_list(request, slug):
    page = plan_page(request, slug)
    ledger = Ledger.shown_in(page.period)
    owners = owners_owing(page.plan, page.period.quarter)
    units = unit_filings(ledger, page.period, owners, at=page.at)
    seen = {u.department_id for u in units}
    stood = units_as_they_stood(page.period)
    others = (
        Department.objects.units().filter(region=page.plan.region_id)
        if stood is None
        else [unit for unit in stood.values() if not unit.is_group]
    )
    context = page.context(
        leads=[u for u in units if u.leads],
        supports=[u for u in units if not u.leads],
        groups=_groups(ledger, page.period),
        others=[d for d in others if d.pk not in seen],
        lead_rates=rates([u for u in units if u.leads]),
        support_rates=rates([u for u in units if not u.leads]),
    )
    return render(request, "chengkou_kepu/department_list.html", context)


def department(request, slug, pk):
    page = plan_page(request, slug)
    found = Department.objects.filter(region=page.plan.region_id, pk=pk).first()
    if found is None:
        raise Http404("没有这个单位。")
    found = (units_as_they_stood(page.period) or {}).get(found.pk, found)
    ledger = Ledger.load(page.period.plan).as_it_stood(page.period)
    standing = plan_standing(ledger, page.period, at=page.at)
    leads, supports = _tasks_of(found, ledger, standing, page.period)
    history = _filing_history(found, ledger, page, request.user)
    context = page.context(
        department=found,
        leads=leads,
        supports=supports,
        history=history,
        this_quarter=next((row for row in history if row.period == page.period), None),
        indicators=_indicators(found, page),
        entries=_accepted_entries(found, page.period, ledger),
        measurements=_accepted_measurements(found, page.period),
        files=roles.files_for(request.user, found.pk),
        reviews=coordinates(request.user, page.plan),
    )
    return render(request, "chengkou_kepu/department.html", context)


def _groups(ledger, period):
    """GroupRow for each group in force, in the plan's order."""
    counts = {}
    for r in ledger.in_force(period.last_day):
        if r.department.is_group:
            roles_held = counts.setdefault(r.department, dict.fromkeys(Responsibility.Role, 0))
            roles_held[r.role] += 1
    lead, support = Responsibility.Role.LEAD, Responsibility.Role.SUPPORT
    return [GroupRow(group, held[lead], held[support]) for group, held in counts.items()]


def _tasks_of(department, ledger, standing, period) -> tuple[list[TaskProgress], list[TaskProgress]]:
    """The tasks the unit leads and those it supports on the period's last day."""
    held = {r.task_id: r for r in ledger.in_force(period.last_day) if r.department_id == department.pk}
    tasks = [task for task in standing.tasks if task.task_id in held]
    return (
        [task for task in tasks if held[task.task_id].is_lead],
        [task for task in tasks if not held[task.task_id].is_lead],
    )


def _filing_history(department, ledger, page, user):
    """FilingRow for each quarter up to the chosen one, newest first; two queries for the owed indicators."""
    owing = {last: owners_owing(page.plan, 4 if last else 1) for last in (True, False)}
    rows = []
    for period in reversed(page.periods_so_far):
        filings = unit_filings(ledger, period, owing[period.quarter == 4], at=page.at)
        filing = next((u for u in filings if u.department_id == department.pk), None)
        if filing:
            rows.append(FilingRow(period, filing, _shown_status(filing, page.plan, user)))
    return rows


def _shown_status(filing, plan, user):
    """Drafts and what the unit has under its own review are its own affair."""
    private = filing.status in (Status.DRAFT, Status.ENDORSING)
    may_know = roles.files_for(user, filing.department_id) or coordinates(user, plan)
    return "" if private and not may_know else filing.status


def _indicators(department, page):
    """Those the unit answers for, with `code`, `name` and `owner_presumed`."""
    if page.period.stored:
        rows = indicator_standing(page.period, at=page.at)
        return [row for row in rows if row.owner_id == department.pk]
    return Indicator.objects.filter(plan=page.plan, owner=department)


def _accepted_entries(department, period, ledger):
    """The accepted lines of the unit's return, each with its task as the ledger has it."""
    if period.pk is None:
        return []
    entries = (
        ProgressEntry.objects.accepted()
        .with_proxy()
        .filter(report__period=period, report__department=department)
        .select_related("responsibility")
        .prefetch_related(Prefetch("evidence", Evidence.objects.select_related("uploaded_by")))
        .order_by("responsibility__role", "responsibility__task__number")
    )
    tasks = {task.pk: task for task in ledger.tasks}
    for entry in entries:
        entry.responsibility.task = tasks[entry.responsibility.task_id]
    return entries


def _accepted_measurements(department, period):
    if period.pk is None:
        return []
    return Measurement.objects.filter(
        report__period=period, report__department=department, report__status=Status.ACCEPTED
    ).select_related("indicator")
