"""Who owes a return, and whether it came in time; pure rules over plain values (DESIGN §4)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import TextChoices

from . import calendar
from .models import QuarterlyReport


class Filing(TextChoices):
    """报送情况 of a unit in a period."""

    ON_TIME = "ON_TIME", "按时"
    LATE = "LATE", "逾期"
    MISSING = "MISSING", "未报"
    PENDING = "PENDING", "未到期"
    EXEMPT = "EXEMPT", "不需报"
    VOLUNTARY = "VOLUNTARY", "自愿报送"


@dataclass(frozen=True)
class UnitFiling:
    """One unit in one period: whether it owes (and why), what came of it by its own extension if it has one.

    `proxy_source` is what 代填 rested on, '' for none; `self_reviewed` that it stands as 自报未经他方审核.
    """

    department_id: int
    department: str
    leads: int
    supports: int
    owes: bool
    reasons: tuple[str, ...]
    filing: Filing
    status: QuarterlyReport.Status | str
    report_id: int | None
    first_submitted_at: datetime | None = None
    proxy_source: str = ""
    begun_by_proxy: bool = False
    extended_to: date | None = None
    self_reviewed: bool = False

    @property
    def filed(self):
        return self.filing in (Filing.ON_TIME, Filing.LATE)

    @property
    def to_be_reminded(self):
        """Whether it owes a return it never filed; one that came back, even as 实质空报, is due again by its own rule."""
        return self.owes and not self.filed and self.status != "RETURNED"


@dataclass(frozen=True)
class FilingRates:
    """Reporting rates as DHIS2 counts them: over owing units only; None where nobody owes."""

    owed: int
    filed: int
    on_time: int
    voluntary: int

    @property
    def reporting_rate(self):
        return self.filed * 100 / self.owed if self.owed else None

    @property
    def on_time_rate(self):
        return self.on_time * 100 / self.owed if self.owed else None


def reasons_to_report(open_leads, indicators, must_report_supports, asked):
    """Why a unit owes a return, as phrases; empty where it does not (DESIGN §4, Who owes).

    How many tasks it leads that are not closed out, names of its indicators due, how many tasks it supports where the
    plan wants supporters to report, and for how many of its lines leads have asked.
    """
    reasons = []
    if open_leads:
        reasons.append(f"牵头{open_leads}项未办结工作")
    if indicators:
        reasons.append(f"报送指标：{'、'.join(indicators)}")
    if must_report_supports:
        reasons.append(f"本方案要求配合单位报送（{must_report_supports}项）")
    if asked:
        reasons.append(f"牵头单位征集{asked}项进展")
    return tuple(reasons)


def own_due(due_at, extended_to):
    """When a unit's return is due: the period's deadline, or the end of the day it was granted where that is later."""
    return max(due_at, calendar.end_of(extended_to)) if extended_to else due_at


def extension_note(due_at, extended_to):
    """（已同意延期） after a deadline that is so by an extension, else ''."""
    return "（已同意延期）" if calendar.local_day(due_at) == extended_to else ""


def due_note(period, extended_to):
    """What is particular about the day on which a unit's return is due, as a phrase; '' where it was granted its own."""
    return "" if extended_to else period.due_note.removesuffix("。")


def extended_words(extended_to):
    """延期至1月20日; '' without an extension."""
    return f"延期至{extended_to.month}月{extended_to.day}日" if extended_to else ""


def filing_state(*, owes, first_submitted_at, due_at, at):
    """A returned report stays filed; on time means first submitted not after the deadline.

    `due_at` is None for a period that nobody opened: nothing is missing in it.
    """
    if not owes:
        return Filing.VOLUNTARY if first_submitted_at else Filing.EXEMPT
    if first_submitted_at:
        return Filing.ON_TIME if first_submitted_at <= due_at else Filing.LATE
    return Filing.MISSING if due_at and at > due_at else Filing.PENDING


def resubmission_due(came_back_at, working_days):
    """When a return that came back at that moment is due again: the end of so many working days after the day."""
    return calendar.end_of(calendar.add_working_days(calendar.local_day(came_back_at), working_days))


def resubmitted_late(came_back_at, resubmitted_at, working_days):
    """逾期补正: whether it came again after it was due again."""
    return resubmitted_at > resubmission_due(came_back_at, working_days)


def rates(units):
    """FilingRates of the given UnitFiling."""
    owing = [u for u in units if u.owes]
    return FilingRates(
        owed=len(owing),
        filed=sum(u.filed for u in owing),
        on_time=sum(u.filing == Filing.ON_TIME for u in owing),
        voluntary=sum(u.filing == Filing.VOLUNTARY for u in units),
    )
