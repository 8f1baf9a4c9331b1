"""离线填报: out, filled, previewed, confirmed; the same as filing on the page."""

from base64 import b64decode
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html
from openpyxl import load_workbook

from departments.models import Department, Role
from indicators.measuring import STORED_FIELDS
from indicators.models import Measurement
from tasks.drafting import LINE_FIELDS
from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.offline import HEAD, cell, columns, complaints, confirm, download, upload
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
CLERKS_NUMBERS = {"value": "８８", "numerator": "３００", "denominator": "200000"}


def stored(period):
    """Every line and value of the period's returns, without versions and times."""
    entries = ProgressEntry.objects.filter(report__period=period).order_by(
        "responsibility__task__number", "responsibility"
    )
    measurements = Measurement.objects.filter(report__period=period).order_by("indicator", "pk")
    return (
        [(e.responsibility_id, *(getattr(e, name) for name in LINE_FIELDS)) for e in entries],
        [(m.indicator_id, *(getattr(m, name) for name in STORED_FIELDS)) for m in measurements],
    )


def said_of(number, lead):
    """{heading: (what stands in the cell, what is typed online)} of one line."""
    said = {
        "本季进展": (f"第{number}项：\n=开展活动，1/2 完成。", f"第{number}项：\n=开展活动，1/2 完成。"),
        "取得成效": ("007", "007"),
        "活动场次": (number, str(number)),
        "覆盖人次": ("1.2万", "1.2万"),
        "投入资金（万元）": (1.25, "1.25"),
    }
    if lead and number % 3 == 0:
        said |= {"本季度无新进展": ("是", "on"), "无新进展的原因": ("汛期停工", "汛期停工")}
    elif lead:
        said |= {"进度（%）": ("６１％", "61")}
    return said


def fill(book, leads):
    sheet = book["进展"]
    at = columns(sheet)
    for row in range(HEAD + 1, sheet.max_row + 1):
        number = sheet.cell(row, at["序号"]).value
        for heading, (value, _) in said_of(number, number in leads).items():
            target = sheet.cell(row, at[heading])
            target.value = value
            target.data_type = "s" if isinstance(value, str) else "n"
    for sheet in book.worksheets:
        if sheet.title == "指标":
            fill_measurements(sheet)


def fill_measurements(sheet):
    at = columns(sheet)
    for row in range(HEAD + 1, sheet.max_row + 1):
        name = sheet.cell(row, at["标识"]).value.rpartition("-")[2]
        value = CLERKS_NUMBERS.get(name) or {"source": "台账"}.get(name)
        if name == "stage":
            value = "在建"
        sheet.cell(row, at["填写"]).value = value


def file_online(client, period, unit, leads):
    names = {heading: name for name, heading in HEADINGS.items()}
    data = {}
    for r in Responsibility.objects.filter(department=unit, task__plan=period.plan):
        number = r.task.number
        values = {names[h]: value for h, (_, value) in said_of(number, number in leads).items()}
        data |= typed(period, unit, number, **values)
    page = client.get(return_address(period.plan, period, unit)).context["page"]
    for item in page.measurements:
        for name in item.form.tracked:
            value = CLERKS_NUMBERS.get(name, "在建" if name == "stage" else "台账")
            data[item.form.add_prefix(name)] = value
        data |= {item.form.add_prefix(name): item.form[name].value() or "" for name in ("version", "seen")}
    response = client.post(return_address(period.plan, period, unit), data)
    assert response.status_code == 302


HEADINGS = {
    "progress": "本季进展",
    "results": "取得成效",
    "activities": "活动场次",
    "people_reached": "覆盖人次",
    "funds": "投入资金（万元）",
    "no_change": "本季度无新进展",
    "no_change_reason": "无新进展的原因",
    "completion": "进度（%）",
}


def test_for_every_unit_the_round_trip_equals_filing_online(client, cast, county):
    offline, online = (factories.make_period(county, code) for code in ("2023Q4", "2024Q4"))
    for period in (offline, online):
        type(period).objects.filter(pk=period.pk).update(opens_at=factories.moment("2023-01-01 09:00"))
    units = Department.objects.units().filter(responsibilities__task__plan=county).distinct()
    assert units.count() == 28
    for unit in units:
        held = Responsibility.objects.filter(department=unit, task__plan=county)
        leads = set(held.filter(role="LEAD").values_list("task__number", flat=True))
        client.force_login(factories.make_user(f"tb{unit.pk}", (Role.REPORTER, unit)))
        address = return_address(county, offline, unit)
        book = download(client, address)
        fill(book, leads)
        page = upload(client, address, book)
        assert (unit.name, complaints(page)) == (unit.name, [])
        assert not QuarterlyReport.objects.filter(period=offline, department=unit).exists()
        assert confirm(client, address, page).url == address
        file_online(client, online, unit, leads)
    entries, measurements = stored(offline)
    assert (len(entries), len(measurements)) == (360, 5)
    assert (entries, measurements) == stored(online)
    again = upload(client, address, download(client, address))
    assert "没有需要导入的改动" in again.content.decode()


