"""审核: the coordinator's inbox, and the decision on one return."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from indicators.standing import owners_owing
from tasks import calendar, permissions, reviewers, workflow
from tasks.ledger import Ledger
from tasks.models import CloseOut, Extension, NoDuty, QuarterlyReport, ReportEvent
from tasks.obligations import Filing, UnitFiling, filing_state, resubmission_due, resubmitted_late
from tasks.posted import posted_ids, posted_text
from tasks.selection import chosen_period, periods_of, visible_plan
from tasks.standing import unit_filings

from .review_page import CAME_BACK, assemble
from .verbs import LONGEST_REMARK, REVIEW_VERBS, carry_out, posted_number
from .way_back import way_back

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb
OPENED = "opened_reviews"


@dataclass(frozen=True)
class Waiting:
    """A submitted return: whether it came in time, how many days it has waited since it last came.

    `late_again`: it came back later than it was due again (逾期补正). `opened`: the reader has read it as it is now.
    """

    report: QuarterlyReport
    filing: Filing
    days: int
    late_again: bool
    opened: bool
    extended_to: date | None = None


@dataclass(frozen=True)
class UnderWay:
    """A return its unit is writing; one that came back is due again at `due_at`, `left` saying how far that is."""

    unit: UnitFiling
    due_at: datetime | None = None
    left: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def review(request, slug):
    """What waits for the coordinator, the longest first; who has not filed; what came back and is out again."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    if request.method == "POST":
        return _accept_several(request, plan, at=at)
    periods = periods_of(plan)
    period = _asked_or_at_work(plan, request.GET.get("period"), periods, at=at)
    ledger = Ledger.load(plan)
    filings = unit_filings(ledger, period, owners_owing(period), at=at)
    waiting = _waiting(ledger, request, at=at)
    context = {
        "plan": plan,
        "period": period,
        "periods": periods,
        "waiting": waiting,
        "any_opened": any(row.opened for row in waiting),
        "close_outs": CloseOut.objects.filter(task__plan=plan, status=CloseOut.Status.APPLIED).select_related(
            "task", "department", "period__plan"
        ),
        "claims": NoDuty.objects.filter(
            responsibility__task__plan=plan, status=NoDuty.Status.ASKED
        ).select_related("responsibility__task", "responsibility__department", "asked_by"),
        "extensions": Extension.objects.filter(period__plan=plan)
        .awaiting()
        .select_related("period__plan", "department", "asked_by"),
        "missing": [f for f in filings if f.filing in (Filing.MISSING, Filing.PENDING)],
        "under_way": _under_way(plan, filings, at=at),
        "accepted": [f for f in filings if f.status == Status.ACCEPTED],
        "overdue": period.is_overdue(at),
        "may_file": period.pk and at >= period.opens_at and not period.frozen_at,
    }
    return render(request, "chengkou_kepu/review.html", context)


def _asked_or_at_work(plan, code, periods, *, at):
    """The period asked for; without a code the one pages show, or the next after it where that is archived."""
    period = chosen_period(plan, code, at=at, periods=periods)
    if code or not period.frozen_at:
        return period
    return next((p for p in periods if p.key > period.key and not p.frozen_at), period)


def _waiting(ledger, request, *, at):
    """Waiting of the submitted returns of any quarter, the longest first, with how often each was returned."""
    plan = ledger.plan
    returned = Count("events", filter=Q(events__verb=Verb.RETURN))
    awaiting = QuarterlyReport.objects.filter(period__plan=plan).awaiting_review().with_proxy()
    reports = reviewers.left_to_others(awaiting, request.user, plan).select_related(
        "department", "period__plan"
    )
    came_back = ReportEvent.objects.filter(report=OuterRef("pk"), verb__in=CAME_BACK).order_by("-at", "-pk")
    opened = request.session.get(OPENED, {})
    days = plan.resubmit_working_days
    return [
        Waiting(
            report,
            filing_state(
                owes=True,
                first_submitted_at=report.first_submitted_at,
                due_at=ledger.due_at(report.period, report.department_id),
                at=at,
            ),
            (calendar.local_day(at) - calendar.local_day(report.submitted_at)).days,
            bool(report.came_back_at and resubmitted_late(report.came_back_at, report.submitted_at, days)),
            opened.get(str(report.pk)) == report.version,
            ledger.extended_to(report.period, report.department_id),
        )
        for report in reports.annotate(
            times_returned=returned, came_back_at=Subquery(came_back.values("at")[:1])
        )
    ]


