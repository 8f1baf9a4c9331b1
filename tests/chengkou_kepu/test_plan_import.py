"""Saving a plan document, and what a later version of it may and may not change."""

import json
import os
import subprocess
import sys
from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from chengkou_kepu import plan_import
from chengkou_kepu.plan_import import ImportRefused, default_slug, import_plan
from departments.models import AuditRecord, Department, DepartmentAlias, Region
from tasks import findings
from tasks.models import Plan, ProgressEntry, Responsibility
from tasks.plan_document import Action, Finding, PlanDocument, Task, as_json, read_plan_document
from tests.factories import make_department, make_period, make_plan, make_region, make_report, moment

COUNTY_FILE = settings.BASE_DIR / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"
AT = moment("2023-10-09 16:30")
LATER = moment("2023-10-20 09:00")


def task(number, title, *, leads=("县教委",), supports=(), groups=(), action=1, paragraphs=()):
    return Task(number, title, action, leads, supports, groups, (), paragraphs, "")


def document(*tasks, region="巫溪县", findings=(), spellings=None, **fields):
    """Two actions and the tasks, of a county without targets of its own."""
    defaults = {
        "title": f"{region}科学素质实施方案（2021―2025年）",
        "region_name": region,
        "issued_on": date(2022, 6, 1),
        "starts_on": date(2021, 1, 1),
        "ends_on": date(2025, 12, 31),
        "actions": (Action(1, "农民行动", "", ("总起。",), True), Action(2, "青少年行动", "", (), True)),
        "body": (),
    }
    return PlanDocument(**defaults | fields, tasks=tasks, findings=findings, spellings=spellings or {})


def save(doc, *, at=AT, **options):
    return import_plan(doc, by=None, at=at, **options)


def duties(plan):
    """(task, unit, role, position, from, to, basis) of every responsibility."""
    rows = Responsibility.objects.filter(task__plan=plan).order_by("task__number", "role", "position", "pk")
    return [
        (r.task.number, r.department.name, r.role, r.position, r.valid_from, r.valid_to, r.decided_by)
        for r in rows.select_related("task", "department")
    ]


def standing(plan):
    """(task, unit, role) of what is in force now."""
    return [row[:3] for row in duties(plan) if row[5] is None]


def everything():
    """Every row of every table of ours."""
    labels = ("departments", "tasks", "indicators")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def run(*args, **options):
    out = StringIO()
    call_command("import_plan", *args, stdout=out, **options)
    return out.getvalue()


def report_on(plan, unit, number, completion=40):
    period = plan.periods.first() or make_period(plan, "2023Q3")
    return make_report(period, unit, completions={number: completion})


class TestTheCountysDocument:
    @pytest.fixture
    def said(self, db):
        return run(COUNTY_FILE, at="2023-10-09")

    @pytest.fixture
    def plan(self, said):
        return Plan.objects.get()

    def test_becomes_a_plan_of_its_region(self, plan):
        region = plan.region
        assert (region.code, region.name, region.parent.code, region.parent.name, region.parent.parent) == (
            "500229",
            "城口县",
            "500000",
            "重庆市",
            None,
        )
        assert (plan.slug, plan.title, plan.issued_on, plan.starts_on, plan.ends_on) == (
            "chengkou-2021-2025",
            "城口县全民科学素质行动规划纲要（2021―2025年）实施方案",
            date(2022, 11, 21),
            date(2021, 1, 1),
            date(2025, 12, 31),
        )

    def test_with_all_that_the_table_holds(self, plan):
        rows = duties(plan)
        groups = set(Department.objects.filter(is_group=True).values_list("name", flat=True))
        assert (plan.actions.count(), plan.tasks.count()) == (10, 42)
        assert (Department.objects.units().count(), groups) == (
            28,
            {"各乡镇（街道）", "县内各企业", "各相关单位"},
        )
        assert len([r for r in rows if r[2] == "LEAD"]) == 75
        assert len([r for r in rows if r[2] == "SUPPORT" and r[1] not in groups]) == 285
        assert len([r for r in rows if r[1] in groups]) == 28
        assert {r[4:] for r in rows} == {(date(2021, 1, 1), None, "")}

    def test_keeps_the_documents_order_words_and_spellings(self, plan):
        names = list(Department.objects.order_by("pk").values_list("name", flat=True))
        assert names[:4] == ["县农业农村委", "县委宣传部", "县经济信息委", "县规划自然资源局"]
        assert set(DepartmentAlias.objects.values_list("name", "department__name")) == {
            ("县经济信息委（科技局）", "县经济信息委"),
            ("县经济信息委（县科技局）", "县经济信息委"),
        }
        third = plan.tasks.get(number=3)
        assert third.title == "实施高素质农民培育计划"
        assert third.paragraphs.startswith("实施高素质农民培育计划。健全教育培训、评选认定")
        assert third.action.paragraphs.startswith("以提升科技文化素质为重点")

    def test_with_its_findings_targets_and_record(self, plan, said):
        read = read_plan_document(COUNTY_FILE)
        stored = plan.findings.values_list("code", "row", "message")
        assert sorted(stored, key=str) == sorted(((f.code, f.row, f.message) for f in read.findings), key=str)
        assert plan.indicators.count() == 12
        assert list(AuditRecord.objects.filter(verb="导入方案").values_list("subject", "detail", "by")) == [
            (
                plan.title,
                "10 个行动（工程）、42 项重点工作，28 个单位、3 个单位组；"
                "牵头 75 项次、配合 285 项次、单位组 28 项次",
                None,
            )
        ]
        lines = said.splitlines()
        assert lines[:3] == [
            plan.title,
            "10 个行动（工程）、42 项重点工作，28 个单位、3 个单位组；牵头 75 项次、配合 285 项次、单位组 28 项次。",
            f"需要核对的事项 {len(read.findings)} 条：",
        ]
        assert "已导入 城口县（500229）chengkou-2021-2025。" in lines

    def test_imported_again_changes_nothing(self, plan):
        before = everything()

        said = run(COUNTY_FILE, at="2023-12-01")

        assert said.splitlines()[-1] == "城口县（500229）chengkou-2021-2025：没有变化。"
        assert everything() == before


