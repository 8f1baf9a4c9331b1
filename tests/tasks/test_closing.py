"""办结销号: applied for by a lead, verified, refused or reopened by the coordinator."""

import pytest

from departments.models import AuditRecord, Membership, Role
from tasks.closing import apply_for_close_out, refuse, reopen, verify
from tasks.models import CloseOut, Evidence, Responsibility
from tasks.models.closing import POINTS
from tasks.refusals import NotAllowed, Refused
from tests import factories
from tests.factories import moment
from tests.files import BAD, upload_of

AT = moment("2023-10-08 09:00")
LATER = moment("2023-10-12 15:00")


def audited():
    return list(
        AuditRecord.objects.order_by("pk").values_list("verb", "subject", "by__username", "at", "detail")
    )


@pytest.fixture
def done(period, units):
    """县农业农村委 has reported tasks 1 and 2 as 已完成."""
    return factories.make_report(period, units.nongye, completions={1: 100, 2: 100})


@pytest.fixture
def apply(plan, period, units, cast, done):
    """Apply for task 1 as its lead's reporter; anything may be given otherwise."""

    def apply(number=1, **other):
        usual = {
            "period": period,
            "department": units.nongye,
            "summary": " 全部完成 ",
            "files": [upload_of("验收.pdf")],
            "by": cast.nongye,
            "at": AT,
        }
        return apply_for_close_out(plan.tasks.get(number=number), **usual | other)

    return apply


def refused(deed, *arguments, **named):
    """The refusal's class and sentence; nothing may have been written."""

    def written():
        return list(CloseOut.objects.values()), Evidence.objects.count(), audited()

    before = written()
    with pytest.raises(Refused) as refusal:
        deed(*arguments, **named)
    assert written() == before
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
        **dict.fromkeys(POINTS, False),
        "decided_by_id": None,
        "decided_at": None,
        "reason": "",
        "self_reviewed": False,
        "reopened_by_id": None,
        "reopened_at": None,
        "reopening_reason": "",
        "reopened_in_id": None,
    }
    assert list(Evidence.objects.values_list("name", "close_out", "uploaded_by")) == [
        ("验收.pdf", close_out.pk, by.pk)
    ]
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
    assert refused(apply) == (Refused, "2023年第三季度不能受理办结申请。")


def test_another_plans_period_is_refused(apply):
    foreign = factories.make_period(factories.make_plan("chengkou-2026-2030"), "2023Q3")
    assert refused(apply, period=foreign) == (Refused, "2023年第三季度不能受理办结申请。")


def test_an_application_says_what_was_done(apply):
    assert refused(apply, summary=" \n") == (Refused, "请写明完成情况。")


def test_an_application_has_evidence(apply):
    assert refused(apply, files=[]) == (Refused, "请上传佐证材料，至少一份。")


