"""佐证材料: uploaded to lines, read by those who may read the line, kept once submitted."""

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.utils import timezone

from tasks import evidence, uploads
from tasks.models import Evidence, ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.files import BAD, PDF, PNG, upload_of
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def line(units, plan):
    return Responsibility.objects.get(department=units.nongye, task__number=1).pk


def post(client, plan, period, lines, *uploads, unit=None, **headers):
    path, _, query = return_address(plan, period, unit).partition("?")
    data = {"lines": lines, "files": uploads}
    return client.post(f"{path}evidence/?{query}", data, headers=headers)


def stored_files(media):
    return sorted(path.name for path in media.rglob("*") if path.is_file())


@pytest.fixture
def uploaded(signed_in, cast, plan, period, line):
    """名册.pdf on task 1 of 县农业农村委, in a draft."""
    post(signed_in(cast.nongye), plan, period, [line], upload_of("C:\\名册.pdf"))
    return Evidence.objects.get()


def test_a_file_keeps_its_name_for_people_and_a_random_one_in_the_storage(uploaded, media, cast):
    assert (uploaded.name, uploaded.size, uploaded.content_type, uploaded.uploaded_by) == (
        "名册.pdf",
        len(PDF),
        "application/pdf",
        cast.nongye,
    )
    assert [name for name in stored_files(media) if "名册" in name] == []
    assert uploaded.file.name.startswith("evidence/")
    assert uploaded.file.name.endswith(".pdf")


def test_several_files_at_once_and_a_script_gets_the_list(signed_in, cast, plan, period, line):
    client = signed_in(cast.nongye)
    response = post(
        client, plan, period, [line], upload_of("a.pdf"), upload_of("b.png", PNG), **{"X-Upload": "1"}
    )
    page = response.content.decode()
    assert (response.status_code, "a.pdf" in page, "b.png" in page) == (200, True, True)
    assert f'id="evidence-{line}"' in page
    assert "<html" not in page


