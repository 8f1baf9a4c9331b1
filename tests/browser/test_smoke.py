"""Every main page as two kinds of screen show it, and the story of a quarter's return."""

from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).resolve().parents[2] / "test-output"
PLAN = "/plans/chengkou-2021-2025/"
WIDTHS = (1366, 390)
PAGES = {
    "login": (None, "/login/"),
    "dashboard": ("lingdao", PLAN),
    "dashboard-baseline": ("lingdao", f"{PLAN}?period=2022Q4"),
    "dashboard-coordinator": ("kexie", f"{PLAN}?period=2023Q4"),
    "task-list": ("lingdao", f"{PLAN}tasks/"),
    "task": ("lingdao", f"{PLAN}tasks/3/"),
    "action": ("lingdao", f"{PLAN}actions/2/"),
    "action-ten": ("kexie", f"{PLAN}actions/10/"),
    "department-list": ("lingdao", f"{PLAN}departments/"),
    "indicator-list": ("lingdao", f"{PLAN}indicators/"),
    "indicator": ("lingdao", f"{PLAN}indicators/farmer-training/"),
    "indicator-record": ("kexie", f"{PLAN}indicators/science-literacy/record/"),
    "filing": ("linye", f"{PLAN}filing/"),
    "filing-return": ("linye", f"{PLAN}filing/2023Q4/"),
    "filing-return-long": ("kexie_tb", f"{PLAN}filing/2023Q4/"),
    "filing-return-sent-back": ("jiaowei", f"{PLAN}filing/2023Q4/"),
    "filing-sheet": ("kexie_tb", f"{PLAN}filing/2023Q4/sheet/"),
    "filing-upload": ("linye", f"{PLAN}filing/2023Q4/upload/"),
    "filing-cooperation": ("nongye", f"{PLAN}filing/2023Q4/cooperation/"),
    "todo": ("kexie", "/todo/"),
    "notice-list": ("jiaowei", "/notices/"),
    "review": ("kexie", f"{PLAN}review/"),
    "annual-judgements": ("kexie", f"{PLAN}annual/?year=2022"),
    "period-list": ("kexie", f"{PLAN}periods/"),
    "archive": ("kexie", f"{PLAN}periods/2023Q3/archive/"),
    "archive-frozen": ("kexie", f"{PLAN}periods/2022Q4/archive/"),
    "reform-list": ("kexie", f"{PLAN}reforms/"),
    "reform-new": ("kexie", f"{PLAN}reforms/new/"),
    "task-reassign": ("kexie", f"{PLAN}tasks/34/reassign/"),
    "action-task-new": ("kexie", f"{PLAN}actions/10/tasks/new/"),
    "period": ("kexie", f"{PLAN}periods/2023Q4/"),
    "period-preview": ("kexie", f"{PLAN}periods/2024Q1/"),
    "reminders": ("kexie", f"{PLAN}periods/2023Q4/reminders/"),
    "close-out-apply": ("jiaowei", f"{PLAN}tasks/9/close-out/"),
    "exports": ("lingdao", f"{PLAN}exports/"),
    "finding-list": ("kexie", f"{PLAN}findings/"),
    "not-found": ("lingdao", f"{PLAN}nothing/"),
}
REACHED = {  # pages with an id in their address, by a link on another page
    "department": ("lingdao", f"{PLAN}departments/", "main a[href*='/departments/']"),
    "review-report": ("kexie", f"{PLAN}review/", "main a[href*='/review/']"),
    "close-out": ("kexie", f"{PLAN}review/", "main a[href*='/close-outs/']"),
    "close-out-sheet": ("lingdao", f"{PLAN}tasks/26/", "main a[href$='/sheet/']"),
}
SAYS_NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*PAGES, *REACHED])
def test_page(sit_down, name, width):
    page = open_page(sit_down, name, width)
    page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
    assert page.complaints == ([SAYS_NOT_FOUND] if name == "not-found" else [])
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert violations(page) == []


