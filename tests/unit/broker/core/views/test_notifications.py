"""In which order the frames of a decision come, and who gets no push beside an answer (W-15)."""

from broker.core.decision import Decision
from broker.core.effects import (
    Acknowledgement,
    Answer,
    ChatToAgent,
    ChatToConnectors,
    ChatToMembers,
    Notice,
    Picture,
    Reply,
    Send,
)
from broker.core.views.notifications import rendered
from protocol.values import Guid
from tests.support.agents_at_work import FLOOR, agent_of, configured, talking
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)
RE = 7


def sent(
    play: Playbook, notices: list[Notice], answer: Answer | None, *before: Notice
) -> list[tuple[str, tuple[int, ...], object]]:
    """The frames of a decision: their types, who gets them, and what they answer."""
    decision = Decision([], notices, answer, before=[*before])
    effects = rendered(play.state, decision, play.wall)
    return [(e.type, e.sessions, e.re) for e in effects if isinstance(e, Send)]


def test_what_has_to_be_known_comes_before_the_answer_and_the_rest_behind_it(
    play: Playbook,
) -> None:
    web, alice, chat = talking(play)
    outside, inside = ChatToConnectors(chat=Guid(chat)), ChatToMembers(Guid(chat))
    answer = Answer(web.number, RE, Reply("SE_CHAT_RESPONSE", None))
    assert sent(play, [inside], answer, outside) == [
        ("SE_CHAT_STATUS", (web.number,), None),
        ("SE_CHAT_RESPONSE", (web.number,), RE),
        ("SC_CHAT_STATUS", (alice.number,), None),
    ]


def test_an_acknowledgement_comes_last(play: Playbook) -> None:
    """W-16: whoever has it has seen what their frame changed."""
    _web, alice, chat = talking(play)
    answer = Answer(alice.number, RE, Acknowledgement("CS_SCENARIO_SAVE"))
    assert sent(play, [ChatToMembers(Guid(chat))], answer) == [
        ("SC_CHAT_STATUS", (alice.number,), None),
        ("SYS_ACK", (alice.number,), RE),
    ]


def test_whoever_is_answered_gets_no_push_of_the_same(play: Playbook) -> None:
    """W-15: neither by name nor as one of many; of another thing they do."""
    web, alice, chat = talking(play)
    other = play.connector("web")
    shown = Guid(chat)
    pushes: list[Notice] = [ChatToMembers(shown), ChatToConnectors(chat=shown)]
    me: Picture = ChatToAgent(chat=shown, agent=agent_of(play, "alice"))
    assert sent(play, [*pushes, me], Answer(alice.number, RE, me)) == [
        ("SC_CHAT_STATUS", (alice.number,), RE),
        ("SE_CHAT_STATUS", (web.number, other.number), None),
    ]
    theirs = Answer(web.number, RE, ChatToConnectors(chat=shown, full=True))
    assert sent(play, pushes, theirs) == [
        ("SE_CHAT_STATUS", (web.number,), RE),
        ("SC_CHAT_STATUS", (alice.number,), None),
        ("SE_CHAT_STATUS", (other.number,), None),
    ]


def test_what_is_said_by_another_frame_is_pushed(play: Playbook) -> None:
    """W-15: an answer shows what it shows; that an alert is over is another thing."""
    _web, alice, chat = talking(play)
    alert_end = ChatToAgent(
        chat=Guid(chat), agent=agent_of(play, "alice"), type="SC_CHAT_ALERT_END"
    )
    me = ChatToAgent(chat=Guid(chat), agent=agent_of(play, "alice"))
    assert sent(play, [alert_end], Answer(alice.number, RE, me)) == [
        ("SC_CHAT_STATUS", (alice.number,), RE),
        ("SC_CHAT_ALERT_END", (alice.number,), None),
    ]
    listed = Answer(alice.number, RE, Reply("SC_CHAT_STATUS", None))
    assert len(sent(play, [me], listed)) == 2


def test_what_answers_nobody_is_told_to_all(play: Playbook) -> None:
    _web, alice, chat = talking(play)
    assert sent(play, [ChatToMembers(Guid(chat))], None) == [
        ("SC_CHAT_STATUS", (alice.number,), None)
    ]
