"""消息: what each verb tells whom, and the page where it is read."""

import re
from datetime import date

import pytest

from departments.models import Notice
from tasks import closing, workflow
from tasks.cooperation import ask_support, claim_no_duty
from tasks.models import QuarterlyReport, Responsibility
from tasks.models.closing import POINTS
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
Q = "县农业农村委2023年第三季度季报"


def told():
    """{text: names of those told}; what was told is then forgotten."""
    found = {}
    for notice in Notice.objects.order_by("pk"):
        found.setdefault(notice.text, set()).add(notice.user.username)
    Notice.objects.all().delete()
    return found


def test_each_verb_tells_the_unit_and_who_acts_next(cast, period, units):
    report = factories.fill(period, units.nongye, by=cast.nongye, at=AT)
    story = [
        (workflow.send_up, cast.nongye, {}, {f"{Q}待您审核。": {"nongye_sh"}}),
        (
            workflow.send_back,
            cast.nongye_sh,
            {"reason": "请核对。"},
            {f"{Q}已由本单位审核人退回修改：请核对。": {"nongye"}},
        ),
        (workflow.send_up, cast.nongye, {}, {f"{Q}待您审核。": {"nongye_sh"}}),
        (workflow.recall, cast.nongye, {}, {f"{Q}已收回修改。": {"nongye_sh"}}),
        (workflow.send_up, cast.nongye, {}, {f"{Q}待您审核。": {"nongye_sh"}}),
        (
            workflow.submit,
            cast.nongye_sh,
            {},
            {f"{Q}已报送县科协。": {"nongye"}, f"{Q}已报送，待审核。": {"kexie", "zhengfuban"}},
        ),
        (
            workflow.return_report,
            cast.kexie,
            {"reason": "请补正。"},
            {f"{Q}被退回补正，请于2023年10月12日24时前重新报送：请补正。": {"nongye", "nongye_sh"}},
        ),
        (workflow.send_up, cast.nongye, {}, {f"{Q}待您审核。": {"nongye_sh"}}),
        (
            workflow.submit,
            cast.nongye_sh,
            {},
            {f"{Q}已报送县科协。": {"nongye"}, f"{Q}已报送，待审核。": {"kexie", "zhengfuban"}},
        ),
        (workflow.accept, cast.kexie, {}, {f"{Q}审核通过。": {"nongye", "nongye_sh"}}),
        (
            workflow.reopen,
            cast.kexie,
            {"reason": "数据有误。"},
            {f"{Q}被重新打开，请修改后重新报送：数据有误。": {"nongye", "nongye_sh"}},
        ),
    ]
    for verb, by, more, expected in story:
        report = verb(report, by=by, at=AT, version=report.version, **more)
        assert (verb.__name__, told()) == (verb.__name__, expected)


def test_a_refused_verb_tells_nobody(cast, period, units):
    report = factories.fill(period, units.nongye, by=cast.nongye, at=AT)
    with pytest.raises(workflow.Refused):
        workflow.accept(report, by=cast.kexie, at=AT, version=report.version)
    assert told() == {}


def test_filing_for_a_unit_is_told_to_it(cast, period, units):
    report = factories.fill(period, units.jiaowei, by=cast.kexie, at=AT)
    source = "县教委2023年10月8日书面报送表"
    workflow.submit(report, by=cast.kexie, at=AT, version=report.version, proxy_source=source)
    assert told() == {
        f"县教委2023年第三季度季报已由科协干部代填报送，依据：{source}。": {"jiaowei"},
        "县教委2023年第三季度季报已报送，待审核。": {"zhengfuban"},
    }


def test_close_outs_are_told(cast, plan, period, units):
    task = plan.tasks.get(number=1)
    close_out = factories.apply_for(task, period, units.nongye, by=cast.nongye, at=AT)
    assert told() == {"县农业农村委申请第1项办结，待核查。": {"kexie", "zhengfuban"}}
    closing.refuse(close_out, by=cast.kexie, at=AT, reason="材料不足。")
    assert told() == {"第1项办结申请：不予办结。材料不足。": {"nongye", "nongye_sh"}}
    again = factories.apply_for(task, period, units.nongye, by=cast.nongye, at=AT)
    verified = closing.verify(again, points=POINTS, by=cast.kexie, at=AT)
    assert told() == {
        "县农业农村委申请第1项办结，待核查。": {"kexie", "zhengfuban"},
        "第1项办结申请：已办结。": {"nongye", "nongye_sh"},
    }
    plan.tasks.get(number=1).responsibilities.filter(department=units.jiaowei).update(role="LEAD")
    closing.reopen(verified, by=cast.kexie, at=AT, reason="有反复。")
    assert told() == {
        "第1项已重新打开，自2023年第三季度起恢复报送：有反复。": {"nongye", "nongye_sh", "jiaowei"}
    }


