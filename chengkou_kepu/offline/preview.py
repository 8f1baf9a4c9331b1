"""What an upload would change, line by line, beside what is stored; nothing here writes."""

from dataclasses import dataclass

from tasks.drafting import LEAD_FIELDS
from tasks.forms import LineForm

from .layout import choices_of
from .reading import Problem


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangedRow:
    """A line or an indicator that would change. `theirs` (who, when) saved it after the workbook was made."""

    form: object
    title: str
    changes: tuple[Change, ...]
    stored_version: int
    theirs: tuple | None

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
    shown = {
        line.form.prefix: (line.form, f"第 {line.task.number} 项　{line.task.title}", line.entry)
        for line in page.lines
    }
    for item in page.measurements:
        shown[item.form.prefix] = (item.form, item.owed.indicator.name, item.owed.measurement)
    known = [form for form in typed.forms if form.prefix in shown]
    rows = [_row(form, *shown[form.prefix]) for form in known if form.is_valid() and form.touched]
    problems = list(reading.problems) if reading else []
    problems += [p for form in known if not form.is_valid() for p in _problems(form, reading)]
    return Preview(
        tuple(row for row in rows if row.changes),
        sum(form.is_valid() and not form.touched for form in known),
        tuple(problems),
    )


def _row(form, stored, title, row):
    silent = set(LEAD_FIELDS[:2]) if isinstance(form, LineForm) and form.cleaned_data.get("no_change") else ()
    changes = []
    for name in form.tracked:
        field = form.fields[name]
        old, new = _told(field, stored.initial[name]), _told(field, form.cleaned_data[name])
        if old != new and name not in silent:
            changes.append(Change(field.label, old, new))
    version = row.version if row else 0
    newer = row is not None and version != form.seen_version
    theirs = (row.updated_by, row.updated_at) if newer else None
    return ChangedRow(form, title, tuple(changes), version, theirs)


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
