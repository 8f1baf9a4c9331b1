"""The workflow table of DESIGN §4: every state, verb, person and period, and what each verb leaves on record."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from departments.models import AuditRecord, Membership, Role
from tasks import workflow
from tasks.models import ProgressEntry, QuarterlyReport, ReportEvent
from tasks.refusals import Incomplete, NotAllowed, Outdated, Refused
from tasks.workflow import Signature
from tests import factories
from tests.factories import moment

AT = moment("2023-10-09 10:00")
LATER = moment("2023-10-12 16:30")
SIGNATURE = Signature(name="李建国", post="县农业农村委主任", on=date(2023, 10, 8))
PAPER = "县农业农村委2023年10月8日书面报送表"
BLANK_EVENT = {
    "reason": "",
    "lines": [],
    "remarks": {},
    "said": {},
    "code": "",
    "signed_name": "",
    "signed_post": "",
    "signed_on": None,
    "proxy_source": "",
    "self_reviewed": False,
}
ON_PAPER = {"signed_name": "李建国", "signed_post": "县农业农村委主任", "signed_on": date(2023, 10, 8)}

VERBS = {
    "SEND_UP": (workflow.send_up, {}),
    "SUBMIT": (workflow.submit, {}),
    "SIGNED": (workflow.submit, {"signature": SIGNATURE}),
    "SEND_BACK": (workflow.send_back, {"reason": "请补充培训人次"}),
    "RECALL": (workflow.recall, {}),
    "WITHDRAW": (workflow.withdraw, {}),
    "ACCEPT": (workflow.accept, {}),
    "RETURN": (workflow.return_report, {"reason": "第2项数据与台账不符"}),
    "REOPEN": (workflow.reopen, {"reason": "数据有误"}),
}
USUAL = {
    "SEND_UP": "nongye",
    "SUBMIT": "nongye_sh",
    "SIGNED": "nongye",
    "SEND_BACK": "nongye_sh",
    "RECALL": "nongye",
    "WITHDRAW": "nongye",
    "ACCEPT": "kexie",
    "RETURN": "kexie",
    "REOPEN": "kexie",
}
WALKS = {
    "DRAFT": "",
    "DRAFT_AGAIN": "SIGNED RETURN SIGNED WITHDRAW",
    "ENDORSING": "SEND_UP",
    "ENDORSING_AGAIN": "SIGNED RETURN SEND_UP",
    "SUBMITTED": "SIGNED",
    "SUBMITTED_AGAIN": "SIGNED RETURN SEND_UP SUBMIT",
    "RETURNED": "SIGNED RETURN",
    "ACCEPTED": "SIGNED ACCEPT",
}
COLUMNS = ("reporter", "approver", "coordinator", "stranger")

# What each row's four persons get in an open period, then in a closed one. A verb without a row is refused to
# everybody; nothing moves before the opening or after archiving.
TABLE = """
DRAFT            SEND_UP    ENDORSING   NotAllowed  NotAllowed  NotAllowed   Refused     Refused     Refused     Refused
DRAFT            SUBMIT     Refused     NotAllowed  NotAllowed  NotAllowed   Refused     Refused     NotAllowed  NotAllowed
DRAFT            SIGNED     SUBMITTED   NotAllowed  NotAllowed  NotAllowed   Refused     Refused     NotAllowed  NotAllowed
DRAFT_AGAIN      SEND_UP    ENDORSING   NotAllowed  NotAllowed  NotAllowed   ENDORSING   NotAllowed  NotAllowed  NotAllowed
DRAFT_AGAIN      SUBMIT     Refused     NotAllowed  NotAllowed  NotAllowed   Refused     NotAllowed  NotAllowed  NotAllowed
DRAFT_AGAIN      SIGNED     SUBMITTED   NotAllowed  NotAllowed  NotAllowed   SUBMITTED   NotAllowed  NotAllowed  NotAllowed
RETURNED         SEND_UP    ENDORSING   NotAllowed  NotAllowed  NotAllowed   ENDORSING   NotAllowed  NotAllowed  NotAllowed
RETURNED         SUBMIT     Refused     NotAllowed  NotAllowed  NotAllowed   Refused     NotAllowed  NotAllowed  NotAllowed
RETURNED         SIGNED     SUBMITTED   NotAllowed  NotAllowed  NotAllowed   SUBMITTED   NotAllowed  NotAllowed  NotAllowed
ENDORSING        SUBMIT     NotAllowed  SUBMITTED   NotAllowed  NotAllowed   NotAllowed  SUBMITTED   NotAllowed  NotAllowed
ENDORSING        SIGNED     NotAllowed  SUBMITTED   NotAllowed  NotAllowed   NotAllowed  SUBMITTED   NotAllowed  NotAllowed
ENDORSING        SEND_BACK  NotAllowed  DRAFT       NotAllowed  NotAllowed   NotAllowed  DRAFT       NotAllowed  NotAllowed
ENDORSING        RECALL     DRAFT       NotAllowed  NotAllowed  NotAllowed   DRAFT       NotAllowed  NotAllowed  NotAllowed
ENDORSING_AGAIN  SUBMIT     NotAllowed  SUBMITTED   NotAllowed  NotAllowed   NotAllowed  SUBMITTED   NotAllowed  NotAllowed
ENDORSING_AGAIN  SIGNED     NotAllowed  SUBMITTED   NotAllowed  NotAllowed   NotAllowed  SUBMITTED   NotAllowed  NotAllowed
ENDORSING_AGAIN  SEND_BACK  NotAllowed  RETURNED    NotAllowed  NotAllowed   NotAllowed  RETURNED    NotAllowed  NotAllowed
ENDORSING_AGAIN  RECALL     RETURNED    NotAllowed  NotAllowed  NotAllowed   RETURNED    NotAllowed  NotAllowed  NotAllowed
SUBMITTED        WITHDRAW   DRAFT       DRAFT       NotAllowed  NotAllowed   Refused     Refused     Refused     Refused
SUBMITTED        ACCEPT     NotAllowed  NotAllowed  ACCEPTED    NotAllowed   NotAllowed  NotAllowed  ACCEPTED    NotAllowed
SUBMITTED        RETURN     NotAllowed  NotAllowed  RETURNED    NotAllowed   NotAllowed  NotAllowed  RETURNED    NotAllowed
SUBMITTED_AGAIN  WITHDRAW   DRAFT       DRAFT       NotAllowed  NotAllowed   Refused     Refused     Refused     Refused
SUBMITTED_AGAIN  ACCEPT     NotAllowed  NotAllowed  ACCEPTED    NotAllowed   NotAllowed  NotAllowed  ACCEPTED    NotAllowed
SUBMITTED_AGAIN  RETURN     NotAllowed  NotAllowed  RETURNED    NotAllowed   NotAllowed  NotAllowed  RETURNED    NotAllowed
ACCEPTED         REOPEN     NotAllowed  NotAllowed  RETURNED    NotAllowed   NotAllowed  NotAllowed  RETURNED    NotAllowed
"""
EXPECTED = {(row[0], row[1]): (row[2:6], row[6:10]) for row in map(str.split, TABLE.strip().splitlines())}
EVERYBODY_REFUSED = ["Refused"] * 4


def act(verb, report, by, *, at=AT, **more):
    do, arguments = VERBS[verb]
    return do(report, by=by, at=at, **{"version": report.version} | arguments | more)


def walk(report, cast, steps):
    """Take the usual people's steps, one a minute, ending before `AT`; returns the report."""
    verbs = steps.split()
    for minutes, verb in enumerate(verbs):
        report = act(
            verb, report, getattr(cast, USUAL[verb]), at=AT - timedelta(minutes=len(verbs) - minutes)
        )
    return report


