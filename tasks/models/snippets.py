"""常用批语: remarks a reviewer keeps for the next time."""

from django.conf import settings
from django.db import models


class RemarkSnippet(models.Model):
    """常用批语: one reviewer's own, each text once."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="remark_snippets", verbose_name="审核人"
    )
    text = models.CharField("批语", max_length=500)

    class Meta:
        ordering = ["owner", "pk"]
        verbose_name = verbose_name_plural = "常用批语"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "text"],
                name="snippet_once",
                violation_error_message="这条批语已经有了。",
            )
        ]

    def __str__(self):
        return self.text
