"""From a path to lines and grids: which format the file is, and whether it is one at all."""

import zipfile
from pathlib import Path

from .model import PlanDocumentError
from .text_file import read_text_file
from .word_file import read_word_file
from .workbook_file import read_workbook_file

READERS = {".txt": read_text_file, ".docx": read_word_file, ".xlsx": read_workbook_file}
OLD_FORMATS = {".doc": ".docx", ".wps": ".docx", ".xls": ".xlsx", ".et": ".xlsx"}
OLE_HEAD = bytes.fromhex("d0cf11e0a1b11ae1")
LARGEST = 50 * 1024 * 1024  # bytes, on disk and unpacked
PARTS = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}


def read_source(path):
    """The file's items in order: lines (str, "" for an empty one) and `Grid`s; else PlanDocumentError."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in OLD_FORMATS:
        raise PlanDocumentError(f"不支持 {suffix} 格式，请另存为 {OLD_FORMATS[suffix]} 文件后再导入。")
    if suffix not in READERS:
        raise PlanDocumentError("文件格式不对：只能导入 .txt、.docx 或 .xlsx 文件。")
    raw = contents(path)
    if suffix in PARTS:
        require_package(path, raw, suffix)
    return READERS[suffix](raw)


def contents(path):
    """The file's bytes, refused beyond `LARGEST` before they are read."""
    try:
        if path.stat().st_size > LARGEST:
            raise PlanDocumentError("文件超过 50 MB，不是责任分解方案，请核对后再导入。")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise PlanDocumentError(f"找不到文件“{path.name}”，请核对路径。") from None
    except (OSError, ValueError):
        raise PlanDocumentError(f"无法读取文件“{path.name}”，请核对路径和权限。") from None
    if not raw.strip(b"\0 \t\r\n"):
        raise PlanDocumentError("文件是空的，请核对后再导入。")
    return raw


def require_package(path, raw, suffix):
    """Refuse what only bears the suffix: an encrypted or old file, a damaged or overlarge package."""
    if raw.startswith(OLE_HEAD):
        raise PlanDocumentError(f"文件已加密或是旧版格式，请解除密码并另存为 {suffix} 文件后再导入。")
    try:
        with zipfile.ZipFile(path) as package:
            unpacked = sum(part.file_size for part in package.infolist())
            names = set(package.namelist())
            if unpacked <= LARGEST and package.testzip() is not None:
                raise zipfile.BadZipFile
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        zipfile.zlib.error,
    ):
        raise PlanDocumentError(f"文件已损坏或不是真正的 {suffix} 文件，请重新获取后再导入。") from None
    if unpacked > LARGEST:
        raise PlanDocumentError("文件解压后超过 50 MB，不是责任分解方案，请核对后再导入。")
    if PARTS[suffix] not in names:
        raise PlanDocumentError(f"文件内容不是 {suffix} 文档，请核对后再导入。")
