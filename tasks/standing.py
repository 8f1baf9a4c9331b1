"""How a plan stands in a period: what `progress` and `obligations` judge, over the rows of a `Ledger`."""

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import takewhile

from .models import QuarterlyReport, Stage
from .obligations import UnitFiling, filing_state, own_due, reasons_to_report
from .progress import (
    LeadFigure,
    RollUp,
    Rules,
    TaskProgress,
    counting,
    expected_completion,
    judge_task,
    roll_up,
)


@dataclass(frozen=True)
class ActionStanding:
    """An action and its tasks; `total.completion` is None for one without tasks."""

    ordinal: int
    title: str
    short_title: str
    tasks: tuple[TaskProgress, ...]
    total: RollUp


@dataclass(frozen=True)
class PlanStanding:
    actions: tuple[ActionStanding, ...]
    total: RollUp

    @property
    def tasks(self):
        return tuple(task for action in self.actions for task in action.tasks)


def rules_of(plan):
    mean = plan.consolidation == plan.Consolidation.MEAN
    return Rules(plan.behind_points, plan.severe_points, mean, plan.cadence)


def plan_standing(ledger, period, *, at, tasks_shown=None):
    """PlanStanding in the period: what is accepted up to it, however late; of a frozen one, what was stored.

    `tasks_shown`: the tasks to judge, instead of those that the plan had on the period's last day.
    """
    if period.stored:
        return period.stored.read("standing", PlanStanding)
    plan = ledger.plan
    context = {
        "expected": expected_completion(plan.starts_on, plan.ends_on, period.last_day),
        "rules": rules_of(plan),
        "baseline": period.is_baseline,
    }
    held = defaultdict(list)
    for responsibility in ledger.in_force(period.last_day):
        held[responsibility.task_id].append(responsibility)
    reports = ledger.reports_in(period)
    closed = ledger.closed_up_to(period.key)
    tasks = defaultdict(list)
    for task in ledger.tasks_on(period.last_day) if tasks_shown is None else tasks_shown:
        leads = tuple(
            _lead_figure(
                r,
                ledger.statements.get(r.pk, ()),
                reports.get(r.department_id),
                period.key,
                _extended_to(ledger, period, r.department_id, reports, at=at),
            )
            for r in held[task.pk]
            if r.is_lead
        )
        supports = tuple(r.department.name for r in held[task.pk] if not r.is_lead)
        overdue = _any_overdue(period, counting(leads, context["rules"]), at)
        tasks[task.action_id].append(
            _task_progress(task, leads, supports, closed.get(task.pk), overdue=overdue, **context)
        )
    actions = tuple(
        ActionStanding(
            action.ordinal,
            action.title,
            action.short_title,
            tuple(tasks[action.pk]),
            roll_up(tasks[action.pk], **context),
        )
        for action in ledger.actions
    )
    return PlanStanding(actions, roll_up([t for a in actions for t in a.tasks], **context))


def unit_filings(ledger, period, indicator_owners, *, at):
    """What each unit did in the period: tuple of UnitFiling, leads first, in the order of the plan's table.

    `indicator_owners` maps the id of a unit that owes a value in this quarter to (name, indicator names). Of a frozen
    quarter, what was stored.
    """
    if period.frozen_at and period.pk in ledger.stored_filings:
        return ledger.stored_filings[period.pk]
    leads, supports, open_leads, asked = (defaultdict(int) for _ in range(4))
    closed = ledger.closed_up_to(period.key)
    order = {task.pk: task.number for task in ledger.tasks}
    names = {}
    for r in sorted(ledger.in_force(period.last_day), key=lambda r: (r.role, order[r.task_id], r.position)):
        if r.department.is_group:
            continue
        names[r.department_id] = r.department.name
        (leads if r.is_lead else supports)[r.department_id] += 1
        open_leads[r.department_id] += r.is_lead and r.task_id not in closed
        asked[r.department_id] += (period.pk, r.pk) in ledger.asked
    reports = ledger.reports_in(period)
    for department, (name, _) in indicator_owners.items():
        names.setdefault(department, name)
    for department, report in reports.items():
        if report.first_submitted_at or report.department.exists_on(period.last_day):
            names.setdefault(department, report.department.name)
    must_report = ledger.plan.supports_must_report
    return tuple(
        _unit_filing(
            period,
            department,
            name,
            leads=leads[department],
            supports=supports[department],
            reasons=reasons_to_report(
                open_leads[department],
                indicator_owners.get(department, ("", ()))[1],
                supports[department] if must_report else 0,
                asked[department],
            ),
            report=reports.get(department),
            extended_to=ledger.extended_to(period, department),
            at=at,
        )
        for department, name in names.items()
    )


