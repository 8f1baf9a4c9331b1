"""机构改革 over HTTP, on the county's own plan: a merger, a rename, a split and an abolition in March 2024."""

import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from chengkou_kepu.dashboard import HeatCell
from chengkou_kepu.plan_import import import_plan
from departments.models import AuditRecord, Department, Membership, Reform, Role, Succession
from indicators.models import Indicator
from indicators.standing import owners_owing
from indicators.targets import load_targets, read_targets
from tasks.ledger import Ledger
from tasks.models import (
    NoDuty,
    Plan,
    PlanFinding,
    ProgressEntry,
    QuarterlyReport,
    Responsibility,
    SupportRequest,
)
from tasks.obligations import Filing
from tasks.plan_document import read_plan_document
from tasks.standing import plan_standing, unit_filings
from tests import factories
from tests.conftest import COUNTY_DOCUMENT
from tests.factories import moment
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
DOCUMENT = "城委办发〔2024〕12号"
ON = date(2024, 3, 15)
BEFORE, AFTER = date(2024, 3, 14), ON
NOW = moment("2024-04-20 09:00")


@pytest.fixture(autouse=True)
def twentieth_of_march(clock):
    clock("2024-03-20 09:00")


@pytest.fixture
def q4(county):
    """The plan's baseline, 2022Q4, and 2023Q4, which is closed."""
    factories.make_period(county, "2022Q4", closed_at=moment("2023-02-01 09:00"))
    return factories.make_period(county, "2023Q4")


@pytest.fixture
def q1(county, q4):
    """2024Q1, opened on 18 March before its end."""
    return factories.make_period(county, "2024Q1", opens_at=moment("2024-03-18 09:00"))


def unit(name):
    return Department.objects.get(region__code="500229", name=name, ends_on=None)


def former(name):
    return Department.objects.get(name=name, ends_on__isnull=False)


def member(username, department, role=Role.REPORTER):
    return factories.make_user(username, (role, department))


def form(kind, units, names=(), **more):
    """What a browser posts from the form."""
    return {
        "kind": kind,
        "units": [u.pk for u in units],
        "names": "\n".join(names),
        "effective_on": "2024-03-15",
        "document": DOCUMENT,
        "note": "",
    } | more


def previewed(client, data):
    response = client.post(f"{URL}reforms/new/", data | {"verb": "preview"})
    assert response.status_code == 200
    return response


def reformed(client, kind, units, names=(), **choices):
    """Previewed and confirmed as it was seen; the Reform."""
    data = form(kind, units, names) | choices
    seen = previewed(client, data).context["seen"]
    response = client.post(f"{URL}reforms/new/", data | {"verb": "confirm", "seen": seen})
    assert response.status_code == 302, response.context["form"].errors
    return Reform.objects.latest("pk")


def leads_chosen(department, name):
    """duty-… fields that give all of the unit's lead tasks to the unit of the name."""
    held = Responsibility.objects.leads().filter(department=department, valid_to=None)
    return {f"duty-{duty.pk}": name for duty in held}


def errors(response):
    return [str(e) for messages in response.context["form"].errors.values() for e in messages]


def held_by(department, day):
    """[(task number, role, position)] of what the unit holds on the date."""
    held = Responsibility.objects.in_force(day).filter(department=department)
    return list(held.order_by("task__number").values_list("task__number", "role", "position"))


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Department, Reform, Succession, Membership, Responsibility, Indicator, AuditRecord)
    ]


@pytest.fixture
def coordinator(signed_in, cast, county):
    return signed_in(cast.kexie)


@pytest.fixture
def merged(coordinator, county):
    """县乡村振兴局 merged into 县农业农村委."""
    return reformed(coordinator, "MERGE", [unit("县乡村振兴局")], ["县农业农村委"])


@pytest.fixture
def renamed(coordinator, county):
    return reformed(coordinator, "RENAME", [unit("县文化旅游委")], ["县文化和旅游发展委员会"])


class TestUnits:
    def test_the_old_unit_ends_the_day_before_and_the_new_one_begins(self, cast, renamed):
        old, new = former("县文化旅游委"), unit("县文化和旅游发展委员会")
        assert (old.begins_on, old.ends_on) == (None, BEFORE)
        assert (new.begins_on, new.ends_on, new.is_group) == (ON, None, False)
        assert (renamed.kind, renamed.effective_on, renamed.document, renamed.decided_by, renamed.at) == (
            *("RENAME", ON, DOCUMENT, cast.kexie),
            moment("2024-03-20 09:00"),
        )
        assert list(renamed.successions.values_list("old", "new")) == [(old.pk, new.pk)]

    def test_the_deed_is_on_record(self, cast, merged):
        records = AuditRecord.objects.filter(verb__startswith="机构改革").order_by("pk")
        assert list(records.values_list("verb", "subject", "by", "detail")) == [
            (
                *("机构改革：合并", "县乡村振兴局", cast.kexie.pk),
                f"2024年3月15日起；承接单位：县农业农村委；依据：{DOCUMENT}。",
            ),
            ("机构改革：移交", f"合并（{DOCUMENT}）", cast.kexie.pk, "责任分工 5 项；指标 0 项"),
        ]

    def test_a_later_unit_takes_a_former_name(self, signed_in, cast, renamed, clock):
        clock("2024-06-20 09:00")
        data = {"effective_on": "2024-06-01"}
        reformed(signed_in(cast.kexie), "RENAME", [unit("县文化和旅游发展委员会")], ["县文化旅游委"], **data)
        named = Department.objects.filter(name="县文化旅游委").order_by("pk")
        assert [(u.begins_on, u.ends_on) for u in named] == [(None, BEFORE), (date(2024, 6, 1), None)]


