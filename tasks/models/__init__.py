from .archive import Erratum, FrozenQuarter
from .closing import AnnualJudgement, CloseOut
from .cooperation import NoDuty, SupportRequest
from .deadlines import Extension, Reminder
from .duties import Responsibility, Task
from .entries import ProgressEntry, Stage
from .evidence import Evidence
from .plan import Action, Plan, PlanFinding
from .reporting import QuarterlyReport, ReportEvent, ReportingPeriod, proxy_source_of
from .snippets import RemarkSnippet

__all__ = [
    "Action",
    "AnnualJudgement",
    "CloseOut",
    "Erratum",
    "Evidence",
    "Extension",
    "FrozenQuarter",
    "NoDuty",
    "Plan",
    "PlanFinding",
    "ProgressEntry",
    "QuarterlyReport",
    "RemarkSnippet",
    "Reminder",
    "ReportEvent",
    "ReportingPeriod",
    "Responsibility",
    "Stage",
    "SupportRequest",
    "Task",
    "proxy_source_of",
]
