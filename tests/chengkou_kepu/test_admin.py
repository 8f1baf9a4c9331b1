"""The admin: the same story, the same refusals; who sees what; lists without a query per row."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import AuditRecord, Department, Membership, Role, User
from indicators.models import Indicator
from tasks.models import (
    PlanFinding,
    ProgressEntry,
    QuarterlyReport,
    ReportEvent,
    ReportingPeriod,
    Responsibility,
    Task,
)
from tasks.periods import close_period, open_period
from tests import factories
from tests.posting import typed

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status
REPORTS = "/admin/tasks/quarterlyreport/"


def change(report):
    return f"{REPORTS}{report.pk}/change/"


@pytest.fixture
def draft(signed_in, cast, units, period):
    """县农业农村委's return, begun by its reporter in the admin."""
    signed_in(cast.nongye).post(f"{REPORTS}add/", {"period": period.pk, "department": units.nongye.pk})
    return QuarterlyReport.objects.get()


def test_the_whole_story_through_the_admin(signed_in, cast, units, period, draft):
    def post(user, **data):
        draft.refresh_from_db()
        return signed_in(user).post(change(draft), {"version": draft.version} | data)

    def state():
        draft.refresh_from_db()
        return draft.status

    post(cast.nongye, **typed(period, units.nongye, 1, completion="45", progress="三期。"))
    assert state() == Status.DRAFT
    page = post(cast.nongye, verb="SEND_UP")
    assert page.status_code == 200
    assert "还有 1 项牵头工作没有填写完整：第 2 项。" in page.content.decode()
    post(cast.nongye, **typed(period, units.nongye, 2, completion="10", progress="启动。"), verb="SEND_UP")
    assert state() == Status.ENDORSING
    post(cast.nongye_sh, verb="SUBMIT")
    assert state() == Status.SUBMITTED
    page = signed_in(cast.kexie).get(change(draft)).content.decode()
    assert "三期。" in page
    post(cast.kexie, verb="RETURN", reason="请补充来源。")
    assert state() == Status.RETURNED
    assert "请补充来源。" in signed_in(cast.nongye).get(change(draft)).content.decode()
    post(cast.nongye, **typed(period, units.nongye, 1, progress="三期（台账）。"), verb="SEND_UP")
    post(cast.nongye_sh, verb="SUBMIT")
    post(cast.kexie, verb="ACCEPT")
    assert state() == Status.ACCEPTED
    assert list(ReportEvent.objects.values_list("verb", flat=True)) == [
        "SEND_UP",
        "SUBMIT",
        "RETURN",
        "SEND_UP",
        "SUBMIT",
        "ACCEPT",
    ]
    task = signed_in(cast.lingdao).get(f"/plans/{period.plan.slug}/tasks/1/").content.decode()
    assert "三期（台账）。" in task


@pytest.mark.parametrize(
    ("status", "verb"),
    [("DRAFT", "SEND_UP"), ("ENDORSING", "SUBMIT"), ("SUBMITTED", "ACCEPT"), ("ACCEPTED", "REOPEN")],
)
def test_strangers_are_refused_at_each_step(signed_in, client, cast, units, period, status, verb):
    report = factories.make_report(
        period, units.nongye, completions={1: 5, 2: 5}, status=status, by=cast.nongye
    )
    data = {"verb": verb, "version": report.version, "reason": "x"}
    for user, code in [
        (cast.jiaowei, 404),
        (cast.outsider, 404),
        (cast.lingdao, 302),
        (cast.sysadmin, 403),
        (cast.shenji, 403),
    ]:
        assert signed_in(user).get(change(report)).status_code == code
        assert signed_in(user).post(change(report), data).status_code == code
    client.logout()
    assert client.post(change(report), data)["Location"].startswith("/login/?next=/admin/")
    report.refresh_from_db()
    assert report.status == status


def test_a_leader_and_a_visitor_do_not_enter(signed_in, client, cast):
    assert signed_in(cast.lingdao).get("/admin/", follow=True).status_code == 403
    client.logout()
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=/admin/"


