"""Duties handed over by a reform that is dated before later decisions on the same tasks, worked out by hand.

Task 3 is led by 县教委 and supported by 县科协 and 县农业农村委, task 1 led by 县农业农村委 and supported by 县科协 and
县教委, all since 2021. A reform holds from 1 May 2023 on and is recorded in January 2024.
"""

from datetime import date

import pytest
from django.db.models import F

from chengkou_kepu.freezing import freeze_quarter
from chengkou_kepu.reform import Change, Choices, carry_out, preview
from departments.models import Department, Reform
from tasks.ledger import Ledger
from tasks.models import NoDuty, ProgressEntry, QuarterlyReport, Responsibility, SupportRequest
from tasks.reassignment import reassign
from tasks.refusals import Refused
from tasks.selection import periods_of
from tasks.standing import plan_standing
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

ON, NOW = date(2023, 5, 1), moment("2024-01-15 09:00")
EVER, OPEN = date(2021, 1, 1), None
APRIL, JUNE, JULY, SECOND = date(2023, 4, 30), date(2023, 6, 30), date(2023, 7, 1), date(2023, 7, 2)
SEPTEMBER, OCTOBER = date(2023, 9, 30), date(2023, 10, 1)


@pytest.fixture
def decide(plan, cast):
    """`decide(number, lead=…, supports=…)` from 2023Q3 on, as decided in July."""

    def deed(number, *, lead, supports=(), quarter=3):
        reassign(
            plan.tasks.get(number=number),
            leads=[lead],
            supports=list(supports),
            year=2023,
            quarter=quarter,
            decided_by="会议纪要",
            reason="调整",
            by=cast.zhengfuban,
            at=moment("2023-07-03 09:00"),
        )

    return deed


@pytest.fixture
def reformed(plan, cast):
    """`reformed(kind, unit, *names, **choices)`: what the preview told of each task, once it has been carried out."""

    def deed(kind, unit, *names, on=ON, **choices):
        change = Change(Reform.Kind[kind], (unit,), names, on, "县委编委文件")
        asked = {"by": cast.zhengfuban, "at": NOW}
        told = preview(change, Choices(**choices), **asked).moves
        carry_out(change, Choices(**choices), **asked)
        assert overlapping() == []
        return [(move.duty.task.number, move.told) for move in told]

    return deed


def rows(number):
    """(unit, role, position, from, to, decided by, index of the row it continues) of a task, by time."""
    held = list(
        Responsibility.objects.filter(task__number=number)
        .select_related("department")
        .order_by("valid_from", "role", "position", "pk")
    )
    places = {duty.pk: place for place, duty in enumerate(held)}
    return [
        (
            *(str(duty.department), duty.role, duty.position, duty.valid_from, duty.valid_to),
            *(duty.decided_by, places.get(duty.continues_id)),
        )
        for duty in held
    ]


def overlapping():
    """Rows that give a unit one task twice at a time, but for those that are on record for a day alone."""
    held = Responsibility.objects.exclude(valid_from=F("valid_to")).order_by("valid_from", "pk")
    return [
        (one, other)
        for one in held
        for other in held.filter(task=one.task_id, department=one.department_id, pk__gt=one.pk)
        if one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)
    ]


def unit(name):
    return Department.objects.get(region__code="500229", name=name, ends_on=None)


def progress(plan):
    """{quarter: {task number: completion}} of every period, as the dashboard has it."""
    return {
        period.code: {t.number: t.completion for t in plan_standing(Ledger.load(plan), period, at=NOW).tasks}
        for period in periods_of(plan)
    }


KEXIE = ("县科协", "SUPPORT", 1, EVER, OPEN, "", None)


def test_a_lead_merges_into_the_unit_that_took_over_from_it(plan, units, decide, reformed):
    decide(3, lead=units.nongye, supports=[units.kexie])
    told = reformed("MERGE", units.jiaowei, "县农业农村委")
    assert told == [
        (1, "县农业农村委已是牵头单位，不重复列入"),
        (3, "至2023年6月30日由县农业农村委承接，牵头"),
    ]
    assert rows(3) == [
        ("县教委", "LEAD", 1, EVER, APRIL, "", None),
        KEXIE,
        ("县农业农村委", "SUPPORT", 2, EVER, APRIL, "", None),
        ("县农业农村委", "LEAD", 1, ON, JUNE, "县委编委文件", 0),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 3),
    ]
    assert rows(1) == [
        ("县农业农村委", "LEAD", 1, EVER, OPEN, "", None),
        KEXIE,
        ("县教委", "SUPPORT", 2, EVER, APRIL, "", None),
    ]


