"""B-24, B-29: what the distribution found becomes an offer, told to both sides."""

from broker.core.facts import DecisionLogged, OfferMade
from broker.core.facts.causes import ChosenBy, DecisionKind, OfferMode
from broker.core.facts.details import Choice
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    asked,
    configured,
    project_of,
    started,
    talking,
)
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)


def last_offer(play: Playbook) -> tuple[OfferMade, Choice]:
    """The offer and what the log says of it."""
    made = [fact for fact in play.facts if isinstance(fact, OfferMade)][-1]
    logged = [f for f in play.facts if isinstance(f, DecisionLogged) and f.agent == made.agent]
    assert logged[-1].kind is DecisionKind.OFFERED
    return made, Choice.read(logged[-1].detail)


def test_a_waiting_chat_is_offered_and_its_visitor_sees_that(play: Playbook) -> None:
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    offer, choice = last_offer(play)
    assert (offer.mode, offer.workplace, offer.until - offer.at) == ("queue", "101", 30_000_000)
    assert choice.candidates == (agent_of(play, "alice"),)


def test_nobody_who_is_paused_is_offered_anything(play: Playbook) -> None:
    web, alice = play.connector("web"), play.agent("alice", "101", "Pause")
    started(web, "Waiting")
    alice.silent()
    assert not any(isinstance(fact, OfferMade) for fact in play.facts)


def test_whom_the_owner_asks_for_is_offered_it_without_the_visitors_knowledge(
    play: Playbook,
) -> None:
    _web, alice, chat = talking(play)
    asked(play, alice, play.agent("bob", "102"), chat, "Consult")
    offer, choice = last_offer(play)
    assert (offer.mode, choice.by, choice.mode) == (
        OfferMode.CONSULT,
        ChosenBy.ASKED_FOR,
        "Consult",
    )


def test_a_project_that_is_asked_is_offered_it_by_way_of_the_queue(play: Playbook) -> None:
    _web, alice, chat = talking(play)
    carol = play.agent("carol", "103")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=chat, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CHAT_STATUS", 1)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    carol.hears("SC_CHAT_ALERT", ChatId=chat)
    offer, choice = last_offer(play)
    assert (offer.mode, choice.by, choice.mode) == (
        OfferMode.TRANSFER,
        ChosenBy.ONLY_CANDIDATE,
        None,
    )
