"""The targets that came with a plan's document: the file that holds them, and loading them into the plan.

An entry is a dict with the fields of `Indicator` (`owner` by name) and under `target` those of `Target`, among
them `source_sentence`, verbatim from the document, and `presumption`, what the document leaves open.
"""

import json
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from departments import audit
from departments.lineage import Lineage
from departments.regions import units_by_spelling

from .models import FormerOwner, Indicator, Target

TARGETS_FOLDER = settings.BASE_DIR / "fixtures" / "targets"


@dataclass(frozen=True)
class LoadedTargets:
    """Names of the indicators made, given a target, or given a fresh source sentence; owners not found."""

    created: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    missing_owners: tuple[str, ...] = ()

    @property
    def changed(self):
        return bool(self.created or self.completed or self.refreshed)


def targets_file(slug):
    """The path of the file for a plan's slug, or None where the project holds none."""
    path = TARGETS_FOLDER / f"{slug}.json"
    return path if path.is_file() else None


def read_targets(slug):
    """The entries for a plan's slug; an empty list where the project holds none."""
    path = targets_file(slug)
    return json.loads(path.read_text(encoding="utf-8")) if path else []


def load_targets(plan, entries, *, by, at):
    """Make what of `entries` the plan does not have yet; LoadedTargets.

    What is there stays as a coordinator left it: an indicator is known by its code and never changed, and gets a
    target only where it has none. The source sentence alone, which nobody may word, follows the file. An owner
    that is no unit of the region stays open and is reported. ValidationError for an entry that makes no sense.
    """
    with transaction.atomic():
        owners = _owners_by_name(plan)
        known = {i.code: i for i in plan.indicators.prefetch_related("targets")}
        created, completed, refreshed, missing = [], [], [], []
        for position, entry in enumerate(entries, start=1):
            fields = dict(entry)
            promised, owner = fields.pop("target"), fields.pop("owner", "")
            indicator = known.get(fields["code"])
            if indicator is None:
                unit, former = owners.get(owner, (None, ()))
                if owner and not (unit or former):
                    missing.append(owner)
                indicator = _saved(Indicator(plan=plan, owner=unit, position=position, **fields))
                for before in former:
                    before.pk, before.indicator = None, indicator
                    _saved(before)
                _saved(Target(indicator=indicator, **promised))
                created.append(indicator.name)
            elif not indicator.targets.all():
                _saved(Target(indicator=indicator, **promised))
                completed.append(indicator.name)
            elif _refresh_sentence(indicator, promised):
                refreshed.append(indicator.name)
        outcome = LoadedTargets(
            tuple(created), tuple(completed), tuple(refreshed), tuple(dict.fromkeys(missing))
        )
        if outcome.changed:
            audit.record("载入指标目标", plan, by=by, at=at, detail=_detail(outcome))
        return outcome


def _owners_by_name(plan):
    """{spelling: (the unit that answers for it now or None, [FormerOwner] of those before it in the plan's span)}."""
    units, lineage = units_by_spelling(plan.region_id), Lineage.load(plan.region_id)
    first = {name: lineage.as_of(unit, plan.starts_on) for name, unit in units.items()}
    return {name: _owners(unit, lineage, plan.starts_on) for name, unit in first.items()}


def _owners(unit, lineage, starts_on):
    former = []
    while unit and unit.ends_on:
        step = lineage.ends(unit.pk)[0]
        if unit.ends_on >= starts_on:
            former.append(FormerOwner(department=unit, until=unit.ends_on, decided_by=step.reform.document))
        unit = step.new
    return unit, former


def _saved(row):
    row.full_clean()
    row.save()
    return row


def _refresh_sentence(indicator, promised):
    """Whether the stored sentence of the target (of that year, or the only one) differed and was replaced."""
    targets = list(indicator.targets.all())
    target = next(
        (t for t in targets if t.year == promised["year"]), targets[0] if len(targets) == 1 else None
    )
    if target is None or target.source_sentence == promised["source_sentence"]:
        return False
    target.source_sentence = promised["source_sentence"]
    target.save(update_fields=["source_sentence"])
    return True


def _detail(outcome):
    parts = (
        ("新增指标", outcome.created),
        ("补充目标值", outcome.completed),
        ("更新文件原句", outcome.refreshed),
        ("未找到报送单位", outcome.missing_owners),
    )
    return "；".join(f"{label}：{'、'.join(names)}" for label, names in parts if names)
