"""What stands where in the offline workbook; writing and reading share it, so that they cannot disagree.

Rows are found by the key in their hidden first column and columns by their heading, never by position: clerks
rename sheets, move columns and sort rows.
"""

from dataclasses import dataclass

from indicators.measuring import NUMBERS
from tasks.drafting import FIGURE_FIELDS, LEAD_FIELDS, TEXT_FIELDS
from tasks.forms import LineForm

MARK = "chengkou_kepu-offline"
FORMAT = "1"
HIDDEN, GUIDE, LINES, MEASUREMENTS = "请勿改动", "填写说明", "进展", "指标"
KEY, VERSION, SEEN = "标识", "版本", "校验"
NUMBER, TITLE, ROLE, BEFORE, STOOD = "序号", "重点工作", "责任", "上次审核通过的进展", "上次进度（%）"
INDICATOR, ASKED, SO_FAR, ANSWER = "指标", "填写内容", "目标和现状", "填写"
HEAD_ROW = 3
YES = "是"
FIELDS = (
    "completion",
    "stage",
    "progress",
    "no_change",
    "no_change_reason",
    "fall_reason",
    *TEXT_FIELDS[1:],
    *FIGURE_FIELDS,
)
LEAD_ONLY = frozenset(LEAD_FIELDS)
NUMERIC = frozenset({"completion", *FIGURE_FIELDS, *NUMBERS})
LABELS = {name: LineForm.base_fields[name].label for name in FIELDS}


@dataclass(frozen=True)
class Origin:
    """What a workbook was made for."""

    plan: str
    department: int
    period: str

    @classmethod
    def of(cls, period, department):
        return cls(period.plan.slug, department.pk, period.code)


def choices_of(field):
    """{what a clerk reads: what is stored} of a choice field; {} for others."""
    return {label: value for value, label in getattr(field, "choices", ()) if value}