class TestMerger:
    """县农业农村委 leads section 一, which 县乡村振兴局 supported."""

    def test_a_task_is_held_once_as_lead(self, county, merged):
        nongye, old = unit("县农业农村委"), former("县乡村振兴局")
        assert held_by(old, BEFORE) == [(number, "SUPPORT", 6) for number in range(1, 6)]
        assert held_by(old, AFTER) == []
        assert held_by(nongye, AFTER) == held_by(nongye, BEFORE)
        assert held_by(nongye, AFTER)[:5] == [(number, "LEAD", 1) for number in range(1, 6)]

    def test_both_names_are_found(self, signed_in, cast, merged, q1):
        client = signed_in(cast.lingdao)
        for code, name in (("2023Q4", "县乡村振兴局"), ("2024Q1", "县农业农村委")):
            found = client.get(f"{URL}departments/", {"period": code, "name": "县乡村振兴局"}).context
            assert name in [u.department for u in (*found["leads"], *found["supports"])], code
        assert [
            (u.department, u.leads)
            for u in client.get(f"{URL}departments/?period=2024Q1&name=县乡村振兴局").context["leads"]
        ] == [("县农业农村委", 5)]
        nobody = client.get(f"{URL}departments/?period=2024Q1&name=没有的单位").content.decode()
        assert "的单位没有找到。" in nobody

    def test_the_task_list_is_narrowed_by_either(self, signed_in, cast, merged, q1):
        client, old = signed_in(cast.lingdao), former("县乡村振兴局")

        def numbers(**query):
            return [r.progress.number for r in client.get(f"{URL}tasks/", query).context["filterset"].qs]

        nongye = [number for number, _, _ in held_by(unit("县农业农村委"), AFTER)]
        assert numbers(period="2023Q4", support=old.pk) == [1, 2, 3, 4, 5]
        assert numbers(period="2024Q1", lead=unit("县农业农村委").pk) == [1, 2, 3, 4, 5]
        assert numbers(period="2024Q1", text="县乡村振兴局") == nongye

    def test_the_page_of_the_ended_unit_says_what_became_of_it(self, signed_in, cast, merged, q1):
        old, new = former("县乡村振兴局"), unit("县农业农村委")
        client = signed_in(cast.lingdao)
        page = client.get(f"{URL}departments/{old.pk}/").content.decode()
        assert f'县乡村振兴局已于2024年3月15日并入<a href="{URL}departments/{new.pk}/' in page
        assert DOCUMENT in page
        page = client.get(f"{URL}departments/{new.pk}/").content.decode()
        assert f'2024年3月15日起承接<a href="{URL}departments/{old.pk}/' in page

    def test_members_go_to_the_successor_and_are_told(self, coordinator, signed_in, county, q1):
        both = member("xiangcun", unit("县乡村振兴局"))
        Membership.objects.create(user=both, role=Role.APPROVER, department=unit("县农业农村委"))
        twice = member("xiangcun_2", unit("县乡村振兴局"))
        Membership.objects.create(user=twice, role=Role.REPORTER, department=unit("县农业农村委"))
        reformed(coordinator, "MERGE", [unit("县乡村振兴局")], ["县农业农村委"])
        nongye = unit("县农业农村委").pk
        held = Membership.objects.filter(user__username__startswith="xiangcun")
        assert sorted(held.values_list("user__username", "role", "department")) == [
            ("xiangcun", "APPROVER", nongye),
            ("xiangcun", "REPORTER", nongye),
            ("xiangcun_2", "REPORTER", nongye),
        ]
        client = signed_in(both)
        assert client.get(f"{URL}filing/").context["department"].pk == nongye
        notices = client.get("/notices/").content.decode()
        assert "县乡村振兴局自2024年3月15日起并入县农业农村委。" in notices

    def test_importing_the_document_again_changes_nothing(self, county, merged):
        before = everything()
        again = import_plan(read_plan_document(COUNTY_DOCUMENT), by=None, at=moment("2024-04-01 09:00"))
        assert (again.changes, again.targets.changed) == ((), False)
        assert everything() == before

    def test_a_new_plan_means_the_successor_by_the_old_name(self, county, merged, capsys):
        call_command("import_plan", COUNTY_DOCUMENT, "--slug", "chengkou-2026-2030")
        duties = Responsibility.objects.filter(task__plan__slug="chengkou-2026-2030", task__number=1)
        before, after = (
            list(duties.in_force(day).order_by("role", "position").values_list("department__name", flat=True))
            for day in (BEFORE, AFTER)
        )
        assert (before[0], after[0], after.count("县农业农村委")) == ("县农业农村委", "县农业农村委", 1)
        assert ("县乡村振兴局" in before, "县乡村振兴局" in after) == (True, False)

    def test_a_new_plan_that_names_an_abolished_unit_has_a_finding(self, coordinator, county, capsys):
        reformed(coordinator, "ABOLISH", [unit("县人武部")])
        call_command("import_plan", COUNTY_DOCUMENT, "--slug", "chengkou-2026-2030")
        found = PlanFinding.objects.filter(code="unit_abolished")
        assert list(found.values_list("plan__slug", "message")) == [
            (
                "chengkou-2026-2030",
                "文件所列“县人武部”至2024年3月14日止已撤销，其分工此后没有单位承担，请核对。",
            )
        ]
        held = Responsibility.objects.filter(
            task__plan__slug="chengkou-2026-2030", department=former("县人武部")
        )
        assert set(held.values_list("valid_to", flat=True)) == {BEFORE}

    def test_a_plan_imported_after_a_reform_in_its_span_is_owed_by_whom_there_was(
        self, coordinator, county, cast, signed_in, capsys
    ):
        """县农业农村委, which files an indicator, is renamed; the quarter before is the old unit's, the next the new one's."""
        reformed(coordinator, "RENAME", [unit("县农业农村委")], ["县农业农村局"])
        slug = "chengkou-2021-2025-b"
        for _ in range(2):
            call_command("import_plan", COUNTY_DOCUMENT, "--slug", slug)
        load_targets(Plan.objects.get(slug=slug), read_targets("chengkou-2021-2025"), by=None, at=NOW)
        plan = Plan.objects.get(slug=slug)
        owing = {}
        for code in ("2023Q4", "2024Q1"):
            period = factories.make_period(plan, code)
            filings = unit_filings(Ledger.load(plan), period, owners_owing(period), at=NOW)
            owing[code] = {u.department: u.reasons for u in filings if "农业" in u.department}
        told = ("牵头5项未办结工作", "报送指标：农民教育培训")
        assert owing == {"2023Q4": {"县农业农村委": told}, "2024Q1": {"县农业农村局": told}}
        findings = plan.findings.filter(code="unit_renamed").values_list("message", flat=True)
        assert list(findings) == [
            "文件所列“县农业农村委”自2024年3月15日起已更名，按现单位县农业农村局列入分工，请核对。"
        ]

    def test_a_duty_that_a_later_version_gives_to_the_former_unit_takes_the_accepted_line(
        self, county, merged, q1
    ):
        """The document then lists 县乡村振兴局 as the first lead of task 2, which its heir led first anyway."""
        heir = unit("县农业农村委")
        factories.make_report(q1, heir, completions={2: 60})
        document = read_plan_document(COUNTY_DOCUMENT)
        tasks = tuple(
            replace(
                task,
                leads=("县乡村振兴局", *task.leads),
                supports=tuple(set(task.supports) - {"县乡村振兴局"}),
            )
            if task.number == 2
            else task
            for task in document.tasks
        )
        import_plan(replace(document, tasks=tasks), by=None, at=NOW)
        standing = plan_standing(Ledger.load(county), q1, at=NOW)
        (task,) = (task for task in standing.tasks if task.number == 2)
        assert [(lead.department, lead.completion) for lead in task.leads] == [("县农业农村委", 60)]

    def test_a_name_that_was_kept_means_before_the_reform_the_unit_that_was(
        self, coordinator, county, capsys
    ):
        old = unit("县农业农村委")
        names = ["县农业农村委", "县畜牧局"]
        reformed(coordinator, "SPLIT", [old], names, **leads_chosen(old, "县畜牧局"))
        call_command("import_plan", COUNTY_DOCUMENT, "--slug", "chengkou-2021-2025-b")
        plan = Plan.objects.get(slug="chengkou-2021-2025-b")
        held = {
            day: [
                (duty.department_id, duty.begins_on is None)
                for duty in Responsibility.objects.in_force(day)
                .filter(task__plan=plan, task__number=1, role="LEAD")
                .annotate(begins_on=F("department__begins_on"))
            ]
            for day in (BEFORE, AFTER)
        }
        assert held == {BEFORE: [(old.pk, True)], AFTER: [(unit("县农业农村委").pk, False)]}
        assert plan.findings.filter(code="unit_split").count() == 1
        reformed_again = unit("县畜牧局")
        reformed(coordinator, "RENAME", [reformed_again], ["县畜牧兽医局"], effective_on="2024-03-19")
        call_command("import_plan", COUNTY_DOCUMENT, "--slug", "chengkou-2021-2025-b")
        (message,) = plan.findings.filter(code="unit_split").values_list("message", flat=True)
        assert "县农业农村委、县畜牧兽医局承接" in message

    def test_two_units_into_a_new_one_hold_a_task_once_at_the_first_place(self, coordinator, county, q4):
        """县经济信息委 leads 25–28 alone, 29–33 second after another lead, and supports where 县文化旅游委 leads."""
        olds = [unit("县经济信息委"), unit("县文化旅游委")]
        places = {
            number: min(
                Responsibility.objects.filter(task__number=number, department__in=olds).values_list(
                    "role", "position"
                )
            )
            for number in (1, 25, 34)
        }
        reformed(coordinator, "MERGE", olds, ["县经济文化委"])
        held = {number: (role, place) for number, role, place in held_by(unit("县经济文化委"), AFTER)}
        assert (
            {number: held[number] for number in places}
            == places
            == {
                1: ("SUPPORT", 2),
                25: ("LEAD", 1),
                34: ("LEAD", 2),
            }
        )


