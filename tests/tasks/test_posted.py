"""What is posted outside of a form: texts and ids as a page, or whoever plays one, sends them."""

import pytest
from django.http import QueryDict

from tasks.posted import posted_ids, posted_text
from tasks.refusals import Refused


def data(**values):
    posted = QueryDict(mutable=True)
    for name, value in values.items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    return posted


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (" 请补充。\r\n", "请补充。"),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("长" * 10, "长" * 10),
        ("\r\n" * 4 + "长" * 6, "长" * 6),
        ("", ""),
    ],
)
def test_a_text_is_stripped_and_its_line_ends_count_once(given, read):
    assert posted_text(data(reason=given), "reason", 10) == read


def test_a_text_that_is_not_there_is_empty():
    assert posted_text(data(), "reason", 10) == ""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("长" * 11, "最多 10 字，现有 11 字。"),
        ("a\x00b", "文字中有不能保存的字符，请删去后重新填写。"),
    ],
)
def test_what_the_database_cannot_hold_is_refused(given, sentence):
    with pytest.raises(Refused) as refused:
        posted_text(data(reason=given), "reason", 10)
    assert str(refused.value) == sentence


def test_what_is_no_id_is_left_out():
    given = ["7", "", "-1", "x", "１", "²", "9" * 18, "9" * 5000, "12", "9" * 17]
    assert posted_ids(data(lines=given), "lines") == [7, 12, int("9" * 17)]
