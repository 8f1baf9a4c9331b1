"""年度完成: 长期坚持 tasks judged at a year's end, all in one form."""

import re

import pytest

from chengkou_kepu.freezing import freeze_quarter
from departments.models import AuditRecord, Department, Reform, Succession, User
from tasks.models import AnnualJudgement, Responsibility, Task
from tests import factories
from tests.factories import moment

pytestmark = pytest.mark.django_db
URL = "/plans/chengkou-2021-2025/annual/"


@pytest.fixture(autouse=True)
def today(clock):
    clock("2024-01-05 10:00")


@pytest.fixture
def standing(plan, period):
    """Tasks 1 and 2 are 长期坚持."""
    plan.tasks.exclude(number=3).update(nature="STANDING")
    return list(plan.tasks.exclude(number=3).order_by("number"))


def form(page):
    """The fields a browser would send for the page."""
    fields = dict(re.findall(r'type="hidden" name="(seen-\d+)" value="([^"]*)"', page))
    fields |= dict(re.findall(r'type="radio" name="(verdict-\d+)" value="(\w*)" checked', page))
    return fields | dict(re.findall(r'name="(ground-\d+)" rows="2" maxlength="2000">([^<]*)<', page))


def save(client, *, opened=None, year=2023, **typed):
    """Post `typed` over the form as it was `opened`."""
    page = opened if opened is not None else client.get(URL, {"year": year}).content.decode()
    return client.post(f"{URL}?year={year}", form(page) | typed, follow=True).content.decode()


def verdict(task, value, ground):
    return {f"verdict-{task.pk}": value, f"ground-{task.pk}": ground}


def stored():
    rows = AnnualJudgement.objects.order_by("task__number", "year")
    return list(rows.values_list("task__number", "year", "completed", "ground", "judged_by__username"))


def audited():
    return list(AuditRecord.objects.order_by("pk").values_list("verb", "subject", "by__username", "detail"))


def test_a_year_is_judged_in_one_form(signed_in, cast, standing):
    first, second = standing
    client = signed_in(cast.kexie)
    page = save(client, **verdict(first, "yes", " 培训12期。 "), **verdict(second, "no", "未开展。"))
    assert "已保存 2 项。" in page
    assert stored() == [(1, 2023, True, "培训12期。", "kexie"), (2, 2023, False, "未开展。", "kexie")]
    assert audited() == [
        ("评定年度完成", "1 第1项重点工作", "kexie", "2023年度：由未评改为2023年完成（培训12期。）"),
        ("评定年度完成", "2 第2项重点工作", "kexie", "2023年度：由未评改为2023年未完成（未开展。）"),
    ]
    assert "没有改动。" in save(client)
    task = signed_in(cast.lingdao).get("/plans/chengkou-2021-2025/tasks/2/").content.decode()
    assert ("2023 年未完成" in task, "未开展。" in task) == (True, True)


def test_a_judgement_is_revised_or_withdrawn_on_record(signed_in, cast, standing):
    first, _ = standing
    save(signed_in(cast.kexie), **verdict(first, "yes", "培训12期。"))
    save(signed_in(cast.zhengfuban), **verdict(first, "no", "核实只有2期。"))
    assert stored() == [(1, 2023, False, "核实只有2期。", "zhengfuban")]
    save(signed_in(cast.kexie), **verdict(first, "", "核实只有2期。"))
    assert stored() == []
    assert [detail for *_, detail in audited()][1:] == [
        "2023年度：由2023年完成（培训12期。）改为2023年未完成（核实只有2期。）",
        "2023年度：由2023年未完成（核实只有2期。）改为未评",
    ]


