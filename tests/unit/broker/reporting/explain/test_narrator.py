"""`parley explain` over a day that the real core played (B-30)."""

from __future__ import annotations

import io
import json
import sqlite3
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from broker.core.facts.causes import DecisionKind
from broker.core.facts.details import LimitReached, Refused
from broker.reporting.explain import wording
from broker.reporting.explain.chat_rows import ChatRows, chat_rows
from broker.reporting.explain.command import as_json, as_text, explain_main
from broker.reporting.explain.narrator import Narrator
from broker.reporting.explain.wording import refusal
from broker.reporting.source import Source, reading, source_of
from tests.support.center import Day, a_day
from tests.support.playbook import CONFIG, Playbook


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """The day."""
    return a_day(tmp_path)


def explain(day: Day, chat: str, *more: str, store: str | None = None) -> str:
    """What the command prints."""
    out = io.StringIO()
    argv = [chat, "--store", store or str(day.config), *more]
    assert explain_main(argv, out, clock=day.end) == 0
    return out.getvalue()


def story(day: Day, chat: str, *more: str) -> list[str]:
    """The sentences, without their times."""
    found = json.loads(explain(day, chat, "--json", *more))
    return [entry["text"] for entry in found["story"]]


def test_why_this_agent(day: Day) -> None:
    """B-30: the rule, the choice, the answer."""
    assert story(day, day.chats["t1"]) == [
        "The chat began on gateway Web chat, visitor t1.",
        (
            "No gate rule matched. Project rule of rank 40 matched: project Support, any language, "
            "skill 1 or more, priority 0."
        ),
        "Offered to Alice Novak: the only candidate. Passed over: Bob (in state Pause).",
        "Alice Novak answered after 4.0 s.",
        "Closed by the agent; Alice Novak had it.",
    ]


def test_why_so_long(day: Day) -> None:
    """B-30: each offer with its end, each wait with its reasons, in order of time."""
    assert story(day, "web/t2")[2:] == [
        "Offered to Alice Novak: the only candidate. Passed over: Bob (in state Pause).",
        "Alice Novak did not answer within 30.0 s.",
        (
            "Nobody could take it. Passed over: Alice Novak (let this chat go shortly before); "
            "Bob (in state Pause). It had waited 30.0 s, alone."
        ),
        (
            "Offered to Bob: the only candidate. It had waited 1:06, as one of 2 chats. "
            "Passed over: Alice Novak (in state Pause)."
        ),
        "Bob rejected the offer after 12.0 s.",
        (
            "Nobody could take it. Passed over: Bob (let this chat go shortly before); "
            "Alice Novak (in state Pause). It had waited 1:18, as one of 2 chats."
        ),
        (
            "Offered to Bob: the only candidate. It had waited 1:48, as one of 2 chats. "
            "Passed over: Alice Novak (in state Pause)."
        ),
        "Bob did not answer within 30.0 s.",
        (
            "Nobody could take it. Passed over: Alice Novak (in state Pause); Bob (in state Pause). "
            "It had waited 2:18, as one of 2 chats."
        ),
    ]
    text = explain(day, "web/t2")
    assert "offered         1:12, 3 times" in text
    assert "waiting         1:46, 4 times so far" in text


def test_why_not_me(day: Day) -> None:
    """B-30: an agent who was passed over, and one who does not qualify."""
    assert story(day, "web/t1", "--agent", "bob") == [
        "The chat was offered to Alice Novak; Bob was passed over: in state Pause."
    ]
    told = story(day, "web/t5", "--agent", "alice")
    assert told[0] == (
        "The chat was not offered; Alice Novak does not qualify: skill 50 in Support, "
        "asked for 60 (as configured now)."
    )
    alice = source_of(str(day.config)).config
    assert alice is not None
    same = story(day, "web/t5", "--agent", alice.agent_by_login["alice"].id)
    assert same == told


def test_why_not_me_without_a_configuration(day: Day) -> None:
    """What the agent lacked is not known then, only that they did not qualify."""
    source = source_of(str(day.config))
    assert source.config is not None
    alice = source.config.agent_by_login["alice"].id
    text = explain(day, day.chats["t5"], "--agent", alice, store=day.url)
    assert (
        f"The chat was not offered; {alice} lacked the project, the language or the skill." in text
    )


def test_an_agent_whom_nothing_concerns_is_told_so(day: Day) -> None:
    text = explain(day, day.chats["t3"], "--agent", "bob")
    assert "Nothing in it concerns this agent." in text


