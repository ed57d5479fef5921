"""The widget where it is put: strict pages, foreign ones, small ones, and what a page says to it."""

import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Browser, BrowserContext, Page, expect

from broker.child import free_port
from tests.support.agent_beside import AgentBeside
from tests.support.pages import lines, opened, show_at, shown, write
from tests.support.web_program import SECRET, WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]


@pytest.fixture
def new_page(visitor: BrowserContext, alice: AgentBeside) -> Page:
    """An empty page of a visitor, while an agent is there."""
    assert alice.heard == []
    return visitor.new_page()


def tag(program: WebProgram, more: str = "") -> str:
    return f'<script src="{program.url}widget.js" data-site="shop" {more}></script>'


def test_a_page_that_allows_nothing_but_us(
    new_page: Page, program: WebProgram, alice: AgentBeside
) -> None:
    """No inline style, no inline script, no other host."""
    faults: list[str] = []
    new_page.on("console", lambda said: faults.append(said.text))
    host = program.url.rstrip("/")
    socket = host.replace("http", "ws")
    csp = f"default-src 'none'; script-src {host}; connect-src {host} {socket}"
    show_at(new_page, f"http://127.0.0.1:{program.foreign}/", tag(program), csp)
    opened(new_page)
    write(new_page, "Hi")
    alice.hears("Hi")
    alice.says("Hello")
    expect(new_page.get_by_text("Hello")).to_be_visible()
    portrait = new_page.get_by_role("img", name="Alice")
    expect(portrait).to_be_visible()
    assert portrait.evaluate("it => [it.width, it.height]") == [64, 64]
    assert [text for text in faults if "Content Security Policy" in text] == []
    assert new_page.locator("[style]").count() == 0


def test_a_foreign_page_keeps_its_visitor(
    new_page: Page, browser: Browser, program: WebProgram, alice: AgentBeside
) -> None:
    """By a token in a header, never in an address; a second browser is a second visitor."""
    asked: list[str] = []
    new_page.on("request", lambda request: asked.append(request.url))
    url = f"http://127.0.0.1:{program.foreign}/"
    show_at(new_page, url, tag(program))
    opened(new_page)
    write(new_page, "Hi")
    alice.hears("Hi")
    new_page.reload()
    expect(new_page.get_by_text("Hi", exact=True)).to_be_visible()
    token = new_page.evaluate("localStorage.getItem('parley.shop.token')")
    assert token
    assert not [address for address in asked if token in address]
    with browser.new_context() as other:
        second = other.new_page()
        show_at(second, url, tag(program))
        opened(second)
        write(second, "I am somebody else")
        alice.hears("Hi", "I am somebody else")
        assert lines(second) == ["I am somebody else"]
    assert lines(new_page) == ["Hi"]
    assert len(alice.chats) == 2


def test_a_page_of_an_origin_that_nobody_knows_has_no_chat(
    new_page: Page, program: WebProgram
) -> None:
    with new_page.expect_event("requestfailed", lambda asked: "/api/Routing/" in asked.url):
        show_at(new_page, f"http://127.0.0.1:{free_port()}/", tag(program))
    assert new_page.locator(".launch").count() == 0


def test_a_page_that_is_blocked_has_none(new_page: Page, program: WebProgram) -> None:
    with new_page.expect_response(lambda answer: "/api/Routing/" in answer.url) as answer:
        show_at(new_page, f"{program.url}private", tag(program))
    assert answer.value.json() is None
    assert new_page.locator(".launch").count() == 0


def test_a_telephone(browser: Browser, program: WebProgram, alice: AgentBeside) -> None:
    """WCAG 1.4.10, 2.5.8: the whole of 320 pixels, nothing beside it, and nothing too small to hit."""
    with browser.new_context(viewport={"width": 320, "height": 640}, locale="en-US") as context:
        page = context.new_page()
        page.goto(program.url)
        opened(page)
        write(page, "x" * 200)
        alice.hears("x" * 200)
        box = page.get_by_role("dialog").bounding_box()
        assert box == {"x": 0, "y": 0, "width": 320, "height": 640}
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        for button in page.locator("button:visible, textarea:visible").all():
            found = button.bounding_box()
            assert found is not None
            assert min(found["width"], found["height"]) >= 24


def test_from_right_to_left(new_page: Page, program: WebProgram) -> None:
    shown(new_page, program, tag(program, 'data-culture="ar"'))
    opened(new_page, "تحدث معنا")
    assert new_page.get_by_role("dialog").evaluate("it => getComputedStyle(it).direction") == "rtl"


