"""单位: who takes part in the plan and what each has filed."""

from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import render

from departments import permissions as roles
from departments.lineage import Lineage
from departments.models import Department, DepartmentAlias
from indicators.models import Indicator, Measurement
from indicators.standing import Ownership, indicator_standing, owners_owing
from tasks.filters import SearchField, folded
from tasks.ledger import Ledger
from tasks.models import Evidence, ProgressEntry, QuarterlyReport, ReportingPeriod, Responsibility
from tasks.obligations import UnitFiling, rates
from tasks.permissions import coordinates
from tasks.progress import TaskProgress
from tasks.standing import plan_standing, unit_filings
from tasks.stored_rows import units_as_they_stood

from .former_filings import filings_standing_for
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
    """What the unit, or `formerly` one that it took the place of, filed in one quarter.

    `status` is '' where the reader may not know of a draft.
    """

    period: ReportingPeriod
    filing: UnitFiling
    status: str
    formerly: str = ""


@dataclass(frozen=True)
class _Names:
    """What units are looked for by: the words typed, and every name of a unit, spelling, former and later one."""

    asked: str
    lineage: Lineage | None = None
    spellings: dict = field(default_factory=dict)

    @classmethod
    def load(cls, region_id, typed):
        asked = SearchField().to_python(typed)[:100]
        if not asked:
            return cls(asked)
        spellings = {}
        for alias in DepartmentAlias.objects.filter(region=region_id):
            spellings.setdefault(alias.department_id, set()).add(alias.name)
        return cls(asked, Lineage.load(region_id), spellings)

    def match(self, unit_id, name):
        if not self.asked:
            return True
        every = {name, *self.lineage.names(unit_id), *self.spellings.get(unit_id, ())}
        return all(any(word in folded(one) for one in every) for word in folded(self.asked).split())


def department_list(request, slug):
    page = plan_page(request, slug)
    ledger = Ledger.shown_in(page.period)
    units = unit_filings(ledger, page.period, owners_owing(page.period), at=page.at)
    seen = {u.department_id for u in units}
    called = _Names.load(page.plan.region_id, request.GET.get("name", ""))
    context = page.context(
        leads=[u for u in units if u.leads and called.match(u.department_id, u.department)],
        supports=[u for u in units if not u.leads and called.match(u.department_id, u.department)],
        groups=[g for g in _groups(ledger, page.period) if called.match(g.department.pk, g.department.name)],
        others=[d for d in _existing(page) if d.pk not in seen and called.match(d.pk, d.name)],
        name=called.asked,
        coordinates=coordinates(request.user, page.plan),
        lead_rates=rates([u for u in units if u.leads]),
        support_rates=rates([u for u in units if not u.leads]),
    )
    return render(request, "chengkou_kepu/department_list.html", context)


def department(request, slug, pk):
    page = plan_page(request, slug)
    found = Department.objects.filter(region=page.plan.region_id, pk=pk).first()
    if found is None:
        raise Http404("没有这个单位。")
    stood = units_as_they_stood(page.period) or {}
    lineage = Lineage.load(page.plan.region_id)
    told = lineage.recorded_by(page.told_at) if found.pk in stood else lineage
    reformable = not found.is_group and not lineage.ends(found.pk)
    found = stood.get(found.pk, found)
    ledger = Ledger.load(page.period.plan).as_it_stood(page.period)
    standing = plan_standing(ledger, page.period, at=page.at)
    leads, supports = _tasks_of(found, ledger, standing, page.period)
    history = _filing_history(found, ledger, told, page, request.user)
    context = page.context(
        department=found,
        leads=leads,
        supports=supports,
        history=history,
        this_quarter=next((row for row in history if row.period == page.period and not row.formerly), None),
        indicators=_indicators(found, page),
        origins=told.origins(found.pk),
        ends=told.ends(found.pk),
        coordinates=coordinates(request.user, page.plan),
        reformable=reformable,
        entries=_accepted_entries(found, page.period, ledger),
        measurements=_accepted_measurements(found, page.period),
        files=roles.files_for(request.user, found.pk),
    )
    return render(request, "chengkou_kepu/department.html", context)


def _existing(page):
    """The region's units, groups apart, on the period's last day; of a frozen one, those it stored."""
    stood, day = units_as_they_stood(page.period), page.period.last_day
    if stood is None:
        return Department.objects.units().existing(day).filter(region=page.plan.region_id)
    return [unit for unit in stood.values() if not unit.is_group and unit.exists_on(day)]


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


def _filing_history(department, ledger, lineage, page, user):
    """FilingRow for each quarter up to the chosen one, newest first; one query for the owed indicators."""
    ownership = Ownership.load(page.plan)
    rows = []
    for period in reversed(page.periods_so_far):
        filings = unit_filings(ledger, period, ownership.owing(period), at=page.at)
        by_unit = {filing.department_id: filing for filing in filings}
        for filing in filings_standing_for(department.pk, by_unit, lineage):
            formerly = "" if filing.department_id == department.pk else filing.department
            rows.append(FilingRow(period, filing, _shown_status(filing, page.plan, user), formerly))
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
    owned = Indicator.objects.owned_by(department.pk, page.period.last_day)
    return owned.filter(plan=page.plan)


def _accepted_entries(department, period, ledger):
    """The accepted lines of the unit's return, each with its task as the ledger has it."""
    if period.pk is None:
        return []
    entries = (
        ProgressEntry.objects.accepted()
        .with_proxy()
        .with_self_review()
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
