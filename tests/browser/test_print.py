"""Dashboard and task page on paper: no controls, nothing folded away, lights that need no colour."""

import pytest

pytestmark = pytest.mark.browser

PLAN = "/plans/chengkou-2021-2025/"


@pytest.fixture(params=["", "tasks/3/"], ids=["dashboard", "task"])
def sheet(request, sit_down):
    page = sit_down("kexie", 1366)
    page.goto(PLAN + request.param)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 980})
    return page


def test_paper_has_no_controls_and_nothing_cut_off(sheet):
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
