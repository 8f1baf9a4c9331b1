"""How a write is refused here: as in `departments.refusals`, and what is particular to returns."""

from departments.refusals import NotAllowed, Refused

__all__ = ["Incomplete", "NotAllowed", "Outdated", "Refused"]


class Outdated(Refused):
    """Somebody else has changed the report since the caller saw it."""


class Incomplete(Refused):
    """Lead lines are missing; `.responsibilities` names them in task order."""

    def __init__(self, responsibilities):
        self.responsibilities = responsibilities
        numbers = "、".join(str(r.task.number) for r in responsibilities)
        super().__init__(f"还有 {len(responsibilities)} 项牵头工作没有填写完整：第 {numbers} 项。")
