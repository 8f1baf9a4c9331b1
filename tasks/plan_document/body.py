"""The plan's body: its sections （一）…, and where in them a row of the table is described."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from .numbering import chinese_mark, without_number

END_OF_CLAUSE = "，。；：！？,;:!?"
CLAUSE = re.compile(f"[^{END_OF_CLAUSE}]+[{END_OF_CLAUSE}]*")
TABLE_CAPTION = re.compile(
    r"附件\s*[0-9０-９一二三四五]*[:：]?$|.*(?:分解|分工|责任|任务)(?:一览)?(?:表|清单)$"
)
SAME_SIGNS = str.maketrans("()―—–－─～,;:", "（）-----～，；：", " \t　\xa0")
LONGEST_LEADING_SENTENCE = 30  # characters of a paragraph's first sentence that can be a task's title
ALIKE = 0.5  # share of a title's pairs of characters that a paragraph must have to describe it
NEARLY_ALIKE = 0.86  # of section titles; 农民… and 老年人… are alike by 0.80, 青少年… and 老年人… by 0.85
FAIRLY_ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class Section:
    """A （n） heading with its paragraphs; `chapter` counts the 一、 headings before it, `name` is the last."""

    ordinal: int
    title: str
    chapter: int
    chapter_name: str
    paragraphs: tuple[str, ...]


def read_sections(lines, table_at):
    """The （n） sections of the body in order; `table_at` is where among the lines the table stands."""
    sections, chapter, name, current = [], 0, "", None
    for place, line in enumerate(lines):
        mark = chinese_mark(line)
        if place == table_at or (current is not None and TABLE_CAPTION.match(line)):
            current = None
        if not line or TABLE_CAPTION.match(line):
            continue
        if mark and mark[2] == "、":
            chapter, name, current = chapter + 1, mark[1], None
        elif mark:
            heading, _, rest = mark[1].partition("。")
            current = [rest.strip()] if rest.strip() else []
            sections.append((mark[0], heading.strip(), chapter, name, current))
        elif current is not None:
            current.append(line)
    return tuple(Section(*head, tuple(paragraphs)) for *head, paragraphs in sections)


def same(text):
    """The text for comparison: without spaces, one form of brackets and dashes."""
    return text.translate(SAME_SIGNS)


def leading_sentence(paragraph):
    """The paragraph's first sentence without numbering and 。, "" where it is no title of its own.

    A title is short and more text follows it.
    """
    first, stop, rest = without_number(paragraph).partition("。")
    return first if stop and rest.strip() and len(first) <= LONGEST_LEADING_SENTENCE else ""


def is_headed(paragraph, title):
    """Whether the paragraph's heading is that title, however it is numbered and set."""
    heading = leading_sentence(paragraph)
    return bool(heading) and same(heading) == same(without_number(title))


def stands_in(title, paragraph):
    """Position from which the title stands verbatim in the paragraph, from one clause's start to one's end; or -1."""
    text, wanted = same(without_number(paragraph) + "。"), same(title)
    at = text.find(wanted)
    while at >= 0:
        after = at + len(wanted)
        if (at == 0 or text[at - 1] in END_OF_CLAUSE) and text[after : after + 1] in END_OF_CLAUSE:
            return at
        at = text.find(wanted, at + 1)
    return -1


def is_cut_short(title, paragraphs):
    """Whether the title breaks off inside a clause of a paragraph: it begins one there and never ends one."""
    wanted = same(title)
    if any(stands_in(title, paragraph) >= 0 for paragraph in paragraphs):
        return False
    texts = [END_OF_CLAUSE[0] + same(without_number(paragraph)) for paragraph in paragraphs]
    return any(sign + wanted in text for text in texts for sign in END_OF_CLAUSE)


def describes(title, paragraphs):
    """(index, wording, verbatim) of the paragraph that describes the title, else None.

    Verbatim if the title is a run of whole clauses of a paragraph, best of all its beginning; otherwise the
    paragraph that has most of the title's pairs of characters, and of it the run of clauses most like the title.
    """
    places = [(stands_in(title, paragraph), index) for index, paragraph in enumerate(paragraphs)]
    standing = [(at > 0, index) for at, index in places if at >= 0]
    if standing:
        return min(standing)[1], title, True
    shares = [(share_of(title, paragraph), -index) for index, paragraph in enumerate(paragraphs)]
    share, index = max(shares, default=(0, 0))
    if share < ALIKE:
        return None
    return -index, closest_wording(title, without_number(paragraphs[-index])), False


def share_of(title, text):
    """The share of the title's pairs of neighbouring characters that the text has."""
    pairs = [pair for pair in pairwise(same(title)) if not set(pair) & set(END_OF_CLAUSE)]
    known = set(pairwise(same(text)))
    return sum(pair in known for pair in pairs) / len(pairs) if pairs else 0


def closest_wording(title, paragraph):
    """The paragraph's run of clauses that is most like the title."""
    clauses = CLAUSE.findall(paragraph)
    longest = len(CLAUSE.findall(title)) + 3
    matcher = SequenceMatcher(None, b=same(title), autojunk=False)
    best, likeness = "", -1.0
    for start in range(len(clauses)):
        for stop in range(start + 1, min(start + longest, len(clauses)) + 1):
            run = "".join(clauses[start:stop]).rstrip(END_OF_CLAUSE)
            matcher.set_seq1(same(run))
            if matcher.quick_ratio() > likeness and matcher.ratio() > likeness:
                best, likeness = run, matcher.ratio()
    return best


def matched_sections(wanted, sections):
    """{index in `wanted`: Section}: the body section that each (printed ordinal, title) of the table means.

    Titles that differ mean the same if one contains the other, if they are nearly alike, or if they are
    fairly alike and bear the same number. The most alike pair first; no section is taken twice.
    """
    pairs = [
        (likeness(title, section.title), section.ordinal == ordinal, -index, -place)
        for index, (ordinal, title) in enumerate(wanted)
        for place, section in enumerate(sections)
    ]
    found = {}
    for alike, numbered, index, place in sorted(pairs, reverse=True):
        enough = alike >= NEARLY_ALIKE or (numbered and alike >= FAIRLY_ALIKE)
        if enough and -index not in found and sections[-place] not in found.values():
            found[-index] = sections[-place]
    return found


def likeness(title, other):
    """0–1; 1 if equal but for 实施 and the like before one of them."""
    if same(title).endswith(same(other)) or same(other).endswith(same(title)):
        return 1.0 if same(title) == same(other) else 0.99
    return SequenceMatcher(None, same(title), same(other), autojunk=False).ratio()
