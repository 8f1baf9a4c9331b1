"""One return as the reviewer reads it: what came before, what the last return asked for, what is missing."""

import re
from decimal import Decimal

import pytest

from indicators.models import Indicator, Measurement
from tasks.models import Evidence, ProgressEntry, QuarterlyReport, Responsibility
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db
Status = QuarterlyReport.Status


@pytest.fixture
def submitted(period, units, cast):
    """县农业农村委's 2023Q3 return of 9 October, waiting for review."""
    report = factories.make_report(period, units.nongye, completions={1: 45, 2: 20}, status=Status.SUBMITTED)
    QuarterlyReport.objects.update(first_submitted_at=moment("2023-10-09 16:30"))
    move(report, "SUBMIT", by=cast.nongye_sh, at="2023-10-09 16:30")
    return report


def move(report, verb, *, by, at, **more):
    report.events.create(verb=verb, from_status="DRAFT", to_status="SUBMITTED", by=by, at=moment(at), **more)


def line_of(report, number):
    return Responsibility.objects.get(department=report.department, task__number=number)


@pytest.fixture
def returned(submitted, cast):
    """The same, returned on 11 October for line 1 and submitted again the next day."""
    reason, lines = "请补充参训人员名册。", [line_of(submitted, 1).pk]
    move(submitted, "RETURN", by=cast.kexie, at="2023-10-11 09:00", reason=reason, lines=lines)
    move(submitted, "SUBMIT", by=cast.nongye_sh, at="2023-10-12 10:00")
    return submitted


def words(markup):
    """What a reader sees of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def markup(client, report):
    return client.get(f"/plans/{report.period.plan.slug}/review/{report.pk}/").content.decode()


def part(page, begin, end):
    return words(page[page.index(begin) :].split(end)[0])


def heads(page):
    """The headers of the lines, in the page's order."""
    return [words(head) for head in re.findall(r'<header id="line-\d+">(.*?)</header>', page, re.DOTALL)]


def summary(page):
    return part(page, "<h1>", '<a class="button"')


def test_the_header_says_when_it_was_first_submitted(signed_in, cast, submitted):
    page = markup(signed_in(cast.kexie), submitted)
    assert summary(page) == "县农业农村委 · 2023年第三季度季报 已报送 2023-10-09 16:30 报送 按时"
    assert "上次退回" not in page
    assert heads(page) == [
        "牵头 1 第1项重点工作 进度 45% 推进中 须补正",
        "牵头 2 第2项重点工作 进度 20% 推进中 须补正",
    ]


def test_what_the_unit_took_back_is_no_submission(signed_in, cast, submitted):
    move(submitted, "WITHDRAW", by=cast.nongye_sh, at="2023-10-09 17:00")
    move(submitted, "SUBMIT", by=cast.nongye_sh, at="2023-10-11 08:00")
    QuarterlyReport.objects.update(first_submitted_at=moment("2023-10-11 08:00"))
    page = markup(signed_in(cast.kexie), submitted)
    assert summary(page) == "县农业农村委 · 2023年第三季度季报 已报送 2023-10-11 08:00 报送 逾期"


def test_after_a_return_the_page_shows_what_it_asked_for_and_what_changed(signed_in, cast, returned):
    entry = returned.entries.get(responsibility__task__number=1)
    entry.updated_at = moment("2023-10-12 09:00")
    entry.save()
    page = markup(signed_in(cast.kexie), returned)
    assert summary(page) == (
        "县农业农村委 · 2023年第三季度季报 已报送 2023-10-12 10:00 第 2 次报送 · "
        "首次 2023-10-09 16:30 报送 按时 · 上次退回后 2 项中 1 项有修改"
    )
    assert part(page, "<h2>上次退回补正", "</section>") == (
        "上次退回补正 科协干部 2023-10-11 09:00 请补充参训人员名册。 指出须补正： 第 1 项"
    )
    assert heads(page) == [
        "牵头 1 第1项重点工作 上次指出须补正 本次有修改 进度 45% 推进中 须补正",
        "牵头 2 第2项重点工作 进度 20% 推进中 须补正",
    ]
    folded = page[page.index("<summary>退回后没有修改的 1 项</summary>") :].split("</details>")[0]
    assert heads(folded) == ["牵头 2 第2项重点工作 进度 20% 推进中 须补正"]


