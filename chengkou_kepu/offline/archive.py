"""What an uploaded file may be before anything parses it: its size, its archive, and its parts' actual XML."""

import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from io import BytesIO

from tasks.refusals import Refused

from .parts import BROKEN, Held, Part

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_MEMBERS = 500
CHUNK = 64 * 1024
OLE = b"\xd0\xcf\x11\xe0"
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
XML_STARTS = (b"<", b"\0<", b"\0\0\0<", BOM_UTF16_LE, BOM_UTF16_BE)


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
    if any(member.compress_type not in READABLE for member in members):
        raise Refused("文件的压缩方式无法读取，请用 Excel 或 WPS 另存为 .xlsx 文件。")
    held, unpacked = Held(), 0
    for member in members:
        with archive.open(member) as stream:
            chunk = stream.read(CHUNK)
            part = Part(held) if _is_xml(member.filename, chunk) else None
            while chunk:
                unpacked += len(chunk)
                if unpacked > MOST_UNPACKED:
                    raise Refused(f"文件解开后超过 {MOST_UNPACKED // 1024 // 1024} MB，不能上传。")
                if part:
                    part.read(chunk)
                chunk = stream.read(CHUNK)
            if part:
                part.read(b"")


def _is_xml(name, beginning):
    """Whether something could be parsed as XML: by its name, or by how it begins in any Unicode encoding."""
    if name.lower().endswith((".xml", ".rels")):
        return True
    text = beginning.removeprefix(BOM_UTF8).lstrip()
    return beginning != b"" and (not text or text.startswith(XML_STARTS))
