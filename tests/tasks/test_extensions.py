"""延期: who may ask when, who answers, and from which day punctuality then counts."""

from datetime import date, timedelta

import pytest

from departments.models import AuditRecord, Notice
from tasks.calendar import end_of
from tasks.extensions import ask_extension, grant, refuse
from tasks.ledger import Ledger
from tasks.models import Extension, Plan, QuarterlyReport
from tasks.obligations import Filing, own_due, rates
from tasks.refusals import NotAllowed, Refused
from tasks.standing import plan_standing, unit_filings
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

AT = moment("2023-10-08 09:00")
LATER = moment("2023-10-09 15:00")
UNTIL = date(2023, 10, 20)


@pytest.fixture
def ask(period, units, cast):
    """县教委 asks for 20 October; anything may be given otherwise."""

    def ask(**other):
        usual = {"until": UNTIL, "reason": " 人员在外培训 ", "by": cast.jiaowei, "at": AT}
        usual |= other
        return ask_extension(usual.pop("period", period), usual.pop("department", units.jiaowei), **usual)

    return ask


def written():
    extensions = Extension.objects.order_by("pk")
    return list(extensions.values()), AuditRecord.objects.count(), Notice.objects.count()


def refused(deed, *arguments, **named):
    """The refusal's class and sentence; nothing may have been written."""
    before = written()
    with pytest.raises(Refused) as refusal:
        deed(*arguments, **named)
    assert written() == before
    return type(refusal.value), str(refusal.value)


def told():
    found = {}
    for notice in Notice.objects.order_by("pk"):
        found.setdefault(notice.text, set()).add(notice.user.username)
    Notice.objects.all().delete()
    return found


def test_it_is_asked_and_granted_for_a_shorter_time(ask, cast, period, units):
    extension = ask()
    assert told() == {
        "县教委申请2023年第三季度季报延期至2023年10月20日，待答复：人员在外培训": {"kexie", "zhengfuban"}
    }
    grant(extension, until=date(2023, 10, 16), by=cast.kexie, at=LATER)
    assert told() == {"县教委2023年第三季度季报已同意延期至2023年10月16日24时。": {"jiaowei"}}
    assert Extension.objects.values().get() == {
        "id": extension.pk,
        "period_id": period.pk,
        "department_id": units.jiaowei.pk,
        "status": "GRANTED",
        "asked_until": UNTIL,
        "reason": "人员在外培训",
        "asked_by_id": cast.jiaowei.pk,
        "asked_at": AT,
        "decided_by_id": cast.kexie.pk,
        "decided_at": LATER,
        "granted_until": date(2023, 10, 16),
        "refusal": "",
    }
    assert list(
        AuditRecord.objects.order_by("pk").values_list("verb", "subject", "by__username", "detail")
    ) == [
        ("申请延期", "县教委2023年第三季度季报", "jiaowei", "申请延至2023-10-20。人员在外培训"),
        ("同意延期", "县教委2023年第三季度季报", "kexie", "已同意延期至2023年10月16日24时。"),
    ]


def test_refused_it_may_be_asked_again(ask, cast):
    refuse(ask(), reason="时间尚够", by=cast.kexie, at=LATER)
    told()
    assert ask(reason="系统故障").status == "ASKED"
    assert sorted(Extension.objects.values_list("status", flat=True)) == ["ASKED", "REFUSED"]


@pytest.mark.parametrize("name", ["nongye", "kexie", "kexie_tb", "lingdao", "outsider", "sysadmin"])
def test_only_the_unit_asks(name, ask, cast):
    sentence = "只有本单位填报人、审核人可以申请延期。"
    assert refused(ask, by=getattr(cast, name)) == (NotAllowed, sentence)


def test_a_unit_of_another_county_does_not_ask(ask, cast):
    elsewhere = cast.outsider.memberships.get().department
    assert refused(ask, department=elsewhere, by=cast.outsider)[0] is NotAllowed


