"""What the filing page shows: the unit's lines by action, what was accepted before, and what may be done now."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef

from departments import permissions as roles
from departments.lineage import Lineage
from departments.models import Department, Succession
from tasks import calendar, extensions, permissions, workflow
from tasks.completeness import Line, reasons_of, report_lines
from tasks.forms import RestForm
from tasks.models import Extension, ProgressEntry, QuarterlyReport, ReportEvent, ReportingPeriod
from tasks.obligations import Filing, due_note, filing_state, own_due, resubmission_due

from .filing_elsewhere import Elsewhere, archived_filings, elsewhere
from .filing_lines import WRONG, FilingMeasurement, Section, measurements_of, sections_of

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb


@dataclass(frozen=True)
class FilingPage:
    """`fixed` is the reason why nothing can be changed ('' when it can); `verbs` what the user may ask for.

    `extension` is the unit's latest for the period; `may_extend` whether the user may ask for one now. `elsewhere` says
    whose the return is where it is not the unit's, and `kept` is what the unit wrote all the same, of lines that are
    its own no more.
    """

    period: ReportingPeriod
    department: Department
    report: QuarterlyReport
    sections: tuple[Section, ...]
    without_duty: tuple[Line, ...]
    rest: RestForm
    measurements: tuple[FilingMeasurement, ...]
    readable: bool
    proxy: bool
    has_approver: bool
    fixed: str
    verbs: frozenset
    events: tuple[ReportEvent, ...]
    owes: bool
    at: datetime
    elsewhere: Elsewhere | None = None
    kept: tuple[ProgressEntry, ...] = ()
    extension: Extension | None = None
    may_extend: bool = False

    @property
    def others(self):
        """The units whose return it is instead."""
        return self.elsewhere.units if self.elsewhere else ()

    @property
    def endorsing(self):
        """Whether the reader is asked to endorse the return, and reads what changed."""
        return Verb.SEND_BACK in self.verbs

    @property
    def extended_to(self):
        return self.extension.granted_until if self.extension else None

    @property
    def due_at(self):
        """When the unit's return is due, by its own extension."""
        return own_due(self.period.due_at, self.extended_to)

    @property
    def filing(self):
        """报送情况, by the unit's own deadline."""
        filed = self.report.first_submitted_at
        return filing_state(owes=self.owes, first_submitted_at=filed, due_at=self.due_at, at=self.at)

    @property
    def time_left(self):
        """How far the deadline is, for a return that is owed and not filed; '' else."""
        if self.filing not in (Filing.MISSING, Filing.PENDING):
            return ""
        return "未报送" if self.period.frozen_at else calendar.time_left(self.due_at, self.at)

    @property
    def due_note(self):
        return due_note(self.period, self.extended_to)

    @property
    def volunteers(self):
        """Whether the unit, which owes nothing, may file all the same."""
        return self.filing == Filing.EXEMPT and not self.fixed

    @property
    def lines(self):
        return [line for section in self.sections for line in section.lines]

    @property
    def required(self):
        return [line for line in self.lines if line.line.required]

    @property
    def missing(self):
        return [line for line in self.lines if line.line.missing]

    @property
    def silent(self):
        """Lead lines that say nothing yet, which 其余各项均无新进展 fills."""
        return [line for line in self.missing if not line.begun]

    @property
    def wrong(self):
        """Lines and indicators whose typed text could not be saved."""
        return [item for item in (*self.lines, *self.measurements) if item.state == WRONG]

    @property
    def done(self):
        return len(self.required) - len(self.missing)

    @property
    def left_empty(self):
        """Supporting lines without anything in them, which do not block."""
        lines = [line for line in self.lines if not line.line.required and not line.line.closed_out]
        return [line for line in lines if not line.begun]

    @property
    def unmeasured(self):
        return [item for item in self.measurements if not item.owed.own_text]

    @property
    def with_identity_numbers(self):
        return [line for line in self.lines if line.identity_numbers]

    @property
    def last_event(self):
        return self.events[-1] if self.events else None

    @property
    def latest_submission(self):
        return next((event for event in reversed(self.events) if event.verb == Verb.SUBMIT), None)

    @property
    def submission(self):
        """The event by which the return is now with 县科协; None while it is the unit's to write."""
        with_kexie = self.report.status in (Status.SUBMITTED, Status.ACCEPTED)
        return self.latest_submission if with_kexie else None

    @property
    def proxy_source(self):
        """What 代填 rested on, where 县科协 last submitted it for the unit; else ''."""
        return self.latest_submission.proxy_source if self.latest_submission else ""

    @property
    def came_back(self):
        return bool(self.last_event and self.last_event.verb in (Verb.RETURN, Verb.REOPEN))

    @property
    def came_back_empty(self):
        """Whether it was returned as 实质空报, which is no filing."""
        return self.came_back and self.last_event.code == ReportEvent.Code.EMPTY

    @property
    def in_own_hands(self):
        """Whether the unit has still to pass it on: what is pointed out can be mended."""
        return self.report.status in (*workflow.EDITABLE, Status.ENDORSING)

    @property
    def pointed(self):
        """Lines the reviewer named when it last came back."""
        return [line for line in self.lines if line.pointed]

    @property
    def to_correct(self):
        return [line for line in self.lines if line.to_correct]

    @property
    def due_again(self):
        """What is asked of a return that came back: 请于2023年10月13日24时前补正后重新报送，还有 2 天。"""
        if self.period.frozen_at:
            return "归档时没有补正。"
        due_at = resubmission_due(self.last_event.at, self.period.plan.resubmit_working_days)
        day = calendar.zh_day(calendar.local_day(due_at))
        return f"请于{day}24时前补正后重新报送，{calendar.time_left(due_at, self.at)}。"


