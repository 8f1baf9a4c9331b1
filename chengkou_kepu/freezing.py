"""定稿归档: the joined verb that stores what a quarter's pages show, and its summary workbook."""

from django.db import transaction

from indicators.models import Indicator
from indicators.standing import IndicatorStanding, indicator_standing, owners_owing
from tasks import outcomes, periods, stored_rows
from tasks.exact_json import dump
from tasks.ledger import Ledger
from tasks.models import FrozenQuarter, ProgressEntry
from tasks.obligations import UnitFiling
from tasks.outcomes import Outcomes
from tasks.progress import RULE_VERSION
from tasks.selection import periods_of
from tasks.standing import PlanStanding, plan_standing, unit_filings
from tasks.stored_rows import StoredRows

from .dashboard import Board, assemble
from .exports.sheets import saved
from .exports.summary import summary_workbook
from .indicator_pages import IndicatorDetail, indicator_detail, with_detail

PARTS = {
    "board": Board,
    "standing": PlanStanding,
    "filings": tuple[UnitFiling, ...],
    "indicators": tuple[IndicatorStanding, ...],
    "details": tuple[IndicatorDetail, ...],
    "texts": tuple[tuple[int, str], ...],
    outcomes.PART: Outcomes,
    stored_rows.PART: StoredRows,
}


def freeze_quarter(period, *, by, at):
    """Freeze the period with its figures as they are; the FrozenQuarter, unchanged if it was frozen before.

    Refused where `tasks.periods.reasons_not_to_freeze` gives reasons; `by` is None for a command.
    """
    with transaction.atomic():
        locked = periods.lock_to_freeze(period, by=by)
        if locked.frozen_at:
            return FrozenQuarter.objects.select_related("period").get(period=locked)
        known = periods_of(locked.plan)
        period = next(p for p in known if p.pk == locked.pk)
        return periods.freeze(
            locked,
            figures=figures_of(period, known, at=at),
            rule_version=RULE_VERSION,
            workbook=saved(summary_workbook(period.plan, period, known, at=at, made="定稿归档")),
            by=by,
            at=at,
        )


def figures_of(period, known, *, at):
    """The JSON data of each part of the period (one of `known`, the plan's periods) as it stands."""
    values = parts_of(period, known, at=at)
    return {name: dump(values[name], kind) for name, kind in PARTS.items()}


def parts_of(period, known, *, at):
    """What the period's pages are made of, by part."""
    plan, ledger = period.plan, Ledger.load(period.plan)
    board = assemble(plan, period, known, at=at)
    texts = ProgressEntry.objects.latest_accepted_texts(period, ledger.responsibilities)
    indicators = with_detail(Indicator.objects.filter(plan=plan)).order_by("position", "pk")
    return {
        "board": Board(**{name: getattr(board, name) for name in Board.__dataclass_fields__}),
        "standing": plan_standing(ledger, period, at=at),
        "filings": unit_filings(ledger, period, owners_owing(period), at=at),
        "indicators": indicator_standing(period, at=at),
        "details": tuple(indicator_detail(indicator, period) for indicator in indicators),
        "texts": tuple(sorted(texts.items())),
        outcomes.PART: outcomes.outcomes_to_store(period),
        stored_rows.PART: stored_rows.rows_of(ledger, period.last_day),
    }
