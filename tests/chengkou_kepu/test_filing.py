"""The filing page over HTTP: drafting, saving only what was touched, submitting, and who is refused."""

import re
from urllib.parse import urlencode

import pytest

from tasks.models import ProgressEntry, QuarterlyReport, ReportEvent, Responsibility
from tests import factories
from tests.posting import return_address as address
from tests.posting import typed

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status


def stored(unit, number):
    entry = ProgressEntry.objects.get(responsibility__department=unit, responsibility__task__number=number)
    return entry.stage, entry.completion, entry.progress, entry.version


def test_a_draft_is_saved_and_stays_its_units_own(signed_in, cast, units, plan, period):
    client = signed_in(cast.nongye)
    response = client.post(
        address(plan, period),
        typed(period, units.nongye, 1, completion="４５%", progress="办班3期。") | {"verb": "save"},
    )
    assert response.status_code == 302
    assert stored(units.nongye, 1) == ("UNDER_WAY", 45, "办班3期。", 1)
    page = signed_in(cast.nongye).get(address(plan, period))
    assert "办班3期。" in page.content.decode()
    assert signed_in(cast.lingdao).get(address(plan, period)).status_code == 403
    for user, status in [
        (cast.jiaowei, 404),
        (cast.lingdao, 404),
        (cast.outsider, 404),
        (cast.sysadmin, 404),
    ]:
        assert signed_in(user).get(address(plan, period, units.nongye)).status_code == status


def test_an_anonymous_visitor_is_sent_to_the_login_page(client, plan, period):
    response = client.get(address(plan, period))
    assert (response.status_code, response["Location"]) == (
        302,
        f"/login/?{urlencode({'next': address(plan, period)}, safe='/')}",
    )
    assert client.get(address(plan, period), headers={"HX-Request": "true"}).status_code == 401


def test_only_touched_lines_are_saved(signed_in, cast, units, plan, period):
    client = signed_in(cast.nongye)
    both = typed(period, units.nongye, 1) | typed(period, units.nongye, 2, completion="10", progress="启动。")
    client.post(address(plan, period), both | {"verb": "save"})
    assert list(ProgressEntry.objects.values_list("responsibility__task__number", "version")) == [(2, 1)]
    client.post(address(plan, period), typed(period, units.nongye, 2) | {"verb": "save"})
    assert stored(units.nongye, 2) == ("UNDER_WAY", 10, "启动。", 1)


def test_a_contradiction_is_said_at_the_field_and_what_was_typed_stays(signed_in, cast, units, plan, period):
    data = typed(period, units.nongye, 1, completion="60", stage="COMPLETED", progress="文字还在。")
    page = signed_in(cast.nongye).post(address(plan, period), data | {"verb": "save"}).content.decode()
    assert "未启动应为 0，推进中应为 1 至 99，已完成应为 100。" in page
    assert "文字还在。" in page
    assert not ProgressEntry.objects.exists()


def test_somebody_elses_line_is_not_overwritten_until_the_user_says_so(signed_in, cast, units, plan, period):
    client = signed_in(cast.nongye)
    mine = typed(period, units.nongye, 1, completion="30", progress="我的。")
    client.post(address(plan, period), typed(period, units.nongye, 1, completion="20", progress="别人的。"))
    page = client.post(address(plan, period), mine).content.decode()
    assert stored(units.nongye, 1) == ("UNDER_WAY", 20, "别人的。", 1)
    assert "王琳已于" in page
    assert "我的。" in page
    assert "别人的。" in page
    pk = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    client.post(address(plan, period), mine | {f"line-{pk}-override": "1"})
    assert stored(units.nongye, 1) == ("UNDER_WAY", 30, "我的。", 2)


def test_a_part_saved_by_htmx_comes_back_with_its_new_version_and_the_count(
    signed_in, cast, units, plan, period
):
    response = signed_in(cast.nongye).post(
        address(plan, period),
        typed(period, units.nongye, 1, completion="30", progress="三期。"),
        headers={"HX-Request": "true"},
    )
    part = response.content.decode()
    pk = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    assert f'name="line-{pk}-version" value="1"' in part
    assert "牵头工作已填 1 / 2 项" in part
    assert "已保存" in part


