"""A supervisor asks why: CS_CHAT_EXPLAIN (B-30)."""

from typing import Any, cast

import pytest

from broker.core.agents.explaining import reason_of
from broker.core.facts import DecisionLogged
from broker.core.facts.causes import DecisionKind
from protocol.values import Guid
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    configured,
    joined,
    project_of,
    started,
    talking,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)


def why(play: Playbook, susan: Client, chat: str, login: str | None = None) -> list[dict[str, Any]]:
    """What a supervisor is told of a chat, and of how an agent stands to it."""
    members = {"AgentId": agent_of(play, login)} if login is not None else {}
    susan.says("CS_CHAT_EXPLAIN", 1, ChatId=chat, **members)
    items: list[dict[str, Any]] = susan.hears("SC_CHAT_EXPLANATION", 1)["items"]
    return items


def how(play: Playbook, susan: Client, chat: str, login: str) -> str:
    """How an agent stands to a chat now."""
    last = why(play, susan, chat, login)[-1]
    assert (last["Kind"], last["AgentId"]) == ("now", agent_of(play, login))
    return str(last["Reason"])


def test_why_this_agent(play: Playbook) -> None:
    """B-30: what decided, who else there was, and why each other was passed over."""
    web, susan = play.connector("web"), play.agent("susan", "104", None)
    play.agent("bob", "102", "Pause")
    chat = started(web, "Waiting", PreferredCulture="en")
    play.wait(20)
    alice = play.agent("alice", "101")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    routed, waiting, offered = why(play, susan, chat)
    assert (routed["Kind"], routed["Reason"]) == ("routed", "project Support")
    assert waiting["Kind"] == "waiting"
    assert (offered["Kind"], offered["AgentName"], offered["Reason"]) == (
        "offered",
        "Alice",
        "only candidate",
    )
    assert offered["WaitedSeconds"] == 20
    said = {one["AgentName"]: one.get("Reason") for one in offered["Agents"]}
    assert said == {"Alice": None, "Bob": "state Pause", "Carol": "away"}


def test_why_not_them(play: Playbook) -> None:
    """B-30: in words, for whatever they lack."""
    web, susan = play.connector("web"), play.agent("susan", "104", "Ready")
    bob = play.agent("bob", "102", "Pause")
    chat = started(web, "Waiting", ExtResponse="expert")
    assert how(play, susan, chat, "alice") == "has a skill of 50 in Support, 60 is asked"
    assert how(play, susan, chat, "susan") == "has no skill in Support"
    assert how(play, susan, chat, "robo") == "is a bot"
    assert how(play, susan, chat, "carol") == "away"
    assert how(play, susan, chat, "bob") == "state Pause"
    bob.says("CS_AGENT_STATE", State="Ready")
    bob.hears("SC_AGENT_STATE")
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    assert how(play, susan, chat, "bob") == "is being alerted for it"
    bob.says("CS_CHAT_HANGUP", ChatId=chat)
    bob.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert how(play, susan, chat, "bob") == "let this chat go a short time ago"
    play.wait(5)
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    carol = play.agent("carol", "103")
    assert how(play, susan, chat, "bob") == "has it"
    assert how(play, susan, chat, "carol") == "nothing: the chat does not wait"
    joined(play, bob, carol, chat, "Consult")
    assert how(play, susan, chat, "carol") == "is in it"


def test_a_transfer_is_in_the_log(play: Playbook) -> None:
    """B-29, B-30: who was asked, and how it ended; a project's search too."""
    _web, alice, chat = talking(play)
    bob, susan = play.agent("bob", "102"), play.agent("susan", "104", None)
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_HANGUP", ChatId=chat)
    bob.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_ALERT_END")
    alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_CHAT_SENTENCE", Model=10)
    kinds = [entry["Kind"] for entry in why(play, susan, chat)]
    assert kinds[-3:] == ["transfer", "offered", "transfer_ended"]
    assert why(play, susan, chat)[-1]["Reason"] == "outcome rejected"
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CHAT_STATUS")
    assert [entry["Kind"] for entry in why(play, susan, chat)][-2:] == ["transfer", "waiting"]
    assert how(play, susan, chat, "bob") == "has no skill in Sales"


