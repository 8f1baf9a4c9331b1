"""Who may do what with a return, as small named predicates (DESIGN §4)."""

from departments import permissions as roles
from departments.lineage import Lineage
from departments.models import UNIT_ROLES, Membership

from .models import CloseOut, QuarterlyReport


def coordinates(user, plan):
    return roles.is_coordinator(user, plan.region_id)


def files_by_proxy(user, report):
    """代填: a coordinator writes for a unit that has not begun the return itself, or that nobody acts for any more."""
    if not coordinates(user, report.period.plan):
        return False
    return report.pk is None or report.begun_by_proxy or _nobody_acts_for(report.department)


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


def _nobody_acts_for(unit):
    """Whether the unit has ended and no unit that answers for it now has anybody who files."""
    if unit.ends_on is None:
        return False
    heirs = Lineage.load(unit.region_id).heirs(unit.pk)
    people = Membership.objects.filter(department__in=heirs, role__in=UNIT_ROLES, user__is_active=True)
    return not people.exists()
