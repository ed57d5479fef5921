"""Pieces of attachments in batches: few to a commit, and read behind what was decided before (B-61)."""

from __future__ import annotations

from broker.core.facts import BlobPieceStored
from broker.core.inputs import FrameArrived
from protocol.blob import BlobInfo, BlobRequestInfo
from protocol.frame import Frame
from protocol.values import Guid
from tests.support.attachments import content
from tests.support.engine_bench import Bench

PIECE = 262_144
ONE = content(1, 6 * PIECE)


def put(bench: Bench, offset: int) -> None:
    """The connector brings a piece."""
    piece = BlobInfo(
        peer="web",
        blob_id=Guid(ONE.id),
        offset=offset,
        data=ONE.data[offset : offset + PIECE],
        size=len(ONE.data),
        sha256=ONE.digest,
    )
    bench.engine.submit(FrameArrived(1, Frame("ES_BLOB_PUT", piece)))


def test_few_pieces_are_in_one_commit() -> None:
    """I-14: what others say in the meantime does not wait for all of an attachment."""
    bench = Bench()
    for offset in range(0, len(ONE.data), PIECE):
        put(bench, offset)
    while bench.engine.has_more or bench.commits:
        bench.engine.pump()
        (facts, _done), *others = bench.commits
        assert others == []
        assert sum(isinstance(fact, BlobPieceStored) for fact in facts) <= 2
        bench.finish()
    assert bench.sent == ["SE_BLOB_STATUS"] * 6


def test_a_piece_is_acknowledged_when_it_is_durable() -> None:
    """I-11."""
    bench = Bench()
    put(bench, 0)
    bench.engine.pump()
    assert bench.sent == []
    bench.finish()
    assert bench.sent == ["SE_BLOB_STATUS"]


def test_what_is_asked_for_is_read_behind_what_was_decided_before() -> None:
    bench = Bench()
    for offset in range(0, len(ONE.data), PIECE):
        put(bench, offset)
    wanted = BlobRequestInfo(peer="web", blob_id=Guid(ONE.id), offset=5, length=7)
    bench.engine.submit(FrameArrived(1, Frame("ES_BLOB_GET", wanted)))
    bench.ask("ES_CHAT_START", "t1")
    while bench.engine.has_more or bench.commits:
        bench.engine.pump()
        if bench.commits:
            bench.finish()
    assert bench.reads == [[("blob", 1, 5, 7)]]
    assert bench.sent[:7] == ["SE_BLOB_STATUS"] * 6 + ["SE_BLOB_DATA"]
    assert bench.sent[7].startswith("SE_CHAT_STATUS")
