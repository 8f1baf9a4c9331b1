"""Saving the lines of a return: what is kept, who wins, and how many queries it costs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from departments.models import Role
from tasks.drafting import LINE_FIELDS, Conflict, LineInput, SaveOutcome, begin_report, save_lines
from tasks.models import ProgressEntry, QuarterlyReport, ReportEvent, ReportingPeriod, Responsibility
from tasks.refusals import NotAllowed, Refused
from tests import factories
from tests.factories import lead_values, moment

AT = moment("2023-10-08 09:20")
LATER = moment("2023-10-08 10:05")
Status = QuarterlyReport.Status
EMPTY_LINE = {
    "stage": "",
    "completion": None,
    "no_change": False,
    "no_change_reason": "",
    "fall_reason": "",
    "progress": "",
    "results": "",
    "problems": "",
    "next_steps": "",
    "activities": None,
    "people_reached": None,
    "people_trained": None,
    "funds": None,
}


def responsibility(unit, number):
    return Responsibility.objects.get(department=unit, task__number=number)


def line(unit, number, version=0, **values):
    return LineInput(responsibility(unit, number).pk, version, values)


def stored(unit, number):
    """The values of the unit's line in 2023Q3, its version and who typed it when."""
    values = ProgressEntry.objects.values(*LINE_FIELDS, "version", "updated_by__username", "updated_at")
    return values.get(
        responsibility=responsibility(unit, number), report__period__year=2023, report__period__quarter=3
    )


@pytest.fixture
def nongye(units):
    return units.nongye


@pytest.fixture
def report(period, nongye, cast):
    return begin_report(period, nongye, by=cast.nongye, at=AT)


# Beginning a return


def test_the_first_writing_makes_the_draft_and_the_second_finds_it(period, nongye, cast):
    first = begin_report(period, nongye, by=cast.nongye, at=AT)
    second = begin_report(period, nongye, by=cast.nongye, at=LATER)
    assert (first.pk, first.status, first.version, first.first_submitted_at) == (second.pk, "DRAFT", 0, None)
    assert (QuarterlyReport.objects.count(), ReportEvent.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    "name", ["nongye_sh", "jiaowei", "kexie_tb", "lingdao", "outsider", "sysadmin", "shenji"]
)
def test_nobody_begins_a_foreign_return(name, period, nongye, cast):
    with pytest.raises(NotAllowed, match="只有本单位填报人可以填报。"):
        begin_report(period, nongye, by=getattr(cast, name), at=AT)
    assert not QuarterlyReport.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"opens_at": AT + timedelta(seconds=1)}, "2023年第三季度尚未开放填报。"),
        ({"closed_at": AT}, "2023年第三季度已截止填报。"),
        ({"closed_at": AT, "frozen_at": AT}, "2023年第三季度已定稿归档，不能再填报。"),
    ],
)
def test_no_return_is_begun_where_the_period_takes_none(fields, sentence, period, nongye, cast):
    ReportingPeriod.objects.filter(pk=period.pk).update(**fields)
    with pytest.raises(Refused) as refused:
        begin_report(period, nongye, by=cast.nongye, at=AT)
    assert (str(refused.value), QuarterlyReport.objects.count()) == (sentence, 0)


def test_the_coordinator_begins_one_for_a_unit_after_closing_but_not_after_archiving(period, nongye, cast):
    period.closed_at = AT
    period.save()
    report = begin_report(period, nongye, by=cast.kexie, at=LATER)
    assert save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.kexie, at=LATER).saved
    period.frozen_at = LATER
    period.save()
    with pytest.raises(Refused, match="已定稿归档"):
        begin_report(period, nongye, by=cast.kexie, at=LATER)


def test_the_coordinator_keeps_off_what_the_unit_has_begun(report, period, nongye, cast):
    save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.nongye, at=AT)
    with pytest.raises(NotAllowed):
        begin_report(period, nongye, by=cast.kexie, at=LATER)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.ENDORSING, "季报正由本单位审核人审核，不能修改；需要修改的，请先收回或退回修改。"),
        (Status.SUBMITTED, "季报已报送县科协，不能修改；审核前需要修改的，请先撤回。"),
        (Status.ACCEPTED, "季报已审核通过，不能修改；确需更正的，请县科协重新打开。"),
    ],
)
def test_a_return_under_way_is_not_written_to(status, sentence, period, nongye, cast):
    factories.make_report(period, nongye, status=status)
    with pytest.raises(Refused) as refused:
        begin_report(period, nongye, by=cast.nongye, at=AT)
    assert str(refused.value) == sentence


def test_what_was_returned_may_be_corrected_after_closing(period, nongye, cast):
    report = factories.make_report(period, nongye, status=Status.RETURNED, completions={1: 40})
    period.closed_at = AT
    period.save()
    with pytest.raises(Refused, match="已截止填报"):
        begin_report(period, nongye, by=cast.nongye, at=LATER)
    ReportEvent.objects.create(
        report=report, verb="RETURN", from_status="SUBMITTED", to_status="RETURNED", by=cast.kexie, at=AT
    )
    assert begin_report(period, nongye, by=cast.nongye, at=LATER).pk == report.pk


