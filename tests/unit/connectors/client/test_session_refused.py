"""What no broker takes: refused at once, by itself, and never at the cost of other chats."""

from collections.abc import Callable

import pytest
from attrs import evolve

from connectors.client.errors import Ended, EndReason, Refused
from connectors.client.events import (
    ChatRef,
    RequestDone,
    RequestFailed,
    SentenceRefused,
    SessionEnded,
)
from connectors.client.session import Phase, Session
from connectors.client.settings import Gateway, Settings
from protocol.chat import ChatCommandInfo
from protocol.errors import ErrorCode
from protocol.values import ChatStatus
from tests.support.client_stage import (
    JANA,
    Player,
    Stage,
    agent_settings,
    heard,
    start,
    transcript,
    visitor_settings,
)
from tests.support.wired_core import INSTALLATION

BAD_NAMES = {
    "y" * 200: (ErrorCode.TOO_LONG, "TrackingId: longer than 128 characters"),
    " ": (ErrorCode.BAD_PAYLOAD, "TrackingId: must not be blank"),
    "a\0b": (ErrorCode.BAD_PAYLOAD, "TrackingId: no text holds U+0000"),
    "a\ud800": (ErrorCode.BAD_PAYLOAD, "TrackingId: half a surrogate pair"),
}


def ask_each_way(session: Session, ref: ChatRef, now: float) -> list[Callable[[], object]]:
    """Every call of a session that sends the name of a chat."""
    return [
        lambda: session.start_chat(evolve(JANA, tracking_id=ref.name), now),
        lambda: session.send(ref, "hello", now),
        lambda: session.confirm(ref, "k", now),
        lambda: session.typing(ref, True, now),
        lambda: session.command("STOP", ref, now),
        lambda: session.request(
            "ES_CHAT_STATUS", ChatCommandInfo(peer=ref.peer, tracking_id=ref.name), now
        ),
    ]


@pytest.mark.parametrize("name", BAD_NAMES, ids=["long", "blank", "nul", "half a pair"])
def test_a_bad_name_is_refused_before_anything_is_sent(
    stage: Stage, visitor: Player, name: str
) -> None:
    """W-5: and no later connection asks for it."""
    good = start(stage, visitor)
    stage.broker.way.heard.clear()
    for ask in ask_each_way(visitor.session, ChatRef("web", name), stage.now):
        with pytest.raises(Refused) as caught:
            ask()
        assert (caught.value.code, caught.value.text) == BAD_NAMES[name]
    stage.settle()
    assert heard(stage) == []
    stage.cut(visitor)
    stage.pass_time(60)
    assert visitor.session.phase is Phase.READY
    assert heard(stage) == ["SYS_HELLO", "ES_CHAT_RESYNC", "ES_CHAT_STATUS"]
    assert visitor.session.chats[good].view.status is ChatStatus.WAITING


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "x" * 32_769])
def test_a_sentence_that_no_broker_takes_is_refused_at_once(
    stage: Stage, visitor: Player, text: str
) -> None:
    """W-5: those behind it are sent, and its key is free."""
    ref = start(stage, visitor)
    with pytest.raises(Refused) as caught:
        visitor.session.send(ref, text, stage.now, sentence_id="k")
    assert caught.value.text.startswith("Text: ")
    visitor.session.send(ref, "short", stage.now, sentence_id="k")
    stage.settle()
    assert transcript(visitor) == [(1, "short", True)]


def test_a_sentence_that_this_broker_does_not_take_is_refused_here() -> None:
    """W-3: how long a frame may be only the welcome tells."""
    stage = Stage(f"{INSTALLATION}\n[limits]\nframe_bytes = 65_536\n")
    visitor = stage.join(visitor_settings(), "v")
    ref = start(stage, visitor)
    visitor.session.send(ref, "ž" * 32_768, stage.now)
    visitor.session.send(ref, "short", stage.now)
    stage.pass_time(0)
    (refused,) = visitor.of(SentenceRefused)
    assert isinstance(refused.error, Refused)
    assert refused.error.code == "FrameTooLarge"
    assert transcript(visitor) == [(1, "short", True)]


@pytest.mark.parametrize("code", [ErrorCode.TOO_LONG, ErrorCode.BAD_PAYLOAD, ErrorCode.WRONG_STATE])
def test_a_snapshot_that_is_refused_costs_its_chat_alone(
    stage: Stage, visitor: Player, code: ErrorCode
) -> None:
    """W-25: a broker may know a reason that this side does not; each start is answered for itself."""
    stage.broker.way.lost.add("ES_CHAT_START")
    _, request_id = visitor.session.start_chat(evolve(JANA, tracking_id="odd"), stage.now)
    stage.settle()
    stage.cut(visitor)
    stage.broker.way.lost.clear()
    stage.broker.way.refused = {"ES_CHAT_STATUS": code, "ES_CHAT_START": code}
    stage.pass_time(60)
    assert visitor.session.phase is Phase.READY
    assert heard(stage).count("SYS_HELLO") == 2
    (failed,) = visitor.of(RequestFailed)
    assert (failed.request_id, str(failed.error)) == (request_id, f"{code}: as told")
    ref = start(stage, visitor)
    visitor.session.send(ref, "hello", stage.now)
    stage.settle()
    assert transcript(visitor) == [(1, "hello", True)]


def test_a_start_goes_on_when_only_its_snapshot_was_refused(stage: Stage, visitor: Player) -> None:
    """W-25, B-2."""
    stage.broker.way.lost.add("ES_CHAT_START")
    ref, request_id = visitor.session.start_chat(JANA, stage.now)
    stage.settle()
    stage.cut(visitor)
    stage.broker.way.lost.clear()
    stage.broker.way.refused = {"ES_CHAT_STATUS": ErrorCode.BAD_PAYLOAD}
    stage.pass_time(60)
    assert visitor.of(RequestDone)[-1].request_id == request_id
    assert visitor.session.chats[ref].view.status is ChatStatus.WAITING


@pytest.mark.parametrize(
    "settings",
    [
        visitor_settings(token="\ud800"),
        visitor_settings(token=" "),
        evolve(visitor_settings(), gateways=(Gateway("w" * 251),)),
        evolve(visitor_settings(), gateways=(Gateway("web", "8" * 65),)),
        agent_settings(login="a\0"),
    ],
)
def test_a_hello_that_no_broker_takes_ends_the_session(stage: Stage, settings: Settings) -> None:
    """W-10: sent all the same, what every connection asks for first would be refused for ever."""
    player = stage.join(settings, "v")
    stage.pass_time(60)
    (over,) = player.of(SessionEnded)
    assert over.error.reason is EndReason.REJECTED
    assert over.error.code in (ErrorCode.TOO_LONG, ErrorCode.BAD_PAYLOAD)
    assert heard(stage) == []
    with pytest.raises(Ended):
        player.session.start_chat(JANA, stage.now)
