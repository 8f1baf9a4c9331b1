"""Two plans of one county, one after the other, and one of another county: shared people, separate books."""

import re
from io import BytesIO, StringIO
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from departments.models import Department, Membership, Region
from indicators.models import Indicator
from tasks.models import CloseOut, Evidence, Plan, PlanFinding, Responsibility
from tests import factories

pytestmark = pytest.mark.django_db
HEAD = ["序号", "重点工作", "牵头单位", "配合单位"]
DUE = "2026年1月12日24时截止"
OLD, NEW, FAR = "/plans/chengkou-2021-2025/", "/plans/chengkou-2026-2030/", "/plans/wuxi-2021-2025/"


def plan_file(folder, county, years, tasks, section):
    """A document of the genre, its tasks as (title, leads, supports)."""
    rows = [[f"一、{section}"]]
    rows += [[str(n), *cells] for n, cells in enumerate(tasks, start=1)]
    lines = [
        f"{county}人民政府办公室",
        f"关于印发{county}全民科学素质行动实施方案（{years}年）的通知",
        f"{county}全民科学素质行动",
        f"（{years}年）实施方案",
        "一、重点任务",
        f"（一）{section}。",
        *(f"{title}。认真组织实施。" for title, _, _ in tasks),
        "重点任务责任分解表",
    ]
    table = "\n\n".join("\n".join("\t" + cell for cell in row) for row in [HEAD, *rows])
    path = folder / f"{county}{years}.txt"
    path.write_text("\n".join(lines) + "\n" + table + "\n", "utf-8")
    return str(path)


@pytest.fixture
def three(cast, tmp_path):
    """(old, new, far): 城口县's plans of 2021―2025 and 2026―2030, and 巫溪县's of 2021―2025."""
    old_tasks = [("培育新型农民", "县农业农村委", "县财政局、县教委"), ("开展校园活动", "县教委", "县科协")]
    new_tasks = [("建设智慧科普", "县农业农村委", "县数据局"), ("培养青年人才", "县教委", "县财政局")]
    far_tasks = [("保护峡谷生态", "县林业局", "县财政局")]
    for county, years, tasks, section in [
        ("城口县", "2021―2025", old_tasks, "实施农民科学素质提升行动"),
        ("城口县", "2026―2030", new_tasks, "实施数字科普行动"),
        ("巫溪县", "2021―2025", far_tasks, "实施生态科普行动"),
    ]:
        call_command("import_plan", plan_file(tmp_path, county, years, tasks, section), stdout=StringIO())
    return tuple(
        Plan.objects.get(slug=s) for s in ("chengkou-2021-2025", "chengkou-2026-2030", "wuxi-2021-2025")
    )


@pytest.fixture
def used(three, cast):
    """In each plan of 城口县 a period with returns, an indicator, a finding, evidence and a close-out of its own."""
    nongye, jiaowei = (
        Department.objects.get(name=n, region__name="城口县") for n in ("县农业农村委", "县教委")
    )
    for plan, code, word in zip(three[:2], ("2025Q3", "2026Q1"), ("旧方案", "新方案"), strict=True):
        period = factories.make_period(plan, code)
        report = factories.make_report(period, nongye, completions={1: 40}, by=cast.nongye)
        entry = report.entries.get()
        entry.progress = f"{word}的进展"
        entry.save()
        factories.make_report(period, jiaowei, completions={2: 30}, status="SUBMITTED", by=cast.jiaowei)
        Evidence.objects.create(
            entry=entry,
            name=f"{word}的材料.pdf",
            size=1,
            file="a.pdf",
            uploaded_by=cast.nongye,
            uploaded_at=period.due_at,
        )
        Indicator.objects.create(
            plan=plan, code="own", name=f"{word}的指标", kind="CUMULATIVE", owner=nongye, position=1
        )
        PlanFinding.objects.create(plan=plan, code="title_differs", message=f"{word}的核对事项")
        CloseOut.objects.create(
            task=plan.tasks.get(number=1),
            period=period,
            department=nongye,
            summary="完成",
            applied_by=cast.nongye,
            applied_at=period.due_at,
        )
    return three


def body_of(response):
    """The page without its header, where the other plans are named to switch to; a workbook's texts."""
    if response.streaming:
        book = load_workbook(BytesIO(response.getvalue()))
        texts = [str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row if c]
        return unquote(response["Content-Disposition"]) + "\n" + "\n".join(texts)
    page = response.content.decode()
    return page[: page.index('<header class="top">')] + page[page.index("</header>") :]


