"""How the plan stands in a quarter, over real rows: whose figure, from when, and who owed a return."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from tasks.ledger import Ledger
from tasks.models import CloseOut, Plan, QuarterlyReport, Responsibility
from tasks.obligations import Filing, UnitFiling
from tasks.progress import LeadFigure, Light
from tasks.standing import plan_standing, unit_filings
from tests import factories
from tests.factories import moment

BEFORE_DUE = moment("2023-10-09 10:00")
AFTER_DUE = moment("2023-10-11 10:00")
EXPECTED = Fraction(100300, 1826)  # 1,003 of the 1,826 days of 2021–2025
Status = QuarterlyReport.Status


def standing(plan, period, at=AFTER_DUE):
    return plan_standing(Ledger.load(Plan.objects.get(pk=plan.pk)), period, at=at)


def task(plan, number, period, at=AFTER_DUE):
    return next(t for t in standing(plan, period, at).tasks if t.number == number)


def figures(plan, period, at=AFTER_DUE):
    """{task number: (completion, light)}."""
    return {t.number: (t.completion, t.light) for t in standing(plan, period, at).tasks}


def filings(plan, period, owners=None, at=AFTER_DUE):
    return unit_filings(Ledger.load(Plan.objects.get(pk=plan.pk)), period, owners or {}, at=at)


def close_out(plan, number, period, unit, user, status="VERIFIED", **fields):
    return factories.make_close_out(plan.tasks.get(number=number), period, unit, user, status, **fields)


# Tasks


def test_a_quarters_own_accepted_figure_counts(plan, period, units):
    report = factories.make_report(period, units.nongye, completions={1: 50, 2: 20})
    line = Responsibility.objects.get(task__number=1, department=units.nongye)
    shown = task(plan, 1, period)
    assert (shown.completion, shown.expected, shown.behind) == (Fraction(50), EXPECTED, EXPECTED - 50)
    assert (shown.light, shown.stage, shown.carried_from, shown.closed_in) == (
        Light.NORMAL,
        "UNDER_WAY",
        None,
        None,
    )
    assert shown.supports == ("县科协", "县教委")
    assert shown.leads == (
        LeadFigure(
            responsibility_id=line.pk,
            department_id=units.nongye.pk,
            department="县农业农村委",
            completion=50,
            stage="UNDER_WAY",
            stated_in=(2023, 3),
            carried=False,
            unchanged=False,
            status=report.status,
            awaiting=None,
            awaiting_in=None,
        ),
    )


def test_lights_of_a_quarter(plan, period, units):
    factories.make_report(period, units.nongye, completions={1: 45, 2: 24})
    assert figures(plan, period) == {
        1: (Fraction(45), Light.NORMAL),
        2: (Fraction(24), Light.SEVERE),
        3: (None, Light.UNREPORTED),
    }


def test_an_older_figure_is_carried_and_marked(plan, baseline, period, units):
    factories.make_report(factories.make_period(plan, "2023Q1"), units.nongye, completions={1: 30})
    factories.make_report(baseline, units.nongye, completions={1: 10, 2: 15})
    factories.make_report(period, units.nongye, completions={2: 50})
    first, second = task(plan, 1, period), task(plan, 2, period)
    assert (first.completion, first.carried_from, first.leads[0].carried) == (Fraction(30), (2023, 1), True)
    assert (second.completion, second.carried_from, second.leads[0].carried) == (Fraction(50), None, False)
    assert first.why.endswith("依据：第一牵头单位自评（县农业农村委2023年第一季度季报）。")


def test_nothing_of_a_later_quarter_reaches_back(plan, baseline, period, units):
    factories.make_report(period, units.nongye, completions={1: 50})
    assert task(plan, 1, baseline).completion is None


def test_late_acceptance_counts_for_its_own_quarter(plan, period, units):
    """Accepted only after the next quarter had its own figures: both quarters show what each report says."""
    report = factories.make_report(period, units.nongye, completions={1: 50}, status=Status.SUBMITTED)
    following = factories.make_period(plan, "2023Q4")
    factories.make_report(following, units.nongye, completions={1: 60})
    assert task(plan, 1, period).completion is None
    QuarterlyReport.objects.filter(pk=report.pk).update(status=Status.ACCEPTED)
    assert (task(plan, 1, period).completion, task(plan, 1, following).completion) == (50, 60)


def test_what_is_reopened_stops_counting(plan, baseline, period, units):
    factories.make_report(baseline, units.nongye, completions={1: 10})
    report = factories.make_report(period, units.nongye, completions={1: 50})
    QuarterlyReport.objects.filter(pk=report.pk).update(status=Status.RETURNED)
    assert (task(plan, 1, period).completion, task(plan, 1, period).carried_from) == (10, (2022, 4))


def test_a_submitted_figure_waits_beside_the_accepted_one(plan, baseline, period, units):
    factories.make_report(baseline, units.nongye, completions={1: 10})
    factories.make_report(period, units.nongye, completions={1: 50, 2: 40}, status=Status.SUBMITTED)
    first, second = task(plan, 1, period), task(plan, 2, period)
    assert (first.completion, first.leads[0].awaiting, first.leads[0].status) == (10, 50, "SUBMITTED")
    assert (second.completion, second.leads[0].awaiting, second.light) == (None, 40, Light.UNREVIEWED)


def test_what_awaits_since_an_earlier_quarter_is_shown_until_it_is_overtaken(plan, period, units):
    factories.make_report(
        factories.make_period(plan, "2023Q2"), units.nongye, completions={1: 50}, status=Status.SUBMITTED
    )
    first = task(plan, 1, period)
    assert (first.completion, first.leads[0].awaiting, first.leads[0].awaiting_in) == (None, 50, (2023, 2))
    assert (first.light, first.why) == (Light.UNREVIEWED, "县农业农村委已报送，尚未审核通过。")
    factories.make_report(period, units.nongye, completions={1: 60})
    assert (task(plan, 1, period).completion, task(plan, 1, period).leads[0].awaiting_in) == (60, None)


def no_change(period, unit, number, status=Status.ACCEPTED):
    report = factories.make_report(period, unit, completions={number: 1}, status=status)
    report.entries.update(completion=None, stage="", no_change=True, no_change_reason="汛期停工")


def test_no_change_carries_the_older_figure_however_late_that_was_accepted(plan, period, units):
    second, fourth = factories.make_period(plan, "2023Q2"), factories.make_period(plan, "2023Q4")
    factories.make_report(second, units.nongye, completions={1: 20})
    late = factories.make_report(period, units.nongye, completions={1: 50}, status=Status.SUBMITTED)
    no_change(fourth, units.nongye, 1)
    shown = task(plan, 1, fourth)
    assert (shown.completion, shown.carried_from, shown.leads[0].unchanged) == (20, (2023, 2), True)
    QuarterlyReport.objects.filter(pk=late.pk).update(status=Status.ACCEPTED)
    shown = task(plan, 1, fourth)
    assert (shown.completion, shown.stage, shown.carried_from) == (50, "UNDER_WAY", (2023, 3))
    assert shown.why.endswith("（县农业农村委2023年第三季度季报）。")


def test_how_many_times_running_nothing_changed(plan, period, units):
    quarters = [factories.make_period(plan, code) for code in ("2022Q1", "2022Q2", "2022Q3", "2023Q1")]
    no_change(quarters[0], units.nongye, 1)
    factories.make_report(quarters[1], units.nongye, completions={1: 20})
    no_change(quarters[2], units.nongye, 1)
    no_change(quarters[3], units.nongye, 1)
    counted = [task(plan, 1, quarter).leads[0].unchanged for quarter in (*quarters, period)]
    assert counted == [1, 0, 1, 2, 0]


def test_no_change_upon_nothing_is_0_from_its_own_quarter(plan, period, units):
    no_change(period, units.nongye, 1)
    no_change(factories.make_period(plan, "2023Q4"), units.nongye, 1, status=Status.SUBMITTED)
    shown = task(plan, 1, period)
    assert (shown.completion, shown.stage, shown.carried_from, shown.light) == (
        0,
        "NOT_STARTED",
        None,
        Light.SEVERE,
    )
    assert task(plan, 1, plan.periods.get(year=2023, quarter=4)).leads[0].awaiting == 0


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ENDORSING, Status.RETURNED])
def test_unsubmitted_figures_are_nobodys_business(status, plan, baseline, period, units):
    factories.make_report(period, units.nongye, completions={1: 50}, status=status)
    shown = task(plan, 1, period)
    assert (shown.completion, shown.leads[0].awaiting, shown.light) == (None, None, Light.UNREPORTED)


def test_before_and_after_the_deadline(plan, period):
    at_due = figures(plan, period, at=period.due_at)
    after = figures(plan, period, at=period.due_at + timedelta(seconds=1))
    assert {light for _, light in at_due.values()} == {Light.NOT_DUE}
    assert {light for _, light in after.values()} == {Light.UNREPORTED}


def test_the_baseline_has_figures_but_no_lights(plan, baseline, units):
    factories.make_report(baseline, units.nongye, completions={1: 10})
    total = standing(plan, baseline).total
    assert figures(plan, baseline) == {n: (10 if n == 1 else None, Light.BASELINE) for n in (1, 2, 3)}
    assert (total.completion, total.light) == (Fraction(10, 3), None)


def test_thresholds_are_the_plans(plan, period, units):
    factories.make_report(period, units.nongye, completions={1: 45})
    Plan.objects.update(behind_points=5, severe_points=9)
    assert task(plan, 1, period).light is Light.SEVERE


# Two leads


@pytest.fixture
def shared(plan, units):
    """Task 4, led first by 县教委 and second by 县农业农村委."""
    return factories.make_task(plan, 4, leads=[units.jiaowei, units.nongye])


@pytest.mark.parametrize(
    ("consolidation", "completion"), [("FIRST_LEAD", Fraction(40)), ("MEAN", Fraction(105, 2))]
)
def test_the_first_lead_or_the_mean(consolidation, completion, plan, period, units, shared):
    factories.make_report(period, units.jiaowei, completions={4: 40})
    factories.make_report(period, units.nongye, completions={4: 65})
    Plan.objects.update(consolidation=consolidation)
    shown = task(plan, 4, period)
    assert shown.completion == completion
    assert [(lead.department, lead.completion) for lead in shown.leads] == [
        ("县教委", 40),
        ("县农业农村委", 65),
    ]


@pytest.mark.parametrize(
    ("consolidation", "completion", "light"),
    [("FIRST_LEAD", None, Light.UNREPORTED), ("MEAN", Fraction(65), Light.NORMAL)],
)
def test_a_missing_first_lead(consolidation, completion, light, plan, period, units, shared):
    factories.make_report(period, units.nongye, completions={4: 65})
    Plan.objects.update(consolidation=consolidation)
    shown = task(plan, 4, period)
    assert (shown.completion, shown.light) == (completion, light)
    assert [(lead.completion, lead.status) for lead in shown.leads] == [(None, ""), (65, "ACCEPTED")]


# Roll-ups


def test_actions_and_plan_are_means_with_missing_tasks_at_0(plan, period, units):
    factories.make_action(plan, 10, "加强基层科普能力建设工程")
    factories.make_report(period, units.nongye, completions={1: 60, 2: 31})
    shown = standing(plan, period)
    assert [(a.ordinal, a.total.completion, a.total.tasks, a.total.without_data) for a in shown.actions] == [
        (1, Fraction(91, 2), 2, 0),
        (2, Fraction(0), 1, 1),
        (10, None, 0, 0),
    ]
    assert (shown.total.completion, shown.total.behind) == (Fraction(91, 3), EXPECTED - Fraction(91, 3))
    assert (shown.total.tasks, shown.total.without_data, shown.total.light) == (3, 1, Light.BEHIND)
    assert [a.total.light for a in shown.actions] == [Light.NORMAL, Light.SEVERE, None]


# Close-outs


def test_a_close_out_counts_from_its_quarter_on(plan, baseline, period, units, cast):
    following = factories.make_period(plan, "2023Q4")
    factories.make_report(baseline, units.nongye, completions={1: 30})
    close_out(plan, 1, period, units.nongye, cast.kexie)
    shown = {p.code: task(plan, 1, p) for p in (baseline, period, following)}
    assert {code: (t.completion, t.light, t.closed_in) for code, t in shown.items()} == {
        "2022Q4": (Fraction(30), Light.BASELINE, None),
        "2023Q3": (Fraction(100), Light.DONE, (2023, 3)),
        "2023Q4": (Fraction(100), Light.DONE, (2023, 3)),
    }
    assert (shown["2023Q4"].stage, shown["2023Q4"].carried_from) == ("COMPLETED", None)
    assert standing(plan, period).total.completion == Fraction(100, 3)


def test_a_reopened_task_counts_as_closed_only_before_it_was_reopened(plan, baseline, period, units, cast):
    third, fourth = factories.make_period(plan, "2023Q4"), factories.make_period(plan, "2024Q1")
    factories.make_report(baseline, units.nongye, completions={1: 30})
    reopened = {"status": "REOPENED", "reopened_in": third}
    close_out(plan, 1, period, units.nongye, cast.kexie, **reopened)

    def shown():
        return [(t.completion, t.light) for p in (period, third, fourth) for t in [task(plan, 1, p)]]

    done, then = (Fraction(100), Light.DONE), (Fraction(30), Light.BEHIND)
    assert shown() == [done, then, (Fraction(30), Light.SEVERE)]
    assert [list(CloseOut.objects.verified_up_to(p)) != [] for p in (baseline, period, third)] == [
        *(False, True, False)
    ]
    close_out(plan, 1, fourth, units.nongye, cast.kexie)
    assert shown() == [done, then, done]
    assert [t.number for t in Ledger.load(plan).tasks] == [1, 2, 3]
    assert [task(plan, 1, p).closed_in for p in (period, third, fourth)] == [(2023, 3), None, (2024, 1)]


@pytest.mark.parametrize("status", ["APPLIED", "REFUSED"])
def test_only_a_verified_close_out_counts(status, plan, period, units, cast):
    close_out(plan, 1, period, units.nongye, cast.kexie, status=status)
    assert task(plan, 1, period).light is Light.UNREPORTED


# Units that change


def hand_over(plan, number, old, new, day):
    """The task passes from unit to unit: `day` is the new one's first."""
    held = Responsibility.objects.get(task__number=number, department=old, task__plan=plan)
    held.valid_to = day - timedelta(days=1)
    held.save()
    return Responsibility.objects.create(
        task=held.task, department=new, role=held.role, valid_from=day, decided_by="领导小组会议纪要"
    )