def test_the_unit_that_took_over_merges_into_the_former_lead(plan, units, decide, reformed):
    decide(3, lead=units.nongye, supports=[units.kexie])
    told = reformed("MERGE", units.nongye, "县教委")
    assert told == [
        (1, "由县教委承接，牵头"),
        (2, "由县教委承接，牵头"),
        (3, "自2023年7月1日起由县教委承接，牵头"),
        (3, "至2023年6月30日县教委已是牵头单位，不重复列入"),
    ]
    assert rows(3) == [
        ("县教委", "LEAD", 1, EVER, JUNE, "", None),
        KEXIE,
        ("县农业农村委", "SUPPORT", 2, EVER, APRIL, "", None),
        ("县教委", "LEAD", 1, JULY, OPEN, "县委编委文件", 0),
    ]
    assert rows(1) == [
        ("县农业农村委", "LEAD", 1, EVER, APRIL, "", None),
        KEXIE,
        ("县教委", "SUPPORT", 2, EVER, APRIL, "", None),
        ("县教委", "LEAD", 1, ON, OPEN, "县委编委文件", 0),
    ]


def test_a_duty_that_is_not_begun_and_no_longer_the_best_is_gone(plan, units, decide, reformed):
    """From July 县教委 supports the task that 县农业农村委 leads: merged, it leads."""
    decide(3, lead=units.nongye, supports=[units.jiaowei])
    told = reformed("MERGE", units.jiaowei, "县农业农村委")
    assert told[1:] == [
        (3, "至2023年6月30日由县农业农村委承接，牵头"),
        (3, "自2023年7月1日起县农业农村委已是牵头单位，不重复列入"),
    ]
    assert rows(3) == [
        ("县教委", "LEAD", 1, EVER, APRIL, "", None),
        ("县科协", "SUPPORT", 1, EVER, JUNE, "", None),
        ("县农业农村委", "SUPPORT", 2, EVER, APRIL, "", None),
        ("县农业农村委", "LEAD", 1, ON, JUNE, "县委编委文件", 0),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 3),
    ]


def test_two_supporters_of_which_one_stays(plan, units, decide, reformed):
    decide(1, lead=units.nongye, supports=[units.jiaowei])
    reformed("MERGE", units.kexie, "县教委")
    assert rows(1) == [
        ("县农业农村委", "LEAD", 1, EVER, OPEN, "", None),
        ("县科协", "SUPPORT", 1, EVER, APRIL, "", None),
        ("县教委", "SUPPORT", 2, EVER, APRIL, "", None),
        ("县教委", "SUPPORT", 1, ON, JUNE, "县委编委文件", 1),
        ("县教委", "SUPPORT", 2, JULY, OPEN, "县委编委文件", 2),
    ]


def test_a_better_duty_in_between_interrupts_and_is_followed(plan, units, reformed):
    """县科协 has the first place among the supporters of task 1 in the third quarter only."""
    Responsibility.objects.filter(task__number=1, department=units.kexie).update(
        valid_from=JULY, valid_to=SEPTEMBER
    )
    told = reformed("MERGE", units.jiaowei, "县科协")
    assert told[0] == (
        1,
        "至2023年6月30日由县科协承接，配合；自2023年7月1日至2023年9月30日县科协已是配合单位，不重复列入；"
        "自2023年10月1日起由县科协承接，配合",
    )
    assert rows(1) == [
        ("县农业农村委", "LEAD", 1, EVER, OPEN, "", None),
        ("县教委", "SUPPORT", 2, EVER, APRIL, "", None),
        ("县科协", "SUPPORT", 2, ON, JUNE, "县委编委文件", 1),
        ("县科协", "SUPPORT", 1, JULY, SEPTEMBER, "", None),
        ("县科协", "SUPPORT", 2, OCTOBER, OPEN, "县委编委文件", 2),
    ]


def test_a_unit_with_two_duties_after_another_is_renamed(plan, units, decide, reformed):
    decide(3, lead=units.nongye, supports=[units.jiaowei])
    assert reformed("RENAME", units.jiaowei, "县教育局") == [
        (1, "由县教育局承接，配合"),
        (3, "至2023年6月30日由县教育局承接，牵头"),
        (3, "自2023年7月1日起由县教育局承接，配合"),
    ]
    assert rows(3) == [
        ("县教委", "LEAD", 1, EVER, APRIL, "", None),
        ("县科协", "SUPPORT", 1, EVER, JUNE, "", None),
        ("县农业农村委", "SUPPORT", 2, EVER, JUNE, "", None),
        ("县教育局", "LEAD", 1, ON, JUNE, "县委编委文件", 0),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 3),
        ("县教育局", "SUPPORT", 3, JULY, OPEN, "县委编委文件", 3),
    ]