def test_what_is_wrong_with_a_page_is_caught(sit_down):
    page = sit_down(None)
    page.goto("/login/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/static/portal/favicon.svg>')"
    )
    page.evaluate("document.body.setAttribute('style', 'margin: 0')")
    assert [rule for rule, _ in violations(page)] == ["image-alt"]
    assert ["Content Security Policy" in complaint for complaint in page.complaints] == [True]


def open_page(sit_down, name, width):
    if name in PAGES:
        username, path = PAGES[name]
        page = sit_down(username, width)
        page.goto(path)
        return page
    username, path, link = REACHED[name]
    page = sit_down(username, width)
    page.goto(path)
    page.goto(page.locator(link).first.get_attribute("href"))
    return page


def violations(page):
    """(rule, first place) of whatever axe finds."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found]


def fill(page, line):
    card = page.locator(line)
    card.get_by_label("进度（%）", exact=True).fill("95")
    why = card.get_by_label("进度下降的原因")
    if why.is_visible():
        why.fill("按新口径重新核算。")
    card.get_by_label("本季进展").fill("举办培训班2期，培训86人次。")
    card.get_by_label("本季进展").press("Tab")


def test_a_unit_files_its_quarter(sit_down):
    page = sit_down("nongye")
    page.goto(f"{PLAN}filing/")
    page.get_by_role("link", name="继续填报").click()
    page.wait_for_url("**/filing/2023Q4/**")

    page.get_by_role("button", name="送审").click()
    missing = page.get_by_role("alert").get_by_role("link")
    missing.first.wait_for()
    lines = [link.get_attribute("href") for link in missing.all()]
    assert lines != []

    for line in lines:
        fill(page, line)
        page.locator(line.replace("#line-", "#mark-")).get_by_text("已填").wait_for()
        assert page.locator(line).get_by_text("已保存").is_visible()

    page.get_by_role("button", name="送审").click()
    page.get_by_text("已送本单位审核人审核。").wait_for()
    page.reload()
    assert page.locator(lines[0]).get_by_text("举办培训班2期，培训86人次。").is_visible()
    assert page.complaints == []


def test_a_verb_waits_for_the_line_that_is_still_being_saved(sit_down):
    page, held, released = sit_down("jiaowei"), [], []
    page.goto(f"{PLAN}filing/2023Q4/")
    for line in page.locator("section[id^=line-]").all():
        fill(page, f"#{line.get_attribute('id')}")

    def hold(route):
        if route.request.headers.get("hx-request") and not released:
            held.append(route)
        else:
            route.continue_()

    page.route("**/filing/2023Q4/**", hold)
    page.on("dialog", lambda dialog: dialog.accept())
    typed = page.locator("section[id^=line-] textarea").first
    typed.fill("最后一项，还没有存好就报送。")
    with page.expect_request(lambda request: bool(request.headers.get("hx-request"))):
        typed.blur()
    page.get_by_role("button", name="报送").click()
    assert page.get_by_text("已报送县科协。").count() == 0
    released.append(True)
    for route in held:
        route.continue_()
    page.get_by_text("已报送县科协。").wait_for()
    assert page.get_by_text("最后一项，还没有存好就报送。").count() == 1


def test_the_coordinator_downloads_the_summary(sit_down, tmp_path):
    page = sit_down("kexie")
    page.goto(f"{PLAN}exports/?period=2023Q3")
    with page.expect_download() as downloading:
        page.locator("main a[href*='summary.xlsx']").first.click()
    download = downloading.value
    assert download.suggested_filename.startswith("城口县2021—2025年汇总表_2023年第三季度_")
    download.save_as(tmp_path / "summary.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "summary.xlsx", read_only=True)
    tasks = [row for row in workbook["重点工作"].values if isinstance(row[0], int)]
    assert [row[0] for row in tasks] == list(range(1, 43))
    dashboard = page.goto(f"{PLAN}tasks/3/?period=2023Q3").text()
    assert tasks[2][2] in dashboard
    assert f"{tasks[2][5]:.0%}" in dashboard
