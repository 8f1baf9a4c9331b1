"""Numbers before headings and titles, as official documents write them: 一、 （一） 1. 1、 （1） １．"""

import re

from tasks.numerals import zh_ordinal

ORDINALS = {zh_ordinal(number): number for number in range(1, 100)}
WIDE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
CHINESE_MARK = re.compile(
    r"\s*(?:[（(]([一二三四五六七八九十]{1,3})[）)]|([一二三四五六七八九十]{1,3})[、．.])\s*"
)
ARABIC_MARK = re.compile(
    r"\s*(?:[（(][0-9０-９]{1,3}[）)]|[0-9０-９]{1,3}[）)、]|[0-9０-９]{1,3}[.．](?![0-9０-９]))\s*"
)
NUMBER = re.compile(r"[（(]?\s*([0-9０-９]{1,4})\s*[）)]?\s*[.．、。]?")


def chinese_mark(text):
    """(ordinal, rest, style) of a text that begins 一、 or （一）, else None; style is "、" or "（）"."""
    match = CHINESE_MARK.match(text)
    ordinal = match and ORDINALS.get(match[1] or match[2])
    return (ordinal, text[match.end() :], "（）" if match[1] else "、") if ordinal else None


def plain_number(text):
    """The number a cell consists of (1, 1., １、, （1）), else None."""
    match = NUMBER.fullmatch(text.strip())
    return int(match[1].translate(WIDE_DIGITS)) if match else None


def plain_ordinal(text):
    """The number of a cell that consists of a Chinese numeral (一, 一、, （一）), else None."""
    return ORDINALS.get(text.strip().strip("（()）、．.　 "))


def without_number(text):
    """The text without its numbering and without one final 。; nothing else is changed (DESIGN §5)."""
    text = text.strip()
    mark = CHINESE_MARK.match(text) or ARABIC_MARK.match(text)
    return (text[mark.end() :] if mark else text).removesuffix("。").strip()