class TestReturns:
    @pytest.fixture
    def clerk(self, county):
        return member("wenlv", unit("县文化旅游委"))

    def test_old_returns_keep_the_old_name_and_new_ones_bear_the_new(
        self, signed_in, cast, county, q1, clerk, coordinator
    ):
        report = factories.make_report(q4_of(county), unit("县文化旅游委"), completions={34: 30})
        reformed(coordinator, "RENAME", [unit("县文化旅游委")], ["县文化和旅游发展委员会"])
        client = signed_in(cast.lingdao)

        def leads(code):
            return [u.department for u in client.get(f"{URL}departments/?period={code}").context["leads"]]

        assert ("县文化旅游委" in leads("2023Q4"), "县文化和旅游发展委员会" in leads("2023Q4")) == (
            True,
            False,
        )
        assert ("县文化旅游委" in leads("2024Q1"), "县文化和旅游发展委员会" in leads("2024Q1")) == (
            False,
            True,
        )
        assert str(QuarterlyReport.objects.get(pk=report.pk)) == "县文化旅游委 2023年第四季度季报"
        tables = [client.get(f"{URL}tasks/?period={code}").content.decode() for code in ("2023Q4", "2024Q1")]
        assert ["县文化和旅游发展委员会" in table for table in tables] == [False, True]
        boards = [client.get(f"{URL}?period={code}").context["board"] for code in ("2023Q4", "2024Q1")]
        names = [
            {row.department for row in board.heat} & {"县文化旅游委", "县文化和旅游发展委员会"}
            for board in boards
        ]
        assert names == [{"县文化旅游委"}, {"县文化和旅游发展委员会"}]
        row = next(row for row in boards[1].heat if row.department == "县文化和旅游发展委员会")
        before = HeatCell(Filing.ON_TIME, formerly="县文化旅游委")
        assert row.cells[-2:] == (before, HeatCell(Filing.PENDING))

    def test_exports_of_each_quarter_name_its_units(self, signed_in, cast, county, q1, renamed):
        client = signed_in(cast.lingdao)
        for code, name, other in (
            ("2023Q4", "县文化旅游委", "县文化和旅游发展委员会"),
            ("2024Q1", "县文化和旅游发展委员会", "县文化旅游委"),
        ):
            file = client.get(f"{URL}exports/summary.xlsx?period={code}")
            book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
            cells = {str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value}
            assert any(name in text for text in cells)
            assert not any(other in text.replace(name, "") for text in cells)

    def test_progress_goes_on_in_the_successor(self, signed_in, cast, county, q1, clerk, coordinator):
        factories.make_report(q4_of(county), unit("县文化旅游委"), completions={34: 30, 35: 50})
        reformed(coordinator, "RENAME", [unit("县文化旅游委")], ["县文化和旅游发展委员会"])
        task = signed_in(cast.lingdao).get(f"{URL}tasks/34/?period=2024Q1").context["progress"]
        second = next(lead for lead in task.leads if lead.department == "县文化和旅游发展委员会")
        assert (second.completion, second.stated_in, second.carried) == (30, (2023, 4), True)
        page = signed_in(clerk).get(return_address(county, q1)).context["page"]
        before = {line.task.number: line.before for line in page.lines if line.before}
        assert {n: (b.stands_at, b.told) for n, b in before.items()} == {
            34: (30, "第34项进展"),
            35: (50, "第35项进展"),
        }
        texts = ProgressEntry.objects.latest_accepted_texts(q1, Responsibility.objects.all())
        duty = Responsibility.objects.get(task__number=34, department__name="县文化和旅游发展委员会")
        assert texts[duty.pk] == "（县文化旅游委报送）第34项进展"

    def test_progress_of_two_merged_units_is_the_first_leads(self, signed_in, cast, county, q1, coordinator):
        """县科协 leads 29 first, 县经济信息委 second."""
        held = Responsibility.objects.leads().filter(task__number=29).order_by("position")
        assert [r.department.name for r in held] == ["县科协", "县经济信息委"]
        factories.make_report(q4_of(county), unit("县科协"), completions={29: 60})
        factories.make_report(q4_of(county), unit("县经济信息委"), completions={29: 20})
        reformed(coordinator, "MERGE", [unit("县科协")], ["县经济信息委"])
        task = signed_in(cast.lingdao).get(f"{URL}tasks/29/?period=2024Q1").context["progress"]
        assert (task.completion, [(lead.department, lead.completion) for lead in task.leads]) == (
            60,
            [("县经济信息委", 60)],
        )

    def test_the_draft_of_the_running_quarter_goes_on_under_the_new_name(
        self, signed_in, county, q1, clerk, coordinator, cast
    ):
        old = unit("县文化旅游委")
        signed_in(clerk).post(
            return_address(county, q1),
            typed(q1, old, 34, completion="45", stage="UNDER_WAY", progress="办展。"),
        )
        coordinator = signed_in(cast.kexie)
        preview = previewed(coordinator, form("RENAME", [old], ["县文化和旅游发展委员会"])).context["preview"]
        assert [(str(r), what) for r, what in preview.returns] == [
            ("县文化旅游委 2024年第一季度季报", "转为县文化和旅游发展委员会的季报，内容一并转入")
        ]
        reformed(coordinator, "RENAME", [old], ["县文化和旅游发展委员会"])
        page = signed_in(clerk).get(return_address(county, q1)).context["page"]
        assert str(page.department) == "县文化和旅游发展委员会"
        assert [
            (line.task.number, line.entry.told, line.entry.completion) for line in page.lines if line.begun
        ] == [(34, "办展。", 45)]
        assert [r.department.name for r in q1.reports.all()] == ["县文化和旅游发展委员会"]

    def test_where_the_successor_has_a_draft_it_reads_the_other(
        self, signed_in, cast, county, q1, coordinator
    ):
        xiangcun, nongye = unit("县乡村振兴局"), unit("县农业农村委")
        clerk = member("xiangcun", xiangcun)
        signed_in(clerk).post(return_address(county, q1), typed(q1, xiangcun, 1, progress="帮扶培训。"))
        signed_in(cast.nongye).post(return_address(county, q1), typed(q1, nongye, 1, progress="农技培训。"))
        reformed(signed_in(cast.kexie), "MERGE", [xiangcun], ["县农业农村委"])
        client = signed_in(cast.nongye)
        response = client.get(return_address(county, q1))
        line = next(line for line in response.context["page"].lines if line.task.number == 1)
        assert (line.entry.told, [entry.told for entry in line.former]) == ("农技培训。", ["帮扶培训。"])
        assert "县乡村振兴局（原单位）本季草稿" in response.content.decode()
        refused = client.post(
            return_address(county, q1, xiangcun), typed(q1, xiangcun, 1, progress="改。"), follow=True
        )
        sentence = "县乡村振兴局至2024年3月14日止，2024年第一季度由承接其工作的单位报送。"
        assert sentence in refused.content.decode()
        assert ProgressEntry.objects.get(report__department=xiangcun).progress == "帮扶培训。"
        units = client.get(f"{URL}departments/?period=2024Q1").context
        assert "县乡村振兴局" not in [u.department for u in (*units["leads"], *units["supports"])]

    def test_the_last_return_of_the_old_unit_is_finished_by_its_people(
        self, signed_in, cast, county, q4, clerk, clock
    ):
        """The reform of 1 January falls into the weeks in which 2023Q4, which the old unit owes, is filed."""
        clock("2024-01-04 09:00")
        old, data = unit("县文化旅游委"), {"effective_on": "2024-01-01"}
        reformed(signed_in(cast.kexie), "RENAME", [old], ["县文化和旅游发展委员会"], **data)
        client = signed_in(clerk)
        asks = client.get(URL + "?period=2023Q4").context["asks"]
        assert [(ask.text.split("，")[0], ask.unit) for ask in asks] == [
            ("县文化旅游委2023年第四季度季报尚未报送", old.pk)
        ]
        assert [str(u) for u in client.get(f"{URL}filing/").context["own"]] == [
            "县文化和旅游发展委员会",
            "县文化旅游委",
        ]
        address = return_address(county, q4, old)
        for number in range(34, 39):
            data = typed(q4, old, number, completion="40", stage="UNDER_WAY", progress=f"第{number}项。")
            assert client.post(address, data).status_code == 302
        report = QuarterlyReport.objects.get(department=old, period=q4)
        client.post(address, {"verb": "SUBMIT", "version": report.version})
        report.refresh_from_db()
        assert report.status == "SUBMITTED"
        leads = client.get(f"{URL}departments/?period=2023Q4").context["leads"]
        assert [(u.department, u.filing) for u in leads if "文化" in u.department] == [
            ("县文化旅游委", Filing.ON_TIME)
        ]
        own = client.get(return_address(county, q4)).context["page"]
        assert own.fixed == "县文化和旅游发展委员会自2024年1月1日起设立，2023年第四季度由原单位报送。"

    def test_strangers_do_not_get_the_former_units_return(self, signed_in, cast, county, q1, renamed):
        address = return_address(county, q1, former("县文化旅游委"))
        assert signed_in(cast.jiaowei).get(address).status_code == 404
        assert signed_in(cast.lingdao).get(address).status_code == 404

    def test_rates_count_a_unit_once(self, signed_in, cast, county, q1, coordinator):
        """Both had filed 2024Q1 before the reform was put on record."""
        for name in ("县乡村振兴局", "县农业农村委"):
            factories.make_report(q1, unit(name))
        client = signed_in(cast.lingdao)
        before = client.get(f"{URL}departments/?period=2024Q1").context
        reformed(signed_in(cast.kexie), "MERGE", [unit("县乡村振兴局")], ["县农业农村委"])
        after = signed_in(cast.lingdao).get(f"{URL}departments/?period=2024Q1").context
        assert (after["lead_rates"], after["lead_rates"].filed) == (before["lead_rates"], 1)
        assert [u.department for u in after["leads"]].count("县农业农村委") == 1
        assert [(u.department, u.filing) for u in after["supports"] if u.department == "县乡村振兴局"] == [
            ("县乡村振兴局", Filing.VOLUNTARY)
        ]

    def test_requests_and_settled_rows_follow(self, signed_in, cast, county, q1, coordinator):
        xiangcun = unit("县文化旅游委")
        duty = Responsibility.objects.get(department=xiangcun, task__number=1)
        asked = {"asked_by": cast.nongye, "asked_at": moment("2024-03-19 09:00")}
        SupportRequest.objects.create(
            period=q1, responsibility=duty, lead=unit("县农业农村委"), due_on=date(2024, 4, 5), **asked
        )
        other = Responsibility.objects.get(department=xiangcun, task__number=2)
        NoDuty.objects.create(responsibility=other, reason="不涉及", **asked)
        reformed(coordinator, "RENAME", [xiangcun], ["县文化和旅游发展委员会"])
        supports = coordinator.get(f"{URL}departments/?period=2024Q1").context
        filing = next(u for u in (*supports["leads"], *supports["supports"]) if "发展委员会" in u.department)
        assert filing.reasons == ("牵头5项未办结工作", "牵头单位征集1项进展")
        claims = NoDuty.objects.order_by("pk").values_list("responsibility__department__name", "status")
        assert list(claims) == [("县文化和旅游发展委员会", "ASKED")]


