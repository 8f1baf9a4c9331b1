"""离线填报: the workbook's way out, and its way back through a preview and 确认导入."""

from base64 import b64encode
from io import BytesIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from chengkou_kepu.exports.views import XLSX
from chengkou_kepu.filing import asked_department, return_address
from chengkou_kepu.filing_page import assemble
from chengkou_kepu.saving import Typed, save_return
from tasks import calendar, workflow
from tasks.selection import named_period, visible_plan

from .archive import checked
from .preview import preview
from .reading import read
from .writing import offline_workbook

WRONG = PatternFill("solid", fgColor="F6C8C3")


@require_safe
def download(request, slug, code):
    """The unit's workbook for the quarter, prefilled with what is stored now."""
    page = _page(request, slug, code, at=timezone.now())
    stream = BytesIO()
    offline_workbook(page).save(stream)
    stream.seek(0)
    day = f"{calendar.local_day(page.at):%Y%m%d}"
    filename = f"{page.department}{page.period.report_title}离线填报表_{day}.xlsx"
    return FileResponse(stream, as_attachment=True, filename=filename, content_type=XLSX)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request, slug, code):
    """Choose a file, see what it would change or what is wrong in it, and only then save."""
    at = timezone.now()
    page = _page(request, slug, code, at=at)
    context = {"plan": page.period.plan, "page": page}
    if request.method == "POST" and page.fixed:
        messages.error(request, f"没有导入：{page.fixed}")
    if request.method != "POST" or page.fixed:
        return render(request, "chengkou_kepu/offline_upload.html", context)
    if "confirm" in request.POST:
        typed = Typed.read(request.POST, page.period)
        if _saved(request, page, typed, at=at):
            return redirect(return_address(page.period, page.department))
        page = _page(request, slug, code, at=at)
        context |= {"page": page, "preview": preview(page, typed)}
        return render(request, "chengkou_kepu/offline_upload.html", context)
    try:
        content = checked(_file(request))
        reading = read(content, page)
    except workflow.Refused as refusal:
        return render(request, "chengkou_kepu/offline_upload.html", context | {"refusal": str(refusal)})
    found = preview(page, Typed.read(reading.data, page.period), reading)
    context |= {"preview": found, "marked": _marked(reading.book, found.problems) if found.problems else ""}
    return render(request, "chengkou_kepu/offline_upload.html", context)


def _page(request, slug, code, *, at):
    plan = visible_plan(request, slug)
    department, _ = asked_department(request, plan)
    page = assemble(named_period(plan, code), department, user=request.user, at=at)
    if not page.readable:
        raise PermissionDenied("该单位已自行填写，报送后可在审核页查看。")
    return page


def _file(request):
    found = request.FILES.get("file")
    if found is None:
        raise workflow.Refused("请先选择填好的填报表。")
    return found


def _saved(request, page, typed, *, at):
    """Save the confirmed rows, all or none; whether it was done. The reason why not is said."""
    try:
        with transaction.atomic():
            saved = save_return(page.period, page.department, typed, by=request.user, at=at)
            if typed.invalid or saved.conflicts:
                transaction.set_rollback(True)
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, f"没有导入：{refusal}")
        return False
    if typed.invalid or saved.conflicts:
        messages.error(request, "没有导入：预览之后有内容被他人修改，请重新核对。")
        return False
    count = len(saved.lines.saved) + len(saved.measurements.saved)
    messages.success(request, f"已导入 {count} 项。")
    return True


def _marked(book, problems):
    """The same workbook with the wrong cells marked, as base64 for a link: it is stored nowhere."""
    for problem in problems:
        if not problem.cell or problem.sheet not in book:
            continue
        cell = book[problem.sheet][problem.cell]
        if hasattr(cell, "fill") and type(cell).__name__ == "Cell":
            cell.fill = WRONG
            cell.comment = Comment(problem.reason, "平台")
    stream = BytesIO()
    book.save(stream)
    return b64encode(stream.getvalue()).decode()