def rows():
    """All that a verb might have written."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (QuarterlyReport, ProgressEntry, ReportEvent, AuditRecord)
    ]


def refusal(verb, report, by, **more):
    """The refusal of the verb, which must have left every row as it was."""
    before = rows()
    with pytest.raises(Refused) as refused:
        act(verb, report, by, **more)
    assert rows() == before
    return refused.value


def outcome(verb, report, by):
    """The status that the verb leads to (then taken back), or the class of its refusal."""
    with transaction.atomic():
        try:
            moved = act(verb, report, by)
        except Refused as refused:
            return type(refused).__name__
        transaction.set_rollback(True)
    return moved.status


def last_event(report):
    """The report's latest event as a dict without keys of its own and of the report."""
    event = ReportEvent.objects.filter(report=report).order_by("-pk").values().first()
    return {name: value for name, value in event.items() if name not in ("id", "report_id")}


@pytest.fixture
def draft(period, units, cast):
    """县农业农村委's complete draft: it has a reporter and an approver."""
    report = factories.fill(period, units.nongye, by=cast.nongye, at=AT - timedelta(hours=1))
    return QuarterlyReport.objects.get(pk=report.pk)


@pytest.fixture
def persons(cast, units):
    elsewhere = factories.make_department("县科协", factories.make_region("巫溪县", "500238"))
    left = factories.make_user("left", (Role.REPORTER, units.nongye))
    left.is_active = False
    left.save()
    return {
        "reporter": [cast.nongye],
        "approver": [cast.nongye_sh],
        "coordinator": [cast.kexie, cast.zhengfuban],
        "stranger": [
            cast.jiaowei,
            cast.lingdao,
            cast.shenji,
            left,
            factories.make_user("wuxi", (Role.COORDINATOR, elsewhere)),
        ],
    }


