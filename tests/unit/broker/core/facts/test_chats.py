"""What follows from facts about chats (B-6)."""

from __future__ import annotations

import pytest

from broker.core.facts import ChatMoved
from broker.core.facts.causes import ChatCause
from protocol.values import ChatStatus, Guid


@pytest.mark.parametrize("cause", ChatCause)
def test_a_conversation_begins_with_an_answer_and_goes_on_with_another_owner(
    cause: ChatCause,
) -> None:
    """The answer time is that of the first agent, whoever has the chat afterwards."""
    moved = ChatMoved(
        chat=Guid("chat"),
        no=1,
        at=1,
        status=ChatStatus.ANSWERED,
        cause=cause,
        agent=Guid("alice"),
        priority=0,
        enqueued_at=None,
    )
    assert moved.answers is (cause in (ChatCause.ANSWERED, ChatCause.OPENED))
