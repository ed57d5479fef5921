"""What is said becomes a place, a key, a size: and each can be found again (W-20..W-23, I-2, I-14)."""

from __future__ import annotations

from typing import Any

from broker.core.chat_state import Chat, Offer, PinnedSentence, Sentence
from broker.core.chats.transcript import (
    TABLE,
    add_form,
    add_note,
    add_sentence,
    held_bytes,
    hold,
    measured_transcript,
    pin,
)
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
from broker.core.limits import DAY, PAST_PINNED
from broker.core.sentence import sentence_bytes
from broker.core.state import State
from broker.core.timers import NO_TERM, TimerKind
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, Guid, SentenceModel
from tests.support.bare_core import CHAT, UP, bare_chat, bare_state, gateway_in, words

ALICE, FORM, RESULT = Guid("alice"), Guid("form"), Guid("result")
PAGE = int(SentenceModel.NAVIGATION)


def with_chat(**members: Any) -> tuple[State, Chat]:
    state = bare_state()
    gateway = gateway_in(state.config)
    chat = state.chats[CHAT] = bare_chat(gateway, **members)
    hold(state, chat, held_bytes(chat))
    return state, chat


def write(state: State, *facts: Any) -> None:
    for fact in facts:
        TABLE[type(fact)](state, fact)
    for chat in state.chats.values():
        assert chat.transcript.size == measured_transcript(chat)
        assert state.bytes_held[chat.gateway] == held_bytes(chat)


def result(**members: Any) -> ScenarioResultInfo:
    return ScenarioResultInfo(scenario_id=FORM, scenario_result_id=RESULT, **members)


def test_a_sentence_is_found_by_its_key_in_its_direction_only() -> None:
    """W-21."""
    chat = bare_chat()
    said = Sentence(1, words("a"))
    assert add_sentence(chat, said) == sentence_bytes(said.words, "t1")
    assert chat.transcript.keys == ({"a": said}, {})
    assert list(chat.transcript.writers) == []
    add_sentence(chat, Sentence(2, words("a", outbound=True, agent=ALICE)))
    assert (len(chat.transcript.sentences), list(chat.transcript.writers)) == (2, [ALICE])


def test_what_the_broker_says_is_no_activity() -> None:
    """B-8."""
    chat = bare_chat()
    add_sentence(chat, Sentence(1, words("a", at=UP + 5, own=True)))
    assert chat.activity.last == 0
    add_sentence(chat, Sentence(2, words("b", at=UP + 3)))
    add_sentence(chat, Sentence(3, words("c", at=UP + 1)))
    assert chat.activity.last == UP + 3


def test_notes_have_numbers_and_keys_of_their_own() -> None:
    chat = bare_chat()
    note = Sentence(1, words("a", outbound=True, agent=ALICE))
    assert add_note(chat, note) == chat.transcript.size
    assert (chat.transcript.internal, chat.transcript.internal_keys) == ([note], {"a": note})
    assert chat.transcript.keys == ({}, {})


def test_a_slot_holds_the_last_and_knows_the_ones_before() -> None:
    """W-22: as many as are remembered."""
    chat = bare_chat()
    for number in range(PAST_PINNED + 3):
        pin(chat, PinnedSentence(words(f"p{number}", model=PAGE)))
    (slot,) = chat.transcript.pinned.values()
    assert slot.words.id == f"p{PAST_PINNED + 2}"
    assert len(chat.transcript.past_pinned) == PAST_PINNED
    assert (False, "p0") not in chat.transcript.past_pinned
    assert chat.transcript.size == measured_transcript(chat)


def test_each_direction_has_slots_of_its_own() -> None:
    chat = bare_chat()
    pin(chat, PinnedSentence(words("a", model=PAGE)))
    pin(chat, PinnedSentence(words("b", model=PAGE, outbound=True, agent=ALICE)))
    assert list(chat.transcript.pinned) == [(False, PAGE), (True, PAGE)]
    assert not chat.transcript.past_pinned


