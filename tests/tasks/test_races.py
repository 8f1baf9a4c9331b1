"""Two or twenty at once on PostgreSQL: one wins, nothing is lost, the losers are told.

Each race has its control: with the guard taken away, the fault that it prevents is there.
"""

import threading

import pytest
from django.db import connection, transaction

from chengkou_kepu.freezing import freeze_quarter
from departments.models import Role
from tasks import closing, drafting, workflow
from tasks.drafting import LineInput
from tasks.models import (
    CloseOut,
    Evidence,
    FrozenQuarter,
    ProgressEntry,
    QuarterlyReport,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
)
from tasks.models.closing import POINTS
from tasks.periods import open_period
from tasks.refusals import Outdated, Refused
from tasks.standing import PlanStanding
from tests import factories
from tests.factories import lead_values, moment
from tests.files import upload_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT = moment("2023-10-09 10:00")
IN_JANUARY = moment("2024-01-02 09:00")


def at_once(*deeds):
    """What each deed returned or the exception it raised, all begun at the same moment in threads of their own."""
    start, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place, deed):
        try:
            start.wait(timeout=20)
            results[place] = deed()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.fixture
def without_lock(monkeypatch):
    """Take the row lock away and let `count` threads all read before any of them writes."""

    def take_away(module, count):
        everybody_has_read = threading.Barrier(count)

        def read(period, **which):
            reports = QuarterlyReport.objects.select_related("period__plan__region", "department")
            report = reports.filter(period=period, **which).first()
            everybody_has_read.wait(timeout=20)
            return report

        monkeypatch.setattr(module, "locked_report", read)

    return take_away


@pytest.fixture
def complete(period, units, cast):
    """县教委's complete draft; the unit has no approver."""
    report = factories.fill(period, units.jiaowei, by=cast.jiaowei, at=AT)
    return QuarterlyReport.objects.get(pk=report.pk)


@pytest.fixture
def submitted(complete, cast):
    return workflow.submit(complete, by=cast.jiaowei, at=AT, version=complete.version)


def submitting(report, user):
    return lambda: workflow.submit(report, by=user, at=AT, version=report.version).status


def kinds(results):
    """How often each status, exception class or outcome came back."""
    names = [type(r).__name__ if isinstance(r, Exception) else r for r in results]
    return {name: names.count(name) for name in names}


# Twenty identical submissions


def test_twenty_identical_submissions_are_one_event(complete, cast):
    results = at_once(*[submitting(complete, cast.jiaowei)] * 20)
    assert kinds(results) == {"SUBMITTED": 1, "Outdated": 19}
    refused = {str(r) for r in results if isinstance(r, Outdated)}
    assert refused == {"jiaowei已于10月09日10:00报送，请核对最新内容后再操作。"}
    assert list(ReportEvent.objects.values_list("verb", "from_status", "to_status")) == [
        ("SUBMIT", "DRAFT", "SUBMITTED")
    ]
    assert QuarterlyReport.objects.get().version == complete.version + 1


def test_control_without_the_lock_there_are_twenty_events(complete, cast, without_lock):
    without_lock(workflow, 20)
    assert kinds(at_once(*[submitting(complete, cast.jiaowei)] * 20)) == {"SUBMITTED": 20}
    assert ReportEvent.objects.count() == 20


# Accepted and returned at once


def accepting_and_returning(report, cast):
    review = {"at": AT, "version": report.version}
    return (
        lambda: workflow.accept(report, by=cast.kexie, **review).status,
        lambda: workflow.return_report(report, by=cast.zhengfuban, reason="数据不符", **review).status,
    )


def test_accepted_and_returned_at_once_exactly_one_wins(submitted, cast):
    results = at_once(*accepting_and_returning(submitted, cast))
    won = [r for r in results if not isinstance(r, Exception)]
    assert (len(won), [type(r) for r in results if isinstance(r, Exception)]) == (1, [Outdated])
    assert [QuarterlyReport.objects.get().status] == won
    assert [e.to_status for e in ReportEvent.objects.exclude(verb="SUBMIT")] == won


def test_control_without_the_lock_it_is_accepted_and_returned(submitted, cast, without_lock):
    without_lock(workflow, 2)
    assert at_once(*accepting_and_returning(submitted, cast)) == ["ACCEPTED", "RETURNED"]
    assert ReportEvent.objects.filter(from_status="SUBMITTED").count() == 2


# Two savers of one line


def saving(period, unit, user, text):
    """Save the text into task 3's line as the page of a user who saw it empty."""

    def save():
        line = Responsibility.objects.get(department=unit, task__number=3)
        with transaction.atomic():
            report = drafting.begin_report(period, unit, by=user, at=AT)
            typed = [LineInput(line.pk, 0, lead_values(40, progress=text))]
            outcome = drafting.save_lines(report, typed, by=user, at=AT)
        return "conflict" if outcome.conflicts else text

    return save


