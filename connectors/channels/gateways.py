"""The message gateways that the broker announced, and who waits for them.

Nobody tells when they change (W-17), so they are asked for after every connection, every few minutes, and
when the broker does not take a message. What it said last holds until it says something else.
"""

import logging

import anyio
from attrs import define, field

from connectors.client.errors import ConnectorError, Ended, Refused
from connectors.client.messages import MessageClient
from protocol.message import GatewayInfo
from protocol.values import Direction, Guid

_log = logging.getLogger(__name__)


@define(eq=False)
class Gateways:
    """The gateways of one program.

    Attributes:
        fault: Why there are none, or not all of them; None: nothing is wrong.
    """

    client: MessageClient
    fault: str | None = "the broker was not asked yet"
    _known: tuple[GatewayInfo, ...] = ()
    _asking: int = 0
    _changed: anyio.Event = field(factory=anyio.Event)

    def known(self, direction: Direction | None = None) -> tuple[GatewayInfo, ...]:
        """What was announced last, all or in one direction."""
        return tuple(one for one in self._known if direction in (None, one.direction))

    def by_id(self, gateway: Guid | None, direction: Direction) -> GatewayInfo | None:
        """Find one by its id."""
        return next((one for one in self.known(direction) if one.id == gateway), None)

    def find(self, name: str, direction: Direction) -> GatewayInfo | None:
        """Find one by its id or its address; of several at one address the first."""
        found = self.known(direction)
        same = [one for one in found if one.id == name.lower()]
        return next(iter([*same, *(one for one in found if one.peer_address == name)]), None)

    async def told(self, gateway: Guid | None, direction: Direction) -> GatewayInfo | None:
        """Find one by its id; while the broker is being asked, what it says is waited for.

        It hands messages over as soon as it was asked for an address, and others are to be asked for still.
        """
        while (found := self.by_id(gateway, direction)) is None and self._asking:
            await self._changed.wait()
        return found

    async def ask(self) -> None:
        """Ask the broker, and keep what it says."""
        self._asking += 1
        try:
            await self._ask()
        finally:
            self._asking -= 1
            self._changed.set()
            self._changed = anyio.Event()

    async def _ask(self) -> None:
        known: list[GatewayInfo] = []
        faults: list[str] = []
        for peer in self.client.peers:
            try:
                known += await self.client.gateways(peer)
            except Ended:
                return
            except Refused as error:
                faults.append(f"{peer}: {error}")
            except ConnectorError as error:
                self.fault = f"{peer}: {error}"
                return  # what was announced before holds
        if not known and not faults:
            faults.append("the broker announces none")
        self.fault = "; ".join(faults) or None
        if tuple(known) != self._known:
            names = ", ".join(f"{one.display_name} ({one.direction})" for one in known)
            _log.info("message gateways: %s", names or "none")
        self._known = tuple(known)

    async def changed(self) -> None:
        """Wait until the broker has answered the next time."""
        await self._changed.wait()
