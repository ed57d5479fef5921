"""B-52, B-54: a message on its way out, as a connector and as an agent are shown it."""

from __future__ import annotations

from attrs import evolve

from broker.core.message_state import Message
from broker.core.moments import utc
from broker.core.views.letters import message_for_connector, message_status
from protocol.values import Direction, MessageStatus
from tests.support import letters
from tests.support.letters import AT, MAIL, TALK, guid, written


def a_message() -> Message:
    return written(*letters.a_life()).messages.messages[guid(102)]


def test_a_connector_gets_all_that_it_needs() -> None:
    """B-52: names, a moment and a direction are there, whoever made the message."""
    state = written(*letters.a_life())
    message = state.messages.messages[guid(102)]
    message.content = evolve(
        message.content,
        status=MessageStatus.QUEUED,
        delivery_system_id=None,
        received_sent_time=None,
        message_id=None,
    )
    shown = message_for_connector(state, message)
    assert (shown.no, shown.size, shown.wants) == (2, message.size, (("message", 2),))
    content = shown.content
    assert (content.message_id, content.delivery_system_id) == (guid(102), guid(102))
    assert (content.gateway_id, content.direction, content.status) == (MAIL, Direction.O, None)
    assert content.received_sent_time == utc(message.at)


def test_its_status_says_how_far_it_is() -> None:
    message = a_message()
    assert message.delivery is not None
    message.delivery.error = "busy"
    shown = message_status(message, "101", AT + 5)
    assert (shown.peer, shown.message_id, shown.conversation_id) == ("101", guid(102), TALK)
    assert (shown.status, shown.attempt, shown.error) == (MessageStatus.SENDING, 1, "busy")
    assert (shown.request_id, shown.counter, shown.gateway_id) == ("k2", 2, MAIL)
    assert (shown.delivery_system_id, shown.time_stamp) == ("<new@broker>", utc(AT + 5))
