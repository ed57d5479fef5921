"""A chat that its owner puts aside: it holds no slot, and comes back before all else (B-22, B-29)."""

import pytest

from broker.core.facts import WrapupStarted
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    chat_of,
    configured,
    presence_of,
    project_of,
    started,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Client, Playbook

on_the_floor = configured(FLOOR)

RESERVE = FLOOR + "[distribution]\npark_reserve = 1\nmax_parked = 2\n"


def parked(play: Playbook) -> tuple[Client, Client, str]:
    """Bob, who has one slot, has put their chat aside."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    chat = answered(web, bob)
    parks(bob, chat)
    return web, bob, chat


def parks(agent: Client, chat: str) -> None:
    """The owner puts the chat aside."""
    agent.says("CS_CHAT_PARK", 1, ChatId=chat, IsParked=True)
    agent.hears("SC_CHAT_STATUS", 1, Status="Answered", IsParked=True)


def wakes(web: Client, agent: Client, key: str = "v", tracking: str = "t1") -> None:
    """The visitor of a parked chat writes; its owner sees that."""
    visitor_writes(web, key, "Hello?", agent, tracking=tracking)


@on_the_floor
def test_a_parked_chat_holds_no_slot(play: Playbook) -> None:
    """B-22: the next chat is offered; the visitor's side sees no change."""
    web, bob, chat = parked(play)
    web.silent()
    assert presence_of(play, "bob").load == 0
    answered(web, bob, tracking="t2")
    bob.says("CS_CHAT_PARK", 2, ChatId=chat, IsParked=True)  # asked twice
    bob.hears("SC_CHAT_STATUS", 2, IsParked=True)
    bob.says("CS_CHAT_RESYNC", 3)
    items = bob.hears("SC_CHAT_LIST", 3)["items"]
    assert [item.get("IsParked") for item in items] == [None, True]


@on_the_floor
def test_nothing_new_is_written_into_a_parked_chat(play: Playbook) -> None:
    """B-29, W-21: its owner's retries are known, and notes are no words to the visitor."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    chat = answered(web, bob)
    writes(bob, chat, "b", "One moment")
    web.hears("SE_CHAT_SENTENCE")
    parks(bob, chat)
    bob.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="c", Text="Back")
    assert bob.refused("WrongState", 2) == "ChatId: is parked"
    bob.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    writes(bob, chat, "b", "One moment")
    web.hears("SE_CHAT_SENTENCE", ID="b")
    writes(bob, chat, "n", "Call the depot", Model=10)
    web.silent()


@on_the_floor
def test_it_is_retrieved_at_once_when_a_slot_is_free(play: Playbook) -> None:
    """B-29: and not twice."""
    web, bob, chat = parked(play)
    bob.says("CS_CHAT_PARK", 2, ChatId=chat, IsParked=False)
    bob.hears("SC_CHAT_STATUS", 2, Status="Answered", IsParked=None)
    assert presence_of(play, "bob").load == 1
    bob.says("CS_CHAT_PARK", 3, ChatId=chat, IsParked=False)
    bob.hears("SC_CHAT_STATUS", 3, IsParked=None)
    started(web, "Waiting", tracking="t2")


@on_the_floor
def test_the_visitors_word_brings_it_back(play: Playbook) -> None:
    """B-29: at once when a slot is free; what wakes it comes first, then the status."""
    web, bob, chat = parked(play)
    wakes(web, bob)
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", IsParked=None)
    writes(bob, chat, "b", "Here I am")
    web.hears("SE_CHAT_SENTENCE")


@on_the_floor
def test_with_no_slot_it_comes_back_before_any_offer(play: Playbook) -> None:
    """B-22, B-29: Bob is full; their next slot is the parked chat's, whoever waits for how long."""
    web, bob, chat = parked(play)
    second = answered(web, bob, tracking="t2")
    started(web, "Waiting", tracking="t3")
    play.wait(300)
    wakes(web, bob)
    bob.says("CS_CHAT_PARK", 2, ChatId=chat, IsParked=False)  # they ask for it as well
    bob.hears("SC_CHAT_STATUS", 2, IsParked=True)
    play.check_store()
    bob.says("CS_CHAT_HANGUP", ChatId=second)
    bob.hears("SC_CHAT_STATUS", ChatId=second, Status="Closed")
    web.hears("SE_CHAT_STATUS", TrackingId="t2", Status="Closed")
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", IsParked=None)
    bob.silent()


