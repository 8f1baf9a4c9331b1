"""办结销号 on its pages: applied for, verified on four points, refused, reopened, printed; what a closed-out task owes."""

import re

import pytest

from departments.models import Membership, Role
from tasks import closing
from tasks.models import CloseOut, Responsibility, Task
from tasks.models.closing import POINTS
from tests import factories
from tests.factories import moment
from tests.files import upload_of

pytestmark = pytest.mark.django_db
AT = moment("2023-10-09 10:00")
LATER = "2023-10-12 15:00"


@pytest.fixture(autouse=True)
def today(clock):
    clock("2023-10-09 10:00")


@pytest.fixture
def done(period, units):
    return factories.make_report(period, units.nongye, completions={1: 100, 2: 40})


@pytest.fixture
def applied(plan, period, units, cast, done):
    return factories.apply_for(plan.tasks.get(number=1), period, units.nongye, by=cast.nongye, at=AT)


@pytest.fixture
def verified(applied, cast):
    return closing.verify(applied, points=POINTS, note="情况属实。", by=cast.kexie, at=moment(LATER))


def apply_at(plan, number=1):
    return f"/plans/{plan.slug}/tasks/{number}/close-out/"


def address(close_out):
    return f"/plans/chengkou-2021-2025/close-outs/{close_out.pk}/"


def posted(client, where, **data):
    return client.post(where, data, follow=True).content.decode()


def application():
    return {"summary": "全部完成。", "files": [upload_of("验收.pdf")]}


def test_it_is_applied_for_by_the_lead_and_verified(signed_in, cast, plan, done):
    apply = apply_at(plan)
    for user, code in [(cast.jiaowei, 403), (cast.lingdao, 403), (cast.kexie, 403), (cast.outsider, 404)]:
        assert signed_in(user).post(apply, application()).status_code == code
    client = signed_in(cast.nongye)
    assert client.get(apply_at(plan, 99)).status_code == 404
    assert "请写明完成情况。" in posted(client, apply, summary="", files=[upload_of("验收.pdf")])
    assert "请上传佐证材料，至少一份。" in posted(client, apply, summary="全部完成。")
    response = client.post(apply, application())
    close_out = CloseOut.objects.get()
    assert response["Location"] == address(close_out)
    assert "该项工作已申请办结或已办结。" in posted(client, apply, **application())
    for verb in ("verify", "refuse", "reopen"):
        asked = {"verb": verb, "points": POINTS, "reason": "有理由。"}
        assert signed_in(cast.nongye).post(address(close_out), asked).status_code == 403
        assert signed_in(cast.jiaowei).post(address(close_out), asked).status_code == 404
        assert signed_in(cast.outsider).post(address(close_out), asked).status_code == 404
    client = signed_in(cast.kexie)
    assert "没有这个操作。" in posted(client, address(close_out), verb="other")
    assert "核查结论已记录。" in posted(
        client, address(close_out), verb="verify", points=POINTS, reason="属实。"
    )
    close_out.refresh_from_db()
    assert (close_out.status, close_out.decided_by, close_out.reason) == ("VERIFIED", cast.kexie, "属实。")
    assert "办结申请已处理：已办结。" in posted(client, address(close_out), verb="verify", points=POINTS)
    dashboard = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/?period=2023Q3").content.decode()
    assert "已办结 1 项" in dashboard


def test_what_cannot_be_applied_for_shows_no_form(signed_in, cast, plan, period, done, units):
    client = signed_in(cast.nongye)

    def shown(number):
        page = client.get(apply_at(plan, number)).content.decode()
        told = re.findall(r'<p class="notice warn">(.*?)</p>', page)
        return told, 'name="summary"' in page

    assert shown(1) == ([], True)
    waits = "牵头单位都报告“已完成”后才能申请办结，尚未报告的有：县农业农村委（40%）。"
    assert shown(2) == ([waits], False)
    factories.apply_for(plan.tasks.get(number=1), period, units.nongye, by=cast.nongye, at=AT)
    assert shown(1) == (["该项工作已申请办结或已办结。"], False)
    period.closed_at = AT
    period.save()
    assert shown(2) == (["现在没有开放的填报期，不能申请办结。"], False)
    Task.objects.filter(number=2).update(nature="STANDING")
    assert shown(2) == (["长期坚持的工作不办结销号。"], False)


def test_before_it_is_done_the_form_says_who_has_not(signed_in, cast, plan, done, units):
    Responsibility.objects.filter(task__number=1, department=units.jiaowei).update(role="LEAD", position=2)
    client = signed_in(cast.nongye)
    sentence = "尚未报告的有：县教委（未报）。"
    assert sentence in client.get(apply_at(plan)).content.decode()
    assert sentence in posted(client, apply_at(plan), **application())
    assert not CloseOut.objects.exists()


