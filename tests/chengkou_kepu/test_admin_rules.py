"""What the admin refuses, with a sentence instead of an error page, and what it keeps when it does."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments import audit
from departments.models import AuditRecord, Department, DepartmentAlias, Membership
from indicators.models import Indicator
from tasks.models import (
    CloseOut,
    Plan,
    PlanFinding,
    QuarterlyReport,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
    Task,
)
from tests import factories
from tests.posting import typed

pytestmark = pytest.mark.django_db
REPORTS = "/admin/tasks/quarterlyreport/"
PERIODS = "/admin/tasks/reportingperiod/"
DUTIES = "/admin/tasks/responsibility/"


def said(response):
    """Every error and message on the page."""
    text = response.content.decode()
    lists = re.findall(r'<ul class="(?:errorlist|messagelist)[^>]*>(.*?)</ul>', text, re.S)
    return [item for found in lists for item in re.findall(r"<li[^>]*>(.*?)</li>", found, re.S)]


def errors(response):
    """{field: sentences} of the change form of a page that was not saved."""
    return dict(response.context["adminform"].form.errors)


@pytest.fixture
def far(cast):
    """县教委 of another region, which the coordinator then coordinates too."""
    far = Department.objects.get(region__code="500238")
    Membership.objects.create(user=cast.kexie, role="COORDINATOR", department=far)
    return far


def spellings(unit, *names):
    data = {"name": unit.name, "aliases-TOTAL_FORMS": len(names), "aliases-INITIAL_FORMS": 0}
    rows = {f"aliases-{i}-name": name for i, name in enumerate(names)}
    return data | rows | {f"aliases-{i}-department": unit.pk for i in range(len(names))}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["农委", "农委"], "这一写法填写了两次。"),
        (["教育局"], "本行政区已有“教育局”。"),
        (["县教委"], "本行政区已有“县教委”。"),
    ],
)
def test_a_spelling_means_one_unit(signed_in, cast, units, names, sentence):
    DepartmentAlias.objects.create(department=units.jiaowei, name="教育局")
    address = f"/admin/departments/department/{units.nongye.pk}/change/"
    page = signed_in(cast.kexie).post(address, spellings(units.nongye, *names))
    assert sentence in said(page)
    assert not units.nongye.aliases.exists()


def test_a_unit_is_not_named_as_another_is_spelled(signed_in, cast, units):
    DepartmentAlias.objects.create(department=units.jiaowei, name="教育局")
    data = spellings(units.nongye) | {"name": "教育局"}
    page = signed_in(cast.kexie).post(f"/admin/departments/department/{units.nongye.pk}/change/", data)
    assert errors(page) == {"name": ["这是本行政区另一单位的其他写法。"]}


@pytest.mark.parametrize(
    ("year", "quarter", "expected"),
    [
        (2023, 9, {"quarter": ["确保该值小于或等于4。"]}),
        (2023, 0, {"quarter": ["确保该值大于或等于1。"]}),
        (32767, 1, {"__all__": ["32767年第一季度不在方案期内。"]}),
        (0, 1, {"__all__": ["0年第一季度不在方案期内。"]}),
        (2023, 3, {"__all__": ["本方案已有这一填报期。"]}),
    ],
)
def test_an_odd_quarter_is_not_opened(signed_in, cast, plan, period, year, quarter, expected):
    page = signed_in(cast.kexie).post(f"{PERIODS}add/", {"plan": plan.pk, "year": year, "quarter": quarter})
    assert errors(page) == expected
    assert ReportingPeriod.objects.count() == 2


def test_an_archived_quarter_stays_as_it_is(signed_in, cast, period):
    period.frozen_at = period.due_at
    period.save()
    client, address = signed_in(cast.kexie), f"{PERIODS}{period.pk}/change/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"due_at_0": "2023-10-20", "due_at_1": "12:00:00"}).status_code == 403


def test_a_refused_deadline_is_not_called_changed(signed_in, cast, period):
    data = {"due_at_0": "2023-09-01", "due_at_1": "12:00:00"}
    page = signed_in(cast.kexie).post(f"{PERIODS}{period.pk}/change/", data, follow=True)
    assert [str(m) for m in page.context["messages"]] == ["截止日期应晚于开放时间。"]
    assert not LogEntry.objects.exists()


def test_a_finding_is_not_settled_without_words(signed_in, cast, plan):
    finding = PlanFinding.objects.create(plan=plan, code="x", message="两处不一致。")
    page = signed_in(cast.kexie).post(f"/admin/tasks/planfinding/{finding.pk}/change/", {"settlement": " "})
    assert errors(page) == {"settlement": ["请写明处理意见。"]}


def duty(task, unit, **more):
    fields = {"role": "SUPPORT", "position": 9, "valid_from": "2023-07-01", "decided_by": "第二次会议纪要"}
    return {"task": task.pk, "department": unit.pk, "valid_to": "", "continues": "", **fields, **more}


def test_a_decided_duty_names_its_basis(signed_in, cast, plan):
    data = duty(Task.objects.get(number=3), factories.make_department("县应急局"), decided_by="")
    page = signed_in(cast.kexie).post(f"{DUTIES}add/", data)
    assert errors(page) == {"decided_by": ["请写明依据的文件或会议。"]}


def test_a_unit_holds_a_task_once_at_a_time(signed_in, cast, plan, units):
    data = duty(Task.objects.get(number=1), units.nongye, valid_to="2024-01-01")
    page = signed_in(cast.kexie).post(f"{DUTIES}add/", data)
    assert errors(page) == {"valid_from": ["该单位在此期间已有这项工作的分工。"]}


def test_a_duty_is_taken_over_within_its_task(signed_in, cast, plan, units):
    other = Responsibility.objects.get(task__number=1, department=units.nongye)
    data = duty(Task.objects.get(number=3), factories.make_department("县应急局"), continues=other.pk)
    page = signed_in(cast.kexie).post(f"{DUTIES}add/", data)
    assert errors(page) == {"continues": ["只能承接同一项重点工作的其他分工。"]}


def test_a_duty_with_lines_keeps_its_unit_and_may_end(signed_in, cast, plan, units, period):
    factories.make_report(period, units.nongye, completions={1: 5}, by=cast.nongye)
    held = Responsibility.objects.get(department=units.nongye, task__number=1)
    data = duty(held.task, units.kexie, valid_from="2021-01-01", valid_to="2024-01-31", role="SUPPORT")
    signed_in(cast.kexie).post(f"{DUTIES}{held.pk}/change/", data)
    held.refresh_from_db()
    assert (held.department, held.role, str(held.valid_to)) == (units.nongye, "LEAD", "2024-01-31")


def test_an_ended_duty_is_not_revived_beside_its_successor(signed_in, cast, plan, units, period):
    factories.make_report(period, units.nongye, completions={1: 5}, by=cast.nongye)
    held = Responsibility.objects.get(department=units.nongye, task__number=1)
    Responsibility.objects.filter(pk=held.pk).update(valid_to="2023-12-31")
    Responsibility.objects.create(
        task=held.task, department=units.nongye, role="LEAD", valid_from="2024-01-01", decided_by="调整"
    )
    data = {"position": 1, "valid_from": "2021-01-01", "valid_to": "", "decided_by": "x", "continues": ""}
    page = signed_in(cast.kexie).post(f"{DUTIES}{held.pk}/change/", data)
    assert errors(page) == {"valid_from": ["该单位在此期间已有这项工作的分工。"]}


def test_regions_are_not_mixed_by_who_coordinates_two(signed_in, cast, plan, far):
    client = signed_in(cast.kexie)
    page = client.post(f"{DUTIES}add/", duty(Task.objects.get(number=3), far))
    assert errors(page) == {"department": ["该单位不属于本方案所在行政区。"]}
    indicator = Indicator.objects.create(plan=plan, code="i", name="指标", kind="SURVEY")
    data = {"name": "指标", "kind": "SURVEY", "owner": far.pk, "scale": 1, "stages": "[]", "position": 1}
    data |= {"targets-TOTAL_FORMS": 0, "targets-INITIAL_FORMS": 0}
    page = client.post(f"/admin/indicators/indicator/{indicator.pk}/change/", data)
    assert errors(page) == {"owner": ["该单位不属于本方案所在行政区。"]}


def test_the_documents_numbers_and_titles_are_not_retyped(signed_in, cast, plan):
    task = Task.objects.get(number=3)
    elsewhere = factories.make_action(factories.make_plan("other"), 1, "别的")
    data = {
        "action": elsewhere.pk,
        "number": 9,
        "title": "改写",
        "paragraphs": "原文。",
        "nature": "STANDING",
    }
    signed_in(cast.kexie).post(f"/admin/tasks/task/{task.pk}/change/", data)
    after = Task.objects.get(pk=task.pk)
    assert (after.action, after.number, after.title) == (task.action, 3, task.title)
    assert (after.paragraphs, after.nature) == ("原文。", "STANDING")
    page = signed_in(cast.kexie).post("/admin/tasks/task/add/", data | {"plan": plan.pk})
    assert errors(page) == {"action": ["该行动（工程）不属于所选方案。"]}


def roles_of(user, *rows, initial=()):
    """A user's change form with the stored memberships `initial` and new ones of (role, unit)."""
    data = {"username": user.username, "name": user.name, "is_active": "on"}
    total = len(initial) + len(rows)
    data |= {"memberships-TOTAL_FORMS": total, "memberships-INITIAL_FORMS": len(initial)}
    for i, held in enumerate(initial):
        data |= {f"memberships-{i}-id": held.pk, f"memberships-{i}-role": held.role}
    for i, (role, unit) in enumerate(rows, start=len(initial)):
        data |= {f"memberships-{i}-role": role, f"memberships-{i}-department": unit.pk if unit else ""}
    return data | {f"memberships-{i}-user": user.pk for i in range(total)}