def q4_of(county):
    return county.periods.get(year=2023, quarter=4)


class TestIndicators:
    def test_the_owner_of_each_quarter_owes_the_value(self, signed_in, cast, county, q1, coordinator):
        reformed(coordinator, "RENAME", [unit("县农业农村委")], ["县农业农村局"])
        client = signed_in(cast.lingdao)
        old, new = former("县农业农村委"), unit("县农业农村局")

        def reasons(code):
            leads = client.get(f"{URL}departments/?period={code}").context["leads"]
            return {u.department: u.reasons for u in leads if "农业" in u.department}

        told = ("牵头5项未办结工作", "报送指标：农民教育培训")
        assert reasons("2023Q4") == {"县农业农村委": told}
        assert reasons("2024Q1") == {"县农业农村局": told}
        owners = [
            client.get(f"{URL}indicators/farmer-training/?period={code}").context["standing"].owner_id
            for code in ("2023Q4", "2024Q1")
        ]
        assert owners == [old.pk, new.pk]
        page = client.get(f"{URL}indicators/farmer-training/?period=2024Q1").content.decode()
        assert f"县农业农村委（至2024年3月14日，{DOCUMENT}）" in page
        listed = [
            [i.code for i in client.get(f"{URL}departments/{u.pk}/?period={code}").context["indicators"]]
            for u, code in ((old, "2023Q4"), (old, "2024Q1"), (new, "2024Q1"))
        ]
        assert listed == [["farmer-training"], [], ["farmer-training"]]

    def test_an_owner_of_a_later_day_is_reformed_from_an_earlier_one(self, clock, signed_in, cast, q1):
        """县农业农村委 is abolished on 1 September; the rename of who took its indicator is recorded after that."""
        clock("2024-10-10 09:00")
        coordinator, gone = signed_in(cast.kexie), unit("县农业农村委")
        indicator = Indicator.objects.get(code="farmer-training")
        places = leads_chosen(gone, "县教委") | {f"indicator-{indicator.pk}": "县林业局"}
        reformed(coordinator, "ABOLISH", [gone], effective_on="2024-09-01", **places)
        reformed(coordinator, "RENAME", [unit("县林业局")], ["县林业和草原局"])
        indicator.refresh_from_db()
        owners = indicator.former_owners.values_list("department__name", "until")
        assert (indicator.owner.name, list(owners)) == (
            "县林业和草原局",
            [("县农业农村委", date(2024, 8, 31))],
        )

    def test_the_successor_files_it(self, signed_in, cast, county, q1, coordinator):
        reformed(coordinator, "RENAME", [unit("县农业农村委")], ["县农业农村局"])
        page = signed_in(cast.nongye).get(return_address(county, q1)).context["page"]
        assert [m.owed.indicator.code for m in page.measurements] == ["farmer-training"]


