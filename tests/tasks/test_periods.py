"""Opening, moving and closing quarters, by the coordinator or a command."""

from datetime import date, timedelta

import pytest

from departments.models import AuditRecord
from tasks.calendar import default_due_at, end_of
from tasks.extensions import ask_extension, grant
from tasks.models import ReportingPeriod
from tasks.periods import close_period, move_due, next_period, open_period, reopen_period
from tasks.refusals import NotAllowed, Refused
from tests import factories
from tests.factories import moment

AT = moment("2023-10-09 10:00")
PAST_DUE = moment("2023-10-11 09:00")
LATER = moment("2023-10-12 09:00")
IN_JANUARY = moment("2024-01-02 09:00")
STRANGERS = ["nongye", "nongye_sh", "kexie_tb", "lingdao", "outsider", "sysadmin", "shenji"]


def audited():
    return list(
        AuditRecord.objects.order_by("pk").values_list("verb", "subject", "by__username", "at", "detail")
    )


def refused(deed, *arguments, **named):
    """The refusal's class and sentence; nothing may have been written."""
    before = list(ReportingPeriod.objects.values()), audited()
    with pytest.raises(Refused) as refusal:
        deed(*arguments, **named)
    assert (list(ReportingPeriod.objects.values()), audited()) == before
    return type(refusal.value), str(refusal.value)


@pytest.mark.parametrize("name", ["kexie", None])
def test_a_quarter_is_opened_with_its_own_deadline(name, plan, period, cast):
    opened = open_period(plan, 2023, 4, by=name and cast.kexie, at=IN_JANUARY)
    stored = ReportingPeriod.objects.get(pk=opened.pk)
    assert (stored.code, stored.opens_at, stored.due_at) == ("2023Q4", IN_JANUARY, default_due_at(2023, 4))
    assert (stored.closed_at, stored.frozen_at) == (None, None)
    assert audited() == [("开放填报", "城口县科学素质实施方案 2023年第四季度", name, IN_JANUARY, "")]


def test_opening_again_changes_nothing(plan, period, cast):
    first = open_period(plan, 2023, 4, by=cast.kexie, at=IN_JANUARY)
    again = open_period(plan, 2023, 4, by=cast.kexie, at=IN_JANUARY + timedelta(days=1))
    assert (again.pk, again.opens_at, len(audited())) == (first.pk, IN_JANUARY, 1)


@pytest.mark.parametrize(
    ("at", "due_on"),
    [
        (moment("2024-01-10 23:59"), date(2024, 1, 10)),
        (moment("2024-01-11 08:00"), date(2024, 1, 22)),
        (moment("2024-03-01 08:00"), date(2024, 3, 11)),
    ],
    ids=["in time", "tenth day after is a Sunday's eve", "months later"],
)
def test_a_quarter_opened_after_its_deadline_gets_ten_days(at, due_on, plan, period, cast):
    assert open_period(plan, 2023, 4, by=cast.kexie, at=at).due_at == end_of(due_on)


def test_the_coordinator_may_set_the_deadline_on_opening(plan, period, cast):
    due_at = end_of(date(2024, 1, 15))
    assert open_period(plan, 2023, 4, by=cast.kexie, at=IN_JANUARY, due_at=due_at).due_at == due_at


@pytest.mark.parametrize(
    ("quarter", "sentence"),
    [
        ((2020, 4), "2020年第四季度不在方案期内。"),
        ((2026, 1), "2026年第一季度不在方案期内。"),
        ((2022, 3), "2022年第四季度是本方案的基线季度，不能补开更早的2022年第三季度。"),
    ],
)
def test_quarters_outside_the_plan_or_before_its_baseline_are_refused(quarter, sentence, plan, period, cast):
    assert refused(open_period, plan, *quarter, by=cast.kexie, at=IN_JANUARY) == (Refused, sentence)


@pytest.mark.parametrize("name", STRANGERS)
def test_only_the_coordinator_manages_periods(name, plan, period, cast):
    by = getattr(cast, name)
    refusal = (NotAllowed, "只有科协工作人员可以管理填报期。")
    assert refused(open_period, plan, 2023, 4, by=by, at=IN_JANUARY) == refusal
    assert refused(close_period, period, by=by, at=AT) == refusal
    assert refused(reopen_period, period, by=by, at=AT) == refusal
    assert refused(move_due, period, date(2023, 10, 13), by=by, at=AT) == refusal


