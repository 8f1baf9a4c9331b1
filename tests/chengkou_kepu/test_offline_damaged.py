"""Workbooks that went wrong on their way: each is refused in a clerk's words, and nothing changes."""

import hashlib
import tracemalloc
import zipfile
from datetime import date, time
from io import BytesIO

import pytest
from django.apps import apps
from openpyxl import Workbook, load_workbook

from tests.offline import cell, columns, complaints, content_of, download, upload
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
SHEET = "xl/worksheets/sheet2.xml"


@pytest.fixture
def address(plan, period, units):
    return return_address(plan, period, units.nongye)


@pytest.fixture
def clerk(signed_in, cast, address, period, units):
    """县农业农村委's clerk, with one line saved already."""
    client = signed_in(cast.nongye)
    client.post(address, typed(period, units.nongye, 1, completion="40", progress="在线写的。"))
    return client


def database():
    """(rows, content hash) of everything tasks and indicators hold."""
    rows = [
        (model.__name__, *values)
        for room in ("tasks", "indicators")
        for model in apps.get_app_config(room).get_models()
        for values in model.objects.order_by("pk").values_list()
    ]
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()


def archive(content, *, without=(), replace=None, add=None):
    """The archive's bytes with members left out, replaced ({name: text → text}) or added ({name: bytes})."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename not in without:
                data = old.read(member)
                change = (replace or {}).get(member.filename)
                new.writestr(member.filename, change(data) if change else data)
        for name, data in (add or {}).items():
            new.writestr(name, data)
    return stream.getvalue()


def old_zip_of_zeros(size):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("[Content_Types].xml", "<Types/>")
        new.writestr("xl/workbook.xml", "<workbook/>")
        new.writestr("xl/media/image1.png", b"\0" * size)
    return stream.getvalue()


def lying_about_its_size(content):
    """Headers that claim a few bytes for a member that unpacks to 60 MB."""
    bomb = bytearray(old_zip_of_zeros(60 * 1024 * 1024))
    at = bomb.rindex(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(bomb)


def encrypted(content):
    data = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def cut(content):
    return content[: len(content) // 2]


def flipped(content):
    """One byte changed inside the compressed sheet, so that its checksum fails."""
    with zipfile.ZipFile(BytesIO(content)) as opened:
        start = opened.getinfo(SHEET).header_offset
    data = bytearray(content)
    data[start + 200] ^= 0xFF
    return bytes(data)


def many_rows(content):
    rows = b"".join(b'<row r="%d"/>' % number for number in range(100, 2200))
    return archive(content, replace={SHEET: lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>")})


def a_row_far_down(content):
    far = b'<row r="1048576"/></sheetData>'
    return archive(content, replace={SHEET: lambda xml: xml.replace(b"</sheetData>", far)})


def a_column_far_out(content):
    far = b'<row r="90"><c r="XFD90"/></row></sheetData>'
    return archive(content, replace={SHEET: lambda xml: xml.replace(b"</sheetData>", far)})


def columns_without_names(content):
    far = b"<row>" + b"<c/>" * 60 + b"</row></sheetData>"
    return archive(content, replace={SHEET: lambda xml: xml.replace(b"</sheetData>", far)})


def a_modest_dimension(content):
    """A sheet that says it is one cell small, and holds 2,100 rows."""
    content = many_rows(content)
    return archive(
        content, replace={SHEET: lambda xml: xml.replace(b"<dimension ref=", b'<dimension ref="A1" was=')}
    )


def with_doctype(content):
    doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'

    def declare(xml):
        head, mark, rest = xml.partition(b"?>")
        return head + mark + doctype + rest if mark else doctype + xml

    return archive(content, replace={SHEET: declare})


def broken_xml(content):
    return archive(content, replace={SHEET: lambda xml: xml.replace(b"</sheetData>", b"")})


def other_workbook(_):
    book = Workbook()
    book.active["A1"] = "我自己的表"
    return content_of(book)


FILES = {
    "empty": (lambda content: b"", "文件是空的。"),
    "text": (lambda content: "单位,进展".encode(), "这不是 Excel 工作簿（.xlsx）。"),
    "pdf": (lambda content: b"%PDF-1.7 ...", "这不是 Excel 工作簿（.xlsx）。"),
    "old xls or password": (lambda content: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "这是旧格式（.xls、.et）或加了密码的文件。"),
    "encrypted members": (encrypted, "文件加了密码，请去掉密码后再上传。"),
    "cut in half": (cut, "文件已损坏，无法读取。"),
    "flipped byte": (flipped, "文件已损坏，无法读取。"),
    "broken xml": (broken_xml, "文件已损坏，无法读取。"),
    "another zip": (lambda content: archive(content, without=["xl/workbook.xml"]), "这不是 Excel 工作簿（.xlsx）。"),
    "without content types": (
        lambda content: archive(content, without=["[Content_Types].xml"]),
        "这不是 Excel 工作簿（.xlsx）。",
    ),
    "without styles": (lambda content: archive(content, without=["xl/_rels/workbook.xml.rels"]), "文件已损坏，无法读取。"),
    "macros": (lambda content: archive(content, add={"xl/vbaProject.bin": b"x"}), "文件含有宏"),
    "600 members": (
        lambda content: archive(content, add={f"xl/media/{n}.png": b"" for n in range(600)}),
        "文件内部的部件过多",
    ),
    "over 5 MB": (lambda content: content + b"\0" * (5 * 1024 * 1024), "文件超过 5 MB，不能上传。"),
    "bomb": (lambda content: old_zip_of_zeros(60 * 1024 * 1024), "文件解开后超过 50 MB，不能上传。"),
    "bomb that lies": (lying_about_its_size, "文件"),
    "2,100 rows": (many_rows, "表格超过 2000 行。"),
    "a row far down": (a_row_far_down, "表格超过 2000 行。"),
    "a modest dimension": (a_modest_dimension, "表格超过 2000 行。"),
    "a column far out": (a_column_far_out, "表格超过 40 列。"),
    "columns without names": (columns_without_names, "表格超过 40 列。"),
    "entities": (with_doctype, "文件含有不允许的声明"),
    "one's own workbook": (other_workbook, "这不是从本平台下载的填报表"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_such_workbook(clerk, address, name):
    damage, sentence = FILES[name]
    content = damage(content_of(download(clerk, address)))
    before = database()
    refusal = complaints(upload(clerk, address, content))
    assert isinstance(refusal, str)
    assert refusal.startswith(sentence)
    assert database() == before


def test_no_file_chosen(clerk, address):
    before = database()
    path, _, query = address.partition("?")
    assert complaints(clerk.post(f"{path}upload/?{query}")) == "请先选择填好的填报表。"
    assert database() == before


def meta(address, value):
    def change(book):
        book["请勿改动"][address] = value

    return change


def head(old, new):
    def change(book):
        sheet = book["进展"]
        sheet.cell(3, columns(sheet)[old]).value = new

    return change


def without_head(book):
    book["进展"].delete_rows(3)


def without_mark(book):
    del book["请勿改动"]


SHEETS = {
    "another unit": (meta("B2", "999999"), "这是另一个单位的填报表"),
    "another quarter": (meta("A3", "2023Q2"), "这是另一个填报期（2023Q2）的填报表"),
    "another plan": (meta("A2", "wuxi-2021-2025"), "这是另一个方案的填报表。"),
    "an older format": (meta("B1", "0"), "填报表的格式已更新。"),
    "hidden sheet deleted": (without_mark, "这不是从本平台下载的填报表"),
    "head row deleted": (without_head, "没有找到填报内容"),
    "column renamed": (head("本季进展", "进展情况"), "“进展”表缺少“本季进展”栏。"),
    "version column renamed": (head("版本", "v"), "“进展”表缺少“版本”栏。"),
    "column deleted": (lambda book: book["进展"].delete_cols(11), "“进展”表缺少“本季进展”栏。"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_workbook_that_was_rebuilt(clerk, address, name):
    change, sentence = SHEETS[name]
    book = download(clerk, address)
    change(book)
    before = database()
    refusal = complaints(upload(clerk, address, book))
    assert isinstance(refusal, str)
    assert refusal.startswith(sentence)
    assert database() == before


def put(heading, value, *, number=1, number_format=None):
    def change(book):
        target = cell(book["进展"], number, heading)
        target.value = value
        if number_format:
            target.number_format = number_format
        return target.coordinate

    return change


def merged(book):
    book["进展"].merge_cells("K4:K5")
    return "K4"


def duplicated(book):
    sheet = book["进展"]
    for c in sheet[4]:
        sheet.cell(7, c.column).value = c.value
    return "A7"


def extra_row(book):
    book["进展"].cell(9, 11).value = "另加的一行"
    return "K9"


def swapped(book):
    """The visible part of two rows sorted without their hidden keys."""
    sheet = book["进展"]
    for column in range(4, sheet.max_column + 1):
        one, two = sheet.cell(4, column), sheet.cell(5, column)
        one.value, two.value = two.value, one.value
    return "D4"


def foreign_line(book):
    book["进展"]["A4"] = "line-999999"
    return "D4"


CELLS = {
    "formula": (put("本季进展", '=HYPERLINK("http://x","y")'), "请直接填写内容，不要用公式。"),
    "formula in a number": (put("活动场次", "=1+1"), "请直接填写内容，不要用公式。"),
    "error value": (put("活动场次", "#REF!"), "单元格里是错误值，请重新填写。"),
    "date in a number": (put("活动场次", date(2023, 10, 9)), "单元格是日期或时间"),
    "time in a number": (put("培训人次", time(1, 30)), "单元格是日期或时间"),
    "date as text in a number": (put("活动场次", "10月9日"), "请填写数字，如 1,200。"),
    "true in a number": (put("活动场次", True), "单元格里是逻辑值"),
    "words in a number": (put("覆盖人次", "约两千"), "请填写数字，如 1,200。"),
    "another unit": (put("投入资金（万元）", "300元"), "请以“万元”为单位填写。"),
    "negative": (put("活动场次", -1), "数值不应为负数。"),
    "half an event": (put("活动场次", 1.5), "请填写整数。"),
    "too large": (put("覆盖人次", 9e12), "数值不应超过 2147483647。"),
    "three decimals": (put("投入资金（万元）", 1.234), "最多填写 2 位小数。"),
    "over 100": (put("进度（%）", 101), "数值不应超过 100。"),
    "half a percent sign": (put("进度（%）", 0.405), "请填写整数。"),
    "unknown stage": (put("状态", "快完成了"), "请从列表中选择：未启动、推进中、已完成。"),
    "stage against completion": (put("状态", "已完成"), "未启动应为 0，推进中应为 1 至 99，已完成应为 100。"),
    "unclear yes": (put("本季度无新进展", "也许"), "请填“是”或留空。"),
    "too long": (put("本季进展", "长" * 5001), "最多 5000 字，现有 5001 字。"),
    "supporter with completion": (put("进度（%）", 50, number=3), "配合工作不填这一栏，请清空。"),
    "merged": (merged, "K4:K5 被合并了，请取消合并后分别填写。"),
    "row twice": (duplicated, "与第 4 行重复，只能保留一行。"),
    "row added": (extra_row, "这一行不是平台生成的"),
    "rows mixed up": (swapped, "序号与工作不符，这一行应是第 1 项"),
    "another's line": (foreign_line, "这一行不是本单位本季度的工作，不能导入。"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_cannot_be(clerk, address, name):
    change, sentence = CELLS[name]
    book = download(clerk, address)
    where = change(book)
    before = database()
    page = upload(clerk, address, book)
    found = complaints(page)
    assert isinstance(found, list)
    named = [reason for sheet, at, reason in found if (sheet, at) == ("进展", where)]
    if name == "stage against completion":
        named = [reason for _, _, reason in found]
    assert named[0].startswith(sentence)
    assert not page.context["preview"].ready
    assert database() == before


def test_there_are_more_than_forty():
    assert len(FILES) + len(SHEETS) + len(CELLS) > 40


def renamed(book):
    book["进展"].title = "第三季度"


def moved_columns(book):
    """本季进展 moved to the end, where a clerk likes it."""
    sheet = book["进展"]
    for row in range(3, 7):
        sheet.cell(row, 22).value = sheet.cell(row, 11).value
    sheet.delete_cols(11)


def sorted_rows(book):
    sheet = book["进展"]
    rows = [[c.value for c in sheet[number]] for number in (6, 5, 4)]
    for number, values in zip((4, 5, 6), rows, strict=True):
        for column, value in enumerate(values, start=1):
            sheet.cell(number, column).value = value


def deleted_row(book):
    book["进展"].delete_rows(6)


def full_width(book):
    put("进度（%）", "１２％")(book)


def percent_format(book):
    put("进度（%）", 0.12, number_format="0%")(book)


def invisible(book):
    put("进度（%）", "\ufeff12\u200b\u00a0")(book)


@pytest.mark.parametrize(
    "change",
    [renamed, moved_columns, sorted_rows, deleted_row, full_width, percent_format, invisible],
    ids=lambda change: change.__name__,
)
def test_what_a_clerk_may_do_is_understood(clerk, address, change):
    book = download(clerk, address)
    put("进度（%）", 12)(book)
    put("本季进展", date(2023, 10, 9))(book)
    change(book)
    page = upload(clerk, address, book)
    assert complaints(page) == []
    rows = page.context["preview"].rows
    assert [(row.title[:5], [(c.label, c.new) for c in row.changes]) for row in rows] == [
        ("第 1 项", [("进度（%）", "12"), ("本季进展", "2023年10月9日")])
    ]


def test_a_bomb_is_refused_quickly_and_in_little_memory(clerk, address):
    bomb = old_zip_of_zeros(200 * 1024 * 1024)
    tracemalloc.start()
    upload(clerk, address, bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 * 1024 * 1024


def test_the_damaged_are_damaged(clerk, address):
    """The same file without damage is taken."""
    content = content_of(download(clerk, address))
    assert load_workbook(BytesIO(archive(content)))
    assert complaints(upload(clerk, address, archive(content))) == []
