"""What a commit writes, and that a broken law writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from broker.config.model import Config
from broker.core.facts import EntrySettled, Fact
from broker.core.state import Chat
from broker.store import CommitError, RowRefusedError, Store, StoreError
from protocol.values import ChatStatus
from tests.support.store_facts import (
    chat_id,
    confirmed,
    moved,
    offer_ended,
    offered,
    ready,
    said,
    started,
)


def chats(store: Store) -> dict[int, Chat]:
    return {chat.no: chat for chat in store.recover(Config(), 1000).chats}


def test_a_sentence_comes_back_as_it_was_said(store: Store) -> None:
    store.commit([started(1), said(1, 1), said(1, 2, outbound=True), confirmed(1, 1, at=7)])
    first, second = chats(store)[1].transcript.sentences
    assert (first.words.text, first.words.id, first.words.outbound, first.confirmed_at) == (
        "text 1",
        "key-1",
        False,
        7,
    )
    assert (second.counter, second.words.outbound, second.confirmed_at) == (2, True, None)


def test_a_large_batch_is_split_into_statements_without_losing_a_row(store: Store) -> None:
    sentences = [said(1, counter) for counter in range(1, 3_334)]
    store.commit([started(1), *sentences, *(confirmed(1, s.counter) for s in sentences)])
    found = chats(store)[1].transcript.sentences
    assert [s.counter for s in found] == list(range(1, 3_334))
    assert all(s.confirmed_at == 99 for s in found)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 127, 128, 129, 193, 1023, 1024, 1025])
def test_padding_adds_no_row(store: Store, rows: int) -> None:
    store.commit([started(no) for no in range(1, rows + 1)])
    assert list(chats(store)) == list(range(1, rows + 1))


def test_what_is_not_durable_is_passed_over(store: Store) -> None:
    store.commit([])
    store.commit([EntrySettled(chat_id(1))])
    store.commit([EntrySettled(chat_id(1)), started(1)])
    assert list(chats(store)) == [1]


BROKEN = {
    "a counter twice": [said(1, 1, "other")],
    "a counter twice in one batch": [said(1, 2, "a"), said(1, 2, "b")],
    "a counter of 0": [said(1, 0)],
    "a sentence of no chat": [said(9, 1)],
    "a chat's number twice": [started(1, "elsewhere")],
    "a second open chat of a visitor": [started(2, "visitor-1")],
    "a second open offer": [ready(), offered(2, 1)],
    "an offer that nobody made ends": [offer_ended(7, 1)],
    "an offer ends twice": [offer_ended(1, 1), offer_ended(1, 1)],
    "a confirmation of nothing": [confirmed(1, 2)],
    "a second confirmation": [said(1, 2), confirmed(1, 2), confirmed(1, 2)],
    "a move of no chat": [moved(9, ChatStatus.WAITING)],
}


@pytest.mark.parametrize("facts", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_law_leaves_nothing_of_the_batch(store: Store, facts: Sequence[Fact]) -> None:
    """I-2, I-3, I-6: by the schema; a bug ends in a refused commit."""
    store.commit([started(1), said(1, 1), ready(), offered(1, 1)])
    before = store.recover(Config(), 1000)
    with pytest.raises(CommitError):
        store.commit([started(5), said(5, 1), moved(1, ChatStatus.WAITING), *facts])
    assert store.recover(Config(), 1000) == before


def test_after_a_failure_nothing_more_is_taken(store: Store) -> None:
    """I-11: an update that finds no row means that memory and store differ."""
    store.commit([started(1)])
    with pytest.raises(CommitError, match="confirmations: 1 rows to write, 0 found") as caught:
        store.commit([confirmed(1, 1)])
    assert not isinstance(caught.value, RowRefusedError)
    with pytest.raises(CommitError, match="failed before"):
        store.commit([started(2)])
    assert list(chats(store)) == [1]


REFUSED: dict[str, Fact] = {
    "a constraint": said(1, 1),
    "half a surrogate pair": said(1, 2, text="\ud800"),
    "a number that is too large": said(1, 2, time_sent=1 << 70),
}


@pytest.mark.parametrize("fact", REFUSED.values(), ids=REFUSED.keys())
def test_a_row_that_is_refused_is_found_and_the_store_goes_on(store: Store, fact: Fact) -> None:
    """I-11: nothing of the batch is there, and nothing stays of the search either."""
    store.commit([started(1), said(1, 1)])
    parts: list[list[Fact]] = [[said(1, 2, "two")], [], [started(2), fact], [said(1, 3)]]
    with pytest.raises(RowRefusedError, match="a row was refused: "):
        store.commit([f for part in parts for f in part])
    assert store.find_refused(parts) == 2
    del parts[2]
    assert store.find_refused(parts) is None
    assert [s.counter for s in chats(store)[1].transcript.sentences] == [1]
    store.commit([f for part in parts for f in part])
    assert [s.counter for s in chats(store)[1].transcript.sentences] == [1, 2, 3]


def test_a_search_that_fails_fails_the_store(store: Store) -> None:
    store.commit([started(1)])
    with pytest.raises(StoreError, match="cannot be looked through"):
        store.find_refused([[said(1, 1)], [confirmed(1, 2)]])
    with pytest.raises(CommitError, match="failed before"):
        store.commit([said(1, 1)])


def test_the_reason_of_a_refusal_never_tells_what_was_written(store: Store) -> None:
    """No line of the log has the text of a sentence."""
    store.commit([started(1), said(1, 1)])
    with pytest.raises(RowRefusedError) as caught:
        store.commit([said(1, 1, text="a secret")])
    assert "secret" not in str(caught.value)
    assert "sentences" in str(caught.value)


def test_a_confirmation_before_its_time_is_not_forgotten(store: Store) -> None:
    """A sentence and its confirmation in one batch, and in two."""
    store.commit([started(1), said(1, 1), said(1, 2), confirmed(1, 1, at=5)])
    store.commit([confirmed(1, 2, at=6), said(1, 3), confirmed(1, 3, at=7)])
    assert [s.confirmed_at for s in chats(store)[1].transcript.sentences] == [5, 6, 7]


def test_a_visitor_who_comes_back_in_the_same_batch_has_one_open_chat(store: Store) -> None:
    gone: list[Fact] = [moved(1, ChatStatus.CLOSED, at=5), started(2, "visitor-1")]
    store.commit([started(1), *gone, moved(2, ChatStatus.CLOSED, at=6), started(3, "visitor-1")])
    found = chats(store)
    assert {no: chat.status for no, chat in found.items()} == {
        1: ChatStatus.CLOSED,
        2: ChatStatus.CLOSED,
        3: ChatStatus.PILOT,
    }


def test_offers_that_follow_each_other_in_one_batch_keep_their_order(store: Store) -> None:
    store.commit([started(1), ready()])
    rounds: list[Fact] = []
    for offer in range(1, 4):
        rounds += [moved(1, ChatStatus.ALERTING), offered(offer, 1)]
        rounds += [offer_ended(offer, 1, at=60 + offer), moved(1, ChatStatus.WAITING)]
    store.commit([*rounds, moved(1, ChatStatus.ALERTING), offered(4, 1)])
    chat = chats(store)[1]
    assert (chat.status, chat.offer and chat.offer.number) == (ChatStatus.ALERTING, 4)
    assert list(chat.exclusions.values()) == [63]


def test_a_full_disk_fails_the_commit_and_leaves_nothing_of_it() -> None:
    store = Store.open("sqlite://")
    store.commit([started(1)])
    cursor = store._connection.connection.cursor()
    cursor.execute("PRAGMA page_count")
    ((pages,),) = cursor.fetchall()
    cursor.execute(f"PRAGMA max_page_count = {pages + 5}")
    cursor.close()
    with pytest.raises(CommitError, match="full"):
        store.commit([said(1, counter) for counter in range(1, 2_000)])
    assert chats(store)[1].transcript.sentences == []
    store.close()


@pytest.mark.parametrize(
    "text", ["", "Zo\u00eb \u2603 \U0001f600", "a 'quote', a \"quote\"", "%s ? :no"]
)
def test_texts_come_back_letter_by_letter(store: Store, text: str) -> None:
    store.commit([started(1), said(1, 1, text=text, party_name=text)])
    (sentence,) = chats(store)[1].transcript.sentences
    assert (sentence.words.text, sentence.words.party_name) == (text, text)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_several_outbound_chats_begin_in_one_batch(store: Store, number: int) -> None:
    """I-11: also when what is written of each is a single value, and the statement has room for more."""
    store.commit([evolve(started(no), outbound=True) for no in range(1, number + 1)])
    assert len(store.recover(Config(), 9).chats) == number
