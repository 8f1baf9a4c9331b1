"""更正说明: the corrections of a frozen quarter, to be kept beside its stored workbook."""

from openpyxl import Workbook

from tasks import calendar

from . import sheets

COLUMNS = (
    ("序号", 6),
    ("更正事项", 36),
    ("原为", 24),
    ("更正为", 24),
    ("原因和依据", 48),
    ("更正人", 14),
    ("更正日期", 14),
)


def errata_workbook(plan, period, errata, *, at):
    """One sheet, a row for each Erratum, oldest first."""
    book = Workbook()
    sheet = book.active
    sheet.title = "更正说明"
    sheets.prepare(
        sheet,
        title=f"{plan.title}更正说明（{period}）",
        subtitle=f"归档数据不改动，更正后的数据自下一{plan.words.span}起计算；{calendar.local_day(at):%Y-%m-%d}导出",
        columns=COLUMNS,
    )
    for number, erratum in enumerate(errata, start=1):
        values = [number, erratum.subject, erratum.old, erratum.new, erratum.reason, str(erratum.by)]
        sheets.row(sheet, [*values, calendar.local_day(erratum.at)], formats={6: sheets.DAY})
    sheets.finish(sheet, columns=len(COLUMNS))
    return book
