"""Regions as GB/T 2260 lists them, and the units of one by every spelling of their names."""

import re
from dataclasses import dataclass

from django.db.models import F
from gb2260 import Division
from gb2260.data import data as revisions

from .models import Department, DepartmentAlias, Region

CODE = re.compile(r"\d{6}", re.ASCII)
PLACEHOLDER = re.compile("市辖区|县|.*直辖县级行政区划")


class UnknownRegion(Exception):
    """No region, or more than one, is meant; the message is a sentence for whoever imports."""


@dataclass(frozen=True)
class Place:
    """A region of GB/T 2260 and the (code, name) of those above it, the highest first."""

    code: str
    name: str
    parents: tuple[tuple[str, str], ...] = ()

    def __str__(self):
        return "".join(name for _, name in self.parents) + self.name


@dataclass(frozen=True)
class UnitNames:
    """How a unit or group is written: its name and its other spellings."""

    name: str
    is_group: bool = False
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnsuredUnits:
    """{name: department} of all that were asked for, and what had to be made: units, and (spelling, unit)."""

    by_name: dict[str, Department]
    created: tuple[Department, ...]
    new_spellings: tuple[tuple[str, Department], ...]


def place_named(name):
    """The one place of that name, of GB/T 2260 or else of the regions at hand; UnknownRegion otherwise."""
    codes = [
        code for code, known in revisions[None].items() if known == name and not PLACEHOLDER.fullmatch(known)
    ]
    places = [_listed(str(code)) for code in codes]
    places = places or [Place(region.code, region.name) for region in Region.objects.filter(name=name)]
    if not places:
        raise UnknownRegion(f"行政区划代码表中没有“{name}”，请用 --region 指明其 6 位行政区划代码。")
    if len(places) > 1:
        choices = "、".join(f"{place}（{place.code}）" for place in places)
        raise UnknownRegion(f"有 {len(places)} 个“{name}”：{choices}，请用 --region 指明行政区划代码。")
    return places[0]


def place_coded(code, name=None):
    """The place of that code; one younger than the list is called `name`. UnknownRegion for what is no code."""
    if not CODE.fullmatch(code):
        raise UnknownRegion(f"行政区划代码应为 6 位数字，不能是“{code}”。")
    if (listed := Division.search(code)) and not PLACEHOLDER.fullmatch(listed.name):
        return _listed(code)
    region = Region.objects.filter(code=code).first()
    name = region.name if region else name
    if not name or not Division.search(f"{code[:2]}0000") or listed:
        raise UnknownRegion(f"没有行政区划代码为 {code} 的行政区。")
    return Place(code, name, _parents(code))


def _listed(code):
    return Place(code, Division.search(code).name, _parents(code))


def _parents(code):
    """Province and prefecture above the code, without the list's placeholders such as 市辖区."""
    above = (Division.search(parent) for parent in (f"{code[:2]}0000", f"{code[:4]}00") if parent != code)
    return tuple((str(d.code), d.name) for d in above if d and not PLACEHOLDER.fullmatch(d.name))


def ensure_region(place):
    """The stored region of the place, made with those above it where it is missing; call it in a transaction."""
    parent = None
    for code, name in (*place.parents, (place.code, place.name)):
        region, created = Region.objects.get_or_create(code=code, defaults={"name": name, "parent": parent})
        if not created and region.parent_id is None and parent is not None:
            region.parent = parent
            region.save(update_fields=["parent"])
        parent = region
    return parent


def ensure_departments(region, units):
    """Stored departments for `units` (UnitNames, in the order to make them); call it in a transaction.

    One that has any of the spellings as its name or alias is that unit and keeps its name; spellings that the
    region does not know yet become aliases. A former unit is itself, not its heir. ValidationError for a name that
    cannot be stored.
    """
    known = units_by_spelling(region)
    by_name, created = {}, []
    for unit in units:
        department = next((known[name] for name in (unit.name, *unit.spellings) if name in known), None)
        if department is None:
            department = Department(region=region, name=unit.name, is_group=unit.is_group)
            department.clean_fields(exclude=["region"])
            created.append(department)
        by_name[unit.name] = known[unit.name] = department
    Department.objects.bulk_create(created)
    return EnsuredUnits(by_name, tuple(created), _ensure_spellings(region, units, by_name, known))


def units_by_spelling(region):
    """{name or other spelling: unit} of the region; a name goes before an alias, a unit at hand before a former one."""
    aliases = DepartmentAlias.objects.filter(region=region).select_related("department")
    known = {alias.name: alias.department for alias in aliases}
    units = Department.objects.filter(region=region).order_by(F("ends_on").asc(nulls_last=True), "pk")
    return known | {unit.name: unit for unit in units}


def _ensure_spellings(region, units, by_name, known):
    stored = set(DepartmentAlias.objects.filter(region=region).values_list("name", flat=True))
    taken = stored | {department.name for department in known.values()}
    missing = {
        spelling: by_name[unit.name]
        for unit in units
        for spelling in (unit.name, *unit.spellings)
        if spelling not in taken
    }
    rows = [DepartmentAlias(region=region, department=unit, name=name) for name, unit in missing.items()]
    for row in rows:
        row.clean_fields(exclude=["region", "department"])
    DepartmentAlias.objects.bulk_create(rows)
    return tuple(missing.items())
