"""The conversations of a session: what is asked of the broker, on each connection and after a gap (W-25)."""

from connectors.client.conversations import KINDS, Conversations
from connectors.client.events import Event
from connectors.client.requests import Request
from connectors.client.resync import Resync
from connectors.client.settings import Settings, WorkplaceSettings
from protocol.conversation import ConversationCommandInfo
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.values import Guid

_LIST, _STATUS = "CS_CONVERSATION_RESYNC", "CS_CONVERSATION_STATUS"


class Conversing:
    """Whether a program wants conversations, what is known of them, and what is still to be asked.

    Attributes:
        known: The conversations.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings if isinstance(settings, WorkplaceSettings) else None
        tuning = settings.tuning
        self.known = Conversations(tuning.closed_chats)
        self._resync: Resync[ConversationCommandInfo, Guid] = Resync(
            tuning.resync_window, tuning.closed_chats
        )

    @property
    def _is_wanted(self) -> bool:
        return self._settings is not None and self._settings.conversations

    def takes(self, frame: Frame) -> bool:
        """Whether what this frame says is kept here."""
        return self._is_wanted and frame.type in KINDS

    def begin(self) -> None:
        """Ask anew on a new connection, if anything is wanted at all."""
        if self._settings is not None and self._is_wanted:
            question = ConversationCommandInfo(peer=self._settings.number)
            self._resync.begin([question], self.known.open_ids())

    def take(self) -> list[tuple[str, ConversationCommandInfo]]:
        """Take out what is to be asked now."""
        return [
            (_LIST, question)
            if isinstance(question, ConversationCommandInfo)
            else (_STATUS, ConversationCommandInfo(peer=self._number, conversation_id=question))
            for question in self._resync.take()
        ]

    @property
    def _number(self) -> str | None:
        return self._settings.number if self._settings is not None else None

    @property
    def done(self) -> bool:
        """Whether everything that was asked for has come."""
        return self._resync.done

    def fold(self, frame: Frame, sent: MessageContentInfo | None, now: float) -> list[Event]:
        """Take a push or an answer; see `Conversations.fold`."""
        events: list[Event] = [*self.known.fold(frame, sent, now)]
        self._want_torn()
        return events

    def answered(self, request: Request, frame: Frame, now: float) -> list[Event]:
        """Take the answer to a question of the resync; a snapshot was folded already."""
        asked = request.asked
        assert isinstance(asked, ConversationCommandInfo)
        if asked.conversation_id is not None:
            self._resync.came(asked.conversation_id)
            return []
        events: list[Event] = [*self.known.listed(frame.payload, now)]
        self._resync.listed(self.known.take_torn(), asked, frame.more)
        return events

    def refused(self, request: Request) -> list[Event]:
        """Go on without what is not to be had: a snapshot, or the list of a broker that has none."""
        asked = request.asked
        assert isinstance(asked, ConversationCommandInfo)
        key = asked.conversation_id
        if key is not None:
            self._resync.came(key)
            return [*self.known.forget(key)]
        self._resync.listed([])
        return []

    def _want_torn(self) -> None:
        for key in self.known.take_torn():
            self._resync.want(key)
