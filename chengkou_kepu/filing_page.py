"""What the filing page shows: the unit's lines by action, what was accepted before, and what may be done now."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from departments import permissions as roles
from departments.models import Department
from indicators.forms import MeasurementForm
from indicators.measuring import OwedMeasurement, owed_measurements
from tasks import calendar, extensions, permissions, workflow
from tasks.answers import Answer, answers_to, lead_entries
from tasks.comparison import ComparedEntry
from tasks.completeness import Line, report_lines
from tasks.drafting import Conflict
from tasks.forms import BlockForm, LineForm, RestForm
from tasks.identity_numbers import numbers_in
from tasks.inheritance import former_lines
from tasks.models import Action, Extension, ProgressEntry, QuarterlyReport, ReportEvent, ReportingPeriod
from tasks.obligations import own_due, resubmission_due
from tasks.sharing import SHARED_FIELDS, by_section, largest_shared

from .saving import Typed

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
WRONG, TO_CORRECT = "有误", "须补正"


@dataclass(frozen=True)
class FilingLine:
    """A line with its form and what somebody else saved first.

    A lead's has the `answers` of the supporters it asked, a supporter's what each lead last had accepted, the first
    lead's first; `former` is what units that the department took the place of have on the task in the same quarter;
    `remark` is what the reviewer said of the line when the return last came back. A line `pointed` at then is
    `to_correct` until it has been changed since.
    """

    line: Line
    form: LineForm
    conflict: Conflict | None
    shared: bool = False
    answers: tuple[Answer, ...] = ()
    lead_entries: tuple[ProgressEntry, ...] = ()
    former: tuple[ProgressEntry, ...] = ()
    remark: str = ""
    pointed: bool = False
    to_correct: bool = False

    @property
    def before(self):
        return self.line.before

    @property
    def task(self):
        return self.line.responsibility.task

    @property
    def entry(self):
        return self.line.entry

    @cached_property
    def compared(self):
        """What it says beside what was accepted before, for whoever endorses it."""
        return ComparedEntry.of(self.before, self.entry)

    @property
    def begun(self):
        return self.entry is not None and bool(self.entry.told or self.entry.completion is not None)

    @property
    def unfolded(self):
        """Whether a supporting line, which nobody must fill, is shown open: once it says something of its own."""
        return (self.begun and not self.shared) or self.state in (WRONG, TO_CORRECT, "待答复")

    @property
    def identity_numbers(self):
        return numbers_in(self.entry)

    @property
    def answered(self):
        """How many of the supporters asked have answered."""
        return sum(answer.entry is not None for answer in self.answers)

    @property
    def state(self):
        """What the line needs, in a word: 有误, 待填, 须补正, 待答复, 已填, 已办结 or 选填."""
        if self.conflict or (self.form.is_bound and not self.form.is_valid()):
            return WRONG
        if self.line.missing:
            return "待填"
        if self.to_correct:
            return TO_CORRECT
        if self.line.unanswered:
            return "待答复"
        if self.begun:
            return "已填"
        return "已办结" if self.line.closed_out else "选填"


@dataclass(frozen=True)
class FilingMeasurement:
    owed: OwedMeasurement
    form: MeasurementForm
    conflict: Conflict | None

    @property
    def state(self):
        """What the value needs, in a word: 有误, 待填 or 已填."""
        if self.conflict or (self.form.is_bound and not self.form.is_valid()):
            return WRONG
        return "已填" if self.owed.own_text else "待填"


@dataclass(frozen=True)
class Block:
    """按行动一并填写: one form for the section's rows, of which `ticked` (responsibility ids) get what it says.

    `before` is what the rows last had accepted, where they all had the same.
    """

    form: BlockForm
    ticked: frozenset
    before: ProgressEntry | None
    unfolded: bool
    unapplied: bool


@dataclass(frozen=True)
class Section:
    """The lines of one role and action; `block` where there are two rows or more to fill."""

    action: Action
    is_lead: bool
    lines: tuple[FilingLine, ...]
    block: Block | None

    @property
    def rows(self):
        """The lines the block may fill."""
        return [line for line in self.lines if not line.line.closed_out]


@dataclass(frozen=True)
class FilingPage:
    """`fixed` is the reason why nothing can be changed ('' when it can); `verbs` what the user may ask for.

    `extension` is the unit's latest for the period; `may_extend` whether the user may ask for one now.
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
    time_left: str
    at: datetime
    extension: Extension | None = None
    may_extend: bool = False

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
    def ended(self):
        return self.period.plan.has_ended(self.at)

    @property
    def due_again(self):
        """What is asked of a return that came back: 请于2023年10月13日24时前补正后重新报送，还有 2 天。"""
        due_at = resubmission_due(self.last_event.at, self.period.plan.resubmit_working_days)
        day = calendar.zh_day(calendar.local_day(due_at))
        return f"请于{day}24时前补正后重新报送，{calendar.time_left(due_at, self.at)}。"


