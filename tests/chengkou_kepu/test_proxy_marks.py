"""代填 is marked wherever a return or its lines are shown."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from indicators.models import Indicator, Measurement
from tasks import workflow
from tasks.models import QuarterlyReport
from tests import factories
from tests.factories import moment
from tests.posting import return_address

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
SOURCE = "县教委2023年10月8日书面报送表"
TAG = f'<span class="tag" title="依据：{SOURCE}">代填</span>'
PLAIN = '<span class="tag">代填</span>'


@pytest.fixture(autouse=True)
def now(clock):
    clock("2023-10-09 16:00")


@pytest.fixture
def submitted(period, units, cast):
    """县教委's return, filed for it by 县科协; 县农业农村委's, filed by itself."""
    report = factories.fill(period, units.nongye, by=cast.nongye, at=AT)
    signature = workflow.Signature("李主任", "主任", AT.date())
    workflow.submit(report, by=cast.nongye, at=AT, version=report.version, signature=signature)
    report = factories.fill(period, units.jiaowei, by=cast.kexie, at=AT)
    return workflow.submit(report, by=cast.kexie, at=AT, version=report.version, proxy_source=SOURCE)


@pytest.fixture
def accepted(submitted, cast):
    for report in QuarterlyReport.objects.all():
        workflow.accept(report, by=cast.zhengfuban, at=AT, version=report.version)
    submitted.refresh_from_db()
    return submitted


def page_of(client, plan, path):
    separator = "&" if "?" in path else "?"
    return client.get(f"/plans/{plan.slug}/{path}{separator}period=2023Q3").content.decode()


def marks(page):
    return page.count(TAG), page.count(PLAIN)


def test_in_the_inbox_and_on_the_review_page(signed_in, cast, plan, submitted):
    client = signed_in(cast.zhengfuban)
    assert marks(page_of(client, plan, "review/")) == (1, 0)
    review = page_of(client, plan, f"review/{submitted.pk}/")
    assert review.count(f'<b class="warn">代填</b>，依据：{SOURCE}') == 2


def test_in_the_inbox_once_it_is_accepted_or_came_back(signed_in, cast, plan, accepted):
    client = signed_in(cast.zhengfuban)
    assert marks(page_of(client, plan, "review/")) == (1, 0)
    workflow.reopen(accepted, by=cast.kexie, at=AT, version=accepted.version, reason="数据有误。")
    assert marks(page_of(client, plan, "review/")) == (1, 0)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", (1, 0)),
        ("tasks/", (0, 1)),
        ("tasks/3/", (1, 1)),
        ("tasks/1/", (0, 0)),
        ("actions/2/", (0, 1)),
        ("actions/1/", (0, 0)),
        ("departments/", (1, 0)),
        ("departments/{jiaowei}/", (3, 1)),
        ("departments/{nongye}/", (0, 1)),
    ],
)
def test_on_what_every_reader_sees(signed_in, cast, plan, units, accepted, path, expected):
    path = path.format(jiaowei=units.jiaowei.pk, nongye=units.nongye.pk)
    assert marks(page_of(signed_in(cast.lingdao), plan, path)) == expected


def test_on_figures_that_wait_for_review(signed_in, cast, plan, submitted):
    page = page_of(signed_in(cast.lingdao), plan, "tasks/3/")
    assert "待审核：40%，代填" in page
    assert marks(page) == (1, 0)


def test_on_figures_carried_over_from_an_older_quarter(signed_in, cast, plan, period, accepted):
    factories.make_period(plan, "2023Q4")
    page = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/tasks/3/?period=2023Q4").content.decode()
    assert marks(page) == (1, 1)


def test_on_an_indicators_values(signed_in, cast, plan, units, accepted):
    indicator = Indicator.objects.create(
        plan=plan, code="farmers", name="农民教育培训", kind="CUMULATIVE", unit="人次", owner=units.jiaowei
    )
    for report in QuarterlyReport.objects.all():
        Measurement.objects.create(indicator=indicator, report=report, value=100)
    assert marks(page_of(signed_in(cast.lingdao), plan, "indicators/farmers/")) == (1, 0)


def test_in_the_units_own_list_and_on_its_page(signed_in, cast, plan, period, accepted):
    client = signed_in(cast.jiaowei)
    assert marks(client.get(f"/plans/{plan.slug}/filing/").content.decode()) == (1, 0)
    page = client.get(return_address(plan, period)).content.decode()
    assert page.count(f'<b class="warn">代填</b>，依据：{SOURCE}') == 1


def test_beside_the_next_quarters_line(signed_in, cast, plan, accepted, clock):
    following = factories.make_period(plan, "2023Q4")
    clock("2024-01-05 09:00")
    page = signed_in(cast.jiaowei).get(return_address(plan, following)).content.decode()
    assert "2023年第三季度（审核通过，进度 40%，代填）" in page
    supporter = signed_in(cast.kexie_tb).get(return_address(plan, following)).content.decode()
    assert "牵头单位县教委的进展（2023年第三季度，审核通过，代填）" in supporter
    assert supporter.count("代填") == 1


def test_in_the_summary_workbook(signed_in, cast, plan, accepted):
    response = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/exports/summary.xlsx?period=2023Q3")
    book = load_workbook(
        BytesIO(b"".join(response.streaming_content) if response.streaming else response.content)
    )
    units = {row[0]: row[9] for row in book["单位报送"].iter_rows(min_row=3, values_only=True)}
    assert units == {"单位": "代填依据", "县农业农村委": None, "县教委": SOURCE, "县科协": None}
    tasks = {row[0]: (row[9], row[11]) for row in book["重点工作"].iter_rows(min_row=4, values_only=True)}
    assert tasks == {
        1: ("2023年第三季度", "举办培训班3期。"),
        2: ("2023年第三季度", "举办培训班3期。"),
        3: ("2023年第三季度（代填）", "（代填）举办培训班3期。"),
    }


def test_in_the_responsibility_workbook(signed_in, cast, plan, accepted):
    response = signed_in(cast.lingdao).get(
        f"/plans/{plan.slug}/exports/responsibility-table.xlsx?period=2023Q3"
    )
    content = b"".join(response.streaming_content) if response.streaming else response.content
    sheet = load_workbook(BytesIO(content)).active
    rows = {
        row[0]: row[6:8] for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)
    }
    assert rows == {
        1: ("2023年第三季度", "举办培训班3期。"),
        2: ("2023年第三季度", "举办培训班3期。"),
        3: ("2023年第三季度（代填）", "（代填）举办培训班3期。"),
    }


def test_in_the_admins_lists(signed_in, cast, accepted):
    reports = signed_in(cast.kexie).get("/admin/tasks/quarterlyreport/").content.decode()
    assert reports.count(SOURCE) == 1
    events = signed_in(cast.shenji).get("/admin/tasks/reportevent/").content.decode()
    assert events.count(SOURCE) == 1


def test_what_the_unit_files_itself_afterwards_is_its_own(signed_in, cast, plan, period, accepted):
    workflow.reopen(accepted, by=cast.kexie, at=AT, version=accepted.version, reason="数据有误。")
    accepted.refresh_from_db()
    workflow.submit(accepted, by=cast.jiaowei, at=moment("2023-10-09 11:00"), version=accepted.version)
    assert marks(page_of(signed_in(cast.zhengfuban), plan, "review/")) == (0, 0)
    assert marks(signed_in(cast.jiaowei).get(f"/plans/{plan.slug}/filing/").content.decode()) == (0, 0)


def test_what_the_unit_took_back_is_no_longer_marked(signed_in, cast, plan, submitted):
    workflow.withdraw(submitted, by=cast.jiaowei, at=moment("2023-10-09 11:00"), version=submitted.version)
    assert marks(signed_in(cast.jiaowei).get(f"/plans/{plan.slug}/filing/").content.decode()) == (0, 0)


@pytest.mark.parametrize("path", ["", "tasks/", "departments/", "review/", "filing/"])
def test_the_marks_cost_no_queries_per_row(
    signed_in, cast, plan, period, units, submitted, path, django_assert_max_num_queries
):
    client = signed_in(cast.kexie_tb if path == "filing/" else cast.kexie)
    with CaptureQueriesContext(connection) as before:
        page_of(client, plan, path)
    for number in range(3):
        unit = factories.make_department(f"县第{number}单位")
        factories.make_task(plan, 10 + number, leads=[unit])
        report = factories.fill(period, unit, by=cast.kexie, at=AT)
        workflow.submit(report, by=cast.kexie, at=AT, version=report.version, proxy_source=SOURCE)
    with django_assert_max_num_queries(len(before)):
        page_of(client, plan, path)
