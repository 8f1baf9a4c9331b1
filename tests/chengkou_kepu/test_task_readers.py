"""The page of a task as different readers see it: what is due, how far each lead is, what the units said."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import QuarterlyReport, Responsibility
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
Status = QuarterlyReport.Status


@pytest.fixture(autouse=True)
def today(clock):
    clock("2023-10-20 09:00")


def between(page, start, end):
    """What stands between two marks of a page, without tags and spaces."""
    part = page[page.index(start) :]
    return re.sub(r"<[^>]+>|\s+", "", part[: part.index(end)])


def told(client, number=1, **query):
    """(the line under the title, the asks) of a task's page."""
    response = client.get(f"{URL}tasks/{number}/", query)
    line = between(response.content.decode(), '<span class="muted small">', "</span></div>")
    return line, [ask.text for ask in response.context["asks"]]


@pytest.mark.parametrize(
    ("user", "duty", "asks"),
    [
        (
            "nongye",
            "·县农业农村委牵头",
            ["县农业农村委2023年第三季度季报尚未报送，2023年10月10日24时截止，还有 3 天。"],
        ),
        ("jiaowei", "·县教委配合", []),
        ("kexie_tb", "·县科协配合", []),
        ("kexie", "", []),
        ("lingdao", "", []),
    ],
)
def test_a_unit_that_leads_is_told_what_is_due_and_others_are_not(
    signed_in, cast, period, clock, user, duty, asks
):
    clock("2023-10-07 10:00")
    neutral = "城口县科学素质实施方案·截至2023年第三季度·仅计入审核通过的进展"
    assert told(signed_in(getattr(cast, user))) == (neutral + duty, asks)


def test_the_ask_leads_to_the_tasks_own_line(signed_in, cast, plan, period, units, clock):
    clock("2023-10-07 10:00")
    lead = Responsibility.objects.get(task__number=2, department=units.nongye)
    page = signed_in(cast.nongye).get(f"{URL}tasks/2/").content.decode()
    assert f'<a href="{URL}filing/2023Q3/?unit={units.nongye.pk}#line-{lead.pk}">去填报</a>' in page


def test_nothing_is_asked_for_a_task_that_is_closed_out(signed_in, cast, plan, period, units, clock):
    clock("2023-10-07 10:00")
    factories.make_close_out(plan.tasks.get(number=1), period, units.nongye, cast.kexie)
    client = signed_in(cast.nongye)
    assert (told(client)[1], len(told(client, 2)[1])) == ([], 1)


def test_a_returned_report_is_asked_for_while_an_older_quarter_is_read(
    signed_in, cast, baseline, period, units
):
    factories.make_report(period, units.nongye, completions={1: 30}, status=Status.RETURNED)
    asks = told(signed_in(cast.nongye), period="2022Q4")[1]
    assert asks == ["县农业农村委2023年第三季度季报已退回，请补正后重新报送。"]


@pytest.mark.parametrize(
    ("user", "status", "said"),
    [
        ("nongye", Status.DRAFT, "草稿"),
        ("nongye_sh", Status.ENDORSING, "单位审核中"),
        ("lingdao", Status.DRAFT, "未报"),
        ("kexie", Status.ENDORSING, "未报"),
        ("lingdao", Status.RETURNED, "退回补正"),
        ("lingdao", Status.SUBMITTED, "已报送待审核：45%"),
    ],
)
def test_how_far_a_leads_return_is_its_own_affair_until_it_is_filed(
    signed_in, cast, period, units, user, status, said
):
    factories.make_report(period, units.nongye, completions={1: 45}, status=status)
    page = signed_in(getattr(cast, user)).get(f"{URL}tasks/1/", {"period": "2023Q3"}).content.decode()
    assert between(page, '<td data-label="本季报送">', "</td>") == said


def test_a_figure_that_awaits_review_says_which_quarter_it_is_from(signed_in, cast, plan, period, units):
    earlier = factories.make_period(plan, "2023Q2")
    factories.make_report(earlier, units.nongye, completions={1: 45}, status=Status.SUBMITTED)
    page = signed_in(cast.lingdao).get(f"{URL}tasks/1/", {"period": "2023Q3"}).content.decode()
    assert between(page, '<td data-label="本季报送">', "</td>") == "未报待审核：45%（2023年第二季度）"


def test_supporting_units_are_folded_in_all_quarters_but_the_newest(signed_in, cast, baseline, period, units):
    for quarter in (baseline, period):
        report = factories.make_report(quarter, units.kexie, completions={1: 10})
        report.entries.update(progress="配合开展活动。")
    page = signed_in(cast.lingdao).get(f"{URL}tasks/1/").content.decode()
    folds = re.findall(r'<details class="unfold"( open)?><summary class="small">(.*?)</summary>', page)
    assert folds == [(" open", "配合单位 1 个"), ("", "配合单位 1 个")]


@pytest.mark.parametrize("user", ["nongye", "kexie_tb", "lingdao"])
def test_being_told_what_is_due_costs_no_query(signed_in, cast, period, user):
    client = signed_in(getattr(cast, user))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{URL}tasks/1/").status_code == 200
    assert len(queries) == 14
