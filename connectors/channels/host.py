"""The frame at work: one session with the broker, one channel, and everything between them.

`serve` runs a channel until `stop` is begun. Then nothing more is taken in, what is under way gets
`[limits] stop` seconds, and what is not done by then is left as the store has it, for the next start.
"""

import logging
from typing import Final

import anyio
import anyio.abc
from attrs import define, field

from connectors.channels.channel import Channel, Incoming, Received, Report, Stopping
from connectors.channels.figures import Figures
from connectors.channels.gateways import Gateways
from connectors.channels.inbound import Inbound
from connectors.channels.outbound import Outbound
from connectors.channels.reports import Reports
from connectors.channels.settings import Broker, Limits
from connectors.channels.stop import Stop
from connectors.channels.store import Store
from connectors.client.errors import EndReason
from connectors.client.events import Disconnected, MessageSending, Notice, Ready, SessionEnded
from connectors.client.messages import MessageClient, connect_messages
from connectors.client.settings import Tuning
from protocol.message import GatewayInfo
from protocol.values import Channel as Kind
from protocol.values import Direction, Guid

BEAT: Final = 1.0
"""How often the loop shows that it runs."""
DAY: Final = 86_400.0

_log = logging.getLogger(__name__)


@define(eq=False)
class ChannelHost:
    """What a channel is given to work with; see `connectors.channels.channel.Host`."""

    store: Store
    figures: Figures
    _client: MessageClient
    _channel: Channel
    _limits: Limits
    _stop: Stop
    _gateways: Gateways = field(init=False)
    _inbound: Inbound = field(init=False)
    _outbound: Outbound = field(init=False)
    _reports: Reports = field(init=False)

    def __attrs_post_init__(self) -> None:
        client, store, figures, stop = self._client, self.store, self.figures, self._stop
        gateways = self._gateways = Gateways(client)
        self._inbound = Inbound(client, store, gateways, figures, stop, self._limits.receiving)
        self._outbound = Outbound(
            self._channel,
            client,
            store,
            gateways,
            figures,
            stop,
            self._limits.sending,
            self._limits.send,
        )
        self._reports = Reports(client, store, gateways, figures, stop, self._outbound)

    # --- for the channel

    @property
    def stopping(self) -> bool:
        """Whether the program is about to end."""
        return self._stop.begun

    async def stopped(self) -> None:
        """Wait until the program is about to end."""
        await self._stop.wait()

    async def pause(self, seconds: float) -> bool:
        """Wait for so long, or until the program is about to end; say whether to go on."""
        return await self._stop.pause(seconds)

    def gateways(self, direction: Direction | None = None) -> tuple[GatewayInfo, ...]:
        """The gateways that the broker announced last."""
        return self._gateways.known(direction)

    async def wait_gateways(self, kind: Kind | None = None) -> tuple[GatewayInfo, ...]:
        """Wait until the broker has announced gateways, of a kind if one is named."""
        while True:
            found = self._gateways.known()
            found = tuple(one for one in found if kind in (None, one.channel))
            if found:
                return found
            await self._stop.until(self._gateways.changed)

    async def receive(self, message: Incoming) -> Received:
        """Give a message to the broker and wait until it has it on its disk."""
        return await self._inbound.receive(message)

    async def report(
        self,
        report: Report,
        *,
        delivery_id: str | None = None,
        message_id: Guid | None = None,
        gateway: str | None = None,
        text: str = "",
    ) -> bool:
        """Tell the broker what the far side says of a message that was sent."""
        return await self._reports.report(
            report, delivery_id=delivery_id, message_id=message_id, gateway=gateway, text=text
        )

    def tell(self, part: str, fault: str | None = None) -> None:
        """Tell how a part of the far side is."""
        if self.figures.parts.get(part) != fault:
            _log.log(logging.WARNING if fault else logging.INFO, "%s: %s", part, fault or "works")
        self.figures.parts[part] = fault

    # --- for the program

    async def run(self) -> None:
        """Work until the end is announced, and a while longer for what is under way.

        Raises:
            Ended: The broker does not want this program.
        """
        ran = anyio.Event()
        await self._outbound.give_back()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._beat)
            tasks.start_soon(self._follow, tasks)
            tasks.start_soon(self._refresh)
            tasks.start_soon(self._forget)
            tasks.start_soon(self._run_channel, ran)
            await self._stop.wait()
            self.figures.stopping = True
            _log.info("stopping: nothing more is taken in")
            with anyio.move_on_after(self._limits.stop) as waited:
                await ran.wait()
                await self._inbound.idle()
                await self._outbound.idle()
            if waited.cancelled_caught:
                _log.warning("stopping: not everything was done in time")
            tasks.cancel_scope.cancel()

    async def _run_channel(self, ran: anyio.Event) -> None:
        try:
            await self._channel.run(self)
        except* Stopping:
            pass
        ran.set()

    async def _follow(self, tasks: anyio.abc.TaskGroup) -> None:
        async for event in self._client.events():
            match event:
                case Ready():
                    self.figures.connected = True
                    _log.info("there is a session with the broker")
                    tasks.start_soon(self._announce, tasks)
                case Disconnected(why):
                    self.figures.connected = False
                    _log.warning("no session with the broker: %s", why)
                case MessageSending(message):
                    self._outbound.take(message, tasks)
                case Notice(error):
                    _log.warning("the broker: %s", error)
                case SessionEnded(error) if error.reason is not EndReason.CLOSED:
                    raise error
                case _:
                    pass

    async def _announce(self, tasks: anyio.abc.TaskGroup) -> None:
        await self._ask()
        await self._outbound.tell_untold(tasks)

    async def _ask(self) -> None:
        await self._gateways.ask()
        self.figures.gateways = len(self._gateways.known())
        self.tell("gateways", self._gateways.fault)

    async def _refresh(self) -> None:
        while True:
            await anyio.sleep(self._limits.refresh)
            if self._client.ready:
                await self._ask()

    async def _beat(self) -> None:
        while True:
            self.figures.pulse.beat()
            await anyio.sleep(BEAT)

    async def _forget(self) -> None:
        while True:
            await self.store.forget_old()
            await anyio.sleep(DAY)


async def serve(
    channel: Channel,
    broker: Broker,
    store: Store,
    *,
    limits: Limits | None = None,
    figures: Figures | None = None,
    stop: Stop | None = None,
    tuning: Tuning | None = None,
) -> None:
    """Run a channel until its end is announced.

    Args:
        channel: The channel.
        broker: Where the broker is, and who the channel is to it.
        store: The channel's store.
        limits: How much is under way, and for how long.
        figures: Where is written how it is doing.
        stop: By which the end is announced.
        tuning: Times of the client library.

    Raises:
        Ended: The broker does not want this program: its token is wrong, or a gateway is unknown.
    """
    figures = figures or Figures(channel.name)
    async with connect_messages(
        broker.address,
        broker.gateways,
        broker.token.value,
        tls=broker.context(),
        tuning=tuning,
        software=f"parley-{channel.name}",
        wait=False,
    ) as client:
        host = ChannelHost(
            store=store,
            figures=figures,
            client=client,
            channel=channel,
            limits=limits or Limits(),
            stop=stop or Stop(),
        )
        await host.run()
