"""填报: a unit's returns, the one page on which it files a quarter, and the verbs asked for there."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from departments import permissions as roles
from departments.models import Department
from tasks import cooperation, permissions, workflow
from tasks.forms import SignatureForm
from tasks.models import QuarterlyReport, SupportRequest
from tasks.obligations import filing_state
from tasks.selection import named_period, periods_of, visible_plan

from .filing_page import assemble
from .saving import Typed, save_return, seen_version
from .verbs import BEGINNING_VERBS, SUBMIT_SIGNED, UNIT_VERBS, carry_out, posted_number

ID = re.compile(r"[0-9]{1,18}")


@require_safe
def filing(request, slug):
    """The unit's quarters, newest first: what is open, by when, and what became of each."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    department, own = asked_department(request, plan)
    reports = {
        r.period_id: r for r in QuarterlyReport.objects.filter(department=department, period__plan=plan)
    }
    periods = [p for p in periods_of(plan)[::-1] if p.pk in reports or department.exists_on(p.last_day)]
    rows = [(p, reports.get(p.pk), _filing(p, reports.get(p.pk), at)) for p in periods]
    open_rows = [row for row in rows if not workflow.reason_not_open(row[0], at=at)]
    context = {"plan": plan, "department": department, "own": own, "rows": rows, "open_rows": open_rows}
    return render(request, "chengkou_kepu/filing.html", context)


def _filing(period, report, at):
    submitted = report.first_submitted_at if report else None
    return filing_state(owes=True, first_submitted_at=submitted, due_at=period.due_at, at=at)


@require_http_methods(["GET", "HEAD", "POST"])
def filing_return(request, slug, code):
    """The return of the user's unit, or with `?unit=` of one the user files for, in the period `code`."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    period = named_period(plan, code)
    department, own = asked_department(request, plan)
    if request.method == "POST":
        return _post(request, period, department, own, at=at)
    return _page(request, period, department, own, at=at)


@require_safe
def filing_sheet(request, slug, code):
    """报送表: the return on paper, for signature and seal."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    department, _ = asked_department(request, plan)
    page = assemble(named_period(plan, code), department, user=request.user, at=at)
    if not page.readable:
        raise PermissionDenied("该单位已自行填写，报送后可在审核页查看。")
    return render(request, "chengkou_kepu/filing_sheet.html", {"plan": plan, "page": page})


def _page(request, period, department, own, *, at, typed=None, saved=None):
    page = assemble(period, department, user=request.user, at=at, typed=typed, saved=saved)
    if not page.readable:
        raise PermissionDenied("该单位已自行填写，报送后可在审核页查看。")
    context = {
        "plan": period.plan,
        "page": page,
        "own": own,
        "check": "check" in request.GET,
        "signature": SignatureForm(at=at, initial={"on": timezone.localdate(at)}),
    }
    return render(request, "chengkou_kepu/filing_return.html", context)


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
        return _carry_out(request, period, department, saved, at=at)
    messages.success(request, "已保存。" if saved else "没有需要保存的修改。")
    return redirect(f"{return_address(period, department)}{_anchor(typed)}")


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


def _anchor(typed):
    """Back to the block that was applied."""
    return f"#{typed.applied.prefix}" if typed.applied else ""


def _refused(request, period, department, own, refusal, typed, *, at):
    """Nothing was saved: say why, and keep what was typed on the page."""
    if request.htmx:
        return HttpResponse(f"没有保存：{refusal}", status=423, content_type="text/plain; charset=utf-8")
    messages.error(request, str(refusal))
    return _page(request, period, department, own, at=at, typed=typed)


def _carry_out(request, period, department, saved, *, at):
    report = saved.report if saved else _report(period, department)
    address = return_address(period, department)
    try:
        version = seen_version(request.POST, saved)
        messages.success(request, carry_out(report, request.POST, version=version, by=request.user, at=at))
    except workflow.Incomplete as refusal:
        return redirect(f"{address}&check=1#line-{refusal.responsibilities[0].pk}")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
        anchor = "#signing" if request.POST["verb"] == SUBMIT_SIGNED else ""
        return redirect(f"{address}{anchor}")
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
    if not (ID.fullmatch(asked) and permissions.coordinates(request.user, plan)):
        raise Http404("没有这个单位。")
    department = Department.objects.units().filter(region=plan.region_id, pk=int(asked)).first()
    if department is None:
        raise Http404("没有这个单位。")
    return department, own


def return_address(period, department):
    """The return's address; it always names the unit, so that a bookmark keeps its meaning."""
    return f"{reverse('filing-return', args=[period.plan.slug, period.code])}?unit={department.pk}"