@pytest.mark.parametrize(
    ("first_day", "lead"),
    [(date(2023, 9, 30), "县科学技术局"), (date(2023, 10, 1), "县教委")],
    ids=["on the quarter's last day", "the day after"],
)
def test_the_unit_in_force_on_the_last_day_answers(first_day, lead, plan, period, units):
    hand_over(plan, 3, units.jiaowei, factories.make_department("县科学技术局"), first_day)
    assert [figure.department for figure in task(plan, 3, period).leads] == [lead]
    owing = [unit.department for unit in filings(plan, period) if unit.owes]
    assert owing == ["县农业农村委", lead]


def test_earlier_quarters_keep_the_unit_they_had(plan, baseline, period, units):
    factories.make_report(baseline, units.jiaowei, completions={3: 20})
    new = factories.make_department("县科学技术局")
    hand_over(plan, 3, units.jiaowei, new, date(2023, 4, 1))
    factories.make_report(period, new, completions={3: 50})
    shown = [(t.leads[0].department, t.completion) for t in (task(plan, 3, baseline), task(plan, 3, period))]
    assert shown == [("县教委", 20), ("县科学技术局", 50)]


# Who owed, and who filed


def test_each_units_filing_in_the_order_of_the_table(plan, period, units):
    report = factories.make_report(period, units.nongye, completions={1: 50, 2: 50})
    late = period.due_at + timedelta(seconds=1)
    voluntary = factories.make_report(period, units.kexie, status=Status.RETURNED, first_submitted_at=late)
    assert filings(plan, period) == (
        UnitFiling(
            department_id=units.nongye.pk,
            department="县农业农村委",
            leads=2,
            supports=1,
            owes=True,
            reasons=("牵头2项未办结工作",),
            filing=Filing.ON_TIME,
            status=Status.ACCEPTED,
            report_id=report.pk,
            first_submitted_at=period.due_at,
        ),
        UnitFiling(
            department_id=units.jiaowei.pk,
            department="县教委",
            leads=1,
            supports=1,
            owes=True,
            reasons=("牵头1项未办结工作",),
            filing=Filing.MISSING,
            status="",
            report_id=None,
            first_submitted_at=None,
        ),
        UnitFiling(
            department_id=units.kexie.pk,
            department="县科协",
            leads=0,
            supports=3,
            owes=False,
            reasons=(),
            filing=Filing.VOLUNTARY,
            status=Status.RETURNED,
            report_id=voluntary.pk,
            first_submitted_at=late,
        ),
    )


