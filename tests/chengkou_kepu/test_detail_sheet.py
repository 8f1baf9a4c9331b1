"""进展明细, read back: each accepted line of the quarter a row, a text that rows share once over them."""

from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from tasks.models import Evidence, ProgressEntry, Responsibility
from tests import factories

pytestmark = pytest.mark.django_db
FARMERS = "一、实施农民科学素质提升行动"
BLANK = [None] * 15


@pytest.fixture
def detail(signed_in, cast, plan, period):
    """Download the summary and open its sheet."""

    def read(code="2023Q3"):
        response = signed_in(cast.lingdao).get(f"/plans/{plan.slug}/exports/summary.xlsx?period={code}")
        return load_workbook(BytesIO(response.getvalue()))["进展明细"]

    return read


def rows(sheet):
    return [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]


def merged(sheet):
    """The areas merged below the head."""
    return sorted(str(area) for area in sheet.merged_cells.ranges if area.min_row > 3)


def supports(report, texts, **more):
    """Lines of a supporting unit: {task number: text}."""
    for number, text in texts.items():
        held = Responsibility.objects.get(department=report.department, task__number=number, role="SUPPORT")
        ProgressEntry.objects.create(report=report, responsibility=held, progress=text, **more)
    return report


def test_without_a_line_it_says_so(detail):
    sheet = detail()
    assert rows(sheet) == [["本季度没有审核通过的进展。", *BLANK]]
    assert merged(sheet) == ["A4:P4"]


def test_one_line_with_its_figures_and_files(detail, period, units, cast):
    report = factories.make_report(period, units.nongye, completions={1: 45}, by=cast.nongye)
    entry = report.entries.get()
    told = {"results": "成效。", "problems": "问题。", "next_steps": "计划。", "activities": 3}
    figures = {"people_reached": 1200, "people_trained": 480, "funds": Decimal("1.25")}
    ProgressEntry.objects.update(**told, **figures)
    for name in ("名册.pdf", "照片.jpg"):
        Evidence.objects.create(
            entry=entry, file=name, name=name, size=1, uploaded_by=cast.nongye, uploaded_at=period.opens_at
        )
    sheet = detail()
    assert rows(sheet) == [
        [FARMERS, *BLANK],
        [
            *(1, "第1项重点工作", "县农业农村委", "牵头", "推进中", 0.45, "第1项进展"),
            *("成效。", "问题。", "计划。", 3, 1200, 480, 1.25, 2, None),
        ],
    ]
    assert merged(sheet) == ["A4:P4"]
    assert (sheet["F5"].number_format, sheet["N5"].number_format) == ("0.0%", "#,##0.00")


def test_only_what_is_accepted_in_this_quarter_stands_in_it(detail, baseline, period, units):
    factories.make_report(baseline, units.nongye, completions={1: 30})
    factories.make_report(period, units.nongye, completions={1: 45, 2: 50}, status="SUBMITTED")
    emptied = factories.make_report(period, units.kexie)
    supports(emptied, {1: ""})
    assert rows(detail()) == [["本季度没有审核通过的进展。", *BLANK]]
    assert [row[:7] for row in rows(detail("2022Q4"))[1:]] == [
        [1, "第1项重点工作", "县农业农村委", "牵头", "推进中", 0.3, "第1项进展"]
    ]


def test_a_text_shared_by_all_rows_stands_once_over_them(detail, plan, period, units):
    factories.make_task(plan, 7, leads=[units.jiaowei], supports=[units.kexie])
    report = factories.make_report(period, units.kexie)
    supports(report, {1: "配合三下乡。", 2: "配合三下乡。", 7: "配合三下乡。"}, activities=6)
    sheet = detail()
    assert [(row[0], row[6], row[10], row[14]) for row in rows(sheet)] == [
        (FARMERS, None, None, None),
        (1, "配合三下乡。", 6, 0),
        (2, None, None, None),
        (7, None, None, None),
    ]
    assert merged(sheet) == ["A4:P4", *(f"{letter}5:{letter}7" for letter in "GHIJKLMNO")]


