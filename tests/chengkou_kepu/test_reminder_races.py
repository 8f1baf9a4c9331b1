"""`send_reminders` run several times at once on PostgreSQL: each message is sent once.

The control takes away the constraint by which a step is claimed; the fault is then there.
"""

import threading
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from chengkou_kepu import reminders
from departments.models import Notice, User
from tasks import extensions, workflow
from tasks.models import Extension, Reminder
from tasks.refusals import Refused
from tests import factories
from tests.factories import moment
from tests.tasks.test_races import at_once, kinds

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RUNS = 6
AT = moment("2023-10-09 10:00")
AFTER = moment("2023-10-11 08:00")
EACH_ONCE = [("县农业农村委", 1), ("县教委", 1)]


@pytest.fixture
def everybody_reads_first(monkeypatch):
    """No run sends before all have read what is due."""
    everybody_has_read, read = threading.Barrier(RUNS), reminders.steps_due

    def wait(plan, *, at):
        found = read(plan, at=at)
        everybody_has_read.wait(timeout=30)
        return found

    monkeypatch.setattr(reminders, "steps_due", wait)


@pytest.fixture
def addresses(cast):
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.cn")


@pytest.fixture
def unclaimed(plan):
    """Without the constraint; it is put back when the rows are gone."""
    constraint = next(c for c in Reminder._meta.constraints if c.name == "reminder_once_for_each_step")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Reminder, constraint)
    yield
    Reminder.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Reminder, constraint)


def running():
    call_command("send_reminders", at="2023-10-11T08:00", stdout=StringIO())
    return "done"


def on_record():
    return list(Reminder.objects.order_by("pk").values_list("department__name", "step"))


def addressed():
    return sorted(m.to[0].partition("@")[0] for m in mail.outbox)


def test_each_message_is_sent_once(period, cast, addresses, everybody_reads_first):
    assert kinds(at_once(*[running] * RUNS)) == {"done": RUNS}
    assert sorted(on_record()) == sorted(EACH_ONCE)
    assert sorted(Notice.objects.values_list("user__username", flat=True)) == [
        "jiaowei",
        "nongye",
        "nongye_sh",
    ]
    assert addressed() == ["jiaowei", "nongye", "nongye_sh"]


def test_control_without_the_constraint_each_run_sends_all(
    period, cast, addresses, unclaimed, everybody_reads_first
):
    assert kinds(at_once(*[running] * RUNS)) == {"done": RUNS}
    assert sorted(on_record()) == sorted(EACH_ONCE * RUNS)
    assert Notice.objects.count() == 3 * RUNS
    assert addressed() == sorted(["jiaowei", "nongye", "nongye_sh"] * RUNS)


def test_a_unit_that_files_at_the_same_moment_is_not_reminded_after_it_has(period, cast, units):
    """The reminder waits for a submission under way, or comes before it; the row lock decides."""
    report = factories.fill(period, units.jiaowei, by=cast.jiaowei, at=AT)
    report.refresh_from_db()

    def submitting():
        return workflow.submit(report, by=cast.jiaowei, at=AFTER, version=report.version).status

    assert kinds(at_once(submitting, running)) == {"SUBMITTED": 1, "done": 1}
    reminded = Notice.objects.filter(user=cast.jiaowei, key__startswith="reminder").values_list(
        "pk", flat=True
    )
    filed = Notice.objects.filter(key__startswith="event").values_list("pk", flat=True)
    assert all(pk < min(filed) for pk in reminded)


def test_one_extension_is_asked_and_answered_once(period, cast, units):
    until = moment("2023-10-20 00:00").date()

    def asking():
        asked = {"until": until, "reason": "培训", "by": cast.jiaowei, "at": AT}
        return extensions.ask_extension(period, units.jiaowei, **asked).status

    assert kinds(at_once(*[asking] * 8)) == {"ASKED": 1, "Refused": 7}
    extension = Extension.objects.get()
    results = at_once(
        lambda: extensions.grant(extension, until=until, by=cast.kexie, at=AT).status,
        lambda: extensions.refuse(extension, reason="不行", by=cast.zhengfuban, at=AT).status,
    )
    won = [r for r in results if not isinstance(r, Exception)]
    assert [type(r) for r in results if isinstance(r, Exception)] == [Refused]
    assert [Extension.objects.get().status] == won
