"""What is done for conversations that wait too long (B-26, B-57)."""

from __future__ import annotations

from typing import Any

from broker.core.facts.messages import ConversationDecided, ConversationWidened
from protocol.values import Guid
from tests.support.agents_at_work import configured, project_of
from tests.support.mail import MAIL_FLOOR, Post, causes, the_conversation, working
from tests.support.playbook import Client, Playbook

RULES = """
[[message_rules]]
rank = 5
subject = "expert"
project = "Support"
skill = 95
[[wait_rules]]
level = 1
after = "10s"
priority = 1000
[[wait_rules]]
for = "messages"
level = 1
after = "20s"
skill = 60
priority = 2
[[wait_rules]]
for = "messages"
level = 2
after = "40s"
gateway = "Mail"
culture = "cs"
projects = ["Support"]
priority = 7
[[wait_rules]]
for = "messages"
level = 2
after = "40s"
project = "Sales"
projects = ["Support"]
[[wait_rules]]
for = "messages"
level = 3
after = "60s"
gateway = "Texts"
close = true
"""
pytestmark = configured(MAIL_FLOOR + RULES)
SALES: dict[str, Any] = {"text": "The invoice is wrong"}
EXPERT: dict[str, Any] = {"SubjectField": "expert"}


def levels(play: Playbook) -> list[int]:
    """The levels that were applied, in order."""
    return [fact.level for fact in play.facts if isinstance(fact, ConversationWidened)]


def is_down(play: Playbook) -> None:
    """Nobody runs the broker for hours."""
    play.set_clock(10_000)
    play.restart()


def waits(play: Playbook, post: Post | None = None, **members: Any) -> Guid:
    """A message comes, and nobody can take its conversation."""
    (post or Post(play)).brings(**members)
    assert the_conversation(play).status == "Waiting"
    return the_conversation(play).id


def answers(agent: Client, key: Guid) -> None:
    """The agent takes what they are alerted for."""
    agent.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    agent.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    agent.hears("SC_CONVERSATION_STATUS", Status="Answered")


def test_less_skill_is_demanded(play: Playbook) -> None:
    """B-26: and what rules for chats say is nothing to it."""
    key, bob = waits(play, **EXPERT), play.agent("bob", "102")
    play.wait(19.9)
    bob.silent()
    assert the_conversation(play).demanded.priority == 0
    play.wait(0.1)
    bob.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    asked = the_conversation(play).demanded
    assert (asked.skill, asked.priority) == (60, 2)


def test_further_projects_help_and_it_stays_with_its_own(play: Playbook) -> None:
    """B-26: Bob, who has Support alone, sees it, may take it, and is offered it."""
    key, bob = waits(play, **SALES), play.agent("bob", "102", "Pause")
    bob.says("CS_CONVERSATION_OVERVIEW", 1)
    assert bob.hears("SC_CONVERSATION_OVERVIEW", 1)["items"] == []
    play.wait(40)
    bob.says("CS_CONVERSATION_OVERVIEW", 2)
    (shown,) = bob.hears("SC_CONVERSATION_OVERVIEW", 2)["items"]
    assert (shown["ConversationId"], shown["ProjectName"]) == (key, "Sales")
    bob.says("CS_AGENT_STATE", State="Ready")
    bob.hears("SC_AGENT_STATE")
    answers(bob, key)
    assert levels(play) == [1, 2]


def test_gateway_and_language_are_those_of_the_conversation(play: Playbook) -> None:
    """B-26: of one level the first rule that matches, by what came in last."""
    post = Post(play)
    waits(play, post, **SALES, Culture="cs-CZ")
    play.wait(40)
    assert the_conversation(play).demanded.priority == 5 + 2 + 7
    post.brings(**SALES, RemoteAddress="a@example.org", Culture="cs")
    other = the_conversation(play)
    post.brings(InReplyToId="<2@example.org>", RemoteAddress="a@example.org", Culture="en")
    play.wait(40)
    assert (other.demanded.priority, other.demanded.further) == (7, (project_of(play, "Support"),))


def test_each_application_is_told_to_who_asks_why(play: Playbook) -> None:
    """B-30."""
    key, susan = waits(play, **SALES), play.agent("susan", "104", "Pause")
    play.wait(40)
    susan.says("CS_CONVERSATION_EXPLAIN", 1, ConversationId=key)
    told = susan.hears("SC_CONVERSATION_EXPLANATION", 1)["items"]
    assert [(line["Kind"], line["Reason"]) for line in told if line["Kind"] == "wait_rule"] == [
        ("wait_rule", "level 1"),
        ("wait_rule", "level 2"),
    ]
    logged = [f for f in play.facts if isinstance(f, ConversationDecided) and f.kind == "wait_rule"]
    assert [f.detail["waited"] for f in logged] == [20_000_000, 40_000_000]


