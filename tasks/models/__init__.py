from .closing import CloseOut
from .cooperation import NoDuty, SupportRequest
from .plan import Action, Plan, PlanFinding, Responsibility, Task
from .reporting import ProgressEntry, QuarterlyReport, ReportEvent, ReportingPeriod, Stage

__all__ = [
    "Action",
    "CloseOut",
    "NoDuty",
    "Plan",
    "PlanFinding",
    "ProgressEntry",
    "QuarterlyReport",
    "ReportEvent",
    "ReportingPeriod",
    "Responsibility",
    "Stage",
    "SupportRequest",
    "Task",
]
