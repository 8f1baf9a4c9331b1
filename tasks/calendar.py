"""Quarters and deadlines; pure. Days are those of Asia/Shanghai."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
QUARTER_NAMES = ("一", "二", "三", "四")
DUE_DAYS = 10


def parse_quarter(text):
    """(2023, 1) from `2023Q1`; ValueError with a Chinese sentence for anything else."""
    match = re.fullmatch(r"(20\d\d)[Qq]([1-4])", text, re.ASCII)
    if not match:
        raise ValueError(f"季度写法应如 2023Q1，不能是“{text}”。")
    return int(match[1]), int(match[2])


def label(year, quarter):
    return f"{year}年第{QUARTER_NAMES[quarter - 1]}季度"


def quarter_of(day):
    """(year, quarter) that contains the date."""
    return day.year, (day.month + 2) // 3


def first_day(year, quarter):
    return date(year, quarter * 3 - 2, 1)


def last_day(year, quarter):
    following = date(year + 1, 1, 1) if quarter == 4 else date(year, quarter * 3 + 1, 1)
    return following - timedelta(days=1)


def is_working_day(day):
    """Statutory holidays and 调休 where the State Council's notice is known, else weekends alone."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5


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


def due_after(day):
    """End of the 10th day after the date, moved to the next working day (DESIGN §4, Deadline)."""
    return end_of(working_day_on_or_after(day + timedelta(days=DUE_DAYS)))


def default_due_at(year, quarter):
    """The quarter's statutory deadline."""
    return due_after(last_day(year, quarter))


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
