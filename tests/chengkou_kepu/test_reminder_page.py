"""The coordinator's page of who has not filed: reminding by hand, texts to copy, 催报函 on paper, the record."""

from io import BytesIO
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from departments.models import AuditRecord, Membership, Notice, User
from tasks.models import Extension, Reminder, Responsibility
from tasks.reminders import remind_by_hand
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

OVERDUE = "2023-10-13 09:00"
TEXT = "【单位】：【截止时间】截止，【剩余时间】，请填报。"


def address(plan, code="2023Q3"):
    return f"/plans/{plan.slug}/periods/{code}/reminders/"


def page_text(response):
    return response.content.decode()


@pytest.fixture
def post(signed_in, cast, plan, period, clock):
    """Post as the coordinator, three days after the deadline."""

    def post(verb, *units, by=None, at=OVERDUE, **data):
        clock(at)
        data = {"verb": verb, "units": [unit.pk for unit in units], "text": TEXT} | data
        return signed_in(by or cast.kexie).post(address(plan), data, follow="confirm" not in data)

    return post


@pytest.fixture
def extended(period, units, cast):
    """县教委's deadline is 20 October."""
    return Extension.objects.create(
        period=period,
        department=units.jiaowei,
        status="GRANTED",
        asked_until="2023-10-20",
        granted_until="2023-10-20",
        reason="培训",
        asked_by=cast.jiaowei,
        asked_at=moment("2023-10-08 09:00"),
        decided_by=cast.kexie,
        decided_at=moment("2023-10-09 09:00"),
    )


def test_only_the_coordinator_reads_it(signed_in, cast, plan, period):
    for user, code in [(cast.kexie, 200), (cast.nongye, 403), (cast.lingdao, 403), (cast.outsider, 404)]:
        assert signed_in(user).get(address(plan)).status_code == code
        assert signed_in(user).post(address(plan), {"verb": "tear"}).status_code == code
    assert signed_in(cast.kexie).get(address(plan, "2024Q1")).status_code == 404


def test_it_lists_who_has_not_filed_with_whom_to_call(signed_in, cast, plan, period, units, clock, extended):
    clock(OVERDUE)
    User.objects.filter(pk=cast.nongye.pk).update(phone="023-59220000")
    Membership.objects.filter(user=cast.jiaowei).delete()
    page = page_text(signed_in(cast.kexie).get(address(plan)))
    assert "尚未报送 2 个单位，其中 1 个无账号" in page
    assert "王琳 023-59220000、nongye_sh" in page
    assert page.count("无账号，须电话通知") == 1
    assert "已逾期 3 天，二次催报" in page
    assert '2023年10月20日<span class="small muted">（延期）</span>' in page
    assert page.count('<span class="muted">没有提醒过</span>') == 2
    assert "还没有提醒过。" in page


@override_settings(SITE_URL="https://kepu.example.cn")
def test_texts_to_copy_name_unit_deadline_and_link(signed_in, cast, plan, period, units, clock, extended):
    clock(OVERDUE)
    response = signed_in(cast.kexie).get(address(plan))
    filing = f"https://kepu.example.cn/plans/{plan.slug}/filing/2023Q3/"
    assert [row.text for row in response.context["rows"]] == [
        "县农业农村委：2023年第三季度季报2023年10月10日24时截止，已逾期 3 天，尚未报送，再次提醒尽快登录平台填报；"
        f"如有困难，请与县科协联系。{filing}?unit={units.nongye.pk}",
        "县教委：2023年第三季度季报2023年10月20日24时（已同意延期）截止，还有 7 天，尚未报送，请按时登录平台填报；"
        f"如有困难，请与县科协联系。{filing}?unit={units.jiaowei.pk}",
    ]
    assert response.context["group_text"] == (
        "2023年第三季度季报，下列单位尚未报送，请登录平台填报：\n"
        "2023年10月10日24时截止（已逾期 3 天）：县农业农村委\n"
        "2023年10月20日24时截止（还有 7 天）：县教委\n"
        f"填报入口：{filing}"
    )
    page = page_text(response)
    for field in ("group-text", f"text-{units.nongye.pk}", f"text-{units.jiaowei.pk}"):
        assert (page.count(f'data-copy="{field}"'), page.count(f'id="{field}"')) == (1, 1)
    assert "portal/copy.js" in page


