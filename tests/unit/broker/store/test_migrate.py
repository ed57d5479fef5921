"""A database of the first schema, with a day in it, is brought up to date and loses nothing (I-10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, inspect, select, text

from broker.store import Store
from broker.store.errors import StoreError, StoreUnusableError
from broker.store.schema import HEAD, confirmations, exclusions, metadata
from protocol.values import Guid
from tests.support.mail import MAIL_FLOOR, Post, working
from tests.support.old_store import engine_of, make_old, make_tables
from tests.support.playbook import Playbook
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow

OLD = ("chats", "agents", "chat_events", "sentences", "chat_slots", "agent_events", "offers")
OLDER = (*OLD, "wrapups", "form_results", "decisions")
"""The tables of the first schema; those that others refer to come first."""


def a_day() -> tuple[Playbook, list[Guid]]:
    """Chats in all the states that the first schema knew: in talk, waiting, offered, wrapped up."""
    play = Playbook()
    web, im = play.connector("web"), play.connector("im")
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102")
    chats: list[Guid] = []

    def start(tracking: str, **more: str) -> Guid:
        web.says("ES_CHAT_START", TrackingId=tracking, PartyName="Zoë", **more)
        chats.append(
            next(
                c.id
                for c in play.state.chats.values()
                if c.visitor.tracking_id == tracking and c.is_open
            )
        )
        play.wait(1)
        return chats[-1]

    sold = start("sold", ExtResponse="sales")
    alice.says("CS_CHAT_ANSWER", ChatId=sold)
    alice.says("CS_CHAT_HANGUP", ChatId=sold)  # its wrap-up runs for 20 s
    talk = start("talk")
    for agent in (alice, bob):
        agent.says("CS_CHAT_ANSWER", ChatId=talk)
    web.says("ES_CHAT_SENTENCE", TrackingId="talk", ID="a", Text="Hello \u2603")
    bob.says("CS_CHAT_SENTENCE", ChatId=talk, ID="b", Text="Hello")
    web.says("ES_CHAT_SENTENCE", TrackingId="talk", ID="p", Text="{}", Model=4)
    web.says("ES_CHAT_CONFIRM", TrackingId="talk", ID="b")
    scenario = next(iter(play.config.scenarios))
    web.says("ES_SCENARIO_SAVE", ScenarioId=scenario, ChatId=talk, Activity="x")
    passed = start("passed")
    alice.says("CS_CHAT_HANGUP", ChatId=passed)  # a rejection: she is left out for a while
    start("offered", ExtResponse="sales")
    start("expert", ExtResponse="expert")
    im.says("ES_CHAT_START", TrackingId="stopped", ExtResponse="stop")
    play.wait(2)
    return play, chats


def first_schema(url: str, play: Playbook) -> None:
    """Make the database as the first schema had it, with the rows of the day."""
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin():
        make_tables(connection, "0001")
        old = MetaData()
        old.reflect(connection, only=OLDER)
        with play.store._connection.begin():
            for name in OLDER:
                rows = rows_of(play, old.tables[name])
                assert rows, name
                connection.execute(old.tables[name].insert(), rows)
    engine.dispose()


def rows_of(play: Playbook, old: Table) -> list[dict[str, Any]]:
    """What the first schema would have had of the day in one of its tables."""
    new, read = metadata.tables[old.name], play.store._connection
    order = new.c["seq"] if "seq" in new.c else next(iter(new.primary_key.columns))
    found = select(new).order_by(order)
    if old.name == "sentences":
        confirmed = new.c["seq"] == confirmations.c.sentence
        found = found.add_columns(confirmations.c.at.label("confirmed_at"))
        found = found.select_from(new.outerjoin(confirmations, confirmed))
    rows = [dict(row) for row in read.execute(found).mappings()]
    out = {(r.chat_no, r.agent, r.at) for r in read.execute(select(exclusions))}
    if old.name == "offers":
        for row in rows:
            row["excludes"] = (row["chat_no"], row["agent"], row["ended_at"]) in out
    # Counted by the database itself, or its counter would stand still.
    names = {column.name for column in old.columns} - {"seq"}
    if old.name == "sentences":
        assert {row["confirmed_at"] is None for row in rows} == {True, False}
    if old.name == "offers":
        assert any(row["excludes"] for row in rows)
        assert "mode" not in names
    return [{name: row[name] for name in names} for row in rows]


def test_a_day_of_the_first_schema_goes_on(url: str) -> None:
    """I-10: open chats, who is left out for them, offers and wrap-ups are as they were."""
    play, chats = a_day()
    first_schema(url, play)
    play.store.close()
    play.store = Store.open(url, create=False)
    for desk in play.state.distribution.presences.values():
        desk.login, desk.seated_at = None, 0  # nobody kept that
    play.check_store()
    waiting = play.state.chats[chats[2]]
    assert waiting.exclusions
    play.restart()
    web, bob = play.connector("web"), play.agent("bob", "102")
    play.wait(1)
    bob.says("CS_CHAT_PARK", ChatId=chats[1], IsParked=True)
    web.says("ES_CHAT_SENTENCE", TrackingId="talk", ID="c", Text="Still there?")
    bob.says("CS_CHAT_SENTENCE", ChatId=chats[1], ID="n", Text="Who knows this?", Model=10)
    play.check_store()
    bob.says("CS_CHAT_RETURN", ChatId=chats[1])
    web.says("ES_CHAT_STOP", TrackingId="expert")
    play.wait(60)
    play.check_store()
    play.store.close()


@pytest.fixture
def another(url: str, request: pytest.FixtureRequest) -> str:
    """The address of a second empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"{url}.fresh"
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


