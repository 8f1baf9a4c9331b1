"""The header of every page: which portal, which plan, who is asking, and where they may go."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.urls import reverse
from django.utils import timezone

from departments import permissions as roles
from departments.models import UNIT_ROLES, Role

from .admin_site import is_led_to_admin
from .todo import asks_by_plan, has_asks

SITE_NAME = "科普规划实施跟踪"
UNITS_OWN, COORDINATORS = ("filing",), ("period-list", "review", "reform-list", "finding-list")
KIND_OF_PAGE = {
    "task": "task-list",
    "close-out-apply": "task-list",
    "close-out": "task-list",
    "indicator": "indicator-list",
    "indicator-record": "indicator-list",
    "filing-return": "filing",
    "filing-sheet": "filing",
    "filing-upload": "filing",
    "filing-cooperation": "filing",
    "review-report": "review",
    "period": "period-list",
    "reform-new": "reform-list",
    "task-reassign": "task-list",
}
SAME_IN_EVERY_PLAN = ("task-list", "department-list", "indicator-list", "exports", *UNITS_OWN, *COORDINATORS)
WHAT_ONE_IS = {Role.COORDINATOR: "工作人员", Role.APPROVER: "审核人"}


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class OtherPlan:
    """A plan to switch to: its title and years, the page of it, and how many 待办 the user has in it."""

    title: str
    years: str
    url: str
    asks: int


@dataclass(frozen=True)
class PlanSwitch:
    """The user's other plans, read when the header is shown. 待办 are counted where a plan may have any: the same
    queries for several such plans as for one, none where there is none.
    """

    request: object
    others: list
    at: datetime

    def __bool__(self):
        return bool(self.others)

    @cached_property
    def plans(self):
        user = self.request.user
        pending = [plan for plan in self.others if plan.pending and has_asks(user)]
        known = getattr(self.request, "asks", None)
        asks = known or (asks_by_plan(user, pending, at=self.at) if pending else {})
        return [
            OtherPlan(p.title, p.years, _same_page(self.request, p), len(asks.get(p, ())))
            for p in self.others
        ]

    @property
    def asks(self):
        return sum(plan.asks for plan in self.plans)

    @property
    def name(self):
        """The plan one is in, with its county where the others are not all of the same."""
        plan = self.request.plan
        same = all(other.region_id == plan.region_id for other in self.others)
        return f"{'' if same else plan.region.name}{plan.years}方案"


@dataclass(frozen=True)
class Navigation:
    site_name: str = SITE_NAME
    plan: object = None
    switch: PlanSwitch | None = None
    items: list = field(default_factory=list)
    who: str = ""
    unread: int = 0
    asked: bool = False
    ended_on: date | None = None
    admin_url: str | None = None


def navigation(request):
    """Context `nav`; no queries beyond the user's roles, which the page has read anyway, and those of PlanSwitch."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": Navigation()}
    plan, at = getattr(request, "plan", None), timezone.now()
    return {
        "nav": Navigation(
            site_name=f"{plan.region.name}{SITE_NAME}" if plan else SITE_NAME,
            plan=plan,
            switch=PlanSwitch(request, request.other_plans, at) if plan else None,
            items=_items(request, plan) if plan else [],
            who=_who(user),
            unread=user.unread_notices,
            asked=has_asks(user),
            ended_on=_ended_on(request, at),
            admin_url=reverse("admin:index") if is_led_to_admin(user) else None,
        )
    }


def _ended_on(request, at):
    """When the plan that the page is about ended, as an archived quarter knows it; None while it runs, and elsewhere."""
    plan = getattr(request, "plan_shown", None) or getattr(request, "plan", None)
    of_plan = plan and request.resolver_match and "slug" in request.resolver_match.kwargs
    return plan.ends_on if of_plan and plan.has_ended(at) else None


def _same_page(request, other):
    """The other plan's page of the kind that is shown, where this user may read it; else its dashboard.

    A unit's page stays that unit's within a region, for its plans share their units.
    """
    match, user = request.resolver_match, request.user
    name = match.url_name if match else ""
    same_region = other.region_id == request.plan.region_id
    if name == "department" and same_region:
        return reverse(name, args=[other.slug, match.kwargs["pk"]])
    name = "department-list" if name == "department" else KIND_OF_PAGE.get(name, name)
    coordinates = roles.is_coordinator(user, other.region_id)
    files = any(unit.region_id == other.region_id for unit in roles.own_departments(user))
    if name not in SAME_IN_EVERY_PLAN or (name in COORDINATORS and not coordinates):
        return other.get_absolute_url()
    unit = request.GET.get("unit", "") if name in UNITS_OWN and same_region else ""
    if name in UNITS_OWN and not (files or (unit and coordinates)):
        return other.get_absolute_url()
    return reverse(name, args=[other.slug]) + (f"?unit={unit}" if unit.isascii() and unit.isdecimal() else "")


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
