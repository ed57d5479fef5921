"""Conversations of a client session: its resync, and what outlives a connection (B-57, B-62, W-25)."""

from typing import Any

import pytest
from attrs import evolve

from connectors.client.conversation_events import (
    ConversationAlerted,
    ConversationAlertEnded,
    ConversationChanged,
    ConversationForgotten,
    MessageAdded,
    MessageStatusChanged,
)
from connectors.client.errors import AlertGone, NotConnected
from connectors.client.events import Pushed, Ready, RequestDone, RequestFailed
from connectors.client.session import Phase
from connectors.client.settings import ConnectorSettings, Tuning
from protocol.conversation import ConversationCommandInfo
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.session import Hello
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.client_stage import Player, Stage, agent_settings, heard
from tests.support.mail_program import MAIL_INSTALLATION, NOON, OFFICE

POST = ConnectorSettings(gateways=(), token="mail-secret", messages=("mail",))
AT_WORK = evolve(agent_settings(), conversations=True)


class Desk:
    """Alice, who is ready, and the connector of the mailbox."""

    def __init__(self, *, wanted: bool = True, tuning: Tuning | None = None) -> None:
        self.stage = Stage(MAIL_INSTALLATION)
        self.post = self.stage.join(POST, "p")
        settings = evolve(AT_WORK, conversations=wanted, tuning=tuning or Tuning())
        self.alice = self.stage.join(settings, "a")
        self.alice.session.set_agent_state(AgentState.READY, self.stage.now)
        self.stage.settle()
        self._count = 0

    def comes(self, *only: Player, **members: Any) -> None:
        """A mail comes in."""
        self._count += 1
        given: dict[str, Any] = {
            "delivery_system_id": f"<m{self._count}@example.org>",
            "gateway_id": OFFICE,
            "remote_address": "jana@example.org",
            "received_sent_time": NOON,
            "request_id": f"r{self._count}",
            "body_text": f"text {self._count}",
        }
        message = MessageContentInfo(**(given | members))
        self.post.session.request("ES_MESSAGE_RECEIVING", message, self.stage.now)
        self.stage.settle(*only)

    def comes_into_it(self, *only: Player) -> None:
        self.comes(*only, in_reply_to_id="<m1@example.org>")

    def asks(self, kind: str, key: Guid, *only: Player) -> int:
        command = ConversationCommandInfo(peer="101", conversation_id=key)
        request = self.alice.session.request(f"CS_CONVERSATION_{kind}", command, self.stage.now)
        self.stage.settle(*only)
        return request

    def has_one(self) -> Guid:
        """A mail comes in, and Alice takes it; gives the conversation."""
        self.comes()
        key = self.alice.of(ConversationAlerted)[-1].conversation_id
        self.asks("ANSWER", key)
        return key

    def sends(self, key: Guid, **members: Any) -> int:
        reply = MessageContentInfo(conversation_id=key, body_text="At nine.", **members)
        return self.alice.session.request("CS_MESSAGE_SEND", reply, self.stage.now)

    def texts(self) -> list[str | None]:
        return [event.message.body_text for event in self.alice.of(MessageAdded)]

    def stored(self, key: Guid) -> int:
        return len(self.stage.broker.state.messages.conversations[key].messages)


def test_a_program_that_wants_no_conversations_asks_for_none_and_is_told_of_none() -> None:
    """B-57."""
    desk = Desk(wanted=False)
    desk.comes()
    assert "CS_CONVERSATION_RESYNC" not in heard(desk.stage)
    assert not desk.alice.of(Pushed)
    assert not desk.alice.session.conversations.all()


def test_one_that_wants_them_says_so_takes_pieces_and_is_ready_when_they_have_come() -> None:
    desk = Desk()
    assert "CS_CONVERSATION_RESYNC" in heard(desk.stage)
    hello = [f.payload for f in desk.stage.broker.way.heard if isinstance(f.payload, Hello)][-1]
    assert (hello.takes_pieces, hello.takes_messages) == (True, True)
    assert len(desk.alice.of(Ready)) == 1


@pytest.mark.parametrize("code", [ErrorCode.NOT_ALLOWED, ErrorCode.UNKNOWN_TYPE])
def test_with_a_broker_that_has_none_the_session_is_ready_without(code: ErrorCode) -> None:
    desk = Desk()
    desk.stage.broker.way.refused["CS_CONVERSATION_RESYNC"] = code
    desk.stage.cut(desk.alice)
    desk.stage.pass_time(5)
    assert desk.alice.session.phase is Phase.READY


def test_a_list_that_is_refused_for_a_moment_is_asked_for_again() -> None:
    desk = Desk()
    desk.stage.broker.way.refused["CS_CONVERSATION_RESYNC"] = ErrorCode.OVERLOADED
    desk.stage.cut(desk.alice)
    desk.stage.pass_time(0.6)
    assert len(desk.alice.of(Ready)) == 1
    desk.stage.pass_time(5)
    assert len(desk.alice.of(Ready)) == 2


def test_an_offer_is_answered_with_what_is_in_it() -> None:
    desk = Desk()
    key = desk.has_one()
    (alerted,) = desk.alice.of(ConversationAlerted)
    assert alerted.expires_at == desk.stage.now + 30
    assert desk.alice.of(ConversationAlertEnded) == [ConversationAlertEnded(key)]
    assert [e.info.status for e in desk.alice.of(ConversationChanged)] == [
        ChatStatus.ALERTING,
        ChatStatus.ANSWERED,
    ]
    assert desk.texts() == ["text 1"]


