"""The workplace of a logged-in agent: one session with the broker, and all their pages on it.

Theory of operation: the broker serves a workplace, and an agent, by one connection (W-11). So the pages of
a login share one, which the first of them opens: the hello is the page's, but for the secrets, which no page
has. What a page sends goes on with an `Id` of this connection's own; what comes goes to all pages, and the
answer to one of them has the `Re` that it knows. What answers a mere question goes to who asked alone. A page
that comes later is told what it missed and cannot ask for: the agent's state and the alerts that ring.

When the connection is lost the pages are sent away, and come back by themselves: what they have is then made
right by the resync that they do anyway.
"""

import itertools
from collections.abc import Callable
from typing import Final

import anyio
from anyio.abc import ByteStream
from attrs import define, evolve, field

from connectors.desk.broker import READ_BYTES, Broker, BrokerAway
from connectors.desk.sessions import Session
from connectors.desk.tab import Tab
from connectors.web.frames import FRAME_BYTES, answering
from connectors.web.line import LATER, NORMAL
from connectors.web.problems import AWAY_TEXT
from protocol.agent import AgentStateInfo
from protocol.catalogue import CATALOGUE
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.connection import Connection, Failed, Side, State
from protocol.encoding import MESSAGEPACK
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.json_codec import encode_json
from protocol.session import Bye, Hello, SysError, Welcome
from protocol.values import FrameId, Guid

PENDING: Final = 2_000
"""Frames of one agent that may wait for their answer."""
QUESTIONS: Final = frozenset({"CS_CHAT_STATUS", "CS_CONVERSATION_STATUS"})
"""What asks for something that is told to others only when it changes."""
SHARED: Final = frozenset(
    {
        "SC_AGENT_STATE",
        "SC_CHAT_ALERT_END",
        "SC_CHAT_SENTENCE",
        "SC_CHAT_STATUS",
        "SC_CONVERSATION_NOTE",
        "SC_CONVERSATION_STATUS",
        "SC_MESSAGE_STATUS",
    }
)
"""Answers that tell of a change: all pages are to know."""
IDLE: Final = frozenset({"CS_CHAT_CONFIRM", "CS_CHAT_RESYNC", "CS_CHAT_STATUS"})
"""What pages send by themselves, whether anybody is there or not."""
WRITE_SECONDS: Final = 30.0


@define
class _Asked:
    """A frame that waits for its answer."""

    tab: Tab
    id: FrameId
    type: str


