"""What the coordinator reads before a reform is confirmed: quarters, counts, plans; and everything given to one unit."""

import html
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Membership, Reform, Role
from tasks.models import Plan, Responsibility
from tests import factories
from tests.conftest import COUNTY_DOCUMENT
from tests.factories import moment

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
NEW = f"{URL}reforms/new/"


@pytest.fixture(autouse=True)
def twentieth_of_march(clock):
    clock("2024-03-20 09:00")


@pytest.fixture
def coordinator(signed_in, cast, county):
    return signed_in(cast.kexie)


def unit(name):
    return Department.objects.get(name=name, ends_on=None)


def form(kind, name, names=(), on="2024-03-15", **more):
    """What a browser posts from the form."""
    return {
        "kind": kind,
        "units": [unit(name).pk],
        "names": "\n".join(names),
        "effective_on": on,
        "document": "城委办发〔2024〕12号",
    } | more


def asked(client, verb, kind, name, names=(), **more):
    response = client.post(NEW, form(kind, name, names, **more) | {"verb": verb})
    assert response.status_code == 200
    return response


def words(response):
    """The text of the page in one line."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", response.content.decode())))


class TestQuarters:
    @pytest.fixture
    def quarters(self, county):
        """2022Q4 and 2023Q3 archived, 2023Q4 closed, 2024Q1 open."""
        factories.make_period(county, "2022Q4", frozen_at=moment("2023-03-01 09:00"))
        factories.make_period(county, "2023Q3", frozen_at=moment("2023-12-01 09:00"))
        factories.make_period(county, "2023Q4", closed_at=moment("2024-02-01 09:00"))
        return factories.make_period(county, "2024Q1", opens_at=moment("2024-03-18 09:00"))

    def test_of_a_reform_of_this_quarter(self, coordinator, quarters):
        response = asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"])
        (share,) = response.context["preview"].plans
        assert (share.since, [p.code for p in share.opened], share.closed, share.archived) == (
            *("2024年第一季度", ["2024Q1"]),
            *((), ()),
        )
        said = words(response)
        assert (
            "原承担的只有配合工作，除被征集外不需报送季报；自2024年第一季度起，由县林业和草原局配合。" in said
        )
        assert "所涉填报期：2024年第一季度（开放填报），责任分工随之改列。" in said
        assert "生效日期以前的3期（其中2期已定稿归档）不变，仍列原单位名称和数据。" in said
        assert "补登记的改革" not in said

    def test_of_one_recorded_after_its_quarter_was_archived(self, coordinator, quarters):
        response = asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"], on="2023-08-01")
        (share,) = response.context["preview"].plans
        assert (
            share.since,
            *([p.code for p in of] for of in (share.opened, share.closed, share.archived)),
        ) == (
            *("2023年第四季度", ["2024Q1"]),
            *(["2023Q4"], ["2023Q3"]),
        )
        said = words(response)
        assert (
            "生效日期在2023年第三季度期末之前，而该期已定稿归档。定稿归档的季度不变，仍列原单位名称和当时的数据；"
            "补登记的改革只作用于没有归档的季度。"
        ) in said
        assert "所涉填报期：2024年第一季度（开放填报）；2023年第四季度（已截止填报），" in said

    def test_where_all_that_is_left_of_the_plan_is_archived(self, coordinator, county):
        factories.make_period(county, "2025Q4", frozen_at=moment("2024-02-01 09:00"))
        Plan.objects.filter(pk=county.pk).update(ends_on="2024-03-31")
        county.periods.update(year=2024, quarter=1)
        response = asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"])
        assert "本方案在生效日期以后没有须报送的季度。" in words(response)

    @pytest.mark.parametrize(
        ("kind", "name", "names", "told"),
        [
            ("RENAME", "县农业农村委", ["县农业局"], "自2024年第一季度起，由县农业局报送季报。"),
            (
                *("SPLIT", "县农业农村委", ["县农业局", "县乡村中心"]),
                "自2024年第一季度起，由县农业局、县乡村中心按各自承接的分工报送季报。",
            ),
            ("ABOLISH", "县农业农村委", [], "自2024年第一季度起，县农业农村委不再报送季报。"),
            (
                *("SPLIT", "县林业局", ["县林草局", "县自然保护地管理局"]),
                "自2024年第一季度起，由县林草局、县自然保护地管理局按各自承接的分工配合。",
            ),
            ("ABOLISH", "县林业局", [], "自2024年第一季度起，县林业局不再列为配合单位。"),
        ],
    )
    def test_it_says_who_reports_and_who_only_supports(self, coordinator, quarters, kind, name, names, told):
        said = words(asked(coordinator, "preview", kind, name, names))
        only = "原承担的只有配合工作，除被征集外不需报送季报；"
        assert (f"{only if name == '县林业局' else ''}{told}" in said, only in said) == (
            True,
            name == "县林业局",
        )

    @pytest.mark.parametrize(
        ("kind", "name", "names", "members", "unstaffed"),
        [
            ("RENAME", "县农业农村委", ["县农业局"], True, ()),
            ("RENAME", "县林业局", ["县林草局"], True, ("县林草局",)),
            ("SPLIT", "县农业农村委", ["县农业局", "县乡村中心"], True, ("县乡村中心",)),
            ("SPLIT", "县农业农村委", ["县农业局", "县乡村中心"], False, ("县农业局", "县乡村中心")),
            ("MERGE", "县林业局", ["县农业农村委"], True, ()),
        ],
    )
    def test_it_names_the_units_that_will_have_no_reporter(
        self, coordinator, quarters, kind, name, names, members, unstaffed
    ):
        if not members:
            Membership.objects.filter(role=Role.REPORTER).update(role=Role.APPROVER)
        response = asked(coordinator, "preview", kind, name, names)
        assert response.context["preview"].unstaffed == unstaffed
        told = f"{'、'.join(unstaffed)}将没有填报人。"
        assert (told in words(response)) is bool(unstaffed)

    def test_unfinished_returns_say_in_whose_name_they_are_finished(self, coordinator, county, quarters):
        factories.make_report(county.periods.get(year=2023, quarter=4), unit("县林业局"), status="RETURNED")
        said = words(asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"]))
        assert (
            "县林业局2023年第四季度季报退回补正：该期末原单位仍存在，仍以原单位名义由承接单位的成员办完。"
        ) in said

    def test_a_unit_without_any_part_in_a_plan(self, coordinator, county):
        factories.make_department("县档案馆")
        response = asked(coordinator, "preview", "RENAME", "县档案馆", ["县档案局"])
        assert response.context["preview"].plans == ()
        assert "所选单位在各方案中没有责任分工、指标和未办完的报告，不涉及填报期。" in words(response)

    def test_costs_the_same_for_one_period_and_four(self, coordinator, county):
        counts = []
        for code in ("2022Q4", "2023Q1", "2023Q2", "2023Q3"):
            factories.make_period(county, code)
            with CaptureQueriesContext(connection) as queries:
                asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"])
            counts.append(len(queries))
        assert counts == [counts[0]] * 4


class TestCounts:
    def test_a_rename_is_told_in_a_sentence_with_its_rows_folded(self, coordinator, county):
        response = asked(coordinator, "preview", "RENAME", "县经济信息委", ["县经济和信息化委"])
        (share,) = response.context["preview"].plans
        assert (share.summary, share.kept) == ("牵头 18 项、配合 20 项", 0)
        assert "牵头18项、配合20项，全部由县经济和信息化委承接。" in words(response)
        assert (
            '<details class="unfold"><summary class="small">逐项列出</summary>' in response.content.decode()
        )

    def test_a_merger_says_what_the_heir_holds_already(self, coordinator, county):
        said = words(asked(coordinator, "preview", "MERGE", "县乡村振兴局", ["县农业农村委"]))
        assert "配合5项，全部由县农业农村委承接；其中5项县农业农村委原已列入，不重复列入。" in said

    def test_two_plans_are_told_apart(self, coordinator, county, capsys):
        first = words(asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"]))
        assert f"《{county}》" not in first
        call_command("import_plan", COUNTY_DOCUMENT, "--slug", "chengkou-2026-2030")
        Plan.objects.filter(slug="chengkou-2026-2030").update(title="新方案", starts_on="2024-01-01")
        response = asked(coordinator, "preview", "RENAME", "县农业农村委", ["县农业农村局"])
        told = [[str(row.item) for row in share.indicators] for share in response.context["preview"].plans]
        assert told == [["农民教育培训"], []]
        response = asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"])
        assert [str(share.plan) for share in response.context["preview"].plans] == [str(county), "新方案"]
        assert [len(share.moves) for share in response.context["preview"].plans] == [9, 9]
        said = words(response)
        assert f"《{county}》" in said
        assert "《新方案》" in said


class TestAllToOne:
    NAMES = ("县经济和信息化委", "县科技局")

    def places(self, response):
        return {move.heir for move in response.context["preview"].moves}

    def test_every_row_is_given_to_the_unit_and_can_then_differ(self, coordinator, county):
        response = asked(coordinator, "all", "SPLIT", "县经济信息委", self.NAMES, all="县科技局")
        assert self.places(response) == {"县科技局"}
        duties = response.context["duties_chosen"]
        assert len(duties) == 38
        chosen = {f"duty-{pk}": name for pk, name in duties.items()}
        first = Responsibility.objects.get(department=unit("县经济信息委"), task__number=25)
        chosen[f"duty-{first.pk}"] = "县经济和信息化委"
        seen = response.context["seen"]
        data = form("SPLIT", "县经济信息委", self.NAMES, **chosen)
        assert coordinator.post(NEW, data | {"verb": "confirm", "seen": seen}).status_code == 302
        held = Responsibility.objects.filter(valid_to=None)
        assert [held.filter(department=unit(name)).count() for name in self.NAMES] == [1, 37]

    def test_an_abolished_units_tasks_all_end(self, coordinator, county):
        response = asked(coordinator, "all", "ABOLISH", "县总工会", all="-")
        assert self.places(response) == {None}
        assert set(response.context["duties_chosen"].values()) == {None}
        assert "请选择" not in response.content.decode()

    def test_members_stay_as_chosen_and_an_unknown_name_sets_nothing(self, coordinator, county):
        clerk = factories.make_user("jingxin", (Role.REPORTER, unit("县经济信息委")))
        member = {f"member-{clerk.memberships.get().pk}": "-"}
        response = asked(coordinator, "all", "SPLIT", "县经济信息委", self.NAMES, all="县科技局", **member)
        assert [row.heir for row in response.context["preview"].members] == [None]
        response = asked(coordinator, "all", "SPLIT", "县经济信息委", self.NAMES, all="县教委")
        assert self.places(response) == {"县经济和信息化委"}
        assert Reform.objects.count() == 0

    def test_choices_stay_while_the_form_is_in_error(self, coordinator, county):
        duty = Responsibility.objects.get(department=unit("县经济信息委"), task__number=25)
        chosen = {f"duty-{duty.pk}": "县科技局", "duty-x": "县科技局"}
        response = asked(coordinator, "preview", "SPLIT", "县经济信息委", self.NAMES, on="", **chosen)
        assert response.context["preview"] is None
        assert f'<input type="hidden" name="duty-{duty.pk}" value="县科技局">' in response.content.decode()
        assert "duty-x" not in response.content.decode()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("0001-01-01", "日期应在2000年至2099年之间，请核对年份。"),
        ("1999-12-31", "日期应在2000年至2099年之间，请核对年份。"),
        ("9999-12-31", "日期应在2000年至2099年之间，请核对年份。"),
        ("2024-02-31", "日期写法如 2023-10-10。"),
        ("", "请填写生效日期。"),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_field(coordinator, day, sentence):
    response = asked(coordinator, "preview", "RENAME", "县林业局", ["县林业和草原局"], on=day)
    assert dict(response.context["form"].errors.items()) == {"effective_on": [sentence]}
    assert response.context["form"]["effective_on"].value() == day


class TestWhoIsLeftWithoutAUnit:
    def abolished(self, client, name, **more):
        data = form("ABOLISH", name, **more)
        seen = client.post(NEW, data | {"verb": "preview"}).context["seen"]
        assert client.post(NEW, data | {"verb": "confirm", "seen": seen}).status_code == 302

    def test_reads_what_became_of_it_and_whom_to_ask(self, coordinator, signed_in, county):
        clerk = factories.make_user("renwu", (Role.REPORTER, unit("县人武部")))
        self.abolished(coordinator, "县人武部")
        said = words(signed_in(clerk).get("/"))
        assert (
            "县人武部自2024年3月15日起撤销。您在原单位的填报、审核角色随之终止，不能再用本账号填报。" in said
        )
        assert "依据：城委办发〔2024〕12号。" in said
        assert "请联系县科协" in said
        assert "尚无方案" not in said

    def test_who_went_elsewhere_goes_on(self, coordinator, signed_in, county):
        clerk = factories.make_user("renwu", (Role.REPORTER, unit("县人武部")))
        self.abolished(coordinator, "县人武部", **{f"member-{clerk.memberships.get().pk}": "县应急局"})
        assert signed_in(clerk).get("/").url == URL
        assert Membership.objects.get(user=clerk).department == unit("县应急局")

    def test_who_never_had_a_role_is_told_so(self, signed_in, county):
        said = words(signed_in(factories.make_user("nobody")).get("/"))
        assert "您的账号还没有分配角色，请联系系统管理员。" in said