def test_one_file_for_the_rows_of_a_block_is_stored_once(
    signed_in, cast, plan, period, units, media, django_capture_on_commit_callbacks
):
    lines = list(
        Responsibility.objects.filter(department=units.nongye, role="LEAD").values_list("pk", flat=True)
    )
    client = signed_in(cast.nongye)
    post(client, plan, period, lines, upload_of("名册.pdf"))
    assert Evidence.objects.count() == 2
    assert len(stored_files(media)) == 1
    first, second = Evidence.objects.all()
    client.post(f"/plans/{plan.slug}/evidence/{first.pk}/remove/")
    assert len(stored_files(media)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/plans/{plan.slug}/evidence/{second.pk}/remove/")
    assert (Evidence.objects.count(), stored_files(media)) == (0, [])


@pytest.mark.parametrize("name", [*BAD, "空.pdf"])
def test_what_is_refused(signed_in, cast, plan, period, line, media, name):
    content = BAD.get(name, b"")
    response = post(
        signed_in(cast.nongye), plan, period, [line], upload_of(name, content), **{"X-Upload": "1"}
    )
    assert response.status_code == 422
    assert response.content.decode().startswith(f"“{name}”")
    assert (Evidence.objects.count(), stored_files(media)) == (0, [])


def test_too_large_alone_and_together(signed_in, cast, plan, period, line, media, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    monkeypatch.setattr(uploads, "MOST_TOGETHER", 150)
    client = signed_in(cast.nongye)
    page = post(client, plan, period, [line], upload_of("大.pdf", PDF + b"\0" * 100), **{"X-Upload": "1"})
    assert "“大.pdf”超过" in page.content.decode()
    post(client, plan, period, [line], upload_of("一.pdf", PDF + b"\0" * 80))
    page = post(client, plan, period, [line], upload_of("二.pdf", PDF + b"\0" * 80), **{"X-Upload": "1"})
    assert "本季报的佐证材料合计不能超过" in page.content.decode()
    assert list(Evidence.objects.values_list("name", flat=True)) == ["一.pdf"]
    assert len(stored_files(media)) == 1


@pytest.mark.parametrize(
    ("lines", "files", "said"),
    [([], ["a.pdf"], "请勾选要附佐证材料的工作。"), (["own"], [], "请先选择文件。")],
)
def test_what_is_missing_is_said(signed_in, cast, plan, period, line, lines, files, said):
    chosen = [line for _ in lines]
    response = post(signed_in(cast.nongye), plan, period, chosen, *map(upload_of, files), **{"X-Upload": "1"})
    assert (response.status_code, response.content.decode()) == (422, said)


def test_lines_of_others_are_forbidden(signed_in, cast, plan, period, units):
    foreign = Responsibility.objects.get(department=units.jiaowei, task__number=3).pk
    assert post(signed_in(cast.nongye), plan, period, [foreign], upload_of("a.pdf")).status_code == 403
    assert not Evidence.objects.exists()


READERS = {
    Status.DRAFT: {"nongye", "nongye_sh"},
    Status.RETURNED: {"nongye", "nongye_sh"},
    Status.SUBMITTED: {"nongye", "nongye_sh", "kexie", "zhengfuban"},
    Status.ACCEPTED: {"nongye", "nongye_sh", "kexie", "zhengfuban", "jiaowei", "kexie_tb", "lingdao"},
}


@pytest.mark.parametrize("status", READERS)
def test_who_reads_a_file(client, cast, plan, period, uploaded, status):
    QuarterlyReport.objects.update(status=status, first_submitted_at=period.due_at)
    readers = set()
    for name, user in vars(cast).items():
        client.force_login(user)
        response = client.get(f"/plans/{plan.slug}/evidence/{uploaded.pk}/")
        assert response.status_code in (200, 404)
        readers |= {name} if response.status_code == 200 else set()
        response.getvalue()
    assert readers == READERS[status]
    client.logout()
    assert client.get(f"/plans/{plan.slug}/evidence/{uploaded.pk}/").status_code == 302


def test_a_download_is_an_attachment_that_no_browser_guesses_about(signed_in, cast, plan, uploaded):
    response = signed_in(cast.nongye).get(f"/plans/{plan.slug}/evidence/{uploaded.pk}/?inline=1")
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E5%90%8D%E5%86%8C.pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_picture_is_shown_in_review(signed_in, cast, plan, period, line):
    post(signed_in(cast.nongye), plan, period, [line], upload_of("现场.png", PNG))
    QuarterlyReport.objects.update(status=Status.SUBMITTED, first_submitted_at=period.due_at)
    client, found = signed_in(cast.kexie), Evidence.objects.get()
    page = client.get(f"/plans/{plan.slug}/review/{found.entry.report_id}/").content.decode()
    assert f'src="/plans/{plan.slug}/evidence/{found.pk}/?inline=1"' in page
    response = client.get(f"/plans/{plan.slug}/evidence/{found.pk}/?inline=1")
    assert (response["Content-Type"], response["Content-Disposition"][:6]) == ("image/png", "inline")
    response.getvalue()


def test_what_was_submitted_once_stays_even_after_a_return(
    signed_in, cast, plan, period, units, line, uploaded
):
    client, address = signed_in(cast.jiaowei), return_address(plan, period)
    own = Responsibility.objects.get(department=units.jiaowei, task__number=3).pk
    post(client, plan, period, [own], upload_of("旧.pdf"))
    data = typed(period, units.jiaowei, 3, completion="40", progress="有进展。")
    client.post(address, data | {"verb": "SUBMIT", "version": "0"})
    QuarterlyReport.objects.filter(department=units.jiaowei).update(status=Status.RETURNED)
    post(client, plan, period, [own], upload_of("新.pdf"))
    page = client.get(address).content.decode()
    assert page.count("已随季报报送") == 1
    for found in Evidence.objects.filter(entry__responsibility=own):
        page = client.post(f"/plans/{plan.slug}/evidence/{found.pk}/remove/", follow=True).content.decode()
        assert ("已随季报报送，须保留。" in page) is (found.name == "旧.pdf")
    assert sorted(Evidence.objects.values_list("name", flat=True)) == ["名册.pdf", "旧.pdf"]


@pytest.mark.parametrize(
    ("user", "status"), [("jiaowei", 404), ("lingdao", 404), ("nongye_sh", 403), ("kexie", 404)]
)
def test_only_the_reporter_removes(signed_in, cast, plan, uploaded, user, status):
    response = signed_in(getattr(cast, user)).post(f"/plans/{plan.slug}/evidence/{uploaded.pk}/remove/")
    assert response.status_code == status
    assert Evidence.objects.exists()


def test_a_submitted_return_takes_no_more_files(signed_in, cast, plan, period, line, uploaded):
    QuarterlyReport.objects.update(status=Status.SUBMITTED, first_submitted_at=period.due_at)
    response = post(signed_in(cast.nongye), plan, period, [line], upload_of("晚.pdf"), **{"X-Upload": "1"})
    assert (response.status_code, Evidence.objects.count()) == (422, 1)


def test_a_line_with_a_file_alone_is_read_in_review(signed_in, cast, plan, period, units):
    own = Responsibility.objects.get(department=units.kexie, task__number=1).pk
    client = signed_in(cast.kexie_tb)
    post(client, plan, period, [own], upload_of("名册.pdf"))
    client.post(return_address(plan, period), {"verb": "SUBMIT", "version": "0"})
    report = QuarterlyReport.objects.get()
    page = signed_in(cast.zhengfuban).get(f"/plans/{plan.slug}/review/{report.pk}/").content.decode()
    assert f'id="line-{own}"' in page
    assert "名册.pdf" in page


def test_identity_numbers_are_pointed_out_and_do_not_block(signed_in, cast, plan, period, units):
    client, address = signed_in(cast.jiaowei), return_address(plan, period)
    data = typed(period, units.jiaowei, 3, completion="40", progress="学员11010519491231002X结业。")
    page = client.post(address, data, follow=True).content.decode()
    assert "文字中有像身份证号的内容（110105********002X）" in page
    client.post(address, {"verb": "SUBMIT", "version": "1"})
    report = QuarterlyReport.objects.get()
    assert report.status == Status.SUBMITTED
    page = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/{report.pk}/").content.decode()
    assert "像身份证号的内容（110105********002X）" in page


def sweep(at=None, *options):
    said = StringIO()
    call_command(
        "sweep_evidence", *options, stdout=said, stderr=said, **({"at": at.isoformat()} if at else {})
    )
    return said.getvalue()


KILLED = """
import os, django
django.setup()
from django.core.files.storage import FileSystemStorage
write = FileSystemStorage._save
def killed(self, name, content):
    write(self, name, content)
    os._exit(9)
FileSystemStorage._save = killed
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from departments.models import User
from tasks.models import ReportingPeriod, Responsibility
from tasks import evidence, uploads
line = Responsibility.objects.select_related("department").filter(role="LEAD").first()
evidence.attach(ReportingPeriod.objects.select_related("plan").first(), line.department, [line.pk],
    SimpleUploadedFile("a.pdf", b"%PDF-1.4"), by=User.objects.get(username="nongye"), at=timezone.now())
"""


def test_a_killed_upload_leaves_no_row_and_the_sweep_finds_its_file(tmp_path):
    """In a process and a database of its own, killed between the file and its row."""
    environment = os.environ | {
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "chengkou_kepu.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'killed.sqlite3'}",
        "MEDIA_ROOT": str(tmp_path / "killed"),
        "DEMO_PASSWORD": "kill-2023",
    }
    make = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests import factories
from departments.models import Role
nongye = factories.make_department("县农业农村委")
plan = factories.make_plan()
factories.make_task(plan, 1, leads=[nongye])
factories.make_period(plan, "2023Q3")
factories.make_user("nongye", (Role.REPORTER, nongye))
"""
    count = """
import django
django.setup()
from tasks.models import Evidence, ProgressEntry
print(Evidence.objects.count(), ProgressEntry.objects.count())
"""

    def run(code, expected=0):
        process = subprocess.run(
            [sys.executable, "-c", code],
            cwd=configured.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert process.returncode == expected, process.stderr
        return process.stdout

    run(make)
    run(KILLED, expected=9)
    left = [path for path in (tmp_path / "killed").rglob("*") if path.is_file()]
    assert (run(count).split(), len(left)) == (["0", "0"], 1)
    later = (timezone.now() + timedelta(days=2)).isoformat()
    sweep_later = (
        "import django; django.setup(); from django.core.management import call_command; "
        f"call_command('sweep_evidence', at={later!r})"
    )
    assert "无主文件 1 个，丢失 0 个。" in run(sweep_later)
    assert not left[0].exists()


def test_the_sweep_leaves_the_young_and_the_owned_and_names_the_missing(uploaded, media):
    (media / "evidence/2023/10").mkdir(parents=True)
    orphan = media / "evidence/2023/10/left.pdf"
    orphan.write_bytes(PDF)
    assert "无主文件 0 个，丢失 0 个。" in sweep()
    later = timezone.now() + timedelta(days=2)
    assert "将删除：evidence/2023/10/left.pdf" in sweep(later, "--dry-run")
    assert orphan.exists()
    assert "已删除：evidence/2023/10/left.pdf" in sweep(later)
    assert (orphan.exists(), os.path.exists(uploaded.file.path)) == (False, True)
    os.remove(uploaded.file.path)
    assert f"文件已丢失：{uploaded.file.name}" in sweep(later)


def test_a_missing_file_is_a_page_that_says_so(signed_in, cast, plan, uploaded):
    os.remove(uploaded.file.path)
    response = signed_in(cast.nongye).get(f"/plans/{plan.slug}/evidence/{uploaded.pk}/")
    assert response.status_code == 404


def test_nothing_is_stored_when_the_row_cannot_be(signed_in, cast, plan, period, line, media, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("database gone")

    monkeypatch.setattr(evidence.audit, "record", broken)
    with pytest.raises(RuntimeError):
        post(signed_in(cast.nongye), plan, period, [line], upload_of("a.pdf"))
    assert (Evidence.objects.count(), ProgressEntry.objects.count(), stored_files(media)) == (0, 0, [])


def test_reading_the_filing_page_with_files_costs_one_query_more(
    signed_in, cast, plan, period, units, line, uploaded, django_assert_num_queries
):
    client, address = signed_in(cast.nongye), return_address(plan, period)
    post(client, plan, period, [line], *(upload_of(f"{n}.pdf") for n in range(5)))
    factories.make_task(plan, 7, leads=[units.nongye])
    with django_assert_num_queries(15):
        client.get(address)
