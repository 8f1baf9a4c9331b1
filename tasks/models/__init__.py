from .closing import CloseOut
from .plan import Action, Plan, PlanFinding, Responsibility, Task
from .reporting import ProgressEntry, QuarterlyReport, ReportEvent, ReportingPeriod

__all__ = [
    "Action",
    "CloseOut",
    "Plan",
    "PlanFinding",
    "ProgressEntry",
    "QuarterlyReport",
    "ReportEvent",
    "ReportingPeriod",
    "Responsibility",
    "Task",
]
