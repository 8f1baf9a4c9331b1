"""催报函 by hand: shown as it will be printed, put on record only when that is asked for."""

from django.shortcuts import render

from tasks import calendar
from tasks import reminders as verbs
from tasks.models import Reminder
from tasks.refusals import Refused

from .exports.downloads import word_file
from .exports.urging_letter import Contact, urging_letter, urging_letters

LETTER = Reminder.Channel.LETTER
DRAFT, RECORD = "draft", "record"


def answer_letters(request, period, units, *, at):
    """The letters to the chosen UnitFilings: a preview, or as posted in `confirm` the .docx, alone or put on record.

    Refused as `tasks.reminders.remind_by_hand`, already of the preview.
    """
    contact = Contact.of(request.user, period.plan)
    urged = _urged_on(period, units, at=at)
    letters = [urging_letter(period, u, contact, urged_on=urged.get(u.department_id), at=at) for u in units]
    told = [(unit, letter.text) for unit, letter in zip(units, letters, strict=True)]
    asked = {"channel": LETTER, "by": request.user, "at": at}
    confirm = request.POST.get("confirm", "")
    if confirm == RECORD:
        verbs.remind_by_hand(period, told, **asked)
    elif confirm in ("", DRAFT):
        verbs.require_remindable(period, told, **asked)
    else:
        raise Refused("没有这个操作。")
    if confirm:
        name = "催报函" if len(units) > 1 else f"催报函（{units[0].department}）"
        return word_file(urging_letters(letters), period.plan, period, name, at=at)
    context = {"plan": period.plan, "period": period, "letters": letters, "units": units, "contact": contact}
    return render(request, "chengkou_kepu/urging_letters.html", context)


def _urged_on(period, units, *, at):
    """{department id: the day before today on which the unit was last urged after its deadline}."""
    told = period.reminders.filter(department__in=[unit.department_id for unit in units]).order_by("at", "pk")
    days = [(r.department_id, r.due_on, calendar.local_day(r.at)) for r in told]
    today = calendar.local_day(at)
    return {unit: day for unit, due_on, day in days if due_on < day < today}
