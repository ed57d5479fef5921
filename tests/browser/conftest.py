"""A browser, a broker with a web process, and an agent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.agent_beside import AgentBeside
from tests.support.recorded_program import RecordedProgram
from tests.support.requires import CHROMIUM
from tests.support.web_program import WebProgram

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # pages that a test makes up come from nowhere
)


@pytest.fixture(
    scope="package"
)  # while Playwright is open its loop counts as running: asyncio.run would fail
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    expect.set_options(
        timeout=45_000
    )  # whoever was cut off tries again later and later; a loaded machine is slow
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProgram]:
    """A broker and a web process that the tests of a file share."""
    with WebProgram(tmp_path_factory.mktemp("web")) as program:
        yield program


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[RecordedProgram]:
    """A broker and a web process of a test's own, to be killed; what the broker hears and says is judged."""
    with RecordedProgram(tmp_path) as program:
        yield program
        assert program.judged() == []


@pytest.fixture
def alice(program: WebProgram) -> Iterator[AgentBeside]:
    """The agent."""
    with AgentBeside(program.broker.address) as agent:
        yield agent


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser, in which nothing may go wrong unseen."""
    with browser.new_context(
        locale="en-US", viewport={"width": 1000, "height": 800}, reduced_motion="reduce"
    ) as context:
        context.set_default_timeout(45_000)
        yield context


@pytest.fixture
def page(visitor: BrowserContext, program: WebProgram, alice: AgentBeside) -> Iterator[Page]:
    """The shop, as this visitor sees it while an agent is there."""
    faults: list[str] = []
    page = visitor.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(program.url)
    yield page
    assert faults == []