@pytest.mark.parametrize(
    ("value", "ground", "sentence"),
    [
        ("yes", " ", "第 2 项：请写明评定依据。"),
        ("no", "", "第 2 项：请写明评定依据。"),
        ("", "只写了依据。", "第 2 项：写了依据，请选择“完成”或“未完成”。"),
        ("maybe", "写错了。", "第 2 项：写了依据，请选择“完成”或“未完成”。"),
    ],
)
def test_all_or_nothing_is_stored_and_what_was_typed_stays(
    value, ground, sentence, signed_in, cast, standing
):
    first, second = standing
    page = save(
        signed_in(cast.kexie), **verdict(first, "yes", "培训12期。"), **verdict(second, value, ground)
    )
    assert (sentence in page, ">培训12期。</textarea>" in page) == (True, True)
    assert f'name="verdict-{first.pk}" value="yes" checked' in page
    assert (stored(), audited()) == ([], [])


def test_a_form_left_open_in_another_tab_overwrites_nothing(signed_in, cast, standing, clock):
    first, second = standing
    client = signed_in(cast.kexie)
    opened = client.get(URL).content.decode()
    save(client, **verdict(first, "yes", "培训12期。"))
    page = save(client, opened=opened, **verdict(first, "no", "不对。"), **verdict(second, "yes", "开展。"))
    assert "第 1 项：刚有人评定过，请核对后再保存。" in page
    assert stored() == [(1, 2023, True, "培训12期。", "kexie")]


@pytest.mark.parametrize(
    ("user", "status"),
    [("nongye", 403), ("lingdao", 403), ("kexie_tb", 403), ("outsider", 404), ("sysadmin", 404)],
)
def test_only_a_coordinator_judges(signed_in, cast, standing, user, status):
    client = signed_in(getattr(cast, user))
    assert client.get(URL).status_code == status
    response = client.post(f"{URL}?year=2023", verdict(standing[0], "yes", "培训12期。"))
    assert (response.status_code, stored()) == (status, [])


def years(client, clock, text):
    clock(text)
    client.force_login(User.objects.get(username="kexie"))
    return client.get(URL).context["years"]


def test_a_year_is_judged_once_its_last_quarter_is_open_or_past(signed_in, cast, plan, standing, clock):
    client = signed_in(cast.kexie)
    assert years(client, clock, "2023-12-31 23:00") == [2022, 2021]
    assert client.get(URL, {"year": 2023}).status_code == 404
    assert client.post(f"{URL}?year=2023", verdict(standing[0], "yes", "培训。")).status_code == 404
    factories.make_period(plan, "2023Q4", opens_at=moment("2023-12-20 09:00"))
    assert years(client, clock, "2023-12-31 23:00") == [2023, 2022, 2021]
    assert years(client, clock, "2024-01-01 00:10") == [2023, 2022, 2021]
    assert years(client, clock, "2027-01-01 00:10") == [2025, 2024, 2023, 2022, 2021]
    assert client.get(URL, {"year": "2020"}).status_code == 404


def test_before_the_first_year_is_over_there_is_nothing_to_judge(signed_in, cast, standing, clock):
    clock("2021-03-01 09:00")
    page = signed_in(cast.kexie).get(URL).content.decode()
    assert ("还没有可以评定的年度" in page, '<form method="post" data-guard' in page) == (True, False)


def test_without_standing_tasks_the_page_says_where_the_nature_is_set(signed_in, cast, plan, period):
    client = signed_in(cast.kexie)
    page = client.get(URL).content.decode()
    assert "没有长期坚持的工作，不需要评定。" in page
    assert "其余 3 项为阶段性工作" in page
    assert 'href="/admin/tasks/task/"' in page
    task = plan.tasks.get(number=1)
    client.post(f"/admin/tasks/task/{task.pk}/change/", {"nature": "STANDING", "paragraphs": ""})
    assert [row.task.number for row in client.get(URL).context["rows"]] == [1]
    assert f'href="{URL}"' in client.get("/plans/chengkou-2021-2025/periods/").content.decode()


