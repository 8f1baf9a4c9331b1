"""The form for one measured value, its fields as the indicator's kind asks."""

import hashlib
import json
import re
import unicodedata
from decimal import Decimal

from django import forms

from .attainment import number
from .measuring import FIELDS_BY_KIND, NUMBERS, MeasurementInput, label_of
from .models import Measurement

COMMON_UNITS = ("人次", "人", "元", "个", "%")
TEN_THOUSAND = Decimal(10_000)


class QuantityField(forms.DecimalField):
    """A number as clerks type it: full-width digits, thousands commas, 万, and its unit behind it are understood.

    Cleans to Decimal or None; at most four decimals, not negative. A unit that is not the field's is an error.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": "请填写数字，如 1,200。",
        "min_value": "数值不应为负数。",
        "max_decimal_places": "最多填写 4 位小数。",
        "max_digits": "数值过大，请核对。",
        "max_whole_digits": "数值过大，请核对。",
    }

    def __init__(self, *, unit="", max_digits=14, **kwargs):
        self.unit = unit
        super().__init__(min_value=0, max_digits=max_digits, decimal_places=4, **kwargs)

    def to_python(self, value):
        if not isinstance(value, str):
            return super().to_python(value)
        match = re.fullmatch(
            r"(-?[\d.]*)(万?)(\D*)", re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", value))
        )
        if not match or (value.strip() and not match[1]):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        digits, ten_thousand, unit = match.groups()
        if unit and not self._is_understood(unit):
            raise forms.ValidationError(f"请以“{self.unit}”为单位填写。" if self.unit else "请只填写数字。")
        result = super().to_python(digits)
        return result * TEN_THOUSAND if ten_thousand else result

    def _is_understood(self, unit):
        """The field's own unit, or the beginning of it (元 of 元/人); any common one where it has none."""
        return self.unit.startswith(unit) if self.unit else unit in COMMON_UNITS

    def prepare_value(self, value):
        """Stored numbers as a clerk would write them, without trailing zeros; typed text as it was typed."""
        return number(value).replace(",", "") if isinstance(value, Decimal) else value


class SeenForm(forms.Form):
    """What the page showed when it was rendered: the value's version and digest; `override` insists on one's own."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    override = forms.IntegerField(required=False, min_value=0)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class MeasurementForm(forms.Form):
    """What a unit files, or the coordinator records, of `indicator`; starts from `measurement` where there is one.

    Every field may be left empty: a missing value is shown as such and blocks nothing. On a filing page the
    hidden fields `version` and `seen` go with it, so that an untouched value does not undo somebody else's.
    """

    def __init__(self, data=None, *, indicator, measurement=None, prefix=None):
        self.indicator = indicator
        stored = measurement or Measurement()
        initial = {name: getattr(stored, name) for name in FIELDS_BY_KIND[indicator.kind]}
        prefix = prefix or f"measurement-{indicator.pk}"
        super().__init__(data, prefix=prefix, initial=initial)
        self.fields.update((name, _field(indicator, name)) for name in initial)
        self._seen = SeenForm(
            data, prefix=prefix, initial={"version": stored.version, "seen": digest(initial)}
        )

    @property
    def visible(self):
        return list(self)

    @property
    def version(self):
        return self._seen["version"]

    @property
    def seen(self):
        return self._seen["seen"]

    @property
    def override(self):
        return self._seen["override"]

    @property
    def touched(self):
        """Whether a valid form says something else than the page it came from showed."""
        return not self._seen.is_valid() or digest(self.values()) != self._seen.cleaned_data["seen"]

    def is_valid(self):
        return super().is_valid() and self._seen.is_valid()

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("denominator") == 0:
            self.add_error("denominator", f"{label_of(self.indicator, 'denominator')}应大于 0。")
        return cleaned

    def values(self):
        """{field: value} of a valid form, for `MeasurementInput` and `record_measurement`."""
        return {name: self.cleaned_data[name] for name in FIELDS_BY_KIND[self.indicator.kind]}

    def measurement_input(self):
        """The MeasurementInput of a valid form; a ticked override counts as having seen the other's version."""
        seen = self._seen.cleaned_data
        return MeasurementInput(self.indicator.pk, seen["override"] or seen["version"] or 0, self.values())


def digest(values):
    """A short fingerprint of a value's fields, the same for what is stored and for what comes back untouched."""
    canonical = {
        name: number(value) if isinstance(value, Decimal) else (value or "").replace("\r\n", "\n").strip()
        for name, value in values.items()
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()[:16]


def _field(indicator, name):
    label = label_of(indicator, name)
    if name in NUMBERS:
        unit = indicator.unit if name == "value" else _unit_in(label)
        return QuantityField(label=label, unit=unit, max_digits=14 if name == "value" else 16, required=False)
    if name in ("stage", "rating"):
        choices = (
            [(stage, stage) for stage in indicator.stages] if name == "stage" else Measurement.Rating.choices
        )
        return forms.ChoiceField(label=label, choices=[("", "（请选择）"), *choices], required=False)
    if name == "ground":
        return forms.CharField(
            label=label,
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="写明依据的材料和事实。",
        )
    placeholder = forms.TextInput(attrs={"placeholder": "如：培训台账"})
    return forms.CharField(label=label, required=False, max_length=200, widget=placeholder)


def _unit_in(label):
    """The unit that stands in brackets at the end of a label: 元 of 科普经费预算（元）."""
    found = re.search(r"（([^（）]+)）$", label)
    return found[1] if found else ""
