"""What waits for an answer of the broker: requests of the program, and the session's own."""

from collections import deque
from collections.abc import Iterator
from enum import Enum, auto

from attrs import define

from connectors.client.errors import QueueFull
from connectors.client.events import ChatRef
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.conversation import ConversationCommandInfo
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.values import Guid, SentenceModel

SAFE_TYPES = frozenset(
    {
        "CS_AGENT_LIST",
        "CS_AGENT_STATE",
        "CS_BLOB_GET",
        "CS_BLOB_PUT",
        "CS_CHAT_CONFIRM",
        "CS_CHAT_EXPLAIN",
        "CS_CHAT_OPEN",
        "CS_CHAT_OVERVIEW",
        "CS_CHAT_STATUS",
        "CS_CONVERSATION_EXPLAIN",
        "CS_CONVERSATION_NOTE",
        "CS_CONVERSATION_OVERVIEW",
        "CS_CONVERSATION_RESYNC",
        "CS_CONVERSATION_STATUS",
        "CS_MESSAGE_DRAFT",
        "CS_MESSAGE_SEND",
        "CS_SCENARIO_LOAD",
        "CS_SCENARIO_RESULT",
        "CS_SCENARIO_SAVE",
        "ES_BLOB_GET",
        "ES_BLOB_PUT",
        "ES_CHAT_CONFIRM",
        "ES_CHAT_OPEN",
        "ES_CHAT_REQUEST",
        "ES_CHAT_START",
        "ES_CHAT_STATUS",
        "ES_CHAT_STOP",
        "ES_MESSAGE_RECEIVING",
        "ES_MESSAGE_REPORT",
        "ES_MESSAGE_SENT",
        "ES_SCENARIO_LOAD",
        "ES_SCENARIO_SAVE",
        "ES_SL_GETGATEWAYS",
        "ES_WS_LITERALS_GET",
        "ES_WS_ROUTING",
    }
)
"""Requests that do the same when they are done twice or later, so that they outlive a connection.

An opening is one because it names the chat that it makes, a form because it names its result, a message,
a note of a conversation and a piece of an attachment because they have names of their own."""


KEPT_TYPES = frozenset(
    {"CS_CONVERSATION_NOTE", "CS_MESSAGE_SEND", "CS_SCENARIO_SAVE", "ES_SCENARIO_SAVE"}
)
"""Requests that bring what a person has written: they are sent until they are answered, as sentences are."""


class Purpose(Enum):
    """On whose behalf a request is made."""

    PROGRAM = auto()
    """The program's: its outcome is told by its request id."""
    CONFIRM = auto()
    """An automatic confirmation."""
    LIST = auto()
    """The first half of a resync."""
    SNAPSHOT = auto()
    """The second half, or the repair of one chat."""
    RENEWAL = auto()
    """The start of a new chat in place of one that is full."""
    CONVERSATIONS = auto()
    """Either half of the resync of conversations."""


@define(eq=False)
class Request:
    """One request, however often it is sent.

    Attributes:
        id: Its number for the program.
        type: Type of its frame.
        packed: Its frame without headers, packed once, so that a repetition is the same byte for byte.
        purpose: On whose behalf it is made.
        ref: The chat that it concerns.
        asked: The list that it asks for, or the conversation.
        sent: The message that it hands over.
        sentence_id: The sentence that it confirms.
        tries: How often it was sent.
        wire: Header `Id` under which it was sent last on this connection.
        rests: How often in a row it was refused for a moment.
        brings_more: It is a start that has more to bring than the wish for an open chat.
        full: The chat in place of which it starts one.
    """

    id: int
    type: str
    packed: bytes
    purpose: Purpose = Purpose.PROGRAM
    ref: ChatRef | None = None
    sentence_id: str | None = None
    tries: int = 0
    wire: int | None = None
    rests: int = 0
    brings_more: bool = False
    full: Guid | None = None
    asked: ChatCommandInfo | ConversationCommandInfo | None = None
    sent: MessageContentInfo | None = None

    def tells(self, code: str) -> bool:
        """Whether to tell the program at once that this was refused for a moment: it may be for long."""
        return self.purpose is Purpose.LIST and code == ErrorCode.OVERLOADED and self.rests == 0

    @property
    def waits_for_ready(self) -> bool:
        """Whether the resync must be over before it is sent."""
        return self.purpose in (Purpose.PROGRAM, Purpose.CONFIRM, Purpose.RENEWAL)

    @property
    def safe(self) -> bool:
        """Whether it may be repeated when its outcome is not known."""
        return self.type in SAFE_TYPES

    @property
    def kept(self) -> bool:
        """Whether it is sent again however often it was."""
        return self.type in KEPT_TYPES

    @property
    def lasting(self) -> bool:
        """Whether it goes on after the connection is lost. A resync does not: the next one asks anew."""
        return self.safe and self.waits_for_ready


@define(eq=False)
class Outgoing:
    """A sentence from the moment that the program hands it over to its echo.

    Attributes:
        ref: Its chat.
        sentence: The sentence as it was handed over.
        packed: Its frame without headers.
        wire: Header `Id` under which it was sent on this connection; None: not sent yet.
        resting: It was refused for a moment (`RateLimited`, `Overloaded`) and waits.
        rests: How often in a row that was so.
        renewed: Its chat was started anew for it, because there was no room.
    """

    ref: ChatRef
    sentence: ChatSentenceInfo
    packed: bytes
    wire: int | None = None
    resting: bool = False
    rests: int = 0
    renewed: bool = False


