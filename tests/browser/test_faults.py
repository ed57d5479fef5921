"""The widget when things break: nothing is lost, nothing comes twice, and nobody is told otherwise."""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from broker.recording.format import load
from tests.support.agent_beside import AgentBeside
from tests.support.pages import lines, opened, write
from tests.support.recorded_program import RecordedProgram, doubled
from tests.support.tcp_gate import TcpGate
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.requires("chromium", "ui")]

OFFLINE = "No connection. We keep trying; what you write is sent as soon as it is back."


def talk(
    visitor: BrowserContext,
    program: WebProgram,
    breaks: Callable[[], None],
    mends: Callable[[], None],
    said: str,
    url: str = "",
) -> None:
    """Talk, break something, go on talking, mend it; everything is there once and in order."""
    with AgentBeside(program.address) as alice:
        page = visitor.new_page()
        page.goto(url or program.url)
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
        expect(page.locator("[data-state=delivered]")).to_have_count(3)
        alice.says("after")
        expect(page.get_by_text("after")).to_be_visible()
        assert lines(page) == ["before", "while it is broken", "and again", "after"]
        expect(page.get_by_role("status")).to_have_text("You talk with Alice.")


def test_the_broker_is_killed(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """W-20, W-21, W-26."""
    away = "Our side is not there just now. What you write is kept and sent as soon as it is back."
    talk(visitor, alone, alone.broker.kill, alone.broker.start, away)


def test_the_web_process_is_killed(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """W-20, W-21, W-26: what it forgot with that the browser brings again."""
    talk(visitor, alone, alone.kill, alone.start, OFFLINE)


def test_what_is_judged_would_be_noticed(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """I-2, I-3: a plant. In the recording of a good conversation the agent is made to hear a line twice."""
    with AgentBeside(alone.address) as alice:
        page = visitor.new_page()
        page.goto(alone.url)
        opened(page)
        write(page, "Hi")
        alice.hears("Hi")  # with the answer, or behind it
        write(page, "once")
        alice.hears("Hi", "once")
        expect(page.locator("[data-state=delivered]")).to_have_count(2)
    assert alone.judged() == []
    found = alone.judged(doubled(load(alone.recording), "once"))
    assert {one.partition(" ")[0].rstrip(":") for one in found} >= {"I-2"}


def test_the_browser_is_offline(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """It knows that, and says so at once: no socket is waited for that cannot be good any more."""
    goes, comes = partial(visitor.set_offline, True), partial(visitor.set_offline, False)
    talk(visitor, alone, goes, comes, OFFLINE)


def test_the_network_is_cut(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """Every connection breaks, and new ones carry nothing for a while."""
    with TcpGate(alone.port) as gate:

        def breaks() -> None:
            gate.hush()
            gate.cut()

        talk(visitor, alone, breaks, gate.heal, OFFLINE, gate.url)


def test_the_network_goes_away_without_a_word(
    visitor: BrowserContext, alone: RecordedProgram
) -> None:
    """Nothing is closed, nothing comes: who writes learns soon that nobody has it, and it goes once."""
    with TcpGate(alone.port) as gate, AgentBeside(alone.address) as alice:
        page = visitor.new_page()
        page.goto(gate.url)
        opened(page)
        write(page, "before")
        alice.hears("before")
        expect(page.locator("[data-state=delivered]")).to_have_count(1)
        gate.hush()
        alice.says("into the silence")
        write(page, "one")
        write(page, "two")
        expect(page.locator("[data-state=sending]")).to_have_count(2)
        with page.expect_request(
            "**/fallback.js", timeout=40_000
        ):  # nobody answers that either, nor says so
            expect(page.get_by_role("status")).to_have_text(OFFLINE)
        assert alice.heard == ["before"]
        gate.heal()
        alice.hears("before", "one", "two")
        expect(page.locator("[data-state=delivered]")).to_have_count(3)
        assert lines(page) == ["before", "into the silence", "one", "two"]
        expect(page.get_by_role("status")).to_have_text("You talk with Alice.")


def test_a_question_that_nobody_answers_is_asked_again(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    """Without that a page whose first question was swallowed would have no chat."""
    assert alice.heard == []
    page = visitor.new_page()
    asked: list[Route] = []

    def swallow(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.route("**/api/Routing/**", swallow)
    page.goto(program.url)
    expect(page.locator(".launch")).to_be_visible(timeout=60_000)
    assert len(asked) == 2


def test_a_line_arrived_whose_echo_did_not(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """W-21: the browser cannot know, says it again by its key, and nobody has it twice."""
    with TcpGate(alone.port) as gate, AgentBeside(alone.address) as alice:
        page = visitor.new_page()
        page.goto(gate.url)
        opened(page)
        write(page, "before")
        alice.hears("before")
        expect(page.locator("[data-state=delivered]")).to_have_count(1)
        gate.hush(back_alone=True)
        write(page, "heard")
        alice.hears("before", "heard")
        expect(page.locator("[data-state=sending]")).to_have_count(1)
        expect(page.get_by_role("status")).to_have_text(OFFLINE)
        gate.heal()
        expect(page.locator("[data-state=delivered]")).to_have_count(2)
        alice.says("I have it")
        expect(page.get_by_text("I have it")).to_be_visible()
        assert lines(page) == ["before", "heard", "I have it"]
        assert alice.heard == ["before", "heard"]


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
