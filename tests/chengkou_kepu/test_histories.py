"""Random histories of a plan: whatever people do in whatever order, some things hold.

No sequence of verbs reaches a state outside the table of DESIGN §4, loses a line, counts a unit twice, or changes
what an archived quarter shows. A few short histories here; many long ones with `make histories`.
"""

import os
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chengkou_kepu.freezing import figures_of, freeze_quarter
from chengkou_kepu.reform import Change, Choices, carry_out, preview
from departments.models import Department, Membership, Reform, Role, User
from indicators.standing import owners_owing
from tasks import calendar, extensions, periods, stored_rows, workflow
from tasks.drafting import LineInput, begin_report, save_lines
from tasks.ledger import Ledger
from tasks.models import (
    Extension,
    FrozenQuarter,
    ProgressEntry,
    QuarterlyReport,
    ReportEvent,
    Responsibility,
)
from tasks.obligations import rates
from tasks.reassignment import reassign
from tasks.refusals import Refused
from tasks.selection import periods_of
from tasks.standing import plan_standing, unit_filings
from tests.factories import lead_values, moment

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("HISTORIES", "12"))
SHORT = EXAMPLES < 100
LENGTH = 14 if SHORT else 40
TABLE = {
    ("SUBMIT", "DRAFT", "SUBMITTED"),
    ("SUBMIT", "RETURNED", "SUBMITTED"),
    ("SUBMIT", "ENDORSING", "SUBMITTED"),
    ("SEND_UP", "DRAFT", "ENDORSING"),
    ("SEND_UP", "RETURNED", "ENDORSING"),
    ("SEND_BACK", "ENDORSING", "DRAFT"),
    ("SEND_BACK", "ENDORSING", "RETURNED"),
    ("RECALL", "ENDORSING", "DRAFT"),
    ("RECALL", "ENDORSING", "RETURNED"),
    ("WITHDRAW", "SUBMITTED", "DRAFT"),
    ("ACCEPT", "SUBMITTED", "ACCEPTED"),
    ("RETURN", "SUBMITTED", "RETURNED"),
    ("REOPEN", "ACCEPTED", "RETURNED"),
}


