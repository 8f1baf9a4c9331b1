"""征集和分工: leads ask, supporters answer, and rows without a concrete duty are settled once."""

from datetime import date

import pytest

from tasks import cooperation, workflow
from tasks.models import Extension, NoDuty, ProgressEntry, QuarterlyReport, Responsibility, SupportRequest
from tasks.refusals import Refused
from tests import factories
from tests.factories import moment
from tests.files import upload_of
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db
NOW = "2023-10-05 09:00"


@pytest.fixture(autouse=True)
def early_in_october(clock):
    clock(NOW)


def page_address(plan, period, unit=None):
    return f"/plans/{plan.slug}/filing/{period.code}/cooperation/" + (f"?unit={unit.pk}" if unit else "")


def row(unit, number):
    return Responsibility.objects.get(department=unit, task__number=number)


def asking(plan, rows, **values):
    """The posted fields of 征集 for (unit, task number) rows, ticked by action."""
    data = {"verb": "ask"} | values
    for unit, number in rows:
        held = plan.tasks.get(number=number)
        data.setdefault(f"tasks-{held.action.ordinal}", []).append(held.pk)
        data.setdefault(f"units-{held.action.ordinal}", []).append(unit.pk)
    return data


@pytest.fixture
def asked(signed_in, cast, plan, period, units):
    """县农业农村委 asks 县科协 for its line on task 1, by 9 October."""
    data = asking(plan, [(units.kexie, 1)], due_on="2023-10-09", note="重点写三下乡")
    response = signed_in(cast.nongye).post(page_address(plan, period), data)
    assert response.status_code == 302
    return SupportRequest.objects.get()


def test_a_lead_with_an_extension_asks_up_to_its_own_deadline(signed_in, cast, plan, period, units, clock):
    clock("2023-10-09 09:00")
    asked = {"asked_by": cast.nongye, "asked_at": moment(NOW), "asked_until": date(2023, 10, 20)}
    decided = {"status": "GRANTED", "decided_by": cast.kexie, "decided_at": moment(NOW)}
    Extension.objects.create(
        period=period, department=units.nongye, granted_until=date(2023, 10, 20), **asked, **decided
    )
    client, address = signed_in(cast.nongye), page_address(plan, period)
    assert 'value="2023-10-17"' in client.get(address).content.decode()
    late = asking(plan, [(units.kexie, 1)], due_on="2023-10-21")
    page = client.post(address, late, follow=True).content.decode()
    assert "答复日期应在今天和本单位的截止日期（2023年10月20日）之间。" in page
    client.post(address, late | {"due_on": "2023-10-20"})
    assert SupportRequest.objects.get().due_on == date(2023, 10, 20)


def test_being_asked_makes_a_supporter_owe_and_tells_it_so(signed_in, cast, plan, period, units, asked):
    client = signed_in(cast.kexie_tb)
    dashboard = client.get(f"/plans/{plan.slug}/?period={period.code}").content.decode()
    assert "县科协2023年第三季度季报尚未报送" in dashboard
    page = client.get(return_address(plan, period)).content.decode()
    assert "县农业农村委征集本项进展，请于2023年10月9日前答复。重点写三下乡" in page
    inbox = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/?period={period.code}").content.decode()
    assert "牵头单位征集1项进展" in inbox


def test_the_lead_reads_an_answer_once_it_is_given(signed_in, cast, plan, period, units, asked):
    def leads_view():
        page = signed_in(cast.nongye).get(return_address(plan, period)).content.decode()
        return "配合开展三下乡6场。" in page, "已答复 1 个" in page, "尚未答复（2023年10月9日前）" in page

    line = row(units.kexie, 1)
    data = typed(period, units.kexie, 1, progress="配合开展三下乡6场。", activities="6")
    signed_in(cast.kexie_tb).post(return_address(plan, period), data)
    assert leads_view() == (False, False, True)
    page = signed_in(cast.kexie_tb).post(
        return_address(plan, period), typed(period, units.kexie, 1) | {"answer": line.pk}, follow=True
    )
    assert "已答复县农业农村委；报送前仍可修改" in page.content.decode()
    assert leads_view() == (True, True, False)
    asked.refresh_from_db()
    assert (asked.answered_by, asked.answered_at) == (cast.kexie_tb, factories.moment(NOW))


