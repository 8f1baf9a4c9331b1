"""Taking last quarter's text over, as a clerk does it."""

import pytest

pytestmark = pytest.mark.browser
ADDRESS = "/plans/chengkou-2021-2025/filing/2023Q4/"


def test_last_quarters_text_is_taken_over_for_editing_and_saves_itself(sit_down):
    page = sit_down("linye")
    page.goto(ADDRESS)
    line = page.locator("details.card[id^=line-]:has([data-carry])").first
    if line.get_attribute("open") is None:
        line.locator("summary").first.click()
    line.locator("textarea[name$='-progress']").fill("")
    told = line.locator("[data-told]").inner_text()
    line.get_by_role("button", name="沿用这段文字").click()
    text = line.locator("textarea[name$='-progress']")
    assert (text.input_value(), text.evaluate("field => field === document.activeElement")) == (told, True)
    line.get_by_text("已保存").wait_for()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    text.fill("本季另写。")
    line.get_by_role("button", name="沿用这段文字").click()
    assert (asked, text.input_value()) == (["已有文字，确定换成上次的文字吗？"], "本季另写。")
