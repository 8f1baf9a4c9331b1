"""The joined verb that saves a return: its lines (tasks) and its measurements (indicators), in one transaction."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from django.db import transaction

from indicators.forms import MeasurementForm
from indicators.measuring import save_measurements
from indicators.models import Indicator
from tasks.drafting import Conflict, SaveOutcome, begin_report, save_lines
from tasks.forms import BlockForm, LineForm, RestForm
from tasks.models import QuarterlyReport

from .verbs import posted_number

LINE_KEY = re.compile(r"line-(\d{1,18})-version")
BLOCK_KEY = re.compile(r"block-(\d{1,5}-(?:LEAD|SUPPORT)|rest)-seen")
MEASUREMENT_KEY = re.compile(r"measurement-(\d{1,18})-version")


@dataclass
class Typed:
    """What came back from a filing page: bound forms by responsibility id, by indicator id and by section.

    `applied` is the block that was asked to be applied to its rows, None where none was.
    """

    lines: dict[int, LineForm] = field(default_factory=dict)
    measurements: dict[int, MeasurementForm] = field(default_factory=dict)
    blocks: dict[str, BlockForm] = field(default_factory=dict)
    applied: BlockForm | None = None

    @classmethod
    def read(cls, data, period):
        """Bind every line, measurement and block found in the posted `data`; apply the block asked for."""
        keys = [m[1] for key in data if (m := BLOCK_KEY.fullmatch(key))]
        blocks = {key: RestForm(data) if key == RestForm.KEY else BlockForm(data, key=key) for key in keys}
        applied = blocks.get(data.get("apply", ""))
        if applied:
            applied.require_use()
            data = applied.applied_to(data) if applied.is_valid() else data
        ids = [int(m[1]) for key in data if (m := LINE_KEY.fullmatch(key))]
        owed = [int(m[1]) for key in data if (m := MEASUREMENT_KEY.fullmatch(key))]
        indicators = Indicator.objects.filter(plan=period.plan_id, pk__in=owed) if owed else []
        return cls(
            {pk: LineForm(data, responsibility_id=pk) for pk in ids},
            {i.pk: MeasurementForm(data, indicator=i) for i in indicators},
            blocks,
            applied,
        )

    def __bool__(self):
        return bool(self.line_inputs or self.measurement_inputs)

    @property
    def forms(self):
        return [*self.lines.values(), *self.measurements.values()]

    @property
    def keys(self):
        return {form.prefix for form in self.forms}

    @cached_property
    def invalid(self):
        """Forms whose text is not saved: with errors, or a block that was filled and not applied."""
        return [form for form in self.forms if not form.is_valid()] + self.unapplied

    @property
    def unapplied(self):
        asked = self.applied
        return [b for b in self.blocks.values() if (not b.is_valid() if b is asked else b.left_unapplied)]

    @cached_property
    def line_inputs(self):
        return [f.line_input() for f in self.lines.values() if f.is_valid() and f.touched]

    @cached_property
    def measurement_inputs(self):
        return [f.measurement_input() for f in self.measurements.values() if f.is_valid() and f.touched]


@dataclass(frozen=True)
class SavedReturn:
    """The report after saving, the version it had before, and what came of lines and measurements."""

    report: QuarterlyReport
    version_before: int
    lines: SaveOutcome
    measurements: SaveOutcome

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return self.lines.conflicts + self.measurements.conflicts


def save_return(period, department, typed, *, by, at):
    """Save the touched, valid parts of `typed` (Typed) to the unit's report; SavedReturn, or Refused."""
    with transaction.atomic():
        report = begin_report(period, department, by=by, at=at)
        before = report.version
        lines = save_lines(report, typed.line_inputs, by=by, at=at) if typed.line_inputs else SaveOutcome()
        inputs = typed.measurement_inputs
        measurements = save_measurements(report, inputs, by=by, at=at) if inputs else SaveOutcome()
        return SavedReturn(report, before, lines, measurements)


def seen_version(data, saved):
    """The report's version that the posted page showed, carried over what the page itself has just saved."""
    seen = posted_number(data, "version")
    return saved.report.version if saved and saved.version_before == seen else seen