def test_a_refusal_names_its_rule(day: Day) -> None:
    assert story(day, "Web chat/t3")[1:] == [
        "Refused by gate rule of rank 10.",
        "Closed by a rule.",
    ]


def test_a_refusal_by_a_full_queue_says_how_full(day: Day) -> None:
    """B-27."""
    source = source_of(str(day.config))
    assert source.config is not None
    rule = source.config.gate_rules[0].id
    by = "Refused by gate rule of rank 10"
    said = refusal(source, Refused(rule=rule, limit=LimitReached(waiting=2)))
    assert said == f"{by}: 2 chats waited, and no more may."
    said = refusal(source, Refused(rule=rule, limit=LimitReached(wait=121_000_000)))
    assert said == f"{by}: the wait was 2:01, longer than it may be."


def test_without_a_configuration_ids_are_shown(day: Day) -> None:
    text = explain(day, day.chats["t1"], store=day.url)
    source = source_of(str(day.config))
    assert source.config is not None
    assert f"Offered to {source.config.agent_by_login['alice'].id}: the only candidate." in text
    assert "Alice" not in text


def test_json_has_the_decisions_as_they_were_logged(day: Day) -> None:
    found = json.loads(explain(day, day.chats["t1"], "--json"))
    offered = next(entry for entry in found["story"] if entry["what"] == "offered")
    assert offered["decision"]["reasons"] == {"state Pause": 1}
    assert [(phase["status"], phase["seconds"]) for phase in found["phases"]] == [
        ("Pilot", 0.0),
        ("Waiting", 0.0),
        ("Alerting", 4.0),
        ("Answered", 161.0),
    ]


def test_no_such_chat_is_said(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    for chat in ("0b54b5c6-5f3e-4a53-8d6c-0a7a3c5d8f10", "web/nobody"):
        assert explain_main([chat, "--store", str(day.config)], io.StringIO()) == 1
        assert capsys.readouterr().err == f"parley explain: there is no chat {chat}\n"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("t1",), "is neither a ChatId nor GATEWAY/TRACKINGID"),
        (("moon/t1",), "there is no gateway 'moon'"),
        (("web/t1", "--agent", "nobody"), "there is no agent 'nobody'"),
    ],
)
def test_what_cannot_be_looked_up_is_refused(
    day: Day, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    assert explain_main([*argv, "--store", str(day.config)], io.StringIO()) == 2
    assert words in capsys.readouterr().err
    assert explain_main([*argv, "--store", day.url], io.StringIO()) == 2
    assert "parley explain: " in capsys.readouterr().err


def played(play: Playbook, chat: str, about: str | None = None) -> list[str]:
    """The story of a chat of a play."""
    source = Source("", play.config)
    with play.store._connection.begin():
        found = chat_rows(play.store._connection, source, chat)
    return [entry.text for entry in Narrator(source, found, about).tell()]


def test_the_first_of_several_candidates() -> None:
    """B-21: more free slots come first, then who had the chat before; and the second is told."""
    play = Playbook(CONFIG.replace("max_chats = 1\n", "max_chats = 2\n"))
    web = play.connector("web")
    alice = play.agent("alice", "101")
    web.says("ES_CHAT_START", TrackingId="t1")
    chat = next(iter(play.state.chats))
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    play.agent("bob", "102").says("CS_AGENT_STATE", State="Ready")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    play.wait(60)
    web.says("ES_CHAT_START", TrackingId="t1")
    alice.leaves()
    play.wait(31)
    bob = play.config.agent_by_login["bob"].id
    told = played(play, chat)
    assert "The visitor wrote again: the chat was reopened." in told
    assert any("(Alice Novak, Bob): had this chat before." in text for text in told)
    assert "The workplace of Alice Novak was lost 0.0 s after the offer." in told
    theirs = played(play, chat, bob)
    assert theirs[0].endswith("; Bob was passed over: not connected.")
    assert "had this chat before; Bob was number 2." in theirs[1]
    assert theirs[2] == "Offered to Bob: the only candidate."


def test_a_wrapup_and_a_standing_offer_are_told() -> None:
    play = Playbook()
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="sales")
    chat = next(iter(play.state.chats))
    assert played(play, chat)[-1] == "The offer to Alice Novak at workplace 101 stands for 30.0 s."
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    play.wait(5)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    assert played(play, chat)[-1] == "Alice Novak wraps up until 20.0 s later."
    play.wait(21)
    assert played(play, chat)[-1] == "Alice Novak wrapped up for 20.0 s (expired)."


