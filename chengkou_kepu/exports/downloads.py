"""How a downloaded file is named and sent."""

from io import BytesIO

from django.http import FileResponse

from tasks import calendar

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def file_name(plan, period, name, suffix, *, at):
    """城口县2021—2025年汇总表_2023年第三季度_20231009.xlsx: plan, what it is, quarter and day."""
    span = f"{plan.starts_on.year}—{plan.ends_on.year}年"
    return f"{plan.region.name}{span}{name}_{period}_{calendar.local_day(at):%Y%m%d}.{suffix}"


def word_file(document, plan, period, name, *, at):
    """The python-docx document as an attachment."""
    stream = BytesIO()
    document.save(stream)
    stream.seek(0)
    filename = file_name(plan, period, name, "docx", at=at)
    return FileResponse(stream, as_attachment=True, filename=filename, content_type=DOCX)
