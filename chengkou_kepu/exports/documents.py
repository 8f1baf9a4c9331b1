"""The house style of our official documents, after GB/T 9704: what a 公文 on A4 looks like in Word and WPS."""

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

TITLE, BODY, DIGITS = "方正小标宋简体", "仿宋_GB2312", "宋体"
TITLE_SIZE, BODY_SIZE, DIGITS_SIZE = Pt(22), Pt(16), Pt(14)
LINE = Pt(28)
INDENT = 2 * BODY_SIZE
SEAL = 4 * BODY_SIZE


def official_document():
    """An empty document: A4, type area 156 × 225 mm, 三号仿宋 on lines of 28 points, page numbers — 1 —."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    normal = document.styles["Normal"]
    _set_font(normal.element.get_or_add_rPr(), BODY)
    normal.font.size = BODY_SIZE
    spacing = normal.paragraph_format
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    spacing.space_before = spacing.space_after = Pt(0)
    _number_pages(section)
    return document


def title(document, text, *, new_page=False):
    """二号小标宋, centred, an empty line after it; on a page of its own where asked."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.page_break_before = new_page or None
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(paragraph, text, TITLE, TITLE_SIZE)
    document.add_paragraph()
    return paragraph


def addressee(document, text):
    """主送机关, flush left, with its colon."""
    return _run(document.add_paragraph(), f"{text}：")


def body(document, text):
    """A paragraph whose first line stands in two characters."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.first_line_indent = INDENT
    paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    return _run(paragraph, text)


def signature(document, issuer, day):
    """落款: issuer and date at the right, two lines below the text."""
    document.add_paragraph()
    document.add_paragraph()
    for text in (issuer, day):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = SEAL
        _run(paragraph, text)


def _run(paragraph, text, font=BODY, size=BODY_SIZE):
    """The text in that font for Chinese and digits alike; what XML cannot hold is dropped."""
    run = paragraph.add_run(ILLEGAL_CHARACTERS_RE.sub("", text))
    run.font.size = size
    _set_font(run._element.get_or_add_rPr(), font)
    return paragraph


def _set_font(properties, font):
    fonts = properties.get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), font)


def _number_pages(section):
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(paragraph, "— ", DIGITS, DIGITS_SIZE)
    run = paragraph.add_run()
    run.font.size = DIGITS_SIZE
    _set_font(run._element.get_or_add_rPr(), DIGITS)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._element.append(element)
    _run(paragraph, " —", DIGITS, DIGITS_SIZE)
