"""Who may review which return."""

from datetime import date, timedelta

import pytest

from departments import reform
from departments.models import Membership, Role
from tasks import reviewers
from tasks.models import QuarterlyReport
from tests import factories

pytestmark = pytest.mark.django_db
SUBMITTED = QuarterlyReport.Status.SUBMITTED


@pytest.fixture
def reports(period, units, cast):
    """Submitted ones by unit: 县科协's own, 县教委's filed by kexie for it, and 县农业农村委's."""
    return {
        unit.name: factories.make_report(period, unit, status=SUBMITTED, by=by)
        for unit, by in (
            (units.kexie, cast.kexie_tb),
            (units.jiaowei, cast.kexie),
            (units.nongye, cast.nongye_sh),
        )
    }


def refusals(reports, user):
    return {name: reviewers.reason_not_reviewer(report, user) for name, report in reports.items()}


def marked(user, plan):
    awaiting = reviewers.left_to_others(QuarterlyReport.objects.awaiting_review(), user, plan)
    return {report.department.name: report.left_to_others for report in awaiting}


ALL_MAY = {"县科协": "", "县教委": "", "县农业农村委": ""}
NONE_MARKED = dict.fromkeys(ALL_MAY, False)


def test_ones_own_is_left_to_another_who_is_named(reports, cast, plan):
    sentence = "本人或本单位报送的季报，由其他审核人员审核：县政府办公室 zhengfuban。"
    assert refusals(reports, cast.kexie) == ALL_MAY | {"县科协": sentence, "县教委": sentence}
    assert marked(cast.kexie, plan) == NONE_MARKED | {"县科协": True, "县教委": True}
    assert refusals(reports, cast.zhengfuban) == ALL_MAY
    assert marked(cast.zhengfuban, plan) == NONE_MARKED


def test_every_other_is_named_once(reports, cast, units):
    factories.make_user("kexie2", (Role.COORDINATOR, units.kexie), name="李云")
    Membership.objects.create(user=cast.zhengfuban, role=Role.COORDINATOR, department=units.nongye)
    told = refusals(reports, cast.kexie)
    assert told["县科协"].count("zhengfuban") == 1
    assert "李云" not in told["县科协"]
    assert "县科协 李云" in told["县教委"]


def test_without_another_ones_own_is_reviewed_by_oneself(reports, cast, plan):
    cast.zhengfuban.is_active = False
    cast.zhengfuban.save()
    assert refusals(reports, cast.kexie) == ALL_MAY
    assert marked(cast.kexie, plan) == NONE_MARKED


def test_nobody_else_reviews(reports, cast):
    assert set(refusals(reports, cast.lingdao).values()) == {"只有科协工作人员可以审核。"}


def test_the_last_submission_decides_whose_it_is(reports, cast, plan):
    again = factories.moment("2023-10-12 09:00")
    reports["县教委"].events.create(
        verb="SUBMIT", from_status="RETURNED", to_status="SUBMITTED", by=cast.jiaowei, at=again
    )
    assert refusals(reports, cast.kexie)["县教委"] == ""
    assert marked(cast.kexie, plan)["县教委"] is False


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_units_own_return_is_its_heirs_after_any_number_of_reforms(times, reports, cast, plan, units):
    """县教委, whose return waits, is renamed so many times, and then goes into 县科协: nobody of that reviews it."""
    day, heir = date(2023, 11, 1), units.jiaowei
    asked = {"document": "文件", "by": cast.zhengfuban, "at": factories.moment("2023-12-20 09:00")}
    submitted = reports["县教委"].events.get()
    submitted.by = cast.jiaowei
    submitted.save()
    for number in range(times):
        made = reform.rename(heir, name=f"县教委{number}", effective_on=day + timedelta(days=number), **asked)
        heir = made.successions.get().new
    other = factories.make_user("other", (Role.COORDINATOR, heir))
    kexie = type(cast.kexie).objects.get(pk=cast.kexie.pk)
    assert marked(other, plan)["县教委"] is True
    assert refusals(reports, other)["县教委"].endswith("：县科协 科协干部、县政府办公室 zhengfuban。")
    assert marked(kexie, plan) == NONE_MARKED | {"县科协": True}
    cast.zhengfuban.is_active = False
    cast.zhengfuban.save()
    Membership.objects.filter(user=kexie).delete()
    assert marked(other, plan) == NONE_MARKED


def test_marking_is_one_query_however_many_there_are(reports, cast, plan, django_assert_num_queries):
    assert len(cast.kexie.roles) == 1
    awaiting = QuarterlyReport.objects.awaiting_review().select_related("department")
    with django_assert_num_queries(1):
        assert len(reviewers.left_to_others(awaiting, cast.kexie, plan)) == 3