def test_filing_the_return_answers_too(signed_in, cast, plan, period, units, asked):
    data = typed(period, units.kexie, 1, progress="随季报一并答复。") | {"verb": "SUBMIT", "version": "0"}
    signed_in(cast.kexie_tb).post(return_address(plan, period), data)
    assert QuarterlyReport.objects.get().status == QuarterlyReport.Status.SUBMITTED
    page = signed_in(cast.nongye).get(return_address(plan, period)).content.decode()
    assert "随季报一并答复。" in page


def test_an_empty_line_is_no_answer(signed_in, cast, plan, period, units, asked):
    client = signed_in(cast.kexie_tb)
    data = typed(period, units.kexie, 2, progress="别的一项。") | {"answer": row(units.kexie, 1).pk}
    page = client.post(return_address(plan, period), data, follow=True).content.decode()
    assert "请先填写本季进展，再答复。" in page
    assert SupportRequest.objects.get().answered_at is None
    assert client.post(return_address(plan, period), {"answer": row(units.kexie, 2).pk}).status_code == 404


@pytest.mark.parametrize(
    ("user", "unit", "rows", "due_on", "status", "said"),
    [
        ("nongye", "nongye", [], "2023-10-09", 200, "请勾选要征集的单位和工作。"),
        (
            "nongye",
            "nongye",
            [("kexie", 1)],
            "2023-10-04",
            200,
            "答复日期应在今天和本单位的截止日期（2023年10月10日）之间。",
        ),
        (
            "nongye",
            "nongye",
            [("kexie", 1)],
            "2023-10-11",
            200,
            "答复日期应在今天和本单位的截止日期（2023年10月10日）之间。",
        ),
        ("nongye", "nongye", [("kexie", 1)], "下周", 200, "日期写法如 2023-10-10。"),
        ("nongye", "nongye", [("kexie", 1)], "0001-01-01", 200, "日期应在2000年至2099年之间，请核对年份。"),
        ("nongye", "nongye", [("kexie", 3)], "2023-10-09", 403, ""),
        ("nongye", "nongye", [("nongye", 1)], "2023-10-09", 200, "请勾选要征集的单位和工作。"),
        ("jiaowei", "nongye", [("kexie", 1)], "2023-10-09", 404, ""),
        ("kexie", "nongye", [("kexie", 1)], "2023-10-09", 403, ""),
        ("lingdao", "nongye", [("kexie", 1)], "2023-10-09", 404, ""),
    ],
)
def test_what_cannot_be_asked(signed_in, cast, plan, period, units, user, unit, rows, due_on, status, said):
    data = asking(plan, [(getattr(units, name), number) for name, number in rows], due_on=due_on)
    address = page_address(plan, period, getattr(units, unit))
    response = signed_in(getattr(cast, user)).post(address, data)
    assert response.status_code == status
    assert said in response.content.decode()
    assert not SupportRequest.objects.exists()


def test_a_second_request_leaves_the_first(signed_in, cast, plan, period, units, asked):
    data = asking(plan, [(units.kexie, 1), (units.jiaowei, 1)], due_on="2023-10-10")
    page = signed_in(cast.nongye).post(page_address(plan, period), data, follow=True).content.decode()
    assert "已征集 1 项。" in page
    held = SupportRequest.objects.values_list("responsibility__department__name", "due_on")
    assert {name: str(day) for name, day in held} == {"县科协": "2023-10-09", "县教委": "2023-10-10"}