@pytest.mark.parametrize("how", ["rejected", "missed", "withdrawn"])
@on_the_floor
def test_a_slot_that_an_alert_gives_back_is_the_parked_chats(play: Playbook, how: str) -> None:
    """B-22, B-29: an offer that came to nothing frees a slot like any other end."""
    web, bob, chat = parked(play)
    alert = started(web, "Waiting", "Alerting", tracking="t2")
    bob.hears("SC_CHAT_ALERT")
    wakes(web, bob)
    if how == "rejected":
        bob.says("CS_CHAT_HANGUP", ChatId=alert)
        bob.hears("SC_CHAT_STATUS", Status="Waiting")
    elif how == "missed":
        play.wait(30)
    else:
        web.says("ES_CHAT_STOP", TrackingId="t2")
    bob.hears("SC_CHAT_ALERT_END", ChatId=alert)
    web.hears("SE_CHAT_STATUS", TrackingId="t2")
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", IsParked=None)
    assert presence_of(play, "bob").load == 1


@on_the_floor
def test_two_that_wake_come_back_in_order(play: Playbook) -> None:
    """B-29: the one that woke first is first."""
    web, bob, first = parked(play)
    second = answered(web, bob, tracking="t2")
    parks(bob, second)
    third = answered(web, bob, tracking="t3")
    wakes(web, bob, "v2", "t2")
    play.wait(1)
    wakes(web, bob, "v1", "t1")
    play.restart()
    play.check_store()
    web, bob = play.connector("web"), play.agent("bob", "102", None)
    for ended, back in ((third, second), (second, first)):
        bob.says("CS_CHAT_HANGUP", ChatId=ended)
        bob.hears("SC_CHAT_STATUS", ChatId=ended, Status="Closed")
        web.hears("SE_CHAT_STATUS", Status="Closed")
        bob.hears("SC_CHAT_STATUS", ChatId=back, Status="Answered")


@on_the_floor
def test_a_parked_chat_survives_a_restart(play: Playbook) -> None:
    """B-12: parked; one that woke meanwhile comes back as soon as its owner is there."""
    web, bob, chat = parked(play)
    play.restart()
    play.check_store()
    web = play.connector("web")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello?")
    web.hears("SE_CHAT_SENTENCE")
    play.restart()
    play.check_store()
    bob = play.agent("bob", "102", None)
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", IsParked=None)


@on_the_floor
def test_its_owner_is_lost_for_good(play: Playbook) -> None:
    """B-11: a parked chat goes to the queue like one that they talk in."""
    web, bob, chat = parked(play)
    bob.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)
    assert chat_of(play, chat).parking is None
    assert presence_of(play, "bob").parked == {}


@pytest.mark.parametrize("who", ["owner", "visitor"])
@on_the_floor
def test_a_parked_chat_ends(play: Playbook, who: str) -> None:
    """B-8: in every way that a chat can end."""
    web, bob, chat = parked(play)
    if who == "owner":
        bob.says("CS_CHAT_HANGUP", ChatId=chat)
    else:
        web.says("ES_CHAT_STOP", TrackingId="t1")
    bob.hears("SC_CHAT_STATUS", Status="Closed", IsParked=None)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    assert presence_of(play, "bob").parked == {}