def test_a_role_is_held_once_and_in_its_place(signed_in, cast, units):
    client, address = signed_in(cast.sysadmin), f"/admin/departments/user/{cast.nongye.pk}/change/"
    page = client.post(address, roles_of(cast.nongye, ("REPORTER", units.nongye)))
    assert "该用户已有这一角色。" in said(page)
    page = client.post(address, roles_of(cast.nongye, *[("APPROVER", units.kexie)] * 2))
    assert "该用户已有这一角色。" in said(page)
    page = client.post(address, roles_of(cast.nongye, ("APPROVER", None)))
    assert "科协、填报、审核角色须选单位，领导小组须选行政区，系统管理员、审计员都不选。" in said(page)
    assert list(cast.nongye.memberships.values_list("role", flat=True)) == ["REPORTER"]


def test_a_sysadmin_gives_nobody_but_others_a_role(signed_in, cast, units):
    own = list(cast.sysadmin.memberships.all())
    data = roles_of(cast.sysadmin, ("COORDINATOR", units.kexie), initial=own)
    signed_in(cast.sysadmin).post(f"/admin/departments/user/{cast.sysadmin.pk}/change/", data)
    assert list(cast.sysadmin.memberships.all()) == own


def test_units_of_the_same_name_are_told_apart(signed_in, cast):
    page = signed_in(cast.sysadmin).get(f"/admin/departments/user/{cast.lingdao.pk}/change/")
    offered = set(re.findall(r"<option[^>]*>([^<]*县教委)</option>", page.content.decode()))
    assert offered == {"城口县　县教委", "巫溪县　县教委"}