class TestReadingOnly:
    """Without the `db` fixture any query fails."""

    def test_prints_one_json_object(self):
        said = run(COUNTY_FILE, dry_run=True, json=True)

        assert json.loads(said) == as_json(read_plan_document(COUNTY_FILE))
        assert "城口县全民科学素质行动规划纲要（2021―2025年）实施方案" in said

    def test_tells_a_person_that_nothing_was_saved(self):
        said = run(COUNTY_FILE, dry_run=True).splitlines()

        assert said[0] == "城口县全民科学素质行动规划纲要（2021―2025年）实施方案"
        assert said[-1] == "试读完毕，没有保存。"


@pytest.mark.django_db
class TestALaterVersion:
    def test_changes_what_differs(self):
        plan = save(
            document(
                task(1, "宣传", supports=("县科协", "县林业局"), paragraphs=("甲。", "乙。")),
                task(2, "培训", supports=("县科协",)),
            )
        ).plan
        later = document(
            task(1, "宣传教育", supports=("县妇联", "县科协"), paragraphs=("甲。", "丙。")),
            task(2, "培训", supports=("县科协",), action=2),
            task(3, "科技馆", leads=("县科协",)),
            actions=(Action(1, "实施农民行动", "", ("总起。",), True), Action(2, "青少年行动", "", (), True)),
            issued_on=date(2023, 1, 1),
        )

        outcome = save(later, at=LATER)

        assert (outcome.created, outcome.changes) == (
            False,
            (
                "方案印发日期有更新",
                "新增单位：县妇联",
                "行动（工程）一名称由“农民行动”改为“实施农民行动”",
                "第1项名称由“宣传”改为“宣传教育”、原文有更新",
                "第2项改列青少年行动",
                "新增第3项：科技馆",
                "第1项新增配合单位：县妇联",
                "第1项单位顺序有调整",
                "第1项不再列配合单位县林业局",
                "第3项新增牵头单位：县科协",
            ),
        )
        assert [(t.number, t.title, t.paragraphs, t.action.ordinal) for t in plan.tasks.all()] == [
            (1, "宣传教育", "甲。\n丙。", 1),
            (2, "培训", "", 2),
            (3, "科技馆", "", 1),
        ]
        start = plan.starts_on
        assert duties(plan) == [
            (1, "县教委", "LEAD", 1, start, None, ""),
            (1, "县妇联", "SUPPORT", 1, start, None, ""),
            (1, "县科协", "SUPPORT", 2, start, None, ""),
            (2, "县教委", "LEAD", 1, start, None, ""),
            (2, "县科协", "SUPPORT", 1, start, None, ""),
            (3, "县科协", "LEAD", 1, start, None, ""),
        ]
        record = AuditRecord.objects.get(verb="导入方案", at=LATER)
        assert record.detail == "\n".join(outcome.changes)
        assert save(later, at=LATER).changed is False

    def test_never_touches_the_coordinators_settings(self):
        plan = save(document(task(1, "宣传"))).plan
        Plan.objects.update(issuer="县科学素质工作领导小组办公室", behind_points=5)
        plan.tasks.update(nature="STANDING")

        outcome = save(document(task(1, "宣传教育")))

        plan.refresh_from_db()
        assert outcome.changes == ("第1项名称由“宣传”改为“宣传教育”",)
        assert (plan.issuer, plan.behind_points, plan.tasks.get().nature) == (
            "县科学素质工作领导小组办公室",
            5,
            "STANDING",
        )

    def test_a_duty_with_lines_ends_and_keeps_them(self):
        plan = save(document(task(1, "宣传", supports=("县科协", "县林业局")))).plan
        report = report_on(plan, make_department("县科协", plan.region), 1)
        before = list(ProgressEntry.objects.values()), list(report.period.reports.values())

        outcome = save(document(task(1, "宣传", supports=("县林业局",))), at=LATER)

        assert outcome.changes == (
            "第1项单位顺序有调整",
            "第1项不再列配合单位县科协，其分工至 2023-10-20 止，已填进展保留",
        )
        assert duties(plan)[1:] == [
            (1, "县科协", "SUPPORT", 1, plan.starts_on, date(2023, 10, 20), "重新导入的文件不再列入"),
            (1, "县林业局", "SUPPORT", 1, plan.starts_on, None, ""),
        ]
        assert (list(ProgressEntry.objects.values()), list(report.period.reports.values())) == before

    def test_a_duty_that_comes_back_goes_on(self):
        original = document(task(1, "宣传", supports=("县科协",)))
        plan = save(original).plan
        report_on(plan, make_department("县科协", plan.region), 1)
        before = duties(plan)
        save(document(task(1, "宣传")), at=LATER)

        outcome = save(original, at=LATER)

        assert outcome.changes == ("第1项新增配合单位：县科协",)
        assert duties(plan) == before

    def test_a_new_role_leaves_what_was_filed_in_the_old_one(self):
        plan = save(document(task(1, "宣传", supports=("县科协", "县林业局")))).plan
        report_on(plan, make_department("县科协", plan.region), 1)

        outcome = save(
            document(task(1, "宣传", leads=("县科协", "县林业局"), supports=("县教委",))), at=LATER
        )

        assert outcome.changes == (
            "第1项县科协改为牵头单位",
            "第1项县林业局改为牵头单位",
            "第1项县教委改为配合单位",
        )
        start = plan.starts_on
        assert duties(plan) == [
            (1, "县科协", "LEAD", 1, date(2023, 10, 21), None, ""),
            (1, "县林业局", "LEAD", 2, start, None, ""),
            (1, "县教委", "SUPPORT", 1, start, None, ""),
            (1, "县科协", "SUPPORT", 1, start, date(2023, 10, 20), "重新导入的文件不再列入"),
        ]
        new = Responsibility.objects.get(valid_from=date(2023, 10, 21))
        assert new.continues == Responsibility.objects.get(valid_to=date(2023, 10, 20))

    def test_decisions_beside_the_document_stay(self):
        doc = document(task(1, "宣传", supports=("县扶贫办", "县科协")))
        plan = save(doc).plan
        first = plan.tasks.get()
        decided = {"task": first, "valid_from": date(2023, 1, 1), "role": "SUPPORT"}
        minutes = "县政府2023年第5次常务会议"
        by_decision = make_department("县气象局", plan.region)
        Responsibility.objects.create(department=by_decision, decided_by=minutes, **decided)
        plan.tasks.create(action=plan.actions.get(ordinal=2), number=2, title="交流").responsibilities.create(
            department=by_decision, role="LEAD", decided_by=minutes, valid_from=date(2023, 1, 1)
        )
        old = Responsibility.objects.get(department__name="县扶贫办")
        old.valid_to = date(2022, 12, 31)
        old.save()
        heir = make_department("县乡村振兴局", plan.region)
        Responsibility.objects.create(department=heir, continues=old, **decided)
        before = everything()

        outcome = save(doc, at=LATER)

        assert outcome.changed is False
        assert everything() == before

    def test_a_rename_where_units_have_reported_is_refused(self):
        plan = save(document(task(1, "宣传"), task(2, "培训", leads=("县科协",)), task(3, "竞赛"))).plan
        report_on(plan, make_department("县教委", plan.region), 1)
        later = document(task(1, "宣传教育"), task(2, "培训班", leads=("县科协",)), task(3, "大赛"))
        before = everything()

        with pytest.raises(ImportRefused) as refused:
            save(later, at=LATER)

        assert str(refused.value) == (
            "第1、3项已有单位填报，而文件中的名称与现有名称不同，没有导入；"
            "确属同一项工作改了名称的，请加 --retitle 再导入。"
        )
        assert everything() == before

    def test_a_rename_can_be_confirmed(self):
        plan = save(document(task(1, "宣传"))).plan
        report_on(plan, make_department("县教委", plan.region), 1)
        before = list(ProgressEntry.objects.values())

        outcome = save(document(task(1, "宣传教育")), at=LATER, retitle=True)

        assert outcome.changes == ("第1项名称由“宣传”改为“宣传教育”",)
        assert list(ProgressEntry.objects.values()) == before

    def test_a_task_that_vanished_is_reported_not_deleted(self):
        both = document(task(1, "宣传"), task(2, "培训"))
        plan = save(both).plan
        before = duties(plan)
        message = "第2项“培训”在重新导入的文件中已不存在，平台予以保留，请核对。"

        outcome = save(document(task(1, "宣传")), at=LATER)

        assert outcome.changes == (f"新增核对事项：{message}",)
        assert list(plan.findings.values_list("code", "row", "message")) == [("task_vanished", 2, message)]
        assert duties(plan) == before
        assert save(document(task(1, "宣传")), at=LATER).changed is False
        assert save(both).changes == ("1 条核对事项已不存在，予以删除",)

    def test_settled_findings_stay_and_open_ones_follow_the_document(self, cast):
        kept, resolved = Finding("title_differs", 1, "甲"), Finding("title_differs", 1, "乙")
        settled_gone = Finding("table_may_be_cut_off", None, "丙")
        plan = save(document(task(1, "宣传"), region="城口县", findings=(kept, resolved, settled_gone))).plan
        for message in ("甲", "丙"):
            finding = plan.findings.get(message=message)
            findings.settle(finding, by=cast.kexie, at=AT, settlement="以表为准")

        new = Finding("title_differs", 1, "丁")
        save(document(task(1, "宣传"), region="城口县", findings=(kept, new, new)), at=LATER)

        assert list(plan.findings.order_by("pk").values_list("message", "settlement")) == [
            ("甲", "以表为准"),
            ("丙", "以表为准"),
            ("丁", ""),
        ]