@on_the_floor
def test_a_parked_chat_is_not_silent(play: Playbook) -> None:
    """B-8, B-29: inactivity counts from when it is back; DeadTimeUtc is none meanwhile."""
    web, bob, chat = parked(play)
    play.wait(3_000)
    web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 1, Status="Answered", DeadTimeUtc=None)
    play.restart()
    play.check_store()
    web, bob = play.connector("web"), play.agent("bob", "102", None)
    bob.says("CS_CHAT_PARK", 2, ChatId=chat, IsParked=False)
    bob.hears("SC_CHAT_STATUS", 2, Status="Answered", IsParked=None)
    play.wait(539.9)
    bob.silent()
    play.restart()
    play.check_store()
    web, bob = play.connector("web"), play.agent("bob", "102", None)
    play.wait(0.1)
    bob.hears("SC_CHAT_SENTENCE", Model=2)
    web.hears("SE_CHAT_SENTENCE", Model=2)
    play.wait(60)
    bob.hears("SC_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")


@on_the_floor
def test_a_parked_chat_that_nobody_asks_for_comes_back(play: Playbook) -> None:
    """B-29: after park_timeout, a day; its owner is told ten minutes before, once."""
    web, bob, chat = parked(play)
    play.wait(86_400 - 600 - 0.1)
    bob.silent()
    play.wait(0.1)
    bob.hears("SC_CHAT_SENTENCE", Model=10, Text=play.config.notes.parked, ChatId=chat)
    play.restart()
    play.check_store()
    web, bob = play.connector("web"), play.agent("bob", "102", None)
    play.wait(599.9)
    bob.silent()
    play.wait(0.1)
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", IsParked=None)
    web.silent()
    play.check_store()


@on_the_floor
def test_a_parked_chat_that_is_due_waits_for_a_slot(play: Playbook) -> None:
    """B-22, B-29: it is the first to get one, and it is not told of again meanwhile."""
    web, bob, chat = parked(play)
    second = answered(web, bob, tracking="t2", ExtResponse="expert")
    for number in range(200):
        play.wait(500)
        web.says("ES_CHAT_SENTENCE", TrackingId="t2", ID=f"{number}", Text="Still there?")
        web.hears("SE_CHAT_SENTENCE")
    warned = [h[1] for h in bob.heard if h[1].get("Model") == 10]
    assert [note["ChatId"] for note in warned] == [chat]
    bob.heard.clear()
    parking = chat_of(play, chat).parking
    assert parking is not None
    assert parking.woken_at is not None
    bob.says("CS_CHAT_HANGUP", 3, ChatId=second)
    bob.hears("SC_CHAT_STATUS", 3, Status="Closed")
    bob.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", IsParked=None)
    web.hears("SE_CHAT_STATUS", Status="Closed", TrackingId="t2")


@on_the_floor
def test_a_parked_chat_that_was_fetched_in_time_may_be_parked_again(play: Playbook) -> None:
    """B-29: for its whole time, and with a warning of its own."""
    _web, bob, chat = parked(play)
    play.wait(86_400 - 300)
    bob.hears("SC_CHAT_SENTENCE", Model=10)
    bob.says("CS_CHAT_PARK", 2, ChatId=chat, IsParked=False)
    bob.hears("SC_CHAT_STATUS", 2, IsParked=None)
    parks(bob, chat)
    play.wait(86_400 - 601)
    bob.silent()
    play.wait(1)
    bob.hears("SC_CHAT_SENTENCE", Model=10)


@pytest.mark.parametrize("put_aside", [True, False])
@on_the_floor
def test_there_is_a_wrap_up_only_for_who_talked_last(play: Playbook, put_aside: bool) -> None:
    """B-28: a chat that was parked when it ended held no slot that could stay taken."""
    web, _carol = play.connector("web"), (carol := play.agent("carol", "103"))
    chat = answered(web, carol, ExtResponse="sales")
    if put_aside:
        parks(carol, chat)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    carol.hears("SC_CHAT_STATUS", Status="Closed")
    if not put_aside:
        carol.hears("SC_AGENT_STATE", WrapUps=...)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    started_ = [f for f in play.facts if isinstance(f, WrapupStarted)]
    assert (len(started_), presence_of(play, "carol").load) == ((0, 0) if put_aside else (1, 1))


