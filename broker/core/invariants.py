"""What must hold of the state between two inputs, and what of it is durable (I-6..I-10).

`check` states the laws a second time, naively and at full cost, for tests and the simulator.
`durable` picks what the store must be able to give back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve, fields

from broker.core.blob_state import Blob
from broker.core.capacity import capacity, capacity_cost
from broker.core.chat_state import DERIVED, PARTS
from broker.core.chats.transcript import held_bytes, measured_transcript
from broker.core.deadlines import bot_until, unbound_until
from broker.core.distribution.eligibility import ineligible_reason, qualified, rank
from broker.core.distribution.graces import lost_until
from broker.core.distribution.offers import left_out
from broker.core.distribution_state import Work
from broker.core.facts.causes import Ineligible
from broker.core.message_invariants import conversation_faults
from broker.core.message_state import MESSAGE_PARTS
from broker.core.messages.laws import delivery_faults, overloaded_gateways
from broker.core.messages.lifecycle import ON_ITS_WAY
from broker.core.state import Chat, Demand, Queue, State
from broker.core.timers import TimerKind
from broker.core.views.recipients import members_of
from protocol.message import MessageContentInfo
from protocol.values import AgentState, ChatStatus, Guid, TransferMode

_STORED: Final[dict[type, tuple[str, ...]]] = {
    part: tuple(a.name for a in fields(part) if a.metadata != DERIVED)
    for part in (Blob, Chat, *PARTS, *MESSAGE_PARTS)
}
"""The members of a chat and of its parts that rows give back."""


def durable(state: State) -> dict[str, object]:
    """The durable part of the state in plain, comparable values (I-10).

    Exclusions are compared by the store's own rule, from its table, and are left out; so are
    forms' order, presence and timers. Agents who are logged off and were never seen differ in
    nothing and are left out as well.
    """
    chats: dict[str, object] = {}
    for chat in sorted(state.chats.values(), key=lambda c: c.no):
        chats[chat.id] = _durable_part(chat)
    presences = {
        presence.agent: (
            *(
                presence.state,
                presence.reason,
                presence.next_state,
                presence.since,
                presence.missed,
            ),
            *(presence.login, presence.seated_at),
        )
        for presence in state.distribution.presences.values()
        if presence.since
    }
    return {
        "chats": chats,
        "contacts": {
            key: evolve(one, addresses=tuple(sorted(one.addresses)))
            for key, one in state.contacts.by_id.items()
        },
        "presences": dict(sorted(presences.items())),
        "conversations": {
            one.id: _durable_part(one)
            for one in sorted(state.messages.conversations.values(), key=lambda c: c.no)
        },
        "under way": {
            one.id: _durable_part(one)
            for one in sorted(state.messages.messages.values(), key=lambda m: m.no)
            if one.delivery is not None and one.delivery.status in ON_ITS_WAY
        },
        "blobs": {
            one.id: _durable_part(one)
            for one in sorted(state.blobs.by_id.values(), key=lambda b: b.no)
        },
        "spam": sorted(state.messages.spam),
        "wrapups": sorted(
            (key, presence.agent, running.until)
            for presence in state.distribution.presences.values()
            for work in Work
            for key, running in presence.workload(work).wrapups.items()
        ),
    }


def _durable_part(part: object) -> object:
    """A value that stays as it is when the part changes."""
    if isinstance(part, list):
        return [_durable_part(each) for each in part]
    if isinstance(part, dict):
        return {key: _durable_part(each) for key, each in part.items()}
    names = _STORED.get(type(part))
    return part if names is None else {name: _durable_part(getattr(part, name)) for name in names}


def check(state: State) -> list[str]:
    """Every law that the state breaks, in words; empty when all is well."""
    faults: list[str] = []
    for chat in state.chats.values():
        faults += _chat_faults(state, chat)
        faults += _index_faults(state, chat)
        faults += _party_faults(state, chat)
    faults += lease_faults(state)
    faults += conversation_faults(state)
    faults += _matching_faults(state)
    faults += _waiting_faults(state)
    faults += _contact_faults(state)
    faults += _blob_faults(state)
    faults += delivery_faults(state)
    for demand, queue in state.distribution.queues.items():
        faults += _queue_faults(state, demand, queue)
    return faults + _count_faults(state)


def _contact_faults(state: State) -> list[str]:
    """I-7, I-14: each contact is found by its addresses and stands in its gateway's list once."""
    kept = state.contacts
    faults: list[str] = []
    addresses = {a: one.id for one in kept.by_id.values() for a in one.addresses}
    if kept.by_address != addresses:
        faults.append("I-7: contacts are found by other addresses than they have")
    listed = {(g, one) for g, those in kept.of_gateway.items() for one in those}
    if listed != {(one.gateway, one.id) for one in kept.by_id.values()}:
        faults.append("I-14: contacts are listed at other gateways than theirs")
    if any(one.no >= kept.next_no for one in kept.by_id.values()):
        faults.append("I-7: the next number of a contact is taken")
    return faults


