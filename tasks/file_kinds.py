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
    """Whether it is a zip archive that has the member, and no macros."""

    def holds(stream):
        stream.seek(0)
        try:
            with zipfile.ZipFile(stream) as archive:
                names = {name.lower() for name in archive.namelist()}
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
            return False
        return member.lower() in names and not any(name.endswith("vbaproject.bin") for name in names)

    return holds


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


def kind_of(name, stream):
    """The Kind of a file, or None where its name is of no allowed kind or its content is not what the name says."""
    kind = KINDS.get(extension_of(name))
    return kind if kind and kind.holds(stream) else None


def shown_name(name):
    """The name a person gave the file: no path, nothing invisible, not too long; its extension is kept."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem, dot, extension = name.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{extension}" if dot else name[:LONGEST_NAME]
