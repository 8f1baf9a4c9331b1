"""重点工作一览: the rows of the task list and how they are shown and sorted."""

from dataclasses import dataclass

import django_tables2 as tables

from . import calendar
from .progress import JUDGED, NO_DATA, TaskProgress

SEVERITY = JUDGED + NO_DATA


@dataclass(frozen=True)
class TaskRow:
    """A task's progress in the quarter with what it is filtered by; `supports` are unit ids."""

    progress: TaskProgress
    action: int
    action_title: str
    paragraphs: str
    supports: frozenset[int]
    url: str
    cadence: str

    @property
    def units(self):
        """Ids of all units that hold the task."""
        return self.supports | {lead.department_id for lead in self.progress.leads}

    @property
    def severity(self):
        """0 for the worst light, so that sorting by it puts first what needs attention."""
        return SEVERITY.index(self.progress.light)

    @property
    def leads(self):
        return "、".join(lead.department for lead in self.progress.leads)

    @property
    def completion_order(self):
        """The completion, tasks without data before all others."""
        return -1 if self.progress.completion is None else self.progress.completion

    @property
    def behind_order(self):
        """The points behind; tasks that are not judged count as neither behind nor ahead of any."""
        return -101 if self.progress.behind is None else self.progress.behind

    @property
    def as_of(self):
        """The quarter the figure is from; '' without data."""
        first = self.progress.leads[0] if self.progress.leads else None
        key = self.progress.closed_in or (first and first.stated_in)
        return calendar.label(*key, self.cadence) if key else ""


def task_rows(ledger, standing, period, *, url_of):
    """A TaskRow for each task in the plan's order; `url_of(number)` gives the task's page."""
    paragraphs = {task.pk: task.original for task in ledger.tasks}
    supports = {task.pk: set() for task in ledger.tasks}
    for responsibility in ledger.in_force(period.last_day):
        if not responsibility.is_lead:
            supports[responsibility.task_id].add(responsibility.department_id)
    return [
        TaskRow(
            progress=progress,
            action=action.ordinal,
            action_title=action.short_title,
            paragraphs=paragraphs[progress.task_id],
            supports=frozenset(supports[progress.task_id]),
            url=url_of(progress.number),
            cadence=ledger.plan.cadence,
        )
        for action in standing.actions
        for progress in action.tasks
    ]


NUM = {"th": {"class": "num"}, "td": {"class": "num"}}


class TaskTable(tables.Table):
    number = tables.Column("序号", accessor="progress__number")
    title = tables.TemplateColumn(
        '<div><a href="{{ record.url }}">{{ record.progress.title }}</a>'
        '<div class="small muted">{{ record.action_title }}</div></div>',
        verbose_name="重点工作",
        orderable=False,
    )
    leads = tables.Column("牵头单位")
    track = tables.TemplateColumn(
        "{% load portal %}"
        "{% progress_bar record.progress.completion record.progress.expected record.progress.light %}",
        verbose_name="进度与序时",
        orderable=False,
        attrs={"td": {"class": "track"}},
    )
    completion = tables.TemplateColumn(
        "{% load portal %}{{ record.progress.completion|percent }}"
        '{% if record.progress.proxy %} <span class="tag">代填</span>{% endif %}',
        verbose_name="进度",
        order_by="completion_order",
        attrs=NUM,
    )
    behind = tables.TemplateColumn(
        "{% load portal %}{{ record.progress.behind|points }}",
        verbose_name="落后百分点",
        order_by="behind_order",
        attrs=NUM,
    )
    light = tables.TemplateColumn(
        "{% load portal %}{% light record.progress.light %}", verbose_name="进度评价", order_by="severity"
    )
    as_of = tables.TemplateColumn(
        '<div>{{ record.as_of|default:"—" }}'
        '{% if record.progress.carried_from %}<div class="small muted">沿用数据</div>{% endif %}</div>',
        verbose_name="数据截至",
        orderable=False,
        attrs={"td": {"class": "nowrap"}},
    )

    class Meta:
        attrs = {"class": "stackable"}
        order_by = "number"
        empty_text = "没有符合条件的重点工作。"
