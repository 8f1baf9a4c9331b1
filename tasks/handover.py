"""责任分工 handed over when units are reformed: who holds each task from the day on.

Time is cut where one of the duties that come together begins or ends; in each stretch the heir holds the best of those
in force, a lead before a supporter, the first position before others. So duties held at the same time become one, and
those that follow one another stay apart. A duty ends the day before and goes on in one that `continues` it, so that
progress is not lost and earlier quarters keep who held it.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Q

from . import calendar
from .inheritance import Share, pass_on_cooperation, pass_on_lines
from .models import ReportingPeriod, Responsibility

DAY = timedelta(days=1)
Role = Responsibility.Role


@dataclass(frozen=True)
class Stretch:
    """From a day to a day (None: open) the heir holds what `holder` is: its own duty, or one it takes over."""

    holder: Responsibility
    since: date
    until: date | None

    def within(self, duty):
        """The part of it in which the duty is in force; None where there is none."""
        since = max(self.since, duty.valid_from)
        until = min((day for day in (self.until, duty.valid_to) if day), default=None)
        return replace(self, since=since, until=until) if until is None or since <= until else None


@dataclass(frozen=True)
class Move:
    """What becomes of a duty from the day `on`: the `heir` (a unit's name, None: nobody) holds the task in `parts`."""

    duty: Responsibility
    heir: str | None
    on: date
    parts: tuple[Stretch, ...] = ()

    @property
    def told(self):
        """由…承接, as the preview says it; with dates where they are not the reform's own."""
        return "；".join(self._told(part) for part in self.parts) or "不再承担"

    def _told(self, part):
        label = part.holder.get_role_display()
        since = f"自{calendar.zh_day(part.since)}{'' if part.until else '起'}" if part.since > self.on else ""
        span = f"{since}至{calendar.zh_day(part.until)}" if part.until else since
        if part.holder.department.name == self.heir:
            return f"{span}{self.heir}已是{label}单位，不重复列入"
        return f"{span}由{self.heir}承接，{label}"


def held_by(units, on):
    """The duties of the units in force on the date or later, by plan, task and role."""
    held = Responsibility.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), department__in=units)
    return held.select_related("task__plan", "task__action", "department").order_by(
        "task__plan", "task__number", "role", "position", "pk"
    )


def foresee(units, *, on, heirs, existing=()):
    """[Move] of every duty the units hold; `heirs` maps a duty's id to the name of its heir, or None.

    `existing` are the heirs that are there already, and may hold the tasks themselves.
    """
    return [move for group in _groups(units, on, heirs, existing) for move in group.moves]


def hand_over(units, *, on, heirs, decided_by, periods):
    """Move the units' duties, with what belongs to them in the `periods`: lines, requests, claims of no duty.

    `heirs` maps the id of each duty to the unit (Department) that takes it over, or None. Call it inside the deed's
    transaction, which records it, after the returns of the periods have gone to their heirs.
    """
    by_name = {unit.name: unit for unit in heirs.values() if unit}
    names = {pk: unit.name if unit else None for pk, unit in heirs.items()}
    shares, goes_on, vacated = [], defaultdict(list), []
    for group in _groups(units, on, names, by_name.values()):
        handing = _Handing(group, by_name.get(group.heir), decided_by)
        handing.carry_out()
        shares += handing.shares
        vacated += handing.vacated
        for stretch, row in handing.rows:
            goes_on[stretch.holder.pk].append(row)
    _continue_what_goes_on(goes_on, shares, vacated)
    pass_on_lines(shares, periods)
    pass_on_cooperation(shares, periods)
    forget(vacated)


@dataclass(frozen=True)
class _Group:
    """The duties in one task that come together in one heir from the day on: those `moved`, and the heir's `own`."""

    heir: str | None
    on: date
    moved: tuple
    own: tuple = ()

    @property
    def duties(self):
        return (*self.moved, *self.own)

    @cached_property
    def stretches(self):
        """Who holds the task for the heir, in order of time; neighbours have different holders, or a gap between."""
        if self.heir is None:
            return ()
        days = {max(duty.valid_from, self.on) for duty in self.duties}
        days |= {duty.valid_to + DAY for duty in self.duties if duty.valid_to and duty.valid_to < date.max}
        cuts, found = sorted(days), []
        for since, following in zip(cuts, [*cuts[1:], None], strict=True):
            held = [duty for duty in self.duties if duty.is_in_force(since)]
            if not held:
                continue
            holder, until = min(held, key=_rank), following and following - DAY
            if found and found[-1].holder is holder and found[-1].until == since - DAY:
                since = found.pop().since
            found.append(Stretch(holder, since, until))
        return tuple(found)

    @property
    def moves(self):
        return [Move(duty, self.heir, self.on, self.parts_of(duty)) for duty in self.moved]

    def parts_of(self, duty):
        """The stretches as far as the duty was in force."""
        parts = (stretch.within(duty) for stretch in self.stretches)
        return tuple(part for part in parts if part)


def _rank(duty):
    return duty.role != Role.LEAD, duty.position, duty.pk


