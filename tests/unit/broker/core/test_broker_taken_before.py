"""What was taken is answered by its name, whatever is the matter with its content (B-50, B-61, B-62)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.inputs import FrameArrived, InspectedFrame
from broker.core.messages.composing import digest_of
from protocol.codec import from_wire
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from tests.support.attachments import bring, content
from tests.support.mail import Post, gateway
from tests.support.mail_out import SUPERVISED
from tests.support.playbook import Client, Playbook

HTML = "<p onclick='1'>They fit.</p>"
LATER = "2026-01-02T03:04:05Z"


@pytest.fixture
def play() -> Playbook:
    return Playbook(SUPERVISED)


def says(
    client: Client, type: str, *, unfit: bool = True, cleaned: str | None = None, **members: Any
) -> None:
    """Send a frame as it comes when its content was cleaned, or could not be."""
    payload = from_wire(type, {**client.base, **members})
    refused = ErrorCode.BAD_PAYLOAD if unfit else None
    why = "BodyHtml: it cannot be made harmless"
    written = digest_of(payload) if isinstance(payload, MessageContentInfo) else None
    if isinstance(payload, MessageContentInfo):
        payload = evolve(payload, body_html=cleaned)
    frame = InspectedFrame(type, payload, {"Id": 7}, written, refused, why)
    client.play.put(FrameArrived(client.number, frame))


@pytest.mark.parametrize("way", [("mail", "Mail"), ("chatted", "Chatted")])
def test_a_message_that_was_taken_is_answered_though_it_cannot_be_cleaned(
    play: Playbook, way: tuple[str, str]
) -> None:
    peer, name = way
    post = Post(play, peer, name)
    first = post.brings()
    said: dict[str, Any] = {
        "GatewayId": gateway(name),
        "DeliverySystemId": "<1@example.org>",
        "RemoteAddress": "eva@example.org",
        "ReceivedSentTime": LATER,
        "BodyHtml": HTML,
    }
    before = len(play.facts)
    says(post.client, "ES_MESSAGE_RECEIVING", **said)
    again = post.client.hears("SE_MESSAGE_RECEIVED", 7, Data="true")
    assert again["Id"] == first["Id"]
    others: tuple[dict[str, Any], ...] = (
        {"DeliverySystemId": "<2@example.org>"},
        {"GatewayId": gateway("Faxes")},
    )
    for other in others:
        says(post.client, "ES_MESSAGE_RECEIVING", **{**said, **other})
        assert post.client.refused("BadPayload", 7).startswith("BodyHtml")
    assert len(play.facts) == before


def test_a_message_that_was_handed_over_is_known_by_its_key_however_it_is_cleaned(
    play: Playbook,
) -> None:
    alice = play.agent("alice", "101")
    said: dict[str, Any] = {
        "Peer": None,
        "RequestId": "k1",
        "GatewayId": gateway("Mail"),
        "RemoteAddress": "eva@example.org",
        "BodyHtml": HTML,
    }
    says(alice, "CS_MESSAGE_SEND", **said)
    alice.refused("BadPayload", 7)
    says(alice, "CS_MESSAGE_SEND", unfit=False, cleaned="<p>They fit.</p>", **said)
    first = alice.hears("SC_MESSAGE_STATUS", 7, Status="Queued")
    alice.hears("SC_CONVERSATION_STATUS")
    before = len(play.facts)
    says(alice, "CS_MESSAGE_SEND", **said)
    alice.hears("SC_MESSAGE_STATUS", 7, MessageId=first["MessageId"])
    says(alice, "CS_MESSAGE_SEND", unfit=False, cleaned="They fit.", **said)
    alice.hears("SC_MESSAGE_STATUS", 7, MessageId=first["MessageId"])
    for other in ({"BodyHtml": "They do not."}, {"RemoteAddress": "ada@example.org"}):
        says(alice, "CS_MESSAGE_SEND", **{**said, **other})
        alice.refused("KeyReused", 7)
    assert len(play.facts) == before


def test_the_first_piece_of_a_known_attachment_is_answered_by_how_much_is_there(
    play: Playbook,
) -> None:
    web, what = play.connector("web"), content(1)
    says(web, "ES_BLOB_PUT", **what.piece(0))
    web.refused("BadPayload", 7)
    bring(web, what)
    says(web, "ES_BLOB_PUT", **what.piece(0))
    web.hears("SE_BLOB_STATUS", 7, Offset=len(what.data), IsComplete=True)


def test_a_draft_has_no_key_and_a_role_none_of_another(play: Playbook) -> None:
    alice, web = play.agent("alice", "101"), play.connector("web")
    says(alice, "CS_MESSAGE_DRAFT", Peer=None, ConversationId=content(1).id, BodyHtml=HTML)
    alice.refused("BadPayload", 7)
    says(web, "CS_MESSAGE_SEND", Peer=None, RequestId="k1", BodyHtml=HTML)
    web.refused("NotAllowed", 7)