def test_the_chosen_units_are_reminded_in_the_edited_words(post, cast, units, extended):
    page = page_text(post("remind", units.nongye, units.jiaowei))
    assert "已提醒 2 个单位。" in page
    told = {
        "县农业农村委": "县农业农村委：2023年10月10日24时截止，已逾期 3 天，请填报。",
        "县教委": "县教委：2023年10月20日24时（已同意延期）截止，还有 7 天，请填报。",
    }
    records = Reminder.objects.order_by("pk").values_list(
        "department__name", "text", "people", "step", "channel", "by__username", "at"
    )
    assert list(records) == [
        (name, told[name], people, None, "NOTICE", "kexie", moment(OVERDUE))
        for name, people in [("县农业农村委", 2), ("县教委", 1)]
    ]
    assert set(Notice.objects.values_list("user__username", "text")) == {
        ("nongye", told["县农业农村委"]),
        ("nongye_sh", told["县农业农村委"]),
        ("jiaowei", told["县教委"]),
    }
    assert list(AuditRecord.objects.order_by("pk").values_list("verb", "subject")) == [
        ("二次催报", "县农业农村委2023年第三季度季报"),
        ("提醒", "县教委2023年第三季度季报"),
    ]
    assert told["县教委"] in page
    assert "二次催报 <span" in page


def test_by_hand_it_may_be_done_again(post, units):
    for _ in range(2):
        post("remind", units.nongye)
    assert Reminder.objects.count() == 2
    assert Notice.objects.count() == 4


def test_a_call_is_put_on_record_and_tells_nobody(post, units, cast):
    Membership.objects.filter(user=cast.jiaowei).delete()
    assert "已登记提醒 1 个单位。" in page_text(post("messenger", units.jiaowei))
    assert list(Reminder.objects.values_list("channel", "people")) == [("MESSENGER", 0)]
    assert Notice.objects.count() == 0


@pytest.mark.parametrize(
    ("verb", "data", "sentence"),
    [
        ("remind", {"units": []}, "请勾选要提醒的单位。"),
        ("remind", {"text": " "}, "请写明提醒的内容。"),
        ("remind", {"text": "长" * 501}, "最多 500 字，现有 501 字。"),
        ("remind", {"text": "长" * 490 + "【截止时间】"}, "提醒的内容最多 500 字。"),
        ("remind", {"units": ["999999"]}, "所选单位中有刚报送的，请核对最新名单。"),
        ("remind", {"units": ["x"]}, "所选单位中有刚报送的，请核对最新名单。"),
        ("tear", {}, "没有这个操作。"),
        ("letter", {"units": []}, "请勾选要提醒的单位。"),
    ],
)
def test_what_cannot_be_done_is_said_and_keeps_what_was_typed(verb, data, sentence, post, units):
    response = post(verb, units.nongye, **data)
    assert sentence in page_text(response)
    assert response.context["text"] == data.get("text", TEXT)
    assert Reminder.objects.count() == 0


def test_all_or_none_are_reminded(post, units, cast):
    Membership.objects.filter(user=cast.jiaowei).delete()
    assert "县教委没有账号，须电话通知。" in page_text(post("remind", units.nongye, units.jiaowei))
    assert (Reminder.objects.count(), Notice.objects.count()) == (0, 0)


def test_who_filed_in_another_tab_is_not_reminded(post, period, units):
    factories.make_report(period, units.nongye, status="SUBMITTED")
    page = page_text(post("remind", units.nongye))
    assert "所选单位中有刚报送的，请核对最新名单。" in page
    assert Reminder.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("closed_at", "2023年第三季度已截止填报。"),
        ("frozen_at", "2023年第三季度已定稿归档，不能再填报。"),
    ],
)
def test_a_closed_or_archived_quarter_reminds_nobody(
    field, sentence, post, period, units, plan, signed_in, cast
):
    setattr(period, field, moment("2023-10-12 09:00"))
    period.save()
    page = page_text(post("remind", units.nongye))
    assert f"{sentence}不再提醒。" in page
    assert 'name="units"' not in page
    assert Reminder.objects.count() == 0


def test_the_verb_itself_refuses_who_does_not_coordinate(plan, period, cast):
    from tasks.refusals import NotAllowed

    with pytest.raises(NotAllowed, match="只有科协工作人员可以催报。"):
        remind_by_hand(period, [], channel="NOTICE", by=cast.nongye, at=moment(OVERDUE))


# 催报函


def letter(response):
    assert response.status_code == 200
    return Document(BytesIO(b"".join(response.streaming_content)))


