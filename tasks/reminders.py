"""提醒、催报: the verbs that remind a unit of its missing return and keep what it was told."""

from copy import copy

from django.db import IntegrityError, transaction

from departments import audit, notices

from . import calendar, permissions, reminding
from .extensions import due_of
from .models import QuarterlyReport, Reminder
from .obligations import own_due
from .refusals import NotAllowed, Refused
from .telling import tell_reminder
from .workflow import reason_not_open

LONGEST = 500


def remind_step(period, unit, *, step, at):
    """Take the step for the unit (UnitFiling): the Reminder, claimed together with its notices.

    None where it was taken already, nobody has an account, or the unit has filed, the period was closed or the
    deadline moved since the unit was read.
    """
    due_at = own_due(period.due_at, unit.extended_to)
    try:
        with transaction.atomic():
            if not _still_due(period, unit, due_at, at):
                return None
            people = list(notices.people_of(unit.department_id))
            if not people:
                return None
            text = worded(reminding.template(period), period, unit, at)
            return _record(period, unit, due_at, people, text=text, step=step, at=at)
    except IntegrityError:
        return None


def remind_by_hand(period, told, *, channel, by, at):
    """A coordinator reminds units now: `told` are (UnitFiling, text) pairs; the Reminders.

    By 站内消息 everybody of the unit is told; of a call, a message or a letter the record alone is written.
    """
    with transaction.atomic():
        require_remindable(period, told, channel=channel, by=by, at=at)
        return [_remind(period, unit, text, channel=channel, by=by, at=at) for unit, text in told]


@transaction.atomic
def require_remindable(period, told, *, channel, by, at):
    """Raise what keeps `remind_by_hand` from reminding: NotAllowed for who does not coordinate, else Refused."""
    if not permissions.coordinates(by, period.plan):
        raise NotAllowed("只有科协工作人员可以催报。")
    if not told:
        raise Refused("请勾选要提醒的单位。")
    period.hold()
    why = reason_not_open(period, at=at)
    if why:
        raise Refused(why)
    filed = _filed(period, [unit.department_id for unit, _ in told])
    for unit, text in told:
        if not text.strip() or len(text) > LONGEST:
            raise Refused("请写明提醒的内容。" if not text.strip() else f"提醒的内容最多 {LONGEST} 字。")
        if not unit.to_be_reminded or unit.department_id in filed:
            raise Refused(f"{unit.department}已报送或不需报送，不再提醒。")
        if channel == Reminder.Channel.LETTER and at <= own_due(period.due_at, unit.extended_to):
            raise Refused(f"{unit.department}尚未到截止时间，不发催报函。")


def worded(text, period, unit, at):
    """The text as the unit is to read it."""
    due_at = own_due(period.due_at, unit.extended_to)
    own = {"unit": unit.department, "due_at": due_at, "extended_to": unit.extended_to, "status": unit.status}
    return reminding.worded(text, **own, at=at)


def _remind(period, unit, text, *, channel, by, at):
    due_at = own_due(period.due_at, unit.extended_to)
    if channel == Reminder.Channel.LETTER and _sent_today(period, unit, at):
        raise Refused(f"{unit.department}的催报函今天已经登记。")
    people = list(notices.people_of(unit.department_id)) if channel == Reminder.Channel.NOTICE else []
    if channel == Reminder.Channel.NOTICE and not people:
        raise Refused(f"{unit.department}没有账号，须电话通知。")
    reminder = _record(period, unit, due_at, people, text=text.strip(), channel=channel, by=by, at=at)
    detail = f"{reminder.get_channel_display()}：{reminder.text}"
    audit.record(
        reminding.kind_of(reminding.days_from(due_at, at)).label,
        f"{unit.department}{period.report_title}",
        by=by,
        at=at,
        detail=detail,
    )
    return reminder


def _record(period, unit, due_at, people, **given):
    reminder = Reminder.objects.create(
        period=period,
        department_id=unit.department_id,
        due_on=calendar.local_day(due_at),
        people=len(people),
        **given,
    )
    tell_reminder(reminder, people)
    return reminder


def _still_due(period, unit, due_at, at):
    """Whether the unit has still not filed, and the period is open with the same deadline for it."""
    now = copy(period)
    now.hold()
    if _filed(period, [unit.department_id]):
        return False
    return now.is_open(at) and due_of(now, unit.department_id) == due_at


def _sent_today(period, unit, at):
    today = calendar.start_of(calendar.local_day(at))
    letters = period.reminders.filter(department=unit.department_id, channel=Reminder.Channel.LETTER)
    return letters.filter(at__gte=today).exists()


def _filed(period, units):
    """Ids of those of the units that have filed, or have their return back; waits for submissions under way."""
    reports = QuarterlyReport.objects.select_for_update().filter(period=period, department__in=units)
    rows = reports.order_by("pk").values_list("department_id", "first_submitted_at", "status")
    return {unit for unit, submitted_at, status in rows if submitted_at or status == "RETURNED"}
