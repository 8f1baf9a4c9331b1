"""佐证材料: uploading to a return's lines, downloading with permission, removing from a draft."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from departments import permissions as roles
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
    entry = found.entry
    try:
        evidence.remove(found, by=request.user, at=timezone.now())
        messages.success(request, f"已删除“{found.name}”。")
    except workflow.NotAllowed:
        raise
    except workflow.Refused as refusal:
        messages.error(request, str(refusal))
    address = return_address(entry.report.period, entry.report.department)
    return redirect(f"{address}#line-{entry.responsibility_id}")


def _readable(request, slug, pk):
    """The evidence, for those who may read the text it stands behind; 404 for everybody else."""
    plan = visible_plan(request, slug)
    found = (
        Evidence.objects.filter(pk=pk, entry__report__period__plan=plan)
        .select_related("entry__report__period__plan", "entry__report__department")
        .first()
    )
    if found is None:
        raise Http404("没有这份佐证材料。")
    report = found.entry.report
    report.period.plan = plan
    own = roles.files_for(request.user, report.department_id)
    coordinator = permissions.coordinates(request.user, plan)
    reads = own or report.status == Status.ACCEPTED or (coordinator and report.status == Status.SUBMITTED)
    if not reads and not permissions.reads_draft(request.user, report):
        raise Http404("没有这份佐证材料。")
    return found
