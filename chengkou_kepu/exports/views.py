"""The downloads page and the workbooks behind it."""

from io import BytesIO

from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tasks.selection import chosen_period, periods_of, visible_plan
from tasks.stored_rows import plan_as_it_stood

from .downloads import file_name
from .responsibility_table import responsibility_table
from .sheets import saved
from .summary import summary_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exports(request, slug):
    plan = visible_plan(request, slug)
    at, periods = timezone.now(), periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    context = {
        "plan": plan_as_it_stood(plan, period),
        "period": period,
        "periods": periods[::-1],
        "frozen": period.stored,
    }
    return render(request, "chengkou_kepu/exports.html", context)


@require_safe
def download_responsibility_table(request, slug):
    return _download(request, slug, responsibility_table, "责任分解表")


@require_safe
def download_summary(request, slug):
    return _download(request, slug, summary_workbook, "汇总表")


def _download(request, slug, build, name):
    """The workbook `build(plan, period, at=)` as an attachment named after plan, quarter and day.

    Of a frozen quarter the day is that of its freezing, and the summary is the stored file, its SHA-256 in a header.
    """
    at = timezone.now()
    plan = visible_plan(request, slug)
    periods = periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    at, plan = period.frozen_at or at, plan_as_it_stood(plan, period)
    period.cadence = plan.cadence
    stored = period.stored if build is summary_workbook else None
    content = bytes(stored.workbook) if stored else saved(build(plan, period, periods, at=at))
    filename = file_name(plan, period, name, "xlsx", at=at)
    response = FileResponse(BytesIO(content), as_attachment=True, filename=filename, content_type=XLSX)
    if stored:
        response["X-SHA256"] = stored.sha256
    return response
