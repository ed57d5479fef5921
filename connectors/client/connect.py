"""The client library: a `Session` on a real connection, under trio or asyncio (by anyio).

    async with connect_connector("127.0.0.1:7070", ["web"], token) as client:
        chat = await client.start_chat(party_name="Jana")
        await client.send(chat, "Good morning")
        async for event in client.events():
            ...

The client reconnects and resyncs by itself; a program sees `Disconnected` and `Ready` among the
events and may go on as if nothing had happened. Leaving the block says good-bye and ends the
session.

Cancellation: every `await` here may be cancelled, and what was asked for goes on. A `send` that is cancelled
has handed its sentence over: it is still sent until it is echoed, and its echo is among the events.
A request that is cancelled is done or not done; look at the chat. Nothing here needs to be called
again after a cancellation.

Errors are those of `connectors.client.errors`.
"""

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import evolve

from connectors.client.cache import Cache, Question, Registers
from connectors.client.events import ChatRef, Connected, Event, Pushed, RequestDone
from connectors.client.running import EVENTS, address_of, running
from connectors.client.settings import ConnectorSettings, Gateway, Tuning, WorkplaceSettings
from connectors.client.transport import Address, Client, new_id
from connectors.client.workplace import WorkplaceClient, opening
from protocol.chat import ChatServiceInfo, ChatStatusInfo
from protocol.encoding import MESSAGEPACK, Encoding
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.values import Guid

__all__ = [
    "Address",
    "Client",
    "ConnectorClient",
    "WorkplaceClient",
    "connect_connector",
    "connect_workplace",
]


