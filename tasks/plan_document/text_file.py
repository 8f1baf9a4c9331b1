"""Web exports: a cell is a line after a tab, further lines without a tab belong to it, a blank line ends a row."""

import codecs
import re
from itertools import pairwise

from .cells import Cell, Grid
from .model import PlanDocumentError
from .numbering import chinese_mark, plain_number

BROKEN = "文件不完整：在一个字的中间断开，请重新获取完整的文件。"
BAD_ENCODING = "无法识别文件的文字编码，请另存为 UTF-8 编码的文本文件后再导入。"
MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
TAIL = 4  # bytes; the longest character of these encodings


def read_text_file(raw):
    """Lines and grids of the exported text in `raw` (bytes); PlanDocumentError where it cannot be decoded."""
    lines = re.split(r"\r\n|[\n\r\f\v\u2028\u2029]", decoded(raw))
    items, rows, row = [], [], None
    for line in lines:
        if re.match(r"[ \u3000\xa0]*\t", line):
            row = row or []
            row.extend([part] for part in line.split("\t")[1:])
        elif not line.strip():
            rows, row = [*rows, row] if row else rows, None
            if not rows:
                items.append("")
        elif row:
            row[-1].append(line)
        else:
            if rows:
                items.append(grid(rows))
                rows = []
            items.append(line.strip())
    if row:
        rows.append(row)
    if rows:
        items.append(grid(rows, unfinished=bool(row and lines[-1])))
    return tuple(items)


def parted(row):
    """An export without blank lines between rows, as rows: each begins with its number or is a section."""
    starts = [i for i, (text, *_) in enumerate(row) if plain_number(text) is not None or chinese_mark(text)]
    if not starts or plain_number(row[starts[0]][0]) not in (None, 1) or starts[0] < 2 or len(starts) < 2:
        return [row]
    return [row[start:stop] for start, stop in pairwise([0, *starts, len(row)])]


def grid(rows, *, unfinished=False):
    rows = [part for row in rows for part in parted(row)]
    cells = tuple(
        tuple(Cell("\n".join(part.strip() for part in parts if part.strip())) for parts in row)
        for row in rows
    )
    return Grid(cells, shows_merges=False, is_text_outside=True, unfinished=unfinished)


def decoded(raw):
    """UTF-8, UTF-16 or GB 18030 text. A text that ends inside a character is refused, never patched."""
    marked = next((encoding for mark, encoding in MARKED if raw.startswith(mark)), None)
    if marked:
        return strictly(raw, marked)
    if b"\n\0" in raw or b"\0\n" in raw:
        return strictly(raw, "utf-16-le" if raw[1::2].count(0) >= raw[::2].count(0) else "utf-16-be")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - TAIL and error.start > 0:
            raise PlanDocumentError(BROKEN) from None
    text = strictly(raw, "gb18030")
    if not re.search("[，。、]", text):
        raise PlanDocumentError(BAD_ENCODING)
    return text


def strictly(raw, encoding):
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        broken = error.start >= len(raw) - TAIL
        raise PlanDocumentError(BROKEN if broken else BAD_ENCODING) from None