@pytest.fixture
def two_duties(plan, units, decide):
    """县教委 leads task 3 to June and supports it from July on."""
    decide(3, lead=units.nongye, supports=[units.jiaowei])
    return list(units.jiaowei.responsibilities.filter(task__number=3).order_by("valid_from"))


def test_each_of_two_duties_goes_to_its_own_heir(two_duties, units, reformed):
    leading, supporting = two_duties
    places = {leading.pk: "县教育局", supporting.pk: "县体育局"}
    reformed("SPLIT", units.jiaowei, "县教育局", "县体育局", duties=places)
    assert rows(3)[3:] == [
        ("县教育局", "LEAD", 1, ON, JUNE, "县委编委文件", 0),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 3),
        ("县体育局", "SUPPORT", 3, JULY, OPEN, "县委编委文件", 3),
    ]


def test_of_an_abolished_unit_nobody_takes_over_a_duty_not_begun_is_gone(two_duties, units, reformed):
    told = reformed("ABOLISH", units.jiaowei, duties={two_duties[0].pk: None})
    assert told == [(1, "不再承担"), (3, "不再承担"), (3, "不再承担")]
    assert rows(3) == [
        ("县教委", "LEAD", 1, EVER, APRIL, "", None),
        ("县科协", "SUPPORT", 1, EVER, JUNE, "", None),
        ("县农业农村委", "SUPPORT", 2, EVER, JUNE, "", None),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 0),
    ]


# Progress, lines and what else belongs to a duty


@pytest.fixture
def filed(plan, baseline, units, decide):
    """县教委 led task 3 and filed for the first quarters; 县农业农村委 has led it since July, and filed its own."""
    first, second = factories.make_period(plan, "2023Q1"), factories.make_period(plan, "2023Q2")
    factories.make_report(baseline, units.jiaowei, completions={3: 10})
    factories.make_report(first, units.jiaowei, completions={3: 20})
    factories.make_report(second, units.jiaowei, completions={3: 30})
    decide(3, lead=units.nongye, supports=[units.jiaowei])
    third = factories.make_period(plan, "2023Q3")
    report = factories.make_report(third, units.nongye, completions={1: 50})
    led = units.nongye.responsibilities.get(task__number=3, role="LEAD")
    line(report, led, completion=40, stage="UNDER_WAY")
    own = factories.make_report(third, units.jiaowei)
    line(own, units.jiaowei.responsibilities.get(task__number=3, valid_to=None), progress="配合情况")
    factories.make_period(plan, "2023Q4")
    return third


def line(report, duty, **values):
    return ProgressEntry.objects.create(report=report, responsibility=duty, **{"progress": "进展"} | values)


def lines():
    """(quarter, unit of the return, unit and role of the duty, since when, completion) of task 3's lines."""
    entries = ProgressEntry.objects.filter(responsibility__task__number=3).select_related(
        "report__department", "report__period", "responsibility__department"
    )
    return [
        (
            *(entry.report.period.code, str(entry.report.department)),
            *(str(entry.responsibility.department), entry.responsibility.role),
            *(entry.responsibility.valid_from, entry.completion),
        )
        for entry in entries.order_by("report__period__year", "report__period__quarter", "pk")
    ]


@pytest.mark.parametrize(
    ("kind", "name", "into"),
    [
        ("RENAME", "县教委", "县教育局"),
        ("RENAME", "县农业农村委", "县农业农村局"),
        ("MERGE", "县农业农村委", "县教委"),
        ("MERGE", "县教委", "县农业农村委"),
    ],
)
def test_progress_is_what_it_was(kind, name, into, plan, filed, reformed):
    before = progress(plan)
    assert {code: shown[3] for code, shown in before.items()} == {
        "2022Q4": 10,
        "2023Q1": 20,
        "2023Q2": 30,
        "2023Q3": 40,
        "2023Q4": 40,
    }
    reformed(kind, unit(name), into)
    assert progress(plan) == before


