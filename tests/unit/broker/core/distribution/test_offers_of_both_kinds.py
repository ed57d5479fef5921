"""Conversations are a second kind of work for the same distributor (B-57): order, slots, offers."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from broker.config.model import HOUR, MINUTE
from broker.core.capacity import capacity, capacity_cost, slots_left
from broker.core.decision import Decision
from broker.core.distribution import apply as write
from broker.core.distribution.apply import (
    DUE_AFTER,
    demand_of,
    drop_entry,
    lease,
    order_of,
    release_all,
    requeue,
)
from broker.core.distribution.eligibility import (
    at_work,
    ineligible_reason,
    is_at_work,
    queue_of,
    touch,
)
from broker.core.distribution.occupancy import occupancy
from broker.core.distribution.offers import Match, Unserved, next_match
from broker.core.distribution_state import AgentPresence, Need, Work
from broker.core.facts import AgentSettled, ConfigReplaced, EntrySettled
from broker.core.facts.causes import ChosenBy, Ineligible
from broker.core.inputs import Stamp
from broker.core.invariants import check
from broker.core.rules.matching import Applicant
from broker.core.state import State
from protocol.values import AgentState, ChatStatus, Guid, Signal
from tests.support.bare_core import CHAT, UP, agent_in, bare_state, gateway_in, project_in
from tests.support.mail_at_hand import (
    LARGE,
    LARGE_LETTER,
    LETTER,
    MAIL,
    at_work_there,
    bare_mail,
    letter,
    mail_gateway,
)

CONFIG = bare_state().config
ALICE, BOB, CAROL = (agent_in(CONFIG, who) for who in ("alice", "bob", "carol"))
SUPPORT, WEB = project_in(CONFIG, "Support"), gateway_in(CONFIG)
NOW = Stamp(UP, 1, b"test", UP)


def a_chat(**members: Any) -> Need:
    return evolve(letter(SUPPORT), id=CHAT, work=Work.CHAT, gateway=WEB, **members)


def found_all(state: State) -> list[tuple[Guid, Guid | None]]:
    """What is offered to whom, or to nobody, until all is settled; an offer holds slots."""
    found: list[tuple[Guid, Guid | None]] = []
    while (one := next_match(state, NOW)) is not None:
        match one:
            case Match():
                found.append((one.id, one.agent))
                lease(state, one.id, one.agent, ChatStatus.ALERTING, one.work)
                drop_entry(state, one.id)
            case Unserved():
                found.append((one.id, None))
                write.explained(state, one.id)
            case Decision():
                for fact in one.facts:
                    settle(state, fact)
    return found


def settle(state: State, fact: object) -> None:
    if isinstance(fact, EntrySettled):
        write.entry_settled(state, fact)
    if isinstance(fact, AgentSettled):
        write.agent_settled(state, fact)


# -- order


def test_with_the_same_priority_whichever_is_due_first_goes_first() -> None:
    """B-57."""
    state = bare_mail()
    soon = letter(SUPPORT, queued=UP, due=UP + HOUR)
    later = letter(SUPPORT, LARGE_LETTER, queued=UP - 9 * HOUR, due=UP + 2 * HOUR)
    assert order_of(state, soon) < order_of(state, later)
    assert order_of(state, evolve(later, due=UP + HOUR)) < order_of(state, soon)  # then the older


def test_what_no_rule_wants_answered_by_then_counts_as_due_a_day_later() -> None:
    state = bare_mail()
    unbound = order_of(state, letter(SUPPORT))
    assert unbound == order_of(state, letter(SUPPORT, due=UP + DUE_AFTER))
    assert order_of(state, letter(SUPPORT, LARGE_LETTER, due=UP + HOUR)) < unbound
    assert unbound < order_of(state, letter(SUPPORT, LARGE_LETTER, due=UP + 2 * DUE_AFTER))


def test_priority_is_worth_as_much_time_as_with_chats() -> None:
    """B-21: so many minutes for a point; nothing is passed over for ever."""
    state = bare_mail()
    weight = state.config.distribution.age_weight
    plain = letter(SUPPORT, due=UP + HOUR)
    favoured = letter(SUPPORT, LARGE_LETTER, due=UP + HOUR + 10 * MINUTE, priority=int(11 * weight))
    assert order_of(state, favoured) < order_of(state, plain)
    assert order_of(state, plain) < order_of(state, evolve(favoured, priority=int(9 * weight)))


def test_the_order_of_chats_knows_nothing_of_due() -> None:
    state = bare_mail()
    assert order_of(state, a_chat(due=UP - HOUR)) == order_of(state, a_chat())
    assert order_of(state, a_chat(queued=UP + HOUR)) < order_of(state, letter(SUPPORT, due=UP))


def test_they_wait_in_queues_of_their_own_and_are_counted_apart() -> None:
    state = at_work_there()
    requeue(state, CHAT, a_chat())
    requeue(state, LETTER, letter(SUPPORT))
    requeue(state, LARGE_LETTER, letter(SUPPORT, LARGE_LETTER, gateway=LARGE))
    assert len(state.distribution.queues) == 3
    assert state.distribution.waiting == {Work.CHAT: 1, Work.CONVERSATION: 2}
    requeue(state, LETTER, None)
    assert state.distribution.waiting == {Work.CHAT: 1, Work.CONVERSATION: 1}
    assert demand_of(state, letter(SUPPORT, gateway=LARGE)).cost == 2


# -- slots


def test_they_have_slots_of_their_own() -> None:
    """The smaller of the agent's and of the workplace's `max_messages`."""
    state = at_work_there(ALICE)
    assert (capacity(state, ALICE), capacity(state, ALICE, Work.CONVERSATION)) == (2, 3)
    workplaces = {
        number: evolve(place, max_messages=1) for number, place in state.config.workplaces.items()
    }
    state.config = evolve(state.config, workplaces=workplaces)
    assert (capacity(state, ALICE), capacity(state, ALICE, Work.CONVERSATION)) == (2, 1)
    assert capacity(state, Guid("nobody"), Work.CONVERSATION) == 0


def test_one_takes_as_many_as_its_gateway_says() -> None:
    state = bare_mail()
    weights = [capacity_cost(state, one, Work.CONVERSATION) for one in (MAIL, LARGE, WEB)]
    assert weights == [1, 2, 1]  # a gateway of chats is none of messages
    assert capacity_cost(state, LARGE) == 1


def test_what_one_kind_takes_the_other_does_not_miss() -> None:
    state = at_work_there(ALICE)
    presence = state.distribution.presences[ALICE]
    lease(state, LARGE_LETTER, ALICE, ChatStatus.ALERTING, Work.CONVERSATION)
    lease(state, LARGE_LETTER, ALICE, ChatStatus.ANSWERED, Work.CONVERSATION)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    assert (presence.load, presence.free) == (1, 1)
    assert (presence.conversations.load, presence.conversations.free) == (2, 1)
    assert slots_left(state, presence, Work.CONVERSATION) == 1
    release_all(state, LARGE_LETTER, Work.CONVERSATION)
    assert (presence.load, presence.conversations.load, presence.conversations.leases) == (1, 0, {})
    assert state.distribution.leases == {CHAT: {ALICE: None}}


def test_parked_chats_keep_no_slot_for_conversations() -> None:
    """B-22: `park_reserve` is of chats."""
    state = at_work_there(ALICE, park_reserve=1)
    presence = state.distribution.presences[ALICE]
    presence.parked[CHAT] = None
    touch(state, ALICE)
    assert (presence.free, presence.conversations.free) == (1, 3)


def test_who_has_a_conversation_is_busy() -> None:
    """B-28: a `NextState` waits for its end as it does for a chat's."""
    state = at_work_there(ALICE)
    presence = state.distribution.presences[ALICE]
    lease(state, LETTER, ALICE, ChatStatus.ANSWERED, Work.CONVERSATION)
    presence.next_state = AgentState.PAUSE
    touch(state, ALICE)
    assert (presence.is_busy, presence.blocked) == (True, Ineligible.LEAVING)
    assert not state.distribution.logoffs_due
    release_all(state, LETTER, Work.CONVERSATION)
    assert list(state.distribution.logoffs_due) == [ALICE]


