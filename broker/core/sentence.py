"""What is said: the one place that names the members of a sentence.

Theory of operation: a sentence comes from the wire, becomes a fact, is in the state and in a row, comes
back from the row, and goes out to both sides. On the whole way its members are together, as `Words`,
which nobody changes: fact, state and row share them. What depends on the members one by one is here: how
they are read from the wire, how they are shown there, and how much that takes. The store has a column
for each, under its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from broker.core.limits import ATTACHMENTS, written
from broker.core.moments import utc
from protocol.blob import AttachmentInfo
from protocol.chat import ChatSentenceInfo
from protocol.limits import text_length
from protocol.value import value
from protocol.values import Guid, ScanVerdict, to_micros

SENTENCE_BYTES: Final = 420
"""Member names, Guids, times and lengths of one sentence on the wire, texts excluded."""
ATTACHMENT_BYTES: Final = 360
"""The same of one attachment that it names."""
_OF_ATTACHMENT: Final = ("Name", "ContentType", "ContentId")
_TEXTS: Final = ("ID", "PartyName", "Text", "TrackingId")
LONGEST: Final = (
    SENTENCE_BYTES
    + 6 * sum(text_length("ChatSentenceInfo", t) for t in _TEXTS)
    + ATTACHMENTS
    * (ATTACHMENT_BYTES + 6 * sum(text_length("AttachmentInfo", t) for t in _OF_ATTACHMENT))
)
"""A bound on the bytes of the longest sentence."""


@value(kw_only=True)
class Attachment:
    """An attachment as a sentence names it.

    Attributes:
        blob: Its content, and `no` the number of that.
        content_type: Its kind, as its content shows it.
        content_id: Its name inside of the HTML that shows it.
    """

    blob: Guid
    no: int
    name: str | None
    content_type: str | None
    size: int
    sha256: str
    content_id: str | None = None
    is_inline: bool = False


Scans = Mapping[Guid, ScanVerdict]
"""What the scanner says of the attachments of a chat."""


@value
class Words:
    """What somebody said, once.

    Attributes:
        id: The sender's own key.
        party_name: Whom the conversation shows as the sender.
        at: When it came.
        agent: Who wrote it; None for the visitor's and for the broker's own sentences.
        own: Whether the broker itself wrote it (a TechNote), which is no activity.
        attachments: What comes with it.
    """

    id: str
    party_name: str | None
    text: str
    time_sent: int
    outbound: bool
    model: int
    at: int
    agent: Guid | None
    own: bool = False
    attachments: tuple[Attachment, ...] = ()


def heard(
    p: ChatSentenceInfo,
    name: str | None,
    now: int,
    agent: Guid | None,
    *,
    outbound: bool,
    attachments: tuple[Attachment, ...] = (),
) -> Words:
    """What came from the wire, from a visitor (no agent) or from an agent."""
    sent = to_micros(p.time_sent) if p.time_sent is not None else now
    said = (p.id or "", name, p.text or "", sent, outbound, p.model)
    return Words(*said, now, agent, False, attachments)


def shown(
    words: Words,
    counter: int,
    confirmed_at: int | None,
    peer: str,
    port: str | None,
    tracking_id: str | None,
    chat_id: Guid | None,
    scans: Scans,
) -> ChatSentenceInfo:
    """The same on the wire."""
    return ChatSentenceInfo(
        peer=peer,
        port=port,
        tracking_id=tracking_id,
        chat_id=chat_id,
        id=words.id,
        party_name=words.party_name,
        text=words.text,
        time_sent=utc(words.time_sent),
        is_outbound=words.outbound,
        counter=counter,
        confirmed_time=utc(confirmed_at) if confirmed_at is not None else None,
        model=words.model,
        attachments=_described_all(words.attachments, scans) if words.attachments else None,
    )


def _described_all(named: Iterable[Attachment], scans: Scans) -> tuple[AttachmentInfo, ...]:
    return tuple([described(one, scans) for one in named])


def described(a: Attachment, scans: Scans) -> AttachmentInfo:
    """An attachment on the wire."""
    return AttachmentInfo(
        blob_id=a.blob,
        name=a.name,
        content_type=a.content_type,
        size=a.size,
        sha256=a.sha256,
        content_id=a.content_id,
        is_inline=a.is_inline,
        scan=scans.get(a.blob),
    )


def sentence_bytes(words: Words, tracking_id: str) -> int:
    """A bound on its bytes in a snapshot."""
    size = SENTENCE_BYTES + written(f"{words.id}{words.party_name}{tracking_id}{words.text}")
    return size + attachments_bytes(words.attachments) if words.attachments else size


def attachments_bytes(named: Iterable[Attachment]) -> int:
    """A bound on the bytes of some attachments in a snapshot."""
    return sum(
        ATTACHMENT_BYTES + written(f"{one.name}{one.content_type}{one.content_id}") for one in named
    )


_WEIGHED: Final = ("id", "party_name", "text")


def _joined(texts: Sequence[str | None]) -> str:
    try:
        return "".join(texts)  # type: ignore[arg-type]  # there is hardly ever one without a text
    except TypeError:
        return "".join(map(str, texts))


def bytes_of_all(words: Mapping[str, Sequence[Any]], tracking_id: str) -> int:
    """The same of many sentences, by the columns of their members: texts are escaped in one go."""
    escaped = written("".join([_joined(words[name]) for name in _WEIGHED]))
    return len(words["id"]) * (SENTENCE_BYTES + written(tracking_id)) + escaped - written("")
