"""Which files may be evidence, told by their first bytes and their name together; pure."""

import zipfile
from dataclasses import dataclass

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"heim", b"heis"}
LONGEST_NAME = 150


@dataclass(frozen=True)
class Kind:
    """What files of an extension must hold, and what they are served as."""

    content_type: str
    holds: object


def _begins(*signatures):
    return lambda stream: _first(stream, 16).startswith(signatures)


def _is_heic(stream):
    first = _first(stream, 12)
    return first[4:8] == b"ftyp" and first[8:12] in HEIC_BRANDS


def _archive_with(member):
    """Whether it is a zip archive that has the member."""
    return lambda stream: member.lower() in _members(stream)


def _members(stream):
    """The names in a zip archive, in lower case; none where it is not one."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            return {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
        return set()


def _first(stream, count):
    stream.seek(0)
    return stream.read(count)


OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    "pdf": Kind("application/pdf", _begins(b"%PDF-")),
    "ofd": Kind("application/ofd", _archive_with("OFD.xml")),
    "doc": Kind("application/msword", _begins(OLE)),
    "docx": Kind(f"{OFFICE}wordprocessingml.document", _archive_with("word/document.xml")),
    "xls": Kind("application/vnd.ms-excel", _begins(OLE)),
    "xlsx": Kind(f"{OFFICE}spreadsheetml.sheet", _archive_with("xl/workbook.xml")),
    "wps": Kind("application/vnd.ms-works", _begins(OLE)),
    "et": Kind("application/vnd.ms-excel", _begins(OLE)),
    "jpg": Kind("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": Kind("image/jpeg", _begins(b"\xff\xd8\xff")),
    "png": Kind("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "heic": Kind("image/heic", _is_heic),
}
SHOWN_INLINE = ("image/jpeg", "image/png")


def extension_of(name):
    """The extension in lower case, '' for none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def kind_of(name):
    """The Kind that a name says, or None where its extension is of no allowed kind."""
    return KINDS.get(extension_of(name))


def why_not(name, stream):
    """Why a file may not be evidence, as the end of a sentence; '' where it may."""
    kind, extension = kind_of(name), extension_of(name)
    if kind is None:
        return f"不接受这种文件，只接受 {'、'.join(sorted(KINDS))} 文件。"
    if not kind.holds(stream):
        return f"内容与扩展名 {extension} 不符，请用原来的软件另存为这种格式后再上传。"
    if any(member.endswith("vbaproject.bin") for member in _members(stream)):
        return "文件中含有宏，请另存为不含宏的文件后再上传。"
    return ""


def shown_name(name):
    """The name a person gave the file: no path, nothing invisible, not too long; its extension is kept."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem, dot, extension = name.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{extension}" if dot else name[:LONGEST_NAME]
