"""自报未经他方审核 is said wherever a return that its own side accepted is shown, and of no other."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from chengkou_kepu.freezing import freeze_quarter
from tasks import periods, workflow
from tests import factories
from tests.factories import moment
from tests.posting import return_address

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
SAID = "自报未经他方审核"


@pytest.fixture(autouse=True)
def now(clock):
    clock("2023-10-09 16:00")


def file_and_accept(period, unit, reporter, coordinator):
    report = factories.fill(period, unit, by=reporter, at=AT)
    signature = workflow.Signature("李主任", "主任", AT.date())
    workflow.submit(report, by=reporter, at=AT, version=report.version, signature=signature)
    report.refresh_from_db()
    return workflow.accept(report, by=coordinator, at=AT, version=report.version)


@pytest.fixture
def alone(cast):
    """县科协's coordinator reviews without any other."""
    cast.zhengfuban.is_active = False
    cast.zhengfuban.save()
    return cast.kexie


@pytest.fixture
def own(plan, period, units, cast, alone):
    """县科协 leads task 4 and accepted its own return; 县农业农村委's, which it accepted too, is not its own."""
    factories.make_task(plan, 4, leads=[units.kexie])
    file_and_accept(period, units.nongye, cast.nongye, alone)
    return file_and_accept(period, units.kexie, cast.kexie_tb, alone)


def page_of(client, plan, path):
    separator = "&" if "?" in path else "?"
    return client.get(f"/plans/{plan.slug}/{path}{separator}period=2023Q3").content.decode()


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("departments/", 1),
        ("departments/{kexie}/", 3),
        ("departments/{nongye}/", 0),
        ("periods/2023Q3/", 1),
        ("tasks/4/", 1),
        ("tasks/1/", 0),
        ("review/", 1),
        ("review/{report}/", 2),
    ],
)
def test_on_the_pages_that_show_the_return(signed_in, cast, plan, units, own, path, count):
    path = path.format(kexie=units.kexie.pk, nongye=units.nongye.pk, report=own.pk)
    assert page_of(signed_in(cast.kexie), plan, path).count(SAID) == count


def test_in_the_units_own_list_page_and_paper(signed_in, cast, plan, period, own):
    client = signed_in(cast.kexie_tb)
    address = return_address(plan, period)
    assert client.get(f"/plans/{plan.slug}/filing/").content.decode().count(SAID) == 1
    assert client.get(address).content.decode().count(SAID) == 1
    assert client.get(f"{address}sheet/").content.decode().count(f"审核通过（{SAID}）") == 1


def test_in_the_summary_workbook(signed_in, cast, plan, own):
    response = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/exports/summary.xlsx?period=2023Q3")
    book = load_workbook(
        BytesIO(b"".join(response.streaming_content) if response.streaming else response.content)
    )
    units = {row[0]: row[10] for row in book["单位报送"].iter_rows(min_row=3, values_only=True)}
    assert units == {"单位": "审核说明", "县农业农村委": None, "县教委": None, "县科协": SAID}
    remarks = [
        row[0] for sheet in [book["进展明细"]] for row in sheet.iter_rows(values_only=True) if SAID in row
    ]
    assert len(remarks) == 1


def test_an_archived_quarter_keeps_it(signed_in, cast, plan, period, own):
    period = periods.close_period(period, by=cast.kexie, at=moment("2023-10-20 09:00")) or period
    period.refresh_from_db()
    freeze_quarter(period, by=cast.kexie, at=moment("2023-10-20 10:00"))
    own.events.update(self_reviewed=False)
    assert page_of(signed_in(cast.lingdao), plan, "departments/").count(SAID) == 1


def test_what_another_accepts_after_reopening_is_reviewed(signed_in, cast, plan, own):
    report = workflow.reopen(own, by=cast.kexie, at=AT, version=own.version, reason="数据有误。")
    assert page_of(signed_in(cast.kexie), plan, "departments/").count(SAID) == 0
    cast.zhengfuban.is_active = True
    cast.zhengfuban.save()
    workflow.submit(
        report,
        by=cast.kexie_tb,
        at=moment("2023-10-09 11:00"),
        version=report.version,
        signature=workflow.Signature("李主任", "主任", AT.date()),
    )
    report.refresh_from_db()
    workflow.accept(report, by=cast.zhengfuban, at=moment("2023-10-09 12:00"), version=report.version)
    assert page_of(signed_in(cast.kexie), plan, "departments/").count(SAID) == 0


@pytest.mark.parametrize("path", ["departments/", "periods/2023Q3/", "review/", "filing/"])
def test_it_costs_no_queries_per_row(signed_in, cast, plan, period, units, own, alone, path):
    client = signed_in(cast.kexie_tb if path == "filing/" else cast.kexie)
    page_of(client, plan, path)
    with CaptureQueriesContext(connection) as before:
        page_of(client, plan, path)
    for number in range(3):
        unit = factories.make_department(f"县第{number}单位")
        factories.make_task(plan, 10 + number, leads=[unit])
        report = factories.fill(period, unit, by=cast.kexie, at=AT)
        workflow.submit(report, by=cast.kexie, at=AT, version=report.version, proxy_source="书面报送表")
        report.refresh_from_db()
        workflow.accept(report, by=cast.kexie, at=AT, version=report.version)
    with CaptureQueriesContext(connection) as after:
        page = page_of(client, plan, path)
    assert len(after) == len(before)
    assert page.count(SAID) == (1 if path == "filing/" else 4)
