"""Rows of a return as clerks type them: numbers in any spelling, and whether a row was touched at all."""

import hashlib
import json
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError

COMMON_UNITS = ("人次", "人", "元", "个", "%")
TEN_THOUSAND = Decimal(10_000)
LARGEST_INTEGER = 2**31 - 1


class QuantityField(forms.DecimalField):
    """A number as clerks type it: full-width digits, thousands commas, 万, and its unit behind it are understood.

    Cleans to Decimal or None, not negative. A unit that is not the field's is an error.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": "请填写数字，如 1,200。",
        "min_value": "数值不应为负数。",
        "max_value": "数值不应超过 %(limit_value)s。",
        "max_decimal_places": "最多填写 %(max)s 位小数。",
        "max_digits": "数值过大，请核对。",
        "max_whole_digits": "数值过大，请核对。",
    }

    def __init__(self, *, unit="", max_digits=14, decimal_places=4, **kwargs):
        self.unit = unit
        super().__init__(min_value=0, max_digits=max_digits, decimal_places=decimal_places, **kwargs)

    def to_python(self, value):
        if not isinstance(value, str):
            return super().to_python(value)
        text = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", value))
        match = re.fullmatch(r"(-?[0-9.]*)(\D*)", text)
        if not match or (text and not match[1]):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        digits, unit = match.groups()
        ten_thousand = unit.startswith("万") and not self.unit.startswith("万")
        unit = unit.removeprefix("万") if ten_thousand else unit
        if unit and not self._is_understood(unit):
            raise ValidationError(f"请以“{self.unit}”为单位填写。" if self.unit else "请只填写数字。")
        result = super().to_python(digits)
        try:
            return _whole(result * TEN_THOUSAND) if ten_thousand else result
        except InvalidOperation:
            raise ValidationError(self.error_messages["max_digits"], code="max_digits") from None

    def _is_understood(self, unit):
        """The field's own unit, or the beginning of it (元 of 元/人); any common one where it has none."""
        return self.unit.startswith(unit) if self.unit else unit in COMMON_UNITS

    def prepare_value(self, value):
        """Stored numbers as a clerk would write them, without trailing zeros; typed text as it was typed."""
        return plain_number(value) if isinstance(value, Decimal) else value


class CountField(QuantityField):
    """A whole number; cleans to int or None."""

    default_error_messages = {"max_decimal_places": "请填写整数。"}

    def __init__(self, *, max_value=LARGEST_INTEGER, **kwargs):
        super().__init__(max_digits=None, decimal_places=0, max_value=max_value, required=False, **kwargs)

    def clean(self, value):
        value = super().clean(value)
        return None if value is None else int(value)


class TrackedForm(forms.Form):
    """A row of a return that knows what its page was rendered with.

    `seen` is the digest of those values: a row still equal to it has not been touched and is not saved, so that
    it cannot undo somebody else's work. `override` is the version of another's row that the user chose to replace.
    """

    version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=LARGEST_INTEGER
    )
    override = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_INTEGER)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, prefix, row, tracked):
        """`row` is the stored one, or a new one of its model; `tracked` the names of its fields shown here."""
        self.tracked = tracked
        stored = {name: getattr(row, name) for name in tracked}
        super().__init__(
            data, prefix=prefix, initial=stored | {"version": row.version, "seen": digest(stored)}
        )

    @property
    def visible(self):
        """The bound fields a user sees, in order."""
        return [self[name] for name in self.tracked]

    @property
    def touched(self):
        """Whether a valid form says something else than the page it came from showed."""
        return digest(self.values()) != self.cleaned_data["seen"]

    @property
    def seen_version(self):
        return self.cleaned_data["override"] or self.cleaned_data["version"] or 0

    @property
    def all_errors(self):
        """Every error as a sentence that names its field, in the order of the fields."""
        return [
            f"{self.fields[name].label}：{error}" if name in self.tracked else error
            for name, errors in self.errors.items()
            for error in errors
        ]

    def values(self):
        """{field: cleaned value} of a valid form."""
        return {name: self.cleaned_data[name] for name in self.tracked}


def digest(values):
    """A short fingerprint of a row's values, the same for what is stored and for what comes back untouched."""
    canonical = {name: _canonical(value) for name, value in values.items()}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()[:16]


def plain_number(value):
    """A Decimal without trailing zeros, exponent or separators."""
    return format(value.normalize(), "f")


def _whole(value):
    """A Decimal without the zeros that multiplying left behind its point: 12000 rather than 12000.0."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def _canonical(value):
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value).replace("\r\n", "\n").strip()
