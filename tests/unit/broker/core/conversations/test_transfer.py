"""B-29, B-57: a conversation is handed over, to an agent or to a project."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.core.facts import AgentMoved
from broker.core.facts.causes import DecisionKind
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationMoved,
    ConversationOfferEnded,
    ConversationRouted,
)
from tests.support.agents_at_work import agent_of, configured, presence_of, project_of
from tests.support.letters import guid
from tests.support.mail import (
    MAIL_FLOOR,
    Post,
    alerted,
    causes,
    refused,
    the_conversation,
    working,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(MAIL_FLOOR)
TRANSFER = "CS_CONVERSATION_TRANSFER"


def asked(play: Playbook, note: str | None = None) -> tuple[Client, Client, str]:
    """Alice works on a conversation and asks Carol to take it over."""
    alice = play.agent("alice", "101")
    key, carol = working(play, alice), play.agent("carol", "103")
    to = agent_of(play, "carol")
    alice.says(TRANSFER, 1, ConversationId=key, ToAgentId=to, Note=note)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Answered")
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=key, Status="Alerting")
    return alice, carol, key


def test_it_stays_with_its_owner_until_the_other_has_it(play: Playbook) -> None:
    alice, carol, key = asked(play)
    loads = [presence_of(play, one).conversations.load for one in ("alice", "carol")]
    assert loads == [1, 1]
    carol.says("CS_CONVERSATION_ANSWER", 1, ConversationId=key)
    carol.hears("SC_CONVERSATION_STATUS", 1, Status="Answered", AgentName="Carol", Messages=...)
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting", AgentId=None)
    assert (causes(play)[-1], presence_of(play, "alice").conversations.load) == ("transferred", 0)


def test_what_the_other_is_to_know_stands_in_the_alert_and_among_the_notes(play: Playbook) -> None:
    alice, carol, key = asked(play, "She speaks Czech")
    (note,) = play.state.messages.conversations[the_conversation(play).id].notes
    assert note.text == "She speaks Czech"
    alice.hears("SC_CONVERSATION_NOTE", ConversationId=key, Text=note.text, Counter=1)
    carol.says("CS_CONVERSATION_STATUS", 1, ConversationId=key)
    shown = carol.hears("SC_CONVERSATION_STATUS", 1, Status="Alerting", Messages=None)
    assert [each["Text"] for each in shown["Internal"]] == ["She speaks Czech"]
    carol.says("CS_CONVERSATION_ANSWER", 2, ConversationId=key)
    shown = carol.hears("SC_CONVERSATION_STATUS", 2)
    assert [(each["Text"], each["Counter"]) for each in shown["Internal"]] == [(note.text, 1)]
    alice.hears("SC_CONVERSATION_STATUS", Internal=None)


def test_a_refusal_leaves_it_where_it_was_and_is_told(play: Playbook) -> None:
    alice, carol, key = asked(play)
    carol.says("CS_CONVERSATION_RETURN", 1, ConversationId=key)
    carol.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting")
    carol.hears("SC_CONVERSATION_ALERT_END")
    alice.hears("SC_CONVERSATION_STATUS", Status="Answered")
    kinds = [f.kind for f in play.facts if isinstance(f, ConversationDecided)]
    assert kinds[-3:] == [
        DecisionKind.TRANSFER,
        DecisionKind.OFFERED,
        DecisionKind.TRANSFER_ENDED,
    ]
    assert causes(play)[-1] == "answered"


def test_who_does_not_answer_misses_an_offer(play: Playbook) -> None:
    alice, carol, key = asked(play)
    play.wait(30)
    carol.hears("SC_CONVERSATION_ALERT_END")
    alice.hears("SC_CONVERSATION_STATUS", Status="Answered")
    assert presence_of(play, "carol").missed == 1
    alice.says(TRANSFER, ConversationId=key, ToAgentId=agent_of(play, "carol"))
    alice.hears("SC_CONVERSATION_STATUS")
    carol.hears("SC_CONVERSATION_ALERT")
    play.wait(30)
    carol.hears("SC_CONVERSATION_ALERT_END")
    carol.hears("SC_AGENT_STATE", State="Pause", Reason="Missed")
    alice.hears("SC_CONVERSATION_STATUS", Status="Answered")
    assert [f.cause for f in play.facts if isinstance(f, AgentMoved)][-1] == "missed"


def test_it_is_taken_back(play: Playbook) -> None:
    alice, carol, key = asked(play)
    assert "already" in refused(
        alice, TRANSFER, "WrongState", ConversationId=key, ToAgentId=agent_of(play, "susan")
    )
    alice.says(TRANSFER, 2, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 2, Status="Answered")
    carol.hears("SC_CONVERSATION_ALERT_END")
    refused(alice, TRANSFER, "WrongState", ConversationId=key)


@pytest.mark.parametrize("frame", ["CS_CONVERSATION_PARK", TRANSFER])
def test_while_somebody_is_asked_nothing_else_becomes_of_it(play: Playbook, frame: str) -> None:
    alice, _carol, key = asked(play)
    more = {"ToProjectId": project_of(play, "Sales")} if frame == TRANSFER else {}
    said = refused(alice, frame, "WrongState", ConversationId=key, **more)
    assert said.endswith("is being asked already")


@pytest.mark.parametrize(
    ("frame", "answer"),
    [("CS_CONVERSATION_CLOSE", "Closed"), ("CS_CONVERSATION_RETURN", "Waiting")],
)
def test_its_end_ends_that_too(play: Playbook, frame: str, answer: str) -> None:
    alice, carol, key = asked(play)
    alice.says(frame, 1, ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", 1, Status=answer)
    carol.hears("SC_CONVERSATION_ALERT_END", ConversationId=key)
    if answer == "Waiting":
        carol.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    (_first, ended) = (f for f in play.facts if isinstance(f, ConversationOfferEnded))
    assert ended.outcome == "withdrawn"


def test_a_project_gets_it_at_once_with_its_age(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    play.wait(60)
    carol = play.agent("carol", "103")
    sales = project_of(play, "Sales")
    alice.says(TRANSFER, 1, ConversationId=key, ToProjectId=sales, Note="An order")
    alice.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting", ProjectName="Sales")
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=key, ProjectName="Sales", Internal=None)
    routed = [f for f in play.facts if isinstance(f, ConversationRouted)][-1]
    assert (routed.project, routed.skill, routed.rule) == (sales, 1, None)
    moved = [f for f in play.facts if isinstance(f, ConversationMoved)]
    assert len({f.enqueued_at for f in moved}) == 1
    assert [note.text for note in the_conversation(play).notes] == ["An order"]


def test_who_handed_it_over_is_not_offered_it_at_once(play: Playbook) -> None:
    """B-24: Alice has a skill in Sales as well, and had it last."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says(TRANSFER, ConversationId=key, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    alice.silent()
    play.wait(5)
    alice.hears("SC_CONVERSATION_ALERT")


