"""What happened in a chat since its visitor asked last, as the frames that a socket would have pushed.

A browser that polls keeps a cursor for us, since this process keeps nothing: any other one goes on from it.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, Self

from attrs import evolve, frozen

from connectors.client.chats import Chat
from protocol.blob import BlobStatusInfo
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus

_CURSOR: Final = re.compile(
    r"([0-9a-f-]{0,36}):([0-9]{1,9}):([0-9a-f]{0,16}):([0-9a-f]{0,16}):(c?)(a?)(t?):((?:[0-9]{1,9},)*)",
    re.ASCII,
)
_CLOSED: Final = Frame("SE_CHAT_STATUS", ChatStatusInfo(status=ChatStatus.CLOSED))


@frozen(kw_only=True)
class Cursor:
    """What a browser was told.

    Attributes:
        chat: Its chat, if there was one.
        counter: The last sentence of it.
        status: What the chat was, in one word.
        verdicts: What the scanner had said of its attachments, in one word.
        is_closed: The chat was at its end, or forgotten.
        is_away: The broker was away.
        is_typing: The other side was typing.
        unconfirmed: Sentences of the visitor that the other side did not have.
    """

    chat: str = ""
    counter: int = 0
    status: str = ""
    verdicts: str = ""
    is_closed: bool = False
    is_away: bool = False
    is_typing: bool = False
    unconfirmed: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """The cursor of a text.

        Raises:
            ValueError: It is none.
        """
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("no cursor of ours")
        chat, counter, status, verdicts, closed, away, typing, unconfirmed = found.groups()
        return cls(
            chat=chat,
            counter=int(counter),
            status=status,
            verdicts=verdicts,
            is_closed=bool(closed),
            is_away=bool(away),
            is_typing=bool(typing),
            unconfirmed=tuple(map(int, unconfirmed.split(",")[:-1])),
        )

    @classmethod
    def at(cls, chat: Chat) -> Self:
        """Where a chat is now."""
        verdicts = [*_verdicts(chat)]
        return cls(
            chat=chat.chat_id or "",
            counter=chat.view.last_counter,
            status=_word(chat.view.latest),
            verdicts=_word(verdicts) if verdicts else "",
            is_closed=_is_closed(chat),
            is_typing=chat.is_typing,
            unconfirmed=tuple(chat.unconfirmed),
        )

    def after(self, chat: Chat | None) -> Self:
        """Where somebody is who was here and is told what a chat is now."""
        if chat is None:  # closed long ago, or this process never heard of it and another one will
            return evolve(self, is_closed=True, is_away=False, is_typing=False)
        return self if _is_torn(chat) else self.at(chat)

    def __str__(self) -> str:
        """The text of it."""
        flags = "c" * self.is_closed + "a" * self.is_away + "t" * self.is_typing
        unconfirmed = "".join(f"{one}," for one in self.unconfirmed)
        parts = (self.chat, self.counter, self.status, self.verdicts, flags, unconfirmed)
        return ":".join(map(str, parts))


def news(before: Cursor, chat: Chat | None, now: Cursor) -> Iterator[Frame]:
    """What there is to tell of a chat.

    Args:
        before: As somebody knew it.
        chat: As it is; None: there is none, as far as this process knows.
        now: As they will know it: `before.after(chat)`.
    """
    if chat is None:
        if before.chat and not before.is_closed:
            yield _CLOSED
        return
    if _is_torn(chat):
        return
    status = []
    if before.is_away or (before.chat, before.status) != (now.chat, now.status):
        status.append(Frame("SE_CHAT_STATUS", chat.view.latest))
    if before.chat not in ("", now.chat):
        before = evolve(before, counter=0, unconfirmed=())
    if not now.is_closed:
        yield from status
    yield from _said(before, chat)
    if before.verdicts != now.verdicts:
        yield from (Frame("SE_BLOB_STATUS", verdict) for verdict in _verdicts(chat))
    if now.is_typing or before.is_typing:
        yield Frame("SE_CHAT_TYPING", ChatCommandInfo(is_typing=now.is_typing))
    if now.is_closed:  # what was said last comes before the end
        yield from status


def _is_closed(chat: Chat) -> bool:
    return chat.view.status is ChatStatus.CLOSED


def _is_torn(chat: Chat) -> bool:
    """Whether something of it is missed just now; that comes, and then all is told."""
    return not chat.view.complete and not _is_closed(chat)


def _said(before: Cursor, chat: Chat) -> Iterator[Frame]:
    """Sentences, and that the other side has some."""
    sentences = chat.view.sentences
    for counter in range(before.counter + 1, chat.view.last_counter + 1):
        if counter in sentences:
            yield Frame("SE_CHAT_SENTENCE", sentences[counter])
    for counter in before.unconfirmed:
        if counter in sentences and counter not in chat.unconfirmed:
            said = sentences[counter]
            confirmed = ChatCommandInfo(id=said.id, time_stamp=said.confirmed_time)
            yield Frame("SE_CHAT_CONFIRM", confirmed)


def _verdicts(chat: Chat) -> Iterator[BlobStatusInfo]:
    for sentence in chat.view.sentences.values():
        for one in sentence.attachments or ():
            if one.scan is not None:
                yield BlobStatusInfo(blob_id=one.blob_id, scan=one.scan)


def _word(what: object) -> str:
    return blake2b(repr(what).encode(), digest_size=8).hexdigest()
