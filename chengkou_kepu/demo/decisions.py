"""What else happens in the demo: tasks closed out or not, and what the coordinators measure and rate themselves."""

from datetime import date, datetime, timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from indicators.measuring import record_measurement
from indicators.models import Indicator, Measurement
from tasks import annual, closing, extensions
from tasks.calendar import SHANGHAI, local_day
from tasks.models import Task
from tasks.models.closing import POINTS

Rating = Measurement.Rating

RECORDED = (
    (
        "funding-per-capita",
        date(2021, 12, 31),
        datetime(2023, 1, 12, 15, 20, tzinfo=SHANGHAI),
        {"numerator": "296300", "denominator": "197500", "source": "【示例】2021年县级财政预算"},
    ),
    (
        "science-literacy",
        date(2022, 12, 31),
        datetime(2023, 2, 8, 10, 5, tzinfo=SHANGHAI),
        {"value": "9.8", "source": "【示例】2022年公民科学素质监测"},
    ),
    (
        "coordination",
        date(2023, 6, 30),
        datetime(2023, 7, 20, 9, 45, tzinfo=SHANGHAI),
        {
            "rating": Rating.ADVANCING,
            "ground": "【示例】领导小组召开联席会议1次，9个牵头单位均明确分管领导和联络员；部分配合单位尚未建立工作台账。",
            "source": "【示例】领导小组办公室工作记录",
        },
    ),
    (
        "participation",
        date(2023, 9, 30),
        datetime(2023, 10, 19, 16, 10, tzinfo=SHANGHAI),
        {
            "rating": Rating.BASICALLY,
            "ground": "【示例】全国科普日期间参与活动的群众和科技志愿者人次均高于上年同期。",
            "source": "【示例】全国科普日活动统计",
        },
    ),
    (
        "emergency-system",
        date(2023, 9, 30),
        datetime(2023, 10, 19, 16, 40, tzinfo=SHANGHAI),
        {
            "rating": Rating.ADVANCING,
            "ground": "【示例】应急科普协调联动机制文件已印发，应急科普专家队伍和体验场馆建设尚在推进。",
            "source": "【示例】县应急局、县科协工作记录",
        },
    ),
)
VERIFIED = (
    (
        26,
        (2023, 2),
        "县经济信息委",
        "【示例】科普基础设施发展规划已印发，科普基础设施建设已纳入我县国民经济和社会发展规划，既有设施清单已建立。",
        "【示例】规划文本和印发文件齐全，同意办结。",
    ),
    (
        39,
        (2023, 3),
        "县经济信息委",
        "【示例】应急科普协调联动机制文件已由相关部门联合印发，并开展联动演练1次，机制已转入常态运行。",
        "【示例】机制文件、演练记录齐全，同意办结。",
    ),
)
REFUSED = (
    (
        10,
        (2023, 3),
        "县教委",
        "【示例】馆校合作协议已签订，校外科学教育资源清单已发布，申请办结。",
        "【示例】部分村小尚未与校外实践基地对接，家庭科学教育覆盖面不足，暂不予办结，请补齐后再申请。",
    ),
)
PENDING = (
    (
        10,
        "县教委",
        "【示例】馆校合作协议已实现全县中小学全覆盖，每校至少对接1处校外实践基地，家庭科学教育讲座已进乡镇，再次申请办结。",
    ),
)
EXTENSION = ("县总工会", 6, "【示例】职工技能竞赛在截止日后结束，数据须待竞赛结果核定，申请延期报送。")

STANDING_TASKS = (7, 32, 36)
JUDGED_YEAR, JUDGED_AT = 2022, datetime(2023, 2, 10, 15, 30, tzinfo=SHANGHAI)
JUDGED = (
    (32, True, "【示例】全年开展科学家精神宣讲8场，科研诚信宣讲3场，各牵头单位均有记录。"),
    (36, False, "【示例】文化旅游场所公益广告自2023年起投放，2022年度主流媒体科普专栏未按月更新。"),
)


def record_own_measurements(plan, cast):
    """The surveys and ratings the coordinators enter themselves; those of indicators the plan lacks are left out."""
    indicators = {i.code: i for i in Indicator.objects.filter(plan=plan).select_related("plan__region")}
    for code, measured_on, at, values in RECORDED:
        if code in indicators:
            by = cast.by_username["kexie"]
            record_measurement(indicators[code], values, measured_on=measured_on, by=by, at=at)


def judge_standing_tasks(plan, cast):
    """Some tasks are 长期坚持, of which the first year is judged but for one."""
    plan.tasks.filter(number__in=STANDING_TASKS).update(nature=Task.Nature.STANDING)
    ids = dict(plan.tasks.values_list("number", "pk"))
    judged = [annual.Judged(ids[number], completed, ground) for number, completed, ground in JUDGED]
    annual.judge(plan, JUDGED_YEAR, judged, by=cast.by_username["kexie"], at=JUDGED_AT)


def decide_close_outs(plan, period, units, cast, *, at):
    """Applications of that quarter and what became of them, from `at` on; reviewed as returns are."""
    decisions = [(closing.verify, "note", POINTS, row) for row in VERIFIED]
    decisions += [(closing.refuse, "reason", POINTS[:1], row) for row in REFUSED]
    for decide, said, points, (number, quarter, unit, summary, answer) in decisions:
        if quarter == period.key:
            close_out = _applied(plan, period, units[unit], number, summary, cast, at=at[0])
            decide(close_out, points=points, by=cast.reviewer_of(unit), at=at[1], **{said: answer})


def apply_without_answer(plan, period, units, cast, *, at):
    for number, unit, summary in PENDING:
        _applied(plan, period, units[unit], number, summary, cast, at=at)


def ask_for_extension(period, units, cast, *, at):
    """By some days more than the deadline; nobody has answered."""
    unit, days, reason = EXTENSION
    until = local_day(period.due_at) + timedelta(days=days)
    extensions.ask_extension(period, units[unit], until=until, reason=reason, by=cast.reporters[unit], at=at)


def _applied(plan, period, unit, number, summary, cast, *, at):
    task = plan.tasks.get(number=number)
    by = cast.reporters[unit.name]
    return closing.apply_for_close_out(
        task, period=period, department=unit, summary=summary, files=[_evidence(task)], by=by, at=at
    )


def _evidence(task):
    """A small workbook that stands for the papers of a close-out, and says that it is a sample."""
    book, stream = Workbook(), BytesIO()
    for row in (
        ("【示例】办结佐证材料清单",),
        ("重点工作", f"{task.number} {task.title}"),
        ("材料", "印发文件、活动记录"),
    ):
        book.active.append(row)
    book.save(stream)
    return SimpleUploadedFile(f"示例_第{task.number}项办结佐证材料清单.xlsx", stream.getvalue())
