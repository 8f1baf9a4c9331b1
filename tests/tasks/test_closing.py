"""办结销号: applied for by a lead, verified or refused by the coordinator."""

import pytest

from departments.models import AuditRecord
from tasks.closing import apply_for_close_out, refuse, verify
from tasks.models import CloseOut
from tasks.refusals import NotAllowed, Refused
from tests import factories
from tests.factories import moment

AT = moment("2023-10-08 09:00")
LATER = moment("2023-10-12 15:00")


def audited():
    return list(
        AuditRecord.objects.order_by("pk").values_list("verb", "subject", "by__username", "at", "detail")
    )


@pytest.fixture
def apply(plan, period, units, cast):
    """Apply for task 1 as its lead's reporter; anything may be given otherwise."""

    def apply(number=1, **other):
        usual = {
            "period": period,
            "department": units.nongye,
            "summary": " 全部完成 ",
            "by": cast.nongye,
            "at": AT,
        }
        return apply_for_close_out(plan.tasks.get(number=number), **usual | other)

    return apply


def refused(deed, *arguments, **named):
    """The refusal's class and sentence; nothing may have been written."""
    before = list(CloseOut.objects.values()), audited()
    with pytest.raises(Refused) as refusal:
        deed(*arguments, **named)
    assert (list(CloseOut.objects.values()), audited()) == before
    return type(refusal.value), str(refusal.value)


@pytest.mark.parametrize("name", ["nongye", "nongye_sh"])
def test_the_lead_applies(name, apply, cast, plan, period, units):
    by = getattr(cast, name)
    close_out = apply(by=by)
    assert CloseOut.objects.values().get() == {
        "id": close_out.pk,
        "task_id": plan.tasks.get(number=1).pk,
        "period_id": period.pk,
        "department_id": units.nongye.pk,
        "status": "APPLIED",
        "summary": "全部完成",
        "applied_by_id": by.pk,
        "applied_at": AT,
        "decided_by_id": None,
        "decided_at": None,
        "reason": "",
    }
    assert audited() == [("申请办结", "1 第1项重点工作", name, AT, "全部完成")]


@pytest.mark.parametrize("name", ["jiaowei", "kexie", "kexie_tb", "lingdao", "outsider", "sysadmin"])
def test_nobody_applies_for_a_foreign_unit(name, apply, cast):
    assert refused(apply, by=getattr(cast, name)) == (NotAllowed, "只有牵头单位可以申请办结。")


def test_a_supporting_unit_does_not_apply(apply, cast, units):
    sentence = "只有牵头单位可以申请办结。"
    assert refused(apply, 1, department=units.jiaowei, by=cast.jiaowei) == (NotAllowed, sentence)


def test_a_former_lead_does_not_apply(apply, plan, period):
    plan.tasks.get(number=1).responsibilities.filter(role="LEAD").update(
        valid_to=moment("2023-06-30 00:00").date()
    )
    assert refused(apply)[0] is NotAllowed


def test_long_term_work_is_never_closed_out(apply, plan):
    plan.tasks.filter(number=1).update(nature="STANDING")
    assert refused(apply) == (Refused, "长期坚持的工作不办结销号。")


@pytest.mark.parametrize(
    "fields",
    [{"frozen_at": AT}, {"opens_at": LATER, "due_at": moment("2023-10-20 00:00")}],
    ids=["frozen", "not open"],
)
def test_a_period_that_takes_nothing_takes_no_application(fields, apply, period):
    for name, value in fields.items():
        setattr(period, name, value)
    period.save()
    assert refused(apply) == (Refused, "2023年第三季度不能受理办结申请。")


def test_another_plans_period_is_refused(apply):
    foreign = factories.make_period(factories.make_plan("chengkou-2026-2030"), "2023Q3")
    assert refused(apply, period=foreign) == (Refused, "2023年第三季度不能受理办结申请。")


def test_an_application_says_what_was_done(apply):
    assert refused(apply, summary=" \n") == (Refused, "请写明完成情况。")


def test_a_task_is_applied_for_once_until_it_is_refused(apply, cast):
    first = apply()
    assert refused(apply) == (Refused, "该项工作已申请办结或已办结。")
    refuse(first, by=cast.kexie, at=LATER, reason="佐证不足")
    second = apply(at=LATER)
    verify(second, by=cast.kexie, at=LATER)
    assert refused(apply) == (Refused, "该项工作已申请办结或已办结。")
    assert list(CloseOut.objects.order_by("pk").values_list("status", flat=True)) == ["REFUSED", "VERIFIED"]


@pytest.mark.parametrize(
    ("decide", "arguments", "status", "label", "reason"),
    [
        (verify, {"note": " 事实清楚 "}, "VERIFIED", "已办结", "事实清楚"),
        (verify, {}, "VERIFIED", "已办结", ""),
        (refuse, {"reason": " 佐证不足 "}, "REFUSED", "不予办结", "佐证不足"),
    ],
)
def test_the_coordinator_decides(decide, arguments, status, label, reason, apply, cast):
    applied = apply()
    decided = decide(applied, by=cast.kexie, at=LATER, **arguments)
    stored = CloseOut.objects.get()
    assert (stored.status, stored.decided_by, stored.decided_at, stored.reason) == (
        status,
        cast.kexie,
        LATER,
        reason,
    )
    assert (decided.pk, decided.status) == (applied.pk, status)
    assert audited()[1:] == [(label, "1 第1项重点工作", "kexie", LATER, reason)]


@pytest.mark.parametrize("name", ["nongye", "nongye_sh", "kexie_tb", "lingdao", "outsider", "sysadmin"])
def test_nobody_else_decides(name, apply, cast):
    applied, by = apply(), getattr(cast, name)
    assert refused(verify, applied, by=by, at=LATER) == (NotAllowed, "只有科协工作人员可以核查办结。")
    assert refused(refuse, applied, by=by, at=LATER, reason="佐证不足")[0] is NotAllowed


def test_a_refusal_needs_a_reason(apply, cast):
    assert refused(refuse, apply(), by=cast.kexie, at=LATER, reason=" ") == (Refused, "不予办结须说明理由。")


def test_a_decision_is_made_once(apply, cast):
    applied = apply()
    verify(applied, by=cast.kexie, at=LATER)
    assert refused(verify, applied, by=cast.kexie, at=LATER) == (Refused, "办结申请已处理：已办结。")
    assert refused(refuse, applied, by=cast.kexie, at=LATER, reason="佐证不足")[0] is Refused


def test_nothing_is_decided_for_an_archived_quarter(apply, cast, period):
    applied = apply()
    period.frozen_at = LATER
    period.save()
    assert refused(verify, applied, by=cast.kexie, at=LATER) == (Refused, "2023年第三季度已定稿归档。")