def test_the_letter_is_an_official_document(post, plan, cast, units):
    plan.issuer = "县全民科学素质工作领导小组办公室"
    plan.save()
    User.objects.filter(pk=cast.kexie.pk).update(phone="023-59220001")
    response = post("letter", units.jiaowei, confirm="record")
    name = unquote(response["Content-Disposition"].partition("''")[2])
    assert name == "城口县2021—2025年催报函（县教委）_2023年第三季度_20231013.docx"
    document = letter(response)
    assert [p.text for p in document.paragraphs if p.text] == [
        "关于报送2023年第三季度季报的催报函",
        "县教委：",
        "按照《城口县科学素质实施方案》实施情况季度填报安排，贵单位2023年第三季度季报应于2023年10月10日24时前报送。"
        "截至2023年10月13日，已逾期3天，尚未收到贵单位的季报。",
        "请贵单位收到本函后尽快登录“城口县科普规划实施跟踪”平台填报；确有困难的，请及时与我们联系。",
        "联系人：科协干部（县科协），联系电话：023-59220001。",
        "县全民科学素质工作领导小组办公室",
        "2023年10月13日",
    ]
    section = document.sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [round(size.mm) for size in sizes] == [210, 297, 37, 28]
    area = (
        section.page_width - section.left_margin - section.right_margin,
        section.page_height - section.top_margin - section.bottom_margin,
    )
    assert [round(size / Mm(1)) for size in area] == [156, 225]
    normal = document.styles["Normal"].paragraph_format
    assert (normal.line_spacing, normal.space_after) == (Pt(28), Pt(0))
    told = [p for p in document.paragraphs if p.text]
    assert [font(p.runs[0]) for p in told] == [("方正小标宋简体", 22)] + [("仿宋_GB2312", 16)] * 6
    indents = [p.paragraph_format.first_line_indent for p in told]
    assert indents == [None, None, Pt(32), Pt(32), Pt(32), None, None]


def font(run):
    """(font for Chinese, points)"""
    return run._element.rPr.rFonts.get(qn("w:eastAsia")), run.font.size.pt


def test_several_letters_stand_on_pages_of_their_own_and_on_record(post, units):
    response = post("letter", units.nongye, units.jiaowei, confirm="record")
    assert "催报函_2023年第三季度" in unquote(response["Content-Disposition"])
    document = letter(response)
    told = [p.text for p in document.paragraphs if p.text.strip()]
    assert [text for text in told if text.endswith("委：")] == ["县农业农村委：", "县教委："]
    assert told.count("县科协") == 2
    titles = [p for p in document.paragraphs if p.text.endswith("催报函")]
    assert [p.paragraph_format.page_break_before for p in titles] == [None, True]
    records = list(Reminder.objects.order_by("pk").values_list("department__name", "channel", "people"))
    assert records == [("县农业农村委", "LETTER", 0), ("县教委", "LETTER", 0)]
    assert "已逾期3天，尚未收到贵单位的季报。" in Reminder.objects.first().text


def test_letters_are_shown_first_and_put_on_record_only_when_asked(post, units):
    page = page_text(post("letter", units.nongye, units.jiaowei))
    assert "以下为将要打印的内容，尚未登记为催报" in page
    assert page.count("<h2>关于报送2023年第三季度季报的催报函</h2>") == 2
    assert "方案没有设置“通报落款”，以下以县科协落款" in page
    draft = post("letter", units.nongye, confirm="draft")
    assert "县农业农村委：" in [p.text for p in letter(draft).paragraphs]
    assert not Reminder.objects.exists()
    post("letter", units.nongye, confirm="record")
    again = page_text(post("letter", units.nongye, confirm="record"))
    assert "县农业农村委的催报函今天已经登记。" in again
    assert "没有这个操作。" in page_text(post("letter", units.nongye, confirm="tear"))
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize("count", [1, 2])
def test_the_letters_take_the_same_queries_however_many(post, units, count):
    chosen = [units.nongye, units.jiaowei][:count]
    with CaptureQueriesContext(connection) as captured:
        assert len(post("letter", *chosen).context["letters"]) == count
    assert len(captured) == 32


