"""更正说明: beside a frozen quarter, counted in later quarters only."""

from fractions import Fraction

import pytest

from chengkou_kepu.freezing import freeze_quarter
from departments.models import AuditRecord
from tasks.errata import correct, correct_completion
from tasks.ledger import Ledger
from tasks.models import Erratum, Plan, ProgressEntry, Responsibility
from tasks.refusals import NotAllowed, Refused
from tasks.selection import periods_of
from tasks.standing import plan_standing
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

AT, LATER = moment("2023-11-01 09:00"), moment("2024-01-05 09:00")


@pytest.fixture
def third(plan, baseline, period, units):
    """2023Q3, frozen: 县农业农村委 at 50 and 20, 县教委 has not filed."""
    factories.make_report(period, units.nongye, completions={1: 50, 2: 20})
    period.closed_at = AT
    period.save()
    freeze_quarter(period, by=None, at=AT)
    return next(p for p in periods_of(plan) if p.code == "2023Q3")


@pytest.fixture
def fourth(plan, third):
    return factories.make_period(plan, "2023Q4")


def lead(number):
    return Responsibility.objects.select_related("task", "department").get(task__number=number, role="LEAD")


def completions(plan, period):
    """{task number: (completion, stage, whether corrected)} in the quarter as the pages read it."""
    period = next(p for p in periods_of(plan) if p.code == period.code)
    standing = plan_standing(Ledger.load(Plan.objects.get(pk=plan.pk)), period, at=LATER)
    return {t.number: (t.completion, t.stage, t.leads[0].corrected) for t in standing.tasks}


def test_a_correction_is_on_record_with_what_was_and_what_should_be(third, cast):
    erratum = correct_completion(third, lead(1), 35, reason=" 重复计数 ", by=cast.kexie, at=LATER)
    assert Erratum.objects.values().get() == {
        "id": erratum.pk,
        "period_id": third.pk,
        "subject": "第1项：县农业农村委自评进度",
        "old": "50%（推进中）",
        "new": "35%（推进中）",
        "reason": "重复计数",
        "task_id": lead(1).task_id,
        "responsibility_id": lead(1).pk,
        "completion": 35,
        "stage": "UNDER_WAY",
        "by_id": cast.kexie.pk,
        "at": LATER,
    }
    record = AuditRecord.objects.latest("pk")
    assert (record.verb, record.subject, record.by, record.detail) == (
        "更正说明",
        f"{third.plan} 2023年第三季度",
        cast.kexie,
        "第1项：县农业农村委自评进度：原为50%（推进中），更正为35%（推进中）。重复计数",
    )


def test_a_corrected_completion_counts_in_later_quarters_only(plan, third, fourth, cast):
    before = completions(plan, third)
    correct_completion(third, lead(1), 100, reason="漏报", by=cast.kexie, at=LATER)
    correct_completion(third, lead(3), 0, reason="漏报", by=cast.kexie, at=LATER)
    assert completions(plan, third) == before
    assert before == {
        1: (Fraction(50), "UNDER_WAY", False),
        2: (Fraction(20), "UNDER_WAY", False),
        3: (None, "", False),
    }
    assert completions(plan, fourth) == {
        1: (Fraction(100), "COMPLETED", True),
        2: (Fraction(20), "UNDER_WAY", False),
        3: (Fraction(0), "NOT_STARTED", True),
    }


def test_the_last_of_several_corrections_counts_and_says_what_it_replaced(plan, third, fourth, cast):
    correct_completion(third, lead(1), 35, reason="重复计数", by=cast.kexie, at=LATER)
    second = correct_completion(third, lead(1), 40, reason="再次核对", by=cast.zhengfuban, at=LATER)
    assert (second.old, second.new) == ("35%（推进中）", "40%（推进中）")
    assert completions(plan, fourth)[1] == (Fraction(40), "UNDER_WAY", True)


def test_a_later_return_takes_the_place_of_a_correction(plan, third, fourth, units, cast):
    correct_completion(third, lead(1), 35, reason="重复计数", by=cast.kexie, at=LATER)
    factories.make_report(fourth, units.nongye, completions={1: 60})
    assert completions(plan, fourth)[1] == (Fraction(60), "UNDER_WAY", False)


