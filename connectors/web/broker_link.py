"""The session with the broker for one gateway address, and who watches which chat.

Every web process sees all chats of its gateways (`Tuning(follow=True)`), so a browser may come to any.
What a chat is now stands in the client's own picture of it; events only say that somebody wants to know.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, get_args

import anyio
from attrs import define, field, frozen

from connectors.client import (
    ChatChanged,
    ChatForgotten,
    ChatRef,
    ChatRenewed,
    ConnectorClient,
    ConnectorError,
    Disconnected,
    Ended,
    Event,
    FormOffered,
    Gateway,
    Pushed,
    Ready,
    SentenceAdded,
    SentenceConfirmed,
    SentenceEchoed,
    SentenceRefused,
    SessionEnded,
    SlotChanged,
    Tuning,
    TypingChanged,
    connect_connector,
)
from connectors.web.asking import Asking
from connectors.web.figures import GatewayFigures
from connectors.web.problems import Away
from connectors.web.routing import Rules
from protocol.blob import BlobStatusInfo
from protocol.chat import ChatServiceInfo
from protocol.register import LiteralLookupInfo
from protocol.verdicts import take_verdict

WEB_LITERALS: Final = 102
"""The group of the web's texts."""
CACHING: Final = 300.0
"""How often the registers are fetched, in seconds; a change is told before."""
TYPING_TOLD: Final = 4.0
"""How often it is said that somebody types still, in seconds; it ends after 8."""
EVENTS: Final = 1_000_000
"""A resync may bring all transcripts of a gateway at once."""
ABSENT: Final = 20_000
"""Chats of which it is remembered that there are none."""
ABSENT_FOR: Final = 60.0
SIGNAL_PERIOD: Final = 2.0
"""How long an answer is good whether a chat would be taken, in seconds: nobody tells when agents come."""
SIGNALS: Final = 10_000
AGAIN: Final = 30.0
"""How long to wait before a session that the broker refused is tried again."""

_log = logging.getLogger(__name__)

About = (
    ChatChanged
    | ChatForgotten
    | ChatRenewed
    | FormOffered
    | SentenceAdded
    | SentenceConfirmed
    | SentenceEchoed
    | SentenceRefused
    | SlotChanged
    | TypingChanged
)
"""Events about one chat."""
ABOUT: Final = get_args(About)


class Watcher(Protocol):
    """Who wants to know what happens in a chat."""

    def told(self, event: About) -> None:
        """Something happened."""

    def judged(self, verdict: BlobStatusInfo) -> None:
        """The scanner said something of an attachment of the chat."""

    def broker_left(self) -> None:
        """There is no session with the broker any more."""

    def broker_back(self) -> None:
        """There is one again, and everything is known."""

    def fail(self) -> None:
        """They could not be told: end it."""


@frozen
class Upstream:
    """How a gateway address is reached.

    Attributes:
        address: The broker.
        peer: The gateway address.
        ports: Its sub-addresses that are served.
        token: Its secret.
        tls: How TLS is spoken.
    """

    address: str
    peer: str
    ports: tuple[str | None, ...]
    token: str = field(repr=False)
    tls: ssl.SSLContext | None = None


