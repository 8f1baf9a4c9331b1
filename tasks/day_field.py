"""The field for a date that a person types."""

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from .calendar import EARLIEST, LATEST, OUT_OF_RANGE


class DayField(forms.DateField):
    """A date of this century, as `calendar.parse_quarter` knows quarters; `required_message` says what is missing."""

    def __init__(self, *, required_message, **kwargs):
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"required": required_message, "invalid": "日期写法如 2023-10-10。"},
            **kwargs,
        )
        self.validators += [
            MinValueValidator(EARLIEST, OUT_OF_RANGE),
            MaxValueValidator(LATEST, OUT_OF_RANGE),
        ]
