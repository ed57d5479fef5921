"""Who is connected, as it is written down (W-10, W-17)."""

from __future__ import annotations

from broker.core.facts import Register, RegisterAsked, SessionJoined, SessionLeft
from broker.core.limits import REGISTERS_PER_SESSION
from broker.core.presence.apply import register_asked, session_joined, session_left
from broker.core.state import State
from protocol.values import Guid, Role
from tests.support.bare_core import UP, bare_state
from tests.support.mail_at_hand import LARGE, MAIL, bare_mail

WEB, IM, ALICE = Guid("web"), Guid("im"), Guid("alice")


def connector(session: int, *gateways: Guid) -> SessionJoined:
    return SessionJoined(
        session=session, role=Role.CONNECTOR, gateways=gateways, workplace=None, agent=None, at=UP
    )


def workplace(session: int, number: str = "101") -> SessionJoined:
    return SessionJoined(
        session=session, role=Role.WORKPLACE, gateways=(), workplace=number, agent=ALICE, at=UP
    )


def with_all(*joined: SessionJoined) -> State:
    state = bare_state()
    for one in joined:
        session_joined(state, one)
    return state


def test_a_gateway_has_all_its_sessions_in_their_order() -> None:
    state = with_all(connector(1, WEB, IM), connector(2, WEB), workplace(3))
    assert state.gateway_sessions == {WEB: (1, 2), IM: (1,)}
    assert state.workplace_sessions == {"101": 3}
    assert list(state.sessions) == [1, 2, 3]


def test_who_leaves_is_nowhere_any_more() -> None:
    state = with_all(connector(1, WEB, IM), connector(2, WEB), workplace(3))
    session_left(state, SessionLeft(session=1, agent=None, at=UP))
    assert state.gateway_sessions == {WEB: (2,)}
    session_left(state, SessionLeft(session=3, agent=ALICE, at=UP))
    assert (state.workplace_sessions, list(state.sessions)) == ({}, [2])


def test_a_register_is_asked_for_once_and_the_oldest_makes_room() -> None:
    """W-17, I-14."""
    state = with_all(connector(1, WEB))
    asked = [Register("web", n) for n in range(REGISTERS_PER_SESSION)]
    for register in (*asked, asked[0]):
        register_asked(state, RegisterAsked(1, register))
    assert list(state.sessions[1].registers) == [*asked[1:], asked[0]]
    one_more = Register("web", None, "en")
    register_asked(state, RegisterAsked(1, one_more))
    assert list(state.sessions[1].registers) == [*asked[2:], asked[0], one_more]


def test_who_asked_for_message_gateways_is_handed_their_messages() -> None:
    """B-53: of those that the session serves, and of the address that it named."""
    state = with_all(connector(1, MAIL), connector(2, WEB))
    state.config = bare_mail().config
    for number in (1, 2):
        register_asked(state, RegisterAsked(number, Register(LARGE, messages=True)))
        assert not state.sessions[number].message_gateways
        register_asked(state, RegisterAsked(number, Register(MAIL)))
        register_asked(state, RegisterAsked(number, Register(MAIL, messages=True)))
    assert list(state.sessions[1].message_gateways) == [MAIL]
    assert not state.sessions[2].message_gateways
