"""The form for one measured value, its fields as the indicator's kind asks."""

import re

from django import forms

from tasks.posted import TEXT_ERRORS
from tasks.row_forms import QuantityField, TrackedForm

from .measuring import FIELDS_BY_KIND, NUMBERS, MeasurementInput, label_of
from .models import Indicator, Measurement


class MeasurementForm(TrackedForm):
    """What a unit files, or the coordinator records, of `indicator`; starts from `measurement` where there is one.

    Every field may be left empty: a missing value is shown as such and blocks nothing.
    """

    def __init__(self, data=None, *, indicator, measurement=None, prefix=None):
        self.indicator = indicator
        names = FIELDS_BY_KIND[indicator.kind]
        prefix = prefix or f"measurement-{indicator.pk}"
        super().__init__(data, prefix=prefix, row=measurement or Measurement(), tracked=names)
        self.fields.update((name, _field(indicator, name)) for name in names)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("denominator") == 0:
            self.add_error("denominator", f"{label_of(self.indicator, 'denominator')}应大于 0。")
        return cleaned

    def measurement_input(self):
        return MeasurementInput(self.indicator.pk, self.seen_version, self.values())


def _field(indicator, name):
    label = label_of(indicator, name)
    if name in NUMBERS:
        unit = indicator.unit if name == "value" else _unit_in(label)
        most = 100 if unit == "%" and indicator.kind == Indicator.Kind.SURVEY else None
        digits = 14 if name == "value" else 16
        return QuantityField(label=label, unit=unit, max_value=most, max_digits=digits, required=False)
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
            error_messages=TEXT_ERRORS,
        )
    placeholder = forms.TextInput(attrs={"placeholder": "如：培训台账"})
    return forms.CharField(
        label=label, required=False, max_length=200, widget=placeholder, error_messages=TEXT_ERRORS
    )


def _unit_in(label):
    """The unit that stands in brackets at the end of a label: 元 of 科普经费预算（元）."""
    found = re.search(r"（([^（）]+)）$", label)
    return found[1] if found else ""
