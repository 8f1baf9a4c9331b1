"""Queries of the pages people wait for, session and user included: the same with 38 lines as with one, and four quarters."""

from datetime import timedelta
from itertools import zip_longest

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Notice
from tasks.models import Evidence, ProgressEntry, QuarterlyReport, Responsibility, SupportRequest
from tests import factories
from tests.offline import cell, confirm, download, upload
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
        ("", 15),
        ("tasks/", 10),
        ("exports/summary.xlsx?period=2023Q3", 19),
        ("exports/responsibility-table.xlsx", 11),
    ],
)
def test_pages_of_the_plan(signed_in, cast, county, quarters, page, expected):
    client = signed_in(cast.lingdao)
    assert queries(client, lambda c: c.get(f"/plans/{county.slug}/{page}")) == expected


@pytest.mark.parametrize(("user", "lines", "expected"), [("nongye", 14, 16), ("kexie_tb", 38, 14)])
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
    assert queries(client, lambda c: c.post(address, data)) == 13
    assert set(ProgressEntry.objects.filter(report__period=period).values_list("progress", flat=True)) == {
        f"第{number}项有进展。" for number in numbers
    }


LINES_AND_QUARTERS = [(1, 1), (14, 1), (38, 1), (38, 4)]


@pytest.fixture(params=LINES_AND_QUARTERS, ids=lambda pair: "{} lines, {} quarters".format(*pair))
def rich(request, county, cast):
    """县科协's return for 2023Q3 as a draft, every line with a file, a text before it and, supporting, a request.

    Its lines are cut down to a number, leads and supports in turn; before it come further accepted quarters.
    """
    count, quarters = request.param
    kexie = factories.make_department("县科协")
    held = Responsibility.objects.filter(department=kexie).order_by("task__number")
    leads, supports = list(held.filter(role="LEAD")), list(held.filter(role="SUPPORT"))
    mixed = [r for pair in zip_longest(leads, supports) for r in pair if r]
    assert len(mixed) == 38
    held.exclude(pk__in=[r.pk for r in mixed[:count]]).delete()
    for code in ("2022Q3", *CODES[-quarters:]):
        period = factories.make_period(county, code)
        report = factories.make_report(
            period, kexie, status="DRAFT" if code == CODES[-1] else "ACCEPTED", by=cast.kexie_tb
        )
        for r in mixed[:count]:
            _rich_line(report, r, cast)
    SupportRequest.objects.bulk_create(
        SupportRequest(
            period=period,
            responsibility=r,
            lead=leads[0].task.responsibilities.filter(role="LEAD").first().department,
            due_on="2023-10-09",
            asked_by=cast.nongye,
            asked_at=period.opens_at,
        )
        for r in mixed[:count]
        if not r.is_lead
    )
    return report


def _rich_line(report, responsibility, cast):
    lead = {"stage": "UNDER_WAY", "completion": 40} if responsibility.is_lead else {}
    entry = ProgressEntry.objects.create(
        report=report,
        responsibility=responsibility,
        progress=f"第{responsibility.task.number}项{report.period}有进展。",
        version=1,
        updated_by=cast.kexie_tb,
        updated_at=report.period.opens_at,
        **lead,
    )
    Evidence.objects.create(
        entry=entry,
        file=f"{report.pk}-{responsibility.pk}",
        name="名册.pdf",
        size=1,
        uploaded_by=cast.kexie_tb,
        uploaded_at=report.period.opens_at,
    )


def a_lead_alone(report):
    """1 where the return has one line, a lead's: then there is no other lead's text to read; else 0."""
    return int(report.entries.count() == 1)


def numbers(report):
    return list(report.entries.values_list("responsibility__task__number", flat=True))


def test_filing_page_of_a_full_return(signed_in, cast, county, rich):
    address = return_address(county, rich.period)
    assert queries(signed_in(cast.kexie_tb), lambda c: c.get(address)) == 15 - a_lead_alone(rich)


