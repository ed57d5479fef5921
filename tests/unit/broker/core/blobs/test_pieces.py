"""Attachments that come and go in pieces: B-61, I-19."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.blobs import pieces
from broker.core.facts import BlobPieceStored
from broker.core.limits import DAY
from tests.support.agents_at_work import started
from tests.support.attachments import PIECE, Content, bring, content, get
from tests.support.playbook import CONFIG, Client, Playbook

ONE = content(1)
SECONDS_A_DAY = DAY // 1_000_000


@pytest.fixture
def play() -> Playbook:
    return Playbook()


def status(client: Client, **members: Any) -> dict[str, Any]:
    return client.hears("SE_BLOB_STATUS", **members)


def test_pieces_come_one_after_the_other(play: Playbook) -> None:
    web = play.connector("web")
    web.says("ES_BLOB_PUT", 1, **ONE.piece(0))
    status(web, re=1, Peer="web", BlobId=ONE.id, Offset=PIECE, IsComplete=False, Scan=None)
    web.says("ES_BLOB_PUT", 2, **ONE.piece(PIECE))
    status(web, re=2, Offset=2 * PIECE, IsComplete=False)
    web.says("ES_BLOB_PUT", 3, **ONE.piece(2 * PIECE))
    status(web, re=3, Offset=3 * PIECE, IsComplete=True, Scan="Off")
    assert get(web, ONE, 1_000) == ONE.data
    play.check_store()


@pytest.mark.parametrize(
    "piece", [ONE.piece(0), ONE.piece(2 * PIECE), {**ONE.piece(PIECE), "Data": b""}]
)
def test_a_piece_that_is_not_the_next_changes_nothing(
    play: Playbook, piece: dict[str, Any]
) -> None:
    """It tells which one is: a client that lost its connection goes on from there."""
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **ONE.piece(0))
    status(web, Offset=PIECE)
    before = len(play.facts)
    web.says("ES_BLOB_PUT", 7, **piece)
    status(web, re=7, Offset=PIECE, IsComplete=False)
    assert len(play.facts) == before


def test_what_nobody_has_begun_begins_at_the_beginning(play: Playbook) -> None:
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **ONE.piece(PIECE))
    status(web, BlobId=ONE.id, Offset=0, IsComplete=False)
    assert play.state.blobs.by_id == {}


def test_more_of_what_is_complete_is_not_taken(play: Playbook) -> None:
    web = play.connector("web")
    bring(web, ONE)
    web.says("ES_BLOB_PUT", **ONE.piece(0))
    status(web, Offset=3 * PIECE, IsComplete=True)
    web.says("ES_BLOB_PUT", **{**ONE.piece(0), "Offset": 3 * PIECE})
    status(web, Offset=3 * PIECE, IsComplete=True)


def test_another_session_and_a_restart_go_on_with_it(play: Playbook) -> None:
    """I-19: the digest goes on, too, though what has come is in no memory."""
    play.connector("web").says("ES_BLOB_PUT", **ONE.piece(0))
    play.clients[1].hears("SE_BLOB_STATUS")
    play.restart()
    play.check_store()
    web = play.connector("web")
    for offset in (PIECE, 2 * PIECE):
        web.says("ES_BLOB_PUT", **ONE.piece(offset))
        told = status(web)
    assert told["IsComplete"]
    play.restart()
    play.check_store()
    assert get(play.connector("web"), ONE) == ONE.data


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Size": 3 * PIECE + 1}, "KeyReused"),
        ({"Sha256": "0" * 64}, "KeyReused"),
    ],
)
def test_one_that_is_something_else_is_refused(
    play: Playbook, changed: dict[str, Any], code: str
) -> None:
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **ONE.piece(0))
    status(web)
    web.says("ES_BLOB_PUT", 1, **{**ONE.piece(PIECE), **changed})
    web.refused(code, re=1)


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"Size": 25 * 1024 * 1024 + 1}, "TooLong", "Size"),
        ({"Size": 0}, "BadPayload", "Data"),
        ({"Size": PIECE - 1}, "BadPayload", "Data"),
        ({"Size": -1}, "BadPayload", "Data"),
        ({"Sha256": "0" * 63}, "BadPayload", "Sha256"),
        ({"Sha256": "g" * 64}, "BadPayload", "Sha256"),
        ({"Data": b"x" * (PIECE - 1)}, "BadPayload", "Data"),
    ],
)
def test_a_beginning_that_cannot_end_well_is_refused(
    play: Playbook, changed: dict[str, Any], code: str, text: str
) -> None:
    web = play.connector("web")
    web.says("ES_BLOB_PUT", 1, **{**ONE.piece(0), **changed})
    assert web.refused(code, re=1).startswith(text)
    assert play.state.blobs.by_id == {}


def test_a_short_one_comes_in_one_piece(play: Playbook) -> None:
    web = play.connector("web")
    short = content(2, 5)
    assert bring(web, short) == "Off"
    assert get(web, short) == short.data


def test_a_digest_in_capitals_is_the_same(play: Playbook) -> None:
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **{**content(2, 5).piece(0), "Sha256": content(2, 5).digest.upper()})
    status(web, IsComplete=True)


def test_one_that_is_not_what_it_was_said_to_be_is_refused(play: Playbook) -> None:
    """W-27, I-19: nothing changes, and under another name it can be brought anew."""
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **ONE.piece(0))
    web.says("ES_BLOB_PUT", **{**ONE.piece(PIECE), "Data": b"y" * PIECE})
    status(web), status(web)
    web.says("ES_BLOB_PUT", 1, **ONE.piece(2 * PIECE))
    assert web.refused("BadPayload", re=1).startswith("Sha256")
    assert play.state.blobs.by_id[ONE.id].have == 2 * PIECE  # type: ignore[index]  # a Guid is a str
    bring(web, evolve(ONE, id=content(9).id))


def test_a_name_is_one_senders(play: Playbook) -> None:
    """I-15."""
    web, im = play.connector("web"), play.connector("im")
    bring(web, ONE)
    im.says("ES_BLOB_PUT", 1, **ONE.piece(0))
    im.refused("KeyReused", re=1)
    im.says("ES_BLOB_GET", 2, BlobId=ONE.id)
    im.refused("UnknownMessage", re=2)


def test_who_speaks_for_somebody_else_is_refused(play: Playbook) -> None:
    web = play.connector("web")
    alice = play.agent("alice", "101")
    web.says("ES_BLOB_PUT", 1, **ONE.piece(0), Peer="im")
    web.refused("NotAllowed", re=1)
    web.says("ES_BLOB_GET", 2, BlobId=ONE.id, Peer="nowhere")
    web.refused("UnknownGateway", re=2)
    alice.says("CS_BLOB_PUT", 3, **ONE.piece(0), Peer="102")
    alice.refused("NotAllowed", re=3)


def test_an_incomplete_one_is_not_given_out(play: Playbook) -> None:
    web = play.connector("web")
    web.says("ES_BLOB_PUT", **ONE.piece(0))
    status(web)
    web.says("ES_BLOB_GET", 1, BlobId=ONE.id)
    assert "incomplete" in web.refused("WrongState", re=1)


def test_what_is_asked_for_ends_with_it(play: Playbook) -> None:
    web = play.connector("web")
    bring(web, ONE)
    end = len(ONE.data)
    for offset, length, data in ((end - 3, 9, ONE.data[-3:]), (end, 9, b""), (5, -1, b"")):
        web.says("ES_BLOB_GET", BlobId=ONE.id, Offset=offset, Length=length)
        web.hears("SE_BLOB_DATA", Offset=offset, Data=data, Name="plan.png")
    for offset in (-1, end + 1):
        web.says("ES_BLOB_GET", 1, BlobId=ONE.id, Offset=offset)
        web.refused("BadPayload", re=1)


def test_a_piece_fits_the_frame(play: Playbook) -> None:
    """W-3: in JSON, too, where three bytes take four characters."""
    small = Playbook(CONFIG + "\n[limits]\nframe_bytes = 70000\noutbox_bytes = 8000000\n")
    web = small.connector("web")
    big = content(3, 100_000)
    bring(web, big, 40_000)
    web.says("ES_BLOB_GET", BlobId=big.id)
    told = web.hears("SE_BLOB_DATA")
    assert 40_000 < len(told["Data"]) * 4 // 3 < 70_000


def test_kinds_that_are_not_taken_are_refused() -> None:
    play = Playbook(CONFIG + '\n[attachments]\ntypes = ["image/*", "application/pdf"]\n')
    web = play.connector("web")
    for kind, taken in (
        ("image/png", True),
        ("IMAGE/PNG", True),
        ("application/pdf", True),
        ("application/zip", False),
        ("imagery/png", False),
        (None, False),
    ):
        what = content(4, 10)
        web.says("ES_BLOB_PUT", **{**what.piece(0), "ContentType": kind})
        if taken:
            status(web, IsComplete=True)
            play = Playbook(CONFIG + '\n[attachments]\ntypes = ["image/*", "application/pdf"]\n')
            web = play.connector("web")
        else:
            web.refused("NotAllowed")


def test_what_nobody_names_is_gone_after_a_day(play: Playbook) -> None:
    web = play.connector("web")
    bring(web, ONE)
    web.says("ES_BLOB_PUT", **content(2).piece(0))
    status(web)
    play.wait(SECONDS_A_DAY - 1)
    play.restart()
    assert len(play.state.blobs.by_id) == 2
    play.wait(2)
    assert play.state.blobs.by_id == {}
    assert play.state.blobs.coming == 0
    play.check_store()
    again = play.connector("web")
    again.says("ES_BLOB_GET", 1, BlobId=ONE.id)
    again.refused("UnknownMessage", re=1)
    bring(again, ONE)  # its name is free
    assert get(again, ONE) == ONE.data


def test_what_nobody_names_is_bounded_and_makes_room(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14: what has not been touched for a while goes first; of somebody else nothing goes."""
    monkeypatch.setattr(pieces, "UNNAMED_BLOBS", 2)
    web, im = play.connector("web"), play.connector("im")
    bring(im, content(8))
    bring(web, content(1))
    play.wait(601)
    bring(web, content(2))
    bring(web, content(3))
    assert [one.id[:8] for one in play.state.blobs.by_id.values()] == [
        "00000008",
        "00000002",
        "00000003",
    ]
    web.says("ES_BLOB_PUT", 1, **content(4).piece(0))
    web.refused("Overloaded", re=1)
    play.check_store()