def test_a_unit_that_owes_nothing_does_not_ask(ask, cast, units, plan):
    support = {"department": units.kexie, "by": cast.kexie_tb}
    assert refused(ask, **support) == (Refused, "本单位2023年第三季度不需报送，不用申请延期。")
    Plan.objects.filter(pk=plan.pk).update(supports_must_report=True)
    period = plan.periods.get(quarter=3)
    assert ask(period=period, **support).status == "ASKED"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"at": moment("2023-10-11 00:00")}, "截止时间已过，不能再申请延期。"),
        ({"at": moment("2023-09-30 09:00")}, "2023年第三季度尚未开放填报。"),
        ({"until": date(2023, 10, 10)}, "延期日期应晚于截止日期2023年10月10日。"),
        ({"reason": "  "}, "请写明申请延期的理由。"),
    ],
)
def test_when_it_cannot_be_asked(given, sentence, ask):
    assert refused(ask, **given) == (Refused, sentence)


def test_the_last_second_is_in_time(ask, period):
    assert ask(at=period.due_at).status == "ASKED"


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("closed_at", "2023年第三季度已截止填报。"),
        ("frozen_at", "2023年第三季度已定稿归档，不能再填报。"),
    ],
)
def test_a_closed_or_archived_quarter_takes_none(field, sentence, ask, period):
    setattr(period, field, AT)
    period.save()
    assert refused(ask) == (Refused, sentence)


@pytest.mark.parametrize("decide", [None, grant])
def test_it_is_asked_once(decide, ask, cast):
    extension = ask()
    if decide:
        decide(extension, until=UNTIL, by=cast.kexie, at=LATER)
    assert refused(ask) == (Refused, "本单位本季度已申请延期，或已同意延期。")


def test_who_has_filed_needs_none(ask, period, units):
    factories.make_report(period, units.jiaowei, status="SUBMITTED")
    assert refused(ask) == (Refused, "2023年第三季度季报已报送，不需延期。")


@pytest.mark.parametrize("name", ["jiaowei", "nongye", "kexie_tb", "lingdao", "outsider", "shenji"])
def test_only_a_coordinator_answers(name, ask, cast):
    extension, by = ask(), getattr(cast, name)
    sentence = (NotAllowed, "只有科协工作人员可以答复延期申请。")
    assert refused(grant, extension, until=UNTIL, by=by, at=LATER) == sentence
    assert refused(refuse, extension, reason="不行", by=by, at=LATER) == sentence


def test_ones_own_units_request_is_left_to_another_coordinator(ask, cast, units):
    extension = ask(department=units.kexie, by=cast.kexie_tb, indicators=("公民具备科学素质的比例",))
    assert refused(grant, extension, until=UNTIL, by=cast.kexie, at=LATER) == (
        NotAllowed,
        "本单位的延期申请，由其他审核人员答复。",
    )
    assert grant(extension, until=UNTIL, by=cast.zhengfuban, at=LATER).status == "GRANTED"


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (date(2023, 10, 10), "延期日期应晚于截止日期2023年10月10日。"),
        (date(2023, 10, 21), "延期日期不应晚于单位申请的2023年10月20日。"),
    ],
)
def test_for_how_long_it_is_granted(until, sentence, ask, cast):
    assert refused(grant, ask(), until=until, by=cast.kexie, at=LATER) == (Refused, sentence)


def test_a_refusal_has_its_reason(ask, cast):
    assert refused(refuse, ask(), reason=" ", by=cast.kexie, at=LATER) == (
        Refused,
        "不同意延期须说明理由。",
    )


@pytest.mark.parametrize(("first", "word"), [(grant, "同意延期"), (refuse, "不同意延期")])
def test_it_is_answered_once(first, word, ask, cast):
    extension = ask()
    said = {"until": UNTIL} if first is grant else {"reason": "时间尚够"}
    first(extension, **said, by=cast.kexie, at=LATER)
    sentence = (Refused, f"延期申请已答复：{word}。")
    assert refused(grant, extension, until=UNTIL, by=cast.zhengfuban, at=LATER) == sentence
    assert refused(refuse, extension, reason="不行", by=cast.zhengfuban, at=LATER) == sentence


