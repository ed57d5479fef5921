"""docs/store.md holds: every table and cause is in it, and its questions have answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from broker.core.facts import AgentMoved, ChatMoved, DecisionLogged, OfferMade
from broker.store import Store
from broker.store.schema import metadata
from protocol.values import Guid
from tests.support.passing_chat import Scene

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[4] / "docs" / "store.md").read_text(encoding="utf-8")
QUERIES = [
    query.strip()
    for block in re.findall(r"```sql\n(.*?)```", PAGE, flags=re.DOTALL)
    for query in block.split(";")
    if query.strip()
]
CONTACT = "11111111-1111-4111-8111-111111111111"
ID = re.compile(r"'[0-9a-f-]{36}'")


def a_scene() -> Scene:
    """One in which something of everything happens."""
    scene = Scene()
    play, web = scene.play, scene.web
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    robot = play.agent("robot", "104")
    sue = play.agent("sue", "103")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER", 10)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="1", Text="Hello")
    bob.says("CS_AGENT_STATE", State="Ready")
    form = next(iter(play.config.scenarios))
    scene.says(alice, "CS_SCENARIO_SAVE", ScenarioId=form, ContactId=CONTACT)
    scene.says(alice, "CS_CHAT_PARK", 30, IsParked=True)
    scene.says(alice, "CS_CHAT_PARK", IsParked=False)
    for mode, seconds in (("Consult", 5), ("Transfer", 20)):
        frame = "CS_CHAT_TRANSFER" if mode == "Transfer" else "CS_CHAT_INVITE"
        scene.says(alice, frame, 2, ToAgentId=scene.id("bob"), Mode=mode)
        scene.says(bob, "CS_CHAT_ANSWER", seconds)
        if mode == "Consult":
            scene.says(bob, "CS_CHAT_LEAVE")
    for tracking, start in (("b1", "bot"), ("e1", "expert")):
        web.says("ES_CHAT_START", TrackingId=tracking, ExtResponse=start)
    play.wait(1)
    chat = next(c.id for c in play.state.chats.values() if c.visitor.tracking_id == "b1")
    robot.says("CS_CHAT_ANSWER", ChatId=chat)
    robot.says("CS_CHAT_TRANSFER", ChatId=chat)
    play.wait(90)
    sue.says("CS_AGENT_STATE", AgentId=scene.id("bob"), State="LogOff")
    return scene


def test_every_question_has_an_answer(url: str) -> None:
    """I-10: what the page asks can be asked, on both databases, and finds what happened."""
    scene = a_scene()
    store = Store.open(url)
    store.commit([fact for fact in scene.play.facts if fact.durable])
    answers: list[list[tuple[Any, ...]]] = []
    with store._connection.begin():
        for query in QUERIES:
            asked = ID.sub(f"'{scene.chat}'", query)
            found = [tuple(row) for row in store._connection.exec_driver_sql(asked)]
            assert found, query
            answers.append(found)
    store.close()
    alice, bob = scene.id("alice"), scene.id("bob")
    had = next(a for a, q in zip(answers, QUERIES, strict=True) if "e.cause, e.project" in q)
    assert [row[1:3] for row in had] == [(alice, "answered"), (bob, "transferred")]
    (parked,) = next(a for a, q in zip(answers, QUERIES, strict=True) if "FROM parkings" in q)
    assert (parked[0], parked[1], float(parked[2])) == (alice, 1, 30.0)
    asked_for = next(a for a, q in zip(answers, QUERIES, strict=True) if "FROM invites" in q)
    assert {row[:4] for row in asked_for} == {
        (alice, "Consult", "answered", 1),
        (alice, "Transfer", "answered", 1),
    }
    assert answers[-1][0][1:4] == (Guid(scene.id("sue")), bob, "LogOff")
    bots = next(a for a, q in zip(answers, QUERIES, strict=True) if "'ICR'" in q)
    assert bots == [("Waiting", "bot_done", 1)]


def test_every_table_is_there() -> None:
    missing = [name for name in metadata.tables if f"| `{name}` |" not in PAGE]
    assert missing == []


def test_every_column_that_is_named_exists() -> None:
    for name, table in metadata.tables.items():
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        plain = re.sub(r"\([^)]*\)", "", line.split("|")[3])
        assert set(re.findall(r"`(\w+)`", plain)) <= set(table.columns.keys()), name


def test_causes_and_kinds_that_happen_are_there() -> None:
    """What a scene of everything writes down has its word on the page."""
    words: set[str] = set()
    for fact in a_scene().play.facts:
        match fact:
            case ChatMoved() | AgentMoved():
                words.add(fact.cause)
            case OfferMade():
                words.add(fact.mode)
            case DecisionLogged():
                words.add(fact.kind)
            case _:
                pass
    assert len(words) > 12
    assert {word for word in words if f"`{word}`" not in PAGE} == set()
