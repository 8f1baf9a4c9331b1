"""The workbooks, read back."""

import re
from datetime import datetime
from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.utils import absolute_coordinate

from indicators.models import Indicator, Measurement, Target
from tasks.models import ProgressEntry
from tests import factories

pytestmark = pytest.mark.django_db


def workbook(client, plan, name):
    response = client.get(f"/plans/{plan.slug}/exports/{name}")
    return load_workbook(BytesIO(response.getvalue())), response


def rows(sheet):
    return [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]


@pytest.fixture
def accepted(period, units, cast):
    return factories.make_report(period, units.nongye, completions={1: 45, 2: 100}, by=cast.nongye)


def test_the_county_table_keeps_the_official_layout(signed_in, cast, county):
    factories.make_period(county, "2023Q3")
    book, response = workbook(signed_in(cast.lingdao), county, "responsibility-table.xlsx")
    sheet = book.worksheets[0]
    assert sheet["A1"].value == f"《{county.title}》重点任务责任分解表"
    assert [c.value for c in sheet[3]][:4] == ["序号", "重点工作", "牵头单位", "配合单位"]
    sections = [row[0] for row in rows(sheet) if isinstance(row[0], str)]
    assert sections[0] == "一、实施农民科学素质提升行动"
    assert sections[-2:] == ["十、实施科学素质开放合作工程", "未列入责任分解表（附件文本可能不全，待核）"]
    assert [row[0] for row in rows(sheet) if isinstance(row[0], int)] == list(range(1, 43))
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A4:H4", "C5:C9", "D5:D9", "A10:H10", "C11:C16"} <= merged
    assert sheet["C5"].value == "县农业农村委"
    assert sheet["C19"].value is None or "县" in sheet["C19"].value
    assert (sheet.freeze_panes, sheet.page_setup.orientation, sheet.print_title_rows) == (
        "A4",
        "landscape",
        "$1:$3",
    )
    assert quote("城口县2021—2025年责任分解表_2023年第三季度_") in response["Content-Disposition"]


def test_the_table_shows_completion_light_and_latest_progress(signed_in, cast, plan, accepted):
    book, _ = workbook(signed_in(cast.lingdao), plan, "responsibility-table.xlsx")
    first = next(row for row in rows(book.active) if row[0] == 1)
    assert first == [
        1,
        "第1项重点工作",
        "县农业农村委",
        "县科协、县教委",
        0.45,
        "正常",
        "2023年第三季度",
        "第1项进展",
    ]


def test_a_formula_typed_into_a_text_opens_as_its_characters(signed_in, cast, plan, accepted):
    ProgressEntry.objects.filter(completion=45).update(progress="=1+1")
    for name, sheet, column in (("responsibility-table.xlsx", 0, 8), ("summary.xlsx?period=2023Q3", 1, 12)):
        book, _ = workbook(signed_in(cast.lingdao), plan, name)
        cells = [row[column - 1] for row in book.worksheets[sheet].iter_rows(min_row=4)]
        cell = next(c for c in cells if c.value == "=1+1")
        assert cell.data_type == "s"


def test_control_characters_and_long_texts_do_not_break_the_workbook(signed_in, cast, plan, accepted):
    ProgressEntry.objects.filter(completion=45).update(progress="前\x0b后" + "长" * 40000)
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx")
    texts = [row[11] for row in rows(book["重点工作"])]
    assert texts[0] == "前后" + "长" * 32765


@pytest.mark.parametrize(
    ("now", "named"), [("2023-10-09 09:00", "尚未报送的单位"), ("2023-10-20 09:00", "未报的单位")]
)
def test_the_overview_rolls_up_actions_and_filing(signed_in, cast, plan, accepted, clock, now, named):
    clock(now)
    factories.make_action(plan, 10, "实施科学素质开放合作工程")
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    assert book.sheetnames == ["概览", "重点工作", "进展明细", "单位报送", "指标"]
    sheet = book["概览"]
    no_data = [1, 0, 0, 0] if now < "2023-10-11" else [0, 1, 0, 0]  # 未到期, 未报
    assert rows(sheet) == [
        ["全部重点工作", 3, 0.483333, 0.549288, 6.6, "正常", 1, 0, 0, 2, 0, *no_data],
        ["一、实施农民科学素质提升行动", 2, 0.725, 0.549288, -17.57, "正常", 0, 0, 0, 2, 0, 0, 0, 0, 0],
        ["二、实施青少年科学素质提升行动", 1, None, 0.549288, None, None, 1, 0, 0, 0, 0, *no_data],
        ["十、实施科学素质开放合作工程", 0, "未列入责任分解表（附件文本可能不全，待核）"] + [None] * 12,
        ["2023年第三季度季报报送"] + [None] * 14,
        ["单位", "应报", "已报", "按时", "自愿报送", "报送率", "按时率", named] + [None] * 7,
        ["牵头单位", 2, 1, 1, 0, 0.5, 0.5, "县教委"] + [None] * 7,
        ["配合单位", 0, 0, 0, 0, None, None, "无"] + [None] * 7,
    ]
    assert [sheet[cell].number_format for cell in ("C4", "D4", "E4", "F10", "G10")] == [
        *("0.0%", "0.0%", "0.0", "0.0%", "0.0%")
    ]
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"C7:O7", "A8:O8", "H9:O9", "H10:O10"}


