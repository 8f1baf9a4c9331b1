"""What the review page shows: each line beside what was accepted before, and what changed since it was returned."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from indicators.attainment import number
from indicators.measuring import FIELDS_BY_KIND, OwedMeasurement, label_of, owed_measurements
from indicators.models import Indicator
from tasks import reviewers
from tasks.comparison import Piece, compare
from tasks.completeness import Line, report_lines
from tasks.identity_numbers import numbers_in
from tasks.models import Extension, QuarterlyReport, ReportEvent
from tasks.obligations import own_due, resubmitted_late
from tasks.progress import expected_completion, worth_a_look
from tasks.sharing import files_of, read_once, says_something, statement

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
READABLE = {Status.SUBMITTED, Status.ACCEPTED}
CAME_BACK = {Verb.RETURN, Verb.REOPEN}
LONG_TEXTS = (("results", "取得成效"), ("problems", "问题与困难"), ("next_steps", "下步计划"))
GROUNDS = ("numerator", "denominator", "ground", "source")


@dataclass(frozen=True)
class ReviewedText:
    """A text beside the one accepted before it, in pieces that show what changed."""

    label: str
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]

    @classmethod
    def of(cls, label, before, now):
        return cls(label, *compare(before, now))

    @property
    def now(self):
        return "".join(piece.text for piece in self.new)

    @property
    def marked(self):
        """Whether the texts have enough in common for marks to tell a reader something."""
        return any(piece.kind == "same" for piece in self.old)


@dataclass(frozen=True)
class ReviewedLine:
    """A line beside what was accepted before it: the progress as `told`, the further fields as `texts`.

    `pointed`: the reviewer named it when the report was last returned, with the `remark`; `touched`: it was saved,
    or got a file, since then.
    """

    line: Line
    told: ReviewedText
    texts: tuple[ReviewedText, ...]
    expected: Fraction
    pointed: bool = False
    remark: str = ""
    touched: bool = False

    @property
    def before(self):
        return self.line.before

    @property
    def worth_a_look(self):
        completion = self.line.entry.completion
        if completion is None or self.line.closed_out:
            return ()
        return worth_a_look(self.before.stands_at if self.before else None, completion, self.expected)

    @property
    def repeats(self):
        """Whether the progress is last time's, word for word."""
        return bool(self.told.new) and self.told.old == self.told.new and not self.line.entry.no_change

    @property
    def old_texts(self):
        return [text for text in self.texts if text.old]

    @property
    def new_texts(self):
        return [text for text in self.texts if text.new]


@dataclass(frozen=True)
class ReviewedGroup:
    """Rows of a section that say the same over the same: read once."""

    items: tuple[ReviewedLine, ...]

    @property
    def pointed(self):
        return any(item.pointed for item in self.items)

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
    indicators without a value `unmeasured`. `numbers`: the task of each line that an event has a remark on, by the
    responsibility's id as text.
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
        own_review=waits and not refusal and reviewers.is_own_return(report, user),
        times_submitted=len(submissions) - sum(e.verb == Verb.WITHDRAW for e in events),
        came_back=came_back,
        lines=_reviewed(report, [line for line in lines if says_something(line.entry)], came_back),
        empty=tuple(line for line in lines if not says_something(line.entry) and not line.without_duty),
        measurements=tuple(
            ReviewedMeasurement(o, _since(came_back, o.measurement.updated_at)) for o in owed if o.own_text
        ),
        unmeasured=tuple(o for o in owed if not o.own_text),
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
    remarks = came_back.remarks if came_back else {}
    plan = report.period.plan
    expected = expected_completion(plan.starts_on, plan.ends_on, report.period.last_day)
    items = []
    for line in lines:
        before, now = line.before, line.entry
        more = [
            ReviewedText.of(label, getattr(before, name, ""), getattr(now, name))
            for name, label in LONG_TEXTS
        ]
        items.append(
            ReviewedLine(
                line,
                ReviewedText.of("", before.told if before else "", now.told),
                tuple(text for text in more if text.old or text.new),
                expected,
                pointed=line.responsibility.pk in pointed,
                remark=remarks.get(str(line.responsibility.pk), ""),
                touched=_since(came_back, now.updated_at, *(f.uploaded_at for f in now.evidence.all())),
            )
        )
    return tuple(items)


def _numbers(report, events):
    """{responsibility id as text: task number} of the lines that events have remarks on."""
    if not any(event.remarks for event in events):
        return {}
    rows = report.entries.values_list("responsibility_id", "responsibility__task__number")
    return {str(pk): number for pk, number in rows}


def _grouped(items):
    """ReviewedGroups in the order they begin."""
    groups = read_once(
        items,
        line_of=lambda item: item.line,
        beside=lambda item: (item.before.report.period_id, statement(item.before)) if item.before else None,
    )
    return [ReviewedGroup(group) for group in groups]


def _resubmitted_late(report, events):
    """逾期补正: whether the latest return was answered after it was due again."""
    came_back = next((e for e in reversed(events) if e.verb in CAME_BACK), None)
    again = [e for e in events if came_back and e.verb == Verb.SUBMIT and e.at > came_back.at]
    days = report.period.plan.resubmit_working_days
    return bool(again) and resubmitted_late(came_back.at, again[0].at, days)


def _since(came_back, *moments):
    """Whether one of the moments (or None) is after the report had come back."""
    return bool(came_back) and any(moment and moment > came_back.at for moment in moments)
