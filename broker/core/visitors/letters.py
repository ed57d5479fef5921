"""What a connector asks of messages: that one is taken in (B-50)."""

from __future__ import annotations

from broker.core.decision import Outcome
from broker.core.inputs import Stamp
from broker.core.messages import receiving
from broker.core.serving import serves
from broker.core.state import Session, State
from broker.core.visitors import texts
from protocol.frame import Frame
from protocol.message import MessageContentInfo


@serves(MessageContentInfo)
def receive(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageContentInfo
) -> Outcome:
    """ES_MESSAGE_RECEIVING: store it once, whatever comes of it (B-50, B-51, B-60).

    A gateway that is none of the session's, or takes nothing in, is no fault of the frame: the message is
    answered by false, and its connector keeps it.
    """
    known = state.config.message_gateways.get(p.gateway_id) if p.gateway_id is not None else None
    if known is None or known.id not in session.gateways or not known.takes_in:
        return receiving.received(session, frame, stamp, p, None)
    chats = state.config.gateways.get(known.as_chat) if known.as_chat is not None else None
    if chats is not None:
        return texts.receive(state, stamp, session, frame, p, known, chats)
    return receiving.receive(state, stamp, session, frame, p, known)


@serves(MessageContentInfo)
def received_before(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageContentInfo
) -> Outcome | None:
    """The answer to a message that was taken under its name before (B-50)."""
    gateway = state.config.message_gateways.get(p.gateway_id) if p.gateway_id is not None else None
    if gateway is None or gateway.id not in session.gateways:
        return None
    known = receiving.known_message(state, gateway, p)
    return receiving.received(session, frame, stamp, p, known) if known is not None else None
