"""The portal as it runs in production, with the demo content, and a Chromium to look at it."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
PLAN_FILE = "fixtures/plan/000_5b31e1cc3ff236a8.txt"
PASSWORD = "shili-2023-kepu"


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """The address of gunicorn serving a database of its own, DEBUG off, static files collected."""
    place = tmp_path_factory.mktemp("portal")
    environment = {name: value for name, value in os.environ.items() if name != "DEBUG"} | {
        "SECRET_KEY": "for-these-tests-only",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "DATABASE_URL": f"sqlite:///{place / 'portal.sqlite3'}",
        "MEDIA_ROOT": str(place / "media"),
        "DEMO_PASSWORD": PASSWORD,
    }
    commands = (
        ["migrate"],
        ["collectstatic", "--no-input"],
        ["import_plan", PLAN_FILE],
        ["load_demo"],
        ["freeze_period", "2022Q4"],
    )
    for command in commands:
        manage = [sys.executable, "manage.py", *command]
        subprocess.run(manage, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # The socket listens before the server runs, so that the first request waits for it by itself.
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        bind = ["--bind", f"fd://{listening.fileno()}", "--threads", "4", "--log-file", str(place / "log")]
        command = [sys.executable, "-m", "gunicorn", *bind, "chengkou_kepu.wsgi"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[listening.fileno()])
    try:
        assert urlopen(f"{address}/healthz", timeout=60).read() == b"ok"
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


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