def _naming(state: State) -> Iterator[tuple[Guid, MessageContentInfo]]:
    """The messages, and the conversations by their drafts, and what each of them says."""
    for message in state.messages.messages.values():
        yield message.id, message.content
    for conversation in state.messages.conversations.values():
        if conversation.draft is not None:
            yield conversation.id, conversation.draft.content


def _blob_faults(state: State) -> list[str]:
    """I-14, I-19: attachments are listed where they belong, and what is named is there and whole."""
    kept = state.blobs
    faults: list[str] = []
    listed = {one for those in kept.unnamed.values() for one in those}
    if listed != {one.id for one in kept.by_id.values() if not one.holders}:
        faults.append("I-14: other attachments are listed than those that nothing names")
    if kept.coming != sum(one.size for one in kept.by_id.values() if not one.is_complete):
        faults.append("I-14: the bytes of incomplete attachments are counted wrongly")
    for one in kept.by_id.values():
        if one.holders and not one.is_complete:
            faults.append(f"I-19: {one.id} is named and incomplete")
        if one.is_complete and one.have != one.size:
            faults.append(f"I-19: {one.id} is complete with {one.have} of {one.size} bytes")
    for holder, content in _naming(state):
        for info in content.attachments or ():
            blob = kept.by_id.get(info.blob_id or Guid(""))
            if blob is None or holder not in blob.holders:
                faults.append(f"I-19: {holder} names {info.blob_id}, which it does not hold")
    for chat in state.chats.values():
        known = {b: kept.by_id[b].scan for b in chat.transcript.scans if b in kept.by_id}
        if known != chat.transcript.scans:
            faults.append(f"I-19: {chat.id} shows other verdicts than its attachments have")
    return faults


def _count_faults(state: State) -> list[str]:
    """I-14: what is counted as it changes is what counting everything gives."""
    faults: list[str] = []
    counts: dict[ChatStatus, int] = {}
    held: dict[Guid, int] = {}
    taken: dict[Guid, int] = {}
    for chat in state.chats.values():
        counts[chat.status] = counts.get(chat.status, 0) + 1
        held[chat.gateway] = held.get(chat.gateway, 0) + 1
        taken[chat.gateway] = taken.get(chat.gateway, 0) + held_bytes(chat)
    if held != {gateway: n for gateway, n in state.chats_held.items() if n}:
        faults.append(f"I-14: chats held {state.chats_held} are not {held}")
    if taken != {gateway: n for gateway, n in state.bytes_held.items() if gateway in taken}:
        faults.append(f"I-14: bytes held {state.bytes_held} are not {taken}")
    waiting = [entry.need.work for entry in state.distribution.entries.values()]
    if state.distribution.waiting != {work: waiting.count(work) for work in Work}:
        faults.append(f"I-14: {state.distribution.waiting} do not count what waits")
    known = {one.id: one.gateway for one in state.chats.values()}
    known |= {one.id: one.gateway for one in state.messages.conversations.values()}
    if state.distribution.gateways != known:
        faults.append("I-14: the distribution knows other chats or conversations than there are")
    if counts != {s: n for s, n in state.status_counts.items() if n}:
        faults.append(f"I-14: status counts {state.status_counts} are not {counts}")
    return faults


def _chat_faults(state: State, chat: Chat) -> list[str]:
    faults: list[str] = []
    if [s.counter for s in chat.transcript.sentences] != list(
        range(1, len(chat.transcript.sentences) + 1)
    ):
        faults.append(f"I-3: counters of chat {chat.id} are not 1..n")
    if [s.counter for s in chat.transcript.internal] != list(
        range(1, len(chat.transcript.internal) + 1)
    ):
        faults.append(f"I-3: counters of the notes of chat {chat.id} are not 1..n")
    if sum(len(keys) for keys in chat.transcript.keys) != len(chat.transcript.sentences):
        faults.append(f"I-2: keys of chat {chat.id} do not match its sentences")
    if len(chat.transcript.internal_keys) != len(chat.transcript.internal):
        faults.append(f"I-2: keys of the notes of chat {chat.id} do not match them")
    if chat.transcript.size != measured_transcript(chat):
        faults.append(
            f"I-14: chat {chat.id} weighs {measured_transcript(chat)}, not {chat.transcript.size}"
        )
    asks = chat.invite is not None and chat.invite.project is not None
    waits = chat.status is ChatStatus.WAITING or (asks and chat.offer is None)
    if waits is not (chat.id in state.distribution.entries):
        faults.append(f"I-7: chat {chat.id} is {chat.status} and its entry disagrees")
    if chat.status is ChatStatus.ALERTING and chat.offer is None:
        faults.append(f"I-6: chat {chat.id} is {chat.status} without an offer")
    if chat.status in (ChatStatus.WAITING, ChatStatus.CLOSED) and chat.offer is not None:
        faults.append(f"I-6: chat {chat.id} is {chat.status} and its offer disagrees")
    if (chat.status is ChatStatus.CLOSED) is not (chat.ending.reason is not None):
        faults.append(f"I-8: chat {chat.id} is {chat.status} with reason {chat.ending.reason}")
    return faults