class History:
    """A small plan whose people do things one after another; `now` moves on by itself."""

    def __init__(self, plan):
        self.plan = plan
        self.now = moment("2023-10-02 09:00")
        self.texts = {}
        self.archived = {}
        self.count = 0

    def someone(self, role, unit=None):
        held = Membership.objects.filter(role=role, **({"department": unit} if unit else {}))
        member = held.order_by("pk").first()
        return User.objects.get(pk=member.user_id) if member else User.objects.get(username="lingdao")

    @property
    def coordinator(self):
        """The one of 县政府办公室, which files nothing."""
        return User.objects.get(username="zhengfuban")

    def units(self):
        duties = Responsibility.objects.filter(task__plan=self.plan)
        return list(Department.objects.filter(responsibilities__in=duties).distinct().order_by("pk"))

    def periods(self):
        return periods_of(self.plan)

    def pick(self, rows, which):
        return rows[which % len(rows)] if rows else None

    def report(self, which):
        return self.pick(list(QuarterlyReport.objects.filter(period__plan=self.plan).order_by("pk")), which)

    # What people do

    def wait(self, days):
        self.now += timedelta(days=days % 40)

    def open(self, _):
        year, quarter = periods.next_period(self.plan)
        self.now = max(self.now, calendar.start_of(calendar.last_day(year, quarter) + timedelta(days=1)))
        periods.open_period(self.plan, year, quarter, by=self.coordinator, at=self.now)

    def close(self, which):
        periods.close_period(self.pick(self.periods(), which), by=self.coordinator, at=self.now)

    def reopen_period(self, which):
        periods.reopen_period(self.pick(self.periods(), which), by=self.coordinator, at=self.now)

    def archive(self, which):
        period = self.pick(self.periods(), which)
        freeze_quarter(period, by=self.coordinator, at=self.now)
        self.archived.setdefault(period.pk, self.shown(period.pk))

    def file(self, which):
        """A unit's lead lines complete, each with a text nobody else writes."""
        period, unit = self.pick(self.periods(), which // 7), self.pick(self.units(), which)
        by = self.someone(Role.REPORTER, unit)
        held = Responsibility.objects.in_force(period.last_day).filter(department=unit, task__plan=self.plan)
        with transaction.atomic():
            report = begin_report(period, unit, by=by, at=self.now)
            seen = dict(report.entries.values_list("responsibility_id", "version"))
            lines = [LineInput(r.pk, seen.get(r.pk, 0), self.values(which, r)) for r in held]
            save_lines(report, lines, by=by, at=self.now)
        self.texts |= dict(report.entries.values_list("pk", "progress"))

    def values(self, which, duty):
        self.count += 1
        text = f"第{self.count}次写的文字。"
        return lead_values(which % 100 + 1, progress=text) if duty.is_lead else {"progress": text}

    def send(self, which):
        """Submit, or send up where the unit has an approver; the approver submits."""
        report = self.report(which)
        approver = self.someone(Role.APPROVER, report.department)
        asked = {"at": self.now, "version": report.version}
        if report.status == "ENDORSING":
            workflow.submit(report, by=approver, **asked)
        elif approver.username != "lingdao":
            workflow.send_up(report, by=self.someone(Role.REPORTER, report.department), **asked)
        else:
            workflow.submit(report, by=self.someone(Role.REPORTER, report.department), **asked)

    def accept(self, which):
        report = self.report(which)
        workflow.accept(report, by=self.coordinator, at=self.now, version=report.version)

    def give_back(self, which):
        report = self.report(which)
        code = "EMPTY" if which % 3 == 0 else ""
        workflow.return_report(
            report, by=self.coordinator, at=self.now, version=report.version, reason="请补正。", code=code
        )

    def reopen(self, which):
        report = self.report(which)
        workflow.reopen(report, by=self.coordinator, at=self.now, version=report.version, reason="有误。")

    def take_back(self, which):
        """Withdraw, recall or send back, whatever the state allows."""
        report = self.report(which)
        reporter = self.someone(Role.REPORTER, report.department)
        asked = {"at": self.now, "version": report.version}
        if report.status == "SUBMITTED":
            workflow.withdraw(report, by=reporter, **asked)
        elif which % 2:
            workflow.recall(report, by=reporter, **asked)
        else:
            approver = self.someone(Role.APPROVER, report.department)
            workflow.send_back(report, by=approver, reason="再核。", **asked)

    def extend(self, which):
        period, unit = self.pick(self.periods(), which // 7), self.pick(self.units(), which)
        until = calendar.local_day(self.now) + timedelta(days=which % 30 + 1)
        asked = Extension.objects.filter(status="ASKED").first()
        if asked:
            extensions.grant(asked, until=asked.asked_until, by=self.coordinator, at=self.now)
        else:
            by = self.someone(Role.REPORTER, unit)
            extensions.ask_extension(period, unit, until=until, reason="人员变动", by=by, at=self.now)

    def reform(self, which):
        unit, other = self.pick(self.units(), which), self.pick(self.units(), which // 5)
        kind = Reform.Kind.MERGE if which % 2 else Reform.Kind.RENAME
        name = other.name if which % 2 else f"{unit.name.split('（')[0]}（{self.count}）"
        self.carry_out(kind, unit, [name], which, Choices())

    def divide(self, which):
        """Two units take turns at the duties of one that is split; those of one that is abolished go to another."""
        unit, other = self.pick(self.units(), which), self.pick(self.units(), which // 5)
        self.count += 1
        names = [] if which % 3 == 0 else [f"甲局（{self.count}）", f"乙局（{self.count}）"]
        duties = unit.responsibilities.order_by("pk").values_list("pk", flat=True)
        places = {pk: names[place % 2] if names else other.name for place, pk in enumerate(duties)}
        kind = Reform.Kind.SPLIT if names else Reform.Kind.ABOLISH
        self.carry_out(kind, unit, names, which, Choices(duties=places))

    def carry_out(self, kind, unit, names, which, choices):
        """As of today, or of a day that decisions and archives have passed since; progress is what it was."""
        since, before = calendar.local_day(self.now) - timedelta(days=which % 4 * 70), self.progress()
        change = Change(kind, (unit,), tuple(names), since, "县委编委文件")
        told = preview(change, choices, by=self.coordinator, at=self.now).moves
        carry_out(change, choices, by=self.coordinator, at=self.now)
        assert self.progress() == before
        for move in told:
            for part in move.parts:
                self.check_heir(move, part)

    def reassign(self, which):
        task = self.pick(list(self.plan.tasks.order_by("number")), which)
        units = [u for u in self.units() if u.ends_on is None]
        lead = self.pick(units, which // 3)
        year, quarter = calendar.quarter_of(calendar.local_day(self.now))
        reassign(
            task,
            leads=[lead],
            supports=[u for u in units if u != lead],
            year=year,
            quarter=quarter,
            decided_by="领导小组会议纪要",
            reason="分工调整",
            by=self.coordinator,
            at=self.now,
        )

    # What always holds

    def progress(self):
        """{(quarter, task number): completion}, as the pages have it."""
        ledger = Ledger.load(self.plan)
        return {
            (period.code, task.number): task.completion
            for period in self.periods()
            for task in plan_standing(ledger, period, at=self.now).tasks
        }

    def shown(self, pk):
        """What is stored of the period, and the figures that its pages are made of now."""
        known = self.periods()
        figures = figures_of(next(p for p in known if p.pk == pk), known, at=self.now)
        frozen = FrozenQuarter.objects.get(period=pk)
        stored = frozen.sha256, bytes(frozen.workbook), frozen.figures
        return stored, {name: part for name, part in figures.items() if name != stored_rows.PART}

    def check(self):
        self.check_states()
        self.check_duties()
        stored = dict(ProgressEntry.objects.values_list("pk", "progress"))
        assert {pk: stored.get(pk) for pk in self.texts} == self.texts
        ledger = Ledger.load(self.plan)
        for period in self.periods():
            self.check_counts(period, unit_filings(ledger, period, owners_owing(period), at=self.now))
        assert {pk: self.shown(pk) for pk in self.archived} == self.archived

    def check_states(self):
        for report in QuarterlyReport.objects.prefetch_related("events"):
            state = "DRAFT"
            for event in sorted(report.events.all(), key=lambda e: e.pk):
                assert event.from_status == state
                assert (event.verb, event.from_status, event.to_status) in TABLE
                state = event.to_status
            assert report.status == state
        filed = ReportEvent.Verb.SUBMIT
        assert not QuarterlyReport.objects.filter(first_submitted_at__isnull=False).exclude(
            events__verb=filed
        )

    def check_duties(self):
        """A unit has a task once at a time, but for what is on record for a day; a duty continues an earlier one."""
        duties = list(
            Responsibility.objects.order_by("task", "department", "valid_from").select_related("continues")
        )
        held = [duty for duty in duties if duty.valid_from != duty.valid_to]
        for one, next_one in pairwise(held):
            if (one.task_id, one.department_id) == (next_one.task_id, next_one.department_id):
                assert one.valid_to is not None
                assert one.valid_to < next_one.valid_from
        for duty in held:
            if duty.continues in held:
                assert duty.continues.valid_from < duty.valid_from
            assert duty.department.exists_on(duty.valid_from)

    def check_heir(self, move, part):
        """What the preview told is so, on the first day and on the last."""
        heir = Department.objects.get(region=self.plan.region_id, name=move.heir, ends_on=None)
        for day in (part.since, part.until or date.max):
            held = Responsibility.objects.in_force(day).filter(task=move.duty.task, department=heir)
            (row,) = held.exclude(valid_from=F("valid_to"))
            assert (row.role, row.position) == (part.holder.role, part.holder.position)

    def check_counts(self, period, filings):
        """Each unit once, by itself; whoever owes exists on the last day; a task's duties are of different units."""
        assert max(Counter(f.department_id for f in filings).values(), default=1) == 1
        owing = [f for f in filings if f.owes]
        assert rates(filings).owed == len({f.department_id for f in owing})
        if period.frozen_at:
            return
        there = Department.objects.existing(period.last_day).values_list("pk", flat=True)
        assert {f.department_id for f in owing} <= set(there)
        held = Responsibility.objects.in_force(period.last_day).filter(task__plan=self.plan)
        pairs = Counter(held.values_list("task_id", "department_id"))
        assert max(pairs.values()) == 1


VERBS = (
    *("file", "file", "file", "send", "send", "send", "accept", "accept", "open", "close", "archive"),
    *("wait", "give_back", "reopen", "take_back", "extend", "reform", "divide", "reassign", "reopen_period"),
)
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 200)), min_size=4, max_size=LENGTH)


def live(plan, steps):
    """Carry out the steps; what is refused changes nothing, and all that always holds is checked after each."""
    history = History(plan)
    done = Counter()
    for verb, which in steps:
        before = QuarterlyReport.objects.count(), ProgressEntry.objects.count()
        try:
            with transaction.atomic():
                if verb in {"send", "accept", "give_back", "reopen", "take_back"} and not before[0]:
                    raise Refused("还没有季报。")
                getattr(history, verb)(which)
            done[verb] += 1
        except Refused:
            assert (QuarterlyReport.objects.count(), ProgressEntry.objects.count()) == before
        history.now += timedelta(minutes=7)
        history.check()
    return history, done


RANDOMLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=SHORT,
    phases=[Phase.generate] if SHORT else list(Phase),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RANDOMLY
@given(steps=STEPS)
def test_whatever_happens_some_things_hold(plan, baseline, period, steps):
    with transaction.atomic():
        live(plan, steps)
        transaction.set_rollback(True)


BEGINNING = "file 7, file 8, send 0, send 0, send 1, accept 0, accept 1, close 1, open 0"
CHANGING = st.sampled_from(
    (*("reform", "divide", "reassign", "reassign"), *("open", "file", "send", "accept", "archive"))
)
CHANGES = st.lists(st.tuples(CHANGING, st.integers(0, 200)), min_size=6, max_size=LENGTH)


@RANDOMLY
@given(steps=CHANGES)
def test_units_and_duties_change_in_any_order(plan, baseline, period, steps):
    """Two accepted returns; then reforms dated before decisions on the same tasks, and before archived quarters."""
    with transaction.atomic():
        live(plan, [*written(BEGINNING), *steps])
        transaction.set_rollback(True)


def written(steps):
    """Steps as they stand in a line: `file 7, send 0`."""
    return [(verb, int(which)) for verb, which in (step.split() for step in steps.split(", "))]


EVERYTHING = (
    "extend 10, extend 10, file 7, file 8, file 9, send 0, take_back 3, send 0, take_back 6, send 0, send 0, "
    "take_back 0, send 0, send 0, send 1, give_back 1, file 8, send 1, accept 1, accept 0, reopen 0, file 7, send 0, "
    "send 0, accept 0, send 2, accept 2, wait 20, close 1, reopen_period 1, close 1, archive 1, wait 20, open 0, reform 1, "
    "reform 2, divide 4, reassign 2, file 14, archive 0"
)


def test_a_history_with_everything_in_it(plan, baseline, period):
    """The one above may by chance refuse everything: here each verb is carried out at least once."""
    _, done = live(plan, written(EVERYTHING))
    assert set(VERBS) - set(done) == set()
