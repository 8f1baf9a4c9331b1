"""Uploading evidence as a clerk does it."""

import pytest

from tests.files import PDF

pytestmark = pytest.mark.browser
ADDRESS = "/plans/chengkou-2021-2025/filing/2023Q4/"


def test_files_are_chosen_shown_downloaded_and_removed(sit_down):
    page = sit_down("linye")
    page.goto(ADDRESS)
    line = page.locator("details.card[id^=line-]").nth(1)
    if line.get_attribute("open") is None:
        line.locator("summary").first.click()
    line.get_by_text("上传佐证材料").click()
    files = [
        {"name": name, "mimeType": "application/pdf", "buffer": PDF} for name in ("名册.pdf", "签到.pdf")
    ]
    line.locator("input[type=file]").set_input_files(files)
    line.get_by_role("link", name="签到.pdf").wait_for()
    with page.expect_download() as downloading:
        line.get_by_role("link", name="名册.pdf").click()
    assert downloading.value.suggested_filename == "名册.pdf"
    bad = {"name": "程序.pdf", "mimeType": "application/pdf", "buffer": b"MZ not a pdf"}
    line.locator("input[type=file]").set_input_files([bad])
    line.get_by_text("“程序.pdf”不能上传：内容与扩展名 pdf 不符").wait_for()
    page.reload()
    line = page.locator(f"#{line.get_attribute('id')}")
    if line.get_attribute("open") is None:
        line.locator("summary").first.click()
    page.on("dialog", lambda dialog: dialog.accept())
    line.locator(".files li", has_text="名册.pdf").get_by_role("button", name="删除").click()
    page.get_by_text("已删除“名册.pdf”。").wait_for()
    assert page.get_by_role("link", name="签到.pdf").count() == 1


def test_one_file_goes_to_the_ticked_rows_of_a_block(sit_down):
    page = sit_down("linye")
    page.goto(ADDRESS)
    block = page.locator("#block-6-SUPPORT")
    block.get_by_text("给勾选的各项上传同一份佐证材料").click()
    rows = block.locator("input[name$='-rows']").all()
    for row in rows:
        row.set_checked(row is not rows[0])
    block.locator("input[type=file]").set_input_files(
        [{"name": "合影.pdf", "mimeType": "application/pdf", "buffer": PDF}]
    )
    page.locator(".evidence a", has_text="合影.pdf").first.wait_for(state="attached")
    assert page.locator(".evidence a", has_text="合影.pdf").count() == len(rows) - 1
    assert page.complaints == []


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(sit_down):
    page, sent = sit_down("linye"), []
    page.goto(ADDRESS)
    line = page.locator("details.card[id^=line-]").nth(2)
    if line.get_attribute("open") is None:
        line.locator("summary").first.click()
    line.get_by_text("上传佐证材料").click()
    form = line.locator("form[data-upload]")
    assert form.get_attribute("data-most") == str(20 * 1024 * 1024)
    form.evaluate("(form, size) => form.setAttribute('data-most', size)", len(PDF))
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    files = [
        {"name": name, "mimeType": "application/pdf", "buffer": content}
        for name, content in (("大.pdf", PDF + b" "), ("小.pdf", PDF))
    ]
    line.locator("input[type=file]").set_input_files(files)
    line.get_by_role("link", name="小.pdf").wait_for()
    line.get_by_text("“大.pdf”超过 20 MB，请压缩或拆分后再上传。").wait_for()
    assert len(sent) == 1
    assert line.get_by_role("link", name="大.pdf").count() == 0