# What is kept


def test_a_lead_line_is_kept_whole_and_raises_the_reports_version(report, nongye, cast):
    typed = lead_values(40, results="受益农户120户", people_trained=320, funds=Decimal("1.50"))
    outcome = save_lines(report, [line(nongye, 1, **typed)], by=cast.nongye, at=AT)
    assert outcome == SaveOutcome({responsibility(nongye, 1).pk: 1})
    assert stored(nongye, 1) == EMPTY_LINE | typed | {
        "version": 1,
        "updated_by__username": "nongye",
        "updated_at": AT,
    }
    assert (report.version, QuarterlyReport.objects.get().version) == (1, 1)


def test_saving_again_changes_the_same_line_and_only_what_was_typed(report, nongye, cast):
    save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.nongye, at=AT)
    pk = ProgressEntry.objects.get().pk
    save_lines(report, [line(nongye, 1, version=1, problems="经费不足")], by=cast.nongye, at=LATER)
    assert ProgressEntry.objects.get().pk == pk
    assert stored(nongye, 1) == EMPTY_LINE | lead_values(40) | {
        "problems": "经费不足",
        "version": 2,
        "updated_by__username": "nongye",
        "updated_at": LATER,
    }


def test_equal_lines_are_left_alone(report, nongye, cast):
    typed = lead_values(40, funds=Decimal("1.50"))
    save_lines(report, [line(nongye, 1, **typed)], by=cast.nongye, at=AT)
    before = stored(nongye, 1)
    same = lead_values(40, funds=Decimal("1.5"))
    assert save_lines(report, [line(nongye, 1, **same)], by=cast.nongye, at=LATER) == SaveOutcome()
    assert (stored(nongye, 1), report.version) == (before, 1)


def test_an_empty_line_is_not_stored(report, nongye, cast):
    assert save_lines(report, [line(nongye, 1, **EMPTY_LINE)], by=cast.nongye, at=AT) == SaveOutcome()
    assert (ProgressEntry.objects.count(), report.version) == (0, 0)


def test_several_lines_raise_the_reports_version_once(report, nongye, cast):
    lines = [line(nongye, 1, **lead_values(40)), line(nongye, 2, **lead_values(100))]
    outcome = save_lines(report, lines, by=cast.nongye, at=AT)
    assert outcome == SaveOutcome({r.responsibility_id: 1 for r in lines})
    assert QuarterlyReport.objects.get().version == 1


def test_supporters_state_no_percentage(report, nongye, cast):
    typed = lead_values(40, no_change=True, no_change_reason="无", activities=3)
    save_lines(report, [line(nongye, 3, **typed)], by=cast.nongye, at=AT)
    kept = {name: stored(nongye, 3)[name] for name in LINE_FIELDS}
    assert kept == EMPTY_LINE | {"progress": "举办培训班3期。", "activities": 3}


def test_a_foreign_line_is_refused_with_all_the_others(report, nongye, units, cast):
    lines = [line(nongye, 1, **lead_values(40)), line(units.jiaowei, 3, **lead_values(40))]
    with pytest.raises(NotAllowed, match="其中有不属于本单位的工作。"):
        save_lines(report, lines, by=cast.nongye, at=AT)
    assert (ProgressEntry.objects.count(), report.version) == (0, 0)


@pytest.mark.parametrize(
    "fields",
    [{"valid_to": moment("2023-09-29 00:00").date()}, {"valid_from": moment("2023-10-01 00:00").date()}],
    ids=["ended before the quarter's last day", "begins after it"],
)
def test_a_line_not_in_force_on_the_last_day_is_refused(fields, report, nongye, cast):
    typed = [line(nongye, 1, **lead_values(40))]
    Responsibility.objects.filter(department=nongye, task__number=1).update(**fields)
    with pytest.raises(NotAllowed):
        save_lines(report, typed, by=cast.nongye, at=AT)


def test_a_line_of_another_plan_is_refused(report, nongye, cast):
    other = factories.make_plan("chengkou-2026-2030")
    task = factories.make_task(other, 1, leads=[nongye])
    foreign = LineInput(task.responsibilities.get().pk, 0, lead_values(40))
    with pytest.raises(NotAllowed):
        save_lines(report, [foreign], by=cast.nongye, at=AT)


# 本季度无新进展


def test_no_change_states_no_completion_of_its_own(plan, report, nongye, cast):
    factories.make_report(factories.make_period(plan, "2023Q2"), nongye, completions={1: 35})
    typed = lead_values(90, no_change=True, no_change_reason="冬闲后实施")
    save_lines(report, [line(nongye, 1, **typed)], by=cast.nongye, at=AT)
    saved = stored(nongye, 1)
    assert (saved["stage"], saved["completion"], saved["no_change"]) == ("", None, True)