def _groups(units, on, heirs, existing):
    moved = defaultdict(list)
    for duty in held_by(units, on):
        heir = heirs.get(duty.pk)
        moved[duty.task_id, heir if heir else (None, duty.pk)].append(duty)
    others = [unit for unit in existing if unit.pk and unit not in units]
    own = defaultdict(list)
    for duty in held_by(others, on) if others else ():
        own[duty.task_id, duty.department.name].append(duty)
    return [
        _Group(heir if isinstance(heir, str) else None, on, tuple(duties), tuple(own[task, heir]))
        for (task, heir), duties in moved.items()
    ]


class _Handing:
    """The rows of one group written: `rows` are (Stretch, the heir's row in it), `vacated` duties not begun nor taken."""

    def __init__(self, group, heir, decided_by):
        self.group, self.heir, self.decided_by = group, heir, decided_by
        self.parts = [(duty, duty.department_id, group.parts_of(duty)) for duty in group.duties]
        self.rows, self.vacated = [], []

    def carry_out(self):
        for stretch in self.group.stretches:
            self.rows.append((stretch, self._row(stretch)))
        kept = [row for _, row in self.rows if row.pk]
        own = self.group.own if self.heir else ()
        for duty in (*self.group.moved, *own):
            if duty not in kept and leave(duty, self.group.on):
                self.vacated.append(duty)
        for _, row in sorted(self.rows, key=lambda pair: pair[1] not in own):
            row.save()

    def _row(self, stretch):
        """The heir's row: its own or one not begun yet as it is, else a new one."""
        holder = stretch.holder
        earlier = [row for before, row in self.rows if before.holder is holder]
        if not earlier and self._is_kept(stretch):
            if holder.valid_from >= self.group.on:
                holder.valid_from = stretch.since
            holder.valid_to = stretch.until
            if holder in self.group.moved:
                holder.department, holder.decided_by = self.heir, self.decided_by
            return holder
        return Responsibility(
            task=holder.task,
            department=self.heir,
            role=holder.role,
            position=holder.position,
            valid_from=stretch.since,
            valid_to=stretch.until,
            decided_by=self.decided_by,
            continues=earlier[-1] if earlier else holder,
        )

    def _is_kept(self, stretch):
        duty = stretch.holder
        if duty in self.group.own:
            return duty.valid_from >= self.group.on or stretch.since == self.group.on
        filed = duty.entries.exclude(report__department=self.heir).exists()
        return duty.valid_from >= self.group.on and not filed and not _is_archived(duty)

    @property
    def shares(self):
        """Shares of all duties whose lines may belong to another row or unit from the day on."""
        rows = {stretch.since: row for stretch, row in self.rows}
        starts = sorted(rows)
        return [
            Share(
                former_id=duty.pk,
                unit_id=unit,
                since=part.since,
                until=part.until,
                duty=rows[max(day for day in starts if day <= part.since)],
                goes_on=part.holder is duty,
            )
            for duty, unit, parts in self.parts
            for part in parts
        ]


def _continue_what_goes_on(goes_on, shares, vacated):
    """Duties that took over from one that goes on in other rows continue the last of these before they began.

    `goes_on` are those rows by the duty's id; one `vacated` goes on, for this, in what holds its place.
    """
    rows = {pk: [(row.valid_from, row) for row in found] for pk, found in goes_on.items()}
    gone = {duty.pk for duty in vacated}
    for share in shares:
        if share.former_id in gone and share.former_id not in goes_on:
            rows.setdefault(share.former_id, []).append((share.since, share.duty))
    for duty in Responsibility.objects.filter(continues__in=rows):
        before = [row for day, row in rows[duty.continues_id] if day < duty.valid_from and row.pk != duty.pk]
        if before and before[-1].pk != duty.continues_id:
            Responsibility.objects.filter(pk=duty.pk).update(continues=before[-1])


def leave(duty, on):
    """The duty is over from the date on; whether it had not begun by then, and waits for `forget`.

    Such a one is on record for a day alone, its first that neither begins nor ends a quarter: nobody asks for that.
    """
    begun = duty.valid_from < on
    if begun:
        duty.valid_to = on - DAY
    else:
        duty.archived = _is_archived(duty)
        while _begins_or_ends_a_quarter(duty.valid_from):
            duty.valid_from += DAY
        duty.valid_to = duty.valid_from
    duty.save(update_fields=["valid_from", "valid_to"])
    return not begun


def _begins_or_ends_a_quarter(day):
    quarter = calendar.quarter_of(day)
    return day in (calendar.first_day(*quarter), calendar.last_day(*quarter))


def forget(duties):
    """Duties that `leave` left before they began are gone, but for those of which something is on record."""
    for duty in duties:
        records = (duty.entries, duty.errata, duty.no_duties, duty.support_requests)
        if not duty.archived and not any(rows.exists() for rows in records):
            duty.continued_by.update(continues=duty.continues_id)
            duty.delete()


def _is_archived(duty):
    """Whether a frozen quarter has stored that the duty was in force on its last day."""
    frozen = ReportingPeriod.objects.filter(plan=duty.task.plan_id, frozen_at__isnull=False)
    return any(duty.is_in_force(period.last_day) for period in frozen)
