"""What a connector can do wrong with outbound messages."""

from typing import Any

import anyio
import pytest
from attrs import evolve

from connectors.channels import outbound, store
from connectors.channels.channel import Outgoing, Sent
from connectors.channels.gateways import Gateways
from connectors.channels.outbound import Outbound
from connectors.channels.store import Attempt
from connectors.client import session
from connectors.client.errors import ConnectorError
from connectors.client.messages import MessageClient
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Direction, Guid
from tests.support.faulty import Make, faulty
from tests.support.played_channel import Pigeons


@faulty("never answers", "B-52", "sent")
def never_answers(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object, **__: object) -> None:
        pass

    patch.setattr(MessageClient, "message_sent", nothing)


@faulty("answers twice", "B-52", "sent")
def answers_twice(patch: pytest.MonkeyPatch) -> None:
    said = MessageClient.message_sent

    async def twice(self: MessageClient, message: MessageContentInfo, **told: Any) -> None:
        await said(self, message, **told)
        await said(self, message, **told)

    patch.setattr(MessageClient, "message_sent", twice)


@faulty("mixes the gateways up", "B-52", "sent")
def wrong_gateway(patch: pytest.MonkeyPatch) -> None:
    said = MessageClient.message_sent

    async def say(self: MessageClient, message: MessageContentInfo, **told: Any) -> None:
        await said(self, evolve(message, gateway_id=message.message_id), **told)

    patch.setattr(MessageClient, "message_sent", say)


@faulty("answers what nobody asked", "B-52", "sent")
def wrong_message(patch: pytest.MonkeyPatch) -> None:
    said = MessageClient.message_sent

    async def say(self: MessageClient, message: MessageContentInfo, **told: Any) -> None:
        await said(self, evolve(message, message_id=message.gateway_id), **told)

    patch.setattr(MessageClient, "message_sent", say)


@faulty("says that it sent what it did not", "B-52", "sent")
@faulty("says that it sent what it did not", "B-53", "many")
@faulty("says that it sent what it did not", "W-3", "large")
def sends_nothing(_: pytest.MonkeyPatch) -> Make:
    class Idle(Pigeons):
        async def send(self, message: Outgoing) -> Sent:
            return Sent()

    return Idle


@faulty("sends again what is asked for again", "B-52", "sent-again")
def forgets(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbound, "_answers", lambda _: False)


@faulty("sends what is being sent", "B-52", "asked-at-once")
def not_single(patch: pytest.MonkeyPatch) -> None:
    class Forgetful(dict[Guid, Any]):
        def get(self, _: Guid, default: Any = None) -> Any:
            return default

        def pop(self, key: Guid, default: Any = None) -> Any:
            return super().pop(key, outbound._Order(MessageContentInfo()))

        def __missing__(self, _: Guid) -> Any:
            return outbound._Order(MessageContentInfo())

    made = Outbound.__attrs_post_init__

    def make(self: Outbound) -> None:
        made(self)
        self._under_way = Forgetful()

    patch.setattr(Outbound, "__attrs_post_init__", make)


@faulty("passes over a repetition", "B-52", "sent-again", "answer-lost")
def ignores_repetitions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(session, "SAFE_TYPES", frozenset({"ES_SL_GETGATEWAYS"}))
    patch.setattr("connectors.client.requests.SAFE_TYPES", frozenset({"ES_SL_GETGATEWAYS"}))
    taken = Outbound.take
    known: set[Guid | None] = set()

    def take(self: Outbound, info: MessageContentInfo, tasks: anyio.abc.TaskGroup) -> None:
        if info.message_id not in known:
            known.add(info.message_id)
            taken(self, info, tasks)

    async def once(self: Outbound, order: outbound._Order, outcome: Attempt) -> None:
        error = None if outcome.text == "" else outcome.text
        try:
            await self.client.message_sent(order.info, error=error)
        except ConnectorError:
            await self.store.note_told(outcome.message_id)

    patch.setattr(Outbound, "take", take)
    patch.setattr(Outbound, "_tell_outcome", once)


@faulty("answers over the connection that is gone", "B-52", "sent-after-reconnect")
def answers_the_old_connection(patch: pytest.MonkeyPatch) -> None:
    said = MessageClient.message_sent

    async def say(self: MessageClient, message: MessageContentInfo, **told: Any) -> None:
        if self.ready:
            await said(self, message, **told)

    patch.setattr(MessageClient, "message_sent", say)
    taken = Outbound.take

    def take(self: Outbound, info: MessageContentInfo, tasks: anyio.abc.TaskGroup) -> None:
        if info.message_id not in known:
            known.add(info.message_id)
            taken(self, info, tasks)

    known: set[Guid | None] = set()
    patch.setattr(Outbound, "take", take)


@faulty("forgets over a restart what it sent", "B-52", "killed-after-answer")
def no_durable_store(patch: pytest.MonkeyPatch) -> Make:
    opened_ = store._open
    patch.setattr(store, "_open", lambda _: opened_(":memory:"))

    class Blind(Pigeons):
        async def find(self, message: Outgoing) -> Sent | None:
            return None

    return Blind


@faulty("sends one after the other, slowly", "B-53", "many")
def slow(_: pytest.MonkeyPatch) -> Make:
    class Slow(Pigeons):
        alone = anyio.Lock()

        async def send(self, message: Outgoing) -> Sent:
            async with self.alone:
                await anyio.sleep(20)  # real time: no, a clock that jumps
                return await super().send(message)

    return Slow


@faulty("sends for any gateway", "B-52", "foreign-gateway")
@faulty("sends for any gateway", "W-17", "out-gateway-gone")
def any_gateway(patch: pytest.MonkeyPatch) -> None:
    def by_id(_: Gateways, gateway: Guid | None, direction: Direction) -> GatewayInfo:
        return GatewayInfo(id=gateway, direction=direction, peer_address="loft")

    patch.setattr(Gateways, "by_id", by_id)


@faulty("says of nothing that it is for good", "B-55", "impossible")
def never_permanent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbound, "told", lambda error: str(error))


@faulty("says that it sent what cannot be sent", "B-55", "impossible")
def sends_anywhere(_: pytest.MonkeyPatch) -> Make:
    class Credulous(Pigeons):
        async def send(self, message: Outgoing) -> Sent:
            return Sent()

    return Credulous
