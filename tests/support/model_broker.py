"""A small model of a broker, sans-IO, on the real protocol: enough of it to try clients against.

It keeps everything in memory and decides naively: one agent, every chat is offered to them at once
when they are ready.
What is in `chats` is durable, the `Line`s are not: `restart` drops them all, as a broker that is killed does.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import define, evolve, field

from connectors.client.events import Address
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
)
from protocol.codec import encode
from protocol.connection import Connection, Side
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Ack, Hello, Welcome
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, Role, SentenceModel, Signal

TOKENS = {"web": "web-secret", "alice": "alice-secret"}
NODE = Guid("00000000-0000-4000-8000-000000000001")
ALICE = Guid("00000000-0000-4000-8000-0000000000a1")


@define(eq=False)
class Chat:
    """One chat, the durable part of the model."""

    peer: str
    tracking_id: str
    chat_id: Guid
    party_name: str | None = None
    status: ChatStatus = ChatStatus.WAITING
    close_reason: CloseReason | None = None
    number: str | None = None
    """The workplace that is alerted or talks."""
    sentences: list[ChatSentenceInfo] = field(factory=list)
    internal: list[ChatSentenceInfo] = field(factory=list)
    parties: tuple[ChatPartyInfo, ...] | None = None
    scenario_id: Guid | None = None


@define(eq=False)
class Line:
    """One connection of a client."""

    broker: "ModelBroker"
    connection: Connection
    hello: Hello = field(factory=Hello)
    state: AgentState = AgentState.PAUSE
    deaf: bool = False
    """Frames are read and thrown away: an overloaded broker, or one that died without a word."""

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes of the client."""
        for event in self.connection.receive(data, now):
            if isinstance(event, Frame) and not self.deaf:
                self.broker.frame(self, event, now)

    def tick(self, now: float) -> None:
        """Heartbeats."""
        self.connection.tick(now)

    def data_to_send(self) -> bytes:
        """Drain what the client is to get."""
        return self.connection.data_to_send()

    def push(self, type_: str, payload: object, re: int | str | None = None) -> None:
        """Say something to the client."""
        self.connection.send(encode(Frame(type_, payload, None if re is None else {"Re": re})))

    @property
    def serves(self) -> tuple[str, ...]:
        """The peers of the client."""
        return self.hello.peers or ()


