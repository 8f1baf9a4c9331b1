"""The verbs that move a quarterly report, and their refusals (DESIGN §4, Workflow).

Every verb locks the report, compares `version` with the one its caller saw, checks who asks and in which
state and period, writes one `ReportEvent` in the same transaction and returns the report as it is then.
"""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from departments import permissions as roles

from . import calendar, permissions, uploads
from .calendar import SHANGHAI
from .completeness import missing_lines
from .models import QuarterlyReport, ReportEvent
from .refusals import Incomplete, NotAllowed, Outdated, Refused
from .reviewers import is_own, reason_not_reviewer
from .telling import tell_event

Status = QuarterlyReport.Status
Verb = ReportEvent.Verb

ALLOWED_FROM = {
    Verb.SEND_UP: {Status.DRAFT, Status.RETURNED},
    Verb.SUBMIT: {Status.DRAFT, Status.RETURNED, Status.ENDORSING},
    Verb.SEND_BACK: {Status.ENDORSING},
    Verb.RECALL: {Status.ENDORSING},
    Verb.WITHDRAW: {Status.SUBMITTED},
    Verb.ACCEPT: {Status.SUBMITTED},
    Verb.RETURN: {Status.SUBMITTED},
    Verb.REOPEN: {Status.ACCEPTED},
}
EDITABLE = {Status.DRAFT, Status.RETURNED}
WHY_FIXED = {
    Status.ENDORSING: "季报正由本单位审核人审核，不能修改；需要修改的，请先收回或退回修改。",
    Status.SUBMITTED: "季报已报送县科协，不能修改；审核前需要修改的，请先撤回。",
    Status.ACCEPTED: "季报已审核通过，不能修改；确需更正的，请县科协重新打开。",
}
COORDINATOR_VERBS = {Verb.ACCEPT, Verb.RETURN, Verb.REOPEN}
ENDING_ENDORSEMENT = {Verb.SUBMIT, Verb.SEND_BACK, Verb.RECALL}
RESUBMISSION_VERBS = {Verb.SEND_UP, Verb.SUBMIT}


@dataclass(frozen=True)
class Signature:
    """线下签批: who signed the paper, in which post, when; `scan` is the uploaded file of the signed paper."""

    name: str
    post: str
    on: date
    scan: object = None


def send_up(report, *, by, at, version):
    """送审: the reporter hands the complete return to the unit's approver."""
    with transaction.atomic():
        report = _locked(report, Verb.SEND_UP, at=at, version=version)
        _require(roles.is_reporter(by, report.department_id), "只有本单位填报人可以送审。")
        if not roles.has_active_approver(report.department_id):
            raise Refused("本单位没有审核人，请直接报送。")
        _require_complete(report)
        return _move(report, Verb.SEND_UP, Status.ENDORSING, by=by, at=at)


def submit(report, *, by, at, version, signature=None, proxy_source=""):
    """报送, to 县科协.

    From 单位审核中 by the approver. From 草稿 or 退回补正 by the reporter of a unit without an active approver
    or with `signature` (线下签批), or by a coordinator for the unit (代填), naming `proxy_source`.
    """
    with transaction.atomic():
        report = _locked(report, Verb.SUBMIT, at=at, version=version, by=by)
        proxy_source = proxy_source.strip()
        if report.status == Status.ENDORSING:
            _require(
                roles.is_approver(by, report.department_id),
                f"单位审核中的{report.period.plan.words.report}由本单位审核人报送。",
            )
            signature, proxy_source = None, ""
        elif roles.is_reporter(by, report.department_id):
            proxy_source = ""
            if signature is None and roles.has_active_approver(report.department_id):
                raise Refused("本单位设有审核人，请先送审；已在纸上签批的，请登记线下签批。")
        else:
            _require(permissions.coordinates(by, report.period.plan), "只有本单位填报人可以报送。")
            _require(permissions.files_by_proxy(by, report), "该单位已自行填写，请由其自行报送。")
            if not proxy_source:
                raise Refused("代填须写明所依据的材料，如“县林业局2023年10月8日书面报送表”。")
        if signature is not None:
            _require_signature(signature, report.period.plan)
        _require_complete(report)
        report.first_submitted_at = report.first_submitted_at or at.replace(microsecond=0)
        return _submitted(report, signature, by=by, at=at, proxy_source=proxy_source)


def send_back(report, *, by, at, version, reason):
    """退回修改: the approver gives it back to the reporter."""
    with transaction.atomic():
        report = _locked(report, Verb.SEND_BACK, at=at, version=version)
        _require(roles.is_approver(by, report.department_id), "只有本单位审核人可以退回修改。")
        return _move(
            report, Verb.SEND_BACK, _state_before_endorsing(report), by=by, at=at, reason=_given(reason)
        )


def recall(report, *, by, at, version):
    """收回: the reporter takes it back from the approver."""
    with transaction.atomic():
        report = _locked(report, Verb.RECALL, at=at, version=version)
        own = roles.is_reporter(by, report.department_id) or permissions.files_by_proxy(by, report)
        _require(own, "只有本单位填报人可以收回。")
        return _move(report, Verb.RECALL, _state_before_endorsing(report), by=by, at=at)


