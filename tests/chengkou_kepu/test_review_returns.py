"""Returning with a remark for each line, 实质空报, 逾期补正, kept remarks, and accepting several at once."""

import pytest

from tasks.models import ProgressEntry, QuarterlyReport, RemarkSnippet, ReportEvent, Responsibility
from tests import factories
from tests.factories import moment
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status


@pytest.fixture
def submitted(period, units, cast):
    return factories.make_report(
        period, units.jiaowei, completions={3: 45}, status=Status.SUBMITTED, by=cast.jiaowei
    )


@pytest.fixture
def line(units, submitted):
    return Responsibility.objects.get(department=units.jiaowei, task__number=3).pk


def address(report):
    return f"/plans/{report.period.plan.slug}/review/{report.pk}/"


def give_back(client, report, **data):
    report.refresh_from_db()
    return client.post(address(report), {"verb": "RETURN", "version": report.version} | data, follow=True)


def file_again(client, report, clock, at, progress="补正。"):
    clock(at)
    plan, period = report.period.plan, report.period
    data = typed(period, report.department, 3, progress=progress)
    client.post(return_address(plan, period), data)
    report.refresh_from_db()
    client.post(return_address(plan, period), {"verb": "SUBMIT", "version": report.version})
    report.refresh_from_db()
    return report


def test_a_remark_stands_at_its_line_and_may_replace_the_reason(
    signed_in, cast, plan, period, submitted, line
):
    give_back(signed_in(cast.kexie), submitted, lines=[line], **{f"remark-{line}": "请写明学校名称。"})
    event = ReportEvent.objects.get(verb="RETURN")
    assert (event.reason, event.lines, event.remarks) == ("", [line], {str(line): "请写明学校名称。"})
    page = signed_in(cast.jiaowei).get(return_address(plan, period)).content.decode()
    assert '审核意见：</b><span class="prewrap">请写明学校名称。</span>' in page
    assert "前补正后重新报送" in page


def test_a_remark_is_read_again_in_the_log_and_when_the_return_comes_back(
    signed_in, cast, submitted, line, clock
):
    clock("2023-10-11 09:00")
    give_back(signed_in(cast.kexie), submitted, lines=[line], **{f"remark-{line}": "请写明学校名称。"})
    page = signed_in(cast.zhengfuban).get(address(submitted)).content.decode()
    assert '<div class="prewrap">第 3 项：请写明学校名称。</div>' in page
    file_again(signed_in(cast.jiaowei), submitted, clock, "2023-10-12 10:00")
    page = signed_in(cast.zhengfuban).get(address(submitted)).content.decode()
    assert "第 3 项</a>（请写明学校名称。）" in page
    assert '<span class="small">意见：请写明学校名称。</span>' in page


def test_a_refused_return_keeps_everything_typed(signed_in, cast, submitted, line):
    data = {f"remark-{line}": " ", "lines": [line], "code": "EMPTY", "keep": "1", "reason": " "}
    page = give_back(signed_in(cast.kexie), submitted, **data).content.decode()
    assert "请写明理由。" in page
    assert f'value="{line}" checked' in page
    assert 'name="keep" value="1" checked' in page
    assert 'name="code" value="EMPTY" checked' in page
    behind = {"verb": "RETURN", "version": 9} | data | {f"remark-{line}": "请写“学校”。"}
    page = signed_in(cast.kexie).post(address(submitted), behind).content.decode()
    assert 'value="请写“学校”。" list="snippets"' in page


def test_flagged_lines_are_not_accepted_by_mistake(signed_in, cast, submitted, line):
    asked = {"verb": "ACCEPT", "version": submitted.version, "lines": [line], f"remark-{line}": "请补充。"}
    client = signed_in(cast.kexie)
    page = client.post(address(submitted), asked).content.decode()
    assert "还勾选着 1 项须补正：请退回补正；要审核通过的，请先取消勾选。" in page
    assert 'value="请补充。" list="snippets"' in page
    assert statuses([submitted]) == [Status.SUBMITTED]
    del asked["lines"]
    client.post(address(submitted), asked)
    assert statuses([submitted]) == [Status.ACCEPTED]


