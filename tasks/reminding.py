"""When a unit that owes a return is reminded, and in which words; pure (days are those of Asia/Shanghai)."""

from django.db.models import TextChoices

from . import calendar
from .models import QuarterlyReport
from .obligations import extension_note

BEFORE = (-7, -3, -1)
AFTER = (1, 3)
WEEK = 7
UNIT, DUE, LEFT, ASK = "【单位】", "【截止时间】", "【剩余时间】", "【办理要求】"


class Kind(TextChoices):
    """What a reminder is called by the day it comes on."""

    REMIND = "REMIND", "提醒"
    URGE = "URGE", "催报"
    URGE_AGAIN = "URGE_AGAIN", "二次催报"


def latest_step(due_on, day):
    """The last step reached on the day, in days from the due day: −7, −3, −1, 1, 3, 7, 14, 21 …; None before the first."""
    days = (day - due_on).days
    if days >= WEEK:
        return days - days % WEEK
    return max((step for step in (*BEFORE, *AFTER) if step <= days), default=None)


def step_due(due_on, day, sent):
    """The step to take on the day, or None.

    `sent` are the steps already taken towards that due day; of several that were missed the latest alone is taken.
    """
    step = latest_step(due_on, day)
    return None if step is None or any(done >= step for done in sent) else step


def kind_of(days):
    """Kind by the days from the due day."""
    if days < 1:
        return Kind.REMIND
    return Kind.URGE if days < AFTER[-1] else Kind.URGE_AGAIN


def days_from(due_at, at):
    """Days from the due day to the day of `at`: negative before it."""
    return (calendar.local_day(at) - calendar.local_day(due_at)).days


SOON = {
    Kind.REMIND: "请{}按时登录平台{}",
    Kind.URGE: "请{}尽快登录平台{}",
    Kind.URGE_AGAIN: "再次提醒{}尽快登录平台{}",
}


def template(period):
    """What a reminder says, with places for what is each unit's own (`worded`)."""
    return f"{UNIT}：{period.report_title}{DUE}截止，{LEFT}，{ASK}；如有困难，请与县科协联系。"


def worded(text, *, unit, due_at, extended_to, status, at):
    """The text with what is the unit's own in the places kept for it; `status` is that of its return, '' for none."""
    due = f"{calendar.zh_day(calendar.local_day(due_at))}24时"
    filled = text.replace(UNIT, unit).replace(DUE, due + extension_note(due_at, extended_to))
    filled = filled.replace(ASK, what_to_do(kind_of(days_from(due_at, at)), status))
    return filled.replace(LEFT, calendar.time_left(due_at, at))


def what_to_do(kind, status):
    """What the unit has not done yet and who of it is asked: the 审核人 once the return has been sent up."""
    if status == QuarterlyReport.Status.ENDORSING:
        return f"已送单位审核人，尚未报送，{SOON[kind].format('审核人', '审核报送')}"
    return f"尚未报送，{SOON[kind].format('', '填报')}"
