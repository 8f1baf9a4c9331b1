"""Lines that save themselves, and what the page says and keeps when they cannot."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ADDRESS = "/plans/chengkou-2021-2025/filing/2023Q4/"


@pytest.fixture
def line(sit_down):
    """A supporting line of 县林业局, unfolded; `line.page` is its page."""
    page = sit_down("linye")
    page.goto(ADDRESS)
    line = page.locator("details.card[id^=line-]").last
    if line.get_attribute("open") is None:
        line.locator("summary").first.click()
    return line


def text_of(line):
    return line.locator("textarea[name$='-progress']")


def wait_until_saved(line, *, within=5_000):
    """`within` milliseconds."""
    expect(line).not_to_have_class(re.compile("dirty"), timeout=within)
    expect(line.locator(".state")).to_contain_text("已保存")


def stored(line):
    """What a reload shows."""
    line.page.reload()
    return text_of(line).input_value()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"status": 423, "body": "没有保存：2023年第四季度已截止填报。"},
            "没有保存：2023年第四季度已截止填报。",
        ),
        ({"status": 403, "body": ""}, "没有保存：您没有权限，或页面打开太久、登录已过期。"),
        ({"status": 500, "content_type": "text/html", "body": "<h1>oops</h1>"}, "平台出错，没有保存。"),
        ({"status": 413, "body": ""}, "没有保存：文件太大"),
    ],
    ids=lambda value: str(value.get("status")) if isinstance(value, dict) else "",
)
def test_a_refused_save_says_why_and_keeps_the_text(line, answer, said):
    page = line.page
    page.route(
        "**/filing/2023Q4/**",
        lambda route: route.fulfill(**{"content_type": "text/plain; charset=utf-8"} | answer),
    )
    text_of(line).fill("没有存上也不能丢的文字。")
    page.locator("#live").get_by_text(said).wait_for()
    assert text_of(line).input_value() == "没有存上也不能丢的文字。"
    expect(line).to_have_class(re.compile("dirty"))
    expect(line.locator(".saved")).to_be_hidden()
    page.unroute("**/filing/2023Q4/**")


def test_an_expired_session_says_so_and_the_text_is_saved_after_signing_in_again(line):
    page = line.page
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    text_of(line).fill("登录过期前写的文字。")
    page.locator("#live").get_by_text("登录已过期，没有保存。请先在新窗口登录").wait_for()
    assert text_of(line).input_value() == "登录过期前写的文字。"
    page.context.add_cookies(cookies)
    text_of(line).press("End")
    text_of(line).type("续")
    wait_until_saved(line)
    assert stored(line) == "登录过期前写的文字。续"


EXPIRED = "登录已过期，没有保存。请先在新窗口登录"


def test_a_verb_after_the_session_expired_does_not_lose_a_line(line):
    page = line.page
    page.on("dialog", lambda dialog: dialog.accept())
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    text_of(line).fill("报送前登录已过期。")
    page.locator("#live").get_by_text(EXPIRED).wait_for()
    page.locator("#live").get_by_role("button", name="关闭").click()
    for verb in ("自愿报送", "保存"):
        page.get_by_role("button", name=verb, exact=True).click()
        page.locator("#live").get_by_text(EXPIRED).wait_for()
        page.locator("#live").get_by_role("button", name="关闭").click()
    assert page.url.endswith(ADDRESS)
    assert text_of(line).input_value() == "报送前登录已过期。"
    page.context.add_cookies(cookies)
    with page.expect_navigation():
        page.get_by_role("button", name="保存", exact=True).click()
    assert stored(line) == "报送前登录已过期。"


def test_a_verb_after_the_session_expired_does_not_lose_a_block(line):
    page = line.page
    block = page.locator("details.block").first
    text = text_of(block)
    if block.get_attribute("open") is None:
        block.locator("summary").first.click()
    cookies, held = page.context.cookies(), text.input_value()
    page.context.clear_cookies(name="sessionid")
    text.fill("一并填写的文字不能丢。")
    block.get_by_role("button", name="应用到勾选的各项").click()
    page.locator("#live").get_by_text(EXPIRED).wait_for()
    assert page.url.endswith(ADDRESS)
    assert text.input_value() == "一并填写的文字不能丢。"
    page.context.add_cookies(cookies)
    text.fill(held)


def test_a_verb_that_cannot_reach_the_server_keeps_the_page(line):
    page = line.page
    page.route("**/filing/2023Q4/**", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="保存", exact=True).click()
    page.locator("#live").get_by_text("连接不上平台，没有提交。").wait_for()
    assert page.url.endswith(ADDRESS)


def test_an_autosave_leaves_nothing_to_complain_about(line):
    text_of(line).fill("控制台没有报错。")
    text_of(line).blur()
    wait_until_saved(line)
    assert line.page.complaints == []


def test_what_could_not_be_sent_is_sent_again_by_itself(line):
    page, down = line.page, [True]
    page.route(
        "**/filing/2023Q4/**",
        lambda route: route.abort("connectionrefused") if down else route.continue_(),
    )
    text_of(line).fill("断网时写的文字。")
    page.locator("#live").get_by_text("连接不上平台").wait_for()
    down.clear()
    wait_until_saved(line, within=20_000)
    assert stored(line) == "断网时写的文字。"


def test_two_windows_on_one_line_keep_both_texts(line, sit_down):
    page, other = line.page, sit_down("linye")
    other.goto(ADDRESS)
    theirs = other.locator(f"#{line.get_attribute('id')}")
    if theirs.get_attribute("open") is None:
        theirs.locator("summary").first.click()
    text_of(theirs).fill("另一个窗口先存的文字。")
    wait_until_saved(theirs)
    text_of(line).fill("这个窗口后写的文字。")
    alert = line.get_by_role("alert")
    alert.get_by_text("另一个窗口先存的文字。").wait_for()
    assert text_of(line).input_value() == "这个窗口后写的文字。"
    assert page.locator("#filing-wrong").inner_text().endswith("有误 1 项")
    alert.get_by_text("以我填写的内容为准").click()
    wait_until_saved(line)
    expect(page.locator("#filing-wrong")).to_be_hidden()
    assert stored(line) == "这个窗口后写的文字。"


def test_an_older_answer_that_comes_later_does_not_outdate_the_page(sit_down):
    """Two lines saved side by side, the first answer held back behind the second."""
    page, held = sit_down("linye"), []
    page.goto(ADDRESS)
    lines = page.locator("details.card[id^=line-]").all()[:2]
    for line in lines:
        if line.get_attribute("open") is None:
            line.locator("summary").first.click()

    def answer(route):
        response = route.fetch()
        held.append((route, response))
        if len(held) == 2:
            for waiting, given in reversed(held):
                waiting.fulfill(response=given)

    page.route("**/filing/2023Q4/**", answer, times=2)
    for number, line in enumerate(lines):
        text_of(line).fill(f"同时保存的第{number}条。")
        text_of(line).blur()
    for line in lines:
        wait_until_saved(line)
    shown = page.locator("#return-version").input_value()
    page.reload()
    assert page.locator("#return-version").input_value() == shown
