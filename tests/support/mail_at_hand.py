"""Message gateways and what waits by them, for tests of the distribution without a script."""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve

from broker.config.basics import Secret
from broker.config.message_gateways import MessageGateway
from broker.core.distribution.eligibility import touch
from broker.core.distribution_state import AgentPresence, Need, Work
from broker.core.state import State
from protocol.values import AgentState, Guid
from tests.support.bare_core import CHAT, UP, bare_state, gateway_in

MAIL: Final = Guid("mail gateway")
LARGE: Final = Guid("gateway of large conversations")
LETTER: Final = Guid("conversation")
LARGE_LETTER: Final = Guid("large conversation")


def mail_gateway(id: Guid = MAIL, **members: Any) -> MessageGateway:
    """A message gateway as a configuration has it."""
    made: dict[str, Any] = {"name": id, "peer": id, "secret": Secret(digest=b"s"), **members}
    return MessageGateway(id=id, **made)


def bare_mail(text: str | None = None, **distribution: Any) -> State:
    """A state with two message gateways, the second of weight 2."""
    state = bare_state() if text is None else bare_state(text)
    state.config = evolve(
        state.config,
        message_gateways={MAIL: mail_gateway(), LARGE: mail_gateway(LARGE, weight=2)},
        distribution=evolve(state.config.distribution, **distribution),
    )
    return state


def letter(project: Guid, id: Guid = LETTER, **members: Any) -> Need:
    """What a conversation asks for, of which nothing is known but what is said here."""
    asked: dict[str, Any] = {
        "no": 1,
        "gateway": MAIL,
        "language": None,
        "skill": 1,
        "priority": 0,
        "queued": UP,
        "preferred": None,
        "exclusions": {},
        "barred": (),
        "waits": True,
        "answered": False,
        **members,
    }
    return Need(id=id, work=Work.CONVERSATION, projects=(project,), **asked)


def at_work_there(*agents: Guid, **distribution: Any) -> State:
    """Agents who are ready, with a chat of the gateway `web` and two conversations that nobody has."""
    state = bare_mail(**distribution)
    d = state.distribution
    d.gateways = {CHAT: gateway_in(state.config), LETTER: MAIL, LARGE_LETTER: LARGE}
    for number, agent in enumerate(agents, 101):
        d.presences[agent] = AgentPresence(
            agent=agent,
            state=AgentState.READY,
            session=number,
            takes_messages=True,
            workplace="103",
        )
        touch(state, agent)
    d.agents_to_match.clear()
    return state
