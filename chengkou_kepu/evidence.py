"""佐证材料: uploading to a return's lines, downloading with permission, removing from a draft."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tasks import evidence, permissions, workflow
from tasks.models import Evidence, QuarterlyReport
from tasks.selection import named_period, visible_plan

from .filing import asked_department, return_address
from .filing_page import assemble

Status = QuarterlyReport.Status


@require_POST
def evidence_upload(request, slug, code):
    """Attach the chosen files to the lines named; a script gets the lists of files anew, a browser the page."""
    at = timezone.now()
    plan = visible_plan(request, slug)
    period = named_period(plan, code)
    department, _ = asked_department(request, plan)
    lines = [
        int(pk) for pk in request.POST.getlist("lines") if pk.isascii() and pk.isdecimal() and len(pk) < 18
    ]
    try:
        names = _attach(request, period, department, lines, at=at)
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        if request.headers.get("X-Upload"):
            return HttpResponse(str(refusal), status=422, content_type="text/plain; charset=utf-8")
        messages.error(request, str(refusal))
    else:
        if request.headers.get("X-Upload"):
            page = assemble(period, department, user=request.user, at=at)
            context = {"plan": plan, "page": page, "lines": lines}
            return render(request, "chengkou_kepu/_evidence_lists.html", context)
        messages.success(request, f"已上传{'、'.join(names)}。")
    anchor = f"#line-{lines[0]}" if lines else ""
    return redirect(f"{return_address(period, department)}{anchor}")


def _attach(request, period, department, lines, *, at):
    """Names of the files attached, each in a transaction of its own: what went up stays up."""
    uploads = request.FILES.getlist("files")
    if not uploads:
        raise workflow.Refused("请先选择文件。")
    if not lines:
        raise workflow.Refused("请勾选要附佐证材料的工作。")
    for upload in uploads:
        evidence.attach(period, department, lines, upload, by=request.user, at=at)
    return [upload.name for upload in uploads]


@require_safe
def evidence_download(request, slug, pk):
    """The file as an attachment under its own name; a picture may also be shown on a page (`?inline=1`)."""
    found = _readable(request, slug, pk)
    inline = "inline" in request.GET and found.is_picture
    try:
        stream = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("文件已不在存储中，请联系系统管理员。") from error
    response = FileResponse(
        stream, as_attachment=not inline, filename=found.name, content_type=found.content_type
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def evidence_remove(request, slug, pk):
    found = _readable(request, slug, pk)
    try:
        evidence.remove(found, by=request.user, at=timezone.now())
        messages.success(request, f"已删除“{found.name}”。")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
    if found.close_out:
        return redirect("close-out", slug, found.close_out_id)
    anchor = f"#line-{found.entry.responsibility_id}" if found.entry else ""
    return redirect(f"{return_address(found.report.period, found.report.department)}{anchor}")


def _readable(request, slug, pk):
    """The evidence, for those who may read what it stands behind; 404 for everybody else."""
    plan = visible_plan(request, slug)
    found = Evidence.objects.of_plan(plan).filter(pk=pk).first()
    if found is None or not _reads(request.user, found):
        raise Http404("没有这份佐证材料。")
    return found


def _reads(user, found):
    if found.close_out:
        return permissions.reads_close_out(user, found.close_out)
    if found.event:
        return permissions.reads_return(user, found.report)
    return (
        found.report.status == Status.ACCEPTED
        or permissions.reads_return(user, found.report)
        or permissions.reads_draft(user, found.report)
    )
