"""Roles as small named predicates. A region is a `Region` id, a unit a `Department` id or row.

Who acts for a unit acts for those that it took the place of, whose last returns it finishes.
"""

from collections import defaultdict
from functools import reduce
from operator import or_

from django.db.models import F, Q

from .models import UNIT_ROLES, Department, Membership, Role

# A membership's unit, and those whose place it took, one reform after another.
PLACES = ("department", *("department" + "__origins__old" * steps for steps in (1, 2, 3)))


def holds(user, *roles):
    return user.is_active and any(m.role in roles for m in user.roles)


def is_coordinator(user, region_id):
    return region_id in coordinated_regions(user)


def coordinated_regions(user):
    """Ids of the regions the user coordinates."""
    if not user.is_active:
        return set()
    return {m.department.region_id for m in user.roles if m.role == Role.COORDINATOR}


def is_reporter(user, department_id):
    return _has(user, Role.REPORTER, department_id)


def is_approver(user, department_id):
    return _has(user, Role.APPROVER, department_id)


def belongs_to(user, department_id):
    """Whether the user acts for the unit in any role, so is no stranger to its returns."""
    return any(m.department_id == department_id for m in user.roles) or department_id in user.former_units


def files_for(user, department_id):
    return is_reporter(user, department_id) or is_approver(user, department_id)


def is_sysadmin(user):
    return holds(user, Role.SYSADMIN) or (user.is_active and user.is_superuser)


def is_auditor(user):
    return holds(user, Role.AUDITOR)


def own_departments(user):
    """The units the user reports or approves for, in order of joining."""
    return list({m.department_id: m.department for m in user.roles if m.role in UNIT_ROLES}.values())


def former_departments(user):
    """Units that ended and whose place those of `own_departments` took."""
    own = {unit.pk for unit in own_departments(user)}
    return [unit for unit, heirs in user.former_units.values() if heirs & own] if own else []


def answered_for(user):
    """Ids of the units whose returns the user files: one's own and those that they took the place of."""
    return {unit.pk for unit in (*own_departments(user), *former_departments(user))}


def acting_for(department_id):
    """The condition on memberships of the unit, or of one that took its place, through several reforms."""
    return reduce(or_, (Q(**{path: department_id}) for path in PLACES))


def active_approvers(department_id):
    """Memberships of those who approve the unit's returns; `department_id` may be an OuterRef."""
    return Membership.objects.filter(acting_for(department_id), role=Role.APPROVER, user__is_active=True)


def has_active_approver(department_id):
    return active_approvers(department_id).exists()


def acting_by_unit(department_ids, roles):
    """{unit id: active Users with one of the roles who act for it}, in order of joining; empty lists else; one query."""
    people, wanted = defaultdict(list), set(department_ids)
    places = {f"place_{n}": F(path) for n, path in enumerate(PLACES)}
    acting = Membership.objects.annotate(**places).filter(
        reduce(or_, (Q(**{f"{name}__in": wanted}) for name in places)), role__in=roles, user__is_active=True
    )
    for membership in acting.select_related("user").order_by("pk"):
        for unit in wanted & {getattr(membership, name) for name in places}:
            if membership.user not in people[unit]:
                people[unit].append(membership.user)
    return people


def reporters_of(department_ids):
    """{department id: names of the active users who fill in its returns}, in order of joining; empty lists else."""
    people = acting_by_unit(department_ids, [Role.REPORTER])
    return defaultdict(list, {unit: [str(user) for user in users] for unit, users in people.items()})


def other_coordinators(region_id, *, not_user, not_department):
    """Coordinators of the region who are neither that user nor act for that unit."""
    others = Membership.objects.filter(
        role=Role.COORDINATOR,
        user__is_active=True,
        department__in=Department.objects.filter(region_id=region_id),
    ).exclude(user=not_user)
    for path in PLACES:
        others = others.exclude(**{f"user__memberships__{path}": not_department})
    return others


def _has(user, role, department_id):
    if not user.is_active:
        return False
    held = {m.department_id for m in user.roles if m.role == role}
    if not held or department_id in held:
        return department_id in held
    _, heirs = user.former_units.get(department_id, (None, ()))
    return not held.isdisjoint(heirs)
