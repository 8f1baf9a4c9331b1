"""按行动一并填写: one text for the rows of a section, through the filing page."""

import pytest

from tasks.forms import BlockForm
from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def kexie_lines(plan, units):
    """Ids of 县科协's supporting lines by task number; 1, 2 and 4 are of the first action."""
    factories.make_task(plan, 4, leads=[units.nongye], supports=[units.kexie])
    held = Responsibility.objects.filter(department=units.kexie)
    return dict(held.values_list("task__number", "pk"))


def rows(period, unit, numbers):
    """The posted fields of the lines, as the page holds them."""
    data = {}
    for number in numbers:
        data |= typed(period, unit, number)
    return data


def block(key, ticked=(), entry=None, **values):
    """The posted fields of a block that the page showed with what `entry` says."""
    prefix = f"block-{key}"
    seen = BlockForm(key=key, entry=entry)["seen"].value()
    fields = {f"{prefix}-{name}": value for name, value in values.items()}
    return fields | {f"{prefix}-seen": seen, f"{prefix}-rows": [str(pk) for pk in ticked]}


def texts(period):
    """{task number: (progress, activities)} of what is stored."""
    entries = ProgressEntry.objects.filter(report__period=period)
    return {e.responsibility.task.number: (e.progress, e.activities) for e in entries}


def test_one_text_is_saved_to_the_ticked_rows(signed_in, cast, units, plan, period, kexie_lines):
    client, address = signed_in(cast.kexie_tb), return_address(plan, period)
    ticked = [kexie_lines[1], kexie_lines[4]]
    data = rows(period, units.kexie, [1, 2, 3, 4])
    data |= block("1-SUPPORT", ticked, progress="配合开展三下乡。", activities="２场")
    response = client.post(address, data | {"apply": "1-SUPPORT"})
    assert response.url == f"{return_address(plan, period, units.kexie)}#block-1-SUPPORT"
    said = ("配合开展三下乡。", 2)
    assert texts(period) == {1: said, 4: said}


def test_the_second_visit_finds_text_and_rows_and_one_row_may_differ(
    signed_in, cast, units, plan, period, kexie_lines
):
    client, address = signed_in(cast.kexie_tb), return_address(plan, period)
    data = rows(period, units.kexie, [1, 2, 3, 4])
    all_three = [kexie_lines[number] for number in (1, 2, 4)]
    client.post(address, data | block("1-SUPPORT", all_three, progress="第一稿。") | {"apply": "1-SUPPORT"})
    client.post(address, typed(period, units.kexie, 2, progress="第二项另说。"))
    page = client.get(address).context["page"]
    shown = page.sections[0].block
    assert (shown.form["progress"].value(), shown.ticked) == ("第一稿。", {kexie_lines[1], kexie_lines[4]})
    assert [(line.task.number, line.shared, line.unfolded) for line in page.sections[0].lines] == [
        (1, True, False),
        (2, False, True),
        (4, True, False),
    ]
    shared = ProgressEntry.objects.get(responsibility=kexie_lines[1])
    data = rows(period, units.kexie, [1, 2, 3, 4])
    data |= block("1-SUPPORT", [kexie_lines[1], kexie_lines[4]], shared, progress="定稿。")
    client.post(address, data | {"apply": "1-SUPPORT"})
    assert texts(period) == {1: ("定稿。", None), 2: ("第二项另说。", None), 4: ("定稿。", None)}


@pytest.mark.parametrize(
    ("values", "ticked", "said"),
    [
        ({"progress": "有内容。"}, False, "请勾选要一并填写的工作。"),
        ({"progress": "  "}, True, "请先填写内容。"),
        ({"progress": "有内容。", "activities": "两场"}, True, "请填写数字，如 1,200。"),
    ],
)
def test_a_block_that_cannot_be_applied_says_why_and_keeps_what_was_typed(
    values, ticked, said, signed_in, cast, units, plan, period, kexie_lines
):
    data = rows(period, units.kexie, [1, 2, 3, 4])
    data |= block("1-SUPPORT", [kexie_lines[1]] if ticked else [], **values)
    client = signed_in(cast.kexie_tb)
    response = client.post(return_address(plan, period), data | {"apply": "1-SUPPORT"})
    page = response.content.decode()
    assert said in page
    assert texts(period) == {}
    assert values["progress"].strip() in page


def test_what_was_not_applied_is_not_lost_and_stops_the_verb(
    signed_in, cast, units, plan, period, kexie_lines
):
    data = typed(period, units.kexie, 3, progress="第三项。")
    data |= block("1-SUPPORT", [kexie_lines[1]], progress="忘了点应用。") | {"verb": "SUBMIT", "version": "0"}
    response = signed_in(cast.kexie_tb).post(return_address(plan, period), data)
    page = response.content.decode()
    assert "这里填写的内容还没有应用到各项。" in page
    assert "忘了点应用。</textarea>" in page
    assert QuarterlyReport.objects.get(period=period).status == QuarterlyReport.Status.DRAFT
    assert texts(period) == {3: ("第三项。", None)}


