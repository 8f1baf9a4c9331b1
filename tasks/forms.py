"""What people type: lines of a return, verbs with their reasons, quarters and findings."""

import hashlib
import json
import unicodedata
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from . import calendar
from .drafting import LINE_FIELDS, LineInput
from .models import ProgressEntry, Stage
from .workflow import Signature


def plain(text):
    """Typed figures in ASCII: full-width digits narrowed, thousands separators and spaces dropped."""
    return unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "").strip()


class FigureField(forms.IntegerField):
    """A whole number as clerks type it: １,２００ 人次 is 1200; `suffixes` are words that may follow it."""

    def __init__(self, *args, suffixes=(), **kwargs):
        self.suffixes = suffixes
        kwargs.setdefault("error_messages", {"invalid": "请填写整数。"})
        super().__init__(*args, min_value=kwargs.pop("min_value", 0), required=False, **kwargs)

    def to_python(self, value):
        return super().to_python(_without_suffix(value, self.suffixes))


class AmountField(forms.DecimalField):
    """An amount with decimals, typed as freely as a `FigureField`."""

    def __init__(self, *args, suffixes=(), **kwargs):
        self.suffixes = suffixes
        kwargs.setdefault("error_messages", {"invalid": "请填写数字。"})
        super().__init__(*args, min_value=kwargs.pop("min_value", 0), required=False, **kwargs)

    def to_python(self, value):
        return super().to_python(_without_suffix(value, self.suffixes))


def _without_suffix(value, suffixes):
    if not isinstance(value, str):
        return value
    value = plain(value)
    for suffix in suffixes:
        value = value.removesuffix(suffix)
    return value


def _prose(label):
    return forms.CharField(
        label=label,
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "最多 %(limit_value)d 字，现有 %(show_value)d 字。"},
    )


def line_prefix(responsibility_id):
    return f"line-{responsibility_id}"


class TrackedForm(forms.Form):
    """A row of a return that knows what its page was rendered with.

    `seen` is the digest of those values: a row still equal to it has not been touched and is not saved, so that
    it cannot undo somebody else's work. `override` is the version of another's row that the user chose to replace.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    override = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    tracked_fields = ()

    def __init__(self, data=None, *, prefix, row):
        stored = {name: getattr(row, name) for name in self.tracked_fields}
        initial = stored | {"version": row.version, "seen": digest(stored)}
        super().__init__(data, prefix=prefix, initial=initial)

    @property
    def touched(self):
        return digest(self.values()) != self.cleaned_data["seen"]

    @property
    def seen_version(self):
        return self.cleaned_data["override"] or self.cleaned_data["version"]

    @property
    def problems(self):
        """Every error as one sentence, in the order of the fields."""
        return [error for errors in self.errors.values() for error in errors]

    def values(self):
        """{field: cleaned value} of a valid form."""
        return {name: self.cleaned_data[name] for name in self.tracked_fields}


class LineForm(TrackedForm):
    """One line of a return, of a lead or a supporting unit."""

    completion = FigureField(label="进度（%）", max_value=100, suffixes=("%", "％"))
    stage = forms.ChoiceField(label="状态", required=False, choices=[("", "（请选择）"), *Stage.choices])
    progress = _prose("本季进展")
    no_change = forms.BooleanField(label="本季度无新进展", required=False)
    no_change_reason = forms.CharField(label="无新进展的原因", required=False, max_length=500)
    results = _prose("取得成效")
    problems = _prose("问题与困难")
    next_steps = _prose("下步计划")
    activities = FigureField(label="活动场次", max_value=2**31 - 1, suffixes=("场次", "场"))
    people_reached = FigureField(label="覆盖人次", max_value=2**31 - 1, suffixes=("人次", "人"))
    people_trained = FigureField(label="培训人次", max_value=2**31 - 1, suffixes=("人次", "人"))
    funds = AmountField(label="投入资金（万元）", max_digits=12, decimal_places=2, suffixes=("万元",))
    tracked_fields = LINE_FIELDS

    def __init__(self, data=None, *, responsibility_id, entry=None):
        self.responsibility_id = responsibility_id
        super().__init__(data, prefix=line_prefix(responsibility_id), row=entry or ProgressEntry())

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


def stage_of(completion):
    """未启动 is 0, 推进中 1–99, 已完成 100 (DESIGN §4, Complete)."""
    return Stage.NOT_STARTED if completion == 0 else Stage.COMPLETED if completion == 100 else Stage.UNDER_WAY


def digest(values):
    """A short fingerprint of a row's values, the same for what is stored and for what comes back untouched."""
    canonical = {name: _canonical(value) for name, value in values.items()}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()[:16]


def _canonical(value):
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value).replace("\r\n", "\n").strip()


class ReasonForm(forms.Form):
    """A verb that needs a reason."""

    reason = forms.CharField(
        label="理由",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明理由。"},
    )


class SignatureForm(forms.Form):
    """线下签批: who signed the paper."""

    name = forms.CharField(label="签批人", max_length=50, error_messages={"required": "请填写签批人。"})
    post = forms.CharField(label="职务", max_length=50, error_messages={"required": "请填写签批人职务。"})
    on = forms.DateField(
        label="签批日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写签批日期。", "invalid": "日期写法如 2023-10-09。"},
    )

    def __init__(self, *args, at, **kwargs):
        self.today = calendar.local_day(at)
        super().__init__(*args, prefix="signed", **kwargs)

    def clean_on(self):
        if self.cleaned_data["on"] > self.today:
            raise ValidationError("签批日期不能晚于今天。")
        return self.cleaned_data["on"]

    def signature(self):
        return Signature(**self.cleaned_data)


class CloseOutForm(forms.Form):
    """申请办结."""

    summary = forms.CharField(
        label="完成情况",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "请写明完成情况。"},
    )


class DueForm(forms.Form):
    """截止日期 of a period; the deadline is that day's last second."""

    due_on = forms.DateField(
        label="截止日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写截止日期。", "invalid": "日期写法如 2023-10-10。"},
    )


class SettlementForm(forms.Form):
    """处理意见 on a finding."""

    settlement = forms.CharField(
        label="处理意见",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明处理意见。"},
    )
