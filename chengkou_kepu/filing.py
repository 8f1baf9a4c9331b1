"""填报: a unit's returns, the one page on which it files a quarter, and the verbs asked for there."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import permissions as roles
from departments.models import Department
from tasks import cooperation, extensions, permissions, workflow
from tasks.forms import ExtensionForm, SignatureForm
from tasks.models import Extension, QuarterlyReport, ReportingPeriod, SupportRequest
from tasks.obligations import Filing, filing_state, own_due
from tasks.posted import is_id
from tasks.selection import named_period, periods_of, visible_plan
from tasks.telling import filing_path

from .filing_page import assemble
from .saving import Typed, save_return, seen_version
from .verbs import BEGINNING_VERBS, SUBMIT_SIGNED, UNIT_VERBS, carry_out, posted_number


@dataclass(frozen=True)
class FilingRow:
    """One quarter of the unit: its return if there is one, and when it is due for this unit."""

    period: ReportingPeriod
    report: QuarterlyReport | None
    filing: Filing
    due_at: datetime
    extended_to: date | None


@require_safe
def filing(request, slug):
    """The unit's quarters, newest first: what is open, by when, and what became of each."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    department, own = asked_department(request, plan)
    reports = {
        r.period_id: r
        for r in QuarterlyReport.objects.filter(department=department, period__plan=plan)
        .with_proxy()
        .with_self_review()
    }
    days = Extension.objects.filter(department=department, period__plan=plan).granted_days()
    periods = [p for p in periods_of(plan)[::-1] if p.pk in reports or department.exists_on(p.last_day)]
    rows = [_filing_row(p, reports.get(p.pk), days.get((p.pk, department.pk)), at) for p in periods]
    open_rows = [row for row in rows if not workflow.reason_not_open(row.period, at=at)]
    context = {
        "plan": plan,
        "department": department,
        "own": own,
        "rows": rows,
        "open_rows": open_rows,
    }
    return render(request, "chengkou_kepu/filing.html", context)


def _filing_row(period, report, extended_to, at):
    submitted, due_at = report.first_submitted_at if report else None, own_due(period.due_at, extended_to)
    filing = filing_state(owes=True, first_submitted_at=submitted, due_at=due_at, at=at)
    return FilingRow(period, report, filing, due_at, extended_to)


@require_http_methods(["GET", "HEAD", "POST"])
def filing_return(request, slug, code):
    """The return of the user's unit, or with `?unit=` of one the user files for, in the period `code`.

    HEAD tells a page that is about to post whether its reader may still do so, at no more cost than that.
    """
    at = timezone.now()
    plan = visible_plan(request, slug)
    period = named_period(plan, code)
    department, own = asked_department(request, plan)
    if request.method == "HEAD":
        return HttpResponse()
    if request.method == "POST":
        return _post(request, period, department, own, at=at)
    return _page(request, period, department, own, at=at)