def test_leads_share_no_change_with_one_reason(signed_in, cast, units, plan, period, kexie_lines):
    held = Responsibility.objects.filter(department=units.nongye, role="LEAD", task__number__in=[1, 2])
    data = rows(period, units.nongye, [1, 2, 4])
    data |= block("1-LEAD", held.values_list("pk", flat=True), no_change="on", no_change_reason="汛期停工")
    signed_in(cast.nongye).post(return_address(plan, period), data | {"apply": "1-LEAD"})
    entries = ProgressEntry.objects.filter(report__period=period)
    assert sorted(entries.values_list("responsibility__task__number", "no_change", "no_change_reason")) == [
        (1, True, "汛期停工"),
        (2, True, "汛期停工"),
    ]


def test_a_row_somebody_else_saved_first_keeps_both_texts(signed_in, cast, units, plan, period, kexie_lines):
    colleague = factories.make_user("kexie_tb2", ("REPORTER", units.kexie), name="同事")
    address = return_address(plan, period)
    data = rows(period, units.kexie, [1, 2])
    signed_in(colleague).post(address, typed(period, units.kexie, 2, progress="同事先写的。"))
    data |= block("1-SUPPORT", [kexie_lines[1], kexie_lines[2]], progress="一并写的。")
    page = signed_in(cast.kexie_tb).post(address, data | {"apply": "1-SUPPORT"}).content.decode()
    assert texts(period) == {1: ("一并写的。", None), 2: ("同事先写的。", None)}
    assert "没有保存：同事已于" in page
    assert page.count("一并写的。</textarea>") == 3


def test_ids_of_another_unit_are_left_alone(signed_in, cast, units, plan, period, kexie_lines):
    foreign = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    data = rows(period, units.kexie, [1]) | block("1-SUPPORT", [foreign, 10**20], progress="越界。")
    signed_in(cast.kexie_tb).post(return_address(plan, period), data | {"apply": "1-SUPPORT"})
    assert texts(period) == {}


def test_a_fixed_return_and_a_single_row_have_no_block(signed_in, cast, units, plan, period):
    page = signed_in(cast.jiaowei).get(return_address(plan, period)).content.decode()
    assert "一并填写" not in page
    factories.make_report(period, units.nongye, completions={1: 40, 2: 40}, status="SUBMITTED")
    page = signed_in(cast.nongye).get(return_address(plan, period)).content.decode()
    assert "应用到勾选的各项" not in page


# 其余各项均无新进展


def rest(period, unit, **values):
    """The posted fields of 其余各项均无新进展 as the page shows it: the unit's lead rows that say nothing yet."""
    lines = ProgressEntry.objects.filter(report__period=period, report__department=unit)
    silent = Responsibility.objects.leads().filter(department=unit).exclude(entries__in=lines)
    fields = block("rest", silent.values_list("pk", flat=True))
    return fields | {f"block-rest-{name}": value for name, value in values.items()} | {"apply": "rest"}


def no_change(period):
    entries = ProgressEntry.objects.filter(report__period=period)
    return {e.responsibility.task.number: (e.no_change_reason, e.completion) for e in entries}


def test_one_reason_serves_the_lead_lines_in_which_nothing_was_typed(signed_in, cast, units, plan, period):
    client, address = signed_in(cast.nongye), return_address(plan, period)
    data = typed(period, units.nongye, 1, progress="培训三期。", completion="60") | typed(
        period, units.nongye, 2
    )
    client.post(address, data | rest(period, units.nongye, no_change_reason="安排在下半年。"))
    assert no_change(period) == {1: ("", 60), 2: ("安排在下半年。", None)}
    page = client.get(address)
    assert (page.context["page"].silent, "其余各项均无新进展" in page.content.decode()) == ([], False)


@pytest.mark.parametrize(
    ("progress", "reason", "said"),
    [
        ("", "", "请写明无新进展的原因。"),
        ("都写了。", "安排在下半年。", "各项都已填写，没有需要一并填写的。"),
    ],
    ids=["no reason", "no line left"],
)
def test_the_rest_cannot_be_filled_without_reason_or_lines(
    signed_in, cast, units, plan, period, progress, reason, said
):
    client = signed_in(cast.nongye)
    data = {}
    for number in (1, 2):
        data |= typed(period, units.nongye, number, progress=progress)
    data |= rest(period, units.nongye, no_change_reason=reason)
    response = client.post(return_address(plan, period), data)
    form = response.context["page"].rest
    assert (form.non_field_errors(), form["no_change_reason"].value()) == ([said], reason)
    assert no_change(period) == ({} if not progress else {1: ("", None), 2: ("", None)})


def test_a_reason_that_was_not_applied_is_not_lost_and_stops_the_verb(signed_in, cast, units, plan, period):
    client = signed_in(cast.jiaowei)
    data = typed(period, units.jiaowei, 3) | rest(period, units.jiaowei, no_change_reason="安排在下半年。")
    data |= {"apply": "", "verb": "SUBMIT", "version": "0"}
    page = client.post(return_address(plan, period), data).content.decode()
    assert "这里写的原因还没有应用到各项。" in page
    assert QuarterlyReport.objects.get().status == "DRAFT"
