"""The fold: what an entry of the log changes in what is known.

Theory of operation: `apply(state, entry)` is the only thing that changes the state, and nothing but the two
decides what it becomes: there is no clock in it, and no store. What one chat goes through is told by the
contacts of the reports (`history`), so a figure that both have cannot mean two things. A contact is counted
anew whenever something happens to it: as what it was counted before is taken out, and as what it is now is
put in, so asking costs nothing that grows with the day. What time alone does, a wait that goes on or a
threshold that passes, is no entry: it is made when figures are asked for, of the contacts that wait.

The same entries in the same order give the same state. Those of one chat, and those of one agent, have to
be in order; a fold that begins later than another one and reads the days that are kept anew comes to the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import evolve

from broker.core.facts.causes import ChatCause
from broker.reporting.figures.log import (
    AgentStep,
    ChatStep,
    ConversationStands,
    Entry,
    Heard,
    SpellBegan,
    SpellEnded,
    SpellRow,
)
from broker.reporting.figures.state import (
    AgentStands,
    ChatStands,
    Counted,
    Key,
    Spent,
    State,
    cut,
)
from broker.reporting.figures.tallies import Tally, counted, wait_of
from broker.reporting.history import (
    Contact,
    ParkingRow,
    WrapupRow,
    add_parkings,
    add_wrapups,
)
from protocol.values import ChatStatus


def apply(state: State, entry: Entry) -> None:
    """Go on by one entry."""
    state.version += 1
    _APPLY[type(entry)](state, entry)


def fold(state: State, entries: Iterable[Entry]) -> State:
    """Go on by some."""
    for entry in entries:
        apply(state, entry)
    return state


def forget(state: State, since: int) -> None:
    """Keep only what is of a moment of the wall or later, and what still lasts."""
    if since <= state.since:
        return
    state.since = since
    state.version += 1
    for slot in [slot for slot in state.slots if slot < since]:
        for one in state.slots.pop(slot):
            one.chat.contacts.remove(one)
            one.key = one.tally = None
            state.pending.pop(_name(one), None)
    keyed: tuple[dict[Any, Any], ...] = (
        *(state.by_slot, state.totals, state.longest),
        *(state.work, state.days),
    )
    for table in keyed:
        for key in [key for key in table if key[0] < since]:
            del table[key]
    for no in [no for no, chat in state.chats.items() if not (chat.contacts or chat.lasts)]:
        del state.chats[no]


# --- chats


def _hear(state: State, heard: Heard) -> None:
    state.listened = heard.listened


def _move(state: State, step: ChatStep) -> None:
    event = step.event
    chat = state.chats.get(event.no)
    if chat is None:
        chat = state.chats[event.no] = ChatStands(event.no, step.id, event.gateway)
    if event.at < chat.at:  # nothing happens before what led to it
        event = evolve(event, at=chat.at)
    chat.at = event.at
    if event.status == ChatStatus.PILOT or chat.current is None:
        # What is reopened the visitor themselves asks for.
        outbound = event.outbound and event.cause != ChatCause.REOPENED
        contact = Contact(event.gateway, None, event.at, outbound=outbound)
        _close_account(state, chat)
        chat.current = Counted(chat, contact)
        chat.contacts.append(chat.current)
    chat.current.contact.happened(event)
    chat.status, chat.project = event.status, event.project
    if chat.is_open:
        state.open[chat.no] = chat
    else:
        state.open.pop(chat.no, None)
    holder = _holder(chat, event.status, event.agent)
    if holder != chat.holder:
        for agent, change in ((chat.holder, -1), (holder, 1)):
            if agent is not None:
                _meter(state, agent, step.event.at, change)
        chat.holder = holder
    if event.status == ChatStatus.WAITING:
        chat.waiting_since = event.at if chat.waiting_since is None else chat.waiting_since
    elif event.status != ChatStatus.ALERTING:
        chat.waiting_since = None
    moved = chat.language != step.language
    chat.language = step.language
    if chat.wrapups or chat.parkings:
        _tell_spells(state, chat)
    for one in chat.contacts if moved else (chat.current,):
        _count(state, one)


def _holder(chat: ChatStands, status: str, agent: str | None) -> str | None:
    if status == ChatStatus.ANSWERED:
        return agent
    return chat.holder if status == ChatStatus.ALERTING else None


def _close_account(state: State, chat: ChatStands) -> None:
    """Let go of a contact that is over and is of no day that is kept."""
    last = chat.current
    if last in chat.contacts and (last.key is None or (last.slot or 0) < state.since):
        chat.contacts.remove(last)


def _name(one: Counted) -> tuple[int, int]:
    return one.chat.no, one.contact.began


def _count(state: State, one: Counted) -> None:
    """Count a contact as what it is now."""
    contact = one.contact
    if contact.queued is None or contact.outbound:
        return
    first = one.slot is None
    if one.slot is None:
        one.slot = state.slot_of(contact.queued)
    if one.slot < state.since:
        return
    key = _key(one)
    if _name(one) in state.pending and key == one.key and _waits(contact):
        return
    tally = counted(contact, state.targets.of(contact.project))
    if (key, tally) == (one.key, one.tally):
        return
    if first:
        state.slots.setdefault(one.slot, []).append(one)
    before, one.key, one.tally = (one.key, one.tally), key, tally
    day = state.day_of(one.slot)
    for table, place in ((state.by_slot, one.slot), (state.totals, day)):
        if before[0] is not None and before[1] is not None:
            table[place, before[0]].add(before[1], -1)
        table.setdefault((place, key), Tally()).add(tally)
    if tally.waiting:
        state.pending[_name(one)] = one
    else:
        state.pending.pop(_name(one), None)
    if before[0] is not None and before[0] != key:
        state.longest[day, before[0]] = _longest(state, day, before[0])
    if not tally.waiting and tally.offered:
        wait = wait_of(contact, 0)
        state.longest[day, key] = max(wait, state.longest.get((day, key), 0))


def _waits(contact: Contact) -> bool:
    """Whether nobody has answered a contact, or closed it."""
    return contact.answered is None and contact.closed is None


def _key(one: Counted) -> Key:
    """Of what a contact counts: the project that it first waited for."""
    return Key(one.contact.project, one.chat.language, one.chat.gateway)


def _longest(state: State, day: int, key: Key) -> int:
    """The longest wait that is over, counted anew."""
    there = (
        one
        for slot, some in state.slots.items()
        if state.day_of(slot) == day
        for one in some
        if one.key == key and one.tally is not None and not one.tally.waiting and one.tally.offered
    )
    return max((wait_of(one.contact, 0) for one in there), default=0)


# --- what lasts


def _change(row: SpellRow) -> int:
    """How many slots of the agent it takes; what is put aside gives one back."""
    return -1 if isinstance(row, ParkingRow) else 1


def _begin(state: State, began: SpellBegan) -> None:
    row = began.row
    _meter(state, row.agent, row.at, _change(row))
    _note(state, evolve(row, ended=None))


def _end(state: State, ended: SpellEnded) -> None:
    row = ended.row
    _meter(state, row.agent, ended.at, -_change(row))
    _note(state, row)


def _note(state: State, row: SpellRow) -> None:
    chat = state.chats.get(row.no)
    if chat is None:
        return
    if isinstance(row, WrapupRow):
        chat.wrapups[row.agent, row.at] = row
    elif isinstance(row, ParkingRow):
        chat.parkings[row.agent, row.at] = row
    else:
        return
    _tell_spells(state, chat)


def _tell_spells(state: State, chat: ChatStands) -> None:
    """Tell the contacts of a chat of its wrap-ups, and of when it was put aside."""
    found = [one.contact for one in chat.contacts]
    for contact in found:
        for handling in contact.handlings:
            handling.hold, handling.wrapup, handling.wrapping = 0, 0, False
    add_wrapups(found, chat.wrapups.values())
    add_parkings(found, chat.parkings.values())
    for one in chat.contacts:
        _count(state, one)


# --- agents


def _agent(state: State, step: AgentStep) -> None:
    row = step.row
    stands = _meter(state, row.agent, row.at, 0)
    if (stands.state, stands.reason) != (row.state, row.reason):
        stands.since = row.at
    stands.state, stands.reason = row.state, row.reason


def _meter(state: State, agent: str, at: int, change: int) -> AgentStands:
    """Spend an agent's time until something changes, and change how many slots are taken."""
    stands = state.agents.get(agent)
    if stands is None:
        stands = state.agents[agent] = AgentStands(metered=at, since=at)
    start, stands.metered = stands.metered, max(stands.metered, at)
    if stands.is_there:
        for slot, time in cut(state.listened, start, at, state.since):
            spent = stands.spent(time)
            state.work.setdefault((slot, agent), Spent()).add(spent)
            state.days.setdefault((state.day_of(slot), agent), Spent()).add(spent)
    stands.held += change
    return stands


# --- conversations


def _stand(state: State, stands: ConversationStands) -> None:
    if stands.status == ChatStatus.CLOSED:
        state.conversations.pop(stands.no, None)
    else:
        state.conversations[stands.no] = stands


_APPLY: Final[dict[type, Callable[[State, Any], None]]] = {
    Heard: _hear,
    ChatStep: _move,
    SpellBegan: _begin,
    SpellEnded: _end,
    AgentStep: _agent,
    ConversationStands: _stand,
}