def test_a_migrated_database_is_like_a_fresh_one(url: str, another: str) -> None:
    """Tables with rows in them come to the same schema as it is made at once."""
    play, _chats = a_day()
    first_schema(url, play)
    play.store.close()
    Store.open(url, create=False).close()
    fresh = engine_of(another)
    metadata.create_all(fresh)
    fresh.dispose()
    assert schema(url) == schema(another)


def test_conversations_of_an_older_schema_go_on(url: str) -> None:
    """I-10, B-57: what was open is closed under the new one, and wrapped up."""
    wrapped = MAIL_FLOOR.replace('name = "Support"', 'name = "Support"\nwrapup = "20s"', 1)
    play = Playbook(wrapped)
    post, alice = Post(play), play.agent("alice", "101")
    done, aside, talk = (
        working(play, alice, post, RemoteAddress=f"{number}@example.org") for number in range(3)
    )
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=done, Code="Sold")
    alice.says("CS_CONVERSATION_PARK", ConversationId=aside)
    play.wait(20)
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin(), play.store._connection.begin():
        make_tables(connection, "0007")
        old = MetaData()
        old.reflect(connection)
        assert "conversation_wrapups" not in old.tables
        for table in old.sorted_tables:
            known = metadata.tables.get(table.name)
            found = play.store._connection.execute(select(known)) if known is not None else None
            rows = [dict(row) for row in found.mappings()] if found is not None else []
            if rows:
                kept = [{k: v for k, v in row.items() if k != "seq"} for row in rows]
                connection.execute(table.insert(), kept)
    engine.dispose()
    play.store.close()
    play.store = Store.open(url, create=False)
    play.check_store()
    for client in play.clients.values():
        client.heard.clear()
    alice.says("CS_CONVERSATION_CLOSE", 1, ConversationId=talk)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Closed")
    alice.hears("SC_AGENT_STATE", WrapUps=...)
    play.check_store()
    play.restart()
    play.check_store()
    alice = play.agent("alice", "101", None)
    alice.says("CS_CONVERSATION_WRAPUP", 1, ConversationId=talk, Code="Sold")
    alice.hears("SC_AGENT_STATE", 1, WrapUps=None)
    play.check_store()
    assert aside in play.state.messages.conversations
    play.store.close()


