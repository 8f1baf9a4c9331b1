"""After a unit gave place to another: who stated a figure is said as it was, and its returns stand once, with its name."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest

from chengkou_kepu import reform
from chengkou_kepu.dashboard import HeatCell
from chengkou_kepu.freezing import freeze_quarter
from departments.models import Department
from tasks.errata import correct_completion
from tasks.models import Responsibility
from tasks.obligations import Filing
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
NEW = "县教育委员会"
AT = moment("2024-03-20 09:00")


@pytest.fixture(autouse=True)
def twentieth_of_march(clock):
    clock("2024-03-20 09:00")


@pytest.fixture
def quarters(plan, baseline):
    """2023Q4, in which both leads may have filed, and 2024Q1, open."""
    opened = {"2023Q4": moment("2023-12-15 09:00"), "2024Q1": moment("2024-03-15 09:00")}
    return [factories.make_period(plan, code, opens_at=at) for code, at in opened.items()]


def reformed(cast, kind, units, *names, on=date(2024, 2, 1)):
    """The reform of the units, recorded on 20 March; the units of those names."""
    change = reform.Change(kind, tuple(units), names, on, "城委办发〔2024〕2号")
    duties = Responsibility.objects.filter(department__in=units, valid_to=None).values_list("pk", flat=True)
    reform.carry_out(change, reform.Choices(duties=dict.fromkeys(duties, names[0])), by=cast.kexie, at=AT)
    return [Department.objects.get(name=name, ends_on=None) for name in names]


def basis(client, code, number=3):
    """(what the task's page says its figure rests on, who is said to have stated each lead's figure)."""
    progress = client.get(f"{URL}tasks/{number}/?period={code}").context["progress"]
    return progress.why.partition("依据：")[2], [lead.stated_by for lead in progress.leads]


def row_of_table(client, code, number=3):
    """(数据截至, 最新进展) of the task in the summary workbook."""
    book = client.get(f"{URL}exports/summary.xlsx?period={code}").getvalue()
    rows = openpyxl.load_workbook(BytesIO(book))["重点工作"].iter_rows(values_only=True)
    row = next(row for row in rows if row[0] == number)
    return row[9], row[11]


class TestWhoStatedTheFigure:
    @pytest.mark.parametrize("kind", ["RENAME", "SPLIT"])
    def test_a_former_unit_is_named_and_not_its_heir(self, kind, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.jiaowei, completions={3: 24})
        reformed(cast, kind, [units.jiaowei], *([NEW] if kind == "RENAME" else [NEW, "县体育局"]))
        client = signed_in(cast.lingdao)
        assert basis(client, "2023Q4") == ("第一牵头单位自评（县教委2023年第四季度季报）。", [""])
        assert basis(client, "2024Q1") == (
            "第一牵头单位自评（原牵头单位县教委2023年第四季度季报）。",
            ["县教委"],
        )
        page = client.get(f"{URL}tasks/3/?period=2024Q1").content.decode()
        assert '<div class="small muted">原牵头单位县教委报送</div>' in page
        assert row_of_table(client, "2024Q1") == (
            "沿用2023年第四季度数据（县教委报送）",
            "（县教委报送）第3项进展",
        )
        assert row_of_table(client, "2023Q4") == ("2023年第四季度", "第3项进展")

    def test_what_the_heir_states_is_its_own(self, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.jiaowei, completions={3: 24})
        heir = reformed(cast, "RENAME", [units.jiaowei], NEW)[0]
        factories.make_report(quarters[1], heir, completions={3: 30})
        assert basis(signed_in(cast.lingdao), "2024Q1") == (
            f"第一牵头单位自评（{NEW}2024年第一季度季报）。",
            [""],
        )
        assert row_of_table(signed_in(cast.lingdao), "2024Q1") == ("2024年第一季度", "第3项进展")

    def test_what_waits_for_review_is_the_former_units_too(self, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.jiaowei, completions={3: 24}, status="SUBMITTED")
        reformed(cast, "RENAME", [units.jiaowei], NEW)
        page = signed_in(cast.lingdao).get(f"{URL}tasks/3/?period=2024Q1")
        assert page.context["progress"].why == "原牵头单位县教委已报送，尚未审核通过。"
        assert "待审核：24%，原牵头单位县教委报送（2023年第四季度）" in page.content.decode()

    def test_a_correction_of_its_archived_quarter_and_a_mean(self, signed_in, cast, plan, units, quarters):
        plan.consolidation = plan.Consolidation.MEAN
        plan.save()
        factories.make_report(quarters[0], units.jiaowei, completions={3: 24})
        quarters[0].closed_at = moment("2024-01-20 09:00")
        quarters[0].save()
        freeze_quarter(quarters[0], by=cast.kexie, at=moment("2024-01-21 09:00"))
        quarters[0].refresh_from_db()
        line = Responsibility.objects.get(task__number=3, role="LEAD")
        correct_completion(quarters[0], line, 20, reason="核减", by=cast.kexie, at=moment("2024-01-25 09:00"))
        reformed(cast, "RENAME", [units.jiaowei], NEW)
        assert basis(signed_in(cast.lingdao), "2024Q1") == (
            "各牵头单位平均（原牵头单位县教委2023年第四季度更正说明）。",
            ["县教委"],
        )


def heat_of(client, unit, code="2024Q1"):
    board = client.get(f"{URL}?period={code}").context["board"]
    return next(row.cells for row in board.heat if row.department_id == unit.pk)


def history_of(client, unit, code="2024Q1"):
    rows = client.get(f"{URL}departments/{unit.pk}/?period={code}").context["history"]
    return [(row.period.code, row.filing.filing, row.formerly) for row in rows]


class TestHistory:
    """The heat table and the unit's page say the same of quarters in which there was no such unit yet."""

    def test_of_a_unit_split_off(self, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.jiaowei, completions={3: 24})
        heirs = reformed(cast, "SPLIT", [units.jiaowei], NEW, "县体育局")
        client = signed_in(cast.lingdao)
        assert heat_of(client, heirs[0]) == (
            HeatCell(Filing.MISSING, formerly="县教委"),
            HeatCell(Filing.ON_TIME, formerly="县教委"),
            HeatCell(Filing.PENDING),
        )
        assert history_of(client, heirs[0]) == [
            ("2024Q1", Filing.PENDING, ""),
            ("2023Q4", Filing.ON_TIME, "县教委"),
            ("2022Q4", Filing.MISSING, "县教委"),
        ]
        assert (
            client.get(URL + "?period=2024Q1")
            .content.decode()
            .count('<div class="small muted">原县教委</div>')
            == 2
        )
        page = client.get(f"{URL}departments/{heirs[0].pk}/?period=2024Q1").content.decode()
        assert page.count('<div class="small muted">原县教委</div>') == 2

    def test_of_a_merger_each_former_unit_stands_with_its_own(self, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.jiaowei, completions={3: 24})
        heir = reformed(cast, "MERGE", [units.nongye, units.jiaowei], "县农教委")[0]
        client = signed_in(cast.lingdao)
        other = HeatCell(Filing.ON_TIME, formerly="县教委")
        assert heat_of(client, heir)[1] == HeatCell(Filing.MISSING, formerly="县农业农村委", beside=(other,))
        assert history_of(client, heir)[:3] == [
            ("2024Q1", Filing.PENDING, ""),
            ("2023Q4", Filing.MISSING, "县农业农村委"),
            ("2023Q4", Filing.ON_TIME, "县教委"),
        ]
        page = client.get(URL + "?period=2024Q1").content.decode()
        assert page.count("原县教委</div>") == page.count("原县农业农村委</div>") == 2

    def test_a_unit_that_was_there_shows_its_own(self, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.nongye, completions={1: 24, 2: 30})
        heir = reformed(cast, "MERGE", [units.jiaowei], "县农业农村委")[0]
        client = signed_in(cast.lingdao)
        assert [cell.formerly for cell in heat_of(client, heir)] == ["", "", ""]
        assert history_of(client, heir) == [
            ("2024Q1", Filing.PENDING, ""),
            ("2023Q4", Filing.ON_TIME, ""),
            ("2022Q4", Filing.MISSING, ""),
        ]

    def test_renamed_within_an_archived_quarter(self, signed_in, cast, units, quarters):
        """Recorded after the archive, which has the former unit; the heir's row tells of it, and marks it."""
        for unit in (units.jiaowei, units.nongye):
            factories.make_report(quarters[0], unit)
        quarters[0].closed_at = moment("2024-01-20 09:00")
        quarters[0].save()
        freeze_quarter(quarters[0], by=cast.kexie, at=moment("2024-01-21 09:00"))
        heir = reformed(cast, "RENAME", [units.jiaowei], NEW, on=date(2023, 12, 15))[0]
        client = signed_in(cast.lingdao)
        assert heat_of(client, heir)[1:] == (
            HeatCell(Filing.ON_TIME, formerly="县教委"),
            HeatCell(Filing.PENDING),
        )
        assert history_of(client, heir)[:2] == [
            ("2024Q1", Filing.PENDING, ""),
            ("2023Q4", Filing.ON_TIME, "县教委"),
        ]
        archived = client.get(f"{URL}departments/{heir.pk}/?period=2023Q4").context
        assert archived["this_quarter"] is None

    def test_a_former_units_draft_stays_its_own_affair(self, signed_in, cast, units, quarters):
        factories.make_report(quarters[0], units.jiaowei, status="DRAFT")
        heir = reformed(cast, "RENAME", [units.jiaowei], NEW)[0]

        def status(user):
            rows = signed_in(user).get(f"{URL}departments/{heir.pk}/?period=2024Q1").context["history"]
            return rows[1].status

        assert (status(cast.lingdao), status(cast.kexie), status(cast.jiaowei)) == ("", "DRAFT", "DRAFT")
