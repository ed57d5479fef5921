"""B-57, B-62, W-21: notes for colleagues, and what is written and not sent yet."""

from __future__ import annotations

from broker.core.facts.messages import ConversationNoted, DraftDropped, DraftKept
from tests.support.agents_at_work import agent_of, configured
from tests.support.letters import guid
from tests.support.mail import MAIL_FLOOR, Post, alerted, refused, the_conversation, working
from tests.support.playbook import Playbook

pytestmark = configured(MAIL_FLOOR)
NOTE, DRAFT = "CS_CONVERSATION_NOTE", "CS_MESSAGE_DRAFT"


# -- notes


def test_a_note_is_numbered_and_shown_to_who_wrote_it(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    for number, text in enumerate(("Careful", "She is angry"), 1):
        alice.says(NOTE, number, ConversationId=key, ID=f"n{number}", Text=text)
        alice.hears(
            "SC_CONVERSATION_NOTE",
            number,
            ID=f"n{number}",
            Text=text,
            Counter=number,
            AgentName="Alice",
        )
    alice.silent()


def test_the_same_key_is_the_same_note(play: Playbook) -> None:
    """W-21, I-2."""
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104", "Pause")
    key = working(play, alice)
    for number in (1, 2):
        alice.says(NOTE, number, ConversationId=key, ID="n", Text="Careful")
        alice.hears("SC_CONVERSATION_NOTE", number, Counter=1)
    assert len([f for f in play.facts if isinstance(f, ConversationNoted)]) == 1
    refused(alice, NOTE, "KeyReused", ConversationId=key, ID="n", Text="Other")
    refused(susan, NOTE, "KeyReused", ConversationId=key, ID="n", Text="Careful")


def test_who_works_on_it_is_told_of_what_a_supervisor_notes(play: Playbook) -> None:
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104", "Pause")
    key = working(play, alice)
    susan.says(NOTE, 1, ConversationId=key, ID="n", Text="Be quick")
    susan.hears("SC_CONVERSATION_NOTE", 1, Peer="104", Counter=1)
    alice.hears("SC_CONVERSATION_NOTE", Peer="101", Text="Be quick", AgentName="Susan")


def test_nobody_notes_who_may_not_read(play: Playbook) -> None:
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    key = alerted(play, alice)
    refused(alice, NOTE, "WrongState", ConversationId=key, ID="n", Text="x")
    refused(bob, NOTE, "UnknownConversation", ConversationId=key, ID="n", Text="x")


def test_after_its_end_nothing_is_noted_and_a_retry_is_known(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says(NOTE, ConversationId=key, ID="n", Text="Careful")
    alice.hears("SC_CONVERSATION_NOTE")
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS")
    alice.says(NOTE, 1, ConversationId=key, ID="n", Text="Careful")
    alice.hears("SC_CONVERSATION_NOTE", 1, Counter=1)
    refused(alice, NOTE, "ChatClosed", ConversationId=key, ID="m", Text="More")
    refused(alice, DRAFT, "ChatClosed", Peer=None, ConversationId=key, BodyText="More")


def test_notes_have_a_bound(play: Playbook) -> None:
    """I-14: all of them come with the conversation."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    for number in range(7):
        alice.says(NOTE, ConversationId=key, ID=f"n{number}", Text="x" * 32_000)
        alice.hears("SC_CONVERSATION_NOTE")
    alice.says(NOTE, ConversationId=key, ID="n8", Text="x" * 30_000)
    alice.hears("SC_CONVERSATION_NOTE")
    refused(alice, NOTE, "Overloaded", ConversationId=key, ID="more", Text="x" * 32_000)


# -- drafts


def test_a_draft_is_kept_and_the_latest_wins(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    for number, text in enumerate(("Dear", "Dear Eva"), 1):
        alice.says(DRAFT, number, Peer=None, ConversationId=key, BodyText=text, BodyHtml="<p>")
        alice.hears("SYS_ACK", number)
    alice.says("CS_CONVERSATION_STATUS", 3, ConversationId=key)
    draft = alice.hears("SC_CONVERSATION_STATUS", 3)["Draft"]
    assert (draft["BodyText"], draft["BodyHtml"], draft["AgentName"]) == (
        "Dear Eva",
        "<p>",
        "Alice",
    )
    assert draft["DraftTime"] is not None
    alice.says(DRAFT, Peer=None, ConversationId=key, BodyText="Without an Id no answer")
    alice.silent()


def test_it_goes_along_to_whoever_has_the_conversation_next(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says(DRAFT, Peer=None, ConversationId=key, BodyText="Dear")
    alice.leaves()
    play.wait(600)
    carol = play.agent("carol", "103")
    carol.hears("SC_CONVERSATION_ALERT", Draft=None)
    carol.says("CS_CONVERSATION_ANSWER", ConversationId=key)
    assert carol.hears("SC_CONVERSATION_STATUS")["Draft"]["BodyText"] == "Dear"
    carol.says(DRAFT, Peer=None, ConversationId=key, BodyText="Dear Eva")
    drafts = {agent: list(those) for agent, those in play.state.messages.drafts.items() if those}
    assert drafts == {agent_of(play, "carol"): [key]}


def test_an_empty_one_is_none(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says(DRAFT, 1, Peer=None, ConversationId=key)
    alice.hears("SYS_ACK", 1)
    assert not any(isinstance(f, DraftKept | DraftDropped) for f in play.facts)
    alice.says(DRAFT, Peer=None, ConversationId=key, BodyText="Dear")
    alice.says(DRAFT, 2, Peer=None, ConversationId=key)
    alice.hears("SYS_ACK", 2)
    assert the_conversation(play).draft is None


def test_the_end_leaves_no_draft(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says(DRAFT, Peer=None, ConversationId=key, BodyText="Dear")
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", Draft=None)
    assert the_conversation(play).draft is None


def test_only_who_works_on_it_writes_a_draft(play: Playbook) -> None:
    alice, susan = play.agent("alice", "101"), play.agent("susan", "104", "Pause")
    key = alerted(play, alice)
    for client in (alice, susan):
        refused(client, DRAFT, "WrongState", Peer=None, ConversationId=key, BodyText="x")
    refused(alice, DRAFT, "UnknownConversation", Peer=None, ConversationId=guid(9), BodyText="x")


def test_drafts_have_bounds(play: Playbook) -> None:
    """I-14: how long, and how many."""
    play.reload(MAIL_FLOOR + "[limits]\ndrafts = 1\n")
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    long = '"' * 300_000
    refused(alice, DRAFT, "Overloaded", Peer=None, ConversationId=key, BodyText=long)
    alice.says(DRAFT, 1, Peer=None, ConversationId=key, BodyText="Dear")
    alice.hears("SYS_ACK", 1)
    second = working(play, alice, post, RemoteAddress="b@example.org")
    refused(alice, DRAFT, "Overloaded", Peer=None, ConversationId=second, BodyText="x")
    alice.says(DRAFT, 2, Peer=None, ConversationId=key, BodyText="Dear Eva")
    alice.hears("SYS_ACK", 2)
