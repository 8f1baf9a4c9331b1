"""调整责任分工 by decision: from a quarter on, with its basis and reason; a task row for action 十."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengkou_kepu.freezing import freeze_quarter
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


def posted(leads, supports=(), **more):
    """What a browser posts from the form."""
    data = {
        "quarter": "2024Q1",
        "supports": [u.pk for u in supports],
        "decided_by": MINUTES,
        "reason": "职能调整",
    }
    data |= {f"lead_{place}": unit.pk for place, unit in enumerate(leads, start=1)}
    return data | more


def confirmed(client, path, data):
    """Previewed and confirmed as it was seen; the answer, of the preview where that was refused."""
    response = client.post(path, data | {"verb": "preview"})
    foreseen = response.context["foreseen"]
    if foreseen is None:
        return response
    return client.post(path, data | {"verb": "confirm", "seen": foreseen.seen})


def decided(client, number, leads, supports=(), **more):
    return confirmed(client, f"{URL}tasks/{number}/reassign/", posted(leads, supports, **more))


def previewed(client, number, leads, supports=(), **more):
    data = posted(leads, supports, **more) | {"verb": "preview"}
    return client.post(f"{URL}tasks/{number}/reassign/", data)


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
    assert response.url == f"{URL}tasks/1/"
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
        f"自2024年第一季度起：县教委改为牵头单位；县农业农村委改为配合单位。依据：{MINUTES}。理由：职能调整",
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
        (["jiaowei"], {"quarter": "2026Q1"}, "2026年第一季度不在方案期内。"),
        (["jiaowei"], {"quarter": "2024年"}, "季度写法应如 2023Q1，不能是“2024年”。"),
        (["jiaowei"], {"quarter": ""}, "这个字段是必填项。"),
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


class TestPreview:
    """Asked for first; nothing is written before it is confirmed."""

    def test_who_holds_the_task_before_and_after(self, coordinator, plan, baseline, units):
        before = everything()
        foreseen = previewed(coordinator, 1, [units.jiaowei], [units.kexie, units.nongye]).context["foreseen"]
        assert foreseen.since == "2024年第一季度"
        assert [(c.unit, c.before, c.after) for c in foreseen.changes] == [
            ("县教委", "配合", "第一牵头"),
            ("县农业农村委", "第一牵头", "配合"),
        ]
        assert (foreseen.unchanged, foreseen.returns) == (("县科协",), ())
        assert everything() == before

    def test_what_becomes_of_returns_begun_in_the_period(self, signed_in, cast, plan, q1, units):
        signed_in(cast.nongye).post(return_address(plan, q1), typed(q1, units.nongye, 1, progress="培训。"))
        factories.make_report(q1, units.jiaowei, completions={3: 20})
        client = signed_in(cast.kexie)
        foreseen = previewed(client, 1, [units.jiaowei], [units.kexie]).context["foreseen"]
        assert [(str(report), what) for report, what in foreseen.returns] == [
            ("县农业农村委 2024年第一季度季报", "不再列本项，已填内容保留备查，不再计入"),
            ("县教委 2024年第一季度季报", "本项列为第一牵头，但所送内容不含本项，需要的请退回补正"),
        ]
        kept = previewed(client, 1, [units.jiaowei, units.nongye], [units.kexie]).context["foreseen"]
        assert next(what for _, what in kept.returns) == "本项列为第二牵头，已填内容保留"

    def test_refused_as_the_decision_would_be_and_what_was_typed_stays(self, coordinator, plan, units):
        response = previewed(coordinator, 1, [units.nongye], [units.kexie, units.jiaowei])
        assert (errors(response), response.context["foreseen"]) == (["分工没有变化。"], None)
        assert response.context["form"]["reason"].value() == "职能调整"

    def test_what_changed_since_is_shown_again(self, coordinator, plan, baseline, units):
        data = posted([units.jiaowei], [units.kexie])
        path = f"{URL}tasks/1/reassign/"
        seen = coordinator.post(path, data | {"verb": "preview"}).context["foreseen"].seen
        before = everything()
        other = coordinator.post(path, data | {"verb": "confirm", "seen": seen, "reason": "另一理由"})
        assert "内容有改动，请核对下面的变化后再确认。" in other.content.decode()
        assert everything() == before
        assert coordinator.post(path, data | {"verb": "confirm"}).status_code == 200
        assert everything() == before
        decided(coordinator, 1, [units.kexie], [units.jiaowei])
        after = everything()
        assert coordinator.post(path, data | {"verb": "confirm", "seen": seen}).status_code == 200
        assert everything() == after

    def test_the_decision_leads_to_its_period_where_that_is_open(self, coordinator, plan, q1, units):
        assert decided(coordinator, 1, [units.jiaowei]).url == f"{URL}tasks/1/?period=2024Q1"
        later = decided(coordinator, 1, [units.kexie], quarter="2024Q3")
        assert later.url == f"{URL}tasks/1/?period=2024Q1"


class TestPeriodsOffered:
    def offered(self, client, path="tasks/1/reassign/"):
        field = client.get(URL + path).context["form"]["quarter"]
        return [code for code, _ in field.field.widget.choices], field.value()

    def test_from_the_second_of_the_plan_and_by_default_the_one_under_way(self, coordinator, plan):
        codes, chosen = self.offered(coordinator)
        assert (codes[0], codes[-1], len(codes), chosen) == ("2021Q2", "2025Q4", 19, "2024Q1")
        assert self.offered(coordinator, "actions/1/tasks/new/")[0][0] == "2021Q1"

    def test_none_archived_and_none_before_a_later_decision(self, coordinator, plan, period, units):
        period.frozen_at = moment("2024-02-01 09:00")
        period.save()
        assert self.offered(coordinator)[0][0] == "2023Q4"
        decided(coordinator, 1, [units.jiaowei], quarter="2024Q3")
        assert self.offered(coordinator)[0][0] == "2024Q3"
        assert self.offered(coordinator, "tasks/2/reassign/") == (
            [f"{year}Q{q}" for year in (2023, 2024, 2025) for q in range(1, 5)][3:],
            "2024Q1",
        )

    def test_after_the_plan_the_open_one(self, signed_in, cast, plan, period, clock):
        factories.make_period(plan, "2025Q3", opens_at=moment("2025-10-01 09:00"))
        clock("2026-01-20 09:00")
        period.closed_at = moment("2023-11-01 09:00")
        period.save()
        assert self.offered(signed_in(cast.kexie))[1] == "2025Q3"

    def test_where_all_is_archived_the_page_says_so(self, signed_in, cast, plan, units, clock):
        clock("2026-03-20 09:00")
        coordinator = signed_in(cast.kexie)
        factories.make_period(plan, "2025Q4", frozen_at=moment("2026-03-01 09:00"))
        page = coordinator.get(f"{URL}tasks/1/reassign/").content.decode()
        sentence = "2025年第四季度或以后的季度已定稿归档，请从归档以后的季度起调整。"
        assert f"{sentence}本方案没有可以调整的填报期。" in page
        assert "预览变化" not in page
        assert errors(decided(coordinator, 1, [units.jiaowei], quarter="2025Q4")) == [sentence]


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
        response = confirmed(client, f"{URL}actions/10/tasks/new/", data)
        assert response.url == f"{URL}tasks/43/?period=2024Q1"
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

    def test_before_its_quarter_its_page_says_since_when(self, signed_in, cast, added):
        client = signed_in(cast.lingdao)
        said = "本项自2024年1月1日起列入，2023年第四季度不计入"
        pages = [
            client.get(f"{URL}tasks/43/?period={code}").content.decode() for code in ("2023Q4", "2024Q1")
        ]
        assert [said in page for page in pages] == [True, False]

    def test_paragraphs_without_a_row_lead_to_the_form(self, signed_in, cast, county, added):
        def links(client, ordinal):
            page = client.get(f"{URL}actions/{ordinal}/").context
            return [(p.place, p.title) for p in page["paragraphs"] if p.title]

        client = signed_in(cast.kexie)
        found = {ordinal: links(client, ordinal) for ordinal in (1, 6, 9, 10)}
        assert found == {
            1: [],
            6: [(3, "推进科技馆建设")],
            9: [(5, "加强专职科普队伍建设")],
            10: [(2, "加强科学素质交流合作"), (3, "加强科技人文交流"), (4, "加强科普交流合作")],
        }
        page = client.get(f"{URL}actions/6/").content.decode()
        assert f'href="{URL}actions/6/tasks/new/?paragraph=3"' in page
        new = client.get(f"{URL}actions/6/tasks/new/?paragraph=3").context
        assert new["form"]["title"].value() == "推进科技馆建设"
        assert new["paragraphs"].startswith("推进科技馆建设。推动科技馆与")
        for odd in ("2", "99", "x", "²"):
            other = client.get(f"{URL}actions/6/tasks/new/", {"paragraph": odd}).context
            assert other["form"]["title"].value() == ""
        assert "据此增列" not in signed_in(cast.lingdao).get(f"{URL}actions/6/").content.decode()

    def test_a_paragraph_that_has_become_a_task_is_offered_no_more(self, signed_in, cast, county, added):
        county.tasks.filter(number=43).update(title="加强科技人文交流")
        page = signed_in(cast.kexie).get(f"{URL}actions/10/").context
        assert [(p.title, p.task) for p in page["paragraphs"]] == [
            ("", None),
            ("加强科学素质交流合作", None),
            ("", added),
            ("加强科普交流合作", None),
        ]

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


class TestAddedFromLater:
    """第43项 counts from 2024Q2 on, decided while 2024Q1 is the latest quarter with returns."""

    TITLE = "加强科普交流合作"

    @pytest.fixture
    def quarters(self, cast, county):
        factories.make_period(county, "2022Q4", closed_at=moment("2023-02-01 09:00"))
        opened = moment("2024-01-01 09:00")
        return [factories.make_period(county, code, opens_at=opened) for code in ("2023Q4", "2024Q1")]

    @pytest.fixture
    def added(self, signed_in, cast, county, quarters):
        data = {"title": self.TITLE, "nature": "STANDING", "quarter": "2024Q2"}
        data |= {"lead_1": Department.objects.get(region=county.region, name="县科协").pk}
        data |= {"decided_by": MINUTES, "reason": "附件缺第十项"}
        client = signed_in(cast.kexie)
        response = confirmed(client, f"{URL}actions/10/tasks/new/", data)
        assert client.get(response.url).status_code == 200
        return county.tasks.get(number=43)

    @pytest.fixture
    def archived(self, cast, quarters):
        """2023Q4, archived before the task was added, in which a unit has filed."""
        report = factories.make_report(quarters[0], factories.make_department("县农业农村委"))
        quarters[0].closed_at = moment("2024-01-20 09:00")
        quarters[0].save()
        freeze_quarter(quarters[0], by=cast.kexie, at=moment("2024-02-01 09:00"))
        return report.period

    def told(self, response):
        return [str(message) for message in response.context["messages"]]

    def test_its_page_leads_from_the_archive_to_the_quarter_that_has_it(
        self, signed_in, cast, county, archived, added
    ):
        factories.make_period(county, "2024Q2", opens_at=moment("2024-03-18 09:00"))
        client = signed_in(cast.lingdao)
        asked = "第43项自2024年4月1日起列入，已定稿归档的2023年第四季度没有这一项。"
        for query, said in (("", "第43项自2024年4月1日起列入。"), ("?period=2023Q4", asked)):
            shown = client.get(f"{URL}tasks/43/{query}", follow=True)
            assert shown.redirect_chain == [(f"{URL}tasks/43/?period=2024Q2", 302)]
            assert self.told(shown) == [said]
        assert client.get(f"{URL}tasks/44/").status_code == 404
        assert signed_in(cast.outsider).get(f"{URL}tasks/43/").status_code == 404

    def test_before_that_is_open_to_the_latest_that_says_since_when(self, signed_in, cast, archived, added):
        shown = signed_in(cast.lingdao).get(f"{URL}tasks/43/", follow=True)
        assert shown.redirect_chain == [(f"{URL}tasks/43/?period=2024Q1", 302)]
        assert "本项自2024年4月1日起列入，2024年第一季度不计入" in shown.content.decode()

    def test_where_all_is_archived_to_its_action(self, signed_in, cast, county, archived, added):
        county.periods.filter(year=2024).delete()
        shown = signed_in(cast.lingdao).get(f"{URL}tasks/43/", follow=True)
        assert shown.redirect_chain == [(f"{URL}actions/10/", 302)]
        assert self.told(shown) == ["第43项自2024年4月1日起列入。"]

    def test_it_has_the_paragraph_whose_heading_was_typed(self, signed_in, cast, added):
        page = signed_in(cast.lingdao).get(f"{URL}tasks/43/?period=2024Q1").content.decode()
        assert '<div class="quote">加强科普交流合作。依托成渝地区双城经济圈建设' in page
        assert "正文中没有与本项对应的段落" not in page

    @pytest.mark.parametrize("title", ["（三）加强科普交流合作。", "加强科普 交流合作"])
    def test_however_the_heading_is_set(self, signed_in, cast, added, title):
        Task.objects.filter(pk=added.pk).update(title=title)
        page = signed_in(cast.kexie).get(f"{URL}actions/10/?period=2024Q1").context
        assert [p.place for p in page["paragraphs"] if p.task] == [4]

    def test_its_action_says_from_when_on_it_counts(self, signed_in, cast, archived, added):
        said = f"第43项　{self.TITLE}</a>自2024年4月1日起列入，{{}}不计入。"
        listed = f'<a class="small" href="{URL}tasks/43/">已列为第43项</a>'
        shown = {}
        for name in ("kexie", "lingdao"):
            for code, label in (("2023Q4", "2023年第四季度"), ("2024Q1", "2024年第一季度")):
                page = signed_in(getattr(cast, name)).get(f"{URL}actions/10/?period={code}").content.decode()
                shown[name, code] = said.format(label) in page, listed in page, page.count("据此增列</a>")
        assert shown == {
            ("kexie", "2023Q4"): (True, True, 2),
            ("kexie", "2024Q1"): (True, True, 2),
            ("lingdao", "2023Q4"): (False, False, 0),
            ("lingdao", "2024Q1"): (True, True, 0),
        }

    def test_from_its_quarter_on_it_is_a_row_like_others(self, signed_in, cast, county, added):
        factories.make_period(county, "2024Q2", opens_at=moment("2024-03-18 09:00"))
        page = signed_in(cast.kexie).get(f"{URL}actions/10/?period=2024Q2")
        assert (page.context["later"], len(page.context["standing"].tasks)) == ([], 1)
        assert "已列为第43项" in page.content.decode()
        found = signed_in(cast.lingdao).get(f"{URL}tasks/", {"period": "2024Q2", "text": "区域科普共同体"})
        assert [row.progress.number for row in found.context["filterset"].qs] == [43]
