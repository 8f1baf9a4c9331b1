"""The courses a return can take in the demo, as steps that `demo.clerk` plays.

Days count working days from the deadline, in the open quarter from the day of loading.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`verb` is a method of the clerk; `tasks` are numbers of tasks, `text` its reason, note or source."""

    verb: str
    day: int
    text: str = ""
    tasks: tuple[int, ...] = ()
    by: str = ""


def saved(day, *tasks):
    """The reporter fills in all lines, or those of the named tasks alone."""
    return (Step("save", day, tasks=tasks),)


def sent_up(day):
    return (Step("send_up", day),)


def sent_back(day, reason):
    return (Step("send_back", day, reason),)


def recalled(day):
    return (Step("recall", day),)


def submitted(day):
    """By the reporter, or in a unit with an approver sent up first and submitted by them."""
    return (Step("submit", day),)


def filed(day):
    return saved(day) + submitted(day)


def signed(day, name):
    """Filed with 线下签批: a leader of the unit signed the paper the day before."""
    return (*saved(day), Step("submit_signed", day, name))


def filed_for_unit(day, source):
    """代填 by 县科协, from the unit's own paper."""
    return (Step("save_for_unit", day), Step("submit_for_unit", day, source))


def withdrawn(day):
    return (Step("withdraw", day),)


def accepted(day, by=""):
    return (Step("accept", day, by=by),)


def returned(day, reason, *tasks):
    return (Step("return_report", day, reason, tasks),)


def reopened(day, reason):
    return (Step("reopen", day, reason),)


def amended(day, note, *tasks):
    """The reporter adds `note` to the lines of those tasks."""
    return (Step("amend", day, note, tasks),)