@define(eq=False)
class Seat:
    """One workplace of one login.

    Attributes:
        session: The login.
        number: The workplace.
        hello: What the first page said.
        broker: Where the broker is.
        linger: How long it stays when the last page is gone.
        used: Called when the agent does something.
        expired: Called when the login is over with it, and why, before any page can know.
        left: Called when it is over.
    """

    session: Session
    number: str
    hello: Hello
    broker: Broker
    linger: float
    used: Callable[[], None]
    expired: Callable[[str], None]
    left: Callable[["Seat"], None]
    tabs: dict[Tab, None] = field(factory=dict)
    _connection: Connection | None = None
    _welcome: Welcome | None = None
    _state: Frame | None = None
    _alerts: dict[Guid, Frame] = field(factory=dict)
    _asked: dict[int, _Asked] = field(factory=dict)
    _ids: "itertools.count[int]" = field(factory=lambda: itertools.count(1))
    _wake: anyio.Event = field(factory=anyio.Event)
    _changed: anyio.Event = field(factory=anyio.Event)
    _is_over: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it takes no page any more."""
        return self._is_over

    # --- pages

    def enter(self, tab: Tab) -> None:
        """A page is there: it is welcomed once the broker has welcomed the workplace."""
        self.tabs[tab] = None
        self._changed.set()
        if self._welcome is not None:
            self._greet(tab)

    def _greet(self, tab: Tab) -> None:
        assert self._welcome is not None
        assert tab.hello is not None
        told = evolve(
            self._welcome, frame_bytes=min(self._welcome.frame_bytes or FRAME_BYTES, FRAME_BYTES)
        )
        tab.put(Frame("SYS_WELCOME", told, answering(tab.hello.id)))
        for frame in (self._state, *self._alerts.values()):
            if frame is not None:
                tab.put(frame)

    def leave(self, tab: Tab) -> None:
        """A page is gone."""
        self.tabs.pop(tab, None)
        self._asked = {key: one for key, one in self._asked.items() if one.tab is not tab}
        self._changed.set()

    def take(self, tab: Tab, frame: Frame) -> None:
        """Pass on what a page sends."""
        connection = self._connection
        if self._welcome is None or connection is None or connection.state is not State.OPEN:
            error = WireError(ErrorCode.RATE_LIMITED, AWAY_TEXT, type=frame.type, re=frame.id)
            tab.refuse(error)
            return
        if frame.type.startswith("SYS_"):
            text = f"{frame.type} has no place here"
            tab.refuse(WireError(ErrorCode.NOT_ALLOWED, text, type=frame.type, re=frame.id))
            return
        if len(self._asked) >= PENDING:
            text = "too much waits for an answer"
            tab.refuse(WireError(ErrorCode.RATE_LIMITED, text, type=frame.type, re=frame.id))
            return
        if frame.type not in IDLE:
            self.used()
        headers = {name: value for name, value in (frame.headers or {}).items() if name != "Id"}
        if CATALOGUE[frame.type].answer is not None:
            number = next(self._ids)
            self._asked[number] = _Asked(tab, frame.id, frame.type)
            headers["Id"] = number
        connection.send(MESSAGEPACK.assemble(MESSAGEPACK.pack(frame.type, frame.payload), headers))
        self._wake.set()

    # --- the end

    def over(self, text: str) -> None:
        """End it: the login is over."""
        self._end(Frame("SYS_BYE", Bye(code=ByeCode.LOGGED_OFF, text=text)))

    def replaced(self, text: str) -> None:
        """End it: the same login sits somewhere else."""
        self._end(Frame("SYS_BYE", Bye(code=ByeCode.REPLACED, text=text)))

    def shut(self) -> None:
        """End it: the process ends."""
        text = "the desk is started again"
        self._end(
            Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN, text=text, reconnect_after_seconds=1))
        )

    def warn(self, seconds: int) -> None:
        """Say that the session ends soon."""
        for tab in self.tabs:
            tab.put_text(f'["DESK_SESSION",{{"EndsInSeconds":{seconds}}}]')

    def _end(self, farewell: Frame) -> None:
        for tab in tuple(self.tabs):
            tab.part(farewell)
        self._is_over = True
        self._wake.set()
        self._changed.set()

    def _lose(self, text: str) -> None:
        """There is no broker: pages come back when there may be one."""
        for tab in tuple(self.tabs):
            if self._welcome is None:
                re = tab.hello.id if tab.hello is not None else None
                tab.fail(WireError(ErrorCode.OVERLOADED, text, type="SYS_HELLO", re=re), LATER)
            else:
                tab.bye(ByeCode.STORE_UNAVAILABLE, text, LATER, after=1)

    # --- the broker

    async def run(self) -> None:
        """Keep it to its end."""
        try:
            try:
                stream = await self.broker.dial()
            except BrokerAway:
                self._lose(AWAY_TEXT)
                return
            try:
                await self._talk(stream)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.aclose_forcefully(stream)
        finally:
            self.left(self)

    async def _talk(self, stream: ByteStream) -> None:
        """Speak with the broker."""
        connection = self._connection = Connection(Side.CLIENT, now=anyio.current_time())
        agent = self.session.agent
        connection.hello(
            evolve(self.hello, token=self.broker.token, login=agent.login, voucher=agent.voucher)
        )
        self._wake.set()
        async with anyio.create_task_group() as tasks:

            async def hear() -> None:
                await self._hear(stream, connection)
                tasks.cancel_scope.cancel()

            async def write() -> None:
                await self._write(stream, connection)
                tasks.cancel_scope.cancel()

            async def watch() -> None:
                await self._until_empty()
                self._is_over = True
                self._wake.set()

            tasks.start_soon(hear)
            tasks.start_soon(write)
            tasks.start_soon(watch)
            tasks.start_soon(self._beat, connection)
        if not self._is_over:
            self._lose(AWAY_TEXT)

    async def _until_empty(self) -> None:
        """Wait until no page has been there for a while."""
        while True:
            self._changed = anyio.Event()
            if self.tabs:
                await self._changed.wait()
                continue
            with anyio.move_on_after(self.linger):
                await self._changed.wait()
                continue
            return

    async def _write(self, stream: ByteStream, connection: Connection) -> None:
        while True:
            self._wake = anyio.Event()
            if self._is_over and connection.state in (State.OPEN, State.GREETING):
                connection.bye(ByeCode.SHUTDOWN, "the agent left the desk")
            data = connection.data_to_send()
            if data:
                try:
                    with anyio.fail_after(WRITE_SECONDS):
                        await stream.send(data)
                except (OSError, TimeoutError, anyio.BrokenResourceError):
                    return
                continue
            if self._is_over:
                return
            await self._wake.wait()

    async def _beat(self, connection: Connection) -> None:
        while True:
            deadline = connection.deadline
            await anyio.sleep_until(deadline if deadline is not None else anyio.current_time() + 1)
            connection.tick(anyio.current_time())
            self._wake.set()
            if connection.state in (State.CLOSING, State.CLOSED):
                self._is_over = self._welcome is None
                self._lose(AWAY_TEXT)
                return

    async def _hear(self, stream: ByteStream, connection: Connection) -> None:
        while True:
            try:
                data = await stream.receive(READ_BYTES)
            except (OSError, anyio.BrokenResourceError, anyio.EndOfStream):
                self._lose(AWAY_TEXT)
                return
            for event in connection.receive(data, anyio.current_time()):
                if isinstance(event, Failed):
                    self._lose("the broker failed")
                    return
                if isinstance(event, Frame):
                    self._heard(event)
                if self._is_over:
                    return
            self._wake.set()

    def _heard(self, frame: Frame) -> None:
        """Pass on what the broker says."""
        match frame.payload:
            case Welcome() as welcome:
                self._welcome = welcome
                for tab in self.tabs:
                    self._greet(tab)
            case Bye() as bye:
                self._end(frame)
                if bye.code is ByeCode.LOGGED_OFF:
                    self.expired(bye.text or "logged off")
            case SysError(fatal=True) as error:
                self._turned_away(error)
            case _:
                self._remember(frame)
                self._pass_on(frame)

    def _turned_away(self, error: SysError) -> None:
        """The broker does not take this workplace."""
        self._is_over = True
        code = error.code or ErrorCode.BAD_HELLO
        for tab in tuple(self.tabs):
            re = tab.hello.id if tab.hello is not None else None
            tab.fail(WireError(code, error.text or "", type=error.type, re=re), NORMAL)
        if code is ErrorCode.AUTH_FAILED:
            self.expired("the broker does not take them")

    def _remember(self, frame: Frame) -> None:
        """Keep what a page that comes later cannot ask for."""
        plain = evolve(frame, headers=None)
        match frame.payload:
            case AgentStateInfo() as state if frame.type == "SC_AGENT_STATE":
                own = self._welcome.agent_id if self._welcome is not None else None
                if state.agent_id in (None, own):
                    self._state = plain
            case ChatStatusInfo(chat_id=chat) if chat is not None:
                if frame.type == "SC_CHAT_ALERT":
                    self._alerts[chat] = plain
                elif frame.type == "SC_CHAT_STATUS":
                    self._alerts.pop(chat, None)
            case ChatCommandInfo(chat_id=chat) if frame.type == "SC_CHAT_ALERT_END":
                if chat is not None:
                    self._alerts.pop(chat, None)
            case _:
                pass

    def _pass_on(self, frame: Frame) -> None:
        number = frame.re
        asked = self._asked.get(number) if isinstance(number, int) else None
        others = {name: value for name, value in (frame.headers or {}).items() if name != "Re"}
        plain = encode_json(evolve(frame, headers=others or None))
        if number is None:
            for tab in tuple(self.tabs):
                tab.put_text(plain)
            return
        if asked is None:
            return
        if frame.more is None:
            del self._asked[int(number)]
        if asked.id is not None or frame.type in ("SYS_ERROR", *SHARED):
            headers = {**others, **(answering(asked.id) or {})}
            asked.tab.put(evolve(frame, headers=headers or None))
        if frame.type in SHARED and asked.type not in QUESTIONS:
            for tab in tuple(self.tabs):
                if tab is not asked.tab:
                    tab.put_text(plain)
