"""Reads the official plan document (.txt, .docx, .xlsx) into plain values; touches no database (DESIGN §5)."""

from .model import Action, Finding, PlanDocument, PlanDocumentError, Task, as_json
from .reader import read_plan_document

__all__ = [
    "Action",
    "Finding",
    "PlanDocument",
    "PlanDocumentError",
    "Task",
    "as_json",
    "read_plan_document",
]