def states(plan, period, owners=None, at=AFTER_DUE):
    """{unit: (owes, filing)}."""
    return {u.department: (u.owes, u.filing) for u in filings(plan, period, owners, at)}


def test_a_unit_whose_tasks_are_all_closed_out_owes_nothing(plan, baseline, period, units, cast):
    close_out(plan, 1, period, units.nongye, cast.kexie)
    close_out(plan, 3, period, units.jiaowei, cast.kexie)
    assert states(plan, period) == {
        "县农业农村委": (True, Filing.MISSING),
        "县教委": (False, Filing.EXEMPT),
        "县科协": (False, Filing.EXEMPT),
    }
    assert next(u.reasons for u in filings(plan, period)) == ("牵头1项未办结工作",)
    assert states(plan, baseline)["县教委"] == (True, Filing.MISSING)


def test_a_unit_that_owes_an_indicator_owes_a_return(plan, period, units):
    finance = factories.make_department("县财政局")
    owners = {
        finance.pk: ("县财政局", ("科普经费",)),
        units.nongye.pk: ("县农业农村委", ("农民教育培训", "科普信息员")),
    }
    shown = {u.department: (u.owes, u.reasons) for u in filings(plan, period, owners)}
    assert shown == {
        "县农业农村委": (True, ("牵头2项未办结工作", "报送指标：农民教育培训、科普信息员")),
        "县教委": (True, ("牵头1项未办结工作",)),
        "县科协": (False, ()),
        "县财政局": (True, ("报送指标：科普经费",)),
    }


