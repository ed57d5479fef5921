"""A workplace that comes back by itself goes on with its session, and throws nobody out (W-11)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.inputs import SessionOpened
from protocol.values import Guid, Role
from tests.support.agents_at_work import FLOOR, agent_of, configured
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)
FORGED = Guid("00000000-0000-4000-8000-00000000abcd")


def hello(play: Playbook, login: str, workplace: str, continues: str | None = None) -> Client:
    """Say hello; what comes of it is still to be heard."""
    client = play.join(Role.WORKPLACE, {"Peer": workplace})
    play.put(
        SessionOpened(
            session=client.number,
            role=Role.WORKPLACE,
            workplace=workplace,
            agent_id=agent_of(play, login),
            continues=Guid(continues) if continues is not None else None,
        )
    )
    return client


def welcomed(client: Client, **members: Any) -> str:
    """The hello was good; gives the name of the session."""
    session = str(client.hears("SYS_WELCOME", **members)["SessionId"])
    client.hears("SC_AGENT_STATE")
    return session


def turned_away(play: Playbook, client: Client) -> None:
    """The hello was answered by the farewell of a session that was replaced, and nobody was hurt."""
    client.silent()
    assert play.dismissed[-1] == (client.number, "Replaced")
    assert client.number not in play.state.sessions


def test_a_session_that_is_continued_keeps_its_name(play: Playbook) -> None:
    """W-11: as often as it comes back, also when the welcome never reached it."""
    first = hello(play, "alice", "101")
    session = welcomed(first)
    first.leaves()
    for _ in range(2):
        again = hello(play, "alice", "101", session)
        welcomed(again, SessionId=session)
    assert [number for number, _ in play.dismissed] == [again.number - 1]
    fresh = hello(play, "alice", "101")
    assert welcomed(fresh) != session


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("login", "workplace"), [("alice", "101"), ("alice", "102"), ("bob", "101")]
)
def test_who_was_replaced_while_away_does_not_come_back(
    play: Playbook, login: str, workplace: str, restarts: bool
) -> None:
    """W-11: whoever has the seat or the agent now, or had it last, is left alone; over a restart too."""
    old = hello(play, "alice", "101")
    session = welcomed(old)
    old.leaves()
    play.wait(1)
    newer = hello(play, login, workplace)
    kept = welcomed(newer)
    turned_away(play, hello(play, "alice", "101", session))
    assert newer.number in play.state.sessions
    newer.leaves()
    if restarts:
        play.restart()
    turned_away(play, hello(play, "alice", "101", session))
    welcomed(hello(play, login, workplace, kept), SessionId=kept)


def test_a_person_who_logs_in_afresh_takes_over(play: Playbook) -> None:
    """W-11: what no program does by itself; and then the other one is the old session."""
    old = hello(play, "alice", "101")
    session = welcomed(old)
    old.leaves()
    play.wait(1)
    newer = hello(play, "bob", "101")
    kept = welcomed(newer)
    play.wait(1)
    welcomed(hello(play, "alice", "101"))
    assert play.dismissed[-1] == (newer.number, "Replaced")
    turned_away(play, hello(play, "bob", "101", kept))
    turned_away(play, hello(play, "alice", "101", session))


def test_a_session_that_nobody_remembers_goes_on_where_nobody_is(play: Playbook) -> None:
    """W-11: as of a store that is older than these names, or made anew; it is known from then on."""
    first = hello(play, "alice", "101", FORGED)
    welcomed(first, SessionId=FORGED)
    bob = hello(play, "bob", "102")
    welcomed(bob)
    turned_away(play, hello(play, "alice", "102", str(FORGED)))
    turned_away(play, hello(play, "carol", "102", str(FORGED)))
    play.check_store()
    play.restart()
    welcomed(hello(play, "alice", "101", FORGED), SessionId=FORGED)
    turned_away(play, hello(play, "bob", "102", FORGED))


def test_a_connector_continues_nothing(play: Playbook) -> None:
    """W-11: a gateway has as many sessions as there are connections."""
    gateways = tuple(g.id for g in play.config.gateways.values() if g.peer == "web")
    for _ in range(2):
        web = play.join(Role.CONNECTOR, {"Peer": "web"})
        opened = SessionOpened(
            session=web.number, role=Role.CONNECTOR, gateways=gateways, continues=FORGED
        )
        play.put(opened)
        assert web.hears("SYS_WELCOME")["SessionId"] != FORGED
    assert play.dismissed == []