def test_tasks_and_units_are_ticked_once_for_all_rows_of_an_action(signed_in, cast, plan, period, units):
    """县教委 supports task 1 alone: of the ticked tasks 1 and 2 it is asked for that one."""
    data = asking(plan, [(units.kexie, 1), (units.jiaowei, 2)], due_on="2023-10-09")
    signed_in(cast.nongye).post(page_address(plan, period), data)
    held = SupportRequest.objects.values_list(
        "responsibility__task__number", "responsibility__department__name"
    )
    assert sorted(held) == [(1, "县教委"), (1, "县科协"), (2, "县科协")]


def test_what_was_ticked_stays_after_a_refusal(signed_in, cast, plan, period, units):
    data = asking(plan, [(units.kexie, 1)], due_on="2023-10-04")
    (section,) = signed_in(cast.nongye).post(page_address(plan, period), data).context["led"]
    assert (section.ticked_tasks, section.ticked_units) == ({plan.tasks.get(number=1).pk}, {units.kexie.pk})


def test_a_closed_quarter_takes_no_request(signed_in, cast, plan, period, units):
    period.closed_at = factories.moment(NOW)
    period.save()
    data = asking(plan, [(units.kexie, 1)], due_on="2023-10-09")
    page = signed_in(cast.nongye).post(page_address(plan, period), data).content.decode()
    assert "2023年第三季度已截止填报。" in page
    assert not SupportRequest.objects.exists()


def test_a_supporter_sees_the_leads_accepted_text(signed_in, cast, plan, baseline, period, units):
    factories.make_report(baseline, units.nongye, completions={1: 35}, by=cast.nongye)
    page = signed_in(cast.kexie_tb).get(return_address(plan, period)).content.decode()
    assert "牵头单位县农业农村委的进展（2022年第四季度，审核通过）" in page
    assert "第1项进展" in page


def test_a_closed_out_task_takes_no_request(signed_in, cast, plan, period, units):
    factories.make_close_out(plan.tasks.get(number=1), period, units.nongye, cast.nongye)
    data = asking(plan, [(units.kexie, 1), (units.kexie, 2)], due_on="2023-10-09")
    page = signed_in(cast.nongye).post(page_address(plan, period), data).content.decode()
    assert "第 1 项已办结，不再征集。" in page
    assert not SupportRequest.objects.exists()


def answer_after_closing(client, plan, period, line):
    period.closed_at = factories.moment(NOW)
    period.save()
    return client.post(return_address(plan, period), {"answer": line.pk}, follow=True).content.decode()


def test_a_closed_quarter_takes_no_answer(signed_in, cast, plan, period, units, asked):
    client, line = signed_in(cast.kexie_tb), row(units.kexie, 1)
    assert "2023年第三季度已截止填报。" in answer_after_closing(client, plan, period, line)
    period.closed_at = None
    period.save()
    client.post(return_address(plan, period), typed(period, units.kexie, 1, progress="配合。"))
    assert "2023年第三季度已截止填报。" in answer_after_closing(client, plan, period, line)
    asked.refresh_from_db()
    assert asked.answered_at is None


def test_a_return_that_came_back_answers_after_the_closing(signed_in, cast, plan, period, units, asked):
    data = typed(period, units.kexie, 1, progress="配合。") | {"verb": "SUBMIT", "version": "0"}
    signed_in(cast.kexie_tb).post(return_address(plan, period), data)
    report = QuarterlyReport.objects.get()
    workflow.return_report(
        report, reason="补充", by=cast.zhengfuban, at=factories.moment(NOW), version=report.version
    )
    page = answer_after_closing(signed_in(cast.kexie_tb), plan, period, row(units.kexie, 1))
    assert "已答复县农业农村委" in page


@pytest.fixture
def claim(signed_in, cast, plan, period, units):
    """县科协 says that task 1 gives it nothing concrete to do."""
    data = {"verb": "claim", "rows": [row(units.kexie, 1).pk], "reason": "职责不涉及"}
    signed_in(cast.kexie_tb).post(page_address(plan, period), data)
    return NoDuty.objects.get()


def decide(client, plan, claim, verb, **data):
    return client.post(f"/plans/{plan.slug}/duties/{claim.pk}/", {"verb": verb} | data, follow=True)


