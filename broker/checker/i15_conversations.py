"""I-15: conversations and what is in them are shown to those whose they are, and to supervisors."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.violation import Violation
from protocol.conversation import (
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
)
from protocol.frame import Frame
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Guid, Role

OVERVIEW = "SC_CONVERSATION_OVERVIEW"
EXPLANATION = "SC_CONVERSATION_EXPLANATION"
Shown = ConversationInfo | ConversationNoteInfo | MessageContentInfo | MessageStatusInfo
LATELY = 3_000_000
"""What was theirs so short a while ago may still be on its way to them."""


def isolated(story: Story) -> Iterator[Violation]:
    """I-15: nobody sees a conversation that is not theirs, and connectors see none."""
    for connection in story.connections.values():
        agent = story.agent_of(connection) if connection.role is Role.WORKPLACE else None
        for event in connection.events:
            if event.kind is not Kind.GOT or event.frame is None:
                continue
            p = event.frame.payload
            for item in p if isinstance(p, tuple) else (p,):
                for text, key in _foreign(story, connection, agent, event, item):
                    yield Violation("I-15", text, event.at, connection.name, key)


def _foreign(
    story: Story, connection: Connection, agent: Guid | None, event: Event, p: object
) -> Iterator[tuple[str, str]]:
    frame = event.frame
    if frame is None or not isinstance(p, Shown | ConversationCommandInfo):
        return
    if connection.role is Role.CONNECTOR:
        if frame.type != "SE_MESSAGE_SENDING":
            yield f"{frame.type} for a connector", ""
        return
    key = p.conversation_id
    peer = getattr(p, "peer", None)
    if peer is not None and peer not in connection.peers:
        yield f"a frame for peer {peer}, which it does not serve", key or ""
    known = key is not None and key in story.mail.conversations
    # The answer to a foreign answer says no more than was asked.
    no_news = frame.type == "SC_CONVERSATION_ALERT_END" and frame.re is not None
    if key is not None and known and not no_news and not story.is_supervisor(agent):
        for text in _not_theirs(story, agent, event.at, frame, p, key):
            yield text, key


def _not_theirs(
    story: Story, agent: Guid | None, at: int, frame: Frame, p: object, key: Guid
) -> Iterator[str]:
    """What an agent who is no supervisor should not have seen of a conversation."""
    if frame.type == EXPLANATION:
        yield f"{frame.type} for no supervisor"
    elif frame.type == OVERVIEW:
        if isinstance(p, ConversationInfo) and (p.messages or p.internal or p.draft):
            yield "an overview with what is in a conversation"
    elif isinstance(p, MessageStatusInfo):
        letter = story.mail.letters.get(p.message_id or Guid(""))
        if not touched(story, key, agent) and (letter is None or letter.agent != agent):
            yield f"the status of a message of a conversation that {agent} never had"
    elif not touched(story, key, agent):
        yield f"{frame.type} of a conversation that {agent} never had"
    elif _has_content(p) and not (
        _had_lately(story, key, agent, at)
        or (frame.re is not None and _worked(story, key, agent, at))
    ):
        yield f"{frame.type} with what is in it, when {agent} did not work on it"


def _has_content(p: object) -> bool:
    if isinstance(p, ConversationInfo):
        return p.status is ChatStatus.ANSWERED and bool(p.messages or p.draft)
    return isinstance(p, ConversationNoteInfo | MessageContentInfo)


def touched(story: Story, conversation: Guid, agent: Guid | None) -> bool:
    """Whether a conversation was ever offered to an agent, with them, or put aside by them."""
    row = story.mail.conversations.get(conversation)
    return (
        any(move.agent == agent for move in story.mail.moves.get(conversation, ()))
        or any(
            offer.agent == agent or offer.by_agent == agent
            for offer in story.dump.conversation_offers
            if offer.conversation == conversation
        )
        or (row is not None and row.parked_by == agent)
    )


def _worked(story: Story, conversation: Guid, agent: Guid | None, at: int) -> bool:
    """Whether the agent had worked on it: whoever did may ask for it."""
    moves = story.mail.moves[conversation]
    return any(m.agent == agent and m.status == "Answered" and m.at <= at for m in moves)


def _had_lately(story: Story, conversation: Guid, agent: Guid | None, at: int) -> bool:
    """Whether the agent worked on it just before, or put it aside, by the rows."""
    if story.mail.conversations[conversation].parked_by == agent:
        return True
    moves = story.mail.moves[conversation]
    for move, after in zip(moves, [*moves[1:], None], strict=True):
        theirs = move.agent == agent and move.status in ("Answered", "Alerting", "Closed")
        if theirs and move.at <= at and (after is None or at - after.at <= _slack(story, at)):
            return True
    return False


def _slack(story: Story, at: int) -> int:
    """A slow reader gets late what left in time."""
    return LATELY if story.calm_at is not None and at > story.calm_at + 10 * LATELY else 60 * LATELY
