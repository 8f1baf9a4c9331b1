"""The coordinator's inbox and reading page."""

import pytest

from tasks.models import ProgressEntry, QuarterlyReport, ReportEvent, Responsibility
from tests import factories

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status


@pytest.fixture
def submitted(period, units, cast):
    """县农业农村委's 2023Q3 return, waiting for review."""
    return factories.make_report(
        period, units.nongye, completions={1: 45, 2: 20}, status=Status.SUBMITTED, by=cast.nongye_sh
    )


def address(report):
    return f"/plans/{report.period.plan.slug}/review/{report.pk}/"


def test_the_inbox_shows_what_waits_and_who_is_missing(signed_in, cast, plan, submitted):
    page = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/").content.decode()
    assert f'href="{address(submitted)}"' in page
    missing = page[page.index("2023年第三季度尚未报送") :]
    assert "县教委" in missing
    assert "代填" in missing
    assert "牵头1项未办结工作" in missing


def test_an_empty_inbox_says_so(signed_in, cast, plan):
    page = signed_in(cast.kexie).get(f"/plans/{plan.slug}/review/").content.decode()
    assert "没有待审核的季报。" in page


def test_the_page_marks_what_changed_and_what_fell(signed_in, cast, baseline, period, units, submitted):
    factories.make_report(baseline, units.nongye, completions={1: 60}, by=cast.nongye)
    ProgressEntry.objects.filter(report__period=baseline).update(progress="办班4期，培训620人次。")
    ProgressEntry.objects.filter(report=submitted, completion=45).update(progress="办班3期，培训480人次。")
    page = signed_in(cast.kexie).get(address(submitted)).content.decode()
    assert "办班<del>4</del>期，培训<del>620</del>人次。" in page
    assert "办班<ins>3</ins>期，培训<ins>480</ins>人次。" in page
    assert "进度回落 60% → 45%" in page


def test_the_page_marks_a_steep_rise_and_a_figure_like_the_expected_one(
    signed_in, cast, baseline, period, units
):
    factories.make_report(baseline, units.nongye, completions={1: 10, 2: 50})
    report = factories.make_report(
        period, units.nongye, completions={1: 45, 2: 55}, status=Status.SUBMITTED, by=cast.nongye_sh
    )
    page = signed_in(cast.kexie).get(address(report)).content.decode()
    assert page.count("一次上升 35 个百分点") == 1
    assert page.count("与序时进度 54.9% 相差不足 1 个百分点") == 1


def test_returning_needs_a_reason_and_keeps_what_was_ticked(signed_in, cast, units, submitted):
    line = Responsibility.objects.get(department=units.nongye, task__number=2).pk
    asked = {"verb": "RETURN", "version": submitted.version, "lines": [line]}
    client = signed_in(cast.kexie)
    page = client.post(address(submitted), asked | {"reason": " "}).content.decode()
    assert "请写明理由。" in page
    assert f'value="{line}" checked' in page
    client.post(address(submitted), asked | {"reason": "请说明第2项进度的依据。"})
    submitted.refresh_from_db()
    event = ReportEvent.objects.get(verb="RETURN")
    assert (submitted.status, event.reason, event.lines, event.by) == (
        Status.RETURNED,
        "请说明第2项进度的依据。",
        [line],
        cast.kexie,
    )
    returned = signed_in(cast.nongye).get(
        f"/plans/{submitted.period.plan.slug}/filing/{submitted.period.code}/"
    )
    assert "须补正" in returned.content.decode()


def test_a_page_that_is_behind_does_not_decide(signed_in, cast, submitted):
    client = signed_in(cast.kexie)
    client.post(address(submitted), {"verb": "RETURN", "version": submitted.version, "reason": "请补正。"})
    page = client.post(address(submitted), {"verb": "ACCEPT", "version": submitted.version}).content.decode()
    assert "科协干部已于" in page
    assert "请核对最新内容后再操作。" in page
    submitted.refresh_from_db()
    assert submitted.status == Status.RETURNED


def test_a_draft_is_not_read_by_the_coordinator(signed_in, cast, period, units):
    report = factories.make_report(period, units.nongye, completions={1: 45}, status=Status.DRAFT)
    page = signed_in(cast.kexie).get(address(report)).content.decode()
    assert "报送后才能看到正文" in page
    assert "第1项进展" not in page


def test_an_accepted_return_is_reopened_with_a_reason(signed_in, cast, period, units):
    report = factories.make_report(period, units.nongye, completions={1: 45}, by=cast.nongye)
    signed_in(cast.kexie).post(address(report), {"verb": "REOPEN", "version": 0, "reason": "数据有误。"})
    report.refresh_from_db()
    assert report.status == Status.RETURNED


def test_nobody_reviews_their_own_units_return_while_another_can(signed_in, cast, period, units):
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED, by=cast.kexie_tb)
    asked = {"verb": "ACCEPT", "version": report.version}
    page = signed_in(cast.kexie).get(address(report)).content.decode()
    assert "本人或本单位报送的季报，由其他审核人员审核：县政府办公室 zhengfuban。" in page
    assert ('value="ACCEPT"' in page, 'value="RETURN"' in page) == (False, False)
    assert signed_in(cast.kexie).post(address(report), asked).status_code == 403
    assert signed_in(cast.zhengfuban).post(address(report), asked).status_code == 302
    report.refresh_from_db()
    assert report.status == Status.ACCEPTED


@pytest.mark.parametrize("verb", ["", "SUBMIT", "DELETE"])
def test_an_unknown_verb_changes_nothing(signed_in, cast, submitted, verb):
    page = signed_in(cast.kexie).post(address(submitted), {"verb": verb, "version": submitted.version})
    assert "没有这个操作。" in page.content.decode()
    submitted.refresh_from_db()
    assert submitted.status == Status.SUBMITTED


def test_without_another_coordinator_the_page_says_how_the_review_will_be_marked(
    signed_in, cast, period, units
):
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED, by=cast.kexie_tb)
    cast.zhengfuban.memberships.all().delete()
    page = signed_in(cast.kexie).get(address(report)).content.decode()
    assert "审核通过后将注明“自报未经他方审核”。" in page
    assert 'value="ACCEPT"' in page


def test_a_line_without_change_shows_the_figure_it_carries(signed_in, cast, baseline, units, submitted):
    factories.make_report(baseline, units.nongye, completions={1: 60})
    submitted.entries.update(completion=None, stage="", no_change=True, no_change_reason="汛期停工")
    page = signed_in(cast.kexie).get(address(submitted)).content.decode()
    assert page.count("沿用 <b>60%</b>（2022年第四季度）") == 1
    assert page.count("此前没有审核通过的进度") == 1
    assert "进度回落" not in page
