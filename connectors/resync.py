"""Which snapshots a session has to ask for, and which are under way (W-25)."""

from connectors.events import ChatRef


class Resync:
    """The snapshots that are wanted, each once at a time.

    A resync asks for the list of each peer and for the snapshots of all chats that are listed or known;
    it is over when all of these have come. Later a single chat may want a snapshot again, when a gap shows.
    """

    def __init__(self) -> None:
        self._lists = 0
        self._wanted: dict[ChatRef, None] = {}
        self._asked: dict[ChatRef, None] = {}

    def begin(self, lists: int, known: list[ChatRef]) -> None:
        """Starts anew on a new connection.

        Args:
            lists: How many lists are asked for.
            known: Chats whose snapshots are wanted whatever the lists say.
        """
        self._lists = lists
        self._wanted = dict.fromkeys(known)
        self._asked = {}

    def listed(self, refs: list[ChatRef]) -> None:
        """A list came with these chats."""
        self._lists -= 1
        for ref in refs:
            self.want(ref)

    def want(self, ref: ChatRef) -> None:
        """Wants the snapshot of a chat, unless it is under way."""
        if ref not in self._asked:
            self._wanted[ref] = None

    def take(self, window: int) -> list[ChatRef]:
        """Takes out the chats whose snapshots are to be asked for now."""
        ready = list(self._wanted)[: max(0, window - len(self._asked))]
        for ref in ready:
            del self._wanted[ref]
            self._asked[ref] = None
        return ready

    def came(self, ref: ChatRef) -> None:
        """The snapshot of a chat came, or was refused."""
        self._asked.pop(ref, None)

    @property
    def done(self) -> bool:
        """Whether everything that was asked for has come."""
        return self._lists <= 0 and not self._wanted and not self._asked
