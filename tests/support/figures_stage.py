"""The service of live figures over a store that the real core writes, in virtual time, asked as over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import httpx2
from attrs import define, field
from sqlalchemy import Connection

from broker.config.load import loads
from broker.config.model import SECOND, Config
from broker.core.inputs import FrameArrived
from broker.reporting.figures.app import App
from broker.reporting.figures.service import Service
from broker.reporting.source import Session, SourceError
from protocol.frame import Frame
from protocol.values import from_micros
from tests.support.playbook import CONFIG, Client, Playbook

FIGURES: Final = """
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "mail-secret"
[[message_rules]]
project = "Support"
answer_within = "4h"
[figures]
zone = "Europe/Prague"
threshold = "20s"
[[figures.tokens]]
name = "Wall"
token = "wall-secret"
[[figures.tokens]]
name = "Boss"
token = "boss-secret"
role = "supervisor"
[[figures.tokens]]
name = "Sales"
token = "sales-secret"
role = "supervisor"
projects = ["Sales"]
"""


@define
class PlayedSession(Session):
    """The store of a playbook, which can be away."""

    connection: Connection | None = field(default=None, kw_only=True)
    is_away: bool = field(default=False, kw_only=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read it, or fail."""
        if self.is_away or self.connection is None:
            raise SourceError("the disk is gone")
        with self.connection.begin():
            yield self.connection


@define(eq=False)
class FiguresStage:
    """The playbook, the service and who asks it.

    Attributes:
        play: The core and its store.
        service: The service; it looks when it is told to.
        http: A client of it.
        streams: What is pushed; it is closed at the end.
    """

    play: Playbook
    service: Service
    http: httpx2.AsyncClient
    web: Client = field(init=False)
    chats: dict[str, str] = field(init=False, factory=dict)
    streams: list[AsyncGenerator[bytes, None]] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self.web = self.play.connector("web")

    @property
    def session(self) -> PlayedSession:
        """The store as the service reads it."""
        assert isinstance(self.service.session, PlayedSession)
        return self.service.session

    def start(self, tracking: str, **more: Any) -> str:
        """A visitor comes; the ChatId."""
        self.web.says("ES_CHAT_START", TrackingId=tracking, **more)
        chats = self.play.state.chats.values()
        self.chats[tracking] = next(c.id for c in chats if c.visitor.tracking_id == tracking)
        return self.chats[tracking]

    async def look(self) -> None:
        """Have the service see what is new."""
        self.play.store.note_life(self.play.wall)
        await self.service.look()

    async def ask(self, path: str, token: str | None = "boss", **query: Any) -> httpx2.Response:
        """Ask for something, as the bearer of a token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}-secret"}
        params = {name.rstrip("_"): value for name, value in query.items()}
        return await self.http.get(path, headers=headers, params=params)

    async def told(self, path: str, token: str = "boss", **query: Any) -> Any:
        """What is answered, after another look."""
        await self.look()
        response = await self.ask(path, token, **query)
        assert response.status_code == 200, response.text
        return response.json()


def config_of(more: str = FIGURES) -> Config:
    """The installation, with the section."""
    return loads(CONFIG + more).config


@asynccontextmanager
async def playing(more: str = FIGURES) -> AsyncIterator[FiguresStage]:
    """Play, and ask."""
    play = Playbook(CONFIG + more)
    config = config_of(more)
    assert config.figures is not None
    session = PlayedSession("", connection=play.store._connection)
    service = Service(session, config, config.figures, lambda: play.wall)
    transport = httpx2.ASGITransport(app=App(service).application())
    async with httpx2.AsyncClient(transport=transport, base_url="http://figures") as http:
        stage = FiguresStage(play, service, http)
        try:
            yield stage
        finally:
            for stream in stage.streams:
                await stream.aclose()


def letter(stage: FiguresStage, number: int) -> None:
    """A mail comes in."""
    mail = stage.play.connector("mail")
    gateway = next(iter(stage.play.config.message_gateways))
    stage.play.put(FrameArrived(mail.number, Frame("ES_SL_GETGATEWAYS", "mail")))
    mail.base = {}
    mail.says(
        "ES_MESSAGE_RECEIVING",
        GatewayId=gateway,
        DeliverySystemId=f"<{number}@example.org>",
        RemoteAddress=f"eva{number}@example.org",
        ReceivedSentTime=from_micros(stage.play.now),
        BodyText="Do they fit?",
    )


def busy_morning(stage: FiguresStage) -> None:
    """A morning, in seconds.

    0    alice is ready, bob pauses
    10   t1 begins; alice answers after 4 s and hangs up at 104
    110  t2 begins, of sales; it is given up after 5 s
    120  t3 begins; alice answers after 25 s, says one sentence, and still has it
    150  t4 begins, which only bob could take; it waits
    175  now
    """
    play, web = stage.play, stage.web
    alice = play.agent("alice", "101")
    play.agent("bob", "102", "Pause")
    play.wait(10)
    first = stage.start("t1")
    play.wait(4)
    alice.says("CS_CHAT_ANSWER", ChatId=first)
    play.wait(90)
    alice.says("CS_CHAT_HANGUP", ChatId=first)
    play.wait(6)
    stage.start("t2", ExtResponse="sales")
    play.wait(5)
    web.says("ES_CHAT_STOP", TrackingId="t2")
    play.wait(5)
    third = stage.start("t3")
    web.says("ES_CHAT_SENTENCE", TrackingId="t3", ID="v1", Text="Are you there?")
    play.wait(25)
    alice.says("CS_CHAT_ANSWER", ChatId=third)
    alice.says("CS_CHAT_SENTENCE", ChatId=third, ID="a1", Text="Yes.")
    play.wait(5)
    stage.start("t4", ExtResponse="expert")
    play.wait(25)
    assert play.now % SECOND == 0
