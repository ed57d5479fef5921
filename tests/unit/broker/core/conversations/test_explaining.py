"""B-30: a supervisor asks why a conversation is where it is."""

from __future__ import annotations

from typing import Any

from tests.support.agents_at_work import agent_of, configured
from tests.support.letters import guid
from tests.support.mail import MAIL_FLOOR, Post, alerted, refused, the_conversation, working
from tests.support.playbook import Client, Playbook

pytestmark = configured(MAIL_FLOOR)
EXPLAIN = "CS_CONVERSATION_EXPLAIN"


def why(susan: Client, key: str, **members: Any) -> list[dict[str, Any]]:
    """What a supervisor is told."""
    susan.says(EXPLAIN, 1, ConversationId=key, **members)
    items: list[dict[str, Any]] = susan.hears("SC_CONVERSATION_EXPLANATION", 1)["items"]
    return items


def how(play: Playbook, susan: Client, key: str, login: str) -> str:
    """How an agent stands to it."""
    return str(why(susan, key, AgentId=agent_of(play, login))[-1]["Reason"])


def test_every_decision_is_told(play: Playbook) -> None:
    susan, post = play.agent("susan", "104", "Pause"), Post(play)
    post.brings()
    key = the_conversation(play).id
    alice = play.agent("alice", "101")
    alice.hears("SC_CONVERSATION_ALERT")
    told = why(susan, key)
    assert [(one["Kind"], one.get("Reason")) for one in told] == [
        ("routed", "project Support"),
        ("waiting", None),
        ("offered", "only candidate"),
    ]
    assert {one["ConversationId"] for one in told} == {key}
    assert told[-1]["AgentName"] == "Alice"


def test_why_nobody_works_on_it_is_told(play: Playbook) -> None:
    susan, post = play.agent("susan", "104", "Pause"), Post(play)
    post.brings(SpamLevel=3)
    (told,) = why(susan, the_conversation(play).id)
    assert (told["Kind"], told["Reason"]) == ("refused", "why spam")


def test_how_an_agent_stands_to_it(play: Playbook) -> None:
    susan, alice = play.agent("susan", "104", "Pause"), play.agent("alice", "101")
    post = Post(play)
    key = alerted(play, alice, post)
    assert how(play, susan, key, "alice") == "is being alerted for it"
    assert how(play, susan, key, "bob") == "away"
    assert how(play, susan, key, "susan") == "has no skill in Support"
    play.agent("carol", "103")
    assert how(play, susan, key, "carol") == "nothing: the conversation does not wait"
    alice.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    assert how(play, susan, key, "alice") == "has it"


def test_who_let_it_go_is_left_out_for_a_while(play: Playbook) -> None:
    susan, alice = play.agent("susan", "104", "Pause"), play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_RETURN", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    assert how(play, susan, key, "alice") == "let this conversation go a short time ago"


def test_what_no_rule_knows_asks_for_nothing(play: Playbook) -> None:
    susan = play.agent("susan", "104", "Pause")
    Post(play, "sms", "Texts").brings("")
    said = how(play, susan, the_conversation(play).id, "alice")
    assert said == "no rule has said yet what the conversation asks of an agent"


def test_it_is_for_supervisors(play: Playbook) -> None:
    susan, alice = play.agent("susan", "104", "Pause"), play.agent("alice", "101")
    key = working(play, alice)
    refused(alice, EXPLAIN, "NotAllowed", ConversationId=key)
    refused(susan, EXPLAIN, "UnknownConversation", ConversationId=guid(9))
    refused(susan, EXPLAIN, "UnknownAgent", ConversationId=key, AgentId=guid(9))