def test_switching_an_account_off_is_on_record(signed_in, cast):
    data = roles_of(cast.nongye, initial=list(cast.nongye.memberships.all()))
    data |= {"memberships-0-department": cast.nongye.memberships.get().department_id}
    del data["is_active"]
    signed_in(cast.sysadmin).post(f"/admin/departments/user/{cast.nongye.pk}/change/", data)
    assert list(AuditRecord.objects.values_list("verb", "subject", "by")) == [
        ("停用账号", "nongye", cast.sysadmin.pk)
    ]


def test_the_coordinator_files_for_a_unit_and_another_reviews_it(signed_in, cast, units, period):
    client = signed_in(cast.kexie)
    begun = client.post(f"{REPORTS}add/", {"period": period.pk, "department": units.jiaowei.pk})
    report = QuarterlyReport.objects.get()
    address = f"{REPORTS}{report.pk}/change/"
    assert begun["Location"] == address
    data = typed(period, units.jiaowei, 3, completion="50", progress="据书面材料。")
    page = client.post(address, data | {"verb": "SUBMIT", "version": 0})
    assert said(page) == ["代填须写明所依据的材料，如“县林业局2023年10月8日书面报送表”。"]
    source = {"proxy_source": "县教委书面报送表", "verb": "SUBMIT", "version": 1}
    assert client.post(address, source).status_code == 302
    client = signed_in(cast.zhengfuban)
    assert 'value="ACCEPT"' in client.get(address).content.decode()
    client.post(address, {"verb": "ACCEPT", "version": 2})
    assert list(ReportEvent.objects.values_list("verb", "by__username", "proxy_source")) == [
        ("SUBMIT", "kexie", "县教委书面报送表"),
        ("ACCEPT", "zhengfuban", ""),
    ]


def test_where_there_is_no_other_coordinator_ones_own_return_can_be_reviewed(signed_in, cast, units, period):
    cast.zhengfuban.memberships.all().delete()
    Membership.objects.create(user=cast.kexie, role="REPORTER", department=units.kexie)
    report = factories.make_report(period, units.kexie, status="SUBMITTED", by=cast.kexie_tb)
    address = f"{REPORTS}{report.pk}/change/"
    client = signed_in(cast.kexie)
    page = client.get(address).content.decode()
    assert re.findall(r'name="verb" value="(\w+)"', page) == ["RETURN", "ACCEPT", "WITHDRAW"]
    client.post(address, {"verb": "ACCEPT", "version": report.version})
    assert ReportEvent.objects.get(verb="ACCEPT").self_reviewed


