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
from tasks.drafting import LINE_FIELDS
from tasks.identity_numbers import numbers_in
from tasks.models import Extension, QuarterlyReport, ReportEvent
from tasks.obligations import own_due, resubmitted_late
from tasks.progress import expected_completion, worth_a_look
from tasks.sharing import statement

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
READABLE = {Status.SUBMITTED, Status.ACCEPTED}
CAME_BACK = {Verb.RETURN, Verb.REOPEN}
LONG_TEXTS = (("results", "取得成效"), ("problems", "问题与困难"), ("next_steps", "下步计划"))
GROUNDS = ("numerator", "denominator", "ground", "source")


@dataclass(frozen=True)
class ReviewedLine:
    """A line beside what was accepted before it; the texts in pieces that show what changed.

    `pointed`: the reviewer named it when the report was last returned; `touched`: it was saved since then.
    """

    line: Line
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]
    expected: Fraction
    pointed: bool = False
    touched: bool = False

    @property
    def marked(self):
        """Whether the texts have enough in common for marks to tell a reader something."""
        return any(piece.kind == "same" for piece in self.old)

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
    def identity_numbers(self):
        return numbers_in(self.line.entry)

    @property
    def texts(self):
        """(label, text) of the further fields that are filled."""
        return [(label, text) for name, label in LONG_TEXTS if (text := getattr(self.line.entry, name))]


@dataclass(frozen=True)
class ReviewedGroup:
    """Rows of a section that say the same over the same: read once."""

    items: tuple[ReviewedLine, ...]

    @property
    def pointed(self):
        return any(item.pointed for item in self.items)

    @property
    def evidence(self):
        """Their files, one that stands behind several rows once."""
        return list(
            {file.file.name: file for item in self.items for file in item.line.entry.evidence.all()}.values()
        )


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
    indicators without a value `unmeasured`.
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
        return _grouped(item for item in self.lines if not self.came_back or item.pointed or item.touched)

    @property
    def settled(self):
        unread = [item for item in self.lines if self.came_back and not (item.pointed or item.touched)]
        return _grouped(unread)

    @property
    def settled_count(self):
        return sum(len(group.items) for group in self.settled)

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
    events = tuple(report.events.select_related("by"))
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
        lines=_reviewed(report, [line for line in lines if _says_something(line.entry)], came_back),
        empty=tuple(line for line in lines if not _says_something(line.entry) and not line.without_duty),
        measurements=tuple(
            ReviewedMeasurement(o, _since(came_back, o.measurement)) for o in owed if o.own_text
        ),
        unmeasured=tuple(o for o in owed if not o.own_text),
        events=events,
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
    plan = report.period.plan
    expected = expected_completion(plan.starts_on, plan.ends_on, report.period.last_day)
    items = []
    for line in lines:
        before = line.before
        old, new = compare(before.told if before else "", line.entry.told)
        items.append(
            ReviewedLine(
                line,
                old,
                new,
                expected,
                pointed=line.responsibility.pk in pointed,
                touched=_since(came_back, line.entry),
            )
        )
    return tuple(items)


def _grouped(items):
    """ReviewedGroups in the order they begin."""
    groups = {}
    for item in items:
        responsibility, before = item.line.responsibility, item.before
        said = statement(item.line.entry)
        alone = responsibility.pk if said is None else None
        section = responsibility.task.action_id, responsibility.role
        groups.setdefault((section, said, before.told if before else "", alone), []).append(item)
    return [ReviewedGroup(tuple(group)) for group in groups.values()]


def _resubmitted_late(report, events):
    """逾期补正: whether the latest return was answered after it was due again."""
    came_back = next((e for e in reversed(events) if e.verb in CAME_BACK), None)
    again = [e for e in events if came_back and e.verb == Verb.SUBMIT and e.at > came_back.at]
    days = report.period.plan.resubmit_working_days
    return bool(again) and resubmitted_late(came_back.at, again[0].at, days)


def _says_something(entry):
    """Whether anything is filled in; a line may have been saved and emptied again."""
    if entry is None:
        return False
    return bool(entry.evidence.all()) or any(
        getattr(entry, name) not in (None, "", False) for name in LINE_FIELDS
    )


def _since(came_back, row):
    """Whether the row was saved after the report had come back."""
    return bool(came_back and row.updated_at and row.updated_at > came_back.at)