def asked_numbers(client, plan, period):
    page = client.get(return_address(plan, period)).context["page"]
    return [line.task.number for line in page.lines]


@pytest.mark.parametrize("user", ["nongye", "nongye_sh", "zhengfuban"])
def test_a_row_without_duty_is_settled_once_and_not_asked_again(
    signed_in, cast, plan, period, units, claim, user
):
    assert asked_numbers(signed_in(cast.kexie_tb), plan, period) == [1, 2, 3]
    decide(signed_in(getattr(cast, user)), plan, claim, "agree")
    claim.refresh_from_db()
    assert (claim.status, claim.decided_by) == (NoDuty.Status.AGREED, getattr(cast, user))
    client = signed_in(cast.kexie_tb)
    assert asked_numbers(client, plan, period) == [2, 3]
    page = client.get(return_address(plan, period)).content.decode()
    assert "已确认无具体任务的 1 项（不再填报）" in page
    assert "配合工作 2 项" in page
    following = factories.make_period(plan, "2023Q4")
    following.opens_at = factories.moment("2023-10-01 09:00")
    following.save()
    assert asked_numbers(client, plan, following) == [2, 3]


@pytest.mark.parametrize("user", ["kexie_tb", "kexie", "jiaowei", "lingdao"])
def test_ones_own_unit_and_others_cannot_agree(signed_in, cast, plan, period, claim, user):
    assert decide(signed_in(getattr(cast, user)), plan, claim, "agree").status_code == 403
    claim.refresh_from_db()
    assert claim.status == NoDuty.Status.ASKED


def test_a_stranger_finds_no_claim(signed_in, cast, plan, period, claim):
    assert decide(signed_in(cast.outsider), plan, claim, "agree").status_code == 404


def test_a_refusal_wants_its_reason_and_the_row_stays(signed_in, cast, plan, period, claim):
    client = signed_in(cast.nongye)
    assert "不同意的，请写明理由。" in decide(client, plan, claim, "refuse").content.decode()
    decide(client, plan, claim, "refuse", decision="请继续配合三下乡。")
    claim.refresh_from_db()
    assert (claim.status, claim.decision) == (NoDuty.Status.REFUSED, "请继续配合三下乡。")
    assert asked_numbers(signed_in(cast.kexie_tb), plan, period) == [1, 2, 3]
    again = decide(signed_in(cast.nongye), plan, claim, "agree")
    assert "该申请已处理：未同意。" in again.content.decode()


def test_a_settled_row_can_be_taken_up_again(signed_in, cast, plan, period, claim):
    decide(signed_in(cast.nongye), plan, claim, "agree")
    client = signed_in(cast.kexie_tb)
    decide(client, plan, claim, "end")
    assert asked_numbers(client, plan, period) == [1, 2, 3]


def test_a_settled_row_is_not_asked_for_until_the_lead_takes_it_up_again(
    signed_in, cast, plan, period, units, claim
):
    client = signed_in(cast.nongye)
    decide(client, plan, claim, "agree")
    data = asking(plan, [(units.kexie, 1)], due_on="2023-10-09")
    assert "请勾选要征集的单位和工作。" in client.post(page_address(plan, period), data).content.decode()
    decide(client, plan, claim, "end")
    client.post(page_address(plan, period), data)
    assert asked_numbers(signed_in(cast.kexie_tb), plan, period) == [1, 2, 3]


@pytest.mark.parametrize(
    ("rows", "reason", "status", "said"),
    [
        ([], "职责不涉及", 200, "请勾选没有具体任务的工作。"),
        ([("kexie", 2)], " ", 200, "请写明理由。"),
        ([("kexie", 1)], "再提一次", 200, "其中有已经提出或已经确认的"),
        ([("nongye", 3)], "别的单位", 403, ""),
        ([("nongye", 1)], "牵头不行", 403, ""),
    ],
)
def test_what_cannot_be_claimed(signed_in, cast, plan, period, units, claim, rows, reason, status, said):
    pks = [row(getattr(units, name), number).pk for name, number in rows]
    data = {"verb": "claim", "rows": pks, "reason": reason}
    response = signed_in(cast.kexie_tb).post(page_address(plan, period), data)
    assert response.status_code == status
    assert said in response.content.decode()
    assert NoDuty.objects.count() == 1


