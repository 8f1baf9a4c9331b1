"""The `--at` of the commands that read the clock, and the other days they are told."""

from datetime import date, datetime

from django.core.management import CommandError
from django.utils import timezone

from tasks import calendar

YEARS = range(2000, 2100)


def add_at(parser):
    """Give the command its `--at`; read it with `moment`."""
    parser.add_argument(
        "--at",
        metavar="时间",
        help="视为在此时执行，如 2023-10-09 或 2023-10-09T16:30（北京时间），默认为现在。",
    )


def moment(text):
    """The aware moment of `2023-10-09` (its first minute) or `2023-10-09T16:30` in Shanghai; now for None.

    CommandError for what is none, and for a year that no plan of ours can lie in.
    """
    if text is None:
        return timezone.now()
    given = _read(text, datetime, "时间写法应如 2023-10-09 或 2023-10-09T16:30")
    return given if given.tzinfo else given.replace(tzinfo=calendar.SHANGHAI)


def day(text):
    """The date of `2023-10-20`; CommandError as `moment`."""
    return _read(text, date, "日期写法应如 2023-10-20")


def _read(text, kind, rule):
    try:
        given = kind.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{rule}，不能是“{text}”。") from None
    if given.year not in YEARS:
        raise CommandError(f"年份应在{YEARS[0]}年至{YEARS[-1]}年之间，不能是“{text}”。")
    return given
