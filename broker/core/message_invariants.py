"""What must hold of conversations between two inputs (I-3, I-6..I-8, I-14, I-16); see `invariants`."""

from __future__ import annotations

from broker.core.capacity import capacity_cost
from broker.core.distribution.graces import lost_until
from broker.core.distribution_state import Work
from broker.core.message_state import Conversation, kept_bytes
from broker.core.state import State
from broker.core.timers import TimerKind
from protocol.values import ChatStatus, Guid


def conversation_faults(state: State) -> list[str]:
    """Every law of conversations that the state breaks, in words."""
    faults: list[str] = []
    for conversation in state.messages.conversations.values():
        about = f"conversation {conversation.id} is {conversation.status}"
        faults += [f"{fault}: {about}" for fault in _faults_of(state, conversation)]
    faults += [*_index_faults(state), *_lease_faults(state), *_wrapup_faults(state)]
    return [*faults, *_waiting_faults(state)]


def _faults_of(state: State, one: Conversation) -> list[str]:
    faults: list[str] = []
    waits = one.status is ChatStatus.WAITING and one.aside is None
    if waits is not (one.id in state.distribution.entries):
        faults.append("I-7: its entry disagrees")
    if one.status is ChatStatus.PILOT:
        faults.append("I-7: no rule said what becomes of it")
    if one.aside is not None and one.status is not ChatStatus.WAITING:
        faults.append("I-6: it is put aside")
    offered = one.offer is not None
    if one.status is ChatStatus.ALERTING and not offered:
        faults.append("I-6: there is no offer")
    if one.status in (ChatStatus.WAITING, ChatStatus.CLOSED) and offered:
        faults.append("I-6: there is an offer")
    handed_over = one.offer is not None and one.offer.by is not None
    if offered and handed_over is not (one.status is ChatStatus.ANSWERED):
        faults.append("I-6: the offer is for something else")
    if one.status in (ChatStatus.ALERTING, ChatStatus.ANSWERED) and one.agent is None:
        faults.append("I-6: it is with nobody")
    if one.offer is not None and one.status is ChatStatus.ANSWERED and one.offer.agent == one.agent:
        faults.append("I-6: it is offered to its owner")
    if one.wrapping is not None and one.is_open:
        faults.append("I-6: somebody wraps it up")
    if one.is_open is (one.close_reason is not None):
        faults.append(f"I-8: its reason is {one.close_reason}")
    if [note.counter for note in one.notes] != list(range(1, len(one.notes) + 1)):
        faults.append("I-3: the counters of its notes are not 1..n")
    return faults


def _index_faults(state: State) -> list[str]:
    """I-14: what is kept beside the conversations is what they say."""
    faults: list[str] = []
    kept = state.messages
    every = kept.conversations.values()
    counts: dict[ChatStatus, int] = {}
    aside: dict[Guid, set[Guid]] = {}
    drafts: dict[Guid, set[Guid]] = {}
    sizes: dict[Guid, int] = {}
    closed: dict[Guid, set[Guid]] = {}
    opened, unwanted, rest = set[Guid](), set[Guid](), set[Guid]()
    for one in every:
        size = sum(kept_bytes(message.content) for message in one.messages)
        sizes[one.pair] = sizes.get(one.pair, 0) + size
        counts[one.status] = counts.get(one.status, 0) + 1
        (opened if one.is_open else unwanted if one.is_unwanted else rest).add(one.id)
        if not one.is_open:
            closed.setdefault(one.pair, set()).add(one.id)
        if one.aside is not None and one.aside.by is not None:
            aside.setdefault(one.aside.by, set()).add(one.id)
        if one.draft is not None:
            drafts.setdefault(one.draft.agent, set()).add(one.id)
    if counts != {status: n for status, n in kept.status_counts.items() if n}:
        faults.append(f"I-14: conversations by status are {counts}, not {kept.status_counts}")
    if {p: n for p, n in sizes.items() if n} != {p: n for p, n in kept.bytes_held.items() if n}:
        faults.append(f"I-14: messages take {sizes} bytes, not {kept.bytes_held}")
    if closed != {pair: set(those) for pair, those in kept.closed.items() if those}:
        faults.append(f"I-14: conversations of pairs are closed {closed}, not {kept.closed}")
    if opened != set(kept.opened) or unwanted != set(kept.unwanted):
        faults.append(f"I-14: {opened} are open and {unwanted} unwanted, and others are listed")
    if aside != {agent: set(those) for agent, those in kept.aside.items() if those}:
        faults.append(f"I-14: conversations are put aside by {aside}, not {kept.aside}")
    if drafts != {agent: set(those) for agent, those in kept.drafts.items() if those}:
        faults.append(f"I-14: drafts are of {drafts}, not {kept.drafts}")
    return faults


