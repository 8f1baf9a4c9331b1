"""The workflow's verbs as a posted form asks for them: the same from the pages and from the admin."""

from tasks import workflow
from tasks.forms import SignatureForm
from tasks.models import ReportEvent
from tasks.posted import posted_ids, posted_text

Verb = ReportEvent.Verb
SUBMIT_SIGNED = "SUBMIT_SIGNED"
UNIT_VERBS = {Verb.SEND_UP, Verb.SUBMIT, SUBMIT_SIGNED, Verb.SEND_BACK, Verb.RECALL, Verb.WITHDRAW}
REVIEW_VERBS = {Verb.ACCEPT, Verb.RETURN, Verb.REOPEN}
LONGEST_REMARK, LONGEST_SOURCE = 500, 200
BEGINNING_VERBS = {Verb.SEND_UP, Verb.SUBMIT, SUBMIT_SIGNED}
DONE = {
    Verb.SEND_UP: "已送本单位审核人审核。",
    Verb.SUBMIT: "已报送县科协。",
    SUBMIT_SIGNED: "已按线下签批报送县科协。",
    Verb.SEND_BACK: "已退回填报人修改。",
    Verb.RECALL: "已收回，可以继续修改。",
    Verb.WITHDRAW: "已撤回，可以继续修改。",
    Verb.ACCEPT: "{0.department}{0.period.report_title}审核通过。",
    Verb.RETURN: "已退回{0.department}补正。",
    Verb.REOPEN: "已重新打开，退回{0.department}修改；该季报不再计入进展。",
}


def posted_number(data, name):
    """A posted version or id; -1, which nothing has, for anything that is none."""
    text = data.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def carry_out(report, data, files, *, version, by, at):
    """Do the verb posted in `data` with its reason, lines, signature or source; the sentence that says so.

    `files` are the uploaded ones, of which a signature's scan is read.

    Raises what the workflow raises, and Refused for a verb that is none.
    """
    verb = data.get("verb", "")
    asked = {"by": by, "at": at, "version": version}
    if verb in (Verb.SUBMIT, SUBMIT_SIGNED):
        signature = _signature(data, files, at) if verb == SUBMIT_SIGNED else None
        source = posted_text(data, "proxy_source", LONGEST_SOURCE)
        workflow.submit(report, **asked, signature=signature, proxy_source=source)
    elif verb == Verb.RETURN:
        lines = posted_ids(data, "lines")
        remarks = {line: posted_text(data, f"remark-{line}", LONGEST_REMARK) for line in lines}
        reason = posted_text(data, "reason")
        code = ReportEvent.Code.EMPTY if data.get("code") == ReportEvent.Code.EMPTY else ""
        workflow.return_report(report, **asked, reason=reason, lines=lines, remarks=remarks, code=code)
    elif verb in _WITH_REASON:
        _WITH_REASON[verb](report, **asked, reason=posted_text(data, "reason"))
    elif verb in _PLAIN:
        _PLAIN[verb](report, **asked)
    else:
        raise workflow.Refused("没有这个操作。")
    return report.period.plan.words.worded(DONE[verb]).format(report)


_PLAIN = {
    Verb.SEND_UP: workflow.send_up,
    Verb.RECALL: workflow.recall,
    Verb.WITHDRAW: workflow.withdraw,
    Verb.ACCEPT: workflow.accept,
}
_WITH_REASON = {Verb.SEND_BACK: workflow.send_back, Verb.REOPEN: workflow.reopen}


def _signature(data, files, at):
    form = SignatureForm(data, files, at=at)
    if not form.is_valid():
        raise workflow.Refused(f"线下签批：{next(iter(form.errors.values()))[0]}")
    return form.signature()
