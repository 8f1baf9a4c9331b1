"""审核: the coordinator's inbox, and one return as a reading page with what changed."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from indicators.measuring import owed_measurements
from indicators.standing import owners_owing
from tasks import permissions, workflow
from tasks.comparison import Piece, compare
from tasks.completeness import Line, report_lines
from tasks.ledger import Ledger
from tasks.models import CloseOut, ProgressEntry, QuarterlyReport, ReportEvent
from tasks.obligations import Filing
from tasks.selection import chosen_period, periods_of, visible_plan
from tasks.standing import unit_filings

from .verbs import REVIEW_VERBS, carry_out, posted_number

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
READABLE = {Status.SUBMITTED, Status.ACCEPTED}
LONG_TEXTS = (("results", "取得成效"), ("problems", "问题与困难"), ("next_steps", "下步计划"))
FIGURES = ("activities", "people_reached", "people_trained", "funds")


@require_safe
def review(request, slug):
    """What waits for the coordinator, the longest first; who has not filed; what came back and is out again."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    periods = periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    filings = unit_filings(Ledger.load(plan), period, owners_owing(plan, period.quarter), at=at)
    context = {
        "plan": plan,
        "period": period,
        "periods": periods,
        "waiting": _waiting(plan),
        "own_units": {m.department_id for m in request.user.roles},
        "close_outs": CloseOut.objects.filter(task__plan=plan, status=CloseOut.Status.APPLIED).select_related(
            "task", "department", "period"
        ),
        "missing": [f for f in filings if f.filing in (Filing.MISSING, Filing.PENDING)],
        "under_way": [f for f in filings if f.status in (Status.RETURNED, Status.ENDORSING, Status.DRAFT)],
        "accepted": [f for f in filings if f.status == Status.ACCEPTED],
        "overdue": period.is_overdue(at),
        "may_file": period.pk and at >= period.opens_at and not period.frozen_at,
    }
    return render(request, "chengkou_kepu/review.html", context)


def _waiting(plan):
    """Submitted returns of any quarter, with the number of their lines and earlier returns."""
    returned = Count("events", filter=Q(events__verb=Verb.RETURN), distinct=True)
    return (
        QuarterlyReport.objects.filter(period__plan=plan)
        .awaiting_review()
        .select_related("department", "period__plan")
        .annotate(times_returned=returned, line_count=Count("entries", distinct=True))
    )


@dataclass(frozen=True)
class ReviewedLine:
    """A line beside what was accepted before it; the texts in pieces that show what changed."""

    line: Line
    before: ProgressEntry | None
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]

    @property
    def fall(self):
        """Whether the completion fell below the one last accepted."""
        entry = self.line.entry
        known = self.before and self.before.stands_at is not None and entry and entry.completion is not None
        return bool(known and entry.completion < self.before.stands_at)

    @property
    def texts(self):
        """(label, text) of the further fields that are filled."""
        return [(label, text) for name, label in LONG_TEXTS if (text := getattr(self.line.entry, name))]

    @property
    def figures(self):
        """(label, value) of the figures that are filled."""
        entry = self.line.entry
        values = [(entry._meta.get_field(name).verbose_name, getattr(entry, name)) for name in FIGURES]
        return [(label, value) for label, value in values if value is not None]


@dataclass(frozen=True)
class ReviewPage:
    """`refusal` says why the reader may not decide ('' when they may), `own_review` that it is their own return."""

    report: QuarterlyReport
    readable: bool
    refusal: str
    own_review: bool
    times_submitted: int
    lines: tuple[ReviewedLine, ...]
    empty: tuple[Line, ...]
    measurements: tuple
    events: tuple[ReportEvent, ...]
    latest_submission: ReportEvent | None
    late: bool
    at: datetime


@require_http_methods(["GET", "HEAD", "POST"])
def review_report(request, slug, pk):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    report = (
        QuarterlyReport.objects.filter(pk=pk, period__plan=plan)
        .select_related("period", "department")
        .first()
    )
    if report is None:
        raise Http404("没有这份季报。")
    report.period.plan = plan
    if request.method == "POST":
        return _decide(request, report, at=at)
    return render(
        request,
        "chengkou_kepu/review_report.html",
        {"plan": plan, "page": assemble(report, user=request.user, at=at)},
    )


def assemble(report, *, user, at):
    """ReviewPage; lines are shown only while the return is with 县科协 (DESIGN §2: a draft is its unit's)."""
    readable = report.status in READABLE
    events = tuple(report.events.select_related("by"))
    submissions = [e for e in events if e.verb == Verb.SUBMIT]
    lines = report_lines(report) if readable else []
    before = ProgressEntry.objects.latest_accepted_before(report.period, [x.responsibility.pk for x in lines])
    filled = [line for line in lines if line.entry]
    submitted = report.first_submitted_at
    return ReviewPage(
        report=report,
        readable=readable,
        refusal=workflow.reason_not_reviewer(report, user),
        own_review=workflow.is_own_review(report, user),
        times_submitted=len(submissions),
        lines=tuple(_reviewed(line, before.get(line.responsibility.pk)) for line in filled),
        empty=tuple(line for line in lines if not line.entry),
        measurements=tuple(owed_measurements(report)) if readable else (),
        events=events,
        latest_submission=submissions[-1] if submissions else None,
        late=bool(submitted and submitted > report.period.due_at),
        at=at,
    )


def _reviewed(line, before):
    old, new = compare(before.told if before else "", line.entry.told)
    return ReviewedLine(line, before, old, new)


def _decide(request, report, *, at):
    """Accept, return or reopen as asked; refusals are said on the page they came from."""
    version = posted_number(request.POST, "version")
    try:
        if request.POST.get("verb") not in REVIEW_VERBS:
            raise workflow.Refused("没有这个操作。")
        messages.success(request, carry_out(report, request.POST, version=version, by=request.user, at=at))
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        report.refresh_from_db(fields=["status", "version", "first_submitted_at"])
        context = {
            "plan": report.period.plan,
            "page": assemble(report, user=request.user, at=at),
            "typed_reason": request.POST.get("reason", ""),
            "typed_lines": {int(x) for x in request.POST.getlist("lines") if x.isdecimal()},
        }
        return render(request, "chengkou_kepu/review_report.html", context)
    return redirect("review", report.period.plan.slug)


def coordinated_plan(request, slug):
    """The plan, for its coordinators; 403 for its other readers, 404 for strangers."""
    plan = visible_plan(request, slug)
    if not permissions.coordinates(request.user, plan):
        raise PermissionDenied("只有科协工作人员可以审核和管理填报期。")
    return plan