def test_a_forbidden_verb_is_403(signed_in, cast, units, period):
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED, by=cast.kexie_tb)
    data = {"verb": "ACCEPT", "version": report.version}
    assert signed_in(cast.kexie).post(change(report), data).status_code == 403
    assert signed_in(cast.kexie_tb).post(change(report), data).status_code == 403


def test_the_coordinator_does_not_read_a_draft(signed_in, cast, units, period, draft):
    signed_in(cast.nongye).post(
        change(draft), {"version": 0} | typed(period, units.nongye, 1, completion="45", progress="未定稿。")
    )
    page = signed_in(cast.kexie).get(change(draft)).content.decode()
    assert "报送后才能看到正文" in page
    assert "未定稿。" not in page


def test_the_second_to_save_a_line_sees_both_texts(signed_in, cast, units, period, draft):
    mine = typed(period, units.nongye, 1, completion="30", progress="我的。")
    client = signed_in(cast.nongye)
    client.post(change(draft), typed(period, units.nongye, 1, completion="20", progress="别人的。"))
    page = client.post(change(draft), mine).content.decode()
    assert "我的。" in page
    assert "别人的。" in page
    assert ProgressEntry.objects.get().progress == "别人的。"


def test_a_unit_begins_only_its_own_return(signed_in, cast, units, period):
    page = signed_in(cast.nongye).post(
        f"{REPORTS}add/", {"period": period.pk, "department": units.jiaowei.pk}
    )
    assert page.status_code == 200
    assert not QuarterlyReport.objects.exists()
    assert signed_in(cast.nongye_sh).get(f"{REPORTS}add/").status_code == 403


def test_reports_are_seen_by_their_unit_and_the_coordinator(signed_in, cast, units, period):
    for unit in (units.nongye, units.jiaowei):
        factories.make_report(period, unit, by=cast.nongye)
    elsewhere = factories.make_region("巫溪县", "500238")
    other_plan = factories.make_plan("wuxi", region=elsewhere)
    factories.make_report(
        factories.make_period(other_plan, "2023Q3"),
        factories.make_department("县教委", elsewhere),
        by=cast.nongye,
    )

    def listed(user):
        return sorted(str(r) for r in signed_in(user).get(REPORTS).context["cl"].result_list)

    assert listed(cast.nongye) == ["县农业农村委 2023年第三季度季报"]
    assert listed(cast.outsider) == ["县教委 2023年第三季度季报"]
    assert listed(cast.kexie) == ["县农业农村委 2023年第三季度季报", "县教委 2023年第三季度季报"]


COORDINATOR_MODELS = {
    *("department", "plan", "action", "task", "responsibility", "planfinding"),
    *("reportingperiod", "closeout", "indicator", "quarterlyreport", "reform"),
}


@pytest.mark.parametrize(
    ("user", "models"),
    [
        ("kexie", COORDINATOR_MODELS),
        ("nongye", {"quarterlyreport"}),
        ("nongye_sh", {"quarterlyreport"}),
        ("sysadmin", {"user", "region"}),
        ("shenji", {"auditrecord", "logentry", "reportevent"}),
    ],
)
def test_the_index_shows_what_a_role_needs(signed_in, cast, plan, user, models):
    page = signed_in(getattr(cast, user)).get("/admin/")
    shown = {m["object_name"].lower() for app in page.context["app_list"] for m in app["models"]}
    assert shown == models
    for app in page.context["app_list"]:
        for model in app["models"]:
            assert signed_in(getattr(cast, user)).get(f"{model['admin_url']}?q=县").status_code == 200


