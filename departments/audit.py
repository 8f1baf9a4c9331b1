"""What they did: one line for each deed that has no record of its own."""

from .models import AuditRecord


def record(verb, subject, *, by, at, detail="", region=None):
    """Write who (`by`, None for a command) did `verb` to `subject`; call it inside the deed's transaction.

    `region` (id) is where; where it is not given, the subject's own, or the only one of who did it.
    """
    region = region or getattr(subject, "region_id", None) or (only_region(by) if by else None)
    return AuditRecord.objects.create(
        verb=verb, subject=str(subject)[:200], region_id=region, by=by, at=at, detail=detail
    )


def only_region(user):
    """The id of the region whose plans the user reads; None for none or several."""
    regions = user.region_ids
    return regions.pop() if len(regions) == 1 else None
