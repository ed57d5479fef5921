"""Writing facts into the sessions: who is connected, and what they asked of registers."""

from __future__ import annotations

from broker.core.facts import RegisterAsked, SessionJoined, SessionLeft
from broker.core.limits import REGISTERS_PER_SESSION
from broker.core.state import Session, State


def session_joined(state: State, f: SessionJoined) -> None:
    """A session is served from now on."""
    state.sessions[f.session] = Session(
        number=f.session,
        role=f.role,
        gateways=f.gateways,
        workplace=f.workplace,
        agent=f.agent,
        takes_pieces=f.takes_pieces,
        software=f.software,
    )
    for gateway in f.gateways:
        state.gateway_sessions[gateway] = (
            *state.gateway_sessions.get(gateway, ()),
            f.session,
        )
    if f.workplace is not None and f.agent is not None:
        state.workplace_sessions[f.workplace] = f.session


def register_asked(state: State, f: RegisterAsked) -> None:
    """A session is to be told when a register changes; those asked for first make room.

    Whoever asked for message gateways is handed their messages from now on.
    """
    session = state.sessions[f.session]
    registers = session.registers
    registers.pop(f.register, None)
    registers[f.register] = None
    if len(registers) > REGISTERS_PER_SESSION:
        del registers[next(iter(registers))]
    if f.register.messages:
        ways = state.config.message_gateways_by_peer.get(f.register.peer or "", ())
        session.message_gateways.update(
            (one.id, None) for one in ways if one.id in session.gateways
        )


def session_left(state: State, f: SessionLeft) -> None:
    """A session is not served any more."""
    session = state.sessions.pop(f.session)
    for gateway in session.gateways:
        left = tuple(s for s in state.gateway_sessions[gateway] if s != f.session)
        if left:
            state.gateway_sessions[gateway] = left
        else:
            del state.gateway_sessions[gateway]
    if session.workplace is not None and session.agent is not None:
        del state.workplace_sessions[session.workplace]
