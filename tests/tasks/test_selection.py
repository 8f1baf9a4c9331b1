"""Which plan and quarter a page is about."""

from datetime import date

import pytest
from django.http import Http404

from tasks.selection import chosen_period, named_period, periods_of, visible_plan
from tests import factories
from tests.factories import moment

AT = moment("2023-11-15 09:00")


@pytest.fixture
def request_of(rf):
    def request_of(user):
        request = rf.get("/")
        request.user = user
        return request

    return request_of


def test_a_reader_finds_the_plan_and_the_others_beside_it(plan, cast, request_of):
    following = factories.make_plan(
        "chengkou-2026-2030", starts_on=date(2026, 1, 1), ends_on=date(2030, 12, 31)
    )
    request = request_of(cast.lingdao)
    assert visible_plan(request, plan.slug) == plan
    assert (request.plan, request.other_plans) == (plan, [following])


@pytest.mark.parametrize("name", ["outsider", "sysadmin", "shenji"])
def test_a_stranger_does_not_learn_that_it_exists(name, plan, cast, request_of):
    refusals = set()
    for slug in (plan.slug, "no-such-plan"):
        with pytest.raises(Http404) as refused:
            visible_plan(request_of(getattr(cast, name)), slug)
        refusals.add(str(refused.value))
    assert refusals == {"没有这个方案。"}


def test_the_latest_quarter_that_has_filed_reports_is_chosen(plan, baseline, period, units):
    assert chosen_period(plan, "", at=AT).code == "2023Q3"
    factories.make_report(period, units.kexie, status="DRAFT")
    factories.make_report(baseline, units.nongye)
    assert chosen_period(plan, "", at=AT).code == "2022Q4"
    factories.make_report(period, units.nongye, status="SUBMITTED")
    assert chosen_period(plan, "", at=AT).code == "2023Q3"


def test_a_named_quarter_is_chosen_whether_or_not_it_has_reports(plan, baseline, period):
    assert (chosen_period(plan, "2022q4", at=AT), named_period(plan, "2023Q3")) == (baseline, period)


@pytest.mark.parametrize("code", ["2024Q1", "2023Q5", "latest", "2023Q3'"])
def test_a_quarter_that_is_none_of_the_plans_is_not_found(code, plan, period):
    factories.make_period(factories.make_plan("chengkou-2026-2030"), "2024Q1")
    for choose in (lambda: chosen_period(plan, code, at=AT), lambda: named_period(plan, code)):
        with pytest.raises(Http404):
            choose()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (AT, "2023Q4"),
        (moment("2020-06-01 09:00"), "2021Q1"),
        (moment("2027-06-01 09:00"), "2025Q4"),
    ],
    ids=["within the plan", "before it", "after it"],
)
def test_without_periods_an_unsaved_one_stands_for_the_current_quarter(at, code, plan):
    period = chosen_period(plan, "", at=at)
    assert (period.pk, period.code, period.plan) == (None, code, plan)


def test_periods_come_oldest_first_and_cost_one_query(
    plan, baseline, period, units, django_assert_num_queries
):
    factories.make_report(baseline, units.nongye)
    with django_assert_num_queries(1):
        shown = [(p.code, p.has_filed, p.is_baseline, p.plan.slug) for p in periods_of(plan)]
    assert shown == [("2022Q4", True, True, plan.slug), ("2023Q3", False, False, plan.slug)]
