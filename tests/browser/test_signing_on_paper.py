"""Signing on paper as a clerk does it: print, have it signed, upload the scan, submit."""

import pytest

from tests.files import PDF

pytestmark = pytest.mark.browser
ADDRESS = "/plans/chengkou-2021-2025/filing/2023Q4/"


def test_a_line_still_being_typed_and_the_scan_go_with_one_click(sit_down):
    page = sit_down("linye")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(ADDRESS)
    line = page.locator("details.card[id^=line-]").first
    if line.get_attribute("open") is None:
        line.locator("summary").first.click()
    line.locator("textarea[name$='-progress']").fill("签批前的最后一句。")
    page.locator("#signing > summary").click()
    page.get_by_label("签批人").fill("周局长")
    page.get_by_label("职务").fill("局长")
    page.get_by_label("签批日期").fill("2024-01-05")
    scan = {"name": "报送表.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.get_by_label("签批件扫描件").set_input_files([scan])
    page.get_by_role("button", name="按线下签批报送").click()
    page.get_by_text("已按线下签批报送县科协。").wait_for()
    assert page.get_by_text("线下签批：局长 周局长，2024年1月5日").count() == 1
    assert page.complaints == []
    with page.expect_download() as downloading:
        page.get_by_role("link", name="扫描件“报送表.pdf”").click()
    assert downloading.value.suggested_filename == "报送表.pdf"
    page.get_by_role("link", name="报送表", exact=True).click()
    page.get_by_text("签发人：周局长").wait_for()
    assert page.get_by_text("签批前的最后一句。").count() == 1
    page.goto(ADDRESS)
    page.get_by_role("button", name="撤回").click()
    page.get_by_text("已撤回，可以继续修改。").wait_for()
