"""Texts that no database holds, ids that no row has and ways back that lead elsewhere, at every verb that reads one."""

import pytest

from tasks import closing, cooperation, extensions, workflow
from tasks.models import CloseOut, Extension, NoDuty, QuarterlyReport, ReportEvent, Responsibility
from tasks.models.closing import POINTS
from tests import factories
from tests.factories import moment
from tests.posting import return_address

pytestmark = pytest.mark.django_db
AT = moment("2023-10-05 09:00")
PLAN = "/plans/chengkou-2021-2025/"
NUL = ("a\x00b", "文字中有不能保存的字符，请删去后重新填写。")
HUGE = "9" * 5000
Status = QuarterlyReport.Status


def long(most):
    return "长" * (most + 1), f"最多 {most} 字，现有 {most + 1} 字。"


@pytest.fixture(autouse=True)
def early_in_october(clock):
    clock("2023-10-05 09:00")


@pytest.fixture
def submitted(period, units, cast):
    return factories.make_report(
        period, units.jiaowei, completions={3: 45}, status=Status.SUBMITTED, by=cast.jiaowei
    )


@pytest.fixture
def claim(plan, period, units, cast):
    rows = [Responsibility.objects.get(department=units.kexie, task__number=1)]
    cooperation.claim_no_duty(units.kexie, rows, reason="职责不涉及", by=cast.kexie_tb, at=AT)
    return NoDuty.objects.get()


@pytest.fixture
def applied(plan, period, units, cast):
    factories.make_report(period, units.nongye, completions={1: 100, 2: 40})
    return factories.apply_for(plan.tasks.get(number=1), period, units.nongye, by=cast.nongye, at=AT)


@pytest.fixture
def extension(period, units, cast):
    return extensions.ask_extension(
        period, units.nongye, until=moment("2023-10-20 09:00").date(), reason="汛期", by=cast.nongye, at=AT
    )


def said(client, where, **data):
    """What the page says to the post, which is a page and no failure."""
    response = client.post(where, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(2000)], ids=["NUL", "long"])
@pytest.mark.parametrize("verb", ["RETURN", "REOPEN"])
def test_reasons_of_a_review(signed_in, cast, submitted, verb, text, sentence):
    if verb == "REOPEN":
        submitted = workflow.accept(submitted, by=cast.kexie, at=AT, version=submitted.version)
    data = {"verb": verb, "version": submitted.version, "reason": text, "keep": "on"}
    assert sentence in said(signed_in(cast.kexie), f"{PLAN}review/{submitted.pk}/", **data)
    assert not ReportEvent.objects.filter(verb=verb).exists()


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(500)], ids=["NUL", "long"])
def test_remarks_of_a_return(signed_in, cast, submitted, text, sentence):
    line = submitted.entries.get().responsibility_id
    data = {"verb": "RETURN", "version": submitted.version, "lines": [line], f"remark-{line}": text}
    assert sentence in said(signed_in(cast.kexie), f"{PLAN}review/{submitted.pk}/", keep="on", **data)
    assert not ReportEvent.objects.filter(verb="RETURN").exists()


def test_a_remark_to_no_line_is_not_kept(signed_in, cast, submitted):
    data = {"verb": "RETURN", "version": submitted.version, "reason": "补充", "lines": ["x", HUGE]}
    data |= {"remark-x": "a\x00b", "keep": "on"}
    assert "已退回县教委补正。" in said(signed_in(cast.kexie), f"{PLAN}review/{submitted.pk}/", **data)
    assert list(cast.kexie.remark_snippets.values_list("text", flat=True)) == ["补充"]


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(2000)], ids=["NUL", "long"])
def test_the_reason_of_the_units_own_approver(signed_in, cast, plan, period, units, text, sentence):
    report = factories.fill(period, units.nongye, by=cast.nongye, at=AT)
    report = workflow.send_up(report, by=cast.nongye, at=AT, version=report.version)
    data = {"verb": "SEND_BACK", "version": report.version, "reason": text}
    assert sentence in said(signed_in(cast.nongye_sh), return_address(plan, period), **data)
    report.refresh_from_db()
    assert report.status == Status.ENDORSING


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(200)], ids=["NUL", "long"])
def test_the_paper_behind_a_return_by_proxy(signed_in, cast, plan, period, units, text, sentence):
    report = factories.fill(period, units.jiaowei, by=cast.kexie, at=AT)
    data = {"verb": "SUBMIT", "version": report.version, "proxy_source": text}
    page = said(signed_in(cast.kexie), return_address(plan, period, units.jiaowei), **data)
    assert sentence in page
    report.refresh_from_db()
    assert report.status == Status.DRAFT


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(500)], ids=["NUL", "long"])
def test_texts_between_lead_and_supporting_units(signed_in, cast, plan, period, units, claim, text, sentence):
    where = f"{PLAN}filing/{period.code}/cooperation/"
    row = Responsibility.objects.get(department=units.kexie, task__number=2).pk
    assert sentence in said(signed_in(cast.kexie_tb), where, verb="claim", rows=[row], reason=text)
    note = {"verb": "ask", "due_on": "2023-10-09", "note": text}
    assert sentence in said(signed_in(cast.nongye), where, **note)
    assert sentence in said(signed_in(cast.nongye), f"{PLAN}duties/{claim.pk}/", verb="refuse", decision=text)
    assert list(NoDuty.objects.values_list("status", flat=True)) == ["ASKED"]


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(2000)], ids=["NUL", "long"])
def test_reasons_of_a_close_out(signed_in, cast, applied, text, sentence):
    where = f"{PLAN}close-outs/{applied.pk}/"
    for verb in ("verify", "refuse"):
        data = {"verb": verb, "points": POINTS, "reason": text}
        assert sentence in said(signed_in(cast.kexie), where, **data)
    assert CloseOut.objects.get().status == "APPLIED"
    closing.verify(applied, points=POINTS, by=cast.kexie, at=AT)
    assert sentence in said(signed_in(cast.kexie), where, verb="reopen", reason=text)
    assert CloseOut.objects.get().status == "VERIFIED"


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(500)], ids=["NUL", "long"])
def test_reasons_of_an_extension(signed_in, cast, plan, period, units, text, sentence):
    where = f"{PLAN}filing/{period.code}/extension/"
    assert sentence in said(signed_in(cast.nongye), where, until="2023-10-20", reason=text)
    assert not Extension.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"verb": "refuse", "reason": NUL[0]}, NUL[1]),
        ({"verb": "refuse", "reason": long(500)[0]}, long(500)[1]),
        ({"verb": "zzz", "reason": "不行"}, "没有这个操作。"),
    ],
    ids=["NUL", "long", "no verb"],
)
def test_an_extension_is_not_decided(signed_in, cast, extension, data, sentence):
    assert sentence in said(signed_in(cast.kexie), f"{PLAN}extensions/{extension.pk}/", **data)
    assert Extension.objects.get().status == Extension.Status.ASKED


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(500)], ids=["NUL", "long"])
def test_the_words_of_a_reminder(signed_in, cast, period, units, text, sentence):
    data = {"verb": "remind", "units": [units.jiaowei.pk], "text": text}
    assert sentence in said(signed_in(cast.kexie), f"{PLAN}periods/{period.code}/reminders/", **data)
    assert not period.reminders.exists()


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(2000)], ids=["NUL", "long"])
def test_the_ground_of_a_years_judgement(signed_in, cast, plan, text, sentence, clock):
    clock("2024-01-05 09:00")
    task = plan.tasks.get(number=1)
    task.nature = "STANDING"
    task.save()
    data = {f"verdict-{task.pk}": "yes", f"ground-{task.pk}": text}
    assert sentence in said(signed_in(cast.kexie), f"{PLAN}annual/?year=2023", **data)
    assert not task.annual_judgements.exists()


