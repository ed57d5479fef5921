"""What the far side says of a message after it was sent, on its way to the broker."""

from functools import partial
from typing import Final

import anyio
from attrs import define

from connectors.channels.channel import Report
from connectors.channels.figures import Figures
from connectors.channels.fitting import ERROR_LENGTH, clean, cut
from connectors.channels.gateways import Gateways
from connectors.channels.outbound import Outbound
from connectors.channels.stop import Stop
from connectors.channels.store import Attempt, Store
from connectors.channels.telling import insist
from connectors.client.messages import MessageClient
from protocol.values import Direction, Guid

SETTLING: Final = 30.0
"""Seconds that a report of an unknown message waits for those that are being sent."""


@define(eq=False)
class Reports:
    """The way of reports."""

    client: MessageClient
    store: Store
    gateways: Gateways
    figures: Figures
    stop: Stop
    outbound: Outbound

    async def report(
        self,
        report: Report,
        *,
        delivery_id: str | None,
        message_id: Guid | None,
        gateway: str | None,
        text: str,
    ) -> bool:
        """Tell the broker what the far side says later; see `Host.report`."""
        known = await self._sent_before(delivery_id, message_id)
        where = known.gateway if known is not None else self._gateway(gateway)
        if where is None:
            return False
        more = clean(text.strip()) or ""
        if report in (Report.UNDELIVERED, Report.BOUNCED):
            said = cut(f"{report}: {more}", ERROR_LENGTH)
        else:
            said = str(report)
        name = None
        if known is None and message_id is None:
            name = await self.store.shorten(delivery_id or "")
        heard = await insist(
            partial(
                self.client.report_message,
                said,
                where,
                message_id=known.message_id if known is not None else message_id,
                delivery_id=name,
            ),
            self.stop,
        )
        self.figures.reported["told" if heard else "unknown"] += 1
        return heard

    def _gateway(self, name: str | None) -> Guid | None:
        if name is not None:
            found = self.gateways.find(name, Direction.O)
            return found.id if found is not None else None
        ids = {one.id for one in self.gateways.known(Direction.O)}
        return ids.pop() if len(ids) == 1 else None

    async def _sent_before(
        self, delivery_id: str | None, message_id: Guid | None
    ) -> Attempt | None:
        """Find the message that a report means, also one whose sending is not over yet."""
        if message_id is None and not (delivery_id or "").strip():
            raise ValueError("a report is about a message: name it")
        with anyio.move_on_after(SETTLING):
            if (done := self.outbound.event_of(message_id)) is not None:
                await done.wait()
            elif message_id is None and await self.store.sent_as(delivery_id or "") is None:
                for done in self.outbound.events():
                    await done.wait()
        if message_id is not None:
            return await self.store.attempt(message_id)
        return await self.store.sent_as(delivery_id or "")
