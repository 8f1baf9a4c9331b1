"""The task list with its filters, the page of a task and of an action."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tasks.models import CloseOut, ProgressEntry, QuarterlyReport, Responsibility, Task
from tasks.progress import Light
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/"
Status = QuarterlyReport.Status


@pytest.fixture(autouse=True)
def today(clock):
    clock("2023-10-20 09:00")


@pytest.fixture
def filed(period, units):
    """县农业农村委 accepted with 60 % and 10 %, 县教委 waiting with 90 %."""
    factories.make_report(period, units.nongye, completions={1: 60, 2: 10})
    factories.make_report(period, units.jiaowei, completions={3: 90}, status=Status.SUBMITTED)


@pytest.fixture
def numbers(signed_in, cast, clock):
    """Numbers of the tasks the list shows for a query, in order."""

    def listed(**query):
        response = signed_in(cast.lingdao).get(f"{URL}tasks/", query)
        assert response.status_code == 200
        return [row.record.progress.number for row in response.context["table"].rows]

    return listed


def test_list_shows_every_task_in_the_plans_order(numbers, filed):
    assert numbers() == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"action": "1"}, [1, 2]),
        ({"lead": "nongye"}, [1, 2]),
        ({"support": "nongye"}, [3]),
        ({"support": "kexie", "action": "2"}, [3]),
        ({"light": Light.SEVERE}, [2]),
        ({"light": Light.UNREVIEWED}, [3]),
        ({"light": Light.DONE}, []),
        ({"stage": "UNDER_WAY"}, [1, 2]),
        ({"text": "第2项"}, [2]),
        ({"text": "  第2项\x00 重点 "}, [2]),
        ({"text": "第２项"}, [2]),
        ({"text": "大篷车"}, [1]),
        ({"text": "没有的字"}, []),
        ({"action": "", "light": "", "text": ""}, [1, 2, 3]),
        ({"sort": "-behind"}, [2, 1, 3]),
        ({"sort": "light"}, [2, 1, 3]),
        ({"sort": "completion"}, [3, 2, 1]),
        ({"sort": "-number"}, [3, 2, 1]),
        ({"sort": "no-such-column"}, [1, 2, 3]),
    ],
)
def test_list_is_narrowed_and_sorted(numbers, filed, plan, units, query, expected):
    plan.tasks.filter(number=1).update(paragraphs="用好科普大篷车。")
    query = {
        name: getattr(units, str(value)).pk if hasattr(units, str(value)) else value
        for name, value in query.items()
    }
    assert numbers(**query) == expected


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lead", "999999", "没有“999999”这一选项，请重新选择。"),
        ("action", "十", "没有“十”这一选项，请重新选择。"),
        ("light", "SEVERE'--", "没有“SEVERE&#x27;--”这一选项，请重新选择。"),
        ("stage", "\x00", "这一选项，请重新选择。"),
    ],
)
def test_unknown_filter_value_is_an_error_at_its_field(signed_in, cast, filed, name, value, said):
    response = signed_in(cast.lingdao).get(f"{URL}tasks/", {name: value})
    page = response.content.decode()
    assert response.status_code == 200
    assert said in page
    assert "筛选条件有误，请改正后再查。" in page
    assert len(response.context["table"].rows) == 0


def test_overlong_search_is_an_error_not_a_crash(signed_in, cast, filed):
    response = signed_in(cast.lingdao).get(f"{URL}tasks/", {"text": "科" * 5000})
    assert response.status_code == 200
    assert list(response.context["filterset"].form.errors) == ["text"]


def test_light_follows_the_chosen_quarter(numbers, baseline, filed):
    assert numbers(period="2022Q4", light=Light.BASELINE) == [1, 2, 3]
    assert numbers(period="2023Q3", light=Light.BASELINE) == []


def make_quarters(plan, units, codes):
    for code in codes:
        period = factories.make_period(plan, code)
        factories.make_report(period, units.nongye, completions={1: 40, 2: 20})
        factories.make_report(period, units.jiaowei, completions={3: 60})


@pytest.mark.parametrize("codes", [["2023Q3"], ["2022Q4", "2023Q1", "2023Q2", "2023Q3"]])
@pytest.mark.parametrize("query", [{}, {"light": "NORMAL", "text": "重点", "action": "1"}])
def test_list_costs_ten_queries_with_one_quarter_and_with_four(signed_in, cast, plan, units, codes, query):
    make_quarters(plan, units, codes)
    client = signed_in(cast.lingdao)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{URL}tasks/", {"period": "2023Q3", **query}).status_code == 200
    assert len(queries) == 10


@pytest.mark.parametrize("codes", [["2023Q3"], ["2022Q4", "2023Q1", "2023Q2", "2023Q3"]])
def test_task_page_costs_the_same_with_one_quarter_and_with_four(signed_in, cast, plan, units, codes):
    make_quarters(plan, units, codes)
    client = signed_in(cast.lingdao)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{URL}tasks/1/").status_code == 200
    assert len(queries) == 15


def test_task_page_explains_its_light_and_shows_the_documents_words(signed_in, cast, plan, filed, clock):
    plan.tasks.filter(number=1).update(paragraphs="完善机制。\n用好大篷车。")
    response = signed_in(cast.lingdao).get(f"{URL}tasks/1/")
    page = response.content.decode()
    assert response.context["progress"].why in page
    assert '<div class="quote">完善机制。\n用好大篷车。</div>' in page
    assert "县农业农村委2023年第三季度季报" in page


def test_history_keeps_drafts_and_unreviewed_texts_from_others(signed_in, cast, plan, units, period, clock):
    earlier = factories.make_period(plan, "2023Q1")
    factories.make_report(earlier, units.nongye, completions={1: 30})
    factories.make_report(period, units.nongye, completions={1: 45}, status=Status.SUBMITTED)
    support = factories.make_report(period, units.kexie, status=Status.DRAFT)
    held = Responsibility.objects.get(task__number=1, department=units.kexie)
    ProgressEntry.objects.create(report=support, responsibility=held, progress="草稿里的话")
    ProgressEntry.objects.filter(report__period=period, report__department=units.nongye).update(
        progress="待审的话"
    )

    def told(user):
        response = signed_in(user).get(f"{URL}tasks/1/", {"period": "2023Q3"})
        assert "草稿里的话" not in response.content.decode()
        history = [
            (q.period.code, line.entry.completion, line.accepted)
            for q in response.context["history"]
            for line in (*q.leads, *q.supports)
        ]
        assert history == [("2023Q3", 45, False), ("2023Q1", 30, True)]
        return "待审的话" in response.content.decode()

    readers = {
        "nongye": True,
        "nongye_sh": True,
        "kexie": True,
        "lingdao": False,
        "jiaowei": False,
        "kexie_tb": False,
    }
    assert {name: told(getattr(cast, name)) for name in readers} == readers


def test_history_ends_with_the_chosen_quarter(signed_in, cast, baseline, filed, units):
    factories.make_report(baseline, units.nongye, completions={1: 20})
    response = signed_in(cast.lingdao).get(f"{URL}tasks/1/", {"period": "2022Q4"})
    assert [q.period.code for q in response.context["history"]] == ["2022Q4"]


def test_responsibilities_show_validity_and_basis(signed_in, cast, plan, units, filed):
    task = plan.tasks.get(number=1)
    task.responsibilities.filter(department=units.jiaowei).update(valid_to=date(2022, 12, 31))
    task.responsibilities.filter(department=units.kexie).update(decided_by="县政府2023年第5次常务会议")
    response = signed_in(cast.lingdao).get(f"{URL}tasks/1/", {"period": "2023Q3"})
    assert [r.department.name for r in response.context["in_force"]] == ["县农业农村委", "县科协"]
    assert [r.department.name for r in response.context["former"]] == ["县教委"]
    page = response.content.decode()
    assert "县政府2023年第5次常务会议" in page
    assert "至2022年12月31日" in page


def test_only_a_leads_staff_may_apply_for_close_out_of_a_finite_task(
    signed_in, cast, plan, period, units, clock
):
    button = reverse("close-out-apply", args=[plan.slug, 1]) + "?period=2023Q3"

    def offered(user):
        return button in signed_in(user).get(f"{URL}tasks/1/").content.decode()

    report = factories.make_report(period, units.nongye, completions={1: 99})
    assert (
        "尚未报告的有：县农业农村委（99%）。" in signed_in(cast.nongye).get(f"{URL}tasks/1/").content.decode()
    )
    assert not offered(cast.nongye)
    report.entries.update(completion=100, stage="COMPLETED")
    expected = {
        name: name in ("nongye", "nongye_sh")
        for name in ("nongye", "nongye_sh", "jiaowei", "kexie", "lingdao")
    }
    assert {name: offered(getattr(cast, name)) for name in expected} == expected
    refused = factories.make_close_out(
        plan.tasks.get(number=1), period, units.nongye, cast.kexie, CloseOut.Status.REFUSED
    )
    assert offered(cast.nongye)
    refused.delete()
    applied = factories.make_close_out(
        plan.tasks.get(number=1), period, units.nongye, cast.nongye, CloseOut.Status.APPLIED
    )
    assert not offered(cast.nongye)
    applied.delete()
    plan.tasks.filter(number=1).update(nature=Task.Nature.STANDING)
    assert not offered(cast.nongye)


def test_close_out_is_offered_only_while_a_quarter_is_open(signed_in, cast, period, clock):
    period.closed_at = factories.moment("2023-10-19 09:00")
    period.save()
    assert signed_in(cast.nongye).get(f"{URL}tasks/1/").context["apply_in"] is None


def test_closed_out_task_is_done_from_its_quarter_on(signed_in, cast, plan, baseline, period, units, clock):
    factories.make_report(baseline, units.nongye, completions={1: 20})
    factories.make_close_out(plan.tasks.get(number=1), period, units.nongye, cast.kexie)
    client = signed_in(cast.lingdao)
    now = client.get(f"{URL}tasks/1/", {"period": "2023Q3"}).context["progress"]
    before = client.get(f"{URL}tasks/1/", {"period": "2022Q4"}).context["progress"]
    assert (now.light, now.completion, now.why) == (Light.DONE, 100, "2023年第三季度办结销号，按100%计。")
    assert (before.light, before.completion) == (Light.BASELINE, 20)


def test_action_page_shows_its_section_and_its_tasks(signed_in, cast, plan, filed):
    plan.actions.filter(ordinal=1).update(paragraphs="以提升科技文化素质为重点。")
    response = signed_in(cast.lingdao).get(f"{URL}actions/1/")
    assert [row.record.progress.number for row in response.context["table"].rows] == [1, 2]
    assert response.context["standing"].total.completion == 35
    assert "以提升科技文化素质为重点。" in response.content.decode()


def test_action_without_tasks_says_so_and_has_no_percentage(signed_in, cast, plan, period):
    factories.make_action(plan, 10, "实施科学素质开放合作工程")
    page = signed_in(cast.lingdao).get(f"{URL}actions/10/").content.decode()
    assert "未列入责任分解表（附件文本可能不全，待核）" in page
    assert "%" not in page[page.index("<main") :]


@pytest.mark.parametrize(
    "path", ["tasks/99/", "tasks/99999999999999999999/", "actions/99/", "tasks/1/?period=x"]
)
def test_what_the_plan_does_not_have_is_not_found(signed_in, cast, plan, period, path):
    assert signed_in(cast.lingdao).get(URL + path).status_code == 404


@pytest.mark.parametrize("path", ["tasks/", "tasks/1/", "actions/1/"])
def test_strangers_get_404(signed_in, cast, period, path):
    for name in ("outsider", "sysadmin", "shenji"):
        assert signed_in(getattr(cast, name)).get(URL + path).status_code == 404
