"""The verbs of `departments.reform` and the lineage they leave, apart from any plan."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from departments import permissions, reform
from departments.lineage import Lineage
from departments.models import Department, Membership, Reform, Role, Succession, User
from departments.refusals import NotAllowed, Refused
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

AT = moment("2024-12-31 09:00")


@pytest.fixture
def asked(cast):
    return {"effective_on": date(2024, 3, 15), "document": "文件", "by": cast.kexie, "at": AT}


@pytest.fixture
def linye(cast):
    return factories.make_department("县林业局")


def unit(name):
    return Department.objects.get(region__code="500229", name=name, ends_on=None)


def everything():
    return [list(m.objects.order_by("pk").values()) for m in (Department, Reform, Succession, Membership)]


def refused(verb, *arguments, **named):
    before = everything()
    with pytest.raises(Refused) as refusal:
        verb(*arguments, **named)
    assert everything() == before
    return type(refusal.value), str(refusal.value)


def test_names_go_on_through_several_reforms(asked, linye):
    reform.rename(linye, name="县林草局", **asked)
    later = asked | {"effective_on": date(2024, 6, 1)}
    reform.split(unit("县林草局"), into=["县林业局", "县草原局"], members={}, **later)
    reform.abolish(unit("县草原局"), members={}, **asked | {"effective_on": date(2024, 9, 1)})
    lineage = Lineage.load(linye.region_id)
    assert [str(u) for u in lineage.successors(linye.pk)] == ["县林草局", "县林业局", "县草原局"]
    assert [str(u) for u in lineage.heirs(linye.pk)] == ["县林业局"]
    assert [str(u) for u in lineage.predecessors(unit("县林业局").pk)] == ["县林草局", "县林业局"]
    spans = Department.objects.filter(name__in=["县林业局", "县林草局", "县草原局"]).order_by("pk")
    assert [(u.name, u.begins_on, u.ends_on) for u in spans] == [
        ("县林业局", None, date(2024, 3, 14)),
        ("县林草局", date(2024, 3, 15), date(2024, 5, 31)),
        ("县林业局", date(2024, 6, 1), None),
        ("县草原局", date(2024, 6, 1), date(2024, 8, 31)),
    ]
    existing = [Department.objects.existing(day).filter(name__startswith="县林").count() for day in (
        date(2024, 3, 14), date(2024, 3, 15), date(2024, 5, 31), date(2024, 6, 1))]  # fmt: skip
    assert existing == [1, 1, 1, 1]


def test_who_acts_for_the_successor_acts_for_the_former_unit(asked, linye):
    clerk = factories.make_user("linye", (Role.REPORTER, linye))
    approver = factories.make_user("linye_sh", (Role.APPROVER, linye))
    reform.rename(linye, name="县林草局", **asked)
    reform.rename(unit("县林草局"), name="县林业和草原局", **asked | {"effective_on": date(2024, 6, 1)})
    now = unit("县林业和草原局")
    clerk, approver = User.objects.get(pk=clerk.pk), User.objects.get(pk=approver.pk)
    assert permissions.own_departments(clerk) == [now]
    assert {str(u) for u in permissions.former_departments(clerk)} == {"县林业局", "县林草局"}
    assert (permissions.is_reporter(clerk, linye.pk), permissions.is_approver(clerk, linye.pk)) == (
        True,
        False,
    )
    assert (permissions.is_approver(approver, linye.pk), permissions.belongs_to(approver, linye.pk)) == (
        True,
        True,
    )
    assert permissions.is_reporter(clerk, unit("县教委").pk) is False
    assert permissions.has_active_approver(linye.pk)
    assert dict(permissions.acting_by_unit([linye.pk, now.pk], [Role.REPORTER])) == {
        linye.pk: [clerk],
        now.pk: [clerk],
    }


def test_who_succeeds_nobody_costs_no_query(cast, linye, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert permissions.is_reporter(cast.nongye, linye.pk) is False
        assert permissions.former_departments(cast.nongye) == []


def test_a_member_goes_to_no_unknown_unit_nor_a_group(asked, linye):
    member = factories.make_user("linye", (Role.REPORTER, linye)).memberships.get()
    factories.make_department("各乡镇（街道）", is_group=True)
    for name in ("没有的单位", "各乡镇（街道）"):
        told = refused(reform.abolish, linye, members={member.pk: name}, **asked)
        assert told == (Refused, f"没有单位“{name}”，请重新选择成员的去向。")


@pytest.mark.parametrize("name", ["nongye", "lingdao", "outsider", "sysadmin", "shenji"])
def test_only_the_coordinator_of_the_region(cast, asked, linye, name):
    told = refused(reform.rename, linye, name="甲", **asked | {"by": getattr(cast, name)})
    assert told == (NotAllowed, "只有科协工作人员可以登记机构改革。")


def test_what_is_refused(asked, linye):
    group = factories.make_department("各乡镇（街道）", is_group=True)
    elsewhere = factories.make_department("县林业局", factories.make_region("巫溪县", "500238"))
    assert (
        refused(reform.rename, group, name="甲", **asked)[1] == "“各乡镇（街道）”是单位组，不能作机构改革。"
    )
    assert refused(reform.merge, [], into="甲", **asked)[1] == "请选择改革的单位。"
    told = refused(reform.merge, [linye, elsewhere], into="甲", **asked)
    assert told[1] == "所选单位不属于同一行政区。"
    assert refused(reform.rename, linye, name=" ", **asked)[1] == "请写明改革后的单位名称。"
    assert refused(reform.rename, linye, name="长" * 101, **asked)[1] == "单位名称不能超过 100 字。"
    told = refused(reform.split, linye, into=["甲"], members={}, **asked)
    assert told[1] == "拆分后应有两个以上单位。"
    reform.abolish(linye, members={}, **asked)
    told = refused(reform.rename, linye, name="甲", **asked)
    assert told[1] == "县林业局已于2024年3月14日终止，不能再作机构改革。"


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Department, {"name": "县林业局"}),
        (Department, {"name": "甲", "begins_on": date(2024, 2, 2), "ends_on": date(2024, 2, 1)}),
        (Reform, {"kind": "RENAME", "effective_on": date(2024, 3, 15), "document": "", "at": AT}),
    ],
)
def test_the_database_refuses_it_too(cast, linye, model, values):
    by = {"decided_by": cast.kexie} if model is Reform else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(region=linye.region, **values, **by)


def test_a_unit_succeeds_another_once_and_not_itself(asked, linye):
    made = reform.rename(linye, name="甲", **asked)
    for old, new in ((linye, unit("甲")), (linye, linye)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Succession.objects.create(reform=made, old=old, new=new)


INVISIBLE = "\u200b\u200e\u2060\u2800\u3164\ufe0f\ufeff\u00ad\x7f"


def test_what_nobody_sees_is_no_part_of_a_name(linye, asked):
    said = {refused(reform.rename, linye, name=blank, **asked)[1] for blank in (*INVISIBLE, INVISIBLE)}
    assert said == {"请写明改革后的单位名称。"}
    told = refused(reform.split, linye, into=["甲", f"甲{INVISIBLE}"], members={}, **asked)
    assert told[1] == "改革后的单位名称有重复。"
    assert refused(reform.rename, linye, name=f"{linye.name}\u200b", **asked)[1] == "新名称与原名称相同。"
    assert (
        refused(reform.rename, linye, name="甲", **asked | {"document": INVISIBLE})[1] == "请写明依据文件。"
    )
    reform.rename(linye, name=f"\ufeff县林{INVISIBLE}草局 ", **asked | {"document": "\u200b文\u00ad件"})
    assert (unit("县林草局").name, Reform.objects.get().document) == ("县林草局", "文件")


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1999, 12, 31)])
def test_a_day_long_before_any_plan(day, linye, asked):
    told = refused(reform.rename, linye, name="甲", **asked | {"effective_on": day})
    assert told[1] == "生效日期不应早于2000年，请核对年份。"


def test_the_last_day_there_is(linye, asked):
    told = refused(reform.rename, linye, name="甲", **asked | {"effective_on": date.max})
    assert told[1] == "生效日期不能晚于今天，请在生效之日起登记。"