@pytest.mark.parametrize(
    "model",
    [
        "departments/user",
        "departments/department",
        "tasks/plan",
        "tasks/task",
        "departments/auditrecord",
        "tasks/reportevent",
    ],
)
def test_what_a_role_does_not_need_is_forbidden(signed_in, cast, plan, model):
    assert signed_in(cast.nongye).get(f"/admin/{model}/").status_code == 403


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (
            "tasks/task",
            lambda plan, n: factories.make_task(plan, n, leads=[factories.make_department(f"县单位{n}")]),
        ),
        ("departments/department", lambda plan, n: factories.make_department(f"县单位{n}")),
        ("tasks/action", lambda plan, n: factories.make_action(plan, n, f"行动{n}")),
        (
            "tasks/responsibility",
            lambda plan, n: factories.make_task(plan, n, leads=[factories.make_department("县科协")]),
        ),
        (
            "tasks/quarterlyreport",
            lambda plan, n: factories.make_report(
                plan.periods.last(), factories.make_department(f"县单位{n}")
            ),
        ),
        ("tasks/reportingperiod", lambda plan, n: factories.make_period(plan, f"2024Q{n - 9}")),
        (
            "tasks/planfinding",
            lambda plan, n: PlanFinding.objects.create(plan=plan, code="x", message=f"事项{n}"),
        ),
        (
            "indicators/indicator",
            lambda plan, n: Indicator.objects.create(plan=plan, code=f"i{n}", name=f"指标{n}", kind="SURVEY"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lists_cost_the_same_with_one_row_and_four(signed_in, cast, plan, period, model, more):
    client = signed_in(cast.kexie)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(f"/admin/{model}/").status_code == 200
        return len(captured)

    more(plan, 10)
    queries()
    one = queries()
    for number in (11, 12, 13):
        more(plan, number)
    assert queries() == one


def test_the_coordinator_assigns_a_unit_by_decision(signed_in, cast, plan, units):
    data = {
        "task": Task.objects.get(number=3).pk,
        "department": factories.make_department("县应急局").pk,
        "role": "SUPPORT",
        "position": "9",
        "valid_from": "2023-07-01",
        "valid_to": "",
        "decided_by": "领导小组2023年第二次会议",
        "continues": "",
    }
    signed_in(cast.kexie).post("/admin/tasks/responsibility/add/", data)
    assert Responsibility.objects.get(department__name="县应急局").decided_by == "领导小组2023年第二次会议"


@pytest.mark.parametrize(
    ("unit", "since", "until", "field", "sentence"),
    [
        ("县林业局", "2023-10-01", "", "valid_to", "县林业局至2023年8月31日止，分工不能晚于该日。"),
        ("县林业局", "2023-07-01", "2023-09-01", "valid_to", "县林业局至2023年8月31日止，分工不能晚于该日。"),
        ("县林草局", "2022-01-01", "", "valid_from", "县林草局自2023年9月1日起设立。"),
        ("县应急局", "2005-01-01", "", "valid_from", "应在方案期内（2021年1月1日至2025年12月31日）。"),
    ],
)
def test_no_duty_for_a_unit_that_is_not_there_or_outside_the_plan(
    signed_in, cast, plan, unit, since, until, field, sentence
):
    for name, days in (
        ("县林业局", {"ends_on": date(2023, 8, 31)}),
        ("县林草局", {"begins_on": date(2023, 9, 1)}),
    ):
        Department.objects.filter(pk=factories.make_department(name).pk).update(**days)
    data = {
        "task": Task.objects.get(number=3).pk,
        "department": factories.make_department(unit).pk,
        "role": "LEAD",
        "position": "9",
        "valid_from": since,
        "valid_to": until,
        "decided_by": "会议纪要",
        "continues": "",
    }
    page = signed_in(cast.kexie).post("/admin/tasks/responsibility/add/", data)
    assert page.context["adminform"].form.errors == {field: [sentence]}


def test_duties_do_not_continue_one_another_in_a_circle(signed_in, cast, plan, units):
    task = Task.objects.get(number=3)
    asked = {"task": task, "role": "SUPPORT", "position": 9, "decided_by": "会议纪要"}
    older = Responsibility.objects.create(
        department=factories.make_department("县应急局"),
        valid_from=date(2022, 1, 1),
        valid_to=date(2022, 12, 31),
        **asked,
    )
    newer = Responsibility.objects.create(
        department=factories.make_department("县水利局"),
        valid_from=date(2023, 1, 1),
        continues=older,
        **asked,
    )
    address = f"/admin/tasks/responsibility/{older.pk}/change/"
    form = signed_in(cast.kexie).get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if name in form.fields and value is not None}
    page = signed_in(cast.kexie).post(address, data | {"continues": newer.pk})
    assert page.context["adminform"].form.errors == {"continues": ["只能承接同一项重点工作的其他分工。"]}


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"ends_on": "9999-12-31"}, "ends_on", "日期应在2000年至2099年之间，请核对年份。"),
        ({"resubmit_working_days": "32767"}, "resubmit_working_days", "补正期限应为 1 至 60 个工作日。"),
        ({"title": "\u200b"}, "title", "请填写方案名称。"),
        ({"ends_on": "2022-12-31"}, "__all__", "本方案已开放的填报期不在所填的起止日期之内。"),
    ],
)
def test_a_plan_takes_no_setting_that_breaks_its_pages(
    signed_in, cast, plan, period, changed, field, sentence
):
    client, address = signed_in(cast.kexie), f"/admin/tasks/plan/{plan.pk}/change/"
    form = client.get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if name in form.fields and value is not None}
    page = client.post(address, data | changed)
    assert page.context["adminform"].form.errors == {field: [sentence]}