@pytest.mark.django_db
class TestUnits:
    def test_a_unit_known_under_another_spelling_is_reused(self):
        region = make_region("巫溪县", "500238")
        unit = make_department("县经济信息委（科技局）", region)
        other = make_department("县文旅委", region)
        DepartmentAlias.objects.create(department=other, name="县文化旅游委")

        plan = save(
            document(
                task(1, "宣传", leads=("县经济信息委", "县文化旅游委")),
                spellings={"县经济信息委": ("县经济信息委（科技局）", "县经济信息委（县科技局）")},
            )
        ).plan

        assert [row[1] for row in duties(plan)] == ["县经济信息委（科技局）", "县文旅委"]
        assert set(Department.objects.all()) == {unit, other}
        assert set(DepartmentAlias.objects.values_list("name", "department", "region")) == {
            ("县文化旅游委", other.pk, region.pk),
            ("县经济信息委", unit.pk, region.pk),
            ("县经济信息委（县科技局）", unit.pk, region.pk),
        }

    def test_another_countys_units_are_its_own(self):
        here = save(document(task(1, "宣传", leads=("县财政局",)), region="城口县")).plan
        there = save(document(task(1, "宣传", leads=("县财政局",)))).plan

        assert [(r.department.region.name, r.task.plan) for r in Responsibility.objects.order_by("pk")] == [
            ("城口县", here),
            ("巫溪县", there),
        ]
        assert Department.objects.filter(name="县财政局").count() == 2
        assert Region.objects.filter(name="重庆市").count() == 1

    def test_a_unit_that_leads_and_supports_a_task_leads_it(self):
        plan = save(document(task(1, "宣传", leads=("县教委",), supports=("县教委", "县科协")))).plan

        assert standing(plan) == [(1, "县教委", "LEAD"), (1, "县科协", "SUPPORT")]