@on_the_floor
def test_a_parked_chat_is_handed_over(play: Playbook) -> None:
    """B-29: to whom it goes it is not parked, and its visitor can be answered."""
    web, bob, chat = parked(play)
    alice = play.agent("alice", "101")
    asked(play, bob, alice, chat, "Transfer")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered", IsParked=None)
    bob.hears("SC_CHAT_STATUS", Status="Waiting", IsParked=None)
    web.hears("SE_CHAT_STATUS", AgentName="Alice")
    writes(alice, chat, "a", "Alice here")
    web.hears("SE_CHAT_SENTENCE")
    assert presence_of(play, "bob").parked == {}


@on_the_floor
def test_a_project_is_asked_for_a_parked_chat(play: Playbook) -> None:
    """B-29: and it wakes while the search goes on."""
    web, bob, chat = parked(play)
    bob.says("CS_CHAT_TRANSFER", 2, ChatId=chat, ToProjectId=project_of(play, "Sales"))
    bob.hears("SC_CHAT_STATUS", 2, IsParked=True)
    wakes(web, bob)
    bob.hears("SC_CHAT_STATUS", Status="Answered", IsParked=None, Parties=...)
    alice = play.agent("alice", "101")
    alice.hears("SC_CHAT_ALERT")
    bob.hears("SC_CHAT_STATUS")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", AgentName="Alice")


@on_the_floor
def test_a_parked_chat_is_given_back(play: Playbook) -> None:
    """B-29: to the queue, and it is nobody's any more."""
    web, bob, chat = parked(play)
    bob.says("CS_CHAT_RETURN", 2, ChatId=chat)
    bob.hears("SC_CHAT_STATUS", 2, Status="Waiting", IsParked=None)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice = play.agent("alice", "101")
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


@on_the_floor
def test_only_the_owner_of_an_answered_chat_parks_it(play: Playbook) -> None:
    """B-29, W-14."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    alice.says("CS_CHAT_PARK", 1, ChatId=chat, IsParked=True)
    alice.refused("WrongState", 1)
    bob = play.agent("bob", "102")
    bob.says("CS_CHAT_PARK", 2, ChatId=chat, IsParked=True)
    bob.refused("UnknownChat", 2)
    alice.says("CS_CHAT_PARK", 3, ChatId=agent_of(play, "bob"), IsParked=True)
    alice.refused("UnknownChat", 3)


@configured(RESERVE)
def test_a_reserve_is_kept_for_chats_that_may_wake(play: Playbook) -> None:
    """B-22: with one chat parked one of Alice's two slots is not for offers."""
    web, alice, chat = talking(play)
    parks(alice, chat)
    second = answered(web, alice, tracking="t2")
    third = started(web, "Waiting", tracking="t3")
    alice.silent()
    wakes(web, alice)
    alice.hears("SC_CHAT_STATUS", ChatId=chat, IsParked=None)  # at once: the slot was kept
    alice.says("CS_CHAT_HANGUP", ChatId=second)
    alice.hears("SC_CHAT_STATUS", ChatId=second, Status="Closed")
    web.hears("SE_CHAT_STATUS", TrackingId="t2")
    alice.hears("SC_CHAT_ALERT", ChatId=third)
    web.hears("SE_CHAT_STATUS", TrackingId="t3", Status="Alerting")


@configured(RESERVE)
def test_an_agent_parks_so_many(play: Playbook) -> None:
    """I-14: one more is refused."""
    web, bob = play.connector("web"), play.agent("carol", "103")
    for number in range(3):
        chat = answered(web, bob, tracking=f"t{number}")
        bob.says("CS_CHAT_PARK", 1, ChatId=chat, IsParked=True)
        if number < 2:
            bob.hears("SC_CHAT_STATUS", 1, IsParked=True)
        else:
            bob.refused("Overloaded", 1)
