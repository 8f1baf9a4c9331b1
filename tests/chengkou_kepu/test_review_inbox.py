"""What waits in the coordinator's inbox: in which order, for how long, and for whom."""

import re

import pytest

from tasks.models import QuarterlyReport
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status


def words(markup):
    """What a reader sees of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def rows(client, plan, heading):
    """The rows of the card with that heading, as read."""
    page = client.get(f"/plans/{plan.slug}/review/?period=2023Q3").content.decode()
    card = page[page.index(f"<h2>{heading}</h2>") :].split("</section>")[0]
    return [words(row) for row in re.findall(r"<tr>(.*?)</tr>", card.split("<tbody>")[-1], re.DOTALL)]


def submit(period, unit, *, by, at):
    report = factories.make_report(period, unit, status=Status.SUBMITTED, first_submitted_at=moment(at))
    move(report, "SUBMIT", by=by, at=at)
    return report


def move(report, verb, *, by, at):
    report.events.create(verb=verb, from_status="DRAFT", to_status="SUBMITTED", by=by, at=moment(at))


def test_what_has_waited_longest_since_it_last_came_stands_first(
    signed_in, cast, plan, baseline, period, units, clock
):
    returned = submit(period, units.nongye, by=cast.nongye, at="2023-10-08 09:00")
    move(returned, "RETURN", by=cast.kexie, at="2023-10-09 09:00")
    move(returned, "SUBMIT", by=cast.nongye, at="2023-10-12 16:00")
    submit(period, units.jiaowei, by=cast.jiaowei, at="2023-10-11 08:00")
    submit(baseline, units.jiaowei, by=cast.jiaowei, at="2023-01-09 10:00")
    clock("2023-10-12 18:00")
    assert rows(signed_in(cast.kexie), plan, "待审核的季报") == [
        "县教委 2022年第四季度 2023-01-09 10:00 按时 276 天 审核",
        "县教委 2023年第三季度 2023-10-11 08:00 逾期 1 天 审核",
        "县农业农村委 2023年第三季度 2023-10-12 16:00 首次 2023-10-08 09:00 按时 今天报送 1 次 审核",
    ]


def test_ones_own_is_marked_as_somebody_elses_to_review(signed_in, cast, plan, period, units, clock):
    submit(period, units.kexie, by=cast.kexie_tb, at="2023-10-08 09:00")
    submit(period, units.jiaowei, by=cast.kexie, at="2023-10-09 09:00")
    clock("2023-10-10 18:00")
    assert rows(signed_in(cast.kexie), plan, "待审核的季报") == [
        "县科协 2023年第三季度 2023-10-08 09:00 按时 2 天 由他人审核 查看",
        "县教委 2023年第三季度 2023-10-09 09:00 按时 1 天 由他人审核 查看",
    ]
    assert [row.split()[-2:] for row in rows(signed_in(cast.zhengfuban), plan, "待审核的季报")] == [
        ["天", "审核"],
        ["天", "审核"],
    ]


def test_what_was_returned_says_until_when_it_is_due_again(
    signed_in, cast, plan, baseline, period, units, clock
):
    factories.make_report(period, units.jiaowei, status=Status.DRAFT)
    report = factories.make_report(period, units.nongye, status=Status.RETURNED)
    move(report, "RETURN", by=cast.kexie, at="2023-10-09 09:00")
    move(report, "RETURN", by=cast.kexie, at="2023-10-12 09:00")
    clock("2023-10-13 18:00")
    assert rows(signed_in(cast.kexie), plan, "2023年第三季度正在填写或补正") == [
        "县农业农村委 2023年10月17日 24 时前再报，还有 4 天 退回补正",
        "县教委 草稿",
    ]


def test_the_inbox_costs_the_same_for_one_and_four_reports(
    signed_in, cast, plan, period, units, django_assert_num_queries
):
    client = signed_in(cast.kexie)
    returned = factories.make_report(period, factories.make_department("县林业局"), status=Status.RETURNED)
    move(returned, "RETURN", by=cast.kexie, at="2023-10-09 09:00")
    for filed in ([units.nongye], [units.jiaowei, units.kexie]):
        for unit in filed:
            factories.make_report(period, unit, status=Status.SUBMITTED, by=cast.kexie)
        with django_assert_num_queries(17):
            client.get(f"/plans/{plan.slug}/review/?period=2023Q3")
