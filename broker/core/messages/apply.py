"""Writing facts into messages and conversations. Nothing here decides or refuses, or sees an agent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from broker.config.model import HOUR
from broker.core.deadlines import arm_conversation_wait, arm_exclusion, over, term_over
from broker.core.facts import ConfigReplaced, ListenedAgain
from broker.core.facts.causes import ConversationCause
from broker.core.facts.messages import (
    AddressMarked,
    ConversationDecided,
    ConversationDue,
    ConversationExcluded,
    ConversationForgotten,
    ConversationMoved,
    ConversationNoted,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationRouted,
    ConversationStarted,
    ConversationUnparked,
    ConversationWidened,
    ConversationWrapupEnded,
    ConversationWrapupStarted,
    DraftDropped,
    DraftKept,
    MessageRecalled,
    MessageStored,
)
from broker.core.limits import AUTOMATIC_ADDRESSES, AUTOMATIC_REMEMBERED, LOGGED_DECISIONS
from broker.core.message_state import (
    Aside,
    Conversation,
    ConversationOffer,
    Demanded,
    Draft,
    Message,
    MessagesState,
    Note,
    Written,
    address_key,
    body_bytes,
    identifier,
    kept_bytes,
    without_bodies,
)
from broker.core.messages.deliveries import TABLE as OF_DELIVERIES
from broker.core.messages.deliveries import (
    arm_delivery,
    arm_gone,
    drop_message,
    gateways_replaced,
    index_delivery,
    keyed_as,
    known_as,
)
from broker.core.messages.lifecycle import ON_ITS_WAY, may_move
from broker.core.messages.recalling import message_of, recalled
from broker.core.timers import Term, TimerKind
from protocol.values import ChatStatus, Guid

# -- conversations


def started(state: MessagesState, f: ConversationStarted) -> None:
    """A conversation begins."""
    conversation = Conversation(
        id=f.conversation,
        no=f.no,
        gateway=f.gateway,
        pair=f.pair,
        remote_address=f.remote_address,
        remote_name=f.remote_name,
        subject=f.subject,
        earlier=f.earlier,
        last_agent=f.last_agent,
        started_at=f.at,
        started_up=state.up,
    )
    state.messages.next_conversation = max(state.messages.next_conversation, f.no + 1)
    add_conversation(state, conversation)


def add_conversation(state: MessagesState, conversation: Conversation) -> None:
    """Enter a conversation into the indexes."""
    kept = state.messages
    kept.conversations[conversation.id] = conversation
    kept.held[conversation.pair] = kept.held.get(conversation.pair, 0) + 1
    _count(state, conversation.status, 1)
    _index_status(state, conversation)
    _index_aside(state, conversation)
    _index_draft(state, conversation)


def _count(state: MessagesState, status: ChatStatus, by: int) -> None:
    counts = state.messages.status_counts
    counts[status] = counts.get(status, 0) + by


def _index_status(state: MessagesState, conversation: Conversation) -> None:
    """What hangs on whether it is open."""
    kept, key = state.messages, conversation.id
    closed = kept.closed.setdefault(conversation.pair, {})
    address = address_key(conversation.pair, conversation.remote_address)
    kept.unwanted.pop(key, None)
    if conversation.is_open:
        kept.opened[key] = None
        closed.pop(key, None)
        kept.open_addresses[address] = key
    else:
        closed[key] = None
        kept.opened.pop(key, None)
        if conversation.is_unwanted:
            kept.unwanted[key] = None
        if kept.open_addresses.get(address) == key:
            del kept.open_addresses[address]


def routed(state: MessagesState, f: ConversationRouted) -> None:
    """It is known what the conversation asks of an agent."""
    conversation = state.messages.conversations[f.conversation]
    conversation.demanded = Demanded(
        project=f.project, language=f.language, skill=f.skill, priority=f.priority
    )


def widened(state: MessagesState, f: ConversationWidened) -> None:
    """It asks for less, or stands further in front."""
    conversation = state.messages.conversations[f.conversation]
    conversation.wait_level, asked = f.level, conversation.demanded
    asked.skill, asked.further, asked.priority = f.skill, f.further, f.priority
    arm_conversation_wait(state, conversation)


def moved(state: MessagesState, f: ConversationMoved) -> None:
    """The status or the owner changes."""
    conversation = state.messages.conversations[f.conversation]
    assert may_move(conversation.status, f.status, f.cause), f
    _count(state, conversation.status, -1)
    _count(state, f.status, 1)
    if conversation.enqueued_at is None and f.enqueued_at is not None:
        conversation.queued_up = state.up
    conversation.status, conversation.agent = f.status, f.agent
    conversation.enqueued_at = f.enqueued_at
    if conversation.waiting_since is None:
        conversation.waiting_up = state.up
    conversation.waited, conversation.waiting_since = f.waited, f.waiting_since
    conversation.waited_up = f.waited_up
    if f.status is ChatStatus.ANSWERED:
        conversation.last_agent = f.agent
        if conversation.answered_at is None:
            conversation.answered_at = f.at
    if f.status is ChatStatus.CLOSED:
        conversation.closed_at, conversation.closed_up = f.at, state.up
        conversation.close_reason, conversation.code = f.close_reason, f.code
        conversation.is_spam = f.is_spam
        conversation.due_at = None
        arm_forgetting(state, conversation)
    elif f.cause in (ConversationCause.REOPENED, ConversationCause.OPENED):
        conversation.closed_at, conversation.close_reason, conversation.code = None, None, None
        conversation.is_spam = False
        conversation.exclusions.clear()
        conversation.wait_level, conversation.demanded.further = -1, ()
    _index_status(state, conversation)
    arm_conversation_wait(state, conversation)


def retention(state: MessagesState, conversation: Conversation) -> int:
    """How long a closed conversation stays in memory: as long as a reply reopens it (B-56)."""
    gateway = state.config.way_of(conversation.gateway, conversation.pair)
    return gateway.conversation_inertia if gateway is not None else 0


def arm_forgetting(state: MessagesState, conversation: Conversation) -> None:
    """Set a timer for when a closed conversation leaves the memory."""
    due = over(state, conversation.closed_up, retention(state, conversation))
    state.timers.set(due, TimerKind.CONVERSATION, conversation.id)


def forgotten(state: MessagesState, f: ConversationForgotten) -> None:
    """Let a closed conversation go, with those of its messages that nothing is to come of."""
    kept = state.messages
    conversation = kept.conversations.pop(f.conversation)
    _drop_draft(state, conversation)
    kept.closed[conversation.pair].pop(f.conversation, None)
    kept.unwanted.pop(f.conversation, None)
    kept.held[conversation.pair] -= 1
    _count(state, conversation.status, -1)
    for message in conversation.messages:
        _hold(state, conversation.pair, -kept_bytes(message.content))
        if message.delivery is not None and message.delivery.status in ON_ITS_WAY:
            message.conversation = None
        else:
            drop_message(state, message)


def parked(state: MessagesState, f: ConversationParked) -> None:
    """It is put aside."""
    conversation = state.messages.conversations[f.conversation]
    term = Term(state.up, f.until - f.at) if f.until is not None else Term(state.up, 0)
    conversation.aside = Aside(at=f.at, until=f.until, by=f.by, term=term)
    _index_aside(state, conversation)
    arm_aside(state, conversation)


def arm_aside(state: MessagesState, conversation: Conversation) -> None:
    """Set a timer for the end of that."""
    aside = conversation.aside
    if aside is not None and aside.until is not None:
        state.timers.set(term_over(state, aside.term), TimerKind.ASIDE, conversation.id)


def unparked(state: MessagesState, f: ConversationUnparked) -> None:
    """It is put aside no more."""
    conversation = state.messages.conversations[f.conversation]
    if conversation.aside is not None and conversation.aside.by is not None:
        del state.messages.aside[conversation.aside.by][f.conversation]
    conversation.aside = None


def _index_aside(state: MessagesState, conversation: Conversation) -> None:
    if conversation.aside is not None and conversation.aside.by is not None:
        state.messages.aside.setdefault(conversation.aside.by, {})[conversation.id] = None


def offered(state: MessagesState, f: ConversationOffered) -> None:
    """Somebody is alerted."""
    conversation = state.messages.conversations[f.conversation]
    conversation.offer = ConversationOffer(
        number=f.offer,
        agent=f.agent,
        until=f.until,
        by=f.by,
        note=f.note,
        term=Term(state.up, f.until - f.at),
    )
    state.messages.next_offer = max(state.messages.next_offer, f.offer + 1)
    arm_offer(state, conversation)


def arm_offer(state: MessagesState, conversation: Conversation) -> None:
    """Set a timer for the end of an open offer."""
    if conversation.offer is not None:
        due = term_over(state, conversation.offer.term)
        state.timers.set(due, TimerKind.CONVERSATION_OFFER, conversation.id)


def offer_ended(state: MessagesState, f: ConversationOfferEnded) -> None:
    """They are alerted no more; whoever let it go is left out for a while."""
    conversation = state.messages.conversations[f.conversation]
    conversation.offer = None
    if f.lets_go:
        _exclude(state, conversation, f.agent)


def excluded(state: MessagesState, f: ConversationExcluded) -> None:
    """Whoever gave it back is left out for a while."""
    _exclude(state, state.messages.conversations[f.conversation], f.agent)


def _exclude(state: MessagesState, conversation: Conversation, agent: Guid) -> None:
    conversation.exclusions[agent] = state.up
    arm_exclusion(state, conversation.id, state.up)


def wrapup_started(state: MessagesState, f: ConversationWrapupStarted) -> None:
    """A wrap-up runs."""
    state.messages.conversations[f.conversation].wrapping = f.agent


def wrapup_ended(state: MessagesState, f: ConversationWrapupEnded) -> None:
    """It runs no more; what has been closed for long enough may go."""
    conversation = state.messages.conversations[f.conversation]
    conversation.wrapping = None
    if not conversation.is_open:
        arm_forgetting(state, conversation)


def decided(state: MessagesState, f: ConversationDecided) -> None:
    """Keep the latest lines of the log."""
    log = state.messages.conversations[f.conversation].log
    log.append(f)
    del log[:-LOGGED_DECISIONS]


def noted(state: MessagesState, f: ConversationNoted) -> None:
    """A note for colleagues."""
    note = Note(counter=f.counter, id=f.id, text=f.text, agent=f.agent, at=f.at)
    state.messages.conversations[f.conversation].notes.append(note)


def draft_kept(state: MessagesState, f: DraftKept) -> None:
    """The latest draft."""
    conversation = state.messages.conversations[f.conversation]
    _drop_draft(state, conversation)
    conversation.draft = Draft(
        agent=f.agent, at=f.at, content=without_bodies(f.content), size=body_bytes(f.content)
    )
    _index_draft(state, conversation)


def draft_dropped(state: MessagesState, f: DraftDropped) -> None:
    """There is none any more."""
    _drop_draft(state, state.messages.conversations[f.conversation])


def _drop_draft(state: MessagesState, conversation: Conversation) -> None:
    if conversation.draft is not None:
        del state.messages.drafts[conversation.draft.agent][conversation.id]
        conversation.draft = None


def _index_draft(state: MessagesState, conversation: Conversation) -> None:
    if conversation.draft is not None:
        state.messages.drafts.setdefault(conversation.draft.agent, {})[conversation.id] = None


# -- messages


def stored(state: MessagesState, f: MessageStored) -> None:
    """A message is there; an outbound one is to be handed over."""
    state.messages.next_message = max(state.messages.next_message, f.no + 1)
    add_message(state, message_of(f))
    if f.conversation is None:
        return
    conversation = state.messages.conversations[f.conversation]
    if f.inbound and f.content.is_automatic:
        address = address_key(conversation.pair, conversation.remote_address)
        count_automatic(state, address, state.up)
    elif f.agent is not None:
        conversation.due_at = None
    if f.inbound:
        arm_conversation_wait(state, conversation)  # it may be in another language


def due(state: MessagesState, f: ConversationDue) -> None:
    """It is known when the conversation is to be answered."""
    state.messages.conversations[f.conversation].due_at = f.due_at


def count_automatic(state: MessagesState, address: tuple[Guid, str], up: int) -> None:
    """Remember when an automatic message came from an address, for as long as that counts (B-58)."""
    kept = state.messages.automatic
    moments = kept.pop(address, None) or deque(maxlen=AUTOMATIC_REMEMBERED)
    moments.append(up)
    kept[address] = moments
    while kept:
        silent = next(iter(kept))
        if len(kept) <= AUTOMATIC_ADDRESSES and state.up - kept[silent][-1] < HOUR:
            break
        del kept[silent]


def _hold(state: MessagesState, pair: Guid, size: int) -> None:
    held = state.messages.bytes_held
    held[pair] = held.get(pair, 0) + size


def add_message(state: MessagesState, message: Message) -> None:
    """Enter a message into the indexes."""
    kept = state.messages
    delivery_id = message.content.delivery_system_id
    if delivery_id is not None:
        name = identifier(message.gateway, delivery_id, inbound=message.inbound)
        # Of a message whose conversation is out of memory the store knew more.
        if message.conversation is not None or name not in kept.known.get(message.gateway, {}):
            known_as(state, message.gateway, name, (message.id, message.conversation))
    if message.conversation is not None:
        conversation = kept.conversations[message.conversation]
        conversation.messages.append(message)
        _hold(state, conversation.pair, kept_bytes(message.content))
    if message.conversation is not None or message.delivery is not None:
        kept.messages[message.id] = message
    if message.agent is not None and message.key is not None:
        written = Written(message.id, message.gateway, message.digest)
        keyed_as(state, (message.agent, message.key), written)
    if message.delivery is not None:
        index_delivery(state, message)


def marked(state: MessagesState, f: AddressMarked) -> None:
    """What comes from there is unwanted, or not any more."""
    if f.is_spam:
        state.messages.spam[address_key(f.pair, f.address)] = None
    else:
        state.messages.spam.pop(address_key(f.pair, f.address), None)


def arm_messages(state: MessagesState) -> None:
    """Set every timer of messages and conversations anew."""
    kept = state.messages
    for conversation in kept.conversations.values():
        arm_offer(state, conversation)
        arm_aside(state, conversation)
        arm_conversation_wait(state, conversation)
        for since in conversation.exclusions.values():
            arm_exclusion(state, conversation.id, since)
        if not conversation.is_open:
            arm_forgetting(state, conversation)
    for message in kept.messages.values():
        arm_delivery(state, message)
    arm_gone(state)


def times_anew(state: MessagesState, f: ConfigReplaced | ListenedAgain) -> None:
    """Times run otherwise from now on, perhaps with other gateways; look at every queue again."""
    if isinstance(f, ConfigReplaced):
        gateways_replaced(state)
    arm_messages(state)
    state.messages.to_send.update(dict.fromkeys(state.messages.queued))


TABLE: Final[dict[type, Callable[[Any, Any], None]]] = {
    **OF_DELIVERIES,
    AddressMarked: marked,
    ConversationNoted: noted,
    MessageRecalled: recalled,
    MessageStored: stored,
}
"""What is the messages' alone."""
