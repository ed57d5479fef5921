"""Attachments after a start: B-12."""

from tests.support.agents_at_work import talking
from tests.support.attachments import bring, content
from tests.support.playbook import Playbook


def test_what_only_a_forgotten_chat_names_is_not_in_memory() -> None:
    play = Playbook()
    web, alice, _chat = talking(play)
    bring(web, content(1))
    bring(web, content(2))
    web.says(
        "ES_CHAT_SENTENCE",
        TrackingId="t1",
        ID="s1",
        Text="",
        Attachments=[{"BlobId": content(1).id}],
    )
    web.hears("SE_CHAT_SENTENCE")
    alice.hears("SC_CHAT_SENTENCE")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    play.wait(3 * 3_600)
    for client in (web, alice):
        client.heard.clear()
    assert [blob.no for blob in play.state.blobs.by_id.values()] == [2]
    play.restart()
    assert [blob.no for blob in play.state.blobs.by_id.values()] == [2]
    play.check_store()
