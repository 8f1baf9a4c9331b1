"""Which reminder is due on which day, and in which words."""

from datetime import date, timedelta

import pytest

from tasks.reminding import Kind, kind_of, latest_step, step_due, template, worded
from tests.factories import moment

DUE = date(2023, 10, 10)


@pytest.mark.parametrize(
    ("days", "step", "kind"),
    [
        (-30, None, Kind.REMIND),
        (-8, None, Kind.REMIND),
        (-7, -7, Kind.REMIND),
        (-6, -7, Kind.REMIND),
        (-4, -7, Kind.REMIND),
        (-3, -3, Kind.REMIND),
        (-2, -3, Kind.REMIND),
        (-1, -1, Kind.REMIND),
        (0, -1, Kind.REMIND),
        (1, 1, Kind.URGE),
        (2, 1, Kind.URGE),
        (3, 3, Kind.URGE_AGAIN),
        (6, 3, Kind.URGE_AGAIN),
        (7, 7, Kind.URGE_AGAIN),
        (13, 7, Kind.URGE_AGAIN),
        (14, 14, Kind.URGE_AGAIN),
        (21, 21, Kind.URGE_AGAIN),
        (100, 98, Kind.URGE_AGAIN),
    ],
)
def test_the_step_reached_on_each_day(days, step, kind):
    assert (latest_step(DUE, DUE + timedelta(days=days)), kind_of(days)) == (step, kind)


@pytest.mark.parametrize(
    ("days", "sent", "step"),
    [
        (-8, [], None),
        (-7, [], -7),
        (-7, [-7], None),
        (-5, [], -7),
        (-3, [-7], -3),
        (0, [-7], -1),
        (0, [-7, -3, -1], None),
        (1, [], 1),
        (5, [-7], 3),
        (5, [-7, 3], None),
        (21, [1], 21),
        (14, [21], None),
    ],
    ids=lambda value: str(value),
)
def test_of_missed_steps_the_latest_alone_is_taken_and_none_twice(days, sent, step):
    assert step_due(DUE, DUE + timedelta(days=days), sent) == step


def test_run_daily_from_a_fortnight_before_to_four_weeks_after_each_step_comes_on_its_day():
    sent, on = [], {}
    for days in range(-14, 29):
        step = step_due(DUE, DUE + timedelta(days=days), sent)
        if step is not None:
            sent.append(step)
            on[days] = step
    assert on == {days: days for days in (-7, -3, -1, 1, 3, 7, 14, 21, 28)}


class Quarter:
    report_title = "2023年第三季度季报"


@pytest.mark.parametrize(
    ("at", "extended_to", "status", "text"),
    [
        (
            "2023-10-07 09:00",
            None,
            "DRAFT",
            "县教委：2023年第三季度季报2023年10月10日24时截止，还有 3 天，尚未报送，请按时登录平台填报；如有困难，请与县科协联系。",
        ),
        (
            "2023-10-11 00:00",
            None,
            "DRAFT",
            "县教委：2023年第三季度季报2023年10月10日24时截止，已逾期 1 天，尚未报送，请尽快登录平台填报；如有困难，请与县科协联系。",
        ),
        (
            "2023-10-13 09:00",
            date(2023, 10, 10),
            "",
            "县教委：2023年第三季度季报2023年10月10日24时（已同意延期）截止，已逾期 3 天，尚未报送，"
            "再次提醒尽快登录平台填报；如有困难，请与县科协联系。",
        ),
        (
            "2023-10-07 09:00",
            None,
            "ENDORSING",
            "县教委：2023年第三季度季报2023年10月10日24时截止，还有 3 天，已送单位审核人，尚未报送，"
            "请审核人按时登录平台审核报送；如有困难，请与县科协联系。",
        ),
        (
            "2023-10-13 09:00",
            None,
            "ENDORSING",
            "县教委：2023年第三季度季报2023年10月10日24时截止，已逾期 3 天，已送单位审核人，尚未报送，"
            "再次提醒审核人尽快登录平台审核报送；如有困难，请与县科协联系。",
        ),
    ],
)
def test_the_words(at, extended_to, status, text):
    own = {"due_at": moment("2023-10-10 23:59"), "extended_to": extended_to, "status": status}
    assert worded(template(Quarter()), unit="县教委", at=moment(at), **own) == text