def test_a_remark_at_an_unticked_line_is_no_reason(signed_in, cast, submitted, line):
    page = give_back(signed_in(cast.kexie), submitted, **{f"remark-{line}": "请写明学校名称。"})
    assert "请写明理由。" in page.content.decode()


def test_an_empty_return_is_no_filing_until_it_comes_again(signed_in, cast, plan, period, submitted, clock):
    clock("2023-10-11 09:00")
    give_back(signed_in(cast.kexie), submitted, reason="没有实际内容。", code="EMPTY")
    submitted.refresh_from_db()
    assert (submitted.status, submitted.first_submitted_at) == (Status.RETURNED, None)
    page = signed_in(cast.jiaowei).get(return_address(plan, period)).content.decode()
    assert "本次退回为“实质空报”，不计入已报送，按时与否以重新报送的时间为准。" in page
    inbox = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/?period={period.code}").content.decode()
    assert "县教委" in inbox[inbox.index("尚未报送") : inbox.index("正在填写或补正")]
    again = file_again(signed_in(cast.jiaowei), submitted, clock, "2023-10-12 10:00")
    assert again.first_submitted_at == moment("2023-10-12 10:00")
    page = signed_in(cast.kexie).get(address(submitted)).content.decode()
    assert "实质空报" in page
    assert "逾期" in page


def test_withdrawing_after_an_empty_return_leaves_no_filing(signed_in, cast, plan, period, submitted, clock):
    clock("2023-10-09 09:00")
    give_back(signed_in(cast.kexie), submitted, reason="没有实际内容。", code="EMPTY")
    client = signed_in(cast.jiaowei)
    again = file_again(client, submitted, clock, "2023-10-10 10:00")
    client.post(return_address(plan, period), {"verb": "WITHDRAW", "version": again.version})
    again.refresh_from_db()
    assert (again.status, again.first_submitted_at) == (Status.DRAFT, None)


def test_an_ordinary_return_keeps_the_filing(signed_in, cast, submitted):
    before = submitted.first_submitted_at
    give_back(signed_in(cast.kexie), submitted, reason="请补正。", code="anything")
    submitted.refresh_from_db()
    assert (submitted.first_submitted_at, ReportEvent.objects.get(verb="RETURN").code) == (before, "")


@pytest.mark.parametrize(("at", "late"), [("2023-10-16 23:59", False), ("2023-10-17 00:00", True)])
def test_a_correction_after_three_working_days_is_late(
    signed_in, cast, plan, period, submitted, clock, at, late
):
    clock("2023-10-11 09:00")
    give_back(signed_in(cast.kexie), submitted, reason="请补正。")
    file_again(signed_in(cast.jiaowei), submitted, clock, at)
    client = signed_in(cast.kexie)
    for page in (address(submitted), f"/plans/{plan.slug}/review/?period={period.code}"):
        assert ("逾期补正" in client.get(page).content.decode()) is late


def test_a_reason_is_kept_offered_and_taken_away(signed_in, cast, submitted, clock):
    client = signed_in(cast.kexie)
    give_back(client, submitted, reason="请写明依据。", keep="1")
    snippet = RemarkSnippet.objects.get()
    assert (snippet.owner, snippet.text) == (cast.kexie, "请写明依据。")
    file_again(signed_in(cast.jiaowei), submitted, clock, "2023-10-12 10:00")
    client = signed_in(cast.kexie)
    assert '<option value="请写明依据。">' in client.get(address(submitted)).content.decode()
    assert "<datalist" not in signed_in(cast.zhengfuban).get(address(submitted)).content.decode()
    remove = f"/plans/{submitted.period.plan.slug}/review/snippets/{snippet.pk}/remove/"
    signed_in(cast.zhengfuban).post(remove)
    assert RemarkSnippet.objects.exists()
    response = signed_in(cast.kexie).post(remove, {"next": "https://evil.example/"})
    assert response.url == f"/plans/{submitted.period.plan.slug}/review/"
    assert not RemarkSnippet.objects.exists()


