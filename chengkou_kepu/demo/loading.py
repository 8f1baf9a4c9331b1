"""Loading the demo: five quarters of sample returns and decisions, in one transaction, as if it had all happened."""

from datetime import date, datetime, timedelta

from django.db import transaction

from departments import audit
from departments.models import AuditRecord, Notice, User
from indicators.models import Indicator, Measurement
from tasks import calendar
from tasks.calendar import SHANGHAI
from tasks.models import QuarterlyReport
from tasks.periods import close_period, open_period

from . import decisions, script, users
from .clerk import Clerk, working_day
from .wording import Wording

MARKER = "载入示例内容"
ACCOUNTS_MADE_AT = datetime(2022, 12, 26, 9, 0, tzinfo=SHANGHAI)
EARLIEST_LOADING = date(2023, 11, 15)
DAYS_TO_DEADLINE = 10
WORKING_DAYS_OPEN = 8


class NotLoaded(Exception):
    """The demo cannot be loaded here; the message is a sentence for the person at the terminal."""


def is_loaded(plan):
    return _marks(plan).exists()


def demo_users(plan):
    """The demo's users as they are now, in the order they were made, with their memberships at hand."""
    usernames = _marks(plan).earliest("at").detail.split("、")
    rows = User.objects.filter(username__in=usernames).order_by("pk")
    return list(rows.prefetch_related("memberships__department", "memberships__region"))


@transaction.atomic
def load(plan, *, password, at):
    """Fill the plan with sample content as if loaded at `at`; NotLoaded where that could touch real content."""
    wording = Wording()
    _require_no_real_content(plan)
    _require_fitting(plan, wording)
    if calendar.local_day(at) < EARLIEST_LOADING:
        raise NotLoaded("示例内容写到2023年第三季度截止之后，--at 不能早于2023年11月15日。")
    accounts = users.planned_accounts(plan)
    _require_free(accounts)
    cast = users.create_cast(plan, accounts, password=password, at=ACCOUNTS_MADE_AT)
    play = _Play(plan, cast, wording)
    for quarter in script.CLOSED_QUARTERS:
        play.closed_quarter(quarter)
    decisions.record_own_measurements(plan, cast)
    decisions.judge_standing_tasks(plan, cast)
    play.open_quarter(at)
    usernames = "、".join(account.username for account in accounts)
    audit.record(MARKER, plan.slug, by=None, at=at, detail=usernames)


class _Play:
    """The script being played on one plan; everything in it happens at back-dated moments."""

    def __init__(self, plan, cast, wording):
        self.plan, self.cast, self.wording = plan, cast, wording
        self.units = {unit.name: unit for unit in users.units_of(plan)}
        self.indicators = {i.code: i.pk for i in Indicator.objects.filter(plan=plan)}

    def closed_quarter(self, quarter):
        """Opened on the first working day after the quarter, closed 15 working days after its deadline."""
        coordinator = self.cast.by_username["kexie"]
        following = calendar.last_day(*quarter) + timedelta(days=1)
        opens_at = calendar.start_of(calendar.working_day_on_or_after(following)) + timedelta(hours=9)
        period = open_period(self.plan, *quarter, by=coordinator, at=opens_at)
        due_on = calendar.local_day(period.due_at)
        self._returns(period, script.CLOSED_QUARTERS[quarter], anchor=due_on)
        applied, decided = (_afternoon(due_on, days) for days in (7, 10))
        decisions.decide_close_outs(self.plan, period, self.units, self.cast, at=(applied, decided))
        close_period(period, by=coordinator, at=_afternoon(due_on, 15))

    def open_quarter(self, at):
        """Opened eight working days before `at`, due ten days after it."""
        today = calendar.local_day(at)
        opens_at = calendar.start_of(working_day(today, -WORKING_DAYS_OPEN)) + timedelta(hours=9)
        due_at = calendar.end_of(today + timedelta(days=DAYS_TO_DEADLINE))
        coordinator = self.cast.by_username["kexie"]
        period = open_period(self.plan, *script.OPEN_QUARTER, by=coordinator, at=opens_at, due_at=due_at)
        self._returns(period, script.OPEN_RETURNS, anchor=today)
        decisions.ask_for_extension(period, self.units, self.cast, at=_afternoon(today, -1))
        decisions.apply_without_answer(self.plan, period, self.units, self.cast, at=_afternoon(today, -1))
        Notice.objects.unread().filter(created_at__lt=opens_at).update(read_at=opens_at)

    def _returns(self, period, courses, *, anchor):
        quarter = (period.year - script.BASELINE[0]) * 4 + period.quarter - script.BASELINE[1]
        for unit, steps in courses.items():
            measured = script.MEASURED.get((period.key, unit), {})
            Clerk(
                period,
                self.units[unit],
                quarter=quarter,
                anchor=anchor,
                cast=self.cast,
                wording=self.wording,
                measured={self.indicators[c]: v for c, v in measured.items() if c in self.indicators},
            ).play(steps)


def _marks(plan):
    """What loading leaves in the audit log: known by the plan's slug, for its title may change with the document."""
    return AuditRecord.objects.filter(verb=MARKER, subject=plan.slug)


def _afternoon(day, count):
    return calendar.start_of(working_day(day, count)) + timedelta(hours=17, minutes=10)


def _require_no_real_content(plan):
    if QuarterlyReport.objects.exists():
        raise NotLoaded("数据库中已有正式季报，不能载入示例内容。请另建一个数据库试用。")
    if plan.periods.exists() or Measurement.objects.filter(indicator__plan=plan).exists():
        raise NotLoaded(f"“{plan}”已开放填报或已有监测值，不能载入示例内容。请另建一个数据库试用。")


def _require_fitting(plan, wording):
    if plan.cadence != calendar.Cadence.QUARTER:
        raise NotLoaded(f"示例内容是按季度编写的，“{plan}”{plan.get_cadence_display()}填报，不能载入。")
    numbers = set(plan.tasks.values_list("number", flat=True))
    units = {unit.name for unit in users.units_of(plan)}
    if numbers != wording.task_numbers or script.units() - units:
        raise NotLoaded(f"示例内容是按城口县2021―2025年实施方案编写的，不适用于“{plan}”。")


def _require_free(accounts):
    planned = [account.username for account in accounts]
    taken = User.objects.filter(username__in=planned).order_by("username").values_list("username", flat=True)
    if taken:
        raise NotLoaded(f"用户名已被占用：{'、'.join(taken)}。示例用户不能使用已有账号。")