def put(period, state):
    """The period not opened yet, closed or frozen at `AT`; open by itself."""
    fields = {
        "open": {},
        "closed": {"closed_at": AT - timedelta(minutes=1)},
        "frozen": {"closed_at": AT - timedelta(minutes=2), "frozen_at": AT - timedelta(minutes=1)},
        "not opened": {"opens_at": AT + timedelta(seconds=1)},
    }[state]
    type(period).objects.filter(pk=period.pk).update(**fields)


@pytest.mark.parametrize("state", WALKS)
@pytest.mark.parametrize("verb", VERBS)
def test_the_table(state, verb, draft, cast, persons, period):
    report = walk(draft, cast, WALKS[state])
    in_open, in_closed = EXPECTED.get((state, verb), (EVERYBODY_REFUSED, EVERYBODY_REFUSED))
    expected = {
        "open": in_open,
        "closed": in_closed,
        "frozen": EVERYBODY_REFUSED,
        "not opened": EVERYBODY_REFUSED,
    }
    for period_state, row in expected.items():
        put(period, period_state)
        before = rows()
        outcomes = {
            column: {outcome(verb, report, person) for person in persons[column]} for column in COLUMNS
        }
        assert outcomes == {column: {cell} for column, cell in zip(COLUMNS, row, strict=True)}, period_state
        assert rows() == before


MOVES = [
    ("DRAFT", "SEND_UP", "nongye", "ENDORSING", {"verb": "SEND_UP"}),
    ("DRAFT", "SIGNED", "nongye", "SUBMITTED", {"verb": "SUBMIT", **ON_PAPER}),
    ("RETURNED", "SEND_UP", "nongye", "ENDORSING", {"verb": "SEND_UP"}),
    ("RETURNED", "SIGNED", "nongye", "SUBMITTED", {"verb": "SUBMIT", **ON_PAPER}),
    ("ENDORSING", "SUBMIT", "nongye_sh", "SUBMITTED", {"verb": "SUBMIT"}),
    ("ENDORSING", "SIGNED", "nongye_sh", "SUBMITTED", {"verb": "SUBMIT"}),
    ("ENDORSING", "SEND_BACK", "nongye_sh", "DRAFT", {"verb": "SEND_BACK", "reason": "请补充培训人次"}),
    ("ENDORSING", "RECALL", "nongye", "DRAFT", {"verb": "RECALL"}),
    (
        "ENDORSING_AGAIN",
        "SEND_BACK",
        "nongye_sh",
        "RETURNED",
        {"verb": "SEND_BACK", "reason": "请补充培训人次"},
    ),
    ("ENDORSING_AGAIN", "RECALL", "nongye", "RETURNED", {"verb": "RECALL"}),
    ("SUBMITTED", "WITHDRAW", "nongye_sh", "DRAFT", {"verb": "WITHDRAW"}),
    ("SUBMITTED", "ACCEPT", "kexie", "ACCEPTED", {"verb": "ACCEPT"}),
    ("SUBMITTED", "RETURN", "kexie", "RETURNED", {"verb": "RETURN", "reason": "第2项数据与台账不符"}),
    ("ACCEPTED", "REOPEN", "kexie", "RETURNED", {"verb": "REOPEN", "reason": "数据有误"}),
]


