"""Who is told what of a deed: one sentence and the page it is about, written in the deed's transaction."""

from django.urls import reverse

from departments import notices

from . import calendar
from .models import ReportEvent, Responsibility
from .obligations import resubmission_due

Verb = ReportEvent.Verb


def tell_event(report, event):
    """Tell of a verb: the unit's own people whatever happened, and whoever has to act next."""
    told = {"at": event.at, "key": f"event-{event.pk}"}
    period, department = report.period, report.department
    filing = filing_path(period, department.pk)
    people = notices.people_of(department.pk, but=event.by)
    if event.verb == Verb.SEND_UP:
        people = notices.approvers_of(department.pk, but=event.by)
    notices.notify(people, text=_to_unit(report, event), path=filing, **told)
    if event.verb in (Verb.SUBMIT, Verb.WITHDRAW):
        reviewers = notices.coordinators_of(period.plan.region_id, but=event.by, not_department=department.pk)
        state = "已报送，待审核。" if event.verb == Verb.SUBMIT else "已由单位撤回。"
        review = reverse("review-report", args=[period.plan.slug, report.pk])
        notices.notify(reviewers, text=f"{department}{period.report_title}{state}", path=review, **told)


def tell_close_out(close_out, *, by, at):
    """办结: the coordinators of an application, its unit of the decision, all leads of a reopening."""
    task, key = close_out.task, f"close-out-{close_out.pk}-{close_out.status}"
    path = reverse("close-out", args=[task.plan.slug, close_out.pk])
    users = notices.people_of(close_out.department_id, but=by)
    if close_out.status == close_out.Status.APPLIED:
        users = notices.coordinators_of(task.plan.region_id, but=by, not_department=close_out.department_id)
        text = f"{close_out.department}申请第{task.number}项办结，待核查。"
    elif close_out.status == close_out.Status.REOPENED:
        period = close_out.reopened_in
        text = f"第{task.number}项已重新打开，自{period}起恢复报送：{close_out.reopening_reason}"
        held = Responsibility.objects.in_force(period.last_day).leads().filter(task=task)
        for lead in held.exclude(department=close_out.department_id).values_list("department_id", flat=True):
            notices.notify(notices.people_of(lead, but=by), text=text, path=path, key=key, at=at)
    else:
        text = f"第{task.number}项办结申请：{close_out.get_status_display()}。{close_out.reason}"
    notices.notify(users, text=text, path=path, key=key, at=at)


def tell_extension(extension, *, by, at):
    """延期: the coordinators of what a unit asks, the unit of the answer."""
    period, department = extension.period, extension.department
    key = f"extension-{extension.pk}-{extension.status}"
    if extension.status == extension.Status.ASKED:
        users = notices.coordinators_of(period.plan.region_id, but=by, not_department=department.pk)
        day = calendar.zh_day(extension.asked_until)
        text = f"{department}申请{period.report_title}延期至{day}，待答复：{extension.reason}"
        path = reverse("review", args=[period.plan.slug])
    else:
        users = notices.people_of(department.pk, but=by)
        text = f"{department}{period.report_title}{extension.answer}"
        path = filing_path(period, department.pk)
    notices.notify(users, text=text, path=path, key=key, at=at)


def tell_deadline(period, units, *, before, by, at):
    """改期: everybody of the units (ids) that owe the return; `before` is the day it was due till now."""
    due_on = calendar.local_day(period.due_at)
    earlier = f"，提前 {(before - due_on).days} 天" if due_on < before else ""
    text = (
        f"{period.report_title}的截止日期由{calendar.zh_day(before)}改为{calendar.zh_day(due_on)}{earlier}。"
        "尚未报送的，请按调整后的日期报送。"
    )
    path = reverse("filing-return", args=[period.plan.slug, period.code])
    key = f"due-{period.pk}-{due_on:%Y%m%d}-{at:%Y%m%d%H%M%S%f}"
    notices.notify(notices.people_of_units(units, but=by), text=text, path=path, key=key, at=at)


def tell_correction(erratum, units, *, by, at):
    """更正说明: everybody of the units (ids) whose figures or filing it is about."""
    plan, period = erratum.period.plan, erratum.period
    text = (
        f"{period}归档数据已作更正：{erratum.subject}，原为{erratum.old}，更正为{erratum.new}。"
        f"原因和依据：{erratum.reason}"
    )
    page = ("task", [plan.slug, erratum.task.number]) if erratum.task else ("dashboard", [plan.slug])
    path = f"{reverse(page[0], args=page[1])}?period={period.code}"
    key = f"erratum-{erratum.pk}"
    notices.notify(notices.people_of_units(units, but=by), text=text, path=path, key=key, at=at)


