"""I-8: agents, offers and invitations, by the checker's own tables and the core's."""

from __future__ import annotations

from typing import Any

import pytest

from broker.checker.dump import AgentMoveRow, Dump, InviteRow, MoveRow, OfferRow
from broker.checker.evidence import Story
from broker.checker.i08_states import AGENT_MOVES, INVITES_END, OFFERED_IN, states_follow
from broker.core.chats.lifecycle import INVITE, OFFER, InviteStage
from broker.core.distribution.lifecycle import AGENT
from broker.core.facts.causes import OfferOutcome
from protocol.values import Guid

CHAT, ANN, SALES = Guid("chat"), Guid("ann"), Guid("sales")
MOVES = [MoveRow(chat=CHAT, at=at, status=status) for at, status in ((1, "Pilot"), (3, "Waiting"))]


def breaches(dump: Dump) -> list[tuple[int | None, str, str]]:
    story = Story([], dump)
    story.moves = {CHAT: MOVES}
    return [(v.at, v.text, v.chat) for v in states_follow(story)]


def test_the_checker_has_found_the_same_tables() -> None:
    """Both were written from the clauses, and neither from the other."""
    agent = {(was.value, now.value): {*causes} for (was, now), causes in AGENT.items() if causes}
    assert agent == AGENT_MOVES
    assert {life.mode: life.before for life in OFFER} == OFFERED_IN
    ends: dict[str, set[str]] = {"agent": set(), "project": set()}
    for (stage, after), outcomes in INVITE.items():
        if after is None:
            ends["agent" if stage is InviteStage.ASKED else "project"] |= set(outcomes)
    assert ends == INVITES_END
    assert all(life.outcomes == set(OfferOutcome) for life in OFFER)


def agent_moves(*rows: tuple[str, str]) -> Dump:
    return Dump(
        agent_moves=tuple(
            AgentMoveRow(agent=ANN, at=at, state=state, cause=cause)
            for at, (state, cause) in enumerate(rows)
        )
    )


def test_an_agent_comes_by_a_login_and_goes_by_a_next_state() -> None:
    """B-28."""
    day = (("Pause", "login"), ("Ready", "asked"), ("Ready", "asked"), ("LogOff", "next"))
    assert breaches(agent_moves(*day, ("Pause", "login"))) == []
    assert breaches(agent_moves(*day, ("Ready", "asked"))) == [
        (4, "agent ann went from LogOff to Ready: asked", "")
    ]
    assert breaches(agent_moves(*day[:2], ("LogOff", "asked")))[0][0] == 2


@pytest.mark.parametrize(("at", "found"), [(1, 1), (2, 1), (3, 0), (4, 0)])
def test_a_chat_is_offered_from_its_queue_while_it_waits(at: int, found: int) -> None:
    """B-24: an offer of the instant in which the chat began to wait is one of a waiting chat."""
    offer = OfferRow(offer=1, chat=CHAT, agent=ANN, at=at, until=9)
    assert len(breaches(Dump(offers=(offer,)))) == found


def test_a_project_is_asked_on_when_one_of_its_people_says_no() -> None:
    """B-29."""
    asked: dict[str, Any] = {
        "chat": CHAT,
        "by_agent": ANN,
        "mode": "Transfer",
        "at": 4,
        "until": 9,
        "ended_at": 6,
    }
    rejected = (
        InviteRow(**asked, agent=ANN, outcome="rejected"),
        InviteRow(**asked, project=SALES, outcome="rejected"),
    )
    assert breaches(Dump(invites=rejected)) == [
        (6, "a Transfer that asked a project ended rejected", CHAT)
    ]