def _index_faults(state: State, chat: Chat) -> list[str]:
    """I-2, I-7, I-14: every index has the chat where it belongs, and nowhere else."""
    faults: list[str] = []
    if chat.is_open is not (chat.id in state.open_chats.get(chat.gateway, {})):
        faults.append(f"I-14: chat {chat.id} is missing from or left in the open list")
    if (chat.is_open and chat.is_bound) is not (chat.id in state.listings.of(chat.gateway)):
        faults.append(f"I-14: chat {chat.id} is missing from or left in what connectors are listed")
    if chat.is_open is (chat.id in state.closed_chats.get(chat.gateway, {})):
        faults.append(f"I-14: chat {chat.id} is missing from or left in the closed list")
    if (chat.is_open and not chat.is_bound) is not (chat.id in state.unbound):
        faults.append(f"I-7: chat {chat.id} is missing from or left in the unbound ones")
    found = state.by_tracking.get((chat.gateway, chat.visitor.tracking_id))
    if chat.is_open and chat.is_bound and found != chat.id:
        faults.append(f"I-2: open chat {chat.id} is not found by its tracking ID")
    return faults


def _party_faults(state: State, chat: Chat) -> list[str]:
    """I-6, I-7: whoever is in the chat, or asked into it, belongs to a conversation."""
    faults: list[str] = []
    talking = chat.status is ChatStatus.ANSWERED and chat.agent is not None
    if (chat.parties or chat.invite or chat.parking is not None) and not talking:
        faults.append(f"I-6: chat {chat.id} is {chat.status} with parties, or asking, or parked")
    if chat.agent in chat.parties:
        faults.append(f"I-6: chat {chat.id} has its owner among its parties")
    if chat.status is ChatStatus.ANSWERED and chat.offer is not None and chat.invite is None:
        faults.append(f"I-6: chat {chat.id} is answered and offered")
    woken = chat.parking is not None and chat.parking.woken_at is not None
    if woken and chat.id not in state.distribution.resuming:
        faults.append(f"I-7: chat {chat.id} is to come back and nobody looks")
    alerted = chat.offered_to
    if alerted is not None:
        presence = state.distribution.presences.get(alerted)
        if presence is None or presence.session is None:
            faults.append(f"I-7: chat {chat.id} is offered to agent {alerted}, who is away")
        if alerted in members_of(chat):
            faults.append(f"I-6: chat {chat.id} is offered to agent {alerted}, who is in it")
    return faults


def leases_due(state: State) -> dict[Guid, dict[Guid, ChatStatus]]:
    """Who ought to hold slots, by agent and chat, worked out from the chats alone (B-22)."""
    due: dict[Guid, dict[Guid, ChatStatus]] = {}
    for chat in state.chats.values():
        alerted = chat.offered_to
        if alerted is not None:
            due.setdefault(alerted, {})[chat.id] = ChatStatus.ALERTING
        for agent in members_of(chat):
            party = chat.parties.get(agent)
            unseen = party is not None and party.mode is TransferMode.MONITOR
            put_aside = party is None and chat.parking is not None
            if not unseen and not put_aside:
                due.setdefault(agent, {})[chat.id] = ChatStatus.ANSWERED
    for presence in state.distribution.presences.values():
        for chat_id in presence.wrapups:
            due.setdefault(presence.agent, {})[chat_id] = ChatStatus.CLOSED
    return due