def test_the_units_sheet_says_who_filed_when(signed_in, cast, plan, accepted):
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    sheet = book["单位报送"]
    assert rows(sheet) == [
        [
            "县农业农村委",
            2,
            1,
            "应报",
            "牵头2项未办结工作",
            "按时",
            None,
            "审核通过",
            datetime.fromisoformat("2023-10-10"),
            None,
            None,
        ],
        ["县教委", 1, 1, "应报", "牵头1项未办结工作", "未报", None, "未填报", None, None, None],
        ["县科协", 0, 3, "不需报", None, "不需报", None, "未填报", None, None, None],
    ]
    assert sheet["I4"].number_format == "yyyy-mm-dd"


def test_the_tasks_sheet_has_a_row_for_each_task(signed_in, cast, plan, accepted):
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    sheet = book["重点工作"]
    first, _, third = rows(sheet)
    action = "农民科学素质提升行动"
    why = "进度45%，序时进度54.9%，落后9.9个百分点；落后不足10个百分点为正常。依据：第一牵头单位自评（县农业农村委2023年第三季度季报）。"
    assert first == [
        *(1, action, "第1项重点工作", "县农业农村委", "县科协、县教委", 0.45, 0.549288, 9.93),
        *("正常", "2023年第三季度", why, "第1项进展", None),
    ]
    assert third[5:10] == [None, 0.549288, None, "未报", None]
    assert [sheet[cell].number_format for cell in ("F4", "G4", "H4")] == ["0.0%", "0.0%", "0.0"]
    assert sheet.auto_filter.ref == "A3:M6"


def test_the_tasks_sheet_tells_what_standing_tasks_came_to_each_year(signed_in, cast, plan, accepted):
    plan.tasks.exclude(number=3).update(nature="STANDING")
    told = {"judged_by": cast.kexie, "judged_at": factories.moment("2024-01-05 09:00"), "ground": "有记录"}
    for year, completed in ((2024, True), (2023, False), (2022, True)):
        plan.tasks.get(number=1).annual_judgements.create(year=year, completed=completed, **told)
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    assert [row[-1] for row in rows(book["重点工作"])] == ["2022年完成；2023年未完成", "未评", None]


@pytest.fixture
def measured(plan, units, accepted):
    """A cumulative indicator, a survey that only equals its target, a milestone, one unmeasured, one unrated."""
    rows = (
        ("CUMULATIVE", "农民教育培训", "人次", {"value": 5000}, {"value": "1250"}),
        ("SURVEY", "公民科学素质", "%", {"value": "12", "comparator": ">"}, {"value": "12"}),
        ("MILESTONE", "县级科技馆", "", {"stage": "建成"}, {"stage": "立项"}),
        ("RATIO", "科普经费", "元/人", {"value": "1.5"}, {"numerator": "1379", "denominator": "1000"}),
        ("RATIO", "科普信息员", "%", {"value": "100"}, {}),
        ("QUALITATIVE", "社会氛围", "", {}, {}),
    )
    for position, (kind, name, unit, target, value) in enumerate(rows):
        indicator = Indicator.objects.create(
            plan=plan, code=f"i{position}", name=name, kind=kind, unit=unit, position=position
        )
        indicator.stages = ["未启动", "立项", "建成"] if kind == "MILESTONE" else []
        indicator.save()
        Target.objects.create(
            indicator=indicator, year=2025, wording="目标", source_sentence="原句", **target
        )
        if value:
            Measurement.objects.create(indicator=indicator, report=accepted, **value)