def withdraw(report, *, by, at, version):
    """撤回: the unit takes back what nobody has reviewed; it has then not been filed, unless returned before."""
    with transaction.atomic():
        report = _locked(report, Verb.WITHDRAW, at=at, version=version)
        _require(roles.files_for(by, report.department_id), "只有本单位可以撤回。")
        came_back = latest_return(report)
        if came_back is None or came_back.code == ReportEvent.Code.EMPTY:
            report.first_submitted_at = None
        return _move(report, Verb.WITHDRAW, Status.DRAFT, by=by, at=at)


def accept(report, *, by, at, version):
    """审核通过, by a coordinator who neither submitted it nor belongs to the unit.

    Where the region has no other coordinator it is accepted all the same, marked 自报未经他方审核.
    """
    with transaction.atomic():
        report = _locked(report, Verb.ACCEPT, at=at, version=version)
        self_reviewed = _require_reviewer(report, by)
        return _move(report, Verb.ACCEPT, Status.ACCEPTED, by=by, at=at, self_reviewed=self_reviewed)


def return_report(report, *, by, at, version, reason="", lines=(), remarks=None, code=""):
    """退回补正, with a reason, and the `lines` (responsibility ids) it is about with their `remarks` {id: text}.

    The reason may be left out where a line has a remark. With the code 实质空报 the return was none: it counts as
    not filed, and is filed when it comes again (DESIGN §4, Rates).
    """
    with transaction.atomic():
        report = _locked(report, Verb.RETURN, at=at, version=version)
        self_reviewed = _require_reviewer(report, by)
        lines = _own_lines(report, lines)
        told = {pk: text.strip() for pk, text in (remarks or {}).items() if pk in lines and text.strip()}
        if code == ReportEvent.Code.EMPTY:
            report.first_submitted_at = None
        return _move(
            report,
            Verb.RETURN,
            Status.RETURNED,
            by=by,
            at=at,
            reason=reason.strip() if told else _given(reason),
            lines=lines,
            remarks={str(pk): text for pk, text in told.items()},
            said=_said(report),
            code=code,
            self_reviewed=self_reviewed,
        )


def reopen(report, *, by, at, version, reason):
    """重新打开: an accepted return goes back to its unit and stops counting."""
    with transaction.atomic():
        report = _locked(report, Verb.REOPEN, at=at, version=version)
        _require(permissions.coordinates(by, report.period.plan), "只有科协工作人员可以重新打开。")
        details = {"reason": _given(reason), "said": _said(report)}
        return _move(report, Verb.REOPEN, Status.RETURNED, by=by, at=at, **details)


def was_returned(report):
    """Whether the report has ever come back to its unit from 县科协."""
    return latest_return(report) is not None


def latest_return(report):
    """The event by which the report last came back from 县科协; None if it never did."""
    return report.events.filter(verb__in=[Verb.RETURN, Verb.REOPEN]).order_by("-at", "-pk").first()


def require_open_for_lines(report, *, at, by):
    """Refuse to change lines of a report that is under way, or in a period that is not open for it."""
    why = reason_lines_fixed(report, at=at, by=by)
    if why:
        raise Refused(why)


def reason_lines_fixed(report, *, at, by):
    """Why the report's lines cannot be changed now, as a sentence; '' when they can."""
    if report.period.frozen_at:
        return reason_not_open(report.period, at=at)
    if report.status not in EDITABLE:
        return report.period.plan.words.worded(WHY_FIXED[report.status])
    if ended := reason_not_owing(report):
        return ended
    return reason_not_taken(report, at=at, coordinator=not roles.is_reporter(by, report.department_id))


def reason_not_owing(report):
    """Why the return is not its unit's, which did not exist on the quarter's last day; '' where it did.

    What a former unit has filed, who took its place corrects all the same.
    """
    unit, period = report.department, report.period
    if report.first_submitted_at or unit.exists_on(period.last_day):
        return ""
    if unit.ends_on is None or (unit.begins_on and unit.begins_on > period.last_day):
        return f"{unit}自{calendar.zh_day(unit.begins_on)}起设立，{period}由原单位报送。"
    return f"{unit}至{calendar.zh_day(unit.ends_on)}止，{period}由承接其工作的单位报送。"


def reason_not_open(period, *, at):
    """Why a unit cannot begin a return in the period now, as a sentence; '' when it can."""
    if period.frozen_at:
        return f"{period}已定稿归档，不能再填报。"
    if period.closed_at:
        return f"{period}已截止填报。"
    if at < period.opens_at:
        return f"{period}尚未开放填报。"
    return ""


def reason_not_taken(report, *, at, coordinator=False, verb=None):
    """Why the period takes no change of the report now, or none by the `verb`, as a sentence; '' when it does.

    Open: all. Closed: the coordinator's, resubmission of what was returned, and what ends 单位审核中, for a report
    was sent up while the period was open; what then came back to its reporter can be filed like what was returned.
    Frozen: none.
    """
    period = report.period
    why = reason_not_open(period, at=at)
    if not why or not period.closed_at or period.frozen_at:
        return why
    sent_up = report.status == Status.ENDORSING and verb in ENDING_ENDORSEMENT
    if coordinator or sent_up:
        return ""
    again = report.pk and (verb is None or verb in RESUBMISSION_VERBS)
    return "" if again and (was_returned(report) or _came_back_since_closing(report)) else why