def test_a_line_that_was_named_and_left_alone_stands_open(signed_in, cast, returned):
    page = markup(signed_in(cast.kexie), returned)
    assert heads(page)[0] == "牵头 1 第1项重点工作 上次指出须补正 本次未修改 进度 45% 推进中 须补正"
    assert part(page, "指出须补正：", "</p>") == "指出须补正： 第 1 项 （未修改）"
    assert page.index("上次指出须补正") < page.index("退回后没有修改的 1 项")


def test_an_accepted_return_is_not_folded(signed_in, cast, returned):
    QuarterlyReport.objects.update(status=Status.ACCEPTED)
    page = markup(signed_in(cast.kexie), returned)
    assert heads(page) == ["牵头 1 第1项重点工作 进度 45% 推进中", "牵头 2 第2项重点工作 进度 20% 推进中"]
    assert "退回后没有修改" not in page


def test_texts_without_anything_in_common_are_not_marked(signed_in, cast, baseline, submitted):
    factories.make_report(baseline, submitted.department, completions={1: 40})
    ProgressEntry.objects.filter(report__period=baseline).update(progress="举办农民培训班三期。")
    submitted.entries.filter(responsibility__task__number=1).update(progress="县级科技馆正在办理用地手续。")
    page = markup(signed_in(cast.kexie), submitted)
    assert "举办农民培训班三期。" in page
    assert "县级科技馆正在办理用地手续。" in page
    assert re.findall(r"<(?:ins|del)>", page) == []


def test_further_texts_and_figures_stand_beside_the_older_ones_with_marks(
    signed_in, cast, baseline, submitted
):
    factories.make_report(baseline, submitted.department, completions={1: 40})
    ProgressEntry.objects.filter(report__period=baseline).update(
        problems="缺少科普专职人员两名。", next_steps="召开推进会。", activities=3
    )
    submitted.entries.filter(responsibility__task__number=1).update(
        problems="缺少科普专职人员一名。", results="建成基地。", activities=12
    )
    page = markup(signed_in(cast.kexie), submitted)
    card = page[page.index('id="line-') :].split("</section>")[0]
    before, now = card.split('<div class="small muted">本季')
    assert "缺少科普专职人员<del>两</del>名。" in before
    assert words(before[before.index("第1项进展") :]) == (
        "第1项进展 问题与困难： 缺少科普专职人员 两 名。 下步计划： 召开推进会。 活动 3 场次"
    )
    assert "缺少科普专职人员<ins>一</ins>名。" in now
    assert words(now[now.index("第1项进展") :]) == (
        "第1项进展 取得成效： 建成基地。 问题与困难： 缺少科普专职人员 一 名。 活动 12 场次"
    )


def test_a_text_taken_over_word_for_word_is_marked(signed_in, cast, baseline, submitted):
    factories.make_report(baseline, submitted.department, completions={1: 40, 2: 10})
    submitted.entries.filter(responsibility__task__number=2).update(progress="另有进展。")
    assert markup(signed_in(cast.kexie), submitted).count("文字与上次相同") == 1
    ProgressEntry.objects.update(no_change=True, no_change_reason="汛期停工", completion=None, stage="")
    assert "文字与上次相同" not in markup(signed_in(cast.kexie), submitted)


def test_a_file_added_since_the_return_is_a_change(signed_in, cast, returned):
    entry = returned.entries.get(responsibility__task__number=2)
    file = {"file": "a", "name": "名册.pdf", "size": 1, "uploaded_by": cast.nongye}
    Evidence.objects.create(entry=entry, uploaded_at=moment("2023-10-12 09:00"), **file)
    page = markup(signed_in(cast.kexie), returned)
    assert heads(page)[1] == "牵头 2 第2项重点工作 本次有修改 进度 20% 推进中 须补正"
    assert "退回后没有修改" not in page


def test_what_is_left_empty_is_listed(signed_in, cast, plan, submitted):
    Indicator.objects.create(
        plan=plan, code="training", name="农民教育培训", kind="CUMULATIVE", owner=submitted.department
    )
    emptied = factories.make_task(plan, 4, supports=[submitted.department])
    ProgressEntry.objects.create(report=submitted, responsibility=emptied.responsibilities.get(), version=2)
    page = markup(signed_in(cast.kexie), submitted)
    assert part(page, "<summary>没有填写", "</details>") == (
        "没有填写的其他内容（不影响报送）：指标 1 项，重点工作 2 项 指标： 农民教育培训 "
        "配合 3 第3项重点工作 配合 4 第4项重点工作"
    )