def test_a_row_that_differs_stands_apart_and_the_others_next_to_each_other(detail, plan, period, units):
    factories.make_task(plan, 7, leads=[units.jiaowei], supports=[units.kexie])
    report = factories.make_report(period, units.kexie)
    supports(report, {1: "配合三下乡。", 2: "另一项。", 7: "配合三下乡。", 3: "配合三下乡。"})
    sheet = detail()
    assert [(row[0], row[2], row[6]) for row in rows(sheet)] == [
        (FARMERS, None, None),
        (1, "县科协", "配合三下乡。"),
        (7, "县科协", None),
        (2, "县科协", "另一项。"),
        ("二、实施青少年科学素质提升行动", None, None),
        (3, "县科协", "配合三下乡。"),
    ]
    assert [area for area in merged(sheet) if area[0] == "G"] == ["G5:G6"]


def test_one_file_behind_shared_rows_counts_once(detail, period, units, cast):
    report = supports(factories.make_report(period, units.kexie), {1: "同一段。", 2: "同一段。"})
    for entry in report.entries.all():
        Evidence.objects.create(
            entry=entry, file="a", name="名册.pdf", size=1, uploaded_by=cast.kexie, uploaded_at=period.due_at
        )
    assert [row[14] for row in rows(detail())[1:]] == [1, None]


def test_a_long_shared_text_gets_the_height_it_needs(detail, period, units):
    supports(factories.make_report(period, units.kexie), {1: "长" * 460, 2: "长" * 460})
    sheet = detail()
    assert [sheet.row_dimensions[index].height for index in (5, 6)] == [140, 140]


def test_leads_stand_before_supporters_and_the_first_lead_first(detail, plan, period, units):
    factories.make_task(plan, 4, leads=[units.jiaowei, units.nongye], supports=[units.kexie])
    factories.make_report(period, units.nongye, completions={4: 40})
    factories.make_report(period, units.jiaowei, completions={4: 60})
    supports(factories.make_report(period, units.kexie), {4: "配合。"})
    assert [(row[0], row[2], row[3]) for row in rows(detail())[1:]] == [
        (4, "县教委", "牵头"),
        (4, "县农业农村委", "牵头"),
        (4, "县科协", "配合"),
    ]


def test_no_progress_carries_its_figure_and_a_fall_and_a_proxy_are_remarked(
    detail, baseline, period, units, cast
):
    factories.make_report(baseline, units.nongye, completions={1: 45, 2: 60})
    report = factories.make_report(period, units.nongye, completions={1: 1, 2: 30}, by=cast.kexie)
    report.events.update(proxy_source="书面报送表")
    report.entries.filter(completion=1).update(
        completion=None, stage="", no_change=True, no_change_reason="农忙", progress=""
    )
    report.entries.filter(completion=30).update(fall_reason="重新核定")
    shown = [(row[4], row[5], row[6], row[15]) for row in rows(detail())[1:]]
    assert shown == [
        ("无新进展", 0.45, "无新进展：农忙", "代填，依据：书面报送表；进度沿用上次"),
        ("推进中", 0.3, "第2项进展", "代填，依据：书面报送表；进度下降原因：重新核定"),
    ]


@pytest.mark.parametrize(
    ("typed", "read"), [("=1+1", "=1+1"), ("前\x0b后", "前后"), ("+86 @SUM(A1)", "+86 @SUM(A1)")]
)
def test_what_was_typed_opens_as_its_characters(detail, period, units, typed, read):
    factories.make_report(period, units.nongye, completions={1: 45})
    ProgressEntry.objects.update(progress=typed, results=typed, problems=typed, next_steps=typed)
    cells = detail()[5][6:10]
    assert [(cell.value, cell.data_type) for cell in cells] == [(read, "s")] * 4
