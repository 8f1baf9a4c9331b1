"""A Chromium to look at the portal with, and people who have signed in."""

import signal
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.serving import PASSWORD, Portal

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """The address of a portal that all tests share."""
    portal = Portal(tmp_path_factory.mktemp("portal"))
    portal.prepare()
    portal.start()
    yield portal.address
    portal.kill(signal.SIGTERM)


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("needs the Debian package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in_states(portal, chromium):
    """username → cookies of a session that was signed in through the login page."""
    states = {None: None}

    def state_of(username):
        if username not in states:
            context = chromium.new_context(base_url=portal)
            page = context.new_page()
            page.goto("/login/")
            page.get_by_label("用户名").fill(username)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(lambda url: "/login/" not in url)
            states[username] = context.storage_state()
            context.close()
        return states[username]

    return state_of


@pytest.fixture
def sit_down(portal, chromium, signed_in_states):
    """`sit_down(username, width)` → a page of that user; what the browser complains about is in `page.complaints`."""
    contexts = []

    def sit_down(username, width=1366):
        context = chromium.new_context(
            base_url=portal,
            viewport={"width": width, "height": 768},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            storage_state=signed_in_states(username),
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(f"{request.url} {request.failure}"))
        return page

    yield sit_down
    for context in contexts:
        context.close()