def test_remarks_are_kept_with_the_reason_each_once(signed_in, cast, submitted, line):
    data = {"lines": [line], f"remark-{line}": "请写明依据。 ", "reason": "请写明依据。", "keep": "1"}
    give_back(signed_in(cast.kexie), submitted, **data)
    assert list(RemarkSnippet.objects.values_list("text", flat=True)) == ["请写明依据。"]


@pytest.fixture
def two_submitted(period, units, cast, submitted):
    other = factories.make_report(
        period, units.nongye, completions={1: 40, 2: 40}, status=Status.SUBMITTED, by=cast.nongye_sh
    )
    return [submitted, other]


def accept(client, plan, *reports):
    return client.post(
        f"/plans/{plan.slug}/review/", {"reports": [r.pk for r in reports]}, follow=True
    ).content.decode()


def statuses(reports):
    return [QuarterlyReport.objects.get(pk=r.pk).status for r in reports]


def test_several_are_accepted_once_they_have_been_opened(signed_in, cast, plan, two_submitted):
    client = signed_in(cast.kexie)
    inbox = client.get(f"/plans/{plan.slug}/review/").content.decode()
    assert 'name="reports"' not in inbox
    page = accept(client, plan, *two_submitted)
    assert page.count("请先打开核对。") == 2
    for report in two_submitted:
        client.get(address(report))
    assert client.get(f"/plans/{plan.slug}/review/").content.decode().count('name="reports"') == 2
    page = accept(client, plan, *two_submitted)
    assert page.count("季报审核通过。") == 2
    assert statuses(two_submitted) == [Status.ACCEPTED, Status.ACCEPTED]


def test_what_changed_since_it_was_opened_is_left_and_the_others_go_through(
    signed_in, cast, plan, two_submitted
):
    client = signed_in(cast.kexie)
    for report in two_submitted:
        client.get(address(report))
    QuarterlyReport.objects.filter(pk=two_submitted[0].pk).update(version=9)
    page = accept(client, plan, *two_submitted)
    assert "县教委 2023年第三季度季报：" in page
    assert "请核对最新内容后再操作。" in page
    assert statuses(two_submitted) == [Status.SUBMITTED, Status.ACCEPTED]


def test_ones_own_return_is_not_accepted_from_the_list(signed_in, cast, plan, period, units):
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED, by=cast.kexie_tb)
    client = signed_in(cast.kexie)
    client.get(address(report))
    assert 'name="reports"' not in client.get(f"/plans/{plan.slug}/review/").content.decode()
    assert "请先打开核对。" in accept(client, plan, report)
    assert statuses([report]) == [Status.SUBMITTED]


def test_nothing_ticked_is_said(signed_in, cast, plan, submitted):
    assert "请勾选要审核通过的季报。" in accept(signed_in(cast.kexie), plan)


def test_rows_that_say_the_same_are_read_once(signed_in, cast, plan, period, units):
    factories.make_task(plan, 7, leads=[units.jiaowei], supports=[units.kexie])
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED, by=cast.kexie_tb)
    for number, text in ((1, "配合三下乡。"), (2, "配合三下乡。"), (7, "另一项。")):
        held = Responsibility.objects.get(department=units.kexie, task__number=number)
        ProgressEntry.objects.create(report=report, responsibility=held, progress=text)
    page = signed_in(cast.zhengfuban).get(address(report))
    groups = [[i.line.responsibility.task.number for i in g.items] for g in page.context["page"].fresh]
    assert groups == [[1, 2], [7]]
    text = page.content.decode()
    assert text.count("配合三下乡。") == 1
    assert text.count('name="lines"') == 3
