"""The client of a program that carries messages (e-mail, SMS, ...) between a far side and the broker.

    async with connect_messages("127.0.0.1:7070", ["mail"], token) as client:
        (inbound, outbound) = await client.gateways("mail")
        receipt = await client.receive_message(MessageContentInfo(gateway_id=inbound.id, ...))
        async for event in client.events():
            match event:
                case MessageSending(message):
                    ...
                    await client.message_sent(message)

What is to be kept, and when something is to be done again, is the program's: `connectors.channels` is a
frame that does it.
"""

import ssl
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from attrs import evolve, frozen

from connectors.client.running import EVENTS, address_of, running
from connectors.client.settings import ConnectorSettings, Tuning
from connectors.client.transport import Address, Client
from protocol.encoding import MESSAGEPACK, Encoding
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo
from protocol.values import Direction, Guid


@frozen
class Receipt:
    """What the broker says of an inbound message (B-50).

    Attributes:
        is_taken: It has it on its disk.
        message_id: The name that it gave it.
    """

    is_taken: bool
    message_id: Guid | None = None


class MessageClient(Client):
    """A program that serves message gateways."""

    def __init__(self, address: Address, settings: ConnectorSettings, events: int) -> None:
        super().__init__(address, settings, events)
        self._peers = settings.messages

    @property
    def peers(self) -> tuple[str, ...]:
        """The addresses of the gateways that it serves."""
        return self._peers

    async def gateways(self, address: str) -> tuple[GatewayInfo, ...]:
        """Ask which message gateways an address has; inbound and outbound are entries of their own.

        To be asked after every `Ready`: the broker hands over what waits to be sent to who has asked. When a
        reload changes them it tells them anew, which is a `Pushed` of `SE_SL_MSGGATEWAYS` among the events.

        Raises:
            Refused: The broker does not know the address.
        """
        payload = (await self.request("ES_SL_GETGATEWAYS", address)).payload
        assert isinstance(payload, tuple)
        return payload

    async def receive_message(self, message: MessageContentInfo) -> Receipt:
        """Hand an inbound message over, and wait until the broker has it on its disk (B-50).

        It may be handed over again with the same `delivery_system_id`: it is stored once.

        Args:
            message: The message; without a `request_id` it gets one.

        Raises:
            Refused: The broker does not take it as it is.
            TimedOut: It did not answer, in three times `Tuning.message_wait`.
        """
        message = evolve(
            message,
            request_id=message.request_id or str(uuid.uuid4()),
            direction=message.direction or Direction.I,
        )
        answer = (await self.request("ES_MESSAGE_RECEIVING", message)).payload
        assert isinstance(answer, CommandInfo)
        return Receipt(answer.data == "true", answer.id)

    async def message_sent(
        self,
        message: MessageContentInfo,
        *,
        delivery_id: str | None = None,
        error: str | None = None,
    ) -> None:
        """Say what became of a message that was to be sent, and wait until that is durable.

        Args:
            message: The message; its `message_id` and `gateway_id` will do.
            delivery_id: The name that it has at the far side; None: the proposed one.
            error: Why it was not sent; None: it was. `permanent:` in front says that it never will be,
                `throttled:` that it waits and nobody failed (B-55).

        Raises:
            Refused: The broker does not know the message.
        """
        outcome = CommandInfo(
            id=message.message_id,
            ref_id=message.gateway_id,
            reference=delivery_id,
            data=error,
            time_stamp=datetime.now(UTC),
        )
        await self.request("ES_MESSAGE_SENT", outcome)

    async def report_message(
        self,
        report: str,
        gateway: Guid,
        *,
        message_id: Guid | None = None,
        delivery_id: str | None = None,
    ) -> None:
        """Tell what the far side says later of a message that was sent, and wait until that is durable.

        Args:
            report: `Delivered`, `Read`, `Undelivered: why` or `Bounced: why`.
            gateway: The gateway that it was sent by.
            message_id: The message.
            delivery_id: The same, by the name that it has at the far side.

        Raises:
            Refused: The broker does not know the message (`UnknownMessage`).
        """
        told = CommandInfo(
            id=message_id,
            ref_id=gateway,
            reference=delivery_id,
            data=report,
            time_stamp=datetime.now(UTC),
        )
        await self.request("ES_MESSAGE_REPORT", told)


@asynccontextmanager
async def connect_messages(
    address: str | Address,
    gateways: Sequence[str],
    token: str,
    *,
    tls: ssl.SSLContext | None = None,
    tuning: Tuning | None = None,
    software: str = "parley-connectors",
    encoding: Encoding = MESSAGEPACK,
    wait: bool = True,
    events: int = EVENTS,
) -> AsyncIterator[MessageClient]:
    """Connect a program that serves message gateways, by their addresses; else as `connect_connector`."""
    settings = ConnectorSettings(
        gateways=(),
        token=token,
        messages=tuple(gateways),
        software=software,
        encoding=encoding,
        tuning=tuning or Tuning(),
    )
    client = MessageClient(address_of(address, tls), settings, events)
    async with running(client, wait=wait):
        yield client