def _accept_several(request, plan, *, at):
    """Accept the ticked reports, each at the version in which its page was opened; each refusal is said by name."""
    opened = request.session.get(OPENED, {})
    asked = QuarterlyReport.objects.filter(period__plan=plan, pk__in=posted_ids(request.POST, "reports"))
    reports = asked.select_related("period__plan", "department")
    if not reports:
        messages.error(request, f"请勾选要审核通过的{plan.words.report}。")
    for report in reports:
        try:
            if str(report.pk) not in opened:
                raise workflow.Refused("请先打开核对。")
            workflow.accept(report, by=request.user, at=at, version=opened[str(report.pk)])
            messages.success(request, f"{report}审核通过。")
        except workflow.Refused as refusal:
            messages.error(request, f"{report}：{refusal}")
    return redirect("review", plan.slug)


def _under_way(plan, filings, *, at):
    """UnderWay of each unit that writes its return or has it back, those that came back first."""
    units = [f for f in filings if f.status in (Status.RETURNED, Status.ENDORSING, Status.DRAFT)]
    returned = [f.report_id for f in units if f.status == Status.RETURNED]
    events = ReportEvent.objects.filter(report__in=returned, verb__in=CAME_BACK).order_by("at")
    due = {
        report: resubmission_due(came_back_at, plan.resubmit_working_days)
        for report, came_back_at in events.values_list("report_id", "at")
    }
    rows = [
        UnderWay(f, due[f.report_id], calendar.time_left(due[f.report_id], at))
        if f.report_id in due
        else UnderWay(f)
        for f in units
    ]
    return sorted(rows, key=lambda row: row.unit.status != Status.RETURNED)


@require_http_methods(["GET", "HEAD", "POST"])
def review_report(request, slug, pk):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    report = (
        QuarterlyReport.objects.filter(pk=pk, period__plan=plan)
        .select_related("period__plan", "department")
        .first()
    )
    if report is None:
        raise Http404("没有这份报告。")
    report.period.plan = plan
    if request.method == "POST":
        return _decide(request, report, at=at)
    page = assemble(report, user=request.user, at=at)
    opened = request.session.get(OPENED, {})
    if page.may_decide and opened.get(str(report.pk)) != report.version:
        request.session[OPENED] = opened | {str(report.pk): report.version}
    return render(request, "chengkou_kepu/review_report.html", {"plan": plan, "page": page})


def _decide(request, report, *, at):
    """Accept, return or reopen as asked; refusals are said on the page they came from."""
    version = posted_number(request.POST, "version")
    try:
        verb, flagged = request.POST.get("verb"), request.POST.getlist("lines")
        if verb not in REVIEW_VERBS:
            raise workflow.Refused("没有这个操作。")
        if verb == Verb.ACCEPT and flagged:
            raise workflow.Refused(
                f"还勾选着 {len(flagged)} 项须补正：请退回补正；要审核通过的，请先取消勾选。"
            )
        done = carry_out(report, request.POST, request.FILES, version=version, by=request.user, at=at)
        messages.success(request, done)
        if verb == Verb.RETURN and "keep" in request.POST:
            _keep_snippets(request.user, request.POST)
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        report.refresh_from_db(fields=["status", "version", "first_submitted_at"])
        context = {
            "plan": report.period.plan,
            "page": assemble(report, user=request.user, at=at),
            "typed_reason": request.POST.get("reason", ""),
            "typed_lines": set(posted_ids(request.POST, "lines")),
            "typed_remarks": {
                name.removeprefix("remark-"): text
                for name, text in request.POST.items()
                if name.startswith("remark-")
            },
            "typed": request.POST,
        }
        return render(request, "chengkou_kepu/review_report.html", context)
    return redirect("review", report.period.plan.slug)


def _keep_snippets(user, data):
    """存为常用批语: the reason and the remarks of the ticked lines, each once."""
    names = [f"remark-{line}" for line in posted_ids(data, "lines")]
    said = [posted_text(data, "reason"), *(posted_text(data, name) for name in names)]
    for text in dict.fromkeys(text[:LONGEST_REMARK] for text in said):
        if text:
            user.remark_snippets.get_or_create(text=text)


@require_POST
def remark_snippet_remove(request, slug, pk):
    """Take one of one's own 常用批语 away; back to the report it was seen on."""
    plan = coordinated_plan(request, slug)
    request.user.remark_snippets.filter(pk=pk).delete()
    return way_back(request, request.POST.get("next", ""), otherwise=reverse("review", args=[plan.slug]))


def coordinated_plan(request, slug):
    """The plan, for its coordinators; 403 for its other readers, 404 for strangers."""
    plan = visible_plan(request, slug)
    if not permissions.coordinates(request.user, plan):
        raise PermissionDenied("只有科协工作人员可以审核和管理填报期。")
    return plan
