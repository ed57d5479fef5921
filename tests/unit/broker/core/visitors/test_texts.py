"""B-60: messages that are sentences of a chat, in both directions."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.core.apply import apply
from broker.core.chats import room
from broker.core.decision import Decision
from broker.core.facts import MessageMoved, MessageStored, SentenceConfirmed, SentenceStored
from broker.core.facts.causes import AttemptOutcome
from broker.core.inputs import Stamp
from broker.core.state import Chat
from broker.core.visitors.texts import after
from protocol.values import ChatStatus, Guid, MessageStatus
from tests.support.attachments import bring, content, get
from tests.support.mail import MAIL_CONFIG, Post, gateway
from tests.support.playbook import Client, Playbook
from tests.support.registers import ask

EVA = "+420601123456"
_TEXTS = """name = "Chatted"
peer = "chatted"
channel = "SMS"
direction = "B"
token = "chatted-secret"
as_chat = "Messenger"
"""
_IN = _TEXTS.replace('"B"', '"I"')
_OUT = _TEXTS.replace('"B"', '"O"').replace('name = "Chatted"', 'name = "Answers"')
SPLIT = MAIL_CONFIG.replace(_TEXTS, f"{_IN}[[message_gateways]]\n{_OUT}")
"""Texts come in by one gateway and go out by another one."""


class Scene:
    """A provider of texts, and an agent."""

    def __init__(self, config: str = MAIL_CONFIG) -> None:
        self.play = Playbook(config)
        self.post = Post(self.play, "chatted", "Chatted")
        self.alice: Client = self.play.agent("alice", "101")

    def texts(self, text: str = "Hello", **more: str) -> dict[str, object]:
        return self.post.brings(text, RemoteAddress=EVA, **more)

    @property
    def chat(self) -> Chat:
        return list(self.play.state.chats.values())[-1]

    def answered(self) -> Scene:
        """Alice has taken the chat."""
        self.texts()
        self.alice.hears("SC_CHAT_ALERT")
        self.alice.says("CS_CHAT_ANSWER", 1, ChatId=self.chat.id)
        self.alice.hears("SC_CHAT_STATUS", 1)
        return self

    def says(self, text: str = "Good day") -> MessageStored:
        """She answers; gives the message that it becomes."""
        self.alice.says("CS_CHAT_SENTENCE", 2, ChatId=self.chat.id, ID=text, Text=text)
        self.alice.hears("SC_CHAT_SENTENCE", 2, Text=text)
        return self.outgoing()[-1]

    def outgoing(self) -> list[MessageStored]:
        return [f for f in self.play.facts if isinstance(f, MessageStored) and not f.inbound]

    def moves(self, f: MessageStored, status: MessageStatus, outcome: AttemptOutcome) -> Decision:
        """What follows when its message comes that far."""
        start = MessageMoved(
            message=f.message,
            no=f.no,
            chat_no=f.chat_no,
            at=1,
            status=MessageStatus.SENDING,
            attempt=1,
        )
        moved = evolve(start, status=status, outcome=outcome, error="no such number")
        state = self.play.state
        delivery = state.messages.messages[f.message].delivery
        assert delivery is not None
        if delivery.status is MessageStatus.QUEUED:
            apply(state, start)
        apply(state, moved)
        return after(state, Stamp(self.play.now, 99, b"x"), Decision([moved])) or Decision()


def test_the_first_text_begins_a_chat() -> None:
    scene = Scene()
    answer = scene.texts()
    assert answer["Data"] == "true"
    chat = scene.chat
    assert (chat.visitor.tracking_id, chat.visitor.remote_address) == (EVA, EVA)
    assert chat.status is ChatStatus.ALERTING
    assert [s.words.text for s in chat.transcript.sentences] == ["Hello"]
    assert scene.alice.hears("SC_CHAT_ALERT")["Info"]["RemoteAddress"] == EVA
    (stored,) = [f for f in scene.play.facts if isinstance(f, MessageStored)]
    assert (stored.chat, stored.counter, stored.conversation) == (chat.id, 1, None)


def test_the_next_one_is_the_next_sentence() -> None:
    scene = Scene().answered()
    scene.texts("Are you there?")
    said = scene.alice.hears("SC_CHAT_SENTENCE", Text="Are you there?", Counter=2)
    assert said["IsOutbound"] is False
    assert len(scene.play.state.chats) == 1


def test_the_same_text_again_is_one_sentence() -> None:
    """B-50, W-21."""
    scene = Scene()
    first = scene.texts()
    again = scene.texts(DeliverySystemId="<1@example.org>")
    assert again["Id"] == first["Id"]
    assert len(scene.chat.transcript.sentences) == 1
    scene.play.restart()
    assert Post(scene.play, "chatted", "Chatted").brings(RemoteAddress=EVA)["Id"] == first["Id"]


def test_a_closed_chat_opens_again_or_another_begins() -> None:
    scene = Scene().answered()
    scene.alice.says("CS_CHAT_HANGUP", 3, ChatId=scene.chat.id)
    scene.play.wait(60)
    scene.texts("One thing more")
    assert len(scene.play.state.chats) == 1
    assert scene.chat.is_open
    assert [s.words.text for s in scene.chat.transcript.sentences][-1] == "One thing more"


def lines(chat: Chat) -> list[str]:
    return [s.words.text for s in chat.transcript.sentences]


@pytest.mark.parametrize("goes_on", [False, True])
def test_what_is_too_long_for_a_sentence_is_several(goes_on: bool) -> None:
    """Nothing of it is lost, in a chat that begins and in one that is open."""
    scene = Scene().answered() if goes_on else Scene()
    told = scene.texts("x" * 32_768 + "y" * 32_768 + "z")
    assert told["Data"] == "true"
    said = scene.chat.transcript.sentences[goes_on:]
    assert [s.words.text for s in said] == ["x" * 32_768, "y" * 32_768, "z"]
    assert [s.counter for s in said] == [1 + goes_on, 2 + goes_on, 3 + goes_on]
    assert said[0].words.id == told["Id"]
    assert len({s.words.id for s in said}) == 3
    if goes_on:
        for counter, text in ((2, "x" * 32_768), (3, "y" * 32_768), (4, "z")):
            scene.alice.hears("SC_CHAT_SENTENCE", Counter=counter, Text=text)
    stored = [f for f in scene.play.facts if isinstance(f, MessageStored) and f.inbound]
    assert stored[-1].counter == 1 + goes_on
    scene.play.restart()
    assert lines(scene.chat)[-3:] == ["x" * 32_768, "y" * 32_768, "z"]


def test_a_long_text_that_a_chat_has_no_room_for_begins_another() -> None:
    """B-2: as a start does when a chat is full."""
    scene = Scene().answered()
    first = scene.chat.id
    for _ in range(2):
        assert scene.texts("x" * 500_000)["Data"] == "true"
    before, after_it = scene.play.state.chats.values()
    assert (before.id, before.is_open, after_it.earlier) == (first, False, first)
    assert "".join(lines(after_it)) == "x" * 500_000


def test_of_what_no_chat_has_room_for_the_message_keeps_the_whole() -> None:
    scene = Scene()
    text = '"' * 520_000
    assert scene.texts(text)["Data"] == "true"
    shown = "".join(lines(scene.chat))
    assert 0 < len(shown) < len(text)
    (stored,) = [f for f in scene.play.facts if isinstance(f, MessageStored)]
    assert stored.content.body_text == text


def limited(scene: Scene, **limits: int) -> None:
    config = scene.play.config
    scene.play.state.config = evolve(config, limits=evolve(config.limits, **limits))


def test_what_there_is_no_room_for_now_is_refused_for_now() -> None:
    """B-50: false is for what is never taken."""
    scene = Scene().answered()
    scene.texts("Hello?")
    limited(scene, gateway_bytes=1)
    assert "memory" in scene.post.brings_in_vain("Overloaded", RemoteAddress=EVA)
    limited(scene, gateway_bytes=1 << 26)
    assert scene.texts("Hello?")["Data"] == "true"


def test_no_more_chats_than_memory_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene().answered()
    monkeypatch.setattr(room, "CHATS_PER_GATEWAY", 1)
    assert "chats" in scene.post.brings_in_vain("Overloaded", RemoteAddress="+420777000111")
    assert len(scene.play.state.chats) == 1


@pytest.mark.parametrize("is_served", [False, True])
def test_the_list_of_one_frame_bounds_only_where_somebody_asks_for_it(is_served: bool) -> None:
    """C-4: without a connector of chats nobody does."""
    scene = Scene().answered()
    if is_served:
        scene.play.connector("im")
    chats = scene.chat.gateway
    scene.play.state.list_bytes[chats] = scene.play.config.limits.frame_bytes
    if is_served:
        assert "one frame" in scene.post.brings_in_vain("Overloaded", RemoteAddress="+420777000111")
    else:
        assert scene.post.brings(RemoteAddress="+420777000111")["Data"] == "true"


def test_what_never_comes_into_a_chat_is_answered_by_false() -> None:
    """B-50: an address longer than a chat's name; a chat gateway that takes no new chats."""
    scene = Scene().answered()
    assert scene.post.brings(RemoteAddress="+" + "4" * 128)["Data"] == "false"
    gateways = dict(scene.play.config.gateways)
    gateways[scene.chat.gateway] = evolve(gateways[scene.chat.gateway], retired=True)
    scene.play.state.config = evolve(scene.play.config, gateways=gateways)
    assert scene.post.brings(RemoteAddress="+420777000111")["Data"] == "false"
    assert scene.texts("And?")["Data"] == "true"
    assert len(scene.play.state.chats) == 1


