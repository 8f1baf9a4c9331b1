"""Who may review a return or a close-out: nobody their own or their unit's, as long as there is somebody else (DESIGN §4)."""

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from departments import permissions as roles
from departments.models import Succession

from . import permissions
from .models import ReportEvent


def is_own_return(report, user):
    """Whether the user has submitted the report last or belongs to its unit."""
    submission = report.events.filter(verb=ReportEvent.Verb.SUBMIT).order_by("-at", "-pk").first()
    submitted = submission is not None and submission.by_id == user.pk
    return submitted or roles.belongs_to(user, report.department_id)


def reason_not_reviewer(report, user):
    """Why the user may not accept or return the report, as a sentence naming who may; '' when they may."""
    plan = report.period.plan
    if not permissions.coordinates(user, plan):
        return "只有科协工作人员可以审核。"
    if not is_own_return(report, user):
        return ""
    names = _others(plan, user, report.department_id)
    return f"本人或本单位报送的{plan.words.report}，由其他审核人员审核：{'、'.join(names)}。" if names else ""


def is_own_application(close_out, user):
    """Whether the user has made the application for close-out or belongs to its unit."""
    return close_out.applied_by_id == user.pk or roles.belongs_to(user, close_out.department_id)


def reason_not_verifier(close_out, user):
    """Why the user may not decide on the application, as a sentence naming who may; '' when they may."""
    plan = close_out.period.plan
    if not permissions.coordinates(user, plan):
        return "只有科协工作人员可以核查办结。"
    if not is_own_application(close_out, user):
        return ""
    names = _others(plan, user, close_out.department_id)
    return f"本人或本单位的办结申请，由其他核查人员核查：{'、'.join(names)}。" if names else ""


def left_to_others(awaiting, user, plan):
    """Reports `awaiting_review` of the plan, each with `left_to_others`: that the user may not review it."""
    units = [m.department_id for m in user.roles if m.department_id]
    former = Succession.objects.filter(new__in=units).values("old")
    own = Q(submitted_by=user.pk) | Q(department__in=units) | Q(department__in=former)
    others = roles.other_coordinators(plan.region_id, not_user=user, not_department=OuterRef("department"))
    return awaiting.annotate(
        left_to_others=ExpressionWrapper(own & Q(Exists(others)), output_field=BooleanField())
    )


def _others(plan, user, department_id):
    """The region's other coordinators who are not of the unit, as 县政府办公室 张明."""
    others = roles.other_coordinators(plan.region_id, not_user=user, not_department=department_id)
    return {
        m.user_id: f"{m.department} {m.user}" for m in others.select_related("department", "user")
    }.values()
