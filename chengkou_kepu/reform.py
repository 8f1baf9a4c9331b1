"""机构改革, the joined verb: units (departments), responsibilities and returns (tasks), owners (indicators).

`preview` says beforehand what `carry_out` does; both refuse alike.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from departments import audit
from departments import reform as units_reform
from departments.models import Department, Membership, Reform
from departments.names import visible
from indicators import ownership
from tasks import calendar
from tasks.handover import Move, foresee, hand_over, held_by
from tasks.inheritance import (
    extensions_following,
    hold_periods_from,
    lapse_extensions,
    pass_on_extensions,
    pass_on_returns,
    periods_from,
)
from tasks.models import Extension, Plan, QuarterlyReport
from tasks.refusals import Refused

from .reform_quarters import PlanPreview, plan_previews, without_reporter

Kind = Reform.Kind
WHOLE = (Kind.RENAME, Kind.MERGE)


@dataclass(frozen=True)
class Change:
    """What is to become of `units` (Departments) on the date; `names` of the units in their place."""

    kind: str
    units: tuple[Department, ...]
    names: tuple[str, ...]
    effective_on: date
    document: str
    note: str = ""

    def __post_init__(self):
        object.__setattr__(self, "names", tuple(visible(name) for name in self.names))

    @property
    def region_id(self):
        return self.units[0].region_id

    @property
    def default(self):
        """Where goes what nobody chose a place for: the first unit, None where the unit is abolished."""
        return self.names[0] if self.names else None


@dataclass(frozen=True)
class Choices:
    """{id: name of the unit it goes to, or None}, of duties, indicators and memberships, for 拆分 and 撤销."""

    duties: dict = field(default_factory=dict)
    indicators: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """Something that goes to `heir` (a unit's name, None: nobody; '' where that is still to be chosen)."""

    item: object
    heir: str | None


@dataclass(frozen=True)
class Preview:
    """What would move, and in `plans` what that means to each plan concerned.

    `places` are the names to choose from, () where there is nothing to choose. `unstaffed` are the names of units
    that take over and will have no 填报人.
    """

    sentence: str
    units: tuple[Department, ...]
    places: tuple[str, ...]
    plans: tuple[PlanPreview, ...]
    moves: tuple[Move, ...]
    indicators: tuple[Row, ...]
    members: tuple[Row, ...]
    returns: tuple[tuple[QuarterlyReport, str], ...]
    extensions: tuple[Extension, ...]
    default: str | None
    unstaffed: tuple[str, ...]


def preview(change, choices, *, by, at):
    """The Preview of a reform; Refused or NotAllowed where it cannot be."""
    _require(change, by=by, at=at)
    heirs = {
        duty.pk: _place(change, choices.duties, duty.pk)
        for duty in held_by(change.units, change.effective_on)
    }
    known = units_reform.existing_units(change.region_id, [name for name in heirs.values() if name])
    owned = ownership.owned(change.units, change.region_id)
    indicators = tuple(Row(i, _place(change, choices.indicators, i.pk)) for i in owned)
    moves = tuple(foresee(change.units, on=change.effective_on, heirs=heirs, existing=known))
    returns, extensions = tuple(_returns(change)), tuple(_extensions(change))
    found = Membership.objects.filter(department__in=change.units).select_related("user", "department")
    members = tuple(Row(m, _place(change, choices.members, m.pk)) for m in found)
    heads = [name for name in (*change.names, *heirs.values(), *(row.heir for row in indicators)) if name]
    return Preview(
        sentence=units_reform.sentence(change.kind, change.units, change.names, change.effective_on),
        units=change.units,
        places=_places(change),
        plans=plan_previews(
            change.effective_on,
            change.default if change.kind in WHOLE else None,
            moves=moves,
            indicators=indicators,
            returns=returns,
            extensions=extensions,
        ),
        moves=moves,
        indicators=indicators,
        members=members,
        returns=returns,
        extensions=extensions,
        default=change.default,
        unstaffed=without_reporter(change.region_id, heads, [(row.item, row.heir) for row in members]),
    )


def all_to(change, choices, place):
    """The Choices with every duty and indicator of the units given to the unit of that name (None: to nobody)."""
    duties = held_by(change.units, change.effective_on)
    owned = ownership.owned(change.units, change.region_id)
    return Choices(
        duties={duty.pk: place for duty in duties},
        indicators={indicator.pk: place for indicator in owned},
        members=choices.members,
    )


def carry_out(change, choices, *, by, at):
    """Record the reform and move everything, or nothing; the Reform.

    Refused as `departments.reform.require` says, and where a lead task of a unit that is split or abolished has no
    place chosen (None is a choice).
    """
    with transaction.atomic():
        units_reform.lock_region(change.region_id)
        periods = hold_periods_from(change.region_id, change.effective_on)
        _require_within_plans(change)
        duties = list(held_by(change.units, change.effective_on))
        _require_chosen(change, choices, duties)
        reform = _reform_units(change, choices, by=by, at=at)
        heirs = {duty.pk: _place(change, choices.duties, duty.pk) for duty in duties}
        owned = list(ownership.owned(change.units, change.region_id))
        owners = {i.pk: _place(change, choices.indicators, i.pk) for i in owned}
        units = _units(change, {*heirs.values(), *owners.values(), *change.names} - {None})
        moved = _pass_on_returns(change, units, periods)
        lapse_extensions(change.units, list(units.values()), periods, by=by, at=at)
        hand_over(
            change.units,
            on=change.effective_on,
            heirs={pk: units[name] if name else None for pk, name in heirs.items()},
            decided_by=reform.document,
            periods=periods,
        )
        for indicator in owned:
            heir = owners[indicator.pk]
            ownership.hand_over(
                indicator,
                units[heir] if heir else None,
                on=change.effective_on,
                decided_by=reform.document,
                by=by,
                at=at,
            )
        detail = [f"责任分工 {len(duties)} 项", f"指标 {len(owned)} 项", *moved]
        audit.record("机构改革：移交", reform, by=by, at=at, detail="；".join(detail))
    return reform


def _require(change, *, by, at):
    _require_within_plans(change)
    units_reform.require(
        change.kind,
        change.units,
        change.names,
        effective_on=change.effective_on,
        document=change.document,
        by=by,
        at_day=calendar.local_day(at),
    )


def _require_within_plans(change):
    """Refuse a date on or before the beginning of a plan that has reports: what was held then was never otherwise."""
    begun = Plan.objects.filter(
        region=change.region_id, periods__isnull=False, starts_on__gte=change.effective_on
    )
    if plan := begun.order_by("-starts_on").first():
        since = calendar.zh_day(plan.starts_on)
        raise Refused(f"生效日期应晚于《{plan}》的开始日期（{since}）。")


def _require_chosen(change, choices, duties):
    if change.kind in WHOLE:
        return
    open_leads = [str(d.task.number) for d in duties if d.is_lead and d.pk not in choices.duties]
    if open_leads:
        raise Refused(f"请为牵头的第{'、'.join(open_leads)}项选定承接单位。")


def _reform_units(change, choices, *, by, at):
    asked = {
        "effective_on": change.effective_on,
        "document": change.document,
        "note": change.note,
        "by": by,
        "at": at,
    }
    first = change.units[0]
    if change.kind == Kind.RENAME:
        return units_reform.rename(first, name=change.names[0], **asked)
    if change.kind == Kind.MERGE:
        return units_reform.merge(change.units, into=change.names[0], **asked)
    if change.kind == Kind.SPLIT:
        return units_reform.split(first, into=change.names, members=choices.members, **asked)
    return units_reform.abolish(first, members=choices.members, **asked)


def _places(change):
    """Names to choose from: the new units of a split, any other unit where one is abolished."""
    if change.kind in WHOLE:
        return ()
    if change.kind == Kind.SPLIT:
        return change.names
    others = Department.objects.units().filter(region=change.region_id, ends_on=None)
    return tuple(others.exclude(pk__in=[unit.pk for unit in change.units]).values_list("name", flat=True))


def _place(change, chosen, pk):
    return change.default if change.kind in WHOLE else chosen.get(pk, change.default)


def _units(change, names):
    """{name: unit} of the units that take over; Refused for a name that none of them has."""
    units = {u.name: u for u in units_reform.existing_units(change.region_id, names) if not u.is_group}
    for unit in units.values():
        if unit.begins_on and unit.begins_on > change.effective_on:
            raise Refused(f"{unit}自{calendar.zh_day(unit.begins_on)}起设立，不能承接此前的工作。")
    for name in names:
        if name not in units:
            raise Refused(f"没有单位“{name}”，请重新选择承接单位。")
    return units


def _pass_on_returns(change, units, periods):
    """The returns of the `periods` since the reform, and their extensions, become the heir's; what did, in words."""
    if change.kind not in WHOLE:
        return []
    moved = pass_on_extensions(change.units, units[change.default], periods)
    for unit in change.units:
        moved += pass_on_returns(unit, units[change.default], periods)
    return moved


def _extensions(change):
    """Those of the units that become the heir's."""
    if change.kind not in WHOLE:
        return []
    heirs = units_reform.existing_units(change.region_id, change.names)
    periods = periods_from(change.region_id, change.effective_on)
    return extensions_following(change.units, heirs[0] if heirs else None, periods)


def _returns(change):
    """(report, what becomes of it) of the units' returns that are not done with, or belong to the heir by then."""
    reports = (
        QuarterlyReport.objects.filter(department__in=change.units, period__frozen_at=None)
        .select_related("period__plan", "department")
        .order_by("period__year", "period__quarter", "pk")
    )
    heirs = [u.pk for u in units_reform.existing_units(change.region_id, change.names)]
    taken = set(QuarterlyReport.objects.filter(department__in=heirs).values_list("period", flat=True))
    for report in reports:
        if report.period.last_day < change.effective_on:
            if report.status != QuarterlyReport.Status.ACCEPTED:
                who = "承接单位的成员" if change.names else "县科协（代填）"
                yield report, f"该期末原单位仍存在，仍以原单位名义由{who}办完"
        elif change.kind in WHOLE and report.period_id not in taken:
            taken.add(report.period_id)
            yield report, f"转为{change.default}的{report.period.plan.words.report}，内容一并转入"
        elif change.names:
            yield report, "不转入；承接单位填报时可看到并引用其内容"
        else:
            yield report, "保留备查，不再报送"
