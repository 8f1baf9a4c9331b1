"""定稿归档 of one quarter: what would be stored and what is in the way; afterwards what is, and its corrections."""

from io import BytesIO

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tasks.models import QuarterlyReport
from tasks.periods import reasons_not_to_freeze
from tasks.progress import RULE_VERSION
from tasks.refusals import NotAllowed, Refused
from tasks.selection import chosen_period, periods_of
from tasks.workflow import reason_not_owing

from .corrections import CorrectionForm
from .dashboard import assemble
from .exports.downloads import file_name
from .exports.errata_list import errata_workbook
from .exports.sheets import saved
from .exports.views import XLSX
from .freezing import freeze_quarter
from .review import coordinated_plan

Status = QuarterlyReport.Status


@require_http_methods(["GET", "HEAD", "POST"])
def archive(request, slug, code):
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    periods = periods_of(plan)
    period = chosen_period(plan, code, at=at, periods=periods)
    correcting = request.method == "POST" and request.POST.get("verb") == "correct"
    form = CorrectionForm(request.POST if correcting else None, period=period) if period.stored else None
    if request.method == "POST" and _carried_out(request, period, form if correcting else None, at=at):
        return redirect("archive", slug, code)
    context = {"plan": plan, "period": period, "frozen": period.stored, "form": form}
    context |= _stored(period) if period.stored else _preview(plan, period, periods, at=at)
    return render(request, "chengkou_kepu/archive.html", context)


def _carried_out(request, period, form, *, at):
    """Freeze or correct as posted; whether it was done. A refusal is said, and what was typed stays."""
    try:
        if request.POST.get("verb") == "freeze":
            freeze_quarter(period, by=request.user, at=at)
            messages.success(request, f"{period}已定稿归档。")
        elif form is None:
            raise Refused("没有这个操作。")
        elif not form.is_valid():
            return False
        else:
            messages.success(request, f"已更正“{form.save(by=request.user, at=at).subject}”。")
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    return True


def _stored(period):
    return {"errata": list(period.errata.select_related("by"))}


def _preview(plan, period, periods, *, at):
    """What freezing would store; which units' returns would stay unfinished; earlier quarters that still move."""
    return {
        "board": assemble(plan, period, periods, at=at),
        "reasons": reasons_not_to_freeze(period),
        "unfinished": _unfinished(period),
        "moving": [p for p in periods if p.key < period.key and not p.frozen_at],
        "rule_version": RULE_VERSION,
    }


def _unfinished(period):
    """Returns that can be filed no more once the period is archived, without holding that up."""
    under_way = [Status.DRAFT, Status.RETURNED, Status.ENDORSING]
    reports = period.reports.filter(status__in=under_way).select_related("department", "period__plan")
    return [r for r in reports.order_by("pk") if r.status != Status.ENDORSING or reason_not_owing(r)]


@require_safe
def errata_download(request, slug, code):
    """The quarter's corrections as a workbook, beside the stored one."""
    at = timezone.now()
    plan = coordinated_plan(request, slug)
    period = chosen_period(plan, code, at=at)
    book = errata_workbook(plan, period, period.errata.select_related("by"), at=at)
    filename = file_name(plan, period, "更正说明", "xlsx", at=at)
    return FileResponse(BytesIO(saved(book)), as_attachment=True, filename=filename, content_type=XLSX)
