"""Registers that connectors ask for: literals, and the routing of web pages."""

from __future__ import annotations

from attrs import evolve

from broker.config.model import Config
from broker.core.cultures import fallbacks
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Send
from broker.core.inputs import Stamp
from broker.core.state import Session, State
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.register import LiteralLookupInfo


def routing(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_WS_ROUTING: the routing rules of a peer's gateways, as far as the session serves them."""
    every = state.config.gateways_by_peer.get(str(frame.payload), ())
    if not every:
        return Refusal(ErrorCode.UNKNOWN_GATEWAY, "no such gateway")
    served = [gateway for gateway in every if gateway.id in session.gateways]
    if not served:
        return Refusal(ErrorCode.NOT_ALLOWED, "not served by this session")
    table = state.config.website_routing
    shown = tuple(rule for gateway in served for rule in table.get(gateway.id, ()))
    return _answer(session, frame, "SE_WS_ROUTING", shown)


def literals(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_WS_LITERALS_GET: one group of texts, in one culture or in all."""
    p = frame.payload
    assert isinstance(p, LiteralLookupInfo)
    return _answer(session, frame, "SE_WS_LITERALS_INFO", literals_for(state.config, p))


def literals_for(config: Config, question: LiteralLookupInfo) -> tuple[LiteralLookupInfo, ...]:
    """The texts of a group; of a text that has not the wanted culture the next wider one."""
    found = config.literals_by_group.get(question.literal_group, ())
    if question.culture is not None:
        best: dict[int, tuple[int, LiteralLookupInfo]] = {}
        ranks = {culture: rank for rank, culture in enumerate(fallbacks(question.culture))}
        for entry in found:
            rank = ranks.get((entry.culture or "").lower())
            known = best.get(entry.literal_value)
            if rank is not None and (known is None or rank < known[0]):
                best[entry.literal_value] = (rank, entry)
        found = tuple(entry for _, entry in best.values())
    return tuple(evolve(entry, peer=question.peer) for entry in found)


def _answer(session: Session, frame: Frame, type_: str, payload: object) -> Decision:
    me = session.number
    return Decision([], [Send((me,), type_, payload, me, frame.id)])
