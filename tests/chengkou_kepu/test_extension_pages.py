"""延期 on the pages: asked on the filing page, answered in the inbox, said wherever punctuality is shown."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest

from departments.models import Notice
from tasks.models import Extension
from tests import factories
from tests.factories import moment
from tests.posting import return_address

pytestmark = pytest.mark.django_db

AT = "2023-10-08 09:00"
SAID = "按时（延期至10月20日）"


@pytest.fixture(autouse=True)
def before_the_deadline(clock):
    clock(AT)


def ask_address(plan, unit=None):
    return f"/plans/{plan.slug}/filing/2023Q3/extension/" + (f"?unit={unit.pk}" if unit else "")


def decide_address(plan, extension):
    return f"/plans/{plan.slug}/extensions/{extension.pk}/"


@pytest.fixture
def asked(period, units, cast):
    return Extension.objects.create(
        period=period,
        department=units.jiaowei,
        asked_until=date(2023, 10, 20),
        reason="人员在外培训",
        asked_by=cast.jiaowei,
        asked_at=moment(AT),
    )


@pytest.fixture
def granted(asked, cast):
    asked.status, asked.granted_until = "GRANTED", asked.asked_until
    asked.decided_by, asked.decided_at = cast.kexie, moment(AT)
    asked.save()
    return asked


def test_a_day_off_is_remarked_on_before_and_after_it_is_granted(signed_in, cast, plan, period, asked):
    Extension.objects.update(asked_until=date(2023, 10, 21))
    note = "该日为星期六（非工作日）。"
    client = signed_in(cast.kexie)
    assert note in client.get(f"/plans/{plan.slug}/review/").content.decode()
    data = {"verb": "grant", "due_on": "2023-10-21"}
    page = client.post(decide_address(plan, asked), data, follow=True).content.decode()
    assert f"县教委2023年第三季度季报已同意延期至2023年10月21日24时。{note}" in page


def test_the_whole_way(signed_in, cast, plan, period, units, clock):
    client = signed_in(cast.jiaowei)
    page = client.post(ask_address(plan), {"until": "2023-10-20", "reason": "人员在外培训"}, follow=True)
    page = page.content.decode()
    assert "已申请延期，等待县科协答复" in page
    assert "申请延期：待答复" in page
    assert "2023年10月10日 24 时截止" in page
    inbox = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/").content.decode()
    assert "申请延期至<b>2023年10月20日</b>" in inbox
    extension = Extension.objects.get()
    data = {"verb": "grant", "due_on": "2023-10-16"}
    page = signed_in(cast.kexie).post(decide_address(plan, extension), data, follow=True).content.decode()
    assert "县教委2023年第三季度季报已同意延期至2023年10月16日24时。" in page
    assert "待答复的延期申请" not in page
    page = signed_in(cast.jiaowei).get(return_address(plan, period)).content.decode()
    assert '2023年10月16日 24 时截止（已同意延期），<b class="warn">还有 8 天</b>' in page
    assert "申请延期：同意延期" in page
    assert 'name="until"' not in page


def test_refused_with_the_reason_it_can_be_asked_again(signed_in, cast, plan, period, asked):
    client = signed_in(cast.kexie)
    page = client.post(decide_address(plan, asked), {"verb": "refuse"}, follow=True).content.decode()
    assert "不同意延期须说明理由。" in page
    client.post(decide_address(plan, asked), {"verb": "refuse", "reason": "时间尚够"})
    page = signed_in(cast.jiaowei).get(return_address(plan, period)).content.decode()
    assert "答复：申请延期未获同意，仍以2023年10月10日24时为准：时间尚够" in page
    told = Notice.objects.filter(user=cast.jiaowei).values_list("text", flat=True)
    assert list(told) == ["县教委2023年第三季度季报申请延期未获同意，仍以2023年10月10日24时为准：时间尚够"]
    assert 'name="until"' in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"until": "", "reason": "培训"}, "请填写延期日期。"),
        ({"until": "十月", "reason": "培训"}, "日期写法如 2023-10-10。"),
        ({"until": "0001-01-01", "reason": "培训"}, "日期应在2000年至2099年之间，请核对年份。"),
        ({"until": "9999-12-31", "reason": "培训"}, "日期应在2000年至2099年之间，请核对年份。"),
        ({"until": "2023-10-20", "reason": " "}, "请写明申请延期的理由。"),
        ({"until": "2023-10-10", "reason": "培训"}, "延期日期应晚于截止日期2023年10月10日。"),
    ],
)
def test_what_was_typed_stays_with_what_is_wrong(data, sentence, signed_in, cast, plan, period):
    page = signed_in(cast.jiaowei).post(ask_address(plan), data).content.decode()
    assert sentence in page
    assert (data["reason"].strip() or 'name="reason"') in page
    assert Extension.objects.count() == 0


def test_asked_in_another_tab_or_too_late_is_said(signed_in, cast, plan, period, asked, clock):
    client, data = signed_in(cast.jiaowei), {"until": "2023-10-20", "reason": "培训"}
    assert "本单位本季度已申请延期" in client.post(ask_address(plan), data).content.decode()
    Extension.objects.all().delete()
    clock("2023-10-11 09:00")
    assert "截止时间已过，不能再申请延期。" in client.post(ask_address(plan), data).content.decode()
    assert 'name="until"' not in client.get(return_address(plan, period)).content.decode()


def test_who_may_ask_and_who_may_answer(signed_in, cast, plan, period, units, asked):
    data = {"until": "2023-10-20", "reason": "培训"}
    for user, code in [(cast.nongye, 404), (cast.lingdao, 404), (cast.outsider, 404), (cast.kexie, 403)]:
        assert signed_in(user).post(ask_address(plan, units.jiaowei), data).status_code == code
    for user, code in [(cast.jiaowei, 403), (cast.lingdao, 403), (cast.outsider, 404)]:
        response = signed_in(user).post(decide_address(plan, asked), {"verb": "grant"})
        assert response.status_code == code
    client = signed_in(cast.kexie)
    assert client.post(f"/plans/{plan.slug}/extensions/999/", {"verb": "grant"}).status_code == 404
    assert client.get(decide_address(plan, asked)).status_code == 405
    assert Extension.objects.get().status == "ASKED"


def test_a_wrong_day_and_a_second_answer_are_refused(signed_in, cast, plan, asked):
    client, address = signed_in(cast.kexie), decide_address(plan, asked)
    for due_on, sentence in [
        ("", "请填写截止日期。"),
        ("2023-10-21", "延期日期不应晚于单位申请的2023年10月20日。"),
    ]:
        page = client.post(address, {"verb": "grant", "due_on": due_on}, follow=True).content.decode()
        assert sentence in page
    client.post(address, {"verb": "grant", "due_on": "2023-10-20"})
    page = client.post(address, {"verb": "refuse", "reason": "不行"}, follow=True).content.decode()
    assert "延期申请已答复：同意延期。" in page


def test_ones_own_units_request_is_left_to_the_other_coordinator(signed_in, cast, plan, units, asked):
    Extension.objects.update(department=units.kexie)
    data = {"verb": "grant", "due_on": "2023-10-20"}
    page = signed_in(cast.kexie).post(decide_address(plan, asked), data, follow=True).content.decode()
    assert "本单位的延期申请，由其他审核人员答复。" in page
    page = signed_in(cast.zhengfuban).post(decide_address(plan, asked), data, follow=True).content.decode()
    assert "县科协2023年第三季度季报已同意延期至2023年10月20日24时。" in page


def test_every_page_that_says_on_time_says_why(signed_in, cast, plan, period, units, granted, clock):
    filed = moment("2023-10-18 10:00")
    report = factories.make_report(
        period, units.jiaowei, status="SUBMITTED", first_submitted_at=filed, by=cast.jiaowei
    )
    clock("2023-10-19 09:00")
    client = signed_in(cast.kexie)
    pages = [
        "",
        "departments/",
        f"departments/{units.jiaowei.pk}/",
        "review/",
        f"review/{report.pk}/",
    ]
    assert {page: SAID in client.get(f"/plans/{plan.slug}/{page}").content.decode() for page in pages} == (
        dict.fromkeys(pages, True)
    )
    page = signed_in(cast.jiaowei).get(f"/plans/{plan.slug}/filing/").content.decode()
    assert "2023-10-18 10:00（按时，延期至10月20日）" in page


def test_until_the_granted_day_the_unit_is_not_overdue(signed_in, cast, plan, period, units, granted, clock):
    clock("2023-10-19 09:00")
    client = signed_in(cast.jiaowei)
    board = client.get(f"/plans/{plan.slug}/").content.decode()
    assert "2023年10月20日24时截止（已同意延期），还有 1 天" in board
    assert '县农业农村委</a><div class="small muted">2023年第三季度季报逾期 9 天未报送</div>' in board
    assert '县教委</a><div class="small muted">2023年第三季度季报逾期' not in board
    assert "未到期（延期至10月20日）" in client.get(f"/plans/{plan.slug}/tasks/3/").content.decode()
    clock("2023-10-22 09:00")
    board = client.get(f"/plans/{plan.slug}/").content.decode()
    assert "2023年第三季度季报逾期 2 天未报送（延期至10月20日）" in board


def test_the_workbook_has_a_column_of_its_own(signed_in, cast, plan, period, units, granted, clock):
    clock("2023-10-19 09:00")
    factories.make_report(
        period, units.jiaowei, status="SUBMITTED", first_submitted_at=moment("2023-10-18 10:00")
    )
    response = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/exports/summary.xlsx?period=2023Q3")
    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    rows = list(book["单位报送"].iter_rows(min_row=3, max_col=7, values_only=True))
    assert rows[0][5:] == ("报送情况", "延期至")
    said = {row[0]: (row[5], row[6].date() if row[6] else None) for row in rows[1:]}
    assert (said["县教委"], said["县农业农村委"]) == (("按时", date(2023, 10, 20)), ("未报", None))
    overview = [row[:4] for row in book["概览"].iter_rows(values_only=True) if row[0] == "牵头单位"]
    assert overview == [("牵头单位", 2, 1, 1)]
