"""The workbooks, read back."""

from datetime import date
from io import BytesIO
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from indicators.models import Indicator, Measurement
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


def test_the_summary_has_four_sheets_with_the_dashboards_figures(signed_in, cast, plan, accepted):
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    assert book.sheetnames == ["概览", "重点工作", "单位报送", "指标"]
    overview = rows(book["概览"])
    assert overview[0][:8] == ["全部重点工作", 3, 0.483333, 0.549288, 6.6, "正常", 1, 0]
    assert [row[0] for row in overview[1:3]] == [
        "一、实施农民科学素质提升行动",
        "二、实施青少年科学素质提升行动",
    ]
    units = {row[0]: row[1:] for row in rows(book["单位报送"])}
    assert units["县农业农村委"] == [
        2,
        1,
        "应报",
        "牵头2项未办结工作",
        "按时",
        "审核通过",
        units["县农业农村委"][-1],
    ]
    assert units["县农业农村委"][-1].date() == date(2023, 10, 10)
    assert units["县教委"][3:] == ["牵头1项未办结工作", "未报", "未填报", None]


def test_the_summary_gives_rates_and_values_as_numbers(signed_in, cast, plan, units, accepted):
    indicator = Indicator.objects.create(
        plan=plan, code="training", name="农民教育培训", kind="CUMULATIVE", unit="人次", owner=units.nongye
    )
    Indicator.objects.create(plan=plan, code="literacy", name="公民科学素质", kind="SURVEY", position=2)
    Measurement.objects.create(indicator=indicator, report=accepted, value=1250)
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    filing = [row[:8] for row in rows(book["概览"])][-3:]
    assert filing == [
        ["单位", "应报", "已报", "按时", "自愿报送", "报送率", "按时率", "尚未报送的单位"],
        ["牵头单位", 2, 1, 1, 0, 0.5, 0.5, "县教委"],
        ["配合单位", 0, 0, 0, 0, None, None, "无"],
    ]
    values = [[row[0], *row[3:6]] for row in rows(book["指标"])]
    assert values == [
        ["农民教育培训", "1,250 人次", 1250, "人次"],
        ["公民科学素质", "暂无监测数据", None, None],
    ]
    assert {sheet["A2"].value.split("　")[0] for sheet in book} == {plan.title}


def test_an_action_without_any_data_has_no_figure(signed_in, cast, plan, accepted):
    book, _ = workbook(signed_in(cast.lingdao), plan, "summary.xlsx?period=2023Q3")
    second = rows(book["概览"])[2]
    assert second[:7] == ["二、实施青少年科学素质提升行动", 1, None, 0.549288, None, None, 1]


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