def test_nothing_is_answered_in_an_archived_quarter(ask, cast, period):
    extension = ask()
    period.frozen_at = LATER
    period.save()
    sentence = (Refused, "2023年第三季度已定稿归档。")
    assert refused(grant, extension, until=UNTIL, by=cast.kexie, at=LATER) == sentence
    assert refused(refuse, extension, reason="不行", by=cast.kexie, at=LATER) == sentence


def test_in_a_closed_quarter_it_is_granted_to_who_filed_before_the_closing_alone(ask, cast, period, units):
    extension = ask()
    period.closed_at = LATER
    period.save()
    assert refused(grant, extension, until=UNTIL, by=cast.kexie, at=LATER) == (
        Refused,
        "2023年第三季度已截止填报，请先重新开放，再同意延期。",
    )
    factories.make_report(period, units.jiaowei, status="SUBMITTED")
    assert grant(extension, until=UNTIL, by=cast.kexie, at=LATER).status == "GRANTED"


@pytest.mark.parametrize(
    ("extended_to", "due"),
    [(None, date(2023, 10, 10)), (UNTIL, UNTIL), (date(2023, 10, 9), date(2023, 10, 10))],
)
def test_an_extension_never_shortens(extended_to, due):
    assert own_due(end_of(date(2023, 10, 10)), extended_to) == end_of(due)


# What counts from the granted day


def filing(plan, period, name, at):
    units = unit_filings(Ledger.load(Plan.objects.get(pk=plan.pk)), period, {}, at=at)
    unit = next(u for u in units if u.department == name)
    return unit.filing, unit.extended_to, rates([unit]).on_time


@pytest.fixture
def granted(ask, cast):
    return grant(ask(), until=UNTIL, by=cast.kexie, at=LATER)


def test_punctuality_counts_from_the_granted_day(granted, plan, period, units):
    last = end_of(UNTIL)
    late = last + timedelta(seconds=1)
    assert filing(plan, period, "县教委", last) == (Filing.PENDING, UNTIL, 0)
    assert filing(plan, period, "县教委", late) == (Filing.MISSING, UNTIL, 0)
    assert filing(plan, period, "县农业农村委", last) == (Filing.MISSING, None, 0)
    report = factories.make_report(period, units.jiaowei, status="SUBMITTED", first_submitted_at=last)
    assert filing(plan, period, "县教委", late) == (Filing.ON_TIME, UNTIL, 1)
    QuarterlyReport.objects.filter(pk=report.pk).update(first_submitted_at=late)
    assert filing(plan, period, "县教委", late) == (Filing.LATE, UNTIL, 0)


@pytest.mark.parametrize("status", ["ASKED", "REFUSED"])
def test_what_is_not_granted_changes_nothing(status, ask, cast, plan, period):
    extension = ask()
    if status == "REFUSED":
        refuse(extension, reason="时间尚够", by=cast.kexie, at=LATER)
    after = period.due_at + timedelta(seconds=1)
    assert filing(plan, period, "县教委", after) == (Filing.MISSING, None, 0)


def test_a_task_is_unreported_by_its_leads_own_deadline(granted, plan, period):
    def lights(at):
        ledger = Ledger.load(Plan.objects.get(pk=plan.pk))
        return [task.light for task in plan_standing(ledger, period, at=at).tasks]

    assert lights(end_of(UNTIL)) == ["UNREPORTED", "UNREPORTED", "NOT_DUE"]
    assert lights(end_of(UNTIL) + timedelta(seconds=1)) == ["UNREPORTED"] * 3


def test_the_ledger_reads_extensions_with_what_was_asked_in_one_query(
    granted, plan, period, django_assert_num_queries
):
    ledger = Ledger.load(plan)
    with django_assert_num_queries(1):
        unit_filings(ledger, period, {}, at=AT)
        unit_filings(ledger, period, {}, at=LATER)
