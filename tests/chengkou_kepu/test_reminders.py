"""`send_reminders`: who is reminded on which day, once, whatever happens to the run."""

import os
import signal
import subprocess
import sys
from datetime import date
from io import StringIO

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command

from chengkou_kepu.reform import Change, Choices, carry_out
from departments import notices
from departments.models import Membership, Notice, Reform, User
from indicators.models import Indicator
from tasks import extensions
from tasks.models import Reminder
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

SEVEN, THREE, ONE = "2023-10-03T08:00", "2023-10-07T08:00", "2023-10-09T08:00"
AFTER, AGAIN = "2023-10-11T08:00", "2023-10-13T08:00"


def send(at, *options):
    """What the command said."""
    out = StringIO()
    call_command("send_reminders", *options, at=at, stdout=out)
    return out.getvalue().splitlines()


def steps():
    """(unit, step, people) of what is on record, in order; each notice is told to as many."""
    assert Notice.objects.filter(key__startswith="reminder-").count() == sum(
        Reminder.objects.values_list("people", flat=True)
    )
    return list(Reminder.objects.order_by("pk").values_list("department__name", "step", "people"))


@pytest.fixture
def addresses(cast):
    User.objects.filter(username__in=["nongye", "jiaowei"]).update(email="a@example.cn")


def test_a_new_name_is_not_told_again_what_the_old_one_was(plan, period, cast):
    send(THREE)
    change = Change(
        Reform.Kind.RENAME, (factories.make_department("县教委"),), ("县教体局",), date(2023, 9, 1), "文件"
    )
    carry_out(change, Choices(), by=cast.zhengfuban, at=moment("2023-10-07 09:00"))
    assert send(THREE) == ["发送 0 个单位，无账号 0 个。"]
    send(ONE)
    assert steps() == [
        ("县农业农村委", -3, 2),
        ("县教委", -3, 1),
        ("县农业农村委", -1, 2),
        ("县教体局", -1, 1),
    ]


def test_each_unit_that_owes_is_told_once_a_step(plan, period):
    assert send(SEVEN) == [
        "已发送：县农业农村委（2023年第三季度季报提醒），2 人",
        "已发送：县教委（2023年第三季度季报提醒），1 人",
        "发送 2 个单位，无账号 0 个。",
    ]
    assert send(SEVEN) == ["发送 0 个单位，无账号 0 个。"]
    assert steps() == [("县农业农村委", -7, 2), ("县教委", -7, 1)]
    reminder = Reminder.objects.get(department__name="县教委")
    text = (
        "县教委：2023年第三季度季报2023年10月10日24时截止，还有 7 天，尚未报送，请按时登录平台填报；"
        "如有困难，请与县科协联系。"
    )
    assert (reminder.text, reminder.at, reminder.by, reminder.due_on, reminder.channel) == (
        text,
        moment("2023-10-03 08:00"),
        None,
        date(2023, 10, 10),
        "NOTICE",
    )
    path = f"/plans/{plan.slug}/filing/2023Q3/?unit={reminder.department_id}"
    assert list(Notice.objects.filter(user__username="jiaowei").values_list("text", "path")) == [(text, path)]


def test_day_by_day_from_the_opening_to_a_month_after(plan, period, cast):
    factories.make_report(period, factories.make_department("县农业农村委"), status="SUBMITTED")
    days = [f"2023-09-{d}" for d in (29, 30)] + [f"2023-10-{d:02}" for d in range(1, 32)]
    sent = [(day[5:], line) for day in days for line in send(day) if line.startswith("已发送")]
    reminded = "已发送：县教委（2023年第三季度季报{}），1 人"
    assert sent == [
        (day, reminded.format(kind))
        for day, kind in [
            ("10-03", "提醒"),
            ("10-07", "提醒"),
            ("10-09", "提醒"),
            ("10-11", "催报"),
            ("10-13", "二次催报"),
            ("10-17", "二次催报"),
            ("10-24", "二次催报"),
            ("10-31", "二次催报"),
        ]
    ]


def test_of_days_on_which_it_did_not_run_the_last_step_alone_is_sent(plan, period):
    send("2023-10-20")
    assert steps() == [("县农业农村委", 7, 2), ("县教委", 7, 1)]
    assert "已逾期 10 天" in Reminder.objects.first().text