PAGES = [
    *("", "tasks/", "tasks/?q=科普", "tasks/1/", "actions/1/", "departments/", "departments/{unit}/"),
    *("indicators/", "indicators/own/", "filing/", "filing/{code}/", "filing/{code}/sheet/", "exports/"),
    *("filing/{code}/upload/", "filing/{code}/cooperation/", "filing/{code}/workbook.xlsx"),
    *("exports/summary.xlsx", "exports/responsibility-table.xlsx"),
]
COORDINATORS_PAGES = [
    *("review/", "review/{report}/", "periods/", "periods/{code}/", "findings/", "close-outs/{close_out}/"),
]
OWN_WORDS = {
    OLD: ("培育新型农民", "开展校园活动", "农民科学素质", "旧方案", "2025年第三季度", "2025Q3", "2021―2025"),
    NEW: ("建设智慧科普", "培养青年人才", "数字科普", "新方案", "2026年第一季度", "2026Q1", "2026―2030"),
}


@pytest.mark.parametrize(
    ("user", "page"),
    [("nongye", p) for p in PAGES] + [("kexie", p) for p in [*COORDINATORS_PAGES, "", "departments/"]],
)
def test_no_page_or_export_of_a_plan_shows_the_other(signed_in, cast, used, clock, user, page):
    clock("2026-04-05 09:00")
    client = signed_in(getattr(cast, user))
    for plan, own, other in ((used[0], OLD, NEW), (used[1], NEW, OLD)):
        period = plan.periods.get()
        names = {
            "code": period.code,
            "unit": Department.objects.get(name="县农业农村委", region=plan.region).pk,
            "report": period.reports.get(status="SUBMITTED").pk,
            "close_out": CloseOut.objects.get(period=period).pk,
        }
        response = client.get(own + page.format(**names))
        assert response.status_code == 200
        said = body_of(response)
        assert [word for word in OWN_WORDS[other] if word in said] == []
        assert [word for word in OWN_WORDS[own] if word in said] != []


def test_nothing_of_one_plan_is_reached_through_the_other(signed_in, cast, used, clock):
    clock("2026-04-05 09:00")
    new = used[1].periods.get()
    paths = [
        *("?period=2026Q1", "tasks/?period=2026Q1", "exports/summary.xlsx?period=2026Q1"),
        f"review/{new.reports.get(status='SUBMITTED').pk}/",
        f"close-outs/{CloseOut.objects.get(period=new).pk}/",
        f"evidence/{Evidence.objects.get(entry__report__period=new).pk}/",
    ]
    client = signed_in(cast.kexie)
    assert {path: client.get(OLD + path).status_code for path in paths} == dict.fromkeys(paths, 404)
    finding = PlanFinding.objects.get(plan=used[1], code="title_differs")
    assert client.post(f"{OLD}findings/{finding.pk}/", {"settlement": "已核对。"}).status_code == 404
    page = client.get(f"{OLD}periods/2026Q1/", follow=True).content.decode()
    assert "2026年第一季度不在方案期内。" in page
    client = signed_in(cast.nongye)
    assert client.get(f"{OLD}filing/2026Q1/").status_code == 404


def test_a_line_of_one_plan_is_not_saved_through_the_other(signed_in, cast, used, clock):
    clock("2025-10-08 09:00")
    responsibility = Responsibility.objects.get(
        task__plan=used[1], task__number=1, department__name="县农业农村委"
    )
    data = {f"line-{responsibility.pk}-progress": "串了。", f"line-{responsibility.pk}-version": "0"}
    signed_in(cast.nongye).post(f"{OLD}filing/2025Q3/", data | {"verb": "save"})
    assert responsibility.entries.get().progress == "新方案的进展"


def test_units_and_users_are_shared_within_the_county_and_not_beyond(signed_in, cast, three):
    old, new, far = three
    assert Region.objects.filter(name="城口县").count() == 1
    assert Department.objects.filter(name="县农业农村委").count() == 1
    treasuries = {d.region.name: d for d in Department.objects.filter(name="县财政局")}
    assert set(treasuries) == {"城口县", "巫溪县"}
    held = {
        plan.slug: set(
            Responsibility.objects.filter(task__plan=plan, department__name="县财政局").values_list(
                "department", flat=True
            )
        )
        for plan in three
    }
    assert held == {
        old.slug: {treasuries["城口县"].pk},
        new.slug: {treasuries["城口县"].pk},
        far.slug: {treasuries["巫溪县"].pk},
    }
    assert [plan.tasks.count() for plan in three] == [2, 2, 1]
    client = signed_in(cast.nongye)
    assert [client.get(url).status_code for url in (OLD, NEW, FAR)] == [200, 200, 404]
    assert client.get(f"{OLD}departments/{treasuries['巫溪县'].pk}/").status_code == 404


