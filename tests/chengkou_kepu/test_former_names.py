"""Former names of units after a reform: in the filters of the task list, and in a document imported later."""

import json
from datetime import date

import pytest
from django.core.management import call_command

from chengkou_kepu.reform import Change, Choices, carry_out
from departments.models import Department, Reform
from tasks.models import Plan, PlanFinding, Responsibility
from tests import factories
from tests.conftest import COUNTY_DOCUMENT
from tests.factories import moment

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
NEXT = "chengkou-2026-2030"


@pytest.fixture(autouse=True)
def twentieth_of_march(clock):
    clock("2024-03-20 09:00")


@pytest.fixture
def reformed(cast, county):
    """`reformed(kind, unit, *names)` on 15 March 2024, recorded on the 20th; what is led goes to the first name."""
    factories.make_period(county, "2022Q4", closed_at=moment("2023-02-01 09:00"))
    for code in ("2023Q4", "2024Q1"):
        factories.make_period(county, code)

    def carry(kind, name, *names, on=date(2024, 3, 15)):
        unit = Department.objects.get(name=name, ends_on=None)
        duties = dict.fromkeys(
            Responsibility.objects.filter(department=unit, valid_to=None).values_list("pk", flat=True),
            names[0] if names else None,
        )
        change = Change(Reform.Kind[kind], (unit,), names, on, "文件")
        return carry_out(change, Choices(duties=duties), by=cast.kexie, at=moment("2024-03-20 09:00"))

    return carry


@pytest.fixture
def tasks(signed_in, cast):
    """`tasks(period, **query)`: the filterset of the task list."""
    client = signed_in(cast.lingdao)
    return lambda code, **query: client.get(f"{URL}tasks/", {"period": code} | query).context["filterset"]


def labels(filterset, *parts):
    """The units offered, as lead or support, whose label holds one of the parts."""
    offered = [label for name in ("lead", "support") for _, label in filterset.filters[name].extra["choices"]]
    return sorted({label for label in offered if any(part in label for part in parts)})


class TestFilter:
    def test_a_merger_is_told_as_such_from_its_quarter_on(self, reformed, tasks):
        reformed("MERGE", "县乡村振兴局", "县农业农村委")
        found = {code: labels(tasks(code), "农业", "乡村") for code in ("2023Q4", "2024Q1")}
        assert found == {
            "2023Q4": ["县乡村振兴局", "县农业农村委"],
            "2024Q1": ["县农业农村委（含原县乡村振兴局）"],
        }

    def test_a_rename_and_a_split(self, reformed, tasks):
        reformed("RENAME", "县林业局", "县林草局")
        reformed("SPLIT", "县经济信息委", "县经信委", "县科技局")
        shown = labels(tasks("2024Q1"), "林", "经", "县科技局")
        assert shown == ["县林草局（原县林业局）", "县经信委（自原县经济信息委拆分）"]
        assert labels(tasks("2023Q4"), "林", "经") == ["县林业局", "县经济信息委"]

    def test_what_was_renamed_and_then_merged_belongs_to_the_heir(self, reformed, tasks):
        reformed("RENAME", "县乡村振兴局", "县乡村局", on=date(2024, 1, 10))
        reformed("MERGE", "县乡村局", "县农业农村委")
        assert labels(tasks("2024Q1"), "农业") == ["县农业农村委（含原县乡村局、县乡村振兴局）"]

    def test_text_finds_the_unit_that_bore_the_name_in_the_quarter(self, reformed, tasks):
        reformed("MERGE", "县乡村振兴局", "县农业农村委")

        def numbers(code, text):
            return [row.progress.number for row in tasks(code, text=text).qs]

        joint = numbers("2024Q1", "县农业农村委")
        assert numbers("2024Q1", "县乡村振兴局") == joint
        assert numbers("2023Q4", "县乡村振兴局") == [1, 2, 3, 4, 5]
        assert numbers("2023Q4", "县农业农村委") == joint


class TestImport:
    """The same document, imported as the next plan after the reform, still has the former names."""

    def findings(self, slug=NEXT):
        found = PlanFinding.objects.filter(plan__slug=slug, code__startswith="unit_")
        known = {"unit_split", "unit_merged", "unit_renamed", "unit_abolished"}
        return [(f.code, f.kind, f.message) for f in found.order_by("code") if f.code in known]

    SPLIT = (
        "unit_split",
        "单位已拆分",
        "文件所列“县经济信息委”自2024年3月15日起已拆分，现由县经信委、县科技局承接；"
        "文件列给“县经济信息委”的牵头工作（第25、26、27、28、29、30、31、32、33、34、35、36、37、38、39、40、41、42项）"
        "和配合工作 20 项，暂列在县经信委，请按职能核对，应由其他承接单位承担的予以更正。",
    )

    def test_each_former_name_has_a_finding(self, reformed, signed_in, cast, capsys):
        reformed("RENAME", "县林业局", "县林草局")
        reformed("MERGE", "县乡村振兴局", "县农业农村委")
        reformed("SPLIT", "县经济信息委", "县经信委", "县科技局")
        reformed("ABOLISH", "县人武部")
        call_command("import_plan", COUNTY_DOCUMENT, "--slug", NEXT)
        abolished = "文件所列“县人武部”至2024年3月14日止已撤销，其分工此后没有单位承担，请核对。"
        merged = "文件所列“县乡村振兴局”自2024年3月15日起已合并，按现单位县农业农村委列入分工，请核对。"
        renamed = "文件所列“县林业局”自2024年3月15日起已更名，按现单位县林草局列入分工，请核对。"
        assert self.findings() == [
            ("unit_abolished", "单位已撤销", abolished),
            ("unit_merged", "单位已合并", merged),
            ("unit_renamed", "单位已更名", renamed),
            self.SPLIT,
        ]
        told = capsys.readouterr().out
        assert [line for line in told.splitlines() if line.startswith("  需要核对：")] == [
            f"  需要核对：{message}" for message in (self.SPLIT[2], merged, renamed, abolished)
        ]
        page = signed_in(cast.kexie).get(f"/plans/{NEXT}/findings/").content.decode()
        assert [message in page for message in (abolished, merged, renamed, self.SPLIT[2])] == [True] * 4

    def test_importing_the_next_plan_again_changes_nothing(self, reformed, capsys):
        reformed("SPLIT", "县经济信息委", "县经信委", "县科技局")
        for _ in range(2):
            call_command("import_plan", COUNTY_DOCUMENT, "--slug", NEXT)
        assert self.findings() == [self.SPLIT]
        assert capsys.readouterr().out.endswith("没有变化。\n")

    def test_the_plan_that_had_the_unit_has_none(self, reformed, capsys):
        reformed("SPLIT", "县经济信息委", "县经信委", "县科技局")
        call_command("import_plan", COUNTY_DOCUMENT)
        assert self.findings("chengkou-2021-2025") == []
        assert Plan.objects.count() == 1

    def test_json_has_them_of_an_import_but_not_of_a_dry_run(self, reformed, capsys):
        reformed("SPLIT", "县经济信息委", "县经信委", "县科技局")

        def codes(*options):
            call_command("import_plan", COUNTY_DOCUMENT, "--slug", NEXT, "--json", *options)
            return [f["code"] for f in json.loads(capsys.readouterr().out)["findings"]]

        dry = codes("--dry-run")
        assert "unit_split" not in dry
        assert codes() == [*dry, "unit_split"]
