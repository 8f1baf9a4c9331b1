"""What 填报 says to a unit that owes no return, to one that took another's place, and to one that ended."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengkou_kepu import reform
from chengkou_kepu.freezing import freeze_quarter
from departments.models import Department, Membership
from indicators.models import Indicator
from tasks.models import Extension, Plan, QuarterlyReport, ReportingPeriod, Responsibility, SupportRequest
from tasks.selection import named_period
from tasks.workflow import return_report
from tests import factories
from tests.factories import moment
from tests.posting import return_address, typed

pytestmark = pytest.mark.django_db

AT = "2023-10-09 09:00"
NEW = "县教育委员会"
SHORT = "2023年第三季度"


@pytest.fixture(autouse=True)
def today(clock):
    clock(AT)


def plain(html):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html))).strip()


def head(page):
    """The line under the title of a filing page."""
    found = re.search(r'<h1>[^<]*</h1><span class="small muted">(.*?)</div>', page, re.S)[1]
    return plain(found.split('<span id="filing-wrong"')[0])


def buttons(page):
    return re.findall(r'<button class="button primary" form="return" name="verb"[^>]*>([^<]+)</button>', page)


@pytest.fixture
def ask(signed_in, plan, period):
    """`ask(user, unit)`: the filing page of 2023Q3."""

    def page(user, unit=None, quarter=period):
        response = signed_in(user).get(return_address(plan, quarter, unit))
        assert response.status_code == 200
        return response.content.decode()

    return page


@pytest.fixture
def rows(signed_in, plan):
    """`rows(user, unit)`: (cards of open quarters, [(quarter, due, status)] of the list, the page) of 填报."""

    def told(user, unit=None, slug=plan.slug):
        where = f"?unit={unit.pk}" if unit else ""
        html = signed_in(user).get(f"/plans/{slug}/filing/{where}").content.decode()
        cards, listed = html.split("<h2>历次", 1)
        found = [
            tuple(plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)[:3])
            for row in re.findall(r"<tr>(<td.*?)</tr>", listed, re.S)
        ]
        opened = [plain(card) for card in re.findall(r'<section class="card">(.*?)</section>', cards, re.S)]
        return opened, found, plain(html)

    return told


@pytest.fixture
def renamed(cast, units):
    """`renamed(day, kind, name, at)`: 县教委 is renamed, or merged, from the day on; the heir."""

    def carry_out(effective_on, kind="RENAME", name=NEW, at=AT):
        change = reform.Change(kind, (units.jiaowei,), (name,), effective_on, "城委办发〔2023〕9号")
        reform.carry_out(change, reform.Choices(), by=cast.kexie, at=moment(at))
        units.jiaowei.refresh_from_db()
        return Department.objects.get(name=name, ends_on=None)

    return carry_out


class TestNothingOwed:
    def test_it_is_told_so_and_may_file_all_the_same(self, ask, rows, cast):
        page = ask(cast.kexie_tb)
        assert head(page) == "县科协 · 本季不需报送，可自愿报送 · 尚未填写"
        assert buttons(page) == ["自愿报送"]
        assert "申请延期" not in page
        assert "本单位2023年第三季度不需报送。有进展的，可以自愿报送，不计入应报。" in page
        opened, listed, _ = rows(cast.kexie_tb)
        assert opened == [
            "2023年第三季度不需报送 本单位2023年第三季度不需报送。有进展的，可以自愿报送。 自愿填报",
        ]
        assert listed == [("2023年第三季度", "—", "不需报送"), ("2022年第四季度 基线", "—", "不需报送")]

    def test_years_later_it_is_not_overdue_either(self, ask, rows, cast, clock):
        clock("2026-06-10 09:00")
        assert head(ask(cast.kexie_tb)) == "县科协 · 本季不需报送，可自愿报送 · 尚未填写"
        assert rows(cast.kexie_tb)[1][0] == ("2023年第三季度", "—", "不需报送")
        page = ask(cast.jiaowei)
        assert head(page) == (
            "县教委 · 2023年10月10日 24 时截止，已逾期 974 天 · 尚未填写 · 牵头工作已填 0 / 1 项 · 下一项未填"
        )
        assert rows(cast.jiaowei)[1][0] == ("2023年第三季度", "2023年10月10日", "未报送")

    def test_what_it_files_is_voluntary(self, ask, rows, signed_in, cast, units, plan, period):
        data = typed(period, units.kexie, 1, progress="协办一场。") | {"verb": "SUBMIT", "version": "0"}
        signed_in(cast.kexie_tb).post(return_address(plan, period), data)
        assert QuarterlyReport.objects.get().status == "SUBMITTED"
        assert head(ask(cast.kexie_tb)) == "县科协 · 自愿报送 · 已报送"
        listed = rows(cast.kexie_tb)[1][0]
        assert listed == ("2023年第三季度", "—", "已报送")

    def test_no_extension_is_asked_for(self, signed_in, cast, plan, period):
        address = f"/plans/{plan.slug}/filing/2023Q3/extension/"
        data = {"until": "2023-10-20", "reason": "培训"}
        page = signed_in(cast.kexie_tb).post(address, data).content.decode()
        assert "本单位2023年第三季度不需报送，不用申请延期。" in page
        Responsibility.objects.filter(department__name="县科协").delete()
        page = signed_in(cast.kexie_tb).post(address, data).content.decode()
        assert "本单位2023年第三季度不需报送，不用申请延期。" in page
        assert not Extension.objects.exists()


DUE = "2023年10月10日 24 时截止，还有 1 天 · 尚未填写"


class TestWhatMakesASupporterOwe:
    def owing(self, ask, rows, cast):
        page = ask(cast.kexie_tb)
        return head(page), buttons(page), "申请延期" in page, rows(cast.kexie_tb)[1][0]

    OWES = (f"县科协 · {DUE}", ["报送"], True, ("2023年第三季度", "2023年10月10日", "尚未填报"))

    def test_that_the_plan_wants_supporters_to_report(self, ask, rows, cast, plan):
        Plan.objects.filter(pk=plan.pk).update(supports_must_report=True)
        assert self.owing(ask, rows, cast) == self.OWES

    def test_that_a_lead_asks(self, ask, rows, cast, units, period):
        SupportRequest.objects.create(
            period=period,
            responsibility=Responsibility.objects.get(department=units.kexie, task__number=1),
            lead=units.nongye,
            due_on=date(2023, 10, 9),
            asked_by=cast.nongye,
            asked_at=moment("2023-10-08 09:00"),
        )
        assert self.owing(ask, rows, cast) == self.OWES

    def test_that_it_files_an_indicator(self, ask, rows, signed_in, cast, units, plan):
        Indicator.objects.create(plan=plan, code="v", name="人次", kind="CUMULATIVE", owner=units.kexie)
        assert self.owing(ask, rows, cast) == self.OWES
        address = f"/plans/{plan.slug}/filing/2023Q3/extension/"
        data = {"until": "2023-10-20", "reason": "培训"}
        assert signed_in(cast.kexie_tb).post(address, data).status_code == 302
        assert Extension.objects.get().department == units.kexie


class TestArchived:
    @pytest.fixture
    def archived(self, period, plan, cast, units, clock):
        """2023Q3 archived on 1 November, in which 县教委 had filed and 县农业农村委 had not."""
        factories.make_report(period, units.jiaowei, completions={3: 40}, by=cast.jiaowei)
        period.closed_at = moment("2023-10-20 09:00")
        period.save()
        freeze_quarter(named_period(plan, "2023Q3"), by=cast.kexie, at=moment("2023-11-01 09:00"))
        clock("2024-03-01 09:00")

    def test_who_owed_nothing_is_not_late_and_who_missed_it_has_not_filed(self, archived, ask, rows, cast):
        page = ask(cast.kexie_tb)
        assert head(page) == "县科协 · 本季不需报送 · 没有填写"
        assert buttons(page) == []
        assert rows(cast.kexie_tb)[1][0] == ("2023年第三季度", "—", "不需报送")
        assert head(ask(cast.nongye)) == (
            "县农业农村委 · 2023年10月10日 24 时截止，未报送 · 没有填写 · 牵头工作已填 0 / 2 项"
        )
        assert rows(cast.nongye)[1][0] == ("2023年第三季度", "2023年10月10日", "未报送")

    def test_a_reform_recorded_later_leaves_the_quarter_to_the_former_unit(
        self, archived, renamed, ask, rows, cast, units, period
    ):
        heir = renamed(date(2023, 9, 15), at="2024-03-01 09:00")
        page = ask(cast.jiaowei, heir)
        assert head(page) == f"{NEW} · 不由本单位报送"
        assert "2023年第三季度由县教委报送，已定稿归档。" in page
        assert f'href="/plans/chengkou-2021-2025/filing/2023Q3/?unit={units.jiaowei.pk}"' in page
        _, listed, html = rows(cast.jiaowei, heir)
        assert listed == []
        assert "本方案各期由县教委报送。查看县教委季报" in html
        assert "未填报" not in html
        assert "还没有开放过" not in html
        assert head(ask(cast.jiaowei, units.jiaowei)).startswith(
            "县教委 · 2023年10月10日 24 时截止 · 审核通过"
        )
        assert rows(cast.jiaowei, units.jiaowei)[1][0] == ("2023年第三季度", "2023年10月10日", "审核通过")


class TestReformed:
    def test_a_quarter_before_the_heir_began(self, renamed, ask, rows, cast, units, clock):
        heir = renamed(date(2023, 10, 8))
        clock("2026-06-10 09:00")
        page = ask(cast.jiaowei, heir)
        assert head(page) == f"{NEW} · 不由本单位报送"
        assert f"{NEW}自2023年10月8日起设立，2023年第三季度由原单位报送。" in page
        assert "查看县教委季报" in page
        opened, listed, html = rows(cast.jiaowei, heir)
        assert opened == [
            f"2023年第三季度不由本单位报送 {NEW}自2023年10月8日起设立，2023年第三季度由原单位报送。 查看县教委季报"
        ]
        assert listed == []
        assert "本方案各期由县教委报送。" in html
        assert ask(cast.jiaowei, units.jiaowei).count("已逾期 974 天") == 1

    def test_an_open_quarter_that_the_heir_files(self, renamed, ask, rows, cast, units, period):
        factories.fill(period, units.jiaowei, by=cast.jiaowei, at=moment(AT))
        heir = renamed(date(2023, 9, 20))
        sentence = (
            "县教委至2023年9月19日止，2023年第三季度由承接其工作的单位报送。"
            f"本单位此前如已填写，内容已转入{NEW}的季报。"
        )
        opened, listed, html = rows(cast.jiaowei, units.jiaowei)
        assert opened == [f"2023年第三季度不由本单位报送 {sentence} 查看{NEW}季报"]
        assert [row[0] for row in listed] == ["2022年第四季度 基线"]
        assert "现在没有开放填报" not in html
        page = ask(cast.jiaowei, units.jiaowei)
        assert sentence in page
        assert head(page) == "县教委 · 不由本单位报送"
        assert head(ask(cast.jiaowei, heir)).startswith(f"{NEW} · 2023年10月10日 24 时截止，还有 1 天 · 草稿")

    def test_a_draft_that_stayed_behind_can_be_read(
        self, renamed, ask, rows, signed_in, cast, units, plan, period
    ):
        factories.fill(period, units.jiaowei, by=cast.jiaowei, at=moment(AT))
        factories.fill(period, units.nongye, by=cast.nongye, at=moment(AT))
        renamed(date(2023, 9, 20), "MERGE", "县农业农村委")
        Membership.objects.filter(user=cast.jiaowei).update(department=units.nongye)
        page = ask(cast.jiaowei, units.jiaowei)
        assert head(page) == "县教委 · 不由本单位报送 · 草稿"
        kept = plain(page.split('id="kept">')[1].split("</section>")[0])
        assert kept == (
            "本单位此前填写的内容草稿，留存备查，不能修改 3 第3项重点工作40% 推进中举办培训班3期。"
        )
        assert "不需报送" not in page
        assert buttons(page) == []
        opened, listed, _ = rows(cast.jiaowei, units.jiaowei)
        assert opened == [
            "2023年第三季度不由本单位报送 县教委至2023年9月19日止，2023年第三季度由承接其工作的单位报送。"
            "本单位此前填写的内容留存备查。 查看县农业农村委季报 查看"
        ]
        assert listed[0] == ("2023年第三季度", "—", "草稿")
        data = typed(period, units.jiaowei, 3, progress="改一改。")
        page = (
            signed_in(cast.jiaowei).post(return_address(plan, period, units.jiaowei), data).content.decode()
        )
        assert "由承接其工作的单位报送" in page

    def test_a_later_plan_does_not_know_the_former_unit(self, renamed, ask, rows, cast, units, period):
        renamed(date(2023, 9, 20), "MERGE", "县农业农村委")
        later = factories.make_plan(
            "chengkou-2026-2030", starts_on=date(2026, 1, 1), ends_on=date(2030, 12, 31)
        )
        assert "县教委" in rows(cast.jiaowei)[2]
        assert "县教委" not in rows(cast.jiaowei, slug=later.slug)[2]
        assert "本方案还没有开放过填报期。" in rows(cast.jiaowei, slug=later.slug)[2]


def test_the_note_on_a_deadline_stands_without_brackets(ask, cast, period):
    period.due_at = moment("2024-01-20 23:59")
    period.save()
    assert head(ask(cast.jiaowei)).startswith(
        "县教委 · 2024年1月20日 24 时截止，还有 103 天 · 该日为星期六（非工作日） · 尚未填写"
    )


def test_the_list_asks_the_same_however_many_quarters(signed_in, cast, plan, period):
    client = signed_in(cast.jiaowei)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/plans/{plan.slug}/filing/").status_code == 200
        return len(captured)

    two = queries()
    for code in ("2023Q1", "2023Q2"):
        factories.make_report(factories.make_period(plan, code), cast.jiaowei.roles[0].department)
    assert (two, queries()) == (10, 10)


def test_a_return_archived_uncorrected_is_asked_for_no_more(ask, signed_in, cast, plan, period, units, clock):
    """What the reviewer said stays; the coordinator's review then stands at the next quarter."""
    report = factories.make_report(
        period, units.jiaowei, completions={3: 40}, status="SUBMITTED", by=cast.jiaowei
    )
    (line,) = report.entries.values_list("responsibility_id", flat=True)
    asked = {
        "reason": "请补正。",
        "lines": [line],
        "remarks": {},
        "by": cast.kexie,
        "version": report.version,
    }
    return_report(report, at=moment("2023-10-11 09:00"), **asked)
    clock("2023-10-20 09:00")
    assert "前补正后重新报送，已逾期 4 天。" in plain(ask(cast.jiaowei))
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=moment("2023-10-19 09:00"))
    freeze_quarter(named_period(plan, "2023Q3"), by=cast.zhengfuban, at=moment("2023-10-20 09:00"))
    said = plain(ask(cast.jiaowei))
    assert ("请补正。" in said, "归档时没有补正。" in said, "须补正" in said) == (True, True, False)
    assert "2023年第三季度已定稿归档，不能再填报。" in said
    clock("2024-01-03 09:00")
    factories.make_period(plan, "2023Q4")
    reviewed = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/").context["period"]
    assert reviewed.code == "2023Q4"
