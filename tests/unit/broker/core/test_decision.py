"""A decision is composed of parts that do not know who asked."""

import pytest

from broker.core.decision import Decision
from broker.core.effects import Acknowledgement, Answer, ChatToConnectors, Dismiss
from broker.core.facts import BotSettled, EntrySettled
from protocol.errors import ByeCode
from protocol.values import Guid

CHAT = Guid("chat")
ONE, TWO = EntrySettled(CHAT), BotSettled(CHAT)
TOLD = ChatToConnectors(chat=CHAT)
REPLACED = Dismiss(2, ByeCode.REPLACED)
ANSWER = Answer(1, 7, Acknowledgement("ES_CHAT_STOP"))


def test_what_is_added_follows() -> None:
    decision = Decision([ONE])
    decision.add(Decision([TWO], [TOLD]))
    assert (decision.facts, decision.notices, decision.answer) == ([ONE, TWO], [TOLD], None)


def test_what_has_to_be_known_first_is_still_known_first() -> None:
    decision = Decision(before=[TOLD])
    decision.add(Decision([ONE], before=[REPLACED]))
    assert (decision.notices, decision.before) == ([], [TOLD, REPLACED])


def test_a_part_answers_nobody() -> None:
    with pytest.raises(AssertionError):
        Decision([ONE]).add(Decision([TWO], answer=ANSWER))


def test_somebody_is_answered_once() -> None:
    decision = Decision([ONE]).answering(ANSWER)
    assert decision.answer is ANSWER
    with pytest.raises(AssertionError):
        decision.answering(ANSWER)


def test_a_part_stays_as_it_is() -> None:
    part = Decision([TWO], [TOLD])
    whole = Decision()
    whole.add(part)
    whole.facts.append(ONE)
    whole.notices.clear()
    assert (part.facts, part.notices) == ([TWO], [TOLD])
