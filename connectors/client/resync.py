"""Which lists and snapshots a session has to ask for, and which are under way (W-25)."""

from collections import deque
from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from attrs import evolve

from connectors.client.settings import ConnectorSettings, Settings
from protocol.chat import ChatCommandInfo
from protocol.conversation import ConversationCommandInfo

L = TypeVar("L", bound=ChatCommandInfo | ConversationCommandInfo)
"""The question for a list."""
R = TypeVar("R", bound=Hashable)
"""The name of a chat or a conversation: the question for its snapshot."""


class Resync(Generic[L, R]):
    """The lists and snapshots that are wanted, each once at a time, and few at a time.

    A resync asks for the list of each peer and for the snapshots of all chats that are listed, believed
    open, or in doubt; it is over when all of these have come. Later a single chat may want a snapshot
    again, when a gap shows. Conversations have one of their own, for which all of this holds too.
    """

    def __init__(self, window: int, doubts: int) -> None:
        """Make one that wants nothing.

        Args:
            window: How many questions may be under way. An answer may be as long as a frame, and
                what waits for a slow reader is bounded at the broker (W-24).
            doubts: How many chats may be in doubt, the oldest are let go.
        """
        self._window = window
        self._doubts = doubts
        self._lists: deque[L] = deque()
        self._listing = 0
        self._wanted: dict[R, None] = {}
        self._asked: dict[R, None] = {}
        self._doubtful: dict[R, None] = {}
        self._fresh: set[R] = set()

    def begin(self, questions: Iterable[L], known: list[R]) -> None:
        """Start anew on a new connection.

        What the connection before did not answer is asked again: such a chat may be known as
        closed by now, by a push that came before its snapshot, and still miss what was said last.

        Args:
            questions: The lists that are asked for.
            known: Chats whose snapshots are wanted whatever the lists say.
        """
        self._lists = deque(questions)
        self._listing = 0
        self._wanted = dict.fromkeys([*known, *self._asked, *self._wanted, *self._doubtful])
        self._asked = {}
        self._fresh.clear()

    def listed(self, refs: list[R], asked: L | None = None, more: int | None = None) -> None:
        """A list came with these chats, or a piece of one.

        Args:
            refs: The chats.
            asked: The question that it answers.
            more: The place behind which it goes on.
        """
        self._listing -= 1
        if asked is not None and more is not None:
            self._lists.appendleft(evolve(asked, after=more))
        for ref in refs:
            if ref not in self._fresh:
                self.want(ref)
        if not self._lists_to_come:
            self._fresh.clear()

    def want(self, ref: R) -> None:
        """Want the snapshot of a chat, unless it is under way."""
        if ref not in self._asked:
            self._wanted[ref] = None

    def doubt(self, ref: R) -> None:
        """Nobody knows whether this chat was started: the next resync is to find out.

        On this connection no question is needed: what became of the chat would be pushed.
        """
        self._doubtful[ref] = None
        if len(self._doubtful) > self._doubts:
            del self._doubtful[next(iter(self._doubtful))]

    def take(self) -> list[L | R]:
        """Take out what is to be asked now: lists first."""
        room = max(0, self._window - self._listing - len(self._asked))
        questions: list[L | R] = []
        while self._lists and len(questions) < room:
            self._listing += 1
            questions.append(self._lists.popleft())
        for ref in [*islice(self._wanted, room - len(questions))]:
            del self._wanted[ref]
            self._asked[ref] = None
            questions.append(ref)
        return questions

    def came(self, ref: R) -> None:
        """The snapshot of a chat came, or was refused."""
        self._asked.pop(ref, None)
        self._doubtful.pop(ref, None)
        if self._lists_to_come:
            # What is listed yet says nothing new of it: the pushes go on from its snapshot.
            self._fresh.add(ref)

    @property
    def _lists_to_come(self) -> bool:
        return bool(self._lists or self._listing)

    @property
    def done(self) -> bool:
        """Whether everything that was asked for has come."""
        return not (self._lists_to_come or self._wanted or self._asked)


def lists(settings: Settings) -> list[ChatCommandInfo]:
    """The questions for all lists of a client."""
    if isinstance(settings, ConnectorSettings):
        return [ChatCommandInfo(peer=gw.peer, port=gw.port) for gw in settings.gateways]
    return [ChatCommandInfo(peer=settings.number)]
