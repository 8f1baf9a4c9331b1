"""What people type: lines of a return, verbs with their reasons, quarters and findings."""

from django import forms
from django.core.exceptions import ValidationError

from . import calendar
from .day_field import DayField
from .drafting import LINE_FIELDS, LineInput
from .models import ProgressEntry, Stage
from .posted import TEXT_ERRORS, posted_ids
from .row_forms import CountField, QuantityField, TrackedForm
from .workflow import Signature


def _prose(label):
    return forms.CharField(
        label=label,
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=TEXT_ERRORS,
    )


def line_prefix(responsibility_id):
    return f"line-{responsibility_id}"


class LineForm(TrackedForm):
    """One line of a return, of a lead or a supporting unit."""

    completion = CountField(label="进度（%）", max_value=100, unit="%")
    stage = forms.ChoiceField(label="状态", required=False, choices=[("", "（请选择）"), *Stage.choices])
    progress = _prose("本季进展")
    no_change = forms.BooleanField(label="本季度无新进展", required=False)
    no_change_reason = forms.CharField(
        label="无新进展的原因", required=False, max_length=500, error_messages=TEXT_ERRORS
    )
    fall_reason = forms.CharField(
        label="进度下降的原因", required=False, max_length=500, error_messages=TEXT_ERRORS
    )
    results = _prose("取得成效")
    problems = _prose("问题与困难")
    next_steps = _prose("下步计划")
    activities = CountField(label="活动场次", unit="场次")
    people_reached = CountField(label="覆盖人次", unit="人次")
    people_trained = CountField(label="培训人次", unit="人次")
    funds = QuantityField(
        label="投入资金（万元）", unit="万元", max_digits=12, decimal_places=2, required=False
    )

    def __init__(self, data=None, *, responsibility_id=None, entry=None, prefix=None):
        self.responsibility_id = responsibility_id
        prefix = prefix or line_prefix(responsibility_id)
        super().__init__(data, prefix=prefix, row=entry or ProgressEntry(), tracked=LINE_FIELDS)

    def clean(self):
        data = super().clean()
        stage, completion = data.get("stage"), data.get("completion")
        if "completion" not in data or "stage" not in data or data.get("no_change"):
            return data
        if completion is None:
            data["completion"] = {Stage.NOT_STARTED: 0, Stage.COMPLETED: 100}.get(stage)
        elif not stage:
            data["stage"] = stage_of(completion)
        elif stage != stage_of(completion):
            self.add_error("completion", "未启动应为 0，推进中应为 1 至 99，已完成应为 100。")
        return data

    def line_input(self):
        return LineInput(self.responsibility_id, self.seen_version, self.values())


class BlockForm(LineForm):
    """One text and one set of figures for the ticked rows of a section (按行动一并填写).

    `key` is the section's: the action's ordinal and the role, as 3-SUPPORT. It saves nothing itself: `applied_to`
    writes what it says into the rows' own fields, which are then saved as if typed there.
    """

    nothing_said = "请先填写内容。"
    no_rows = "请勾选要一并填写的工作。"

    def __init__(self, data=None, *, key, entry=None):
        self.key = key
        super().__init__(data, entry=entry, prefix=f"block-{key}")

    @property
    def ticked(self):
        """Responsibility ids of the ticked rows."""
        return set(posted_ids(self.data, f"{self.prefix}-rows"))

    @property
    def said(self):
        """{field: value} of what a valid block says."""
        return {name: value for name, value in self.values().items() if value not in (None, "", False)}

    @property
    def left_unapplied(self):
        """Whether something was typed into a valid block, or is wrong in it, without being applied."""
        return not self.is_valid() or (self.touched and bool(self.said))

    def require_use(self):
        """Add an error where there is nothing to apply, or no row to apply it to."""
        if self.is_valid() and not self.said:
            self.add_error(None, self.nothing_said)
        elif self.is_valid() and not self.ticked:
            self.add_error(None, self.no_rows)

    def applied_to(self, data):
        """A copy of the posted `data` with what the block says in the fields of its ticked rows."""
        data, said = data.copy(), self.said
        rows = [prefix for pk in self.ticked if f"{(prefix := line_prefix(pk))}-version" in data]
        for row in rows:
            if "no_change" not in said:
                data.pop(f"{row}-no_change", None)
            for name, value in said.items():
                data[f"{row}-{name}"] = "on" if value is True else str(value)
        return data


class RestForm(BlockForm):
    """其余各项均无新进展: one reason for the lead lines of a return that say nothing yet."""

    KEY = "rest"
    nothing_said = "请写明无新进展的原因。"
    no_rows = "各项都已填写，没有需要一并填写的。"

    def __init__(self, data=None):
        super().__init__(data, key=self.KEY)

    @property
    def ticked(self):
        """Of the rows that were empty when the page was made those in which nothing has been typed since."""
        own = ("completion", "stage", "progress", "no_change")
        return {pk for pk in super().ticked if not any(self.data.get(f"{line_prefix(pk)}-{n}") for n in own)}

    @property
    def said(self):
        reason = self.values()["no_change_reason"]
        return {"no_change": True, "no_change_reason": reason} if reason else {}


def stage_of(completion):
    """未启动 is 0, 推进中 1–99, 已完成 100 (DESIGN §4, Complete)."""
    return Stage.NOT_STARTED if completion == 0 else Stage.COMPLETED if completion == 100 else Stage.UNDER_WAY


class SignatureForm(forms.Form):
    """线下签批: who signed the paper, and its scan, which `workflow.submit` checks."""

    name = forms.CharField(
        label="签批人", max_length=50, error_messages=TEXT_ERRORS | {"required": "请填写签批人。"}
    )
    post = forms.CharField(
        label="职务", max_length=50, error_messages=TEXT_ERRORS | {"required": "请填写签批人职务。"}
    )
    on = DayField(label="签批日期", required_message="请填写签批日期。")
    scan = forms.FileField(label="签批件扫描件", required=False, allow_empty_file=True)

    def __init__(self, *args, at, **kwargs):
        self.today = calendar.local_day(at)
        super().__init__(*args, prefix="signed", **kwargs)

    def clean_on(self):
        if self.cleaned_data["on"] > self.today:
            raise ValidationError("签批日期不能晚于今天。")
        return self.cleaned_data["on"]

    def signature(self):
        return Signature(**self.cleaned_data)


class SupportRequestForm(forms.Form):
    """征集: by when, and what for."""

    due_on = DayField(label="请于此日前答复", required_message="请填写答复日期。")
    note = forms.CharField(label="说明（选填）", required=False, max_length=500, error_messages=TEXT_ERRORS)


class CloseOutForm(forms.Form):
    """申请办结."""

    summary = forms.CharField(
        label="完成情况",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages=TEXT_ERRORS | {"required": "请写明完成情况。"},
    )


class DueForm(forms.Form):
    """截止日期 of a period; the deadline is that day's last second."""

    due_on = DayField(label="截止日期", required_message="请填写截止日期。")


class ExtensionForm(forms.Form):
    """申请延期: until which day, and why."""

    until = DayField(label="延期至", required_message="请填写延期日期。")
    reason = forms.CharField(
        label="理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=TEXT_ERRORS | {"required": "请写明申请延期的理由。"},
    )


class SettlementForm(forms.Form):
    """处理意见 on a finding."""

    settlement = forms.CharField(
        label="处理意见",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=TEXT_ERRORS | {"required": "请写明处理意见。"},
    )