def test_the_indicators_sheet_has_numbers_where_there_are_numbers(signed_in, cast, plan, measured):
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    sheet = book["指标"]
    told = "2023年第三季度报送"
    assert rows(sheet) == [
        [name, "目标", 2025, *values, None, None, "原句"]
        for name, *values in (
            ("农民教育培训", 5000, 1250, -3750, "人次", told, "还差 3,750 人次", "滞后"),
            ("公民科学素质", 12, 12, 0, "%", told, "与目标值持平，须超过 12%", "未达标"),
            ("县级科技馆", None, "立项", None, None, told, "距目标还有 1 个阶段", "滞后"),
            ("科普经费", 1.5, 1.379, -0.121, "元/人", told, "还差 0.121 元/人", "达序时"),
            ("科普信息员", 100, "暂无监测数据", None, "%", None, None, "暂无监测数据"),
            ("社会氛围", None, "未评价", None, None, None, None, "暂无监测数据"),
        )
    ]
    formats = [[cell.number_format for cell in row] for row in sheet["D4:F7"]]
    assert formats == [
        ["#,##0", "#,##0", "#,##0"],
        ["#,##0", "#,##0", "#,##0"],
        ["General", "General", "General"],
        ["#,##0.0", "#,##0.000", "#,##0.000"],
    ]
    assert [cell.value for cell in sheet[3]][3:7] == ["目标值", "现状", "与目标相差", "单位"]


def test_a_long_fraction_is_written_as_the_pages_show_it(signed_in, cast, plan, measured):
    Measurement.objects.filter(indicator__name="科普经费").update(numerator=4, denominator=3)
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    row = rows(book["指标"])[3]
    assert (row[4], row[5], row[8]) == (1.33, -0.17, "还差 0.17 元/人")


def test_every_sheet_is_headed_frozen_and_ready_for_paper(signed_in, cast, plan, accepted):
    plan.title = "城口县全民科学素质行动规划纲要（2021—2025年）实施方案（2023年修订）"
    plan.save()
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    for sheet in book:
        assert sheet["A1"].value == f"{plan.title}实施情况汇总表（2023年第三季度）"
        assert re.fullmatch(
            f"{sheet.title}　仅计入审核通过的进展；[0-9]{{4}}-[0-9-]{{5}}导出", sheet["A2"].value
        )
        area = absolute_coordinate(sheet.dimensions)
        assert (
            *(sheet.freeze_panes, sheet.print_title_rows, sheet.print_area.split("!")[1]),
            *(sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight),
        ) == ("A4", "$1:$3", area, "landscape", 9, 0)
    heights = {sheet.title: sheet.row_dimensions[1].height for sheet in book}
    assert heights == {"概览": 30, "重点工作": 30, "进展明细": 30, "单位报送": 30, "指标": 30}


def test_a_plan_without_a_quarter_still_exports(signed_in, cast, plan):
    client = signed_in(cast.lingdao)
    for name in ("responsibility-table.xlsx", "summary.xlsx"):
        book, _ = workbook(client, plan, name)
        assert book.worksheets[0].max_row > 3
    assert client.get(f"/plans/{plan.slug}/exports/").status_code == 200


def test_strangers_and_odd_quarters_get_nothing(signed_in, cast, plan, period):
    for page in ("", "responsibility-table.xlsx", "summary.xlsx"):
        assert signed_in(cast.outsider).get(f"/plans/{plan.slug}/exports/{page}").status_code == 404
        assert signed_in(cast.shenji).get(f"/plans/{plan.slug}/exports/{page}").status_code == 404
        odd = f"/plans/{plan.slug}/exports/{page}?period=%00"
        assert signed_in(cast.lingdao).get(odd).status_code == 404


def test_rows_are_as_high_as_their_texts_and_free_to_grow(signed_in, cast, plan, accepted):
    ProgressEntry.objects.filter(completion=45).update(progress="长" * 96 + "\n末行。")
    response = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/exports/responsibility-table.xlsx")
    content = BytesIO(response.getvalue())
    sheet = load_workbook(content).active
    assert [sheet.row_dimensions[row].height for row in range(3, 7)] == [14, 14, 70, 14]
    markup = ZipFile(content).read("xl/worksheets/sheet1.xml").decode()
    assert re.findall('<row r="([0-9]+)"[^>]*customHeight="1"', markup) == ["1"]
