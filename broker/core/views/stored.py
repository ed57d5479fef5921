"""Payloads of which the store has a part: they are made whole before they go out (`effects.Deferred`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, frozen

from broker.core.effects import Deferred, StoredKey
from broker.core.limits import HISTORY_BYTES
from broker.core.moments import utc
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.message import MessageContentInfo

OF_EARLIER: Final = "history"
"""The kind of key by which what was said in earlier chats is read."""


@frozen
class Earlier:
    """A sentence of an earlier chat, as the store gives it."""

    id: str
    name: str | None
    text: str
    at: int
    outbound: bool


@frozen
class WithHistory(Deferred):
    """A whole chat with the last sentences from earlier chats with its visitor (B-60).

    Attributes:
        base: The chat.
        no: Its number.
    """

    base: ChatStatusInfo
    no: int

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        """What was said before this chat."""
        return ((OF_EARLIER, self.no),)

    @property
    def size(self) -> int:
        """About as many characters as the sentences have."""
        said = self.base.sentences or ()
        return HISTORY_BYTES + sum(len(one.text or "") for one in said)

    def filled(self, found: Mapping[StoredKey, Any]) -> ChatStatusInfo:
        """The chat with as many of them as there is room for, the oldest first."""
        kept: list[ChatSentenceInfo] = []
        left = HISTORY_BYTES
        for said in reversed(found.get((OF_EARLIER, self.no), ())):
            left -= len(said.text.encode()) + _EACH
            if left < 0:
                break
            kept.append(self._shown(said))
        return evolve(self.base, history=tuple(reversed(kept)) or None)

    def _shown(self, said: Earlier) -> ChatSentenceInfo:
        return ChatSentenceInfo(
            peer=self.base.peer,
            id=said.id,
            party_name=said.name,
            text=said.text,
            time_sent=utc(said.at),
            is_outbound=said.outbound,
        )


_EACH: Final = 400
"""What a sentence takes besides its text."""


@frozen
class Letter(Deferred):
    """A message that lacks its bodies.

    Attributes:
        content: Everything else.
        no: Its number, by which the store finds them.
        size: How many bytes they take.
    """

    content: MessageContentInfo
    no: int
    size: int

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        """Its bodies."""
        return (("message", self.no),)

    def filled(self, found: Mapping[StoredKey, Any]) -> MessageContentInfo:
        """All of it."""
        html, text = found["message", self.no]
        return evolve(self.content, body_html=html, body_text=text)
