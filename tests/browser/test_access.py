"""The widget for everybody: axe-core finds nothing, and what is new is read out (WCAG 2.2 AA)."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import choose, opened, shown, write
from tests.support.requires import UI_PACKAGES
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]
AXE = UI_PACKAGES / "axe-core" / "axe.min.js"
RULES = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations.map((one) => [one.id, one.nodes.map((node) => node.html + node.failureSummary)])"""


def findings(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate(RULES)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside, theme: str
) -> None:
    page = visitor.new_page()
    script = f'<script src="widget.js" data-site="desk" data-theme="{theme}"></script>'
    shown(page, program, f"<main><h1>A shop</h1></main>{script}")
    expect(page.locator(".launch")).to_be_visible()
    assert findings(page) == []
    opened(page)
    page.get_by_role("button", name="Begin the chat").click()
    expect(page.get_by_role("alert")).to_have_text("Please fill in: Topic")
    assert findings(page) == []
    page.get_by_label("Topic").select_option("To buy")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Pieces")).to_be_focused()
    assert findings(page) == []
    page.get_by_role("button", name="Begin the chat").click()
    write(page, "Hi https://a.example")
    alice.hears("Hi https://a.example")
    alice.says("Hello https://b.example")
    expect(page.get_by_text("Hello")).to_be_visible()
    write(page, "x" * 40_000)
    expect(page.locator("[data-state=failed]")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="More").click()
    assert findings(page) == []
    page.keyboard.press("Escape")
    choose(page, "End the conversation", "Yes, end it")
    expect(page.get_by_role("button", name="Start a new conversation")).to_be_visible()
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_shop_is_for_everybody(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside, width: int, scheme: str
) -> None:
    page = visitor.new_page()
    told: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(program.url)
    expect(page.locator(".launch")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert findings(page) == []
    assert (told, hosts) == ([], {program.url.split("/")[2]})


def styled(app: str, more: str = "") -> str:
    script = f'<script src="widget.js" data-site="styled" data-app="{app}" {more}></script>'
    return f'<main><h1>A shop</h1><div id="contact"></div></main>{script}'


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("app", "place", "button"),
    [("WebForm", "", "Send"), ("WebMsg", "contact", "Send"), ("WebCBack", "", "Call me")],
)
def test_axe_finds_nothing_in_forms(
    visitor: BrowserContext, program: WebProgram, app: str, place: str, button: str, theme: str
) -> None:
    page = visitor.new_page()
    shown(page, program, styled(app, f'data-theme="{theme}" data-target="{place}"'))
    if app == "WebCBack":
        opened(page, "Have us call you")
    expect(page.get_by_role("button", name=button)).to_be_visible()
    assert findings(page) == []
    if app == "WebForm":
        page.get_by_role("button", name=button).click()
        page.get_by_label("Topic").select_option("A question")
    elif app == "WebMsg":
        page.get_by_label("E-mail address").fill("jana@example.com")
        page.get_by_label("Message (needed)").fill("Hi")
    else:
        page.get_by_label("Phone number").fill("12")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        assert findings(page) == []
        page.get_by_label("Phone number").fill("+420601123456")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("status").filter(has_text=re.compile("."))).to_be_visible()
    assert findings(page) == []


@pytest.mark.parametrize("place", ["", "contact"])
def test_axe_finds_nothing_in_what_a_site_has_made_its_own(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside, place: str
) -> None:
    page = visitor.new_page()
    shown(page, program, styled("WebChat", f'data-target="{place}"'))
    if not place:
        opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    expect(page.get_by_role("link", name="Questions")).to_be_visible()
    assert findings(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_comes_by_itself(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside, theme: str
) -> None:
    """The warning of who is silent, and what is shown beside the button."""
    page = visitor.new_page()
    script = f'<script src="widget.js" data-site="hurry" data-theme="{theme}"></script>'
    shown(page, program, f"<main><h1>A shop</h1></main>{script}")
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    alice.says("Hello")
    expect(page.get_by_role("button", name="Hide this message")).to_be_visible()
    assert findings(page) == []


def test_only_what_is_new_is_read_out(page: Page, alice: AgentBeside) -> None:
    """A log: lines are put behind the others, and what stands there is left alone."""
    opened(page)
    write(page, "one")
    alice.hears("one")
    expect(page.locator("[data-state=delivered]")).to_have_count(1)
    page.get_by_role("log").evaluate(
        """log => { window.seen = []; new MutationObserver((all) => {
          for (const one of all) for (const node of one.addedNodes) seen.push(node.className ?? "");
          for (const one of all) for (const node of one.removedNodes) seen.push("removed");
        }).observe(log, { childList: true }); }"""
    )
    alice.says("two")
    expect(page.get_by_text("two")).to_be_visible()
    write(page, "three")
    expect(page.locator("[data-state=delivered]")).to_have_count(2)
    assert page.evaluate("seen") == ["line ", "line mine"]


def test_large_letters_and_wide_spacing_cut_nothing_off(page: Page, alice: AgentBeside) -> None:
    """WCAG 1.4.4, 1.4.12."""
    opened(page)
    write(page, "A sentence of several words, as people write them")
    alice.hears("A sentence of several words, as people write them")
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(
          `* { line-height: 1.5 !important; letter-spacing: .12em !important;
               word-spacing: .16em !important; }
           :host { font-size: 30px !important; }`);
          const root = document.body.lastElementChild.shadowRoot;
          root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]; }"""
    )
    for place in (".text", ".say", ".main", "header button"):
        sizes = "all => all.map((it) => [it.scrollWidth - it.clientWidth, it.scrollHeight - it.clientHeight])"
        for wide, high in page.locator(f"{place}:visible").evaluate_all(sizes):
            assert (wide <= 1, high <= 1) == (True, True), place
    assert page.get_by_role("dialog").evaluate("it => it.scrollWidth <= it.clientWidth")
