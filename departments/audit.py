"""What they did: one line for each deed that has no record of its own."""

from .models import AuditRecord


def record(verb, subject, *, by, at, detail=""):
    """Write who (`by`, None for a command) did `verb` to `subject`; call it inside the deed's transaction."""
    return AuditRecord.objects.create(verb=verb, subject=str(subject)[:200], by=by, at=at, detail=detail)