def test_the_log_of_an_open_chat_is_kept_over_a_restart(play: Playbook) -> None:
    """B-12, B-30: why so long is asked after a restart too."""
    web = play.connector("web")
    chat = started(web, "Waiting")
    play.restart()
    susan = play.agent("susan", "104", None)
    assert [entry["Kind"] for entry in why(play, susan, chat)] == ["routed", "waiting", "waiting"]


def test_of_many_decisions_the_last_are_told(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14: the store has them all."""
    monkeypatch.setattr("broker.core.chats.apply.LOGGED_DECISIONS", 3)
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice)
    susan = play.agent("susan", "104", None)
    for _ in range(3):
        alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
        alice.hears("SC_CHAT_STATUS")
        alice.says("CS_CHAT_TRANSFER", ChatId=chat)
        alice.hears("SC_CHAT_STATUS")
    assert len(why(play, susan, chat)) == 3


def test_an_outbound_chat_that_no_rule_has_seen(play: Playbook) -> None:
    """B-30: there is nothing to measure anybody by."""
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104", None)
    alice.says("CS_CHAT_OPEN", Peer="web", RemoteAddress="x", ExtResponse="nobody's")
    chat = str(alice.hears("SC_CHAT_STATUS")["ChatId"])
    assert how(play, susan, chat, "bob") == "no rule has said yet what the chat asks of an agent"


def test_who_may_ask(play: Playbook) -> None:
    """B-30, W-14."""
    _web, alice, chat = talking(play)
    susan = play.agent("susan", "104", None)
    alice.says("CS_CHAT_EXPLAIN", 1, ChatId=chat)
    assert alice.refused("NotAllowed", 1) == "for supervisors only"
    susan.says("CS_CHAT_EXPLAIN", 2, ChatId=agent_of(play, "bob"))
    susan.refused("UnknownChat", 2)
    susan.says("CS_CHAT_EXPLAIN", 3, ChatId=chat, AgentId=chat)
    susan.refused("UnknownAgent", 3)
    susan.says("CS_CHAT_EXPLAIN", 4, ChatId=chat, Peer="101")
    susan.refused("NotAllowed", 4)


@pytest.mark.parametrize(
    ("kind", "detail", "reason"),
    [
        ("transfer_ended", {"mode": "Transfer", "by": "x", "outcome": "missed"}, "outcome missed"),
        ("transfer", {"mode": "Transfer", "by": "alice", "project": None}, "by Alice"),
        ("transfer", {"mode": "Transfer", "by": "somebody"}, "somebody"),
        ("forced", {"by": "alice"}, "by Alice"),
        ("offered", {"candidates": ["x"], "by": "skill"}, "skill"),
        ("waiting", {"waited": 5}, None),
        ("routed", {"bot_passed_over": "x", "why": "silent", "project": "x"}, "why silent"),
        ("routed", {"gate": None, "project_rule": None, "project": "Sales"}, "project Sales"),
        ("routed", {"gate": None, "project_rule": None, "project": "gone"}, None),
        ("refused", {"group": "project", "bot_passed_over": "x", "why": "missed"}, "why missed"),
        ("refused", {"group": "gate", "rule": None}, None),
        ("wait_rule", {"rule": "x", "level": 2, "waited": 5}, "level 2"),
        ("of a later version", {"by": "alice"}, None),
    ],
)
def test_what_decided_is_told_in_a_few_words(
    play: Playbook, kind: str, detail: dict[str, Any], reason: str | None
) -> None:
    """B-30."""
    ids = {"alice": agent_of(play, "alice"), "Sales": project_of(play, "Sales")}
    logged = DecisionLogged(
        chat=Guid("chat"),
        no=1,
        at=play.now,
        kind=cast("DecisionKind", kind),
        agent=None,
        detail={
            name: ids.get(value, value) if isinstance(value, str) else value
            for name, value in detail.items()
        },
    )
    assert reason_of(play.state, logged.kind, logged.detail) == reason
