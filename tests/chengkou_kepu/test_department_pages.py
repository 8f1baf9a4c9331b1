"""The list of units and the page of one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.models import Indicator
from tasks.models import ProgressEntry, QuarterlyReport, Responsibility
from tasks.obligations import Filing
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/plans/chengkou-2021-2025/departments/"
Status = QuarterlyReport.Status


@pytest.fixture(autouse=True)
def twentieth_of_october(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: factories.moment("2023-10-20 09:00"))


@pytest.fixture
def group(plan):
    """各乡镇（街道）, which supports tasks 1 and 2."""
    group = factories.make_department("各乡镇（街道）", is_group=True)
    for task in plan.tasks.filter(number__in=[1, 2]):
        Responsibility.objects.create(
            task=task, department=group, role="SUPPORT", position=9, valid_from=plan.starts_on
        )
    return group


def test_list_puts_leads_supports_groups_and_others_apart(signed_in, cast, period, units, group):
    factories.make_report(period, units.nongye)
    context = signed_in(cast.lingdao).get(URL).context
    assert [(u.department, u.leads, u.supports, u.filing) for u in context["leads"]] == [
        ("县农业农村委", 2, 1, Filing.ON_TIME),
        ("县教委", 1, 1, Filing.MISSING),
    ]
    assert [(u.department, u.leads, u.supports, u.filing) for u in context["supports"]] == [
        ("县科协", 0, 3, Filing.EXEMPT)
    ]
    assert [(row.department.name, row.leads, row.supports) for row in context["groups"]] == [
        ("各乡镇（街道）", 0, 2)
    ]
    assert [d.name for d in context["others"]] == ["县政府办公室"]


def test_list_says_why_a_unit_owes(signed_in, cast, plan, period, units):
    Indicator.objects.create(plan=plan, code="x", name="农民教育培训", kind="CUMULATIVE", owner=units.kexie)
    context = signed_in(cast.lingdao).get(URL).context
    assert [(u.department, u.reasons) for u in context["supports"]] == [
        ("县科协", ("报送指标：农民教育培训",))
    ]


def page_of(client, unit, **query):
    response = client.get(f"{URL}{unit.pk}/", query)
    assert response.status_code == 200
    return response


def test_unit_page_shows_its_tasks_and_its_filing_history(signed_in, cast, baseline, period, units):
    late = factories.moment("2023-10-12 09:00")
    factories.make_report(baseline, units.nongye, completions={1: 20})
    factories.make_report(period, units.nongye, status=Status.SUBMITTED, first_submitted_at=late)
    context = page_of(signed_in(cast.lingdao), units.nongye, period="2023Q3").context
    assert [t.number for t in context["leads"]] == [1, 2]
    assert [t.number for t in context["supports"]] == [3]
    assert [(row.period.code, row.filing.filing, row.status) for row in context["history"]] == [
        ("2023Q3", Filing.LATE, Status.SUBMITTED),
        ("2022Q4", Filing.ON_TIME, Status.ACCEPTED),
    ]


def test_unit_page_shows_only_what_is_accepted(signed_in, cast, baseline, period, units):
    factories.make_report(baseline, units.nongye, completions={1: 20})
    factories.make_report(period, units.nongye, completions={1: 30}, status=Status.SUBMITTED)
    client = signed_in(cast.lingdao)
    assert list(page_of(client, units.nongye, period="2023Q3").context["entries"]) == []
    page = page_of(client, units.nongye, period="2022Q4")
    assert list(page.context["entries"]) == list(ProgressEntry.objects.filter(report__period=baseline))
    assert "第1项进展" in page.content.decode()


def test_a_draft_is_nobody_elses_affair(signed_in, cast, period, units):
    factories.make_report(period, units.nongye, status=Status.DRAFT)
    seen = {
        name: page_of(signed_in(getattr(cast, name)), units.nongye, period="2023Q3")
        .context["history"][0]
        .status
        for name in ("nongye", "kexie", "lingdao", "jiaowei")
    }
    assert seen == {"nongye": "DRAFT", "kexie": "DRAFT", "lingdao": "", "jiaowei": ""}


def test_group_has_a_page_without_returns(signed_in, cast, period, group):
    response = page_of(signed_in(cast.lingdao), group)
    assert [t.number for t in response.context["supports"]] == [1, 2]
    assert response.context["history"] == []
    assert "单位组，不单独报送" in response.content.decode()


@pytest.mark.parametrize("codes", [["2023Q3"], ["2022Q4", "2023Q1", "2023Q2", "2023Q3"]])
@pytest.mark.parametrize(("one", "count"), [(False, 13), (True, 17)])
def test_queries_do_not_grow_with_the_quarters(signed_in, cast, plan, units, codes, one, count):
    for code in codes:
        period = factories.make_period(plan, code)
        factories.make_report(period, units.nongye, completions={1: 40, 2: 20})
        factories.make_report(period, units.jiaowei, completions={3: 60})
    client = signed_in(cast.lingdao)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{URL}{units.nongye.pk}/" if one else URL, {"period": "2023Q3"})
    assert len(queries) == count


def test_strangers_and_units_of_other_regions_are_not_found(signed_in, cast, period, units):
    elsewhere = cast.outsider.roles[0].department
    client = signed_in(cast.lingdao)
    for pk in (elsewhere.pk, 999999, 99999999999999999999):
        assert client.get(f"{URL}{pk}/").status_code == 404
    for name in ("outsider", "sysadmin", "shenji"):
        client = signed_in(getattr(cast, name))
        assert [client.get(path).status_code for path in (URL, f"{URL}{units.nongye.pk}/")] == [404, 404]
