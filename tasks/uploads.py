"""An uploaded file on its way to becoming evidence: what it must be, and that it is stored before its rows."""

import hashlib
from contextlib import contextmanager

from django.core.files.storage import default_storage
from django.db import transaction

from .calendar import SHANGHAI
from .file_kinds import KINDS, kind_of, shown_name
from .models import Evidence
from .refusals import Refused

MOST_BYTES = 20 * 1024 * 1024
MOST_TOGETHER = 200 * 1024 * 1024


def checked(upload, *, by, at):
    """The unsaved Evidence of an upload, which as yet belongs to nothing; Refused for a wrong kind or size."""
    name = shown_name(upload.name)
    kind = _kind(name, upload)
    return Evidence(
        name=name,
        size=upload.size,
        sha256=_digest(upload),
        content_type=kind.content_type,
        uploaded_by=by,
        uploaded_at=at.astimezone(SHANGHAI),
    )


def require_room(evidence, held, *, where):
    """Refuse a file that with the evidence `held` (a queryset) is too much; a file of several rows counts once."""
    sizes = sum(row["size"] for row in held.values("file", "size").order_by().distinct())
    if sizes + evidence.size > MOST_TOGETHER:
        most = MOST_TOGETHER // 1024 // 1024
        raise Refused(f"“{evidence.name}”没有上传：{where}的佐证材料合计不能超过 {most} MB。")


@contextmanager
def stored(evidence, upload):
    """Write the file, then what the block writes, as one; without rows the file goes again.

    A killed upload leaves no row; what it leaves in the storage, `evidence.sweep` removes.
    """
    upload.seek(0)
    evidence.file.save(evidence.name, upload, save=False)
    try:
        with transaction.atomic():
            yield evidence
    except Exception:
        default_storage.delete(evidence.file.name)
        raise


def _kind(name, upload):
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


def _digest(upload):
    digest = hashlib.sha256()
    upload.seek(0)
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()
