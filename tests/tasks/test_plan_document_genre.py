"""Other counties' documents: the same small plan in three formats, varied as DESIGN §5 says the genre varies."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl import Workbook, load_workbook

from tasks.plan_document import kinds, read_plan_document

COUNTY = Path(__file__).resolve().parents[2] / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"
FRONT = [
    "青山县人民政府办公室",
    "关于印发青山县全民科学素质行动实施方案（2023—2025年）的通知",
    "2023年3月8日",
    "青山县全民科学素质行动",
    "（2023—2025年）实施方案",
]
BODY = [
    "一、工作目标",
    "到2025年，全县公民具备科学素质的比例超过13%。",
    "二、重点任务",
    "（一）实施农民科学素质提升行动。",
    "提高农民科学素质。",
    "培育高素质农民。举办培训班。",
    "办好农民夜校。每村一所。",
    "（二）实施科普设施工程。",
    "推进科普设施建设。",
    "建设科普基地。打造一批基地。",
    "三、保障措施",
    "（一）加强领导。",
    "各单位要高度重视。",
]
CAPTION = "重点任务责任分解表"
HEAD = ["序号", "重点工作", "牵头单位", "配合单位"]
ROWS = [
    ["一、实施农民科学素质提升行动"],
    ["1", "培育高素质农民", "县农业农村局", "县教育局、县科协"],
    ["2", "办好农民夜校", "", ""],
    ["二、实施科普设施工程"],
    ["3", "建设科普基地", "县科协", "县文旅局、各乡镇"],
]
EXPECTED = [
    (1, "培育高素质农民", 1, ("县农业农村局",), ("县教育局", "县科协"), ()),
    (2, "办好农民夜校", 1, ("县农业农村局",), ("县教育局", "县科协"), ()),
    (3, "建设科普基地", 2, ("县科协",), ("县文旅局",), ("各乡镇",)),
]


def text_file(folder, rows, *, head=HEAD, body=(*FRONT, *BODY, CAPTION), ending="\n"):
    blocks = ["\n".join("\t" + cell for cell in row) for row in ([head] if head else []) + rows]
    path = folder / "方案.txt"
    path.write_text("\n".join(body) + "\n" + "\n\n".join(blocks) + ending, "utf-8")
    return path


def word_file(folder, rows, *, head=HEAD, body=(*FRONT, *BODY, CAPTION), merge=True):
    """Section rows merged over the table; with `merge`, "" below a text in the last two columns is merged with it."""
    document = Document()
    for line in body:
        document.add_paragraph(line)
    table = document.add_table(0, len(head))
    for row in [head, *rows]:
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=False):
            cell.text = text
        if len(row) == 1:
            cells[0].merge(cells[-1])
    if merge:
        merge_empty_cells(len(head), rows, lambda c, top, low: table.cell(top, c).merge(table.cell(low, c)))
    path = folder / "方案.docx"
    document.save(path)
    return path


def workbook_file(folder, rows, *, head=HEAD, body=(), above=(), merge=True):
    book = Workbook()
    sheet = book.active
    if body:
        for line in body:
            sheet.append([line])
        sheet = book.create_sheet("分解表")
    for line in above:
        sheet.append([line])
    first = len(above) + 1
    for row in [head, *rows]:
        sheet.append([cell if cell else None for cell in row])
        if len(row) == 1:
            sheet.merge_cells(None, sheet.max_row, 1, sheet.max_row, len(head))
    if merge:
        merge_empty_cells(
            len(head),
            rows,
            lambda c, top, low: sheet.merge_cells(None, first + top, c + 1, first + low, c + 1),
        )
    path = folder / "方案.xlsx"
    book.save(path)
    return path


def merge_empty_cells(width, rows, merge):
    for column in range(width - 2, width):
        top = None
        for index, row in enumerate([*rows, [""]], start=1):
            if top and index > top + 1 and (len(row) == 1 or row[column]):
                merge(column, top, index - 1)
            top = top if len(row) > 1 and not row[column] else index if len(row) > 1 else None


FORMATS = {"txt": text_file, "docx": word_file, "xlsx": workbook_file}


@pytest.fixture(params=FORMATS)
def make(request, tmp_path):
    """Writes a document of the format and reads it."""

    def write_and_read(rows, **how):
        if request.param == "xlsx":
            how.setdefault("body", (*FRONT, *BODY))
        if request.param == "txt":
            how.pop("merge", None)
        return read_plan_document(FORMATS[request.param](tmp_path, rows, **how))

    return write_and_read


def tasks_of(document):
    return [(t.number, t.title, t.action, t.leads, t.supports, t.groups) for t in document.tasks]


def codes(document):
    return [(finding.code, finding.row) for finding in document.findings]


def test_the_plain_document_in_every_format(make):
    document = make(ROWS)
    assert tasks_of(document) == EXPECTED
    assert (document.title, document.region_name) == (
        "青山县全民科学素质行动（2023—2025年）实施方案",
        "青山县",
    )
    assert (document.issued_on, document.starts_on, document.ends_on) == (
        date(2023, 3, 8),
        date(2023, 1, 1),
        date(2025, 12, 31),
    )
    assert [(a.ordinal, a.title, a.heading_title, a.in_table) for a in document.actions] == [
        (1, "实施农民科学素质提升行动", "实施农民科学素质提升行动", True),
        (2, "实施科普设施工程", "实施科普设施工程", True),
    ]
    assert document.tasks[1].paragraphs == ("办好农民夜校。每村一所。",)
    assert document.findings == ()


@pytest.mark.parametrize(
    "head",
    [
        ["序号", "重点任务", "牵头部门", "责任单位"],
        ["序号", "工作任务", "牵头单位", "协办单位"],
        ["项次", "主要任务", "牵头单位", "参与单位"],
        ["编号", "任务", "责任单位", "配合单位"],
        ["序 号", "重点\n工作", "牵头单位（部门）", "参加单位"],
    ],
    ids=lambda head: head[1][:2] + head[2][:2] + head[3][:2],
)
def test_headings_vary(make, head):
    assert tasks_of(make(ROWS, head=head)) == EXPECTED


def test_responsible_units_alone_lead(make):
    rows = [row[:3] for row in ROWS]
    document = make(rows, head=["序号", "重点任务", "责任单位"])
    assert [(t.leads, t.supports, t.groups) for t in document.tasks] == [
        (("县农业农村局",), (), ()),
        (("县农业农村局",), (), ()),
        (("县科协",), (), ()),
    ]


def test_other_columns_are_no_units_and_the_number_may_stand_last(make):
    head = ["重点工作", "牵头领导", "完成时限", "牵头单位", "配合单位", "备注", "序号"]
    rows = [
        ["一、实施农民科学素质提升行动"],
        ["培育高素质农民", "张县长", "2025年12月", "县农业农村局", "县教育局、县科协", "长期", "1"],
        ["办好农民夜校", "张县长", "2024年底", "县农业农村局", "县教育局、县科协", "长期", "2"],
        ["二、实施科普设施工程"],
        ["建设科普基地", "李县长", "2025年12月", "县科协", "县文旅局、各乡镇", "新建", "3"],
    ]
    assert tasks_of(make(rows, head=head)) == EXPECTED


def test_a_table_without_numbers(make):
    rows = [row[1:] or row for row in ROWS]
    assert tasks_of(make(rows, head=HEAD[1:])) == EXPECTED


def test_numbers_restart_carry_points_or_are_full_width(make):
    rows = [[*row] for row in ROWS]
    rows[1][:2], rows[2][:2], rows[4][:2] = (
        ["１．", "1.培育高素质农民。"],
        ["（2）", "（2）办好农民夜校"],
        ["1、", "建设科普基地"],
    )
    document = make(rows)
    assert tasks_of(document) == EXPECTED
    assert document.findings == ()


def test_a_gap_in_the_numbers_is_a_finding(make):
    rows = [[*row] for row in ROWS]
    rows[4][0] = "5"
    document = make(rows)
    assert tasks_of(document) == EXPECTED
    assert codes(document) == [("numbering_has_gap", 3)]


def test_titles_lose_numbering_and_one_full_stop_only(make):
    rows = [[*row] for row in ROWS]
    rows[1][1], rows[2][1] = "1.5万人培训计划。", "“十四五”夜校（一期）、二期。。"
    assert [task.title for task in make(rows).tasks] == [
        "1.5万人培训计划",
        "“十四五”夜校（一期）、二期。",
        "建设科普基地",
    ]


def test_a_repeated_header_is_no_row(make):
    assert tasks_of(make([*ROWS[:3], HEAD, *ROWS[3:]])) == EXPECTED


def test_sections_in_a_first_column(make):
    head = ["行动", "序号", "重点工作", "牵头单位", "配合单位"]
    rows = [
        ["一、实施农民科学素质提升行动", *ROWS[1]],
        ["", *ROWS[2]],
        ["二、实施科普设施工程", *ROWS[4]],
    ]
    document = make(rows, head=head)
    assert tasks_of(document) == EXPECTED
    assert [action.title for action in document.actions] == ["实施农民科学素质提升行动", "实施科普设施工程"]


def test_section_number_and_title_in_two_cells(make):
    rows = [
        ["一", "实施农民科学素质提升行动", "", ""],
        *ROWS[1:3],
        ["二", "实施科普设施工程", "", ""],
        ROWS[4],
    ]
    assert tasks_of(make(rows, merge=False)) == EXPECTED


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("县教育局、县科协", ("县教育局", "县科协")),
        ("县教育局，县科协；县文旅局。", ("县教育局", "县科协", "县文旅局")),
        ("县教育局 县科协　县文旅局", ("县教育局", "县科协", "县文旅局")),
        ("县教育局\n县科协", ("县教育局", "县科协")),
        ("县经信局（县科技局、县大数据局）、县科协", ("县经信局（县科技局、县大数据局）", "县科协")),
        ("县经信局(科技局)县科协", ("县经信局（科技局）", "县科协")),
        ("县委党校（行政学院）、县科协", ("县委党校（行政学院）", "县科协")),
        ("县教育局、县教育局", ("县教育局",)),
    ],
)
def test_where_a_unit_ends(make, cell, names):
    rows = [[*row] for row in ROWS]
    rows[1][3] = cell
    assert make(rows).tasks[0].supports == names


def test_groups_among_leads_and_supports(make):
    rows = [[*row] for row in ROWS]
    rows[1][2:] = ["县农业农村局、各有关部门", "县教育局、相关企业、有关单位、各村（社）"]
    task = make(rows).tasks[0]
    assert (task.leads, task.lead_groups) == (("县农业农村局",), ("各有关部门",))
    assert (task.supports, task.groups) == (("县教育局",), ("相关企业", "有关单位", "各村（社）"))


def test_the_bare_name_stands_for_its_bracketed_spellings(make):
    rows = [[*row] for row in ROWS]
    rows[1][3], rows[4][3] = "县经信局（科技局）、县委党校（行政学院）", "县经信局"
    document = make(rows)
    assert [task.supports for task in document.tasks] == [
        ("县经信局", "县委党校（行政学院）"),
        ("县经信局", "县委党校（行政学院）"),
        ("县经信局",),
    ]
    assert document.spellings == {"县经信局": ("县经信局（科技局）",)}
    assert codes(document) == [("unit_spelled_differently", None)]


def test_names_that_differ_in_the_bracket_only_stay_apart(make):
    rows = [[*row] for row in ROWS]
    rows[1][3], rows[4][3] = "县经信局（科技局）", "县经信局（县科技局）"
    document = make(rows)
    assert [task.supports for task in document.tasks][::2] == [
        ("县经信局（科技局）",),
        ("县经信局（县科技局）",),
    ]
    assert document.spellings == {}
    assert codes(document) == [("unit_spelled_differently", None)]


def test_a_unit_that_leads_does_not_support_the_same_task(make):
    rows = [[*row] for row in ROWS]
    rows[4][3] = "县科协、县文旅局、各乡镇"
    document = make(rows)
    assert tasks_of(document) == EXPECTED
    assert codes(document) == [("unit_leads_and_supports", 3)]


def test_actions_without_rows_stand_in_their_place(make):
    body = [
        *BODY[:7],
        "（二）实施青少年行动。",
        "关心青少年。",
        "办好科技节。每年一次。",
        "（三）实施科普设施工程。",
        *BODY[8:],
    ]
    rows = [[*row] for row in ROWS]
    rows[3] = ["三、实施科普设施工程"]
    document = make(rows, body=(*FRONT, *body, CAPTION))
    assert [(a.ordinal, a.title, a.in_table) for a in document.actions] == [
        (1, "实施农民科学素质提升行动", True),
        (2, "实施青少年行动", False),
        (3, "实施科普设施工程", True),
    ]
    assert [task.action for task in document.tasks] == [1, 1, 3]
    assert codes(document) == [("action_without_rows", None), ("paragraph_without_row", None)]


def test_section_titles_that_nearly_agree(make):
    rows = [[*row] for row in ROWS]
    rows[0] = ["一、农民科学素质提升行动"]
    document = make(rows)
    assert (document.actions[0].title, document.actions[0].heading_title) == (
        "农民科学素质提升行动",
        "实施农民科学素质提升行动",
    )
    assert codes(document) == [("section_title_differs", None)]


def test_without_section_rows_there_is_one_action(make):
    document = make([ROWS[1], ROWS[2], ROWS[4]])
    assert [(a.ordinal, a.title) for a in document.actions] == [(1, "重点任务")]
    assert [task.action for task in document.tasks] == [1, 1, 1]
    assert ("no_action_sections", None) in codes(document)


def test_a_table_without_body(make):
    document = make(ROWS, body=("青山县全民科学素质行动（2023—2025年）实施方案", CAPTION))
    assert tasks_of(document) == EXPECTED
    assert codes(document) == [("no_body_text", None)]


def test_an_unmerged_empty_support_cell_inherits_with_a_finding(make):
    rows = [*ROWS[:3], ["3", "开展科普赶集", "县妇联", ""], *ROWS[3:]]
    document = make(rows, merge=False)
    assert (document.tasks[2].leads, document.tasks[2].supports) == (("县妇联",), ("县教育局", "县科协"))
    assert ("units_inherited", 3) in codes(document)


def test_a_dash_means_nobody(make):
    rows = [*ROWS[:3], ["3", "开展科普赶集", "县妇联", "—"], *ROWS[3:]]
    task = make(rows).tasks[2]
    assert (task.leads, task.supports, task.groups) == (("县妇联",), (), ())


def test_an_empty_support_cell_among_merged_ones_means_nobody(tmp_path):
    rows = [*ROWS[:3], ["3", "开展科普赶集", "县妇联", "—"], ["4", "办好科普画廊", "", ""], *ROWS[3:]]

    def empty(document):
        document.tables[0].cell(4, 3).text = ""

    document = reopened(word_file(tmp_path, rows), empty)
    assert [(task.leads, task.supports) for task in document.tasks[2:4]] == [(("县妇联",), ())] * 2
    assert ("supports_left_empty", 3) in codes(document)


@pytest.mark.parametrize(
    ("title", "region"),
    [
        ("重庆市青山县全民科学素质行动实施方案（2021-2025年）", "青山县"),
        ("云南省昆明市五华区“十四五”全民科学素质行动实施方案（2021－2025年）", "五华区"),
        ("石柱土家族自治县全民科学素质行动（2021～2025年）实施方案", "石柱土家族自治县"),
        ("余杭市2021年至2025年全民科学素质行动计划", "余杭市"),
        ("全民科学素质行动规划纲要（2021—2025年）实施方案", None),
    ],
)
def test_titles_regions_and_years(make, title, region):
    document = make(ROWS, body=(title, *BODY, CAPTION))
    assert (document.title, document.region_name) == (title, region)
    assert (document.starts_on, document.ends_on, document.issued_on) == (
        date(2021, 1, 1),
        date(2025, 12, 31),
        None,
    )
    assert codes(document) == ([] if region else [("region_missing", None)])


def test_the_signature_above_is_no_part_of_the_title(make):
    title = "青山县全民科学素质行动规划纲要实施方案（2021—2025年）"
    document = make(ROWS, body=("青山县人民政府办公室", "2022年3月15日", title, *BODY, CAPTION))
    assert (document.title, document.issued_on) == (title, date(2022, 3, 15))


def test_a_plan_without_years(make):
    document = make(ROWS, body=("青山县全民科学素质行动实施方案", *BODY, CAPTION))
    assert (document.starts_on, document.ends_on) == (None, None)
    assert codes(document) == [("period_missing", None)]


def test_text_without_blank_lines_between_rows(tmp_path):
    path = text_file(tmp_path, ROWS)
    path.write_text(path.read_text("utf-8").replace("\n\n", "\n"), "utf-8")
    assert tasks_of(read_plan_document(path)) == EXPECTED


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "empty"])
@pytest.mark.parametrize("write", [word_file, workbook_file])
def test_the_county_document_says_the_same_in_other_formats(tmp_path, write, merge):
    county = read_plan_document(COUNTY)
    body, _, table = COUNTY.read_text("utf-8").partition("责任分解表\n")
    lines = [line.strip() for line in f"{body}责任分解表".splitlines()]
    blocks = (re.split("\n\t", block.removeprefix("\t")) for block in table.rstrip().split("\n\n"))
    rows = [row + [""] * (4 - len(row)) if len(row) > 1 else row for row in blocks]
    document = read_plan_document(write(tmp_path, rows[1:], head=rows[0], body=lines, merge=merge))
    assert (document.title, document.issued_on) == (county.title, county.issued_on)
    assert (document.actions, document.tasks) == (county.actions, county.tasks)
    assert codes(document) == codes(county)


def test_text_may_end_without_a_line_end(tmp_path):
    assert tasks_of(read_plan_document(text_file(tmp_path, ROWS, ending=""))) == EXPECTED


def test_text_without_a_last_line_end_and_an_action_without_rows(tmp_path):
    rowless = ["（三）实施青少年行动。", "关心青少年。", "办好科技节。每年一次。"]
    body = [*FRONT, *BODY[:-3], *rowless, *BODY[-3:], CAPTION]
    document = read_plan_document(text_file(tmp_path, ROWS, body=body, ending=""))
    assert tasks_of(document) == EXPECTED
    assert codes(document) == [
        ("table_may_be_cut_off", 3),
        ("action_without_rows", None),
        ("paragraph_without_row", None),
    ]


def test_sections_under_chapter_rows(make):
    rows = [
        ["一、提升行动"],
        ["（一）实施农民科学素质提升行动"],
        *ROWS[1:3],
        ["二、重点工程"],
        ["（一）实施科普设施工程"],
        ROWS[4],
    ]
    document = make(rows)
    assert (tasks_of(document), document.findings) == (EXPECTED, ())
    assert [(a.ordinal, a.title) for a in document.actions] == [
        (1, "实施农民科学素质提升行动"),
        (2, "实施科普设施工程"),
    ]


def test_notes_in_the_table_are_no_rows(make):
    document = make([*ROWS, ["注：排在第一位的为牵头单位"]])
    assert (tasks_of(document), document.findings) == (EXPECTED, ())


def test_text_after_the_table_is_body(tmp_path):
    document = read_plan_document(text_file(tmp_path, ROWS, ending="\n\n抄送：县委办公室。\n"))
    assert (tasks_of(document), document.findings, document.body[-1]) == (EXPECTED, (), "抄送：县委办公室。")


def test_body_paragraphs_indented_by_a_tab(tmp_path):
    body = [*FRONT, *(f"\t{line}" for line in BODY), "", CAPTION]
    document = read_plan_document(text_file(tmp_path, ROWS, body=body))
    assert (tasks_of(document), document.findings) == (EXPECTED, ())


def reopened(path, change):
    """The Word document at `path` after `change(document)`."""
    document = Document(path)
    change(document)
    document.save(path)
    return read_plan_document(path)


def test_word_counts_headings_and_rows_itself(tmp_path):
    path = word_file(tmp_path, [["实施农民科学素质提升行动"], *ROWS[1:3], ["实施科普设施工程"], ROWS[4]])

    def number(paragraph, level, text):
        for run in paragraph.runs:
            run.text = run.text.replace(text, "")
        properties = paragraph._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
        )

    def change(document):
        numbering = document.part.numbering_part.element
        levels = "".join(
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
            f'<w:lvlText w:val="{text}"/></w:lvl>'
            for level, text in enumerate(("%1、", "（%2）"))
        )
        numbering.insert(
            0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>')
        )
        numbering.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>')
        )
        for paragraph in document.paragraphs:
            for level, marks in enumerate((("一、", "二、", "三、"), ("（一）", "（二）"))):
                for mark in marks:
                    if paragraph.text.startswith(mark):
                        number(paragraph, level, mark)

    document = reopened(path, change)
    assert "（二）实施科普设施工程。" in document.body
    assert (tasks_of(document), document.findings) == (EXPECTED, ())


def test_word_tables_beside_the_right_one_are_passed_over(tmp_path):
    def change(document):
        other = document.add_table(2, 2)
        other.cell(0, 0).text, other.cell(0, 1).text = "指标", "责任单位"
        other.cell(1, 0).text, other.cell(1, 1).text = "公民具备科学素质的比例", "县科协"
        document.element.body.insert(0, other._tbl)

    assert tasks_of(reopened(word_file(tmp_path, ROWS), change)) == EXPECTED


def test_a_word_table_that_goes_on_in_a_second_one(tmp_path):
    def change(document):
        table = document.tables[0]
        document.add_paragraph("")
        second = document.add_table(0, 4)
        for row in [HEAD, ROWS[3], ROWS[4]]:
            for cell, text in zip(second.add_row().cells, row, strict=False):
                cell.text = text
        for row in table.rows[4:]:
            table._tbl.remove(row._tr)

    assert tasks_of(reopened(word_file(tmp_path, ROWS), change)) == EXPECTED


def test_word_deletions_do_not_count_and_insertions_do(tmp_path):
    def change(document):
        paragraph = document.tables[0].cell(2, 1).paragraphs[0]._p
        for run in list(paragraph):
            paragraph.remove(run)
        for mark, tag, text in (("del", "delText", "旧题目"), ("ins", "t", "培育高素质农民")):
            paragraph.append(
                parse_xml(
                    f'<w:{mark} {nsdecls("w")} w:id="1" w:author="某"><w:r><w:{tag}>{text}</w:{tag}></w:r></w:{mark}>'
                )
            )

    assert tasks_of(reopened(word_file(tmp_path, ROWS), change)) == EXPECTED


def test_a_header_of_two_rows(tmp_path):
    head = ["序号", "重点任务", "责任单位", "责任单位"]
    below = ["序号", "重点任务", "牵头单位", "配合单位"]
    path = workbook_file(tmp_path, [below, *ROWS], head=head, body=(*FRONT, *BODY))
    book = load_workbook(path)
    sheet = book["分解表"]
    for span in ("A1:A2", "B1:B2", "C1:D1"):
        sheet.merge_cells(span)
    book.save(path)
    assert tasks_of(read_plan_document(path)) == EXPECTED


def test_workbook_title_rows_stand_above_the_header(tmp_path):
    above = ("青山县全民科学素质行动实施方案（2023—2025年）重点任务分解表", "2023年3月8日")
    document = read_plan_document(workbook_file(tmp_path, ROWS, above=above))
    assert tasks_of(document) == EXPECTED
    assert (document.title, document.starts_on) == (
        "青山县全民科学素质行动实施方案（2023—2025年）",
        date(2023, 1, 1),
    )
    assert codes(document) == [("no_body_text", None)]


def test_workbook_numbers_and_hidden_sheets(tmp_path):
    rows = [[int(row[0]) if row[0].isdigit() else row[0], *row[1:]] for row in ROWS]
    path = workbook_file(tmp_path, rows, body=(*FRONT, *BODY))
    book = load_workbook(path)
    old = book.copy_worksheet(book["分解表"])
    old.append([4, "去年的工作", "县水利局", "县林业局"])
    old.append([5, "去年的另一项工作", "县水利局", "县林业局"])
    old.sheet_state = "hidden"
    book.save(path)
    document = read_plan_document(path)
    assert (tasks_of(document), document.findings) == (EXPECTED, ())


def test_every_kind_of_finding_has_its_words():
    named = {
        node.args[0].value
        for path in Path(kinds.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Finding"
        and isinstance(node.args[0], ast.Constant)
    }
    elsewhere = {
        *("leads_run_together", "supports_run_together"),
        *("task_vanished", "action_vanished"),
        *("unit_abolished", "unit_merged", "unit_renamed", "unit_split"),
    }
    assert set(kinds.KINDS) - named == elsewhere
    assert named <= set(kinds.KINDS)
