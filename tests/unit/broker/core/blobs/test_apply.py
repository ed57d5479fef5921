"""What is counted of attachments as facts are applied: I-14."""

from tests.support.attachments import PIECE, bring, content
from tests.support.playbook import Playbook


def test_what_is_incomplete_is_counted_while_it_is() -> None:
    play = Playbook()
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **content(1).piece(0))
    web.hears("SE_BLOB_STATUS")
    assert play.state.blobs.coming == 3 * PIECE
    for offset in (PIECE, 2 * PIECE):
        web.says("ES_BLOB_PUT", **content(1).piece(offset))
        web.hears("SE_BLOB_STATUS")
    assert play.state.blobs.coming == 0


def test_numbers_are_never_used_twice() -> None:
    play = Playbook()
    web = play.connector("web")
    bring(web, content(1))
    play.wait(24 * 3_600)
    bring(web, content(2))
    assert [blob.no for blob in play.state.blobs.by_id.values()] == [2]
    play.restart()
    bring(play.connector("web"), content(3))
    assert [blob.no for blob in play.state.blobs.by_id.values()] == [2, 3]
