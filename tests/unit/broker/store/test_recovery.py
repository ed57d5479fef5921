"""What recovery loads, what it leaves, and by which indexes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from broker.config.model import MINUTE, Config, Gateway, Limits, Secret
from broker.core.broker import restore
from broker.core.chats.transcript import measured_transcript
from broker.core.facts import ChatReopened, Fact, WrapupStarted
from broker.core.invariants import durable
from broker.core.timers import Term, Wrapup
from broker.store import Store, StoreAwayError, StoreUnusableError
from protocol.values import ChatStatus
from tests.support import letters
from tests.support.letters import AT, MAIL, guid
from tests.support.memory_store import memory_store
from tests.support.store_facts import (
    AGENT,
    GATEWAY,
    chat_id,
    confirmed,
    moved,
    offer_ended,
    offered,
    ready,
    said,
    started,
)
from tests.support.store_life import Life

pytestmark = pytest.mark.slow

NOW = 10_000 * MINUTE


def config(inertia: int) -> Config:
    gateway = Gateway(id=GATEWAY, name="web", peer="web", secret=Secret(), tracking_inertia=inertia)
    return Config(gateways={GATEWAY: gateway})


def compare(store: Store, life: Life) -> None:
    """The store equals memory (I-10), exclusions included, which `durable` leaves out."""
    loaded = restore(life.config, store.recover(life.config, life.now), life.now)
    assert durable(loaded) == durable(life.state)
    for no, chat in life.state.chats.items():
        assert loaded.chats[no].exclusions == chat.exclusions
        assert list(loaded.chats[no].forms.results) == list(chat.forms.results)
    assert loaded.next_chat == life.state.next_chat
    assert loaded.next_offer == life.state.next_offer


@pytest.mark.parametrize("seed", range(4))
def test_the_store_equals_memory_after_every_batch(store: Store, seed: int) -> None:
    """I-10."""
    life = Life.of_seed(seed)
    for _ in range(40):
        store.commit(life.batch(1 + life.choose(20)))
        compare(store, life)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False), sizes=st.lists(st.integers(1, 30), max_size=8))
def test_the_store_equals_memory_however_facts_are_batched(
    chance: Random, sizes: list[int]
) -> None:
    """I-10."""
    life = Life(chance.randrange)
    store = memory_store()
    try:
        for size in sizes:
            store.commit(life.batch(size))
            compare(store, life)
    finally:
        store.close()


@pytest.mark.parametrize(
    ("inertia", "closed_ago", "loaded"),
    [
        (0, 10 * MINUTE - 1, True),
        (0, 10 * MINUTE, False),
        (60 * MINUTE, 60 * MINUTE - 1, True),
        (60 * MINUTE, 60 * MINUTE, False),
    ],
)
def test_a_closed_chat_is_loaded_as_long_as_it_lingers(
    store: Store, inertia: int, closed_ago: int, loaded: bool
) -> None:
    """W-21: keys live as long as the chat's record."""
    closed = moved(1, ChatStatus.CLOSED, at=NOW - closed_ago)
    store.commit([started(1), said(1, 1), closed])
    found = store.recover(config(inertia), NOW).chats
    assert [(c.no, len(c.transcript.sentences)) for c in found] == ([(1, 1)] if loaded else [])


def test_a_chat_of_an_unknown_gateway_lingers_ten_minutes(store: Store) -> None:
    store.commit([started(1), moved(1, ChatStatus.CLOSED, at=NOW - 11 * MINUTE)])
    store.commit([started(2), moved(2, ChatStatus.CLOSED, at=NOW - 9 * MINUTE)])
    assert [chat.no for chat in store.recover(Config(), NOW).chats] == [2]


def test_a_wrap_up_brings_its_chat_however_old(store: Store) -> None:
    wrapup = WrapupStarted(chat=chat_id(1), no=1, agent=AGENT, at=5, until=NOW + 5)
    store.commit([ready(), started(1), moved(1, ChatStatus.CLOSED, at=5), wrapup])
    found = store.recover(Config(), NOW)
    assert [chat.no for chat in found.chats] == [1]
    assert found.presences[0].wrapups == {chat_id(1): Wrapup(NOW + 5, Term(5, NOW))}