@pytest.mark.parametrize(("state", "verb", "who", "to", "event"), MOVES)
def test_a_verb_moves_the_report_once_and_is_on_record(state, verb, who, to, event, draft, cast):
    report = walk(draft, cast, WALKS[state])
    before = QuarterlyReport.objects.values().get(pk=report.pk)
    events, by = report.events.count(), getattr(cast, who)
    said = {str(entry.responsibility_id): entry.said for entry in report.entries.all()}

    moved = act(verb, report, by)

    submitted = {"SUBMIT": before["first_submitted_at"] or AT, "WITHDRAW": None}
    first = submitted.get(event["verb"], before["first_submitted_at"])
    after = {"status": to, "version": before["version"] + 1, "first_submitted_at": first}
    assert QuarterlyReport.objects.values().get(pk=report.pk) == before | after
    assert (moved.pk, moved.status, moved.version) == (report.pk, to, after["version"])
    assert report.events.count() == events + 1
    assert last_event(report) == BLANK_EVENT | event | {
        "from_status": before["status"],
        "to_status": to,
        "at": AT,
        "by_id": by.pk,
        "said": said if verb in ("RETURN", "REOPEN") else {},
    }


def test_event_and_move_stand_or_fall_together(draft, cast, monkeypatch):
    before = rows()

    def fail(self, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(QuarterlyReport, "save", fail)
    with pytest.raises(RuntimeError):
        act("SEND_UP", draft, cast.nongye)
    assert rows() == before


def test_not_allowed_is_a_refusal_and_a_403():
    assert issubclass(NotAllowed, Refused)
    assert issubclass(NotAllowed, PermissionDenied)
    assert not issubclass(Outdated, PermissionDenied)


def test_an_old_version_is_refused_and_says_who_did_what_when(draft, cast):
    walk(draft, cast, "SEND_UP")
    refused = refusal("SEND_UP", draft, cast.nongye)
    assert type(refused) is Outdated
    assert str(refused) == "王琳已于10月09日09:59送审，请核对最新内容后再操作。"


def test_a_line_saved_meanwhile_makes_the_verb_outdated(draft, cast, period, units):
    seen = draft.version
    factories.fill(period, units.nongye, by=cast.nongye, at=AT - timedelta(minutes=5), completion=45)
    refused = refusal("SEND_UP", draft, cast.nongye, version=seen)
    assert str(refused) == "王琳已于10月09日09:55修改了内容，请核对最新内容后再操作。"


def test_a_version_that_nobody_explains_is_refused_all_the_same(period, units, cast):
    report = QuarterlyReport.objects.create(period=period, department=units.nongye, version=3)
    assert (
        str(refusal("SEND_UP", report, cast.nongye, version=2)) == "季报内容已变化，请核对最新内容后再操作。"
    )


def test_a_report_that_is_not_saved_yet_cannot_move(period, units, cast):
    refused = refusal("SEND_UP", QuarterlyReport(period=period, department=units.nongye), cast.nongye)
    assert (type(refused), str(refused)) == (Outdated, "季报尚未保存，请先填写。")


@pytest.mark.parametrize(
    ("state", "verb", "who", "sentence"),
    [
        ("DRAFT", "ACCEPT", "kexie", "季报“草稿”，不能审核通过。"),
        ("ACCEPTED", "RETURN", "kexie", "季报“审核通过”，不能退回补正。"),
        ("DRAFT", "SUBMIT", "nongye", "本单位设有审核人，请先送审；已在纸上签批的，请登记线下签批。"),
        ("DRAFT", "SUBMIT", "kexie", "该单位已自行填写，请由其自行报送。"),
        ("DRAFT", "SUBMIT", "jiaowei", "只有本单位填报人可以报送。"),
        ("DRAFT", "SEND_UP", "nongye_sh", "只有本单位填报人可以送审。"),
        ("ENDORSING", "SUBMIT", "nongye", "单位审核中的季报由本单位审核人报送。"),
        ("ENDORSING", "SEND_BACK", "nongye", "只有本单位审核人可以退回修改。"),
        ("ENDORSING", "RECALL", "nongye_sh", "只有本单位填报人可以收回。"),
        ("SUBMITTED", "WITHDRAW", "kexie", "只有本单位可以撤回。"),
        ("SUBMITTED", "ACCEPT", "nongye", "只有科协工作人员可以审核。"),
        ("ACCEPTED", "REOPEN", "lingdao", "只有科协工作人员可以重新打开。"),
    ],
)
def test_a_refusal_is_a_sentence(state, verb, who, sentence, draft, cast):
    assert str(refusal(verb, walk(draft, cast, WALKS[state]), getattr(cast, who))) == sentence


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("not opened", "2023年第三季度尚未开放填报。"),
        ("closed", "2023年第三季度已截止填报。"),
        ("frozen", "2023年第三季度已定稿归档，不能再填报。"),
    ],
)
def test_a_period_that_takes_nothing_says_so(state, sentence, draft, cast, period):
    put(period, state)
    assert str(refusal("SEND_UP", draft, cast.nongye)) == sentence


