"""What changed between two texts, word by word."""

from time import perf_counter

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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("举办农民培训班三期。", "县级科技馆完成选址，正在办理用地手续。"),
        (
            "举办科普讲座3场，培训农民210人次，发放资料500份。",
            "开展科普大篷车进乡镇活动6场，覆盖群众1200人次，发放资料800份。",
        ),
    ],
    ids=["other words", "the same words elsewhere"],
)
def test_texts_with_little_in_common_are_not_torn_into_crumbs(before, after):
    assert compare(before, after) == ((old(before),), (new(after),))


def test_a_short_text_that_is_kept_within_a_long_one_is_not_little_in_common():
    before = "举办培训班。"
    after = "围绕乡村振兴主题，举办培训班三期，邀请市农科院专家授课，累计培训新型职业农民三百余人。"
    assert compare(before, after) == (
        (same(before),),
        (
            new("围绕乡村振兴主题，"),
            same("举办培训班"),
            new("三期，邀请市农科院专家授课，累计培训新型职业农民三百余人"),
            same("。"),
        ),
    )


def test_what_two_changes_leave_between_them_counts_as_changed_when_it_is_short():
    before, after = "全年举办科普讲座3场、受众210人", "全年举办科普讲座5期、受众680人"
    assert compare(before, after) == (
        (same("全年举办科普讲座"), old("3场"), same("、受众"), old("210"), same("人")),
        (same("全年举办科普讲座"), new("5期"), same("、受众"), new("680"), same("人")),
    )
    assert compare("培训班共办了3期6场", "培训班共办了4期8场") == (
        (same("培训班共办了"), old("3期6"), same("场")),
        (same("培训班共办了"), new("4期8"), same("场")),
    )


def test_both_texts_are_kept_whole():
    before, after = "举办培训班3期，培训320人次。", "本季举办农技培训班4期，共培训1,320人次！"
    left, right = compare(before, after)
    assert ("".join(p.text for p in left), "".join(p.text for p in right)) == (before, after)
    kept = ["".join(p.text for p in side if p.kind == "same") for side in (left, right)]
    assert kept[0] == kept[1]


def test_long_texts_are_compared_at_once_however_they_repeat_themselves():
    before, after = "的一" * 2000, "一的的" * 1300
    began = perf_counter()
    left, right = compare(before, after)
    assert perf_counter() - began < 5
    assert ("".join(p.text for p in left), "".join(p.text for p in right)) == (before, after)


def test_a_sentence_in_the_middle_of_a_long_text_that_repeats_itself():
    paragraph = "举办科普讲座3场，受众210人次。" * 120
    before, after = paragraph + "新建科普馆。" + paragraph, paragraph + "修缮科普馆。" + paragraph
    assert compare(before, after) == (
        (same(paragraph), old("新建"), same("科普馆。" + paragraph)),
        (same(paragraph), new("修缮"), same("科普馆。" + paragraph)),
    )
