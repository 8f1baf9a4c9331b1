from .archive import Erratum, FrozenQuarter
from .closing import CloseOut
from .cooperation import NoDuty, SupportRequest
from .entries import ProgressEntry, Stage
from .evidence import Evidence
from .plan import Action, Plan, PlanFinding, Responsibility, Task
from .reporting import QuarterlyReport, ReportEvent, ReportingPeriod
from .snippets import RemarkSnippet

__all__ = [
    "Action",
    "CloseOut",
    "Erratum",
    "Evidence",
    "FrozenQuarter",
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
]
