"""What the commands on periods have in common: which plan and which quarter is meant."""

from django.core.management import CommandError

from tasks import calendar
from tasks.models import Plan

from .moments import add_at


def add_period(parser):
    """Give the command its period, `--plan` and `--at`."""
    parser.add_argument("period", metavar="季度", help="如 2023Q1。")
    parser.add_argument("--plan", metavar="标识", help="方案的标识，默认为当时的方案。")
    add_at(parser)


def chosen_plan(slug, *, at):
    """The plan of that slug, else the current one at `at`; CommandError where there is none."""
    plans = Plan.objects
    plan = plans.filter(slug=slug).first() if slug else plans.current(calendar.local_day(at))
    if plan is None:
        raise CommandError(f"没有标识为 {slug} 的方案。" if slug else "还没有方案，请先用 import_plan 导入。")
    return plan


def quarter(code):
    """(2023, 1) of `2023Q1`, else CommandError."""
    try:
        return calendar.parse_quarter(code)
    except ValueError as error:
        raise CommandError(str(error)) from None


def due_text(period):
    return f"{period.due_at.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M}"