def test_what_this_version_does_not_know_is_told_as_it_is(day: Day) -> None:
    """Kinds, causes and outcomes of a later version do not stop the story."""
    source = source_of(str(day.config))
    with reading(day.url) as connection:
        found = chat_rows(connection, source, "web/t2")

    def strange(row: Any, **changes: Any) -> dict[str, Any]:
        return {**row, **changes}

    odd = evolve(
        found,
        decisions=tuple(strange(row, kind="moved", detail={}) for row in found.decisions),
        offers=tuple(strange(row, outcome="consulted") for row in found.offers),
        events=tuple(strange(row, status="Parked", cause="parked") for row in found.events),
    )
    told = [entry.text for entry in Narrator(source, odd).tell()]
    assert told.count("Decided: moved.") == len(found.decisions)
    assert "Status Parked (parked)." in told


def test_a_decision_without_words_of_its_own_is_told_with_what_it_holds() -> None:
    assert wording.other("named", {"name": "Vera", "by": None}) == "Decided: named (name Vera)."
    assert wording.other("named", {"by": None}) == "Decided: named."


@pytest.mark.parametrize("kind", DecisionKind)
def test_every_kind_of_decision_is_told_in_words_of_its_own(day: Day, kind: DecisionKind) -> None:
    """B-30: none falls through to what is said of a later version's."""
    source = source_of(str(day.config))
    with reading(day.url) as connection:
        found = chat_rows(connection, source, "web/t2")
    row = {**found.decisions[0], "kind": kind.value, "detail": {}}
    told = [e.text for e in Narrator(source, evolve(found, decisions=(row,))).tell()]
    assert not any(text.startswith("Decided:") for text in told)


def many(found: ChatRows) -> ChatRows:
    """A decision whose log could not name everybody."""
    detail = {
        "candidates": ["a"],
        "passed_over": [{"agent": f"p{n}", "reason": "away"} for n in range(20)],
        "reasons": {"away": 30, "no free slot": 5},
        "not_qualified": 2,
        "waited": 0,
        "waiting": 1,
    }
    offered = next(row for row in found.decisions if row["kind"] == "offered")
    return evolve(found, decisions=({**offered, "detail": detail},))


def test_the_passed_over_beyond_the_named_ones_are_counted(day: Day) -> None:
    with reading(day.url) as connection:
        found = many(chat_rows(connection, Source(day.url), day.chats["t1"]))
    told = next(e for e in Narrator(Source(day.url), found).tell() if e.what == "offered").text
    assert "more: 10 not connected, 5 no free slot." in told
    assert told.endswith("2 agents lack the project, the language or the skill.")
    theirs = next(iter(Narrator(Source(day.url), found, "somebody").tell())).text
    assert theirs.endswith("the log, which names few, says nothing of somebody.")


def test_nothing_that_commands_a_terminal_is_printed(tmp_path: Path) -> None:
    day = a_day(tmp_path)
    with sqlite3.connect(day.url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE chats SET tracking_id = 't\x1b[2Jx' WHERE tracking_id = 't1'")
    connection.close()
    text = explain(day, day.chats["t1"])
    assert "\x1b" not in text
    assert "visitor t\N{REPLACEMENT CHARACTER}[2Jx" in text


def test_the_last_chat_needs_no_name(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    assert explain_main(["--last", "--store", str(day.config)], out, clock=day.end) == 0
    assert day.chats["t5"] in out.getvalue().splitlines()[0]
    with pytest.raises(SystemExit):
        explain_main(["--last", day.chats["t1"], "--store", str(day.config)])
    with pytest.raises(SystemExit):
        explain_main(["--store", str(day.config)])
    assert "one of the arguments CHAT --last is required" in capsys.readouterr().err


def test_what_goes_on_in_another_chat_names_it() -> None:
    """B-2: the link of a full chat and the one that goes on from it, from either end."""
    play = Playbook("[limits]\nframe_bytes = 131072\n" + CONFIG)
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    for number in range(5):
        text = "x" * 20_000
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=f"f{number}", Text=text)
    web.says("ES_CHAT_START", TrackingId="t1")
    source = Source("", play.config)
    full, later = play.state.chats
    shown = {}
    for chat in (full, later):
        with play.store._connection.begin():
            found = chat_rows(play.store._connection, source, chat)
        told = list(Narrator(source, found).tell())
        shown[chat] = as_text(source, found, told, UTC, play.now).splitlines()[1]
        links = json.loads(as_json(source, found, told, UTC, play.now))
        assert links["earlier_chat"] == (full if chat == later else None)
        assert links["later_chat"] == (later if chat == full else None)
    assert shown == {
        full: f"It was full, and goes on in chat {later}.",
        later: f"It goes on from chat {full}, which was full.",
    }
