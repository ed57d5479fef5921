"""Attachments that come and go in pieces: who may bring one, and who may have it (B-61).

Theory of operation: whoever brings one names it by a Guid and says how long it is and what its digest is.
A piece is taken when it begins where the last one ended; the answer says where the next one begins, so a
client that lost its connection goes on from there. The content is in a fact and then in the store, nowhere
else; the digest of what has come is kept. What somebody asks for is read by the store when the answer
leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from broker.config.message_gateways import MessageGateway
from broker.config.model import Gateway
from broker.core.blob_state import Blob, owner_of
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Answer, Deferred, Reply, ScanWanted, StoredKey
from broker.core.facts import (
    BlobBegun,
    BlobCompleted,
    BlobDropped,
    BlobPieceStored,
    Fact,
)
from broker.core.inputs import Stamp
from broker.core.limits import (
    BLOB_FIRST_BYTES,
    BLOB_FRAME,
    BLOB_IDLE,
    BLOBS_COMING,
    UNNAMED_BLOB_BYTES,
    UNNAMED_BLOBS,
)
from broker.core.message_state import Conversation, Message
from broker.core.serving import answered, serves
from broker.core.state import Session, State
from broker.core.views.conversation_addressing import find_conversation, may_read
from protocol.blob import BlobInfo, BlobRequestInfo, BlobStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.limits import DATA_BYTES
from protocol.value import value
from protocol.values import Guid, Role, ScanVerdict

_DIGITS: Final = frozenset("0123456789abcdef")
_DIGEST_LENGTH: Final = 64
_SOMEBODY_ELSES: Final = Refusal(ErrorCode.KEY_REUSED, "BlobId: used for another attachment")
_UNKNOWN: Final = Refusal(ErrorCode.UNKNOWN_MESSAGE, "BlobId: no such attachment here")


@value
class BlobContent(Deferred):
    """A piece of an attachment whose bytes the store has."""

    no: int
    offset: int
    length: int
    info: BlobInfo

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        """The piece."""
        return (("blob", self.no, self.offset, self.length),)

    def filled(self, found: Mapping[StoredKey, object]) -> BlobInfo:
        """Put its bytes in; none where it was deleted meanwhile."""
        data = found.get(self.wants[0], b"")
        assert isinstance(data, bytes)
        i = self.info
        return BlobInfo(
            peer=i.peer,
            blob_id=i.blob_id,
            offset=i.offset,
            data=data,
            size=i.size,
            sha256=i.sha256,
            name=i.name,
            content_type=i.content_type,
        )


def _sender(state: State, session: Session, peer: str | None) -> str | Refusal:
    """Who brings or wants something, by the address that they name."""
    if session.role is Role.WORKPLACE:
        if session.agent is None or peer != session.workplace:
            return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
        return owner_of(agent=session.agent)
    named = peer or ""
    every: list[Gateway | MessageGateway] = [*state.config.gateways_by_peer.get(named, ())]
    every += state.config.message_gateways_by_peer.get(named, ())
    if not every:
        return Refusal(ErrorCode.UNKNOWN_GATEWAY, "Peer: no such gateway")
    if not any(gateway.id in session.gateways for gateway in every):
        return Refusal(ErrorCode.NOT_ALLOWED, "Peer: not served by this session")
    return owner_of(peer=peer)


def _type(session: Session, what: str) -> str:
    return f"{'SC' if session.role is Role.WORKPLACE else 'SE'}_BLOB_{what}"


# -- in


@serves(BlobInfo)
def put(state: State, stamp: Stamp, session: Session, frame: Frame, p: BlobInfo) -> Outcome:
    """ES_BLOB_PUT, CS_BLOB_PUT: the next piece of an attachment."""
    owner = _sender(state, session, p.peer)
    if isinstance(owner, Refusal):
        return owner
    blob = state.blobs.by_id.get(p.blob_id) if p.blob_id is not None else None
    sha256, data = (p.sha256 or "").lower(), p.data or b""
    if blob is not None and (blob.owner, blob.size, blob.sha256) != (owner, p.size, sha256):
        return _SOMEBODY_ELSES
    have = blob.have if blob is not None else 0
    if p.offset != have or not data or (blob is not None and blob.is_complete):
        return answered(
            session, frame, Reply(_type(session, "STATUS"), status(p.peer, p.blob_id, blob))
        )
    refusal = _refused(state, p, data, have, is_new=blob is None)
    if refusal is not None:
        return refusal
    facts: list[Fact] = []
    if blob is None:
        room = _room(state, owner, p.size, stamp)
        if room is None:
            return Refusal(ErrorCode.OVERLOADED, "too many attachments that nothing names")
        facts += room
        blob = _begun(state, stamp, owner, p, sha256)
        facts.append(
            BlobBegun(
                blob=blob.id,
                no=blob.no,
                at=stamp.now,
                owner=owner,
                name=p.name,
                content_type=p.content_type,
                size=p.size,
                sha256=sha256,
            )
        )
    return _taken(state, stamp, session, frame, p, blob, facts)


@serves(BlobInfo)
def put_before(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: BlobInfo
) -> Outcome | None:
    """The answer to the first piece of an attachment that is known already."""
    return put(state, stamp, session, frame) if p.blob_id in state.blobs.by_id else None


def _begun(state: State, stamp: Stamp, owner: str, p: BlobInfo, sha256: str) -> Blob:
    """The attachment as it is before its first piece."""
    assert p.blob_id is not None
    return Blob(
        id=p.blob_id,
        no=state.blobs.next_no,
        owner=owner,
        at=stamp.now,
        name=p.name,
        content_type=p.content_type,
        size=p.size,
        sha256=sha256,
    )


def _taken(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: BlobInfo,
    blob: Blob,
    facts: list[Fact],
) -> Outcome:
    """A piece that fits: it is stored, and with the last one the whole is looked at."""
    data = p.data or b""
    have = blob.have + len(data)
    scan: ScanVerdict | None = None
    facts.append(
        BlobPieceStored(blob=blob.id, no=blob.no, at=stamp.now, offset=blob.have, data=data)
    )
    decision = Decision(facts)
    if have == blob.size:
        if blob.digest.after(data) != blob.sha256:
            return Refusal(ErrorCode.BAD_PAYLOAD, "Sha256: not that of what came; bring it anew")
        scan = ScanVerdict.PENDING if state.config.attachments.scanner else ScanVerdict.OFF
        facts.append(BlobCompleted(blob=blob.id, no=blob.no, at=stamp.now, scan=scan))
        if scan is ScanVerdict.PENDING:
            decision.notices.append(ScanWanted(blob.id, blob.no, blob.size))
    told = BlobStatusInfo(
        peer=p.peer, blob_id=blob.id, offset=have, is_complete=scan is not None, scan=scan
    )
    return decision.answering(
        Answer(session.number, frame.id, Reply(_type(session, "STATUS"), told))
    )


def status(peer: str | None, blob_id: Guid | None, blob: Blob | None) -> BlobStatusInfo:
    """How much of an attachment is there."""
    if blob is None:
        return BlobStatusInfo(peer=peer, blob_id=blob_id)
    return BlobStatusInfo(
        peer=peer,
        blob_id=blob_id,
        offset=blob.have,
        is_complete=blob.is_complete,
        scan=blob.scan,
    )


def _refused(state: State, p: BlobInfo, data: bytes, have: int, *, is_new: bool) -> Refusal | None:
    """Why a piece is not taken, if so."""
    if have + len(data) > p.size:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Data: beyond the end that Size says")
    if not is_new:
        return None
    most = state.config.limits.attachment_bytes
    if p.size > most:
        return Refusal(ErrorCode.TOO_LONG, f"Size: longer than {most} bytes")
    digest = (p.sha256 or "").lower()
    if len(digest) != _DIGEST_LENGTH or not set(digest) <= _DIGITS:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Sha256: 64 hexadecimal digits expected")
    if len(data) < min(p.size, BLOB_FIRST_BYTES):
        text = f"Data: the first piece has {BLOB_FIRST_BYTES} bytes at the least"
        return Refusal(ErrorCode.BAD_PAYLOAD, text)
    if not state.config.attachments.allows(p.content_type):
        return Refusal(ErrorCode.NOT_ALLOWED, f"Data: {p.content_type or 'unknown'} is not taken")
    return None


def _room(state: State, owner: str, size: int, stamp: Stamp) -> list[BlobDropped] | None:
    """Which attachments that nothing names make room for one more; None when there is none."""
    blobs = state.blobs
    if blobs.coming + size > BLOBS_COMING:
        return None
    own = [blobs.by_id[one] for one in blobs.unnamed.get(owner, ())]
    held, count = sum(blob.size for blob in own), len(own)
    gone: list[BlobDropped] = []
    idle: Iterator[Blob] = (one for one in own if one.touched_up <= state.up - BLOB_IDLE)
    while count >= UNNAMED_BLOBS or held + size > UNNAMED_BLOB_BYTES:
        oldest = next(idle, None)
        if oldest is None:
            return None
        held, count = held - oldest.size, count - 1
        gone.append(dropping(oldest, stamp))
    return gone


def dropping(blob: Blob, stamp: Stamp) -> BlobDropped:
    """The fact that an attachment is given up."""
    return BlobDropped(blob=blob.id, no=blob.no, at=stamp.now)


# -- out


@serves(BlobRequestInfo)
def get(state: State, _stamp: Stamp, session: Session, frame: Frame, p: BlobRequestInfo) -> Outcome:
    """ES_BLOB_GET, CS_BLOB_GET: a piece of an attachment."""
    asker = _sender(state, session, p.peer)
    if isinstance(asker, Refusal):
        return asker
    blob = state.blobs.by_id.get(p.blob_id) if p.blob_id is not None else None
    if blob is None or not may_get(state, session, asker, blob):
        return _UNKNOWN
    if not blob.is_given_out:
        why = f"the scanner says {blob.scan}" if blob.is_complete else "it is incomplete"
        return Refusal(ErrorCode.WRONG_STATE, f"BlobId: not given out, {why}")
    if not 0 <= p.offset <= blob.size:
        return Refusal(ErrorCode.BAD_PAYLOAD, f"Offset: there are {blob.size} bytes")
    most = min(DATA_BYTES, (state.config.limits.frame_bytes - BLOB_FRAME) * 3 // 4)
    length = max(0, min(p.length, most, blob.size - p.offset))
    info = BlobInfo(
        peer=p.peer,
        blob_id=blob.id,
        offset=p.offset,
        size=blob.size,
        sha256=blob.sha256,
        name=blob.name,
        content_type=blob.content_type,
    )
    content = BlobContent(blob.no, p.offset, length, info)
    return answered(session, frame, Reply(_type(session, "DATA"), content))


def may_get(state: State, session: Session, asker: str, blob: Blob) -> bool:
    """Whether somebody may see an attachment: who brought it, and who may read what names it."""
    if blob.owner == asker:
        return True
    for holder in blob.holders:
        chat = state.chats.get(holder)
        if chat is None:
            if _reads_message(state, session, state.messages.messages.get(holder)):
                return True
            if _reads_draft(state, session, find_conversation(state, holder)):
                return True
            continue
        if session.agent is not None and chat.is_read_by(session.agent):
            return True
        if session.agent is None and chat.is_bound and chat.gateway in session.gateways:
            return True
    return False


def _reads_message(state: State, session: Session, message: Message | None) -> bool:
    """Whether somebody may read a message: its connector, and who may read its conversation."""
    if message is None:
        return False
    if session.agent is None:
        return not message.inbound and message.gateway in session.gateways
    conversation = find_conversation(state, message.conversation)
    return conversation is not None and may_read(state, conversation, session.agent)


def _reads_draft(state: State, session: Session, conversation: Conversation | None) -> bool:
    """Whether somebody may read the draft of a conversation."""
    agent = session.agent
    return conversation is not None and agent is not None and may_read(state, conversation, agent)