def test_another_regions_unit_is_neither_offered_nor_accepted(signed_in, cast, plan):
    elsewhere = Department.objects.get(region__code="500238")
    data = {"task": Task.objects.first().pk, "department": elsewhere.pk, "role": "SUPPORT", "position": "1"}
    page = signed_in(cast.kexie).post("/admin/tasks/responsibility/add/", data | {"valid_from": "2023-07-01"})
    assert "department" in page.context["adminform"].form.errors
    for page in ("change", "history"):
        path = f"/admin/departments/department/{elsewhere.pk}/{page}/"
        assert signed_in(cast.kexie).get(path).status_code == 404


def test_periods_are_opened_moved_and_closed_by_their_verbs(signed_in, cast, plan, period, clock):
    clock("2024-01-03 09:00")
    client = signed_in(cast.kexie)
    client.post("/admin/tasks/reportingperiod/add/", {"plan": plan.pk, "year": 2023, "quarter": 4})
    opened = ReportingPeriod.objects.get(year=2023, quarter=4)
    address = f"/admin/tasks/reportingperiod/{opened.pk}/change/"
    client.post(address, {"due_at_0": "2024-01-15", "due_at_1": "12:00:00"})
    opened.refresh_from_db()
    assert opened.due_at == factories.moment("2024-01-15 23:59").replace(second=59)
    close = {"action": "close_periods", "_selected_action": [opened.pk]}
    early = client.post("/admin/tasks/reportingperiod/", close, follow=True).content.decode()
    assert "2023年第四季度的截止日期是2024年1月15日，到期前不能截止；确需提前的，请先改期。" in early
    clock("2024-01-16 09:00")
    client.post("/admin/tasks/reportingperiod/", close)
    opened.refresh_from_db()
    assert opened.closed_at == factories.moment("2024-01-16 09:00")
    assert list(AuditRecord.objects.order_by("pk").values_list("verb", flat=True)) == [
        "开放填报",
        "调整截止日期",
        "截止填报",
    ]
    page = client.post("/admin/tasks/reportingperiod/add/", {"plan": plan.pk, "year": 2030, "quarter": 4})
    assert "2030年第四季度不在方案期内。" in page.content.decode()


def test_a_finding_is_settled_with_who_and_when(signed_in, cast, plan):
    finding = PlanFinding.objects.create(plan=plan, code="x", message="两处不一致。")
    signed_in(cast.kexie).post(f"/admin/tasks/planfinding/{finding.pk}/change/", {"settlement": "以表为准。"})
    finding.refresh_from_db()
    assert (finding.settlement, finding.settled_by) == ("以表为准。", cast.kexie)


def test_the_sysadmin_keeps_accounts_and_every_change_of_role_is_on_record(signed_in, cast, units):
    client = signed_in(cast.sysadmin)
    password = "Kepu-2023-xinde"
    client.post(
        "/admin/departments/user/add/",
        {
            "username": "linye2",
            "name": "新填报人",
            "usable_password": "true",
            "password1": password,
            "password2": password,
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "0",
            "memberships-0-role": "REPORTER",
            "memberships-0-department": units.jiaowei.pk,
        },
    )
    user = User.objects.get(username="linye2")
    assert list(user.memberships.values_list("role", "department__name")) == [("REPORTER", "县教委")]
    record = AuditRecord.objects.get(verb="调整角色")
    assert (record.subject, str(record.region), record.by, record.detail) == (
        "linye2",
        "城口县",
        cast.sysadmin,
        "由“无”改为“城口县 县教委 填报人”",
    )
    assert client.login(username="linye2", password=password)
    assert client.get("/admin/").status_code == 200


