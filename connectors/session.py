"""The client brain: everything that a connector or a workplace program does, and no I/O.

Theory of operation
-------------------
A `Session` is one client that outlives its connections. Time, randomness and keys come in as inputs, what
happened comes out as values, so that the same inputs give the same frames, byte for byte. `connectors.client`
moves the bytes on trio and on asyncio; a simulator moves them under virtual time. The host's part is this:

1. While `phase` is OFFLINE: at `dial_at` it opens a connection to the broker, and calls `dialled(now)`, or
   `lost(now, why)` when that failed.
2. While there is a connection: it sends what `data_to_send()` gives (after every call), passes what comes to
   `receive(data, now)`, and calls `lost(now, why)` when the connection is gone. When `hang_up` is true it sends
   what is left, closes, and calls `lost`.
3. Always: it calls `tick(now)` at `next_deadline`.
4. When `phase` is ENDED: it stops.

`receive`, `tick`, `lost` and `close` return events (`connectors.events`) in the order in which they happened.

What the session does by itself:

* *hello*, *heartbeat*, and *resync* (W-25): lists the open chats of each peer, then asks for the snapshot of each
  chat of which it cannot know that nothing was missed. Only then it is READY, and only then what waits is sent.
* *sentences* wait in an outbox until they are echoed. One without an echo is sent again, with the same key, after
  `echo_wait` and on every new connection, for ever (W-26). A snapshot that has it is its echo too.
* *requests* carry an `Id`, their answers come with `Re` (W-15). Those that may be done twice are sent again on the next
  connection; the others fail with `ConnectionLost`.
* *transcripts*: each sentence is given out once and in the order of its counter, whichever way it came, by push or by
  snapshot. A gap is mended by a snapshot before anything behind it is given out.
* *confirmations* of received sentences, until the broker has acknowledged them.
* *typing* of the other side expires; own typing is renewed and taken back.
* *the end*: a refused hello, `Replaced` and `LoggedOff` end the session, everything else is a reason to come back
  with back-off, or when `ReconnectAfterSeconds` says.

Nothing grows without a bound that `Tuning` names, but for the transcripts of open chats.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from typing import Literal, TypedDict

import attrs

from connectors.backoff import Random
from connectors.book import Book
from connectors.errors import (
    AlertGone,
    ConnectionLost,
    ConnectorError,
    Ended,
    EndReason,
    NotConnected,
    Refused,
    TimedOut,
)
from connectors.events import (
    AgentStateChanged,
    ChatRef,
    Connected,
    Disconnected,
    Event,
    Notice,
    Pushed,
    Ready,
    RequestDone,
    RequestFailed,
    SentenceAdded,
    SentenceEchoed,
    SentenceRefused,
    SessionEnded,
)
from connectors.link import BUSY, Link, Stage
from connectors.requests import SAFE_TYPES, Outbox, Outgoing, Purpose, Request, Requests
from connectors.resync import Resync
from connectors.settings import ConnectorSettings, Settings, WorkplaceSettings
from connectors.timers import Timers
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.codec import pack
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.session import Hello, SysError, Welcome
from protocol.values import AgentState, Guid, Role


class Phase(Enum):
    """Where a session is."""

    OFFLINE = auto()
    """No connection; the next is to be opened at `dial_at`."""
    GREETING = auto()
    """Connected, the hello is not answered yet."""
    SYNCING = auto()
    """Welcome; the resync runs."""
    READY = auto()
    """All is known, everything may be sent."""
    ENDED = auto()
    """Over for good."""


Timer = tuple[Literal["answer", "rest"], int] | tuple[Literal["rest", "typing"], ChatRef]
"""What a session waits for: an answer, the end of a pause, the end of its own typing."""


class Address(TypedDict, total=False):
    """The members of a structure that name a chat."""

    peer: str
    port: str | None
    tracking_id: str
    chat_id: Guid


class Session:
    """One client, connector or workplace, over all its connections; the module says how it works.

    Attributes:
        role: Which of the two it is.
        chats: What is known of the chats.
    """

    def __init__(
        self, settings: Settings, *, now: float, random: Random, new_id: Callable[[], str]
    ) -> None:
        """Makes a session that wants to be connected at once.

        Args:
            settings: Who it is.
            now: The time on the clock that all calls use, in seconds.
            random: Source of jitter.
            new_id: Makes keys of sentences and tracking IDs, unique and at most 64 characters.
        """
        self.role = Role.CONNECTOR if isinstance(settings, ConnectorSettings) else Role.WORKPLACE
        self.chats = Book(self.role, settings.tuning)
        self._settings = settings
        self._tuning = settings.tuning
        self._up = "ES_" if self.role is Role.CONNECTOR else "CS_"
        self._new_id = new_id
        self._now = now
        self._tickets = 0
        self._synced = False
        self._over = False
        self._events: list[Event] = []
        self._link = Link(_hello(settings), settings.tuning, now=now, random=random)
        self._timers: Timers[Timer] = Timers()
        self._requests = Requests(settings.tuning.requests)
        self._outbox = Outbox(settings.tuning.outbox)
        self._wires: dict[int, Request | Outgoing] = {}
        self._confirming: dict[tuple[ChatRef, str], Request] = {}
        self._starting: dict[ChatRef, int] = {}
        self._told_typing: dict[ChatRef, float] = {}
        self._resync = Resync()

    # --- the host's side ---

    @property
    def phase(self) -> Phase:
        """Where it is."""
        match self._link.stage:
            case Stage.OFFLINE:
                return Phase.OFFLINE
            case Stage.GREETING:
                return Phase.GREETING
            case Stage.OPEN:
                return Phase.READY if self._synced else Phase.SYNCING
            case Stage.ENDED:
                return Phase.ENDED

    @property
    def dial_at(self) -> float | None:
        """When the next connection is to be opened; None unless OFFLINE."""
        return self._link.dial_at

    @property
    def hang_up(self) -> bool:
        """Whether the connection is to be closed once `data_to_send` is empty."""
        return self._link.hang_up

    @property
    def welcome(self) -> Welcome | None:
        """The last welcome of the broker."""
        return self._link.welcome

    @property
    def ended(self) -> Ended | None:
        """Why it ended, once it has."""
        return self._link.ended

    @property
    def next_deadline(self) -> float | None:
        """When `tick` is to be called; None: not before something else happens."""
        if self._events:
            return self._now
        deadlines = (self._timers.next, self.chats.next_deadline, self._link.deadline)
        return min((when for when in deadlines if when is not None), default=None)

    def data_to_send(self) -> bytes:
        """Drains the bytes that are to be sent."""
        return self._link.data_to_send()

    def dialled(self, now: float) -> None:
        """A connection is open: says hello."""
        self._now = now
        self._link.dialled(now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Takes bytes that came."""
        self._now = now
        return self._after(self._link.receive(data, now))

    def tick(self, now: float) -> list[Event]:
        """Does what is due."""
        self._now = now
        for timer in self._timers.due(now):
            self._due(timer)
        self._events += self.chats.tick(now)
        return self._after(self._link.tick(now))

    def lost(self, now: float, why: str = "") -> list[Event]:
        """There is no connection: it could not be opened, or it is gone."""
        self._now = now
        self._link.lost(now, why)
        if self._link.dial_at is not None:
            self._forget_connection()
            self._events.append(Disconnected(self._link.why, self._link.dial_at))
        return self._drain()

    def close(self, now: float) -> list[Event]:
        """Ends the session from this side: what has no answer yet fails."""
        self._now = now
        if self._link.ended is None:
            self._link.end(Ended(EndReason.CLOSED))
            self._finish()
        return self._drain()

    # --- the program's side ---

    def request(
        self, type_: str, payload: object, now: float, *, ref: ChatRef | None = None
    ) -> int:
        """Asks the broker for anything that the catalogue of frames has.

        Args:
            type_: Type of the frame.
            payload: Its payload.
            now: The time.
            ref: The chat that it is about, if it is about one.

        Returns:
            The ticket that `RequestDone` or `RequestFailed` will carry.

        Raises:
            Ended: The session is over.
            NotConnected: It is not READY, and this type of request must not be done later.
            QueueFull: So many requests wait already.
            LocalProtocolError: The payload cannot be sent.
        """
        self._now = now
        self._check_alive()
        if self.phase is not Phase.READY and type_ not in SAFE_TYPES:
            raise NotConnected(f"{type_} needs a session that is ready")
        ticket = self._ask(type_, payload, Purpose.PROGRAM, ref).ticket
        self._pump()
        return ticket

    def start_chat(self, info: ChatServiceInfo, now: float) -> tuple[ChatRef, int]:
        """Starts a chat, or comes back to it (B-2). Sentences for it may be handed over at once.

        Args:
            info: The chat; one without a tracking ID gets a new one.
            now: The time.

        Returns:
            The name of the chat, and the ticket of the start.

        Raises:
            Ended: The session is over.
            QueueFull: So many requests wait already.
        """
        if info.peer is None:
            raise ValueError("a chat is started on a gateway: peer is missing")
        tracking_id = info.tracking_id or self._new_id()
        ref = ChatRef(info.peer, tracking_id, info.port)
        info = attrs.evolve(info, tracking_id=tracking_id)
        self._check_alive()
        self.chats.follow(ref)
        ticket = self._ask("ES_CHAT_START", info, Purpose.PROGRAM, ref).ticket
        self._starting[ref] = ticket
        self._now = now
        self._pump()
        return ref, ticket

    def send(
        self,
        ref: ChatRef,
        text: str,
        now: float,
        *,
        sentence_id: str | None = None,
        party_name: str | None = None,
        time_sent: datetime | None = None,
        model: int = 0,
    ) -> str:
        """Hands a sentence over. It is sent until it is echoed or refused, whatever the connection does.

        Args:
            ref: The chat.
            text: What is said.
            now: The time on the session's clock.
            sentence_id: Its key. A program that must not double a sentence when it is itself
                restarted keeps the key with the text and gives both again.
            party_name: Name of the sender as the conversation shows it.
            time_sent: When the person sent it.
            model: How it is to be read.

        Returns:
            Its key.

        Raises:
            Ended: The session is over.
            QueueFull: So many sentences of this chat wait already.
            LocalProtocolError: It cannot be sent.
        """
        self._now = now
        self._check_alive()
        key = sentence_id or self._new_id()
        if self._outbox.find(ref, key) is not None:
            return key
        sentence = ChatSentenceInfo(
            **self._address(ref),
            id=key,
            party_name=party_name,
            text=text,
            time_sent=time_sent,
            is_outbound=self.role is Role.WORKPLACE,
            model=model,
        )
        self._outbox.add(Outgoing(ref, sentence, pack(f"{self._up}CHAT_SENTENCE", sentence)))
        if not model:
            self._forget_typing(ref)
        self._pump_chat(ref)
        return key

    def confirm(self, ref: ChatRef, sentence_id: str, now: float) -> None:
        """Confirms a received sentence, when `Tuning.confirm` leaves that to the program.

        It goes on until the broker has acknowledged it. A second call for the same sentence does nothing.
        """
        self._now = now
        self._check_alive()
        self._confirm(ref, sentence_id)
        self._pump()

    def typing(self, ref: ChatRef, is_typing: bool, now: float) -> None:
        """Tells that this side types, or ceased to; may be called at every keystroke. Never waits for a connection."""
        self._now = now
        if self.phase is not Phase.READY:
            return
        told = self._told_typing.get(ref)
        if is_typing:
            if told is None or now - told >= self._tuning.typing_renews:
                self._tell_typing(ref, is_typing=True)
                self._told_typing[ref] = now
            self._timers.set(("typing", ref), now + 2 * self._tuning.typing_renews)
        elif told is not None:
            self._forget_typing(ref)
            self._tell_typing(ref, is_typing=False)

    def command(self, kind: str, ref: ChatRef, now: float, **members: object) -> int:
        """Makes a request about one chat whose payload is a ChatCommandInfo.

        Args:
            kind: What is asked: `STOP` or `STATUS` for a connector; `ANSWER`, `HANGUP`, `STATUS`, `RETURN`, `PARK`,
                `LEAVE` for a workplace.
            ref: The chat.
            now: The time.
            members: Further members of the payload.

        Returns:
            The ticket.
        """
        payload = ChatCommandInfo(**{**self._address(ref), **members})
        return self.request(f"{self._up}CHAT_{kind}", payload, now, ref=ref)

    def set_agent_state(self, state: AgentState, now: float, reason: str | None = None) -> int:
        """Asks for a state of the agent (B-28).

        Returns:
            The ticket; the answer is the state that the agent has now.
        """
        assert isinstance(self._settings, WorkplaceSettings)
        info = AgentStateInfo(peer=self._settings.number, state=state, reason=reason)
        return self.request("CS_AGENT_STATE", info, now)

    def unsent(self, ref: ChatRef) -> list[ChatSentenceInfo]:
        """The sentences of a chat that are not echoed yet, in order."""
        return [item.sentence for item in self._outbox.of(ref)]

    # --- what comes ---

    def _after(self, items: list[Frame | Refused]) -> list[Event]:
        """Goes through what the link let pass, then sends what may be sent."""
        for item in items:
            if isinstance(item, Frame):
                self._frame(item)
            else:
                self._events.append(Notice(item))
        if self._link.ended is not None:
            self._finish()
        else:
            self._pump()
        return self._drain()

    def _frame(self, frame: Frame) -> None:
        match frame.payload:
            case Welcome() as welcome:
                self._events.append(Connected(welcome))
                self._begin_resync()
                return
            case SysError() as error:
                self._refused(frame, Refused(error.code or "", error.text or ""))
                return
            case AgentStateInfo() as info:
                self._events.append(AgentStateChanged(info))
            case _ if self.chats.knows(frame):
                self._fold(frame)
            case _ if frame.re is None:
                self._events.append(Pushed(frame))
        self._answered(frame)

    def _fold(self, frame: Frame) -> None:
        """Folds a push or a snapshot into the chats, and does what follows from it."""
        for event in self.chats.fold(frame, self._now):
            self._events.append(event)
            if (
                isinstance(event, SentenceAdded)
                and not event.mine
                and event.sentence.confirmed_time is None
                and self._tuning.confirm
            ):
                self._confirm(event.ref, event.sentence.id or "")
        if isinstance(frame.payload, ChatSentenceInfo):
            self._echoed(self.chats.ref_of(frame.payload), frame.payload)
        elif isinstance(frame.payload, ChatStatusInfo) and frame.payload.sentences is not None:
            ref = self.chats.ref_of(frame.payload)
            for sentence in frame.payload.sentences:
                self._echoed(ref, sentence)
            self._resync.came(ref)
        for ref in self.chats.take_torn():
            self._resync.want(ref)

    def _echoed(self, ref: ChatRef, sentence: ChatSentenceInfo) -> None:
        """Lets a sentence of the outbox go, if this is it: by a push, by a snapshot, by another connection."""
        if sentence.is_outbound is not (self.role is Role.WORKPLACE):
            return
        item = self._outbox.find(ref, sentence.id)
        # The same key with other words is somebody else's: the broker will say KeyReused.
        if item is None or (item.sentence.text, item.sentence.model) != (
            sentence.text,
            sentence.model,
        ):
            return
        self._settle_sentence(item)
        self._events.append(SentenceEchoed(ref, sentence))

    def _answered(self, frame: Frame) -> None:
        """Settles the request that this frame answers, if it answers one."""
        request = self._wires.get(frame.re) if isinstance(frame.re, int) else None
        if not isinstance(request, Request):
            return
        self._settle(request, frame)
        match request.purpose:
            case Purpose.PROGRAM if (
                request.type == "CS_CHAT_ANSWER" and frame.type == "SC_CHAT_ALERT_END"
            ):
                self._events.append(RequestFailed(request.ticket, AlertGone("the offer is gone")))
            case Purpose.PROGRAM:
                self._events.append(RequestDone(request.ticket, frame))
                if request.ref is not None and self._starting.get(request.ref) == request.ticket:
                    del self._starting[request.ref]
            case Purpose.CONFIRM:
                assert request.ref is not None
                self.chats.confirmed(request.ref, request.sentence_id or "")
            case Purpose.LIST:
                infos = frame.payload if isinstance(frame.payload, tuple) else ()
                self._resync.listed(self.chats.listed(infos))
            case Purpose.SNAPSHOT:
                assert request.ref is not None
                self._resync.came(request.ref)
        self._check_synced()

    def _refused(self, frame: Frame, error: Refused) -> None:
        """The broker refused a frame of ours."""
        item = self._wires.get(frame.re) if isinstance(frame.re, int) else None
        if item is None:
            self._events.append(Notice(error))
        elif error.code in BUSY:
            self._rest(item)
        elif isinstance(item, Outgoing):
            self._settle_sentence(item)
            self._events.append(SentenceRefused(item.ref, item.sentence, error))
        else:
            self._fail(item, error)

    def _fail(self, request: Request, error: ConnectorError) -> None:
        """Gives a request up."""
        self._settle(request)
        match request.purpose:
            case Purpose.PROGRAM:
                self._events.append(RequestFailed(request.ticket, error))
                if request.ref is not None and self._starting.get(request.ref) == request.ticket:
                    del self._starting[request.ref]
                    self._refuse_all(request.ref, error)
            case Purpose.CONFIRM:
                # Refused for good: the chat is gone, or the sentence was never ours to confirm.
                assert isinstance(error, Refused)
                self._events.append(Notice(error))
            case Purpose.LIST:
                self._link.give_up(f"the list of chats was refused: {error}")
            case Purpose.SNAPSHOT:
                assert request.ref is not None
                self._resync.came(request.ref)
                self._events += self.chats.forget(request.ref)
        self._check_synced()

    # --- what is due ---

    def _due(self, timer: Timer) -> None:
        match timer:
            case ("answer", int(wire)):
                self._unanswered(self._wires.pop(wire, None))
            case ("rest", int(ticket)):
                if (request := self._requests.get(ticket)) is not None:
                    self._requests.again(request)
            case ("rest", ChatRef() as ref):
                for item in self._outbox.of(ref):
                    item.resting = False
                self._pump_chat(ref)
            case ("typing", ChatRef() as ref) if self._told_typing.pop(ref, None) is not None:
                if self.phase is Phase.READY:
                    self._tell_typing(ref, is_typing=False)
            case _:
                pass

    def _unanswered(self, item: Request | Outgoing | None) -> None:
        """No answer came in time, on a connection that lives."""
        match item:
            case Outgoing():
                item.wire = None  # sent again, with the same key (W-26)
                self._pump_chat(item.ref)
            case Request(purpose=Purpose.CONFIRM):
                self._requests.again(item)
            case Request(purpose=Purpose.PROGRAM):
                if item.safe and item.tries < self._tuning.tries:
                    self._requests.again(item)
                else:
                    self._fail(item, TimedOut(f"no answer to {item.type}"))
            case Request():
                self._link.give_up(f"the broker did not answer {item.type}")
            case None:
                pass

    def _rest(self, item: Request | Outgoing) -> None:
        """Tries again in a moment; the order of a chat's sentences is kept."""
        when = self._now + self._tuning.pause
        if isinstance(item, Outgoing):
            self._unwire(item.wire)
            item.wire, item.resting = None, True
            self._timers.set(("rest", item.ref), when)
        else:
            self._unwire(item.wire)
            item.wire = None
            item.tries -= 1
            self._timers.set(("rest", item.ticket), when)

    # --- what goes ---

    def _pump(self) -> None:
        """Sends what may be sent now."""
        if self.phase in (Phase.OFFLINE, Phase.GREETING, Phase.ENDED) or self._link.hang_up:
            return
        for ref in self._resync.take(self._tuning.resync_window):
            self._ask_snapshot(ref)
        self._check_synced()
        for request in self._requests.take():
            if self.phase is Phase.READY or not request.waits_for_ready:
                self._transmit(request)
            else:
                self._requests.again(request)
        if self.phase is Phase.READY:
            for ref in self._outbox:
                self._pump_chat(ref)

    def _pump_chat(self, ref: ChatRef) -> None:
        """Sends the sentences of a chat that may be sent now."""
        if self.phase is not Phase.READY or self._link.hang_up or ref in self._starting:
            return
        for item in self._outbox.sendable(ref, self._tuning.window):
            wire = self._link.send(item.packed)
            if wire is None:
                self._outbox.remove(item)
                error = Refused(ErrorCode.FRAME_TOO_LARGE, "longer than the broker takes")
                self._events.append(SentenceRefused(ref, item.sentence, error))
                continue
            item.wire = wire
            self._wires[wire] = item
            self._timers.set(("answer", wire), self._now + self._tuning.echo_wait)

    def _transmit(self, request: Request) -> None:
        wire = self._link.send(request.packed)
        if wire is None:
            self._fail(request, Refused(ErrorCode.FRAME_TOO_LARGE, "longer than the broker takes"))
            return
        request.tries += 1
        request.wire = wire
        self._wires[wire] = request
        self._timers.set(("answer", wire), self._now + self._tuning.answer_wait)

    def _ask(
        self, type_: str, payload: object, purpose: Purpose, ref: ChatRef | None = None
    ) -> Request:
        self._tickets += 1
        request = Request(self._tickets, type_, pack(type_, payload), purpose, ref)
        self._requests.add(request)
        return request

    def _confirm(self, ref: ChatRef, sentence_id: str) -> None:
        """Confirms a sentence, unless that is under way."""
        if (ref, sentence_id) in self._confirming:
            return
        payload = ChatCommandInfo(**self._address(ref), id=sentence_id)
        request = self._ask(f"{self._up}CHAT_CONFIRM", payload, Purpose.CONFIRM, ref)
        request.sentence_id = sentence_id
        self._confirming[ref, sentence_id] = request

    def _tell_typing(self, ref: ChatRef, *, is_typing: bool) -> None:
        payload = ChatCommandInfo(**self._address(ref), is_typing=is_typing)
        self._link.send(pack(f"{self._up}CHAT_TYPING", payload), answered=False)

    def _forget_typing(self, ref: ChatRef) -> None:
        self._told_typing.pop(ref, None)
        self._timers.cancel(("typing", ref))

    def _address(self, ref: ChatRef) -> Address:
        """The members that name a chat on the wire."""
        if self.role is Role.CONNECTOR:
            return {"peer": ref.peer, "port": ref.port, "tracking_id": ref.name}
        return {"peer": ref.peer, "chat_id": Guid(ref.name)}

    # --- the resync ---

    def _begin_resync(self) -> None:
        self._synced = False
        match self._settings:
            case ConnectorSettings(gateways=gateways):
                lists = [ChatCommandInfo(peer=gw.peer, port=gw.port) for gw in gateways]
            case WorkplaceSettings(number=number):
                lists = [ChatCommandInfo(peer=number)]
        known = [*self.chats.open_refs(), *self._outbox, *(ref for ref, _ in self._confirming)]
        self._resync.begin(len(lists), [ref for ref in known if ref not in self._starting])
        for payload in lists:
            self._ask(f"{self._up}CHAT_RESYNC", payload, Purpose.LIST)

    def _ask_snapshot(self, ref: ChatRef) -> None:
        payload = ChatCommandInfo(**self._address(ref))
        self._ask(f"{self._up}CHAT_STATUS", payload, Purpose.SNAPSHOT, ref)

    def _check_synced(self) -> None:
        if self.phase is Phase.SYNCING and self._resync.done:
            self._synced = True
            self._link.good(self._now)
            self._events.append(Ready())

    # --- ends ---

    def _settle(self, request: Request, frame: Frame | None = None) -> None:
        self._requests.settle(request)
        self._unwire(request.wire)
        self._timers.cancel(("rest", request.ticket))
        if request.ref is not None and request.sentence_id is not None:
            self._confirming.pop((request.ref, request.sentence_id), None)

    def _settle_sentence(self, item: Outgoing) -> None:
        self._outbox.remove(item)
        self._unwire(item.wire)
        self._pump_chat(item.ref)

    def _unwire(self, wire: int | None) -> None:
        """What was sent under this `Id` waits for no answer any more."""
        if wire is not None:
            self._wires.pop(wire, None)
            self._timers.cancel(("answer", wire))

    def _refuse_all(self, ref: ChatRef, error: ConnectorError) -> None:
        for item in self._outbox.of(ref):
            self._outbox.remove(item)
            self._events.append(SentenceRefused(ref, item.sentence, error))

    def _forget_connection(self) -> None:
        """Everything that was on its way is to be done again, or has failed."""
        self._synced = False
        self._wires.clear()
        self._timers.clear()
        self._told_typing.clear()
        self._outbox.lost()
        for request in self._requests.lost():
            if request.purpose is Purpose.PROGRAM:
                error = ConnectionLost(f"no answer to {request.type}: {self._link.why}")
                self._events.append(RequestFailed(request.ticket, error))
        self._events += self.chats.lost()

    def _finish(self) -> None:
        """The session is over: whatever waits has failed."""
        ended = self._link.ended
        assert ended is not None
        if self._over:
            return
        self._over = True
        self._timers.clear()
        for request in self._requests.end():
            if request.purpose is Purpose.PROGRAM:
                self._events.append(RequestFailed(request.ticket, ended))
        for ref in self._outbox:
            self._refuse_all(ref, ended)
        self._events += self.chats.lost()
        self._events.append(SessionEnded(ended))

    def _check_alive(self) -> None:
        if self._link.ended is not None:
            raise self._link.ended

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events


def _hello(settings: Settings) -> Hello:
    match settings:
        case ConnectorSettings():
            return Hello(
                version=1,
                role=Role.CONNECTOR,
                peers=tuple(dict.fromkeys(gateway.peer for gateway in settings.gateways)),
                token=settings.token,
                software=settings.software,
            )
        case WorkplaceSettings():
            return Hello(
                version=1,
                role=Role.WORKPLACE,
                peers=(settings.number,),
                login=settings.login,
                token=settings.token,
                software=settings.software,
            )