def assemble(period, department, *, user, at, typed=None, saved=None):
    """FilingPage; `typed` (Typed) is shown instead of what is stored, with the conflicts of `saved`."""
    report = QuarterlyReport.objects.filter(period=period, department=department).first()
    report = report or QuarterlyReport(period=period, department=department)
    report.period, report.department = period, department
    proxy = not roles.files_for(user, department.pk)
    fixed = workflow.reason_lines_fixed(report, at=at, by=user)
    lines = report_lines(report)
    events = tuple(report.events.select_related("by", "scan")) if report.pk else ()
    if report.status == Status.ENDORSING and roles.is_approver(user, department.pk):
        fixed = "待您审核：请核对后报送县科协；需要修改的，请写明理由退回填报人。"
    if not fixed and not permissions.writes_lines(user, report):
        fixed = "由本单位填报人填写，审核人不直接修改。"
    has_approver = roles.has_active_approver(department.pk)
    extension = (
        Extension.objects.filter(period=period, department=department)
        .select_related("asked_by", "decided_by")
        .first()
    )
    due_at = own_due(period.due_at, extension.granted_until if extension else None)
    conflicts = {c.key: c for c in saved.lines.conflicts} if saved else {}
    missed = {c.key: c for c in saved.measurements.conflicts} if saved else {}
    return FilingPage(
        period=period,
        department=department,
        report=report,
        sections=_sections(
            report, [line for line in lines if not line.without_duty], typed, conflicts, events
        ),
        without_duty=tuple(line for line in lines if line.without_duty),
        rest=RestForm() if typed is None else typed.blocks.get(RestForm.KEY, RestForm()),
        measurements=_measurements(report, typed, missed),
        readable=permissions.reads_draft(user, report) if proxy else True,
        proxy=proxy,
        has_approver=has_approver,
        fixed=fixed,
        verbs=_verbs(user, report, fixed=fixed, has_approver=has_approver, proxy=proxy),
        events=events,
        time_left="" if report.first_submitted_at else calendar.time_left(due_at, at),
        at=at,
        extension=extension,
        may_extend=not proxy and _may_extend(report, extension, at=at),
    )


def _may_extend(report, extension, *, at):
    """Whether the unit can ask for an extension now, and none stands."""
    standing = extension is not None and extension.status != Extension.Status.REFUSED
    why = extensions.reason_not_askable(report, at=at)
    return not standing and not why


def _sections(report, lines, typed, conflicts, events):
    supported = [line.responsibility.task_id for line in lines if not line.responsibility.is_lead]
    others = _Others(
        answers_to(report.department, report.period) if len(supported) < len(lines) else {},
        lead_entries(supported, report.period) if supported else {},
        _came_back(report, events),
        former_lines(report.period, report.department),
    )
    sections = by_section(lines, lambda line: line.responsibility)
    typed = Typed() if typed is None else typed
    return tuple(_section(*section, typed, conflicts, others) for section in sections)


def _came_back(report, events):
    """The event by which the return last came back, while the unit has it; None where it did not."""
    if report.status not in (Status.RETURNED, Status.ENDORSING):
        return None
    return next((e for e in reversed(events) if e.verb in (Verb.RETURN, Verb.REOPEN)), None)