def test_the_coordinator_finds_claims_in_the_inbox(signed_in, cast, plan, period, claim):
    page = signed_in(cast.zhengfuban).get(f"/plans/{plan.slug}/review/").content.decode()
    assert "待确认的无具体任务" in page
    assert "提出无具体任务：职责不涉及" in page


def test_claims_never_redirect_elsewhere(signed_in, cast, plan, period, claim):
    client = signed_in(cast.nongye)
    response = client.post(
        f"/plans/{plan.slug}/duties/{claim.pk}/", {"verb": "agree", "next": "//evil.example/"}
    )
    assert response.url == f"/plans/{plan.slug}/filing/"


def test_entries_of_a_settled_row_are_kept(signed_in, cast, plan, period, units, claim):
    signed_in(cast.kexie_tb).post(
        return_address(plan, period), typed(period, units.kexie, 1, progress="先写的。")
    )
    decide(signed_in(cast.nongye), plan, claim, "agree")
    assert ProgressEntry.objects.get().progress == "先写的。"


IDLE = "第 1 项已确认无具体任务"


def test_a_settled_row_takes_no_line_and_no_file_unless_a_lead_has_asked(
    signed_in, cast, plan, period, units, claim
):
    line = row(units.kexie, 1).pk
    decide(signed_in(cast.nongye), plan, claim, "agree")
    client = signed_in(cast.kexie_tb)

    def save():
        data = typed(period, units.kexie, 1, progress="旧页面上写的。")
        return client.post(return_address(plan, period), data, follow=True).content.decode()

    def attach():
        address = f"/plans/{plan.slug}/filing/{period.code}/evidence/"
        data = {"lines": [line], "files": upload_of("名册.pdf")}
        return client.post(address, data, follow=True).content.decode()

    assert (IDLE in save(), IDLE in attach()) == (True, True)
    assert not ProgressEntry.objects.exists()
    asked_before(period, units.nongye, line, cast.nongye)
    assert (IDLE in save(), IDLE in attach()) == (False, False)
    entry = ProgressEntry.objects.get()
    assert (entry.progress, entry.evidence.count()) == ("旧页面上写的。", 1)


def asked_before(period, lead, line, by):
    """A request that stood before the row was agreed to be none of the unit's."""
    at = factories.moment(NOW)
    SupportRequest.objects.create(
        period=period, lead=lead, responsibility_id=line, due_on=at.date(), asked_by=by, asked_at=at
    )


def test_a_settled_row_is_not_asked_for_behind_the_page(signed_in, cast, plan, period, units, claim):
    decide(signed_in(cast.nongye), plan, claim, "agree")
    at = factories.moment(NOW)
    asked = {"due_on": at.date(), "by": cast.nongye, "at": at}
    with pytest.raises(Refused, match="第 1 项已确认无具体任务；要征集的，请先恢复填报。"):
        cooperation.ask_support(period, units.nongye, [row(units.kexie, 1)], **asked)
    assert not SupportRequest.objects.exists()


def test_a_verb_that_is_none_decides_and_claims_nothing(signed_in, cast, plan, period, units, claim):
    assert "没有这个操作。" in decide(signed_in(cast.nongye), plan, claim, "zzz").content.decode()
    claim.refresh_from_db()
    assert claim.status == NoDuty.Status.ASKED
    data = {"verb": "zzz", "rows": [row(units.kexie, 2).pk], "reason": "职责不涉及"}
    page = signed_in(cast.kexie_tb).post(page_address(plan, period), data).content.decode()
    assert "没有这个操作。" in page
    assert NoDuty.objects.count() == 1