def test_a_second_letter_reads_as_one(post, period, units, cast, extended):
    """县教委 was reminded before its own deadline only: its letter is the first."""
    for unit, due_on, at in [
        (units.nongye, "2023-10-10", "2023-10-11 09:00"),
        (units.jiaowei, "2023-10-20", "2023-10-19 09:00"),
    ]:
        Reminder.objects.create(
            period=period, department=unit, due_on=due_on, text="请报。", at=moment(at), by=cast.kexie
        )
    response = post("letter", units.nongye, units.jiaowei, confirm="draft", at="2023-10-22 09:00")
    told = [p.text for p in letter(response).paragraphs if p.text]
    assert (told[0], told[7]) == ("关于再次催报2023年第三季度季报的函", "关于报送2023年第三季度季报的催报函")
    assert told[2] == (
        "按照《城口县科学素质实施方案》实施情况季度填报安排，贵单位2023年第三季度季报应于2023年10月10日24时前报送。"
        "我们已于2023年10月11日催报。截至2023年10月22日，已逾期12天，仍未收到贵单位的季报。"
    )
    assert told[9].endswith(
        "应于2023年10月20日24时前报送（已同意延期）。截至2023年10月22日，已逾期2天，尚未收到贵单位的季报。"
    )


@override_settings(SITE_URL="https://kepu.example.gov.cn")
def test_the_letter_names_the_address_where_one_is_set(post, plan, units):
    told = [p.text for p in letter(post("letter", units.nongye, confirm="draft")).paragraphs]
    link = f"https://kepu.example.gov.cn/plans/{plan.slug}/filing/2023Q3/?unit={units.nongye.pk}"
    assert any(f"“城口县科普规划实施跟踪”平台（{link}）填报" in text for text in told)


def test_no_letter_before_the_units_own_deadline(post, units, extended):
    response = post("letter", units.jiaowei)
    assert "县教委尚未到截止时间，不发催报函。" in page_text(response)
    assert Reminder.objects.count() == 0


def test_the_ticks_are_those_who_can_be_sent_a_letter(signed_in, cast, plan, period, units, clock, extended):
    """县教委 has its extension still running once the deadline has passed."""
    client = signed_in(cast.kexie)
    for at, ticked in [("2023-10-09 09:00", 2), (OVERDUE, 1), ("2023-10-21 09:00", 2)]:
        clock(at)
        rows = client.get(address(plan)).context["rows"]
        assert sum(row.ticked for row in rows) == ticked
    clock(OVERDUE)
    chosen = [row.unit.department_id for row in client.get(address(plan)).context["rows"] if row.ticked]
    preview = client.post(address(plan), {"verb": "letter", "units": chosen})
    assert [letter.addressee for letter in preview.context["letters"]] == ["县农业农村委"]


def test_who_has_sent_the_return_up_is_not_asked_to_fill_it_in(post, plan, period, units, cast):
    factories.make_report(period, units.nongye, status="ENDORSING", first_submitted_at=None)
    response = post("look")
    rows = {row.unit.department: row.text for row in response.context["rows"]}
    endorsing = "已逾期 3 天，已送单位审核人，尚未报送，再次提醒审核人尽快登录平台审核报送；如有困难，请与县科协联系。"
    assert endorsing in rows["县农业农村委"]
    assert "已逾期 3 天，尚未报送，再次提醒尽快登录平台填报；" in rows["县教委"]
    assert "：县农业农村委（待单位审核人报送）、县教委" in response.context["group_text"]
    post("remind", units.nongye, text="【单位】：【办理要求】。")
    told = "县农业农村委：已送单位审核人，尚未报送，再次提醒审核人尽快登录平台审核报送。"
    assert {n.text for n in Notice.objects.all()} == {told}


def test_long_records_are_paged(signed_in, cast, plan, period, units):
    Reminder.objects.bulk_create(
        Reminder(
            period=period,
            department=units.nongye,
            due_on="2023-10-10",
            text=f"第{place}次",
            at=moment(OVERDUE),
            by=cast.kexie,
        )
        for place in range(60)
    )
    client = signed_in(cast.kexie)
    assert page_text(client.get(address(plan))).count('<td data-label="内容"') == 50
    assert page_text(client.get(f"{address(plan)}?page=2")).count('<td data-label="内容"') == 10


@pytest.mark.parametrize("everybody", [False, True], ids=["9 units", "28 units"])
def test_the_page_takes_the_same_queries_however_many_units(everybody, signed_in, cast, county, clock):
    clock(OVERDUE)
    period = factories.make_period(county)
    county.supports_must_report = everybody
    county.save()
    for unit in {r.department for r in Responsibility.objects.select_related("department")}:
        Reminder.objects.create(
            period=period, department=unit, due_on="2023-10-10", step=1, text="请填报。", at=moment(OVERDUE)
        )
    client = signed_in(cast.kexie)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address(county))
    assert len(response.context["rows"]) == (28 if everybody else 9)
    assert len(captured) == 15
