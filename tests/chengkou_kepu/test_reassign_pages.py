"""调整责任分工 by decision: from a quarter on, with its basis and reason; a task row for action 十."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengkou_kepu.plan_import import import_plan
from departments.models import AuditRecord, Department
from tasks.models import ProgressEntry, Responsibility, Task
from tasks.plan_document import read_plan_document
from tests import factories
from tests.conftest import COUNTY_DOCUMENT
from tests.factories import moment
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
MINUTES = "县政府2024年第3次常务会议纪要"
FIRST = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def twentieth_of_march(clock):
    clock("2024-03-20 09:00")


@pytest.fixture
def q1(plan, baseline):
    return factories.make_period(plan, "2024Q1", opens_at=moment("2024-03-18 09:00"))


@pytest.fixture
def coordinator(signed_in, cast, plan):
    return signed_in(cast.kexie)


def decided(client, number, leads, supports=(), **more):
    data = {
        "quarter": "2024Q1",
        "supports": [u.pk for u in supports],
        "decided_by": MINUTES,
        "reason": "职能调整",
    }
    data |= {f"lead_{place}": unit.pk for place, unit in enumerate(leads, start=1)}
    return client.post(f"{URL}tasks/{number}/reassign/", data | more)


def name_of(duty):
    return duty and duty.department.name


def duties(number):
    """(unit, role, position, from, to, basis, whom it continues) of the task's rows."""
    rows = Responsibility.objects.filter(task__number=number).order_by("valid_from", "role", "position", "pk")
    return [
        (
            r.department.name,
            r.role,
            r.position,
            *(r.valid_from, r.valid_to, r.decided_by),
            name_of(r.continues),
        )
        for r in rows.select_related("department", "continues__department")
    ]


def errors(response):
    return [str(e) for messages in response.context["form"].errors.values() for e in messages]


def everything():
    return [list(m.objects.order_by("pk").values()) for m in (Task, Responsibility, AuditRecord)]


def test_a_new_lead_takes_over_from_the_quarter_on(coordinator, cast, plan, units):
    response = decided(coordinator, 1, [units.jiaowei], [units.kexie, units.nongye])
    assert response.status_code == 302
    start, end = plan.starts_on, date(2023, 12, 31)
    assert duties(1) == [
        ("县农业农村委", "LEAD", 1, start, end, "", None),
        ("县科协", "SUPPORT", 1, start, None, "", None),
        ("县教委", "SUPPORT", 2, start, end, "", None),
        ("县教委", "LEAD", 1, FIRST, None, MINUTES, "县农业农村委"),
        ("县农业农村委", "SUPPORT", 3, FIRST, None, MINUTES, "县农业农村委"),
    ]
    record = AuditRecord.objects.get()
    assert (record.verb, record.subject, record.by, record.detail) == (
        *("调整责任分工", "1 第1项重点工作", cast.kexie),
        f"2024年第一季度起：县教委改为牵头单位；县农业农村委改为配合单位。依据：{MINUTES}。理由：职能调整",
    )


def test_progress_goes_on_and_earlier_quarters_keep_their_lead(
    signed_in, coordinator, cast, plan, baseline, units
):
    period = factories.make_period(plan, "2023Q4")
    factories.make_period(plan, "2024Q1", opens_at=moment("2024-03-18 09:00"))
    factories.make_report(period, units.nongye, completions={1: 40})
    decided(coordinator, 1, [units.jiaowei], [units.kexie])
    client = signed_in(cast.lingdao)
    seen = {}
    for code in ("2023Q4", "2024Q1"):
        task = client.get(f"{URL}tasks/1/?period={code}").context["progress"]
        seen[code] = [(lead.department, lead.completion) for lead in task.leads], task.supports
    assert seen == {
        "2023Q4": ([("县农业农村委", 40)], ("县科协", "县教委")),
        "2024Q1": ([("县教委", 40)], ("县科协",)),
    }