def test_autosave(signed_in, cast, county, rich):
    address = return_address(county, rich.period)
    data = typed(rich.period, rich.department, numbers(rich)[0], progress="改过的。")
    client = signed_in(cast.kexie_tb)
    assert queries(client, lambda c: c.post(address, data, HTTP_HX_REQUEST="true")) == 23 - a_lead_alone(rich)
    assert rich.entries.filter(progress="改过的。").count() == 1


def test_saving_every_line(signed_in, cast, county, rich):
    address, data = return_address(county, rich.period), {}
    for number in numbers(rich):
        data |= typed(rich.period, rich.department, number, progress="都改过。")
    assert queries(signed_in(cast.kexie_tb), lambda c: c.post(address, data)) == 13
    assert rich.entries.filter(progress="都改过。").count() == len(numbers(rich))


def test_upload_preview_and_commit(signed_in, cast, county, rich):
    address = return_address(county, rich.period)
    client, pages = signed_in(cast.kexie_tb), []
    book = download(client, address)
    for number in numbers(rich):
        cell(book["进展"], number, "本季进展").value = "离线改过。"

    def ask(act):
        def asking(client):
            pages.append(act(client))
            return pages[-1]

        return queries(client, asking)

    preview = ask(lambda c: upload(c, address, book))
    commit = ask(lambda c: confirm(c, address, pages[0]))
    assert rich.entries.filter(progress="离线改过。").count() == len(numbers(rich))
    assert (preview, commit) == (15 - a_lead_alone(rich), 25 - a_lead_alone(rich))


@pytest.mark.parametrize("returned", [False, True], ids=["first", "after a return"])
def test_review_page(signed_in, cast, county, rich, returned):
    at = rich.period.due_at
    events = [("SUBMIT", at, {})]
    if returned:
        lines = list(rich.entries.values_list("responsibility_id", flat=True))[:1]
        back = {"reason": "请补正。", "lines": lines, "remarks": {str(lines[0]): "意见"}}
        events += [("RETURN", at + timedelta(hours=1), back), ("SUBMIT", at + timedelta(hours=2), {})]
    for verb, when, more in events:
        rich.events.create(
            verb=verb, from_status="DRAFT", to_status="SUBMITTED", by=cast.kexie_tb, at=when, **more
        )
    QuarterlyReport.objects.filter(pk=rich.pk).update(status="SUBMITTED", first_submitted_at=at)
    client, address = signed_in(cast.zhengfuban), f"/plans/{county.slug}/review/{rich.pk}/"
    client.get(address)
    assert queries(client, lambda c: c.get(address)) == 16 + returned


@pytest.mark.parametrize("count", [1, 3])
def test_inbox(signed_in, cast, county, count):
    before, period = (factories.make_period(county, code) for code in ("2022Q4", "2023Q3"))
    for name in ("县农业农村委", "县教委", "县林业局")[:count]:
        report = factories.make_report(
            period, factories.make_department(name), status="SUBMITTED", by=cast.nongye
        )
        for came_back in (report, factories.make_report(before, report.department, status="SUBMITTED")):
            came_back.events.create(
                verb="RETURN", from_status="SUBMITTED", to_status="RETURNED", by=cast.kexie, at=period.due_at
            )
    for name in ("县科协", "县总工会", "县财政局")[:count]:
        returned = factories.make_report(period, factories.make_department(name), status="RETURNED")
        returned.events.create(
            verb="RETURN", from_status="SUBMITTED", to_status="RETURNED", by=cast.kexie, at=period.due_at
        )
    address = f"/plans/{county.slug}/review/?period=2023Q3"
    assert queries(signed_in(cast.kexie), lambda c: c.get(address)) == 17


@pytest.mark.parametrize("count", [1, 3])
def test_notices(signed_in, cast, county, count):
    for number in range(count):
        Notice.objects.create(
            user=cast.nongye,
            key=str(number),
            text=f"第{number}条",
            path="/",
            created_at=factories.moment("2023-10-09 09:00"),
        )
    assert queries(signed_in(cast.nongye), lambda c: c.get("/notices/")) == 6