def test_the_first_leads_figure_stands_where_the_second_lead_takes_its_place(plan, baseline, units, reformed):
    """Both have filed the quarter, each its own return: the second lead's word of its part stays beside."""
    Responsibility.objects.filter(task__number=3, department=units.nongye).update(role="LEAD")
    third = factories.make_period(plan, "2023Q3")
    factories.make_report(third, units.jiaowei, completions={3: 80})
    factories.make_report(third, units.nongye, completions={3: 30})
    before = progress(plan)
    reformed("MERGE", units.jiaowei, "县农业农村委")
    assert progress(plan) == before
    assert {code: shown[3] for code, shown in before.items()} == {"2022Q4": None, "2023Q3": 80}
    assert lines() == [
        ("2023Q3", "县教委", "县教委", "LEAD", EVER, 80),
        ("2023Q3", "县农业农村委", "县农业农村委", "LEAD", EVER, 30),
    ]


def test_a_second_leads_draft_goes_on_as_the_first_leads(plan, baseline, units, reformed):
    Responsibility.objects.filter(task__number=3, department=units.nongye).update(role="LEAD")
    third = factories.make_period(plan, "2023Q3")
    factories.make_report(third, units.jiaowei, completions={3: 80})
    factories.make_report(third, units.nongye, completions={3: 30}, status="DRAFT")
    reformed("MERGE", units.jiaowei, "县农业农村委")
    assert progress(plan)["2023Q3"][3] == 80
    assert lines()[1:] == [("2023Q3", "县农业农村委", "县农业农村委", "LEAD", ON, 30)]


def test_lines_follow_the_duty_of_their_own_quarter(filed, units, reformed):
    reformed("RENAME", units.jiaowei, "县教育局")
    assert lines() == [
        ("2022Q4", "县教委", "县教委", "LEAD", EVER, 10),
        ("2023Q1", "县教委", "县教委", "LEAD", EVER, 20),
        ("2023Q2", "县教育局", "县教育局", "LEAD", ON, 30),
        ("2023Q3", "县农业农村委", "县农业农村委", "LEAD", JULY, 40),
        ("2023Q3", "县教育局", "县教育局", "SUPPORT", JULY, None),
    ]


def test_supporters_who_both_filed_read_their_lines_in_the_one_that_is_left(plan, units, reformed, cast):
    """县科协 supports task 3 first and had its line accepted; 县农业农村委, third, has filed its own and takes it in."""
    quarter = factories.make_period(plan, "2023Q3")
    first = factories.make_report(quarter, units.kexie)
    line(first, units.kexie.responsibilities.get(task__number=3), progress="甲")
    heirs = factories.make_report(quarter, units.nongye, completions={1: 40, 2: 40}, status="SUBMITTED")
    line(heirs, units.nongye.responsibilities.get(task__number=3), progress="乙")
    reformed("MERGE", units.kexie, "县农业农村委")
    held = units.nongye.responsibilities.get(task__number=3, valid_to=None)
    assert (held.position, [entry.progress for entry in held.entries.all()]) == (1, ["乙"])


def test_what_a_merged_lead_filed_is_shown_to_it_and_to_its_reviewer(
    plan, units, reformed, cast, signed_in, decide
):
    """县农业农村委 leads task 3 second since July and takes in the first lead, 县教委, after both have filed."""
    reassign(
        plan.tasks.get(number=3),
        leads=[units.jiaowei, units.nongye],
        supports=[],
        year=2023,
        quarter=2,
        decided_by="会议纪要",
        reason="调整",
        by=cast.zhengfuban,
        at=moment("2023-04-03 09:00"),
    )
    quarter = factories.make_period(plan, "2023Q3")
    factories.make_report(quarter, units.jiaowei, completions={3: 30})
    report = factories.make_report(quarter, units.nongye, completions={1: 40, 2: 40}, status="SUBMITTED")
    second = units.nongye.responsibilities.get(task__number=3, role="LEAD")
    line(report, second, progress="第二牵头的文字", completion=80, stage="UNDER_WAY")
    reformed("MERGE", units.jiaowei, "县农业农村委")
    address = f"/plans/{plan.slug}/"
    review = signed_in(cast.kexie).get(f"{address}review/{report.pk}/").context["page"]
    assert [(e.responsibility.task.number, e.told, e.completion) for e in review.merged] == [
        (3, "第二牵头的文字", 80)
    ]
    page = signed_in(cast.nongye).get(f"{address}filing/2023Q3/").context["page"]
    (former,) = (line.former for line in page.lines if line.task.number == 3)
    assert sorted(entry.told for entry in former) == ["第3项进展", "第二牵头的文字"]