def test_an_answer_goes_out_as_a_message() -> None:
    scene = Scene().answered()
    message = scene.says()
    assert (message.chat, message.counter, message.status) == (
        scene.chat.id,
        2,
        MessageStatus.QUEUED,
    )
    content = message.content
    assert (content.remote_address, content.body_text) == (EVA, "Good day")
    assert content.gateway_id == gateway("Chatted")


def test_notes_of_the_broker_do_not_go_out() -> None:
    """Unless `notes_as_messages` is set."""
    for wanted in (False, True):
        scene = Scene().answered()
        gateways = dict(scene.play.config.message_gateways)
        own = gateway("Chatted")
        gateways[own] = evolve(gateways[own], notes_as_messages=wanted)
        scene.play.state.config = evolve(scene.play.config, message_gateways=gateways)
        scene.alice.leaves()
        scene.play.wait(61)
        assert scene.chat.transcript.sentences[-1].words.own
        assert len(scene.outgoing()) == wanted


@pytest.mark.parametrize(("model", "goes"), [(0, (True, True)), (2, (False, True))])
def test_technical_notes_of_an_agent_go_out_as_those_of_the_broker(
    model: int, goes: tuple[bool, bool]
) -> None:
    """What no person is meant to read is no text."""
    for wanted in (False, True):
        scene = Scene().answered()
        gateways = dict(scene.play.config.message_gateways)
        own = gateway("Chatted")
        gateways[own] = evolve(gateways[own], notes_as_messages=wanted)
        scene.play.state.config = evolve(scene.play.config, message_gateways=gateways)
        said = {"ChatId": scene.chat.id, "ID": "s", "Text": "in the queue", "Model": model}
        scene.alice.says("CS_CHAT_SENTENCE", 2, **said)
        scene.alice.hears("SC_CHAT_SENTENCE", 2, Model=model or ...)
        assert len(scene.outgoing()) == goes[wanted]


