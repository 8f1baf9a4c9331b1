"""Quarters, findings and close-outs as the coordinator and the leads use them."""

import re
from datetime import date

import pytest

from departments.models import AuditRecord
from tasks.models import CloseOut, PlanFinding, ReportingPeriod, Task
from tests import factories

pytestmark = pytest.mark.django_db


def periods(plan):
    return f"/plans/{plan.slug}/periods/"


def test_the_first_quarter_is_the_baseline_and_the_next_follows_it(signed_in, cast, plan, clock):
    clock("2023-01-03 09:00")
    client = signed_in(cast.kexie)
    assert "预览并开放基线季度" in client.get(periods(plan)).content.decode()
    client.post(f"{periods(plan)}2022Q4/", {"verb": "open"})
    page = client.get(periods(plan)).content.decode()
    assert "下一季度：<b>2023年第一季度</b>，截止日期为 2023年4月10日" in page
    period = ReportingPeriod.objects.get()
    assert (str(period), period.due_at) == (
        "2022年第四季度",
        factories.moment("2023-01-10 23:59").replace(second=59),
    )
    assert list(AuditRecord.objects.values_list("verb", "by__username")) == [("开放填报", "kexie")]


def test_who_opens_is_told_that_the_deadlines_year_has_no_holidays_yet(signed_in, cast, plan, clock):
    plan.ends_on = date(2030, 12, 31)
    plan.save()
    clock("2030-01-03 09:00")
    page = signed_in(cast.kexie).post(f"{periods(plan)}2029Q4/", {"verb": "open"}, follow=True)
    told = "2029年第四季度已开放填报，2030年1月10日24时截止。2030年放假安排尚未公布，截止日期暂按周末推算。"
    assert told in page.content.decode()


def test_opening_twice_opens_once(signed_in, cast, plan, clock):
    clock("2023-01-03 09:00")
    for _ in range(2):
        page = signed_in(cast.kexie).post(f"{periods(plan)}2022Q4/", {"verb": "open"}, follow=True)
    assert "2022年第四季度此前已开放填报，没有改动。" in page.content.decode()
    assert ReportingPeriod.objects.count() == 1


def test_the_deadline_is_moved_to_the_end_of_a_day(signed_in, cast, plan, period, clock):
    clock("2023-10-09 09:00")
    client = signed_in(cast.kexie)
    address = f"{periods(plan)}2023Q3/"
    client.post(address, {"verb": "due", "due_on": "2023-10-16"})
    period.refresh_from_db()
    assert period.due_at == factories.moment("2023-10-16 23:59").replace(second=59)
    page = client.post(address, {"verb": "due", "due_on": "十月"}, follow=True)
    assert "日期写法如 2023-10-10。" in page.content.decode()


def test_closing_and_reopening(signed_in, cast, plan, period):
    client = signed_in(cast.kexie)
    client.post(f"{periods(plan)}2023Q3/", {"verb": "close"})
    period.refresh_from_db()
    assert period.closed_at is not None
    client.post(f"{periods(plan)}2023Q3/", {"verb": "reopen"})
    period.refresh_from_db()
    assert period.closed_at is None


@pytest.mark.parametrize(
    ("verb", "code", "said"),
    [
        ("open", "2020Q1", "2020年第一季度不在方案期内。"),
        ("open", "2022Q3", "2022年第四季度是本方案的基线季度，不能补开更早的2022年第三季度。"),
        ("tear", "2023Q3", "没有这个操作。"),
    ],
)
def test_what_cannot_be_done_is_said(signed_in, cast, plan, period, verb, code, said):
    page = signed_in(cast.kexie).post(f"{periods(plan)}{code}/", {"verb": verb}, follow=True)
    assert re.findall(r'class="notice bad"[^>]*>([^<]+)<', page.content.decode())[0] == said
    assert ReportingPeriod.objects.count() == 2


@pytest.mark.parametrize("page", ["periods/", "findings/", "review/"])
def test_only_the_coordinator_reads_them(signed_in, cast, plan, page):
    for user, code in [(cast.kexie, 200), (cast.nongye, 403), (cast.lingdao, 403), (cast.outsider, 404)]:
        assert signed_in(user).get(f"/plans/{plan.slug}/{page}").status_code == code


def test_a_finding_is_settled_with_an_opinion(signed_in, cast, plan):
    finding = PlanFinding.objects.create(
        plan=plan, code="title_differs", row=2, message="第2项表中与正文不同。"
    )
    client = signed_in(cast.kexie)
    address = f"/plans/{plan.slug}/findings/{finding.pk}/"
    refused = client.post(address, {"settlement": " "}, follow=True)
    assert "请写明处理意见。" in refused.content.decode()
    page = client.post(address, {"settlement": "以责任分解表为准。"}, follow=True).content.decode()
    assert "待处理 0 项，已处理 1 项" in page
    finding.refresh_from_db()
    assert (finding.settlement, finding.settled_by) == ("以责任分解表为准。", cast.kexie)
    assert signed_in(cast.nongye).post(address, {"settlement": "不对。"}).status_code == 403


def test_standing_work_is_never_closed_out(signed_in, cast, plan, period):
    Task.objects.filter(number=1).update(nature="STANDING")
    page = signed_in(cast.nongye).post(f"/plans/{plan.slug}/tasks/1/close-out/", {"summary": "完成。"})
    assert "长期坚持的工作不办结销号。" in page.content.decode()
    assert not CloseOut.objects.exists()


def test_a_finding_says_what_kind_it_is(signed_in, cast, plan):
    PlanFinding.objects.create(plan=plan, code="table_may_be_cut_off", row=3, message="附表在第3项中断。")
    page = signed_in(cast.kexie).get(f"/plans/{plan.slug}/findings/").content.decode()
    assert "附表可能不全" in page


def test_a_refused_page_is_the_portals_own_even_in_the_demo(signed_in, cast, plan, settings):
    settings.DEBUG = True
    client = signed_in(cast.lingdao)
    for path, status, said in (("tasks/999/", 404, "没有这个页面"), ("review/", 403, "没有权限")):
        response = client.get(f"/plans/{plan.slug}/{path}")
        assert (response.status_code, said in response.content.decode()) == (status, True)
