"""Small files of each kind that may be evidence, and some that only pretend to be."""

import zipfile
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)
PDF = b"%PDF-1.4\n%%EOF"


def archive(*names):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as new:
        for name in names:
            new.writestr(name, "x")
    return stream.getvalue()


def made_by_a_later_version(content):
    """The archive as if it needed a version of the format (10.0) that nobody reads yet."""
    at = content.index(b"PK\x01\x02") + 6
    return content[:at] + b"\x64" + content[at + 1 :]


GOOD = {
    "名册.pdf": PDF,
    "公文.ofd": archive("OFD.xml"),
    "总结.doc": OLE,
    "总结.docx": archive("[Content_Types].xml", "word/document.xml"),
    "台账.xls": OLE,
    "台账.XLSX": archive("xl/workbook.xml"),
    "通知.wps": OLE,
    "台账.et": OLE,
    "现场.jpg": b"\xff\xd8\xff\xe0" + b"\0" * 20,
    "现场.jpeg": b"\xff\xd8\xff\xe1" + b"\0" * 20,
    "现场.png": PNG,
    "现场.heic": b"\0\0\0\x18ftypheic" + b"\0" * 20,
}
BAD = {
    "无扩展名": PDF,
    "程序.exe": b"MZ" + b"\0" * 50,
    "程序.pdf": b"MZ" + b"\0" * 50,
    "网页.html": b"<script>alert(1)</script>",
    "网页.png": b"<html><script>alert(1)</script>",
    "图.svg": b"<svg onload='alert(1)'/>",
    "图.jpg": b"<svg onload='alert(1)'/>",
    "别的.docx": archive("xl/workbook.xml"),
    "宏.docx": archive("word/document.xml", "word/vbaProject.bin"),
    "坏的.xlsx": archive("xl/workbook.xml")[:40],
    "损坏.docx": made_by_a_later_version(archive("word/document.xml")),
    "损坏.ofd": made_by_a_later_version(archive("OFD.xml")),
    "视频.heic": b"\0\0\0\x18ftypisom" + b"\0" * 20,
    "旧.docx": OLE,
    "压缩.zip": archive("a.txt"),
    "双重.pdf.exe": PDF,
}


def upload_of(name, content=PDF):
    return SimpleUploadedFile(name, content)
