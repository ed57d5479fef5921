"""`parley explain` of chats that pass from hand to hand: bots, wait rules, transfers, parties (B-30)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from broker.reporting.explain.chat_rows import chat_rows
from broker.reporting.explain.command import explain_main
from broker.reporting.explain.narrator import Narrator, phases, tenures
from broker.reporting.source import Source
from broker.store.store import Store
from tests.support.passing_chat import BUSY, Scene


def story(scene: Scene, about: str | None = None) -> list[str]:
    """The story of the scene's chat, or of an agent in it."""
    source = Source("", scene.play.config)
    with scene.play.store._connection.begin():
        found = chat_rows(scene.play.store._connection, source, scene.chat)
    agent = None if about is None else scene.id(about)
    return [entry.text for entry in Narrator(source, found, agent).tell()]


def test_a_parked_chat_is_to_come_back_before_it_is_back() -> None:
    """B-22: also when there is room at that very moment."""
    scene = Scene()
    alice = scene.play.agent("alice", "101")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER", 10)
    scene.says(alice, "CS_CHAT_PARK", 30, IsParked=True)
    scene.web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="1", Text="Hello?")
    assert story(scene)[-3:] == [
        "Alice Novak put the chat aside.",
        "The chat is to come back to Alice Novak as soon as there is room for it.",
        "Alice Novak has it at hand again after 30.0 s.",
    ]


def test_a_transfer_that_is_declined_and_one_that_is_taken() -> None:
    """B-29: asked by whom, of whom, how it ended, and who has the chat from then on."""
    scene = Scene()
    alice, bob = scene.play.agent("alice", "101"), scene.play.agent("bob", "102", "Pause")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER", 10)
    bob.says("CS_AGENT_STATE", State="Ready")
    scene.says(alice, "CS_CHAT_TRANSFER", 3, ToAgentId=scene.id("bob"))
    scene.says(bob, "CS_CHAT_HANGUP", 2)
    scene.says(alice, "CS_CHAT_PARK", 30, IsParked=True)
    scene.says(alice, "CS_CHAT_PARK", IsParked=False)
    scene.says(alice, "CS_CHAT_TRANSFER", 4, ToAgentId=scene.id("bob"))
    scene.says(bob, "CS_CHAT_ANSWER", 20)
    scene.says(bob, "CS_CHAT_RETURN", 1)
    scene.says(alice, "CS_CHAT_ANSWER", 5)
    scene.says(alice, "CS_CHAT_HANGUP")
    assert story(scene)[3:] == [
        "Alice Novak answered after 1.0 s.",
        "Alice Novak asked Bob to take the chat over.",
        "Bob rejected the offer after 3.0 s.",
        "The transfer that Alice Novak asked for came to nothing: Bob declined.",
        "Alice Novak put the chat aside.",
        "Alice Novak has it at hand again after 30.0 s.",
        "Alice Novak asked Bob to take the chat over.",
        "Bob answered after 4.0 s.",
        "Alice Novak handed the chat over: Bob has it now.",
        "Bob gave the chat back: it waits again, as old as it was.",
        (
            "Offered to Alice Novak: the only candidate. It had waited 1:11, alone. "
            "Passed over: Bob (let this chat go shortly before). "
            "2 agents lack the project, the language or the skill."
        ),
        "Alice Novak answered after 1.0 s.",
        "Closed by the agent; Alice Novak had it.",
    ]
    assert story(scene, "bob") == [
        "The chat was offered to Alice Novak; Bob was passed over: in state Pause.",
        "Alice Novak asked Bob to take the chat over.",
        "Bob rejected the offer after 3.0 s.",
        "The transfer that Alice Novak asked for came to nothing: Bob declined.",
        "Alice Novak asked Bob to take the chat over.",
        "Bob answered after 4.0 s.",
        "Alice Novak handed the chat over: Bob has it now.",
        "Bob gave the chat back: it waits again, as old as it was.",
        "The chat was offered to Alice Novak; Bob was passed over: let this chat go shortly before.",
    ]


def test_a_transfer_to_a_project_and_its_people() -> None:
    """B-29: nobody is found in time, then somebody; the chat is about the project from then on."""
    scene = Scene()
    bob, sue = scene.play.agent("bob", "102"), scene.play.agent("sue", "103", "Pause")
    scene.begin()
    scene.says(bob, "CS_CHAT_ANSWER", 10)
    scene.says(bob, "CS_CHAT_TRANSFER", 200, ToProjectId=scene.project("Sales"))
    sue.says("CS_AGENT_STATE", State="Ready")
    scene.says(bob, "CS_CHAT_TRANSFER", 3, ToProjectId=scene.project("Sales"))
    scene.says(sue, "CS_CHAT_ANSWER", 10)
    told = story(scene)
    assert "Bob asked somebody of project Sales to take the chat over." in told
    assert (
        "The transfer that Bob asked for came to nothing: nobody of project Sales took it in time."
    ) in told
    assert told[-2:] == [
        "Sue answered after 3.0 s.",
        "Bob handed the chat over: Sue has it now, and it is about Sales.",
    ]
    assert any(text.startswith("Offered to Sue: the only candidate.") for text in told)
    theirs = story(scene, "alice")
    assert theirs[-1] == "The chat was offered to Sue; Alice Novak was passed over: not connected."


