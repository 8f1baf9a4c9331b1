"""The county's own document, against what a person reads in it (DESIGN §3)."""

from datetime import date
from pathlib import Path

import pytest

from tasks.plan_document import as_json, read_plan_document

COUNTY = Path(__file__).resolve().parents[2] / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"

# (section title, lead units, supporting units, groups among them), as the section's merged cells say
SECTIONS = [
    (
        "实施农民科学素质提升行动",
        "县农业农村委",
        "县委宣传部 县经济信息委 县规划自然资源局 县人力社保局 县生态环境局 县乡村振兴局 县卫生健康委 县文化旅游委 "
        "县林业局 县应急局 县科协 团县委 县总工会 县妇联",
        "",
    ),
    (
        "实施青少年科学素质提升行动",
        "县教委",
        "县经济信息委 团县委 县科协 县卫生健康委 县人力社保局 县财政局 县生态环境局",
        "",
    ),
    (
        "实施产业工人科学素质提升行动",
        "县总工会 县人力社保局",
        "县委组织部 县委宣传部 县教委 县经济信息委 县财政局 县工商联 团县委 县科协",
        "各相关单位",
    ),
    (
        "实施领导干部和公务员科学素质提升行动",
        "县委组织部",
        "县委宣传部 县委党校（行政学院） 县人力社保局",
        "",
    ),
    (
        "实施老年人科学素质提升行动",
        "县委组织部",
        "县科协 县经济信息委 县卫生健康委 县民政局 县老科协 退教协",
        "",
    ),
    (
        "实施科普基础设施工程",
        "县经济信息委 县科协",
        "县发展改革委 县文化旅游委 县教委 县财政局 县规划自然资源局 县林业局",
        "各乡镇（街道）",
    ),
    (
        "实施科技资源科普化工程",
        "县科协 县经济信息委",
        "县人力社保局 县融媒体中心",
        "县内各企业",
    ),
    (
        "实施科普信息化提升工程",
        "县委宣传部 县文化旅游委 县经济信息委 县科协",
        "县融媒体中心 县教委 县农业农村委",
        "各乡镇（街道） 各相关单位",
    ),
    (
        "实施基层科普能力提升工程",
        "县经济信息委 县科协",
        "县应急局 县卫生健康委 县委宣传部 县教委 县农业农村委 县规划自然资源局 县生态环境局 县人武部 县财政局 "
        "县人力社保局 县水利局 县市场监督管理局",
        "各乡镇（街道）",
    ),
]

