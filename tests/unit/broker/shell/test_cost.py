"""What stands out is counted, and what is usual costs nothing."""

import pytest
from attrs import evolve

from broker.core.effects import Dismiss, Effect, Send
from broker.shell.cost import CHARACTERS, DEAR, FEW, extra_cost
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.errors import ByeCode
from protocol.scenario import ScenarioInfo, ScreenControlInfo, ScreenInfo
from protocol.session import SysError
from protocol.structure import PackedOnce

SENTENCE = ChatSentenceInfo(peer="web", text="x" * 10_000)


@pytest.mark.parametrize(
    "effect",
    [
        Send((1, 2), "SE_CHAT_SENTENCE", SENTENCE),
        Send(tuple(range(FEW)), "SE_CHAT_CONFIRM", ChatCommandInfo()),
        Send((1,), "SYS_ERROR", SysError()),
        Send((1,), "SE_CHAT_LIST", ()),
        Dismiss(1, ByeCode.REPLACED),
    ],
)
def test_the_usual_is_free(effect: Effect) -> None:
    assert extra_cost([effect]) == 0


def test_a_transcript_costs_its_sentences() -> None:
    """I-15: notes as well."""
    short = evolve(SENTENCE, text="Hi")
    long = ChatStatusInfo(sentences=(short,) * 2_000, internal=(short,) * 100)
    assert 2_100 <= extra_cost([Send((1,), "SE_CHAT_STATUS", long)]) <= 2_120
    assert DEAR < 2_000


@pytest.mark.parametrize("array", [tuple, PackedOnce])
def test_long_sentences_cost_their_texts(array: type[tuple[ChatSentenceInfo, ...]]) -> None:
    """I-15: a frame that is full of few sentences ends a batch as one of many does."""
    long = evolve(SENTENCE, text="x" * 32_000)
    full = ChatStatusInfo(sentences=array([long] * 29))
    for _ in range(2):
        assert DEAR < extra_cost([Send((1,), "SE_CHAT_STATUS", full)]) < 2 * DEAR


def test_the_text_of_a_pinned_sentence_costs() -> None:
    """I-15: it stands in a member of its own, and not in a transcript."""
    pinned = ChatStatusInfo(panel=evolve(SENTENCE, text="x" * 20 * CHARACTERS))
    usual = ChatStatusInfo(panel=evolve(SENTENCE, text=None))
    cost = [extra_cost([Send((1,), "SE_CHAT_STATUS", each)]) for each in (pinned, usual)]
    assert cost[0] == cost[1] + 20


def test_a_list_costs_its_chats() -> None:
    """I-15."""
    assert extra_cost([Send((1,), "SE_CHAT_LIST", (ChatStatusInfo(),) * 1_857)]) > 1_857


def test_receivers_beyond_a_few_cost() -> None:
    """I-15: each of them is a frame in a socket."""
    many = Send(tuple(range(1_000)), "SE_CHAT_SENTENCE", SENTENCE)
    assert extra_cost([many]) >= 1_000


def test_what_is_nested_counts() -> None:
    """I-15: a form is long without being a list."""
    form = ScenarioInfo(screens=(ScreenInfo(controls=(ScreenControlInfo(),) * 400),) * 3)
    assert extra_cost([Send((1,), "SE_SCENARIO_MODEL", form)]) > 1_200