@pytest.mark.parametrize(("text", "sentence"), [NUL, long(2000)], ids=["NUL", "long"])
def test_the_settlement_of_a_finding(signed_in, cast, plan, text, sentence):
    finding = plan.findings.create(code="x", message="说明")
    assert sentence in said(signed_in(cast.kexie), f"{PLAN}findings/{finding.pk}/", settlement=text)
    finding.refresh_from_db()
    assert finding.settled_at is None


def test_ids_that_no_row_can_have(signed_in, cast, plan, period, submitted):
    client = signed_in(cast.kexie)
    version = {"version": submitted.version}
    where = f"{PLAN}review/{submitted.pk}/"
    said(client, where, verb="RETURN", lines=[HUGE], **version)
    said(client, f"{PLAN}review/", reports=[HUGE])
    said(
        client, f"/admin/tasks/quarterlyreport/{submitted.pk}/change/", verb="RETURN", lines=[HUGE], **version
    )
    assert client.get(f"/admin/tasks/quarterlyreport/{HUGE}/change/").status_code == 404
    assert client.get(f"{return_address(plan, period)}?unit={HUGE}").status_code == 404
    client = signed_in(cast.nongye)
    said(client, f"{PLAN}filing/{period.code}/cooperation/", verb="claim", rows=[HUGE], reason="x")
    block = {"block-1-LEAD-seen": "", "block-1-LEAD-rows": [HUGE], "block-1-LEAD-progress": "x"}
    said(client, return_address(plan, period), apply="1-LEAD", **block)


@pytest.mark.parametrize(
    "elsewhere", ["abc", "home", "//evil.example/", "/\\evil.example", "/\t/evil.example"]
)
def test_a_way_back_that_is_none_of_ours(signed_in, cast, claim, elsewhere):
    client = signed_in(cast.nongye)
    response = client.post(f"{PLAN}duties/{claim.pk}/", {"verb": "agree", "next": elsewhere})
    assert (response.status_code, response.url) == (302, f"{PLAN}filing/")
    snippet = cast.kexie.remark_snippets.create(text="请补充。")
    response = signed_in(cast.kexie).post(f"{PLAN}review/snippets/{snippet.pk}/remove/", {"next": elsewhere})
    assert (response.status_code, response.url) == (302, f"{PLAN}review/")
    notice = cast.kexie.notices.create(key="x", text="x", path=elsewhere, created_at=AT)
    response = client.post(f"/notices/{notice.pk}/")
    assert (response.status_code, response.url) == (302, "/notices/")


def test_a_close_out_is_not_decided_by_a_verb_that_is_none(signed_in, cast, applied):
    page = said(signed_in(cast.kexie), f"{PLAN}close-outs/{applied.pk}/", verb="zzz", reason="x")
    assert "没有这个操作。" in page
    assert CloseOut.objects.get().status == "APPLIED"


def test_a_first_quarter_that_is_none_is_not_found(signed_in, cast, plan):
    assert signed_in(cast.kexie).get(f"{PLAN}periods/?first=a/b").status_code == 404


@pytest.mark.parametrize(
    ("where", "field"),
    [("reforms/new/", "units"), ("tasks/3/reassign/", "supports"), ("actions/2/tasks/new/", "supports")],
)
def test_a_huge_id_is_no_unit(where, field, signed_in, cast, plan, period):
    response = signed_in(cast.kexie).post(PLAN + where, {field: [HUGE[:30]], "verb": "preview"})
    assert response.status_code == 200
    assert field in response.context["form"].errors