@pytest.mark.django_db
class TestRegionAndSlug:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [("城口县", "chengkou-2021-2025"), ("忠县", "zhongxian-2021-2025"), ("江津区", "jiangjin-2021-2025")],
    )
    def test_the_slug_is_the_place_in_pinyin_and_the_years(self, name, slug):
        assert default_slug(name, date(2021, 1, 1), date(2025, 12, 31)) == slug

    def test_a_name_borne_by_two_places_asks_for_the_code(self):
        with pytest.raises(ImportRefused) as refused:
            save(document(task(1, "宣传"), region="西湖区"))

        assert str(refused.value) == (
            "有 2 个“西湖区”：浙江省杭州市西湖区（330106）、江西省南昌市西湖区（360103），请用 --region 指明行政区划代码。"
        )
        plan = save(document(task(1, "宣传"), region="西湖区"), region_code="330106").plan
        assert [plan.region.code, plan.region.parent.name, plan.region.parent.parent.name] == [
            "330106",
            "杭州市",
            "浙江省",
        ]

    def test_a_district_younger_than_the_list_is_named_by_the_document(self):
        young = document(task(1, "宣传"), region="开州区")
        with pytest.raises(ImportRefused) as refused:
            save(young)
        assert str(refused.value) == "行政区划代码表中没有“开州区”，请用 --region 指明其 6 位行政区划代码。"

        plan = save(young, region_code="500154").plan

        assert (plan.slug, plan.region.code, plan.region.name, plan.region.parent.name) == (
            "kaizhou-2021-2025",
            "500154",
            "开州区",
            "重庆市",
        )
        assert save(young).changed is False

    @pytest.mark.parametrize(
        ("doc", "options", "sentence"),
        [
            (
                document(region_name=None),
                {},
                "文件中没有找到所属的县（区、市），请用 --region 指明 6 位行政区划代码。",
            ),
            (document(), {"region_code": "5002"}, "行政区划代码应为 6 位数字，不能是“5002”。"),
            (document(), {"region_code": "500200"}, "没有行政区划代码为 500200 的行政区。"),
            (document(), {"region_code": "990101"}, "没有行政区划代码为 990101 的行政区。"),
            (document(title=""), {}, "文件中没有找到方案名称，请在责任分解表之前补上名称后再导入。"),
            (
                document(starts_on=None, ends_on=None),
                {},
                "文件中没有找到方案的起止年份，请在方案名称中写明，如“（2021―2025年）”。",
            ),
            (
                document(),
                {"slug": "chengkou-2021-2025"},
                "标识 chengkou-2021-2025 是城口县的方案，与要导入的行政区不一致，请核对 --slug。",
            ),
        ],
    )
    def test_what_is_missing_or_does_not_fit_is_said(self, doc, options, sentence):
        make_plan()
        before = everything()

        with pytest.raises(ImportRefused) as refused:
            save(doc, **options)

        assert str(refused.value) == sentence
        assert everything() == before

    def test_a_slug_names_the_plan_to_update(self):
        plan = make_plan(region=make_region("巫溪县", "500238"), slug="trial")

        outcome = save(document(task(1, "宣传")), slug="trial")

        assert (outcome.created, outcome.plan, Plan.objects.count()) == (False, plan, 1)


