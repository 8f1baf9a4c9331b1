"""Who plays in the demo: the accounts of DESIGN §5, and a reporter for each other unit of the plan."""

import json
import re
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.hashers import make_password
from pypinyin import lazy_pinyin

from departments.models import Department, Membership, Region, Role, User

COORDINATING_UNIT, SECOND_REVIEWER_UNIT = "县科协", "县政府办公室"
NAMED = (
    ("kexie", Role.COORDINATOR, COORDINATING_UNIT),
    ("zhengfuban", Role.COORDINATOR, SECOND_REVIEWER_UNIT),
    ("kexie_tb", Role.REPORTER, COORDINATING_UNIT),
    ("lingdao", Role.LEADER, None),
    ("nongye", Role.REPORTER, "县农业农村委"),
    ("nongye_sh", Role.APPROVER, "县农业农村委"),
    ("jiaowei", Role.REPORTER, "县教委"),
    ("linye", Role.REPORTER, "县林业局"),
    ("sysadmin", Role.SYSADMIN, None),
    ("shenji", Role.AUDITOR, None),
)
UNITS_WITH_APPROVER = ("县经济信息委", "县人力社保局", "县委组织部", "县卫生健康委")
PEOPLE_FILE = settings.BASE_DIR / "fixtures" / "demo" / "people.json"


@dataclass(frozen=True)
class Account:
    username: str
    role: Role
    scope: Department | Region | None


@dataclass
class Cast:
    """The users as the script asks for them; names of units are those of the plan."""

    by_username: dict = field(default_factory=dict)
    reporters: dict = field(default_factory=dict)
    approvers: dict = field(default_factory=dict)

    def reviewer_of(self, unit):
        """县科协's own return is reviewed by the other coordinator."""
        return self.by_username["zhengfuban" if unit == COORDINATING_UNIT else "kexie"]


def units_of(plan):
    """The plan's named units in the order of its table."""
    held = Department.objects.units().filter(responsibilities__task__plan=plan)
    rows = held.order_by(
        "responsibilities__task__number", "responsibilities__role", "responsibilities__position"
    )
    return list({unit.pk: unit for unit in rows}.values())


def planned_accounts(plan):
    """Account of every demo user: the named ones, then for each other unit a reporter, some with an approver."""
    region = plan.region
    second, _ = Department.objects.get_or_create(region=region, name=SECOND_REVIEWER_UNIT)
    units = units_of(plan)
    by_name = {unit.name: unit for unit in [second, *units]}
    accounts = [
        Account(username, role, region if role == Role.LEADER else by_name.get(unit))
        for username, role, unit in NAMED
    ]
    taken = {account.username for account in accounts}
    reporting = {account.scope for account in accounts if account.role == Role.REPORTER}
    for unit in units:
        if unit in reporting:
            continue
        username = _free(short_name(unit.name), taken)
        accounts.append(Account(username, Role.REPORTER, unit))
        if unit.name in UNITS_WITH_APPROVER:
            accounts.append(Account(_free(f"{username}_sh", taken), Role.APPROVER, unit))
    return accounts


def create_cast(plan, accounts, *, password, at):
    """Make the users with their memberships as of `at`; the Cast. One hash for all: they share the password."""
    people = json.loads(PEOPLE_FILE.read_text(encoding="utf-8"))
    hashed = make_password(password)
    users = User.objects.bulk_create(
        User(
            username=account.username,
            name=people[index % len(people)],
            password=hashed,
            date_joined=at,
        )
        for index, account in enumerate(accounts)
    )
    cast = Cast()
    memberships = []
    for user, account in zip(users, accounts, strict=True):
        scope = account.scope
        place = {} if scope is None else {"department" if isinstance(scope, Department) else "region": scope}
        memberships.append(Membership(user=user, role=account.role, **place))
        cast.by_username[user.username] = user
        if account.role == Role.REPORTER:
            cast.reporters[scope.name] = user
        elif account.role == Role.APPROVER:
            cast.approvers[scope.name] = user
    Membership.objects.bulk_create(memberships)
    return cast


def short_name(unit):
    """A unit's name as a username: 县林业局 → linye, 县委组织部 → zuzhi, 团县委 → tuanxianwei."""
    core = re.sub(r"（.*?）", "", unit)
    core = re.sub(r"^(县委|县)(?=..)", "", core)
    if len(core) > 3 or core.endswith(("局", "部")):
        core = core[:2]
    return "".join(lazy_pinyin(core))


def _free(username, taken):
    free, count = username, 1
    while free in taken:
        count += 1
        free = f"{username}{count}"
    taken.add(free)
    return free
