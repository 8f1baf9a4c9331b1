"""机构改革: units are renamed, merged, split and abolished; each old unit ends the day before, its heirs begin.

The verbs write units, successions and memberships of one region, and return the `Reform`; what the units answered
for is moved by `tasks.handover`. They refuse what `require` refuses.
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from . import audit, permissions
from .models import Department, DepartmentAlias, Membership, Reform, Region, Role, Succession
from .names import visible
from .notices import notify
from .refusals import NotAllowed, Refused

Kind = Reform.Kind
EARLIEST = date(2000, 1, 1)


def rename(unit, *, name, effective_on, document, by, at, note=""):
    """更名: the unit goes on under a new name, with all its members."""
    return _carry_out(Kind.RENAME, [unit], [name], effective_on, document, note, None, by=by, at=at)


def merge(units, *, into, effective_on, document, by, at, note=""):
    """合并: the units go into the one named `into`, at hand or new, with all their members."""
    return _carry_out(Kind.MERGE, units, [into], effective_on, document, note, None, by=by, at=at)


def split(unit, *, into, members, effective_on, document, by, at, note=""):
    """拆分: units of the names `into` take the unit's place, the first answering for what is not assigned.

    `members` is {membership id: name of the unit it goes to, or None where it ends}; one left out goes to the first.
    """
    return _carry_out(Kind.SPLIT, [unit], into, effective_on, document, note, members, by=by, at=at)


def abolish(unit, *, members, effective_on, document, by, at, note=""):
    """撤销: nobody takes the unit's place. `members` as for `split`, of any unit's name; one left out ends."""
    return _carry_out(Kind.ABOLISH, [unit], [], effective_on, document, note, members, by=by, at=at)


def require(kind, units, names, *, effective_on, document, by, at_day):
    """Raise NotAllowed or Refused, with the sentence why, where such a reform cannot be recorded.

    `units` end, units of the `names` (as `visible` leaves them) take their place; `at_day` is today.
    """
    if not units:
        raise Refused("请选择改革的单位。")
    region = units[0].region_id
    if not permissions.is_coordinator(by, region):
        raise NotAllowed("只有科协工作人员可以登记机构改革。")
    if any(unit.region_id != region for unit in units):
        raise Refused("所选单位不属于同一行政区。")
    if not visible(document):
        raise Refused("请写明依据文件。")
    if effective_on < EARLIEST:
        raise Refused(f"生效日期不应早于{EARLIEST.year}年，请核对年份。")
    if effective_on > at_day:
        raise Refused("生效日期不能晚于今天，请在生效之日起登记。")
    for unit in units:
        _require_ending(unit, effective_on)
    _require_names(kind, units, names)
    for heir in existing_units(region, names):
        if heir not in units:
            _require_heir(heir, effective_on)


def lock_region(region_id):
    """Let one change of the region's units or duties happen after the other; to the end of the transaction.

    Rows that name the region, as records of deeds do, can still be written meanwhile.
    """
    Region.objects.select_for_update(no_key=True).get(pk=region_id)


def existing_units(region_id, names):
    """Units and groups of the region, not ended, that have one of the names."""
    return list(Department.objects.filter(region=region_id, name__in=names, ends_on=None).order_by("pk"))


def _require_ending(unit, effective_on):
    if unit.is_group:
        raise Refused(f"“{unit}”是单位组，不能作机构改革。")
    if unit.ends_on:
        raise Refused(f"{unit}已于{_zh(unit.ends_on)}终止，不能再作机构改革。")
    latest = _latest_reform(unit)
    if latest and effective_on <= latest:
        raise Refused(f"{unit}已有{_zh(latest)}生效的机构改革，生效日期应晚于该日。")


def _require_names(kind, units, names):
    if any(not name for name in names) or (kind != Kind.ABOLISH and not names):
        raise Refused("请写明改革后的单位名称。")
    if len(set(names)) < len(names):
        raise Refused("改革后的单位名称有重复。")
    if any(len(name) > 100 for name in names):
        raise Refused("单位名称不能超过 100 字。")
    if kind == Kind.SPLIT and len(names) < 2:
        raise Refused("拆分后应有两个以上单位。")
    own = {unit.name for unit in units}
    if kind == Kind.RENAME and own & set(names):
        raise Refused("新名称与原名称相同。")
    if kind == Kind.MERGE and own & set(names):
        raise Refused("并入的单位与原单位相同；保留其名称的，只选其余并入的单位。")
    taken = DepartmentAlias.objects.filter(region=units[0].region_id, name__in=names).exclude(
        department__in=units
    )
    if spelling := taken.select_related("department").first():
        raise Refused(f"“{spelling}”是{spelling.department}的其他写法，不能用作新名称。")
    if kind == Kind.RENAME and existing_units(units[0].region_id, names):
        raise Refused(f"已有单位“{names[0]}”；并入该单位的，请选择“合并”。")
    known = existing_units(units[0].region_id, names)
    if kind == Kind.MERGE and len(units) == 1 and not known:
        raise Refused("只有一个单位且并入的单位尚不存在的，请选择“更名”。")


def _require_heir(heir, effective_on):
    if heir.is_group:
        raise Refused(f"“{heir}”是单位组，不能承接单位。")
    latest = _latest_reform(heir)
    if latest and effective_on < latest:
        raise Refused(f"{heir}已有{_zh(latest)}生效的机构改革，生效日期不应早于该日。")


def _latest_reform(unit):
    """The day of the last reform that the unit had a part in, or on which it began; None where there was none."""
    reforms = Reform.objects.filter(Q(successions__old=unit) | Q(successions__new=unit))
    days = [day for day in (reforms.aggregate(day=Max("effective_on"))["day"], unit.begins_on) if day]
    return max(days, default=None)


def _carry_out(kind, units, names, effective_on, document, note, members, *, by, at):
    names, document = [visible(name) for name in names], visible(document)
    with transaction.atomic():
        ids = [unit.pk for unit in units]
        units = list(
            Department.objects.select_for_update(of=("self",)).filter(pk__in=ids).select_related("region")
        )
        asked = {"effective_on": effective_on, "document": document, "by": by}
        require(kind, units, names, at_day=timezone.localdate(at), **asked)
        region = units[0].region
        reform = Reform.objects.create(
            region=region,
            kind=kind,
            effective_on=effective_on,
            document=document,
            note=visible(note),
            decided_by=by,
            at=at,
        )
        Department.objects.filter(pk__in=ids).update(ends_on=effective_on - timedelta(days=1))
        heirs = _heirs(region, names, effective_on)
        Succession.objects.bulk_create(
            Succession(reform=reform, old=unit, new=heir) for unit in units for heir in heirs or [None]
        )
        told = _move_members(units, heirs, members, region)
        told += [m.user for m in Membership.objects.filter(department__in=heirs).select_related("user")]
        if not Membership.objects.filter(role=Role.COORDINATOR, department__region=region).exists():
            raise Refused("撤销后本行政区没有科协工作人员了，请先在“管理”中另行指定。")
        audit.record(
            f"机构改革：{reform.get_kind_display()}",
            _subject(units),
            by=by,
            at=at,
            detail=_told(reform, heirs),
            region=region.pk,
        )
        notify(
            {user.pk: user for user in told}.values(),
            text=sentence(kind, units, heirs, effective_on),
            path="/",
            key=f"reform-{reform.pk}",
            at=at,
        )
    return reform


def _heirs(region, names, effective_on):
    """The units of the names, in that order; those that are not there begin on the day."""
    known = {unit.name: unit for unit in existing_units(region.pk, names)}
    for name in names:
        if name not in known:
            known[name] = Department.objects.create(region=region, name=name, begins_on=effective_on)
    return [known[name] for name in names]


def _move_members(units, heirs, chosen, region):
    """Members go where they are to, or end; the users concerned. A role they have there already is not doubled."""
    memberships = Membership.objects.filter(department__in=units).select_related("user")
    first = heirs[0].name if heirs else None
    chosen = {m.pk: first if chosen is None else chosen.get(m.pk, first) for m in memberships}
    places = {unit.name: unit for unit in existing_units(region.pk, [n for n in chosen.values() if n])}
    held = set(
        Membership.objects.filter(department__in=places.values()).values_list("user", "role", "department")
    )
    for membership in memberships:
        name = chosen[membership.pk]
        if name and (name not in places or places[name].is_group):
            raise Refused(f"没有单位“{name}”，请重新选择成员的去向。")
        place = places[name].pk if name else None
        if place is None or (membership.user_id, membership.role, place) in held:
            membership.delete()
        else:
            held.add((membership.user_id, membership.role, place))
            Membership.objects.filter(pk=membership.pk).update(department=place)
    return list({m.user_id: m.user for m in memberships}.values())


def sentence(kind, units, heirs, effective_on):
    """What happened, as a sentence: 县乡村振兴局自2024年3月15日起并入县农业农村委。"""
    return f"{_subject(units)}自{_zh(effective_on)}起{Reform.BECAME[kind]}{_subject(heirs)}。"


def _told(reform, heirs):
    where = f"承接单位：{'、'.join(str(heir) for heir in heirs)}；" if heirs else ""
    return f"{_zh(reform.effective_on)}起；{where}依据：{reform.document}。{reform.note}"


def _subject(units):
    return "、".join(str(unit) for unit in units)


def _zh(day):
    return f"{day.year}年{day.month}月{day.day}日"