def test_so_are_its_bytes(play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "UNNAMED_BLOB_BYTES", 6 * PIECE)
    web = play.connector("web")
    bring(web, content(1))
    bring(web, content(2))
    web.says("ES_BLOB_PUT", 1, **content(3).piece(0))
    web.refused("Overloaded", re=1)


def test_and_what_all_bring_at_once(play: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BLOBS_COMING", 4 * PIECE)
    web, im = play.connector("web"), play.connector("im")
    web.says("ES_BLOB_PUT", **content(1).piece(0))
    status(web)
    im.says("ES_BLOB_PUT", 1, **content(2).piece(0))
    im.refused("Overloaded", re=1)
    for offset in (PIECE, 2 * PIECE):
        web.says("ES_BLOB_PUT", **content(1).piece(offset))
        status(web)
    bring(im, content(2))


def test_no_piece_stays_in_memory(play: Playbook) -> None:
    web = play.connector("web")
    bring(web, ONE)
    kept = repr(play.state)
    assert ONE.data[:50] not in kept.encode()
    assert repr(ONE.data[:10])[2:-1] not in kept
    assert all("data" not in repr(f) for f in play.facts if isinstance(f, BlobPieceStored))


def test_an_agent_brings_one_as_well(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    assert bring(alice, ONE) == "Off"
    assert get(alice, ONE) == ONE.data
    bob = play.agent("bob", "102")
    bob.says("CS_BLOB_GET", 1, BlobId=ONE.id)
    bob.refused("UnknownMessage", re=1)
    started(play.connector("web"))


def test_content_is_made_for_these_tests() -> None:
    assert content(1).data != content(2).data
    assert Content("x", b"abc").piece(1, 1)["Data"] == b"b"
