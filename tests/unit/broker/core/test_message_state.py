"""What is known of messages: names, sizes, who works on a conversation."""

from __future__ import annotations

from typing import Any

from broker.core.message_state import (
    Conversation,
    address_key,
    body_bytes,
    identifier,
    without_bodies,
)
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus
from tests.support.letters import ALICE, MAIL, TALK, guid


def talk(**more: Any) -> Conversation:
    members: dict[str, Any] = {"id": TALK, "no": 1, "gateway": MAIL, "pair": MAIL}
    return Conversation(**(members | {"remote_address": "eva"} | more))


def test_a_name_is_of_its_gateway_and_direction() -> None:
    names = {identifier(g, "a", inbound=i) for g in (MAIL, guid(9)) for i in (True, False)}
    assert len(names) == 4
    assert all(len(name) == 16 for name in names)


def test_an_address_is_known_as_its_kind_is_compared() -> None:
    """B-56."""
    assert address_key(MAIL, "Eva@Example.org") == address_key(MAIL, "eva@example.org")
    assert address_key(MAIL, "+420 601 123 456") == address_key(MAIL, "+420601123456")
    assert address_key(MAIL, "oGZ") != address_key(MAIL, "ogz")
    assert address_key(MAIL, "eva") != address_key(guid(9), "eva")


def test_bodies_are_weighed_in_bytes_and_taken_out() -> None:
    content = MessageContentInfo(body_html="<p>é</p>", body_text="é", subject_field="s")
    assert body_bytes(content) == 11
    assert without_bodies(content) == MessageContentInfo(subject_field="s")


def test_it_is_with_whoever_answered_it_and_with_nobody_else() -> None:
    assert talk(status=ChatStatus.ANSWERED, agent=ALICE).is_with(ALICE)
    assert not talk(status=ChatStatus.ALERTING, agent=ALICE).is_with(ALICE)
    assert not talk(status=ChatStatus.ANSWERED, agent=guid(9)).is_with(ALICE)


def test_a_wait_goes_on_while_it_lasts() -> None:
    assert talk(waited=5, waiting_since=100).time_waited(107) == 12
    assert talk(waited=5).time_waited(107) == 5
    assert talk(waited=5, waiting_since=100).time_waited(90) == 5
