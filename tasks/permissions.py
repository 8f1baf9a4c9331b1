"""Who may do what with a return, as small named predicates (DESIGN §4)."""

from departments import permissions as roles
from departments.models import UNIT_ROLES, Membership

from .models import CloseOut, QuarterlyReport


def coordinates(user, plan):
    return roles.is_coordinator(user, plan.region_id)


def files_by_proxy(user, report):
    """代填: a coordinator writes for a unit that has not begun the return itself."""
    return coordinates(user, report.period.plan) and not _begun_by_unit(report)


def reads_draft(user, report):
    """A draft's text is seen by its own unit only, and by a coordinator who fills it in for the unit."""
    return roles.files_for(user, report.department_id) or files_by_proxy(user, report)


def reads_return(user, report):
    """A return as it was submitted: its own unit, and the coordinator while it is with 县科协."""
    with_kexie = report.status in (QuarterlyReport.Status.SUBMITTED, QuarterlyReport.Status.ACCEPTED)
    own = roles.files_for(user, report.department_id)
    return own or (with_kexie and coordinates(user, report.period.plan))


def reads_close_out(user, close_out):
    """An application is its unit's and the coordinator's, and the plan's readers' once it has been verified."""
    own = roles.files_for(user, close_out.department_id)
    return close_out.status in CloseOut.PUBLIC or own or coordinates(user, close_out.period.plan)


def writes_lines(user, report):
    return roles.is_reporter(user, report.department_id) or files_by_proxy(user, report)


def _begun_by_unit(report):
    people = Membership.objects.filter(roles.acting_for(report.department_id), role__in=UNIT_ROLES)
    return report.pk is not None and report.entries.filter(updated_by__memberships__in=people).exists()
