"""佐证材料 of an application for close-out: uploaded by the lead until it is decided, read by who reads the application."""

import pytest

from tasks import closing, evidence, uploads
from tasks.models import CloseOut, Evidence
from tasks.models.closing import POINTS
from tests import factories
from tests.factories import moment
from tests.files import BAD, PNG, upload_of

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
Status = CloseOut.Status


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def application(plan, period, units, cast):
    """县农业农村委 has applied for task 1."""
    return factories.apply_for(
        plan.tasks.get(number=1), period, units.nongye, files=[upload_of("总结.pdf")], by=cast.nongye, at=AT
    )


@pytest.fixture
def attached(application, cast):
    return evidence.attach_to_close_out(application, upload_of("验收.pdf"), by=cast.nongye, at=AT)


def address(plan, close_out):
    return f"/plans/{plan.slug}/close-outs/{close_out.pk}/"


def attach(client, plan, close_out, *files):
    return client.post(address(plan, close_out), {"verb": "attach", "files": files}, follow=True)


def names():
    """Of the files added to 总结.pdf, with which it was applied for."""
    return [name for name in Evidence.objects.values_list("name", flat=True) if name != "总结.pdf"]


def test_files_go_with_the_application_or_it_is_not_made(signed_in, cast, plan, period, units):
    factories.make_report(period, units.nongye, completions={1: 100})
    files = [upload_of("验收.pdf"), upload_of("程序.exe", BAD["程序.exe"]), upload_of("现场.png", PNG)]
    client, form = signed_in(cast.nongye), f"/plans/{plan.slug}/tasks/1/close-out/"
    assert 'enctype="multipart/form-data"' in client.get(form).content.decode()
    page = client.post(form, {"summary": "全部完成。", "files": files}).content.decode()
    assert (
        "“程序.exe”不能上传" in page,
        "所选文件未保存，请重新选择。" in page,
        ">\n全部完成。<" in page,
    ) == (True,) * 3
    assert (CloseOut.objects.count(), names()) == (0, [])
    for upload in files:
        upload.seek(0)
    page = client.post(form, {"summary": "全部完成。", "files": files[::2]}, follow=True).content.decode()
    assert "已申请第1项办结" in page
    assert (names(), CloseOut.objects.get().evidence.count()) == (["验收.pdf", "现场.png"], 2)


def test_the_page_lists_them_and_the_lead_adds_more(signed_in, cast, plan, application):
    client = signed_in(cast.nongye)
    assert ">总结.pdf</a>" in client.get(address(plan, application)).content.decode()
    page = attach(client, plan, application, upload_of("一.pdf"), upload_of("二.pdf")).content.decode()
    assert [f">{name}</a>" in page for name in names()] == [True, True]
    assert names() == ["一.pdf", "二.pdf"]
    reviewer = signed_in(cast.kexie).get(address(plan, application)).content.decode()
    assert (">一.pdf</a>" in reviewer, 'name="files"' in reviewer) == (True, False)


def test_choosing_nothing_is_said(signed_in, cast, plan, application):
    assert "请先选择文件。" in attach(signed_in(cast.nongye), plan, application).content.decode()


@pytest.mark.parametrize(
    ("user", "status"), [("kexie", 403), ("jiaowei", 404), ("lingdao", 404), ("outsider", 404)]
)
def test_only_the_applicant_attaches(signed_in, cast, plan, application, user, status):
    response = attach(signed_in(getattr(cast, user)), plan, application, upload_of("一.pdf"))
    assert (response.status_code, names()) == (status, [])


@pytest.mark.parametrize(
    ("decide", "said"),
    [
        (closing.verify, "办结申请已处理：已办结，不能再上传佐证材料。"),
        (closing.refuse, "办结申请已处理：不予办结，不能再上传佐证材料。"),
    ],
)
def test_a_decided_application_takes_no_more(signed_in, cast, plan, application, media, decide, said):
    said_so = {"reason": "佐证不足。"} if decide is closing.refuse else {"points": POINTS}
    decide(application, by=cast.kexie, at=AT, **said_so)
    client = signed_in(cast.nongye)
    page = attach(client, plan, application, upload_of("一.pdf")).content.decode()
    assert (said in page, 'name="files"' in page, names()) == (True, False, [])
    assert [path.suffix for path in media.rglob("*") if path.is_file()] == [".pdf"]


def test_nor_does_one_of_a_frozen_quarter(signed_in, cast, plan, period, application):
    period.frozen_at = AT
    period.save()
    page = attach(signed_in(cast.nongye), plan, application, upload_of("一.pdf")).content.decode()
    assert "已定稿归档，不能再上传佐证材料。" in page
    assert names() == []


def test_together_they_have_a_limit(signed_in, cast, plan, application, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_TOGETHER", 45)
    files = upload_of("一.pdf"), upload_of("二.pdf"), upload_of("三.pdf")
    page = attach(signed_in(cast.nongye), plan, application, *files).content.decode()
    assert "“三.pdf”没有上传：本项办结申请的佐证材料合计不能超过" in page
    assert names() == ["一.pdf", "二.pdf"]


APPLICANT_AND_COORDINATORS = {"nongye", "nongye_sh", "kexie", "zhengfuban"}
ALL_READERS = APPLICANT_AND_COORDINATORS | {"jiaowei", "kexie_tb", "lingdao"}
READERS = {
    Status.APPLIED: APPLICANT_AND_COORDINATORS,
    Status.REFUSED: APPLICANT_AND_COORDINATORS,
    Status.VERIFIED: ALL_READERS,
    Status.REOPENED: ALL_READERS,
}


@pytest.mark.parametrize("status", READERS)
def test_a_file_is_read_by_who_reads_the_application(client, cast, plan, application, attached, status):
    asked = {"by": cast.kexie, "at": AT}
    if status in CloseOut.PUBLIC:
        closing.verify(application, points=POINTS, **asked)
    if status == Status.REFUSED:
        closing.refuse(application, reason="佐证不足。", **asked)
    if status == Status.REOPENED:
        closing.reopen(application, reason="有反复。", **asked)
    readers = set()
    for name, user in vars(cast).items():
        client.force_login(user)
        file = client.get(f"/plans/{plan.slug}/evidence/{attached.pk}/")
        pages = [client.get(address(plan, application) + page) for page in ("", "sheet/")]
        assert [page.status_code for page in pages] == [file.status_code] * 2
        readers |= {name} if file.status_code == 200 else set()
        file.getvalue()
    assert readers == READERS[status]


@pytest.mark.parametrize(("user", "status"), [("nongye", 302), ("kexie", 403), ("jiaowei", 404)])
def test_a_file_stays_with_the_application(signed_in, cast, plan, attached, user, status):
    response = signed_in(getattr(cast, user)).post(f"/plans/{plan.slug}/evidence/{attached.pk}/remove/")
    assert (response.status_code, names()) == (status, ["验收.pdf"])


def test_the_sweep_knows_them(attached, media):
    assert evidence.sweep(at=moment("2099-01-01 00:00")) == ([], [])
    assert [path.suffix for path in media.rglob("*") if path.is_file()] == [".pdf"] * 2


def test_many_files_cost_no_more_queries(
    signed_in, cast, plan, application, attached, django_assert_num_queries
):
    client = signed_in(cast.kexie)
    with django_assert_num_queries(12):
        client.get(address(plan, application))
    for number in range(4):
        evidence.attach_to_close_out(application, upload_of(f"{number}.pdf"), by=cast.nongye, at=AT)
    with django_assert_num_queries(12):
        client.get(address(plan, application))