def test_supporters_owe_where_the_plan_says_so(plan, period):
    Plan.objects.update(supports_must_report=True)
    shown = {u.department: u.reasons for u in filings(plan, period)}
    assert shown["县科协"] == ("本方案要求配合单位报送（3项）",)
    assert shown["县教委"] == ("牵头1项未办结工作", "本方案要求配合单位报送（1项）")


def test_groups_never_owe(plan, period):
    Plan.objects.update(supports_must_report=True)
    group = factories.make_department("各乡镇（街道）", is_group=True)
    factories.make_task(plan, 4, supports=[group])
    assert "各乡镇（街道）" not in states(plan, period)


def test_a_return_of_a_unit_without_duties_is_shown_all_the_same(plan, period):
    stranger = factories.make_department("县气象局")
    factories.make_report(period, stranger)
    assert states(plan, period)["县气象局"] == (False, Filing.VOLUNTARY)


def test_at_the_deadline_nobody_is_missing_yet(plan, period):
    assert states(plan, period, at=period.due_at)["县教委"] == (True, Filing.PENDING)
    after = period.due_at + timedelta(seconds=1)
    assert states(plan, period, at=after)["县教委"] == (True, Filing.MISSING)


# Other plans, and cost


def test_two_plans_are_not_mixed(plan, period, units):
    other = factories.make_plan("chengkou-2026-2030")
    factories.make_task(other, 1, leads=[units.nongye])
    factories.make_report(factories.make_period(other, "2023Q3"), units.nongye, completions={1: 90})
    assert task(plan, 1, period).completion is None
    assert states(plan, period)["县农业农村委"] == (True, Filing.MISSING)


@pytest.mark.parametrize(("quarters", "tasks"), [(1, 1), (4, 20)])
def test_the_ledger_costs_six_queries(quarters, tasks, plan, units, cast, django_assert_num_queries):
    for number in range(10, 10 + tasks):
        factories.make_task(plan, number, leads=[units.jiaowei], supports=[units.kexie])
    periods = [factories.make_period(plan, f"2023Q{q}") for q in range(1, quarters + 1)]
    for reported in periods:
        factories.make_report(reported, units.jiaowei, completions=dict.fromkeys(range(10, 10 + tasks), 40))
    close_out(plan, 1, periods[0], units.nongye, cast.kexie)
    assert periods[0].is_baseline
    with django_assert_num_queries(6):
        ledger = Ledger.load(plan)
        plan_standing(ledger, periods[0], at=AFTER_DUE)
        unit_filings(ledger, periods[0], {}, at=AFTER_DUE)