class TestSplit:
    @pytest.fixture
    def split(self, coordinator, county):
        old = unit("县经济信息委")
        chosen = leads_chosen(old, "县科技局")
        first = Responsibility.objects.get(department=old, task__number=25)
        chosen[f"duty-{first.pk}"] = "县经济和信息化委"
        stay, leave = member("jingxin", old), member("jingxin_2", old)
        stays, leaves = stay.memberships.get(), leave.memberships.get()
        chosen |= {f"member-{stays.pk}": "县科技局", f"member-{leaves.pk}": "-"}
        return reformed(coordinator, "SPLIT", [old], ["县经济和信息化委", "县科技局"], **chosen)

    def test_the_coordinator_says_what_goes_where(self, split):
        economy = held_by(unit("县经济和信息化委"), AFTER)
        science = held_by(unit("县科技局"), AFTER)
        assert [number for number, role, _ in economy if role == "LEAD"] == [25]
        assert [number for number, _, _ in science] == [*range(26, 34), *range(34, 43)]
        assert len(economy) + len(science) == 38
        assert held_by(former("县经济信息委"), AFTER) == []

    def test_members_go_or_end_as_chosen(self, split):
        held = Membership.objects.filter(user__username__startswith="jingxin")
        assert list(held.values_list("user__username", "department__name")) == [("jingxin", "县科技局")]

    def test_importing_again_changes_nothing(self, county, split):
        before = everything()
        assert (
            import_plan(read_plan_document(COUNTY_DOCUMENT), by=None, at=moment("2024-04-01 09:00")).changes
            == ()
        )
        assert everything() == before

    def test_a_lead_task_without_a_place_is_refused(self, coordinator, county):
        old = unit("县经济信息委")
        data = form("SPLIT", [old], ["县经济和信息化委", "县科技局"])
        seen = previewed(coordinator, data).context["seen"]
        before = everything()
        response = coordinator.post(f"{URL}reforms/new/", data | {"verb": "confirm", "seen": seen})
        numbers = "、".join(str(n) for n in [*range(25, 34), *range(34, 43)])
        assert errors(response) == [f"请为牵头的第{numbers}项选定承接单位。"]
        assert everything() == before

    def test_each_side_reads_the_others_draft(self, signed_in, cast, county, q1):
        old = unit("县经济信息委")
        clerk = member("jingxin", old)
        signed_in(clerk).post(return_address(county, q1), typed(q1, old, 25, progress="规划。"))
        place = {f"member-{clerk.memberships.get().pk}": "县科技局"}
        chosen = leads_chosen(old, "县科技局") | place
        reformed(signed_in(cast.kexie), "SPLIT", [old], ["县经济和信息化委", "县科技局"], **chosen)
        page = signed_in(clerk).get(return_address(county, q1)).context["page"]
        assert str(page.department) == "县科技局"
        assert [(line.task.number, [e.told for e in line.former]) for line in page.lines if line.former] == [
            (25, ["规划。"])
        ]