@pytest.mark.parametrize("delivered", [False, True])
def test_a_sentence_is_confirmed_when_it_is_sent_or_delivered(delivered: bool) -> None:
    scene = Scene().answered()
    gateways = dict(scene.play.config.message_gateways)
    own = gateway("Chatted")
    gateways[own] = evolve(gateways[own], confirm_delivered=delivered)
    scene.play.state.config = evolve(scene.play.config, message_gateways=gateways)
    message = scene.says()
    sent = scene.moves(message, MessageStatus.SENT, AttemptOutcome.SENT)
    assert bool(sent.facts) is not delivered
    if delivered:
        sent = scene.moves(message, MessageStatus.DELIVERED, AttemptOutcome.DELIVERED)
    (confirmed,) = sent.facts
    assert isinstance(confirmed, SentenceConfirmed)
    assert confirmed.counter == 2
    assert len(sent.notices) == 1


def test_a_report_that_proves_the_sending_too_confirms_the_sentence_once() -> None:
    """B-55, B-60: the far side has it before its connector says that it was sent."""
    scene = Scene().answered()
    carrier = scene.post.client
    ask(carrier, 8, "chatted", "ES_SL_GETGATEWAYS")
    carrier.hears("SE_SL_MSGGATEWAYS", 8)
    scene.says("Good day")
    sending = carrier.hears("SE_MESSAGE_SENDING", BodyText="Good day")
    told = {"Id": sending["MessageId"], "RefId": sending["GatewayId"]}
    carrier.says("ES_MESSAGE_REPORT", 9, **told, Data="Delivered")
    carrier.hears("SYS_ACK", 9)
    assert scene.alice.hears("SC_CHAT_CONFIRM")["ID"] == "Good day"
    carrier.says("ES_MESSAGE_REPORT", 10, **told, Data="Read")
    carrier.hears("SYS_ACK", 10)
    scene.alice.silent()
    confirmed = [f for f in scene.play.facts if isinstance(f, SentenceConfirmed)]
    assert [f.counter for f in confirmed] == [2]