@pytest.mark.parametrize(
    ("now", "home"),
    [
        ("2025-12-31 23:59", OLD),
        ("2026-01-01 00:00", NEW),
        ("2022-05-01 09:00", OLD),
        ("2031-02-01 09:00", NEW),
    ],
)
def test_the_current_plan_is_the_one_of_today(signed_in, cast, three, clock, now, home):
    clock(now)
    assert signed_in(cast.nongye).get("/")["Location"] == home


def test_a_command_wants_the_plan_named_where_counties_have_one_each(three):
    with pytest.raises(CommandError) as refusal:
        call_command("open_period", "2023Q3", at="2023-10-03")
    assert str(refusal.value) == (
        "有多个行政区的方案，请用 --plan 指明其中之一：chengkou-2021-2025、wuxi-2021-2025。"
    )
    call_command("open_period", "2023Q3", at="2023-10-03", plan="wuxi-2021-2025", stdout=StringIO())
    assert [plan.periods.count() for plan in three] == [0, 0, 1]


def switches(response):
    """{title's years and county: address} of the header's menu."""
    menu = re.search(r"<span[^>]*>切换方案.*?</summary><ul>(.*?)</ul>", response.content.decode(), re.S)
    links = re.findall(r'<a href="([^"]+)">([^<]+)<div', menu[1]) if menu else []
    return {title[:3] + title[-14:-5]: address.replace("&amp;", "&") for address, title in links}


@pytest.mark.parametrize(
    ("user", "page", "there"),
    [
        ("nongye", "", ""),
        ("nongye", "tasks/?light=NORMAL", "tasks/"),
        ("nongye", "tasks/1/", "tasks/"),
        ("nongye", "actions/1/", ""),
        ("nongye", "departments/{unit}/", "departments/{unit}/"),
        ("nongye", "indicators/own/", "indicators/"),
        ("nongye", "filing/2025Q3/?unit={unit}", "filing/?unit={unit}"),
        ("nongye", "exports/", "exports/"),
        ("kexie", "review/", "review/"),
        ("kexie", "periods/2025Q3/", "periods/"),
        ("kexie", "findings/", "findings/"),
    ],
)
def test_the_header_switches_to_the_same_kind_of_page(signed_in, cast, used, clock, user, page, there):
    clock("2026-04-05 09:00")
    unit = Department.objects.get(name="县农业农村委", region__name="城口县").pk
    client = signed_in(getattr(cast, user))
    address = switches(client.get(OLD + page.format(unit=unit)))
    assert list(address.values()) == [NEW + there.format(unit=unit)]
    assert client.get(address.popitem()[1]).status_code == 200


def test_switching_to_a_county_where_one_may_not_ends_at_its_dashboard(signed_in, cast, used, clock):
    """县教委's reporter there, coordinator here: filing goes along, what the coordinator alone reads does not."""
    clock("2026-04-05 09:00")
    far_unit = Department.objects.get(name="县教委", region__name="巫溪县")
    Membership.objects.create(user=cast.kexie, role="REPORTER", department=far_unit)
    client = signed_in(cast.kexie)
    unit = Department.objects.get(name="县农业农村委", region__name="城口县").pk
    for page, there in [
        ("periods/", ""),
        ("review/", ""),
        (f"departments/{unit}/", "departments/"),
        ("tasks/1/", "tasks/"),
        (f"filing/2025Q3/?unit={unit}", "filing/"),
    ]:
        addresses = [a for a in switches(client.get(OLD + page)).values() if a.startswith(FAR)]
        assert addresses == [FAR + there]
        assert client.get(addresses[0]).status_code == 200


def switch_of(response):
    """(the label of the switch, what its entries say), without tags; ("", []) where there is none."""
    menu = re.search(r'<details class="menu">(.*?)</details>', response.content.decode(), re.S)
    if not menu:
        return "", []
    label, entries = menu[1].split("</summary>")
    plain = [re.sub(r"<[^>]+>", " ", text) for text in (label, *entries.split("</li>")[:-1])]
    label, *entries = (" ".join(text.split()) for text in plain)
    return label, entries


OLD_TITLE = "城口县全民科学素质行动（2021―2025年）实施方案"
NEW_TITLE = "城口县全民科学素质行动（2026―2030年）实施方案"
THERE = f"{OLD_TITLE} 2021―2025年"
HERE = f"{NEW_TITLE} 2026―2030年 · 现在所在的方案"
TO_ALL = "全部方案的待办"