def test_what_stood_before_a_quarter_is_the_last_accepted_figure(plan, period, nongye):
    """Q1 states 20 and is accepted, Q2 no change, accepted; Q4 comes later."""
    first, second = factories.make_period(plan, "2023Q1"), factories.make_period(plan, "2023Q2")
    factories.make_report(first, nongye, completions={1: 20})
    factories.make_report(second, nongye, completions={1: 1, 2: 1}).entries.update(
        completion=None, stage="", no_change=True, no_change_reason="冬闲后实施"
    )
    factories.make_report(factories.make_period(plan, "2023Q4"), nongye, completions={1: 60})
    lines = [responsibility(nongye, n) for n in (1, 2)]
    before = ProgressEntry.objects.latest_accepted_before(period, lines)
    assert [(before[r.pk].told, before[r.pk].stands_at, before[r.pk].stands_since) for r in lines] == [
        ("无新进展：冬闲后实施", 20, first),
        ("无新进展：冬闲后实施", 0, second),
    ]


# Two people at one line


@pytest.fixture
def colleague(nongye):
    return factories.make_user("nongye2", (Role.REPORTER, nongye), name="陈刚")


def test_the_later_of_two_gets_a_conflict_and_nothing_is_lost(report, nongye, cast, colleague):
    save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.nongye, at=AT)
    outcome = save_lines(
        report, [line(nongye, 1, **lead_values(55, progress="举办培训班4期。"))], by=colleague, at=LATER
    )
    shown = (("进度（%）", "40"), ("本季进展", "举办培训班3期。"))
    assert outcome == SaveOutcome(conflicts=(Conflict(responsibility(nongye, 1).pk, "王琳", AT, 1, shown),))
    assert (stored(nongye, 1)["completion"], report.version) == (40, 1)


def test_a_conflict_on_one_line_does_not_keep_the_others(report, nongye, cast, colleague):
    save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.nongye, at=AT)
    mine = [line(nongye, 1, **lead_values(55)), line(nongye, 2, **lead_values(20))]
    outcome = save_lines(report, mine, by=colleague, at=LATER)
    assert outcome.saved == {responsibility(nongye, 2).pk: 1}
    assert [conflict.key for conflict in outcome.conflicts] == [responsibility(nongye, 1).pk]
    assert (stored(nongye, 2)["completion"], report.version) == (20, 2)


def test_a_conflict_reads_as_words(report, nongye, cast, colleague):
    typed = {"stage": "NOT_STARTED", "completion": 0, "no_change": True, "no_change_reason": "未立项"}
    save_lines(report, [line(nongye, 1, **typed)], by=cast.nongye, at=AT)
    mine = lead_values(30, no_change=False, no_change_reason="", funds=Decimal(2))
    (conflict,) = save_lines(report, [line(nongye, 1, **mine)], by=colleague, at=LATER).conflicts
    assert conflict.shown == (
        ("状态", "（空）"),
        ("进度（%）", "（空）"),
        ("本季进展", "（空）"),
        ("本季度无新进展", "是"),
        ("无新进展原因", "未立项"),
        ("投入资金（万元）", "（空）"),
    )


def test_typing_the_same_is_no_conflict(report, nongye, cast, colleague):
    save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.nongye, at=AT)
    assert save_lines(report, [line(nongye, 1, **lead_values(40))], by=colleague, at=LATER) == SaveOutcome()


def test_upon_the_version_of_the_other_the_line_is_replaced(report, nongye, cast, colleague):
    save_lines(report, [line(nongye, 1, **lead_values(40))], by=cast.nongye, at=AT)
    outcome = save_lines(report, [line(nongye, 1, version=1, **lead_values(55))], by=colleague, at=LATER)
    assert outcome == SaveOutcome({responsibility(nongye, 1).pk: 2})
    assert stored(nongye, 1)["updated_by__username"] == "nongye2"


# Cost


@pytest.mark.parametrize("count", [1, 5, 38])
def test_any_number_of_lines_costs_the_same_queries(count, plan, period, units, django_assert_num_queries):
    for number in range(100, 100 + count):
        factories.make_task(plan, number, leads=[units.kexie])
    reporter = factories.make_user("busy", (Role.REPORTER, units.kexie))
    numbers = range(100, 100 + count)
    new = [line(units.kexie, n, **lead_values(40)) for n in numbers]
    changed = [line(units.kexie, n, version=1, **lead_values(50)) for n in numbers]
    with transaction.atomic():
        report = begin_report(period, units.kexie, by=reporter, at=AT)
        for lines, version in ((new, 1), (changed, 2)):
            with django_assert_num_queries(4):
                outcome = save_lines(report, lines, by=reporter, at=AT)
            assert outcome == SaveOutcome({typed.responsibility_id: version for typed in lines})
    assert ProgressEntry.objects.filter(version=2, completion=50).count() == count


def test_finding_the_return_costs_the_same_whatever_stands_in_it(
    period, nongye, cast, django_assert_num_queries
):
    factories.fill(period, nongye, by=cast.nongye, at=AT)
    with transaction.atomic(), django_assert_num_queries(2):
        begin_report(period, nongye, by=cast.nongye, at=LATER)