def both_save(period, units, cast):
    """Two reporters of 县教委 at one line: what came of it, and the texts that are stored."""
    colleague = factories.make_user("jiaowei2", (Role.REPORTER, units.jiaowei))
    results = at_once(
        saving(period, units.jiaowei, cast.jiaowei, "甲稿"), saving(period, units.jiaowei, colleague, "乙稿")
    )
    return sorted(results), list(ProgressEntry.objects.values_list("progress", flat=True))


@pytest.mark.parametrize("begun", [True, False], ids=["report is there", "report is made by the first"])
def test_of_two_savers_of_one_line_one_gets_a_conflict(begun, period, units, cast):
    if begun:
        QuarterlyReport.objects.create(period=period, department=units.jiaowei)
    results, (stored,) = both_save(period, units, cast)
    assert results == sorted(["conflict", stored])
    assert (QuarterlyReport.objects.count(), QuarterlyReport.objects.get().version) == (1, 1)


def test_control_without_the_lock_one_text_is_lost(period, units, cast, without_lock, monkeypatch):
    QuarterlyReport.objects.create(period=period, department=units.jiaowei)
    without_lock(drafting, 2)
    both_have_read, merge = threading.Barrier(2), drafting.merge

    def merge_what_both_have_read(typed, *, by, at):
        both_have_read.wait(timeout=20)
        return merge(typed, by=by, at=at)

    monkeypatch.setattr(drafting, "merge", merge_what_both_have_read)
    results, stored = both_save(period, units, cast)
    assert (results, len(stored)) == (["乙稿", "甲稿"], 1)


def test_control_without_the_version_check_one_text_is_lost(period, units, cast, monkeypatch):
    merge = drafting.merge

    def merge_whatever_was_seen(typed, *, by, at):
        return merge([(key, row, row.version, values) for key, row, _, values in typed], by=by, at=at)

    monkeypatch.setattr(drafting, "merge", merge_whatever_was_seen)
    results, stored = both_save(period, units, cast)
    assert (results, len(stored)) == (["乙稿", "甲稿"], 1)


# Saved and submitted at once


def test_saved_and_submitted_at_once_nothing_goes_out_unseen(complete, period, units, cast):
    seen = ProgressEntry.objects.get()

    def save():
        with transaction.atomic():
            report = drafting.begin_report(period, units.jiaowei, by=cast.jiaowei, at=AT)
            typed = [LineInput(seen.responsibility_id, seen.version, lead_values(50))]
            drafting.save_lines(report, typed, by=cast.jiaowei, at=AT)
        return "saved"

    saved, sent = at_once(save, submitting(complete, cast.jiaowei))
    filed = (QuarterlyReport.objects.get().status, ProgressEntry.objects.get().completion)
    if saved == "saved":
        assert (type(sent), filed) == (Outdated, ("DRAFT", 50))
    else:
        assert (type(saved), sent, filed) == (Refused, "SUBMITTED", ("SUBMITTED", 40))


# Periods and close-outs


def test_one_quarter_is_opened_once(plan, period, cast):
    def opening():
        return open_period(plan, 2023, 4, by=cast.kexie, at=IN_JANUARY).code

    assert kinds(at_once(*[opening] * 8)) == {"2023Q4": 8}
    assert ReportingPeriod.objects.filter(quarter=4, year=2023).count() == 1


def test_one_task_is_applied_for_once(plan, period, units, cast):
    factories.make_report(period, units.jiaowei, completions={3: 100})

    def applying():
        return closing.apply_for_close_out(
            plan.tasks.get(number=3),
            period=period,
            department=units.jiaowei,
            summary="全部完成",
            files=[upload_of("验收.pdf")],
            by=cast.jiaowei,
            at=AT,
        ).status

    assert kinds(at_once(*[applying] * 8)) == {"APPLIED": 1, "Refused": 7}
    assert (CloseOut.objects.count(), Evidence.objects.count()) == (1, 1)


def test_verified_and_refused_at_once_exactly_one_wins(plan, period, units, cast):
    close_out = CloseOut.objects.create(
        task=plan.tasks.get(number=3),
        period=period,
        department=units.jiaowei,
        summary="全部完成",
        applied_by=cast.jiaowei,
        applied_at=AT,
    )
    results = at_once(
        lambda: closing.verify(close_out, points=POINTS, by=cast.kexie, at=AT).status,
        lambda: closing.refuse(close_out, by=cast.zhengfuban, at=AT, reason="佐证不足").status,
    )
    won = [r for r in results if not isinstance(r, Exception)]
    assert [type(r) for r in results if isinstance(r, Exception)] == [Refused]
    assert [CloseOut.objects.get().status] == won


# Freezing while returns move