def test_with_no_quarter_open_nothing_is_applied_for(signed_in, cast, plan, period, done):
    period.closed_at = AT
    period.save()
    page = posted(signed_in(cast.nongye), apply_at(plan), **application())
    assert "现在没有开放的填报期，不能申请办结。" in page
    assert not CloseOut.objects.exists()


def test_standing_work_is_never_closed_out(signed_in, cast, plan, done):
    Task.objects.filter(number=1).update(nature="STANDING")
    assert "长期坚持的工作不办结销号。" in posted(signed_in(cast.nongye), apply_at(plan), **application())
    assert not CloseOut.objects.exists()


def test_what_was_ticked_and_typed_stays_where_a_point_or_the_reason_is_missing(signed_in, cast, applied):
    client = signed_in(cast.kexie)
    points = ["facts_clear", "task_done"]
    page = posted(client, address(applied), verb="verify", points=points, reason="还差两项。")
    assert "予以办结须四项都核查通过，尚缺：问题解决、佐证充分。" in page
    assert re.findall(r'name="points" value="(\w+)" checked', page) == points
    assert ">还差两项。</textarea>" in page
    page = posted(client, address(applied), verb="refuse", points=points, reason=" ")
    assert "不予办结须说明理由。" in page
    assert re.findall(r'name="points" value="(\w+)" checked', page) == points
    assert CloseOut.objects.get().status == "APPLIED"


def test_the_verifier_is_told_that_a_lead_has_since_fallen_back(signed_in, cast, applied, done):
    client = signed_in(cast.kexie)
    warning = "有牵头单位现在没有报告“已完成”：县农业农村委（70%）。"
    assert warning not in client.get(address(applied)).content.decode()
    done.entries.filter(responsibility__task__number=1).update(completion=70, stage="UNDER_WAY")
    assert warning in client.get(address(applied)).content.decode()


def test_an_own_application_is_left_to_another_coordinator_or_marked(signed_in, cast, applied, units):
    Membership.objects.create(user=cast.kexie, role=Role.REPORTER, department=units.nongye)
    client = signed_in(cast.kexie)
    page = client.get(address(applied)).content.decode()
    assert ("由其他核查人员核查：县政府办公室 zhengfuban。" in page, 'value="verify"' in page) == (
        True,
        False,
    )
    asked = {"verb": "verify", "points": POINTS}
    assert client.post(address(applied), asked).status_code == 403
    Membership.objects.filter(user=cast.zhengfuban).delete()
    assert "目前没有其他核查人员" in client.get(address(applied)).content.decode()
    assert "自报未经他方核查" in posted(client, address(applied), **asked)


def test_a_refused_application_comes_back_to_its_lead_until_it_is_made_again(
    signed_in, cast, plan, period, units, applied
):
    dashboard = f"/plans/{plan.slug}/"

    def asks(user):
        page = signed_in(user).get(dashboard).content.decode()
        return re.findall(r"<li>(第[^<]*)　<a href=\"([^\"]*)\"", page)

    assert asks(cast.nongye) == []
    closing.refuse(applied, by=cast.kexie, at=AT, reason="佐证不足。")
    ask = ("第1项办结申请未通过核查，请补齐后重新申请。", address(applied))
    assert {name: asks(getattr(cast, name)) for name in ("nongye", "nongye_sh", "jiaowei", "kexie")} == {
        "nongye": [ask],
        "nongye_sh": [ask],
        "jiaowei": [],
        "kexie": [],
    }
    again = factories.apply_for(plan.tasks.get(number=1), period, units.nongye, by=cast.nongye, at=AT)
    assert asks(cast.nongye) == []
    closing.refuse(again, by=cast.kexie, at=AT, reason="仍不足。")
    assert asks(cast.nongye) == [(ask[0], address(again))]


# What is closed out


def test_a_closed_out_task_owes_nothing_further(signed_in, cast, plan, period, units, clock, verified):
    following = factories.make_period(plan, "2023Q4")
    clock("2024-01-05 10:00")
    client = signed_in(cast.nongye)
    task = client.get(f"/plans/{plan.slug}/tasks/1/?period=2023Q4").context["progress"]
    assert (task.completion, task.light.label) == (100, "已办结")
    filing = client.get(f"/plans/{plan.slug}/filing/2023Q4/").context["page"]
    assert [
        (line.line.responsibility.task.number, line.line.required)
        for line in filing.lines
        if line.line.responsibility.is_lead
    ] == [(1, False), (2, True)]
    plan.tasks.get(number=2).close_outs.create(
        period=period,
        department=units.nongye,
        summary="完成",
        status="VERIFIED",
        applied_by=cast.nongye,
        applied_at=AT,
        decided_by=cast.kexie,
        decided_at=AT,
        **dict.fromkeys(POINTS, True),
    )
    rows = {
        row.period.code: row.rates
        for row in signed_in(cast.kexie).get(f"/plans/{plan.slug}/periods/").context["rows"]
    }
    assert (rows["2023Q4"].owed, rows["2022Q4"].owed) == (1, 2)
    assert (
        signed_in(cast.lingdao).get(f"/plans/{plan.slug}/tasks/1/?period={following.code}").status_code == 200
    )