def test_closing_and_taking_it_back(period, cast):
    close_period(period, by=cast.kexie, at=PAST_DUE)
    close_period(period, by=cast.kexie, at=LATER)
    period.refresh_from_db()
    assert (period.closed_at, period.is_open(AT)) == (PAST_DUE, False)
    reopen_period(period, by=cast.kexie, at=LATER)
    reopen_period(period, by=cast.kexie, at=LATER)
    period.refresh_from_db()
    assert (period.closed_at, period.is_open(AT)) == (None, True)
    subject = "城口县科学素质实施方案 2023年第三季度"
    assert audited() == [
        ("截止填报", subject, "kexie", PAST_DUE, ""),
        ("重新开放填报", subject, "kexie", LATER, ""),
    ]


def test_nobodys_time_is_cut_short_by_closing(period, units, cast):
    def refused(at):
        with pytest.raises(Refused) as refusal:
            close_period(period, by=cast.kexie, at=at)
        period.refresh_from_db()
        assert period.closed_at is None
        return str(refusal.value)

    assert refused(AT) == "2023年第三季度的截止日期是2023年10月10日，到期前不能截止；确需提前的，请先改期。"
    day = date(2023, 10, 20)
    asked = ask_extension(period, units.nongye, until=day, reason="核数", by=cast.nongye, at=AT)
    assert refused(PAST_DUE) == "县农业农村委的延期申请还没有答复，请先答复。"
    grant(asked, until=day, by=cast.zhengfuban, at=PAST_DUE)
    assert refused(PAST_DUE) == "已同意延期：县农业农村委至2023年10月20日，届满前不能截止。"
    close_period(period, by=cast.kexie, at=moment("2023-10-21 00:00"))


def test_moving_the_deadline(period, cast):
    move_due(period, date(2023, 10, 13), by=cast.kexie, at=AT)
    move_due(period, date(2023, 10, 13), by=cast.kexie, at=LATER)
    period.refresh_from_db()
    assert period.due_at == moment("2023-10-13 23:59") + timedelta(seconds=59)
    assert audited() == [
        (
            "调整截止日期",
            "城口县科学素质实施方案 2023年第三季度",
            "kexie",
            AT,
            "由2023-10-10改为2023-10-13",
        )
    ]


def test_the_deadline_stays_after_the_opening(period, cast):
    assert refused(move_due, period, date(2023, 9, 30), by=cast.kexie, at=AT) == (
        Refused,
        "截止日期应晚于开放时间。",
    )
    assert move_due(period, date(2023, 10, 1), by=cast.kexie, at=AT).due_at == end_of(date(2023, 10, 1))


def test_nothing_moves_in_an_archived_quarter(period, cast):
    period.frozen_at = AT
    period.save()
    refusal = (Refused, "2023年第三季度已定稿归档，不能再改。")
    assert refused(close_period, period, by=cast.kexie, at=LATER) == refusal
    assert refused(reopen_period, period, by=cast.kexie, at=LATER) == refusal
    assert refused(move_due, period, date(2023, 10, 13), by=cast.kexie, at=LATER) == refusal


@pytest.mark.parametrize(
    ("last", "following"),
    [(None, None), ("2022Q4", (2023, 1)), ("2023Q3", (2023, 4)), ("2025Q3", (2025, 4)), ("2025Q4", None)],
)
def test_the_quarter_that_comes_next(last, following, plan):
    if last:
        factories.make_period(plan, last)
    assert next_period(plan) == following


def test_the_first_period_is_the_baseline(plan, baseline, period):
    assert (baseline.is_baseline, period.is_baseline) == (True, False)
    other = factories.make_period(factories.make_plan("chengkou-2026-2030"), "2023Q3")
    assert other.is_baseline


@pytest.mark.parametrize(
    ("at", "is_open", "is_overdue"),
    [
        (moment("2023-10-01 00:00") - timedelta(seconds=1), False, False),
        (moment("2023-10-01 00:00"), True, False),
        (default_due_at(2023, 3), True, False),
        (default_due_at(2023, 3) + timedelta(seconds=1), True, True),
    ],
)
def test_open_and_overdue_at_their_limits(at, is_open, is_overdue, period):
    assert (period.is_open(at), period.is_overdue(at)) == (is_open, is_overdue)
