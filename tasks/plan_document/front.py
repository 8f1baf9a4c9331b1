"""What the document says before its body: its title, region, date of issue and the years it is for."""

import re
from datetime import date

from .numbering import ORDINALS, WIDE_DIGITS

PUNCTUATION = "。，《》；：、"
ENDING = r"(?:方案|计划|规划|纲要)(?:[（(][^（）()]*[）)])?"
TITLE = re.compile(f"[^{PUNCTUATION}]{{4,80}}{ENDING}")
LONGEST_TITLE_LINES = 4
NOT_A_TITLE = re.compile("印发|通知|附件|^[0-9０-９]|^[（(]?[一二三四五六七八九十]+[、）)]")
QUOTED_TITLE = re.compile(f"《([^《》]{{4,80}}?{ENDING})》")
ISSUED_TITLE = re.compile(f"关于印发《?([^《》]{{4,80}}?{ENDING})》?的?通知")
CAPTION = re.compile(
    f"《?([^《》]{{4,80}}?{ENDING})》?(?:重点|主要|目标|工作|任务|责任|分解|分工|一览)+(?:表|清单)"
)
YEARS = re.compile(r"(20\d\d)\s*年?\s*[―—–\-－─~～至到]+\s*(20\d\d)\s*年?")
DAY = re.compile(r"[（(]?\s*(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*(?:印发)?\s*[）)]?")
CHINESE_DAY = re.compile(
    "([二○〇零Ｏ一三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
REGION = re.compile(
    r"(?:[^县区市旗省]{2,8}(?:省|自治区|自治州|市)){0,2}([^县区市旗省]{1,10}(?:自治县|自治州|县|区|市|旗))(?=.)"
)
OFFICE = re.compile(r"(.{2,20}?)人民政府(?:办公室|办公厅)?$")


def plan_title(lines):
    """The plan's own title, joined over its lines; "" where none is found.

    It stands by itself before the body; else the notice quotes it; else the table's caption begins with it.
    """
    standing = standing_titles(lines)
    dated = [title for title in standing if YEARS.search(title.translate(WIDE_DIGITS))]
    if dated or standing:
        return (dated or standing)[0]
    text = "".join(lines)
    found = QUOTED_TITLE.search(text) or ISSUED_TITLE.search(text)
    found = found or next(filter(None, (CAPTION.match(line) for line in lines)), None)
    return found[1] if found else ""


def standing_titles(lines):
    """Runs of up to four lines without punctuation that read as a title, the longest run from each line."""
    titles = []
    for start, line in enumerate(lines):
        if not line or NOT_A_TITLE.search(line) or _is_day(line):
            continue
        for stop in range(min(start + LONGEST_TITLE_LINES, len(lines)), start, -1):
            joined = "".join(lines[start:stop])
            run = all(part and not _is_day(part) for part in lines[start:stop])
            if run and TITLE.fullmatch(joined) and not NOT_A_TITLE.search(joined):
                titles.append(re.sub(r"\s", "", joined))
                break
    return titles


def _is_day(line):
    """Whether the line is a date, as the signature before the title ends with one."""
    return bool(DAY.fullmatch(line.translate(WIDE_DIGITS)) or CHINESE_DAY.fullmatch(line.strip()))


def region_name(title, lines):
    """The county or district whose plan it is, from the title, else from the issuing office; else None."""
    offices = (OFFICE.match(line) for line in lines[:20])
    for text in (title, *(office[1] + "　" for office in offices if office)):
        match = REGION.match(text)
        if match:
            return match[1]
    return None


def issued_on(lines):
    """The date that stands on a line of its own before the body; None where there is none or it is no date."""
    for line in lines:
        match = DAY.fullmatch(line.translate(WIDE_DIGITS))
        parts = [int(part) for part in match.groups()] if match else chinese_day(line)
        if parts:
            try:
                return date(*parts)
            except ValueError:
                return None
    return None


def chinese_day(line):
    """[year, month, day] of 二○二二年十一月二十一日, else None."""
    match = CHINESE_DAY.fullmatch(line.strip())
    if not match:
        return None
    digits = {char: str(place) for place, char in enumerate("零一二三四五六七八九")} | dict.fromkeys(
        "○〇Ｏ", "0"
    )
    return [int("".join(digits[char] for char in match[1])), *(ORDINALS[part] for part in match.groups()[1:])]


def span(title, lines):
    """(first day, last day) of the years in the title, else in the first heading or notice that has any.

    Sentences do not count: they name the years of other plans too.
    """
    for text in (title, *(line for line in lines if "。" not in line)):
        match = YEARS.search(text.translate(WIDE_DIGITS))
        if match and int(match[1]) <= int(match[2]):
            return date(int(match[1]), 1, 1), date(int(match[2]), 12, 31)
    return None, None