class TestAbolition:
    def test_what_is_given_to_nobody_ends(self, signed_in, coordinator, cast, county, q1):
        old = unit("县人武部")
        clerk = member("renwu", old)
        duty = Responsibility.objects.get(department=old, task__number=39)
        reform = reformed(coordinator, "ABOLISH", [old], **{f"duty-{duty.pk}": "县应急局"})
        assert list(reform.successions.values_list("old", "new")) == [(old.pk, None)]
        assert held_by(former("县人武部"), AFTER) == []
        moved = Responsibility.objects.filter(continues=duty)
        assert [(r.department.name, r.role) for r in moved] == []
        yingji = Responsibility.objects.get(department__name="县应急局", task__number=39, valid_to=None)
        assert yingji.continues is None
        assert clerk.memberships.count() == 0
        assert signed_in(clerk).get(f"{URL}filing/").status_code == 404
        page = signed_in(cast.lingdao).get(f"{URL}departments/{old.pk}/").content.decode()
        assert "县人武部已于2024年3月15日撤销。" in page

    def test_importing_again_changes_nothing(self, coordinator, county):
        reformed(coordinator, "ABOLISH", [unit("县人武部")])
        before = everything()
        assert (
            import_plan(read_plan_document(COUNTY_DOCUMENT), by=None, at=moment("2024-04-01 09:00")).changes
            == ()
        )
        assert everything() == before

    def test_a_lead_goes_where_it_is_given_and_its_progress_with_it(
        self, signed_in, cast, coordinator, county, q1
    ):
        old = unit("县总工会")
        led = [number for number, role, _ in held_by(old, AFTER) if role == "LEAD"]
        factories.make_report(q4_of(county), old, completions={led[0]: 55})
        chosen = leads_chosen(old, "县教委")
        reformed(coordinator, "ABOLISH", [old], **chosen)
        task = signed_in(cast.lingdao).get(f"{URL}tasks/{led[0]}/?period=2024Q1").context["progress"]
        assert "县总工会" not in [lead.department for lead in task.leads]
        assert [lead.completion for lead in task.leads if lead.department == "县教委"] == [55]