def test_parties_come_and_go_and_one_of_them_gets_the_chat() -> None:
    """B-29: consulted, in a conference, unseen; the owner leaves; a supervisor ends it all."""
    scene = Scene()
    alice, bob = scene.play.agent("alice", "101"), scene.play.agent("bob", "102", "Pause")
    sue = scene.play.agent("sue", "103")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER")
    bob.says("CS_AGENT_STATE", State="Ready")
    scene.says(alice, "CS_CHAT_INVITE", 2, ToAgentId=scene.id("bob"), Mode="Consult")
    scene.says(bob, "CS_CHAT_ANSWER", 5)
    scene.says(bob, "CS_CHAT_LEAVE")
    scene.says(alice, "CS_CHAT_INVITE", 40, ToAgentId=scene.id("bob"), Mode="Conference")
    bob.says("CS_AGENT_STATE", State="Ready")
    scene.says(alice, "CS_CHAT_INVITE", 2, ToAgentId=scene.id("bob"), Mode="Conference")
    scene.says(bob, "CS_CHAT_ANSWER", 5)
    scene.says(sue, "CS_CHAT_INVITE", 5, Mode="Monitor")
    scene.says(alice, "CS_CHAT_LEAVE")
    scene.says(sue, "CS_CHAT_CLOSE")
    assert story(scene)[4:] == [
        "Alice Novak asked Bob for advice.",
        "Bob answered after 2.0 s.",
        "Bob joined, to be consulted.",
        "Bob left after 5.0 s.",
        "Alice Novak asked Bob into the conversation.",
        "Bob did not answer within 30.0 s.",
        "The conference that Alice Novak asked for came to nothing: Bob did not answer.",
        "Alice Novak asked Bob into the conversation.",
        "Bob answered after 2.0 s.",
        "Bob joined the conversation.",
        "Sue listens in, unseen.",
        "Alice Novak left the chat: Bob, who was in the conference, has it now.",
        "Sue is out after 6.0 s: the conversation ended.",
        "Closed by the supervisor Sue; Bob had it.",
    ]
    assert "Sue listens in, unseen." in story(scene, "sue")


def test_who_is_logged_off_by_a_supervisor_is_told_with_her_name() -> None:
    """B-28, B-30: the chat goes on without them."""
    scene = Scene()
    alice, sue = scene.play.agent("alice", "101"), scene.play.agent("sue", "103")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER", 5)
    sue.says("CS_AGENT_STATE", AgentId=scene.id("alice"), State="LogOff")
    told = story(scene)
    assert told[4] == "Alice Novak was logged off by Sue; the chat waits again, before new ones."


def test_wait_rules_say_what_they_changed_and_why_not_me_goes_by_that() -> None:
    """B-26: which level, what it did; an agent is held against what was asked at that time."""
    scene = Scene(ExtResponse="expert")
    alice, sue = scene.play.agent("alice", "101", "Pause"), scene.play.agent("sue", "103", "Pause")
    scene.begin()
    scene.play.wait(61)
    alice.says("CS_AGENT_STATE", State="Ready")
    scene.play.wait(31)
    scene.play.wait(100)
    told = story(scene)
    assert told[3] == (
        "Wait rule of level 1 applied after 1:00: a skill of 20 is enough if more was asked for; "
        "agents of Sales may take it too; its priority rose by 5; the visitor was told."
    )
    assert (
        "Wait rule of level 2 applied after 3:00: the visitor was told; the chat was ended." in told
    )
    assert told[-1] == "Closed by a wait rule."
    theirs = story(scene, "alice")
    assert theirs[0] == (
        "The chat was not offered; Alice Novak does not qualify: skill 50 in Support, "
        "asked for 60 (as configured now)."
    )
    assert "Offered to Alice Novak: the only candidate." in theirs
    assert "skill 10 in Support or Sales, asked for 20" in story(scene, "sue")[-1]
    sue.leaves()


def test_slots_that_are_too_few_for_a_heavy_chat_are_told() -> None:
    """B-22: the chat of this gateway takes two slots."""
    scene = Scene()
    scene.play.agent("bob", "102", "Pause")
    sue, im = scene.play.agent("alice", "101"), scene.play.connector("im")
    for tracking in ("a", "b", "c"):
        im.says("ES_CHAT_START", TrackingId=tracking)
        chat = list(scene.play.state.chats)[-1]
        sue.says("CS_CHAT_ANSWER", ChatId=chat)
    scene.begin()
    scene.chat = list(scene.play.state.chats)[-1]
    assert story(scene)[2] == (
        "Nobody could take it. Passed over: Alice Novak (fewer than 2 free slots, which such a "
        "chat takes); Bob (in state Pause). 2 agents lack the project, the language or the skill."
    )


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        (
            False,
            "The bot Robot handed the chat over. It chose project Sales, for which there is no",
        ),
        (
            True,
            "The bot Robot was passed over: it was silent for too long. Project rule of rank 50",
        ),
    ],
)
def test_a_bot_hands_over_or_is_passed_over(silent: bool, words: str) -> None:
    """B-40: given by which rule, answered, and how it went on."""
    scene = Scene(ExtResponse="bot")
    robot = scene.play.agent("robot", "104")
    scene.begin()
    scene.says(robot, "CS_CHAT_ANSWER", 10)
    if silent:
        scene.web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="1", Text="Hello?")
        scene.play.wait(60)
    else:
        scene.says(robot, "CS_CHAT_TRANSFER", ToProjectId=scene.project("Sales"))
    told = story(scene)
    assert told[1:3] == [
        "No gate rule matched. Pre rule of rank 5 matched: given to the bot Robot.",
        "Robot answered after 1.0 s.",
    ]
    assert told[3].startswith(words)
    assert any(text.startswith(words) for text in story(scene, "robot"))


