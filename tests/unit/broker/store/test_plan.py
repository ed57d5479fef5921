"""How a batch becomes statements."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from broker.core.facts import Fact
from broker.store.commands import SIZES, size_for
from broker.store.plan import plan
from broker.store.rows import COMMANDS, CONFIRM, RECORDS
from protocol.values import ChatStatus
from tests.support.memory_store import memory_store
from tests.support.store_facts import moved, offered, ready, said, started
from tests.support.store_life import Life


def life_of(no: int) -> list[Fact]:
    return [
        started(no),
        moved(no, ChatStatus.WAITING),
        moved(no, ChatStatus.ALERTING),
        offered(no, no),
        said(no, 1),
    ]


def test_a_hundred_chats_need_as_many_statements_as_one() -> None:
    many = [fact for no in range(1, 101) for fact in life_of(no)]
    assert [step.command for step in plan(many)] == [step.command for step in plan(life_of(1))]


def test_chats_of_one_visitor_take_turns() -> None:
    turns: list[Fact] = []
    for no in range(1, 4):
        turns += [started(no, "same"), moved(no, ChatStatus.CLOSED)]
    names = [step.command.columns[1] for step in plan(turns) if step.command.columns[0] == "no"]
    assert names == ["id", "status"] * 3


def test_every_row_of_every_fact_is_in_the_plan() -> None:
    life = Life.of_seed(1)
    facts = life.batch(400)
    rows = sum(step.rows for step in plan(facts))
    wanted = sum(len(list(RECORDS[type(f)](f))) if type(f) in RECORDS else 1 for f in facts)
    assert rows == wanted


def test_nothing_to_do_is_no_statement() -> None:
    assert plan([]) == []
    assert [step.rows for step in plan([ready()])] == [1, 1]


@pytest.mark.parametrize("rows", [1, 2, 64])
def test_a_confirmation_is_entered_by_looking_its_sentence_up(rows: int) -> None:
    """However many sentences there are, and in the order in which the confirmations came."""
    store = memory_store()
    cursor = store._connection.connection.cursor()
    text = CONFIRM.sql(store._connection.dialect, rows)
    cursor.execute(f"EXPLAIN QUERY PLAN {text}", [None] * (len(CONFIRM.columns) * rows))
    steps = [str(row[3]) for row in cursor.fetchall()]
    looked_up = [step for step in steps if "sentences" in step]
    (step,) = looked_up
    assert step.startswith("SEARCH sentences USING"), steps
    assert step.endswith("(chat_no=? AND counter=?)"), steps
    cursor.close()
    store.close()


def test_any_number_of_rows_is_written_by_few_statements_with_little_padding() -> None:
    for rows in range(1, SIZES[-1] + 1):
        left, sizes = rows, list[int]()
        while left > 0:
            sizes.append(size_for(left))
            left -= sizes[-1]
        assert len(sizes) <= 4, rows
        assert rows <= sum(sizes) <= rows * 1.25, rows
    assert size_for(10 * SIZES[-1]) == SIZES[-1]


def test_the_largest_statement_fits_the_databases() -> None:
    """SQLite takes 32,766 parameters at most, PostgreSQL 65,535."""
    assert max(len(command.columns) for command in COMMANDS) * SIZES[-1] <= 32_766


@pytest.mark.parametrize("rows", [1, 2])
def test_every_command_is_good_sql(rows: int) -> None:
    """SQLite prepares each; PostgreSQL's text differs by casts and markers only."""
    store = memory_store()
    elsewhere = create_engine("postgresql+psycopg://", paramstyle="format")
    cursor = store._connection.connection.cursor()
    for command in COMMANDS:
        text = command.sql(store._connection.dialect, rows)
        cursor.execute(f"EXPLAIN {text}", [None] * (len(command.columns) * rows))
        twin = command.sql(elsewhere.dialect, rows)
        assert twin.count("%s") == text.count("?")
        assert twin.count("CAST(") == len(command.columns)
    cursor.close()
    store.close()