def test_what_was_not_delivered_is_told_to_the_agent() -> None:
    scene = Scene().answered()
    message = scene.says()
    failed = scene.moves(message, MessageStatus.FAILED, AttemptOutcome.PERMANENT)
    (note,) = failed.facts
    assert note.words.text == "Message 2 was not delivered: no such number"  # type: ignore[union-attr]  # a note
    late = scene.moves(message, MessageStatus.FAILED, AttemptOutcome.LATE_REFUSED)
    assert not late.facts


def test_what_is_told_of_several_in_one_step_are_several_notes() -> None:
    """I-10: the store knows a note by its ID, and all that is decided in one step shares one stamp."""
    scene = Scene().answered()
    notes = []
    for message in (scene.says("one"), scene.says("two")):
        (note,) = scene.moves(message, MessageStatus.FAILED, AttemptOutcome.PERMANENT).facts
        apply(scene.play.state, note)
        notes.append(note.words.id)  # type: ignore[union-attr]  # a note
    assert len({*notes}) == 2


def test_the_answer_has_the_last_lines_of_earlier_chats() -> None:
    scene = Scene().answered()
    for text in ("one", "two"):
        scene.says(text)
    scene.alice.says("CS_CHAT_HANGUP", 3, ChatId=scene.chat.id)
    scene.play.wait(2 * 3600)
    scene.alice.heard.clear()
    scene.texts("It is me again")
    scene.alice.hears("SC_CHAT_ALERT")
    scene.alice.says("CS_CHAT_ANSWER", 4, ChatId=scene.chat.id)
    told = scene.alice.hears("SC_CHAT_STATUS", 4)
    lines = [(s["Text"], s["IsOutbound"]) for s in told["History"]]
    assert lines == [("Hello", False), ("one", True), ("two", True)]
    assert [s["Text"] for s in told["Sentences"]] == ["It is me again"]


def test_the_last_lines_are_those_of_both_directions_whichever_gateways_they_went_by() -> None:
    scene = Scene(SPLIT).answered()
    scene.says("one")
    scene.alice.says("CS_CHAT_HANGUP", 3, ChatId=scene.chat.id)
    scene.play.wait(2 * 3600)
    scene.alice.heard.clear()
    scene.texts("It is me again")
    scene.alice.hears("SC_CHAT_ALERT")
    scene.alice.says("CS_CHAT_ANSWER", 4, ChatId=scene.chat.id)
    told = scene.alice.hears("SC_CHAT_STATUS", 4)
    assert [s["Text"] for s in told["History"]] == ["Hello", "one"]


def test_who_writes_first_sees_the_last_lines_too() -> None:
    scene = Scene().answered()
    scene.says("one")
    scene.alice.says("CS_CHAT_HANGUP", 3, ChatId=scene.chat.id)
    scene.play.wait(2 * 3600)
    scene.alice.heard.clear()
    scene.alice.says("CS_CHAT_OPEN", 4, Peer="im", RemoteAddress=EVA)
    told = scene.alice.hears("SC_CHAT_STATUS", 4, Status="Answered")
    assert [s["Text"] for s in told["History"]] == ["Hello", "one"]


def test_an_agent_begins_a_chat_by_its_first_text() -> None:
    scene = Scene()
    scene.alice.says("CS_CHAT_OPEN", 1, Peer="im", RemoteAddress=EVA)
    scene.alice.hears("SC_CHAT_STATUS", 1, Status="Answered")
    assert scene.says("Your parcel is here").content.remote_address == EVA
    scene.texts("Thank you")
    scene.alice.hears("SC_CHAT_SENTENCE", Text="Thank you")
    scene.alice.says("CS_CHAT_OPEN", 5, Peer="im", RemoteAddress=EVA)
    assert "open chat already" in scene.alice.refused("WrongState", 5)


def test_sentences_are_stored_with_their_messages() -> None:
    """One decision, so that a crash leaves both or none."""
    scene = Scene().answered()
    scene.says()
    kinds = [type(f) for f in scene.play.facts]
    said, went = kinds[::-1].index(SentenceStored), kinds[::-1].index(MessageStored)
    assert abs(said - went) == 1
    before: Guid = scene.outgoing()[-1].message
    scene.play.restart()
    assert before in scene.play.state.messages.queued[gateway("Chatted")]


