"""What the tags and filters of `{% load portal %}` write on a page."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import django_tables2 as tables
import pytest
from django.template import Context, Template
from django.test import RequestFactory

from chengkou_kepu.templatetags import portal
from indicators.attainment import Attainment
from tasks.models import CloseOut, Plan, QuarterlyReport, ReportingPeriod
from tasks.obligations import Filing
from tasks.progress import Light
from tests.factories import moment


def rendered(source, **context):
    return Template("{% load portal %}" + source).render(Context(context)).strip()


def picture(source):
    """Markup written over several lines of a test, as one line."""
    return "".join(line.strip() for line in source.splitlines())


PICKER = "{% period_picker period periods %}"
CHART = "{% trend_chart points target %}"


@pytest.mark.parametrize(
    ("choice", "colour", "word"),
    [
        (Light.NORMAL, "green", "正常"),
        (Light.BEHIND, "amber", "滞后"),
        (Light.SEVERE, "red", "严重滞后"),
        (Light.DONE, "blue", "已办结"),
        (Light.NOT_DUE, "grey", "未到期"),
        (Light.UNREPORTED, "grey", "未报"),
        (Light.UNREVIEWED, "wait", "未审核"),
        (Light.BASELINE, "grey", "基线"),
        (Filing.ON_TIME, "green", "按时"),
        (Filing.LATE, "amber", "逾期"),
        (Filing.MISSING, "red", "未报"),
        (Filing.PENDING, "grey", "未到期"),
        (Filing.EXEMPT, "grey", "不需报"),
        (Filing.VOLUNTARY, "blue", "自愿报送"),
        (QuarterlyReport.Status.DRAFT, "grey", "草稿"),
        (QuarterlyReport.Status.ENDORSING, "wait", "单位审核中"),
        (QuarterlyReport.Status.SUBMITTED, "wait", "已报送"),
        (QuarterlyReport.Status.RETURNED, "amber", "退回补正"),
        (QuarterlyReport.Status.ACCEPTED, "green", "审核通过"),
        (CloseOut.Status.APPLIED, "wait", "申请办结"),
        (CloseOut.Status.VERIFIED, "blue", "已办结"),
        (CloseOut.Status.REFUSED, "grey", "不予办结"),
        (Attainment.REACHED, "blue", "已达标"),
        (Attainment.ON_TRACK, "green", "达序时"),
        (Attainment.BEHIND, "amber", "滞后"),
        (Attainment.NOT_REACHED, "red", "未达标"),
        (Attainment.UNMEASURED, "grey", "暂无监测数据"),
        (Attainment.RATED, "blue", "已评价"),
    ],
)
def test_a_light_is_a_colour_and_a_word_also_as_the_stored_value(choice, colour, word):
    span = f'<span class="light {colour}">{word}</span>'
    assert [rendered("{% light x %}", x=choice), rendered("{% light x %}", x=choice.value)] == [span, span]


def test_a_light_with_a_count_keeps_its_word_for_screen_readers():
    assert rendered("{% light x 0 %}", x=Light.SEVERE) == (
        '<span class="light red" title="严重滞后"><span class="visually-hidden">严重滞后：</span>0</span>'
    )


def test_no_light_is_nothing():
    assert rendered("{% light x %}{% light y %}", x=None, y="") == ""


def test_an_unknown_light_is_an_error():
    with pytest.raises(ValueError, match=r"^没有为“PURPLE”约定颜色。$"):
        portal.light({}, "PURPLE")


def test_progress_bar_draws_completion_against_expectation():
    bar = rendered(
        "{% progress_bar done expected light %}", done=49, expected=Fraction(547, 10), light=Light.BEHIND
    )
    assert bar == picture("""
        <svg class="progress" viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="实际 49%，序时 54.7%">
        <rect class="track" x="0" y="4" width="100" height="6" rx="1"/>
        <rect class="fill amber" x="0" y="4" width="49" height="6" rx="1"/>
        <rect class="mark" x="54.7" y="0" width="0.8" height="14"/></svg>
    """)


def test_progress_bar_stays_inside_its_picture():
    bar = rendered("{% progress_bar done expected %}", done=100, expected=100)
    assert bar == picture("""
        <svg class="progress" viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="实际 100%，序时 100%">
        <rect class="track" x="0" y="4" width="100" height="6" rx="1"/>
        <rect class="fill grey" x="0" y="4" width="100" height="6" rx="1"/>
        <rect class="mark" x="99.2" y="0" width="0.8" height="14"/></svg>
    """)


def test_progress_bar_without_data_says_so():
    assert rendered("{% progress_bar None 55 %}") == '<span class="muted small">暂无数据</span>'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0%"),
        (49, "49%"),
        (Fraction(49), "49%"),
        (Fraction(148, 3), "49.3%"),
        (Decimal("49.30"), "49.3%"),
        (None, "—"),
    ],
)
def test_percent(value, said):
    assert portal.percent(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (6, "6"),
        (Fraction(63, 10), "6.3"),
        (Fraction(-1, 5000), "0"),
        (Fraction(997, 100), "9.97"),
        (-41, "-41"),
        (None, "—"),
    ],
)
def test_points(value, said):
    assert portal.points(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (3260, "3,260"),
        (Decimal("1.3800"), "1.38"),
        (Decimal("5000.0000"), "5,000"),
        (Decimal("1E+3"), "1,000"),
        (Fraction(276, 200), "1.38"),
        (Fraction(1, 3), "0.33"),
        (1.5, "1.5"),
        (None, "—"),
    ],
)
def test_number(value, said):
    assert portal.number(value) == said


def test_dates_are_those_of_shanghai():
    late = moment("2023-10-10 00:30")
    assert [portal.zh_date(late), portal.zh_date(date(2023, 1, 2)), portal.zh_datetime(late)] == [
        "2023年10月10日",
        "2023年1月2日",
        "2023-10-10 00:30",
    ]


def test_a_missing_date_is_a_dash():
    assert [portal.zh_date(None), portal.zh_datetime(None), portal.period_label(None, "QUARTER")] == [
        "—",
        "—",
        "—",
    ]


def test_quarters_and_ordinals():
    source = "{{ key|period_label:'QUARTER' }} {{ 10|zh_ordinal }}"
    assert rendered(source, key=(2023, 3)) == "2023年第三季度 十"


def test_period_picker_offers_the_newest_first_and_keeps_other_choices():
    periods = [ReportingPeriod(pk=pk, plan=Plan(), year=2023, quarter=pk) for pk in (1, 2)]
    request = RequestFactory().get("/", {"period": "2023Q1", "action": "3", "page": "2"})
    assert rendered(PICKER, period=periods[0], periods=periods, request=request) == picture("""
        <form class="picker" method="get"><input type="hidden" name="action" value="3">
        <label class="visually-hidden" for="period">填报期</label>
        <select class="auto" id="period" name="period" data-autosubmit>
        <option value="2023Q2">2023年第二季度</option><option value="2023Q1" selected>2023年第一季度</option></select>
        <noscript><button class="button">查看</button></noscript></form>
    """)


def test_period_picker_shows_a_quarter_that_is_not_open_yet():
    assert rendered(PICKER, period=ReportingPeriod(plan=Plan(), year=2023, quarter=4), periods=[]) == picture("""
        <form class="picker" method="get"><label class="visually-hidden" for="period">填报期</label>
        <select class="auto" id="period" name="period" data-autosubmit>
        <option value="" selected>2023年第四季度（尚未开放）</option></select>
        <noscript><button class="button">查看</button></noscript></form>
    """)


def test_trend_chart_draws_the_points_against_the_target():
    points = [("2023Q1", 1000), ("2023Q2", None), ("2023Q3", Decimal("2500"))]
    assert rendered(CHART, points=points, target=5000) == picture("""
        <svg class="trend" viewBox="0 0 320 120" role="img" aria-label="2023Q1 1,000，2023Q3 2,500；目标 5,000">
        <line class="axis" x1="10" y1="100" x2="310" y2="100"/>
        <line class="target" x1="10" y1="18" x2="310" y2="18"/>
        <text class="target" x="10" y="18" dy="-4">目标 5,000</text>
        <polyline points="10,83.6 310,59"/>
        <circle cx="10" cy="83.6" r="3"/><text x="10" y="100" dy="14">2023Q1</text>
        <circle cx="310" cy="59" r="3"/><text x="310" y="100" dy="14" text-anchor="end">2023Q3</text></svg>
    """)


def test_trend_chart_without_measurements_says_so():
    assert rendered(CHART, points=[("2023Q1", None)], target=5000) == '<p class="empty">暂无监测数据</p>'


class UnitTable(tables.Table):
    name = tables.Column("单位")
    filed = tables.Column("已报", orderable=False, attrs={"td": {"class": "num"}})

    class Meta:
        empty_text = "没有单位。"


def table_page(rows, address="/", per_page=2):
    request = RequestFactory().get(address)
    table = UnitTable(rows)
    tables.RequestConfig(request, paginate={"per_page": per_page}).configure(table)
    return picture(table.as_html(request))


def test_a_table_scrolls_stacks_sorts_and_turns_pages():
    rows = [{"name": "县教委", "filed": 1}, {"name": "县科协", "filed": 3}, {"name": "县林业局", "filed": 2}]
    assert table_page(rows, "/?sort=name&light=MISSING") == picture("""
        <div class="scroll"><table class="stackable">
        <thead ><tr>
        <th scope="col" aria-sort="ascending" class="asc orderable">
        <a href="?sort=-name&amp;light=MISSING">单位</a></th>
        <th scope="col" >已报</th>
        </tr></thead>
        <tbody >
        <tr class="even"><td data-label="单位" >县教委</td><td data-label="已报" class="num">1</td></tr>
        <tr class="odd"><td data-label="单位" >县林业局</td><td data-label="已报" class="num">2</td></tr>
        </tbody>
        </table></div>
        <nav class="pagination" aria-label="分页">
        <span class="small muted">第 1 页，共 2 页（3 条）</span>
        <a class="button small" rel="next" href="?sort=name&amp;light=MISSING&amp;page=2">下一页</a>
        </nav>
    """)


def test_a_table_without_rows_says_so():
    assert table_page([]) == '<p class="empty">没有单位。</p>'
