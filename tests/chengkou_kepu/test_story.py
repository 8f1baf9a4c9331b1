"""The portal's main job on the county's own plan, through HTTP: file, submit, return, correct, accept, download."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from tasks.models import QuarterlyReport, ReportEvent
from tests import factories
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status
SLUG = "chengkou-2021-2025"


@pytest.fixture
def quarter(county):
    """2023Q3 of the county's plan, after a baseline."""
    factories.make_period(county, "2022Q4", closed_at=factories.moment("2023-02-01 09:00"))
    return factories.make_period(county, "2023Q3")


@pytest.fixture
def figures(signed_in, cast):
    """What the leadership group reads of 县农业农村委's tasks: dashboard, task page, reopened workbook."""

    def read():
        client = signed_in(cast.lingdao)
        page = client.get(f"/plans/{SLUG}/?period=2023Q3").content.decode()
        task = client.get(f"/plans/{SLUG}/tasks/3/?period=2023Q3").content.decode()
        book = load_workbook(
            BytesIO(client.get(f"/plans/{SLUG}/exports/summary.xlsx?period=2023Q3").getvalue())
        )
        row = next(r for r in book["重点工作"].iter_rows(values_only=True) if r[0] == 3)
        return {
            "accepted on the dashboard": "正常推进 5 项" in page,
            "waiting on the dashboard": "待审核" in page,
            "text on the task page": "办班3期，培训480人次。" in task,
            "workbook": (row[5], row[8], row[11]),
        }

    return read


def test_a_quarter_from_draft_to_the_leaders_workbook(signed_in, cast, quarter, figures, clock):
    clock("2023-10-09 16:30")
    plan, nongye = quarter.plan, factories.make_department("县农业农村委")
    page = return_address(plan, quarter)
    nothing = {
        "accepted on the dashboard": False,
        "waiting on the dashboard": False,
        "text on the task page": False,
        "workbook": (None, "未到期", None),
    }
    assert figures() == nothing

    lines = {}
    for number in range(1, 6):
        lines |= typed(quarter, nongye, number, completion="60", progress=f"第{number}项进展。")
    lines |= typed(quarter, nongye, 3, completion="58", progress="办班3期，培训480人次。")
    signed_in(cast.nongye).post(page, lines | {"verb": "save"})
    report = QuarterlyReport.objects.get()
    assert (report.status, report.entries.count()) == (Status.DRAFT, 5)
    assert figures() == nothing

    assert_refused(signed_in, cast, quarter, nongye, verb="SEND_UP")
    signed_in(cast.nongye).post(page, {"verb": "SEND_UP", "version": version()})
    assert status() == Status.ENDORSING
    assert_refused(signed_in, cast, quarter, nongye, verb="SUBMIT")
    signed_in(cast.nongye_sh).post(page, {"verb": "SUBMIT", "version": version()})
    assert status() == Status.SUBMITTED
    assert figures() == nothing | {"waiting on the dashboard": True, "workbook": (None, "未审核", None)}

    assert_review_refused(signed_in, cast, report)
    review = f"/plans/{SLUG}/review/{report.pk}/"
    signed_in(cast.kexie).post(
        review, {"verb": "RETURN", "version": version(), "reason": "请补充培训人次的来源。"}
    )
    assert status() == Status.RETURNED
    returned = signed_in(cast.nongye).get(page).content.decode()
    assert "请补充培训人次的来源。" in returned
    assert figures() == nothing

    clock("2023-10-11 10:00")
    signed_in(cast.nongye).post(page, typed(quarter, nongye, 3, progress="办班3期，培训480人次（台账）。"))
    signed_in(cast.nongye).post(page, {"verb": "SEND_UP", "version": version()})
    signed_in(cast.nongye_sh).post(page, {"verb": "SUBMIT", "version": version()})
    signed_in(cast.kexie).post(review, {"verb": "ACCEPT", "version": version()})
    assert status() == Status.ACCEPTED
    assert figures() == {
        "accepted on the dashboard": True,
        "waiting on the dashboard": False,
        "text on the task page": False,
        "workbook": (0.58, "正常", "办班3期，培训480人次（台账）。"),
    }
    assert (
        "办班3期，培训480人次（台账）。"
        in signed_in(cast.lingdao).get(f"/plans/{SLUG}/tasks/3/").content.decode()
    )
    assert list(ReportEvent.objects.values_list("verb", "by__username")) == [
        ("SEND_UP", "nongye"),
        ("SUBMIT", "nongye_sh"),
        ("RETURN", "kexie"),
        ("SEND_UP", "nongye"),
        ("SUBMIT", "nongye_sh"),
        ("ACCEPT", "kexie"),
    ]
    assert QuarterlyReport.objects.get().first_submitted_at == factories.moment("2023-10-09 16:30")


def status():
    return QuarterlyReport.objects.get().status


def version():
    return QuarterlyReport.objects.get().version


def assert_refused(signed_in, cast, quarter, unit, *, verb):
    """Another unit's reporter, a leader, a stranger and an anonymous visitor neither read nor move the return."""
    before = (status(), version())
    address = return_address(quarter.plan, quarter, unit)
    for user, code in [(cast.jiaowei, 404), (cast.lingdao, 404), (cast.outsider, 404), (cast.shenji, 404)]:
        client = signed_in(user)
        assert client.get(address).status_code == code
        assert client.post(address, {"verb": verb, "version": version()}).status_code == code
    client = signed_in(cast.jiaowei)
    client.logout()
    assert client.post(address, {"verb": verb, "version": version()})["Location"].startswith("/login/")
    assert (status(), version()) == before


def assert_review_refused(signed_in, cast, report):
    """Nobody but the coordinator reads the review page or decides."""
    before = (status(), version())
    address = f"/plans/{SLUG}/review/{report.pk}/"
    for user, code in [(cast.nongye, 403), (cast.jiaowei, 403), (cast.lingdao, 403), (cast.outsider, 404)]:
        client = signed_in(user)
        assert client.get(address).status_code == code
        assert client.post(address, {"verb": "ACCEPT", "version": version()}).status_code == code
    client.logout()
    assert client.get(address)["Location"].startswith("/login/")
    assert (status(), version()) == before
