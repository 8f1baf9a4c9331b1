"""What in a document is uncertain or contradictory, for the coordinator to settle."""

from .body_questions import body_questions
from .model import Finding
from .table_questions import table_questions


def questions(reading, document):
    """The findings of a document whose `findings` are still empty: by row, those on the whole last."""
    found = [
        *front_questions(document),
        *table_questions(reading, document),
        *body_questions(reading, document),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.row is None, finding.row or 0)))


def front_questions(document):
    if not document.title:
        yield Finding("title_missing", None, "没有找到方案名称，请补录。")
    if document.region_name is None:
        yield Finding("region_missing", None, "方案名称和发文单位中没有行政区名称，请核对。")
    if document.starts_on is None:
        yield Finding("period_missing", None, "方案名称中没有起止年份，请补录实施期限。")
