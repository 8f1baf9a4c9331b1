"""沿革: what became of a region's units and what they were called before, read in one query."""

from dataclasses import dataclass

from .models import Department, Reform, Succession


@dataclass(frozen=True)
class Lineage:
    """Successions of one region in the order in which they took effect, each with reform, old and new unit."""

    successions: tuple[Succession, ...]

    @classmethod
    def load(cls, region_id):
        rows = Succession.objects.filter(reform__region=region_id).select_related("reform", "old", "new")
        return cls(tuple(rows.order_by("reform__effective_on", "pk")))

    def recorded_by(self, at):
        """What was on record at that moment."""
        return Lineage(tuple(step for step in self.successions if step.reform.at <= at))

    def in_effect(self, day):
        """What had taken effect by the date."""
        return Lineage(tuple(step for step in self.successions if step.reform.effective_on <= day))

    def formerly(self, unit_id) -> tuple[tuple[str, Department], ...]:
        """(Reform.Kind, unit) of each predecessor, the nearest first: how it came to be part of the unit.

        Of several reforms on the way, the latest that was no mere change of name counts.
        """
        found, reached = {}, [(unit_id, Reform.Kind.RENAME)]
        for place, later in reached:
            for step in self.origins(place):
                if step.old_id not in found:
                    kind = step.reform.kind if later == Reform.Kind.RENAME else later
                    found[step.old_id] = kind, step.old
                    reached.append((step.old_id, kind))
        return tuple(found.values())

    def predecessors(self, unit_id) -> tuple[Department, ...]:
        """Units that the unit took the place of, however many reforms lie between, the nearest first."""
        return self._walk(unit_id, lambda step: (step.new_id, step.old))

    def successors(self, unit_id) -> tuple[Department, ...]:
        """Units that took the unit's place, ended ones among them, the nearest first."""
        return self._walk(unit_id, lambda step: (step.old_id, step.new))

    def heirs(self, unit_id) -> tuple[Department, ...]:
        """The units that answer for it now, the first named one first; none for one abolished."""
        return tuple(unit for unit in self.successors(unit_id) if unit.ends_on is None)

    def as_of(self, unit, day):
        """The unit of the same name that there was on the date, where it took that one's place since; else the unit."""
        if unit.begins_on is None or unit.begins_on <= day:
            return unit
        named = (older for older in self.predecessors(unit.pk) if older.name == unit.name)
        return next((older for older in named if older.exists_on(day)), unit)

    def names(self, unit_id):
        """Names under which a reader may look for the unit: those it had, and those it has since."""
        return {unit.name for unit in (*self.predecessors(unit_id), *self.successors(unit_id))}

    def origins(self, unit_id):
        """Successions by which the unit took over from others."""
        return tuple(step for step in self.successions if step.new_id == unit_id)

    def ends(self, unit_id):
        """Successions by which the unit ended; one with `new` empty where it was abolished."""
        return tuple(step for step in self.successions if step.old_id == unit_id)

    def _walk(self, unit_id, ends_of):
        found, reached = {}, [unit_id]
        for place in reached:
            for step in self.successions:
                here, there = ends_of(step)
                if here == place and there is not None and there.pk not in found:
                    found[there.pk] = there
                    reached.append(there.pk)
        return tuple(found.values())