@pytest.fixture
def measured(plan, baseline, submitted):
    """An increment upon 2,960 and a ratio, with the ratio of the year before."""
    before = factories.make_report(baseline, submitted.department)
    own = {"plan": plan, "owner": submitted.department}
    training = Indicator.objects.create(
        **own, code="training", name="农民教育培训", kind="CUMULATIVE", unit="人次"
    )
    funds = Indicator.objects.create(
        **own, code="funds", name="科普经费", kind="RATIO", unit="元/人", position=2,
        numerator_label="科普经费预算（元）", denominator_label="人口（人）",
    )  # fmt: skip
    for report, value, numerator in ((before, 2960, 240000), (submitted, 300, 300000)):
        Measurement.objects.create(indicator=training, report=report, value=value)
        Measurement.objects.create(
            indicator=funds,
            report=report,
            numerator=numerator,
            denominator=Decimal(200000),
            source="财政决算",
        )
    type(submitted.period).objects.filter(pk=submitted.period_id).update(quarter=4)
    return training, funds


def measurement(page, indicator):
    return part(page, f'id="measurement-{indicator.pk}">', "</section>").removeprefix(
        f'id="measurement-{indicator.pk}"> '
    )


def test_values_stand_beside_the_older_ones_with_their_unit(signed_in, cast, submitted, measured):
    page = markup(signed_in(cast.kexie), submitted)
    assert [measurement(page, indicator) for indicator in measured] == [
        "指标 农民教育培训 本季新增 300 人次 （此前累计 2,960 人次）",
        "指标 科普经费 1.2 元/人（2022年第四季度报送） → 1.5 元/人 "
        "科普经费预算（元） 300,000 人口（人） 200,000 数据来源 财政决算",
    ]


def test_an_accepted_value_is_part_of_the_total(signed_in, cast, submitted, measured):
    QuarterlyReport.objects.update(status=Status.ACCEPTED)
    page = markup(signed_in(cast.kexie), submitted)
    assert measurement(page, measured[0]) == "指标 农民教育培训 本季新增 300 人次 （累计 3,260 人次）"


def test_a_value_changed_since_the_return_is_marked(signed_in, cast, returned, measured):
    Measurement.objects.filter(report=returned, indicator=measured[0]).update(
        updated_at=moment("2023-10-12 09:00")
    )
    page = markup(signed_in(cast.kexie), returned)
    assert "农民教育培训 本次有修改" in measurement(page, measured[0])
    assert "本次有修改" not in measurement(page, measured[1])
    assert "上次退回后 4 项中 1 项有修改" in words(page)
    folded = page[page.index("<summary>退回后没有修改的 2 项</summary>") :].split("</details>")[0]
    assert [f"measurement-{indicator.pk}" in folded for indicator in measured] == [False, True]


@pytest.mark.parametrize(("user", "buttons"), [("kexie", 0), ("zhengfuban", 2)])
def test_ones_own_return_has_no_buttons(signed_in, cast, period, units, user, buttons):
    report = factories.make_report(period, units.kexie, status=Status.SUBMITTED, by=cast.kexie_tb)
    page = markup(signed_in(getattr(cast, user)), report)
    assert len(re.findall(r'name="verb"', page)) == buttons
    sentence = "本人或本单位报送的季报，由其他审核人员审核：县政府办公室 zhengfuban。"
    assert page.count(sentence) == (buttons == 0)


def test_the_page_costs_the_same_for_two_and_five_lines(
    signed_in, cast, plan, returned, django_assert_num_queries
):
    client = signed_in(cast.kexie)
    markup(client, returned)
    for numbers in ((), (5, 6, 7)):
        for number in numbers:
            task = factories.make_task(plan, number, leads=[returned.department])
            ProgressEntry.objects.create(
                report=returned,
                responsibility=task.responsibilities.get(),
                completion=30,
                progress="有进展。",
            )
        with django_assert_num_queries(16):
            markup(client, returned)