def test_submission_leads_to_a_list_of_the_missing_lines(signed_in, cast, units, plan, period):
    client = signed_in(cast.nongye)
    data = typed(period, units.nongye, 2, completion="10", progress="启动。") | {
        "verb": "SEND_UP",
        "version": "0",
    }
    response = client.post(address(plan, period), data)
    assert response["Location"] == f"{address(plan, period, units.nongye)}&check=1#missing"
    page = client.get(response["Location"]).content.decode()
    told = page[page.index('<div class="notice bad" role="alert" id="missing" tabindex="-1">') :]
    assert "还不能报送：1 项牵头工作没有填写完整。" in told
    pk = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    assert re.findall(r'<a href="(#line-[0-9]+)">', told[: told.index("</div>")]) == [f"#line-{pk}"]
    assert QuarterlyReport.objects.get().status == Status.DRAFT


def test_what_could_not_be_saved_is_listed_with_links(signed_in, cast, units, plan, period):
    data = typed(period, units.nongye, 1, completion="300", progress="三期。") | {"verb": "save"}
    page = signed_in(cast.nongye).post(address(plan, period), data).content.decode()
    told = page[page.index('id="wrong" tabindex="-1" autofocus>') :]
    pk = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    assert "有 1 项没有保存，请改正：" in told
    assert re.findall(r'<a href="(#line-[0-9]+)">', told[: told.index("</div>")]) == [f"#line-{pk}"]
    assert 'id="wrong"' not in signed_in(cast.nongye).get(address(plan, period)).content.decode()


def test_a_unit_without_approver_submits_and_may_withdraw(signed_in, cast, units, plan, period):
    client = signed_in(cast.jiaowei)
    data = typed(period, units.jiaowei, 3, completion="50", progress="完成一半。") | {
        "verb": "SUBMIT",
        "version": "0",
    }
    client.post(address(plan, period), data)
    report = QuarterlyReport.objects.get()
    assert report.status == Status.SUBMITTED
    assert report.first_submitted_at is not None
    client.post(address(plan, period), {"verb": "WITHDRAW", "version": report.version})
    report.refresh_from_db()
    assert (report.status, report.first_submitted_at) == (Status.DRAFT, None)


def test_a_stale_page_cannot_submit_what_it_has_not_seen(signed_in, cast, units, plan, period):
    client = signed_in(cast.jiaowei)
    client.post(address(plan, period), typed(period, units.jiaowei, 3, completion="50", progress="一半。"))
    response = client.post(address(plan, period), {"verb": "SUBMIT", "version": "0"}, follow=True)
    assert "请核对最新内容后再操作。" in response.content.decode()
    assert QuarterlyReport.objects.get().status == Status.DRAFT


def test_signed_on_paper_a_reporter_submits_without_the_approver(signed_in, cast, units, plan, period):
    client = signed_in(cast.nongye)
    lines = typed(period, units.nongye, 1, completion="10", progress="一。") | typed(
        period, units.nongye, 2, completion="20", progress="二。"
    )
    client.post(address(plan, period), lines)
    report = QuarterlyReport.objects.get()
    signed = {"signed-name": "李主任", "signed-post": "主任", "signed-on": "2023-10-09"}
    client.post(address(plan, period), signed | {"verb": "SUBMIT_SIGNED", "version": report.version})
    event = ReportEvent.objects.get()
    assert (event.verb, event.signed_name, event.signed_post, str(event.signed_on)) == (
        "SUBMIT",
        "李主任",
        "主任",
        "2023-10-09",
    )


def test_the_coordinator_files_for_a_unit_naming_the_source(signed_in, cast, units, plan, period):
    client = signed_in(cast.kexie)
    data = typed(period, units.jiaowei, 3, completion="50", progress="据书面材料。") | {
        "verb": "SUBMIT",
        "version": "0",
    }
    refused = client.post(address(plan, period, units.jiaowei), data, follow=True)
    assert "代填须写明所依据的材料" in refused.content.decode()
    report = QuarterlyReport.objects.get()
    source = {"proxy_source": "县教委2023年10月8日书面报送表", "verb": "SUBMIT", "version": report.version}
    client.post(address(plan, period, units.jiaowei), source)
    assert ReportEvent.objects.get().proxy_source == "县教委2023年10月8日书面报送表"
    assert "代填" in client.get(f"/plans/{plan.slug}/review/{report.pk}/").content.decode()


