"""Reforms and decisions at once on PostgreSQL: one change of a region's units happens after the other.

Each race has its control: without the region's lock, the fault that it prevents is there.
"""

import contextlib
import threading
from datetime import date

import pytest
from django.db import transaction

from chengkou_kepu import reform
from departments import reform as units_reform
from departments.models import Department, Reform, Region
from tasks import drafting, extensions, periods, reassignment
from tasks.models import Extension, QuarterlyReport, ReportingPeriod, Responsibility
from tests import factories
from tests.factories import moment
from tests.tasks.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ON, AT = date(2023, 12, 1), moment("2024-01-05 09:00")
LOCKED = pytest.mark.parametrize("locked", [True, False], ids=["one after the other", "control"])


@pytest.fixture
def race(monkeypatch, plan, period):
    """`race(locked, *deeds)`: what came of two deeds, each of which has looked before either writes, if it can.

    `looks` are the (module, name) of what the two look with; without the lock a unit's verb holds nothing either.
    """

    def run(locked, *deeds, looks=()):
        both_have_looked = threading.Barrier(2)

        def looking(module, name):
            look = getattr(module, name)

            def look_and_wait(*args, **kwargs):
                seen = look(*args, **kwargs)
                with contextlib.suppress(threading.BrokenBarrierError):
                    both_have_looked.wait(timeout=2)
                return seen

            monkeypatch.setattr(module, name, look_and_wait)

        for module, name in looks or [(units_reform, "require"), (reassignment, "_require_begun")]:
            looking(module, name)
        if not locked:
            if looks:
                monkeypatch.setattr(ReportingPeriod, "hold", lambda period: None)
            for module in (units_reform, reassignment):
                monkeypatch.setattr(module, "lock_region", lambda region_id: None)
        return sorted(f"{type(r).__name__} {r}" if isinstance(r, Exception) else r for r in at_once(*deeds))

    return run


@pytest.fixture
def reforming(cast):
    """`reforming(kind, unit, name)`: the deed, whose result is its kind."""

    def deed(kind, unit, name):
        change = reform.Change(kind, (unit,), (name,), ON, "文件")
        return lambda: reform.carry_out(change, reform.Choices(), by=cast.zhengfuban, at=AT).kind

    return deed


def faults(results):
    """The exceptions by class; a refusal is none."""
    return [told.split()[0] for told in results if "Error" in told.split()[0]]


@LOCKED
def test_one_new_name_for_two_units(locked, race, reforming, units):
    results = race(
        locked, reforming("RENAME", units.jiaowei, "县新局"), reforming("RENAME", units.nongye, "县新局")
    )
    if locked:
        assert results == ["RENAME", "Refused 已有单位“县新局”；并入该单位的，请选择“合并”。"]
    else:
        assert faults(results) == ["IntegrityError"]
    assert Department.objects.filter(name="县新局").count() == 1


@LOCKED
def test_two_units_into_each_other(locked, race, reforming, units):
    """Without the lock each waits for the other."""
    results = race(
        locked,
        reforming("MERGE", units.jiaowei, units.nongye.name),
        reforming("MERGE", units.nongye, units.jiaowei.name),
    )
    if locked:
        (refusal,) = (told for told in results if told != "MERGE")
        assert refusal.endswith("已有2023年12月1日生效的机构改革，生效日期应晚于该日。")
        assert refusal.startswith("Refused ")
    else:
        assert faults(results) == ["OperationalError"]
    assert Reform.objects.count() == 1


@LOCKED
def test_a_task_is_given_to_a_unit_that_is_being_renamed(locked, race, reforming, units, plan, cast):
    """Task 2, in which the unit had no part: its heir leads it, or it could not be given."""

    def deciding():
        asked = {"decided_by": "会议纪要", "reason": "调整", "by": cast.kexie, "at": AT}
        task = plan.tasks.get(number=2)
        reassignment.reassign(task, leads=[units.jiaowei], supports=[], year=2023, quarter=4, **asked)
        return "DECIDED"

    results = race(locked, deciding, reforming("RENAME", units.jiaowei, "县新教委"))
    held = Responsibility.objects.filter(task__number=2, valid_to=None).select_related("department")
    (lead,) = (str(duty.department) for duty in held if duty.is_lead)
    if locked:
        refused = ["RENAME", "Refused 所选单位刚经机构改革，请刷新页面后再选。"]
        assert (results, lead) in [(["DECIDED", "RENAME"], "县新教委"), (refused, "县农业农村委")]
    else:
        assert (results, lead) == (["DECIDED", "RENAME"], "县教委")


