"""Messages that are left on a site: handed to the broker by its message gateway."""

import logging
from datetime import UTC, datetime
from typing import Final

import anyio
from attrs import define, evolve

from connectors.client import ConnectorError, Ready, connect_messages
from connectors.client.messages import MessageClient, Receipt
from connectors.web.broker_link import Upstream
from connectors.web.problems import Away, Problem, problem_of
from protocol.errors import ErrorCode
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Channel, Direction

WAIT: Final = 20.0
"""How long a browser waits for the broker."""
AGAIN: Final = 30.0

_log = logging.getLogger(__name__)


@define(eq=False)
class Letterbox:
    """The session with one message gateway.

    Attributes:
        upstream: How it is reached.
        gateway: The gateway, once the broker has told of it.
    """

    upstream: Upstream
    gateway: GatewayInfo | None = None
    _client: MessageClient | None = None

    @property
    def ready(self) -> bool:
        """Whether messages can be handed over now."""
        return self._client is not None and self._client.ready and self.gateway is not None

    @property
    def is_mail(self) -> bool:
        """Whether addresses are those of e-mail."""
        return self.gateway is not None and self.gateway.channel is Channel.EMAIL

    async def run(self) -> None:
        """Keep a session until cancelled."""
        upstream = self.upstream
        while True:
            async with connect_messages(
                upstream.address,
                [upstream.peer],
                upstream.token,
                tls=upstream.tls,
                software="parley-web",
                wait=False,
            ) as client:
                self._client = client
                async with anyio.create_task_group() as tasks:
                    async for event in client.events():
                        if isinstance(event, Ready):
                            tasks.start_soon(self._ask, client)
                self._client = None
            await anyio.sleep(AGAIN)

    async def _ask(self, client: MessageClient) -> None:
        try:
            found = await client.gateways(self.upstream.peer)
        except ConnectorError as error:
            _log.warning("%s: no message gateway: %s", self.upstream.peer, error)
            return
        inbound = [one for one in found if one.direction is Direction.I]
        if not inbound:
            _log.warning("%s: no message gateway that takes in", self.upstream.peer)
        self.gateway = inbound[0] if inbound else None

    async def put(self, message: MessageContentInfo) -> Receipt:
        """Hand a message over; one that comes again with its name is stored once.

        Raises:
            Problem: The broker is away, or does not take it.
        """
        if self._client is None or not self._client.ready or self.gateway is None:
            raise Away
        letter = evolve(
            message,
            gateway_id=self.gateway.id,
            received_sent_time=message.received_sent_time or datetime.now(UTC),
        )
        try:
            with anyio.fail_after(WAIT):
                receipt = await self._client.receive_message(letter)
        except TimeoutError:
            raise Away("the broker does not answer") from None
        except ConnectorError as error:
            raise problem_of(error) from error
        if not receipt.is_taken:
            raise Problem(ErrorCode.OVERLOADED, "the broker does not take it now", retry_after=30)
        return receipt
