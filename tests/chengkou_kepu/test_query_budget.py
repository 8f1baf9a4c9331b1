"""Queries of the pages people wait for, session and user included: the same with four quarters as with one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
CODES = ("2022Q4", "2023Q1", "2023Q2", "2023Q3")


@pytest.fixture(params=[1, 4], ids=["one quarter", "four quarters"])
def quarters(request, county, cast):
    """The last quarters of the county's plan up to 2023Q3; every lead has filed in each."""
    periods = [factories.make_period(county, code) for code in CODES[-request.param :]]
    for period in periods:
        for department in {r.department for r in Responsibility.objects.leads().select_related("department")}:
            report = QuarterlyReport.objects.create(
                period=period, department=department, status="ACCEPTED", first_submitted_at=period.due_at
            )
            ProgressEntry.objects.bulk_create(
                ProgressEntry(
                    report=report, responsibility=r, stage="UNDER_WAY", completion=40, progress="有进展。"
                )
                for r in Responsibility.objects.leads().filter(department=department)
            )
    return periods


def queries(client, ask):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = ask(client)
        response.getvalue() if response.streaming else response.content
    assert response.status_code in (200, 302)
    return len(captured)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", 16),
        ("tasks/", 11),
        ("exports/summary.xlsx?period=2023Q3", 17),
        ("exports/responsibility-table.xlsx", 12),
    ],
)
def test_pages_of_the_plan(signed_in, cast, county, quarters, page, expected):
    client = signed_in(cast.lingdao)
    assert queries(client, lambda c: c.get(f"/plans/{county.slug}/{page}")) == expected


@pytest.mark.parametrize(("user", "lines", "expected"), [("nongye", 14, 19), ("kexie_tb", 38, 17)])
def test_the_filing_page(signed_in, cast, county, quarters, user, lines, expected):
    QuarterlyReport.objects.filter(period=quarters[-1]).delete()
    client = signed_in(getattr(cast, user))
    address = return_address(county, quarters[-1])
    QuarterlyReport.objects.create(period=quarters[-1], department=getattr(cast, user).roles[0].department)
    page = client.get(address).content.decode()
    assert page.count('id="state-line-') == lines
    assert queries(client, lambda c: c.get(address)) == expected


def test_saving_38_lines_at_once(signed_in, cast, county, quarters):
    period, kexie = quarters[-1], factories.make_department("县科协")
    QuarterlyReport.objects.filter(period=period).delete()
    numbers = Responsibility.objects.filter(department=kexie).values_list("task__number", flat=True)
    assert len(numbers) == 38
    client, address = signed_in(cast.kexie_tb), return_address(county, period)
    first = typed(period, kexie, numbers[0], progress="先写一条。")
    client.post(address, first)
    data = {}
    for number in numbers:
        data |= typed(period, kexie, number, progress=f"第{number}项有进展。")
    assert queries(client, lambda c: c.post(address, data)) == 12
    assert set(ProgressEntry.objects.filter(report__period=period).values_list("progress", flat=True)) == {
        f"第{number}项有进展。" for number in numbers
    }
