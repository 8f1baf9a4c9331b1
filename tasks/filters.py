"""What the task list can be narrowed to. Lights are derived, so the rows are filtered after they are judged."""

import unicodedata

import django_filters
from django import forms

from departments.models import Reform

from .models import Responsibility, Stage, Task
from .progress import Light
from .tables import TaskRow

FORMERLY = {Reform.Kind.RENAME: "原{}", Reform.Kind.MERGE: "含原{}", Reform.Kind.SPLIT: "自原{}拆分"}
UNKNOWN = {"invalid_choice": "没有“%(value)s”这一选项，请重新选择。"}


class TaskRows(tuple[TaskRow, ...]):
    """Judged rows in the shape a FilterSet asks of a queryset."""

    model = Task

    def all(self):
        return self


class SearchField(forms.CharField):
    """Words to look for; control characters are dropped, not complained about."""

    def to_python(self, value):
        text = super().to_python(value) or ""
        return "".join(c for c in text if c.isprintable() or c.isspace()).strip()


class SearchFilter(django_filters.CharFilter):
    field_class = SearchField


def choice(label, method):
    return django_filters.ChoiceFilter(
        label=label, method=method, choices=(), empty_label="全部", error_messages=UNKNOWN
    )


class TaskFilterSet(django_filters.FilterSet):
    """Filters TaskRows; the choices of actions and units are those of the plan in the quarter.

    An unknown value is an error at its field, and no rows.
    """

    action = choice("行动（工程）", "in_action")
    lead = choice("牵头单位", "led_by")
    support = choice("配合单位", "supported_by")
    light = choice("进度评价", "with_light")
    stage = choice("状态", "in_stage")
    text = SearchFilter(label="文字", method="telling", max_length=100)

    class Meta:
        model = Task
        fields = []

    def __init__(self, data, *, rows, actions, responsibilities, lineage, told):
        """`actions` are (ordinal, title); `responsibilities` those in force, which name the units.

        A unit is also found by what it was, or has since become (`lineage`): by id in a link, by name in the text,
        where no other unit in force bears that name. Its label says what it was as far as that was so and known in
        the quarter (`told`, a part of the `lineage`).
        """
        responsibilities = list(responsibilities)
        present = {r.department.name for r in responsibilities}
        units = {role: {} for role in Responsibility.Role}
        other, self.named = {}, {}
        for r in responsibilities:
            units[r.role][str(r.department_id)] = _label(r.department, told)
            for unit in (*lineage.predecessors(r.department_id), *lineage.successors(r.department_id)):
                other.setdefault(r.role, {}).setdefault(str(unit.pk), str(r.department_id))
            for name in (r.department.name, *(lineage.names(r.department_id) - present)):
                self.named.setdefault(folded(name), set()).add(r.department_id)
        super().__init__(_by_present_unit(data, units, other), queryset=TaskRows(rows))
        self._offer("action", [(str(ordinal), title) for ordinal, title in actions])
        self._offer("lead", units[Responsibility.Role.LEAD].items())
        self._offer("support", units[Responsibility.Role.SUPPORT].items())
        self._offer("light", Light.choices)
        self._offer("stage", Stage.choices)

    def filter_queryset(self, queryset):
        if self.form.errors:
            return TaskRows()
        for name, value in self.form.cleaned_data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    def in_action(self, rows, _, value):
        return [row for row in rows if str(row.action) == value]

    def led_by(self, rows, _, value):
        return [row for row in rows if value in {str(lead.department_id) for lead in row.progress.leads}]

    def supported_by(self, rows, _, value):
        return [row for row in rows if value in {str(unit) for unit in row.supports}]

    def with_light(self, rows, _, value):
        return [row for row in rows if row.progress.light == value]

    def in_stage(self, rows, _, value):
        return [row for row in rows if row.progress.stage == value]

    def telling(self, rows, _, value):
        """Rows whose title or paragraphs hold every word, full-width or not, in any case; a unit's name is one too."""
        words = folded(value).split()
        return [
            row
            for row in rows
            if all(
                word in folded(f"{row.progress.title}\n{row.paragraphs}")
                or not row.units.isdisjoint(self.named.get(word, ()))
                for word in words
            )
        ]

    def _offer(self, name, choices):
        self.filters[name].extra["choices"] = list(choices)


def _label(unit, told):
    """县农业农村委（含原县乡村振兴局）."""
    former = {}
    for kind, old in told.formerly(unit.pk):
        if old.name != unit.name:
            former.setdefault(kind, []).append(old.name)
    said = "；".join(FORMERLY[kind].format("、".join(names)) for kind, names in former.items())
    return f"{unit.name}（{said}）" if said else unit.name


def _by_present_unit(data, units, other):
    """The query with the ids of units that are not in force replaced by those of the units in their place."""
    data = data.copy()
    for name, role in (("lead", Responsibility.Role.LEAD), ("support", Responsibility.Role.SUPPORT)):
        asked = data.get(name)
        if asked and asked not in units[role] and asked in other.get(role, {}):
            data[name] = other[role][asked]
    return data


def folded(text):
    """Text for comparison: ５G and 5g are the same."""
    return unicodedata.normalize("NFKC", text).casefold()
