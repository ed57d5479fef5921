"""The checker adds up what an agent was shown, and compares it with the slots that are held (I-6, I-9)."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.checker.dump import Dump, MoveRow, WrapupRow
from broker.checker.evidence import Story
from broker.checker.history import Kind
from broker.checker.i06_i09_picture import told
from protocol.agent import AgentStateInfo, AgentWrapUpInfo
from protocol.chat import ChatCommandInfo, ChatPartyInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid, PartyState, TransferMode
from tests.support.spoiled_history import ANN, CHAT, DUMP, SECOND, Tale, laws

ENDED = 50_000
ROW = WrapupRow(chat=CHAT, agent=ANN, at=ENDED, until=ENDED + 60 * SECOND)
WRITTEN_UP = evolve(
    DUMP,
    chats=tuple(evolve(chat, status="Closed") for chat in DUMP.chats),
    moves=(*DUMP.moves, MoveRow(chat=CHAT, at=ENDED, status="Closed", agent=ANN)),
    wrapups=(ROW,),
)


def state(active: int, *wrap_ups: Guid, of_mail: Guid | None = None) -> Frame:
    """What Ann's picture says."""
    shown = tuple(AgentWrapUpInfo(chat_id=chat) for chat in wrap_ups)
    if of_mail is not None:
        shown += (AgentWrapUpInfo(conversation_id=of_mail),)
    return Frame(
        "SC_AGENT_STATE",
        AgentStateInfo(
            peer="101",
            agent_id=ANN,
            state=AgentState.READY,
            active_chats=active,
            wrap_ups=shown or None,
        ),
    )


def chat(status: ChatStatus = ChatStatus.ANSWERED, **more: object) -> ChatStatusInfo:
    """Ann's chat."""
    return ChatStatusInfo(peer="101", chat_id=CHAT, status=status, **more)  # type: ignore[arg-type]  # its own members


def listed(tale: Tale, *chats: ChatStatusInfo) -> None:
    """Ann asks for what she has."""
    tale.add(Kind.SENT, "w", Frame("CS_CHAT_RESYNC", ChatCommandInfo(peer="101"), {"Id": 1}))
    tale.add(Kind.GOT, "w", Frame("SC_CHAT_LIST", chats, {"Re": 1}))


WATCHED = (
    ChatPartyInfo(agent_id=ANN, mode=TransferMode.MONITOR, state=PartyState.JOINED, by_id=ANN),
)


@pytest.mark.parametrize(
    ("active", "known", "sound"),
    [
        (1, chat(), True),
        (0, chat(), False),
        (2, chat(), False),
        (0, chat(is_parked=True), True),
        (1, chat(is_parked=True), False),
        (0, chat(parties=WATCHED), True),
        (1, None, False),
        (0, None, True),
    ],
)
def test_slots_are_those_of_what_is_listed(
    active: int, known: ChatStatusInfo | None, sound: bool
) -> None:
    """I-6: the state of the beginning and the list, and a state behind it."""
    for early in (True, False):
        tale = Tale()
        tale.talk()
        if early:
            tale.add(Kind.GOT, "w", state(active))
        listed(tale, *([known] if known is not None else []))
        if not early:
            tale.add(Kind.GOT, "w", state(active))
        tale.end()
        assert ("I-6" not in laws(tale)) is sound


def written_up(*frames: Frame | None, dump: Dump = WRITTEN_UP) -> set[str]:
    """The laws that are broken when Ann is given and gets these frames since the chat's end.

    Args:
        frames: What comes a moment later each; None: a minute passes.
        dump: What the store has.
    """
    return laws(since_the_end(*frames), dump) & {"I-6", "I-9"}


def since_the_end(*frames: Frame | None) -> Tale:
    tale = Tale()
    tale.talk()
    listed(tale, chat())
    tale.add(Kind.GAVE, "w", state(1))
    tale.now = ENDED
    closed = Frame("SC_CHAT_STATUS", chat(ChatStatus.CLOSED))
    for frame in (closed, *frames):
        if frame is None:
            tale.now += 60 * SECOND
            continue
        tale.add(Kind.GAVE, "w", frame)
        tale.add(Kind.GOT, "w", frame)
    tale.end()
    return tale


def over(at: int) -> Dump:
    """The wrap-up has ended."""
    return evolve(WRITTEN_UP, wrapups=(evolve(ROW, ended_at=at, cause="agent"),))


def test_a_wrap_up_that_is_shown_breaks_no_law() -> None:
    assert written_up(state(1, CHAT)) == set()
    ended = over(ENDED + 60 * SECOND)
    assert written_up(state(1, CHAT), None, state(0), dump=ended) == set()


def test_a_slot_that_nothing_explains() -> None:
    """I-6: of a wrap-up that is in no picture; and a picture with one for which there is no slot."""
    assert "I-6" in written_up(state(1))
    assert "I-6" in written_up(state(0, CHAT))


def test_a_wrap_up_that_is_never_told() -> None:
    """I-9: though its slot may be told some day."""
    assert written_up() == {"I-9"}
    assert "I-9" in written_up(None, state(1, CHAT))


def test_a_wrap_up_whose_end_is_not_told() -> None:
    """I-9: it is shown for ever."""
    assert written_up(state(1, CHAT), dump=over(ENDED + 2 * SECOND)) == {"I-9"}


def test_a_wrap_up_that_never_began() -> None:
    """I-9: the store does not have it."""
    assert written_up(state(1, CHAT), dump=evolve(WRITTEN_UP, wrapups=())) == {"I-9"}


def test_a_wrap_up_of_a_conversation_is_shown_too() -> None:
    """I-9, B-57: under the name of the conversation; it explains no slot of chats."""
    talk = Guid("00000000-0000-4000-a000-000000000099")
    row, tale = evolve(ROW, chat=talk), since_the_end(state(0, of_mail=talk))

    def said(tale: Tale, *rows: WrapupRow) -> list[str]:
        dump = evolve(WRITTEN_UP, wrapups=(), conversation_wrapups=rows)
        return [one.law for one in told(Story.read(tale.history.events, dump))]

    assert said(tale, row) == []
    assert said(since_the_end(state(0)), row) == ["I-9"]
    assert said(tale) == ["I-9"]
