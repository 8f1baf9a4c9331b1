"""What changed between two texts, word by word."""

import pytest

from tasks.comparison import Piece, compare


def same(text):
    return Piece("same", text)


def old(text):
    return Piece("old", text)


def new(text):
    return Piece("new", text)


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("", "", (), ()),
        ("举办培训班。", "举办培训班。", (same("举办培训班。"),), (same("举办培训班。"),)),
        ("", "新建科普馆。", (), (new("新建科普馆。"),)),
        ("新建科普馆。", "", (old("新建科普馆。"),), ()),
        (
            "培训320人次。",
            "培训1,320人次。",
            (same("培训"), old("320"), same("人次。")),
            (same("培训"), new("1,320"), same("人次。")),
        ),
        (
            "完成12.5%",
            "完成12.8%",
            (same("完成"), old("12.5"), same("%")),
            (same("完成"), new("12.8"), same("%")),
        ),
        (
            "推广App",
            "推广Apple",
            (same("推广"), old("App")),
            (same("推广"), new("Apple")),
        ),
        (
            "第一行\n第二行",
            "第一行\n第三行",
            (same("第一行\n第"), old("二"), same("行")),
            (same("第一行\n第"), new("三"), same("行")),
        ),
    ],
    ids=["nothing", "the same", "added", "removed", "a number", "a decimal", "a Latin word", "lines"],
)
def test_pieces(before, after, left, right):
    assert compare(before, after) == (left, right)


def test_both_texts_are_kept_whole():
    before, after = "举办培训班3期，培训320人次。", "本季举办农技培训班4期，共培训1,320人次！"
    left, right = compare(before, after)
    assert ("".join(p.text for p in left), "".join(p.text for p in right)) == (before, after)
    kept = ["".join(p.text for p in side if p.kind == "same") for side in (left, right)]
    assert kept[0] == kept[1]
