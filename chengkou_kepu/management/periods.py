"""What the commands on periods have in common: which plan and which period is meant, and when."""

from dataclasses import dataclass
from datetime import datetime

from django.core.management import CommandError

from tasks import calendar
from tasks.models import Plan, ReportingPeriod
from tasks.selection import known_period

from .moments import add_at, moment


@dataclass(frozen=True)
class Asked:
    """What a command on a period was told; `period` is None for one that nobody has opened."""

    plan: Plan
    key: tuple[int, int]
    period: ReportingPeriod | None
    at: datetime

    def opened(self):
        """The period; CommandError where nobody has opened it."""
        if self.period is None:
            raise CommandError(f"{calendar.label(*self.key, self.plan.cadence)}没有开放过填报。")
        return self.period


def add_period(parser):
    """Give the command its period, `--plan` and `--at`; read them with `asked`."""
    parser.add_argument(
        "period", metavar="填报期", help="如 2023Q1；上半年写 2023Q2，下半年写 2023Q4，年度写 2023Q4。"
    )
    parser.add_argument("--plan", metavar="标识", help="方案的标识，默认为当时的方案。")
    add_at(parser)


def asked(options):
    """Asked of a command's options; CommandError for what is no time, no period or no plan."""
    at = moment(options["at"])
    plan = chosen_plan(options["plan"], at=at)
    try:
        key = calendar.parse_quarter(options["period"], plan.cadence)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return Asked(plan, key, known_period(plan, key), at)


def chosen_plan(slug, *, at):
    """The plan of that slug, else the current one at `at`; CommandError for none, and for one of several regions."""
    if slug:
        plan = Plan.objects.filter(slug=slug).first()
        if plan is None:
            raise CommandError(f"没有标识为 {slug} 的方案。")
        return plan
    by_region = list(Plan.objects.current_by_region(calendar.local_day(at)))
    if not by_region:
        raise CommandError("还没有方案，请先用 import_plan 导入。")
    if len(by_region) > 1:
        slugs = "、".join(plan.slug for plan in by_region)
        raise CommandError(f"有多个行政区的方案，请用 --plan 指明其中之一：{slugs}。")
    return by_region[0]