def test_what_was_typed_in_the_running_quarter_stays_with_its_unit(signed_in, cast, plan, q1, units):
    signed_in(cast.jiaowei).post(return_address(plan, q1), typed(q1, units.jiaowei, 1, progress="开展讲座。"))
    decided(signed_in(cast.kexie), 1, [units.nongye, units.jiaowei], [units.kexie])
    page = signed_in(cast.jiaowei).get(return_address(plan, q1)).context["page"]
    line = next(line for line in page.lines if line.task.number == 1)
    assert (line.line.responsibility.role, line.entry.told) == ("LEAD", "开展讲座。")


def test_a_decision_is_corrected_within_its_quarter(coordinator, plan, units):
    decided(coordinator, 1, [units.jiaowei], [units.kexie])
    decided(coordinator, 1, [units.kexie], [units.jiaowei], decided_by="更正通知")
    assert [row for row in duties(1) if row[4] is None] == [
        ("县科协", "LEAD", 1, FIRST, None, "更正通知", "县农业农村委"),
        ("县教委", "SUPPORT", 2, FIRST, None, "更正通知", "县教委"),
    ]


@pytest.mark.parametrize(
    ("leads", "more", "sentence"),
    [
        ([], {}, "请至少选择一个牵头单位。"),
        (["jiaowei", "jiaowei"], {}, "同一单位在一项工作中只能列入一次。"),
        (["jiaowei"], {"decided_by": ""}, "请写明依据的文件或会议。"),
        (["jiaowei"], {"reason": " "}, "请写明调整理由。"),
        (["jiaowei"], {"quarter": "2021Q1"}, "方案起始即适用的分工以文件为准，请更正文件后重新导入。"),
        (["jiaowei"], {"quarter": "2026Q1"}, "请选择方案期内的填报期。"),
        (["jiaowei"], {"lead_1": "x"}, "没有这个单位，请重新选择。"),
    ],
)
def test_what_cannot_be_decided(coordinator, plan, units, leads, more, sentence):
    before = everything()
    response = decided(coordinator, 1, [getattr(units, name) for name in leads], **more)
    assert errors(response) == [sentence]
    assert everything() == before


def test_nothing_changes_archived_and_later_decisions_stand(coordinator, plan, period, units):
    same = decided(coordinator, 1, [units.nongye], [units.kexie, units.jiaowei])
    assert errors(same) == ["分工没有变化。"]
    decided(coordinator, 1, [units.jiaowei], [])
    earlier = decided(coordinator, 1, [units.kexie], [], quarter="2023Q4")
    assert errors(earlier) == ["第1项自2024年1月1日起已有新的分工，不能从更早的季度起调整。"]
    period.frozen_at = moment("2023-11-01 09:00")
    period.save()
    archived = decided(coordinator, 2, [units.kexie], [], quarter="2023Q3")
    assert errors(archived) == ["2023年第三季度或以后的季度已定稿归档，请从归档以后的季度起调整。"]


def test_a_group_of_units_does_not_lead(coordinator, plan, units):
    group = factories.make_department("各乡镇（街道）", is_group=True)
    assert errors(decided(coordinator, 1, [group])) == ["没有这个单位，请重新选择。"]
    assert decided(coordinator, 1, [units.nongye], [group, units.kexie, units.jiaowei]).status_code == 302
    assert ("各乡镇（街道）", "SUPPORT", 3, FIRST, None, MINUTES, None) in duties(1)


@pytest.mark.parametrize("path", ["tasks/1/reassign/", "actions/1/tasks/new/"])
@pytest.mark.parametrize(
    ("user", "status"), [("nongye", 403), ("lingdao", 403), ("outsider", 404), ("shenji", 404)]
)
def test_only_the_coordinator_decides(signed_in, cast, plan, path, user, status):
    client, before = signed_in(getattr(cast, user)), everything()
    assert client.get(URL + path).status_code == status
    assert client.post(URL + path, {}).status_code == status
    assert everything() == before


