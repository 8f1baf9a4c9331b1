"""The plan's own targets: what the file says, and loading it into a plan."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from departments.models import AuditRecord, DepartmentAlias
from indicators.models import Indicator, Target
from indicators.targets import LoadedTargets, load_targets, read_targets, targets_file
from tests import factories

SLUG = "chengkou-2021-2025"
DOCUMENT = "000_5b31e1cc3ff236a8.txt"
AT = factories.moment("2023-01-03 09:00")
NAMES = (
    "公民具备科学素质的比例",
    "农民教育培训",
    "科普经费",
    "县级科技馆",
    "科普信息员",
    "科学素质发展不均衡改善",
    "科普设施与公共服务均等化",
    "协同机制与全域科普格局",
    "全民参与积极性",
    "同等重要制度安排",
    "科学精神与社会氛围",
    "平战结合应急科普体系",
)
KIND = Indicator.Kind


@pytest.fixture
def entries():
    return read_targets(SLUG)


@pytest.fixture
def caizheng(units):
    return factories.make_department("县财政局")


def document():
    folders = (settings.BASE_DIR / "fixtures" / "plan", Path("/work/shared/plan"))
    path = next((f / DOCUMENT for f in folders if (f / DOCUMENT).is_file()), None)
    if path is None:
        pytest.skip("the plan document is not here")
    return path.read_text(encoding="utf-8")


def test_each_source_sentence_stands_verbatim_in_the_document(entries):
    text = document()

    assert [e["code"] for e in entries if e["target"]["source_sentence"] not in text] == []


def test_qualitative_targets_are_worded_as_the_document_words_them(entries):
    text = document()
    qualitative = [e for e in entries if e["kind"] == KIND.QUALITATIVE]

    assert len(qualitative) == 7
    assert [e["code"] for e in qualitative if e["target"]["wording"] not in text] == []


def test_whatever_is_presumed_says_so(entries):
    assert [
        e["code"] for e in entries if e["owner_presumed"] and "推定" not in e["target"]["presumption"]
    ] == []


def test_a_plan_without_a_file_has_no_entries():
    assert (targets_file("wuxi-2021-2025"), read_targets("wuxi-2021-2025")) == (None, [])


def test_loads_the_twelve_targets_of_the_plan(plan, caizheng, cast, entries):
    outcome = load_targets(plan, entries, by=cast.kexie, at=AT)

    assert outcome == LoadedTargets(created=NAMES)
    rows = Target.objects.filter(indicator__plan=plan).order_by("indicator__position")
    assert list(
        rows.values_list(
            "indicator__kind", "indicator__owner__name", "comparator", "value", "year", "every_year"
        )
    )[:5] == [
        (KIND.SURVEY, "县科协", ">", 12, 2025, False),
        (KIND.CUMULATIVE, "县农业农村委", ">=", 5000, 2025, False),
        (KIND.RATIO, "县财政局", ">=", 1.5, 2025, True),
        (KIND.MILESTONE, "县科协", ">=", None, 2025, False),
        (KIND.RATIO, "县科协", ">=", 100, 2025, False),
    ]
    museum = plan.indicators.get(code="science-museum")
    assert (museum.stages, museum.targets.get().stage) == (
        ["未启动", "立项", "在建", "基本建成", "投入使用", "免费开放"],
        "基本建成",
    )
    record = AuditRecord.objects.get()
    assert (record.verb, record.by, record.at, record.detail) == (
        "载入指标目标",
        cast.kexie,
        AT,
        f"新增指标：{'、'.join(NAMES)}",
    )


def test_loading_again_changes_nothing(plan, caizheng, entries):
    load_targets(plan, entries, by=None, at=AT)

    assert load_targets(plan, entries, by=None, at=AT) == LoadedTargets()
    assert (Indicator.objects.count(), Target.objects.count(), AuditRecord.objects.count()) == (12, 12, 1)


def test_what_a_coordinator_changed_stays_but_the_sentence_follows_the_file(plan, caizheng, entries):
    load_targets(plan, entries, by=None, at=AT)
    plan.indicators.filter(code="farmer-training").update(name="农民培训", owner=caizheng)
    Target.objects.filter(indicator__code="farmer-training").update(
        value=6000, year=2024, source_sentence="误"
    )

    assert load_targets(plan, entries, by=None, at=AT) == LoadedTargets(refreshed=("农民培训",))
    target = Target.objects.select_related("indicator").get(indicator__code="farmer-training")
    assert (target.indicator.owner, target.value, target.year) == (caizheng, 6000, 2024)
    assert target.source_sentence == entries[1]["target"]["source_sentence"]


def test_an_indicator_without_a_target_gets_the_files(plan, caizheng, entries):
    load_targets(plan, entries, by=None, at=AT)
    Target.objects.filter(indicator__code="farmer-training").delete()

    assert load_targets(plan, entries, by=None, at=AT) == LoadedTargets(completed=("农民教育培训",))


def test_an_owner_that_is_no_unit_is_left_open_and_reported(plan, entries):
    outcome = load_targets(plan, entries, by=None, at=AT)

    assert outcome == LoadedTargets(created=NAMES, missing_owners=("县财政局",))
    assert plan.indicators.get(code="funding-per-capita").owner is None


def test_an_owner_is_found_by_its_other_spelling(plan, units, entries):
    unit = factories.make_department("县财政和国资局")
    DepartmentAlias.objects.create(department=unit, name="县财政局")

    assert load_targets(plan, entries, by=None, at=AT).missing_owners == ()
    assert plan.indicators.get(code="funding-per-capita").owner == unit


def test_a_senseless_entry_leaves_nothing_behind(plan, entries):
    wrong = entries[0] | {"code": "wrong", "kind": "GUESS"}

    with pytest.raises(ValidationError):
        load_targets(plan, [*entries, wrong], by=None, at=AT)
    assert Indicator.objects.count() == 0