def test_the_light_says_that_it_rests_on_a_correction(plan, third, fourth, cast):
    correct_completion(third, lead(1), 35, reason="重复计数", by=cast.kexie, at=LATER)
    standing = plan_standing(Ledger.load(plan), fourth, at=LATER)
    assert standing.tasks[0].why.endswith("依据：第一牵头单位自评（县农业农村委2023年第三季度更正说明）。")


def test_the_next_return_is_compared_with_the_correction(third, fourth, units, cast):
    correct_completion(third, lead(1), 35, reason="重复计数", by=cast.kexie, at=LATER)
    before = ProgressEntry.objects.latest_accepted_before(fourth, [lead(1), lead(2)])
    assert {pk: (e.stands_at, e.stands_since.code) for pk, e in before.items()} == {
        lead(1).pk: (35, "2023Q3"),
        lead(2).pk: (20, "2023Q3"),
    }


def test_a_correction_of_a_quarter_the_unit_did_not_file_in_is_compared_with_as_well(
    plan, baseline, third, fourth, units, cast
):
    factories.make_report(baseline, units.jiaowei, completions={3: 10})
    later = factories.make_period(plan, "2024Q1")
    report = factories.make_report(fourth, units.jiaowei)
    report.entries.create(responsibility=lead(3), no_change=True, no_change_reason="待开工")
    assert stands(fourth, 3) == (10, "2022Q4")
    correct_completion(third, lead(3), 30, reason="漏报", by=cast.kexie, at=LATER)
    assert stands(third, 3) == (10, "2022Q4")
    assert (stands(fourth, 3), stands(later, 3)) == ((30, "2023Q3"), (30, "2023Q3"))


def stands(period, number):
    """(completion, quarter) that stood of the task's lead before the period."""
    entry = ProgressEntry.objects.latest_accepted_before(period, [lead(number)])[lead(number).pk]
    return entry.stands_at, entry.stands_since.code


def test_other_matters_are_corrected_in_words(plan, third, fourth, cast):
    before = completions(plan, fourth)
    told = {"subject": "总体进度", "old": "23%", "new": "25%", "reason": "统计口径有误"}
    erratum = correct(third, **told, by=cast.kexie, at=LATER)
    assert {name: getattr(erratum, name) for name in told} == told
    assert (erratum.completion, erratum.responsibility, completions(plan, fourth)) == (None, None, before)
    with pytest.raises(Refused, match="更正后的数据与原数据相同。"):
        correct(third, **told, by=cast.kexie, at=LATER)
    again = correct(third, **told | {"new": "24%"}, by=cast.kexie, at=LATER)
    assert (again.old, again.new) == ("25%", "24%")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"completion": 101}, "进度应为 0 至 100 的整数。"),
        ({"completion": None}, "进度应为 0 至 100 的整数。"),
        ({"completion": 50}, "更正后的数据与原数据相同。"),
        ({"reason": " "}, "请写明更正原因和依据。"),
    ],
)
def test_what_is_no_correction_is_refused(third, cast, change, sentence):
    asked = {"completion": 35, "reason": "重复计数"} | change
    completion = asked.pop("completion")
    with pytest.raises(Refused) as refused:
        correct_completion(third, lead(1), completion, by=cast.kexie, at=LATER, **asked)
    assert (str(refused.value), Erratum.objects.count()) == (sentence, 0)


def test_a_supporting_line_states_no_progress_to_correct(third, cast):
    support = Responsibility.objects.select_related("task").filter(role="SUPPORT").first()
    with pytest.raises(Refused, match="请从所列牵头工作中选择。"):
        correct_completion(third, support, 35, reason="重复计数", by=cast.kexie, at=LATER)


def test_a_quarter_that_is_not_frozen_has_no_errata(fourth, cast):
    with pytest.raises(Refused) as refused:
        correct(fourth, subject="总体进度", old="1", new="2", reason="有误", by=cast.kexie, at=LATER)
    assert str(refused.value) == "2023年第四季度还没有定稿归档，请直接退回或重新打开季报更正。"


@pytest.mark.parametrize("name", ["nongye", "jiaowei", "lingdao", "kexie_tb", "outsider", "sysadmin"])
def test_only_the_coordinator_corrects(third, cast, name):
    with pytest.raises(NotAllowed):
        correct_completion(third, lead(1), 35, reason="重复计数", by=getattr(cast, name), at=LATER)
    assert not Erratum.objects.exists()
