"""The client brain: everything that a connector or a workplace program does, and no I/O.

Theory of operation
-------------------
A `Session` is one client that outlives its connections. Time, randomness and keys come in as inputs, what
happened comes out as values, so that the same inputs give the same frames, byte for byte. `connectors.client`
moves the bytes on trio and on asyncio; a simulator moves them under virtual time. The host's part is this:

1. While `phase` is OFFLINE: at `dial_at` it opens a connection to the broker, and calls `dialled(now)`, or
   `lost(now, why)` when that failed.
2. While there is a connection: it sends what `data_to_send()` gives (after every call), passes what comes to
   `receive(data, now)`, and calls `lost(now, why)` when the connection is gone. When `hang_up` is
   true it sends what is left, closes, and calls `lost`.
3. Always: it calls `tick(now)` at `next_deadline`.
4. When `phase` is ENDED: it stops.

`receive`, `tick`, `lost` and `close` return events (`events`) in the order in which they happened.

What the session does by itself:

* *hello*, *heartbeat*, and *resync* (W-25): lists the open chats of each peer, then asks for the
  snapshot of each chat of which it cannot know that nothing was missed. Only then it is READY, and
  only then what waits is sent.
* *sentences* wait in an outbox until they are echoed. One without an echo is sent again, with the
  same key, after `echo_wait` and on every new connection, for ever (W-26). A snapshot that has it
  is its echo too.
* *requests* carry an `Id`, their answers come with `Re` (W-15). Those that may be done twice are
  sent again on the next connection; the others fail with `ConnectionLost`.
* *transcripts*: each sentence is given out once and in the order of its counter, whichever way it
  came, by push or by snapshot. A gap is mended by a snapshot before anything behind it is given
  out.
* *conversations*, where the program wants them, are listed and fetched by the resync too; their messages and
  notes are given out as sentences are.
* *confirmations* of received sentences, until the broker has acknowledged them.
* *typing* of the other side expires; own typing is renewed and taken back.
* *the end*: a refused hello, `Replaced` and `LoggedOff` end the session, everything else is a
  reason to come back with back-off, or when `ReconnectAfterSeconds` says.

Nothing grows without a bound that `Tuning` names, but for the transcripts of open chats.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto

from attrs import evolve

from connectors.client.backoff import Random
from connectors.client.chats import Chats
from connectors.client.connections import Dialling, Stage
from connectors.client.conversations import Conversations
from connectors.client.errors import Ended, EndReason, NotConnected, Refused
from connectors.client.events import AgentStateChanged, ChatRef, Disconnected, Event
from connectors.client.exchange import Exchange
from connectors.client.requests import KEPT_TYPES, SAFE_TYPES
from connectors.client.resync import lists
from connectors.client.settings import ConnectorSettings, Settings, WorkplaceSettings
from protocol.agent import AgentStateInfo
from protocol.blob import AttachmentInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.message import MessageContentInfo
from protocol.scenario import ScenarioResultInfo
from protocol.session import Hello, Welcome
from protocol.values import AgentState, Guid, Role

_OPENINGS = frozenset({"CS_CHAT_OPEN", "ES_CHAT_OPEN"})


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


class Session:
    """One client, connector or workplace, over all its connections; the module says how it works.

    Attributes:
        role: Which of the two it is.
        chats: What is known of the chats.
        conversations: What is known of the conversations (workplaces).
        agent: The agent's own state, as the broker told it last (workplaces).
    """

    def __init__(
        self, settings: Settings, *, now: float, random: Random, new_id: Callable[[], str]
    ) -> None:
        """Make a session that wants to be connected at once.

        Args:
            settings: Who it is.
            now: The time on the clock that all calls use, in seconds.
            random: Source of jitter.
            new_id: Makes keys of sentences and tracking IDs, unique and at most 64 characters.
        """
        self._settings = settings
        self._new_id = new_id
        self._link = Dialling(
            _hello(settings), settings.tuning, settings.encoding, now=now, random=random
        )
        self._unfit = self._what_no_broker_takes()
        self._talk = Exchange(settings, self._link, now=now)
        self.role: Role = self._talk.role
        self.chats: Chats = self._talk.chats
        self.conversations: Conversations = self._talk.conversing.known
        self.agent: AgentStateInfo | None = None

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
                return Phase.READY if self._talk.synced else Phase.SYNCING
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
        if self._talk.events:
            return self._talk.now
        deadlines = (self._talk.timers.next, self.chats.next_deadline, self._link.deadline)
        return min((when for when in deadlines if when is not None), default=None)

    def data_to_send(self) -> bytes:
        """Drain the bytes that are to be sent."""
        return self._link.data_to_send()

    def dialled(self, now: float) -> None:
        """A connection is open: says hello, unless no broker would hear of it."""
        if self._unfit is not None:
            self._link.end(self._unfit)
        else:
            self._link.dialled(now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes that came."""
        self._talk.now = now
        events = self._talk.take(self._link.receive(data, now))
        for event in events:
            if isinstance(event, AgentStateChanged):
                self.agent = event.info
        return events

    def tick(self, now: float) -> list[Event]:
        """Do what is due."""
        self._talk.now = now
        self._talk.wake()
        return self._talk.take(self._link.tick(now))

    def lost(self, now: float, why: str = "") -> list[Event]:
        """There is no connection: it could not be opened, or it is gone."""
        self._talk.now = now
        self._link.lost(now, why)
        if self._link.ended is not None:
            self._talk.finish()
        if self._link.dial_at is not None:
            self._talk.forget_connection()
            self._talk.events.append(Disconnected(self._link.why, self._link.dial_at))
        return self._talk.drain()

    def dial_now(self, now: float) -> bool:
        """Do not wait for `dial_at`: somebody is there who would rather know at once.

        Returns:
            Whether that changed anything.
        """
        return self._link.dial_now(now)

    def close(self, now: float, reason: EndReason = EndReason.CLOSED) -> list[Event]:
        """End the session from this side: what has no answer yet fails."""
        self._talk.now = now
        if self._link.ended is None:
            self._link.end(Ended(reason))
            self._talk.finish()
        return self._talk.drain()

    # --- the program's side ---

    def request(
        self, type_: str, payload: object, now: float, *, ref: ChatRef | None = None
    ) -> int:
        """Ask the broker for anything that the catalogue of frames has.

        Args:
            type_: Type of the frame.
            payload: Its payload. An opening of an outbound chat without `return_chat_id` gets one, a form
                that is saved its `scenario_result_id`, a message that is sent its `request_id`.
            now: The time.
            ref: The chat that it is about, if it is about one.

        Returns:
            The request id that `RequestDone` or `RequestFailed` will carry.

        Raises:
            Ended: The session is over.
            NotConnected: It is not READY, and this type of request must not be done later.
            QueueFull: So many requests wait already.
            Refused: The protocol forbids it, whoever the broker is; nothing was sent.
        """
        self._check_alive(now)
        if type_ in _OPENINGS and isinstance(payload, ChatServiceInfo):
            # By this Guid an opening that is sent again is known to be the same.
            payload = evolve(payload, return_chat_id=payload.return_chat_id or self._new_guid())
        if isinstance(payload, ScenarioResultInfo) and type_ in KEPT_TYPES:
            payload = self.named(payload)
        if isinstance(payload, MessageContentInfo) and type_ == "CS_MESSAGE_SEND":
            payload = evolve(payload, request_id=payload.request_id or self._new_id())
        if self.phase is not Phase.READY and type_ not in SAFE_TYPES:
            raise NotConnected(f"{type_} needs a session that is ready")
        request_id = self._talk.ask_for(type_, payload, ref)
        self._talk.pump()
        return request_id

    def named(self, form: ScenarioResultInfo) -> ScenarioResultInfo:
        """Give a form result its key, by which a save that is sent again is known to be the same."""
        return evolve(form, scenario_result_id=form.scenario_result_id or self._new_guid())

    def start_chat(self, info: ChatServiceInfo, now: float) -> tuple[ChatRef, int]:
        """Start a chat, or come back to it (B-2). Sentences for it may be handed over at once.

        Args:
            info: The chat; one without a tracking ID gets a new one.
            now: The time.

        Returns:
            The name of the chat, and the request id of the start.

        Raises:
            Ended: The session is over.
            QueueFull: So many requests wait already.
            Refused: The protocol forbids it, whoever the broker is; nothing was sent.
        """
        if info.peer is None:
            raise ValueError("a chat is started on a gateway: peer is missing")
        tracking_id = info.tracking_id or self._new_id()
        ref = ChatRef(info.peer, tracking_id, info.port)
        info = evolve(info, tracking_id=tracking_id)
        self._check_alive(now)
        request_id = self._talk.start(info, ref)
        self._talk.pump()
        return ref, request_id

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
        attachments: Sequence[AttachmentInfo] = (),
    ) -> str:
        """Hand a sentence over. It is sent until it is echoed or refused, whatever the connection does.

        Args:
            ref: The chat.
            text: What is said.
            now: The time on the session's clock.
            sentence_id: Its key. A program that must not double a sentence when it is itself
                restarted keeps the key with the text and gives both again.
            party_name: Name of the sender as the conversation shows it.
            time_sent: When the person sent it.
            model: How it is to be read.
            attachments: What comes with it; it is there already (`connectors.client.blobs`).

        Returns:
            Its key.

        Raises:
            Ended: The session is over.
            QueueFull: So many sentences of this chat wait already.
            Refused: The protocol forbids it, whoever the broker is; nothing was sent.
        """
        self._check_alive(now)
        key = sentence_id or self._new_id()
        sentence = ChatSentenceInfo(
            **self._talk.address(ref),
            id=key,
            party_name=party_name,
            text=text,
            time_sent=time_sent,
            is_outbound=self.role is Role.WORKPLACE,
            model=model,
            attachments=tuple(attachments) or None,
        )
        self._talk.say(ref, sentence)
        return key

    def confirm(self, ref: ChatRef, sentence_id: str, now: float) -> None:
        """Confirm a received sentence, when `Tuning.confirm` leaves that to the program.

        It goes on until the broker has acknowledged it. A second call for the same sentence does nothing.
        """
        self._check_alive(now)
        self._talk.confirm(ref, sentence_id)
        self._talk.pump()

    def typing(self, ref: ChatRef, is_typing: bool, now: float) -> None:
        """Tell that this side types, or ceased to; may be called at every keystroke."""
        self._talk.now = now
        self._talk.typing(ref, is_typing=is_typing)

    def command(self, kind: str, ref: ChatRef, now: float, *, is_parked: bool | None = None) -> int:
        """Make a request about one chat whose payload is a ChatCommandInfo.

        Args:
            kind: What is asked: `STOP` or `STATUS` for a connector; `ANSWER`, `HANGUP`, `STATUS`,
                `RETURN`, `PARK`, `LEAVE`, `CLOSE` for a workplace.
            ref: The chat.
            now: The time.
            is_parked: For `PARK`: whether to park it or to take it back.

        Returns:
            The request id.
        """
        payload = ChatCommandInfo(**self._talk.address(ref), is_parked=is_parked)
        return self.request(f"{self._talk.up}CHAT_{kind}", payload, now, ref=ref)

    def set_agent_state(
        self,
        state: AgentState,
        now: float,
        reason: str | None = None,
        *,
        next_state: AgentState | None = None,
        agent_id: Guid | None = None,
    ) -> int:
        """Ask for a state of the agent, or for a supervisor of another agent (B-28).

        Returns:
            The request id; the answer is the state that the agent has now.
        """
        assert isinstance(self._settings, WorkplaceSettings)
        info = AgentStateInfo(
            peer=self._settings.number,
            agent_id=agent_id,
            state=state,
            reason=reason,
            next_state=next_state,
        )
        return self.request("CS_AGENT_STATE", info, now)

    def unsent(self, ref: ChatRef) -> list[ChatSentenceInfo]:
        """The sentences of a chat that are not echoed yet, in order."""
        return [item.sentence for item in self._talk.outbox.of(ref)]

    def _new_guid(self) -> Guid:
        return Guid(str(uuid.uuid5(uuid.NAMESPACE_OID, self._new_id())))

    def _what_no_broker_takes(self) -> Ended | None:
        """What the protocol forbids in the hello, or in what every connection asks for first."""
        up = "ES_" if isinstance(self._settings, ConnectorSettings) else "CS_"
        try:
            self._link.pack("SYS_HELLO", _hello(self._settings))
            for question in lists(self._settings):
                self._link.pack(f"{up}CHAT_RESYNC", question)
        except Refused as error:
            return Ended(EndReason.REJECTED, error.code, error.text)
        return None

    def _check_alive(self, now: float) -> None:
        self._talk.now = now
        if self._link.ended is not None:
            raise self._link.ended


def _hello(settings: Settings) -> Hello:
    match settings:
        case ConnectorSettings():
            return Hello(
                version=1,
                role=Role.CONNECTOR,
                peers=tuple(
                    dict.fromkeys([*(one.peer for one in settings.gateways), *settings.messages])
                ),
                token=settings.token,
                software=settings.software,
                takes_pieces=settings.tuning.pieces or None,
            )
        case WorkplaceSettings():
            return Hello(
                version=1,
                role=Role.WORKPLACE,
                peers=(settings.number,),
                login=settings.login,
                token=settings.token,
                software=settings.software,
                takes_pieces=(settings.conversations and settings.tuning.pieces) or None,
                takes_messages=settings.conversations or settings.takes_messages or None,
            )