def test_a_line_filed_on_a_duty_that_never_was_stays_on_record(filed, units, plan, reformed):
    """县教委's return of the third quarter stays its own: the duty stays with it, for a day that nobody asks for."""
    reformed_rows = Responsibility.objects.filter(department=units.jiaowei, task__number=3)
    reformed("MERGE", units.jiaowei, "县农业农村委")
    assert lines()[2:] == [
        ("2023Q2", "县农业农村委", "县农业农村委", "LEAD", ON, 30),
        ("2023Q3", "县农业农村委", "县农业农村委", "LEAD", JULY, 40),
        ("2023Q3", "县教委", "县教委", "SUPPORT", SECOND, None),
    ]
    assert list(reformed_rows.order_by("pk").values_list("role", "valid_from", "valid_to")) == [
        ("LEAD", EVER, APRIL),
        ("SUPPORT", SECOND, SECOND),
    ]
    assert [u.department for u in plan_standing_leads(plan, "2023Q3")] == ["县农业农村委"]


def plan_standing_leads(plan, code):
    period = next(p for p in periods_of(plan) if p.code == code)
    tasks = plan_standing(Ledger.load(plan), period, at=NOW).tasks
    return next(t.leads for t in tasks if t.number == 3)


def test_a_line_that_the_new_unit_did_not_get_does_not_count_for_it(filed, units, plan, reformed):
    """县教委 is split: its return of the third quarter stays, and so does the duty that it was filed on."""
    supporting = units.jiaowei.responsibilities.get(task__number=3, role="SUPPORT")
    leading = units.jiaowei.responsibilities.get(task__number=3, role="LEAD")
    reformed(
        *("SPLIT", units.jiaowei, "县教育局", "县体育局"),
        duties={leading.pk: "县教育局", supporting.pk: "县教育局"},
    )
    assert rows(3)[3:] == [
        ("县教育局", "LEAD", 1, ON, JUNE, "县委编委文件", 0),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 3),
        ("县教育局", "SUPPORT", 3, JULY, OPEN, "县委编委文件", 6),
        ("县教委", "SUPPORT", 3, SECOND, SECOND, "会议纪要", 3),
    ]
    assert [told[:3] for told in lines()][-1] == ("2023Q3", "县教委", "县教委")


@pytest.fixture
def asked(filed, units, cast):
    """县农业农村委 asks 县教委 for its line of the third quarter; 县教委 claimed that the row gives it nothing to do."""
    duty = units.jiaowei.responsibilities.get(task__number=3, valid_to=None)
    at = {"asked_by": cast.nongye, "asked_at": NOW}
    SupportRequest.objects.create(
        period=filed, responsibility=duty, lead=units.nongye, due_on=SEPTEMBER, **at
    )
    NoDuty.objects.create(responsibility=duty, reason="不涉及", **at)
    return duty


def cooperation():
    """(unit that asks, unit asked, since when its duty) of requests; (unit, since when, status) of claims."""
    duty = ("responsibility__department__name", "responsibility__valid_from")
    return (
        list(SupportRequest.objects.values_list("lead__name", *duty)),
        list(NoDuty.objects.order_by("pk").values_list(*duty, "status")),
    )


@pytest.mark.parametrize(
    ("kind", "name", "into", "expected"),
    [
        (
            *("RENAME", "县教委", "县教育局"),
            ([("县农业农村委", "县教育局", JULY)], [("县教育局", JULY, "ASKED")]),
        ),
        (
            *("RENAME", "县农业农村委", "县农业农村局"),
            ([("县农业农村局", "县教委", JULY)], [("县教委", JULY, "ASKED")]),
        ),
        (
            *("MERGE", "县教委", "县农业农村委"),
            ([("县农业农村委", "县教委", SECOND)], [("县教委", SECOND, "ASKED")]),
        ),
    ],
)
def test_requests_and_claims_do_not_vanish(kind, name, into, expected, asked, reformed):
    """Merged into the unit that asked, they stay on record with the duty they were about."""
    reformed(kind, unit(name), into)
    assert cooperation() == expected