@pytest.mark.parametrize("verb", ["SEND_BACK", "RETURN", "REOPEN"])
def test_sending_something_back_needs_a_reason(verb, draft, cast):
    state = {"SEND_BACK": "ENDORSING", "RETURN": "SUBMITTED", "REOPEN": "ACCEPTED"}[verb]
    report = walk(draft, cast, WALKS[state])
    assert str(refusal(verb, report, getattr(cast, USUAL[verb]), reason=" \n")) == "请写明理由。"


def test_a_return_names_its_own_lines_only(draft, cast, plan, units):
    report = walk(draft, cast, "SIGNED")
    own = sorted(draft.entries.values_list("responsibility_id", flat=True))
    foreign = units.jiaowei.responsibilities.values_list("pk", flat=True)
    act("RETURN", report, cast.kexie, reason=" 第2项数据与台账不符 ", lines=[own[1], *foreign, 10**6])
    assert (last_event(report)["lines"], last_event(report)["reason"]) == ([own[1]], "第2项数据与台账不符")


# Completeness


def lines_of(report):
    return {entry.responsibility.task.number: entry for entry in report.entries.all()}


@pytest.mark.parametrize(
    "values",
    [
        {"stage": ""},
        {"completion": None},
        {"progress": " \n"},
        {"no_change": True, "no_change_reason": " "},
    ],
    ids=["stage", "completion", "progress", "reason of no change"],
)
@pytest.mark.parametrize(
    ("state", "verb", "who"), [("DRAFT", "SEND_UP", "nongye"), ("DRAFT", "SIGNED", "nongye")]
)
def test_an_incomplete_lead_line_is_named(values, state, verb, who, draft, cast):
    ProgressEntry.objects.filter(responsibility__task__number=2).update(**values)
    refused = refusal(verb, draft, getattr(cast, who))
    assert (type(refused), str(refused)) == (Incomplete, "还有 1 项牵头工作没有填写完整：第 2 项。")
    assert [r.task.number for r in refused.responsibilities] == [2]


def test_all_missing_lead_lines_are_named_in_task_order_and_supports_never(period, units, cast, plan):
    factories.make_task(plan, 10, leads=[units.nongye])
    report = QuarterlyReport.objects.create(period=period, department=units.nongye)
    refused = refusal("SEND_UP", report, cast.nongye)
    assert str(refused) == "还有 3 项牵头工作没有填写完整：第 1、2、10 项。"


def test_the_approver_cannot_submit_what_has_become_incomplete(draft, cast, plan, units):
    report = walk(draft, cast, "SEND_UP")
    factories.make_task(plan, 4, leads=[units.nongye])
    assert str(refusal("SUBMIT", report, cast.nongye_sh)) == "还有 1 项牵头工作没有填写完整：第 4 项。"