@pytest.mark.parametrize(
    ("user", "count", "listed"),
    [
        ("nongye", 1, [f"县农业农村委2025年第四季度季报尚未报送，{DUE}，还有 7 天。"]),
        (
            "kexie",
            2,
            ["1 份季报待审核。", "2025年第四季度应报的县财政局没有填报人，请设置填报人，或由县科协代填。"],
        ),
        ("jiaowei", 0, []),
    ],
)
def test_the_header_tells_of_what_waits_in_the_other_plan(signed_in, cast, three, clock, user, count, listed):
    """2025Q4 is filed in January 2026, when 2026―2030 is the plan of the day."""
    clock("2026-01-05 09:00")
    period = factories.make_period(three[0], "2025Q4")
    jiaowei = Department.objects.get(name="县教委", region__name="城口县")
    factories.make_report(period, jiaowei, completions={2: 30}, status="SUBMITTED", by=cast.jiaowei)
    client = signed_in(getattr(cast, user))
    badge, note = (f" 其他方案有待办 {count}", f" · 待办 {count} 件") if count else ("", "")
    label = f"切换方案，现在是 2026―2030年方案{badge}"
    assert switch_of(client.get(NEW)) == (label, [HERE, THERE + note, TO_ALL])
    page = client.get("/todo/")
    assert {plan.slug: [ask.text for ask in asks] for plan, asks in page.context["asked"]} == {
        three[0].slug: listed,
        three[1].slug: [],
    }
    assert (OLD_TITLE in body_of(page), NEW_TITLE in body_of(page)) == (True, True)
    for address in re.findall(r'　<a href="([^"]+)"', body_of(page)):
        assert client.get(address).status_code == 200


def test_what_is_due_first_stands_first(signed_in, cast, three, clock):
    """Of two plans that of the earlier deadline, and within a plan the earlier one, whichever period came first."""
    clock("2026-04-05 09:00")
    later = factories.make_period(three[0], "2025Q3", due_at=factories.moment("2026-04-30 23:59"))
    sooner = factories.make_period(three[0], "2025Q4", due_at=factories.moment("2026-04-08 23:59"))
    last = factories.make_period(three[1], "2026Q1", due_at=factories.moment("2026-04-20 23:59"))
    client = signed_in(cast.nongye)

    def told():
        asked = client.get("/todo/").context["asked"]
        return [(plan.slug, [ask.key for ask in asks]) for plan, asks in asked]

    old, new = [sooner.code, later.code], [last.code]
    assert told() == [(three[0].slug, old), (three[1].slug, new)]
    last.due_at = factories.moment("2026-04-07 23:59")
    last.save()
    assert told() == [(three[1].slug, new), (three[0].slug, old)]


def test_a_leader_is_offered_the_switch_and_no_todo(signed_in, cast, three, clock):
    clock("2026-01-05 09:00")
    factories.make_period(three[0], "2025Q4")
    assert switch_of(signed_in(cast.lingdao).get(NEW)) == ("切换方案，现在是 2026―2030年方案", [HERE, THERE])


@pytest.mark.parametrize("plans", [1, 3])
def test_further_plans_with_something_to_do_cost_no_further_queries(
    signed_in, cast, units, plan, clock, plans, django_assert_num_queries
):
    clock("2023-10-05 09:00")
    for n in range(1, plans + 1):
        other = factories.make_plan(f"beside-{n}")
        factories.make_task(other, 1, leads=[units.nongye])
        period = factories.make_period(other)
        for unit, status in ((units.nongye, "RETURNED"), (units.jiaowei, "SUBMITTED")):
            factories.make_report(period, unit, status=status, by=cast.nongye)
    client = signed_in(cast.nongye)
    with django_assert_num_queries(20):
        assert len(client.get("/plans/chengkou-2021-2025/tasks/").wsgi_request.other_plans) == plans
    with django_assert_num_queries(14):
        assert len(client.get("/todo/").context["asked"]) == plans + 1


@pytest.mark.parametrize(("user", "status"), [("outsider", 404), ("sysadmin", 404), ("shenji", 404)])
def test_who_reads_no_plan_has_no_todo_page(signed_in, cast, plan, user, status):
    assert signed_in(getattr(cast, user)).get("/todo/").status_code == status


def test_todo_of_one_plan_with_nothing_to_do(signed_in, cast, plan):
    page = signed_in(cast.nongye).get("/todo/").content.decode()
    assert ("现在没有待办事项" in page, "没有待办事项。" in page, "全部" in page) == (True, True, False)


