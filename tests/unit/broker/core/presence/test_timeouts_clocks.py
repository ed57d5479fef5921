"""Time in which nobody listened, and clocks that are set: whose time is over then (B-13, B-14)."""

from collections.abc import Callable

import pytest

from broker.core.facts import ChatMoved, OfferEnded
from broker.core.facts.causes import ChatCause
from broker.core.rollback import Presence, roll_back
from protocol.values import from_micros
from tests.support.agents_at_work import (
    FLOOR,
    chat_of,
    configured,
    presence_of,
    project_of,
    started,
    talking,
)
from tests.support.first_moves import answered, offered
from tests.support.playbook import CONFIG, Client, Playbook

HOUR = 3_600
BOT = """
[[pre_rules]]
rank = 1
ext_response = "^bot$"
bot = "Robo"
[[wait_rules]]
level = 1
after = "300s"
project = "Support"
note = "We are sorry."
close = true
"""


def alerted(play: Playbook) -> Callable[[], bool]:
    """An agent is alerted; the time is over when the offer is called missed."""
    offered(play.connector("web"), play.agent("alice", "101"), "t1")
    return lambda: any(isinstance(f, OfferEnded) and f.outcome == "missed" for f in play.facts)


def silent(play: Playbook) -> Callable[[], bool]:
    """Two talk, and write nothing."""
    _web, _alice, chat = talking(play)
    return lambda: not chat_of(play, chat).is_open


def waiting(play: Playbook) -> Callable[[], bool]:
    """A visitor waits, and a wait rule will end that."""
    chat = started(play.connector("web"), "Waiting")
    return lambda: not chat_of(play, chat).is_open


def wrapping_up(play: Playbook) -> Callable[[], bool]:
    """An agent writes down what was said."""
    _web, alice, chat = talking(play, ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    return lambda: not presence_of(play, "alice").wrapups


def away(play: Playbook) -> Callable[[], bool]:
    """An agent's connection is lost."""
    _web, alice, chat = talking(play)
    alice.leaves()
    return lambda: chat_of(play, chat).status.value == "Waiting"


def asked_for(play: Playbook) -> Callable[[], bool]:
    """A project is asked for somebody."""
    _web, alice, chat = talking(play)
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
    return lambda: chat_of(play, chat).invite is None


def bot_thinks(play: Playbook) -> Callable[[], bool]:
    """A bot is to say something."""
    web, robo = play.connector("web"), play.agent("robo", "104")
    chat = started(web, "ICR", ExtResponse="bot")
    robo.says("CS_CHAT_ANSWER", ChatId=chat)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="1", Text="Hello")
    return lambda: chat_of(play, chat).status.value != "ICR"


def unbound(play: Playbook) -> Callable[[], bool]:
    """A connector is to reach a visitor."""
    play.connector("web").says("ES_CHAT_OPEN", RemoteAddress="+420 2")
    (chat,) = play.state.chats
    return lambda: not play.state.chats[chat].is_open


def put_aside(play: Playbook) -> Callable[[], bool]:
    """A chat is parked; it comes back by itself."""
    _web, alice, chat = talking(play)
    alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
    return lambda: chat_of(play, chat).parking is None


GIVEN: dict[Callable[[Playbook], Callable[[], bool]], tuple[int, int]] = {
    alerted: (30, 30),
    silent: (600, 60),
    waiting: (300, 60),
    wrapping_up: (20, 20),
    away: (60, 60),
    asked_for: (120, 60),
    bot_thinks: (30, 30),
    unbound: (120, 60),
    put_aside: (86_400, 600),
}
"""How long each has, in seconds, and how long at least after nobody listened."""


def over_after(play: Playbook, is_over: Callable[[], bool], seconds: float) -> None:
    """It takes so long from now on, and not less."""
    play.wait(seconds - 0.1)
    assert not is_over()
    play.wait(0.1)
    assert is_over()
    for client in play.clients.values():
        client.heard.clear()


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: given.__name__)
@pytest.mark.parametrize("play", [FLOOR + BOT], indirect=True, ids=["floor"])
@pytest.mark.parametrize("seconds", [3 * HOUR, -2 * HOUR], ids=["forward", "back"])
def test_a_clock_that_is_set_ends_nobodys_time(
    play: Playbook, given: Callable[[Playbook], Callable[[], bool]], seconds: int
) -> None:
    """B-14: a deadline comes when it would have come, whatever the time of day is by then."""
    is_over = given(play)
    play.wait(5)
    play.set_clock(seconds)
    over_after(play, is_over, GIVEN[given][0] - 5)


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: given.__name__)
@pytest.mark.parametrize("play", [FLOOR + BOT], indirect=True, ids=["floor"])
def test_time_in_which_nobody_listened_is_nobodys_silence(
    play: Playbook, given: Callable[[Playbook], Callable[[], bool]]
) -> None:
    """B-13: what is left when the broker listens again is what was left before, or the grace."""
    is_over = given(play)
    length, grace = GIVEN[given]
    play.wait(length - 1)
    for client in play.clients.values():
        client.heard.clear()
    play.freeze(3 * HOUR)
    assert not is_over()
    over_after(play, is_over, grace)


@pytest.mark.parametrize("given", [silent, waiting, wrapping_up, away, bot_thinks, unbound])
@pytest.mark.parametrize("play", [FLOOR + BOT], indirect=True, ids=["floor"])
@pytest.mark.parametrize("seconds", [0, 14 * HOUR, -2 * HOUR], ids=["soon", "late", "set back"])
def test_an_outage_is_nobodys_silence(
    play: Playbook, given: Callable[[Playbook], Callable[[], bool]], seconds: int
) -> None:
    """B-12, B-13, B-14: after a restart there is the grace, however long nobody was there.

    Whoever set the clock back meanwhile made the stored times lie in the future.
    """
    is_over = given(play)
    length, grace = GIVEN[given]
    play.wait(length - 1)
    play.set_clock(seconds)
    play.restart()
    play.check_store()
    assert not is_over()
    over_after(play, is_over, grace)