ODD = {"a\0": ["\0", 7, None]}


def test_what_no_text_may_hold_any_more_is_mended(url: str) -> None:
    """W-5: old rows with U+0000 are read by clients, and by recovery, as all others are."""
    play, chats = a_day()
    first_schema(url, play)
    play.store.close()
    is_sqlite = url.startswith("sqlite")
    value = ":new" if is_sqlite else "CAST(:new AS JSON)"
    form = {"ScenarioId": next(iter(play.config.scenarios)), "Activity": "a\0b \\u0000"}
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin():
        for column, new in (("form_results SET result", form), ("decisions SET detail", ODD)):
            connection.execute(text(f"UPDATE {column} = {value}"), {"new": json.dumps(new)})
        if is_sqlite:
            connection.exec_driver_sql("UPDATE sentences SET text = 'a' || char(0) || 'b'")
    store = Store.open(url, create=False)
    talk = next(c for c in store.recover(play.config, 0).chats if c.id == chats[1])
    (found,) = talk.forms.results.values()
    assert found.activity == "a\ufffdb \\u0000"
    assert talk.log[0].detail == {"a\ufffd": ["\ufffd", 7, None]}
    if is_sqlite:
        assert {sentence.words.text for sentence in talk.transcript.sentences} == {"a\ufffdb"}
    store.close()
    engine.dispose()


def schema(url: str) -> dict[str, dict[str, Any]]:
    """Everything that the database says of its tables."""
    engine = engine_of(url)
    with engine.connect() as connection:
        asked = inspect(connection)
        found = {
            table: {
                "columns": {
                    c["name"]: (str(c["type"]), c["nullable"], c["default"])
                    for c in asked.get_columns(table)
                },
                "key": asked.get_pk_constraint(table)["constrained_columns"],
                "foreign": by_name(asked.get_foreign_keys(table)),
                "unique": by_name(asked.get_unique_constraints(table)),
                "checks": by_name(asked.get_check_constraints(table)),
                "indexes": by_name(asked.get_indexes(table)),
            }
            for table in asked.get_table_names()
            if table != "alembic_version"
        }
    engine.dispose()
    return found


def by_name(things: Any) -> dict[str, list[str]]:
    """Things by their names, whatever their order."""

    def said(value: Any) -> str:
        if isinstance(value, dict):
            return str({name: str(value[name]) for name in sorted(value)})
        return str(value)

    return {thing["name"]: sorted(f"{k}: {said(v)}" for k, v in thing.items()) for thing in things}


class Witness:
    """Who is told of upgrades, and reads the database beside the store when one has ended well."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: list[tuple[str, ...]] = []

    @contextmanager
    def __call__(self, before: str, after: str) -> Iterator[None]:
        self.told.append(("begins", before, after))
        yield
        engine = engine_of(self.url)
        with engine.connect() as connection:
            seen = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        engine.dispose()
        self.told.append(("ended", str(seen)))


def test_an_upgrade_is_told_of_from_its_begin_until_it_is_committed(url: str) -> None:
    make_old(url, "0003")
    witness = Witness(url)
    Store.open(url, create=False, around=witness).close()
    assert witness.told == [("begins", "0003", HEAD), ("ended", HEAD)]


def test_what_is_no_upgrade_is_not_told_of(url: str) -> None:
    """Neither a database that is made, nor one that is up to date, nor one of a newer version."""
    witness = Witness(url)
    for _ in range(2):
        Store.open(url, around=witness).close()
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreUnusableError, match="newer version"):
        Store.open(url, around=witness)
    assert witness.told == []


def test_an_upgrade_that_fails_has_not_ended(url: str) -> None:
    make_old(url, "0003")
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE confirmations (odd INTEGER)")
    engine.dispose()
    witness = Witness(url)
    with pytest.raises(StoreError):
        Store.open(url, create=False, around=witness)
    assert witness.told == [("begins", "0003", HEAD)]
