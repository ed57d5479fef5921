"""The widget where no WebSocket can be had: it goes on by requests, and by a socket when one works again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import lines, opened, write
from tests.support.recorded_program import RecordedProgram
from tests.support.tcp_gate import Sockets, TcpGate
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.requires("chromium", "ui")]


@pytest.fixture
def gate(program: WebProgram) -> Iterator[TcpGate]:
    """What is between the browser and the web process."""
    with TcpGate(program.port) as gate:
        yield gate


@pytest.fixture
def asked(visitor: BrowserContext) -> list[str]:
    """Requests that carried frames."""
    found: list[str] = []
    visitor.on("request", lambda it: found.append(it.url) if "/api/Frames" in it.url else None)
    return found


def polls(page: Page) -> bool:
    """Whether frames go by requests."""
    return bool(page.evaluate("localStorage.getItem('parley.shop.polling')"))


@pytest.mark.parametrize("sockets", [Sockets.REFUSED, Sockets.SILENT])
def test_a_conversation_without_a_socket(
    visitor: BrowserContext,
    gate: TcpGate,
    alice: AgentBeside,
    asked: list[str],
    sockets: Sockets,
) -> None:
    """A proxy that answers the upgrade by 403, and one that opens it and carries nothing."""
    gate.sockets = sockets
    page = visitor.new_page()
    page.goto(gate.url)
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    expect(page.locator("[data-state=delivered]")).to_have_count(1)
    alice.says("Hello")
    expect(page.get_by_text("Hello")).to_be_visible()
    alice.waits(lambda: alice.confirmed == ["Hello"])
    alice.types()
    expect(page.get_by_text("Alice is typing")).to_be_visible()
    alice.says("Are you there?")
    expect(page.get_by_text("Are you there?")).to_be_visible()
    write(page, "Yes")
    alice.hears("Hi", "Yes")
    assert lines(page) == ["Hi", "Hello", "Are you there?", "Yes"]
    assert gate.opened >= 1
    assert asked
    second, order = visitor.new_page(), list[str]()
    second.on("websocket", lambda _: order.append("socket"))
    second.on("request", lambda it: order.append(it.url.rpartition("/")[2]))
    second.goto(gate.url)  # it knows, and waits for no socket
    expect(second.get_by_text("Are you there?")).to_be_visible()
    assert "Frames" in order
    assert "socket" not in order[: order.index("Frames")]
    write(second, "Still")
    alice.hears("Hi", "Yes", "Still")
    assert lines(second) == ["Hi", "Hello", "Are you there?", "Yes", "Still"]


@pytest.mark.parametrize("sockets", [Sockets.REFUSED, Sockets.SILENT])
def test_a_socket_is_lost_in_mid_chat_and_comes_back(
    visitor: BrowserContext,
    gate: TcpGate,
    alice: AgentBeside,
    asked: list[str],
    sockets: Sockets,
) -> None:
    """W-20, W-21: no line is lost or doubled, whichever way it goes, and at no change of the way."""
    page = visitor.new_page()
    page.goto(gate.url)
    opened(page)
    write(page, "by the socket")
    alice.hears("by the socket")
    expect(page.locator("[data-state=delivered]")).to_have_count(1)
    assert asked == []
    gate.sockets = sockets
    gate.cut()
    mine, theirs = ["by the socket"], []
    for number in range(5):
        write(page, f"mine {number}")
        alice.says(f"theirs {number}")
        mine.append(f"mine {number}")
        theirs.append(f"theirs {number}")
    alice.hears(*mine)
    expect(page.locator("[data-state=delivered]")).to_have_count(len(mine))
    expect(page.get_by_text("theirs 4")).to_be_visible()
    assert asked
    page.evaluate(
        """() => { window.told = []; Parley.on("connection", (one) => told.push(one.detail.state)); }"""
    )
    gate.sockets = Sockets.PASS
    number = 5
    while polls(page):  # it talks on at the change
        write(page, f"mine {number}")
        alice.says(f"theirs {number}")
        mine.append(f"mine {number}")
        theirs.append(f"theirs {number}")
        alice.hears(*mine)
        page.wait_for_timeout(300)  # real time: five sentences a second may be said
        number += 1
    write(page, "by the socket again")
    alice.says("I see")
    mine.append("by the socket again")
    alice.hears(*mine)
    expect(page.get_by_text("I see")).to_be_visible()
    expect(page.locator("[data-state=delivered]")).to_have_count(len(mine))
    shown = lines(page)
    assert [text for text in shown if text in mine] == mine
    assert [text for text in shown if text not in mine] == [*theirs, "I see"]
    assert page.evaluate("told") == []  # nobody noticed
    requests = len(asked)
    write(page, "no request for this")
    alice.hears(*mine, "no request for this")
    assert len(asked) == requests


def test_the_broker_goes_while_a_browser_polls(
    visitor: BrowserContext, alone: RecordedProgram, asked: list[str]
) -> None:
    """It is said, what is written meanwhile is kept, and sent once it is back."""
    with TcpGate(alone.port) as gate, AgentBeside(alone.address) as alice:
        gate.sockets = Sockets.REFUSED
        page = visitor.new_page()
        page.goto(gate.url)
        opened(page)
        write(page, "before")
        alice.hears("before")
        alone.broker.kill()
        away = (
            "Our side is not there just now. What you write is kept and sent as soon as it is back."
        )
        expect(page.get_by_role("status")).to_have_text(away)
        write(page, "meanwhile")
        expect(page.locator("[data-state=sending]")).to_have_count(1)
        alone.broker.start()
        alice.hears("before", "meanwhile")
        expect(page.get_by_role("status")).to_have_text("You talk with Alice.")
        alone.kill()
        offline = "No connection. We keep trying; what you write is sent as soon as it is back."
        expect(page.get_by_role("status")).to_have_text(offline)
        write(page, "again")
        alone.start()
        alice.hears("before", "meanwhile", "again")
        alice.says("after")
        expect(page.get_by_text("after")).to_be_visible()
        assert lines(page) == ["before", "meanwhile", "again", "after"]
        assert asked


def test_files_go_by_requests_too(
    visitor: BrowserContext, gate: TcpGate, alice: AgentBeside
) -> None:
    """B-61: in pieces, whole at the other side."""
    gate.sockets = Sockets.REFUSED
    page = visitor.new_page()
    page.goto(gate.url)
    opened(page)
    large = bytes(range(256)) * 2_400
    page.get_by_label("Attach a file").set_input_files(
        {"name": "plan.bin", "mimeType": "application/octet-stream", "buffer": large}
    )
    alice.hears("plan.bin")
    (file,) = alice.files
    assert file.blob_id is not None
    assert alice.fetches(file.blob_id) == large


def test_the_socket_is_found_again_by_a_page_that_does_nothing(
    visitor: BrowserContext, gate: TcpGate, alice: AgentBeside, asked: list[str]
) -> None:
    gate.sockets = Sockets.REFUSED
    page = visitor.new_page()
    page.goto(gate.url)
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    assert asked
    gate.sockets = Sockets.PASS
    while polls(page):
        page.wait_for_timeout(200)  # real time: the page looks for it now and then
    alice.says("Hello")
    expect(page.get_by_text("Hello")).to_be_visible()
    assert lines(page) == ["Hi", "Hello"]
