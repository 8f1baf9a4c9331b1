"""How a write is refused; every message is a sentence for the user."""

from django.core.exceptions import PermissionDenied


class Refused(Exception):
    """The verb is not possible now; the message is a sentence for the user."""


class NotAllowed(Refused, PermissionDenied):
    """The user has no right to the verb, whatever the state; HTTP 403 where nobody catches it."""


class Outdated(Refused):
    """Somebody else has changed the report since the caller saw it."""


class Incomplete(Refused):
    """Lead lines are missing; `.responsibilities` names them in task order."""

    def __init__(self, responsibilities):
        self.responsibilities = responsibilities
        numbers = "、".join(str(r.task.number) for r in responsibilities)
        super().__init__(f"还有 {len(responsibilities)} 项牵头工作没有填写完整：第 {numbers} 项。")