@define(eq=False)
class Link:
    """One gateway address of the broker.

    Attributes:
        upstream: How it is reached.
        rules: What web pages show to whom, as the broker said it last.
        literals: Its texts, likewise.
        fault: Why the broker does not take this program.
        signals: Whether chats would be taken, by what was asked.
    """

    upstream: Upstream
    rules: Rules = field(factory=lambda: Rules(()))
    literals: tuple[LiteralLookupInfo, ...] = ()
    fault: str = "the broker was not reached yet"
    _client: ConnectorClient | None = None
    _watchers: dict[ChatRef, list[Watcher]] = field(factory=dict)
    signals: Asking[ChatServiceInfo, ChatServiceInfo] = field(
        factory=lambda: Asking(SIGNAL_PERIOD, SIGNALS)
    )
    _typing: dict[ChatRef, None] = field(factory=dict)
    _absent: dict[ChatRef, datetime] = field(factory=dict)
    _stale: anyio.Event = field(factory=anyio.Event)

    @property
    def ready(self) -> bool:
        """Whether there is a session, and all is known."""
        return self._client is not None and self._client.ready

    @property
    def client(self) -> ConnectorClient:
        """The session.

        Raises:
            Away: There is none just now.
        """
        if self._client is None or not self._client.ready:
            raise Away
        return self._client

    @property
    def figures(self) -> GatewayFigures:
        """How it is, for who watches the process."""
        chats = self._client.chats() if self._client is not None else ()
        return GatewayFigures(up=self.ready, chats=len(chats), followed=len(self._watchers))

    # --- watching

    def watch(self, ref: ChatRef, watcher: Watcher) -> None:
        """Tell somebody of a chat from now on."""
        self._watchers.setdefault(ref, []).append(watcher)

    def leave(self, ref: ChatRef, watcher: Watcher) -> None:
        """Tell them no more."""
        here = self._watchers.get(ref, [])
        if watcher in here:
            here.remove(watcher)
        if not here:
            self._watchers.pop(ref, None)

    def watchers_of(self, ref: ChatRef) -> Sequence[Watcher]:
        """Who watches a chat."""
        return tuple(self._watchers.get(ref, ()))

    # --- what the broker does not know

    def is_absent(self, ref: ChatRef) -> bool:
        """Whether the broker said not long ago that there is no such chat."""
        until = self._absent.get(ref)
        return until is not None and datetime.now(UTC) < until

    def absent(self, ref: ChatRef) -> None:
        """Remember that there is no such chat: a new one would be told of."""
        self._absent.pop(ref, None)
        self._absent[ref] = datetime.now(UTC) + timedelta(seconds=ABSENT_FOR)
        while len(self._absent) > ABSENT:
            del self._absent[next(iter(self._absent))]

    # --- living

    async def run(self) -> None:
        """Keep a session until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_registers)
            tasks.start_soon(self._renew_typing)
            while True:
                async with self._session() as client:
                    async for event in client.events():
                        self.take(event)
                await anyio.sleep(AGAIN)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[ConnectorClient]:
        up = self.upstream
        async with connect_connector(
            up.address,
            [Gateway(up.peer, port) for port in up.ports],
            up.token,
            tls=up.tls,
            tuning=Tuning(confirm=False, closed_chats=10_000, response_period=0.0),
            software="parley-web",
            wait=False,
            events=EVENTS,
        ) as client:
            self._client = client
            try:
                yield client
            finally:
                self._client = None

    def take(self, event: Event) -> None:
        """Take what happened, and tell whoever watches."""
        match event:
            case Ready():
                self.fault = ""
                self._absent.clear()
                self.signals.forget()
                self._stale.set()
                _log.info("%s: ready", self.upstream.peer)
                for watcher in self._everybody():
                    watcher.broker_back()
            case Disconnected(why):
                if not self.fault:
                    _log.warning("%s: the broker is away: %s", self.upstream.peer, why)
                    for watcher in self._everybody():
                        watcher.broker_left()
                self.fault = why
                self._typing.clear()
            case SessionEnded(error):
                self._ended(error)
            case Pushed(frame) if frame.type in ("SE_WS_ROUTING", "SE_WS_LITERALS_INFO"):
                self._stale.set()  # the broker has another configuration
                self.signals.forget()
            case Pushed(frame) if isinstance(frame.payload, BlobStatusInfo):
                self._judged(frame.payload)
            case _ if isinstance(event, ABOUT):
                self._about(event)
            case _:
                pass

    def _about(self, event: About) -> None:
        match event:
            case ChatChanged(ref) | SentenceAdded(ref) | ChatRenewed(ref):
                self._absent.pop(ref, None)
            case TypingChanged(ref, is_typing):
                self._typing.pop(ref, None)
                if is_typing:
                    self._typing[ref] = None
            case _:
                pass
        self._tell(event)

    def _tell(self, event: About) -> None:
        for watcher in self.watchers_of(event.ref):
            try:
                watcher.told(event)
            except Exception:  # noqa: BLE001 - a fault of one visitor's socket is no fault of the others
                _log.exception("%s: a visitor could not be told", self.upstream.peer)
                watcher.fail()

    def _everybody(self) -> Iterable[Watcher]:
        return [watcher for here in self._watchers.values() for watcher in here]

    def _ended(self, error: Ended) -> None:
        _log.error("%s: the broker refuses this program: %s", self.upstream.peer, error)
        self.fault = str(error)
        for watcher in self._everybody():
            watcher.broker_left()

    def _judged(self, verdict: BlobStatusInfo) -> None:
        if self._client is None:
            return
        for chat in self._client.chats():
            sentences = chat.view.sentences
            named = any(
                attachment.blob_id == verdict.blob_id
                for sentence in sentences.values()
                for attachment in sentence.attachments or ()
            )
            if named:
                take_verdict([sentences], verdict)
                for watcher in self.watchers_of(chat.ref):
                    watcher.judged(verdict)

    async def _keep_registers(self) -> None:
        """Fetch the registers at every start of a session, when they change, and every so often."""
        while True:
            with anyio.move_on_after(CACHING):
                await self._stale.wait()
            self._stale = anyio.Event()
            if not self.ready:
                continue
            try:
                await self._fetch(self.client)
            except Away:
                pass
            except ConnectorError as error:
                _log.warning("%s: no registers: %s", self.upstream.peer, error)

    async def _fetch(self, client: ConnectorClient) -> None:
        rules = await client.routing()
        if rules != self.rules.infos:
            self.rules = Rules(rules)
            for fault in self.rules.faults:
                _log.warning("%s: %s", self.upstream.peer, fault)
        self.literals = await client.literals(WEB_LITERALS)

    async def _renew_typing(self) -> None:
        """Say again who types: it ends for a browser that does not hear of it (W-23)."""
        while True:
            await anyio.sleep(TYPING_TOLD)
            for ref in tuple(self._typing):
                self._tell(TypingChanged(ref, is_typing=True))
