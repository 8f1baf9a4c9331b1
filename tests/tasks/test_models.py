"""What the database itself refuses, with the sentence that a form shows for it; and queries named after questions."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from tasks.models import (
    Action,
    AnnualJudgement,
    CloseOut,
    Erratum,
    Evidence,
    Extension,
    NoDuty,
    Plan,
    PlanFinding,
    ProgressEntry,
    QuarterlyReport,
    RemarkSnippet,
    Reminder,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
    SupportRequest,
    Task,
)
from tasks.models.closing import POINTS
from tests import factories
from tests.factories import moment

AT = moment("2023-10-08 09:00")
LEAD, SUPPORT = Responsibility.Role.LEAD, Responsibility.Role.SUPPORT


@pytest.fixture
def rows(plan, baseline, period, units, cast):
    """Valid rows to build impossible ones from, by short name."""
    report = factories.make_report(period, units.nongye, completions={1: 40})
    return {
        "plan": plan,
        "region": plan.region,
        "action": plan.actions.get(ordinal=1),
        "task": plan.tasks.get(number=1),
        "period": period,
        "report": report,
        "line": Responsibility.objects.get(task__number=1, department=units.nongye),
        "other_line": Responsibility.objects.get(task__number=2, department=units.nongye),
        "nongye": units.nongye,
        "user": cast.kexie,
    }


def plan_with(rows, **fields):
    span = {"starts_on": date(2026, 1, 1), "ends_on": date(2030, 12, 31)}
    return Plan(**{"slug": "next", "region": rows["region"], "title": "下一个方案"} | span | fields)


def second_request(rows):
    asked = {
        "period": rows["period"],
        "responsibility": rows["line"],
        "lead": rows["nongye"],
        "due_on": date(2023, 10, 9),
        "asked_by": rows["user"],
        "asked_at": AT,
    }
    SupportRequest.objects.create(**asked)
    return SupportRequest(**asked)


def extension_with(rows, **fields):
    asked = {"asked_until": date(2023, 10, 20), "reason": "培训", "asked_by": rows["user"], "asked_at": AT}
    return Extension(**{"period": rows["period"], "department": rows["nongye"]} | asked | fields)


def second_extension(rows):
    extension_with(rows).save()
    return extension_with(rows)


def reminder_with(rows, **fields):
    told = {"due_on": date(2023, 10, 10), "text": "请填报。", "at": AT}
    return Reminder(**{"period": rows["period"], "department": rows["nongye"]} | told | fields)


def second_reminder(rows):
    reminder_with(rows, step=-3).save()
    return reminder_with(rows, step=-3)


def second_snippet(rows):
    RemarkSnippet.objects.create(owner=rows["user"], text="请补正。")
    return RemarkSnippet(owner=rows["user"], text="请补正。")


def no_duty_with(rows, **fields):
    asked = {"reason": "职责不涉及", "asked_by": rows["user"], "asked_at": AT}
    return NoDuty(**{"responsibility": rows["line"]} | asked | fields)


def second_no_duty(rows):
    no_duty_with(rows).save()
    return no_duty_with(rows)


def period_with(rows, **fields):
    usual = {"year": 2024, "quarter": 1, "opens_at": AT, "due_at": AT + timedelta(days=10)}
    return ReportingPeriod(plan=rows["plan"], **usual | fields)


def entry_with(rows, **fields):
    return ProgressEntry(
        **{"report": rows["report"], "responsibility": rows["other_line"], "updated_by": rows["user"]}
        | {"updated_at": AT}
        | fields
    )


def evidence_with(rows, **owners):
    file = {"file": "evidence/2023/10/a.pdf", "name": "名册.pdf", "size": 1, "sha256": "0" * 64}
    uploaded = {"content_type": "application/pdf", "uploaded_by": rows["user"], "uploaded_at": AT}
    return Evidence(**file | uploaded | owners)


def stored_close_out(rows):
    close_out = close_out_with(rows)
    close_out.save()
    return close_out


def signed_event(rows):
    return ReportEvent.objects.create(
        report=rows["report"],
        verb="SUBMIT",
        from_status="DRAFT",
        to_status="SUBMITTED",
        by=rows["user"],
        at=AT,
    )


def close_out_with(rows, **fields):
    usual = {"task": rows["task"], "period": rows["period"], "department": rows["nongye"], "summary": "完成"}
    return CloseOut(**usual | {"applied_by": rows["user"], "applied_at": AT} | fields)


def erratum_with(rows, **fields):
    usual = {
        "period": rows["period"],
        "subject": "总体进度",
        "old": "40%",
        "new": "45%",
        "reason": "统计口径有误",
    }
    return Erratum(**usual | {"by": rows["user"], "at": AT} | fields)


def verified_with(rows, status="VERIFIED", **fields):
    decided = {"decided_by": rows["user"], "decided_at": AT} | dict.fromkeys(POINTS, True)
    return close_out_with(rows, status=status, **decided | fields)


def reopened_with(rows, **fields):
    reopened = {"reopened_by": rows["user"], "reopened_at": AT, "reopened_in": rows["period"]}
    return verified_with(rows, "REOPENED", **reopened | {"reopening_reason": "有反复"} | fields)


def standing_close_out(rows):
    verified_with(rows).save()
    return close_out_with(rows)


def judgement_with(rows, **fields):
    judged = {
        "year": 2023,
        "completed": True,
        "ground": "全年开展",
        "judged_by": rows["user"],
        "judged_at": AT,
    }
    return AnnualJudgement(**{"task": rows["task"]} | judged | fields)


def second_judgement(rows):
    judgement_with(rows).save()
    return judgement_with(rows, completed=False)


IMPOSSIBLE = [
    (
        "plan_ends_after_start",
        "结束日期应晚于开始日期。",
        lambda rows: plan_with(rows, ends_on=date(2026, 1, 1)),
    ),
    (
        "plan_severe_not_below_behind",
        "严重滞后界限不应低于滞后起点。",
        lambda rows: plan_with(rows, behind_points=31),
    ),
    (
        "action_unique_ordinal",
        "本方案已有这一序号的行动（工程）。",
        lambda rows: Action(plan=rows["plan"], ordinal=1, title="另一行动"),
    ),
    (
        "task_unique_number",
        "本方案已有这一序号的重点工作。",
        lambda rows: Task(plan=rows["plan"], action=rows["action"], number=1, title="另一工作"),
    ),
    (
        "responsibility_held_once",
        "该单位在此项工作中已有分工。",
        lambda rows: Responsibility(
            task=rows["task"], department=rows["nongye"], role=SUPPORT, valid_from=date(2023, 1, 1)
        ),
    ),
    (
        "responsibility_ends_after_start",
        "结束日期不应早于开始日期。",
        lambda rows: Responsibility(
            task=rows["task"],
            department=rows["nongye"],
            role=LEAD,
            valid_from=date(2023, 1, 2),
            valid_to=date(2023, 1, 1),
        ),
    ),
    (
        "finding_settled_by_with_time",
        "处理人与处理时间应同时填写。",
        lambda rows: PlanFinding(plan=rows["plan"], code="other", message="待核", settled_by=rows["user"]),
    ),
    (
        "period_unique_in_plan",
        "本方案已有这一填报期。",
        lambda rows: period_with(rows, year=2023, quarter=3),
    ),
    ("period_due_after_opening", "截止时间应晚于开放时间。", lambda rows: period_with(rows, due_at=AT)),
    (
        "report_one_per_unit_and_period",
        "该单位本期已有报告。",
        lambda rows: QuarterlyReport(period=rows["period"], department=rows["nongye"]),
    ),
    (
        "report_submitted_has_time",
        "已报送的报告应有报送时间。",
        lambda rows: QuarterlyReport(
            period=rows["period"], department=factories.make_department("县林业局"), status="SUBMITTED"
        ),
    ),
    (
        "entry_one_per_line",
        "该报告中此项工作已有进展。",
        lambda rows: entry_with(rows, responsibility=rows["line"]),
    ),
    *(
        (
            "entry_stage_fits_completion",
            "未启动应为 0，推进中应为 1 至 99，已完成应为 100。",
            lambda rows, stage=stage, completion=completion: entry_with(
                rows, stage=stage, completion=completion
            ),
        )
        for stage, completion in (
            ("NOT_STARTED", 1),
            ("UNDER_WAY", 0),
            ("UNDER_WAY", 100),
            ("COMPLETED", 99),
        )
    ),
    ("closeout_one_standing_per_task", "该项工作已申请办结或已办结。", standing_close_out),
    (
        "closeout_decision_on_record",
        "核查结论应有核查人和时间。",
        lambda rows: verified_with(rows, decided_by=None, decided_at=None),
    ),
    (
        "closeout_decision_on_record",
        "核查结论应有核查人和时间。",
        lambda rows: close_out_with(rows, decided_by=rows["user"], decided_at=AT),
    ),
    (
        "erratum_stage_fits_completion",
        "未启动应为 0，推进中应为 1 至 99，已完成应为 100。",
        lambda rows: erratum_with(rows, completion=45, stage="UNDER_WAY"),
    ),
    (
        "erratum_stage_fits_completion",
        "未启动应为 0，推进中应为 1 至 99，已完成应为 100。",
        lambda rows: erratum_with(rows, responsibility=rows["line"], completion=45, stage="COMPLETED"),
    ),
    ("erratum_has_reason", "更正须写明原因和依据。", lambda rows: erratum_with(rows, reason="")),
    *(
        ("evidence_of_exactly_one", "一份文件只能附在一项进展、一项办结申请或一次线下签批上。", build)
        for build in (
            evidence_with,
            lambda rows: evidence_with(rows, entry=rows["report"].entries.get(), event=signed_event(rows)),
            lambda rows: evidence_with(rows, close_out=stored_close_out(rows), event=signed_event(rows)),
            lambda rows: evidence_with(
                rows, entry=rows["report"].entries.get(), close_out=stored_close_out(rows)
            ),
        )
    ),
    ("extension_one_standing_per_unit", "该单位本期已申请延期或已同意延期。", second_extension),
    (
        "extension_decision_on_record",
        "延期的答复应有答复人和时间。",
        lambda rows: extension_with(rows, status="GRANTED", granted_until=date(2023, 10, 20)),
    ),
    *(
        (
            "extension_granted_has_day",
            "同意延期应写明日期，其他状态不应有。",
            lambda rows, fields=fields: extension_with(
                rows, decided_by=rows["user"], decided_at=AT, **fields
            ),
        )
        for fields in (
            {"status": "GRANTED"},
            {"status": "REFUSED", "refusal": "时间尚够", "granted_until": date(2023, 10, 20)},
        )
    ),
    (
        "extension_refusal_has_reason",
        "不同意延期须说明理由。",
        lambda rows: extension_with(rows, status="REFUSED", decided_by=rows["user"], decided_at=AT),
    ),
    ("reminder_once_for_each_step", "这一步已经提醒过该单位。", second_reminder),
    ("reminder_by_hand_has_user", "人工提醒应有操作人。", reminder_with),
    ("snippet_once", "这条批语已经有了。", second_snippet),
    ("request_one_per_line_and_period", "本期已向该单位征集此项进展。", second_request),
    ("no_duty_one_standing_per_line", "此项已提出或已确认无具体任务。", second_no_duty),
    (
        "no_duty_decision_on_record",
        "确认结论应有确认人和时间。",
        lambda rows: no_duty_with(rows, status="AGREED"),
    ),
    (
        "closeout_refusal_has_reason",
        "不予办结须说明理由。",
        lambda rows: close_out_with(rows, status="REFUSED", decided_by=rows["user"], decided_at=AT),
    ),
    *(
        (
            "closeout_verified_on_four_points",
            "予以办结须四项都核查通过。",
            lambda rows, build=build, point=point: build(rows, **{point: False}),
        )
        for build in (verified_with, reopened_with)
        for point in POINTS
    ),
    *(
        (
            "closeout_reopening_on_record",
            "重新打开应有操作人、时间、理由和起算的填报期。",
            lambda rows, lacks=lacks: reopened_with(rows, **{lacks: "" if "reason" in lacks else None}),
        )
        for lacks in ("reopened_by", "reopened_at", "reopening_reason", "reopened_in")
    ),
    (
        "closeout_reopening_on_record",
        "重新打开应有操作人、时间、理由和起算的填报期。",
        lambda rows: verified_with(rows, reopened_by=rows["user"]),
    ),
    ("annual_judgement_one_per_year", "该项工作这一年度已评定。", second_judgement),
    ("annual_judgement_has_ground", "请写明评定依据。", lambda rows: judgement_with(rows, ground="")),
]


def test_every_constraint_is_tried():
    named = {c.name for model in apps.get_app_config("tasks").get_models() for c in model._meta.constraints}
    named.remove("period_quarter_1_to_4")  # the field's validators answer first
    assert {name for name, _, _ in IMPOSSIBLE} == named


@pytest.mark.parametrize(("name", "sentence", "build"), IMPOSSIBLE, ids=[name for name, _, _ in IMPOSSIBLE])
def test_an_impossible_row_is_refused_by_form_and_database(name, sentence, build, rows):
    row = build(rows)
    for validate in (row.validate_constraints, row.full_clean):
        with pytest.raises(ValidationError) as refused:
            validate()
        assert sentence in refused.value.messages
    with pytest.raises(IntegrityError) as violated, transaction.atomic():
        row.save()
    if connection.vendor == "postgresql":
        assert violated.value.__cause__.diag.constraint_name == name


@pytest.mark.parametrize(
    "build",
    [
        lambda rows: plan_with(rows, behind_points=30),
        lambda rows: period_with(rows, quarter=4),
        lambda rows: entry_with(rows, stage="NOT_STARTED", completion=0),
        lambda rows: entry_with(rows, stage="UNDER_WAY", completion=1),
        lambda rows: entry_with(rows, stage="UNDER_WAY", completion=99),
        lambda rows: entry_with(rows, stage="COMPLETED", completion=100),
        lambda rows: entry_with(rows, stage="UNDER_WAY"),
        lambda rows: entry_with(rows, completion=40),
        lambda rows: Responsibility(
            task=rows["task"],
            department=rows["nongye"],
            role=LEAD,
            valid_from=date(2023, 1, 1),
            valid_to=date(2023, 1, 1),
        ),
        verified_with,
        reopened_with,
        judgement_with,
        lambda rows: evidence_with(rows, entry=rows["report"].entries.get()),
        lambda rows: evidence_with(rows, close_out=stored_close_out(rows)),
        lambda rows: evidence_with(rows, event=signed_event(rows)),
    ],
)
def test_a_possible_row_is_taken(build, rows):
    row = build(rows)
    row.full_clean()
    row.save()
    assert type(row).objects.filter(pk=row.pk).exists()


def test_a_refused_close_out_makes_room_for_another(rows):
    close_out_with(rows, status="REFUSED", decided_by=rows["user"], decided_at=AT, reason="佐证不足").save()
    close_out_with(rows).save()
    assert CloseOut.objects.count() == 2


# Questions


@pytest.mark.parametrize(
    ("day", "slug"),
    [
        (date(2020, 1, 1), "chengkou-2026-2030"),
        (date(2021, 1, 1), "chengkou-2021-2025"),
        (date(2025, 12, 31), "chengkou-2021-2025"),
        (date(2026, 1, 1), "chengkou-2026-2030"),
        (date(2031, 1, 1), "chengkou-2026-2030"),
    ],
)
def test_the_current_plan_contains_the_day_or_began_last(day, slug, plan):
    factories.make_plan("chengkou-2026-2030", starts_on=date(2026, 1, 1), ends_on=date(2030, 12, 31))
    assert Plan.objects.all().current(day).slug == slug


def test_without_plans_none_is_current(db):
    assert Plan.objects.all().current(date(2023, 1, 1)) is None


def test_plans_are_seen_by_their_own_region(plan, cast):
    seen = {name: Plan.objects.visible_to(user).count() for name, user in vars(cast).items()}
    readers = ["kexie", "zhengfuban", "kexie_tb", "nongye", "nongye_sh", "jiaowei", "lingdao"]
    assert seen == dict.fromkeys(readers, 1) | dict.fromkeys(["sysadmin", "shenji", "outsider"], 0)


def test_the_longest_waiting_is_reviewed_first(period, units):
    for unit, day in ((units.nongye, 9), (units.kexie, 8)):
        submitted_at = moment(f"2023-10-{day:02} 09:00")
        factories.make_report(period, unit, status="SUBMITTED", first_submitted_at=submitted_at)
    factories.make_report(period, units.jiaowei)
    assert [r.department.name for r in QuarterlyReport.objects.awaiting_review()] == [
        "县科协",
        "县农业农村委",
    ]


def test_the_latest_accepted_text_up_to_a_quarter(plan, baseline, period, units):
    line = Responsibility.objects.get(task__number=1, department=units.nongye)
    factories.make_report(baseline, units.nongye, completions={1: 10})
    factories.make_report(period, units.nongye, completions={1: 50}, status="SUBMITTED")
    ProgressEntry.objects.filter(report__period=period).update(progress="尚未审核")

    def texts(period):
        return ProgressEntry.objects.latest_accepted_texts(period, Responsibility.objects.all())

    assert texts(period) == {line.pk: "第1项进展"}
    QuarterlyReport.objects.update(status="ACCEPTED")
    ProgressEntry.objects.filter(report__period=period).update(no_change=True, no_change_reason="冬闲后实施")
    assert texts(period) == {line.pk: "无新进展：冬闲后实施"}
    assert texts(baseline) == {line.pk: "第1项进展"}
    before = ProgressEntry.objects.latest_accepted_before(period, [line])
    assert {pk: entry.report.period.code for pk, entry in before.items()} == {line.pk: "2022Q4"}


def test_rows_call_themselves_by_name(rows, units):
    assert [str(rows[name]) for name in ("plan", "task", "period", "report", "line")] == [
        "城口县科学素质实施方案",
        "1 第1项重点工作",
        "2023年第三季度",
        "县农业农村委 2023年第三季度季报",
        "县农业农村委牵头第1项",
    ]
