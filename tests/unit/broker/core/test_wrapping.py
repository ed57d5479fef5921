"""B-28, B-57: how long the work after something takes, and who may end it with which code."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.config.model import Project, WrapupCode
from broker.core.decision import Refusal
from broker.core.distribution.apply import presence_of
from broker.core.distribution_state import Work
from broker.core.timers import NO_TERM, Wrapup
from broker.core.wrapping import code_refused, end_refused, wrapup_of
from protocol.errors import ErrorCode
from protocol.values import Guid
from tests.support.bare_core import agent_in, bare_state
from tests.support.letters import guid

ONE, PROJECT = guid(1), guid(2)


def test_the_project_says_how_long_it_takes() -> None:
    config = bare_state().config
    wraps = Project(id=PROJECT, name="P", wrapup=7)
    config = evolve(config, projects={PROJECT: wraps, ONE: evolve(wraps, wrapup=0)})
    assert [wrapup_of(config, p) for p in (PROJECT, ONE, Guid("gone"), None)] == [7, 0, 0, 0]


@pytest.mark.parametrize(
    ("code", "codes", "is_refused"),
    [
        (None, ["Sold"], False),
        ("Sold", ["Sold"], False),
        ("Stolen", ["Sold"], True),
        ("Stolen", [], False),
    ],
)
def test_a_code_is_one_of_those_that_there_are(
    code: str | None, codes: list[str], is_refused: bool
) -> None:
    known = {name: WrapupCode(id=ONE, name=name) for name in codes}
    config = evolve(bare_state().config, wrapup_codes=known)
    refused = code_refused(config, code)
    assert (refused is not None) is is_refused
    assert refused is None or refused.code is ErrorCode.BAD_PAYLOAD


@pytest.mark.parametrize("work", Work)
def test_only_one_that_runs_is_ended(work: Work) -> None:
    state = bare_state()
    alice = agent_in(state.config, "alice")
    presence = presence_of(state, alice)
    name = {Work.CHAT: "ChatId", Work.CONVERSATION: "ConversationId"}[work]
    wrong = Refusal(ErrorCode.WRONG_STATE, f"{name}: no wrap-up runs for it")
    assert end_refused(state, alice, work, ONE, None) == wrong
    other = Work.CONVERSATION if work is Work.CHAT else Work.CHAT
    presence.workload(other).wrapups[ONE] = Wrapup(1, NO_TERM)
    assert end_refused(state, alice, work, ONE, None) == wrong
    presence.workload(work).wrapups[ONE] = Wrapup(1, NO_TERM)
    assert end_refused(state, alice, work, ONE, None) is None
    codes = {"Sold": WrapupCode(id=ONE, name="Sold")}
    state.config = evolve(state.config, wrapup_codes=codes)
    refused = end_refused(state, alice, work, ONE, "Stolen")
    assert refused == Refusal(ErrorCode.BAD_PAYLOAD, "Code: not a configured code")