def _lease_faults(state: State) -> list[str]:
    """I-6: the slots that conversations hold are those that they ought to (B-57)."""
    faults: list[str] = []
    d = state.distribution
    due: dict[Guid, dict[Guid, ChatStatus]] = {}
    for one in state.messages.conversations.values():
        if one.offer is not None:
            due.setdefault(one.offer.agent, {})[one.id] = ChatStatus.ALERTING
        if one.status is ChatStatus.ANSWERED and one.agent is not None:
            due.setdefault(one.agent, {})[one.id] = ChatStatus.ANSWERED
    for agent, wrapped in _wrap_ups(state):
        due.setdefault(agent, {})[wrapped] = ChatStatus.CLOSED
    holders: dict[Guid, set[Guid]] = {}
    for presence in d.presences.values():
        ought, held = due.pop(presence.agent, {}), presence.conversations
        unseen = [one for one, holder in ought.items() if holder is not ChatStatus.CLOSED]
        if unseen and presence.session is not None and not presence.takes_messages:
            faults.append(f"I-6: the program of agent {presence.agent} does not show {unseen}")
        if held.leases != ought:
            faults.append(f"I-6: agent {presence.agent} holds {held.leases}, not {ought}")
        costs = {
            one: capacity_cost(state, d.gateways[one], Work.CONVERSATION) for one in held.leases
        }
        if held.costs != costs or held.load != sum(costs.values()):
            faults.append(f"I-6: agent {presence.agent} has a load of {held.load}, not {costs}")
        for one_ in held.leases:
            holders.setdefault(one_, set()).add(presence.agent)
    if due:
        faults.append(f"I-6: nobody holds {due}")
    known = {
        one: set(agents) for one, agents in d.leases.items() if one in state.messages.conversations
    }
    if known != holders:
        faults.append(f"I-6: leases by conversation {known} are not {holders}")
    return faults


def _wrap_ups(state: State) -> list[tuple[Guid, Guid]]:
    """Whose wrap-ups of which conversations run."""
    return [
        (presence.agent, wrapped)
        for presence in state.distribution.presences.values()
        for wrapped in presence.conversations.wrapups
    ]


def _wrapup_faults(state: State) -> list[str]:
    """I-6: a conversation knows whose wrap-up for it runs."""
    running = {(agent, wrapped) for agent, wrapped in _wrap_ups(state)}
    every = state.messages.conversations.values()
    if running != {(one.wrapping, one.id) for one in every if one.wrapping is not None}:
        return [f"I-6: the conversations know of other wrap-ups than {running}"]
    return []


def _waiting_faults(state: State) -> list[str]:
    """I-7, I-16: nothing is offered to, or kept for ever for, somebody who is away."""
    armed = {(kind, key, due) for due, _number, kind, key in state.timers.heap}
    faults: list[str] = []
    for one in state.messages.conversations.values():
        if one.offer is not None:
            alerted = state.distribution.presences.get(one.offer.agent)
            if alerted is None or alerted.session is None:
                faults.append(f"I-7: conversation {one.id} is offered to somebody who is away")
        if one.status is not ChatStatus.ANSWERED or one.agent is None:
            continue
        presence = state.distribution.presences[one.agent]
        if presence.session is not None:
            continue
        due = lost_until(state, one.gateway, presence.lost_at or 0, Work.CONVERSATION)
        timer = (TimerKind.CONVERSATION_GRACE, one.id, due)
        if presence.lost_at is None or timer not in armed:
            faults.append(f"I-16: conversation {one.id} of an agent who is away waits on")
    return faults
