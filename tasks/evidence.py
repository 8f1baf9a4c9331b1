"""The verbs for evidence: attach files to lines, remove those of a draft, sweep what a killed upload left."""

import hashlib
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from departments import audit

from . import permissions
from .calendar import SHANGHAI
from .drafting import begin_report
from .file_kinds import KINDS, kind_of, shown_name
from .models import Evidence, ProgressEntry, Responsibility
from .refusals import NotAllowed, Refused
from .workflow import locked_report, require_open_for_lines

MOST_BYTES = 20 * 1024 * 1024
MOST_OF_REPORT = 200 * 1024 * 1024
FOLDER = "evidence"
YOUNG = timedelta(hours=24)


def attach(period, department, responsibility_ids, upload, *, by, at):
    """Attach one uploaded file to the unit's lines in the period; an Evidence for each line, all of one stored file.

    Raises Refused for a file of the wrong kind or size, for a return that takes nothing, and for lines that are not
    the unit's. The file is written first and its rows last, so that a killed upload leaves no row; what it leaves in
    the storage, `sweep` removes.
    """
    name = shown_name(upload.name)
    kind = _checked(name, upload)
    with transaction.atomic():
        report = begin_report(period, department, by=by, at=at)
        entries = _entries(report, responsibility_ids, by=by, at=at)
        held = Evidence.objects.filter(entry__report=report).values("file", "size").distinct()
        if sum(row["size"] for row in held) + upload.size > MOST_OF_REPORT:
            raise Refused(
                f"“{name}”没有上传：本季报的佐证材料合计不能超过 {MOST_OF_REPORT // 1024 // 1024} MB。"
            )
        first = Evidence(
            entry=entries[0],
            name=name,
            size=upload.size,
            sha256=_digest(upload),
            content_type=kind.content_type,
            uploaded_by=by,
            uploaded_at=at.astimezone(SHANGHAI),
        )
        upload.seek(0)
        first.file.save(name, upload, save=False)
        try:
            with transaction.atomic():
                first.save()
                others = [_copy(first, entry) for entry in entries[1:]]
                Evidence.objects.bulk_create(others)
                audit.record("上传佐证材料", report, by=by, at=at, detail=name)
        except Exception:
            default_storage.delete(first.file.name)
            raise
    return [first, *others]


def remove(evidence, *, by, at):
    """Take a file off a line of a draft; one that was submitted once stays with the return."""
    with transaction.atomic():
        report = locked_report(pk=evidence.entry.report_id)
        if not permissions.writes_lines(by, report):
            raise NotAllowed("只有本单位填报人可以删除佐证材料。")
        require_open_for_lines(report, at=at, by=by)
        evidence = Evidence.objects.with_kept().filter(pk=evidence.pk).first()
        if evidence is None:
            raise Refused("这份佐证材料已被删除。")
        if evidence.kept:
            raise Refused(f"“{evidence.name}”已随季报报送，须保留。")
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


def _checked(name, upload):
    """The Kind of an upload that may be evidence; else Refused."""
    if not upload.size:
        raise Refused(f"“{name}”是空文件。")
    if upload.size > MOST_BYTES:
        raise Refused(f"“{name}”超过 {MOST_BYTES // 1024 // 1024} MB，请压缩或拆分后再上传。")
    kind = kind_of(name, upload)
    if kind is None:
        allowed = "、".join(sorted(KINDS))
        raise Refused(f"“{name}”不能上传：只接受 {allowed} 文件，且内容须与扩展名相符、不含宏。")
    return kind


def _entries(report, responsibility_ids, *, by, at):
    """The report's entries for the unit's own lines, made where there is none; in order of the ids."""
    own = (
        Responsibility.objects.in_force(report.period.last_day)
        .filter(department=report.department_id, task__plan=report.period.plan_id)
        .in_bulk(responsibility_ids)
    )
    if not own or len(own) < len(set(responsibility_ids)):
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


def _digest(upload):
    digest = hashlib.sha256()
    upload.seek(0)
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _files(folder):
    """Names of all files below the folder; none where it does not exist yet."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for inner in folders:
        yield from _files(f"{folder}/{inner}")
