"""What the scanner says of attachments, and who is told (B-61)."""

from __future__ import annotations

from broker.config.message_gateways import MessageGateway
from broker.config.model import Gateway
from broker.core.blob_state import Blob
from broker.core.blobs.pieces import dropping
from broker.core.decision import Decision
from broker.core.effects import Notice, ScanWanted, Send
from broker.core.facts import BlobScanned, Fact
from broker.core.inputs import Scanned, Stamp
from broker.core.limits import DAY
from broker.core.state import State
from broker.core.views.conversation_addressing import find_conversation
from broker.core.views.recipients import connectors_of, correspondents, readers, workers
from protocol.blob import BlobStatusInfo
from protocol.values import Guid, ScanVerdict


def scanned(state: State, stamp: Stamp, input: Scanned) -> Decision:
    """The scanner judged an attachment that it was given."""
    blob = state.blobs.by_id.get(input.blob)
    if blob is None or blob.no != input.no or blob.scan is not ScanVerdict.PENDING:
        return Decision()
    return _with_verdict(state, stamp, blob, input.verdict)


def _with_verdict(state: State, stamp: Stamp, blob: Blob, verdict: ScanVerdict) -> Decision:
    fact = BlobScanned(blob=blob.id, no=blob.no, at=stamp.now, verdict=verdict)
    return Decision([fact], _told(state, blob, verdict))


def _told(state: State, blob: Blob, verdict: ScanVerdict) -> list[Notice]:
    """`BLOB_STATUS` for who brought it and for everybody who sees something that names it."""
    found: dict[int, Send] = {}
    for session, peer, type_ in _seeing(state, blob):
        told = BlobStatusInfo(
            peer=peer, blob_id=blob.id, offset=blob.have, is_complete=True, scan=verdict
        )
        found.setdefault(session, Send((session,), type_, told))
    return [*found.values()]


def _seeing(state: State, blob: Blob) -> list[tuple[int, str | None, str]]:
    kind, _, name = blob.owner.partition("/")
    found: list[tuple[int, str | None, str]] = []
    if kind == "agent":
        presence = state.distribution.presences.get(Guid(name))
        if presence is not None and presence.session is not None:
            found.append((presence.session, presence.workplace, "SC_BLOB_STATUS"))
    else:
        config = state.config
        gateways: list[Gateway | MessageGateway] = [*config.gateways.values()]
        for gateway in (*gateways, *config.message_gateways.values()):
            if gateway.peer == name:
                sessions = state.gateway_sessions.get(gateway.id, ())
                found += [(session, name, "SE_BLOB_STATUS") for session in sessions]
    for holder in blob.holders:
        message = state.messages.messages.get(holder)
        if message is not None:
            found += [(s, number, "SC_BLOB_STATUS") for s, number in correspondents(state, message)]
        conversation = find_conversation(state, holder)
        if conversation is not None:
            found += [(s, number, "SC_BLOB_STATUS") for s, number in workers(state, conversation)]
        chat = state.chats.get(holder)
        if chat is None:
            continue
        peer = state.config.gateways[chat.gateway].peer if connectors_of(state, chat) else None
        found += [(s, peer, "SE_BLOB_STATUS") for s in connectors_of(state, chat)]
        found += [(s, number, "SC_BLOB_STATUS") for s, number in readers(state, chat)]
    return found


def at_start(state: State, stamp: Stamp) -> Decision:
    """After a start the scanner is given again what it has not judged; without one that is no matter."""
    decision = Decision()
    for blob in state.blobs.by_id.values():
        if blob.scan is not ScanVerdict.PENDING:
            continue
        if state.config.attachments.scanner:
            decision.notices.append(ScanWanted(blob.id, blob.no, blob.size))
        else:
            decision.add(_with_verdict(state, stamp, blob, ScanVerdict.OFF))
    return decision


def unnamed_for_a_day(state: State, stamp: Stamp, key: Guid) -> Decision:
    """Nobody named an attachment in time: it is deleted."""
    blob = state.blobs.by_id.get(key)
    if blob is None or blob.holders or stamp.up < blob.since_up + DAY:
        return Decision()
    facts: list[Fact] = [dropping(blob, stamp)]
    return Decision(facts)
