"""Lists of open chats in pieces: what a program that takes them gets, and what others get (W-25, I-14)."""

from __future__ import annotations

import pytest

from broker.core.rollback import Presence, roll_back
from protocol.codec import encode
from protocol.frame import Frame
from tests.support.playbook import CONFIG, Client, Playbook

PORT = """
[[gateways]]
name = "Shop"
peer = "web"
port = "shop"
token = "web-secret"
"""
PAIRS = CONFIG + PORT + "[limits]\nlist_chats = 2\n"
pairs = pytest.mark.parametrize("play", [PAIRS], indirect=True, ids=["pairs"])
SMALL = CONFIG + "[limits]\nframe_bytes = 65536\nlist_chats = 10000\n"
small = pytest.mark.parametrize("play", [SMALL], indirect=True, ids=["small"])


def begins(client: Client, *names: str, port: str | None = None) -> None:
    """Visitors begin chats that wait for nobody who is there."""
    for name in names:
        client.says("ES_CHAT_START", TrackingId=name, Port=port, ExtResponse="expert")
        client.hears("SE_CHAT_STATUS", TrackingId=name)
        client.hears("SE_CHAT_STATUS", TrackingId=name, Status="Waiting")


def ends(client: Client, name: str) -> None:
    """A visitor goes."""
    client.says("ES_CHAT_STOP", TrackingId=name)
    client.hears("SE_CHAT_STATUS", TrackingId=name, Status="Closed")


def piece(client: Client, after: int | None = None, port: str | None = None) -> list[str]:
    """Ask for a piece; gives the chats in it."""
    client.says("ES_CHAT_RESYNC", 1, After=after, Port=port)
    return [one["TrackingId"] for one in client.hears("SE_CHAT_LIST", 1)["items"]]


def whole(client: Client) -> list[str]:
    """Ask for one piece after the other; gives all."""
    found = piece(client)
    while client.more is not None:
        found += piece(client, client.more)
    return found


@pairs
def test_a_list_comes_in_pieces_to_who_takes_them(play: Playbook) -> None:
    web = play.connector("web", takes_pieces=True)
    begins(web, "t1", "t2", "t3", "t4")
    assert piece(web) == ["t1", "t2"]
    assert piece(web, web.more) == ["t3", "t4"]
    assert web.more is None
    begins(web, "t5")
    assert whole(web) == ["t1", "t2", "t3", "t4", "t5"]


@pairs
def test_everybody_else_gets_one_list(play: Playbook) -> None:
    web = play.connector("web")
    begins(web, "t1", "t2", "t3")
    assert piece(web) == ["t1", "t2", "t3"]
    assert web.more is None


@pairs
def test_a_list_of_nothing_ends_at_once(play: Playbook) -> None:
    web = play.connector("web", takes_pieces=True)
    assert whole(web) == []


@pairs
def test_a_list_goes_on_behind_a_chat_that_closed(play: Playbook) -> None:
    web = play.connector("web", takes_pieces=True)
    begins(web, "t1", "t2", "t3", "t4")
    assert piece(web) == ["t1", "t2"]
    for name in ("t2", "t3"):
        ends(web, name)
    assert piece(web, web.more) == ["t4"]
    assert web.more is None


@pairs
def test_what_opens_between_two_pieces_comes_yet(play: Playbook) -> None:
    """Begun, reopened, or called by an agent and reached."""
    web, alice = play.connector("web", takes_pieces=True), play.agent("alice", "101")
    begins(web, "old")
    ends(web, "old")
    alice.says("CS_CHAT_OPEN", 1, Peer="web", RemoteAddress="+420 1")
    called = alice.hears("SC_CHAT_STATUS", 1)["ChatId"]
    web.hears("SE_CHAT_OUTBOUND")
    begins(web, "t1", "t2", "t3")
    assert piece(web) == ["t1", "t2"]
    web.says("ES_CHAT_START", 2, TrackingId="called", ReturnChatId=called)
    web.hears("SE_CHAT_STATUS", 2, ChatId=called)
    alice.heard.clear()
    begins(web, "new")
    begins(web, "old")
    assert piece(web, web.more) == ["t3", "called"]
    assert piece(web, web.more) == ["new", "old"]
    assert web.more is None


@pairs
def test_a_place_is_a_number_from_one(play: Playbook) -> None:
    """W-5, W-27."""
    web = play.connector("web", takes_pieces=True)
    begins(web, "t1", "t2", "t3")
    for after in (0, -1):
        web.says("ES_CHAT_RESYNC", 1, After=after)
        assert web.refused("BadPayload", 1).startswith("After: ")
    assert piece(web, 1_000_000) == []
    assert web.more is None
    assert whole(web) == ["t1", "t2", "t3"]


@pairs
def test_who_does_not_take_pieces_can_ask_for_none(play: Playbook) -> None:
    """W-14: a list that is a part only would be taken for the whole."""
    web = play.connector("web")
    begins(web, "t1", "t2", "t3")
    web.says("ES_CHAT_RESYNC", 1, After=1)
    assert web.refused("BadPayload", 1).startswith("After: ")


@pytest.mark.parametrize("takes_pieces", [False, True])
@pairs
def test_the_list_of_a_workplace_has_no_place(play: Playbook, takes_pieces: bool) -> None:
    """W-10, W-25: it is one frame, whatever the hello said."""
    alice = play.agent("alice", "101", takes_pieces=takes_pieces)
    for after in (-1, 0, 1):
        alice.says("CS_CHAT_RESYNC", 1, After=after)
        assert alice.refused("BadPayload", 1).startswith("After: ")
    alice.says("CS_CHAT_RESYNC", 2)
    assert not alice.hears("SC_CHAT_LIST", 2)["items"]


