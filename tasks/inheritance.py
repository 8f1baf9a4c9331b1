"""What follows a duty from a former unit to its heir: returns not frozen and their extensions, requests, claims of no duty."""

from django.db.models import F

from .models import Extension, NoDuty, ProgressEntry, QuarterlyReport, ReportingPeriod, SupportRequest


def periods_from(region_id, on):
    """Quarters of the region's plans, not frozen, on whose last day the reform of the date `on` holds."""
    periods = ReportingPeriod.objects.filter(plan__region=region_id, frozen_at=None)
    return [period for period in periods.select_related("plan") if period.last_day >= on]


def hold_periods_from(region_id, on):
    """`periods_from`, each held to the end of the transaction, without those that were frozen meanwhile."""
    periods = periods_from(region_id, on)
    for period in periods:
        period.hold()
    return [period for period in periods if period.frozen_at is None]


def pass_on_returns(unit, heir, periods):
    """The unit's returns of the periods become the heir's, where it has none; those that did, in words.

    Their lines follow by `pass_on_lines`.
    """
    taken = QuarterlyReport.objects.filter(department=heir, period__in=periods).values_list(
        "period", flat=True
    )
    reports = QuarterlyReport.objects.select_for_update(of=("self",)).filter(
        department=unit, period__in=periods
    )
    moved = list(reports.select_related("period__plan").exclude(period__in=list(taken)))
    QuarterlyReport.objects.filter(pk__in=[report.pk for report in moved]).update(
        department=heir, version=F("version") + 1
    )
    return [report.period.report_title for report in moved]


def extensions_following(units, heir, periods):
    """Extensions, asked for or granted, that the heir (None: not there yet) has instead of the units in the periods.

    One a period, the longest granted before one not answered, and none where the heir has a return or an extension
    of its own.
    """
    standing = Extension.objects.standing().filter(period__in=periods)
    own = standing.filter(department=heir).values_list("period", flat=True)
    begun = QuarterlyReport.objects.filter(department=heir, period__in=periods).values_list(
        "period", flat=True
    )
    taken, found = {*own, *begun} if heir else set(), []
    for extension in (
        standing.filter(department__in=units)
        .select_related("period__plan", "department")
        .order_by("-status", "-granted_until", "pk")
    ):
        if extension.period_id not in taken:
            taken.add(extension.period_id)
            found.append(extension)
    return found


def pass_on_extensions(units, heir, periods):
    """`extensions_following` become the heir's, in words; before its returns do."""
    moved = extensions_following(units, heir, periods)
    Extension.objects.filter(pk__in=[extension.pk for extension in moved]).update(department=heir)
    return [f"{extension.period.report_title}延期" for extension in moved]


def pass_on_lines(followed, periods):
    """Lines of the periods' returns go to the duty that follows theirs in the same return's unit.

    `followed` maps duty ids to the duty that follows, or None.
    """
    entries = ProgressEntry.objects.filter(report__period__in=periods, responsibility__in=followed)
    there = set(
        ProgressEntry.objects.filter(
            report__period__in=periods, responsibility__in=[duty.pk for duty in followed.values() if duty]
        ).values_list("report", "responsibility")
    )
    moved = []
    for entry in entries.select_related("report"):
        duty = followed[entry.responsibility_id]
        own = duty is not None and duty.department_id == entry.report.department_id
        if own and (entry.report_id, duty.pk) not in there:
            entry.responsibility = duty
            there.add((entry.report_id, duty.pk))
            moved.append(entry)
    ProgressEntry.objects.bulk_update(moved, ["responsibility"])


def pass_on_cooperation(followed, periods):
    """Requests of the periods and standing claims of no duty go on with the duties that follow theirs."""
    for old, duty in followed.items():
        if duty is None:
            continue
        SupportRequest.objects.filter(
            period__in=periods, responsibility__task=duty.task_id, lead__responsibilities=old
        ).exclude(responsibility=duty).update(lead=duty.department_id)
        asked = SupportRequest.objects.filter(period__in=periods, responsibility=duty)
        if not duty.is_lead:
            waiting = SupportRequest.objects.filter(period__in=periods, responsibility=old)
            waiting.exclude(period__in=asked.values("period")).update(responsibility=duty)
        _pass_on_claims(old, duty)


def _pass_on_claims(old, duty):
    """A claim of no duty holds for the heir where the duty is the same one, going on; the former's stays on record."""
    if duty.continues_id != old or duty.is_lead:
        return
    for claim in NoDuty.objects.standing().filter(responsibility=old):
        claim.pk, claim.responsibility = None, duty
        claim.save(force_insert=True)


def former_lines(period, department):
    """{task id: [ProgressEntry]} of what former units that the department took the place of have in the same quarter."""
    lines = {}
    entries = ProgressEntry.objects.filter(
        report__period=period, report__department__successions__new=department
    ).select_related("report__department", "responsibility")
    for entry in entries.with_proxy().order_by("report__department", "pk"):
        if entry.told:
            lines.setdefault(entry.responsibility.task_id, []).append(entry)
    return lines