class ModelBroker:
    """The model. `heard` has every frame that came, for tests that look at what a client says."""

    def __init__(
        self, clock: Callable[[], datetime] = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    ) -> None:
        self.chats: dict[Guid, Chat] = {}
        self.lines: list[Line] = []
        self.heard: list[Frame] = []
        self.refuse_next: list[ErrorCode] = []
        self.replaced = False
        self.refuse_type: dict[str, ErrorCode] = {}
        """What the next frame of a type is refused with."""
        self.canned: dict[str, tuple[str, object]] = {}
        self.ignored: set[str] = set()
        """Answers to types of frames that the model does not serve: their type and payload."""
        self.clock = clock
        self.signal_seconds = 30
        self._states: dict[str, AgentState] = {}

    # --- lines ---

    def connect(self, now: float) -> Line:
        """A client opens a connection."""
        line = Line(self, Connection(Side.SERVER, now=now))
        self.lines.append(line)
        return line

    def drop(self, line: Line) -> None:
        """The connection of a client is gone."""
        if line in self.lines:
            self.lines.remove(line)
        if line.hello.role is Role.WORKPLACE:
            for chat in self.chats.values():
                if chat.status is ChatStatus.ALERTING and chat.number in line.serves:
                    chat.status, chat.number = ChatStatus.WAITING, None
                    self._tell_connectors(chat)

    def restart(self) -> None:
        """Kill and start the broker: all connections are gone, the chats are not."""
        for line in list(self.lines):
            self.drop(line)

    # --- frames ---

    def frame(self, line: Line, frame: Frame, now: float) -> None:
        """Serve one frame."""
        self.heard.append(frame)
        if isinstance(frame.payload, Hello):
            self._hello(line, frame.payload, frame.id)
            return
        refusal = self.refuse_type.pop(frame.type, None)
        if refusal is not None or self.refuse_next:
            code = refusal or self.refuse_next.pop(0)
            line.connection.report(WireError(code, "as told", re=frame.id))
            return
        try:
            self._serve(line, frame)
        except WireError as error:
            error.re = frame.id
            line.connection.report(error)

    def _hello(self, line: Line, hello: Hello, re: int | str | None) -> None:
        key = hello.login if hello.role is Role.WORKPLACE else (hello.peers or ("",))[0]
        if TOKENS.get(key or "") != hello.token:
            line.connection.refuse(WireError(ErrorCode.AUTH_FAILED, "no such secret", re=re))
            return
        if self.replaced and hello.continues is not None:
            line.connection.bye(ByeCode.REPLACED)
            return
        for older in [other for other in self.lines if other is not line]:
            if hello.role is Role.WORKPLACE and older.serves == hello.peers:
                older.connection.bye(ByeCode.REPLACED)
                self.drop(older)
        line.hello = hello
        agent = hello.role is Role.WORKPLACE
        line.state = self._states.get(line.serves[0], AgentState.PAUSE)
        line.connection.accept(
            Welcome(
                version=1,
                node="model",
                session_id=NODE,
                heartbeat_seconds=30,
                frame_bytes=1 << 20,
                time_utc=self.clock(),
                agent_id=ALICE if agent else None,
                agent_name="Alice" if agent else None,
                workplace_number=line.serves[0] if agent else None,
            ),
            re,
        )
        self._distribute()

    def _serve(self, line: Line, frame: Frame) -> None:
        if frame.type in self.ignored:
            return
        if (canned := self.canned.get(frame.type)) is not None:
            line.push(*canned, re=frame.id)
            return
        match frame.type[3:], frame.payload:
            case "CHAT_REQUEST", ChatServiceInfo() as info:
                answer = evolve(info, signal=Signal.FREE)
                line.push("SE_CHAT_RESPONSE", answer, frame.id)
            case "CHAT_START", ChatServiceInfo() as info:
                self._start(line, info, frame.id)
            case "CHAT_SENTENCE", ChatSentenceInfo() as sentence:
                self._sentence(line, sentence, frame.id)
            case "AGENT_STATE", AgentStateInfo() as state:
                line.state = state.state or AgentState.PAUSE
                self._states[line.serves[0]] = line.state
                line.push("SC_AGENT_STATE", evolve(state, agent_name="Alice"), frame.id)
                self._distribute()
            case "CHAT_TRANSFER", ChatTransferInfo() as transfer:
                self._hand_over(line, transfer, frame.id)
            case "CHAT_RESYNC", ChatCommandInfo():
                self._resync(line, frame.id)
            case kind, ChatCommandInfo() as command:
                self._command(line, kind, command, frame.id)
            case _:
                raise WireError(ErrorCode.NOT_ALLOWED, "not served by the model")

    def _start(self, line: Line, info: ChatServiceInfo, re: int | str | None) -> None:
        peer, tracking_id = info.peer or "", info.tracking_id or ""
        chat = self._find(peer, tracking_id)
        if chat is None:
            chat_id = Guid(f"00000000-0000-4000-8000-{len(self.chats):012x}")
            chat = Chat(peer, tracking_id, chat_id, info.party_name)
            self.chats[chat_id] = chat
        elif chat.status is ChatStatus.CLOSED:
            chat.status, chat.close_reason = ChatStatus.WAITING, None
        line.push("SE_CHAT_STATUS", self._status(chat, line, whole=True), re)
        self._distribute()

    def _sentence(self, line: Line, sentence: ChatSentenceInfo, re: int | str | None) -> None:
        outbound = line.hello.role is Role.WORKPLACE
        chat = self._chat(line, sentence)
        if sentence.model == SentenceModel.INTERNAL:
            self.note(chat, sentence, line, re)
            return
        for old in chat.sentences:
            if (old.is_outbound, old.id) == (outbound, sentence.id):
                if (old.text, old.model) != (sentence.text, sentence.model):
                    raise WireError(ErrorCode.KEY_REUSED, "this key has other words")
                line.push(f"{_down(line)}CHAT_SENTENCE", self._addressed(chat, line, old), re)
                return
        if chat.status is ChatStatus.CLOSED:
            raise WireError(ErrorCode.CHAT_CLOSED, "the chat is closed")
        counter = len(chat.sentences) + 1 if sentence.model in (0, 2) else 0
        new = evolve(sentence, is_outbound=outbound, counter=counter)
        if counter:
            chat.sentences.append(new)
        for other in self._audience(chat):
            payload = self._addressed(chat, other, new)
            other.push(f"{_down(other)}CHAT_SENTENCE", payload, re if other is line else None)

    def note(
        self,
        chat: Chat,
        note: ChatSentenceInfo,
        sender: Line | None = None,
        re: int | str | None = None,
    ) -> None:
        """An agent says something to the others who are in the chat, or says it again."""
        known = [old for old in chat.internal if old.id == note.id]
        new = known[0] if known else evolve(note, counter=len(chat.internal) + 1)
        if not known:
            chat.internal.append(new)
        for line in self._audience(chat):
            if line.hello.role is Role.WORKPLACE and (line is sender or not known):
                payload = self._addressed(chat, line, new)
                line.push("SC_CHAT_SENTENCE", payload, re if line is sender else None)

    def tell(self, chat: Chat) -> None:
        """Push the status to everybody whom the chat concerns."""
        for line in self._audience(chat):
            line.push(f"{_down(line)}CHAT_STATUS", self._status(chat, line))

    def _command(
        self, line: Line, kind: str, command: ChatCommandInfo, re: int | str | None
    ) -> None:
        chat = self._chat(line, command)
        match kind:
            case "CHAT_STATUS":
                line.push(f"{_down(line)}CHAT_STATUS", self._status(chat, line, whole=True), re)
            case "CHAT_TYPING":
                for other in self._audience(chat):
                    if other.hello.role is not line.hello.role:
                        payload = ChatCommandInfo(
                            **self._address(chat, other), is_typing=command.is_typing
                        )
                        other.push(f"{_down(other)}CHAT_TYPING", payload)
            case "CHAT_CONFIRM":
                self._confirm(line, chat, command, re)
            case "CHAT_ANSWER":
                if chat.status is not ChatStatus.ALERTING or chat.number not in line.serves:
                    line.push("SC_CHAT_ALERT_END", ChatCommandInfo(**self._address(chat, line)), re)
                    return
                chat.status = ChatStatus.ANSWERED
                line.push("SC_CHAT_STATUS", self._status(chat, line, whole=True), re)
                self._tell_connectors(chat)
            case "CHAT_HANGUP" if chat.status is ChatStatus.ALERTING:
                chat.status = ChatStatus.WAITING
                line.push("SC_CHAT_STATUS", self._status(chat, line, whole=True), re)
                chat.number = None
                self._tell_connectors(chat)
            case "CHAT_HANGUP" | "CHAT_STOP":
                self._close(line, chat, re)
            case _:
                raise WireError(ErrorCode.NOT_ALLOWED, f"{kind} is not served by the model")

    def _close(self, line: Line, chat: Chat, re: int | str | None) -> None:
        if chat.status is not ChatStatus.CLOSED:
            chat.status = ChatStatus.CLOSED
            agent = line.hello.role is Role.WORKPLACE
            chat.close_reason = CloseReason.AGENT if agent else CloseReason.EXTERNAL
            for other in self._audience(chat):
                if other is not line:
                    other.push(f"{_down(other)}CHAT_STATUS", self._status(chat, other))
        line.push(f"{_down(line)}CHAT_STATUS", self._status(chat, line, whole=True), re)

    def _hand_over(self, line: Line, transfer: ChatTransferInfo, re: int | str | None) -> None:
        """A bot is done with a chat; nobody else is here to take it."""
        chat = self._chat(line, transfer)
        if chat.status is not ChatStatus.ANSWERED or chat.number not in line.serves:
            raise WireError(ErrorCode.WRONG_STATE, "not yours")
        chat.status, chat.number = ChatStatus.WAITING, "people"
        line.push("SC_CHAT_STATUS", self._status(chat, line), re)
        self._tell_connectors(chat)

    def _confirm(
        self, line: Line, chat: Chat, command: ChatCommandInfo, re: int | str | None
    ) -> None:
        outbound = line.hello.role is Role.CONNECTOR
        for place, old in enumerate(chat.sentences):
            if (old.is_outbound, old.id) == (outbound, command.id) and not old.confirmed_time:
                when = self.clock()
                chat.sentences[place] = evolve(old, confirmed_time=when)
                for other in self._audience(chat):
                    if other.hello.role is not line.hello.role:
                        payload = ChatCommandInfo(
                            **self._address(chat, other), id=old.id, time_stamp=when
                        )
                        other.push(f"{_down(other)}CHAT_CONFIRM", payload)
        if re is not None:
            line.push("SYS_ACK", Ack(type=f"{_down(line)[::-1]}"[1:] + "_CHAT_CONFIRM"), re)

    def _resync(self, line: Line, re: int | str | None) -> None:
        chats = [
            self._status(chat, line)
            for chat in self.chats.values()
            if chat.status is not ChatStatus.CLOSED
            and (chat.peer in line.serves or chat.number in line.serves)
        ]
        line.push(f"{_down(line)}CHAT_LIST", tuple(chats), re)

    # --- what follows ---

    def _distribute(self) -> None:
        for chat in self.chats.values():
            agent = next((one for one in self.lines if one.state is AgentState.READY), None)
            if chat.status is not ChatStatus.WAITING or agent is None:
                continue
            if chat.number is not None and chat.number not in agent.serves:
                continue
            chat.status, chat.number = ChatStatus.ALERTING, agent.serves[0]
            info = ChatInfo(
                remote_party_name=chat.party_name,
                project_name="Support",
                max_signal_duration=self.signal_seconds,
            )
            agent.push("SC_CHAT_ALERT", evolve(self._status(chat, agent), info=info))
            self._tell_connectors(chat)

    def _tell_connectors(self, chat: Chat) -> None:
        for line in self._audience(chat):
            if line.hello.role is Role.CONNECTOR:
                line.push("SE_CHAT_STATUS", self._status(chat, line))

    def _audience(self, chat: Chat) -> list[Line]:
        talks = chat.status in (ChatStatus.ANSWERED, ChatStatus.CLOSED)
        return [
            line
            for line in self.lines
            if chat.peer in line.serves or (talks and chat.number in line.serves)
        ]

    # --- names ---

    def _find(self, peer: str, tracking_id: str) -> Chat | None:
        for chat in self.chats.values():
            if (chat.peer, chat.tracking_id) == (peer, tracking_id):
                return chat
        return None

    def _chat(
        self, line: Line, named: ChatCommandInfo | ChatSentenceInfo | ChatTransferInfo
    ) -> Chat:
        if not isinstance(named, ChatTransferInfo) and line.hello.role is Role.CONNECTOR:
            chat = self._find(named.peer or "", named.tracking_id or "")
        else:
            chat = self.chats.get(named.chat_id or Guid(""))
        if chat is None:
            raise WireError(ErrorCode.UNKNOWN_CHAT, "no such chat")
        return chat

    def _address(self, chat: Chat, line: Line) -> Address:
        if line.hello.role is Role.CONNECTOR:
            return {"peer": chat.peer, "tracking_id": chat.tracking_id, "chat_id": chat.chat_id}
        return {"peer": line.serves[0], "chat_id": chat.chat_id}

    def _addressed(self, chat: Chat, line: Line, sentence: ChatSentenceInfo) -> ChatSentenceInfo:
        bare = evolve(sentence, peer=None, tracking_id=None, chat_id=None)
        return evolve(bare, **self._address(chat, line))

    def _status(self, chat: Chat, line: Line, *, whole: bool = False) -> ChatStatusInfo:
        talks = chat.status is ChatStatus.ANSWERED
        inside = line.hello.role is Role.WORKPLACE
        sentences = tuple(self._addressed(chat, line, one) for one in chat.sentences)
        internal = tuple(self._addressed(chat, line, one) for one in chat.internal)
        return ChatStatusInfo(
            **self._address(chat, line),
            status=chat.status,
            close_reason=chat.close_reason,
            agent_name="Alice" if talks else None,
            agent_id=ALICE if talks else None,
            sentences=sentences if whole else None,
            internal=internal if whole and inside else None,
            parties=chat.parties if inside else None,
            scenario_id=None if inside else chat.scenario_id,
        )


def _down(line: Line) -> str:
    return "SE_" if line.hello.role is Role.CONNECTOR else "SC_"
