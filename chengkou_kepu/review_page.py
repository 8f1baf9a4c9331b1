"""What the review page shows: each line beside what was accepted before, and what changed since it was returned."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from indicators.attainment import number
from indicators.measuring import FIELDS_BY_KIND, OwedMeasurement, label_of, owed_measurements
from indicators.models import Indicator
from tasks import reviewers
from tasks.comparison import ComparedEntry
from tasks.completeness import Line, report_lines
from tasks.identity_numbers import numbers_in
from tasks.inheritance import merged_lines
from tasks.models import Extension, ProgressEntry, QuarterlyReport, ReportEvent
from tasks.obligations import own_due, resubmitted_late
from tasks.progress import expected_completion, worth_a_look
from tasks.sharing import files_of, read_once, says_something, statement

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
READABLE = {Status.SUBMITTED, Status.ACCEPTED}
CAME_BACK = {Verb.RETURN, Verb.REOPEN}
AS_IT_CAME_BACK = {Verb.RETURN: "退回时", Verb.REOPEN: "重新打开时"}
GROUNDS = ("numerator", "denominator", "ground", "source")


@dataclass(frozen=True)
class Older:
    """What a line is read against, and when that was said: 2023年第二季度（审核通过）, or 退回时."""

    when: str
    entry: ProgressEntry

    @property
    def said(self):
        return self.when, statement(self.entry)


@dataclass(frozen=True)
class ReviewedLine:
    """A line beside something `older`: what was accepted before it, or what it said when the report was returned.

    `pointed`: the reviewer named it when the report was last returned, with the `remark`; `touched`: it was saved,
    or got a file, since then. `then` is what a touched line said as it was returned, where that is on record.
    """

    line: Line
    expected: Fraction
    older: Older | None
    pointed: bool = False
    remark: str = ""
    touched: bool = False
    then: ProgressEntry | None = None

    @property
    def before(self):
        return self.line.before

    @cached_property
    def compared(self):
        return ComparedEntry.of(self.older.entry if self.older else None, self.line.entry)

    @property
    def worth_a_look(self):
        completion = self.line.entry.completion
        if completion is None or self.line.closed_out:
            return ()
        return worth_a_look(self.before.stands_at if self.before else None, completion, self.expected)

    @property
    def repeats(self):
        """Whether the progress is last time's, word for word."""
        entry = self.line.entry
        return bool(self.before and entry.told) and self.before.told == entry.told and not entry.no_change


@dataclass(frozen=True)
class OlderOfRows:
    """An older text that stands behind some of a group's rows (task numbers); None where there is none."""

    numbers: tuple[int, ...]
    older: Older | None


@dataclass(frozen=True)
class ReviewedGroup:
    """Rows of a section that say the same: read once, beside what stood before each of them."""

    items: tuple[ReviewedLine, ...]

    @property
    def pointed(self):
        return any(item.pointed for item in self.items)

    @property
    def repeats(self):
        return all(item.repeats for item in self.items)

    @cached_property
    def olders(self):
        """OlderOfRows, one for each different older text."""
        rows = {}
        for item in self.items:
            rows.setdefault(item.older.said if item.older else None, []).append(item)
        return [
            OlderOfRows(tuple(i.line.responsibility.task.number for i in same), same[0].older)
            for same in rows.values()
        ]

    @property
    def accepted_before(self):
        """OlderOfRows of what was accepted before, for rows that are read against what was returned."""
        rows = {}
        for item in self.items:
            if item.then and item.before:
                older = _accepted(item.before)
                rows.setdefault(older.said, (older, []))[1].append(item.line.responsibility.task.number)
        return [OlderOfRows(tuple(numbers), older) for older, numbers in rows.values()]

    @property
    def identity_numbers(self):
        """What looks like one in any of their texts, each once."""
        return list(dict.fromkeys(n for item in self.items for n in numbers_in(item.line.entry)))

    @property
    def evidence(self):
        """Their files, one that stands behind several rows once."""
        return files_of(item.line.entry for item in self.items)


@dataclass(frozen=True)
class ReviewedMeasurement:
    owed: OwedMeasurement
    touched: bool = False

    @property
    def is_increment(self):
        return self.owed.indicator.kind == Indicator.Kind.CUMULATIVE

    @property
    def grounds(self):
        """(label, value) of what the value rests on: the parts of a ratio, a rating's ground, the source."""
        indicator, measurement = self.owed.indicator, self.owed.measurement
        names = [name for name in FIELDS_BY_KIND[indicator.kind] if name in GROUNDS]
        values = [(label_of(indicator, name), getattr(measurement, name)) for name in names]
        return [
            (label, number(value) if isinstance(value, Decimal) else value)
            for label, value in values
            if value not in (None, "")
        ]