def test_a_finite_task_is_not_judged(signed_in, cast, plan, standing):
    finite = plan.tasks.get(number=3)
    assert "没有改动。" in save(signed_in(cast.kexie), **verdict(finite, "yes", "完成。"))
    Task.objects.update(nature="FINITE")
    assert "没有改动。" in save(signed_in(cast.kexie), opened="", **verdict(standing[0], "yes", "完成。"))
    assert stored() == []


def leads(client, year):
    return [row.leads for row in client.get(URL, {"year": year}).context["rows"]]


@pytest.fixture
def merged(signed_in, cast, plan, units, standing):
    """From 1 July 2023 on 县农业农村委 is 县农业农村局, which leads what it led."""
    new = factories.make_department("县农业农村局")
    Department.objects.filter(pk=units.nongye.pk).update(ends_on="2023-06-30")
    Department.objects.filter(pk=new.pk).update(begins_on="2023-07-01")
    reform = Reform.objects.create(
        region=plan.region,
        kind="RENAME",
        effective_on="2023-07-01",
        document="城编委〔2023〕1号",
        decided_by=cast.kexie,
        at=moment("2023-06-20 09:00"),
    )
    Succession.objects.create(reform=reform, old=units.nongye, new=new)
    for old in Responsibility.objects.filter(department=units.nongye):
        Responsibility.objects.filter(pk=old.pk).update(valid_to="2023-06-30")
        old.pk, old.continues_id, old.department, old.valid_from = None, old.pk, new, "2023-07-01"
        old.save()
    return new


def test_a_year_shows_who_led_at_its_end_and_what_became_of_them(signed_in, cast, merged):
    client = signed_in(cast.kexie)
    assert leads(client, 2022) == [["县农业农村委（现县农业农村局）"]] * 2
    assert leads(client, 2023) == [["县农业农村局"]] * 2
    page = client.get(URL, {"year": 2022}).content.decode()
    assert page.count("县农业农村委（现县农业农村局）") == 2


def test_an_abolished_lead_and_a_task_without_any(signed_in, cast, merged, standing):
    Succession.objects.update(new=None)
    Responsibility.objects.filter(task=standing[1]).update(valid_from="2023-01-01")
    Responsibility.objects.filter(task=standing[1], role="SUPPORT").update(valid_from="2022-01-01")
    client = signed_in(cast.kexie)
    assert leads(client, 2022) == [["县农业农村委（已撤销）"], ()]
    assert "年末没有牵头单位" in client.get(URL, {"year": 2022}).content.decode()


def test_an_archived_year_end_keeps_its_names(signed_in, cast, baseline, units, standing):
    freeze_quarter(baseline, by=cast.kexie, at=moment("2023-03-01 09:00"))
    Department.objects.filter(pk=units.nongye.pk).update(name="县农业农村局")
    client = signed_in(cast.kexie)
    assert leads(client, 2022) == [["县农业农村委"]] * 2
    assert leads(client, 2023) == [["县农业农村局"]] * 2


@pytest.mark.parametrize("tasks", [2, 12])
def test_many_tasks_cost_no_more_queries(
    tasks, signed_in, cast, plan, units, standing, django_assert_num_queries
):
    for number in range(10, 8 + tasks):
        factories.make_task(plan, number, leads=[units.nongye, units.jiaowei], nature="STANDING")
    client = signed_in(cast.kexie)
    with django_assert_num_queries(11):
        assert len(client.get(URL).context["rows"]) == tasks


def test_a_task_added_later_is_not_judged_for_years_before_it(signed_in, cast, standing):
    client = signed_in(cast.kexie)
    before = [row.task.number for row in client.get(f"{URL}?year=2022").context["rows"]]
    Responsibility.objects.filter(task=standing[0]).update(valid_from="2023-04-01")
    after = [row.task.number for row in client.get(f"{URL}?year=2022").context["rows"]]
    assert set(before) - set(after) == {standing[0].number}
    assert standing[0].number in [row.task.number for row in client.get(f"{URL}?year=2023").context["rows"]]
