"""佐证材料: files that stand behind a line or a close-out, and the scan of a signed return."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from tasks.file_kinds import SHOWN_INLINE, extension_of

from .closing import CloseOut
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

    def of_plan(self, plan):
        """Every file of the plan, with what tells who may read it."""
        return self.filter(
            Q(entry__report__period__plan=plan)
            | Q(close_out__task__plan=plan)
            | Q(event__report__period__plan=plan)
        ).select_related(
            "entry__report__period__plan",
            "entry__report__department",
            "close_out__period__plan",
            "event__report__period__plan",
            "event__report__department",
        )


class Evidence(models.Model):
    """佐证材料: a file of exactly one entry, close-out or signed submission (the scan of 线下签批).

    Several entries may share one stored file. Submitted once, it stays with the return.
    """

    entry = models.ForeignKey(
        ProgressEntry, models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name="进展"
    )
    close_out = models.ForeignKey(
        CloseOut, models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name="办结申请"
    )
    event = models.OneToOneField(
        ReportEvent, models.PROTECT, null=True, blank=True, related_name="scan", verbose_name="线下签批"
    )
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
        constraints = [
            models.CheckConstraint(
                condition=Q(entry__isnull=False, close_out=None, event=None)
                | Q(entry=None, close_out__isnull=False, event=None)
                | Q(entry=None, close_out=None, event__isnull=False),
                name="evidence_of_exactly_one",
                violation_error_message="一份文件只能附在一项进展、一项办结申请或一次线下签批上。",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_picture(self):
        """Whether browsers show it."""
        return self.content_type in SHOWN_INLINE

    @property
    def report(self):
        """The return it belongs to; None for a close-out's."""
        part = self.entry or self.event
        return part.report if part else None