# (row, section, title in the table, wording of the body where it is another, beginning of its paragraph)
ROWS = [
    (
        1,
        1,
        "推动农村科学资源不断丰富，科普公共服务能力和科普基础设施建设持续改善",
        "推动农村科普资源不断丰富、科普公共服务能力和科普基础设施建设持续改善",
        "以提升科技文化素质为重点，",
    ),
    (2, 1, "树立相信科学、和谐理性的思想观念", None, "树立相信科学、和谐理性的思想观念。"),
    (3, 1, "实施高素质农民培育计划", None, "实施高素质农民培育计划。"),
    (4, 1, "实施乡村振兴科技支撑行动", None, "实施乡村振兴科技支撑行动。"),
    (5, 1, "促进农民科学素质提升", None, "促进农民科学素质提升。"),
    (6, 2, "完善青少年科学教育体系", None, "完善青少年科学教育体系，促进学校科学教育"),
    (7, 2, "将弘扬科学精神贯穿于育人全链条", None, "将弘扬科学精神贯穿于育人全链条。"),
    (8, 2, "提升基础教育阶段科学教育水平", None, "提升基础教育阶段科学教育水平。"),
    (9, 2, "实施科技创新后备人才培育计划", None, "实施科技创新后备人才培育计划。"),
    (10, 2, "建立校内外科学教育资源有效衔接机制", None, "建立校内外科学教育资源有效衔接机制。"),
    (11, 2, "实施教师科学素质提升工作", "实施教师科学素质提升工程", "实施教师科学素质提升工程。"),
    (12, 3, "提高产业工人职业技能和创新能力", None, "以提升技能素质为重点，"),
    (13, 3, "开展理想信念和职业精神宣传教育", None, "开展理想信念和职业精神宣传教育。"),
    (14, 3, "实施技能创新行动", None, "实施技能创新行动。"),
    (15, 3, "实施职业技能提升行动", None, "实施职业技能提升行动。"),
    (
        16,
        3,
        "发挥企业家提升产业工人科学素质的示范引领作用",
        None,
        "发挥企业家提升产业工人科学素质的示范引领作用。",
    ),
    (
        17,
        4,
        "强化领导干部和公务员对科教兴国战略、人才强国战略、创新驱动发展战略的认识，提高科学决策能力和执政本领",
        "进一步强化领导干部和公务员对新时代人才强国战略、创新驱动发展战略的认识，提高科学决策能力",
        "进一步强化领导干部和公务员",
    ),
    (18, 4, "深入贯彻新发展理念", "深入贯彻落实新发展理念", "深入贯彻落实新发展理念。"),
    (19, 4, "加强科学素质教育培训", None, "加强科学素质教育培训。"),
    (20, 4, "在公务员考核录用中落实科学素质要求", None, "在公务员考核录用中落实科学素质要求。"),
    (
        21,
        5,
        "以提升信息素养和健康素养为重点，丰富老年人科学服务的供给内容、渠道途径、方式方法，"
        "稳步提升老年人适应社会发展能力",
        "以提升信息素养和健康素养为重点，丰富老年人科普服务的供给内容、渠道途径、方式方法，"
        "稳步提升老年人适应社会发展能力",
        "以提升信息素养和健康素养为重点，",
    ),
    (22, 5, "实施智慧助老科普行动", None, "实施智慧助老科普行动。"),
    (23, 5, "加强老年人健康科普服务", None, "加强老年人健康科普服务。"),
    (24, 5, "实施银龄科普专项行动", None, "实施银龄科普专项行动。"),
    (
        25,
        6,
        "加强科普基础设施建设，建立政府引导、多渠道投入机制，推动科普基础设施提质增量",
        "加强科普基础设施建设，建立政府引导、多渠道投入的机制，推动科普基础设施提质增量",
        "加强科普基础设施建设，",
    ),
    (
        26,
        6,
        "加强统筹规划和宏观指导，将科普基础设施建设纳入我县国民经济和社会发展规划。"
        "合理布局新建科普基础设施，有效利用既有科普基础设施",
        "加强统筹规划和宏观指导。制定科普基础设施发展规划，将科普基础设施建设纳入我县国民经济和社会发展规划。"
        "合理布局新建科普基础设施，有效利用既有科普基础设施",
        "加强统筹规划和宏观指导。",
    ),
    (27, 6, "加强科普基地建设", None, "加强科普基地建设。"),
    (28, 6, "加强基层科普阵地建设", None, "加强基层科普阵地建设。"),
    (
        29,
        7,
        "发挥科技设施的科普功能，提升科技工作者的科普能力",
        "充分发挥科技设施的科普功能，不断增强科技创新主体的科普责任意识，提升科技工作者的科普能力",
        "充分发挥科技设施的科普功能，",
    ),
    (
        30,
        7,
        "开展科技创新主体、科技创新成果科普服务评价，鼓励县内科技型企业结合企业科技创新加强科普工作",
        "开展科技创新主体、科技创新成果科普服务评价，引导企业和社会组织建立有效的科技资源科普转化机制。"
        "鼓励县内科技型企业结合企业科技创新加强科普工作",
        "开展科技创新主体、",
    ),
    (31, 7, "加强与媒体组织合作，及时普及科技成果", None, "加强与媒体组织合作，"),
    (32, 7, "弘扬科学家精神", None, "弘扬科学家精神。"),
    (33, 7, "提升科技工作者科普能力", None, "提升科技工作者科普能力。"),
    (
        34,
        8,
        "推动传统媒体与新媒体深度融合，建设即时、泛在、精准的信息化全媒体传播网络，加强发展科普文化产业",
        "推动传统媒体与新媒体深度融合，建设即时、泛在、精准的信息化全媒体传播网络，服务数字社会建设，"
        "加快发展科普文化产业",
        "推动传统媒体与新媒体深度融合，",
    ),
    (
        35,
        8,
        "推动科普中国、科普重庆优质资源落地应用。加强科普信息化终端设备利用，推动优质科普资源向广大农村地区倾斜",
        "推动科普中国、科普重庆优质资源落地应用，为公众提供精细化增值服务。加强科普信息化终端设备利用，"
        "与智慧教育、智慧城市、智慧社区等深度融合，推动优质科普资源向广大农村地区倾斜",
        "推动科普中国、",
    ),
    (36, 8, "实施全媒体科学传播能力提升计划", None, "实施全媒体科学传播能力提升计划。"),
    (37, 8, "吸引和鼓励社会各界参与科普作品创作", None, "吸引和鼓励社会各界参与科普作品创作，"),
    (38, 8, "大力发展数字科普文化产业", None, "大力发展数字科普文化产业。"),
    (39, 9, "建立健全应急科普协调联动机制", None, "建立健全应急科普协调联动机制，"),
    (40, 9, "建立应急科普宣教协同机制", None, "建立应急科普宣教协同机制。"),
    (41, 9, "健全基层科普服务体系", None, "健全基层科普服务体系。"),
    (42, 9, "培育科普品牌活动", None, "培育科普品牌活动。"),
]