def test_an_unknown_task_or_action_is_not_found(coordinator, plan):
    assert coordinator.get(f"{URL}tasks/99/reassign/").status_code == 404
    assert coordinator.get(f"{URL}actions/99/tasks/new/").status_code == 404


def test_the_form_begins_with_who_holds_the_task_and_costs_the_same_for_more(coordinator, plan, units):
    form = coordinator.get(f"{URL}tasks/1/reassign/").context["form"]
    assert form.initial["supports"] == [units.kexie.pk, units.jiaowei.pk]
    assert form["lead_1"].initial == units.nongye
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            coordinator.get(f"{URL}tasks/1/reassign/")
        counts.append(len(queries))
        for number in range(5):
            factories.make_department(f"单位{number}")
    assert counts == [counts[0]] * 2


class TestActionTen:
    """实施科学素质开放合作工程 has no row in the table's copy."""

    @pytest.fixture
    def added(self, signed_in, cast, county):
        for code in ("2022Q4", "2023Q4", "2024Q1"):
            factories.make_period(county, code, opens_at=moment("2022-12-01 09:00"))
        client = signed_in(cast.kexie)
        data = {
            "title": "加强科学素质开放合作",
            "nature": "STANDING",
            "quarter": "2024Q1",
            "lead_1": Department.objects.get(region=county.region, name="县科协").pk,
            "supports": [Department.objects.get(region=county.region, name="县教委").pk],
            "decided_by": MINUTES,
            "reason": "附件缺第十项",
        }
        assert client.post(f"{URL}actions/10/tasks/new/", data).status_code == 302
        return county.tasks.get(number=43)

    def test_the_row_is_numbered_after_the_last_and_names_its_basis(self, cast, added):
        assert (added.action.ordinal, added.title, added.nature) == (10, "加强科学素质开放合作", "STANDING")
        assert [(*row[:3], row[5]) for row in duties(43)] == [
            ("县科协", "LEAD", 1, MINUTES),
            ("县教委", "SUPPORT", 1, MINUTES),
        ]
        record = AuditRecord.objects.get(verb="增列重点工作")
        assert (record.by, record.subject) == (cast.kexie, "43 加强科学素质开放合作")

    def test_the_action_then_has_a_percentage_and_not_before(self, signed_in, cast, county, added):
        period = county.periods.get(year=2024)
        kexie = added.responsibilities.get(role="LEAD").department
        factories.make_report(period, kexie, completions={43: 20})
        client = signed_in(cast.lingdao)
        standings = {
            code: client.get(f"{URL}actions/10/?period={code}").context["standing"]
            for code in ("2023Q4", "2024Q1")
        }
        assert [(s.total.completion, len(s.tasks)) for s in standings.values()] == [(None, 0), (20, 1)]
        totals = [
            client.get(f"{URL}?period={code}").context["board"].total.tasks for code in ("2023Q4", "2024Q1")
        ]
        assert totals == [42, 43]
        assert client.get(f"{URL}tasks/43/?period=2023Q4").status_code == 200

    def test_importing_again_changes_nothing(self, county, added):
        before = everything()
        assert (
            import_plan(read_plan_document(COUNTY_DOCUMENT), by=None, at=moment("2024-04-01 09:00")).changes
            == ()
        )
        assert everything() == before

    def test_what_is_missing_is_said_at_its_field(self, signed_in, cast, county):
        response = signed_in(cast.kexie).post(f"{URL}actions/10/tasks/new/", {"quarter": "2024Q1"})
        assert dict(response.context["form"].errors.items()) == {
            "title": ["请写明重点工作名称。"],
            "nature": ["这个字段是必填项。"],
            "lead_1": ["请至少选择一个牵头单位。"],
            "decided_by": ["请写明依据的文件或会议。"],
            "reason": ["请写明调整理由。"],
        }
        assert ProgressEntry.objects.count() == 0
        assert county.tasks.count() == 42
