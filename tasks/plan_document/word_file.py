"""Word documents: paragraphs and tables in order, with automatic numbers and merged cells."""

import io

from docx import Document
from docx.oxml.ns import qn

from tasks.numerals import zh_ordinal

from .cells import Cell, Grid
from .model import PlanDocumentError

DAMAGED = "无法打开 Word 文档，文件可能已损坏，请用 Word 或 WPS 另存为 .docx 文件后再导入。"
TRANSPARENT = {
    qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "hyperlink")
}
BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}


def read_word_file(raw):
    """Lines and grids of the document in `raw` (bytes); PlanDocumentError where it cannot be opened."""
    try:
        document = Document(io.BytesIO(raw))
        numbers = AutomaticNumbers(document)
        return tuple(items_of(document.element.body, numbers))
    except (KeyError, ValueError, AttributeError, IndexError, TypeError, SyntaxError):
        raise PlanDocumentError(DAMAGED) from None


def items_of(body, numbers):
    for element in children(body):
        if element.tag == qn("w:p"):
            yield from (line.strip() for line in paragraph_text(element, numbers).split("\n"))
        elif element.tag == qn("w:tbl"):
            yield Grid(tuple(rows_of(element, numbers)), shows_merges=True, is_text_outside=False)


def children(element):
    """Child elements, seen through content controls and accepted insertions."""
    for child in element:
        if child.tag in TRANSPARENT:
            yield from children(child)
        else:
            yield child


def paragraph_text(paragraph, numbers):
    """The paragraph as it is read: automatic number, then text; deleted text and drawings do not count."""
    parts = [numbers.label(paragraph)]
    for run in children(paragraph):
        if run.tag == qn("w:r"):
            parts.extend(
                (node.text or "") if node.tag == qn("w:t") else BREAKS.get(node.tag, "") for node in run
            )
    return "".join(parts)


def rows_of(table, numbers):
    """The table's rows with every column of the grid filled: spans covered, vertical merges repeated."""
    above = ()
    for row in (child for child in children(table) if child.tag == qn("w:tr")):
        cells = [Cell()] * int(number_at(row, "w:trPr/w:gridBefore") or 0)
        for cell in (child for child in children(row) if child.tag == qn("w:tc")):
            span = max(1, int(number_at(cell, "w:tcPr/w:gridSpan") or 1))
            cells.append(cell_of(cell, span, above[len(cells)] if len(cells) < len(above) else None, numbers))
            cells.extend([Cell(span=0)] * (span - 1))
        above = tuple(cells)
        yield above


def cell_of(cell, span, above, numbers):
    merge = cell.find(qn("w:tcPr") + "/" + qn("w:vMerge"))
    if merge is not None and merge.get(qn("w:val"), "continue") == "continue" and above is not None:
        return Cell(above.text, continued=True, span=span)
    paragraphs = (child for child in children(cell) if child.tag == qn("w:p"))
    lines = (paragraph_text(paragraph, numbers).strip() for paragraph in paragraphs)
    return Cell("\n".join(line for line in lines if line), span=span)


def number_at(element, path):
    found = element.find("/".join(qn(step) for step in path.split("/")))
    return None if found is None else found.get(qn("w:val"))


class AutomaticNumbers:
    """Labels that Word counts itself and does not store in the text: 一、 （一） 1. and nested ones."""

    def __init__(self, document):
        self.counts = {}
        self.lists = dict(lists_of(document))
        self.style_numbers = {
            style.element.get(qn("w:styleId")): numbering_of(style.element) for style in document.styles
        }

    def label(self, paragraph):
        """The paragraph's label and, by being asked in document order, the count after it."""
        style = number_at(paragraph, "w:pPr/w:pStyle")
        number, level = numbering_of(paragraph)
        styled_number, styled_level = self.style_numbers.get(style, (None, None))
        number, level = number or styled_number, int(level or styled_level or 0)
        levels = self.lists.get(number)
        if not levels or level not in levels:
            return ""
        counts = self.counts.setdefault(number, {})
        counts[level] = counts.get(level, levels[level][0] - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        text = levels[level][2]
        for place in range(level + 1):
            if place in levels:
                start, form, _ = levels[place]
                text = text.replace(f"%{place + 1}", counted(counts.get(place, start), form))
        return text


def numbering_of(element):
    return number_at(element, "w:pPr/w:numPr/w:numId"), number_at(element, "w:pPr/w:numPr/w:ilvl")


def lists_of(document):
    """(number id, {level: (start, format, text)}) of the document's numbering part, if it has one."""
    part = next(
        (r.target_part for r in document.part.rels.values() if r.reltype.endswith("/numbering")), None
    )
    if part is None:
        return
    root = part.element
    levels = {
        abstract.get(qn("w:abstractNumId")): {
            int(level.get(qn("w:ilvl"))): (
                int(number_at(level, "w:start") or 1),
                number_at(level, "w:numFmt") or "decimal",
                number_at(level, "w:lvlText") or "",
            )
            for level in abstract.findall(qn("w:lvl"))
        }
        for abstract in root.findall(qn("w:abstractNum"))
    }
    for number in root.findall(qn("w:num")):
        yield number.get(qn("w:numId")), levels.get(number_at(number, "w:abstractNumId"), {})


def counted(number, form):
    """A count in the list's format: Chinese numerals where the format is one of those, else digits."""
    if form in ("bullet", "none"):
        return ""
    return (
        zh_ordinal(number)
        if "hinese" in form or form.startswith(("ideograph", "japanese", "taiwanese"))
        else str(number)
    )
