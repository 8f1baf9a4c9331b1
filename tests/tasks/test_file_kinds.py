"""What may be evidence by name and content, and numbers that look like a person's."""

from io import BytesIO

import pytest

from tasks.file_kinds import kind_of, shown_name
from tasks.identity_numbers import identity_numbers
from tests.files import BAD, GOOD


@pytest.mark.parametrize("name", GOOD)
def test_allowed_kinds(name):
    assert kind_of(name, BytesIO(GOOD[name])) is not None


@pytest.mark.parametrize("name", BAD)
def test_everything_else(name):
    assert kind_of(name, BytesIO(BAD[name])) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("名册.pdf", "名册.pdf"),
        ("C:\\Users\\王琳\\名册.pdf", "名册.pdf"),
        ("../../etc/名册.pdf", "名册.pdf"),
        ("名\u202efdp.册\x00.pdf", "名fdp.册.pdf"),
        ('"<名册>|*?".pdf', "名册.pdf"),
        ("长" * 300 + ".pdf", "长" * 150 + ".pdf"),
    ],
)
def test_the_name_a_person_reads(given, shown):
    assert shown_name(given) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("学员 11010519491231002X 参加", ("110105********002X",)),
        ("１１０１０５１９４９１２３１００２Ｘ", ("110105********002X",)),
        ("110105 19491231 002x", ("110105********002x",)),
        ("110105194912310021", ()),
        ("11010519491331002X", ()),
        ("项目编号 2023110105194912310", ()),
        ("联系电话 13800138000", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_numbers_like_an_identity_card(text, found):
    assert identity_numbers(text) == found