def lease_faults(state: State) -> list[str]:
    """I-6: the slots that are held are those that ought to be: the reconciler of B-22."""
    faults: list[str] = []
    due = leases_due(state)
    d = state.distribution
    for presence in d.presences.values():
        ought = due.pop(presence.agent, {})
        if presence.leases != ought:
            faults.append(
                f"I-6: agent {presence.agent} holds {presence.leases}, ought to hold {ought}"
            )
        costs = {chat: capacity_cost(state, state.chats[chat].gateway) for chat in presence.leases}
        if presence.costs != costs or presence.load != sum(costs.values()):
            faults.append(f"I-6: agent {presence.agent} has a load of {presence.load}, not {costs}")
        parked = {
            chat.id
            for chat in state.chats.values()
            if chat.parking is not None and chat.agent == presence.agent
        }
        if set(presence.parked) != parked:
            faults.append(f"I-6: agent {presence.agent} has parked {presence.parked}, not {parked}")
    if due:
        faults.append(f"I-6: nobody holds {due}")
    held = {chat: set(agents) for chat, agents in d.leases.items() if chat in state.chats}
    ought_held: dict[Guid, set[Guid]] = {}
    for presence in d.presences.values():
        for chat_id in presence.leases:
            ought_held.setdefault(chat_id, set()).add(presence.agent)
    wrapping: dict[Guid, set[Guid]] = {}
    for presence in d.presences.values():
        for chat_id in presence.wrapups:
            wrapping.setdefault(chat_id, set()).add(presence.agent)
    known = {chat.id: set(chat.ending.wrapping) for chat in state.chats.values()}
    if {chat: agents for chat, agents in known.items() if agents} != wrapping:
        faults.append(f"I-6: the chats know of other wrap-ups than {wrapping}")
    if held != ought_held:
        faults.append(f"I-6: leases by chat {held} are not {ought_held}")
    return faults


def _waiting_faults(state: State) -> list[str]:
    """I-16: whatever waits for somebody who is away, or silent, has a timer that ends that."""
    armed = {(kind, key, due) for due, _number, kind, key in state.timers.heap}
    faults: list[str] = []
    for chat in state.chats.values():
        for agent in members_of(chat):
            presence = state.distribution.presences[agent]
            if presence.session is not None:
                continue
            if chat.status is ChatStatus.ICR:
                if (TimerKind.BOT, chat.id, bot_until(state, chat)) not in armed:
                    faults.append(f"I-16: chat {chat.id} waits for bot {agent}, who is away")
                continue
            due = lost_until(state, chat.gateway, presence.lost_at or 0)
            if presence.lost_at is None or (TimerKind.GRACE, chat.id, due) not in armed:
                faults.append(f"I-16: chat {chat.id} of agent {agent}, who is away, waits on")
    for unbound in state.unbound:
        due = unbound_until(state, state.chats[unbound])
        if (TimerKind.UNBOUND, unbound, due) not in armed:
            faults.append(f"I-16: outbound chat {unbound} waits for a connector for ever")
    return faults


def _matching_faults(state: State) -> list[str]:
    """B-23: no waiting chat has a candidate, once all timers of the moment have fired."""
    due = state.timers.due
    if due is not None and due <= state.up:
        return []
    d = state.distribution
    faults: list[str] = []
    for entry in d.entries.values():
        for agent in qualified(state, entry.demand):
            presence = d.presences.get(agent)
            if presence is None:
                continue
            wanted = entry.demand
            if ineligible_reason(state, presence, wanted.cost, wanted.work) is not None:
                continue
            if left_out(state, entry, agent, state.up):
                continue
            name = entry.demand.work.name.lower()
            faults.append(f"I-7: {name} {entry.id} waits while agent {agent} is free")
    return faults


def _queue_faults(state: State, demand: Demand, queue: Queue) -> list[str]:
    """B-21: the order that is kept is the one that looking at everybody gives."""
    faults: list[str] = []
    if queue.agents != qualified(state, demand):
        faults.append(f"I-7: the agents of {demand} are not those who qualify")
    ready = []
    others: dict[Guid, str] = {}
    for agent, skill in queue.agents.items():
        presence = state.distribution.presences.get(agent)
        reason = ineligible_reason(state, presence, demand.cost, demand.work)
        if presence is None or reason is not None:
            others[agent] = reason or Ineligible.AWAY
        else:
            ready.append(rank(state, demand, skill, presence))
    if queue.ready != sorted(ready) or set(queue.ranks.values()) != set(ready):
        faults.append(f"I-7: the candidates of {demand} are not in order")
    if queue.others != others:
        faults.append(f"I-7: of {demand} {queue.others} are passed over, not {others}")
    counts = {reason: list(others.values()).count(reason) for reason in others.values()}
    if counts != {reason: n for reason, n in queue.counts.items() if n}:
        faults.append(f"I-7: of {demand} {queue.counts} are counted, not {counts}")
    return faults


def overbooked(state: State) -> list[str]:
    """Who has more than they may, agents and gateways; a smaller bound after a reload may do that."""
    agents = [
        f"I-6: agent {presence.agent} holds {presence.load} slots of {capacity(state, presence.agent)}"
        for presence in state.distribution.presences.values()
        if presence.state is not AgentState.LOG_OFF
        and presence.workplace is not None
        and presence.load > capacity(state, presence.agent)
    ]
    return agents + overloaded_gateways(state)
