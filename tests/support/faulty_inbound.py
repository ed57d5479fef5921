"""What a connector can do wrong with inbound messages."""

import itertools
from typing import Any, Final

import anyio
import pytest
from attrs import evolve

from connectors.channels.channel import Host, Incoming, Received
from connectors.channels.gateways import Gateways
from connectors.channels.inbound import Inbound
from connectors.channels.stop import Stop
from connectors.channels.store import Store
from connectors.client import connections, exchange, settings
from connectors.client.backoff import Backoff
from connectors.client.connections import Dialling
from connectors.client.errors import ConnectorError
from connectors.client.messages import MessageClient, Receipt
from connectors.client.transport import Client
from protocol.blob import AttachmentInfo
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Direction, Guid
from tests.support.faulty import Make, Plant, faulty
from tests.support.played_channel import WHEN, Pigeons


@faulty("gives nothing", "B-50", "taken")
def gives_nothing(_: pytest.MonkeyPatch) -> Make:
    class Deaf(Pigeons):
        async def run(self, host: Host) -> None:
            await host.stopped()

    return Deaf


@faulty("gives again what was taken", "B-50", "taken", "answered-twice", "broker-dies")
def gives_twice(_: pytest.MonkeyPatch) -> Make:
    class Doubting(Pigeons):
        count = itertools.count()

        async def take(self, host: Host, name: str) -> None:
            again = self.loft.inbox[name]
            await super().take(host, name)
            self.loft.inbox[f"{name}-{next(self.count)}"] = again

    return Doubting


def _wait(seconds: float) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(settings.Tuning, "wait_of", lambda self, type_: seconds)

    return plant


faulty("is impatient", "B-50", "unanswered", "answered-late")(_wait(20.0))


@faulty("gives a message another name each time", "B-50", "unanswered", "not-taken", "broker-dies")
def new_names(patch: pytest.MonkeyPatch) -> None:
    count = itertools.count()
    patch.setattr("connectors.client.requests.SAFE_TYPES", frozenset({"ES_SL_GETGATEWAYS"}))

    async def short(_: Store, identifier: str) -> str:
        return f"{identifier}-{next(count)}"

    patch.setattr(Store, "shorten", short)


@faulty(
    "believes that what it said was heard",
    "B-50",
    "unanswered",
    "broker-dies",
    "broker-dies-with-it",
    "killed-before-answer",
)
@faulty("believes that what it said was heard", "W-14", "throttled")
def believes(patch: pytest.MonkeyPatch) -> Make:
    patch.setattr("connectors.client.requests.SAFE_TYPES", frozenset({"ES_SL_GETGATEWAYS"}))
    patch.setattr(connections, "BUSY", frozenset())
    patch.setattr("connectors.client.exchange.BUSY", frozenset())
    give = MessageClient.receive_message

    async def hope(self: MessageClient, message: MessageContentInfo) -> Receipt:
        try:
            return await give(self, message)
        except ConnectorError:
            return Receipt(True, message.gateway_id)

    patch.setattr(MessageClient, "receive_message", hope)

    class Hasty(Pigeons):
        async def take(self, host: Host, name: str) -> None:
            text = self.loft.inbox.pop(name)
            letter = Incoming(
                gateway="loft",
                delivery_id=name,
                remote_address="anna",
                received=WHEN,
                text=text,
            )
            await host.receive(letter)

    return Hasty


@faulty("takes false for true", "B-50", "not-taken")
def false_is_true(patch: pytest.MonkeyPatch) -> None:
    give = MessageClient.receive_message

    async def hope(self: MessageClient, message: MessageContentInfo) -> Receipt:
        receipt = await give(self, message)
        return Receipt(True, receipt.message_id or message.gateway_id)

    patch.setattr(MessageClient, "receive_message", hope)


@faulty("gives again at once", "B-50", "not-taken")
def hammers(patch: pytest.MonkeyPatch) -> None:
    async def rest(*_: object) -> None:
        await anyio.lowlevel.checkpoint()

    patch.setattr(Stop, "rest", rest)


@faulty("gives again at once", "W-14", "throttled")
def storms_when_busy(patch: pytest.MonkeyPatch) -> None:
    made = exchange.Exchange.__init__

    def make(self: Any, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self._pauses = Backoff(first=0.01, longest=0.02)

    patch.setattr(exchange.Exchange, "__init__", make)


@faulty("gives what is refused for ever", "W-14", "refused")
def stubborn(patch: pytest.MonkeyPatch) -> None:
    give = Inbound._give

    async def for_ever(self: Inbound, message: Incoming, gateway: GatewayInfo) -> Received:
        while True:
            try:
                return await give(self, message, gateway)
            except Exception:  # noqa: BLE001 - that is what it does wrong
                await anyio.sleep(0.5)  # real time: no, a clock that jumps

    patch.setattr(Inbound, "_give", for_ever)


@faulty("is stopped by one message that is refused", "W-14", "refused")
def stuck(_: pytest.MonkeyPatch) -> Make:
    class Stuck(Pigeons):
        broken = False

        async def take(self, host: Host, name: str) -> None:
            if not self.broken:
                await super().take(host, name)
            self.broken = self.broken or bool(self.loft.refused)

    return Stuck


@faulty("keeps the gateways of the first day", "W-17", "in-gateway-gone", "in-gateway-changed")
def old_gateways(patch: pytest.MonkeyPatch) -> None:
    ask = Gateways.ask
    asked: list[tuple[GatewayInfo, ...]] = []

    async def once(self: Gateways) -> None:
        await ask(self)
        asked.append(asked[0] if asked else self._known)
        self._known = asked[-1]

    patch.setattr(Gateways, "ask", once)


def _without(**members: Any) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        written = Inbound._written

        async def write(self: Inbound, *given: Any) -> MessageContentInfo:
            return evolve(await written(self, *given), **members)

        patch.setattr(Inbound, "_written", write)
        if "request_id" in members:
            request = Client.request

            async def bare(self: Client, type_: str, payload: Any, **named: Any) -> Any:
                if type_ == "ES_MESSAGE_RECEIVING":
                    payload = evolve(payload, request_id=None)
                return await request(self, type_, payload, **named)

            patch.setattr(Client, "request", bare)

    return plant


_MEMBERS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("has no RequestId", {"request_id": None}),
    ("says that what comes in goes out", {"direction": Direction.O}),
    ("has no body", {"body_text": None}),
    (
        "gives names in the broker's place",
        {"message_id": Guid("1" * 8 + "-1111-4111-8111-" + "1" * 12)},
    ),
    ("names a gateway that is none", {"gateway_id": Guid("1" * 8 + "-1111-4111-8111-" + "1" * 12)}),
)
for _name, _members in _MEMBERS:
    faulty(_name, "B-50", "taken")(_without(**_members))


@faulty("has no address", "B-50", "taken")
def no_address(patch: pytest.MonkeyPatch) -> None:
    _without(remote_address=None)(patch)
    patch.setattr(Dialling, "pack", lambda self, type_, payload: self.encoding.pack(type_, payload))


@faulty("names attachments that it did not bring", "B-61", "taken")
def not_brought(patch: pytest.MonkeyPatch) -> None:
    written = Inbound._written

    async def write(self: Inbound, *given: Any) -> MessageContentInfo:
        info = await written(self, *given)
        return evolve(info, attachments=(AttachmentInfo(blob_id=info.gateway_id, name="a"),))

    patch.setattr(Inbound, "_written", write)
