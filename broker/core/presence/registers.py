"""Registers: literals, routing of web pages, message gateways; for who asks, and when they change (W-17)."""

from __future__ import annotations

from attrs import evolve

from broker.config.model import Config
from broker.core.cultures import fallbacks
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Answer, Reply, Send
from broker.core.facts import Register, RegisterAsked
from broker.core.inputs import Stamp
from broker.core.serving import serves
from broker.core.state import Session, State
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.register import LiteralLookupInfo
from protocol.values import Guid


def routing(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_WS_ROUTING: the routing rules of a peer's gateways, as far as the session serves them."""
    return _answer(state, session, frame, Register(str(frame.payload)))


def message_gateways(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_SL_GETGATEWAYS: the message gateways of a peer, as far as the session serves them."""
    return _answer(state, session, frame, Register(str(frame.payload), messages=True))


@serves(LiteralLookupInfo)
def literals(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: LiteralLookupInfo
) -> Outcome:
    """ES_WS_LITERALS_GET: one group of texts, in one culture or in all."""
    return _answer(state, session, frame, Register(p.peer, p.literal_group, p.culture))


def _answer(state: State, session: Session, frame: Frame, register: Register) -> Outcome:
    found = _find(state.config, session.gateways, register)
    if isinstance(found, Refusal):
        return found
    answer = Answer(session.number, frame.id, Reply(*found))
    return Decision([RegisterAsked(session.number, register)], answer=answer)


def changed(state: State, config: Config) -> list[Send]:
    """The registers that sessions asked for and that another configuration changes, as pushes."""
    askers: dict[tuple[Register, tuple[Guid, ...]], list[int]] = {}
    for session in state.sessions.values():
        for register in session.registers:
            askers.setdefault((register, session.gateways), []).append(session.number)
    pushes: list[Send] = []
    for (register, gateways), sessions in askers.items():
        found = _find(config, gateways, register)
        if not isinstance(found, Refusal) and found != _find(state.config, gateways, register):
            pushes.append(Send(tuple(sessions), *found))
    return pushes


def _find(
    config: Config, gateways: tuple[Guid, ...], register: Register
) -> tuple[str, tuple[object, ...]] | Refusal:
    """The type of the answer, and what is in it for a session that serves these gateways."""
    if register.group is not None:
        return "SE_WS_LITERALS_INFO", literals_for(config, register)
    peer = register.peer or ""
    chats, ways = (
        config.gateways_by_peer.get(peer, ()),
        config.message_gateways_by_peer.get(peer, ()),
    )
    of_chats = [gateway for gateway in chats if gateway.id in gateways]
    of_messages = [gateway for gateway in ways if gateway.id in gateways]
    if not chats and not ways:
        return Refusal(ErrorCode.UNKNOWN_GATEWAY, "no such gateway")
    if not of_chats and not of_messages:
        return Refusal(ErrorCode.NOT_ALLOWED, "not served by this session")
    if not register.messages:
        return "SE_WS_ROUTING", config.routing_of(of_chats)
    return "SE_SL_MSGGATEWAYS", tuple(entry for one in of_messages for entry in one.entries)


def literals_for(config: Config, register: Register) -> tuple[LiteralLookupInfo, ...]:
    """The texts of a group; of a text that has not the wanted culture the next wider one."""
    found = config.literals_by_group.get(register.group or 0, ())
    if register.culture is not None:
        best: dict[int, tuple[int, LiteralLookupInfo]] = {}
        ranks = {culture: rank for rank, culture in enumerate(fallbacks(register.culture))}
        for entry in found:
            rank = ranks.get((entry.culture or "").lower())
            known = best.get(entry.literal_value)
            if rank is not None and (known is None or rank < known[0]):
                best[entry.literal_value] = (rank, entry)
        found = tuple(entry for _, entry in best.values())
    return tuple(evolve(entry, peer=register.peer) for entry in found)