def test_a_dry_run_says_what_it_would_send_and_writes_nothing(plan, period):
    assert send(AFTER, "--dry-run") == [
        "将发送：县农业农村委（2023年第三季度季报催报），2 人",
        "将发送：县教委（2023年第三季度季报催报），1 人",
        "将发送 2 个单位，无账号 0 个。",
    ]
    assert (steps(), Notice.objects.count()) == ([], 0)


@pytest.mark.parametrize("status", ["SUBMITTED", "ACCEPTED", "RETURNED"])
def test_who_has_filed_is_left_alone(status, plan, period, units):
    factories.make_report(period, units.nongye, status=status)
    send(AFTER)
    assert steps() == [("县教委", 1, 1)]


def test_what_came_back_as_empty_has_its_own_deadline(plan, period, units):
    factories.make_report(period, units.nongye, status="RETURNED", first_submitted_at=None)
    send(AFTER)
    assert steps() == [("县教委", 1, 1)]


@pytest.mark.parametrize("status", ["DRAFT", "ENDORSING"])
def test_what_has_not_left_the_unit_is_not_filed(status, plan, period, units):
    factories.make_report(period, units.nongye, status=status, first_submitted_at=None)
    send(AFTER)
    assert steps() == [("县农业农村委", 1, 2), ("县教委", 1, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"closed_at": moment("2023-10-11 00:00")},
        {"frozen_at": moment("2023-10-11 00:00")},
        {"opens_at": moment("2023-10-11 09:00"), "due_at": moment("2023-10-12 09:00")},
    ],
)
def test_only_open_quarters_remind(change, plan, period):
    type(period).objects.filter(pk=period.pk).update(**change)
    assert send(AFTER) == ["发送 0 个单位，无账号 0 个。"]


def test_the_owner_of_an_indicator_is_reminded_too(plan, period, cast, units):
    Indicator.objects.create(
        plan=plan, code="training", name="培训人次", kind=Indicator.Kind.CUMULATIVE, owner=units.kexie
    )
    send(AFTER)
    assert steps() == [("县农业农村委", 1, 2), ("县教委", 1, 1), ("县科协", 1, 1)]


def test_a_unit_without_anybody_is_named_and_told_once_it_has_somebody(plan, period, cast, units):
    Membership.objects.filter(user=cast.jiaowei).delete()
    User.objects.filter(pk=cast.nongye.pk).update(is_active=False)
    assert send(AFTER) == [
        "已发送：县农业农村委（2023年第三季度季报催报），1 人",
        "无账号，须电话通知：县教委（2023年第三季度季报催报）",
        "发送 1 个单位，无账号 1 个。",
    ]
    factories.make_user("new", ("REPORTER", units.jiaowei))
    send(AFTER)
    assert steps() == [("县农业农村委", 1, 1), ("县教委", 1, 1)]


def test_an_extension_moves_the_steps(plan, period, cast, units):
    send(SEVEN)
    asked = {"until": date(2023, 10, 20), "reason": "人员在外培训", "by": cast.jiaowei}
    extension = extensions.ask_extension(period, units.jiaowei, at=moment("2023-10-06 09:00"), **asked)
    extensions.grant(extension, until=date(2023, 10, 20), by=cast.kexie, at=moment("2023-10-06 10:00"))
    days = [f"2023-10-{day:02}" for day in range(7, 25)]
    for day in days:
        send(day)
    told = Reminder.objects.filter(department=units.jiaowei, due_on=date(2023, 10, 20)).order_by("pk")
    assert [(r.at.day, r.step) for r in told] == [(12, -7), (16, -3), (18, -1), (20, 1), (22, 3)]
    assert "2023年10月20日24时（已同意延期）截止，还有 7 天" in told[0].text
    assert list(
        Reminder.objects.filter(department=units.nongye).order_by("pk").values_list("step", flat=True)
    ) == [-7, -3, -1, 1, 3, 7, 14]


def test_who_files_while_the_command_runs_is_left_alone(plan, period, units, monkeypatch):
    from chengkou_kepu import reminders

    read = reminders.steps_due

    def read_then_file(plan, *, at):
        found = read(plan, at=at)
        factories.make_report(period, units.jiaowei, status="SUBMITTED")
        return found

    monkeypatch.setattr(reminders, "steps_due", read_then_file)
    send(AFTER)
    assert steps() == [("县农业农村委", 1, 2)]


