"""What an XML part of an uploaded workbook may hold, told while it is read: no tree is built.

Every part is held to it, whatever its name and root: openpyxl takes any part for a sheet that a relationship
names. It places a cell by its own `r`, not its row's, and visits each cell of the ranges in `VISITED`.
"""

import re

from lxml import etree

from tasks.refusals import Refused

MOST_ROWS, MOST_COLUMNS = 2000, 40
MOST_ELEMENTS = 500_000
MOST_RANGES = 2000
MOST_VISITED = MOST_ROWS * MOST_COLUMNS
ROW = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"
VISITED = frozenset({"mergeCell", "hyperlink", "table", "comment"})
NUMBER = re.compile(r"[0-9]{1,20}")
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,20})", re.I | re.A)
BROKEN = "文件已损坏，无法读取。请重新下载填报表填写。"
LONG = f"表格超过 {MOST_ROWS} 行。请删去多余的行（包括只有格式的空行）。"
WIDE = f"表格超过 {MOST_COLUMNS} 列。请删去多余的列。"
UNPLACED = "文件中有无法识别的单元格位置。请重新下载填报表填写。"
CROWDED = "文件内部的内容过多，不是平台的填报表。"
RANGES = f"合并单元格、超链接、数据验证、条件格式等超过 {MOST_RANGES} 处，请删去多余的。"
SPREAD = "合并单元格、超链接等覆盖的单元格过多，请缩小范围。"


class Held:
    """What the parts of one archive hold so far: elements, ranges, and cells of ranges that are visited."""

    elements = ranges = visited = 0


class Part:
    """An lxml parser target for one part; Refused as soon as it holds too much, or a declaration."""

    def __init__(self, held):
        self.held = held
        self.path = []
        self.row = self.column = 0
        self.parser = etree.XMLParser(target=self, resolve_entities=False, no_network=True, huge_tree=False)

    def read(self, chunk):
        """Take the part's next bytes; b"" ends it."""
        try:
            self.parser.feed(chunk) if chunk else self.parser.close()
        except etree.XMLSyntaxError as error:
            raise Refused(BROKEN) from error

    def doctype(self, *_):
        raise Refused("文件含有不允许的声明，不是平台的填报表。")

    def start(self, tag, attributes):
        self.held.elements += 1
        if self.held.elements > MOST_ELEMENTS:
            raise Refused(CROWDED)
        if self.path and self.path[-1] == ROW:
            self._cell(attributes.get("r"))
        if tag == ROW:
            self._row(attributes.get("r"))
        self.path.append(tag)
        if "sqref" in attributes:
            self._count(len(attributes["sqref"].split()))
        elif "ref" in attributes and tag.rpartition("}")[2] in VISITED:
            self._count(1)
            self._visit(attributes["ref"])

    def end(self, _):
        self.path.pop()

    def close(self):
        pass

    def _row(self, number):
        if number is not None and not NUMBER.fullmatch(number):
            raise Refused(UNPLACED)
        self.row, self.column = self.row + 1 if number is None else int(number), 0
        require_within(self.row, 0)

    def _cell(self, place):
        row, self.column = (self.row, self.column + 1) if place is None else _placed(place)
        require_within(row, self.column)

    def _count(self, ranges):
        self.held.ranges += ranges
        if self.held.ranges > MOST_RANGES:
            raise Refused(RANGES)

    def _visit(self, reference):
        first, _, last = reference.partition(":")
        one = _placed(first)
        other = _placed(last) if last else one
        for corner in (one, other):
            require_within(*corner)
        self.held.visited += (abs(one[0] - other[0]) + 1) * (abs(one[1] - other[1]) + 1)
        if self.held.visited > MOST_VISITED:
            raise Refused(SPREAD)


def require_within(rows, columns):
    """Refused where a sheet reaches further down or out than a return could."""
    if rows > MOST_ROWS:
        raise Refused(LONG)
    if columns > MOST_COLUMNS:
        raise Refused(WIDE)


def _placed(reference):
    """(row, column) of a reference such as AB12, in any case."""
    found = PLACE.fullmatch(reference)
    if not found:
        raise Refused(UNPLACED)
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column
