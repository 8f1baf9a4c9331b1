"""离线填报: what the preview says beside the changes, and the largest and the emptiest thing to confirm."""

import pytest
from django.utils.http import urlencode
from lxml import html

from departments.models import Role
from tasks.drafting import TEXT_FIELDS
from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.offline import cell, complaints, confirm, download, upload
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
TEXTS = ("本季进展", "取得成效", "问题与困难", "下步计划")
LONGEST = "长" * 5000


@pytest.fixture
def address(plan, period, units):
    return return_address(plan, period, units.nongye)


@pytest.fixture
def clerk(signed_in, cast):
    return signed_in(cast.nongye)


@pytest.fixture
def longest(signed_in, county):
    """(client, address, responsibilities) of a unit with 38 lines."""
    period, unit = factories.make_period(county, "2023Q3"), factories.make_department("县经济信息委")
    clerk = signed_in(factories.make_user("clerk", (Role.REPORTER, unit)))
    held = Responsibility.objects.filter(department=unit, task__plan=county)
    assert held.count() == 38
    return clerk, return_address(county, period, unit), held


def lengths():
    """[the lengths of the four texts] of every entry."""
    return [[len(text) for text in texts] for texts in ProgressEntry.objects.values_list(*TEXT_FIELDS)]


def test_the_longest_return_can_be_confirmed_as_a_browser_does(longest):
    clerk, address, held = longest
    book = download(clerk, address)
    for number in held.values_list("task__number", flat=True):
        for heading in TEXTS:
            cell(book["进展"], number, heading).value = LONGEST
    page = upload(clerk, address, book)
    assert complaints(page) == []
    assert confirm(clerk, address, page, as_form=True).url == address
    assert lengths() == [[5000] * 4] * 38


def test_the_longest_return_can_be_posted_whole_from_its_page(longest):
    clerk, address, _ = longest
    page = html.fromstring(clerk.get(address).content.decode())
    fields = page.xpath("//*[@form='return' or ancestor::form[@id='return']][@name][not(self::button)]")
    data = {f.get("name"): (f.value or "") for f in fields if f.get("type") not in ("checkbox", "file")}
    texts = [name for name in data if name.startswith("line-") and name.endswith(TEXT_FIELDS)]
    assert len(texts) == 38 * 4
    body = urlencode(data | dict.fromkeys(texts, LONGEST))
    assert clerk.post(address, body, content_type=FORM).status_code == 302
    assert lengths() == [[5000] * 4] * 38


def test_an_empty_confirmation_begins_no_return(clerk, address):
    path, _, query = address.partition("?")
    text = clerk.post(f"{path}upload/?{query}", {"confirm": "1"}).content.decode()
    assert "没有导入：没有需要导入的改动。" in text
    assert not QuarterlyReport.objects.filter(period__quarter=3).exists()


def test_a_cell_that_cannot_be_read_is_no_deletion(clerk, address, period, units):
    said = {"completion": "40", "progress": "在线写的。", "results": "成效。", "activities": "3"}
    clerk.post(address, typed(period, units.nongye, 1, **said))
    clerk.post(address, typed(period, units.nongye, 2, progress="第二项。"))
    book = download(clerk, address)
    sheet = book["进展"]
    cell(sheet, 1, "进度（%）").value = "=40+1"
    cell(sheet, 1, "活动场次").value = "#REF!"
    cell(sheet, 1, "取得成效").value = "新的成效。"
    sheet.merge_cells("K4:K5")
    page = upload(clerk, address, book)
    assert [(at, reason[:12]) for _, at, reason in complaints(page)] == [
        ("I4", "请直接填写内容，不要用公"),
        ("K4", "K4:K5 被合并了，请"),
        (cell(sheet, 1, "活动场次").coordinate, "单元格里是错误值，请重新"),
    ]
    rows = page.context["preview"].rows
    assert [[(c.label, c.old, c.new) for c in row.changes] for row in rows] == [
        [("取得成效", "成效。", "新的成效。")]
    ]


def test_the_problems_stand_in_the_order_of_the_sheet(clerk, address):
    book = download(clerk, address)
    sheet = book["进展"]
    for number in (3, 1):
        cell(sheet, number, "活动场次").value = "两场"
        cell(sheet, number, "取得成效").value = "=1"
    sheet["K60"] = "另加的一行"
    places = [at for _, at, _ in complaints(upload(clerk, address, book))]
    expected = [cell(sheet, n, heading).coordinate for n in (1, 3) for heading in ("取得成效", "活动场次")]
    assert places == [*expected, "K60"]


def test_a_fall_without_its_reason_and_an_identity_number_are_pointed_out(
    clerk, cast, units, baseline, period, address
):
    factories.make_report(baseline, units.nongye, completions={1: 50, 2: 50}, by=cast.nongye)
    book = download(clerk, address)
    for number in (1, 2):
        cell(book["进展"], number, "进度（%）").value = 40
        cell(book["进展"], number, "本季进展").value = "据实核减。"
    cell(book["进展"], 2, "进度下降的原因").value = "重复统计。"
    cell(book["进展"], 2, "取得成效").value = "学员11010519491231002X结业。"
    page = upload(clerk, address, book)
    assert [row.notes for row in page.context["preview"].rows] == [
        ("进度低于上次审核通过的 50%，报送前须填写进度下降的原因。",),
        ("“取得成效”中有像身份证号的内容（110105********002X），请删去或改写。",),
    ]
    assert "报送前须填写进度下降的原因。" in page.content.decode()
    assert confirm(clerk, address, page).url == address