@pytest.fixture
def address(plan, period, units):
    return return_address(plan, period, units.nongye)


@pytest.fixture
def clerk(signed_in, cast):
    return signed_in(cast.nongye)


def test_the_workbook_is_prefilled_and_locked_but_for_the_cells_to_fill(
    clerk, cast, units, plan, baseline, period, address
):
    factories.make_report(baseline, units.nongye, completions={1: 35}, by=cast.nongye)
    clerk.post(address, typed(period, units.nongye, 1, completion="40", progress="=开展培训。", funds="0.61"))
    response = clerk.get(f"/plans/{plan.slug}/filing/{period.code}/workbook.xlsx")
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert "%E7%A6%BB%E7%BA%BF%E5%A1%AB%E6%8A%A5%E8%A1%A8" in response["Content-Disposition"]
    book = load_workbook(BytesIO(response.getvalue()))
    assert [(s.title, s.sheet_state) for s in book.worksheets] == [
        ("填写说明", "visible"),
        ("进展", "visible"),
        ("请勿改动", "veryHidden"),
    ]
    sheet = book["进展"]
    shown = {heading: cell(sheet, 1, heading) for heading in columns(sheet)}
    told = {heading: c.value for heading, c in shown.items() if heading not in ("标识", "校验")}
    assert {heading: value for heading, value in told.items() if value is not None} == {
        "版本": "1",
        "序号": 1,
        "重点工作": "第1项重点工作",
        "责任": "牵头",
        "上次审核通过的进展": "第1项进展",
        "上次进度（%）": 35,
        "进度（%）": 40,
        "状态": "推进中",
        "本季进展": "=开展培训。",
        "投入资金（万元）": 0.61,
    }
    assert shown["本季进展"].data_type == "s"
    assert sheet.protection.sheet
    assert {
        h: c.protection.locked for h, c in shown.items() if h in ("重点工作", "进度（%）", "本季进展")
    } == {
        "重点工作": True,
        "进度（%）": False,
        "本季进展": False,
    }
    assert cell(sheet, 3, "进度（%）").protection.locked
    lists = {
        rule.formula1: str(rule.sqref)
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list"
    }
    assert set(lists) == {'"未启动,推进中,已完成"', '"是"'}


def test_nothing_is_saved_before_it_is_confirmed(clerk, address, period, units):
    book = download(clerk, address)
    cell(book["进展"], 1, "进度（%）").value = 45
    cell(book["进展"], 1, "本季进展").value = "离线写的。\u200b"
    page = upload(clerk, address, book)
    rows = page.context["preview"].rows
    assert [(r.title, [(c.label, c.old, c.new) for c in r.changes]) for r in rows] == [
        (
            "第 1 项　第1项重点工作",
            [("状态", "", "推进中"), ("进度（%）", "", "45"), ("本季进展", "", "离线写的。")],
        )
    ]
    assert page.context["preview"].unchanged == 2
    assert not ProgressEntry.objects.exists()
    confirm(clerk, address, page)
    entry = ProgressEntry.objects.get()
    assert (entry.completion, entry.stage, entry.progress) == (45, "UNDER_WAY", "离线写的。")


def test_what_was_saved_online_since_is_shown_and_wins_unless_chosen(clerk, address, period, units, cast):
    book = download(clerk, address)
    cell(book["进展"], 1, "本季进展").value = "离线写的。"
    cell(book["进展"], 2, "本季进展").value = "第二项。"
    clerk.post(address, typed(period, units.nongye, 1, progress="在线先写的。"))
    page = upload(clerk, address, book)
    text = page.content.decode()
    assert "在下载填报表之后已有人在线修改" in text
    assert "王琳已于" in text
    assert "在线先写的。" in text
    refused = confirm(clerk, address, page)
    assert "没有导入：预览之后有内容被他人修改" in refused.content.decode()
    assert list(ProgressEntry.objects.values_list("progress", flat=True)) == ["在线先写的。"]
    pk = Responsibility.objects.get(department=units.nongye, task__number=1).pk
    confirm(clerk, address, page, **{f"line-{pk}-override": "1"})
    assert sorted(ProgressEntry.objects.values_list("progress", flat=True)) == ["离线写的。", "第二项。"]


