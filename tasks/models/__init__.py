from .closing import CloseOut
from .plan import Action, Plan, PlanFinding, Responsibility, Task
from .reporting import ProgressEntry, QuarterlyReport, ReportEvent, ReportingPeriod, Stage

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
    "Stage",
    "Task",
]