class ConnectorClient(Client):
    """A program that serves gateways."""

    def __init__(self, address: Address, settings: ConnectorSettings, events: int) -> None:
        super().__init__(address, settings, events)
        self._gateway = settings.gateways[0]
        tuning = settings.tuning
        self._responses: Cache[ChatServiceInfo, ChatServiceInfo] = Cache(
            tuning.response_period, tuning.cached
        )
        self._registers = Registers(tuning.register_period, tuning.cached)
        self._asked: dict[int, Question] = {}

    async def start_chat(
        self,
        gateway: str | Gateway | None = None,
        *,
        tracking_id: str | None = None,
        party_name: str | None = None,
        culture: str | None = None,
        user_token: str | None = None,
        remote_address: str | None = None,
        return_chat_id: Guid | None = None,
        info: ChatServiceInfo | None = None,
    ) -> ChatRef:
        """Start a chat, or come back to the one that has this tracking ID, and wait until it is durable.

        Args:
            gateway: Where; by default the first gateway of the client.
            tracking_id: The conversation's name on this side; by default a new one.
            party_name: Name of the visitor.
            culture: Language that the visitor prefers.
            user_token: Who the visitor is in a foreign system.
            remote_address: Address of the visitor.
            return_chat_id: The outbound chat that this conversation is for (`OutboundRequested`).
            info: Whatever else a start may carry; the other arguments are put into it.

        Returns:
            The name of the chat, for all other calls.

        Raises:
            Refused: The broker does not take it.
            TimedOut: It does not answer.
            QueueFull: So many requests wait already.
            Ended: The session is over.
        """
        service = self._service(
            gateway,
            info,
            tracking_id=tracking_id,
            party_name=party_name,
            preferred_culture=culture,
            user_token=user_token,
            remote_address=remote_address,
            return_chat_id=return_chat_id,
        )
        ref, request_id = self._session.start_chat(service, self.now())
        await self._answer(request_id)
        return ref

    def start_chat_soon(
        self,
        gateway: str | Gateway | None = None,
        *,
        tracking_id: str | None = None,
        party_name: str | None = None,
        info: ChatServiceInfo | None = None,
    ) -> ChatRef:
        """Start a chat and return at once, even without a connection.

        Sentences may be handed over already. `ChatChanged` tells that it began, `RequestFailed` that it
        did not.
        """
        service = self._service(gateway, info, tracking_id=tracking_id, party_name=party_name)
        ref, _ticket = self._session.start_chat(service, self.now())
        self._wake.set()
        return ref

    async def open_chat(
        self,
        remote_address: str,
        gateway: str | Gateway | None = None,
        *,
        party_name: str | None = None,
        variables: Mapping[str, str] | None = None,
        info: ChatServiceInfo | None = None,
    ) -> Guid:
        """Open a chat with a visitor who is to be spoken to (outbound), and wait until it is durable.

        It waits until a connector binds it: by `start_chat` with this `return_chat_id`, here or in another
        program that serves the gateway, which is told by `OutboundRequested`.

        Args:
            remote_address: Where the visitor is reached.
            gateway: Where; by default the first gateway of the client.
            party_name: Name of the visitor.
            variables: What the agent is to know.
            info: Whatever else an opening may carry; the other arguments are put into it.

        Returns:
            The chat.
        """
        where = Gateway(gateway) if isinstance(gateway, str) else gateway or self._gateway
        service = opening(where.peer, remote_address, party_name, variables, info)
        frame = await self.request("ES_CHAT_OPEN", evolve(service, port=where.port))
        assert isinstance(frame.payload, ChatServiceInfo)
        assert frame.payload.return_chat_id is not None  # the codec refuses an answer without
        return frame.payload.return_chat_id

    async def ask_chat(
        self,
        gateway: str | Gateway | None = None,
        info: ChatServiceInfo | None = None,
        *,
        fresh: bool = False,
    ) -> ChatServiceInfo:
        """Ask whether a chat would be taken now: `signal` and `scenario_model` of the answer (B-1).

        Args:
            gateway: Where; by default the first gateway of the client.
            info: What rules may look at.
            fresh: Asks whatever is known; else the answer to the same question is good for
                `Tuning.response_period`.
        """
        service = self._service(gateway, info, tracking_id=new_id())
        key = evolve(service, tracking_id=None)
        known = None if fresh else self._responses.get(key, self.now())
        if known is None:
            frame = await self.request("ES_CHAT_REQUEST", service)
            assert isinstance(frame.payload, ChatServiceInfo)
            known = frame.payload
            self._responses.put(key, known, self.now())
        return evolve(known, tracking_id=service.tracking_id)

    # --- registers and forms ---

    async def routing(self, gateway: str | Gateway | None = None) -> tuple[WebSiteRoutingInfo, ...]:
        """Get the rules of what a web page shows to whom.

        They are kept for `Tuning.register_period`; when they change the broker tells, which is
        also a `Pushed` among the events.
        """
        where = Gateway(gateway) if isinstance(gateway, str) else gateway or self._gateway
        payload = (await self._register("ES_WS_ROUTING", where.peer)).payload
        assert isinstance(payload, tuple)
        return payload

    async def literals(
        self, group: int, culture: str | None = None, gateway: str | Gateway | None = None
    ) -> tuple[LiteralLookupInfo, ...]:
        """Get a group of texts, in one culture or in all; kept as `routing` keeps its rules."""
        where = Gateway(gateway) if isinstance(gateway, str) else gateway or self._gateway
        asked = LiteralLookupInfo(literal_group=group, culture=culture, peer=where.peer)
        payload = (await self._register("ES_WS_LITERALS_GET", asked)).payload
        assert isinstance(payload, tuple)
        return payload

    async def load_form(self, scenario_id: Guid, culture: str | None = None) -> ScenarioInfo:
        """Get a form, in a culture if it has that.

        Raises:
            Refused: There is no such form.
        """
        frame = await self.request(
            "ES_SCENARIO_LOAD", CommandInfo(id=scenario_id, reference=culture)
        )
        assert isinstance(frame.payload, ScenarioInfo)
        return frame.payload

    async def save_form(self, form: ScenarioResultInfo, chat: ChatRef | None = None) -> Guid:
        """Save what a visitor filled in, and wait until it is durable, however long the broker is away.

        Args:
            form: What was filled in. Without a `scenario_result_id` it is a new result.
            chat: The chat that it belongs to, which has begun. Without one it is the gateway's.

        Returns:
            The result.

        Raises:
            Refused: The broker does not take it: see W-47 for what a form needs.
        """
        known = self.chat(chat) if chat is not None else None
        if known is not None:
            form = evolve(form, chat_id=known.chat_id)
        form = self._session.named(form)
        await self.request("ES_SCENARIO_SAVE", form, chat=chat)
        assert form.scenario_result_id is not None
        return form.scenario_result_id

    async def _register(self, type_: str, payload: str | LiteralLookupInfo) -> Frame:
        key = (type_, payload)
        known = self._registers.get(key, self.now())
        if known is not None:
            return known
        request_id = self._session.request(type_, payload, self.now())
        self._asked[request_id] = key
        try:
            return await self._answer(request_id)
        finally:
            self._asked.pop(request_id, None)

    def _tell(self, events: Sequence[Event]) -> None:
        # What is cached is taken here, in the order in which it came: a change may be right behind.
        for event in events:
            match event:
                case RequestDone(request_id, frame) if request_id in self._asked:
                    self._registers.put(self._asked[request_id], frame, self.now())
                case Pushed(frame):
                    self._registers.pushed(frame, self.now())
                case Connected():
                    self._registers.clear()
                    self._responses.clear()
                case _:
                    pass
        super()._tell(events)

    async def stop(self, chat: ChatRef) -> ChatStatusInfo:
        """End a chat from the visitor's side."""
        return await self._command("STOP", chat)

    def _service(
        self,
        gateway: str | Gateway | None,
        info: ChatServiceInfo | None,
        **given: str | None,
    ) -> ChatServiceInfo:
        where = Gateway(gateway) if isinstance(gateway, str) else gateway or self._gateway
        changes: dict[str, Any] = {name: it for name, it in given.items() if it is not None}
        return evolve(info or ChatServiceInfo(), peer=where.peer, port=where.port, **changes)


