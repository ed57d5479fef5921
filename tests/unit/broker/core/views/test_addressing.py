"""Who may do what with a chat, and who reads it: every frame, from everybody, at every moment (I-15).

`addressing.toml` is the matrix: for each frame that a client sends what comes of it, and for whom. A frame
that is new to the catalogue fails here until somebody has said what it gives to whom.
"""

from __future__ import annotations

import tomllib
from copy import deepcopy
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from broker.core.inputs import FrameArrived
from protocol.catalogue import CATALOGUE
from protocol.frame import Frame
from tests.support.playbook import Client
from tests.support.positions import POSITIONS, SECRET, Cast, members_of, position

MATRIX: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("addressing.toml").read_text("utf-8")
)
REST = ["the others"]
FRAMES = [spec.type for spec in CATALOGUE.values() if spec.sender in ("connector", "workplace")]
OF_AN_ADDRESS = ("ES_WS_ROUTING", "ES_SL_GETGATEWAYS")
"""Frames whose payload is a gateway's address."""

READERS = frozenset(
    {
        *(
            f"{part}, {moment}"
            for part in ("owner", "consulted", "in conference", "monitor", "connector")
            for moment in ("answered", "closed")
        ),
        *(f"{part}, parked" for part in ("owner", "in conference", "connector")),
        *(
            f"connector, {moment}"
            for moment in ("waiting", "alerting", "with the bot", "ended waiting")
        ),
        "bot, with the bot",
        "bot, ended with the bot",
        "owner, reopened",
        "owner, unbound",
    }
)
"""Who may read what was said: whoever is in the chat, or was in it at its end, and its connector."""
OF_NO_CHAT = frozenset({"CS_AGENT_STATE", "CS_BLOB_PUT", "CS_CHAT_OPEN", "ES_CHAT_OPEN"})


@cache
def played(name: str) -> tuple[Cast, str, Client]:
    """A position, played once; each frame gets a copy of the state."""
    cast, chat, who = position(name)
    cast.play.store.close()
    cast.play.store = SimpleNamespace(commit=lambda facts: None)  # type: ignore[assignment]  # nothing is kept
    return cast, chat, who


@cache
def tried(name: str, frame: str) -> tuple[str, bool, list[Any]]:
    """Send a frame from a position: what comes of it, whether a secret was heard, and the facts."""
    cast, chat, who = played(name)
    play = cast.play
    before = play.state
    play.state = deepcopy(before, {id(before.config): before.config})
    play.facts = []
    for client in play.clients.values():
        client.heard.clear()
    try:
        if frame in OF_AN_ADDRESS:
            play.put(FrameArrived(who.number, Frame(frame, "web", {"Id": 1})))
        else:
            who.says(frame, 1, **members_of(cast, frame, chat))
    finally:
        play.state = before
    answers = [(type_, said) for type_, said, re, _ in who.heard if re == 1]
    assert len(answers) <= 1, answers
    heard = SECRET in str([(type_, said) for type_, said, _, _ in who.heard])
    return _called(answers), heard, [fact for fact in play.facts if fact.durable]


def _called(answers: list[tuple[str, Any]]) -> str:
    """An answer in one word."""
    if not answers:
        return "nothing"
    ((type_, said),) = answers
    if type_ == "SYS_ERROR":
        return str(said["Code"])
    if type_.endswith("_CHAT_STATUS"):
        return "whole" if "Sentences" in said else "named" if len(said) == 3 else "status"
    return {"SYS_ACK": "acknowledged"}.get(type_, "answer")


def expected(frame: str, name: str) -> str:
    """What the matrix says of a frame from a position."""
    row = MATRIX[frame]
    named = [what for what, who in row.items() if any(fnmatchcase(name, one) for one in who)]
    (what,) = named or [what for what, who in row.items() if who == REST]
    return what


def test_the_matrix_has_every_frame_and_only_those() -> None:
    """I-15: a frame that is new to the catalogue has no entry, and fails here."""
    assert sorted(MATRIX) == sorted(FRAMES)
    for frame, row in MATRIX.items():
        named = [name for who in row.values() for name in who if who != REST]
        assert all(any(fnmatchcase(each, name) for each in POSITIONS) for name in named), frame
        assert list(row.values()).count(REST) <= 1


@pytest.mark.parametrize("name", POSITIONS, scope="module")
def test_everybody_gets_what_the_matrix_says(name: str) -> None:
    """I-15: each frame that somebody sends gives them what they may have, and no more."""
    for frame in FRAMES:
        assert tried(name, frame)[0] == expected(frame, name), (name, frame)