def assemble(period, department, *, user, at, typed=None, saved=None):
    """FilingPage; `typed` (Typed) is shown instead of what is stored, with the conflicts of `saved`."""
    report, archived = _report(period, department), archived_filings(period)
    other = elsewhere(report, archived, partial(Lineage.load, department.region_id))
    proxy = not roles.files_for(user, department.pk)
    fixed = workflow.reason_lines_fixed(report, at=at, by=user)
    lines = [] if other else report_lines(report)
    events = tuple(report.events.select_related("by", "scan")) if report.pk else ()
    if report.status == Status.ENDORSING and roles.is_approver(user, department.pk):
        fixed = "待您审核：请核对后报送县科协；需要修改的，请写明理由退回填报人。"
    if not fixed and not permissions.writes_lines(user, report):
        fixed = "由本单位填报人填写，审核人不直接修改。"
    if other:
        fixed = other.why
    extension = (
        Extension.objects.filter(period=period, department=department)
        .select_related("asked_by", "decided_by")
        .first()
    )
    conflicts = {c.key: c for c in saved.lines.conflicts} if saved else {}
    missed = {c.key: c for c in saved.measurements.conflicts} if saved else {}
    measurements = () if other else measurements_of(report, typed, missed)
    owes = _owes(report, lines, measurements, archived)
    return FilingPage(
        period=period,
        department=department,
        report=report,
        sections=sections_of(
            report, [line for line in lines if not line.without_duty], typed, conflicts, events
        ),
        without_duty=tuple(line for line in lines if line.without_duty),
        rest=RestForm() if typed is None else typed.blocks.get(RestForm.KEY, RestForm()),
        measurements=measurements,
        readable=permissions.reads_draft(user, report) if proxy else True,
        proxy=proxy,
        has_approver=report.has_approver,
        fixed=fixed,
        verbs=frozenset() if other else _verbs(user, report, fixed=fixed, proxy=proxy),
        events=events,
        owes=owes,
        at=at,
        elsewhere=other,
        kept=_kept(report, lines),
        extension=extension,
        may_extend=not proxy and _may_extend(report, extension, owes=owes, at=at),
    )


def _owes(report, lines, measurements, archived):
    """Whether the unit owes the return; of a frozen period, as it was stored."""
    if archived is not None:
        stored = archived.get(report.department_id)
        return stored is not None and stored.owes
    names = [item.owed.indicator.name for item in measurements]
    return bool(reasons_of(lines, report.period.plan, names))


def _kept(report, lines):
    """Entries of a unit that had ended by the quarter's last day, where its duties are another's by now; one query."""
    if report.pk is None or report.department.exists_on(report.period.last_day):
        return ()
    shown = [line.responsibility.pk for line in lines]
    entries = report.entries.exclude(responsibility__in=shown).select_related("responsibility__task")
    return tuple(
        e for e in entries.order_by("responsibility__role", "responsibility__task__number") if e.told
    )


def _report(period, department):
    """The unit's return of the period, unsaved where there is none.

    It carries `has_approver`, and `takes_over`: whether the unit took another's place.
    """
    report = (
        QuarterlyReport.objects.filter(period=period, department=department)
        .annotate(
            has_approver=Exists(roles.active_approvers(OuterRef("department"))),
            takes_over=Exists(Succession.objects.filter(new=OuterRef("department"))),
        )
        .first()
    )
    if report is None:
        report = QuarterlyReport(period=period, department=department)
        report.has_approver = roles.has_active_approver(department.pk)
        report.takes_over = Succession.objects.filter(new=department).exists()
    report.period, report.department = period, department
    return report


def _may_extend(report, extension, *, owes, at):
    """Whether the unit can ask for an extension now, and none stands."""
    standing = extension is not None and extension.is_standing
    why = extensions.reason_not_askable(report, owes=owes, at=at)
    return not standing and not why


def _verbs(user, report, *, fixed, proxy):
    """The verbs worth a button; whether they succeed is for the workflow to say."""
    reporter = roles.is_reporter(user, report.department_id)
    approver = roles.is_approver(user, report.department_id)
    status, verbs = report.status, set()
    if status in workflow.EDITABLE and not fixed:
        if reporter and report.has_approver:
            verbs.add(Verb.SEND_UP)
        if reporter or proxy:
            verbs.add(Verb.SUBMIT)
    if status == Status.ENDORSING:
        verbs |= {Verb.SUBMIT, Verb.SEND_BACK} if approver else set()
        verbs |= {Verb.RECALL} if reporter or proxy else set()
    if status == Status.SUBMITTED and not proxy:
        verbs.add(Verb.WITHDRAW)
    return frozenset(verbs)
