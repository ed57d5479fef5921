"""Confirmations that a program asks for by itself, and what a sentence may bring."""

from datetime import UTC, datetime

from connectors.client.events import RequestDone, SentenceAdded, SentenceRefused
from connectors.client.settings import Tuning
from protocol.blob import AttachmentInfo
from protocol.chat import ChatCommandInfo
from protocol.values import Guid
from tests.support.client_stage import Player, Stage, answer, start, visitor_settings

SENT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_confirmation_that_was_asked_for_is_known(stage: Stage, agent: Player) -> None:
    """W-25: the broker does not tell it again to who confirmed."""
    visitor = stage.join(visitor_settings(tuning=Tuning(confirm=False)), "v")
    ref = start(stage, visitor)
    there = answer(stage, agent)
    agent.session.send(there, "hello", stage.now, sentence_id="k")
    stage.settle()
    (sentence,) = visitor.session.chats[ref].view.unconfirmed
    payload = ChatCommandInfo(peer=ref.peer, tracking_id=ref.name, id=sentence.id)
    request_id = visitor.session.request("ES_CHAT_CONFIRM", payload, stage.now, ref=ref)
    stage.settle()
    done = [event.request_id for event in visitor.of(RequestDone)]
    assert request_id in done
    assert visitor.session.chats[ref].view.unconfirmed == ()


def test_the_time_and_attachments_go_with_a_sentence(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    visitor.session.send(ref, "x", stage.now, sentence_id="a", time_sent=SENT)
    nobody = AttachmentInfo(blob_id=Guid("11111111-1111-4111-8111-111111111111"))
    visitor.session.send(ref, "y", stage.now, sentence_id="b", attachments=[nobody])
    stage.settle()
    (added,) = visitor.of(SentenceAdded)
    assert added.sentence.time_sent == SENT
    (refused,) = visitor.of(SentenceRefused)
    assert refused.sentence.attachments == (nobody,)
    assert "Attachments[0].BlobId" in str(refused.error)