def test_a_supporters_claims_go_on_in_each_row_of_its_duty(plan, units, cast, reformed):
    """As above, 县教委 supports task 1 for 县科协 but in the third quarter; it had been agreed that it has no duty."""
    duty = units.jiaowei.responsibilities.get(task__number=1)
    agreed = {"status": "AGREED", "decided_by": cast.kexie, "decided_at": NOW}
    NoDuty.objects.create(responsibility=duty, reason="不涉及", asked_by=cast.jiaowei, asked_at=NOW, **agreed)
    Responsibility.objects.filter(task__number=1, department=units.kexie).update(
        valid_from=JULY, valid_to=SEPTEMBER
    )
    reformed("MERGE", units.jiaowei, "县科协")
    assert cooperation()[1] == [
        ("县教委", EVER, "AGREED"),
        ("县科协", ON, "AGREED"),
        ("县科协", OCTOBER, "AGREED"),
    ]


# Archived quarters


def archived_rows(period):
    """All that belongs to the quarter, as it is stored."""
    return [
        list(QuarterlyReport.objects.filter(period=period).order_by("pk").values()),
        list(ProgressEntry.objects.filter(report__period=period).order_by("pk").values()),
        list(SupportRequest.objects.filter(period=period).order_by("pk").values()),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "into"),
    [
        ("RENAME", "县教委", "县教育局"),
        ("RENAME", "县农业农村委", "县农业农村局"),
        ("MERGE", "县农业农村委", "县教委"),
        ("MERGE", "县教委", "县农业农村委"),
        ("ABOLISH", "县教委", None),
    ],
)
def test_nothing_of_an_archived_quarter_is_moved_or_lost(kind, name, into, plan, asked, cast, reformed):
    third = next(p for p in periods_of(plan) if p.code == "2023Q3")
    type(third).objects.filter(pk=third.pk).update(closed_at=NOW)
    frozen = freeze_quarter(third, by=cast.zhengfuban, at=NOW)
    before, claims, shown = archived_rows(third), list(NoDuty.objects.values("pk")), progress(plan)
    held = [(row["id"], row["department_id"]) for row in frozen.figures["rows"]["duties"]]
    leads = {d.pk: None for d in unit(name).responsibilities.leads()} if kind == "ABOLISH" else {}
    reformed(kind, unit(name), *([into] if into else []), duties=leads)
    assert archived_rows(third) == before
    assert list(NoDuty.objects.filter(pk__in=[c["pk"] for c in claims]).values("pk")) == claims
    stored = set(Responsibility.objects.values_list("pk", "department"))
    assert [row for row in held if row not in stored] == []
    assert progress(plan)["2023Q3"] == shown["2023Q3"]


# What is decided again


def test_a_supporter_that_becomes_lead_from_the_quarter_it_began_in_keeps_its_claim_apart(
    asked, units, decide
):
    """A claim of no duty is no lead's: the lead could not file."""
    decide(3, lead=units.jiaowei, supports=[units.nongye])
    held = rows(3)[3:]
    assert [row[:5] for row in held] == [
        ("县教委", "LEAD", 1, JULY, OPEN),
        ("县农业农村委", "SUPPORT", 4, JULY, OPEN),
        ("县教委", "SUPPORT", 3, SECOND, SECOND),
    ]
    assert cooperation()[1] == [("县教委", SECOND, "ASKED")]
    assert lines()[-1] == ("2023Q3", "县教委", "县教委", "LEAD", JULY, None)


def test_a_duty_with_lines_is_not_cancelled_by_decision(filed, units, decide):
    before = rows(3)
    with pytest.raises(Refused) as refusal:
        decide(3, lead=units.nongye, supports=[units.kexie])
    assert str(refusal.value) == "第3项县教委自2023年7月1日起的分工已有填报，不能取消。"
    assert rows(3) == before


def test_what_is_on_record_of_a_merged_duty_is_no_obstacle_to_the_next_decision(
    filed, units, plan, reformed, cast
):
    """From the quarter in which it had begun, its own unit being gone."""
    reformed("MERGE", units.jiaowei, "县农业农村委")
    asked = {"decided_by": "会议纪要", "reason": "调整", "by": cast.zhengfuban, "at": NOW}
    task = plan.tasks.get(number=3)
    reassign(task, leads=[units.nongye], supports=[units.kexie], year=2023, quarter=3, **asked)
    assert rows(3)[3:] == [
        ("县农业农村委", "LEAD", 1, ON, JUNE, "县委编委文件", 0),
        ("县农业农村委", "LEAD", 1, JULY, OPEN, "会议纪要", 3),
        ("县科协", "SUPPORT", 1, JULY, OPEN, "会议纪要", 1),
        ("县教委", "SUPPORT", 3, SECOND, SECOND, "会议纪要", 3),
    ]
