"""The `--at` of the commands that read the clock."""

from datetime import date, datetime

from django.core.management import CommandError
from django.utils import timezone

from tasks import calendar


def add_at(parser):
    """Give the command its `--at`; read it with `moment`."""
    parser.add_argument(
        "--at",
        metavar="时间",
        help="视为在此时执行，如 2023-10-09 或 2023-10-09T16:30（北京时间），默认为现在。",
    )


def moment(text):
    """The aware moment of `2023-10-09` (its first minute) or `2023-10-09T16:30` in Shanghai; now for None."""
    if text is None:
        return timezone.now()
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"时间写法应如 2023-10-09 或 2023-10-09T16:30，不能是“{text}”。") from None
    return given if given.tzinfo else given.replace(tzinfo=calendar.SHANGHAI)


def day(text):
    """The date of `2023-10-20`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"日期写法应如 2023-10-20，不能是“{text}”。") from None