def test_plans_are_not_mixed(plan, period, units):
    other = factories.make_plan(
        "next", title="下一个方案", starts_on=date(2023, 1, 1), ends_on=date(2027, 12, 31)
    )
    factories.make_task(other, 1, leads=[units.jiaowei])
    factories.make_period(other, "2023Q3")
    send(AFTER, "--plan", "next")
    assert steps() == [("县教委", 1, 1)]
    send(AFTER)
    assert steps() == [("县教委", 1, 1), ("县农业农村委", 1, 2), ("县教委", 1, 1)]
    with pytest.raises(CommandError, match="没有标识为 nowhere 的方案。"):
        send(AFTER, "--plan", "nowhere")


def test_reading_takes_the_same_queries_with_three_units_as_with_28(county, cast, django_assert_num_queries):
    from chengkou_kepu.reminders import steps_due

    factories.make_period(county)
    at = moment("2023-10-11 08:00")
    with django_assert_num_queries(11):
        few = len(steps_due(county, at=at))
    county.supports_must_report = True
    with django_assert_num_queries(11):
        many = len(steps_due(county, at=at))
    assert (few, many) == (9, 28)


# Emails and runs that are killed


@pytest.mark.django_db(transaction=True)
def test_who_has_an_address_is_written_to_once(plan, period, addresses):
    for _ in range(2):
        send(AFTER)
    assert sorted((m.to, m.subject.partition("：")[0]) for m in mail.outbox) == [
        (["a@example.cn"], "县农业农村委"),
        (["a@example.cn"], "县教委"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_midway_is_completed_by_the_next(plan, period, addresses, monkeypatch):
    told, notify = [], notices.notify

    def fail_at_the_second(users, **what):
        told.append(what)
        if len(told) == 2:
            raise RuntimeError("power cut")
        notify(users, **what)

    with monkeypatch.context() as patch:
        patch.setattr(notices, "notify", fail_at_the_second)
        with pytest.raises(RuntimeError):
            send(AFTER)
    assert (steps(), len(mail.outbox)) == ([("县农业农村委", 1, 2)], 1)
    send(AFTER)
    assert (steps(), len(mail.outbox)) == ([("县农业农村委", 1, 2), ("县教委", 1, 1)], 2)


@pytest.mark.django_db(transaction=True)
def test_an_email_that_did_not_go_out_goes_out_with_the_next_run_of_the_day(
    plan, period, addresses, monkeypatch
):
    def unreachable(*arguments):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(notices, "send_mail", unreachable)
        send(AFTER)
    assert mail.outbox == []
    send("2023-10-11T17:00")
    assert len(mail.outbox) == 2
    assert len(steps()) == 2


KILLED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from departments import notices

send, count = notices.send_mail, [0]
def killed(*arguments):
    send(*arguments)
    count[0] += 1
    if count[0] == int(sys.argv[1]):
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
notices.send_mail = killed
call_command("send_reminders", at="2023-10-11T08:00")
"""
PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests import factories
from departments.models import User
for place in range(1, 6):
    unit = factories.make_department(f"第{place}局")
    user = factories.make_user(f"user{place}", ("REPORTER", unit))
    User.objects.filter(pk=user.pk).update(email=f"user{place}@example.cn")
    plan = factories.make_plan() if place == 1 else plan
    factories.make_task(plan, place, leads=[unit])
factories.make_period(plan, "2022Q4", closed_at=factories.moment("2023-02-01 09:00"))
factories.make_period(plan, "2023Q3")
"""


def test_killed_with_sigkill_again_and_again_each_message_is_sent_once(tmp_path):
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "chengkou_kepu.settings",
        "DEBUG": "1",
    }

    def run(code, *arguments):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    prepared = run(PREPARE)
    assert (prepared.returncode, prepared.stderr) == (0, "")
    runs = [run(KILLED, "2"), run(KILLED, "1"), run(KILLED, "99"), run(KILLED, "99")]
    assert [r.returncode for r in runs] == [-signal.SIGKILL, -signal.SIGKILL, 0, 0]
    said = "".join(r.stdout for r in runs)
    assert sorted(line for line in said.splitlines() if line.startswith("To: ")) == [
        f"To: user{place}@example.cn" for place in range(1, 6)
    ]
    assert runs[-1].stdout == "发送 0 个单位，无账号 0 个。\n"
