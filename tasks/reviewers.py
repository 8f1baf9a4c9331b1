"""Who may review a return or a close-out: nobody their own or their unit's, as long as there is somebody else (DESIGN §4)."""

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from departments import permissions as roles
from departments.models import Membership

from . import permissions
from .models import CloseOut, QuarterlyReport, ReportEvent

SENTENCES = {
    QuarterlyReport: ("只有科协工作人员可以审核。", "本人或本单位报送的季报，由其他审核人员审核：{}。"),
    CloseOut: ("只有科协工作人员可以核查办结。", "本人或本单位的办结申请，由其他核查人员核查：{}。"),
}


def is_own(work, user):
    """Whether the user has submitted the return last, or applied for the close-out, or belongs to its unit."""
    return _filed_by(work) == user.pk or roles.belongs_to(user, work.department_id)


def reason_not_reviewer(work, user):
    """Why the user may not decide on the return or close-out, as a sentence naming who may; '' when they may."""
    only_kexie, left = SENTENCES[type(work)]
    plan = work.period.plan
    if not permissions.coordinates(user, plan):
        return only_kexie
    if not is_own(work, user):
        return ""
    names = _others(plan, user, work.department_id)
    return plan.words.worded(left).format("、".join(names)) if names else ""


def left_to_others(awaiting, user, plan):
    """Reports `awaiting_review` of the plan, each with `left_to_others`: that the user may not review it."""
    unit = OuterRef("department")
    acting = Exists(Membership.objects.filter(roles.acting_for(unit), user=user.pk))
    others = Exists(roles.other_coordinators(plan.region_id, not_user=user, not_department=unit))
    return awaiting.annotate(
        left_to_others=ExpressionWrapper(
            (Q(submitted_by=user.pk) | acting) & others, output_field=BooleanField()
        )
    )


def _filed_by(work):
    """The id of who submitted the return last or applied for the close-out; None where nobody has."""
    if isinstance(work, CloseOut):
        return work.applied_by_id
    submission = work.events.filter(verb=ReportEvent.Verb.SUBMIT).order_by("-at", "-pk").first()
    return submission and submission.by_id


def _others(plan, user, department_id):
    """The region's other coordinators who are not of the unit, as 县政府办公室 张明."""
    others = roles.other_coordinators(plan.region_id, not_user=user, not_department=department_id)
    return {
        m.user_id: f"{m.department} {m.user}" for m in others.select_related("department", "user")
    }.values()
