"""The lines of a filing page by action: their forms, what stood before, and what others say of them."""

from dataclasses import dataclass
from functools import cached_property

from indicators.forms import MeasurementForm
from indicators.measuring import OwedMeasurement, owed_measurements
from tasks.answers import Answer, answers_to, lead_entries
from tasks.comparison import ComparedEntry
from tasks.completeness import Line
from tasks.drafting import Conflict
from tasks.forms import BlockForm, LineForm
from tasks.identity_numbers import numbers_in
from tasks.inheritance import former_lines
from tasks.models import Action, ProgressEntry, QuarterlyReport, ReportEvent
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


def sections_of(report, lines, typed, conflicts, events):
    supported = [line.responsibility.task_id for line in lines if not line.responsibility.is_lead]
    others = _Others(
        answers_to(report.department, report.period) if len(supported) < len(lines) else {},
        lead_entries(supported, report.period) if supported else {},
        _came_back(report, events),
        former_lines(report.period, report.department) if report.takes_over else {},
        report.period.frozen_at is not None,
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
    frozen: bool

    def of_reviewer(self, line):
        """The fields of a FilingLine that the reviewer has filled."""
        pk, event = line.responsibility.pk, self.came_back
        if event is None or pk not in event.lines:
            return {}
        changed = line.entry and line.entry.updated_at and line.entry.updated_at > event.at
        remark = event.remarks.get(str(pk), "")
        return {"remark": remark, "pointed": True, "to_correct": not (changed or self.frozen)}


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


def measurements_of(report, typed, conflicts):
    typed_forms = typed.measurements if typed is not None else {}
    views = []
    for owed in owed_measurements(report):
        form, conflict = typed_forms.get(owed.indicator.pk), conflicts.get(owed.indicator.pk)
        if form is None or (form.is_valid() and not conflict):
            form = MeasurementForm(indicator=owed.indicator, measurement=owed.measurement)
        views.append(FilingMeasurement(owed, form, conflict))
    return tuple(views)