def reopened(no: int, at: int) -> ChatReopened:
    """A chat was opened again by somebody who says other things of themselves."""
    return ChatReopened(
        chat=chat_id(no),
        no=no,
        at=at,
        party_name="Eva",
        remote_address=None,
        culture="cs",
        user_token="token",
        ext_response="again",
    )


def test_a_reopened_chat_excludes_nobody_any_more(store: Store) -> None:
    missed: list[Fact] = [offered(1, 1, at=5), offer_ended(1, 1, at=9)]
    closed = moved(1, ChatStatus.CLOSED, at=9)
    store.commit([ready(), started(1), *missed, closed])
    store.commit([reopened(1, at=9)])
    assert store.recover(Config(), 9).chats[0].exclusions == {}


def test_a_reopened_chat_is_of_whom_the_new_start_named(store: Store) -> None:
    store.commit([ready(), started(1), moved(1, ChatStatus.CLOSED, at=5), reopened(1, at=9)])
    (chat,) = store.recover(Config(), 9).chats
    assert (chat.visitor.party_name, chat.visitor.remote_address, chat.visitor.culture) == (
        "Eva",
        None,
        "cs",
    )
    assert (chat.visitor.user_token, chat.visitor.ext_response, chat.activity.since) == (
        "token",
        "again",
        9,
    )


def test_a_key_with_two_sentences_is_not_loaded(store: Store) -> None:
    """I-2: the core lets none through; whoever wrote one elsewhere is told, and the chat is named."""
    store.commit([started(1), said(1, 1, "a"), said(1, 2, "a", outbound=True), said(1, 3, "b")])
    assert len(store.recover(Config(), 9).chats[0].transcript.sentences) == 3
    store.commit([started(2), said(2, 1, "a"), said(2, 2, "a")])
    with pytest.raises(StoreUnusableError, match=f"^chat {chat_id(2)} has a sentence ID twice$"):
        store.recover(Config(), 9)


def test_numbers_go_on_after_what_was_ever_used(store: Store) -> None:
    empty = store.recover(Config(), 0)
    assert (empty.next_chat, empty.next_offer) == (1, 1)
    store.commit([ready(), started(7), offered(9, 7), moved(7, ChatStatus.CLOSED, at=1)])
    found = store.recover(Config(), NOW)
    assert (found.chats, found.next_chat, found.next_offer) == ([], 8, 10)


def test_a_transcript_is_weighed_and_not_made(store: Store) -> None:
    """B-12, I-14: of most chats nobody asks what was said before the restart."""
    own = said(1, 3, outbound=True, own=True, agent=None, at=NOW)
    words = [said(1, 1, text='"\n\x01ž', at=9), said(1, 2, outbound=True, at=8), own]
    store.commit([ready(), started(1), *words, confirmed(1, 2)])
    recovered = store.recover(config(0), NOW)
    (chat,) = restore(config(0), recovered, NOW).chats.values()
    stored = chat.transcript.stored
    assert stored is not None
    assert (stored.at, stored.spoken_at, chat.activity.last) == (NOW, 8, 9)
    assert chat.transcript.writers == {AGENT: None}
    weight = chat.transcript.size
    assert [(s.counter, s.words, s.confirmed_at) for s in chat.transcript.sentences] == [
        (f.counter, f.words, 99 if f.counter == 2 else None) for f in words
    ]
    assert {type(s.words.outbound) for s in chat.transcript.sentences} == {bool}
    assert {type(s.words.own) for s in chat.transcript.sentences} == {bool}
    assert chat.transcript.stored is None
    assert weight == measured_transcript(chat)