@pytest.mark.parametrize(("user", "unit", "shown"), [("kexie", "jiaowei", 0), ("jiaowei", "jiaowei", 1)])
def test_only_the_units_own_people_are_led_to_cooperation(
    signed_in, cast, units, plan, period, user, unit, shown
):
    """A coordinator who files for a unit is refused there."""
    client, unit = signed_in(getattr(cast, user)), getattr(units, unit)
    page = client.get(address(plan, period, unit)).content.decode()
    assert page.count("征集和分工</a>") == shown
    path = f"/plans/{plan.slug}/filing/{period.code}/cooperation/?unit={unit.pk}"
    assert client.get(path).status_code == (200 if shown else 403)


def test_the_coordinator_does_not_write_into_what_a_unit_has_begun(signed_in, cast, units, plan, period):
    signed_in(cast.jiaowei).post(
        address(plan, period), typed(period, units.jiaowei, 3, completion="5", progress="起步。")
    )
    client = signed_in(cast.kexie)
    assert client.get(address(plan, period, units.jiaowei)).status_code == 403
    data = typed(period, units.jiaowei, 3, completion="90", progress="改写。")
    assert client.post(address(plan, period, units.jiaowei), data).status_code == 403
    assert stored(units.jiaowei, 3) == ("UNDER_WAY", 5, "起步。", 1)


def test_another_units_line_in_the_post_is_refused(signed_in, cast, units, plan, period):
    response = signed_in(cast.nongye).post(
        address(plan, period), typed(period, units.jiaowei, 3, completion="99", progress="冒填。")
    )
    assert response.status_code == 403
    assert not ProgressEntry.objects.exists()


def test_a_closed_quarter_says_so_and_keeps_what_was_typed(signed_in, cast, units, plan, period):
    data = typed(period, units.nongye, 1, completion="30", progress="晚了。")
    period.closed_at = factories.moment("2023-10-20 09:00")
    period.save()
    page = signed_in(cast.nongye).post(address(plan, period), data).content.decode()
    assert "2023年第三季度已截止填报。" in page
    assert not ProgressEntry.objects.exists()


def test_no_change_leaves_the_completion_last_accepted(signed_in, cast, units, plan, baseline, period):
    factories.make_report(baseline, units.nongye, completions={1: 35}, by=cast.nongye)
    pk = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    data = {
        f"line-{pk}-version": "0",
        f"line-{pk}-no_change": "on",
        f"line-{pk}-no_change_reason": "汛期停工。",
    }
    signed_in(cast.nongye).post(address(plan, period), data)
    entry = ProgressEntry.objects.get(report__period=period)
    assert (entry.stage, entry.completion, entry.told) == ("", None, "无新进展：汛期停工。")


def test_a_fall_is_asked_for_its_reason_and_the_reviewer_reads_it(
    signed_in, cast, units, plan, baseline, period
):
    factories.make_report(baseline, units.jiaowei, completions={3: 50}, by=cast.jiaowei)
    client = signed_in(cast.jiaowei)
    line = typed(period, units.jiaowei, 3, completion="40", progress="核减重复统计。")
    refused = client.post(address(plan, period), line | {"verb": "SUBMIT", "version": "0"}, follow=True)
    assert "还不能报送：1 项牵头工作没有填写完整。" in refused.content.decode()
    assert "进度低于上次审核通过的 50%，须说明原因。" in refused.content.decode()
    line = typed(period, units.jiaowei, 3, fall_reason="上季度重复统计，据实核减。")
    client.post(address(plan, period), line | {"verb": "SUBMIT", "version": "1"})
    report = QuarterlyReport.objects.get(period=period)
    assert report.status == Status.SUBMITTED
    review = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/{report.pk}/").content.decode()
    assert "进度回落 50% → 40%" in review
    assert "上季度重复统计，据实核减。" in review


@pytest.mark.parametrize("unit", ["abc", "9" * 30, "-1", "999999"])
def test_an_odd_unit_is_not_found(signed_in, cast, plan, period, unit):
    for user in (cast.nongye, cast.kexie):
        url = f"/plans/{plan.slug}/filing/{period.code}/?{urlencode({'unit': unit})}"
        assert signed_in(user).get(url).status_code == 404


