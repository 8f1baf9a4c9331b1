"""Quarters, the periods made of them, and deadlines; pure. Days are those of Asia/Shanghai."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
from django.db.models import TextChoices

SHANGHAI = ZoneInfo("Asia/Shanghai")
QUARTER_NAMES = ("一季度", "二季度", "三季度", "四季度")
HALF_NAMES = ("上半年", "下半年")
DUE_DAYS = 10
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
OUT_OF_RANGE = "日期应在2000年至2099年之间，请核对年份。"
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


class Cadence(TextChoices):
    """How often a plan's units report. Every period is known by its last quarter: a half-year by 2 or 4, a year by 4."""

    QUARTER = "QUARTER", "按季度"
    HALF_YEAR = "HALF_YEAR", "按半年"
    YEAR = "YEAR", "按年度"

    @property
    def quarters(self):
        """How many quarters a period has."""
        return {Cadence.QUARTER: 1, Cadence.HALF_YEAR: 2, Cadence.YEAR: 4}[self]

    @property
    def noun(self):
        return {Cadence.QUARTER: "季度", Cadence.HALF_YEAR: "半年", Cadence.YEAR: "年度"}[self]

    @property
    def span(self):
        """What a period that is not named is called; 半年 is no such noun."""
        return "填报期" if self == Cadence.HALF_YEAR else self.noun

    @property
    def this(self):
        return {Cadence.QUARTER: "本季", Cadence.HALF_YEAR: "本半年", Cadence.YEAR: "本年度"}[self]

    @property
    def report(self):
        return {Cadence.QUARTER: "季报", Cadence.HALF_YEAR: "半年报", Cadence.YEAR: "年报"}[self]

    def worded(self, text):
        """One of the portal's own sentences, written for quarters, as the cadence says it; never what people typed."""
        if self == Cadence.QUARTER:
            return text
        return text.replace("季报", self.report).replace("本季度", self.this).replace("本季", self.this)


HOW_WRITTEN = {
    Cadence.QUARTER: "季度写法应如 2023Q1",
    Cadence.HALF_YEAR: "上半年写法应如 2023Q2，下半年如 2023Q4",
    Cadence.YEAR: "年度写法应如 2023Q4",
}


def parse_quarter(text, cadence=Cadence.QUARTER):
    """(2023, 1) from `2023Q1`; ValueError with a Chinese sentence, as the cadence needs it, for anything else."""
    match = re.fullmatch(r"(20\d\d)[Qq]([1-4])", text, re.ASCII)
    if not match:
        raise ValueError(f"{HOW_WRITTEN[Cadence(cadence)]}，不能是“{text}”。")
    return int(match[1]), int(match[2])


def part_of_year(quarter, cadence=Cadence.QUARTER):
    """三季度, 上半年 or 全年: the period that the quarter lies in."""
    if cadence == Cadence.HALF_YEAR:
        return HALF_NAMES[-(-quarter // 2) - 1]
    return "全年" if cadence == Cadence.YEAR else QUARTER_NAMES[quarter - 1]


def label(year, quarter, cadence=Cadence.QUARTER):
    """2023年第三季度, 2023年上半年 or 2023年度."""
    if cadence == Cadence.YEAR:
        return f"{year}年度"
    ordinal = "第" if cadence == Cadence.QUARTER else ""
    return f"{year}年{ordinal}{part_of_year(quarter, cadence)}"


def report_title(year, quarter, cadence=Cadence.QUARTER):
    """What a unit's return for the period is called: 2023年第三季度季报, 2023年上半年报告, 2023年度报告."""
    return label(year, quarter, cadence) + ("季报" if cadence == Cadence.QUARTER else "报告")


def quarter_of(day):
    """(year, quarter) that contains the date."""
    return day.year, (day.month + 2) // 3


def period_of(year, quarter, cadence):
    """(year, last quarter) of the period that the quarter lies in."""
    size = Cadence(cadence).quarters
    return year, -(-quarter // size) * size


def following(year, quarter, cadence):
    """The period after the one that ends with the quarter."""
    size = Cadence(cadence).quarters
    return (year + 1, size) if quarter == 4 else (year, quarter + size)


def first_day(year, quarter, cadence=Cadence.QUARTER):
    """Of the period that ends with the quarter."""
    return date(year, (quarter - Cadence(cadence).quarters) * 3 + 1, 1)


def last_day(year, quarter):
    next_first = date(year + 1, 1, 1) if quarter == 4 else date(year, quarter * 3 + 1, 1)
    return next_first - timedelta(days=1)


def calendar_known(year):
    """Whether the State Council's notice on the year's holidays is in the data."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def unknown_note(year):
    return f"{year}年放假安排尚未公布，截止日期暂按周末推算。"


def is_working_day(day):
    """Statutory holidays and 调休 where the State Council's notice is known, else weekends alone."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5


def day_note(day):
    """What to say beside a day that is none for working, as a sentence; '' for a working day."""
    if is_working_day(day):
        return ""
    weekend = f"{WEEKDAYS[day.weekday()]}（非工作日）" if day.weekday() >= 5 else "法定节假日"
    return f"该日为{weekend}。"


def working_day_on_or_after(day):
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add_working_days(day, count):
    """The `count`-th working day after the date."""
    for _ in range(count):
        day = working_day_on_or_after(day + timedelta(days=1))
    return day


def end_of(day):
    """The day's last second in Asia/Shanghai, aware."""
    return datetime.combine(day, time(23, 59, 59), SHANGHAI)


def start_of(day):
    return datetime.combine(day, time(0), SHANGHAI)


def due_after(day, *, days=DUE_DAYS, to_working_day=True):
    """End of the `days`-th day after the date, moved to the next working day (DESIGN §4, Deadline)."""
    due_on = day + timedelta(days=days)
    return end_of(working_day_on_or_after(due_on) if to_working_day else due_on)


def default_due_at(year, quarter, **rule):
    """The deadline of the period that ends with the quarter; `rule` as in `due_after`."""
    return due_after(last_day(year, quarter), **rule)


def zh_day(day):
    """The date as documents write it: 2023年10月9日."""
    return f"{day.year}年{day.month}月{day.day}日"


def time_left(due_at, at):
    """How far a deadline is, in days; it falls on a day's end, so the day itself is still in time."""
    days = (local_day(due_at) - local_day(at)).days
    if days < 0:
        return f"已逾期 {-days} 天"
    return f"还有 {days} 天" if days else "就在今天"


def local_day(at):
    """The Shanghai date of an aware moment."""
    return at.astimezone(SHANGHAI).date()