def test_a_driver_that_fails_while_words_are_read_is_a_store_that_is_away(tmp_path: Path) -> None:
    """B-12: it is tried again."""
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    store.commit([started(1), said(1, 1)])
    store._connection.connection.cursor().execute("ALTER TABLE sentences RENAME TO others")
    with pytest.raises(StoreAwayError, match=r"cannot be read: no such table: sentences"):
        store.recover(Config(), NOW)
    store.close()


def test_recovery_keeps_few_pages_and_leaves_room_for_others(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    sizes = []

    def note(connection: Any, *_: Any) -> None:
        sizes.append(_cache_size(connection))

    store.commit([started(1)])
    event.listen(store._connection, "before_cursor_execute", note)
    store.recover(Config(), NOW)
    begun, *reading = sizes
    assert (begun, set(reading)) == (-65536, {-4096})
    assert _cache_size(store._connection) == -65536
    store.close()


def _cache_size(connection: Any) -> int:
    cursor = connection.connection.cursor()
    size: int = cursor.execute("PRAGMA cache_size").fetchone()[0]
    cursor.close()
    return size


def test_recovery_reads_what_it_loads_and_no_more(tmp_path: Path) -> None:
    """By the query plans: no statement walks a table that grows for ever."""
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    store.commit([ready(), started(7), offered(9, 7)])
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(store._connection, "before_cursor_execute", note)
    store.recover(Config(), NOW)
    walked = set()
    cursor = store._connection.connection.cursor()
    for statement, values in asked:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        if "LIMIT" not in statement:
            walked |= {str(row[3]) for row in cursor.fetchall() if str(row[3]).startswith("SCAN")}
    store.close()
    assert len(asked) > 20
    agents = "SCAN agents USING INDEX sqlite_autoindex_agents_1"  # as many as are configured
    marked = "SCAN spam_addresses"  # as many as people have marked
    talks = "SCAN conversations USING INDEX ix_conversations_open"
    letters = "SCAN messages USING INDEX ix_messages_under_way"
    unnamed = "SCAN blobs USING INDEX ix_blobs_unnamed"
    assert walked == {agents, marked, talks, letters, unnamed} | {
        f"SCAN {table} USING INDEX uq_{table}_{rows}"  # an index of these rows alone
        for rows, tables in {
            "open": (
                "chats",
                "invites",
                "offers",
                "parkings",
                "parties",
                "wrapups",
                "conversation_wrapups",
            ),
            "known": ("contacts",),
        }.items()
        for table in tables
    }


def test_names_are_read_by_gateway_as_many_as_memory_has_of_each(store: Store) -> None:
    """B-50, B-12: a gateway with many messages takes no name of another one's."""
    ours = letters.a_life()
    other = guid(77)
    many = [letters.stored(no, gateway=other) for no in range(3, 6)]
    store.commit([*ours, *many])
    gateways = {key: evolve(letters.GATEWAY, id=key, name=key) for key in (MAIL, other)}
    known = store.recover(Config(message_gateways=gateways, limits=Limits(message_ids=2)), AT)
    assert [(name[0], name[3]) for name in known.messages.known] == [
        (MAIL, guid(101)),
        (MAIL, guid(102)),
        (other, guid(104)),
        (other, guid(105)),
    ]


def test_names_and_keys_are_found_by_indexes_in_order() -> None:
    """By the query plans: the newest are read, and nothing is sorted."""
    store = memory_store()
    plans: dict[str, list[str]] = {}

    def note(connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "FROM messages" in statement and "LIMIT" in statement:
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans[statement] = [str(row[3]) for row in cursor.fetchall()]
            cursor.close()

    event.listen(store._connection, "before_cursor_execute", note)
    store.recover(Config(message_gateways={MAIL: letters.GATEWAY}), AT)
    store.close()
    assert sorted(steps[0] for steps in plans.values()) == [
        "SCAN messages USING INDEX ix_messages_keys",
        "SEARCH messages USING INDEX ix_messages_known (gateway=?)",
    ]
    assert not any("TEMP B-TREE" in step for steps in plans.values() for step in steps)
