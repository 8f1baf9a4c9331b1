"""The county's plan from 2022Q4 to 2025Q4 with a reform in 2024: owing, lateness and lights, worked out by hand.

县教委 leads tasks 6–11 and files them with one figure. Nine units hold a lead until 县经济信息委 is merged into 县科协
on 15 March 2024; eight do from then on. 2021-01-01 to 2025-12-31 are 1,826 days.
"""

from datetime import date

import pytest

from chengkou_kepu.reform import Change, Choices, carry_out
from departments.models import Reform
from tasks import calendar, extensions, workflow
from tasks.periods import open_period
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

# quarter, figure and moment of 县教委's return; units that owe as leads; its 报送; days gone; points behind; light
BY_HAND = (
    ("2022Q4", 30, "2023-01-09 10:00", 9, "按时", 730, None, "基线"),
    ("2023Q1", 40, "2023-04-10 23:59", 9, "按时", 820, 4.91, "正常"),
    ("2023Q2", None, None, 9, "未报", 911, 9.89, "正常"),
    ("2023Q3", None, None, 9, "未报", 1003, 14.93, "滞后"),
    ("2023Q4", 40, "2024-01-11 00:00", 9, "逾期", 1095, 19.97, "滞后"),
    ("2024Q1", 40, "2024-04-10 09:00", 8, "按时", 1186, 24.95, "滞后"),
    ("2024Q2", 42, "2024-07-10 09:00", 8, "按时", 1277, 27.93, "滞后"),
    ("2024Q3", 44, "2024-10-11 09:00", 8, "逾期", 1369, 30.97, "严重滞后"),
    ("2024Q4", 70, "2025-01-10 09:00", 8, "按时", 1461, 10.01, "滞后"),
    ("2025Q1", 75, "2025-04-10 09:00", 8, "按时", 1551, 9.94, "正常"),
    ("2025Q2", 90, "2025-07-14 09:00", 8, "按时", 1642, -0.08, "正常"),
    ("2025Q3", 100, "2025-10-10 09:00", 8, "按时", 1734, -5.04, "正常"),
    ("2025Q4", 100, "2026-01-12 23:59", 8, "按时", 1826, 0.0, "正常"),
)
EXTENDED = "2025Q2"
MERGED_ON = date(2024, 3, 15)


@pytest.fixture
def lived(county, cast, units):
    """The five years as they went."""
    jingxin = factories.make_department("县经济信息委")
    for code, figure, at, *_ in BY_HAND:
        year, quarter = calendar.parse_quarter(code)
        opened = calendar.start_of(calendar.last_day(year, quarter)).replace(hour=9)
        if code == "2024Q1":
            change = Change(Reform.Kind.MERGE, (jingxin,), ("县科协",), MERGED_ON, "城委编委〔2024〕3号")
            carry_out(change, Choices(), by=cast.zhengfuban, at=opened)
        period = open_period(county, year, quarter, by=cast.kexie, at=opened)
        if code == EXTENDED:
            asked = extensions.ask_extension(
                period, units.jiaowei, until=date(2025, 7, 15), reason="核数", by=cast.jiaowei, at=opened
            )
            extensions.grant(asked, until=date(2025, 7, 15), by=cast.kexie, at=opened)
        if figure is not None:
            file(period, units.jiaowei, figure, moment(at), cast)
    return county


def file(period, unit, figure, at, cast):
    report = factories.fill(period, unit, by=cast.jiaowei, at=at, completion=figure)
    report = workflow.submit(report, by=cast.jiaowei, at=at, version=report.version)
    workflow.accept(report, by=cast.kexie, at=at, version=report.version)


def test_each_quarter_says_what_was_worked_out(lived, signed_in, cast, clock):
    clock("2026-02-02 09:00")
    client = signed_in(cast.lingdao)
    told = []
    for code, figure, at, *_ in BY_HAND:
        leads = client.get(f"/plans/{lived.slug}/departments/?period={code}").context["leads"]
        jiaowei = next(unit for unit in leads if unit.department == "县教委")
        task = client.get(f"/plans/{lived.slug}/tasks/6/?period={code}").context["progress"]
        days = round(task.expected * 1826 / 100)
        behind = None if task.light.label == "基线" else round(float(task.behind), 2)
        owing = sum(unit.owes for unit in leads)
        told.append((code, figure, at, owing, jiaowei.filing.label, days, behind, task.light.label))
    assert tuple(told) == BY_HAND


@pytest.mark.parametrize(
    ("code", "leads", "owing"),
    [("2023Q4", ["县科协", "县经济信息委"], True), ("2024Q1", ["县科协"], False)],
)
def test_the_reform_divides_the_quarters(lived, signed_in, cast, clock, code, leads, owing):
    """The unit that exists on a quarter's last day owes it; the heir, lead itself, holds the task once."""
    clock("2026-02-02 09:00")
    client = signed_in(cast.lingdao)
    task = client.get(f"/plans/{lived.slug}/tasks/29/?period={code}").context["progress"]
    units = client.get(f"/plans/{lived.slug}/departments/?period={code}").context["leads"]
    assert [lead.department for lead in task.leads] == leads
    assert ("县经济信息委" in {unit.department for unit in units if unit.owes}) is owing
