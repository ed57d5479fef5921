"""The widget on a page: what a visitor may do besides, and what is not asked of them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import choose, opened, shown, write
from tests.support.recorded_program import RecordedProgram
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]
DESK = '<script src="widget.js" data-site="desk" {more}></script>'


def test_a_conversation_is_kept_as_a_text(
    page: Page, alice: AgentBeside, tmp_path: Path, browser: Browser
) -> None:
    opened(page)
    write(page, "Good morning")
    alice.hears("Good morning")
    alice.says("<b>Hello</b>")
    expect(page.get_by_text("<b>Hello</b>")).to_be_visible()
    with page.expect_download() as coming:
        choose(page, "Save the conversation")
    coming.value.save_as(tmp_path / "chat.txt")
    first, second = (tmp_path / "chat.txt").read_text("utf-8").splitlines()
    assert first.endswith("You: Good morning")
    assert second.endswith("Alice: <b>Hello</b>")
    page.evaluate(
        "() => { window.open = ((open) => (...all) => { const page = open(...all);"
        " page.print = () => {}; return page; })(window.open); }"
    )
    with page.expect_popup() as opening:
        choose(page, "Print the conversation")
    expect(opening.value.locator("pre")).to_contain_text("Alice: <b>Hello</b>")


def test_the_end_is_asked_for_twice(page: Page, alice: AgentBeside) -> None:
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    choose(page, "End the conversation", "No, go on")
    expect(page.get_by_role("button", name="More")).to_be_focused()
    write(page, "Still here")
    alice.hears("Hi", "Still here")
    page.get_by_role("button", name="More").click()
    page.keyboard.press("Escape")  # closes the menu alone
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="Sound off")).to_be_hidden()


def test_who_wants_no_sound_has_none_in_later_pages(page: Page) -> None:
    opened(page)
    choose(page, "Sound off")
    page.reload()
    opened(page)
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()


def test_who_is_silent_is_warned_and_may_go_on(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    """WCAG 2.2.1: a minute before the end, by one action, as often as wanted."""
    page = visitor.new_page()
    shown(page, program, '<script src="widget.js" data-site="hurry"></script>')
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    warned = page.get_by_role("alert").filter(has_text="since nobody is writing")
    expect(warned).to_contain_text(re.compile(r"ends at \d\d:\d\d [AP]M"))
    for said in (["Hi", "I am still here."], ["Hi", "I am still here.", "I am still here."]):
        warned.get_by_role("button", name="Go on").click()
        alice.hears(*said)
        expect(warned).to_be_visible()  # a minute is more than there is on this gateway
        expect(page.get_by_role("button", name="Go on")).to_have_count(1)
    alice.hangs_up()
    expect(warned).to_be_hidden()


def test_what_is_new_is_shown_beside_the_button(
    page: Page, visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    page.keyboard.press("Escape")
    peek = page.locator(".peek")
    expect(peek).to_have_count(0)
    status = page.get_by_role("status")
    expect(status).to_have_text("")  # what is put in later is read out
    alice.says("First <b>line</b>")
    expect(status).to_have_text("Alice: First <b>line</b>")
    alice.says(" ".join(["long"] * 200))
    expect(status).to_contain_text("long long")
    box = peek.bounding_box()
    assert box is not None
    assert box["height"] < 120
    page.locator(".launch").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Hide this message")).to_have_count(0)
    expect(page.locator(".launch")).to_be_focused()
    expect(page.locator(".count")).to_have_text("2")  # it is hidden, not seen
    page.reload()
    expect(page.locator(".count")).to_have_text("2")
    alice.says("Third")
    expect(status).to_have_text("Alice: Third")
    assert alice.confirmed == []
    second = visitor.new_page()
    second.goto(program.url)
    opened(second)  # seen there, it is not new here
    expect(peek).to_have_count(0)
    second.close()
    alice.says("Fourth")
    status.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_label("Write a message")).to_be_focused()
    expect(peek).to_have_count(0)


def test_a_page_learns_that_somebody_came(visitor: BrowserContext, alone: RecordedProgram) -> None:
    """Without being loaded again; what was begun to be written to nobody stays."""
    pages = [visitor.new_page(), visitor.new_page()]
    for page in pages:
        page.clock.install()
        shown(page, alone, '<script src="widget.js" data-site="shop"></script>')
        expect(page.locator(".launch")).to_have_attribute("data-signal", "Closed")
    page, other = pages
    opened(page)
    expect(page.get_by_text("Nobody is here at the moment.", exact=True)).to_be_visible()
    with AgentBeside(alone.address) as alice:
        page.wait_for_timeout(2_500)  # real time: so old may be what the web process knows
        for one in pages:
            one.clock.fast_forward(60_000)
            expect(one.locator(".launch")).to_have_attribute("data-signal", "Free")
        expect(page.get_by_label("Write a message")).to_be_visible()
        expect(page.get_by_text("Nobody is here at the moment.", exact=True)).to_be_hidden()
        expect(other.locator(".launch")).to_have_accessible_name(re.compile("We are here.$"))
        write(page, "Good that you came")
        alice.hears("Good that you came")


def test_what_the_page_told_is_not_asked(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    """WCAG 3.3.7: the first screen has nothing left to ask; what was told is saved all the same."""
    page = visitor.new_page()
    told = '<script src="told.js"></script>'  # a page without inline scripts may do so too
    page.route(
        "**/told.js",
        lambda route: route.fulfill(
            body="window.Parley = [['setAttributes', {topic: 'sales', Pieces: '7'}]]",
            content_type="text/javascript",
        ),
    )
    shown(page, program, told + DESK.format(more=""))
    opened(page)
    expect(page.get_by_role("heading", name="Your purchase")).to_be_visible()
    expect(page.get_by_label("Topic")).to_have_count(0)
    expect(page.get_by_label("Pieces")).to_have_count(0)
    page.get_by_label("Details").fill("Thanks")
    page.get_by_role("button", name="Begin the chat").click()
    alice.waits(lambda: len(alice.chats) == 1)
    expect(page.get_by_label("Write a message")).to_be_focused()


def test_a_message_is_left_where_nobody_is(visitor: BrowserContext, program: WebProgram) -> None:
    page = visitor.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    shown(page, program, '<script src="widget.js" data-site="letters"></script>')
    opened(page)
    page.get_by_label("Your name").fill("Jana")
    page.get_by_label("E-mail address").fill("jana@nowhere")
    page.get_by_label("Message (needed)").fill("Is the <b>lamp</b> back?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_have_text("This is not an e-mail address.")
    page.get_by_label("E-mail address").fill("jana@example.com")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We write to you tomorrow.")).to_be_visible()
    assert faults == []


def test_a_conversation_that_ended_is_rated(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    page = visitor.new_page()
    form = "4d9c1f5e-9a52-4c7e-8a2f-3a5f0f7f9b21"
    shown(page, program, f'<script src="widget.js" data-site="shop" data-rating="{form}"></script>')
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    choose(page, "End the conversation", "Yes, end it")
    page.get_by_role("button", name="Rate this conversation").click()
    asked = page.get_by_role("log").locator("form")
    asked.get_by_role("button", name="Send").click()
    expect(asked.get_by_role("alert")).to_have_text("Please fill in: Stars")
    asked.get_by_label("Five").check()
    page.evaluate("() => { Parley.on('form', ({ detail }) => { window.saved = detail.form; }); }")
    asked.get_by_role("button", name="Send").click()
    page.wait_for_function(f"window.saved === '{form}'")
    expect(asked).to_have_count(0)