def test_it_is_reopened_with_a_reason_and_owes_again(signed_in, cast, plan, period, units, clock, verified):
    type(period).objects.filter(pk=period.pk).update(frozen_at=moment("2023-11-01 09:00"))
    factories.make_period(plan, "2023Q4")
    clock("2024-01-05 10:00")
    client = signed_in(cast.kexie)
    assert "请写明重新打开的理由。" in posted(client, address(verified), verb="reopen", reason=" ")
    page = posted(client, address(verified), verb="reopen", reason="设施又停用了。")
    assert "已重新打开，自2023年第四季度起恢复报送。" in page
    assert "不能重新打开" in posted(client, address(verified), verb="reopen", reason="再来。")

    def shown(code):
        response = signed_in(cast.nongye).get(f"/plans/{plan.slug}/tasks/1/?period={code}")
        return response.context["progress"].light.label, response.content.decode()

    assert [shown(code)[0] for code in ("2023Q3", "2023Q4")] == ["已办结", "正常"]
    assert "设施又停用了。" in shown("2023Q4")[1]
    assert "申请办结</a>" in shown("2023Q4")[1]
    assert "已申请第1项办结" in posted(signed_in(cast.nongye), apply_at(plan), **application())


# On paper


def sheet(client, close_out):
    page = client.get(f"{address(close_out)}sheet/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<article") :]))


@pytest.mark.parametrize(
    ("status", "mark", "ticks"),
    [
        ("APPLIED", "办结销号表（申请中，尚未核查）", 0),
        ("REFUSED", "办结销号表（不予办结）", 1),
        ("VERIFIED", "办结销号表 ", 4),
        ("REOPENED", "办结销号表（已重新打开）", 4),
    ],
)
def test_the_sheet_says_what_became_of_it(status, mark, ticks, signed_in, cast, applied):
    asked = {"by": cast.kexie, "at": AT}
    if status == "REFUSED":
        closing.refuse(applied, reason="佐证不足。", points=POINTS[:1], **asked)
    if status in CloseOut.PUBLIC:
        closing.verify(applied, points=POINTS, **asked)
    if status == "REOPENED":
        closing.reopen(applied, reason="有反复。", **asked)
    paper = sheet(signed_in(cast.nongye), applied)
    assert (mark in paper, paper.count("☑"), paper.count("☐")) == (True, ticks, 4 - ticks)


def test_the_sheet_holds_everything_to_sign(signed_in, cast, verified):
    client = signed_in(cast.lingdao)
    assert f'href="{address(verified)}sheet/"' in client.get(address(verified)).content.decode()
    paper = sheet(client, verified)
    expected = [
        *(
            "1 第1项重点工作",
            "县农业农村委（申请）",
            "县科协 县教委",
            "2023年第三季度",
            "全部完成。",
            "1. 验收.pdf",
        ),
        *(
            "☑ 事实清楚",
            "☑ 问题解决",
            "☑ 任务完成",
            "☑ 佐证充分",
            "予以办结：",
            "情况属实。",
            "科协干部 2023年10月12日",
        ),
        *(
            "申请单位负责人（签字）：",
            "核查人（签字）：",
            "县科协负责人（签字）：",
            "（申请单位公章）",
            "（县科协公章）",
        ),
    ]
    assert [words for words in expected if words not in paper] == []


@pytest.mark.parametrize(
    ("user", "status"), [("jiaowei", 404), ("lingdao", 404), ("outsider", 404), ("kexie", 200)]
)
def test_the_sheet_is_read_by_who_reads_the_application(signed_in, cast, applied, user, status):
    assert signed_in(getattr(cast, user)).get(f"{address(applied)}sheet/").status_code == status


def test_a_task_that_is_being_closed_out_does_not_become_a_standing_one(signed_in, cast, applied):
    where = f"/admin/tasks/task/{applied.task_id}/change/"
    client = signed_in(cast.kexie)
    page = posted(client, where, nature="STANDING", paragraphs="")
    assert "已申请办结或已办结，不能改为长期坚持" in page
    closing.refuse(applied, by=cast.kexie, at=AT, reason="佐证不足。")
    posted(client, where, nature="STANDING", paragraphs="")
    assert Task.objects.get(pk=applied.task_id).nature == "STANDING"
