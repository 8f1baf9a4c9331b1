"""核对事项: what the list shows, how it is narrowed, and where settling leads back to."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import findings
from tasks.models import PlanFinding
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/findings/"
AT = factories.moment("2023-10-08 09:00")


@pytest.fixture
def found(plan, cast):
    """Two wordings that differ, one of them settled, and a table that may be cut off."""
    kinds = [("title_differs_from_body", 1), ("title_differs_from_body", 2), ("table_may_be_cut_off", 3)]
    rows = [
        PlanFinding.objects.create(plan=plan, code=code, row=row, message=f"第{row}项有疑问。")
        for code, row in kinds
    ]
    findings.settle(rows[1], by=cast.kexie, at=AT, settlement="以责任分解表为准。")
    return rows


def rows(response):
    return {name: [f.row for f in response.context[name]] for name in ("open", "settled")}


@pytest.mark.parametrize(
    ("query", "open_rows", "settled_rows", "said"),
    [
        ({}, [1, 3], [2], ""),
        ({"kind": "title_differs_from_body"}, [1], [2], ""),
        ({"state": "OPEN"}, [1, 3], [], ""),
        ({"state": "SETTLED"}, [], [2], ""),
        ({"kind": "table_may_be_cut_off", "state": "SETTLED"}, [], [], "没有符合条件的核对事项。"),
        ({"kind": "没有的"}, [], [], "没有“没有的”这一选项，请重新选择。"),
    ],
)
def test_the_list_is_narrowed_by_kind_and_state(signed_in, cast, found, query, open_rows, settled_rows, said):
    response = signed_in(cast.kexie).get(URL, query)
    page = response.content.decode()
    assert rows(response) == {"open": open_rows, "settled": settled_rows}
    assert said in page
    assert "待处理 2 项，已处理 1 项" in page
    kinds = response.context["filterset"].form.fields["kind"].choices
    assert list(kinds) == [
        ("", "全部"),
        ("title_differs_from_body", "表与正文表述不同"),
        ("table_may_be_cut_off", "附表可能不全"),
    ]


@pytest.mark.parametrize("query", ["", "?kind=title_differs_from_body&state=OPEN"])
def test_settling_leads_back_to_the_list_as_it_was_narrowed(signed_in, cast, found, query):
    client = signed_in(cast.kexie)
    form = f'action="{URL}{found[0].pk}/{query.replace("&", "&amp;")}"'
    assert form in client.get(URL + query).content.decode()
    response = client.post(f"{URL}{found[0].pk}/{query}", {"settlement": "以正文为准。"})
    assert response["Location"] == URL + query


def test_an_opinion_can_be_changed(signed_in, cast, found):
    client = signed_in(cast.kexie)
    assert "以责任分解表为准。</textarea>" in client.get(URL).content.decode()
    client.post(f"{URL}{found[1].pk}/", {"settlement": "两处均保留。"})
    found[1].refresh_from_db()
    assert found[1].settlement == "两处均保留。"


def test_an_empty_list_says_why(signed_in, cast, plan):
    client = signed_in(cast.kexie)
    assert "导入文件时没有发现需要核对的事项。" in client.get(URL).content.decode()
    finding = PlanFinding.objects.create(plan=plan, code="title_missing", message="缺名称。")
    findings.settle(finding, by=cast.kexie, at=AT, settlement="已补录。")
    assert "没有待处理的事项。" in client.get(URL).content.decode()


def test_25_findings_cost_what_one_costs(signed_in, cast, county):
    client, numbers = signed_in(cast.kexie), []
    for kept in (25, 1):
        PlanFinding.objects.filter(pk__in=[f.pk for f in county.findings.all()[kept:]]).delete()
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(f"/plans/{county.slug}/findings/").context["open"]) == kept
        numbers.append(len(queries))
    assert numbers == [6, 6]
