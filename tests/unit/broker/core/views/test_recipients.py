"""Who hears of a chat: whoever has it and is connected."""

from __future__ import annotations

from broker.core.chat_state import Ending, Offer, Outbound, Party
from broker.core.state import AgentPresence
from broker.core.timers import NO_TERM
from broker.core.views.recipients import (
    connectors_of,
    correspondents,
    listeners,
    members_of,
    readers,
)
from protocol.values import ChatStatus, Guid, TransferMode
from tests.support import letters
from tests.support.bare_core import bare_chat, bare_state
from tests.support.letters import TALK, guid, written

ALICE, BOB, CAROL, WEB = Guid("alice"), Guid("bob"), Guid("carol"), Guid("gateway")
INSIDE = {agent: Party(mode=TransferMode.CONFERENCE, by=ALICE, at=1) for agent in (BOB, CAROL)}
ANSWERED = bare_chat(status=ChatStatus.ANSWERED, agent=ALICE, parties=INSIDE)


def test_all_sessions_of_a_gateway_are_told_once_one_of_them_has_the_chat() -> None:
    state = bare_state()
    state.gateway_sessions[WEB] = (3, 5)
    assert connectors_of(state, bare_chat(WEB)) == (3, 5)
    assert connectors_of(state, bare_chat(WEB, outbound=Outbound(key=None))) == ()
    assert connectors_of(state, bare_chat(WEB, outbound=Outbound(key=None, bound_at=1))) == (3, 5)
    assert connectors_of(state, bare_chat(Guid("another"))) == ()


def test_its_owner_and_the_parties_are_in_it_and_nobody_who_is_only_alerted() -> None:
    """B-7."""
    offer = Offer(number=1, until=9, term=NO_TERM)
    assert members_of(ANSWERED) == (ALICE, BOB, CAROL)
    assert members_of(bare_chat(status=ChatStatus.ICR, agent=ALICE)) == (ALICE,)
    assert members_of(bare_chat(status=ChatStatus.ICR, agent=ALICE, offer=offer)) == ()
    assert members_of(bare_chat(status=ChatStatus.ALERTING, agent=ALICE, offer=offer)) == ()
    assert members_of(bare_chat(status=ChatStatus.CLOSED, agent=ALICE)) == ()


def test_who_is_away_hears_nothing() -> None:
    state = bare_state()
    state.distribution.presences = {
        ALICE: AgentPresence(agent=ALICE, session=7, workplace="101"),
        BOB: AgentPresence(agent=BOB, workplace="102"),
    }
    assert listeners(state, ANSWERED) == ((7, "101"),)


def test_whoever_was_in_it_at_its_end_has_the_sentences_still() -> None:
    """B-8."""
    state = bare_state()
    state.distribution.presences = {
        ALICE: AgentPresence(agent=ALICE, session=7, workplace="101"),
        BOB: AgentPresence(agent=BOB, workplace="102"),
        CAROL: AgentPresence(agent=CAROL, session=9, workplace="103"),
    }
    closed = bare_chat(status=ChatStatus.CLOSED, ending=Ending(readers=(ALICE, BOB)))
    assert listeners(state, closed) == ()
    assert readers(state, closed) == ((7, "101"),)
    assert readers(state, ANSWERED) == ((7, "101"), (9, "103"))
    alerted = bare_chat(status=ChatStatus.ALERTING, agent=ALICE)
    assert readers(state, alerted) == ()


def test_of_a_message_hear_who_wrote_it_and_who_works_on_it() -> None:
    """B-54; of one that is a sentence nobody does (B-60), and no program that takes none (B-57)."""
    state = written(*letters.a_reply(sending=True))
    talk, message = state.messages.conversations[TALK], state.messages.messages[guid(102)]
    state.distribution.presences = {
        who: AgentPresence(agent=who, session=number, takes_messages=True, workplace=f"10{number}")
        for number, who in enumerate((letters.ALICE, BOB))
    }
    assert correspondents(state, message) == ((0, "100"),)
    talk.agent = BOB
    assert correspondents(state, message) == ((0, "100"), (1, "101"))
    message.agent = None
    assert correspondents(state, message) == ((1, "101"),)
    state.distribution.presences[BOB].takes_messages = False
    assert correspondents(state, message) == ()
    talk.status = ChatStatus.WAITING
    assert correspondents(state, message) == ()
    message.agent, message.conversation = letters.ALICE, None
    assert correspondents(state, message) == ((0, "100"),)
    message.chat_no = 4
    assert correspondents(state, message) == ()
