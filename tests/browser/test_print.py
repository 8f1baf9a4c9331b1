"""Dashboard, task page and 报送表 on paper: no controls, nothing folded away, lights that need no colour."""

import re

import pytest

pytestmark = pytest.mark.browser

PLAN = "/plans/chengkou-2021-2025/"


SHEETS = {
    "dashboard": ("kexie", ""),
    "task": ("kexie", "tasks/3/"),
    "filing": ("kexie_tb", "filing/2023Q4/sheet/"),
}


@pytest.fixture(params=["dashboard", "task"])
def sheet(request, sit_down):
    return on_paper(sit_down, request.param)


def on_paper(sit_down, name):
    username, path = SHEETS[name]
    page = sit_down(username, 1366)
    page.goto(PLAN + path)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 980})
    return page


@pytest.mark.parametrize("name", SHEETS)
def test_paper_has_no_controls_and_nothing_cut_off(sit_down, name):
    sheet = on_paper(sit_down, name)
    seen = "els => els.filter(el => el.getClientRects().length).map(el => el.outerHTML)"
    assert sheet.eval_on_selector_all("button, .button, select, input, textarea, nav", seen) == []
    assert sheet.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    hidden = "els => els.filter(el => !el.checkVisibility({contentVisibilityAuto: true}))"
    folded = sheet.eval_on_selector_all("details.unfold article", hidden + ".length")
    assert folded == 0


def test_every_light_on_paper_has_its_word(sheet):
    unworded = "els => els.filter(el => !/[\\u4e00-\\u9fff]/.test(el.innerText)).length"
    assert sheet.eval_on_selector_all(".light", "els => els.length") > 0
    assert sheet.eval_on_selector_all(".light", unworded) == 0
    clipped = "els => els.filter(el => el.getBoundingClientRect().width < 2).length"
    assert sheet.eval_on_selector_all(".light .visually-hidden", clipped) == 0


def test_the_return_on_paper_repeats_its_head_and_breaks_no_row(sit_down):
    page = on_paper(sit_down, "filing")
    style = "(el, name) => getComputedStyle(el).getPropertyValue(name)"
    assert page.eval_on_selector(".sheet thead", style, "display") == "table-header-group"
    assert page.eval_on_selector(".sheet tbody tr", style, "break-inside") == "avoid"
    assert page.eval_on_selector(".keep", style, "break-inside") == "avoid"
    assert page.locator(".keep .signing").count() == 1
    assert page.locator(".keep .sheet tbody tr").count() >= 1
    wide = "els => els.map(el => Math.round(el.getBoundingClientRect().width))"
    assert {110} == set(page.eval_on_selector_all(".sheet.aligned td[data-label='状态、进度']", wide))
    shown = "els => els.filter(el => el.getClientRects().length).length"
    assert page.eval_on_selector_all(".top, .bar", shown) == 0


@pytest.mark.parametrize("period", ["2022Q4", "2023Q2", "2023Q4"])
def test_the_dashboard_prints_on_two_pages_at_most(sit_down, period):
    """2022Q4 is archived."""
    page = sit_down("kexie")
    page.goto(f"{PLAN}?period={period}")
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert 1 <= len(pages) <= 2
    style = "(el, name) => getComputedStyle(el).getPropertyValue(name)"
    page.emulate_media(media="print")
    assert page.eval_on_selector(".heat thead", style, "display") == "table-header-group"
    assert page.eval_on_selector(".heat tbody tr", style, "break-inside") == "avoid"


def test_a_return_being_written_prints_no_empty_part(sit_down):
    """Optional parts without anything in them stay shut; what is written stands on the paper."""
    page = sit_down("linye", 1366)
    page.goto(f"{PLAN}filing/2023Q4/")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    seen = "els => els.filter(el => el.getClientRects().length && !el.value).length"
    assert page.locator("details.more").count() > 0
    assert (
        page.eval_on_selector_all("details.more textarea, details.more input, .card.block textarea", seen)
        == 0
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("[data-opened-to-print]").count() == 0


def test_the_period_page_on_paper_does_not_promise_to_follow(sit_down):
    page = sit_down("kexie", 1366)
    page.goto(f"{PLAN}periods/")
    page.locator("td.name a").first.click()
    live = page.get_by_text("每半分钟更新").first
    assert live.is_visible()
    page.emulate_media(media="print")
    assert not live.is_visible()
