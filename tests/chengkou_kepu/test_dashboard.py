"""The dashboard: its sentence, its figures, who may see it, and what it costs."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengkou_kepu.dashboard import Attention, HeatCell, HeatRow, assemble
from chengkou_kepu.freezing import freeze_quarter
from chengkou_kepu.headline import headline
from indicators.models import Indicator, Target
from tasks.models import CloseOut, Plan, QuarterlyReport, ReportingPeriod
from tasks.obligations import Filing, FilingRates
from tasks.progress import Light, RollUp
from tasks.selection import chosen_period, periods_of
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
BEFORE_DUE = factories.moment("2023-10-09 09:00")
AFTER_DUE = factories.moment("2023-10-20 09:00")


@pytest.fixture
def board(plan, period):
    """The Dashboard of a period as it is assembled at a moment."""

    def assembled(chosen=None, at=AFTER_DUE):
        periods = periods_of(plan)
        chosen = next(p for p in periods if p == (chosen or period))
        return assemble(plan, chosen, periods, at=at)

    return assembled


def sentence(
    *,
    tasks=42,
    counts=None,
    completion=49,
    behind=6,
    without=0,
    rates=None,
    supports=None,
    at=AFTER_DUE,
    **period,
):
    """The headline of figures given directly."""
    total = RollUp(
        completion if tasks else None,
        55,
        behind if tasks else None,
        Light.NORMAL,
        tasks,
        without,
        tuple((counts or {}).items()),
    )
    quarter = ReportingPeriod(
        pk=1,
        plan=Plan(),
        year=2023,
        quarter=3,
        opens_at=factories.moment("2023-10-01 00:00"),
        due_at=factories.moment("2023-10-10 23:59"),
    )
    quarter.is_baseline = False
    for name, value in period.items():
        setattr(quarter, name, value)
    rates, supports = rates or FilingRates(9, 6, 4, 0), supports or FilingRates(0, 0, 0, 0)
    phrases = headline(quarter, total, rates, supports, at=at)
    return "".join(phrase.text for phrase in phrases)


ALL_LIGHTS = {Light.DONE: 1, Light.NORMAL: 26, Light.BEHIND: 11, Light.SEVERE: 4}


def test_headline_counts_tasks_progress_and_filing():
    assert sentence(counts=ALL_LIGHTS) == (
        "42 项重点工作中，已办结 1 项，正常推进 26 项，滞后 11 项，严重滞后 4 项；"
        "总体进度 49%，落后序时进度 6 个百分点。本季牵头单位应报 9 个，已报 6 个，按时 4 个。"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"counts": {Light.NORMAL: 40, Light.UNREPORTED: 1, Light.UNREVIEWED: 1}},
            "42 项重点工作中，正常推进 40 项，2 项暂无审核数据，没有滞后事项；",
        ),
        ({"counts": {Light.NORMAL: 42}}, "42 项重点工作全部正常推进；"),
        ({"counts": {Light.DONE: 42}}, "42 项重点工作全部已办结；"),
        ({"tasks": 1, "counts": {Light.SEVERE: 1}}, "1 项重点工作严重滞后；"),
        ({"tasks": 0}, "方案尚未列出重点工作。"),
        (
            {"counts": {Light.UNREPORTED: 42}, "without": 42, "completion": 0},
            "42 项重点工作均暂无审核数据；序时进度 55%。",
        ),
        ({"counts": {Light.NORMAL: 42}, "behind": -3}, "总体进度 49%，超前序时进度 3 个百分点。"),
        ({"counts": {Light.NORMAL: 42}, "behind": 0}, "总体进度 49%，与序时进度持平。"),
        ({"rates": FilingRates(0, 0, 0, 2)}, "本季没有须报送的单位。"),
        ({"rates": FilingRates(9, 9, 9, 0)}, "本季牵头单位应报 9 个，已全部按时报送。"),
        ({"rates": FilingRates(9, 9, 7, 0)}, "本季牵头单位应报 9 个，已全部报送，按时 7 个。"),
        ({"rates": FilingRates(9, 9, 0, 0)}, "本季牵头单位应报 9 个，已全部报送，按时 0 个。"),
        ({"rates": FilingRates(1, 1, 1, 0)}, "本季牵头单位应报 1 个，已按时报送。"),
        ({"rates": FilingRates(1, 1, 0, 0)}, "本季牵头单位应报 1 个，已逾期报送。"),
        ({"rates": FilingRates(1, 0, 0, 0)}, "本季牵头单位应报 1 个，未报送。"),
        ({"rates": FilingRates(9, 0, 0, 0)}, "本季牵头单位应报 9 个，均未报送。"),
        (
            {"rates": FilingRates(9, 0, 0, 0), "at": BEFORE_DUE},
            "本季牵头单位应报 9 个，尚未报送，2023年10月10日24时截止。",
        ),
        (
            {"supports": FilingRates(1, 0, 0, 0)},
            "本季牵头单位应报 9 个，已报 6 个，按时 4 个；配合单位应报 1 个，未报送。",
        ),
        (
            {"rates": FilingRates(0, 0, 0, 0), "supports": FilingRates(2, 0, 0, 0), "at": BEFORE_DUE},
            "本季配合单位应报 2 个，尚未报送，2023年10月10日24时截止。",
        ),
        (
            {"at": factories.moment("2023-09-20 09:00")},
            "季报将于2023年10月1日开放填报。",
        ),
    ],
)
def test_headline_reads_naturally_in_every_case(given, said):
    assert said in sentence(**{"counts": ALL_LIGHTS} | given)


def spoken(board):
    return "".join(phrase.text for phrase in board.headline)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2025-12-31 23:00", ""),
        ("2026-01-01 00:30", '<b class="warn">规划期已结束</b>（2025年12月31日止）'),
    ],
)
def test_a_plan_that_is_over_says_so_above_its_title_alone(signed_in, cast, period, clock, now, said):
    clock(now)
    response = signed_in(cast.lingdao).get(URL)
    bar = response.content.decode().partition('aria-label="本页概要">')[2].partition("<h1>")[0]
    assert "".join(re.findall(r"<b.*止）", bar)) == said
    assert "规划期" not in spoken(response.context["board"])


def test_lead_and_supporting_units_have_counts_of_their_own(signed_in, cast, plan, period, units, clock):
    clock("2023-10-20 09:00")
    late = factories.moment("2023-10-11 08:00")
    factories.make_report(period, units.nongye, first_submitted_at=late)
    plan.supports_must_report = True
    plan.save()
    page = signed_in(cast.lingdao).get(URL).content.decode()
    card = page[page.index("牵头单位本季报送") :]
    words = re.sub(r"<[^>]+>|\s+", " ", card[: card.index("</section>")]).split()
    assert " ".join(words) == "牵头单位本季报送 1 / 2 50% 按时 0 · 逾期 1 · 未报 1 · 名单 配合单位 0 / 1"


def test_headline_of_the_baseline_quarter_judges_nothing(plan, baseline, units, board):
    factories.make_report(baseline, units.nongye, completions={1: 30, 2: 10})
    assert spoken(board(baseline)) == (
        "2022年第四季度为基线季度，只记录基础情况，不作进度评价。"
        "3 项重点工作中，2 项已有审核通过的数据，1 项暂无审核数据；总体进度 13.3%。"
        "本季牵头单位应报 2 个，已报 1 个，按时 1 个。"
    )


def test_headline_of_a_plan_without_periods(plan):
    at = factories.moment("2023-08-01 09:00")
    board = assemble(plan, chosen_period(plan, None, at=at), [], at=at)
    assert spoken(board) == (
        "方案尚未设立填报期，以下按2023年第三季度显示。3 项重点工作均暂无审核数据；"
        "序时进度 54.9%。本季尚未开放填报。"
    )
    assert board.heat_periods == ()


def test_nothing_new_two_times_running_asks_for_attention(plan, period, units, board):
    """Task 1 was nearly done early on and stands still; task 2 stands still and is behind."""
    first, second = factories.make_period(plan, "2023Q1"), factories.make_period(plan, "2023Q2")
    factories.make_report(first, units.nongye, completions={1: 90, 2: 40})
    for quarter in (second, period):
        report = factories.make_report(quarter, units.nongye, completions={1: 1, 2: 1})
        report.entries.update(completion=None, stage="", no_change=True, no_change_reason="汛期停工")
    told = {p: [a.note for a in board(p).attention if a.page == "task"] for p in (second, period)}
    still = "连续 2 次报“无新进展”"
    assert told == {second: [], period: [still, f"落后 14.9 个百分点（县农业农村委），{still}"]}


def test_what_a_later_quarter_brought_is_not_on_an_earlier_quarters_page(plan, period, units, cast, board):
    later = factories.make_period(plan, "2023Q4")
    factories.make_report(later, units.nongye, completions={1: 60}, status="SUBMITTED")
    factories.make_report(period, units.jiaowei, status="SUBMITTED")
    CloseOut.objects.create(
        task=plan.tasks.get(number=3),
        period=later,
        department=units.jiaowei,
        summary="完成",
        applied_by=cast.jiaowei,
        applied_at=AFTER_DUE,
    )
    shown = {p: board(p) for p in (period, later)}
    assert {p: b.awaiting_review for p, b in shown.items()} == {period: 1, later: 2}
    applied = {p: [a for a in b.attention if a.choice == CloseOut.Status.APPLIED] for p, b in shown.items()}
    assert {p: len(rows) for p, rows in applied.items()} == {period: 0, later: 1}


def test_figures_come_from_accepted_lines_only(period, units, board):
    factories.make_report(period, units.nongye, completions={1: 60, 2: 10})
    factories.make_report(period, units.jiaowei, completions={3: 90}, status=QuarterlyReport.Status.SUBMITTED)
    shown = board()
    assert shown.lights == ((Light.SEVERE, 1), (Light.NORMAL, 1), (Light.UNREVIEWED, 1))
    assert [(a.ordinal, a.title, a.total.completion, a.lights) for a in shown.actions] == [
        (1, "农民科学素质提升行动", 35, ((Light.SEVERE, 1), (Light.NORMAL, 1))),
        (2, "青少年科学素质提升行动", 0, ((Light.UNREVIEWED, 1),)),
    ]
    assert shown.awaiting_review == 1


def test_leads_and_supports_are_counted_and_named_apart(period, units, board):
    factories.make_report(period, units.nongye)
    factories.make_report(period, units.kexie)
    shown = board()
    assert shown.leads.rates == FilingRates(owed=2, filed=1, on_time=1, voluntary=0)
    assert [u.department for u in shown.leads.absent] == ["县教委"]
    assert shown.supports.rates == FilingRates(owed=0, filed=0, on_time=0, voluntary=1)
    assert shown.supports.absent == ()


def test_heat_map_shows_lead_units_over_the_last_four_quarters(plan, baseline, period, units, board):
    for code in ("2023Q1", "2023Q2"):
        factories.make_period(plan, code)
    last = factories.make_period(plan, "2023Q4")
    factories.make_report(period, units.nongye, first_submitted_at=factories.moment("2023-10-11 08:00"))
    shown = board(last, at=factories.moment("2024-01-05 09:00"))
    assert [p.code for p in shown.heat_periods] == ["2023Q1", "2023Q2", "2023Q3", "2023Q4"]
    missing, late, pending = map(HeatCell, (Filing.MISSING, Filing.LATE, Filing.PENDING))
    assert shown.heat == (
        HeatRow(units.nongye.pk, "县农业农村委", (missing, missing, late, pending)),
        HeatRow(units.jiaowei.pk, "县教委", (missing, missing, missing, pending)),
    )


def test_attention_names_the_worst_first_and_says_why(plan, period, units, cast, board):
    factories.make_report(period, units.nongye, completions={1: 40, 2: 10})
    CloseOut.objects.create(
        task=plan.tasks.get(number=3),
        period=period,
        department=units.jiaowei,
        summary="已完成",
        applied_by=cast.jiaowei,
        applied_at=AFTER_DUE,
    )
    assert board().attention == (
        Attention(
            Light.SEVERE,
            "第2项重点工作",
            "落后 44.9 个百分点（县农业农村委）",
            "task",
            2,
        ),
        Attention(
            Filing.MISSING, "县教委", "2023年第三季度季报逾期 10 天未报送", "department", units.jiaowei.pk
        ),
        Attention(CloseOut.Status.APPLIED, "第3项重点工作", "县教委申请办结，待核查", "task", 3),
        Attention(
            Light.BEHIND,
            "第1项重点工作",
            "落后 14.9 个百分点（县农业农村委）",
            "task",
            1,
        ),
    )


def test_action_without_tasks_has_no_percentage(signed_in, cast, plan, period):
    factories.make_action(plan, 10, "实施科学素质开放合作工程")
    page = signed_in(cast.lingdao).get(URL).content.decode()
    row = page[page.index("科学素质开放合作工程") :]
    assert "未列入责任分解表（附件文本可能不全，待核）" in row[: row.index("</tr>")]
    assert "%" not in row[: row.index("</tr>")]


def test_every_reader_of_the_region_sees_the_dashboard_and_nobody_else(client, cast, plan, period):
    readers = {"kexie", "zhengfuban", "kexie_tb", "nongye", "nongye_sh", "jiaowei", "lingdao"}
    for name, user in vars(cast).items():
        client.force_login(user)
        assert client.get(URL).status_code == (200 if name in readers else 404), name
    client.logout()
    assert client.get(URL).status_code == 302


@pytest.mark.parametrize("code", ["2023Q9", "2019Q1", "abc", "2023Q3\0", "２０２３Q3"])
def test_a_quarter_the_plan_does_not_have_is_not_found(signed_in, cast, period, code):
    assert signed_in(cast.lingdao).get(URL, {"period": code}).status_code == 404


@pytest.fixture
def asked(signed_in, clock):
    """The sentences at the top of the dashboard for a user at a moment."""

    def asked_of(user, at="2023-10-07 10:00"):
        clock(at)
        return [ask.text for ask in signed_in(user).get(URL).context["asks"]]

    return asked_of


def test_unit_is_told_what_is_expected_and_by_when(asked, cast, period, units):
    of_nongye = "县农业农村委2023年第三季度季报"
    assert asked(cast.nongye) == [f"{of_nongye}尚未报送，2023年10月10日24时截止，还有 3 天。"]
    assert asked(cast.nongye, "2023-10-10 10:00") == [
        f"{of_nongye}尚未报送，2023年10月10日24时截止，就在今天。"
    ]
    assert asked(cast.nongye, "2023-10-12 10:00") == [
        f"{of_nongye}尚未报送，2023年10月10日24时截止，已逾期 2 天。"
    ]
    assert asked(cast.kexie_tb) == asked(cast.lingdao) == []
    report = factories.make_report(period, units.nongye, status=QuarterlyReport.Status.ENDORSING)
    QuarterlyReport.objects.filter(pk=report.pk).update(first_submitted_at=None)
    assert asked(cast.nongye_sh) == [f"{of_nongye}待您审核，2023年10月10日24时截止，还有 3 天。"]
    QuarterlyReport.objects.update(status=QuarterlyReport.Status.SUBMITTED, first_submitted_at=BEFORE_DUE)
    assert asked(cast.nongye) == asked(cast.nongye_sh) == []


def test_unit_is_told_of_a_returned_report_even_after_closing(asked, cast, period, units):
    factories.make_report(period, units.nongye, status=QuarterlyReport.Status.RETURNED)
    period.closed_at = factories.moment("2023-10-15 09:00")
    period.save()
    assert asked(cast.nongye, "2023-10-20 09:00") == [
        "县农业农村委2023年第三季度季报已退回，请补正后重新报送。"
    ]
    period.frozen_at = factories.moment("2023-10-16 09:00")
    period.save()
    assert asked(cast.nongye, "2023-10-20 09:00") == []


def test_coordinator_is_told_how_many_returns_wait(asked, cast, period, units):
    factories.make_report(period, units.nongye, status=QuarterlyReport.Status.SUBMITTED, by=cast.nongye)
    assert asked(cast.kexie) == ["1 份季报待审核。"]
    assert asked(cast.lingdao) == []


class TestLaterQuarter:
    """Who opens an older quarter, as the dashboard does by itself, is told of the one that is open since."""

    @pytest.fixture
    def notices(self, signed_in, clock):
        """(sentence, link) of each notice for a user on the page of a quarter at a moment."""

        def of(user, at="2024-01-20 10:00", **query):
            clock(at)
            page = signed_in(user).get(URL, query).content.decode()
            return re.findall(r'<p class="notice no-print later">(.*) <a href="(.*?)">.*</a></p>', page)

        return of

    @pytest.fixture
    def later(self, plan, period, units):
        """2023Q4, open; the latest that has returns is 2023Q3."""
        factories.make_report(period, units.nongye)
        period.closed_at = AFTER_DUE
        period.save()
        return factories.make_period(plan, "2023Q4")

    @pytest.mark.parametrize(
        ("at", "left"),
        [
            ("2024-01-05 10:00", "还有 5 天；牵头单位应报 2 个，尚未报送"),
            ("2024-01-10 10:00", "就在今天；牵头单位应报 2 个，尚未报送"),
            ("2026-06-10 10:00", "已逾期 882 天；牵头单位应报 2 个，均未报送"),
        ],
    )
    def test_says_how_late_it_is_and_who_has_filed(self, notices, cast, later, at, left):
        said = f"2023年第四季度已开放填报，2024年1月10日24时截止，{left}。"
        assert notices(cast.lingdao, at) == notices(cast.kexie, at) == [(said, "?period=2023Q4")]
        assert notices(cast.nongye, at) == notices(cast.kexie_tb, at) == []

    def test_of_that_quarter_itself_nothing(self, notices, cast, later, units):
        assert notices(cast.lingdao, period="2023Q4") == []
        factories.make_report(later, units.nongye, status="SUBMITTED")
        assert notices(cast.lingdao) == []
        assert [said for said, _ in notices(cast.lingdao, period="2022Q4")] == [
            "2023年第四季度已开放填报，2024年1月10日24时截止，已逾期 10 天；牵头单位应报 2 个，已报 1 个，按时 1 个。"
        ]

    def test_every_later_quarter_that_is_open(self, notices, cast, plan, later):
        factories.make_period(plan, "2024Q1")
        at = "2024-04-02 10:00"
        assert [link for _, link in notices(cast.lingdao, at)] == ["?period=2023Q4", "?period=2024Q1"]
        later.closed_at = factories.moment("2024-02-01 09:00")
        later.save()
        assert [link for _, link in notices(cast.lingdao, at)] == ["?period=2024Q1"]

    def test_from_an_archived_one(self, notices, cast, period, later):
        freeze_quarter(period, by=cast.kexie, at=factories.moment("2023-11-01 09:00"))
        assert [link for _, link in notices(cast.lingdao)] == ["?period=2023Q4"]


@pytest.mark.parametrize("path", ["", "tasks/", "departments/", "indicators/"])
def test_pages_of_a_plan_that_is_still_empty(signed_in, cast, path):
    factories.make_plan()
    assert signed_in(cast.kexie).get(URL + path).status_code == 200


def make_quarters(plan, units, codes):
    """Quarters with returns of both leads and an indicator value, and the targets that they answer to."""
    indicator = Indicator.objects.create(
        plan=plan, code="training", name="农民教育培训", kind="CUMULATIVE", unit="人次", owner=units.nongye
    )
    Target.objects.create(
        indicator=indicator, year=2025, value=5000, wording="不少于 5,000 人次", source_sentence="…"
    )
    for code in codes:
        period = factories.make_period(plan, code)
        report = factories.make_report(period, units.nongye, completions={1: 40, 2: 20})
        report.measurements.create(indicator=indicator, value=300)
        factories.make_report(period, units.jiaowei, completions={3: 60})


@pytest.mark.parametrize("codes", [["2023Q3"], ["2022Q4", "2023Q1", "2023Q2", "2023Q3"]])
@pytest.mark.parametrize(("user", "expected"), [("lingdao", 15), ("kexie", 16), ("nongye", 18)])
def test_the_same_queries_with_one_quarter_and_with_four(signed_in, cast, plan, units, codes, user, expected):
    make_quarters(plan, units, codes)
    client = signed_in(getattr(cast, user))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(URL, {"period": "2023Q3"}).status_code == 200
    assert len(queries) == expected


def test_a_plan_without_supporting_units_says_so(signed_in, cast, plan, period):
    plan.tasks.first().responsibilities.model.objects.filter(role="SUPPORT").delete()
    page = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/?period=2023Q3").content.decode()
    assert '<b>配合单位</b>　<span class="muted">本季没有配合单位</span>' in page