FINDINGS = [
    ("title_differs_from_body", 1),
    ("title_differs_from_body", 11),
    ("units_on_several_lines", 12),
    ("mixed_separators", 12),
    ("title_differs_from_body", 17),
    ("title_differs_from_body", 18),
    ("unit_not_in_table", 19),
    ("title_differs_from_body", 21),
    ("leads_run_together", 25),
    ("title_differs_from_body", 25),
    ("title_differs_from_body", 26),
    ("title_differs_from_body", 29),
    ("title_differs_from_body", 30),
    ("mixed_separators", 34),
    ("title_differs_from_body", 34),
    ("title_differs_from_body", 35),
    ("table_may_be_cut_off", 42),
    ("unit_spelled_differently", None),
    ("action_without_rows", None),
    ("paragraph_without_row", None),
    ("paragraph_without_row", None),
    ("paragraph_without_row", None),
    ("paragraph_without_row", None),
    ("paragraph_without_row", None),
    ("target_worded_differently", None),
]


@pytest.fixture(scope="module")
def county():
    return read_plan_document(COUNTY)


def test_title_region_and_dates(county):
    assert (county.title, county.region_name, county.issued_on, county.starts_on, county.ends_on) == (
        "城口县全民科学素质行动规划纲要（2021―2025年）实施方案",
        "城口县",
        date(2022, 11, 21),
        date(2021, 1, 1),
        date(2025, 12, 31),
    )


def test_ten_actions_of_which_the_last_has_no_rows(county):
    titles = [title for title, *_ in SECTIONS] + ["实施科学素质开放合作工程"]
    assert [(a.ordinal, a.title, a.heading_title, a.in_table) for a in county.actions] == [
        (ordinal, title, title, ordinal < 10) for ordinal, title in enumerate(titles, start=1)
    ]


def test_each_action_keeps_the_paragraphs_of_its_section(county):
    assert [len(action.paragraphs) for action in county.actions] == [5, 6, 5, 4, 4, 5, 5, 5, 5, 4]
    assert county.actions[9].paragraphs[0] == (
        "拓展科学素质建设交流渠道，搭建开放合作平台，丰富交流合作内容，增进文明互鉴，推动价值认同，提升开放交流水平。"
    )
    assert [text.partition("。")[0] for text in county.actions[9].paragraphs[1:]] == [
        "加强科学素质交流合作",
        "加强科技人文交流",
        "加强科普交流合作",
    ]


@pytest.mark.parametrize("row", ROWS, ids=[str(row[0]) for row in ROWS])
def test_every_row_with_its_units_and_its_paragraph(county, row):
    number, section, title, body_title, opening = row
    _, leads, supports, groups = SECTIONS[section - 1]
    task = county.tasks[number - 1]
    assert (task.number, task.title, task.action) == (number, title, section)
    assert (task.leads, task.supports) == (tuple(leads.split()), tuple(supports.split()))
    assert (task.groups, task.lead_groups) == (tuple(groups.split()), ())
    assert task.body_title == (body_title or title)
    assert [paragraph[: len(opening)] for paragraph in task.paragraphs] == [opening]


