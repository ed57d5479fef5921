"""What the time until the launcher is seen hangs on: requests, one after the other, and their bytes.

How long that takes the network says, and docs/benchmark.md has figures; what is counted here decides it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from attrs import define, field
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import opened, shown
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]
KIB = 1_024
TEXT = "<main><h1>A shop</h1><p>Lamps of every kind.</p></main>"


def tag(program: WebProgram) -> str:
    return f'<script async src="{program.url}widget.js" data-site="shop"></script>'


@define
class Traffic:
    """What a page asks for.

    Attributes:
        asked: Paths in their order; what a browser asks before a question is an `OPTIONS`.
        bytes: What came for each, with its head.
    """

    asked: list[str] = field(factory=list)
    bytes: dict[str, int] = field(factory=dict)
    _names: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, page: Page) -> "Traffic":
        """Begin to watch."""
        seen, session = cls(), page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda event: seen._sent(event))
        session.on("Network.loadingFinished", lambda event: seen._finished(event))
        return seen

    def _sent(self, event: dict[str, Any]) -> None:
        path = event["request"]["url"].partition("?")[0].split("/", 3)[3]
        name = f"OPTIONS {path}" if event["request"]["method"] == "OPTIONS" else path
        self._names[event["requestId"]] = name
        if path != "favicon.ico":
            self.asked.append(name)

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes[self._names.get(event["requestId"], "?")] = int(event["encodedDataLength"])


@contextmanager
def served(port: int, body: str) -> Iterator[str]:
    """Serve a page of a foreign origin; gives its address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><link rel=icon href=data:,>{body}".encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Page) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{port}/"
        server.shutdown()


@pytest.fixture
def alice_is_there(alice: AgentBeside) -> None:
    """Somebody to talk with."""
    assert alice.heard == []


@pytest.mark.usefixtures("alice_is_there")
def test_two_requests_and_few_bytes(visitor: BrowserContext, program: WebProgram) -> None:
    """The script, and the question whether there is a chat; all else waits until somebody wants it."""
    page = visitor.new_page()
    traffic = Traffic.of(page)
    page.goto(program.url)  # not a page that is made up here: who does that changes what is asked
    expect(page.locator(".launch")).to_be_visible()
    page.wait_for_load_state("networkidle")
    own = re.findall(r'(?:src|href)="([^"]+)"', page.content())
    asked = [one for one in traffic.asked if one and one not in own]
    assert [*own, *asked].count("widget.js") == 1
    assert asked == ["api/Routing/WebChat"]
    assert traffic.bytes["widget.js"] <= 6 * KIB
    assert traffic.bytes["api/Routing/WebChat"] <= 5 * KIB
    opened(page)
    assert traffic.asked[-1] == "chat.js"
    assert traffic.bytes["chat.js"] <= 31 * KIB


@pytest.mark.usefixtures("alice_is_there")
def test_a_foreign_page_asks_for_no_more(visitor: BrowserContext, program: WebProgram) -> None:
    """Nothing is asked before the question of a visitor who is new; of others their token needs that."""
    page = visitor.new_page()
    traffic = Traffic.of(page)
    question = "api/Routing/WebChat"
    with served(program.foreign, TEXT + tag(program)) as url:
        page.goto(url)
        expect(page.locator(".launch")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert traffic.asked == ["", "widget.js", question]
        traffic.asked.clear()
        page.goto(url)
        expect(page.locator(".launch")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert sorted(traffic.asked) == sorted(["", "widget.js", question, f"OPTIONS {question}"])


@pytest.mark.usefixtures("alice_is_there")
def test_the_page_does_not_wait_for_it(visitor: BrowserContext, program: WebProgram) -> None:
    """With `async` the page is read to its end and shown, whatever becomes of the script."""
    page = visitor.new_page()
    held: list[Any] = []
    page.route("**/widget.js", lambda route: held.append(route))
    body = f"{tag(program)}{TEXT}<script src='then.js'></script>"
    page.route(
        "**/then.js",
        lambda route: route.fulfill(body="window.read = true", content_type="text/javascript"),
    )
    page.route(
        f"{program.url}page*",
        lambda route: route.fulfill(body=f"<!doctype html>{body}", content_type="text/html"),
    )
    page.goto(f"{program.url}page", wait_until="domcontentloaded")
    assert page.evaluate("[window.read, window.Parley === undefined]") == [True, True]
    expect(page.get_by_text("Lamps of every kind.")).to_be_visible()
    (route,) = held
    route.continue_()
    expect(page.locator(".launch")).to_be_visible()


WATCHED = """
window.measured = [];
for (const [owner, names] of [
  [Element.prototype, ["getBoundingClientRect", "getClientRects", "scrollTop", "scrollLeft",
    "scrollWidth", "scrollHeight", "clientTop", "clientLeft", "clientWidth", "clientHeight"]],
  [HTMLElement.prototype, ["offsetTop", "offsetLeft", "offsetWidth", "offsetHeight",
    "offsetParent", "innerText"]],
  [window, ["getComputedStyle", "innerWidth", "innerHeight", "scrollX", "scrollY"]],
]) for (const name of names) {
  const was = Object.getOwnPropertyDescriptor(owner, name);
  const how = was.value ? { value(...all) { note(name); return was.value.apply(this, all); } }
    : { get() { note(name); return was.get.call(this); }, set: was.set };
  Object.defineProperty(owner, name, { ...how, configurable: true });
}
function note(name) {
  if (new Error().stack.includes("widget.js")) measured.push(name);
}
window.shifts = 0;
new PerformanceObserver((all) => { for (const one of all.getEntries()) shifts += one.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.usefixtures("alice_is_there")
def test_it_moves_and_measures_nothing_on_the_page(
    visitor: BrowserContext, program: WebProgram
) -> None:
    """No layout is forced, and nothing shifts when the button comes."""
    page = visitor.new_page()
    page.add_init_script(WATCHED)
    shown(page, program, TEXT + tag(program))
    expect(page.locator(".launch")).to_be_visible()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("[measured, shifts]") == [[], 0]
    size = page.evaluate(
        "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    )
    assert size == 0
