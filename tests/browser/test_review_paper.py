"""The review page on paper and on a phone."""

import pytest

pytestmark = pytest.mark.browser

INBOX = "/plans/chengkou-2021-2025/review/"


def first_to_review(page):
    """Open the first return of the inbox that its reader may decide on."""
    page.goto(INBOX)
    page.get_by_role("link", name="审核", exact=True).and_(page.locator(".button")).first.click()
    page.get_by_role("button", name="审核通过").wait_for()


def test_on_paper_nothing_asks_to_be_clicked(sit_down):
    page = sit_down("kexie")
    first_to_review(page)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for clickable in ("nav", "button", "input[type=checkbox]", "textarea", "a.button"):
        assert page.locator(clickable).locator("visible=true").count() == 0, clickable
    assert page.locator("h1").is_visible()
    assert page.locator("main details:not([open])").count() == 0
    kept = "els => els.map(el => [getComputedStyle(el).breakInside, getComputedStyle(el).breakAfter].join())"
    heads = page.locator(".card > header, details.card > summary")
    assert set(heads.evaluate_all(kept)) == {"avoid,avoid"}


def test_on_a_phone_the_title_has_its_own_row_and_the_buttons_share_one(sit_down):
    page = sit_down("kexie", 390)
    first_to_review(page)
    title = page.locator(".bar .grow").bounding_box()
    buttons = [button.bounding_box() for button in page.locator(".bar .button").all()]
    assert len(buttons) == 3
    assert {round(button["y"]) for button in buttons} == {round(buttons[0]["y"])}
    assert buttons[0]["y"] >= title["y"] + title["height"]
    before, now = page.locator(".line").first.locator("> div").all()
    assert now.bounding_box()["y"] >= before.bounding_box()["y"] + before.bounding_box()["height"]