def test_nothing_is_deleted_in_the_admin(signed_in, cast, plan, period, units):
    report = factories.make_report(period, units.nongye, completions={1: 5}, by=cast.nongye)
    for path in (f"{REPORTS}{report.pk}/delete/", f"/admin/tasks/task/{Task.objects.first().pk}/delete/"):
        assert signed_in(cast.kexie).post(path, {"post": "yes"}).status_code == 403
    page = signed_in(cast.kexie).get("/admin/tasks/task/").content.decode()
    assert "delete_selected" not in page
    assert not Membership.objects.filter(role=Role.SYSADMIN, user=cast.kexie).exists()


def test_pages_carry_no_inline_script_or_style(signed_in, cast, units, period, draft):
    for user, path in [
        (cast.nongye, change(draft)),
        (cast.nongye, f"{REPORTS}add/"),
        (cast.kexie, change(draft)),
    ]:
        page = signed_in(user).get(path)
        text = page.content.decode()
        assert "default-src 'self'" in page["Content-Security-Policy"]
        assert " style=" not in text
        assert " onclick=" not in text


@pytest.mark.parametrize(
    ("user", "led"),
    [("kexie", True), ("nongye", False), ("nongye_sh", False), ("lingdao", False)],
)
def test_the_header_leads_to_the_admin_only_whom_it_serves(signed_in, cast, plan, user, led):
    page = signed_in(getattr(cast, user)).get(f"/plans/{plan.slug}/").content.decode()
    assert ('<a href="/admin/">管理</a>' in page) is led


@pytest.fixture
def two_counties(cast, units, plan, period, clock):
    """Both counties' coordinators open a period, and a unit of each, named alike, files in it."""
    clock("2023-10-09 09:00")
    elsewhere = factories.make_region("巫溪县", "500238")
    wuxi = factories.make_user("wuxi", (Role.COORDINATOR, factories.make_department("县科协", elsewhere)))
    other = factories.make_plan("wuxi-2021-2025", region=elsewhere, title="巫溪县科学素质实施方案")
    at = factories.moment("2023-10-09 09:00")
    theirs = open_period(other, 2023, 3, by=wuxi, at=at)
    close_period(period, by=None, at=factories.moment("2023-10-20 09:00"))
    factories.make_report(period, units.jiaowei, completions={3: 5}, by=cast.jiaowei)
    factories.make_report(theirs, factories.make_department("县教委", elsewhere), by=cast.outsider)
    return elsewhere


def column(page, name):
    return re.findall(rf'<td class="field-{name}[^"]*">(.*?)</td>', page)


@pytest.mark.parametrize(
    ("user", "path", "name", "values"),
    [
        (
            "shenji",
            "departments/auditrecord",
            "region",
            {"": ["城口县", "巫溪县"], "region__id__exact": ["巫溪县"]},
        ),
        (
            "shenji",
            "tasks/reportevent",
            "region",
            {"": ["城口县", "巫溪县"], "report__department__region__id__exact": ["巫溪县"]},
        ),
        (
            "sysadmin",
            "departments/user",
            "role_names",
            {"region": ["巫溪县 县教委 填报人", "巫溪县 县科协 科协工作人员"]},
        ),
    ],
)
def test_counties_are_told_apart_in_the_logs_and_among_the_accounts(
    signed_in, cast, two_counties, user, path, name, values
):
    client = signed_in(getattr(cast, user))
    for query, expected in values.items():
        page = client.get(f"/admin/{path}/", {query: two_counties.pk} if query else {}).content.decode()
        shown = [re.sub("<[^>]+>", "", cell) for cell in column(page, name)]
        assert sorted(shown) == expected


def test_a_filter_by_no_region_shows_all_accounts(signed_in, cast, two_counties):
    page = signed_in(cast.sysadmin).get("/admin/departments/user/", {"region": "x"}).content.decode()
    assert len(column(page, "role_names")) == User.objects.count()