class TestRefusals:
    def test_who_may(self, signed_in, cast, county):
        for name in ("nongye", "nongye_sh", "lingdao"):
            client = signed_in(getattr(cast, name))
            assert client.get(f"{URL}reforms/").status_code == 403
            assert (
                client.post(f"{URL}reforms/new/", form("RENAME", [unit("县教委")], ["甲"])).status_code == 403
            )
        for name in ("outsider", "sysadmin", "shenji"):
            assert signed_in(getattr(cast, name)).get(f"{URL}reforms/new/").status_code == 404
        assert Reform.objects.count() == 0

    @pytest.mark.parametrize(
        ("kind", "units", "names", "more", "sentence"),
        [
            ("RENAME", [], ["甲"], {}, "请选择改革的单位。"),
            ("RENAME", ["县林业局"], [], {}, "更名后的单位写一个。"),
            ("RENAME", ["县林业局", "县教委"], ["甲"], {}, "更名只能选一个单位。"),
            ("RENAME", ["县林业局"], ["县林业局"], {}, "新名称与原名称相同。"),
            ("RENAME", ["县林业局"], ["县教委"], {}, "已有单位“县教委”；并入该单位的，请选择“合并”。"),
            ("RENAME", ["县林业局"], ["甲"], {"document": " "}, "请写明依据文件。"),
            ("RENAME", ["县林业局"], ["甲"], {"effective_on": "三月"}, "日期写法如 2023-10-10。"),
            (
                *("RENAME", ["县林业局"], ["甲"], {"effective_on": "2024-03-21"}),
                "生效日期不能晚于今天，请在生效之日起登记。",
            ),
            (
                "MERGE",
                ["县林业局"],
                ["县林业局"],
                {},
                "并入的单位与原单位相同；保留其名称的，只选其余并入的单位。",
            ),
            ("MERGE", ["县林业局"], ["各乡镇（街道）"], {}, "“各乡镇（街道）”是单位组，不能承接单位。"),
            ("MERGE", ["县林业局"], ["甲"], {}, "只有一个单位且并入的单位尚不存在的，请选择“更名”。"),
            ("SPLIT", ["县林业局"], ["甲"], {}, "拆分后应有两个以上单位，每行写一个。"),
            ("SPLIT", ["县林业局"], ["甲", "甲"], {}, "改革后的单位名称有重复。"),
            ("ABOLISH", ["县林业局"], ["甲"], {}, "撤销不填承接单位；各项工作的去向在下一步选择。"),
        ],
    )
    def test_what_cannot_be(self, coordinator, county, kind, units, names, more, sentence):
        before = everything()
        data = form(kind, [unit(name) for name in units], names) | more
        assert errors(previewed(coordinator, data)) == [sentence]
        assert everything() == before

    def test_an_unknown_ended_or_foreign_unit(self, coordinator, county, merged):
        elsewhere = factories.make_department("县教委", factories.make_region("巫溪县", "500238"))
        for other in (former("县乡村振兴局"), elsewhere, factories.make_department("各乡镇（街道）")):
            assert errors(previewed(coordinator, form("ABOLISH", [other]))) == ["没有这个单位，请重新选择。"]

    @pytest.mark.parametrize(("day", "refused"), [("2024-03-14", True), ("2024-03-15", False)])
    def test_not_before_an_earlier_reform_of_the_same_unit(self, coordinator, merged, day, refused):
        data = form("MERGE", [unit("县林业局")], ["县农业农村委"], effective_on=day)
        sentence = "县农业农村委已有2024年3月15日生效的机构改革，生效日期不应早于该日。"
        assert errors(previewed(coordinator, data)) == ([sentence] if refused else [])
        data = form("RENAME", [unit("县农业农村委")], ["甲"], effective_on="2024-03-15")
        sentence = "县农业农村委已有2024年3月15日生效的机构改革，生效日期应晚于该日。"
        assert errors(previewed(coordinator, data)) == [sentence]

    def test_what_was_changed_after_the_preview_is_shown_again(self, coordinator, county):
        data = form("RENAME", [unit("县林业局")], ["县林业和草原局"])
        seen = previewed(coordinator, data).context["seen"]
        before = everything()
        response = coordinator.post(
            f"{URL}reforms/new/", data | {"names": "县林草局", "verb": "confirm", "seen": seen}
        )
        assert "内容有改动，请核对下面的安排后再确认。" in response.content.decode()
        assert everything() == before

    def test_confirming_twice_is_refused_the_second_time(self, coordinator, county):
        data = form("RENAME", [unit("县林业局")], ["县林业和草原局"])
        data |= {"verb": "confirm", "seen": previewed(coordinator, data).context["seen"]}
        assert coordinator.post(f"{URL}reforms/new/", data).status_code == 302
        assert errors(coordinator.post(f"{URL}reforms/new/", data)) == ["没有这个单位，请重新选择。"]
        assert Reform.objects.count() == 1