@pytest.mark.parametrize("name", POSITIONS, scope="module")
def test_only_who_is_or_was_in_it_at_its_end_reads_a_chat(name: str) -> None:
    """B-8, B-29, I-15: whoever handed it over, gave it back or left hears no later word of it."""
    for frame in FRAMES:
        answer, heard, facts = tried(name, frame)
        joins = (name, frame) == ("alerted, alerting", "CS_CHAT_ANSWER") or (
            name == "asked, answered" and frame == "CS_CHAT_ANSWER"
        )
        assert name in READERS or joins or not heard, (name, frame, answer)
        part, _moment = name.split(", ")
        outside = part in ("stranger", "handed it over", "gave it back", "left it", "had it")
        if outside and frame not in OF_NO_CHAT:
            own = frame == "CS_CHAT_CONFIRM" and part == "gave it back"
            assert not facts or own, (name, frame, facts)


def test_who_may_read_a_chat_does_read_it() -> None:
    """B-8, B-29: the secrets are there to be heard: everybody who may read the chat hears them."""
    asks = {"connector": "ES_CHAT_STATUS"}
    for name in sorted(READERS - {"connector, unbound"}):
        answer, heard, _ = tried(name, asks.get(name.split(", ")[0], "CS_CHAT_STATUS"))
        assert (answer, heard) == ("whole", True), name


@pytest.mark.parametrize("name", [name for name in POSITIONS if "gave it back" in name])
def test_a_retry_brings_no_more_than_what_was_said(name: str) -> None:
    """W-21, I-15: a retry of somebody who let the chat go is echoed, and shows nothing newer."""
    cast, chat, who = position(name)
    mine = "gave it back, waiting" if "waiting" in name else name
    model = 0 if mine.endswith("waiting") else 6
    who.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="mine", Text="mine", Model=model)
    who.hears("SC_CHAT_SENTENCE", 1, ID="mine")
    who.silent()
    who.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a", Text=f"{SECRET} a")
    assert who.heard[0][1]["Code"] in ("WrongState", "ChatClosed")
    cast.play.store.close()


def test_a_confirmation_is_no_more_told_to_who_gave_the_chat_back() -> None:
    """B-10, I-15: neither before its end nor after; who was in it at its end is told."""
    for name in ("gave it back, waiting", "gave it back, ended waiting"):
        cast, _, who = position(name)
        cast.web.says("ES_CHAT_CONFIRM", TrackingId="t1", ID="mine")
        who.silent()
        cast.play.store.close()
    cast, _, who = position("in conference, closed")
    cast.web.says("ES_CHAT_CONFIRM", TrackingId="t1", ID="a")
    who.hears("SC_CHAT_CONFIRM", ID="a")
    cast.play.store.close()


def test_a_repeated_opening_gives_no_more_than_the_name_of_a_chat_let_go() -> None:
    """B-2, I-15: the key still gives the chat, to whoever has it no more without a word of it."""
    cast = Cast.gathered()
    key = "7d0c6f0e-93a6-4f7f-9a0e-5a6d1f6f8a11"
    opening = {"Peer": "web", "RemoteAddress": "x", "ReturnChatId": key}
    cast.alice.says("CS_CHAT_OPEN", 1, **opening)
    chat = cast.alice.hears("SC_CHAT_STATUS", 1, Sentences=[])["ChatId"]
    cast.web.says("ES_CHAT_START", TrackingId="t1", ReturnChatId=chat)
    cast.alice.says("CS_CHAT_RETURN", ChatId=chat)
    cast.plant(chat)
    for status in ("Waiting", "Closed"):
        cast.alice.heard.clear()
        cast.alice.says("CS_CHAT_OPEN", 2, **opening)
        told = cast.alice.hears("SC_CHAT_STATUS", 2)
        assert told == {"Peer": "101", "ChatId": chat, "Status": status}
        cast.web.says("ES_CHAT_STOP", TrackingId="t1")
    cast.play.store.close()


def test_who_may_read_an_ended_chat_is_known_after_a_restart() -> None:
    """B-12, I-10: the same people as before it, and nobody else."""
    for name, wanted in (("consulted, closed", "whole"), ("left it, closed", "UnknownChat")):
        cast, chat, _ = position(name)
        cast.play.check_store()
        cast.play.restart()
        bob = cast.play.agent("bob", "102", None)
        bob.says("CS_CHAT_STATUS", 1, ChatId=chat)
        assert _called([bob.heard[-1][:2]]) == wanted
        cast.play.store.close()
