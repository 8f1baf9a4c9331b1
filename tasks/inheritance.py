"""What follows a duty from a former unit to its heir: returns not frozen and their extensions, requests, claims of no duty."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from departments import audit

from .models import (
    Extension,
    NoDuty,
    ProgressEntry,
    QuarterlyReport,
    ReportingPeriod,
    Responsibility,
    SupportRequest,
)
from .telling import tell_extension

FILED = (QuarterlyReport.Status.SUBMITTED, QuarterlyReport.Status.ACCEPTED)


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


def lapse_extensions(units, heirs, periods, *, by, at):
    """What the `units`, which have ended, asked for or were granted in the `periods` holds no more.

    What became an heir's stands. A day that was granted stays in the audit log.
    """
    lapsing = Extension.objects.standing().filter(period__in=periods, department__in=units)
    lapsing = lapsing.exclude(department__in=heirs).select_related("period__plan", "department")
    for extension in lapsing.order_by("pk"):
        before = extension.answer or extension.get_status_display()
        extension.status, extension.granted_until = Extension.Status.LAPSED, None
        extension.decided_by, extension.decided_at = by, at
        extension.save(update_fields=["status", "granted_until", "decided_by", "decided_at"])
        subject = f"{extension.department}{extension.period.report_title}"
        audit.record("延期失效", subject, by=by, at=at, detail=f"{extension.answer}（原为：{before}）")
        tell_extension(extension, by=by, at=at)


@dataclass(frozen=True)
class Share:
    """From a day to a day (None: open) what belonged to a former duty belongs to the row `duty`.

    `unit_id` is the unit that held the former one; `goes_on` tells whether `duty` is that one going on, or another in
    which it is merged.
    """

    former_id: int
    unit_id: int
    since: date
    until: date | None
    duty: Responsibility
    goes_on: bool = True

    def covers(self, period):
        return self.since <= period.last_day and (self.until is None or period.last_day <= self.until)


def pass_on_lines(shares, periods):
    """Lines of the periods' returns go to the duty that follows theirs on the period's last day.

    Only within the return of that duty's unit, and where it has no line yet. A figure that was filed for a duty which is
    merged in another does not take the place of what was said of that one.
    """
    by_former = defaultdict(list)
    for share in shares:
        by_former[share.former_id].append(share)
    entries = ProgressEntry.objects.filter(report__period__in=periods, responsibility__in=by_former)
    followed = [
        (entry, share)
        for entry in entries.select_related("report__period").order_by("pk")
        for share in by_former[entry.responsibility_id]
        if share.covers(entry.report.period)
    ]
    following = [pair for pair in followed if _within_its_return(*pair)]
    said = {
        (entry.report.period_id, share.duty.pk)
        for entry, share in followed
        if share.goes_on and not _within_its_return(entry, share)
    }
    rows = {share.duty.pk for share in shares}
    there = set(
        ProgressEntry.objects.filter(report__period__in=periods, responsibility__in=rows).values_list(
            "report", "responsibility"
        )
    )
    moved = []
    for entry, share in sorted(following, key=lambda pair: not pair[1].goes_on):
        filed = entry.report.status in FILED and not share.goes_on and share.duty.is_lead
        if filed and (entry.report.period_id, share.duty.pk) in said:
            continue
        if (entry.report_id, share.duty.pk) not in there:
            entry.responsibility = share.duty
            there.add((entry.report_id, share.duty.pk))
            moved.append(entry)
    ProgressEntry.objects.bulk_update(moved, ["responsibility"])


def _within_its_return(entry, share):
    return share.duty.department_id == entry.report.department_id


def pass_on_cooperation(shares, periods):
    """Requests of the periods and standing claims of no duty go on with the duties that follow theirs."""
    for share in shares:
        duty = share.duty
        covered = [period for period in periods if share.covers(period)]
        requests = SupportRequest.objects.filter(period__in=covered)
        requests.filter(responsibility__task=duty.task_id, lead=share.unit_id).exclude(
            responsibility=duty
        ).update(lead=duty.department_id)
        if duty.is_lead or duty.pk == share.former_id:
            continue
        asked = requests.filter(responsibility=duty).values("period")
        requests.filter(responsibility=share.former_id).exclude(period__in=asked).update(responsibility=duty)
        if share.goes_on:
            _pass_on_claims(share.former_id, duty)


def _pass_on_claims(former_id, duty):
    """A claim of no duty holds for the heir where the duty is the same one, going on.

    One not answered is the heir's from now on; one agreed stays on record with the former as well.
    """
    for claim in NoDuty.objects.standing().filter(responsibility=former_id):
        claim.responsibility = duty
        if claim.status == NoDuty.Status.AGREED:
            claim.pk = None
        claim.save(force_insert=claim.pk is None)


def merged_lines(report):
    """Entries of the return on duties that ended within the period, merged in another of its unit's; one query."""
    entries = report.entries.filter(responsibility__valid_to__lt=report.period.last_day)
    told = entries.select_related("responsibility__task").order_by("responsibility__task__number", "pk")
    return [entry for entry in told if entry.told]


def former_lines(period, department):
    """{task id: [ProgressEntry]} of what was said in the quarter of duties that are the department's in another row now.

    By units that it took the place of, and by itself of a duty that was merged in one of theirs; one query.
    """
    lines = {}
    theirs = Q(report__department__successions__new=department)
    merged = Q(report__department=department, responsibility__valid_to__lt=period.last_day)
    entries = ProgressEntry.objects.filter(theirs | merged, report__period=period).distinct()
    entries = entries.select_related("report__department", "responsibility")
    for entry in entries.with_proxy().order_by("report__department", "pk"):
        if entry.told:
            lines.setdefault(entry.responsibility.task_id, []).append(entry)
    return lines
