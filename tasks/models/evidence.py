"""佐证材料: files that stand behind a line."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef

from tasks.file_kinds import SHOWN_INLINE, extension_of

from .entries import ProgressEntry
from .reporting import ReportEvent


def random_place(evidence, name):
    """Where the file is stored: nothing of the user's name but its checked extension."""
    return f"evidence/{evidence.uploaded_at:%Y/%m}/{uuid.uuid4().hex}.{extension_of(name)}"


class EvidenceQuerySet(models.QuerySet):
    def with_kept(self):
        """Each with `kept`: whether its return was submitted with it, and with who uploaded it."""
        submitted = ReportEvent.objects.filter(
            report=OuterRef("entry__report"), verb=ReportEvent.Verb.SUBMIT, at__gte=OuterRef("uploaded_at")
        )
        return self.annotate(kept=Exists(submitted)).select_related("uploaded_by")


class Evidence(models.Model):
    """佐证材料: a file on an entry; several may share one stored file. Submitted once, it stays with the return."""

    entry = models.ForeignKey(ProgressEntry, models.PROTECT, related_name="evidence", verbose_name="进展")
    file = models.FileField("文件", upload_to=random_place, max_length=200)
    name = models.CharField("文件名", max_length=200)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField("校验值", max_length=64)
    content_type = models.CharField("类型", max_length=100)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = "佐证材料"

    def __str__(self):
        return self.name

    @property
    def is_picture(self):
        """Whether browsers show it."""
        return self.content_type in SHOWN_INLINE
