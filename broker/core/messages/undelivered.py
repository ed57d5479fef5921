"""What follows when a message of an agent has failed: somebody has to see that (B-57).

Who works on its conversation is told as of every change, and so is who wrote it. Where nobody works on it any
more it comes back to somebody: one that has ended goes on, and one that is put aside is fetched, since the
answer for which it may wait will not come.
"""

from __future__ import annotations

from collections.abc import Iterable

from broker.core.decision import Decision
from broker.core.effects import ConversationToAgent
from broker.core.facts import Fact
from broker.core.facts.causes import ConversationCause
from broker.core.facts.messages import MessageMoved
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation, Message, MessagesState, address_key
from broker.core.messages.conversing import kept_aside, moved, parked, reopened, woken
from protocol.values import ChatStatus, Guid, MessageStatus


def undelivered(
    state: MessagesState, stamp: Stamp, message: Message, facts: Iterable[Fact]
) -> Decision:
    """What follows for the conversation when these facts are that its message failed.

    A receipt is nobody's word, and what had failed before was told then.
    """
    fails = any(isinstance(f, MessageMoved) and f.status is MessageStatus.FAILED for f in facts)
    before = message.delivery.status if message.delivery is not None else None
    if not fails or before is MessageStatus.FAILED or message.agent is None:
        return Decision()
    key = message.conversation
    conversation = state.messages.conversations.get(key) if key is not None else None
    if conversation is None:
        return Decision()
    if conversation.is_open:
        return _fetched(state, conversation, stamp)
    if conversation.is_spam or not _may_go_on(state, conversation):
        return Decision()
    return _reopened(state, conversation, stamp)


def _fetched(state: MessagesState, conversation: Conversation, stamp: Stamp) -> Decision:
    """One that is put aside waits again, or is shown to whoever put it aside; others are seen."""
    if conversation.aside is None:
        return Decision()
    if conversation.demanded.project is None:
        return kept_aside(state, conversation, stamp)
    return woken(conversation, stamp)


def _may_go_on(state: MessagesState, conversation: Conversation) -> bool:
    """Whether anything can be done for it: a gateway of its address and channel is there still.

    Without threads an address has one open conversation (B-56): where there is one, that goes on.
    """
    every = state.config.message_gateways.values()
    carrying = [one for one in every if one.pair == conversation.pair and not one.retired]
    address = address_key(conversation.pair, conversation.remote_address)
    is_taken = address in state.messages.open_addresses
    return bool(carrying) and (carrying[0].has_threads or not is_taken)


def _reopened(state: MessagesState, conversation: Conversation, stamp: Stamp) -> Decision:
    """It waits for whoever worked on it last, or somebody else who could."""
    decision, fresh = reopened(conversation, stamp)
    cause, project = ConversationCause.UNDELIVERED, conversation.demanded.project
    known = state.config.projects.get(project) if project is not None else None
    if known is not None and not known.retired:
        decision.facts.append(moved(fresh, stamp, ChatStatus.WAITING, cause))
        return decision
    # Of no project: it is put aside for whoever had it, or else for supervisors.
    agent = state.config.agents.get(conversation.last_agent or Guid(""))
    last = agent.id if agent is not None and not agent.retired else None
    decision.facts += parked(fresh, stamp, None, last, cause)
    if last is not None:
        decision.notices.append(ConversationToAgent(conversation=conversation.id, agent=last))
    return decision
