"""Reforms and decisions that would lose a duty, a name or the last coordinator are refused, and change nothing."""

from datetime import date

import pytest

from chengkou_kepu.reform import Change, Choices, carry_out
from departments.models import DepartmentAlias, Membership, Notice, Reform, Role
from tasks import workflow
from tasks.models import Responsibility
from tasks.reassignment import reassign
from tasks.refusals import Refused
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db
PLAN, NOW = "/plans/chengkou-2021-2025/", moment("2024-01-05 09:00")


@pytest.fixture
def reformed(cast, period):
    """`reformed(kind, unit, *names, on=…)` carries a reform out."""

    def carry(kind, unit, *names, on=date(2023, 12, 1), **choices):
        change = Change(Reform.Kind[kind], (unit,), names, on, "文件")
        return carry_out(change, Choices(**choices), by=cast.zhengfuban, at=NOW)

    return carry


@pytest.fixture
def refused():
    """`refused(deed)`: the sentence; nothing may have changed."""

    def run(deed):
        before = list(Responsibility.objects.order_by("pk").values())
        with pytest.raises(Refused) as refusal:
            deed()
        assert list(Responsibility.objects.order_by("pk").values()) == before
        return str(refusal.value)

    return run


def decide(task, cast, *, lead, supports=(), quarter=3, year=2023):
    asked = {"decided_by": "会议纪要", "reason": "调整", "by": cast.zhengfuban, "at": NOW}
    reassign(task, leads=[lead], supports=list(supports), year=year, quarter=quarter, **asked)


def test_a_day_on_which_the_plan_had_not_begun(reformed, refused, plan, units):
    said = refused(lambda: reformed("RENAME", units.jiaowei, "县新教委", on=plan.starts_on))
    assert said == f"生效日期应晚于《{plan}》的开始日期（2021年1月1日）。"


def test_a_name_that_is_another_units_spelling(reformed, refused, units):
    DepartmentAlias.objects.create(department=units.nongye, name="县农委")
    said = refused(lambda: reformed("RENAME", units.jiaowei, "县农委"))
    assert said == "“县农委”是县农业农村委的其他写法，不能用作新名称。"


def test_a_unit_takes_nothing_over_from_before_it_began(reformed, refused, cast, plan, units):
    reformed("RENAME", units.jiaowei, "县新教委")
    new = factories.make_department("县新教委")
    said = refused(lambda: decide(plan.tasks.get(number=2), cast, lead=new))
    assert said == "县新教委自2023年12月1日起设立，不能承担此前的工作。"
    duties = Responsibility.objects.filter(department=units.nongye, valid_to=None)
    chosen = dict.fromkeys(duties.values_list("pk", flat=True), "县新教委")
    said = refused(lambda: reformed("ABOLISH", units.nongye, on=date(2023, 8, 1), duties=chosen))
    assert said == "县新教委自2023年12月1日起设立，不能承接此前的工作。"


def test_who_gets_new_colleagues_is_told_too(reformed, cast, units):
    reformed("MERGE", units.jiaowei, "县农业农村委")
    told = set(Notice.objects.filter(key__startswith="reform-").values_list("user__username", flat=True))
    assert told == {"jiaowei", "nongye", "nongye_sh"}


def test_the_last_coordinator_stays(reformed, refused, cast, units):
    reformed("ABOLISH", factories.make_department("县政府办公室"))
    Membership.objects.filter(user=cast.kexie).update(department=units.jiaowei)
    cast.zhengfuban = cast.kexie
    said = refused(
        lambda: carry_out(
            Change(Reform.Kind.ABOLISH, (units.jiaowei,), (), date(2023, 12, 2), "文件"),
            Choices(duties=dict.fromkeys(units.jiaowei.responsibilities.values_list("pk", flat=True))),
            by=type(cast.kexie).objects.get(pk=cast.kexie.pk),
            at=NOW,
        )
    )
    assert said == "撤销后本行政区没有科协工作人员了，请先在“管理”中另行指定。"
    assert Membership.objects.filter(role=Role.COORDINATOR).count() == 1


def test_a_return_left_with_an_abolished_units_approver_is_taken_back(reformed, cast, period, units):
    at = moment("2023-10-09 10:00")
    report = factories.fill(period, units.nongye, by=cast.nongye, at=at)
    report = workflow.send_up(report, by=cast.nongye, at=at, version=report.version)
    duties = dict.fromkeys(units.nongye.responsibilities.values_list("pk", flat=True))
    reformed("ABOLISH", units.nongye, duties=duties)
    kexie = type(cast.kexie).objects.get(pk=cast.kexie.pk)
    assert workflow.recall(report, by=kexie, at=NOW, version=report.version).status == "DRAFT"


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "9999-12-31", "2024-01-06"])
@pytest.mark.parametrize("names", ["县新教委", "\u200b", "县新教委\u2060"])
def test_the_form_says_what_is_wrong_with_a_day_or_a_name(signed_in, cast, plan, units, clock, day, names):
    """Also of a plan of which no quarter has been opened yet."""
    clock("2024-01-05 09:00")
    data = {"kind": "RENAME", "units": [units.jiaowei.pk], "names": names, "document": "文件"}
    for verb in ("preview", "confirm"):
        page = signed_in(cast.kexie).post(f"{PLAN}reforms/new/", data | {"effective_on": day, "verb": verb})
        assert (page.status_code, bool(page.context["form"].errors)) == (200, True)
    assert Reform.objects.count() == 0


def test_a_new_name_is_stored_as_it_is_read(signed_in, cast, plan, units, clock):
    clock("2024-01-05 09:00")
    data = {
        "kind": "RENAME",
        "units": [units.jiaowei.pk],
        "names": "县\u200b新教委\ufeff",
        "document": "文件",
    }
    data |= {"effective_on": "2024-01-05"}
    page = signed_in(cast.kexie).post(f"{PLAN}reforms/new/", data | {"verb": "preview"})
    assert page.context["preview"].sentence == "县教委自2024年1月5日起更名为县新教委。"
    seen = page.context["seen"]
    page = signed_in(cast.kexie).post(f"{PLAN}reforms/new/", data | {"verb": "confirm", "seen": seen})
    assert page.status_code == 302
    assert Reform.objects.get().successions.get().new.name == "县新教委"


def test_a_decision_rests_on_what_can_be_read(refused, cast, plan, units, period):
    task = plan.tasks.get(number=3)
    asked = {"year": 2023, "quarter": 3, "by": cast.zhengfuban, "at": NOW}
    for given, sentence in (
        ({"decided_by": "\u200b\u00ad", "reason": "调整"}, "请写明依据的文件或会议。"),
        ({"decided_by": "会议纪要", "reason": "\u2060"}, "请写明调整理由。"),
    ):
        said = refused(lambda g=given: reassign(task, leads=[units.nongye], supports=[], **asked, **g))
        assert said == sentence