@pytest.mark.django_db
class TestFailures:
    def failure(self, *args, **options):
        with pytest.raises(CommandError) as caught:
            call_command("import_plan", *args, **options)
        assert caught.value.returncode == 1
        return str(caught.value)

    def test_a_file_that_is_no_plan_saves_nothing(self, tmp_path):
        raw = COUNTY_FILE.read_bytes()
        contents = {
            "letter.txt": "关于召开会议的通知\n请各单位派员参加。\n".encode(),
            "tableless.txt": raw[: raw.index("附件\n《".encode())],
            "cut.txt": raw[:-5],
            "table.docx": b"not a package",
            "plan.pdf": b"%PDF-1.4",
        }
        for name, content in contents.items():
            path = tmp_path / name
            path.write_bytes(content)
            sentence = self.failure(path)
            assert (sentence[-1], "\n" in sentence, Plan.objects.exists()) == ("。", False, False), name

    def test_a_database_error_midway_saves_nothing(self, monkeypatch):
        def fail(*args, **options):
            raise DatabaseError("disk full")

        monkeypatch.setattr(plan_import, "load_targets", fail)
        before = everything()

        assert self.failure(COUNTY_FILE) == (
            "数据库出错，没有保存任何内容，请确认数据库可用并已执行 migrate（disk full）。"
        )
        assert everything() == before

    def test_a_name_too_long_to_store_saves_nothing(self):
        before = everything()

        with pytest.raises(ImportRefused) as refused:
            save(document(task(1, "宣传", leads=("县" * 101,))))

        assert str(refused.value).startswith("文件中有不能保存的内容：")
        assert everything() == before


def test_the_process_ends_with_one_sentence_and_status_1(tmp_path):
    ended = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "import_plan", tmp_path / "nowhere.txt"],
        env=os.environ | {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "CommandError: 找不到文件“nowhere.txt”，请核对路径。\n"
    assert list(tmp_path.iterdir()) == []
