"""What of a frozen quarter can be corrected, with what was stored of it, and the form that asks for a correction."""

from dataclasses import dataclass

from django import forms

from indicators.standing import IndicatorStanding
from tasks import errata
from tasks.models import Responsibility
from tasks.obligations import UnitFiling
from tasks.progress import points
from tasks.refusals import Refused
from tasks.row_forms import CountField
from tasks.standing import PlanStanding

PLAN = "plan"
COMPLETION = CountField(max_value=100, unit="%")
PROGRESS = "牵头单位自评进度"


@dataclass(frozen=True)
class Correctable:
    """Something a frozen quarter says: `old` is what; a lead's progress names its `responsibility_id`, other
    matters the unit (`unit_id`) that they are about.
    """

    group: str
    label: str
    old: str
    responsibility_id: int | None = None
    unit_id: int | None = None


def correctables(period):
    """{key: Correctable} of a frozen period: the plan's total, each lead's figure by action, indicators, filings."""
    stored = period.stored
    standing = stored.read("standing", PlanStanding)
    total = standing.total
    found = {
        PLAN: Correctable("方案", "总体进度", f"{points(total.completion)}%" if total.has_data else "无数据")
    }
    for action in standing.actions:
        group = f"{PROGRESS}：{action.short_title}"
        for task, lead in [(t, lead) for t in action.tasks for lead in t.leads]:
            old = "无数据" if lead.completion is None else f"{lead.completion}%"
            label = f"第{task.number}项：{lead.department}自评进度"
            key = f"lead-{lead.responsibility_id}"
            found[key] = Correctable(group, label, old, lead.responsibility_id)
    for row in stored.read("indicators", tuple[IndicatorStanding, ...]):
        current = row.current or "暂无监测数据"
        found[f"indicator-{row.code}"] = Correctable("指标", row.name, current, unit_id=row.owner_id)
    for unit in stored.read("filings", tuple[UnitFiling, ...]):
        label = f"{unit.department}报送情况"
        found[f"unit-{unit.department_id}"] = Correctable(
            "单位报送", label, unit.filing.label, unit_id=unit.department_id
        )
    return found


class CorrectionForm(forms.Form):
    subject = forms.ChoiceField(
        label="更正事项",
        error_messages={"required": "请选择更正事项。", "invalid_choice": "没有这一事项，请重新选择。"},
    )
    new = forms.CharField(
        label="更正为",
        max_length=200,
        help_text="牵头单位自评进度填 0 至 100 的整数；其他事项按原来的写法填写更正后的内容。",
        error_messages={"required": "请填写更正后的进度或内容。"},
    )
    reason = forms.CharField(
        label="原因和依据",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明更正原因和依据。"},
    )

    def __init__(self, data=None, *, period):
        super().__init__(data)
        self.period, self.known = period, correctables(period)
        groups = {}
        for key, row in self.known.items():
            groups.setdefault(row.group, []).append((key, f"{row.label}（原为{row.old}）"))
        self.fields["subject"].choices = [("", "（请选择）"), *groups.items()]

    def clean(self):
        data = super().clean()
        chosen = self.known.get(data.get("subject"))
        if chosen and chosen.responsibility_id and "new" in data:
            try:
                data["completion"] = COMPLETION.clean(data["new"])
            except forms.ValidationError as error:
                self.add_error("new", error)
        return data

    def save(self, *, by, at):
        """The Erratum; Refused by the verb."""
        data = self.cleaned_data
        chosen, asked = self.known[data["subject"]], {"reason": data["reason"], "by": by, "at": at}
        if chosen.responsibility_id is None:
            asked |= {"subject": chosen.label, "old": chosen.old, "new": data["new"]}
            return errata.correct(self.period, unit_id=chosen.unit_id, **asked)
        held = Responsibility.objects.select_related("task", "department")
        lead = held.filter(pk=chosen.responsibility_id).first()
        if lead is None:
            raise Refused("该项分工后来已取消，请改用文字更正。")
        return errata.correct_completion(self.period, lead, data["completion"], **asked)