def test_another_configuration_weighs_them_anew() -> None:
    """C-4."""
    state = at_work_there(ALICE)
    lease(state, LETTER, ALICE, ChatStatus.ANSWERED, Work.CONVERSATION)
    requeue(state, LARGE_LETTER, letter(SUPPORT, LARGE_LETTER, gateway=LARGE))
    state.config = evolve(state.config, message_gateways={MAIL: mail_gateway(weight=3)})
    write.config_replaced(state, ConfigReplaced(config=state.config))
    slots = state.distribution.presences[ALICE].conversations
    assert (slots.load, slots.costs, slots.free) == (3, {LETTER: 3}, 0)
    assert [entry.demand.cost for entry in state.distribution.entries.values()] == [1]
    assert state.distribution.waiting == {Work.CHAT: 0, Work.CONVERSATION: 1}


# -- candidates


def test_beside_a_chat_none_is_offered_where_that_is_not_wanted() -> None:
    """B-57: but a chat is, beside conversations."""
    state = at_work_there(ALICE, BOB, messages_while_chatting=False)
    lease(state, CHAT, ALICE, ChatStatus.ALERTING)
    presence = state.distribution.presences[ALICE]
    reasons = [ineligible_reason(state, presence, 1, work) for work in Work]
    assert reasons == [None, Ineligible.CHATTING]
    queue = queue_of(state, demand_of(state, letter(SUPPORT)))
    assert queue.others[ALICE] is Ineligible.CHATTING
    assert (at_work(queue), is_at_work(queue, ALICE), is_at_work(queue, CAROL)) == (2, True, False)
    release_all(state, CHAT)
    lease(state, LETTER, ALICE, ChatStatus.ANSWERED, Work.CONVERSATION)
    assert [ineligible_reason(state, presence, 1, work) for work in Work] == [None, None]