def test_from_the_agent_to_the_provider_and_back() -> None:
    """B-52, B-60: the text is handed over, and its receipt is the confirmation."""
    scene = Scene().answered()
    carrier = scene.post.client
    ask(carrier, 8, "chatted", "ES_SL_GETGATEWAYS")
    carrier.hears("SE_SL_MSGGATEWAYS", 8)
    scene.says("Good day")
    sending = carrier.hears("SE_MESSAGE_SENDING", RemoteAddress=EVA, BodyText="Good day")
    scene.alice.silent()
    carrier.says(
        "ES_MESSAGE_SENT", 9, Id=sending["MessageId"], RefId=sending["GatewayId"], Reference="SM1"
    )
    assert scene.alice.hears("SC_CHAT_CONFIRM")["ID"] == "Good day"
    carrier.hears("SYS_ACK", 9)
    scene.says("Where are you?")
    sending = carrier.hears("SE_MESSAGE_SENDING", BodyText="Where are you?")
    said = {"Id": sending["MessageId"], "RefId": sending["GatewayId"]}
    carrier.says("ES_MESSAGE_SENT", 10, **said, Data="permanent: no such number")
    note = scene.alice.hears("SC_CHAT_SENTENCE", Model=10)
    assert note["Text"] == "Message 3 was not delivered: permanent: no such number"


def test_a_sentence_of_a_text_has_its_picture() -> None:
    """B-60: in both directions."""
    scene = Scene()
    provider, (plan, other) = scene.post.client, (content(1), content(2))
    ask(provider, 8, "chatted", "ES_SL_GETGATEWAYS")
    provider.hears("SE_SL_MSGGATEWAYS", 8)
    bring(provider, plan)
    scene.post.brings("", RemoteAddress=EVA, Attachments=[{"BlobId": plan.id}])
    chat = scene.chat
    assert [one.blob for one in chat.transcript.sentences[0].words.attachments] == [plan.id]
    scene.alice.hears("SC_CHAT_ALERT")
    scene.alice.says("CS_CHAT_ANSWER", 1, ChatId=chat.id)
    scene.alice.hears("SC_CHAT_STATUS", 1)
    assert get(scene.alice, plan) == plan.data
    bring(scene.alice, other)
    named = [{"BlobId": other.id}]
    scene.alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat.id, ID="a", Text="", Attachments=named)
    scene.alice.hears("SC_CHAT_SENTENCE", 2)
    sending = provider.hears("SE_MESSAGE_SENDING")
    assert [one["BlobId"] for one in sending["Attachments"]] == [other.id]
    assert get(provider, other) == other.data


MAILED = MAIL_CONFIG.replace(_TEXTS, _TEXTS.replace("SMS", "Email"))


@pytest.mark.parametrize(
    ("config", "first", "then"),
    [
        (MAILED, "Eva@Example.org", "eva@example.ORG"),
        (MAIL_CONFIG, "+420 601-123-456", "+420601123456"),
    ],
)
def test_one_address_has_one_chat_however_it_is_written(config: str, first: str, then: str) -> None:
    """B-60: answers go to the address as it was written, and its earlier lines are found."""
    scene = Scene(config)
    scene.post.brings("Hello", RemoteAddress=first)
    scene.alice.hears("SC_CHAT_ALERT")
    scene.alice.says("CS_CHAT_ANSWER", 1, ChatId=scene.chat.id)
    scene.alice.hears("SC_CHAT_STATUS", 1)
    assert scene.says("one").content.remote_address == first
    scene.post.brings("again", RemoteAddress=then)
    scene.alice.hears("SC_CHAT_SENTENCE", Text="again")
    scene.alice.says("CS_CHAT_OPEN", 5, Peer="im", RemoteAddress=then)
    assert "open chat already" in scene.alice.refused("WrongState", 5)
    scene.alice.says("CS_CHAT_HANGUP", 3, ChatId=scene.chat.id)
    scene.play.wait(2 * 3600)
    scene.alice.heard.clear()
    scene.alice.says("CS_CHAT_OPEN", 4, Peer="im", RemoteAddress=then)
    told = scene.alice.hears("SC_CHAT_STATUS", 4, Status="Answered")
    assert [s["Text"] for s in told["History"]] == ["Hello", "one", "again"]
    scene.play.check_store()


def test_two_names_that_differ_in_capitals_have_two_chats() -> None:
    scene = Scene(MAIL_CONFIG.replace(_TEXTS, _TEXTS.replace("SMS", "SocialMsg")))
    scene.post.brings("Hello", RemoteAddress="oGZUI0")
    scene.post.brings("Hello", RemoteAddress="ogzui0")
    assert len(scene.play.state.chats) == 2