def test_a_refused_verb_keeps_what_was_typed_for_it(signed_in, cast, units, period):
    report = factories.make_report(
        period, units.jiaowei, completions={3: 5}, status="SUBMITTED", by=cast.jiaowei
    )
    duty = Responsibility.objects.get(task__number=3, department=units.jiaowei)
    data = {"verb": "RETURN", "version": 99, "reason": "请补充台账。", "lines": duty.pk}
    page = signed_in(cast.kexie).post(f"{REPORTS}{report.pk}/change/", data).content.decode()
    assert "请核对最新内容后再操作。" in page
    assert ">请补充台账。</textarea>" in page
    assert f'name="lines" value="{duty.pk}" checked' in page
    draft = factories.make_report(
        period, units.nongye, completions={1: 5, 2: 5}, status="DRAFT", by=cast.nongye
    )
    data = {
        "verb": "SUBMIT_SIGNED",
        "version": 0,
        "signed-name": "李主任",
        "signed-post": "",
        "signed-on": "2023-10-09",
    }
    page = signed_in(cast.nongye).post(f"{REPORTS}{draft.pk}/change/", data).content.decode()
    assert 'value="李主任"' in page
    assert "请填写签批人职务。" in page


def test_strangers_pages_do_not_exist(signed_in, cast, units, period):
    report = factories.make_report(period, units.jiaowei, status="SUBMITTED", by=cast.jiaowei)
    for page in ("change", "history", "delete"):
        assert signed_in(cast.nongye).get(f"{REPORTS}{report.pk}/{page}/").status_code == 404


@pytest.mark.parametrize(
    ("user", "model"),
    [
        ("sysadmin", "departments/user"),
        ("sysadmin", "departments/region"),
        ("shenji", "departments/auditrecord"),
        ("shenji", "admin/logentry"),
        ("shenji", "tasks/reportevent"),
        ("kexie", "tasks/closeout"),
        ("kexie", "tasks/plan"),
    ],
)
def test_further_lists_cost_the_same_with_one_row_and_four(signed_in, cast, units, period, user, model):
    client = signed_in(getattr(cast, user))

    def more(n):
        region = factories.make_region(f"区{n}", f"50023{n}")
        someone = factories.make_user(f"u{n}", ("REPORTER", units.nongye), ("LEADER", region))
        audit.record("登记", "事项", by=someone, at=period.due_at)
        LogEntry.objects.create(
            user=someone,
            content_type=ContentType.objects.get_for_model(Plan),
            object_id=1,
            object_repr="方案",
            action_flag=2,
            change_message="[]",
        )
        factories.make_report(period, factories.make_department(f"单位{n}"), by=someone)
        task = factories.make_task(period.plan, 20 + n)
        told = {"summary": "完成", "applied_by": someone, "applied_at": period.due_at}
        CloseOut.objects.create(task=task, period=period, department=units.nongye, **told)
        factories.make_plan(f"p{n}")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/{model}/").status_code == 200
        return len(captured)

    more(1)
    queries()
    one = queries()
    for n in (2, 3, 4):
        more(n)
    assert queries() == one


def test_choices_are_searched_in_the_own_region_only(signed_in, cast, plan, period):
    address = "/admin/autocomplete/?app_label=tasks&model_name=responsibility&field_name="

    def found(user, field, term):
        response = signed_in(user).get(f"{address}{field}&term={term}")
        return [row["text"] for row in response.json()["results"]]

    assert found(cast.kexie, "department", "教委") == ["县教委"]
    assert found(cast.kexie, "task", "3") == ["3 第3项重点工作"]
    assert signed_in(cast.nongye).get(f"{address}department&term=").status_code == 403


@pytest.mark.parametrize(
    "model",
    [
        "departments/department",
        "tasks/plan",
        "tasks/action",
        "tasks/task",
        "tasks/responsibility",
        "tasks/reportingperiod",
        "indicators/indicator",
    ],
)
def test_every_maintenance_page_opens(signed_in, cast, units, plan, period, model):
    Indicator.objects.create(plan=plan, code="i", name="指标", kind="SURVEY", owner=units.nongye)
    client = signed_in(cast.kexie)
    pk = client.get(f"/admin/{model}/").context["cl"].result_list[0].pk
    for page in (f"{pk}/change/", f"{pk}/history/", *([] if model == "tasks/plan" else ["add/"])):
        assert client.get(f"/admin/{model}/{page}").status_code == 200
