"""Which lines a return holds, and which of them stop its submission."""

from datetime import date

import pytest

from tasks.completeness import lacking, missing_lines, report_lines
from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.factories import moment

AT = moment("2023-10-08 09:00")


@pytest.fixture
def report(period, units):
    return QuarterlyReport.objects.create(period=period, department=units.nongye)


def fill(report, number, **values):
    line = Responsibility.objects.get(department=report.department, task__number=number)
    return ProgressEntry.objects.create(report=report, responsibility=line, **values)


def shown(report):
    """[(task number, role, required, missing)] in order."""
    return [
        (line.responsibility.task.number, line.responsibility.role, line.required, line.missing)
        for line in report_lines(report)
    ]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"stage": "UNDER_WAY", "completion": 40, "progress": "举办培训班。"}, ()),
        ({"stage": "NOT_STARTED", "completion": 0, "progress": "尚未启动。"}, ()),
        ({"stage": "COMPLETED", "completion": 100, "progress": "全部完成。"}, ()),
        ({"completion": 40, "progress": "举办培训班。"}, ("stage",)),
        ({"stage": "UNDER_WAY", "progress": "举办培训班。"}, ("completion",)),
        ({"stage": "UNDER_WAY", "completion": 40}, ("progress",)),
        ({"stage": "UNDER_WAY", "completion": 40, "progress": " \n\t"}, ("progress",)),
        ({"no_change": True, "no_change_reason": "冬闲后实施"}, ()),
        ({"no_change": True, "no_change_reason": "  "}, ("no_change_reason",)),
        (
            {"no_change": True, "stage": "UNDER_WAY", "completion": 40, "progress": "举办。"},
            ("no_change_reason",),
        ),
        ({"no_change_reason": "冬闲后实施"}, ("completion", "stage", "progress")),
    ],
)
def test_what_a_line_lacks(values, wanted):
    assert lacking(ProgressEntry(**values)) == wanted


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"completion": 50}, ()),
        ({"completion": 51}, ()),
        ({"completion": 49}, ("fall_reason",)),
        ({"completion": 49, "fall_reason": " "}, ("fall_reason",)),
        ({"completion": 49, "fall_reason": "上季度按计划数误报，据实更正"}, ()),
        ({"completion": None, "stage": "", "no_change": True, "no_change_reason": "汛期停工"}, ()),
    ],
    ids=str,
)
def test_a_completion_below_the_last_accepted_one_wants_its_reason(
    values, wanted, baseline, report, units, cast
):
    factories.make_report(baseline, units.nongye, completions={1: 50}, by=cast.nongye)
    fill(report, 1, **{"stage": "UNDER_WAY", "progress": "举办培训班。"} | values)
    assert report_lines(report)[0].lacking == wanted


def test_an_absent_line_lacks_everything():
    assert lacking(None) == ("completion", "stage", "progress")


def test_leads_come_first_and_only_they_are_required(report):
    fill(report, 2, stage="UNDER_WAY", completion=40, progress="举办培训班。")
    assert shown(report) == [(1, "LEAD", True, True), (2, "LEAD", True, False), (3, "SUPPORT", False, False)]
    assert [r.task.number for r in missing_lines(report)] == [1]


def test_a_return_not_saved_yet_holds_its_lines_too(period, units):
    report = QuarterlyReport(period=period, department=units.jiaowei)
    assert shown(report) == [(3, "LEAD", True, True), (1, "SUPPORT", False, False)]


@pytest.mark.parametrize(
    ("status", "numbers"), [("VERIFIED", [2]), ("APPLIED", [1, 2]), ("REFUSED", [1, 2])], ids=str
)
def test_a_closed_out_task_needs_no_line(status, numbers, plan, period, units, cast, report):
    factories.make_close_out(plan.tasks.get(number=1), period, units.nongye, cast.kexie, status)
    assert [r.task.number for r in missing_lines(report)] == numbers


def test_a_later_close_out_does_not_excuse_an_earlier_quarter(plan, baseline, period, units, cast):
    factories.make_close_out(plan.tasks.get(number=1), period, units.nongye, cast.kexie)
    earlier = QuarterlyReport(period=baseline, department=units.nongye)
    assert [r.task.number for r in missing_lines(earlier)] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"valid_to": date(2023, 9, 29)}, [2]),
        ({"valid_to": date(2023, 9, 30)}, [1, 2]),
        ({"valid_from": date(2023, 9, 30)}, [1, 2]),
        ({"valid_from": date(2023, 10, 1)}, [2]),
    ],
)
def test_the_quarters_last_day_decides_which_lines_there_are(fields, numbers, report, units):
    Responsibility.objects.filter(department=units.nongye, task__number=1).update(**fields)
    assert [r.task.number for r in missing_lines(report)] == numbers


@pytest.mark.parametrize("count", [1, 38])
def test_lines_cost_three_queries(count, plan, report, units, django_assert_num_queries):
    for number in range(100, 100 + count):
        factories.make_task(plan, number, leads=[units.nongye])
    with django_assert_num_queries(3):
        lines = report_lines(report)
        numbers = [(line.responsibility.task.action.ordinal, line.missing) for line in lines]
    assert len(numbers) == count + 3