@pytest.fixture
def closing_in(submitted, period):
    """The quarter of 县教委's submitted return, closed; the return is the only one."""
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=AT)
    return submitted


def stored_figure(period):
    """What the frozen quarter stored of task 3; None where it is not frozen."""
    frozen = FrozenQuarter.objects.filter(period=period).first()
    if frozen is None:
        return "not frozen"
    standing = frozen.read("standing", PlanStanding)
    return next(t.completion for t in standing.tasks if t.number == 3)


def let_verb_go_first(monkeypatch, moves):
    """The verb has looked at the period when freezing begins; it writes once freezing waits for it, or is over."""
    looked = threading.Event()
    move = workflow._move

    def move_late(*args, **kwargs):
        looked.set()
        moves.wait(timeout=2)
        return move(*args, **kwargs)

    monkeypatch.setattr(workflow, "_move", move_late)
    return looked


def freezing_after(looked, period, moves):
    def freeze():
        looked.wait(timeout=20)
        try:
            return freeze_quarter(period, by=None, at=AT).rule_version
        finally:
            moves.set()

    return freeze


def test_a_return_reopened_while_the_quarter_is_frozen_is_in_or_refused(
    closing_in, period, cast, monkeypatch
):
    """Reopening holds the period: freezing waits for it, and stores what is true then."""
    accepted = workflow.accept(closing_in, by=cast.kexie, at=AT, version=closing_in.version)
    moves = threading.Event()
    looked = let_verb_go_first(monkeypatch, moves)

    def reopen():
        asked = {"by": cast.kexie, "at": AT, "version": accepted.version, "reason": "数据有误"}
        return workflow.reopen(accepted, **asked).status

    assert at_once(reopen, freezing_after(looked, period, moves)) == ["RETURNED", 1]
    assert (stored_figure(period), QuarterlyReport.objects.get().status) == (None, "RETURNED")


def test_control_without_holding_the_period_the_archive_keeps_what_no_longer_is(
    closing_in, period, cast, monkeypatch
):
    accepted = workflow.accept(closing_in, by=cast.kexie, at=AT, version=closing_in.version)
    monkeypatch.setattr(ReportingPeriod, "hold", lambda self: None)
    moves = threading.Event()
    looked = let_verb_go_first(monkeypatch, moves)

    def reopen():
        asked = {"by": cast.kexie, "at": AT, "version": accepted.version, "reason": "数据有误"}
        return workflow.reopen(accepted, **asked).status

    assert at_once(reopen, freezing_after(looked, period, moves)) == ["RETURNED", 1]
    assert (stored_figure(period), QuarterlyReport.objects.get().status) == (40, "RETURNED")


def test_a_return_submitted_while_the_quarter_is_frozen_keeps_it_from_being_frozen(
    closing_in, period, cast, monkeypatch
):
    workflow.return_report(closing_in, by=cast.kexie, at=AT, version=closing_in.version, reason="请补正")
    returned = QuarterlyReport.objects.get()
    moves = threading.Event()
    looked = let_verb_go_first(monkeypatch, moves)
    sent, froze = at_once(submitting(returned, cast.jiaowei), freezing_after(looked, period, moves))
    assert (sent, type(froze)) == ("SUBMITTED", Refused)
    assert stored_figure(period) == "not frozen"


def test_control_without_holding_the_period_a_submitted_return_is_locked_in(
    closing_in, period, cast, monkeypatch
):
    workflow.return_report(closing_in, by=cast.kexie, at=AT, version=closing_in.version, reason="请补正")
    returned = QuarterlyReport.objects.get()
    monkeypatch.setattr(ReportingPeriod, "hold", lambda self: None)
    moves = threading.Event()
    looked = let_verb_go_first(monkeypatch, moves)
    results = at_once(submitting(returned, cast.jiaowei), freezing_after(looked, period, moves))
    assert results == ["SUBMITTED", 1]
    assert (QuarterlyReport.objects.get().status, stored_figure(period)) == ("SUBMITTED", None)


def test_accepted_and_frozen_at_once_is_stored_or_refused(closing_in, period, cast):
    accept = {"by": cast.kexie, "at": AT, "version": closing_in.version}
    results = at_once(
        lambda: workflow.accept(closing_in, **accept).status,
        lambda: freeze_quarter(period, by=None, at=AT).rule_version,
    )
    assert results[0] == "ACCEPTED"
    assert stored_figure(period) == (40 if results[1] == 1 else "not frozen")
    assert results[1] == 1 or isinstance(results[1], Refused)


def test_one_quarter_is_frozen_once(plan, baseline):
    def freezing():
        return freeze_quarter(baseline, by=None, at=AT).pk

    assert list(kinds(at_once(*[freezing] * 6)).values()) == [6]
    assert FrozenQuarter.objects.count() == 1
