"""What the official document says, as plain values: no database, no Django."""

from dataclasses import dataclass, field
from datetime import date


class PlanDocumentError(Exception):
    """The file cannot be read as a plan document; its text is one Chinese sentence for the user."""


@dataclass(frozen=True, slots=True)
class Action:
    """行动 / 工程: `heading_title` is the body's own wording ("" where the body has no such heading).

    `paragraphs` are those of the body's section; `in_table` is False for one that has no section row.
    """

    ordinal: int
    title: str
    heading_title: str
    paragraphs: tuple[str, ...]
    in_table: bool


@dataclass(frozen=True, slots=True)
class Task:
    """重点工作: a row of the table, numbered from 1 over the whole table; names are canonical.

    `action` is the action's ordinal, `lead_groups` and `groups` are the groups among leads and supports,
    `body_title` is the body's wording of the title ("" where the body does not describe the task).
    """

    number: int
    title: str
    action: int
    leads: tuple[str, ...]
    supports: tuple[str, ...]
    groups: tuple[str, ...]
    lead_groups: tuple[str, ...]
    paragraphs: tuple[str, ...]
    body_title: str


@dataclass(frozen=True, slots=True)
class Finding:
    """核对事项: something uncertain or contradictory; `row` is a task's number, None for the whole."""

    code: str
    row: int | None
    message: str


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """`spellings` gives each unit's other spellings by canonical name; `body` every line beside the table."""

    title: str
    region_name: str | None
    issued_on: date | None
    starts_on: date | None
    ends_on: date | None
    actions: tuple[Action, ...]
    tasks: tuple[Task, ...]
    findings: tuple[Finding, ...]
    spellings: dict[str, tuple[str, ...]] = field(hash=False)
    body: tuple[str, ...]


def as_json(document):
    """The object `import_plan --dry-run --json` prints (DESIGN §5); `groups` holds lead groups first."""
    return {
        "title": document.title,
        "actions": [{"ordinal": a.ordinal, "title": a.title} for a in document.actions],
        "tasks": [
            {
                "number": task.number,
                "title": task.title,
                "action": task.action,
                "leads": list(task.leads),
                "supports": list(task.supports),
                "groups": [*task.lead_groups, *task.groups],
            }
            for task in document.tasks
        ],
        "findings": [{"code": f.code, "row": f.row, "message": f.message} for f in document.findings],
    }
