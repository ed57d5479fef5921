"""Web applications beside the chat, elements of the page that things stand in, templates of a site."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import choose, opened, shown, write
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]


def tag(app: str, more: str = "") -> str:
    return f'<script src="widget.js" data-site="styled" data-app="{app}" {more}></script>'


@pytest.fixture
def blank(visitor: BrowserContext, alice: AgentBeside) -> Page:
    """A page on which nothing is yet; an agent is there."""
    return visitor.new_page()


def test_a_form_stands_in_the_page_and_says_thanks(blank: Page, program: WebProgram) -> None:
    """The rule's element, the site's template, screens with conditions."""
    shown(blank, program, f'<h1>Contact</h1><div id="contact"></div>{tag("WebForm")}')
    here = blank.locator("#contact").get_by_role("region", name="Before we begin")
    expect(here.get_by_text("We read it today.")).to_be_visible()
    assert blank.evaluate("document.activeElement === document.body")  # it takes no focus by itself
    here.get_by_role("button", name="Send").click()
    expect(here.get_by_role("alert")).to_have_text("Please fill in: Topic")
    here.get_by_label("Topic").select_option("To buy")
    here.get_by_role("button", name="Next").click()
    here.get_by_label("Pieces").fill("7")
    here.get_by_label("A card").check()
    here.get_by_label("Day").fill("2026-12-24")
    here.get_by_role("button", name="Send").click()
    expect(here.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(here.get_by_role("status")).to_contain_text("We answer <today>.")
    expect(here.get_by_role("status")).to_contain_text(re.compile("[0-9a-f-]{36}"))
    expect(here.get_by_label("Topic")).to_have_count(0)
    expect(here).to_be_focused()


def test_a_wish_to_be_called_floats_where_the_page_has_no_place_for_it(
    blank: Page, program: WebProgram
) -> None:
    shown(blank, program, tag("WebCBack"))
    opened(blank, "Have us call you")
    dialog = blank.get_by_role("dialog")
    expect(dialog.get_by_label("Your name")).to_be_focused()
    dialog.get_by_label("Phone number").fill("12")
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not a phone number that we can call")
    expect(dialog.get_by_label("Phone number")).to_be_focused()
    dialog.get_by_label("Phone number").fill("601 123 456")
    dialog.get_by_label("When").fill("2020-01-01T10:00")
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Please choose another")
    dialog.get_by_label("When").fill("")
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_have_text("Thank you. We will call you.")
    blank.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(blank.locator(".launch")).to_be_focused()


def test_a_chat_and_a_form_on_one_page(
    blank: Page, program: WebProgram, alice: AgentBeside
) -> None:
    place = '<div id="letters"></div>'
    more = tag("WebMsg", 'data-target="letters"')
    shown(blank, program, f"{place}{tag('WebChat')}{more}{more}")  # the third is refused
    letter = blank.locator("#letters")
    letter.get_by_label("E-mail address").fill("jana@example.com")
    letter.get_by_label("Message (needed)").fill("Hi")
    letter.get_by_role("button", name="Send").click()
    expect(letter.get_by_role("status")).to_have_text("Thank you. Your message has arrived.")
    opened(blank)
    write(blank, "Hello")
    alice.hears("Hello")
    assert blank.evaluate("[...Parley.apps.keys()]") == ["WebChat", "WebMsg"]
    blank.evaluate("Parley.call('destroy')")
    expect(letter).to_be_empty()
    expect(blank.get_by_role("dialog")).to_have_count(0)


def test_the_chat_stands_in_an_element_of_the_page(
    blank: Page, program: WebProgram, alice: AgentBeside
) -> None:
    """It is open at once, takes no focus, has nothing to close it, and may be moved."""
    body = '<div id="here"></div><div style="height: 3000px"></div><div id="there"></div>'
    shown(blank, program, f"{body}{tag('WebChat', 'data-target=here')}")
    here = blank.locator("#here").get_by_role("region", name="Talk to us")
    expect(here.get_by_label("Write a message")).to_be_visible()
    assert blank.evaluate("document.activeElement === document.body")
    expect(blank.locator(".launch")).to_be_hidden()
    expect(here.get_by_role("button", name="Close the chat")).to_have_count(0)
    write(blank, "Hi")
    alice.hears("Hi")
    blank.keyboard.press("Escape")
    expect(here).to_be_visible()
    blank.evaluate("scrollTo(0, 2500)")
    alice.says("unseen down here")
    expect(blank).to_have_title("(1) A page")
    assert alice.confirmed == []
    blank.evaluate("scrollTo(0, 0)")
    alice.waits(lambda: alice.confirmed == ["unseen down here"])
    expect(blank).to_have_title("A page")
    blank.evaluate("Parley.call('embed', 'there')")
    expect(blank.locator("#there").get_by_text("unseen down here")).to_be_visible()
    blank.evaluate("Parley.call('embed', '')")
    expect(blank.locator(".launch")).to_be_visible()
    opened(blank)
    expect(blank.get_by_text("unseen down here")).to_be_visible()


def test_an_element_that_is_not_there_is_told_of(blank: Page, program: WebProgram) -> None:
    said: list[str] = []
    blank.on("console", lambda message: said.append(message.text))
    shown(blank, program, tag("WebChat", "data-target=nowhere"))
    opened(blank)
    assert "Parley: no element nowhere here" in said


STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'"


def test_a_template_frames_the_chat(blank: Page, program: WebProgram, alice: AgentBeside) -> None:
    """On a strict page too; what is filled in is text."""
    told: list[str] = []
    blank.on("console", lambda message: told.append(message.text))
    blank.on("pageerror", lambda error: told.append(str(error)))
    name = "<i>Jana</i>"
    blank.route(
        "**/told.js",
        lambda route: route.fulfill(
            body=f"window.Parley = [['setAttributes', {{name: '{name}'}}]]",
            content_type="text/javascript",
        ),
    )
    shown(blank, program, '<script src="told.js"></script>' + tag("WebChat"), STRICT)
    opened(blank)
    dialog = blank.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="<b>Light</b>")).to_have_css("letter-spacing", "2px")
    expect(dialog.get_by_text(f"Hello {name}.")).to_be_visible()
    link = dialog.get_by_role("link", name="Questions")
    expect(link).to_have_attribute("href", "https://shop.example/faq")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(dialog.get_by_text("Kept for 30 days.")).to_be_visible()
    write(blank, "One <b>lamp</b>")
    alice.hears("One <b>lamp</b>")
    expect(dialog.get_by_text("You talk with Alice.", exact=False).last).to_be_visible()
    assert told == []


def test_a_template_frames_what_is_printed(
    blank: Page, program: WebProgram, alice: AgentBeside
) -> None:
    shown(blank, program, tag("WebChat"))
    opened(blank)
    write(blank, "One <b>lamp</b>")
    alice.hears("One <b>lamp</b>")
    alice.says("Here it is")
    expect(blank.get_by_text("Here it is")).to_be_visible()
    blank.evaluate(
        "() => { window.open = ((open) => (...all) => { const page = open(...all);"
        " page.print = () => {}; return page; })(window.open); }"
    )
    with blank.expect_popup() as opening:
        choose(blank, "Print the conversation")
    printed = opening.value
    expect(printed.get_by_role("heading")).to_have_text("Your talk with Alice")
    assert printed.locator("dt").all_inner_texts() == ["You", "Alice"]
    assert printed.locator("dd").all_inner_texts() == ["One <b>lamp</b>", "Here it is"]