def test_a_supervisor_gives_what_waits_to_a_project(play: Playbook) -> None:
    susan, post = play.agent("susan", "104", "Pause"), Post(play)
    post.brings()
    key, sales = the_conversation(play).id, project_of(play, "Sales")
    susan.says(TRANSFER, 1, ConversationId=key, ToProjectId=sales)
    susan.hears("SC_CONVERSATION_STATUS", 1, Status="Waiting", ProjectName="Sales")
    said = refused(
        susan, TRANSFER, "WrongState", ConversationId=key, ToAgentId=agent_of(play, "alice")
    )
    assert said == "ConversationId: only what waits, to a project"


def test_one_that_nobody_asks_for_is_given_to_a_project_by_a_supervisor(play: Playbook) -> None:
    """B-58: what no rule knows is put aside for them."""
    susan, sms = play.agent("susan", "104", "Pause"), Post(play, "sms", "Texts")
    carol = play.agent("carol", "103")
    sms.brings("")
    one = the_conversation(play)
    assert (one.aside is not None, one.demanded.project) == (True, None)
    sales = project_of(play, "Sales")
    susan.says(TRANSFER, 1, ConversationId=one.id, ToProjectId=sales)
    susan.hears("SC_CONVERSATION_STATUS", 1, IsParked=False)
    carol.hears("SC_CONVERSATION_ALERT", ProjectName="Sales")


@pytest.mark.parametrize(
    ("to", "code", "text"),
    [
        ("bob", "WrongState", "ToAgentId: away"),
        ("robo", "UnknownAgent", "ToAgentId: no such agent"),
        ("alice", "WrongState", "ToAgentId: works on it"),
        (None, "UnknownAgent", "ToAgentId: no such agent"),
    ],
)
def test_who_cannot_take_it_is_not_asked(
    play: Playbook, to: str | None, code: str, text: str
) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    wanted = agent_of(play, to) if to is not None else guid(9)
    assert refused(alice, TRANSFER, code, ConversationId=key, ToAgentId=wanted) == text


def test_what_makes_no_sense_is_refused(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    both = {"ToAgentId": agent_of(play, "bob"), "ToProjectId": project_of(play, "Sales")}
    refused(alice, TRANSFER, "BadPayload", ConversationId=key, **both)
    refused(alice, TRANSFER, "BadPayload", ConversationId=key, ToProjectId=guid(9))


def test_only_its_owner_hands_it_over(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    refused(alice, TRANSFER, "WrongState", ConversationId=key)
    bob = play.agent("bob", "102")
    refused(bob, TRANSFER, "UnknownConversation", ConversationId=key)


def test_what_is_said_of_it_has_the_bound_of_notes(play: Playbook) -> None:
    """I-14: all of them come with the conversation, whoever they were for."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    carol = play.agent("carol", "103")
    long = {"ConversationId": key, "ToAgentId": agent_of(play, "carol"), "Note": "x" * 900}
    limits = evolve(play.config.limits, frame_bytes=4 * 4_096)
    play.state.config = evolve(play.config, limits=limits)
    for _ in range(2):
        alice.says(TRANSFER, **long)
        alice.hears("SC_CONVERSATION_STATUS")
        alice.hears("SC_CONVERSATION_NOTE", Text=long["Note"])
        carol.hears("SC_CONVERSATION_ALERT")
        alice.says(TRANSFER, ConversationId=key)
        alice.hears("SC_CONVERSATION_STATUS")
        carol.hears("SC_CONVERSATION_ALERT_END")
    refused(alice, TRANSFER, "Overloaded", **long)
    to_project = {"ToAgentId": None, "ToProjectId": project_of(play, "Sales")}
    refused(alice, TRANSFER, "Overloaded", **{**long, **to_project})
    alice.says(TRANSFER, ConversationId=key, **to_project)
    alice.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    carol.hears("SC_CONVERSATION_ALERT", ConversationId=key)