def _came_back_since_closing(report):
    """Whether its own approver had the return when the period was closed, and it has come back to the reporter since."""
    back = report.events.filter(verb__in=[Verb.SEND_BACK, Verb.RECALL], at__gte=report.period.closed_at)
    return back.exists()


def locked_report(period, **which):
    """The period's report, locked to the end of the transaction, with period, plan and unit; None if absent.

    The period is held before the report is locked: a reform, which waits for everybody who holds one, locks reports too.
    """
    period.hold()
    return (
        QuarterlyReport.objects.select_for_update(of=("self",))
        .select_related("period__plan__region", "department")
        .filter(period=period, **which)
        .first()
    )


def latest_event(report):
    return report.events.select_related("by").order_by("-at", "-pk").first()


def _locked(report, verb, *, at, version, by=None):
    words = report.period.plan.words
    report = locked_report(report.period, pk=report.pk)
    if report is None:
        raise Outdated(words.worded("季报尚未保存，请先填写。"))
    if report.version != version:
        raise Outdated(_who_changed(report))
    if report.status not in ALLOWED_FROM[verb]:
        raise Refused(f"{words.report}“{report.get_status_display()}”，不能{verb.label}。")
    proxy = by is not None and not roles.files_for(by, report.department_id)
    _require_period(report, at=at, coordinator=verb in COORDINATOR_VERBS or proxy, verb=verb)
    return report


def _require_period(report, *, at, coordinator, verb):
    why = reason_not_taken(report, at=at, coordinator=coordinator, verb=verb)
    if why:
        raise Refused(why)


def _require(allowed, sentence):
    if not allowed:
        raise NotAllowed(sentence)


def _require_complete(report):
    if ended := reason_not_owing(report):
        raise Refused(ended)
    missing = missing_lines(report)
    if missing:
        raise Incomplete(missing)


def _require_reviewer(report, user):
    """Whether the review is one's own for want of another reviewer; refused where there is another."""
    why = reason_not_reviewer(report, user)
    _require(not why, why)
    return is_own(report, user)


def _require_signature(signature, plan):
    if not (signature.name.strip() and signature.post.strip() and signature.on):
        raise Refused("线下签批须写明签批人、职务和日期。")
    if plan.signed_scan_required and signature.scan is None:
        raise Refused("线下签批须附扫描件：请上传已签字或盖章的报送表扫描件。")


def _submitted(report, signature, **details):
    """The move to 县科协, with who signed on paper and the scan of it in the same transaction."""
    if signature is None:
        return _move(report, Verb.SUBMIT, Status.SUBMITTED, **details)
    details |= {"signed_name": signature.name, "signed_post": signature.post, "signed_on": signature.on}
    if signature.scan is None:
        return _move(report, Verb.SUBMIT, Status.SUBMITTED, **details)
    scan = uploads.checked(signature.scan, by=details["by"], at=details["at"])
    with uploads.stored(scan, signature.scan):
        report = _move(report, Verb.SUBMIT, Status.SUBMITTED, **details)
        scan.event = report.events.order_by("pk").last()
        scan.save()
    return report


def _state_before_endorsing(report):
    return report.events.filter(verb=Verb.SEND_UP).order_by("-at", "-pk").first().from_status


def _own_lines(report, lines):
    """Those of the responsibility ids that the report has a line for, in order."""
    return sorted(set(lines) & set(report.entries.values_list("responsibility_id", flat=True)))


def _said(report):
    """{responsibility id as text: what its line says} as the report goes back to be changed."""
    said = {str(entry.responsibility_id): entry.said for entry in report.entries.all()}
    return {pk: fields for pk, fields in said.items() if fields}


def _given(reason):
    if not reason.strip():
        raise Refused("请写明理由。")
    return reason.strip()


def _who_changed(report):
    """The sentence for the loser of a race: who did what last."""
    event = latest_event(report)
    entry = report.entries.select_related("updated_by").order_by("-updated_at").first()
    if entry and entry.updated_by and (event is None or entry.updated_at > event.at):
        who, what, when = entry.updated_by, "修改了内容", entry.updated_at
    elif event:
        who, what, when = event.by, event.get_verb_display(), event.at
    else:
        return f"{report.period.plan.words.report}内容已变化，请核对最新内容后再操作。"
    return f"{who}已于{when.astimezone(SHANGHAI):%m月%d日%H:%M}{what}，请核对最新内容后再操作。"


def _move(report, verb, to_status, *, by, at, **details):
    event = ReportEvent.objects.create(
        report=report, verb=verb, from_status=report.status, to_status=to_status, by=by, at=at, **details
    )
    report.status = to_status
    report.version += 1
    report.save(update_fields=["status", "version", "first_submitted_at"])
    tell_event(report, event)
    return report
