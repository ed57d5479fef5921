"""Writing facts into the words of a chat: transcript, notes, slots, forms, and what they weigh."""

from __future__ import annotations

from broker.core.deadlines import arm_bot
from broker.core.facts import (
    FormExpected,
    FormOffered,
    FormSaved,
    NoteStored,
    SentenceConfirmed,
    SentenceStored,
    SlotConfirmed,
    SlotFilled,
)
from broker.core.limits import (
    DAY,
    PAST_SLOTS,
    form_bytes,
    form_size,
    sentence_bytes,
    slot_digest,
    variables_bytes,
)
from broker.core.lone_forms import LoneForms
from broker.core.state import Chat, ChatsState, Sentence, Slot
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, Guid


def hold(state: ChatsState, chat: Chat, more: int) -> None:
    """Count what a chat takes of its gateway's share of the memory."""
    held = state.bytes_held
    held[chat.gateway] = held.get(chat.gateway, 0) + more


def held_bytes(chat: Chat) -> int:
    """A bound on the bytes of a chat's words, notes and forms."""
    return chat.transcript.size + sum(form_size(form) for form in chat.forms.results.values())


def measured_transcript(chat: Chat) -> int:
    """A bound on the bytes of everything that a snapshot of the chat holds."""
    said: list[Sentence | Slot] = [
        *chat.transcript.sentences,
        *chat.transcript.internal,
        *chat.transcript.slots.values(),
    ]
    words = sum(sentence_bytes(s.id, s.party_name, s.text, chat.visitor.tracking_id) for s in said)
    forms = sum(form_bytes(form.activity) for form in chat.forms.results.values())
    return words + forms + variables_bytes(chat.visitor.variables)


def add_sentence(chat: Chat, sentence: Sentence) -> None:
    """Append a sentence to a transcript, its key and its size."""
    words, visitor = chat.transcript, chat.visitor
    words.edition += 1
    words.sentences.append(sentence)
    words.keys[sentence.outbound][sentence.id] = sentence
    words.size += sentence_bytes(
        sentence.id, sentence.party_name, sentence.text, visitor.tracking_id
    )
    if not sentence.own:
        chat.activity.last = max(chat.activity.last, sentence.at)
    if sentence.agent is not None:
        words.writers[sentence.agent] = None


def add_note(chat: Chat, note: Sentence) -> None:
    """Append an internal note."""
    words, visitor = chat.transcript, chat.visitor
    words.edition += 1
    words.internal.append(note)
    words.internal_keys[note.id] = note
    words.size += sentence_bytes(note.id, note.party_name, note.text, visitor.tracking_id)
    if note.agent is not None:
        words.writers[note.agent] = None


def fill_slot(chat: Chat, slot: Slot) -> None:
    """Replace what a direction has in the slot of a model, and the size of what was there."""
    words, visitor = chat.transcript, chat.visitor
    key = (slot.outbound, slot.model)
    before = words.slots.get(key)
    for sign, each in ((-1, before), (1, slot)):
        if each is not None:
            words.size += sign * sentence_bytes(
                each.id, each.party_name, each.text, visitor.tracking_id
            )
    words.slots[key] = slot
    if slot.agent is not None:
        words.writers[slot.agent] = None
    if before is not None:
        past = words.past_slots
        past[before.outbound, before.id] = slot_digest(before.model, before.text)
        if len(past) > PAST_SLOTS:
            del past[next(iter(past))]


def add_form(chat: Chat, form: ScenarioResultInfo, at: int) -> None:
    """Enter a form, or its new version, and the size of one."""
    if form.scenario_result_id is None:
        return
    chat.forms.saved_at[form.scenario_result_id] = at
    before = chat.forms.results.get(form.scenario_result_id)
    if before is not None:
        chat.transcript.size -= form_bytes(before.activity)
    chat.transcript.size += form_bytes(form.activity)
    chat.forms.results[form.scenario_result_id] = form


