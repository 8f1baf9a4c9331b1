"""线下签批: submitted on a signed paper, with its scan where the plan asks for it."""

import pytest
from django.urls import reverse

from tasks import uploads
from tasks.models import Evidence, QuarterlyReport, ReportEvent
from tests import factories
from tests.factories import moment
from tests.files import BAD, PDF, upload_of
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
Status = QuarterlyReport.Status
SIGNED = {"signed-name": "李主任", "signed-post": "主任", "signed-on": "2023-10-09", "verb": "SUBMIT_SIGNED"}
MISSING = "线下签批须附扫描件：请上传已签字或盖章的报送表扫描件。"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def draft(period, units, cast):
    return factories.fill(period, units.nongye, by=cast.nongye, at=AT)


@pytest.fixture
def asked(plan):
    plan.signed_scan_required = True
    plan.save()


def sign(client, plan, period, report, *, scan=None, **data):
    files = {"signed-scan": scan} if scan else {}
    posted = SIGNED | {"version": report.version} | data | files
    return client.post(return_address(plan, period), posted, follow=True)


@pytest.fixture
def signed(signed_in, cast, plan, period, draft):
    """县农业农村委's return, submitted with 报送表.pdf."""
    sign(signed_in(cast.nongye), plan, period, draft, scan=upload_of("报送表.pdf"))
    return Evidence.objects.get()


def state():
    return QuarterlyReport.objects.get().status, ReportEvent.objects.count(), Evidence.objects.count()


def stored_files(media):
    return [path.name for path in media.rglob("*") if path.is_file()]


def test_the_scan_is_stored_with_the_submission(signed, draft, cast):
    event = ReportEvent.objects.get()
    assert (event.verb, event.signed_name, event.scan, signed.entry, signed.close_out) == (
        *("SUBMIT", "李主任", signed),
        *(None, None),
    )
    assert (signed.name, signed.size, signed.content_type, signed.uploaded_by) == (
        *("报送表.pdf", len(PDF), "application/pdf"),
        cast.nongye,
    )
    assert signed.file.read() == PDF
    signed.file.close()


def test_the_scan_may_be_left_out_where_the_plan_does_not_ask(signed_in, cast, plan, period, draft):
    sign(signed_in(cast.nongye), plan, period, draft)
    assert state() == (Status.SUBMITTED, 1, 0)


def test_where_the_plan_asks_it_is_said_and_required(signed_in, cast, plan, period, draft, asked):
    client = signed_in(cast.nongye)
    assert "签批件扫描件（须上传）" in client.get(return_address(plan, period)).content.decode()
    page = sign(client, plan, period, draft).content.decode()
    assert MISSING in page
    assert 'id="signing" open' in page
    assert 'value="李主任"' in page
    assert "没有报送成功的，请重新选择文件。" in page
    assert state() == (Status.DRAFT, 0, 0)
    sign(client, plan, period, draft, scan=upload_of("报送表.pdf"))
    assert state() == (Status.SUBMITTED, 1, 1)


@pytest.mark.parametrize("name", ["程序.exe", "网页.png", "空.pdf"])
def test_a_scan_is_checked_as_evidence_is(signed_in, cast, plan, period, draft, media, name):
    scan = upload_of(name, BAD.get(name, b""))
    page = sign(signed_in(cast.nongye), plan, period, draft, scan=scan).content.decode()
    assert f"“{name}”" in page
    assert (state(), stored_files(media)) == ((Status.DRAFT, 0, 0), [])


