"""What the scanner says, and who is told: B-61."""

from __future__ import annotations

import pytest

from broker.core.inputs import Scanned
from protocol.values import Guid, ScanVerdict
from tests.support.agents_at_work import talking
from tests.support.attachments import bring, content, get
from tests.support.playbook import CONFIG, Client, Playbook

SCANNED = CONFIG + '\n[attachments]\nscanner = "tcp://127.0.0.1:3310"\n'
ONE = content(1)


@pytest.fixture
def play() -> Playbook:
    return Playbook(SCANNED)


def judge(play: Playbook, verdict: ScanVerdict, no: int = 1) -> None:
    play.put(Scanned(blob=Guid(ONE.id), no=no, verdict=verdict))


def named(play: Playbook) -> tuple[Client, Client, str]:
    """A visitor has sent an attachment that is not judged yet."""
    web, alice, chat = talking(play)
    assert bring(web, ONE) == "Pending"
    web.says(
        "ES_CHAT_SENTENCE", TrackingId="t1", ID="s1", Text="", Attachments=[{"BlobId": ONE.id}]
    )
    (seen,) = web.hears("SE_CHAT_SENTENCE")["Attachments"]
    assert (seen["Name"], seen["Scan"]) == ("plan.png", "Pending")
    alice.hears("SC_CHAT_SENTENCE")
    return web, alice, chat


def test_the_scanner_is_given_what_is_complete(play: Playbook) -> None:
    web = play.connector("web")
    assert bring(web, ONE) == "Pending"
    (wanted,) = play.scans
    assert (wanted.blob, wanted.no, wanted.size) == (ONE.id, 1, len(ONE.data))


@pytest.mark.parametrize("verdict", [None, ScanVerdict.INFECTED, ScanVerdict.FAILED])
def test_what_is_not_clean_is_never_given_out(play: Playbook, verdict: ScanVerdict | None) -> None:
    """Not even to who brought it."""
    web, alice, _chat = named(play)
    if verdict is not None:
        judge(play, verdict)
        web.hears("SE_BLOB_STATUS", Scan=str(verdict))
        alice.hears("SC_BLOB_STATUS", Scan=str(verdict))
    for client, frame in ((web, "ES_BLOB_GET"), (alice, "CS_BLOB_GET")):
        client.says(frame, 1, BlobId=ONE.id)
        assert str(verdict or "Pending") in client.refused("WrongState", re=1)


def test_both_sides_are_told_and_see_it_from_then_on(play: Playbook) -> None:
    web, alice, chat = named(play)
    judge(play, ScanVerdict.CLEAN)
    web.hears("SE_BLOB_STATUS", Peer="web", BlobId=ONE.id, IsComplete=True, Scan="Clean")
    alice.hears("SC_BLOB_STATUS", Peer="101", BlobId=ONE.id, Scan="Clean")
    assert get(alice, ONE) == get(web, ONE) == ONE.data
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    (said,) = alice.hears("SC_CHAT_STATUS", 1)["Sentences"]
    assert said["Attachments"][0]["Scan"] == "Clean"
    play.check_store()


def test_a_long_transcript_that_was_kept_is_shown_anew(play: Playbook) -> None:
    web, _alice, _chat = named(play)
    play.state.transcripts.long = 1
    for wanted in ("Pending", "Clean"):
        web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
        (said,) = web.hears("SE_CHAT_STATUS", 1)["Sentences"]
        assert said["Attachments"][0]["Scan"] == wanted
        if wanted == "Pending":
            judge(play, ScanVerdict.CLEAN)
            web.hears("SE_BLOB_STATUS")


def test_who_brought_it_is_told_though_nothing_names_it(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    bring(alice, ONE)
    judge(play, ScanVerdict.INFECTED)
    alice.hears("SC_BLOB_STATUS", Scan="Infected")


def test_what_is_infected_cannot_be_named(play: Playbook) -> None:
    web, alice, _chat = talking(play)
    bring(web, ONE)
    judge(play, ScanVerdict.INFECTED)
    web.hears("SE_BLOB_STATUS")
    web.says(
        "ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="s1", Text="", Attachments=[{"BlobId": ONE.id}]
    )
    assert "infected" in web.refused("WrongState", re=1)
    alice.silent()


def test_a_verdict_counts_once_and_for_the_one_that_was_judged(play: Playbook) -> None:
    web = play.connector("web")
    judge(play, ScanVerdict.CLEAN)  # there is none yet
    bring(web, ONE)
    judge(play, ScanVerdict.CLEAN, no=2)
    web.silent()
    judge(play, ScanVerdict.CLEAN)
    web.hears("SE_BLOB_STATUS", Scan="Clean")
    judge(play, ScanVerdict.INFECTED)
    web.silent()


def test_after_a_start_the_scanner_is_asked_again(play: Playbook) -> None:
    named(play)
    for client in play.clients.values():
        client.heard.clear()
    play.scans.clear()
    play.restart()
    assert [wanted.no for wanted in play.scans] == [1]
    judge(play, ScanVerdict.CLEAN)
    play.restart()
    assert [wanted.no for wanted in play.scans] == [1]
    play.check_store()


def test_without_a_scanner_from_now_on_nobody_waits_for_one(play: Playbook) -> None:
    named(play)
    play.config = Playbook(CONFIG).config
    for client in play.clients.values():
        client.heard.clear()
    play.restart()
    assert play.state.blobs.by_id[Guid(ONE.id)].scan is ScanVerdict.OFF
    assert get(play.connector("web"), ONE) == ONE.data
    play.check_store()
