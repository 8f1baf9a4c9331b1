"""What an uploaded file may be before anything parses it: its size, its archive, and its sheets' actual XML."""

import re
import zipfile
from io import BytesIO

from lxml import etree

from tasks.refusals import Refused

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_MEMBERS = 500
MOST_ROWS, MOST_COLUMNS = 2000, 40
CHUNK = 64 * 1024
OLE = b"\xd0\xcf\x11\xe0"
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
CELL = re.compile(r"([A-Z]{1,3})[0-9]+")
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BROKEN = "文件已损坏，无法读取。请重新下载填报表填写。"


def checked(upload):
    """The bytes of an uploaded file that is a workbook of bearable size, by what it really holds; else Refused."""
    if upload.size > MOST_BYTES:
        raise Refused(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，不能上传。")
    content = upload.read()
    if not content:
        raise Refused("文件是空的。")
    if content.startswith(OLE):
        raise Refused(
            "这是旧格式（.xls、.et）或加了密码的文件。请用平台下载的填报表，或另存为不加密码的 .xlsx 文件。"
        )
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check(archive)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        NotImplementedError,
        OSError,
        ValueError,
    ) as error:
        is_archive = content.startswith(b"PK")
        raise Refused(BROKEN if is_archive else "这不是 Excel 工作簿（.xlsx）。") from error
    except Exception as error:
        if type(error).__module__ != "zlib":
            raise
        raise Refused(BROKEN) from error
    return content


def _check(archive):
    members = archive.infolist()
    names = {member.filename.lower() for member in members}
    if len(members) > MOST_MEMBERS:
        raise Refused("文件内部的部件过多，不是平台的填报表。")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("文件加了密码，请去掉密码后再上传。")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("文件含有宏，请另存为不含宏的 .xlsx 文件。")
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        raise Refused("这不是 Excel 工作簿（.xlsx）。")
    unpacked = 0
    for member in members:
        parts = []
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                if unpacked > MOST_UNPACKED:
                    raise Refused(f"文件解开后超过 {MOST_UNPACKED // 1024 // 1024} MB，不能上传。")
                parts.append(chunk)
        if member.filename.lower().endswith((".xml", ".rels")):
            _check_xml(b"".join(parts), is_sheet=SHEET.fullmatch(member.filename) is not None)


def _check_xml(content, *, is_sheet):
    """Well-formed, without declarations that could reach elsewhere; a sheet within its rows and columns."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"<\x00!\x00D\x00O" in content:
        raise Refused("文件含有不允许的声明，不是平台的填报表。")
    try:
        parser = etree.iterparse(
            BytesIO(content),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
        )
        rows = column = 0
        for event, element in parser:
            if event == "end":
                element.clear()
            elif is_sheet and element.tag == f"{NAMESPACE}row":
                rows, column = rows + 1, 0
                if rows > MOST_ROWS or _number(element.get("r")) > MOST_ROWS:
                    raise Refused(f"表格超过 {MOST_ROWS} 行。请删去多余的行（包括只有格式的空行）。")
            elif is_sheet and element.tag == f"{NAMESPACE}c":
                column = _column(element.get("r")) or column + 1
                if column > MOST_COLUMNS:
                    raise Refused(f"表格超过 {MOST_COLUMNS} 列。请删去多余的列。")
    except etree.XMLSyntaxError as error:
        raise Refused(BROKEN) from error


def _number(text):
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _column(reference):
    """The column number in a cell reference such as AB12; 0 for none."""
    found = CELL.fullmatch(reference or "")
    number = 0
    for letter in found[1] if found else "":
        number = number * 26 + ord(letter) - 64
    return number