def tell_decision(task, units, *, told, period, by, at):
    """调整分工、增列: everybody of the units (ids) that gain, lose or change a part in the task; `told` says what.

    `period` is the one from which on, None where it is not opened yet.
    """
    key = f"duties-{task.pk}-{at:%Y%m%d%H%M%S%f}"
    text = f"第{task.number}项“{task.title[:60]}”{told}"
    people = notices.people_of_units(units, but=by)
    path = task.get_absolute_url() + (f"?period={period.code}" if period else "")
    notices.notify(people, text=text, path=path, key=key, at=at)


def tell_reminder(reminder, people):
    """提醒、催报: those people of the unit, in the reminder's own words."""
    path = filing_path(reminder.period, reminder.department_id)
    notices.notify(people, text=reminder.text, path=path, key=reminder.key, at=reminder.at)


def filing_path(period, department_id):
    """Where the unit files the period, as an address within the site."""
    return f"{reverse('filing-return', args=[period.plan.slug, period.code])}?unit={department_id}"


def tell_requests(requests, *, by, at):
    """征集: each unit asked, once for all of its lines."""
    by_unit = {}
    for request in requests:
        by_unit.setdefault(request.responsibility.department, []).append(request)
    for department, asked in by_unit.items():
        period, numbers = asked[0].period, "、".join(str(r.responsibility.task.number) for r in asked)
        path = filing_path(period, department.pk)
        text = f"{asked[0].lead}征集{period}第{numbers}项进展，请于{calendar.zh_day(asked[0].due_on)}前答复。{asked[0].note}"
        key = f"request-{period.pk}-{asked[0].lead_id}-{department.pk}-{numbers}"
        notices.notify(notices.people_of(department.pk, but=by), text=text, path=path, key=key, at=at)


def tell_answer(request, *, by, at):
    """答复: the unit that asked."""
    responsibility, period = request.responsibility, request.period
    path = filing_path(period, request.lead_id)
    text = f"{responsibility.department}已答复{period}第{responsibility.task.number}项的征集。"
    key = f"answer-{request.pk}-{at:%Y%m%d%H%M%S}"
    notices.notify(notices.people_of(request.lead_id, but=by), text=text, path=path, key=key, at=at)


def tell_no_duty(claim, *, by, at):
    """无具体任务: the leads of a claim, the claiming unit of the decision."""
    responsibility = claim.responsibility
    task, department = responsibility.task, responsibility.department
    path = reverse("filing", args=[task.plan.slug])
    key = f"no-duty-{claim.pk}-{claim.status}"
    if claim.status == claim.Status.ASKED:
        held = Responsibility.objects.in_force(calendar.local_day(at)).leads().filter(task=task)
        text = f"{department}提出在第{task.number}项中无具体任务，请在“征集和分工”中确认：{claim.reason}"
        for lead in held.values_list("department_id", flat=True):
            notices.notify(notices.people_of(lead, but=by), text=text, path=path, key=key, at=at)
    else:
        text = f"第{task.number}项无具体任务：{claim.get_status_display()}。{claim.decision}"
        notices.notify(notices.people_of(department.pk, but=by), text=text, path=path, key=key, at=at)


def _to_unit(report, event):
    what = f"{report.department}{report.period.report_title}"
    said = f"：{event.reason}" if event.reason else "。"
    if event.verb == Verb.RETURN:
        due = resubmission_due(event.at, report.period.plan.resubmit_working_days)
        day = calendar.zh_day(calendar.local_day(due))
        return f"{what}被退回补正，请于{day}24时前重新报送{said}"
    if event.verb == Verb.SUBMIT and event.proxy_source:
        return f"{what}已由{event.by}代填报送，依据：{event.proxy_source}。"
    return {
        Verb.SEND_UP: f"{what}待您审核。",
        Verb.SUBMIT: f"{what}已报送县科协。",
        Verb.SEND_BACK: f"{what}已由本单位审核人退回修改{said}",
        Verb.RECALL: f"{what}已收回修改。",
        Verb.WITHDRAW: f"{what}已撤回。",
        Verb.ACCEPT: f"{what}审核通过。",
        Verb.REOPEN: f"{what}被重新打开，请修改后重新报送{said}",
    }[event.verb]