SentenceKey = tuple[bool, str]
"""What names a sentence of this side in its chat: whether it is internal, and its `ID`."""


def key_of(sentence: ChatSentenceInfo) -> SentenceKey:
    """The key of a sentence; internal notes have keys of their own."""
    return sentence.model == SentenceModel.INTERNAL, sentence.id or ""


class Outbox:
    """The sentences that have no echo yet: by chat, each chat in the order of its sender."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._chats: dict[ChatRef, dict[SentenceKey, Outgoing]] = {}

    def __iter__(self) -> Iterator[ChatRef]:
        return iter(list(self._chats))

    def __contains__(self, ref: ChatRef) -> bool:
        return ref in self._chats

    def find(self, ref: ChatRef, sentence: ChatSentenceInfo) -> Outgoing | None:
        """Find what waits under the key of a sentence."""
        return self._chats.get(ref, {}).get(key_of(sentence))

    def echoed_by(self, ref: ChatRef, sentence: ChatSentenceInfo) -> Outgoing | None:
        """Find what this sentence of the broker is the echo of.

        The same key in the other direction, or with other words, is somebody else's: where it is
        ours that is wrong, the broker will say KeyReused.
        """
        item = self.find(ref, sentence)
        if item is None or _words(item.sentence) != _words(sentence):
            return None
        return item

    def of(self, ref: ChatRef) -> list[Outgoing]:
        """The sentences of a chat, in order."""
        return list(self._chats.get(ref, {}).values())

    def add(self, item: Outgoing) -> None:
        """Take a sentence.

        Raises:
            QueueFull: So many of this chat wait already.
        """
        queue = self._chats.setdefault(item.ref, {})
        if len(queue) >= self._bound:
            raise QueueFull(f"{len(queue)} sentences wait for their echo in chat {item.ref.name}")
        queue[key_of(item.sentence)] = item

    def remove(self, item: Outgoing) -> None:
        """Let a sentence go: it was echoed or refused."""
        queue = self._chats.get(item.ref, {})
        queue.pop(key_of(item.sentence), None)
        if not queue:
            self._chats.pop(item.ref, None)

    def sendable(self, ref: ChatRef, window: int) -> list[Outgoing]:
        """The sentences of a chat that may be sent now: those in the window that are not sent yet."""
        ready: list[Outgoing] = []
        for place, item in enumerate(self._chats.get(ref, {}).values()):
            # One that rests holds up those behind it, so that they keep their order.
            if place >= window or item.resting:
                break
            if item.wire is None:
                ready.append(item)
        return ready

    def lost(self) -> None:
        """The connection is gone: every sentence is to be sent again."""
        for queue in self._chats.values():
            for item in queue.values():
                item.wire = None
                item.resting = False


def _words(sentence: ChatSentenceInfo) -> tuple[object, ...]:
    towards = None if sentence.model == SentenceModel.INTERNAL else sentence.is_outbound
    return sentence.text, sentence.model, towards


class Requests:
    """The requests that are not answered yet.

    Those of the program are bounded by number. The session's own need no bound of their own: there is at
    most one for each gateway, chat and sentence that it knows.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._program = 0
        self._waiting: deque[Request] = deque()
        self._open: dict[int, Request] = {}

    def add(self, request: Request) -> None:
        """Take a request.

        Raises:
            QueueFull: So many wait already.
        """
        if request.purpose is Purpose.PROGRAM:
            if self._program >= self._bound:
                raise QueueFull(f"{self._program} requests wait for their answer")
            self._program += 1
        self._open[request.id] = request
        self._waiting.append(request)

    def again(self, request: Request) -> None:
        """Put a request that was sent back among those that wait to be sent."""
        if request.id in self._open:
            self._waiting.append(request)

    def settle(self, request: Request) -> None:
        """Let a request go: it is answered, or given up."""
        if self._open.pop(request.id, None) and request.purpose is Purpose.PROGRAM:
            self._program -= 1

    def take(self) -> list[Request]:
        """Take out those that are to be sent."""
        ready = [request for request in self._waiting if request.id in self._open]
        self._waiting.clear()
        return ready

    def get(self, request_id: int) -> Request | None:
        """Find a request that is not answered yet."""
        return self._open.get(request_id)

    def cut_off(self, request_id: int | None) -> Request | None:
        """Find a request that an earlier connection took with it: whether it arrived nobody knows."""
        request = self._open.get(request_id or 0)
        return request if request is not None and request.tries and request.wire is None else None

    def lost(self) -> list[Request]:
        """The connection is gone: keeps what may be sent again, in its old order.

        Returns:
            Those that are given up.
        """
        given_up = [request for request in self._open.values() if not request.lasting]
        for request in given_up:
            self.settle(request)
        for request in self._open.values():
            request.wire = None
        self._waiting = deque(self._open.values())
        return given_up

    def end(self) -> list[Request]:
        """Give everything up.

        Returns:
            What was not answered.
        """
        given_up = list(self._open.values())
        for request in given_up:
            self.settle(request)
        self._waiting.clear()
        return given_up
