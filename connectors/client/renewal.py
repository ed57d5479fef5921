"""The way out of a chat whose transcript is full: its visitor goes on in a new one of the same name (B-2)."""

from connectors.client.chats import Chats
from connectors.client.errors import Refused
from connectors.client.events import ChatRef, ChatRenewed, Event
from connectors.client.requests import Outgoing
from connectors.client.settings import Settings
from protocol.chat import ChatServiceInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import Guid, Role


class Renewal:
    """Knows when a chat is to be started anew, with what, and what came of it."""

    def __init__(self, settings: Settings, role: Role, chats: Chats) -> None:
        """Make one for a session."""
        self._wanted = settings.tuning.renew and role is Role.CONNECTOR
        self._chats = chats

    def helps(self, item: Outgoing, error: Refused) -> bool:
        """Whether a sentence of a visitor may find room in another chat; each is let ask that once."""
        return self._wanted and error.code == ErrorCode.OVERLOADED and not item.renewed

    def start(self, ref: ChatRef) -> tuple[ChatServiceInfo, Guid | None]:
        """The start for it, and the chat that is full perhaps; one that has room is given as it is."""
        known = self._chats.get(ref)
        return self._chats.start_of(ref), known.chat_id if known is not None else None

    @staticmethod
    def outcome(ref: ChatRef, full: Guid | None, frame: Frame) -> list[Event]:
        """What a program is told of the answer: another chat, or nothing."""
        p = frame.payload
        if not isinstance(p, ChatStatusInfo) or p.chat_id is None or p.chat_id == full:
            return []
        return [ChatRenewed(ref, full, p.chat_id)]