def _remembered(f: SentenceStored | NoteStored) -> Sentence:
    return Sentence(
        f.counter,
        f.id,
        f.party_name,
        f.text,
        f.time_sent,
        f.outbound,
        f.model,
        f.at,
        f.agent,
        f.own,
    )


def sentence_stored(state: ChatsState, f: SentenceStored) -> None:
    """A sentence got its place."""
    chat = state.chats[f.chat]
    before = chat.transcript.size
    add_sentence(chat, _remembered(f))
    if not f.own:
        chat.activity.quiet_up = state.up
    state.bytes_held[chat.gateway] += chat.transcript.size - before
    if chat.status is ChatStatus.ICR and not f.own:
        _partner_heard(state, chat, f)


def _partner_heard(state: ChatsState, chat: Chat, f: SentenceStored) -> None:
    """Something was said to the automated partner, or by them: whose turn is it (B-40)?"""
    if f.outbound:
        chat.bot.due = chat.bot.given = None
    elif chat.agent is None:
        state.bots_due[chat.id] = None
    elif chat.bot.due is None and chat.offer is None:
        # Before they have answered their offer says how long they have.
        chat.bot.due = chat.bot.given = state.up + state.config.distribution.bot_timeout
        arm_bot(state, chat)


def note_stored(state: ChatsState, f: NoteStored) -> None:
    """An internal note got its place."""
    chat = state.chats[f.chat]
    before = chat.transcript.size
    add_note(chat, _remembered(f))
    state.bytes_held[chat.gateway] += chat.transcript.size - before


def slot_filled(state: ChatsState, f: SlotFilled) -> None:
    """A slot has new contents."""
    chat = state.chats[f.chat]
    before = chat.transcript.size
    fill_slot(
        chat, Slot(f.model, f.id, f.party_name, f.text, f.time_sent, f.outbound, f.at, f.agent)
    )
    state.bytes_held[chat.gateway] += chat.transcript.size - before


def sentence_confirmed(state: ChatsState, f: SentenceConfirmed) -> None:
    """A sentence was confirmed."""
    chat = state.chats[f.chat]
    chat.transcript.edition += 1
    chat.transcript.sentences[f.counter - 1].confirmed_at = f.at


def slot_confirmed(state: ChatsState, f: SlotConfirmed) -> None:
    """What fills a slot was confirmed."""
    state.chats[f.chat].transcript.slots[f.outbound, f.model].confirmed_at = f.at


def form_offered(state: ChatsState, f: FormOffered) -> None:
    """A form is offered to the visitor, or none any more."""
    state.chats[f.chat].forms.offered = f.scenario


def form_expected(state: ChatsState, f: FormExpected) -> None:
    """A form is expected of the chat."""
    state.chats[f.chat].forms.expected = f.scenario


def form_saved(state: ChatsState, f: FormSaved) -> None:
    """A form was filled in."""
    if f.gateway is not None:
        _count_alone(state, f.gateway, f)
    if f.chat is not None:
        chat = state.chats[f.chat]
        before = held_bytes(chat)
        add_form(chat, f.result, f.at)
        if f.at_start:
            chat.forms.at_start = f.result.scenario_result_id
        state.bytes_held[chat.gateway] += held_bytes(chat) - before
        waited_for = chat.forms.offered is not None and chat.forms.offered == f.result.scenario_id
        if waited_for and f.result.agent_id is None and chat.status is ChatStatus.ICR:
            state.bots_due[chat.id] = None


def _count_alone(state: ChatsState, gateway: Guid, f: FormSaved) -> None:
    day, spent = f.at // DAY, state.lone_forms.get(gateway)
    if spent is None or spent.day != day:
        spent = LoneForms(day=day)
    state.lone_forms[gateway] = LoneForms(
        day=day, count=spent.count + 1, bytes=spent.bytes + form_size(f.result)
    )
