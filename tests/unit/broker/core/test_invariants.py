"""The laws of the core find what is wrong: one fault planted into a sound state, one line about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from attrs import evolve

from broker.core.chat_state import Chat, Invite, Offer, Parking, Party
from broker.core.contact_state import Contact
from broker.core.facts.causes import Ineligible
from broker.core.invariants import check, durable, leases_due, overbooked
from broker.core.state import AgentPresence, State
from broker.core.timers import NO_TERM, Term, Wrapup
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, TransferMode
from tests.support.agents_at_work import FLOOR, agent_of, started, talking, writes
from tests.support.bare_core import gateway_in
from tests.support.playbook import Playbook

NOBODY = Guid("nobody")
OFFER = Offer(number=99, until=9, term=NO_TERM)


class Floor:
    """Two visitors: Alice talks with one, and the other waits for somebody with a high skill."""

    def __init__(self) -> None:
        self.play = Playbook(FLOOR)
        web, alice, talks = talking(self.play)
        writes(alice, talks, "a", "Hello")
        writes(alice, talks, "n", "A note", Model=10)
        web.heard.clear()
        self.waits: Chat = self.play.state.chats[
            Guid(started(web, "Waiting", tracking="t2", **EXPERT))
        ]
        self.talks: Chat = self.play.state.chats[Guid(talks)]
        self.alice: AgentPresence = self.play.state.distribution.presences[
            agent_of(self.play, "alice")
        ]

    @property
    def state(self) -> State:
        return self.play.state


EXPERT = {"ExtResponse": "expert"}


@pytest.fixture
def floor() -> Iterator[Floor]:
    made = Floor()
    assert check(made.state) == []
    yield made
    made.play.store.close()


def invite(project: Guid | None) -> Invite:
    mode = TransferMode.TRANSFER
    return Invite(by=NOBODY, mode=mode, agent=None, project=project, note=None, at=1, until=9)


def party() -> Party:
    return Party(mode=TransferMode.CONSULT, by=NOBODY, at=1)


def _end(chat: Chat) -> None:
    chat.ending.reason = CloseReason.AGENT


def _contact(state: State) -> None:
    one = Contact(
        id=NOBODY, no=5, gateway=gateway_in(state.config), addresses=((NOBODY, "a", "b"),)
    )
    state.contacts.by_id[NOBODY] = one


def _wrap(floor: Floor) -> None:
    floor.alice.wrapups[floor.talks.id] = Wrapup(9, Term(1, 8))


FAULTS: list[tuple[Callable[[Floor], object], str]] = [
    (
        lambda f: f.talks.transcript.sentences.append(f.talks.transcript.sentences[0]),
        "I-3: counters",
    ),
    (
        lambda f: f.talks.transcript.internal.append(f.talks.transcript.internal[0]),
        "of the notes of",
    ),
    (lambda f: f.talks.transcript.keys[True].clear(), "I-2: keys of chat"),
    (lambda f: f.talks.transcript.internal_keys.clear(), "I-2: keys of the notes"),
    (lambda f: setattr(f.talks.transcript, "size", 1), "not 1"),
    (lambda f: f.state.distribution.entries.clear(), "and its entry disagrees"),
    (lambda f: setattr(f.waits, "offer", OFFER), "Waiting and its offer disagrees"),
    (lambda f: setattr(f.talks, "status", ChatStatus.ALERTING), "Alerting without an offer"),
    (lambda f: _end(f.talks), "I-8: chat"),
    (lambda f: f.state.open_chats.clear(), "in the open list"),
    (
        lambda f: f.state.closed_chats[f.talks.gateway].update({f.talks.id: None}),
        "in the closed list",
    ),
    (lambda f: f.state.unbound.update({f.talks.id: None}), "the unbound ones"),
    (lambda f: f.state.by_tracking.clear(), "is not found by its tracking ID"),
    (lambda f: setattr(f.waits, "parking", Parking(at=1)), "with parties, or asking, or parked"),
    (lambda f: f.talks.parties.update({f.alice.agent: party()}), "its owner among its parties"),
    (lambda f: setattr(f.talks, "offer", OFFER), "is answered and offered"),
    (lambda f: setattr(f.talks, "parking", Parking(at=1, woken_at=2)), "and nobody looks"),
    (lambda f: setattr(f.alice, "session", None), "who is away, waits on"),
    (lambda f: f.alice.leases.clear(), "ought to hold"),
    (lambda f: setattr(f.alice, "load", 7), "has a load of 7"),
    (lambda f: f.alice.parked.update({f.waits.id: None}), "has parked"),
    (lambda f: f.state.distribution.presences.pop(f.alice.agent), "I-6: nobody holds"),
    (lambda f: f.state.distribution.leases.clear(), "I-6: leases by chat"),
    (lambda f: setattr(f.talks.ending, "wrapping", (NOBODY,)), "of other wrap-ups"),
    (_wrap, "of other wrap-ups"),
    (lambda f: f.state.chats_held.clear(), "I-14: chats held"),
    (lambda f: f.state.bytes_held.update({f.talks.gateway: 1}), "I-14: bytes held"),
    (lambda f: f.state.distribution.gateways.clear(), "the distribution knows other chats"),
    (lambda f: f.state.status_counts.clear(), "I-14: status counts"),
    (lambda f: _contact(f.state), "contacts are found by other addresses"),
    (lambda f: _contact(f.state), "listed at other gateways"),
    (lambda f: _contact(f.state), "the next number of a contact is taken"),
]


@pytest.mark.parametrize(("plant", "says"), FAULTS, ids=[says for _plant, says in FAULTS])
def test_a_fault_is_found(
    floor: Floor, plant: Callable[[Floor], object], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if says == "I-6: nobody holds":
        # The walk over those who are in the chat needs everybody's presence.
        monkeypatch.setattr("broker.core.invariants._waiting_faults", lambda _state: [])
    plant(floor)
    assert any(says in fault for fault in check(floor.state)), check(floor.state)


def test_an_offer_to_who_is_away_or_inside_is_found(floor: Floor) -> None:
    """I-6, I-7."""
    floor.talks.invite, floor.talks.offer = evolve(invite(None), agent=NOBODY), OFFER
    assert any("who is away" in fault for fault in check(floor.state))
    floor.talks.invite.agent = floor.alice.agent
    assert any("who is in it" in fault for fault in check(floor.state))


def test_an_unbound_chat_without_a_timer_is_found(floor: Floor) -> None:
    """I-16."""
    floor.state.unbound[floor.talks.id] = None
    assert any("waits for a connector for ever" in fault for fault in check(floor.state))


def test_a_chat_that_waits_while_somebody_is_free_is_found(floor: Floor) -> None:
    """B-23: once all timers of the moment have fired."""
    carol = agent_of(floor.play, "carol")
    floor.state.distribution.presences[carol] = AgentPresence(
        agent=carol, state=AgentState.READY, session=9, workplace="103"
    )
    said = f"I-7: chat {floor.waits.id} waits while agent {carol} is free"
    assert said in check(floor.state)
    floor.state.up = (floor.state.timers.due or 0) + 1
    assert said not in check(floor.state)


def test_an_order_that_is_not_the_one_of_a_walk_is_found(floor: Floor) -> None:
    """B-21."""
    (queue, *_) = [q for q in floor.state.distribution.queues.values() if q.entries]
    queue.ready.append((0, 0, 0, NOBODY))
    queue.others[NOBODY] = Ineligible.AWAY
    queue.counts[Ineligible.NO_SLOT] = 7
    faults = " ".join(check(floor.state))
    queue.agents = {}
    assert all(word in faults for word in ("not in order", "are passed over", "are counted"))
    assert "are not those who qualify" in " ".join(check(floor.state))


def test_whoever_is_in_a_chat_ought_to_hold_slots(floor: Floor) -> None:
    """B-22: whoever only watches, or put it aside, does not."""
    assert leases_due(floor.state) == {floor.alice.agent: {floor.talks.id: ChatStatus.ANSWERED}}
    floor.talks.parties = {NOBODY: evolve(party(), mode=TransferMode.MONITOR)}
    floor.talks.parking = Parking(at=1)
    assert leases_due(floor.state) == {}


def test_more_slots_than_there_are_is_told_by_itself(floor: Floor) -> None:
    """I-6: after a reload with a smaller capacity it is no fault."""
    assert overbooked(floor.state) == []
    floor.alice.load = 3
    assert overbooked(floor.state) == [f"I-6: agent {floor.alice.agent} holds 3 slots of 2"]
    floor.alice.state = AgentState.LOG_OFF
    assert overbooked(floor.state) == []


def test_what_is_durable_is_what_rows_give_back(floor: Floor) -> None:
    """I-10."""
    before = durable(floor.state)
    floor.alice.idle_since += 5
    floor.talks.exclusions[NOBODY] = 5
    assert durable(floor.state) == before
    floor.alice.missed += 1
    assert durable(floor.state) != before