def _any_overdue(period, leads, at):
    """Whether one of the leads should have reported by now, by its own deadline; nothing is due that nobody opened."""
    if period.pk is None:
        return False
    return (
        any(at > own_due(period.due_at, lead.extended_to) for lead in leads)
        if leads
        else period.is_overdue(at)
    )


def _extended_to(ledger, period, department, reports, *, at):
    """The unit's extension, looked up only where it decides between 未报 and 未到期."""
    report = reports.get(department)
    decides = period.is_overdue(at) and not (report and report.first_submitted_at)
    return ledger.extended_to(period, department) if decides else None


def _lead_figure(responsibility, statements, report, key, extended_to):
    stated = [s for s in statements if s.counts_in(key)]
    accepted = [s for s in stated if s.accepted]
    in_force = _in_force(accepted)
    awaiting = _in_force(stated) if stated and not stated[-1].accepted else None
    return LeadFigure(
        responsibility_id=responsibility.pk,
        department_id=responsibility.department_id,
        department=responsibility.department.name,
        completion=in_force.completion if in_force else None,
        stage=in_force.stage if in_force else "",
        stated_in=in_force.key if in_force else None,
        carried=in_force is not None and in_force.key != key,
        unchanged=_times_unchanged(accepted) if accepted and accepted[-1].key == key else 0,
        status=report.status if report else "",
        awaiting=awaiting.completion if awaiting else None,
        awaiting_in=stated[-1].key if awaiting else None,
        proxy=bool(in_force and in_force.proxy),
        awaiting_proxy=bool(awaiting and stated[-1].proxy),
        extended_to=extended_to,
        corrected=bool(in_force and in_force.corrected),
        stated_by=_former(responsibility, in_force),
        awaiting_by=_former(responsibility, stated[-1] if awaiting else None),
    )


def _former(responsibility, statement):
    """The unit that made the statement, where it is not the one that has the duty; else ''."""
    own = statement is None or statement.department_id == responsibility.department_id
    return "" if own else statement.department


def _times_unchanged(statements):
    return len(list(takewhile(lambda statement: statement.completion is None, reversed(statements))))


def _in_force(statements):
    """The last statement with a completion; 无新进展 upon nothing leaves 0; None where nothing was stated."""
    last = next((s for s in reversed(statements) if s.completion is not None), None)
    if last or not statements:
        return last
    return replace(statements[0], completion=0, stage=Stage.NOT_STARTED)


def _task_progress(task, leads, supports, closed_in, *, expected, rules, baseline, overdue):
    completion, behind, light, why = judge_task(
        leads=leads,
        expected=expected,
        rules=rules,
        closed_in=closed_in,
        baseline=baseline,
        overdue=overdue,
    )
    first = leads[0] if leads else None
    return TaskProgress(
        task_id=task.pk,
        number=task.number,
        title=task.title,
        action_id=task.action_id,
        leads=leads,
        supports=supports,
        completion=completion,
        stage=Stage.COMPLETED if closed_in else first.stage if first else "",
        expected=expected,
        behind=behind,
        light=light,
        carried_from=first.stated_in if first and first.carried and not closed_in else None,
        closed_in=closed_in,
        why=why,
    )


def _unit_filing(period, department, name, *, leads, supports, reasons, report, extended_to, at):
    submitted = report.first_submitted_at if report else None
    due_at = own_due(period.due_at, extended_to) if period.pk else None
    return UnitFiling(
        department_id=department,
        department=name,
        leads=leads,
        supports=supports,
        owes=bool(reasons),
        reasons=reasons,
        filing=filing_state(owes=bool(reasons), first_submitted_at=submitted, due_at=due_at, at=at),
        status=QuarterlyReport.Status(report.status) if report else "",
        report_id=report.pk if report else None,
        first_submitted_at=submitted,
        proxy_source=report.proxy_source if report else "",
        self_reviewed=bool(report and report.self_reviewed),
        begun_by_proxy=bool(report and report.begun_by_proxy),
        extended_to=extended_to,
    )