@pytest.mark.parametrize("code", ["2023Q5", "2022Q1", "x", "２０２３Q3"])
def test_an_odd_quarter_is_not_found(signed_in, cast, plan, period, code):
    assert signed_in(cast.nongye).get(f"/plans/{plan.slug}/filing/{code}/").status_code == 404


def test_nul_characters_are_refused_at_the_field(signed_in, cast, units, plan, period):
    data = typed(period, units.nongye, 1, completion="30", progress="前\x00后")
    page = signed_in(cast.nongye).post(address(plan, period), data)
    assert page.status_code == 200
    assert not ProgressEntry.objects.exists()


def test_what_is_left_empty_without_blocking_is_listed(signed_in, cast, units, plan, period):
    page = signed_in(cast.kexie_tb).get(address(plan, period)).content.decode()
    assert "没有填写的其他内容（不影响报送）：配合工作" in page


def test_a_return_that_came_back_says_by_when_it_is_due_again(signed_in, cast, units, plan, period, clock):
    clock("2023-10-16 09:00")
    report = factories.make_report(period, units.nongye, completions={1: 40}, status=Status.RETURNED)
    ReportEvent.objects.create(
        report=report,
        verb="RETURN",
        from_status="SUBMITTED",
        to_status="RETURNED",
        by=cast.kexie,
        at=factories.moment("2023-10-13 15:00"),
        reason="请补正。",
    )
    page = signed_in(cast.nongye).get(address(plan, period)).content.decode()
    assert "请于2023年10月18日24时前补正后重新报送，还有 2 天。" in page


def test_an_incomplete_return_marks_the_fields_it_wants(signed_in, cast, units, plan, period):
    client = signed_in(cast.jiaowei)
    data = typed(period, units.jiaowei, 3, completion="30")
    response = client.post(address(plan, period), data | {"verb": "SUBMIT", "version": "0"}, follow=True)
    page = response.content.decode()
    assert "还不能报送：1 项牵头工作没有填写完整。" in page
    assert page.count("请填写</span>") == 1
    assert "下一项未填" in page


def test_the_approver_is_told_what_waits_for_him(signed_in, cast, units, plan, period):
    factories.make_report(period, units.nongye, completions={1: 40, 2: 40}, status=Status.ENDORSING)
    said = {
        user: signed_in(user).get(address(plan, period)).content.decode()
        for user in (cast.nongye, cast.nongye_sh)
    }
    waits, fixed = "待您审核：请核对后报送县科协", "季报正由本单位审核人审核，不能修改"
    assert {user: (waits in page, fixed in page) for user, page in said.items()} == {
        cast.nongye: (False, True),
        cast.nongye_sh: (True, False),
    }
    assert said[cast.nongye_sh].count("审核通过并报送</button>") == 2


def test_the_approver_reads_what_changed(signed_in, cast, units, plan, baseline, period):
    factories.make_report(baseline, units.nongye, completions={1: 30, 2: 50})
    report = factories.make_report(period, units.nongye, completions={1: 40, 2: 40}, status=Status.ENDORSING)
    report.entries.filter(completion=40, responsibility__task__number=1).update(
        progress="第1项进展，补充名册", problems="缺经费。"
    )
    pages = {
        user: signed_in(user).get(address(plan, period)).content.decode()
        for user in (cast.nongye, cast.nongye_sh)
    }
    marks = {user: (page.count("<ins>"), page.count("→")) for user, page in pages.items()}
    assert marks == {cast.nongye: (0, 0), cast.nongye_sh: (1, 2)}
    page = pages[cast.nongye_sh]
    line = page[page.index('id="line-') :].split("</section>")[0]
    assert '<p class="tight">30% → <b>40%</b>　推进中</p>' in line
    assert "第1项进展<ins>，补充名册</ins>" in line
    assert "问题与困难：缺经费。" in line
    assert page.count("进度回落") == 1
    assert page.count('<a class="button" href="#signing">退回修改</a>') == 1
    assert 'href="#signing"' not in pages[cast.nongye]
