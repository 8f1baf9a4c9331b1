"""待办 of the coordinator beyond reviews: extensions, overdue units, quarters to close, units without a 填报人."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Membership
from tasks.models import Extension
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
PERIOD = f"{URL}periods/2023Q3/"


@pytest.fixture
def coordinator(signed_in, cast):
    return signed_in(cast.kexie)


def ask_until(period, unit, by, until=date(2023, 10, 20)):
    return Extension.objects.create(
        period=period,
        department=unit,
        asked_until=until,
        reason="核数",
        asked_by=by,
        asked_at=moment("2023-10-08 09:00"),
    )


def granted(extension, by):
    Extension.objects.filter(pk=extension.pk).update(
        status="GRANTED",
        granted_until=extension.asked_until,
        decided_by=by,
        decided_at=moment("2023-10-09 09:00"),
    )


def asks(client):
    """What the dashboard and the page of 待办 say alike."""
    on_dashboard = [ask.text for ask in client.get(URL).context["asks"]]
    ((_, listed),) = client.get("/todo/").context["asked"]
    assert [ask.text for ask in listed] == on_dashboard
    return on_dashboard


def leads(client, label):
    """Where the ask of that label leads, on the page of 待办."""
    page = client.get("/todo/").content.decode()
    return page.split(f'">{label}</a>')[0].rsplit('href="', 1)[1]


def test_before_the_deadline_nothing_is_asked(coordinator, period, clock):
    clock("2023-10-10 23:00")
    assert asks(coordinator) == []


def test_overdue_units_are_named(coordinator, period, units, clock):
    clock("2023-10-13 09:00")
    assert asks(coordinator) == ["2023年第三季度已过截止时间 3 天，县农业农村委、县教委没有报送。"]
    assert leads(coordinator, "去催报或截止") == PERIOD
    factories.make_report(period, units.nongye, status="ACCEPTED")
    assert asks(coordinator) == ["2023年第三季度已过截止时间 3 天，县教委没有报送。"]


def test_of_many_overdue_units_the_number_is_told(coordinator, plan, period, clock):
    clock("2023-10-13 09:00")
    for number in range(1, 4):
        unit = factories.make_department(f"县第{number}局")
        factories.make_user(f"tb{number}", ("REPORTER", unit))
        factories.make_task(plan, 10 + number, leads=[unit])
    assert asks(coordinator) == ["2023年第三季度已过截止时间 3 天，县农业农村委等 5 个单位没有报送。"]


def test_a_quarter_that_all_have_filed_can_be_closed(coordinator, period, units, clock):
    clock("2023-10-13 09:00")
    for unit in (units.nongye, units.jiaowei):
        factories.make_report(period, unit, status="ACCEPTED")
    assert asks(coordinator) == ["2023年第三季度已过截止时间 3 天，应报单位都已报送，可以截止填报。"]
    coordinator.post(leads(coordinator, "去截止"), {"verb": "close"})
    assert asks(coordinator) == []


def test_what_came_back_as_empty_is_excepted(coordinator, cast, period, units, clock):
    clock("2023-10-13 09:00")
    factories.make_report(period, units.nongye, status="ACCEPTED")
    factories.make_report(period, units.jiaowei, status="RETURNED", first_submitted_at=None)
    said = "2023年第三季度已过截止时间 3 天，应报单位都已报送（退回补正的除外），可以截止填报。"
    assert asks(coordinator) == [said]


def test_an_extension_that_waits_or_runs_keeps_it_open(coordinator, cast, period, units, clock):
    clock("2023-10-13 09:00")
    factories.make_report(period, units.nongye, status="ACCEPTED")
    extension = ask_until(period, units.jiaowei, cast.jiaowei)
    factories.make_report(period, units.jiaowei, status="ACCEPTED")
    assert asks(coordinator) == ["1 项延期申请待答复。"]
    granted(extension, cast.kexie)
    assert asks(coordinator) == []
    clock("2023-10-21 09:00")
    assert asks(coordinator) == ["2023年第三季度已过截止时间 11 天，应报单位都已报送，可以截止填报。"]


def test_an_extension_is_answered_on_the_period_page(coordinator, cast, period, units, clock):
    clock("2023-10-09 09:00")
    ask_until(period, units.nongye, cast.nongye)
    extension = ask_until(period, units.jiaowei, cast.jiaowei)
    assert asks(coordinator) == ["2 项延期申请待答复。"]
    assert leads(coordinator, "去答复") == f"{PERIOD}#extensions"
    page = coordinator.get(PERIOD).content.decode()
    assert page.index('id="extensions"') < page.index("截止日期</label>")
    assert "有 2 项延期申请，答复后才能截止" in page
    answer = {"verb": "grant", "due_on": "2023-10-16", "next": f"{PERIOD}#extensions"}
    response = coordinator.post(f"{URL}extensions/{extension.pk}/", answer)
    assert response.url == f"{PERIOD}#extensions"
    assert asks(coordinator) == ["1 项延期申请待答复。"]
    answer["next"] = "https://example.com/"
    assert coordinator.post(f"{URL}extensions/{extension.pk}/", answer).url == f"{URL}review/#extensions"


def test_one_of_ones_own_unit_is_left_to_the_other_coordinator(signed_in, cast, period, units, clock):
    clock("2023-10-09 09:00")
    ask_until(period, units.kexie, cast.kexie_tb)
    assert asks(signed_in(cast.kexie)) == []
    assert asks(signed_in(cast.zhengfuban)) == ["1 项延期申请待答复。"]
    Membership.objects.filter(user=cast.zhengfuban).delete()
    assert asks(signed_in(cast.kexie)) == ["1 项延期申请待答复。"]


def test_a_closing_that_is_refused_shows_what_to_answer(coordinator, cast, period, units, clock):
    clock("2023-10-13 09:00")
    ask_until(period, units.jiaowei, cast.jiaowei)
    page = coordinator.post(PERIOD, {"verb": "close"}, follow=True).content.decode()
    assert "县教委的延期申请还没有答复，请先答复。" in page
    assert f'<input type="hidden" name="next" value="{PERIOD}#extensions">' in page


def test_a_unit_that_owes_without_a_reporter_is_named(coordinator, cast, period, units, clock):
    clock("2023-10-09 09:00")
    Membership.objects.filter(user=cast.jiaowei).delete()
    assert asks(coordinator) == ["2023年第三季度应报的县教委没有填报人，请设置填报人，或由县科协代填。"]
    assert leads(coordinator, "看名单") == f"{PERIOD}#units"
    factories.make_report(period, units.jiaowei, status="ACCEPTED")
    assert asks(coordinator) == []


@pytest.mark.parametrize("name", ["nongye", "lingdao"])
def test_nobody_else_is_asked(signed_in, cast, period, units, clock, name):
    clock("2023-10-13 09:00")
    ask_until(period, units.jiaowei, cast.jiaowei)
    said = [ask.text for ask in signed_in(getattr(cast, name)).get(URL).context["asks"]]
    own = ["县农业农村委2023年第三季度季报尚未报送，2023年10月10日24时截止，已逾期 3 天。"]
    assert said == (own if name == "nongye" else [])


@pytest.mark.parametrize("page", [URL, "/todo/", f"{URL}tasks/"])
def test_queries_do_not_grow_with_units_extensions_and_plans(
    coordinator, cast, plan, period, units, clock, page
):
    clock("2023-10-13 09:00")
    other = factories.make_plan("beside-1")
    factories.make_task(other, 1, leads=[units.nongye])
    factories.make_period(other)
    counts = []
    for number in range(3):
        unit = factories.make_department(f"县第{number}局")
        factories.make_task(plan, 10 + number, leads=[unit])
        ask_until(period, unit, cast.nongye)
        beside = factories.make_plan(f"beside-1{number}")
        factories.make_task(beside, 1, leads=[unit])
        factories.make_period(beside)
        with CaptureQueriesContext(connection) as captured:
            assert coordinator.get(page).status_code == 200
        counts.append(len(captured))
    assert counts == [counts[0]] * 3
