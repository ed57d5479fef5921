"""B-56, B-62: what a reply says that its writer did not, and what tells two messages apart."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.decision import Refusal
from broker.core.message_state import Conversation
from broker.core.messages.composing import answering, attached, digest_of, unfit
from broker.core.messages.receiving import REFERENCES
from protocol.blob import AttachmentInfo
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.values import Channel, Guid, from_micros
from tests.support import letters
from tests.support.letters import AT, GATEWAY, TALK, guid, written

SAID = MessageContentInfo(body_text="Dear Eva", remote_address="eva@example.org")
CONFIG = written().config
FILE = AttachmentInfo(blob_id=guid(70), name="a.pdf")


def talk(*messages: dict[str, Any]) -> Conversation:
    """A conversation with messages of which something is said."""
    conversation = written(letters.started()).messages.conversations[TALK]
    for number, said in enumerate(messages, start=1):
        inbound = said.pop("inbound", True)
        fact = letters.stored(number, inbound=inbound)
        content = evolve(fact.content, **said)
        conversation.messages += written(
            letters.started(), evolve(fact, content=content)
        ).messages.messages.values()
    return conversation


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"draft_time": from_micros(AT)}, True),
        ({"body_text": "Dear Adam"}, False),
        ({"body_html": ""}, False),
        ({"subject_field": "Boots"}, False),
        ({"to_cc_field": "Adam"}, False),
        ({"forward_of": guid(9)}, False),
        ({"gateway_id": guid(9)}, False),
        ({"attachments": (FILE,)}, False),
        ({"body_text": "Dear Ev", "forward_of": Guid("a")}, False),
    ],
)
def test_what_a_message_says_tells_it_from_another(change: dict[str, Any], same: bool) -> None:
    assert (digest_of(evolve(SAID, **change)) == digest_of(SAID)) is same


def test_a_reply_without_words_of_its_own_has_those_of_the_thread() -> None:
    conversation = talk({}, {"inbound": False}, {"from_field": "Eva", "subject_field": "RE: Boots"})
    reply = answering(conversation, GATEWAY, SAID)
    names = tuple(f"<{number}@example.org>" for number in (1, 2, 3))
    assert (reply.in_reply_to_id, reply.references) == (names[2], names)
    assert (reply.to_field, reply.subject_field) == ("Eva", "RE: Boots")


def test_who_wrote_first_and_had_no_answer_follows_their_own_words() -> None:
    reply = answering(talk({"inbound": False}), GATEWAY, SAID)
    assert reply.in_reply_to_id == "<1@example.org>"
    assert (reply.to_field, reply.subject_field) == ("Eva", "Re: Boots")


def test_the_thread_is_bounded_and_the_latest_stay() -> None:
    """I-14."""
    before = tuple(f"<{number}@far>" for number in range(REFERENCES + 9))
    reply = answering(talk({"references": before}), GATEWAY, SAID)
    assert reply.references == (*before[-REFERENCES + 1 :], "<1@example.org>")


def test_a_message_that_names_itself_is_named_once() -> None:
    reply = answering(talk({"references": ("<1@example.org>", "<0@far>")}), GATEWAY, SAID)
    assert reply.references == ("<1@example.org>", "<0@far>")


def test_without_threads_nothing_is_followed() -> None:
    """B-56."""
    reply = answering(talk({}), evolve(GATEWAY, channel=Channel.SMS), SAID)
    assert (reply.in_reply_to_id, reply.references) == (None, None)


def test_the_first_message_of_all_follows_nothing() -> None:
    reply = answering(talk(), GATEWAY, MessageContentInfo(body_text="Dear Eva"))
    assert (reply.in_reply_to_id, reply.remote_address) == (None, "eva@example.org")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"body_text": None, "body_html": "<p>"}, None),
        ({"body_text": None, "attachments": (FILE,)}, None),
        ({"body_text": None}, ErrorCode.BAD_PAYLOAD),
        ({"references": ("<x>",) * REFERENCES}, None),
        ({"references": ("<x>",) * (REFERENCES + 1)}, ErrorCode.TOO_LONG),
        ({"body_text": "x" * 990_000}, None),
        ({"body_text": "x\n" * 495_000}, ErrorCode.TOO_LONG),
    ],
)
def test_what_fits(change: dict[str, Any], code: ErrorCode | None) -> None:
    """I-14: in whichever encoding."""
    refusal = unfit(written().config, evolve(SAID, **change))
    assert (refusal.code if refusal is not None else None) is code


def test_what_came_with_a_message_goes_with_it_once() -> None:
    conversation = talk({"attachments": (FILE, evolve(FILE, blob_id=guid(71)))})
    (passed_on,) = conversation.messages
    again = evolve(FILE, name="again.pdf")
    found = attached(CONFIG, evolve(SAID, attachments=(again,)), passed_on)
    assert found == (again, evolve(FILE, blob_id=guid(71)))
    assert attached(CONFIG, SAID, None) == ()
    refusal = attached(CONFIG, evolve(SAID, attachments=(AttachmentInfo(name="a"),)), None)
    assert isinstance(refusal, Refusal)
    assert refusal.text == "Attachments[0].BlobId: is missing"
    many = tuple(evolve(FILE, blob_id=guid(number)) for number in range(11))
    assert isinstance(attached(CONFIG, evolve(SAID, attachments=many), None), Refusal)
