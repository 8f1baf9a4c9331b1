"""The downloads page and the workbooks behind it."""

from io import BytesIO

from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone

from tasks.selection import chosen_period, periods_of, visible_plan

from .downloads import file_name
from .responsibility_table import responsibility_table
from .summary import summary_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exports(request, slug):
    plan = visible_plan(request, slug)
    at, periods = timezone.now(), periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    context = {"plan": plan, "period": period, "periods": periods[::-1], "ended": plan.has_ended(at)}
    return render(request, "chengkou_kepu/exports.html", context)


def download_responsibility_table(request, slug):
    return _download(request, slug, responsibility_table, "责任分解表")


def download_summary(request, slug):
    return _download(request, slug, summary_workbook, "汇总表")


def _download(request, slug, build, name):
    """The workbook `build(plan, period, at=)` as an attachment named after plan, quarter and day."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    periods = periods_of(plan)
    period = chosen_period(plan, request.GET.get("period"), at=at, periods=periods)
    stream = BytesIO()
    build(plan, period, periods, at=at).save(stream)
    stream.seek(0)
    filename = file_name(plan, period, name, "xlsx", at=at)
    return FileResponse(stream, as_attachment=True, filename=filename, content_type=XLSX)
