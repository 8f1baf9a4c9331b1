"""What is posted outside of a form: a page may send anything, so texts and ids are read here and nowhere else."""

from django import forms
from django.core.exceptions import ValidationError

from .refusals import Refused

LONGEST_ID = 17
LONGEST_REASON = 2000
TEXT_ERRORS = {
    "max_length": "最多 %(limit_value)d 字，现有 %(show_value)d 字。",
    "null_characters_not_allowed": "文字中有不能保存的字符，请删去后重新填写。",
}


def posted_text(data, name, most=LONGEST_REASON):
    """The text posted as `name`, stripped, its line ends one character as a browser counts them.

    Refused where it is longer than `most` characters or holds what the database cannot (NUL).
    """
    field = forms.CharField(required=False, max_length=most, error_messages=TEXT_ERRORS)
    try:
        return field.clean(data.get(name, "").replace("\r\n", "\n"))
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


class RowsField(forms.ModelMultipleChoiceField):
    """Rows chosen by their ids; what can be no id is none of them."""

    def clean(self, value):
        for pk in value or ():
            if not is_id(str(pk)):
                raise ValidationError(self.error_messages["invalid_pk_value"], params={"pk": pk})
        return super().clean(value)


def posted_ids(data, name):
    """The ids posted as `name`, in order; what is no id is left out."""
    return [int(text) for text in data.getlist(name) if is_id(text)]


def is_id(text):
    """Whether the text can be the id of a row: ASCII digits, not more than a database holds."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