def test_too_large_a_scan_is_refused(signed_in, cast, plan, period, draft, media, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    page = sign(signed_in(cast.nongye), plan, period, draft, scan=upload_of("报送表.pdf")).content.decode()
    assert "“报送表.pdf”超过" in page
    assert (state(), stored_files(media)) == ((Status.DRAFT, 0, 0), [])


def test_a_form_that_is_wrong_keeps_what_was_typed_and_says_so_at_the_field(
    signed_in, cast, plan, period, draft
):
    data = {"signed-post": "", "scan": upload_of("报送表.pdf")}
    page = sign(signed_in(cast.nongye), plan, period, draft, **data).content.decode()
    assert '<ul class="errorlist" id="id_signed-post_error"><li>请填写签批人职务。</li></ul>' in page
    assert 'value="李主任"' in page
    assert state() == (Status.DRAFT, 0, 0)


def test_a_stale_page_leaves_no_file_behind(signed_in, cast, plan, period, draft, media):
    scan = upload_of("报送表.pdf")
    page = sign(signed_in(cast.nongye), plan, period, draft, scan=scan, version=0).content.decode()
    assert "请核对最新内容后再操作。" in page
    assert (state(), stored_files(media)) == ((Status.DRAFT, 0, 0), [])


def test_nothing_is_stored_when_the_event_cannot_be(signed_in, cast, plan, period, draft, media, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("database gone")

    monkeypatch.setattr("tasks.workflow.tell_event", broken)
    with pytest.raises(RuntimeError):
        sign(signed_in(cast.nongye), plan, period, draft, scan=upload_of("报送表.pdf"))
    assert (state(), stored_files(media)) == ((Status.DRAFT, 0, 0), [])


def test_what_was_typed_beside_it_is_saved_with_the_same_click(signed_in, cast, plan, period, units, draft):
    data = typed(period, units.nongye, 1, progress="改过的一条。")
    sign(signed_in(cast.nongye), plan, period, draft, scan=upload_of("报送表.pdf"), **data)
    assert state() == (Status.SUBMITTED, 1, 1)
    assert draft.entries.get(responsibility__task__number=1).progress == "改过的一条。"


def test_a_unit_without_an_approver_may_record_who_signed(signed_in, cast, plan, period, units):
    report = factories.fill(period, units.jiaowei, by=cast.jiaowei, at=AT)
    client = signed_in(cast.jiaowei)
    assert 'value="SUBMIT_SIGNED"' in client.get(return_address(plan, period)).content.decode()
    sign(client, plan, period, report)
    assert ReportEvent.objects.get().signed_name == "李主任"


@pytest.mark.parametrize(("user", "status"), [("nongye_sh", 403), ("lingdao", 403), ("outsider", 404)])
def test_only_the_reporter_records_a_signature(signed_in, cast, plan, period, draft, user, status):
    response = sign(signed_in(getattr(cast, user)), plan, period, draft, scan=upload_of("报送表.pdf"))
    assert (response.status_code, state()) == (status, (Status.DRAFT, 0, 0))


READERS = {
    Status.SUBMITTED: {"nongye", "nongye_sh", "kexie", "zhengfuban"},
    Status.ACCEPTED: {"nongye", "nongye_sh", "kexie", "zhengfuban"},
    Status.RETURNED: {"nongye", "nongye_sh"},
    Status.DRAFT: {"nongye", "nongye_sh"},
}


@pytest.mark.parametrize("status", READERS)
def test_who_reads_a_scan(client, cast, plan, signed, status):
    QuarterlyReport.objects.update(status=status)
    readers = set()
    for name, user in vars(cast).items():
        client.force_login(user)
        response = client.get(f"/plans/{plan.slug}/evidence/{signed.pk}/")
        assert response.status_code in (200, 404)
        readers |= {name} if response.status_code == 200 else set()
        response.getvalue()
    assert readers == READERS[status]


def test_a_scan_is_sent_as_an_attachment(signed_in, cast, plan, signed):
    response = signed_in(cast.kexie).get(f"/plans/{plan.slug}/evidence/{signed.pk}/")
    assert b"".join(response.streaming_content) == PDF
    assert (response["Content-Disposition"][:10], response["X-Content-Type-Options"]) == (
        "attachment",
        "nosniff",
    )


def test_it_is_linked_in_review_twice_and_on_the_filing_page(signed_in, cast, plan, period, signed, draft):
    link = f'<a href="/plans/{plan.slug}/evidence/{signed.pk}/">扫描件“报送表.pdf”</a>'
    shown = f"线下签批：主任 李主任，2023年10月9日，{link}"
    review = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/{draft.pk}/").content.decode()
    assert review.count(shown) == 2
    assert signed_in(cast.nongye).get(return_address(plan, period)).content.decode().count(shown) == 1
    QuarterlyReport.objects.update(status=Status.RETURNED)
    returned = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/{draft.pk}/").content.decode()
    assert (returned.count(link), returned.count("线下签批：主任 李主任")) == (0, 2)


@pytest.mark.parametrize(("user", "status"), [("nongye", 302), ("kexie", 403), ("jiaowei", 404)])
def test_a_scan_is_not_removed(signed_in, cast, plan, signed, user, status):
    response = signed_in(getattr(cast, user)).post(f"/plans/{plan.slug}/evidence/{signed.pk}/remove/")
    assert (response.status_code, Evidence.objects.count()) == (status, 1)


def test_the_admins_return_takes_the_scan_too(signed_in, cast, plan, draft, asked):
    client = signed_in(cast.nongye)
    address = reverse("admin:tasks_quarterlyreport_change", args=[draft.pk])
    posted = SIGNED | {"version": draft.version}
    assert 'enctype="multipart/form-data"' in client.get(address).content.decode()
    assert MISSING in client.post(address, posted).content.decode()
    client.post(address, posted | {"signed-scan": upload_of("报送表.pdf")})
    assert state() == (Status.SUBMITTED, 1, 1)
    link = f"/plans/{plan.slug}/evidence/{Evidence.objects.get().pk}/"
    assert client.get(address).content.decode().count(link) == 1
    assert signed_in(cast.kexie).get(address).content.decode().count(link) == 1


def test_the_plans_setting_is_kept_in_the_admin(signed_in, cast, plan):
    page = signed_in(cast.kexie).get(f"/admin/tasks/plan/{plan.pk}/change/").content.decode()
    assert 'name="signed_scan_required"' in page