@pytest.fixture
def q4(plan, period):
    return factories.make_period(plan, "2023Q4")


@LOCKED
def test_a_return_is_begun_while_its_unit_is_renamed(locked, race, reforming, units, cast, q4):
    def beginning():
        with transaction.atomic():
            drafting.begin_report(q4, units.jiaowei, by=cast.jiaowei, at=AT)
        return "BEGUN"

    looks = [(drafting, "require_open_for_lines"), (reform, "_pass_on_returns")]
    results = race(locked, beginning, reforming("RENAME", units.jiaowei, "县新教委"), looks=looks)
    of = list(QuarterlyReport.objects.values_list("department__name", flat=True))
    if locked:
        refused = ["RENAME", "Refused 县教委至2023年11月30日止，2023年第四季度由承接其工作的单位报送。"]
        assert (results, of) in [(["BEGUN", "RENAME"], ["县新教委"]), (refused, [])]
    else:
        assert (results, of) == (["BEGUN", "RENAME"], ["县教委"])


@LOCKED
def test_an_extension_is_asked_for_while_the_unit_is_renamed(locked, race, reforming, units, cast, q4):
    def asking():
        asked = {"until": date(2024, 1, 15), "reason": "人员调整", "by": cast.jiaowei, "at": AT}
        extensions.ask_extension(q4, units.jiaowei, **asked)
        return "ASKED"

    looks = [(extensions, "reason_not_askable"), (reform, "_pass_on_returns")]
    results = race(locked, asking, reforming("RENAME", units.jiaowei, "县新教委"), looks=looks)
    of = list(Extension.objects.values_list("department__name", flat=True))
    if locked:
        refused = ["RENAME", "Refused 县教委至2023年11月30日止，2023年第四季度由承接其工作的单位报送。"]
        assert (results, of) in [(["ASKED", "RENAME"], ["县新教委"]), (refused, [])]
    else:
        assert (results, of) == (["ASKED", "RENAME"], ["县教委"])


@LOCKED
def test_a_line_is_saved_while_its_task_is_taken_away(locked, race, units, plan, cast, q4):
    """Task 3 goes to 县农业农村委 from the quarter on, and back again while it writes its first line."""
    task = plan.tasks.get(number=3)

    def give(unit):
        asked = {"decided_by": "会议纪要", "reason": "调整", "by": cast.kexie, "at": AT}
        reassignment.reassign(task, leads=[unit], supports=[], year=2023, quarter=4, **asked)
        return "DECIDED"

    give(units.nongye)
    duty = Responsibility.objects.get(task=task, department=units.nongye, valid_to=None)

    def saving():
        with transaction.atomic():
            report = drafting.begin_report(q4, units.nongye, by=cast.nongye, at=AT)
            line = drafting.LineInput(duty.pk, 0, {"progress": "有进展。"})
            drafting.save_lines(report, [line], by=cast.nongye, at=AT)
        return "SAVED"

    looks = [(drafting, "own_responsibilities"), (reassignment, "forget")]
    results = race(locked, saving, lambda: give(units.jiaowei), looks=looks)
    if locked:
        since = "Refused 第3项县农业农村委自2023年10月1日起的分工已有填报，不能取消。"
        assert results in [["DECIDED", "NotAllowed 其中有不属于本单位的工作。"], [since, "SAVED"]]
    else:
        assert faults(results) == ["IntegrityError"]


@pytest.mark.parametrize("no_key", [True, False], ids=["records pass", "control"])
def test_a_period_is_closed_while_a_unit_is_renamed(no_key, race, reforming, units, cast, q4, monkeypatch):
    """Each holds its own row first: the record of the closing names the region that the reform has locked."""
    if not no_key:
        lock = Region.objects.select_for_update()
        monkeypatch.setattr(units_reform, "lock_region", lambda region_id: lock.get(pk=region_id))

    def closing():
        periods.close_period(q4, by=cast.kexie, at=moment("2024-02-01 09:00"))
        return "CLOSED"

    results = race(
        True,
        closing,
        reforming("RENAME", units.jiaowei, "县新教委"),
        looks=[(periods, "_locked_row"), (units_reform, "require")],
    )
    if no_key:
        assert results == ["CLOSED", "RENAME"]
    else:
        assert faults(results) == ["OperationalError"]