def test_a_form_replaces_its_earlier_version() -> None:
    chat = bare_chat()
    add_form(chat, result(activity="long" * 20), 5)
    add_form(chat, result(activity="short"), 6)
    assert chat.transcript.size == measured_transcript(chat)
    assert chat.forms.saved_at == {RESULT: 6}


def test_a_form_without_an_id_is_none() -> None:
    chat = bare_chat()
    add_form(chat, ScenarioResultInfo(scenario_id=FORM), 5)
    assert (chat.forms.results, chat.transcript.size) == ({}, 0)


def test_facts_are_written_and_counted() -> None:
    """I-14: what a chat holds is counted at its gateway."""
    state, chat = with_chat()
    own = words("c", outbound=True, agent=ALICE, model=PAGE)
    write(
        state,
        SentenceStored(CHAT, 1, 1, words("a")),
        NoteStored(CHAT, 1, 1, words("b", outbound=True, agent=ALICE)),
        SentencePinned(CHAT, 1, own),
        SentenceConfirmed(CHAT, 1, 1, UP + 7),
        PinnedConfirmed(chat=CHAT, no=1, model=PAGE, outbound=True, at=UP + 8),
        FormOffered(chat=CHAT, no=1, scenario=FORM),
        FormExpected(chat=CHAT, no=1, scenario=FORM),
        FormSaved(chat=CHAT, no=1, at=UP, result=result(), at_start=True),
    )
    assert chat.transcript.sentences[0].confirmed_at == UP + 7
    assert chat.transcript.pinned[True, PAGE].confirmed_at == UP + 8
    assert chat.transcript.edition == 3
    assert (chat.forms.offered, chat.forms.expected, chat.forms.at_start) == (FORM, FORM, RESULT)
    assert chat.activity.quiet_up == UP


def test_words_to_a_bot_begin_its_turn_and_its_own_end_it() -> None:
    """B-40: not before it has answered, while its offer says how long it has."""
    offer = Offer(number=1, until=9, term=NO_TERM)
    state, chat = with_chat(status=ChatStatus.ICR, agent=ALICE, offer=offer)
    write(state, SentenceStored(CHAT, 1, 1, words("a")))
    assert not state.timers.heap
    chat.offer = None
    write(state, SentenceStored(CHAT, 1, 2, words("b")))
    assert chat.bot.due == UP + state.config.distribution.bot_timeout
    assert (state.timers.heap[0][2], state.timers.due) == (TimerKind.BOT, chat.bot.due)
    write(state, SentenceStored(CHAT, 1, 3, words("c", outbound=True, agent=ALICE)))
    assert chat.bot.due is None


def test_words_to_a_built_in_bot_are_answered_at_once() -> None:
    """B-40: a form that it waits for too."""
    state, chat = with_chat(status=ChatStatus.ICR)
    write(state, SentenceStored(CHAT, 1, 1, words("a", own=True)))
    assert not state.bots_due
    write(state, SentenceStored(CHAT, 1, 2, words("b")))
    assert list(state.bots_due) == [CHAT]
    state.bots_due.clear()
    chat.forms.offered = FORM
    write(state, FormSaved(chat=CHAT, no=1, at=UP, result=result(agent_id=ALICE)))
    assert not state.bots_due
    write(state, FormSaved(chat=CHAT, no=1, at=UP, result=result()))
    assert list(state.bots_due) == [CHAT]


def test_forms_without_a_chat_are_counted_by_day() -> None:
    """I-14: what was saved on another day counts no more."""
    state = bare_state()
    gateway = gateway_in(state.config)
    counts = []
    for at in (0, 1, DAY):
        saved = FormSaved(chat=None, no=None, at=at, result=result(), gateway=gateway)
        write(state, saved)
        counts.append(state.lone_forms[gateway].count)
    assert counts == [1, 2, 1]
