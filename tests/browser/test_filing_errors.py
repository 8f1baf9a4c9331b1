"""What a clerk sees when a return cannot go on: the list of what is missing has the focus; a file too large is not sent."""

import pytest

pytestmark = pytest.mark.browser

FILING = "/plans/chengkou-2021-2025/filing/2023Q4/"


@pytest.mark.parametrize("width", [1366, 390])
def test_a_refused_return_puts_the_focus_on_what_is_missing(sit_down, width):
    page = sit_down("nongye", width)
    page.goto(FILING)
    page.get_by_role("button", name="送审").click()
    page.wait_for_url("**check=1#missing")
    assert page.evaluate("document.activeElement.id") == "missing"
    assert page.locator("#missing").get_attribute("role") == "alert"
    top, below = page.evaluate(
        "[document.getElementById('missing').getBoundingClientRect().top,"
        " document.querySelector('.bar').getBoundingClientRect().bottom]"
    )
    assert below <= top < 768
    page.keyboard.press("Tab")
    line = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    assert line.startswith("#line-")
    assert page.evaluate("location.hash") == line


def test_a_file_too_large_is_dropped_and_named_before_it_is_sent(sit_down, tmp_path):
    large, small = tmp_path / "大表.xlsx", tmp_path / "小表.xlsx"
    large.write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    small.write_bytes(b"x")
    page = sit_down("nongye")
    page.goto(FILING + "upload/")
    field, note = page.locator("#file"), page.locator("[data-too-large]")
    field.set_input_files(str(large))
    assert field.evaluate("field => field.files.length") == 0
    assert note.inner_text() == "“大表.xlsx”超过 5 MB，没有选上，请压缩或拆分后再选。"
    field.set_input_files(str(small))
    assert field.evaluate("field => field.files.length") == 1
    assert note.is_hidden()
    assert page.complaints == []