def test_with_one_file_that_may_not_be_evidence_nothing_is_stored(apply, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    files = [upload_of("验收.pdf"), upload_of("程序.exe", BAD["程序.exe"])]
    assert "“程序.exe”不能上传" in refused(apply, files=files)[1]
    assert not settings.MEDIA_ROOT.exists()


def test_files_that_are_too_much_together_leave_nothing_stored(apply, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr("tasks.uploads.MOST_TOGETHER", 20)
    assert "“二.pdf”没有上传" in refused(apply, files=[upload_of("一.pdf"), upload_of("二.pdf")])[1]
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


@pytest.fixture
def second_lead(plan, units):
    """县教委 leads task 1 beside 县农业农村委."""
    Responsibility.objects.filter(task__plan=plan, task__number=1, department=units.jiaowei).update(
        role="LEAD", position=2
    )


@pytest.mark.parametrize(
    ("completion", "status", "waits_for"),
    [
        (None, "", "县教委（未报）"),
        (75, "ACCEPTED", "县教委（75%）"),
        (99, "SUBMITTED", "县教委（99%）"),
        (100, "DRAFT", "县教委（未报）"),
        (100, "RETURNED", "县教委（未报）"),
        (100, "SUBMITTED", ""),
        (100, "ACCEPTED", ""),
    ],
)
def test_every_lead_has_to_have_reported_it_done(
    completion, status, waits_for, apply, second_lead, period, units
):
    if status:
        factories.make_report(period, units.jiaowei, completions={1: completion}, status=status)
    sentence = f"牵头单位都报告“已完成”后才能申请办结，尚未报告的有：{waits_for}。"
    if waits_for:
        assert refused(apply) == (Refused, sentence)
    else:
        assert apply().status == "APPLIED"


def test_no_change_carries_what_was_done_before_and_a_fall_does_not(
    apply, second_lead, baseline, period, units
):
    factories.make_report(baseline, units.jiaowei, completions={1: 100})
    now = factories.make_report(period, units.jiaowei, completions={1: 100})
    now.entries.update(completion=60, stage="UNDER_WAY")
    assert "县教委（60%）" in refused(apply)[1]
    now.entries.update(completion=None, stage="", no_change=True, no_change_reason="已完成")
    assert apply().status == "APPLIED"


def test_what_was_reported_later_does_not_count_for_an_earlier_quarter(apply, baseline):
    assert "县农业农村委（未报）" in refused(apply, period=baseline)[1]


def test_a_task_is_applied_for_once_until_it_is_refused(apply, cast):
    first = apply()
    assert refused(apply) == (Refused, "该项工作已申请办结或已办结。")
    refuse(first, by=cast.kexie, at=LATER, reason="佐证不足")
    second = apply(at=LATER)
    verify(second, points=POINTS, by=cast.kexie, at=LATER)
    assert refused(apply) == (Refused, "该项工作已申请办结或已办结。")
    assert list(CloseOut.objects.order_by("pk").values_list("status", flat=True)) == ["REFUSED", "VERIFIED"]


@pytest.mark.parametrize(
    ("decide", "arguments", "status", "label", "reason"),
    [
        (verify, {"points": POINTS, "note": " 事实清楚 "}, "VERIFIED", "已办结", "事实清楚"),
        (verify, {"points": POINTS}, "VERIFIED", "已办结", ""),
        (refuse, {"points": POINTS[:2], "reason": " 佐证不足 "}, "REFUSED", "不予办结", "佐证不足"),
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
    assert [ticked for _, _, ticked in stored.points] == [n in arguments["points"] for n in POINTS]
    assert (decided.pk, decided.status, stored.self_reviewed) == (applied.pk, status, False)
    assert audited()[1:] == [(label, "1 第1项重点工作", "kexie", LATER, reason)]


@pytest.mark.parametrize("name", ["nongye", "nongye_sh", "kexie_tb", "lingdao", "outsider", "sysadmin"])
def test_nobody_else_decides(name, apply, cast):
    applied, by = apply(), getattr(cast, name)
    assert refused(verify, applied, points=POINTS, by=by, at=LATER) == (
        NotAllowed,
        "只有科协工作人员可以核查办结。",
    )
    assert refused(refuse, applied, by=by, at=LATER, reason="佐证不足")[0] is NotAllowed


@pytest.mark.parametrize(
    ("points", "missing"),
    [
        ((), "事实清楚、问题解决、任务完成、佐证充分"),
        (("facts_clear", "task_done"), "问题解决、佐证充分"),
        (POINTS[:3], "佐证充分"),
    ],
)
def test_all_four_points_are_verified_or_none(points, missing, apply, cast):
    sentence = f"予以办结须四项都核查通过，尚缺：{missing}。"
    assert refused(verify, apply(), points=points, by=cast.kexie, at=LATER) == (Refused, sentence)


def test_a_coordinator_leaves_their_own_units_application_to_another(apply, cast, units):
    applied = apply()
    Membership.objects.create(user=cast.kexie, role=Role.REPORTER, department=units.nongye)
    sentence = "本人或本单位的办结申请，由其他核查人员核查：县政府办公室 zhengfuban。"
    assert refused(verify, applied, points=POINTS, by=cast.kexie, at=LATER) == (NotAllowed, sentence)
    assert refused(refuse, applied, reason="佐证不足", by=cast.kexie, at=LATER) == (NotAllowed, sentence)
    cast.zhengfuban.is_active = False
    cast.zhengfuban.save()
    assert verify(applied, points=POINTS, by=cast.kexie, at=LATER).self_reviewed


def test_a_refusal_needs_a_reason(apply, cast):
    assert refused(refuse, apply(), by=cast.kexie, at=LATER, reason=" ") == (Refused, "不予办结须说明理由。")


def test_a_decision_is_made_once(apply, cast):
    applied = apply()
    verify(applied, points=POINTS, by=cast.kexie, at=LATER)
    assert refused(verify, applied, points=POINTS, by=cast.kexie, at=LATER) == (
        Refused,
        "办结申请已处理：已办结。",
    )
    assert refused(refuse, applied, by=cast.kexie, at=LATER, reason="佐证不足")[0] is Refused


def test_for_an_archived_quarter_an_application_can_only_be_refused(apply, cast, period):
    applied = apply()
    period.frozen_at = LATER
    period.save()
    sentence = "2023年第三季度已定稿归档，不能再计入；请不予办结，由牵头单位重新申请。"
    assert refused(verify, applied, points=POINTS, by=cast.kexie, at=LATER) == (Refused, sentence)
    assert refuse(applied, by=cast.kexie, at=LATER, reason="请重新申请").status == "REFUSED"


# Reopening


@pytest.fixture
def verified(apply, cast):
    return verify(apply(), points=POINTS, by=cast.kexie, at=LATER)


IN_JANUARY = moment("2024-01-03 09:00")


def reopened_from(close_out, cast):
    return str(reopen(close_out, by=cast.kexie, at=IN_JANUARY, reason="有反复").reopened_in)


def test_the_coordinator_reopens_and_it_is_on_record(verified, cast, period):
    reopen(verified, by=cast.zhengfuban, at=IN_JANUARY, reason=" 有反复 ")
    stored = CloseOut.objects.get()
    assert (stored.status, stored.reopened_by, stored.reopened_at, stored.reopening_reason) == (
        *("REOPENED", cast.zhengfuban, IN_JANUARY, "有反复"),
    )
    assert (stored.decided_by, [ticked for *_, ticked in stored.points]) == (cast.kexie, [True] * 4)
    told = "自2023年第三季度起恢复报送。有反复"
    assert audited()[-1] == ("重新打开", "1 第1项重点工作", "zhengfuban", IN_JANUARY, told)


@pytest.mark.parametrize("name", ["nongye", "kexie_tb", "lingdao", "outsider", "sysadmin"])
def test_nobody_else_reopens(name, verified, cast):
    sentence = "只有科协工作人员可以重新打开。"
    by = getattr(cast, name)
    assert refused(reopen, verified, by=by, at=LATER, reason="有反复") == (NotAllowed, sentence)


def test_a_reopening_needs_a_reason(verified, cast):
    asked = {"by": cast.kexie, "at": LATER, "reason": " "}
    assert refused(reopen, verified, **asked) == (Refused, "请写明重新打开的理由。")


def test_only_what_is_closed_out_is_reopened(apply, cast):
    applied, asked = apply(), {"by": cast.kexie, "at": LATER, "reason": "有反复"}
    assert refused(reopen, applied, **asked) == (Refused, "申请办结的办结申请不能重新打开。")
    refuse(applied, **asked)
    assert refused(reopen, applied, **asked) == (Refused, "不予办结的办结申请不能重新打开。")


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ({}, {}, "2023年第四季度"),
        ({"closed_at": LATER}, {}, "2023年第四季度"),
        ({"frozen_at": LATER}, {}, "2023年第四季度"),
        ({"closed_at": LATER}, {"closed_at": LATER}, "2023年第三季度"),
        ({"frozen_at": LATER}, {"closed_at": LATER}, "2023年第四季度"),
    ],
)
def test_it_owes_again_from_the_latest_open_quarter_or_the_first_not_archived(
    earlier, later, expected, verified, cast, plan, period
):
    type(period).objects.filter(pk=period.pk).update(**earlier)
    factories.make_period(plan, "2023Q4", **later)
    assert reopened_from(verified, cast) == expected


def test_where_every_quarter_is_archived_the_next_has_to_be_opened_first(verified, cast, plan, period):
    period.frozen_at = LATER
    period.save()
    asked = {"by": cast.kexie, "at": IN_JANUARY, "reason": "有反复"}
    sentence = "各季度都已定稿归档，请先开放下一季度，再重新打开。"
    assert refused(reopen, verified, **asked) == (Refused, sentence)
    factories.make_period(plan, "2023Q4")
    assert reopened_from(verified, cast) == "2023年第四季度"


def test_a_reopened_task_is_applied_for_again(verified, apply, cast):
    reopen(verified, by=cast.kexie, at=LATER, reason="有反复")
    verify(apply(at=LATER), points=POINTS, by=cast.kexie, at=LATER)
    assert list(CloseOut.objects.order_by("pk").values_list("status", flat=True)) == ["REOPENED", "VERIFIED"]
