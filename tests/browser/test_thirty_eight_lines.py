"""县科协's 38 lines of a quarter in which three of them changed: filed online, counted, lost nothing, reviewed.

Runs against a portal of its own, whose server is killed in between.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.serving import PASSWORD, ROOT, Portal
from tests.files import PDF

pytestmark = pytest.mark.browser
PLAN = "/plans/chengkou-2021-2025/"
QUARTER = f"{PLAN}filing/2024Q1/"
GOAL = 25
CUT_OFF = "服务器中断时正在写的一句。"


@pytest.fixture
def own_portal(tmp_path):
    portal = Portal(tmp_path)
    portal.prepare()
    portal.manage("open_period", "2024Q1")
    portal.start()
    yield portal
    portal.kill()


class Desk:
    """A person at a browser, whose clicks and field entries are counted."""

    def __init__(self, chromium, portal, username):
        context = chromium.new_context(base_url=portal.address, viewport={"width": 1366, "height": 768})
        context.set_default_timeout(20_000)
        self.page, self.count, self.questions = context.new_page(), 0, []
        self.page.on("dialog", self.agree)
        self.page.goto("/login/")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def agree(self, dialog):
        self.count += 1
        self.questions.append(dialog.message)
        dialog.accept()

    def click(self, locator):
        self.count += 1
        locator.click()

    def type(self, locator, text):
        self.count += 1
        locator.fill(text)

    def choose(self, locator, file):
        self.count += 1
        locator.set_input_files([file])

    def leads(self):
        return self.page.locator("section[id^=line-]")

    def write(self, line, text):
        """Type into a line's progress without counting, and wait until it has saved itself."""
        progress_of(line).fill(text)
        progress_of(line).blur()
        saved(line)

    def submit(self):
        self.click(self.page.get_by_role("button", name="报送", exact=True))
        self.page.get_by_text("已报送县科协。").wait_for()


def progress_of(line):
    return line.get_by_label("本季进展")


def saved(line):
    expect(line).not_to_have_class(re.compile("dirty"), timeout=30_000)
    expect(line.locator(".state")).to_contain_text("已保存")


def fill_in(clerk):
    """The quarter as the clerk files it: three lead lines changed, one of them carried forward; one text for a
    section's supporting rows; nothing new in the rest. Leaves the return complete."""
    first, second, third = (clerk.leads().nth(place) for place in (0, 2, 3))
    clerk.click(first.get_by_role("button", name="沿用这段文字"))
    carried = progress_of(first).input_value()
    clerk.type(progress_of(first), f"{carried}本季新增科普展品12件。")
    for line in (second, third):
        clerk.type(progress_of(line), "新建科普教育基地1个，开展活动3场。")
    for line, completion in ((first, "71"), (second, "72"), (third, "73")):
        clerk.type(line.get_by_label("进度（%）", exact=True), completion)
        saved(line)
    clerk.click(first.get_by_text("上传佐证材料"))
    clerk.choose(
        first.locator("input[type=file]"),
        {"name": "签到册.pdf", "mimeType": "application/pdf", "buffer": PDF},
    )
    first.get_by_role("link", name="签到册.pdf").wait_for()
    block = clerk.page.locator("details.block[id$='-SUPPORT']").first
    clerk.type(block.get_by_label("本季进展"), "配合开展科技下乡2次。")
    clerk.click(block.get_by_role("button", name="应用到勾选的各项"))
    clerk.page.get_by_text("已保存。", exact=True).wait_for()
    rest = clerk.page.locator("#block-rest")
    expect(rest).to_contain_text("还有 13 项没有填写")
    clerk.type(rest.get_by_label("无新进展的原因"), "年度任务安排在下半年实施。")
    clerk.click(rest.get_by_role("button", name="其余各项均无新进展"))
    expect(clerk.page.locator("#filing-head")).to_contain_text("牵头工作已填 16 / 16 项")
    return carried


def test_a_quarter_of_38_lines(own_portal, chromium):
    clerk = Desk(chromium, own_portal, "kexie_tb")
    clerk.page.goto(QUARTER)
    assert clerk.page.locator("[id^=state-line-]").count() == 38
    carried = fill_in(clerk)
    kill_the_server(own_portal, clerk.page, clerk.leads().first)
    both_texts_survive(clerk, Desk(chromium, own_portal, "kexie_tb"), clerk.leads().first)
    clerk.write(clerk.leads().first, f"{carried}本季新增科普展品12件。")
    clerk.submit()
    assert clerk.questions == ["报送后由县科协审核，审核前可以撤回。确定报送吗？"]
    assert clerk.count < GOAL
    assert f"合计 {clerk.count} 次。" in (ROOT / "docs" / "filing.md").read_text()
    returned_and_accepted(Desk(chromium, own_portal, "zhengfuban").page, clerk)


def kill_the_server(portal, page, line):
    """It dies while a sentence is being typed; the page says so, and saves by itself once the server is back."""
    portal.kill()
    progress_of(line).fill(CUT_OFF)
    progress_of(line).blur()
    page.locator("#live").get_by_text("连接不上平台").wait_for()
    assert progress_of(line).input_value() == CUT_OFF
    portal.start()
    saved(line)
    page.reload()
    assert progress_of(line).input_value() == CUT_OFF


def both_texts_survive(clerk, colleague, mine):
    """A second browser saves the line first; the clerk sees both texts and by whom, and chooses."""
    colleague.page.goto(QUARTER)
    colleague.write(colleague.leads().first, "同事写的一段。")
    progress_of(mine).fill("我写的一段。")
    progress_of(mine).blur()
    theirs = mine.get_by_role("alert")
    theirs.get_by_text("同事写的一段。").wait_for()
    assert progress_of(mine).input_value() == "我写的一段。"
    mine.get_by_label("以我填写的内容为准").check()
    expect(theirs).to_have_count(0)
    saved(mine)
    colleague.page.reload()
    assert progress_of(colleague.leads().first).input_value() == "我写的一段。"


def returned_and_accepted(page, clerk):
    """The other coordinator returns one line with a remark, reads only what changed since, and accepts."""
    line = clerk.leads().nth(2)
    number = line.get_attribute("id").removeprefix("line-")
    open_review(page)
    page.locator(f"#flag-{number}").check()
    page.locator(f"input[name=remark-{number}]").fill("请写明参加人数。")
    page.locator("#return").get_by_role("button", name="退回补正").click()
    page.get_by_text("已退回县科协补正。").wait_for()
    clerk.page.reload()
    line.get_by_text("请写明参加人数。").wait_for()
    clerk.write(line, "新建科普教育基地1个，开展活动3场，参加120人。")
    clerk.submit()
    open_review(page)
    page.get_by_text("上次退回后").first.wait_for()
    assert page.locator("main > section.card > header[id^=line-]").count() == 1
    page.get_by_role("button", name="审核通过").click()
    page.get_by_text("县科协2024年第一季度季报审核通过。").wait_for()


def open_review(page):
    page.goto(f"{PLAN}review/?period=2024Q1")
    row = page.locator("tr", has_text="2024年第一季度").filter(has_text="县科协")
    row.get_by_role("link", name="审核", exact=True).click()
