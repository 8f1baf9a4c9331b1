"""A period as the coordinator sees it: the preview, opening, filing as it comes in, and the baseline."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import AuditRecord, Membership
from tasks import calendar, workflow
from tasks.models import Extension, QuarterlyReport, ReportingPeriod, SupportRequest
from tests import factories
from tests.factories import moment
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
PERIODS = "/plans/chengkou-2021-2025/periods/"


def text_of(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).strip()


def page_of(client, code):
    return client.get(f"{PERIODS}{code}/").content.decode()


def rows(markup):
    """The cells of each unit's row as texts."""
    found = re.findall(r"<tr>(<td.*?)</tr>", markup, re.S)
    return [[text_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in found]


def test_the_preview_says_who_will_owe_what_and_why(signed_in, cast, plan, baseline, units, clock):
    clock("2023-04-03 09:00")
    markup = page_of(signed_in(cast.kexie), "2023Q1")
    assert "尚未开放" in markup
    told = "应报单位 <b>2</b> 个：牵头单位 2 个；牵头工作 <b>3</b> 项。配合单位不需报送；"
    assert told in markup
    assert rows(markup) == [
        ["县农业农村委", "牵头2项未办结工作 列出牵头工作 1 第1项重点工作 2 第2项重点工作", "王琳"],
        ["县教委", "牵头1项未办结工作 列出牵头工作 3 第3项重点工作", "jiaowei"],
    ]
    assert "不需报送 1 个 县科协" in text_of(markup)
    assert not ReportingPeriod.objects.filter(year=2023).exists()


def test_a_task_of_two_leads_is_counted_once(signed_in, cast, plan, baseline, units, clock):
    clock("2023-04-03 09:00")
    factories.make_task(plan, 4, leads=[units.nongye, units.jiaowei])
    page = text_of(page_of(signed_in(cast.kexie), "2023Q1"))
    assert "牵头工作 4 项（有的由几个单位共同牵头，各报各的，共 5 条）。" in page


def test_a_closed_out_task_a_setting_and_a_missing_reporter_show_in_it(
    signed_in, cast, plan, baseline, units, clock
):
    clock("2023-04-03 09:00")
    task = plan.tasks.get(number=3)
    factories.make_close_out(task, baseline, units.jiaowei, cast.kexie)
    plan.supports_must_report = True
    plan.save()
    Membership.objects.filter(user=cast.kexie_tb).delete()
    markup = page_of(signed_in(cast.kexie), "2023Q1")
    assert [row[:2] for row in rows(markup)][1:] == [
        ["县教委", "本方案要求配合单位报送（1项）"],
        ["县科协", "本方案要求配合单位报送（3项）"],
    ]
    assert "还没有填报人的单位：县科协。" in text_of(markup)
    assert "本方案要求配合单位也须报送。" in text_of(markup)


def test_opening_with_its_own_or_a_typed_deadline(signed_in, cast, plan, baseline, clock):
    clock("2023-04-03 09:00")
    client = signed_in(cast.kexie)
    said = client.post(f"{PERIODS}2023Q1/", {"verb": "open", "due_on": "2023-04-03"}, follow=True)
    assert "2023年第一季度已开放填报，2023年4月3日24时截止。" in said.content.decode()
    clock("2023-07-03 09:00")
    client = signed_in(cast.kexie)
    said = client.post(f"{PERIODS}2023Q2/", {"verb": "open", "due_on": "2023-06-30"}, follow=True)
    assert "截止日期应晚于开放时间。" in said.content.decode()
    assert not ReportingPeriod.objects.filter(year=2023, quarter=2).exists()
    said = client.post(f"{PERIODS}2023Q2/", {"verb": "open", "due_on": "七月"}, follow=True)
    assert "日期写法如 2023-10-10。" in said.content.decode()
    for day in ("0001-01-01", "9999-12-31"):
        said = client.post(f"{PERIODS}2023Q2/", {"verb": "open", "due_on": day}, follow=True)
        assert "日期应在2000年至2099年之间，请核对年份。" in said.content.decode()
    client.post(f"{PERIODS}2023Q2/", {"verb": "open"})
    assert list(ReportingPeriod.objects.filter(year=2023).values_list("quarter", "due_at")) == [
        (1, moment("2023-04-03 23:59").replace(second=59)),
        (2, moment("2023-07-10 23:59").replace(second=59)),
    ]
    assert list(AuditRecord.objects.values_list("verb", "by__username")) == [("开放填报", "kexie")] * 2


@pytest.mark.parametrize(
    ("day", "note"),
    [
        ("2023-10-14", "该日为星期六（非工作日）。"),
        ("2023-10-06", "该日为法定节假日。"),
        ("2023-10-07", ""),
    ],
)
def test_a_deadline_on_a_day_off_is_remarked_on(signed_in, cast, plan, period, clock, day, note):
    clock("2023-10-02 09:00")
    client = signed_in(cast.kexie)
    page = client.post(f"{PERIODS}2023Q3/", {"verb": "due", "due_on": day}, follow=True).content.decode()
    told = calendar.zh_day(date.fromisoformat(day))
    assert f"2023年第三季度的截止日期已改为{told}。{note}" in page
    assert page.count("非工作日") + page.count("法定节假日") == (2 if note else 0)


def test_a_quarter_that_has_not_begun_is_not_offered_and_refused(signed_in, cast, plan, baseline, clock):
    client = signed_in(cast.kexie)
    clock("2022-12-31 09:00")
    page = text_of(client.get(PERIODS).content.decode())
    assert "下一季度： 2023年第一季度 ，自 2023年1月1日 起可以开放填报。" in page
    assert "预览并开放" not in page
    told = "2023年第一季度还没有开始，自2023年1月1日起可以开放填报。"
    address = f"{PERIODS}2023Q1/"
    for response in (client.get(address, follow=True), client.post(address, {"verb": "open"}, follow=True)):
        assert told in text_of(response.content.decode())
    assert list(plan.periods.all()) == [baseline]
    clock("2023-01-01 00:00")
    assert "预览并开放2023年第一季度" in text_of(client.get(PERIODS).content.decode())


def test_a_plan_that_has_not_begun_offers_no_quarter(signed_in, cast, clock):
    factories.make_plan(starts_on=date(2026, 1, 1), ends_on=date(2030, 12, 31))
    clock("2025-11-20 09:00")
    page = text_of(signed_in(cast.kexie).get(PERIODS).content.decode())
    assert "方案期自 2026年1月1日 起，第一个填报期届时可以开放。" in page


def test_filing_is_seen_as_it_comes_in(signed_in, cast, plan, period, units, clock):
    clock("2023-10-11 09:00")
    plan.supports_must_report = True
    plan.save()
    client = signed_in(cast.kexie)
    assert rows(page_of(client, "2023Q3"))[0][3:] == ["未报", "未开始", "—", "代填"]
    report = factories.make_report(period, units.nongye, status="DRAFT")
    factories.make_report(period, units.jiaowei, status="SUBMITTED")
    factories.make_report(
        period, units.kexie, status="ACCEPTED", first_submitted_at=moment("2023-10-11 08:00")
    )
    markup = page_of(client, "2023Q3")
    assert [(row[0], *row[3:]) for row in rows(markup)] == [
        ("县农业农村委", "未报", "草稿", "—", "查看"),
        ("县教委", "按时", "已报送", "2023-10-10 23:59", "查看"),
        ("县科协", "逾期", "审核通过", "2023-10-11 08:00", "查看"),
    ]
    assert "牵头单位应报 2 个 按时 1 · 已开始，尚未报送 1 ·" in text_of(markup)
    assert "配合单位应报 1 个 逾期 1 ·" in text_of(markup)
    assert "还有 1 个应报单位没有报送。截止后单位不能再填报" in markup
    report.delete()
    assert "按时 1 · 未开始 1 ·" in text_of(page_of(client, "2023Q3"))


def test_the_units_alone_are_sent_again_while_the_period_is_open(signed_in, cast, plan, period, clock):
    clock("2023-10-09 09:00")
    client = signed_in(cast.kexie)
    poll = f'hx-get="{PERIODS}2023Q3/" hx-trigger="every 30s" hx-swap="outerHTML"'
    assert page_of(client, "2023Q3").count(poll) == 1
    part = client.get(f"{PERIODS}2023Q3/", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="units"')
    assert (part.count(poll), "<html" in part) == (1, False)
    clock("2023-10-11 09:00")
    client.post(f"{PERIODS}2023Q3/", {"verb": "close"})
    assert "hx-get" not in client.get(f"{PERIODS}2023Q3/", headers={"hx-request": "true"}).content.decode()
    assert "hx-get" not in page_of(client, "2023Q4")


def test_a_unit_that_was_asked_for_lines_owes_too(signed_in, cast, plan, period, units, clock):
    clock("2023-10-09 09:00")
    responsibility = plan.tasks.get(number=1).responsibilities.get(department=units.kexie)
    SupportRequest.objects.create(
        period=period,
        responsibility=responsibility,
        lead=units.nongye,
        asked_by=cast.nongye,
        asked_at=moment("2023-10-08 09:00"),
        due_on="2023-10-10",
    )
    assert rows(page_of(signed_in(cast.kexie), "2023Q3"))[-1][:2] == ["县科协", "牵头单位征集1项进展"]


def test_an_archived_period_is_only_read(signed_in, cast, plan, period, clock):
    clock("2023-11-09 09:00")
    ReportingPeriod.objects.filter(pk=period.pk).update(frozen_at=moment("2023-11-01 09:00"))
    client = signed_in(cast.kexie)
    markup = page_of(client, "2023Q3")
    assert "已于 2023-11-01 09:00 定稿归档，不能再改。" in markup
    assert 'name="verb"' not in markup
    refused = client.post(f"{PERIODS}2023Q3/", {"verb": "due", "due_on": "2023-11-20"}, follow=True)
    assert "2023年第三季度已定稿归档，不能再改。" in refused.content.decode()


@pytest.mark.parametrize("code", ["2023Q3", "2023Q4"])
def test_only_the_coordinator_reads_it_and_acts(signed_in, cast, plan, period, code):
    for user, status in [(cast.nongye, 403), (cast.lingdao, 403), (cast.outsider, 404), (cast.shenji, 404)]:
        client = signed_in(user)
        assert client.get(f"{PERIODS}{code}/").status_code == status
        assert client.post(f"{PERIODS}{code}/", {"verb": "close"}).status_code == status
        assert client.post(f"{PERIODS}{code}/", {"verb": "open"}).status_code == status
    period.refresh_from_db()
    assert (period.closed_at, ReportingPeriod.objects.count()) == (None, 2)


def test_addresses_that_name_no_period(signed_in, cast, plan, period):
    client = signed_in(cast.kexie)
    assert client.get(f"{PERIODS}first/").status_code == 404
    assert client.post(f"{PERIODS}2023Q2/", {"verb": "close"}).status_code == 404
    page = client.get(f"{PERIODS}2026Q1/", follow=True)
    assert page.redirect_chain == [(PERIODS, 302)]
    assert "2026年第一季度不在方案期内。" in page.content.decode()
    assert client.get(PERIODS, {"first": "2023Q4"})["Location"] == f"{PERIODS}2023Q4/"


@pytest.mark.parametrize("units_more", [0, 6])
def test_queries_do_not_grow_with_units(signed_in, cast, plan, period, units_more, clock):
    clock("2023-10-09 09:00")
    for number in range(units_more):
        unit = factories.make_department(f"县第{number}局")
        factories.make_user(f"tb{number}", ("REPORTER", unit))
        factories.make_task(plan, 10 + number, leads=[unit])
        factories.make_report(period, unit, status="SUBMITTED")
    client = signed_in(cast.kexie)
    for code in ("2023Q3", "2023Q4"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{PERIODS}{code}/").status_code == 200
        assert len(captured) == {"2023Q3": 14, "2023Q4": 14}[code]


def test_the_baseline_says_so_on_every_page_and_shows_no_progress_light(
    signed_in, cast, plan, units, period, baseline, clock
):
    clock("2023-01-05 09:00")
    ReportingPeriod.objects.exclude(pk=baseline.pk).delete()
    ReportingPeriod.objects.update(closed_at=None)
    factories.make_report(baseline, units.jiaowei, completions={3: 5}, by=cast.jiaowei)
    told = "2022年第四季度为本方案的基线季度：记录此前已做的工作，只作为以后比较的基础，不作进度评价。"
    plan_pages = "/plans/chengkou-2021-2025/"
    coordinator, unit = signed_in(cast.kexie), None
    assert told in page_of(coordinator, "2022Q4")
    assert '<span class="tag">基线</span>' in coordinator.get(PERIODS).content.decode()
    board = coordinator.get(plan_pages)
    assert "2022年第四季度为基线季度，只记录基础情况，不作进度评价。" in board.content.decode()
    assert board.context["board"].total.light is None
    assert {str(light) for light, _ in board.context["board"].lights} == {"BASELINE"}
    unit = signed_in(cast.nongye)
    assert '<span class="tag">基线</span>' in unit.get(f"{plan_pages}filing/").content.decode()
    assert told in unit.get(f"{plan_pages}filing/2022Q4/").content.decode()


def test_the_preview_of_the_first_period_is_the_baselines(signed_in, cast, plan, clock):
    clock("2023-01-05 09:00")
    markup = page_of(signed_in(cast.kexie), "2022Q4")
    assert "2022年第四季度为本方案的基线季度" in markup


NOTE = "2027年放假安排尚未公布，截止日期暂按周末推算。"


def test_a_deadline_before_the_years_holidays_are_known_says_so(signed_in, cast, units, clock):
    """2026Q4 is due on 10 January 2027, a Sunday, so on Monday 11."""
    plan = factories.make_plan("chengkou-2026-2030", starts_on="2026-01-01", ends_on="2030-12-31")
    factories.make_task(plan, 1, leads=[units.nongye])
    clock("2026-12-31 09:00")
    address = f"/plans/{plan.slug}/periods/2026Q4/"
    client = signed_in(cast.kexie)
    page = client.get(address).content.decode()
    assert ("2027年1月11日 24 时截止" in page, NOTE in page) == (True, True)
    page = client.post(address, {"verb": "open"}, follow=True).content.decode()
    assert NOTE in page
    unit = signed_in(cast.nongye)
    for own in ("filing/", "filing/2026Q4/"):
        page = unit.get(f"/plans/{plan.slug}/{own}").content.decode()
        assert f'<b class="warn">{NOTE.removesuffix("。")}</b>' in page
    client = signed_in(cast.kexie)
    page = client.post(address, {"verb": "due", "due_on": "2027-01-20"}, follow=True).content.decode()
    assert ("2027年1月20日 24 时截止" in page, NOTE in page) == (True, False)


def test_a_deadline_of_known_holidays_or_without_them_says_nothing(signed_in, cast, plan, period):
    assert "放假安排" not in page_of(signed_in(cast.kexie), "2023Q3")
    assert QuarterlyReport.objects.count() == 0


def test_closing_names_the_units_whose_own_approver_has_the_return(
    signed_in, cast, plan, period, units, clock
):
    clock("2023-10-12 09:00")
    report = factories.fill(period, units.nongye, by=cast.nongye, at=moment("2023-10-11 09:00"))
    left = "仍在单位审核中，其审核人还可以报送：县农业农村委。"
    client = signed_in(cast.kexie)
    assert left not in page_of(client, "2023Q3")
    workflow.send_up(report, by=cast.nongye, at=moment("2023-10-11 10:00"), version=report.version)
    assert left in page_of(client, "2023Q3")
    page = client.post(f"{PERIODS}2023Q3/", {"verb": "close"}, follow=True).content.decode()
    assert f"2023年第三季度已截止填报。{left}" in text_of(page)
    assert page.count(left) == 2
    assert "单位审核中" in page_of(client, "2023Q3")

    client = signed_in(cast.nongye_sh)
    address = f"/plans/chengkou-2021-2025/filing/2023Q3/?unit={units.nongye.pk}"
    assert 'value="SUBMIT"' in client.get(address).content.decode()
    client.post(address, {"verb": "SUBMIT", "version": report.version + 1})
    report.refresh_from_db()
    assert (report.status, report.first_submitted_at) == ("SUBMITTED", moment("2023-10-12 09:00"))
    assert left not in page_of(signed_in(cast.kexie), "2023Q3")


def test_what_comes_back_after_the_closing_is_corrected_and_filed(
    signed_in, cast, plan, period, units, clock
):
    clock("2023-10-12 09:00")
    report = factories.fill(period, units.nongye, by=cast.nongye, at=moment("2023-10-09 09:00"))
    workflow.send_up(report, by=cast.nongye, at=moment("2023-10-10 10:00"), version=report.version)
    signed_in(cast.kexie).post(f"{PERIODS}2023Q3/", {"verb": "close"})
    client = signed_in(cast.nongye)
    address = return_address(plan, period, units.nongye)
    client.post(address, {"verb": "RECALL", "version": report.version + 1})
    assert 'value="SEND_UP"' in client.get(address).content.decode()
    client.post(address, typed(period, units.nongye, 1, progress="补充：又办一场。"))
    report.refresh_from_db()
    client.post(address, {"verb": "SEND_UP", "version": report.version})
    signed_in(cast.nongye_sh).post(address, {"verb": "SUBMIT", "version": report.version + 1})
    report.refresh_from_db()
    assert (report.status, report.first_submitted_at) == ("SUBMITTED", moment("2023-10-12 09:00"))
    told = report.entries.filter(responsibility__task__number=1).values_list("progress", flat=True)
    assert list(told) == ["补充：又办一场。"]


def test_what_a_unit_of_another_day_has_begun_is_named_and_holds_nothing_up(
    signed_in, cast, plan, baseline, period, units, clock
):
    """县林业局 is set up only after the quarter's last day, and had sent its return up all the same."""
    forestry = factories.make_department("县林业局")
    forestry.begins_on = date(2023, 10, 5)
    forestry.save()
    report = factories.make_report(period, forestry, status="ENDORSING", first_submitted_at=None)
    clock("2023-10-12 09:00")
    client = signed_in(cast.kexie)
    page = client.post(f"{PERIODS}2023Q3/", {"verb": "close"}, follow=True).content.decode()
    assert "其审核人还可以报送" not in page
    (named,) = re.findall(r'<section class="card" id="stray">.*?</section>', page, re.S)
    assert text_of(named) == (
        "不由原单位报送的季报 1 份 下列单位在2023年9月30日已不存在或尚未设立，2023年第三季度由当日存在的单位报送。"
        "这些内容不计入应报，也不影响定稿归档。 县林业局 单位审核中"
    )
    address = f"/plans/chengkou-2021-2025/review/{report.pk}/"
    assert address in named
    assert address in client.get(f"{PERIODS}2023Q3/archive/").content.decode()
    assert client.get(address).status_code == 200
    client.post(f"{PERIODS}2023Q3/archive/", {"verb": "freeze"})
    period.refresh_from_db()
    assert period.frozen_at == moment("2023-10-12 09:00")
    assert 'id="stray"' not in page_of(client, "2023Q3")


def test_a_return_on_time_by_an_extension_says_so(signed_in, cast, plan, period, units, clock):
    clock("2023-10-19 10:00")
    Extension.objects.create(
        period=period,
        department=units.jiaowei,
        status="GRANTED",
        asked_until="2023-10-20",
        granted_until="2023-10-20",
        reason="培训",
        asked_by=cast.jiaowei,
        asked_at=factories.moment("2023-10-08 09:00"),
        decided_by=cast.kexie,
        decided_at=factories.moment("2023-10-09 09:00"),
    )
    filed = factories.moment("2023-10-19 09:00")
    factories.make_report(period, units.jiaowei, status="SUBMITTED", first_submitted_at=filed)
    page = signed_in(cast.kexie).get(f"{PERIODS}2023Q3/").content.decode()
    assert page.count("按时（延期至10月20日）") == 1
