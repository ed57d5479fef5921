"""A client that takes the list of its chats in pieces (W-25)."""

from __future__ import annotations

from attrs import evolve

from connectors.client.events import ChatRef, Disconnected, ListRefused, Ready
from connectors.client.resync import Resync, lists
from connectors.client.session import Phase
from connectors.client.settings import Gateway, Tuning
from protocol.chat import ChatCommandInfo
from protocol.errors import ErrorCode
from protocol.session import Hello
from protocol.values import ChatStatus
from tests.support.client_stage import JANA, Player, Stage, heard, start, visitor_settings
from tests.support.wired_core import INSTALLATION

PAIRS = INSTALLATION + "[limits]\nlist_chats = 2\n"


def asked(stage: Stage) -> list[int | None]:
    """Behind which places lists were asked for."""
    payloads = [one.payload for one in stage.broker.way.heard if one.type == "ES_CHAT_RESYNC"]
    return [one.after for one in payloads if isinstance(one, ChatCommandInfo)]


def until_asked(stage: Stage, visitor: Player, lists: int) -> None:
    """The client comes back, and has asked for so many lists and pieces."""
    stage.now += 1
    while len(asked(stage)) < lists:
        assert stage.step(visitor)


def open_chats(visitor: Player) -> set[str]:
    return {ref.name for ref in visitor.session.chats.open_refs()}


def test_a_list_is_asked_for_piece_by_piece() -> None:
    stage = Stage(PAIRS)
    visitor = stage.join(visitor_settings(), "v")
    names = {start(stage, visitor).name for _ in range(5)}
    stage.cut(visitor)
    stage.broker.way.heard.clear()
    stage.pass_time(1)
    first, *places = asked(stage)
    assert first is None
    assert places == sorted(place for place in places if place)
    assert len(places) == 2
    assert heard(stage).count("ES_CHAT_STATUS") == 5
    assert visitor.session.phase is Phase.READY
    assert open_chats(visitor) == names


def test_a_program_that_was_started_anew_finds_what_all_pieces_have() -> None:
    stage = Stage(PAIRS)
    first = stage.join(visitor_settings(), "v")
    names = {start(stage, first).name for _ in range(3)}
    assert open_chats(stage.join(visitor_settings(), "w")) == names


def test_chats_come_and_go_between_two_pieces() -> None:
    stage = Stage(PAIRS)
    visitor, other = (stage.join(visitor_settings(), prefix) for prefix in "vw")
    old = [start(stage, visitor) for _ in range(5)]
    stage.cut(visitor)
    stage.broker.way.heard.clear()
    until_asked(stage, visitor, 2)
    for ref in (old[0], old[3]):
        other.session.command("STOP", ref, stage.now)
    new, _request = other.session.start_chat(JANA, stage.now)
    stage.settle()
    stage.pass_time(1)
    assert visitor.session.phase is Phase.READY
    assert open_chats(visitor) == {old[1].name, old[2].name, old[4].name, new.name}
    assert visitor.session.chats[old[3]].view.status is ChatStatus.CLOSED


def test_a_list_that_was_cut_off_begins_anew() -> None:
    """A place is one of its connection."""
    stage = Stage(PAIRS)
    visitor = stage.join(visitor_settings(), "v")
    names = {start(stage, visitor).name for _ in range(5)}
    stage.cut(visitor)
    until_asked(stage, visitor, 2)
    stage.cut(visitor)
    stage.broker.way.heard.clear()
    stage.pass_time(3)
    assert asked(stage)[0] is None
    assert len(asked(stage)) == 3
    assert open_chats(visitor) == names


def test_who_wants_one_list_does_not_say_that_they_take_pieces() -> None:
    stage = Stage(PAIRS)
    visitor = stage.join(visitor_settings(tuning=Tuning(pieces=False)), "v")
    for _ in range(3):
        start(stage, visitor)
    stage.cut(visitor)
    stage.broker.way.heard.clear()
    stage.pass_time(1)
    hello = stage.broker.way.heard[0].payload
    assert isinstance(hello, Hello)
    assert hello.takes_pieces is None
    assert asked(stage) == [None]
    assert len(open_chats(visitor)) == 3


def test_who_wants_one_list_is_told_at_once_that_there_is_none() -> None:
    """And once on each connection, however often the list is asked for; it comes when it fits."""
    stage = Stage(INSTALLATION + "[limits]\nframe_bytes = 65536\n")
    many = stage.join(visitor_settings(), "v")
    chats = [start(stage, many) for _ in range(200)]
    old = stage.join(visitor_settings(tuning=Tuning(pieces=False)), "w")
    (told,) = old.of(ListRefused)
    assert told.error.code == "Overloaded"
    assert "TakesPieces" in told.error.text
    stage.pass_time(60)
    assert len(old.of(ListRefused)) == 1
    stage.pass_time(3)
    assert "TakesPieces" in old.of(Disconnected)[-1].why
    assert len(old.of(ListRefused)) == 2
    assert not old.of(Ready)
    for ref in chats[:150]:
        many.session.command("STOP", ref, stage.now)
    stage.pass_time(2)
    assert old.of(Ready)
    assert len(old.of(ListRefused)) == 2
    assert not many.of(ListRefused)


def test_a_list_that_is_refused_for_haste_is_no_news() -> None:
    """W-14: `RateLimited` passes by itself."""
    stage = Stage()
    visitor = stage.join(visitor_settings(), "v")
    stage.broker.way.refused = {"ES_CHAT_RESYNC": ErrorCode.RATE_LIMITED}
    stage.cut(visitor)
    stage.pass_time(5)
    assert visitor.session.phase is Phase.READY
    assert not visitor.of(ListRefused)


def test_the_rest_of_a_list_is_asked_for_before_other_lists_and_snapshots() -> None:
    """And it is one of the few questions that are under way (W-24)."""
    resync: Resync[ChatCommandInfo, ChatRef] = Resync(window=2, doubts=9)
    gateways = tuple(Gateway(peer) for peer in ("web", "app", "im"))
    resync.begin(lists(evolve(visitor_settings(), gateways=gateways)), [])
    first, second = resync.take()
    assert isinstance(first, ChatCommandInfo)
    resync.listed([ChatRef("web", "t1")], first, 7)
    assert resync.take() == [evolve(first, after=7)]
    assert resync.take() == []
    assert isinstance(second, ChatCommandInfo)
    resync.listed([], second)
    (third,) = resync.take()
    assert isinstance(third, ChatCommandInfo)
    assert third.peer == "im"
    resync.listed([], third)
    resync.listed([], first)
    assert resync.take() == [ChatRef("web", "t1")]
    resync.came(ChatRef("web", "t1"))
    assert resync.done
