"""Writing facts into the words of a chat: transcript, notes, pinned sentences, forms, and what they weigh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.deadlines import arm_bot
from broker.core.facts import (
    FormExpected,
    FormOffered,
    FormSaved,
    NoteStored,
    PinnedConfirmed,
    SentenceConfirmed,
    SentencePinned,
    SentenceStored,
)
from broker.core.limits import (
    DAY,
    PAST_PINNED,
    form_bytes,
    form_size,
    pinned_digest,
    variables_bytes,
)
from broker.core.lone_forms import LoneForms
from broker.core.sentence import sentence_bytes
from broker.core.state import Chat, ChatsState, PinnedSentence, Sentence
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
    transcript = chat.transcript
    said: list[Sentence | PinnedSentence] = [*transcript.internal, *transcript.pinned.values()]
    if transcript.stored is None:
        said += transcript.sentences
    words = sum(sentence_bytes(s.words, chat.visitor.tracking_id) for s in said)
    if transcript.stored is not None:
        words += transcript.stored.size
    forms = sum(form_bytes(form.activity) for form in chat.forms.results.values())
    return words + forms + variables_bytes(chat.visitor.variables)


def add_sentence(chat: Chat, sentence: Sentence) -> int:
    """Append a sentence to a transcript; gives the size that is added."""
    transcript, words = chat.transcript, sentence.words
    size = sentence_bytes(words, chat.visitor.tracking_id)
    # No index of the store guards that a key has one sentence (I-2): it would cost more than the row.
    known = transcript.keys[words.outbound].setdefault(words.id, sentence)
    assert known is sentence, (chat.id, known.counter, sentence.counter)
    transcript.edition += 1
    transcript.sentences.append(sentence)
    transcript.size += size
    if not words.own and words.at > chat.activity.last:
        chat.activity.last = words.at
    if words.agent is not None:
        transcript.writers[words.agent] = None
    return size


def add_note(chat: Chat, note: Sentence) -> int:
    """Append an internal note; gives the size that is added."""
    transcript, words = chat.transcript, note.words
    size = sentence_bytes(words, chat.visitor.tracking_id)
    transcript.edition += 1
    transcript.internal.append(note)
    transcript.internal_keys[words.id] = note
    transcript.size += size
    if words.agent is not None:
        transcript.writers[words.agent] = None
    return size


def pin(chat: Chat, pinned: PinnedSentence) -> int:
    """Replace what is pinned of a model in a direction; gives the size that is added."""
    transcript, words = chat.transcript, pinned.words
    key = (words.outbound, words.model)
    before = transcript.pinned.get(key)
    size = sentence_bytes(words, chat.visitor.tracking_id)
    transcript.pinned[key] = pinned
    if words.agent is not None:
        transcript.writers[words.agent] = None
    if before is not None:
        old, past = before.words, transcript.past_pinned
        size -= sentence_bytes(old, chat.visitor.tracking_id)
        past[old.outbound, old.id] = pinned_digest(old.model, old.text)
        if len(past) > PAST_PINNED:
            del past[next(iter(past))]
    transcript.size += size
    return size


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


def sentence_stored(state: ChatsState, f: SentenceStored) -> None:
    """A sentence got its place."""
    chat, words = state.chats[f.chat], f.words
    state.bytes_held[chat.gateway] += add_sentence(chat, Sentence(f.counter, words))
    if not words.own:
        chat.activity.quiet_up = state.up
        if chat.status is ChatStatus.ICR:
            _partner_heard(state, chat, f)


def _partner_heard(state: ChatsState, chat: Chat, f: SentenceStored) -> None:
    """Something was said to the automated partner, or by them: whose turn is it (B-40)?"""
    if f.words.outbound:
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
    state.bytes_held[chat.gateway] += add_note(chat, Sentence(f.counter, f.words))


def sentence_pinned(state: ChatsState, f: SentencePinned) -> None:
    """Something else is pinned."""
    chat = state.chats[f.chat]
    state.bytes_held[chat.gateway] += pin(chat, PinnedSentence(f.words))


def sentence_confirmed(state: ChatsState, f: SentenceConfirmed) -> None:
    """A sentence was confirmed."""
    chat = state.chats[f.chat]
    chat.transcript.edition += 1
    chat.transcript.sentences[f.counter - 1].confirmed_at = f.at


def pinned_confirmed(state: ChatsState, f: PinnedConfirmed) -> None:
    """What is pinned was confirmed."""
    state.chats[f.chat].transcript.pinned[f.outbound, f.model].confirmed_at = f.at


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


TABLE: Final[dict[type, Callable[[ChatsState, Any], None]]] = {
    FormExpected: form_expected,
    FormOffered: form_offered,
    FormSaved: form_saved,
    NoteStored: note_stored,
    SentenceConfirmed: sentence_confirmed,
    SentenceStored: sentence_stored,
    PinnedConfirmed: pinned_confirmed,
    SentencePinned: sentence_pinned,
}
