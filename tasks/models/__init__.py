from .closing import AnnualJudgement, CloseOut
from .cooperation import NoDuty, SupportRequest
from .entries import ProgressEntry, Stage
from .evidence import Evidence
from .plan import Action, Plan, PlanFinding, Responsibility, Task
from .reporting import QuarterlyReport, ReportEvent, ReportingPeriod, proxy_source_of
from .snippets import RemarkSnippet

__all__ = [
    "Action",
    "AnnualJudgement",
    "CloseOut",
    "Evidence",
    "NoDuty",
    "Plan",
    "PlanFinding",
    "ProgressEntry",
    "QuarterlyReport",
    "RemarkSnippet",
    "ReportEvent",
    "ReportingPeriod",
    "Responsibility",
    "Stage",
    "SupportRequest",
    "Task",
    "proxy_source_of",
]