def test_totals_of_rows_units_and_groups(county):
    tasks = county.tasks
    assert [len(tasks)] + [
        sum(len(getattr(t, kind)) for t in tasks) for kind in ("leads", "supports", "groups")
    ] == [
        42,
        75,
        285,
        28,
    ]
    units = {name for task in tasks for name in (*task.leads, *task.supports)}
    assert len(units) == 28
    assert {name for task in tasks for name in task.groups} == {"各乡镇（街道）", "县内各企业", "各相关单位"}
    assert {name for task in tasks for name in task.leads} == {
        "县农业农村委",
        "县教委",
        "县总工会",
        "县人力社保局",
        "县委组织部",
        "县经济信息委",
        "县科协",
        "县委宣传部",
        "县文化旅游委",
    }


def test_one_unit_in_three_spellings(county):
    assert county.spellings == {"县经济信息委": ("县经济信息委（科技局）", "县经济信息委（县科技局）")}


def test_every_finding_by_code_and_row(county):
    assert [(finding.code, finding.row) for finding in county.findings] == FINDINGS


def test_findings_quote_what_they_are_about(county):
    said = {(f.code, f.row): f.message for f in county.findings}
    assert (
        said["title_differs_from_body", 18]
        == "第18项表中作“深入贯彻新发展理念”，正文作“深入贯彻落实新发展理念”。"
    )
    assert said["leads_run_together", 25] == (
        "第25项牵头单位“县经济信息委（县科技局）县科协”连写，按“县经济信息委（县科技局）”“县科协”分别读入。"
    )
    assert said["unit_not_in_table", 19] == (
        "正文“县科协会同县委直属机关工委依托县委党校打造党政领导干部科技讲堂”提到县科协、县委直属机关工委，"
        "责任分解表该部分未列入。"
    )
    assert said["target_worded_differently", None] == (
        "工作目标作“县级科技馆基本建成”，正文另作“争取县级科技馆建成并投入使用”“创造条件争取科技馆免费开放”，"
        "两处表述不一致，以何者为准待核。"
    )
    assert [f.message for f in county.findings if f.code == "paragraph_without_row"] == [
        "正文“实施科普基础设施工程”中的“推进科技馆建设”未列入责任分解表。",
        "正文“实施基层科普能力提升工程”中的“加强专职科普队伍建设”未列入责任分解表。",
        "正文“实施科学素质开放合作工程”中的“加强科学素质交流合作”未列入责任分解表。",
        "正文“实施科学素质开放合作工程”中的“加强科技人文交流”未列入责任分解表。",
        "正文“实施科学素质开放合作工程”中的“加强科普交流合作”未列入责任分解表。",
    ]


def test_body_holds_the_target_sentences(county):
    body = "\n".join(county.body)
    targets = [
        "比例超过12%",
        "力争达到5000人次以上",
        "按人均1.5元列入",
        "县级科技馆基本建成",
        "各村（社）配备科普信息员",
    ]
    assert [target for target in targets if target not in body] == []
    assert not any("\t" in line or not line for line in county.body)


def test_json_has_exactly_the_fixed_shape(county):
    shown = as_json(county)
    assert list(shown) == ["title", "actions", "tasks", "findings"]
    assert shown["actions"][9] == {"ordinal": 10, "title": "实施科学素质开放合作工程"}
    assert shown["tasks"][28] == {
        "number": 29,
        "title": "发挥科技设施的科普功能，提升科技工作者的科普能力",
        "action": 7,
        "leads": ["县科协", "县经济信息委"],
        "supports": ["县人力社保局", "县融媒体中心"],
        "groups": ["县内各企业"],
    }
    assert [(f["code"], f["row"]) for f in shown["findings"]] == FINDINGS
    assert {tuple(f) for f in shown["findings"]} == {("code", "row", "message")}


def test_reading_twice_gives_the_same(county):
    assert read_plan_document(COUNTY) == county


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_the_same_text(county, tmp_path, encoding):
    path = tmp_path / "方案.txt"
    path.write_bytes(COUNTY.read_text("utf-8").encode(encoding))
    assert read_plan_document(path) == county


def test_windows_line_ends(county, tmp_path):
    path = tmp_path / "方案.TXT"
    path.write_bytes(COUNTY.read_bytes().replace(b"\n", b"\r\n"))
    assert read_plan_document(str(path)) == county