def test_a_bot_that_is_away_and_one_that_ends_the_chat() -> None:
    """B-40."""
    scene = Scene(ExtResponse="bot")
    scene.begin()
    assert "The bot Robot was passed over: it was away." in story(scene)[1]
    scene = Scene(ExtResponse="talk")
    scene.begin()
    scene.web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="1", Text="Nothing.")
    assert story(scene)[1:] == [
        "No gate rule matched. Pre rule of rank 6 matched: given to the bot Reception.",
        "Closed by the bot.",
    ]


def test_outbound_chats_are_opened_bound_or_not() -> None:
    """B-2: begun by whom, to whom, taken over when, or closed."""
    scene = Scene()
    alice = scene.play.agent("alice", "101")
    scene.play.wait(1)
    for target in ("+1", "+2"):
        alice.says("CS_CHAT_OPEN", Peer="web", RemoteAddress=target)
    first, second = scene.play.state.chats
    scene.play.wait(5)
    scene.web.says("ES_CHAT_START", TrackingId="x", ReturnChatId=first)
    scene.play.wait(70)
    scene.chat = first
    assert story(scene) == [
        "The chat was begun by this side on gateway Web chat, to +1.",
        "Alice Novak began the chat and has it.",
        "A connector took the chat over: visitor x.",
    ]
    scene.chat = second
    assert story(scene)[2:] == [
        "Closed because no connector took it over in time; Alice Novak had it."
    ]


def test_a_chat_of_no_project_is_told_on_when_its_agent_is_lost() -> None:
    """B-11: no rule gives it to anybody, so it ends."""
    scene = Scene()
    alice = scene.play.agent("alice", "101")
    scene.play.wait(1)
    alice.says("CS_CHAT_OPEN", Peer="web", RemoteAddress="+1", ExtResponse="nobody")
    (scene.chat,) = scene.play.state.chats
    scene.play.wait(1)
    scene.web.says("ES_CHAT_START", TrackingId="x", ReturnChatId=scene.chat, ExtResponse="nobody")
    alice.leaves()
    scene.play.wait(3_000)
    assert story(scene)[-1] == (
        "Closed because its agent did not come back and no rule gives it to anybody; "
        "Alice Novak had it."
    )


def test_how_long_is_told_of_each_owner(tmp_path: Path) -> None:
    """B-30: statuses add up whoever had the chat; owners have their own times."""
    scene = Scene()
    alice, bob = scene.play.agent("alice", "101"), scene.play.agent("bob", "102", "Pause")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER", 10)
    bob.says("CS_AGENT_STATE", State="Ready")
    scene.says(alice, "CS_CHAT_PARK", 30, IsParked=True)
    scene.says(alice, "CS_CHAT_TRANSFER", 5, ToAgentId=scene.id("bob"))
    scene.says(bob, "CS_CHAT_ANSWER", 20)
    scene.says(bob, "CS_CHAT_HANGUP", 0)
    with scene.play.store._connection.begin():
        found = chat_rows(scene.play.store._connection, Source("", scene.play.config), scene.chat)
    assert [phase.status for phase in phases(found)] == ["Pilot", "Waiting", "Alerting", "Answered"]
    assert [(s.length(0), s.aside(0)) for s in tenures(found)] == [
        (45_000_000, 35_000_000),
        (20_000_000, 0),
    ]
    url = f"sqlite:///{tmp_path}/day.db"
    store = Store.open(url)
    store.commit([fact for fact in scene.play.facts if fact.durable])
    store.close()
    config = tmp_path / "day.toml"
    config.write_text(f'[store]\nurl = "{url}"\n{BUSY}', encoding="utf-8")
    out = io.StringIO()
    explain_main([scene.chat, "--store", str(config)], out, clock=scene.play.now)
    text = out.getvalue()
    assert "  answered        1:05\n" in text
    assert "  Alice Novak: 45.0 s, parked for 35.0 s of it\n  Bob: 20.0 s\n" in text
    out = io.StringIO()
    explain_main([scene.chat, "--store", str(config), "--json"], out, clock=scene.play.now)
    owners = json.loads(out.getvalue())["owners"]
    assert [(o["agent_name"], o["seconds"], o["parked_seconds"]) for o in owners] == [
        ("Alice Novak", 45.0, 35.0),
        ("Bob", 20.0, 0.0),
    ]