@dataclass(frozen=True)
class _Others:
    """What others say: other and former units of the return's tasks, by task id; the reviewer, when it came back."""

    answers: dict
    lead_entries: dict
    came_back: ReportEvent | None
    former: dict

    def of_reviewer(self, line):
        """The fields of a FilingLine that the reviewer has filled."""
        pk, event = line.responsibility.pk, self.came_back
        if event is None or pk not in event.lines:
            return {}
        changed = line.entry and line.entry.updated_at and line.entry.updated_at > event.at
        remark = event.remarks.get(str(pk), "")
        return {"remark": remark, "pointed": True, "to_correct": not changed}


def _section(action, is_lead, lines, typed, conflicts, others):
    shared = largest_shared(lines)
    views = tuple(
        FilingLine(
            line=line,
            form=_form(typed.lines.get(line.responsibility.pk), conflicts.get(line.responsibility.pk), line),
            conflict=conflicts.get(line.responsibility.pk),
            shared=line in shared,
            answers=tuple(others.answers.get(line.responsibility.task_id, ())) if is_lead else (),
            former=tuple(others.former.get(line.responsibility.task_id, ())),
            lead_entries=() if is_lead else tuple(others.lead_entries.get(line.responsibility.task_id, ())),
            **others.of_reviewer(line),
        )
        for line in lines
    )
    open_lines = [line for line in lines if not line.closed_out]
    block = _block(action, is_lead, open_lines, shared, typed) if len(open_lines) > 1 else None
    return Section(action, is_lead, views, block)


def _block(action, is_lead, lines, shared, typed):
    """The block of a section: what was typed into it, else what its rows share."""
    key = f"{action.ordinal}-{'LEAD' if is_lead else 'SUPPORT'}"
    form = typed.blocks.get(key)
    empty = [line for line in lines if line.entry is None or not line.entry.told]
    rows = frozenset(line.responsibility.pk for line in shared or empty)
    told = {line.before.told if line.before else "" for line in lines}
    return Block(
        form=form or BlockForm(key=key, entry=_shared_entry(shared)),
        ticked=frozenset(form.ticked) if form else rows,
        before=lines[0].before if len(told) == 1 else None,
        unfolded=bool(form or shared) or not is_lead,
        unapplied=form in typed.unapplied,
    )


def _shared_entry(shared):
    """An entry that says what the rows share: their texts and figures, without a completion."""
    return (
        ProgressEntry(**{name: getattr(shared[0].entry, name) for name in SHARED_FIELDS}) if shared else None
    )


def _form(typed, conflict, line):
    """What was typed where it was not saved, else what is stored."""
    if typed is not None and (conflict or not typed.is_valid()):
        return typed
    return LineForm(responsibility_id=line.responsibility.pk, entry=line.entry)


def _measurements(report, typed, conflicts):
    typed_forms = typed.measurements if typed is not None else {}
    views = []
    for owed in owed_measurements(report):
        form, conflict = typed_forms.get(owed.indicator.pk), conflicts.get(owed.indicator.pk)
        if form is None or (form.is_valid() and not conflict):
            form = MeasurementForm(indicator=owed.indicator, measurement=owed.measurement)
        views.append(FilingMeasurement(owed, form, conflict))
    return tuple(views)


def _verbs(user, report, *, fixed, has_approver, proxy):
    """The verbs worth a button; whether they succeed is for the workflow to say."""
    reporter = roles.is_reporter(user, report.department_id)
    approver = roles.is_approver(user, report.department_id)
    status, verbs = report.status, set()
    if status in workflow.EDITABLE and not fixed:
        if reporter and has_approver:
            verbs.add(Verb.SEND_UP)
        if reporter or proxy:
            verbs.add(Verb.SUBMIT)
    if status == Status.ENDORSING:
        verbs |= {Verb.SUBMIT, Verb.SEND_BACK} if approver else set()
        verbs |= {Verb.RECALL} if reporter else set()
    if status == Status.SUBMITTED and not proxy:
        verbs.add(Verb.WITHDRAW)
    return frozenset(verbs)
