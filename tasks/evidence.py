"""The verbs for evidence: attach files to lines or a close-out, remove those of a draft, sweep what was left behind.

The scan of a signed return is stored by `workflow.submit`, with its event.
"""

from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from departments import audit
from departments import permissions as roles

from . import permissions, uploads
from .drafting import begin_report, own_responsibilities
from .models import CloseOut, Evidence, ProgressEntry
from .refusals import NotAllowed, Refused
from .workflow import locked_report, require_open_for_lines

FOLDER = "evidence"
YOUNG = timedelta(hours=24)


def attach(period, department, responsibility_ids, upload, *, by, at):
    """Attach one uploaded file to the unit's lines in the period; an Evidence for each line, all of one stored file.

    Raises Refused for a file of the wrong kind or size, for a return that takes nothing, and for lines that are not
    the unit's.
    """
    first = uploads.checked(upload, by=by, at=at)
    with transaction.atomic():
        report = begin_report(period, department, by=by, at=at)
        entries = _entries(report, responsibility_ids, by=by, at=at)
        uploads.require_room(
            first, Evidence.objects.filter(entry__report=report), where=f"本{period.plan.words.report}"
        )
        with uploads.stored(first, upload):
            first.entry = entries[0]
            first.save()
            others = [_copy(first, entry) for entry in entries[1:]]
            Evidence.objects.bulk_create(others)
            audit.record("上传佐证材料", report, by=by, at=at, detail=first.name)
    return [first, *others]


def attach_to_close_out(close_out, upload, *, by, at):
    """Attach one uploaded file to an application for close-out that waits for its decision; the Evidence."""
    if not roles.files_for(by, close_out.department_id):
        raise NotAllowed("只有申请办结的单位可以上传佐证材料。")
    evidence = uploads.checked(upload, by=by, at=at)
    with transaction.atomic():
        close_out = (
            CloseOut.objects.select_for_update(of=("self",))
            .select_related("period__plan", "task")
            .get(pk=close_out.pk)
        )
        if close_out.status != CloseOut.Status.APPLIED:
            raise Refused(f"办结申请已处理：{close_out.get_status_display()}，不能再上传佐证材料。")
        close_out.period.hold()
        if close_out.period.frozen_at:
            raise Refused(f"{close_out.period}已定稿归档，不能再上传佐证材料。")
        uploads.require_room(evidence, close_out.evidence.all(), where="本项办结申请")
        with uploads.stored(evidence, upload):
            evidence.close_out = close_out
            evidence.save()
            audit.record("上传佐证材料", close_out.task, by=by, at=at, detail=evidence.name)
    return evidence


def remove(evidence, *, by, at):
    """Take a file off a line of a draft; one that was submitted, with a return or an application, stays."""
    if evidence.entry is None:
        owner = evidence.close_out or evidence.report
        if not roles.files_for(by, owner.department_id):
            raise NotAllowed("只有本单位填报人可以删除佐证材料。")
        with_what = "申请" if evidence.close_out else owner.period.plan.words.report
        raise Refused(f"“{evidence.name}”已随{with_what}报送，须保留。")
    with transaction.atomic():
        report = locked_report(evidence.entry.report.period, pk=evidence.entry.report_id)
        if not permissions.writes_lines(by, report):
            raise NotAllowed("只有本单位填报人可以删除佐证材料。")
        require_open_for_lines(report, at=at, by=by)
        evidence = Evidence.objects.with_kept().filter(pk=evidence.pk).first()
        if evidence is None:
            raise Refused("这份佐证材料已被删除。")
        if evidence.kept:
            raise Refused(f"“{evidence.name}”已随{report.period.plan.words.report}报送，须保留。")
        stored = evidence.file.name
        evidence.delete()
        audit.record("删除佐证材料", report, by=by, at=at, detail=evidence.name)
        if not Evidence.objects.filter(file=stored).exists():
            transaction.on_commit(lambda: default_storage.delete(stored))


def sweep(*, at, dry_run=False):
    """(stored files without a row that are older than a day, rows whose file is gone); deletes the former."""
    known = set(Evidence.objects.values_list("file", flat=True))
    stored = set(_files(FOLDER))
    orphans = sorted(name for name in stored - known if default_storage.get_modified_time(name) < at - YOUNG)
    if not dry_run:
        for name in orphans:
            default_storage.delete(name)
    return orphans, sorted(known - stored)


def _entries(report, responsibility_ids, *, by, at):
    """The report's entries for the unit's own lines, made where there is none; in order of the ids."""
    own = own_responsibilities(report, responsibility_ids)
    if not own:
        raise NotAllowed("其中有不属于本单位的工作。")
    made = [
        ProgressEntry(report=report, responsibility=r, updated_by=by, updated_at=at) for r in own.values()
    ]
    ProgressEntry.objects.bulk_create(made, ignore_conflicts=True)
    entries = {e.responsibility_id: e for e in report.entries.filter(responsibility__in=own)}
    return [entries[pk] for pk in own]


def _copy(first, entry):
    same = ("file", "name", "size", "sha256", "content_type", "uploaded_by", "uploaded_at")
    return Evidence(entry=entry, **{name: getattr(first, name) for name in same})


def _files(folder):
    """Names of all files below the folder; none where it does not exist yet."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for inner in folders:
        yield from _files(f"{folder}/{inner}")