@configured(FLOOR + BOT)
def test_an_outage_long_before_its_end_takes_nothing_away(play: Playbook) -> None:
    """B-13: what is left is more than the grace, and stays so over two outages in a row."""
    is_over = silent(play)
    for _ in range(2):
        play.wait(100)
        play.set_clock(5 * HOUR)
        play.restart()
        alice = play.agent("alice", "101", None)
    over_after(play, is_over, 400)
    alice.heard.clear()


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: given.__name__)
@pytest.mark.parametrize("play", [FLOOR + BOT], indirect=True, ids=["floor"])
def test_time_that_was_over_when_a_row_was_refused_does_not_begin_anew(
    play: Playbook, given: Callable[[Playbook], Callable[[], bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B-13, I-16: whoever sends what the database refuses keeps nothing open by that."""
    is_over = given(play)
    play.wait(GIVEN[given][0] - 0.1)
    presence = Presence(play.config)
    presence.note(play.facts)
    play.store.note_life(play.wall)
    before = play.store.recover(play.config, play.wall)
    play.wait(0.1)
    assert is_over()
    ahead, play.state = play.state, roll_back(play.state, presence, before, play.wall)
    play.facts.clear()
    assert not is_over()
    monkeypatch.setattr(play.store, "commit", lambda facts: None)  # it has all this already
    play.wait(0.1)
    assert is_over()
    play.state = ahead
    for client in play.clients.values():
        client.heard.clear()


@pytest.mark.parametrize("seconds", [3 * HOUR, -2 * HOUR], ids=["forward", "back"])
def test_a_silence_over_a_clock_that_is_set_begins_with_the_last_word(
    play: Playbook, seconds: int
) -> None:
    """B-8, B-12, B-14: whatever the time of day at which it was written says after a restart."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    play.wait(300)
    play.set_clock(seconds)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="1", Text="Are you there?")
    play.wait(100)
    play.restart()
    play.agent("alice", "101", None)
    over_after(play, lambda: not chat_of(play, chat).is_open, 500)


@pytest.mark.parametrize("back", ["says", "parks"])
def test_who_was_warned_is_warned_again_after_a_clock_was_set_back(
    play: Playbook, back: str
) -> None:
    """B-8, B-14: a word that seems older than the warning is later all the same."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    play.wait(545)
    web.hears("SE_CHAT_SENTENCE", Model=2)
    play.set_clock(-HOUR)
    if back == "says":
        alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="1", Text="I am here.")
        web.hears("SE_CHAT_SENTENCE", ID="1")
    else:
        alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
        alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=False)
    play.check_store()
    play.wait(539.9)
    web.silent()
    play.wait(0.1)
    web.hears("SE_CHAT_SENTENCE", Model=2)
    alice.heard.clear()


def test_the_visitor_is_warned_before_a_chat_ends_after_an_outage(play: Playbook) -> None:
    """B-8, B-13: the grace is at least the time of the warning, and DeadTimeUtc says when it ends."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    play.wait(530)
    play.freeze(HOUR)
    play.silent()
    play.wait(9.9)
    web.silent()
    play.wait(0.1)
    web.hears("SE_CHAT_SENTENCE", Model=2)
    alice.hears("SC_CHAT_SENTENCE", Model=2)
    web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
    dead = from_micros(play.wall + 60_000_000)
    assert web.heard[0][3].dead_time_utc == dead
    web.hears("SE_CHAT_STATUS", 1)
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")
    alice.hears("SC_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")


def test_an_answer_after_a_gap_is_in_time(play: Playbook) -> None:
    """B-13, B-24: an offer rings on for its time, and nobody has missed it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    play.wait(29)
    play.freeze(HOUR)
    play.wait(1)
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")


def test_the_order_of_the_queue_outlives_a_clock_that_is_set_back(play: Playbook) -> None:
    """B-14, B-21: who waited before is served before, whatever the stored times say."""
    web = play.connector("web")
    first = started(web, "Waiting")
    play.wait(10)
    play.set_clock(-HOUR)
    web.says("ES_CHAT_START", TrackingId="t2")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice = play.agent("alice", "101", None)
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_CHAT_ALERT", ChatId=first)
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t1")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t2")


@pytest.mark.parametrize(
    "play",
    [CONFIG.replace('token = "im-secret"', 'token = "im-secret"\ntracking_inertia = "5m"')],
    indirect=True,
    ids=["inertia"],
)
def test_a_visitor_may_come_back_after_an_outage(play: Playbook) -> None:
    """B-2, B-13: the tracking inertia does not run while nobody could come back."""
    im: Client = play.connector("im")
    im.says("ES_CHAT_START", TrackingId="t1")
    chat = im.hears("SE_CHAT_STATUS")["ChatId"]
    im.hears("SE_CHAT_STATUS")
    im.says("ES_CHAT_STOP", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(60)
    play.set_clock(14 * HOUR)
    play.restart()
    im = play.connector("im")
    im.says("ES_CHAT_START", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", ChatId=chat, Status="Pilot")
    im.hears("SE_CHAT_STATUS", Status="Waiting")
    causes = [f.cause for f in play.facts if isinstance(f, ChatMoved)]
    assert causes.count(ChatCause.CLOSED) == 1