@pairs
def test_a_place_of_others_shows_nothing_of_theirs(play: Playbook) -> None:
    """I-15."""
    web = play.connector("web", takes_pieces=True)
    im = play.connector("im", takes_pieces=True)
    begins(web, "t1")
    begins(im, "i1", "i2", "i3")
    begins(web, "t2", "t3")
    assert piece(im) == ["i1", "i2"]
    assert piece(web, im.more) == ["t2", "t3"]
    im.says("ES_CHAT_RESYNC", 1, Peer="web", After=1)
    im.refused("NotAllowed", 1)


@pairs
def test_all_ports_of_a_peer_are_one_list(play: Playbook) -> None:
    web = play.connector("web", takes_pieces=True)
    begins(web, "t1")
    begins(web, "s1", port="shop")
    begins(web, "t2")
    begins(web, "s2", "s3", port="shop")
    assert whole(web) == ["t1", "s1", "t2", "s2", "s3"]
    assert piece(web, port="shop") == ["s1", "s2"]
    assert piece(web, web.more, port="shop") == ["s3"]


@pairs
def test_a_place_holds_when_a_row_is_refused(play: Playbook) -> None:
    """The state is built anew and nobody notices: what was listed may come again, and nothing is left out."""
    web = play.connector("web", takes_pieces=True)
    presence = Presence(play.config)
    presence.note(play.facts)
    begins(web, "t1", "t2", "t3", "t4")
    ends(web, "t1")
    begins(web, "t1")
    assert piece(web) == ["t2", "t3"]
    recovered = play.store.recover(play.config, play.wall)
    play.state = roll_back(play.state, presence, recovered, play.wall)
    begins(web, "t5")
    rest = piece(web, web.more)
    while web.more is not None:
        rest += piece(web, web.more)
    assert {"t4", "t1", "t5"} <= set(rest)
    assert len(set(rest)) == len(rest)


def begins_until_refused(client: Client) -> int:
    """Visitors come until one is refused, or there are 200."""
    for number in range(200):
        client.says("ES_CHAT_START", 1, TrackingId=f"t{number}", ExtResponse="expert")
        if client.heard[0][0] == "SYS_ERROR":
            assert "as many open chats as one frame lists" in client.refused("Overloaded", 1)
            return number
        client.heard.clear()
    return 200


@small
def test_pieces_take_more_chats_than_a_frame_lists(play: Playbook) -> None:
    """I-14: each piece fits."""
    web = play.connector("web", takes_pieces=True)
    assert begins_until_refused(web) == 200
    sizes: list[int] = []
    found, after = 0, None
    while after is not None or not sizes:
        web.says("ES_CHAT_RESYNC", 1, After=after)
        listed = web.heard[0][3]
        found += len(web.hears("SE_CHAT_LIST", 1)["items"])
        sizes.append(len(encode(Frame("SE_CHAT_LIST", listed))))
        after = web.more
    assert len(sizes) == 2
    assert max(sizes) < 65_536
    assert found == 200


@small
def test_one_who_takes_no_pieces_keeps_the_bound_for_all(play: Playbook) -> None:
    """I-14: they could not be told what is open; where it is passed already, they are told that."""
    old, web = play.connector("web"), play.connector("web", takes_pieces=True)
    taken = begins_until_refused(web)
    assert 100 < taken < 200
    old.heard.clear()
    old.leaves()
    begins(web, "more")
    old = play.connector("web")
    old.says("ES_CHAT_RESYNC", 1)
    assert "the hello did not say TakesPieces" in old.refused("Overloaded", 1)
    web.says("ES_CHAT_START", 2, TrackingId="still more", ExtResponse="expert")
    web.refused("Overloaded", 2)
    assert len(whole(web)) == taken + 1


def blamed(web: Client) -> str:
    """Why the gateway takes no more."""
    web.says("ES_CHAT_START", 3, TrackingId="one more", ExtResponse="expert")
    return web.refused("Overloaded", 3).partition(", and ")[2]


@small
def test_a_refused_start_names_who_takes_no_pieces(play: Playbook) -> None:
    """W-10: by session and by what its software calls itself, of which so much is shown as fits a line."""
    web = play.connector("web", takes_pieces=True, software="new")
    old = play.connector("web", software="old\nbot " + "x" * 99)
    begins_until_refused(web)
    old.heard.clear()
    name = f"session {old.number} ('old\\nbot {'x' * 56}')"
    assert blamed(web) == f"it is served without TakesPieces by {name}"
    nameless = play.connector("web")
    assert blamed(web) == f"it is served without TakesPieces by {name} and 1 more"
    old.leaves()
    assert blamed(web) == f"it is served without TakesPieces by session {nameless.number}"
    nameless.leaves()
    begins(web, "one more")


@small
def test_of_who_is_away_nobody_knows_whether_they_take_pieces(play: Playbook) -> None:
    """I-14: so an agent opens no more chats than one frame lists."""
    web, alice = play.connector("web", takes_pieces=True), play.agent("alice", "101")
    begins_until_refused(web)
    opening = {"Peer": "web", "RemoteAddress": "+420 1"}
    web.leaves()
    alice.says("CS_CHAT_OPEN", 1, **opening)
    assert "nobody serves it who takes its list in pieces" in alice.refused("Overloaded", 1)
    web = play.connector("web", takes_pieces=True)
    alice.says("CS_CHAT_OPEN", 2, **opening)
    alice.hears("SC_CHAT_STATUS", 2)
    web.hears("SE_CHAT_OUTBOUND")
