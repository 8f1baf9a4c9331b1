"""What happens in the demo, quarter by quarter: who files how, what is measured, asked for and decided.

Units that are not named in a quarter do nothing in it.
"""

from .course import (
    accepted,
    amended,
    filed,
    filed_for_unit,
    recalled,
    reopened,
    returned,
    saved,
    sent_back,
    sent_up,
    signed,
    submitted,
    withdrawn,
)

BASELINE = (2022, 4)
OPEN_QUARTER = (2023, 4)

CLOSED_QUARTERS = {
    (2022, 4): {
        "县农业农村委": filed(-2) + accepted(2),
        "县教委": filed(-1) + accepted(2),
        "县人力社保局": filed(-2) + accepted(1),
        "县委组织部": filed(3) + accepted(5),
        "县经济信息委": filed(-1) + accepted(3),
        "县科协": filed(-3) + accepted(1),
        "县财政局": filed(0) + accepted(2),
    },
    (2023, 1): {
        "县农业农村委": filed(-1) + accepted(2),
        "县教委": filed(-2)
        + withdrawn(-1)
        + amended(-1, "另：补报本季度校园安全科普情况。", 10)
        + submitted(-1)
        + accepted(1),
        "县人力社保局": filed(3) + accepted(5),
        "县委组织部": signed(-1, "贺明川（示例）") + accepted(2),
        "县经济信息委": saved(-3)
        + sent_up(-3)
        + sent_back(-2, "第28项请写明新建、改建阵地的具体数量后再报。")
        + amended(-1, "其中新建2处、改建3处。", 28)
        + submitted(-1)
        + accepted(2),
        "县科协": filed(-2) + accepted(1),
        "县委宣传部": filed_for_unit(0, "县委宣传部2023年4月7日书面报送表（示例）"),
        "县文化旅游委": filed(-1)
        + accepted(1)
        + reopened(3, "第38项接待人次与县文化旅游委统计口径不一致，请核实后重报。")
        + amended(5, "经核实，上述人次为第一季度接待研学团队口径。", 38)
        + submitted(5)
        + accepted(6),
        "县林业局": filed(-1) + accepted(2),
    },
    (2023, 2): {
        "县农业农村委": filed(-2)
        + returned(1, "第3项请分别写明高素质农民和实用人才的培训人次。", 3)
        + amended(2, "其中高素质农民培训320人次，农村实用人才培训240人次。", 3)
        + submitted(2)
        + accepted(3),
        "县教委": filed(-1) + accepted(2),
        "县总工会": filed(4)
        + returned(6, "第14项未写明竞赛工种和参赛人数，第16项进度与上报内容不符，请补正后重报。", 14, 16),
        "县人力社保局": filed(-1) + accepted(2),
        "县委组织部": filed(-1) + accepted(2),
        "县经济信息委": filed(-2) + accepted(3),
        "县科协": filed(-2) + accepted(2),
        "县委宣传部": filed(-1) + accepted(3),
        "县文化旅游委": filed_for_unit(0, "县文化旅游委2023年7月7日书面报送表（示例）")
        + accepted(2, by="zhengfuban"),
        "县卫生健康委": filed(-1) + accepted(2),
        "县妇联": filed(-2) + accepted(3),
    },
    (2023, 3): {
        "县农业农村委": filed(-1) + accepted(2),
        "县教委": filed(-2)
        + returned(1, "第9项请补充县级科技创新大赛的参赛作品数和获奖情况。", 9)
        + amended(2, "大赛共收到作品86件，评出一等奖6件、二等奖12件、三等奖20件。", 9)
        + submitted(2)
        + accepted(4),
        "县总工会": filed(0) + returned(2, "第15项未写明培训课时和参训人数，请补正后重报。", 15),
        "县人力社保局": filed(-2) + accepted(2),
        "县委组织部": signed(0, "贺明川（示例）") + accepted(2),
        "县经济信息委": filed(2) + accepted(4),
        "县科协": filed(-1) + accepted(2),
        "县文化旅游委": filed(-1) + accepted(3),
        "县林业局": filed(-1) + accepted(2),
        "县卫生健康委": filed(-1) + accepted(2),
        "团县委": filed(0) + accepted(3),
    },
}

OPEN_RETURNS = {
    "县农业农村委": saved(-2, 1, 2, 3),
    "县教委": filed(-4) + returned(-2, "第8项请写明新增实验室的学校名称，第11项请补充培训学时。", 8, 11),
    "县人力社保局": saved(-2) + sent_up(-1),
    "县委组织部": filed(-5) + accepted(-3),
    "县经济信息委": saved(-3) + sent_up(-3) + recalled(-2) + submitted(-1),
    "县科协": filed(-2),
    "县委宣传部": filed_for_unit(-2, "县委宣传部书面报送表（示例）"),
    "县文化旅游委": filed(-1),
    "县卫生健康委": filed(-3) + accepted(-1),
}

FARMER_TRAINING = {(2022, 4): "1850", (2023, 1): "320", (2023, 2): "560", (2023, 3): "530", (2023, 4): "410"}

MEASURED = {
    **{
        (quarter, "县农业农村委"): {"farmer-training": {"value": value, "source": "【示例】培训台账"}}
        for quarter, value in FARMER_TRAINING.items()
    },
    ((2022, 4), "县财政局"): {
        "funding-per-capita": {
            "numerator": "316000",
            "denominator": "197500",
            "source": "【示例】2022年县级财政预算",
        }
    },
    ((2022, 4), "县科协"): {
        "science-museum": {"stage": "立项", "source": "【示例】项目批复文件"},
        "village-informants": {
            "numerator": "148",
            "denominator": "204",
            "source": "【示例】各乡镇（街道）汇总",
        },
    },
    ((2023, 4), "县科协"): {
        "science-museum": {"stage": "在建", "source": "【示例】施工许可和现场核查"},
        "village-informants": {
            "numerator": "176",
            "denominator": "204",
            "source": "【示例】各乡镇（街道）汇总",
        },
    },
}


def units():
    """Names of all units that do something in the demo."""
    return {unit for courses in (*CLOSED_QUARTERS.values(), OPEN_RETURNS) for unit in courses}
