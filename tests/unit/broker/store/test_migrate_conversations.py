"""A database with conversations of an earlier schema is brought up to date and loses nothing (I-10)."""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, select

from broker.store import Store
from broker.store.message_schema import conversations
from broker.store.schema import metadata
from tests.support.mail import MAIL_FLOOR, Post, the_conversation
from tests.support.old_store import engine_of, make_tables
from tests.support.playbook import Playbook

pytestmark = pytest.mark.slow


def as_of(url: str, schema: str, play: Playbook) -> None:
    """Make the database as an earlier schema had it, with the rows of a script."""
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin():
        make_tables(connection, schema)
        old = MetaData()
        old.reflect(connection)
        with play.store._connection.begin():
            for table in metadata.sorted_tables:
                there = old.tables.get(table.name)
                if there is None:
                    continue
                names = [c.name for c in there.columns if c.name != "seq"]
                found = play.store._connection.execute(select(*(table.c[name] for name in names)))
                rows = [dict(row) for row in found.mappings()]
                if rows:
                    connection.execute(there.insert(), rows)
    engine.dispose()


def test_conversations_that_wait_go_on_with_all_that_they_have_waited(url: str) -> None:
    """B-26: no wait rule was applied to any; what they had waited before counts."""
    play = Playbook(MAIL_FLOOR)
    post = Post(play)
    post.brings("The invoice is wrong")
    key = the_conversation(play).id
    play.wait(30)
    carol = play.agent("carol", "103")
    carol.hears("SC_CONVERSATION_ALERT")
    carol.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    play.wait(5)
    post.brings(RemoteAddress="b@example.org")
    as_of(url, "0007", play)
    play.store.close()
    play.store = Store.open(url, create=False)
    # Nobody kept what the clock of deadlines said of waits, and here it says the same.
    one = play.state.messages.conversations[key]
    assert one.waited_up == one.waited > 0
    play.check_store()
    rows = play.store._connection.execute(select(conversations)).all()
    assert [(row.wait_level, row.further) for row in rows] == [(-1, None)] * 2
    play.store._connection.rollback()
    play.restart()
    play.reload(
        MAIL_FLOOR + '[[wait_rules]]\nfor = "messages"\nlevel = 1\nafter = "31s"\nskill = 0\n'
    )
    carol = play.agent("carol", "103", None)
    carol.says("CS_CONVERSATION_RETURN", ConversationId=key)
    play.wait(1)
    assert play.state.messages.conversations[key].wait_level == 1
    play.check_store()
    play.store.close()