def test_a_return_submitted_in_between_is_refused_at_confirmation(clerk, address, period, units):
    book = download(clerk, address)
    cell(book["进展"], 1, "本季进展").value = "离线写的。"
    page = upload(clerk, address, book)
    factories.make_report(period, units.nongye, completions={1: 40, 2: 40}, status="SUBMITTED")
    text = confirm(clerk, address, page).content.decode()
    assert "没有导入：季报已报送县科协，不能修改" in text
    assert ProgressEntry.objects.get(responsibility__task__number=1).progress == "第1项进展"


def test_wrong_cells_come_back_marked_in_the_same_workbook(clerk, address):
    book = download(clerk, address)
    target = cell(book["进展"], 1, "活动场次")
    target.value = "两场"
    page = upload(clerk, address, book)
    assert complaints(page) == [("进展", target.coordinate, "请填写数字，如 1,200。")]
    link = html.fromstring(page.content.decode()).xpath("//a[@download]/@href")[0]
    marked = load_workbook(BytesIO(b64decode(link.partition("base64,")[2])))["进展"][target.coordinate]
    assert (marked.value, marked.comment.text, marked.fill.fgColor.rgb) == (
        "两场",
        "请填写数字，如 1,200。",
        "00F6C8C3",
    )
    assert not page.context["preview"].ready


@pytest.mark.parametrize(
    ("user", "status"), [("kexie", 200), ("jiaowei", 404), ("lingdao", 403), ("outsider", 404)]
)
def test_who_may_take_the_workbook(signed_in, cast, plan, period, units, user, status):
    unit = f"?unit={units.nongye.pk}" if user != "lingdao" else ""
    client = signed_in(getattr(cast, user))
    for page in ("workbook.xlsx", "upload/"):
        assert client.get(f"/plans/{plan.slug}/filing/{period.code}/{page}{unit}").status_code == status


def test_a_draft_is_not_read_through_the_workbook(signed_in, cast, plan, period, units, address):
    signed_in(cast.nongye).post(address, typed(period, units.nongye, 1, progress="草稿。"))
    path, _, query = address.partition("?")
    assert signed_in(cast.kexie).get(f"{path}workbook.xlsx?{query}").status_code == 403


def test_a_fixed_return_is_downloaded_but_takes_no_upload(clerk, address, period, units):
    book = download(clerk, address)
    cell(book["进展"], 1, "本季进展").value = "晚了。"
    factories.make_report(period, units.nongye, completions={1: 40, 2: 40}, status="SUBMITTED")
    assert cell(download(clerk, address)["进展"], 1, "进度（%）").value == 40
    assert "季报已报送县科协，不能修改" in upload(clerk, address, book).content.decode()


@pytest.mark.parametrize(
    ("unit", "lines", "expected"),
    [("县林业局", 9, [14, 24]), ("县科协", 38, [15, 25]), ("县经济信息委", 38, [15, 25])],
)
def test_queries_do_not_grow_with_the_lines(signed_in, cast, county, unit, lines, expected):
    period = factories.make_period(county, "2023Q3")
    unit = factories.make_department(unit)
    clerk = signed_in(factories.make_user("clerk", (Role.REPORTER, unit)))
    address = return_address(county, period, unit)
    numbers = Responsibility.objects.filter(department=unit).values_list("task__number", flat=True)
    assert len(numbers) == lines
    clerk.post(address, typed(period, unit, numbers[0], progress="先写一条。"))
    book = download(clerk, address)
    for number in numbers:
        cell(book["进展"], number, "本季进展").value = f"第{number}项。"
    with CaptureQueriesContext(connection) as previewing:
        page = upload(clerk, address, book)
    with CaptureQueriesContext(connection) as committing:
        assert confirm(clerk, address, page).status_code == 302
    assert ProgressEntry.objects.count() == lines
    assert [len(previewing), len(committing)] == expected


def test_figures_keep_their_cents(clerk, address):
    book = download(clerk, address)
    cell(book["进展"], 1, "投入资金（万元）").value = 0.1 + 0.2
    confirm(clerk, address, upload(clerk, address, book))
    assert ProgressEntry.objects.get().funds == Decimal("0.3")