@pytest.fixture
def notice(cast):
    return Notice.objects.create(
        user=cast.nongye, key="1", text="县农业农村委季报审核通过。", path="/notices/?page=1", created_at=AT
    )


def test_the_header_counts_what_is_unread_and_opening_marks_it(signed_in, cast, plan, notice):
    client = signed_in(cast.nongye)
    assert '<b class="count">1</b>' in client.get(f"/plans/{plan.slug}/").content.decode()
    page = client.get("/notices/").content.decode()
    assert "未读 1 条" in page
    assert client.post(f"/notices/{notice.pk}/").url == "/notices/?page=1"
    assert 'class="count"' not in client.get("/notices/").content.decode()


def test_all_are_marked_at_once(signed_in, cast, notice):
    client = signed_in(cast.nongye)
    page = client.post("/notices/", follow=True).content.decode()
    assert "已全部标为已读。" in page
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_others_neither_see_nor_open_it(signed_in, cast, notice):
    for user in (cast.kexie, cast.outsider):
        client = signed_in(user)
        assert "没有消息。" in client.get("/notices/").content.decode()
        assert client.post(f"/notices/{notice.pk}/").status_code == 404
    client.logout()
    assert client.get("/notices/").status_code == 302


def test_a_notice_never_leads_elsewhere(signed_in, cast, notice):
    Notice.objects.update(path="//evil.example/")
    assert signed_in(cast.nongye).post(f"/notices/{notice.pk}/").url == "/notices/"


def test_many_are_paged(signed_in, cast):
    Notice.objects.bulk_create(
        Notice(user=cast.nongye, key=str(n), text=f"第{n}条。", path="/", created_at=AT) for n in range(70)
    )
    client = signed_in(cast.nongye)
    assert "第 1 / 3 页" in client.get("/notices/").content.decode()
    assert client.get("/notices/?page=99").content.decode().count("notice-text") == 10


def test_what_came_back_stands_in_the_list_of_things_to_do_with_its_day(signed_in, cast, plan, period, units):
    report = factories.make_report(
        period, units.jiaowei, completions={3: 40}, status=QuarterlyReport.Status.SUBMITTED, by=cast.jiaowei
    )
    workflow.return_report(report, by=cast.kexie, at=moment("2023-10-11 09:00"), version=0, reason="请补正。")
    page = signed_in(cast.jiaowei).get(f"/plans/{plan.slug}/").content.decode()
    assert "<li>县教委2023年第三季度季报已退回，请于2023年10月16日24时前补正后重新报送。" in page


def asks(client, plan):
    """(text, address) of the 待办 list on the first page."""
    return re.findall(
        r"<li>([^<]*)　<a href=\"([^\"]*)\"", client.get(f"/plans/{plan.slug}/").content.decode()
    )


def test_the_list_holds_what_i_owe_what_i_am_asked_and_what_waits_for_me(
    signed_in, cast, plan, period, units, clock
):
    clock("2023-10-05 09:00")
    filing = f"/plans/{plan.slug}/filing/2023Q3/"
    at = moment("2023-10-05 09:00")
    rows = Responsibility.objects.select_related("task", "department")
    ask_support(
        period,
        units.nongye,
        rows.filter(department=units.kexie, task__number__in=[1, 2]),
        due_on=date(2023, 10, 9),
        by=cast.nongye,
        at=at,
    )
    claimed = rows.filter(department=units.jiaowei, task__number=1)
    claim_no_duty(units.jiaowei, claimed, reason="职责不涉及", by=cast.jiaowei, at=at)
    kexie = f"?unit={units.kexie.pk}"
    assert asks(signed_in(cast.kexie_tb), plan) == [
        (
            "县农业农村委征集2023年第三季度第1、2项进展，请于2023年10月9日前答复。",
            f"{filing}{kexie}#line-{rows.get(department=units.kexie, task__number=1).pk}",
        ),
        ("县科协2023年第三季度季报尚未报送，2023年10月10日24时截止，还有 5 天。", filing + kexie),
    ]
    assert asks(signed_in(cast.nongye), plan)[1:] == [
        ("1 项“无具体任务”待本单位（牵头单位）确认。", f"{filing}cooperation/")
    ]
    report = factories.make_report(
        period, units.jiaowei, completions={3: 100}, status=QuarterlyReport.Status.SUBMITTED, by=cast.jiaowei
    )
    factories.apply_for(plan.tasks.get(number=3), period, units.jiaowei, by=cast.jiaowei, at=at)
    review = f"/plans/{plan.slug}/review/"
    assert asks(signed_in(cast.kexie), plan) == [
        ("1 份季报待审核。", review),
        ("1 项办结申请待核查。", f"{review}#close-outs"),
        ("1 项“无具体任务”待确认。", f"{review}#claims"),
    ]
    assert (report.status, asks(signed_in(cast.lingdao), plan)) == ("SUBMITTED", [])