@dataclass(frozen=True)
class ReviewPage:
    """`refusal` says why the reader may not decide ('' when they may), `own_review` that it is their own return.

    `came_back` is the last return of a report that waits for review again. Lines with nothing in them are `empty`,
    indicators without a value `unmeasured`; `merged` are entries on duties that a reform merged in others.
    `numbers`: the task of each line that an event has a remark on, by the responsibility's id as text.
    """

    report: QuarterlyReport
    readable: bool
    refusal: str
    own_review: bool
    times_submitted: int
    came_back: ReportEvent | None
    lines: tuple[ReviewedLine, ...]
    empty: tuple[Line, ...]
    measurements: tuple[ReviewedMeasurement, ...]
    unmeasured: tuple[OwedMeasurement, ...]
    merged: tuple[ProgressEntry, ...]
    events: tuple[ReportEvent, ...]
    numbers: dict
    latest_submission: ReportEvent | None
    late: bool
    resubmitted_late: bool
    snippets: tuple
    at: datetime
    extended_to: date | None = None

    @property
    def may_decide(self):
        return self.report.status == Status.SUBMITTED and not self.refusal

    @property
    def fresh(self):
        """What is to be read: after a return only lines it named or that were changed since; as ReviewedGroups."""
        return _grouped(item for item in self.lines if not self._unchanged(item))

    @property
    def settled(self):
        return _grouped(item for item in self.lines if self._unchanged(item))

    @property
    def fresh_measurements(self):
        return [item for item in self.measurements if not self.came_back or item.touched]

    @property
    def settled_measurements(self):
        return [item for item in self.measurements if self.came_back and not item.touched]

    @property
    def settled_count(self):
        return sum(len(group.items) for group in self.settled) + len(self.settled_measurements)

    def _unchanged(self, item):
        return self.came_back and not (item.pointed or item.touched)

    @property
    def pointed(self):
        return [item for item in self.lines if item.pointed]

    @property
    def filled(self):
        return (*self.lines, *self.measurements)

    @property
    def touched(self):
        return [item for item in self.filled if item.touched]


def assemble(report, *, user, at):
    """ReviewPage; lines are shown only while the return is with 县科协 (DESIGN §2: a draft is its unit's)."""
    readable, waits = report.status in READABLE, report.status == Status.SUBMITTED
    events = tuple(report.events.select_related("by", "scan"))
    submissions = [e for e in events if e.verb == Verb.SUBMIT]
    came_back = next((e for e in reversed(events) if waits and e.verb in CAME_BACK), None)
    lines = report_lines(report) if readable else []
    owed = owed_measurements(report) if readable else []
    refusal = reviewers.reason_not_reviewer(report, user) if waits else ""
    submitted = report.first_submitted_at
    days = Extension.objects.filter(period=report.period_id, department=report.department_id).granted_days()
    extended_to = days.get((report.period_id, report.department_id))
    return ReviewPage(
        report=report,
        readable=readable,
        refusal=refusal,
        own_review=waits and not refusal and reviewers.is_own(report, user),
        times_submitted=len(submissions) - sum(e.verb == Verb.WITHDRAW for e in events),
        came_back=came_back,
        lines=_reviewed(report, [line for line in lines if says_something(line.entry)], came_back),
        empty=tuple(line for line in lines if not says_something(line.entry) and not line.without_duty),
        measurements=tuple(
            ReviewedMeasurement(o, _since(came_back, o.measurement.updated_at)) for o in owed if o.own_text
        ),
        unmeasured=tuple(o for o in owed if not o.own_text),
        merged=tuple(merged_lines(report)) if readable else (),
        events=events,
        numbers=_numbers(report, events),
        latest_submission=submissions[-1] if submissions else None,
        late=bool(submitted and submitted > own_due(report.period.due_at, extended_to)),
        resubmitted_late=_resubmitted_late(report, events),
        snippets=tuple(user.remark_snippets.all()) if waits and not refusal else (),
        at=at,
        extended_to=extended_to,
    )


def _reviewed(report, lines, came_back):
    """ReviewedLine of each line, which holds something."""
    pointed = set(came_back.lines) if came_back else set()
    remarks, said = (came_back.remarks, came_back.said) if came_back else ({}, {})
    plan = report.period.plan
    expected = expected_completion(plan.starts_on, plan.ends_on, report.period.last_day)
    items = []
    for line in lines:
        pk, before = line.responsibility.pk, line.before
        files = line.entry.evidence.all()
        touched = _since(came_back, line.entry.updated_at, *(f.uploaded_at for f in files))
        then = ProgressEntry.from_said(said.get(str(pk), {})) if touched and said else None
        accepted = _accepted(before) if before else None
        items.append(
            ReviewedLine(
                line,
                expected,
                Older(AS_IT_CAME_BACK[came_back.verb], then) if then else accepted,
                pointed=pk in pointed,
                remark=remarks.get(str(pk), ""),
                touched=touched,
                then=then,
            )
        )
    return tuple(items)


def _accepted(before):
    """Older of the entry accepted before."""
    return Older(f"{before.report.period}（审核通过{'，代填' if before.proxy_source else ''}）", before)


def _numbers(report, events):
    """{responsibility id as text: task number} of the lines that events have remarks on."""
    if not any(event.remarks for event in events):
        return {}
    rows = report.entries.values_list("responsibility_id", "responsibility__task__number")
    return {str(pk): number for pk, number in rows}


def _grouped(items):
    """ReviewedGroups in the order they begin."""
    return [ReviewedGroup(group) for group in read_once(items, line_of=lambda item: item.line)]


def _resubmitted_late(report, events):
    """逾期补正: whether the latest return was answered after it was due again."""
    came_back = next((e for e in reversed(events) if e.verb in CAME_BACK), None)
    again = [e for e in events if came_back and e.verb == Verb.SUBMIT and e.at > came_back.at]
    days = report.period.plan.resubmit_working_days
    return bool(again) and resubmitted_late(came_back.at, again[0].at, days)


def _since(came_back, *moments):
    """Whether one of the moments (or None) is after the report had come back."""
    return bool(came_back) and any(moment and moment > came_back.at for moment in moments)