def test_an_answer_that_is_too_late_says_so() -> None:
    """B-25."""
    desk = Desk()
    desk.comes()
    key = desk.alice.of(ConversationAlerted)[-1].conversation_id
    desk.asks("RETURN", key)
    request = desk.asks("ANSWER", key)
    (failed,) = desk.alice.of(RequestFailed)
    assert failed.request_id == request
    assert isinstance(failed.error, AlertGone)
    assert desk.alice.of(ConversationForgotten) == [ConversationForgotten(key)]


def test_what_came_while_the_connection_was_lost_comes_with_the_next_one() -> None:
    """W-25: each message once, in its order, whichever way it came."""
    desk = Desk()
    key = desk.has_one()
    desk.comes_into_it()
    desk.stage.up = False
    desk.stage.cut(desk.alice)
    desk.comes_into_it(desk.post)
    assert desk.texts() == ["text 1", "text 2"]
    desk.stage.up = True
    desk.stage.pass_time(5)
    assert desk.alice.session.phase is Phase.READY
    assert desk.texts() == ["text 1", "text 2", "text 3"]
    assert [e.is_new for e in desk.alice.of(MessageAdded)] == [False, True, True]
    assert desk.alice.session.conversations.open_ids() == [key]


def test_an_offer_does_not_outlive_its_connection() -> None:
    """B-11."""
    desk = Desk()
    desk.comes()
    key = desk.alice.of(ConversationAlerted)[-1].conversation_id
    desk.stage.up = False
    desk.stage.cut(desk.alice)
    assert desk.alice.told[-3:-1] == [ConversationAlertEnded(key), ConversationForgotten(key)]


def test_a_push_that_was_lost_is_noticed_and_fetched() -> None:
    """W-22, W-25: the numbers tell."""
    desk = Desk()
    desk.has_one()
    line = desk.alice.line
    assert line is not None
    desk.comes_into_it(desk.post)
    line.data_to_send()  # this never arrives
    desk.comes_into_it()
    assert desk.texts() == ["text 1", "text 2", "text 3"]


def test_what_was_sent_while_the_broker_is_away_is_sent_later_and_once() -> None:
    """B-62."""
    desk = Desk()
    key = desk.has_one()
    desk.stage.up = False
    desk.stage.cut(desk.alice)
    request = desk.sends(key)
    desk.stage.up = True
    desk.stage.pass_time(5)
    (done,) = [e for e in desk.alice.of(RequestDone) if e.request_id == request]
    assert isinstance(done.frame.payload, MessageStatusInfo)
    assert done.frame.payload.request_id is not None
    assert desk.stored(key) == 2


def test_a_message_whose_answer_was_lost_is_the_same_message_when_it_is_sent_again() -> None:
    """B-62: one key, made once."""
    desk = Desk()
    key = desk.has_one()
    desk.sends(key)
    line = desk.alice.line
    assert line is not None
    line.receive(desk.alice.session.data_to_send(), desk.stage.now)
    line.data_to_send()  # this never arrives
    desk.stage.cut(desk.alice)
    desk.stage.pass_time(5)
    sent = [f.payload for f in desk.stage.broker.way.heard if f.type == "CS_MESSAGE_SEND"]
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert desk.stored(key) == 2
    assert desk.texts() == ["text 1", "At nine."]


def test_what_becomes_of_a_message_is_told() -> None:
    """B-54."""
    desk = Desk()
    key = desk.has_one()
    desk.sends(key)
    desk.stage.settle()
    (added,) = [e.message for e in desk.alice.of(MessageAdded) if e.message.counter == 2]
    assert added.agent_name == "Alice"
    desk.post.session.request("ES_SL_GETGATEWAYS", "mail", desk.stage.now)
    desk.stage.settle()
    told = [event.info.status for event in desk.alice.of(MessageStatusChanged)]
    assert [str(status) for status in told] == ["Queued", "Sending"]


def test_a_command_about_one_is_not_done_later_unasked() -> None:
    desk = Desk()
    key = desk.has_one()
    desk.stage.up = False
    desk.stage.cut(desk.alice)
    with pytest.raises(NotConnected):
        desk.asks("PARK", key)


def test_more_than_a_list_holds_comes_in_pieces() -> None:
    """W-25."""
    desk = Desk()
    keys = {desk.has_one()}
    for number in range(2, 6):
        desk.comes(remote_address=f"n{number}@example.org")
        key = desk.alice.of(ConversationAlerted)[-1].conversation_id
        desk.asks("ANSWER", key)
        desk.asks("PARK", key)
        keys.add(key)
    assert len(keys) == 5
    limits = evolve(desk.stage.broker.state.config.limits, list_chats=2)
    desk.stage.broker.state.config = evolve(desk.stage.broker.state.config, limits=limits)
    other = desk.stage.join(AT_WORK, "b")
    asked = [f.payload for f in desk.stage.broker.way.heard if f.type == "CS_CONVERSATION_RESYNC"]
    assert len(asked) == 1 + 3
    assert set(other.session.conversations.open_ids()) == keys
    assert other.session.phase is Phase.READY