@pytest.mark.parametrize(
    ("now", "frozen", "begun", "home"),
    [
        ("2026-01-05 09:00", False, False, OLD),
        ("2026-01-05 09:00", False, True, NEW),
        ("2026-05-05 09:00", True, False, NEW),
        ("2025-12-05 09:00", False, False, OLD),
    ],
)
def test_the_front_door_waits_for_the_new_plan_to_begin(
    signed_in, cast, three, clock, now, frozen, begun, home
):
    clock(now)
    archived = {
        "closed_at": factories.moment("2026-02-01 09:00"),
        "frozen_at": factories.moment("2026-02-01 09:00"),
    }
    factories.make_period(three[0], "2025Q3", **(archived if frozen else {}))
    if begun:
        factories.make_period(three[1], "2026Q1", opens_at=factories.moment("2026-01-04 09:00"))
    client = signed_in(cast.nongye)
    assert client.get("/")["Location"] == home
    told = f"“{NEW_TITLE}”还没有开放填报，先显示仍有填报期没有办完的上一方案。"
    assert (told in client.get("/", follow=True).content.decode()) is (home == OLD and now > "2026")


def test_one_plan_alone_offers_no_switch(signed_in, cast, plan):
    assert "切换方案" not in signed_in(cast.nongye).get(OLD).content.decode()


ENDED = '<b class="warn">规划期已结束</b>（2025年12月31日止）'


@pytest.mark.parametrize(
    ("user", "page"),
    [
        *[
            ("nongye", p)
            for p in ("", "tasks/", "tasks/1/", "actions/1/", "departments/", "departments/{unit}/")
        ],
        *[("nongye", p) for p in ("indicators/", "indicators/own/", "filing/", "filing/2025Q3/", "exports/")],
        *[
            ("kexie", p)
            for p in ("review/", "periods/", "periods/2025Q3/", "findings/", "reforms/", "annual/")
        ],
    ],
)
def test_pages_say_that_the_plan_is_over(signed_in, cast, used, clock, user, page):
    client = signed_in(getattr(cast, user))
    page = page.format(unit=Department.objects.get(name="县农业农村委", region__name="城口县").pk)
    clock("2025-12-31 23:00")
    assert "规划期" not in client.get(OLD + page).content.decode()
    clock("2026-01-01 00:30")
    assert client.get(OLD + page).content.decode().count(ENDED) == 1
    if "2025Q3" not in page:
        assert "规划期" not in client.get(NEW + page).content.decode()


@pytest.mark.parametrize(
    ("user", "page"),
    [
        *[
            ("nongye", p)
            for p in ("", "tasks/", "tasks/1/", "actions/1/", "departments/", "departments/{unit}/")
        ],
        *[("kexie", p) for p in ("", "departments/", "review/")],
    ],
)
@pytest.mark.parametrize("now", ["2024-05-05 09:00", "2026-04-05 09:00"])
def test_where_nothing_was_opened_pages_say_so_and_ask_for_nothing(
    signed_in, cast, three, clock, user, page, now
):
    clock(now)
    unit = Department.objects.get(name="县农业农村委", region__name="城口县").pk
    said = body_of(signed_in(getattr(cast, user)).get(OLD + page.format(unit=unit)))
    said = re.sub(r"<select.*?</select>|<thead.*?</thead>|<form.*?</form>", "", said, flags=re.S)
    assert (
        re.findall(r".{0,9}(?:应报 ?\d|应报：|牵头\d项未办结|未到期|不需报|尚未到截止|基线).{0,9}", said)
        == []
    )
    assert "尚未开放" in said


@pytest.mark.parametrize(
    ("user", "page"),
    [
        *[
            ("nongye", p)
            for p in (
                "",
                "tasks/",
                "tasks/1/",
                "actions/1/",
                "departments/",
                "departments/{unit}/",
                "filing/",
            )
        ],
        *[("nongye", p) for p in ("indicators/", "exports/", "exports/summary.xlsx")],
        ("nongye", "exports/responsibility-table.xlsx"),
        *[("kexie", p) for p in ("", "review/", "periods/", "findings/", "annual/", "reforms/")],
    ],
)
def test_nothing_is_overdue_that_nobody_opened(signed_in, cast, three, clock, user, page):
    clock("2026-04-05 09:00")
    unit = Department.objects.get(name="县农业农村委", region__name="城口县").pk
    said = body_of(signed_in(getattr(cast, user)).get(OLD + page.format(unit=unit)))
    said = re.sub(r"<select.*?</select>|<thead.*?</thead>|\n未报\n未审核\n", "", said, flags=re.S)
    assert re.findall(r".{0,15}(?:逾期|(?<!尚)未报|截止时间已过).{0,10}", said) == []
