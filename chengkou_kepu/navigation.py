"""The header of every page: which portal, which plan, who is asking, and where they may go."""

from dataclasses import dataclass, field

from django.urls import reverse

from departments import permissions as roles
from departments.models import UNIT_ROLES, Role

from .admin_site import enters_admin

SITE_NAME = "科普规划实施跟踪"
WHAT_ONE_IS = {Role.COORDINATOR: "工作人员", Role.APPROVER: "审核人"}


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Navigation:
    site_name: str = SITE_NAME
    plan: object = None
    plans: list = field(default_factory=list)
    items: list = field(default_factory=list)
    who: str = ""
    unread: int = 0
    admin_url: str | None = None


def navigation(request):
    """Context `nav`; no queries beyond the user's roles, which the page has read anyway."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": Navigation()}
    plan = getattr(request, "plan", None)
    return {
        "nav": Navigation(
            site_name=f"{plan.region.name}{SITE_NAME}" if plan else SITE_NAME,
            plan=plan,
            plans=getattr(request, "other_plans", []),
            items=_items(request, plan) if plan else [],
            who=_who(user),
            unread=user.unread_notices,
            admin_url=reverse("admin:index") if enters_admin(user) else None,
        )
    }


def _items(request, plan):
    user = request.user
    pages = [("dashboard", "总览", True)]
    pages += [
        ("filing", "填报", roles.holds(user, *UNIT_ROLES)),
        ("period-list", "填报期", roles.is_coordinator(user, plan.region_id)),
        ("review", "审核", roles.is_coordinator(user, plan.region_id)),
        ("task-list", "重点工作", True),
        ("department-list", "单位", True),
        ("reform-list", "机构改革", roles.is_coordinator(user, plan.region_id)),
        ("indicator-list", "指标", True),
        ("exports", "报表", True),
        ("finding-list", "核对事项", roles.is_coordinator(user, plan.region_id)),
    ]
    return [
        Item(label, url, request.path == url or (name != "dashboard" and request.path.startswith(url)))
        for name, label, shown in pages
        if shown
        for url in [reverse(name, args=[plan.slug])]
    ]


def _who(user):
    """The user's name and what they are here: 王琳 · 县农业农村委填报人."""
    held = [
        f"{m.department or m.region or ''}{WHAT_ONE_IS.get(m.role) or Role(m.role).label}" for m in user.roles
    ]
    return " · ".join([str(user), *held[:2]])
