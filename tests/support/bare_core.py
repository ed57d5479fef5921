"""Single pieces of the core's state, for tests that write facts into them without a script."""

from __future__ import annotations

from typing import Any, Final

from broker.config.model import Config
from broker.core.chat_state import Chat, Visitor
from broker.core.sentence import Words
from broker.core.state import State
from protocol.values import Guid, SentenceModel
from tests.support.agents_at_work import FLOOR
from tests.support.core_in_memory import read_config

CHAT: Final = Guid("chat")
GATEWAY: Final = Guid("gateway")
UP: Final = 1_000_000_000
"""What the clock of deadlines shows."""


def bare_state(text: str = FLOOR) -> State:
    """A state in which nothing has happened yet."""
    return State(config=read_config(text), now=UP, up=UP)


def gateway_in(config: Config, peer: str = "web") -> Guid:
    """The id of a gateway."""
    return next(one.id for one in config.gateways.values() if one.peer == peer)


def agent_in(config: Config, login: str) -> Guid:
    """The id of an agent."""
    return config.agent_by_login[login].id


def project_in(config: Config, name: str) -> Guid:
    """The id of a project."""
    return next(one.id for one in config.projects.values() if one.name == name)


def bare_chat(gateway: Guid = GATEWAY, **members: Any) -> Chat:
    """A chat of which nothing is known but what is said here."""
    made: dict[str, Any] = {"id": CHAT, "no": 1, "visitor": Visitor(tracking_id="t1"), **members}
    return Chat(gateway=gateway, **made)


def words(key: str, *, outbound: bool = False, **members: Any) -> Words:
    """What somebody said, the visitor unless told otherwise."""
    said: dict[str, Any] = {
        "party_name": None,
        "text": f"This is {key}",
        "time_sent": UP,
        "model": int(SentenceModel.SENTENCE),
        "at": UP,
        "agent": None,
        **members,
    }
    return Words(id=key, outbound=outbound, **said)