def test_beside_a_chat_they_are_offered_otherwise() -> None:
    state = at_work_there(ALICE)
    lease(state, CHAT, ALICE, ChatStatus.ANSWERED)
    presence = state.distribution.presences[ALICE]
    assert ineligible_reason(state, presence, 3, Work.CONVERSATION) is None
    assert ineligible_reason(state, presence, 4, Work.CONVERSATION) is Ineligible.NO_SLOT


def test_who_can_be_offered_nothing_is_offered_no_conversation() -> None:
    state = at_work_there(ALICE, messages_while_chatting=False)
    state.distribution.presences[ALICE].state = AgentState.PAUSE
    touch(state, ALICE)
    assert state.distribution.presences[ALICE].conversations.blocked is Ineligible.PAUSED


# -- offers


def test_both_kinds_are_given_out_the_chats_first() -> None:
    state = at_work_there(ALICE)
    requeue(state, LETTER, letter(SUPPORT, due=UP - HOUR))
    requeue(state, CHAT, a_chat())
    assert found_all(state) == [(CHAT, ALICE), (LETTER, ALICE)]


def test_where_chats_keep_others_away_the_chat_is_all_that_is_offered() -> None:
    state = at_work_there(messages_while_chatting=False)
    requeue(state, LETTER, letter(SUPPORT, due=UP - HOUR))
    requeue(state, CHAT, a_chat())
    assert found_all(state) == [(CHAT, None), (LETTER, None)]
    assert found_all(state) == []
    state.distribution.presences[ALICE] = AgentPresence(
        agent=ALICE, state=AgentState.READY, session=1, takes_messages=True, workplace="103"
    )
    touch(state, ALICE)
    assert found_all(state) == [(CHAT, ALICE)]
    release_all(state, CHAT)
    assert found_all(state) == [(LETTER, ALICE)]


def test_what_is_found_says_what_it_is_and_why() -> None:
    """B-24, B-30: the log counts what waits of its own kind alone."""
    state = at_work_there(ALICE, BOB)
    requeue(state, CHAT, a_chat(skill=99))
    assert found_all(state) == [(CHAT, None)]
    requeue(state, LETTER, letter(SUPPORT, preferred=BOB, queued=UP - 7))
    found = next_match(state, NOW)
    assert isinstance(found, Match)
    assert (found.work, found.id, found.agent) == (Work.CONVERSATION, LETTER, BOB)
    assert found.until - UP == state.config.projects[SUPPORT].signal_duration
    assert (found.choice.by, found.choice.waiting, found.choice.waited) == (ChosenBy.HAD_IT, 1, 7)


def test_who_let_one_go_is_left_out_for_it_alone() -> None:
    """B-24."""
    state = at_work_there(ALICE)
    requeue(state, LETTER, letter(SUPPORT, exclusions={ALICE: UP}))
    requeue(state, LARGE_LETTER, letter(SUPPORT, LARGE_LETTER))
    assert found_all(state) == [(LETTER, None), (LARGE_LETTER, ALICE)]


def test_the_signal_of_chats_does_not_count_conversations() -> None:
    """B-1: however many of them wait."""
    state = at_work_there(ALICE)
    who = Applicant(gateway_id=WEB)
    for number in range(9):
        one = Guid(f"conversation {number}")
        requeue(state, one, letter(SUPPORT, one))
    assert occupancy(state, who, UP) is Signal.FREE
    requeue(state, CHAT, a_chat())
    requeue(state, Guid("chat 2"), evolve(a_chat(), id=Guid("chat 2")))
    assert occupancy(state, who, UP) is Signal.BUSY


def test_the_laws_hold_of_both_kinds_and_are_broken_by_either() -> None:
    """B-23, I-14."""
    state = at_work_there(ALICE)
    requeue(state, LETTER, letter(SUPPORT))
    del state.distribution.gateways[LARGE_LETTER], state.distribution.gateways[CHAT]
    faults = check(state)
    assert f"I-7: conversation {LETTER} waits while agent {ALICE} is free" in faults
    state.distribution.waiting[Work.CONVERSATION] = 0
    assert any(fault.startswith("I-14") for fault in check(state))