def test_a_rule_ends_it(play: Playbook) -> None:
    """B-26: with the reason Rule; nobody is told anything."""
    post, susan = Post(play, "sms", "Texts"), play.agent("susan", "104", "Pause")
    key = waits(play, post, RemoteAddress="+420123456789")
    play.wait(59)
    assert the_conversation(play).is_open
    play.wait(1)
    susan.says("CS_CONVERSATION_STATUS", 1, ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Closed", CloseReason="Rule")
    assert causes(play)[-1] == "wait_rule"
    play.silent()


def test_neither_work_on_it_nor_lying_aside_is_waiting(play: Playbook) -> None:
    """B-57: what counts is how long it has waited for people."""
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    play.wait(100)
    alice.says("CS_CONVERSATION_PARK", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True)
    play.wait(100)
    alice.leaves()
    post.brings(InReplyToId="<1@example.org>")
    play.wait(19)
    assert levels(play) == []
    play.wait(1)
    assert levels(play) == [1]


def test_waits_add_up_and_no_level_comes_twice(play: Playbook) -> None:
    """B-26."""
    key = waits(play, **SALES)
    play.wait(30)
    carol = play.agent("carol", "103")
    answers(carol, key)
    play.wait(500)
    carol.leaves()
    play.wait(600)  # the grace; it waits again
    play.wait(9)
    assert levels(play) == [1]
    play.wait(1)
    assert levels(play) == [1, 2]
    play.wait(1_000)
    assert levels(play) == [1, 2]


def test_a_rule_that_is_due_during_an_alert_waits_for_its_end(play: Playbook) -> None:
    """B-26."""
    waits(play)
    play.wait(10)
    alice = play.agent("alice", "101")
    alice.hears("SC_CONVERSATION_ALERT")
    play.wait(15)
    assert levels(play) == []
    alice.leaves()
    play.wait(0)
    assert levels(play) == [1]


def test_a_restart_goes_on_where_it_was_and_an_outage_is_no_wait(play: Playbook) -> None:
    """B-12, B-13: level, demand and wait are in the store; also of a wait that was over before."""
    key = waits(play, **SALES)
    play.wait(30)
    carol = play.agent("carol", "103")
    answers(carol, key)
    carol.leaves()
    play.check_store()
    is_down(play)
    play.wait(600)
    assert (the_conversation(play).status, levels(play)) == ("Waiting", [1])
    play.wait(9)
    is_down(play)
    assert levels(play) == [1]
    play.wait(2)
    assert levels(play) == [1, 2]
    play.check_store()
    play.restart()
    assert the_conversation(play).wait_level == 2
    bob = play.agent("bob", "102")
    bob.hears("SC_CONVERSATION_ALERT", ConversationId=key)


def test_a_freeze_is_no_wait(play: Playbook) -> None:
    """B-13."""
    waits(play)
    play.wait(10)
    play.freeze(3_000)
    assert levels(play) == []
    play.wait(9)
    assert levels(play) == []
    play.wait(1)
    assert levels(play) == [1]


def test_who_is_to_be_sent_away_has_a_grace_after_an_outage(play: Playbook) -> None:
    """B-13."""
    waits(play, Post(play, "sms", "Texts"), RemoteAddress="+420123456789")
    play.wait(55)
    play.restart()
    play.wait(59)
    assert the_conversation(play).is_open
    play.wait(1)
    assert not the_conversation(play).is_open


def test_a_reopened_one_begins_anew(play: Playbook) -> None:
    """B-26: levels, further projects and the wait."""
    post, susan = Post(play), play.agent("susan", "104", "Pause")
    key = waits(play, post, **SALES)
    play.wait(45)
    susan.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    susan.hears("SC_CONVERSATION_STATUS", Status="Closed")
    post.brings(**SALES, InReplyToId="<1@example.org>")
    one = the_conversation(play)
    assert (one.status, one.wait_level, one.waited_up) == ("Waiting", -1, 0)
    assert (one.demanded.further, one.demanded.priority) == ((), 5)
    play.check_store()
    play.wait(40)
    assert levels(play) == [1, 2, 1, 2]


def test_another_project_is_asked_alone(play: Playbook) -> None:
    """B-29: what rules widened for the one before is not widened for it; the levels are over."""
    key, susan = waits(play, **SALES), play.agent("susan", "104", "Pause")
    play.wait(40)
    to = {"ConversationId": key, "ToProjectId": project_of(play, "Support")}
    susan.says("CS_CONVERSATION_TRANSFER", **to)
    susan.hears("SC_CONVERSATION_STATUS", ProjectName="Support")
    assert the_conversation(play).demanded.further == ()
    play.check_store()
    play.wait(100)
    assert levels(play) == [1, 2]


def test_other_rules_hold_at_once(play: Playbook) -> None:
    """C-4."""
    waits(play)
    play.wait(10)
    play.reload(MAIL_FLOOR + RULES.replace('"20s"', '"5s"'))
    play.wait(0)
    assert levels(play) == [1]


def test_who_nobody_is_asked_about_does_not_wait(play: Playbook) -> None:
    """B-57: what no rule knows is put aside for supervisors."""
    post = Post(play, "sms", "Texts")
    post.brings("", RemoteAddress="+420123456789")
    assert the_conversation(play).aside is not None
    play.wait(500)
    assert (levels(play), causes(play)[-1]) == ([], "parked")
