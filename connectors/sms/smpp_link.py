"""An SMSC over its connections: comes back after each, and moves the octets of `SmppSession`."""

import itertools
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import anyio.abc
from attrs import define, field

from connectors.channels.telling import in_words
from connectors.client.backoff import Backoff
from connectors.sms.accounts import SmppSide
from connectors.sms.answers import Outcome
from connectors.sms.smpp_codec import Pdu
from connectors.sms.smpp_outcomes import status_name
from connectors.sms.smpp_session import (
    Answered,
    BindRefused,
    Bound,
    Delivered,
    Event,
    Lost,
    SmppSession,
    Tuning,
)

_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError)
_log = logging.getLogger(__name__)


@define(eq=False)
class SmppLink:
    """The way to an SMSC.

    Attributes:
        name: Its name in the log.
        side: Who and where it is.
        deliver: Takes what it delivers with the number of the connection, and says what it is answered.
        lost: Hears of each connection that is gone.
        tell: Hears how it is: what is wrong, or None.
        late: Hears of answers that came late, with the key that `submit` was given.
        backoff: The pauses between connections.
        connection: The number of the connection, from 1.
    """

    name: str
    side: SmppSide
    deliver: Callable[[Pdu, int], Awaitable[int]]
    lost: Callable[[int], Awaitable[None]]
    tell: Callable[[str | None], None]
    late: Callable[[str, str], Awaitable[None]]
    backoff: Backoff = field(factory=lambda: Backoff(first=1.0, longest=60.0))
    connection: int = 0
    _session: SmppSession | None = None
    _stream: anyio.abc.ByteStream | None = None
    _tasks: anyio.abc.TaskGroup | None = None
    _bound: anyio.Event = field(factory=anyio.Event)
    _changed: anyio.Event = field(factory=anyio.Event)
    _writing: anyio.Lock = field(factory=anyio.Lock)
    _waiting: dict[str, Callable[[Answered], None]] = field(factory=dict)
    _keys: "itertools.count[int]" = field(factory=itertools.count)

    @property
    def is_bound(self) -> bool:
        """Whether the SMSC takes messages."""
        return self._session is not None and self._session.bound

    async def run(self) -> None:
        """Be connected, whenever that is possible."""
        failures = 0
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            while True:
                was_bound = await self._once()
                failures = 1 if was_bound else failures + 1
                await anyio.sleep(self.backoff.delay(failures, random.random))

    async def close(self) -> None:
        """Say goodbye to the SMSC, if there is one."""
        if self._session is not None:
            self._session.unbind(anyio.current_time())
            with anyio.move_on_after(2):
                await self._flush()

    async def submit(
        self,
        label: str,
        members: Mapping[str, Any],
        options: Mapping[int, bytes],
        wait: float,
        offer: Callable[[], Awaitable[None]],
    ) -> Answered:
        """Send a message, and wait until it is known what became of it.

        Args:
            label: What `late` will call it.
            members: The members of `submit_sm`.
            options: Its optional members.
            wait: How long it waits for a connection.
            offer: Called before the SMSC may have it.
        """
        with anyio.move_on_after(wait):
            await self._bound.wait()
        if self.is_bound:
            await offer()
        session = self._session
        if session is None or not session.bound:
            return Answered(key=label, outcome=Outcome.TEMPORARY, text="no connection to the SMSC")
        key = f"{next(self._keys)} {label}"
        done = anyio.Event()
        answers: list[Answered] = []

        def answered(answer: Answered) -> None:
            answers.append(answer)
            done.set()

        self._waiting[key] = answered
        try:
            await self._act(session.submit(key, members, options, anyio.current_time()))
            await self._flush()
            await done.wait()
        finally:
            self._waiting.pop(key, None)
        return answers[0]

    async def _once(self) -> bool:
        """Live through one connection; say whether the SMSC took us."""
        smpp = self.side.smpp
        try:
            with anyio.fail_after(smpp.answer_wait):
                stream = await self._connect()
        except (OSError, ssl.SSLError, TimeoutError) as error:
            self.tell(f"no connection to {smpp.host}:{smpp.port}: {in_words(error)}")
            return False
        self.connection += 1
        tuning = Tuning(
            window=smpp.window,
            per_second=smpp.per_second,
            answer_wait=smpp.answer_wait,
            idle=smpp.idle,
            taking=smpp.taking,
        )
        session = SmppSession(self.side.account, tuning, now=anyio.current_time())
        self._session, self._stream = session, stream
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._tick, session)
                await self._flush()
                await self._read(session, stream)
                tasks.cancel_scope.cancel()
        finally:
            was_bound = self._bound.is_set()
            self._bound = anyio.Event()
            self._session = self._stream = None
            with anyio.CancelScope(shield=True):
                await self._act(session.lost(anyio.current_time(), "the connection was lost"))
                await anyio.aclose_forcefully(stream)
                await self.lost(self.connection)
        return was_bound

    async def _connect(self) -> anyio.abc.ByteStream:
        smpp = self.side.smpp
        if not smpp.tls:
            return await anyio.connect_tcp(smpp.host, smpp.port)
        context = ssl.create_default_context(cafile=str(smpp.ca) if smpp.ca else None)
        return await anyio.connect_tcp(
            smpp.host, smpp.port, tls=True, ssl_context=context, tls_standard_compatible=False
        )

    async def _read(self, session: SmppSession, stream: anyio.abc.ByteStream) -> None:
        while not session.closing:
            try:
                data = await stream.receive(65_536)
            except _BROKEN:
                return
            await self._act(session.receive(data, anyio.current_time()))
            await self._flush()

    async def _tick(self, session: SmppSession) -> None:
        while not session.closing:
            deadline = session.deadline
            with anyio.CancelScope(deadline=float("inf") if deadline is None else deadline):
                await self._changed.wait()
            self._changed = anyio.Event()
            await self._act(session.tick(anyio.current_time()))
            await self._flush()
        if self._stream is not None:
            await anyio.aclose_forcefully(self._stream)

    async def _flush(self) -> None:
        """Send what there is; who does not read it for long is as good as gone."""
        self._changed.set()
        async with self._writing:
            session, stream = self._session, self._stream
            if session is None or stream is None:
                return
            data = session.data_to_send()
            if not data:
                return
            try:
                with anyio.fail_after(self.side.smpp.answer_wait):
                    await stream.send(data)
            except (*_BROKEN, TimeoutError):
                await self._act(session.lost(anyio.current_time(), "the connection was lost"))
                await anyio.aclose_forcefully(stream)

    async def _act(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Bound():
                    self.tell(None)
                    self._bound.set()
                case BindRefused(status):
                    self.tell(f"the SMSC refuses the bind: {status_name(status)}")
                case Answered(key=key) if key in self._waiting:
                    self._waiting.pop(key)(event)
                case Answered(key=key, outcome=Outcome.SENT, id=id_):
                    await self.late(key.partition(" ")[2], id_)
                case Delivered(pdu) if self._tasks is not None:
                    self._tasks.start_soon(self._take, pdu, self.connection)
                case Lost(why):
                    if self._bound.is_set():
                        self.tell(why)
                    _log.info("%s: %s", self.name, why)
                case _:
                    pass

    async def _take(self, pdu: Pdu, connection: int) -> None:
        status = await self.deliver(pdu, connection)
        session = self._session
        if session is not None and connection == self.connection:
            session.respond(pdu.sequence, status, anyio.current_time())
            await self._flush()