def test_a_language_may_change(new_page: Page, program: WebProgram) -> None:
    shown(new_page, program, tag(program, 'data-culture="de-AT"'))
    opened(new_page, "Sprechen Sie mit uns")
    expect(new_page.get_by_label("Nachricht schreiben")).to_be_visible()
    new_page.evaluate("Parley.call('setLocale', 'cs')")
    expect(new_page.get_by_label("Napište zprávu")).to_be_visible()
    new_page.evaluate("Parley.call('setLocale', 'csb')")
    expect(new_page.get_by_label("Write a message")).to_be_visible()


def test_dark_and_in_a_colour_of_the_site(new_page: Page, program: WebProgram) -> None:
    shown(new_page, program, tag(program, 'data-theme="dark" data-accent="rgb(1, 2, 3)"'))
    launcher = new_page.locator(".launch")
    colour = "it => getComputedStyle(it).backgroundColor"
    assert launcher.evaluate(colour) == "rgb(1, 2, 3)"
    opened(new_page)
    assert new_page.locator(".panel").evaluate(colour) == "rgb(27, 31, 35)"
    new_page.evaluate("Parley.call('setTheme', 'light')")
    assert new_page.locator(".panel").evaluate(colour) == "rgb(255, 255, 255)"


def test_what_a_page_says_and_hears(
    new_page: Page, program: WebProgram, alice: AgentBeside
) -> None:
    """Commands that came before the script, events with names, and the end of hearing them."""
    queued = """<script>
      window.told = [];
      window.Parley = [["setAttributes", {name: "Jana", plan: "gold"}],
        ["on", "*", (event) => told.push(event.type)],
        (parley) => { window.end = parley.on("message", (event) => told.push(event.detail.text)); }];
    </script>"""
    shown(new_page, program, queued + tag(program, "data-hidden"))
    new_page.wait_for_function("told.includes('ready')")
    expect(new_page.locator(".launch")).to_be_hidden()
    new_page.evaluate("Parley.call('show')")
    expect(new_page.locator(".launch")).to_be_visible()
    new_page.evaluate("Parley.call('open')")
    new_page.evaluate("Parley.call('send', 'by the page')")
    alice.hears("by the page")
    new_page.wait_for_function("told.includes('by the page') && told.includes('agent')")
    new_page.evaluate("end()")
    new_page.evaluate("Parley.call('send', 'unheard')")
    alice.hears("by the page", "unheard")
    told = new_page.evaluate("told")
    assert [one for one in told if one in ("ready", "open", "started")] == [
        "ready",
        "open",
        "started",
    ]
    assert "unheard" not in told
    new_page.evaluate("Parley.call('toggle')")
    expect(new_page.get_by_role("dialog")).to_be_hidden()
    new_page.evaluate("Parley.call('destroy')")
    assert new_page.locator(".launch").count() == 0
    assert new_page.evaluate("window.Parley") is None


def test_a_second_script_refuses(new_page: Page, program: WebProgram) -> None:
    said: list[str] = []
    new_page.on("console", lambda message: said.append(message.text))
    shown(new_page, program, tag(program) + tag(program))
    expect(new_page.locator(".launch")).to_have_count(1)
    assert any("already" in text for text in said)


def test_a_page_that_draws_itself(new_page: Page, program: WebProgram, alice: AgentBeside) -> None:
    """The agent sees where the visitor is, and the conversation goes on."""
    shown(new_page, program, tag(program))
    opened(new_page)
    write(new_page, "Hi")
    alice.hears("Hi")
    new_page.evaluate("history.pushState({}, '', '/page?lamp'); document.title = 'A lamp'")
    new_page.evaluate("Parley.call('pageChanged')")
    alice.waits(lambda: alice.pages[-1:] == [f"{program.url}page?lamp\nA lamp"])
    new_page.evaluate("history.back()")
    alice.waits(lambda: alice.pages[-1].startswith(f"{program.url}page\n"))
    assert lines(new_page) == ["Hi"]


def test_who_says_who_they_are_takes_their_lines_along(
    new_page: Page, browser: Browser, program: WebProgram, alice: AgentBeside
) -> None:
    now = int(time.time())
    claim = {"sub": "c-1", "name": "Jana", "exp": now + 600}
    signed = jwt.encode({"alg": "HS256"}, claim, OctKey.import_key(SECRET))
    identify = "token => Parley.call('identify', token)"
    shown(new_page, program, tag(program))
    opened(new_page)
    new_page.evaluate(identify, signed)
    expect(new_page.get_by_label("Write a message")).to_be_visible()
    write(new_page, "It is me")
    alice.hears("It is me")
    with browser.new_context() as other:
        second = other.new_page()
        shown(second, program, tag(program))
        expect(second.locator(".launch")).to_be_visible()
        second.evaluate(identify, signed)
        opened(second)
        expect(second.get_by_text("It is me")).to_be_visible()
        second.evaluate("Parley.call('logout')")
        expect(second.get_by_text("It is me")).to_be_hidden()
