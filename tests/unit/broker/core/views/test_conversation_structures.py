"""B-57, I-14: a conversation as a workplace sees it, and as many of its messages as fit a frame."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import SECOND, SIGNAL_DURATION, Project
from broker.core.contact_state import Contact
from broker.core.effects import ConversationToAgent
from broker.core.limits import RESERVE
from broker.core.message_state import Aside, Conversation, ConversationOffer, Demanded
from broker.core.state import State
from broker.core.views.conversation_structures import (
    WholeConversation,
    conversation_for,
    conversation_info,
    draft_info,
    message_info,
    message_pushed,
    overview_info,
    seen_by,
    signal_duration,
    structure_bytes,
)
from protocol.codec import encode
from protocol.conversation import ConversationCommandInfo, ConversationInfo
from protocol.frame import Frame
from protocol.json_codec import decode_json, encode_json
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, Direction, Guid, MessageStatus, from_micros
from tests.support.bare_core import bare_state, project_in
from tests.support.letters import ALICE, AT, PROJECT, TALK, a_life, guid, stored, written

BOB = Guid("bob")
NUMBER = "101"
CONFIG = bare_state().config
SUPPORT = CONFIG.projects[project_in(CONFIG, "Support")]


def talk(status: ChatStatus = ChatStatus.ANSWERED, **members: Any) -> tuple[State, Conversation]:
    """A conversation with a message in each direction, a note and a draft."""
    state = written(*a_life())
    one = state.messages.conversations[TALK]
    one.status, one.agent, one.aside = status, ALICE, None
    for name, value in members.items():
        setattr(one, name, value)
    return state, one


def whole(state: State, **asked: Any) -> WholeConversation:
    told = ConversationToAgent(conversation=TALK, agent=ALICE, full=True, **asked)
    shown = conversation_for(state, told, NUMBER, AT)
    assert isinstance(shown, WholeConversation)
    return shown


@pytest.mark.parametrize(
    ("status", "offered_to", "agent", "seen"),
    [
        (ChatStatus.ANSWERED, None, ALICE, ChatStatus.ANSWERED),
        (ChatStatus.ANSWERED, None, BOB, ChatStatus.WAITING),
        (ChatStatus.ANSWERED, BOB, BOB, ChatStatus.ALERTING),
        (ChatStatus.ANSWERED, BOB, ALICE, ChatStatus.ANSWERED),
        (ChatStatus.WAITING, None, ALICE, ChatStatus.WAITING),
        (ChatStatus.CLOSED, None, BOB, ChatStatus.CLOSED),
    ],
)
def test_it_is_shown_as_it_stands_for_the_agent(
    status: ChatStatus, offered_to: Guid | None, agent: Guid, seen: ChatStatus
) -> None:
    offer = ConversationOffer(number=1, agent=offered_to, until=0) if offered_to else None
    _state, one = talk(status, offer=offer)
    assert seen_by(one, agent) is seen


def test_who_else_works_on_it_is_for_lists_of_all_alone() -> None:
    state, one = talk()
    assert conversation_info(state, one, BOB, NUMBER, AT).agent_id is None
    assert conversation_info(state, one, ALICE, NUMBER, AT).agent_name == "Alice"
    assert overview_info(state, one, NUMBER, AT).agent_id == ALICE
    one.status = ChatStatus.WAITING
    assert overview_info(state, one, NUMBER, AT).agent_id is None


def test_whoever_is_to_take_it_over_sees_why_and_no_other_note() -> None:
    offer = ConversationOffer(number=1, agent=BOB, until=0, by=ALICE, note="Yours")
    state, one = talk(offer=offer)
    (note,) = conversation_info(state, one, BOB, NUMBER, AT).internal or ()
    assert (note.text, note.agent_name) == ("Yours", "Alice")
    assert conversation_info(state, one, ALICE, NUMBER, AT).internal is None


def test_a_program_can_read_why_it_is_handed_over() -> None:
    """W-13: the note of a handing over has no key, and no member is blank."""
    offer = ConversationOffer(number=1, agent=guid(7), until=0, by=ALICE, note="Yours")
    state, one = talk(offer=offer)
    told = conversation_info(state, one, guid(7), NUMBER, AT)
    frame = Frame("SC_CONVERSATION_ALERT", told)
    assert decode_json(encode_json(frame)).payload == told


def test_messages_say_by_whom_and_how_far_they_are() -> None:
    state, one = talk()
    inbound, outbound = (message_info(state, message) for message in one.messages)
    assert (inbound.direction, inbound.status, inbound.agent_id) == (Direction.I, None, None)
    assert (outbound.direction, outbound.status) == (Direction.O, MessageStatus.SENDING)
    assert (outbound.agent_name, outbound.request_id, outbound.counter) == ("Alice", "k2", 2)
    assert inbound.body_text is None


def test_the_whole_of_it_wants_bodies_from_the_store() -> None:
    state, _one = talk()
    shown = whole(state)
    assert shown.wants == (("message", 1), ("message", 2), ("draft", 1))
    assert shown.size == len("<p>Do they fit?</p>Do they fit?") * 2 + len("Dear")
    info = shown.filled({("message", 1): ("<p>Hi</p>", "Hi"), ("draft", 1): (None, "Dear")})
    assert [one.body_text for one in info.messages or ()] == ["Hi", None]
    assert info.draft is not None
    assert (info.draft.body_text, [n.text for n in info.internal or ()]) == ("Dear", ["Careful"])


def test_older_messages_come_without_notes_and_draft() -> None:
    state, _one = talk()
    shown = whole(state, before=2)
    assert (shown.wants, shown.info.internal, shown.info.draft) == ((("message", 1),), None, None)
    assert whole(state, before=1).filled({}).messages == ()
    assert whole(state, limit=1).wants == (("message", 2), ("draft", 1))


def test_the_latest_go_first_and_what_does_not_fit_stays_out() -> None:
    """I-14."""
    state, _one = talk(draft=None, messages=[])
    for no in range(1, 9):
        state.messages.conversations[TALK].messages.append(_message(state, no))
    shown = whole(state)
    found: dict[Any, object] = {("message", no): (None, '"' * 150_000) for no in range(1, 9)}
    info = shown.filled(found)
    assert [one.counter for one in info.messages or ()] == [6, 7, 8]
    assert len(encode(Frame("SC_CONVERSATION_STATUS", info))) < 1_048_576


def _message(state: State, no: int) -> Any:
    written_ = written(*a_life()).messages.conversations[TALK].messages[0]
    return evolve(written_, no=no, counter=no, size=10)


@pytest.mark.parametrize(
    ("html", "plain", "left"),
    [("x" * 900_000, "y" * 900_000, (False, True)), ("x", "\n" * 900_000, (False, False))],
)
def test_of_the_latest_one_at_least_is_told_that_it_is_there(
    html: str, plain: str, left: tuple[bool, bool]
) -> None:
    state, _one = talk(draft=None)
    info = whole(state, limit=1).filled({("message", 2): (html, plain)})
    (shown,) = info.messages or ()
    assert (shown.body_html is not None, shown.body_text is not None) == left


def test_a_structure_takes_no_more_than_is_said() -> None:
    content = stored().content
    info = ConversationInfo(peer="1", subject='"' * 99, messages=(content, content))
    for type_, structure in (
        ("SC_CONVERSATION_STATUS", info),
        ("SC_MESSAGE_RECEIVED", content),
        ("SC_MESSAGE_RECEIVED", MessageContentInfo()),
        ("SC_MESSAGE_RECEIVED", evolve(content, body_text="ž\n" * 50)),
    ):
        packed = len(encode(Frame(type_, structure))) - len(type_) - 8
        assert packed <= structure_bytes(structure)
    assert structure_bytes(ConversationInfo()) < RESERVE


def test_a_push_shows_what_one_frame_holds() -> None:
    """W-3: the HTML goes first, then the text; the rest is asked for."""
    state = written(*a_life())
    short = MessageContentInfo(body_html="<p>a</p>", body_text="a")
    assert message_pushed(state, short) == short
    long = evolve(short, body_html="<p>" + "x" * 520_000, body_text="y" * 520_000)
    assert message_pushed(state, long) == evolve(long, body_html=None)
    longer = evolve(long, body_text='"' * 520_000)  # takes twice that in JSON
    assert message_pushed(state, longer) == evolve(long, body_html=None, body_text=None)


def test_the_end_of_an_alert_names_it_alone() -> None:
    state, _one = talk()
    told = ConversationToAgent(conversation=TALK, agent=BOB, type="SC_CONVERSATION_ALERT_END")
    end = conversation_for(state, told, NUMBER, AT)
    assert isinstance(end, ConversationCommandInfo)
    assert (end.peer, end.conversation_id, end.agent_id) == (NUMBER, TALK, BOB)


def test_without_its_messages_it_is_shown_as_it_is() -> None:
    state, one = talk(demanded=Demanded(project=PROJECT), due_at=AT + 5, enqueued_at=AT)
    shown = conversation_for(state, ConversationToAgent(conversation=TALK, agent=ALICE), NUMBER, AT)
    assert isinstance(shown, ConversationInfo)
    assert (shown.gateway_name, shown.channel, shown.unanswered) == ("Mail", "Email", 0)
    assert (shown.due_utc, shown.is_parked) == (from_micros(AT + 5), False)
    assert shown.max_signal_duration == 30
    one.gateway, one.demanded = BOB, Demanded()
    one.aside = Aside(at=AT, until=AT + 9, by=ALICE)
    bare = overview_info(state, one, NUMBER, AT)
    assert (bare.gateway_name, bare.project_id, bare.parked_until_utc) == (
        None,
        None,
        from_micros(AT + 9),
    )


def test_a_draft_that_is_not_found_is_shown_without_its_words() -> None:
    state, _one = talk()
    info = whole(state).filled({})
    assert info.draft is not None
    assert (info.draft.body_text, info.draft.agent_name) == (None, "Alice")


def test_where_there_is_no_draft_none_is_wanted() -> None:
    state, one = talk(draft=None)
    assert draft_info(state, one) is None
    assert whole(state).wants == (("message", 1), ("message", 2))


def test_what_surely_does_not_fit_is_not_even_read() -> None:
    state, one = talk(draft=None)
    for message in one.messages:
        message.size = 900_000
    assert whole(state).numbers == (2,)


@pytest.mark.parametrize(("project", "length"), [(None, SIGNAL_DURATION), (SUPPORT, 30 * SECOND)])
def test_how_long_an_alert_lasts_is_the_projects(project: Project | None, length: int) -> None:
    assert signal_duration(project) == length


def test_it_is_with_the_contact_of_its_address() -> None:
    """B-42, B-57: as far as one is known now, by that name."""
    state, one = talk()
    eva, web = Guid("eva"), next(iter(CONFIG.gateways))
    state.config = evolve(state.config, gateways={web: CONFIG.gateways[web]})
    shown = conversation_info(state, one, ALICE, NUMBER, AT)
    assert (shown.contact_id, shown.contact_name) == (None, None)
    state.contacts.add(Contact(id=eva, no=1, gateway=web, name="Eva", addresses=()))
    state.contacts.know(eva, (web, "address", one.remote_address))
    shown = conversation_info(state, one, ALICE, NUMBER, AT)
    assert (shown.contact_id, shown.contact_name) == (eva, "Eva")
    assert overview_info(state, one, NUMBER, AT).contact_name == "Eva"
