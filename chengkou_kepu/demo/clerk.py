"""Plays the steps of a unit's return in a quarter through the real verbs, at back-dated moments."""

from collections import Counter
from datetime import timedelta
from hashlib import sha256

from indicators.measuring import MeasurementInput, save_measurements
from tasks import calendar, workflow
from tasks.completeness import report_lines
from tasks.drafting import LineInput, begin_report, save_lines

from .wording import MARK


def working_day(day, count):
    """The working day `count` working days after `day` (before it, where negative); 0 is `day` itself."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not calendar.is_working_day(day):
            day += step
    return day


class Clerk:
    """One unit's return in one period, being played; `measured` maps an Indicator's id to values."""

    def __init__(self, period, department, *, quarter, anchor, cast, wording, measured):
        self.period, self.department = period, department
        self.quarter, self.anchor = quarter, anchor
        self.cast, self.wording, self.measured = cast, wording, measured
        self.report = None

    def play(self, steps):
        """Steps of one day follow each other through its office hours."""
        orders = Counter()
        for step in steps:
            getattr(self, step.verb)(step, self._moment(step.day, orders[step.day]))
            orders[step.day] += 1

    def save(self, step, at):
        self._save(self._reporter, step.tasks, at)

    def save_for_unit(self, step, at):
        self._save(self.cast.by_username["kexie"], step.tasks, at)

    def amend(self, step, at):
        by = self._reporter
        report = begin_report(self.period, self.department, by=by, at=at)
        entries = {
            e.responsibility.task.number: e for e in report.entries.select_related("responsibility__task")
        }
        inputs = [
            LineInput(e.responsibility_id, e.version, {"progress": e.progress + step.text})
            for e in (entries[number] for number in step.tasks)
        ]
        save_lines(report, inputs, by=by, at=at)
        self.report = report

    def send_up(self, step, at):
        self._move(workflow.send_up, self._reporter, at)

    def send_back(self, step, at):
        self._move(workflow.send_back, self._approver, at, reason=MARK + step.text)

    def recall(self, step, at):
        self._move(workflow.recall, self._reporter, at)

    def submit(self, step, at):
        if self._approver is None:
            self._move(workflow.submit, self._reporter, at)
            return
        if self.report.status != workflow.Status.ENDORSING:
            self._move(workflow.send_up, self._reporter, at)
        self._move(workflow.submit, self._approver, at + timedelta(minutes=40))

    def submit_signed(self, step, at):
        signature = workflow.Signature(step.text, "分管负责人", calendar.local_day(at) - timedelta(days=1))
        self._move(workflow.submit, self._reporter, at, signature=signature)

    def submit_for_unit(self, step, at):
        self._move(workflow.submit, self.cast.by_username["kexie"], at, proxy_source=step.text)

    def withdraw(self, step, at):
        self._move(workflow.withdraw, self._reporter, at)

    def accept(self, step, at):
        by = self.cast.by_username[step.by] if step.by else self._reviewer
        self._move(workflow.accept, by, at)

    def return_report(self, step, at):
        held = self.department.responsibilities.filter(task__plan=self.period.plan)
        lines = list(held.filter(task__number__in=step.tasks).values_list("pk", flat=True))
        self._move(workflow.return_report, self._reviewer, at, reason=MARK + step.text, lines=lines)

    def reopen(self, step, at):
        self._move(workflow.reopen, self._reviewer, at, reason=MARK + step.text)

    @property
    def _reporter(self):
        return self.cast.reporters[self.department.name]

    @property
    def _approver(self):
        return self.cast.approvers.get(self.department.name)

    @property
    def _reviewer(self):
        return self.cast.reviewer_of(self.department.name)

    def _move(self, verb, by, at, **details):
        self.report = verb(self.report, by=by, at=at, version=self.report.version, **details)

    def _save(self, by, numbers, at):
        report = begin_report(self.period, self.department, by=by, at=at)
        inputs = [
            LineInput(line.responsibility.pk, 0, values)
            for line in report_lines(report)
            if (values := self._values(line, numbers))
        ]
        save_lines(report, inputs, by=by, at=at)
        if self.measured:
            typed = [MeasurementInput(pk, 0, values) for pk, values in self.measured.items()]
            save_measurements(report, typed, by=by, at=at)
        self.report = report

    def _values(self, line, numbers):
        number = line.responsibility.task.number
        if line.closed_out or (numbers and number not in numbers):
            return {}
        say = self.wording.lead if line.responsibility.is_lead else self.wording.support
        return say(number, self.department.name, self.quarter)

    def _moment(self, day, order):
        """Office hours of that working day, later for each further step, differing from unit to unit."""
        seed = f"{self.department.name}|{self.period.code}|{day}|{order}"
        spread = sha256(seed.encode()).digest()[0] % 35
        minutes = 9 * 60 + 5 + 75 * order + spread
        morning = calendar.start_of(working_day(self.anchor, day))
        return morning + timedelta(minutes=minutes)