def test_no_change_with_its_reason_is_complete(draft, cast):
    ProgressEntry.objects.filter(responsibility__task__number=2).update(
        stage="", completion=None, progress="", no_change=True, no_change_reason="冬闲后实施"
    )
    assert act("SEND_UP", draft, cast.nongye).status == "ENDORSING"


# When it was first filed


def test_withdrawing_unreviewed_work_takes_the_filing_back(draft, cast):
    report = act("SIGNED", draft, cast.nongye, at=AT)
    report = act("WITHDRAW", report, cast.nongye, at=AT + timedelta(hours=1))
    assert report.first_submitted_at is None
    assert act("SIGNED", report, cast.nongye, at=LATER).first_submitted_at == LATER


def test_after_a_return_withdrawing_leaves_the_first_filing(draft, cast):
    report = walk(draft, cast, "SIGNED RETURN SIGNED")
    first = report.first_submitted_at
    assert first == AT - timedelta(minutes=3)
    report = act("WITHDRAW", report, cast.nongye)
    assert (report.status, report.first_submitted_at) == ("DRAFT", first)
    assert act("SIGNED", report, cast.nongye, at=LATER).first_submitted_at == first


def test_a_reopened_report_was_returned_too(draft, cast):
    report = walk(draft, cast, "SIGNED ACCEPT REOPEN SIGNED")
    first = report.first_submitted_at
    assert act("WITHDRAW", report, cast.nongye).first_submitted_at == first


def test_a_second_sending_up_goes_back_to_where_that_one_came_from(draft, cast):
    """First sent up from a draft, later from 退回补正: only the latest counts."""
    report = walk(draft, cast, "SEND_UP RECALL SEND_UP SUBMIT RETURN SEND_UP RECALL")
    assert report.status == "RETURNED"


def test_what_was_sent_up_before_the_closing_is_late_or_in_time_by_its_filing(draft, cast, period):
    report = walk(draft, cast, "SEND_UP")
    put(period, "closed")
    assert act("SUBMIT", report, cast.nongye_sh, at=LATER).first_submitted_at == LATER


def test_what_comes_back_after_the_closing_can_still_be_filed(draft, cast, period):
    report = walk(draft, cast, "SEND_UP")
    put(period, "closed")
    report = act("RECALL", report, cast.nongye)
    assert workflow.reason_lines_fixed(report, at=AT, by=cast.nongye) == ""
    report = act("SEND_BACK", act("SEND_UP", report, cast.nongye), cast.nongye_sh)
    report = act("SUBMIT", act("SEND_UP", report, cast.nongye), cast.nongye_sh, at=LATER)
    assert (report.status, report.first_submitted_at) == ("SUBMITTED", LATER)


def test_what_came_back_before_the_closing_is_a_draft_like_any_other(draft, cast, period):
    report = walk(draft, cast, "SEND_UP RECALL")
    period.closed_at = LATER
    period.save()
    assert str(refusal("SEND_UP", report, cast.nongye, at=LATER)) == "2023年第三季度已截止填报。"


# 线下签批


@pytest.mark.parametrize(
    "signature",
    [
        Signature(" ", "主任", date(2023, 10, 8)),
        Signature("李建国", "", date(2023, 10, 8)),
        Signature("李建国", "主任", None),
    ],
    ids=["name", "post", "date"],
)
def test_a_signature_on_paper_needs_all_three(signature, draft, cast):
    refused = refusal("SIGNED", draft, cast.nongye, signature=signature)
    assert str(refused) == "线下签批须写明签批人、职务和日期。"


def test_a_unit_without_an_active_approver_submits_by_its_reporter(draft, cast):
    cast.nongye_sh.is_active = False
    cast.nongye_sh.save()
    assert str(refusal("SEND_UP", draft, cast.nongye)) == "本单位没有审核人，请直接报送。"
    report = act("SUBMIT", draft, cast.nongye)
    assert (report.status, last_event(report)["signed_name"]) == ("SUBMITTED", "")


# 代填