@require_POST
def filing_extension(request, slug, code):
    """申请延期, from the return's page."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    period = named_period(plan, code)
    department, own = asked_department(request, plan)
    form = ExtensionForm(request.POST)
    try:
        if not form.is_valid():
            return _page(request, period, department, own, at=at, extension_form=form)
        extensions.ask_extension(period, department, **form.cleaned_data, by=request.user, at=at)
        messages.success(request, "已申请延期，等待县科协答复；答复前仍以原截止时间为准。")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, period, department, own, at=at, extension_form=form)
    return redirect(return_address(period, department))


def _page(request, period, department, own, *, at, typed=None, saved=None, extension_form=None):
    """The page; after a refused verb with what was typed for it, since only a file has to be chosen again."""
    page = assemble(period, department, user=request.user, at=at, typed=typed, saved=saved)
    if not page.readable:
        raise PermissionDenied("该单位已自行填写，报送后可在审核页查看。")
    context = {
        "plan": period.plan,
        "page": page,
        "own": own,
        "check": "check" in request.GET,
        "applied": request.GET.get("applied", ""),
        "extension_form": extension_form or ExtensionForm(),
        "signature": _signature_form(request, at=at),
        "posted": request.POST,
    }
    return render(request, "chengkou_kepu/filing_return.html", context)


def _signature_form(request, *, at):
    signed = request.POST.get("verb") == SUBMIT_SIGNED
    typed = (request.POST, request.FILES) if signed else ()
    return SignatureForm(*typed, at=at, initial={"on": timezone.localdate(at)})


def _post(request, period, department, own, *, at):
    typed = Typed.read(request.POST, period)
    verb = request.POST.get("verb", "")
    saved = None
    if typed or (verb in BEGINNING_VERBS and request.POST.get("version") == "0"):
        try:
            saved = save_return(period, department, typed, by=request.user, at=at)
        except workflow.NotAllowed:
            raise
        except workflow.Refused as refusal:
            return _refused(request, period, department, own, refusal, typed, at=at)
    if request.htmx:
        page = assemble(period, department, user=request.user, at=at, typed=typed, saved=saved)
        context = {"plan": period.plan, "page": page, "shown": typed.keys}
        return render(request, "chengkou_kepu/_filing_saved.html", context)
    if typed.invalid or (saved and saved.conflicts):
        messages.error(request, "有内容没有保存，请看标出的地方。其余内容已保存。")
        return _page(request, period, department, own, at=at, typed=typed, saved=saved)
    if "answer" in request.POST:
        return _answer(request, period, department, at=at)
    if verb in UNIT_VERBS:
        return _carry_out(request, period, department, own, saved, at=at)
    messages.success(request, "已保存。" if saved else "没有需要保存的修改。")
    return redirect(f"{return_address(period, department)}{_applied(typed)}")


def _answer(request, period, department, *, at):
    """答复征集, with what has just been saved."""
    asked = (
        SupportRequest.objects.filter(
            period=period,
            responsibility__department=department,
            responsibility=posted_number(request.POST, "answer"),
        )
        .select_related("responsibility__task", "responsibility__department", "lead")
        .first()
    )
    if asked is None:
        raise Http404("没有这项征集。")
    try:
        cooperation.answer(asked, by=request.user, at=at)
        messages.success(request, f"已答复{asked.lead}；报送前仍可修改，修改后请再次答复。")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{return_address(period, department)}#line-{asked.responsibility_id}")


def _applied(typed):
    """Back to the block that was applied, which says so."""
    return f"&applied={typed.applied.key}#{typed.applied.prefix}" if typed.applied else ""


def _refused(request, period, department, own, refusal, typed, *, at):
    """Nothing was saved: say why, and keep what was typed on the page."""
    if request.htmx:
        return HttpResponse(f"没有保存：{refusal}", status=423, content_type="text/plain; charset=utf-8")
    messages.error(request, str(refusal))
    return _page(request, period, department, own, at=at, typed=typed)


def _carry_out(request, period, department, own, saved, *, at):
    report = saved.report if saved else _report(period, department)
    address = return_address(period, department)
    try:
        version = seen_version(request.POST, saved)
        done = carry_out(report, request.POST, request.FILES, version=version, by=request.user, at=at)
        messages.success(request, done)
    except workflow.Incomplete:
        return redirect(f"{address}&check=1#missing")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, period, department, own, at=at)
    return redirect(address)


def _report(period, department):
    report = QuarterlyReport.objects.filter(period=period, department=department).first()
    return report or QuarterlyReport(period=period, department=department)


def asked_department(request, plan):
    """(the unit this page is about, the user's own units in the plan's region, former ones last).

    A unit that is not the user's is 404, unless the user coordinates and may file for it; a reader without any
    unit is refused with 403.
    """
    mine = (*roles.own_departments(request.user), *roles.former_departments(request.user))
    own = [d for d in mine if d.region_id == plan.region_id]
    asked = request.GET.get("unit", "")
    if not asked:
        if not own:
            raise PermissionDenied("只有单位填报人、审核人可以填报。")
        return own[0], own
    for department in own:
        if str(department.pk) == asked:
            return department, own
    if not (is_id(asked) and permissions.coordinates(request.user, plan)):
        raise Http404("没有这个单位。")
    department = Department.objects.units().filter(region=plan.region_id, pk=int(asked)).first()
    if department is None:
        raise Http404("没有这个单位。")
    return department, own


def return_address(period, department):
    """The return's address; it always names the unit, so that a bookmark keeps its meaning."""
    return filing_path(period, department.pk)
