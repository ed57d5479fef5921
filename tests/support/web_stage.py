"""A web site between the real core on a socket and browsers that are played; on asyncio, as it runs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
from attrs import define, evolve, field
from starlette.applications import Starlette

from connectors.channels.converter import Secret
from connectors.client import (
    Alerted,
    SentenceAdded,
    WorkplaceClient,
    connect_workplace,
)
from connectors.web.app import WebSite
from connectors.web.settings import Site, Web
from protocol.values import AgentState
from tests.support.core_on_socket import CoreOnSocket, with_core
from tests.support.wired_core import INSTALLATION

OWN = "http://site.test"
FOREIGN = "https://shop.example.com"
ROUTED = (
    INSTALLATION
    + """
[[gate_rules]]
rank = 10
scenario = "Before the chat"
[[website_routing]]
gateway = "Web chat"
name = "blocked"
rank = 1
page_url_regex = '/private/'
block = true
[[website_routing]]
gateway = "Web chat"
name = "all"
rank = 2
target_element_id = "chat"
literal_culture = "de"
solicitation_time_out = "45s"
honor_reject_period = "1d"
[[website_routing]]
gateway = "Web chat"
name = "form"
rank = 3
web_app = "WebForm"
scenario = "Before the chat"
web_response = "Thank you."
[[literals]]
group = 102
value = 1
culture = "en"
name = "title"
text = "Talk to us"
[[literals]]
group = 102
value = 1
culture = "de"
name = "title"
text = "Sprechen Sie mit uns"
[[scenarios]]
name = "Before the chat"
culture = "en"
display_name = "Before we begin"
[[scenarios.screens]]
name = "start"
display_name = "About you"
finish_button = true
[[scenarios.screens.controls]]
name = "topic"
control_type = "TextArea"
display_name = "What is it about?"
[[scenarios.screens.controls]]
name = "colour"
control_type = "DropDown"
display_name = "Which colour?"
[[scenarios.screens.controls.parameters]]
display_name = "Red"
"""
)
SITE = Site(
    gateway="web",
    token=Secret("web-secret"),
    origins=(FOREIGN,),
    apps=("WebChat", "WebForm"),
    html_encode=False,
)


@define
class WebStage:
    """What a test has.

    Attributes:
        broker: The broker.
        site: The web site.
        browsers: The browsers that were opened.
    """

    broker: CoreOnSocket
    site: WebSite
    browsers: list[httpx2.AsyncClient] = field(factory=list)
    _application: Starlette | None = None

    def browser(self, **headers: str) -> httpx2.AsyncClient:
        """A browser on one of our own pages, or on that of another origin."""
        if self._application is None:
            self._application = self.site.application()
        transport = httpx2.ASGITransport(self._application, client=("192.0.2.7", 5_000))
        made = httpx2.AsyncClient(transport=transport, base_url=OWN, headers=headers)
        self.browsers.append(made)
        return made

    async def known(self, **headers: str) -> httpx2.AsyncClient:
        """One that has a visitor's token."""
        made = self.browser(**headers)
        assert (await made.get("/api/Visitor")).status_code == 200
        return made

    async def chatting(self, name: str = "Jana") -> httpx2.AsyncClient:
        """One with a chat."""
        made = await self.known()
        answer = await made.post("/api/Chat/WebChat", json={"PartyName": name})
        assert answer.status_code == 200, answer.text
        return made

    @asynccontextmanager
    async def alice(self) -> AsyncIterator[WorkplaceClient]:
        """An agent who is ready."""
        async with connect_workplace(self.broker.address, "101", "alice", "alice-secret") as client:
            await client.set_state(AgentState.READY)
            yield client


async def answering(client: WorkplaceClient, said: list[str]) -> None:
    """Take each chat and repeat what is heard."""
    async for event in client.events():
        match event:
            case Alerted(ref):
                await client.answer(ref)
            case SentenceAdded(ref, sentence, False):
                said.append(sentence.text or "")
                client.send_soon(ref, f"you said: {sentence.text}")
            case _:
                pass


def settings(broker: CoreOnSocket, folder: Path, site: Site = SITE, **more: Any) -> Web:
    """The settings of a site called `shop`."""
    made = Web(
        broker=broker.address,
        key_file=folder / "web.key",
        revoked=folder / "web.revoked",
        sites={"shop": site},
        patience=0.5,
    )
    return evolve(made, **more)


def play(
    scenario: Callable[[WebStage], Awaitable[None]],
    folder: Path,
    site: Site = SITE,
    config: str = ROUTED,
    **more: Any,
) -> None:
    """Play a scenario."""

    async def run(broker: CoreOnSocket) -> None:
        stage = WebStage(broker, WebSite.made(settings(broker, folder, site, **more)))
        async with anyio.create_task_group() as tasks:
            stage.site.start(tasks)
            await ready(stage)
            try:
                await scenario(stage)
            finally:
                for browser in stage.browsers:
                    await browser.aclose()
            tasks.cancel_scope.cancel()

    with_core(run, "asyncio", config)


async def ready(stage: WebStage) -> None:
    """Wait until the web site knows everything."""
    link = stage.site.links[0]
    await happens(lambda: link.ready and bool(link.rules.infos) and bool(link.literals))


async def happens(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    for _ in range(2_000):
        if condition():
            return
        await anyio.sleep(0.005)  # real time: real sockets
    raise AssertionError("it does not happen")
