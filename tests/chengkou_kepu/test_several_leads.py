"""A task with several leads: the first consolidates, its text stands first, the others' under their names."""

import re
from io import BytesIO

import pytest
from openpyxl import load_workbook

from departments.models import Role
from tests import factories
from tests.posting import return_address

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = "县教委", "县农业农村委", "县科协"


@pytest.fixture
def forestry(plan, units):
    """县林业局 supports task 4, which three units lead."""
    supporter = factories.make_department("县林业局")
    factories.make_task(plan, 4, leads=[units.jiaowei, units.nongye, units.kexie], supports=[supporter])
    return supporter


@pytest.fixture(params=["no lead", "first alone", "second alone", "first missing", "all three"])
def told(request, period, units, forestry):
    """The leads whose text on task 4 was accepted, in the plan's order."""
    filed = {
        "no lead": [],
        "first alone": [FIRST],
        "second alone": [SECOND],
        "first missing": [SECOND, THIRD],
        "all three": [FIRST, SECOND, THIRD],
    }[request.param]
    for name in reversed(filed):
        report = factories.make_report(period, factories.make_department(name), completions={4: 40})
        report.entries.update(progress=f"{name}的进展。")
    return filed


def test_a_supporter_reads_each_lead_that_has_been_accepted(signed_in, plan, period, forestry, told):
    reader = signed_in(factories.make_user("linye", (Role.REPORTER, forestry)))
    page = reader.get(return_address(plan, period)).content.decode()
    assert re.findall(r"牵头单位(.*?)的进展（2023年第三季度，审核通过）", page) == told
    assert re.findall(r'<p class="quote prewrap">(.*?)</p>', page) == [f"{name}的进展。" for name in told]


def test_a_lead_that_is_one_no_longer_is_not_read(signed_in, plan, period, units, forestry):
    factories.make_report(period, units.jiaowei, completions={4: 40})
    first = plan.tasks.get(number=4).responsibilities.get(department=units.jiaowei)
    type(first).objects.filter(pk=first.pk).update(valid_to="2023-06-30")
    reader = signed_in(factories.make_user("linye", (Role.REPORTER, forestry)))
    assert "（2023年第三季度，审核通过）" not in reader.get(return_address(plan, period)).content.decode()


def test_the_task_page_names_them_in_order(signed_in, cast, plan, period, told):
    page = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/tasks/4/?period=2023Q3").content.decode()
    history = page[page.index("<h2>各季度进展</h2>") : page.index("<h2>文件原文</h2>")]
    found = re.findall(r'<span class="tag lead">(.*?)</span>\s*<b>(.*?)</b>', history)
    assert found == [("第一牵头" if name == FIRST else "牵头", name) for name in told]


def test_the_workbooks_hold_the_first_text_and_the_others_under_their_names(signed_in, cast, plan, told):
    expected = "\n".join(f"{name}的进展。" if name == FIRST else f"{name}：{name}的进展。" for name in told)
    for name, sheet, column in (("summary", "重点工作", 12), ("responsibility-table", "责任分解表", 8)):
        response = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/exports/{name}.xlsx?period=2023Q3")
        book = load_workbook(BytesIO(response.getvalue()))
        row = next(r for r in book[sheet].iter_rows(min_row=4) if r[0].value == 4)
        assert (row[column - 1].value or "") == expected


def test_the_action_page_names_all_leads_and_shows_the_firsts_figure(
    signed_in, cast, plan, period, units, forestry
):
    factories.make_report(period, units.nongye, completions={4: 90})
    url = f"/plans/{plan.slug}/actions/1/?period=2023Q3"

    def row():
        response = signed_in(cast.lingdao).get(url)
        found = next(r.record for r in response.context["table"].rows if r.record.progress.number == 4)
        return found.leads, found.progress.completion

    assert row() == (f"{FIRST}、{SECOND}、{THIRD}", None)
    factories.make_report(period, units.jiaowei, completions={4: 30})
    assert row() == (f"{FIRST}、{SECOND}、{THIRD}", 30)
