"""The widget when things break: nothing is lost, nothing comes twice, and nobody is told otherwise."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import lines, opened, write
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.requires("chromium", "ui")]


def talk(
    visitor: BrowserContext,
    program: WebProgram,
    breaks: Callable[[], None],
    mends: Callable[[], None],
    said: str,
) -> None:
    """Talk, break something, go on talking, mend it; everything is there once and in order."""
    with AgentBeside(program.broker.address) as alice:
        page = visitor.new_page()
        page.goto(program.url)
        opened(page)
        write(page, "before")
        alice.hears("before")
        expect(page.locator("[data-state=delivered]")).to_have_count(1)
        breaks()
        expect(page.get_by_role("status")).to_have_text(said)
        write(page, "while it is broken")
        write(page, "and again")
        expect(page.locator("[data-state=sending]")).to_have_count(2)
        mends()
        alice.hears("before", "while it is broken", "and again")
        expect(page.locator("[data-state=delivered]")).to_have_count(3, timeout=20_000)
        alice.says("after")
        expect(page.get_by_text("after")).to_be_visible()
        assert lines(page) == ["before", "while it is broken", "and again", "after"]
        expect(page.get_by_role("status")).to_have_text("You talk with Alice.")


def test_the_broker_is_killed(visitor: BrowserContext, alone: WebProgram) -> None:
    """W-20, W-21, W-26."""
    away = "Our side is not there just now. What you write is kept and sent as soon as it is back."
    talk(visitor, alone, alone.broker.kill, alone.broker.start, away)


def test_the_web_process_is_killed(visitor: BrowserContext, alone: WebProgram) -> None:
    """W-20, W-21, W-26: what it forgot with that the browser brings again."""
    offline = "No connection. We keep trying; what you write is sent as soon as it is back."
    talk(visitor, alone, alone.kill, alone.start, offline)


def test_a_line_that_was_on_its_way_outlives_its_page(page: Page, alice: AgentBeside) -> None:
    """W-21: with its key, so that it comes once, whether it had arrived or not."""
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    drops = "send = WebSocket.prototype.send; WebSocket.prototype.send = () => {}"
    page.evaluate(drops)
    write(page, "lost with the page")
    expect(page.locator("[data-state=sending]")).to_have_count(1)
    page.reload()
    alice.hears("Hi", "lost with the page")
    expect(page.locator("[data-state=delivered]")).to_have_count(2)
    page.reload()
    expect(page.locator("[data-state=delivered]")).to_have_count(2)
    assert alice.heard == ["Hi", "lost with the page"]


def test_a_line_that_is_refused_may_be_tried_again_or_discarded(
    page: Page, alice: AgentBeside
) -> None:
    """The observer's rule: what was not taken never looks as if it had been."""
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    long = "x" * 40_000
    write(page, long)
    failed = page.locator("[data-state=failed]")
    expect(failed).to_have_count(1)
    page.get_by_role("button", name="Try again").click()
    expect(failed).to_have_count(1)
    page.get_by_role("button", name="Discard").click()
    expect(failed).to_have_count(0)
    write(page, "shorter")
    alice.hears("Hi", "shorter")
    assert lines(page) == ["Hi", "shorter"]
