"""What an upload would change, line by line, beside what is stored; nothing here writes."""

from dataclasses import dataclass, replace

from tasks.drafting import LEAD_FIELDS
from tasks.forms import LineForm
from tasks.identity_numbers import identity_numbers
from tasks.models import ProgressEntry

from .layout import choices_of
from .reading import Problem


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangedRow:
    """A line or an indicator that would change. `theirs` (who, when) saved it after the workbook was made.

    `notes` say what does not keep it from being imported, but has to be put right before the return is filed.
    """

    form: object
    title: str
    changes: tuple[Change, ...]
    stored_version: int
    theirs: tuple | None
    notes: tuple[str, ...]

    @property
    def posted(self):
        """(name, value) of the fields that carry the row to 确认导入."""
        names = (*self.form.tracked, "version", "seen")
        pairs = [(self.form.add_prefix(name), self.form[name].value()) for name in names]
        return [
            (name, "on" if value is True else value)
            for name, value in pairs
            if value not in (None, "", False)
        ]


@dataclass(frozen=True)
class Preview:
    rows: tuple[ChangedRow, ...]
    unchanged: int
    problems: tuple[Problem, ...]

    @property
    def conflicts(self):
        return [row for row in self.rows if row.theirs]

    @property
    def ready(self):
        return bool(self.rows) and not self.problems


def preview(page, typed, reading=None):
    """Preview of a `Typed` beside a `FilingPage`; `reading` tells the cells its errors stand in."""
    shown = {line.form.prefix: line for line in (*page.lines, *page.measurements)}
    known = [form for form in typed.forms if form.prefix in shown]
    rows = [_row(form, shown[form.prefix], reading) for form in known if form.is_valid() and form.touched]
    problems = [p for form in known if not form.is_valid() for p in _problems(form, reading)]
    return Preview(
        tuple(row for row in rows if row.changes),
        sum(form.is_valid() and not form.touched for form in known),
        tuple(reading.in_order(reading.problems + problems) if reading else problems),
    )


def _row(form, item, reading):
    """ChangedRow of a `FilingLine` or `FilingMeasurement`, without the cells that could not be read."""
    is_line = isinstance(form, LineForm)
    title = f"第 {item.task.number} 项　{item.task.title}" if is_line else item.owed.indicator.name
    row = item.entry if is_line else item.owed.measurement
    silent = set(LEAD_FIELDS[:2]) if is_line and form.cleaned_data.get("no_change") else set()
    read = [n for n in form.tracked if reading is None or reading.understood(form.add_prefix(n))]
    changes = []
    for name in read:
        field = form.fields[name]
        old, new = _told(field, item.form.initial[name]), _told(field, form.cleaned_data[name])
        if old != new and name not in silent:
            changes.append(Change(field.label, old, new))
    version = row.version if row else 0
    newer = row is not None and version != form.seen_version
    theirs = (row.updated_by, row.updated_at) if newer else None
    notes = (*(_fall(form, item, read) if is_line else ()), *_identity_numbers(form, read))
    return ChangedRow(form, title, tuple(changes), version, theirs, notes)


def _fall(form, item, read):
    """What is said where the completion falls without its reason; the rule is `completeness.Line`'s."""
    line = replace(item.line, entry=ProgressEntry(**form.values()))
    if "fall_reason" in line.lacking and "fall_reason" in read:
        yield f"进度低于上次审核通过的 {item.before.stands_at}%，报送前须填写进度下降的原因。"


def _identity_numbers(form, read):
    """What is said where a text holds something like an identity number."""
    for name in read:
        value = form.cleaned_data[name]
        for number in identity_numbers(value) if isinstance(value, str) else ():
            yield f"“{form.fields[name].label}”中有像身份证号的内容（{number}），请删去或改写。"


def _told(field, value):
    """A stored or cleaned value as a clerk reads it; '' for none."""
    if isinstance(value, bool):
        return "是" if value else ""
    labels = {stored: label for label, stored in choices_of(field).items()}
    shown = field.prepare_value(value)
    return "" if shown is None else str(labels.get(shown, shown)).replace("\r\n", "\n").strip()


def _problems(form, reading):
    """The form's errors at the cells they come from."""
    for name, errors in form.errors.items():
        sheet, cell, value = (
            reading.cells.get(form.add_prefix(name), ("", "", "")) if reading else ("", "", "")
        )
        for error in errors:
            yield Problem(sheet, cell, value, error)