@asynccontextmanager
async def connect_connector(
    address: str | Address,
    gateways: Sequence[str | Gateway],
    token: str,
    *,
    tls: ssl.SSLContext | None = None,
    tuning: Tuning | None = None,
    software: str = "parley-connectors",
    encoding: Encoding = MESSAGEPACK,
    wait: bool = True,
    events: int = EVENTS,
) -> AsyncIterator[ConnectorClient]:
    """Connect a program that serves gateways.

    Args:
        address: The broker, `host:port`.
        gateways: The addresses that it serves.
        token: Their secret.
        tls: How TLS is spoken, if `address` is a str; None: not at all.
        tuning: Times and bounds.
        software: What the program calls itself.
        encoding: How frames are written: `protocol.encoding.MESSAGEPACK` or `JSON`.
        wait: Enter the block when the session is ready; False: at once.
        events: How many events may wait to be read.

    Raises:
        Ended: The broker refused the hello (with `wait`).
        Refused: It has more open chats than it lists to a program without `Tuning.pieces` (with `wait`).
    """
    settings = ConnectorSettings(
        gateways=tuple(Gateway(one) if isinstance(one, str) else one for one in gateways),
        token=token,
        software=software,
        encoding=encoding,
        tuning=tuning or Tuning(),
    )
    client = ConnectorClient(address_of(address, tls), settings, events)
    async with running(client, wait=wait):
        yield client


@asynccontextmanager
async def connect_workplace(
    address: str | Address,
    number: str,
    login: str,
    token: str,
    *,
    conversations: bool = False,
    tls: ssl.SSLContext | None = None,
    tuning: Tuning | None = None,
    software: str = "parley-connectors",
    encoding: Encoding = MESSAGEPACK,
    wait: bool = True,
    events: int = EVENTS,
) -> AsyncIterator[WorkplaceClient]:
    """Connect a program of an agent, by workplace number and login; else as `connect_connector`.

    With `conversations` it works on messages too: what is known of them is in the `conversations` of the
    client, and events tell of them. Without it nothing of them is asked for.
    """
    settings = WorkplaceSettings(
        number=number,
        login=login,
        token=token,
        conversations=conversations,
        software=software,
        encoding=encoding,
        tuning=tuning or Tuning(),
    )
    client = WorkplaceClient(address_of(address, tls), settings, events)
    async with running(client, wait=wait):
        yield client