@pytest.fixture
def proxy(period, units, cast):
    """县农业农村委's complete return, typed by the coordinator."""
    report = factories.fill(period, units.nongye, by=cast.kexie, at=AT - timedelta(hours=1))
    return QuarterlyReport.objects.get(pk=report.pk)


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_coordinator_files_for_a_unit_naming_the_paper(state, proxy, cast, period):
    put(period, state)
    report = act("SUBMIT", proxy, cast.kexie, proxy_source=f" {PAPER} ")
    assert (report.status, report.first_submitted_at) == ("SUBMITTED", AT)
    assert last_event(report) == BLANK_EVENT | {
        "verb": "SUBMIT",
        "from_status": "DRAFT",
        "to_status": "SUBMITTED",
        "at": AT,
        "by_id": cast.kexie.pk,
        "proxy_source": PAPER,
    }


def test_filing_for_a_unit_needs_the_paper_and_complete_lines(proxy, cast):
    refused = refusal("SUBMIT", proxy, cast.kexie, proxy_source=" ")
    assert str(refused) == "代填须写明所依据的材料，如“县林业局2023年10月8日书面报送表”。"
    ProgressEntry.objects.update(completion=None)
    assert type(refusal("SUBMIT", proxy, cast.kexie, proxy_source=PAPER)) is Incomplete


def test_what_the_unit_submits_itself_is_no_filing_by_proxy(draft, cast):
    report = act("SIGNED", draft, cast.nongye, proxy_source=PAPER)
    assert last_event(report)["proxy_source"] == ""


# Who reviews


def test_whoever_filed_it_by_proxy_does_not_review_it(proxy, cast):
    report = act("SUBMIT", proxy, cast.kexie, proxy_source=PAPER)
    for verb in ("ACCEPT", "RETURN"):
        refused = refusal(verb, report, cast.kexie)
        assert (type(refused), str(refused)) == (
            NotAllowed,
            "本人或本单位报送的季报，由其他审核人员审核：县政府办公室 zhengfuban。",
        )
    assert act("ACCEPT", report, cast.zhengfuban).status == "ACCEPTED"
    assert last_event(report)["self_reviewed"] is False


@pytest.fixture
def own_report(period, units, cast, plan):
    """县科协's own return, submitted by its reporter."""
    factories.make_task(plan, 4, leads=[units.kexie])
    report = factories.fill(period, units.kexie, by=cast.kexie_tb, at=AT - timedelta(hours=1))
    return act(
        "SUBMIT", QuarterlyReport.objects.get(pk=report.pk), cast.kexie_tb, at=AT - timedelta(minutes=9)
    )


def test_a_coordinator_does_not_review_the_own_unit_while_there_is_another(own_report, cast):
    assert type(refusal("ACCEPT", own_report, cast.kexie)) is NotAllowed
    report = act("ACCEPT", own_report, cast.zhengfuban)
    assert (report.status, last_event(report)["self_reviewed"]) == ("ACCEPTED", False)


@pytest.mark.parametrize(("verb", "to"), [("ACCEPT", "ACCEPTED"), ("RETURN", "RETURNED")])
def test_where_there_is_no_other_the_review_is_marked(verb, to, own_report, cast):
    cast.zhengfuban.is_active = False
    cast.zhengfuban.save()
    report = act(verb, own_report, cast.kexie)
    assert (report.status, last_event(report)["self_reviewed"]) == (to, True)


def test_a_coordinator_of_the_same_unit_or_another_region_is_no_other(own_report, cast, units):
    Membership.objects.filter(user=cast.zhengfuban).delete()
    factories.make_user("kexie2", (Role.COORDINATOR, units.kexie))
    elsewhere = factories.make_department("县科协", factories.make_region("巫溪县", "500238"))
    factories.make_user("wuxi", (Role.COORDINATOR, elsewhere))
    act("ACCEPT", own_report, cast.kexie)
    assert last_event(own_report)["self_reviewed"] is True


def test_only_the_latest_submission_makes_a_review_ones_own(proxy, cast):
    """The coordinator filed it first, the unit itself the second time."""
    report = act("SUBMIT", proxy, cast.kexie, at=AT - timedelta(minutes=3), proxy_source=PAPER)
    report = act("RETURN", report, cast.zhengfuban, at=AT - timedelta(minutes=2))
    report = act("SIGNED", report, cast.nongye, at=AT - timedelta(minutes=1))
    act("ACCEPT", report, cast.kexie)
    assert last_event(report)["self_reviewed"] is False