class TestPages:
    def test_the_list_tells_the_history(self, coordinator, county):
        assert "还没有登记过机构改革。" in coordinator.get(f"{URL}reforms/").content.decode()
        reformed(coordinator, "RENAME", [unit("县文化旅游委")], ["县文化和旅游发展委员会"])
        reformed(coordinator, "ABOLISH", [unit("县人武部")])
        reforms = coordinator.get(f"{URL}reforms/").context["reforms"]
        assert [[str(step) for step in reform.successions.all()] for reform in reforms] == [
            ["县人武部→（撤销）"],
            ["县文化旅游委→县文化和旅游发展委员会"],
        ]
        assert f'href="{URL}reforms/"' in coordinator.get(URL).content.decode()

    def test_the_list_costs_the_same_for_one_and_three(self, coordinator, county):
        counts = []
        for name in ("县人武部", "县林业局", "县应急局"):
            reformed(coordinator, "RENAME", [unit(name)], [f"{name}（新）"])
            with CaptureQueriesContext(connection) as queries:
                coordinator.get(f"{URL}reforms/")
            counts.append(len(queries))
        assert counts == [counts[0]] * 3

    def test_the_preview_says_what_moves_and_writes_nothing(self, coordinator, county):
        old = unit("县乡村振兴局")
        member("xiangcun", old)
        before = everything()
        response = previewed(coordinator, form("MERGE", [old], ["县农业农村委"]))
        preview = response.context["preview"]
        assert preview.sentence == "县乡村振兴局自2024年3月15日起并入县农业农村委。"
        assert [(m.duty.task.number, m.told) for m in preview.moves] == [
            (number, "县农业农村委已是牵头单位，不重复列入") for number in range(1, 6)
        ]
        assert [(row.item.user.username, row.heir) for row in preview.members] == [
            ("xiangcun", "县农业农村委")
        ]
        assert everything() == before

    def test_the_admin_shows_reforms_and_changes_none(self, coordinator, renamed):
        page = coordinator.get("/admin/departments/reform/").content.decode()
        assert "县文化旅游委→县文化和旅游发展委员会" in page
        change = f"/admin/departments/reform/{renamed.pk}/change/"
        assert coordinator.get(change).status_code == 200
        assert coordinator.post(change, {"document": "改"}).status_code == 403
        assert coordinator.get("/admin/departments/reform/add/").status_code == 403
        assert Reform.objects.get().document == DOCUMENT

    def test_the_admin_takes_no_name_that_a_unit_has_or_had(self, coordinator, county, renamed):
        region = county.region_id
        for name, sentence in (
            ("县教委", "本行政区已有同名单位。"),
            ("县文化旅游委", "本行政区曾有同名单位；沿用其名称的，请在“机构改革”中登记。"),
        ):
            data = {"region": region, "name": name}
            data |= {f"aliases-{k}": v for k, v in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))}
            page = coordinator.post("/admin/departments/department/add/", data)
            assert page.context["adminform"].form.errors["name"] == [sentence]
