"""B-6, B-24, B-29: what ends with an offer, an invitation, a conversation; and who is told."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.facts import InviteEnded, OfferEnded, PartyLeft, WrapupStarted
from broker.core.facts.causes import OfferOutcome, PartyEnd
from broker.core.inputs import Stamp
from broker.core.routing.endings import close, dissolve, end_invite, end_offer
from protocol.values import CloseReason, Guid
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    asked,
    chat_of,
    configured,
    joined,
    noted,
    started,
    talking,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)


def at(play: Playbook) -> Stamp:
    return Stamp(play.wall, 99, b"play", play.now)


def alerted(play: Playbook) -> tuple[Client, Client, str]:
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    return web, alice, chat


@pytest.mark.parametrize(
    ("outcome", "before", "after", "told"),
    [
        (OfferOutcome.MISSED, 1, 2, True),
        (OfferOutcome.REJECTED, 1, 0, True),
        (OfferOutcome.ANSWERED, 1, 0, False),
        (OfferOutcome.WITHDRAWN, 1, 1, True),
        (OfferOutcome.LOST, 1, 1, False),
    ],
)
def test_an_offer_ends_and_counts(
    play: Playbook, outcome: OfferOutcome, before: int, after: int, told: bool
) -> None:
    """B-24: who answers sees the chat, and who is gone sees nothing."""
    _web, _alice, chat = alerted(play)
    play.state.distribution.presences[agent_of(play, "alice")].missed = before
    decision = end_offer(play.state, chat_of(play, chat), at(play), outcome)
    (ended,) = decision.facts
    assert isinstance(ended, OfferEnded)
    assert (ended.outcome, ended.missed) == (outcome, after)
    assert bool(decision.notices) is told
    play.state.distribution.presences[agent_of(play, "alice")].missed = 0


def test_where_nothing_is_open_nothing_ends(play: Playbook) -> None:
    _web, _alice, chat = talking(play)
    known = chat_of(play, chat)
    for ends in (end_offer, end_invite):
        assert ends(play.state, known, at(play), OfferOutcome.MISSED).facts == []
    assert dissolve(play.state, known, at(play)).facts == []


@pytest.mark.parametrize("said", ["CS_CHAT_HANGUP", None], ids=["declined", "missed"])
def test_who_asked_is_told_when_nobody_comes(play: Playbook, said: str | None) -> None:
    """B-29: by a note."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Consult")
    if said is None:
        play.wait(30)
        bob.hears("SC_CHAT_ALERT_END")
    else:
        bob.says(said, 1, ChatId=chat)
        bob.hears("SC_CHAT_STATUS", 1)
        bob.hears("SC_CHAT_ALERT_END")
    told = [entry for entry in alice.heard if entry[0] == "SC_CHAT_SENTENCE"]
    assert len(told) == 1
    assert "Bob" in told[0][1]["Text"]
    assert chat_of(play, chat).invite is None
    alice.heard.clear()


def test_an_end_takes_everything_along(play: Playbook) -> None:
    """B-8: whoever is alerted, whoever is in it, whoever is asked."""
    web, alice, chat = talking(play, ExtResponse="sales")
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    joined(play, alice, carol, chat, "Conference")
    asked(play, alice, bob, chat, "Consult")
    carol.hears("SC_CHAT_STATUS")
    decision = close(play.state, chat_of(play, chat), at(play), CloseReason.AGENT)
    kinds: dict[type, Any] = {type(fact): fact for fact in decision.facts}
    assert kinds[OfferEnded].outcome is OfferOutcome.WITHDRAWN
    assert kinds[InviteEnded].outcome is OfferOutcome.WITHDRAWN
    assert kinds[PartyLeft].cause is PartyEnd.ENDED
    assert kinds[WrapupStarted].agent == agent_of(play, "alice")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    for client in (web, alice, bob, carol):
        client.heard.clear()
    assert list(chat_of(play, chat).ending.wrapping) == [agent_of(play, "alice")]


@pytest.mark.parametrize("parked", [True, False])
def test_there_is_nothing_to_wrap_up_of_a_parked_chat(play: Playbook, parked: bool) -> None:
    """B-28: nor where the project has no wrap-up."""
    members = {"ExtResponse": "sales"} if parked else {}
    _web, alice, chat = talking(play, **members)
    if parked:
        alice.says("CS_CHAT_PARK", 1, ChatId=chat, IsParked=True)
        alice.hears("SC_CHAT_STATUS", 1)
    decision = close(play.state, chat_of(play, chat), at(play), CloseReason.EXTERNAL)
    assert not any(isinstance(fact, WrapupStarted) for fact in decision.facts)


def test_a_chat_that_nobody_had_ends_with_nobody(play: Playbook) -> None:
    chat = started(play.connector("web"), "Waiting")
    decision = close(play.state, chat_of(play, chat), at(play), CloseReason.RULE)
    (moved,) = decision.facts
    assert (getattr(moved, "agent", "?"), decision.notices) == (None, [])


def test_a_project_is_named_to_who_asked_for_it(play: Playbook) -> None:
    _web, alice, chat = talking(play)
    sales = next(p.id for p in play.config.projects.values() if p.name == "Sales")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=Guid(chat), ToProjectId=sales)
    alice.hears("SC_CHAT_STATUS", 1)
    play.wait(120)
    alice.hears("SC_CHAT_STATUS")
    assert "Sales" in noted(alice)
