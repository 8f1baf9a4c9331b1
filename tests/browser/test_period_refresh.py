"""The coordinator's period page keeps up with what comes in, and keeps what was unfolded."""

import pytest

from tests.browser.test_smoke import PLAN

pytestmark = pytest.mark.browser


def test_the_units_are_read_again_every_half_minute(sit_down):
    page = sit_down("kexie", 1366)
    page.clock.install()
    page.goto(f"{PLAN}periods/2023Q4/")
    unfolded = page.locator("#units details").first
    unfolded.locator("summary").click()
    page.evaluate("document.querySelector('#units h2').textContent = '旧'")
    with page.expect_response(lambda response: response.url.endswith("/periods/2023Q4/")) as answer:
        page.clock.fast_forward(31_000)
    assert answer.value.request.headers["hx-request"] == "true"
    page.wait_for_function("document.querySelector('#units h2').textContent !== '旧'")
    assert unfolded.evaluate("element => element.open")
    assert page.complaints == []
