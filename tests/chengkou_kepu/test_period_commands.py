"""Opening and closing a quarter from the command line."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from departments.models import AuditRecord
from tasks.models import ReportingPeriod
from tests.factories import make_period, make_plan, make_report, moment

pytestmark = pytest.mark.django_db

NAME = "城口县科学素质实施方案"


def run(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue().strip()


def refusal(*args, **options):
    with pytest.raises(CommandError) as caught:
        call_command(*args, **options)
    assert caught.value.returncode == 1
    return str(caught.value)


def periods(plan):
    return list(plan.periods.values_list("year", "quarter", "opens_at", "due_at", "closed_at"))


def verbs():
    return list(AuditRecord.objects.order_by("pk").values_list("verb", "subject", "by"))


def test_opens_the_quarter_with_its_statutory_deadline():
    plan = make_plan()

    said = run("open_period", "2023Q3", at="2023-10-01T08:30")

    assert said == f"{NAME}：2023年第三季度已开放填报，2023年10月10日24时截止。"
    due_at = moment("2023-10-10 23:59").replace(second=59)
    assert periods(plan) == [(2023, 3, moment("2023-10-01 08:30"), due_at, None)]
    assert verbs() == [("开放填报", f"{NAME} 2023年第三季度", None)]


def test_a_given_deadline_ends_with_its_day():
    plan = make_plan()

    said = run("open_period", "2023Q3", at="2023-10-01", due="2023-10-20")

    assert said == f"{NAME}：2023年第三季度已开放填报，2023年10月20日24时截止。"
    assert plan.periods.get().due_at == moment("2023-10-20 23:59").replace(second=59)


def test_opening_again_changes_nothing():
    plan = make_plan()
    run("open_period", "2023Q3", at="2023-10-01")
    before = periods(plan), verbs()

    said = run("open_period", "2023Q3", at="2023-10-05", due="2023-10-20")

    assert said == f"{NAME}：2023年第三季度此前已开放填报，没有改动，2023年10月10日24时截止。"
    assert (periods(plan), verbs()) == before


def test_the_plan_of_that_day_is_meant_unless_another_is_named():
    earlier = make_plan("early", title="前一方案", starts_on=date(2016, 1, 1), ends_on=date(2020, 12, 31))
    make_plan()

    run("open_period", "2019Q4", at="2020-01-02")
    run("open_period", "2020Q1", at="2023-10-01", plan="early")

    assert list(ReportingPeriod.objects.values_list("plan", "year", "quarter")) == [
        (earlier.pk, 2019, 4),
        (earlier.pk, 2020, 1),
    ]


@pytest.mark.parametrize(
    ("code", "options", "sentence"),
    [
        ("2023-3", {}, "季度写法应如 2023Q1，不能是“2023-3”。"),
        ("2019Q4", {}, "2019年第四季度不在方案期内。"),
        ("2023Q3", {"plan": "wuxi"}, "没有标识为 wuxi 的方案。"),
        ("2023Q3", {"due": "2023-09-30"}, "截止日期应晚于开放时间。"),
        ("2023Q3", {"due": "10月20日"}, "日期写法应如 2023-10-20，不能是“10月20日”。"),
        ("2025Q4", {}, "2025年第四季度还没有开始，自2025年10月1日起可以开放填报。"),
        ("2023Q3", {"due": "9999-12-31"}, "年份应在2000年至2099年之间，不能是“9999-12-31”。"),
        ("2023Q3", {"at": "昨天"}, "时间写法应如 2023-10-09 或 2023-10-09T16:30，不能是“昨天”。"),
    ],
)
def test_what_cannot_be_opened_is_refused(code, options, sentence):
    plan = make_plan()

    assert refusal("open_period", code, **{"at": "2023-10-01"} | options) == sentence
    assert periods(plan) == []


COMMANDS = {
    "open_period": ["2023Q3"],
    "close_period": ["2023Q3"],
    "freeze_period": ["2023Q3"],
    "send_reminders": [],
    "sweep_evidence": [],
    "load_demo": [],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("0001-01-01", "年份应在2000年至2099年之间，不能是“0001-01-01”。"),
        ("9999-12-31", "年份应在2000年至2099年之间，不能是“9999-12-31”。"),
        ("2025-02-30", "时间写法应如 2023-10-09 或 2023-10-09T16:30，不能是“2025-02-30”。"),
        ("2023年10月9日", "时间写法应如 2023-10-09 或 2023-10-09T16:30，不能是“2023年10月9日”。"),
        ("", "时间写法应如 2023-10-09 或 2023-10-09T16:30，不能是“”。"),
    ],
)
def test_a_time_that_is_none_is_refused_by_every_command(plan, command, at, sentence):
    assert refusal(command, *COMMANDS[command], at=at) == sentence


def test_a_quarter_can_be_opened_from_its_first_day(plan):
    told = "2023年第四季度还没有开始，自2023年10月1日起可以开放填报。"
    assert refusal("open_period", "2023Q4", at="2023-09-30T23:59") == told
    assert run("open_period", "2023Q4", at="2023-10-01").startswith(f"{NAME}：2023年第四季度已开放填报，")


def test_without_any_plan_the_way_to_one_is_named():
    assert refusal("open_period", "2023Q3") == "还没有方案，请先用 import_plan 导入。"


def test_closes_the_quarter_once():
    plan = make_plan()
    make_period(plan, "2023Q3")

    first = run("close_period", "2023Q3", at="2023-10-11T09:00")
    second = run("close_period", "2023Q3", at="2023-10-12")

    assert first == f"{NAME}：2023年第三季度已截止填报。"
    assert second == f"{NAME}：2023年第三季度此前已截止填报，没有改动。"
    assert plan.periods.get().closed_at == moment("2023-10-11 09:00")
    assert verbs() == [("截止填报", f"{NAME} 2023年第三季度", None)]


def test_what_is_not_open_or_archived_cannot_be_closed():
    plan = make_plan()
    make_period(plan, "2023Q2", frozen_at=moment("2023-08-01 09:00"))

    assert refusal("close_period", "2023Q3", at="2023-10-11") == "2023年第三季度没有开放过填报。"
    assert refusal("close_period", "2023Q2", at="2023-10-11") == "2023年第二季度已定稿归档，不能再改。"


def test_a_deadline_reckoned_without_the_years_holidays_is_said_to_be():
    make_plan("later", starts_on=date(2026, 1, 1), ends_on=date(2030, 12, 31))

    said = run("open_period", "2026Q4", at="2026-12-31")

    assert said == (
        f"{NAME}：2026年第四季度已开放填报，2027年1月11日24时截止。"
        "2027年放假安排尚未公布，截止日期暂按周末推算。"
    )


def test_closing_says_which_units_are_left_with_their_own_approver(period, units):
    make_report(period, units.nongye, status="ENDORSING", first_submitted_at=None)
    make_report(period, units.jiaowei, status="DRAFT")
    said = run("close_period", "2023Q3", at="2023-10-12")
    assert said == (f"{NAME}：2023年第三季度已截止填报。仍在单位审核中，其审核人还可以报送：县农业农村委。")
