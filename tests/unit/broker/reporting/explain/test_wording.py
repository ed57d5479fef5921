"""Every word that a fact may give has its words in an explanation, and none stops one."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from broker.config.model import Config
from broker.core.chats.lifecycle import CHAT
from broker.core.facts.causes import (
    ChatCause,
    ChosenBy,
    DecisionKind,
    Ineligible,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    PassedOver,
)
from broker.core.facts.details import GivenToBot, Refused, Routed, Way, Widened
from broker.reporting.explain import wording
from broker.reporting.source import Source, source_of
from protocol.values import ChatStatus, CloseReason, Guid
from tests.support.playbook import CONFIG


def causes(before: ChatStatus | None, after: ChatStatus) -> set[ChatCause]:
    """Why a chat may go from one status to another; None: from any that is open."""
    starts = [before] if before is not None else [one for one in ChatStatus if one is not after]
    return {c for s in CHAT if s.before in starts and s.after is after for c in s.causes}


PLAINLY_CLOSED = {ChatCause.CLOSED, ChatCause.FORCED}
"""Causes of an end that say no more than its reason, or whose supervisor is named."""


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (wording.REASONS, Ineligible),
        (wording.PASSED_OVER, PassedOver),
        (wording.BY, ChosenBy),
        (wording.CLOSED, CloseReason),
        (wording.CLOSED_BY, causes(None, ChatStatus.CLOSED) - PLAINLY_CLOSED),
        (wording.PASSED_ON, causes(ChatStatus.ANSWERED, ChatStatus.ANSWERED)),
        (wording.GIVEN_BACK, causes(ChatStatus.ANSWERED, ChatStatus.WAITING)),
        (wording.OFFER_ENDED, OfferOutcome),
        (wording.CAME_TO_NOTHING, set(OfferOutcome) - {OfferOutcome.ANSWERED}),
        (wording.PARTY_ENDED, set(PartyEnd) - set(wording.STILL_IN)),
        (wording.PARKING_ENDED, ParkingEnd),
    ],
)
def test_a_table_tells_every_word_and_no_other(
    table: Mapping[str, str], words: Iterable[StrEnum]
) -> None:
    """B-30: a word that is new in the core and has no words here fails."""
    assert set(table) == set(words)


@pytest.mark.parametrize("kind", DecisionKind)
def test_a_word_of_a_row_is_known_by_its_text(kind: DecisionKind) -> None:
    assert wording.known(DecisionKind, kind.value) is kind


def test_a_word_of_a_later_version_is_taken_as_it_is() -> None:
    assert wording.known(DecisionKind, "moved") is None
    assert wording.reason("asleep") == "asleep"


NAMED = """
[store]
url = "sqlite:///none.db"
[[agents]]
name = "Robot"
login = "robot"
token = "robot-secret"
role = "bot"
[[gate_rules]]
name = "The web chat is open"
rank = 900
[[pre_rules]]
name = "The robot first"
rank = 900
bot = "Robot"
[[project_rules]]
name = "Everybody else"
rank = 900
project = "Support"
[[wait_rules]]
name = "After a minute"
level = 9
after = "1m"
priority = 1
"""


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "named.toml"
    path.write_text(CONFIG + NAMED, "utf-8")
    return source_of(str(path))


def config_of(source: Source) -> Config:
    assert source.config is not None
    return source.config


def test_rules_go_by_their_names(source: Source) -> None:
    config = config_of(source)
    let_in = Way(is_gated=True, gate=config.gate_rules[-1].id)
    assert wording.gate(source, let_in) == 'Let in by gate rule "The web chat is open".'
    refused = Refused(rule=config.gate_rules[-1].id)
    assert wording.refusal(source, refused) == 'Refused by gate rule "The web chat is open".'
    pre = config.pre_rules[-1]
    given = GivenToBot(gate=None, rule=pre.id, bot=pre.bot)
    assert 'Pre rule "The robot first" matched: given to' in wording.partner(source, given)
    last = config.project_rules[-1]
    chosen = Routed(way=let_in, rule=last.id, project=last.project)
    assert 'Project rule "Everybody else" matched: ' in wording.routing(source, {}, chosen)
    minute = config.wait_rules[-1].id
    applied = Widened(rule=minute, level=9, waited=60_000_000, priority=1)
    said = 'Wait rule "After a minute" of level 9 applied after 1:00: its priority rose by 1.'
    assert wording.wait_rule(source, applied) == said


def test_a_rule_without_a_name_goes_by_its_rank_and_one_that_is_gone_by_its_id(
    source: Source,
) -> None:
    config = config_of(source)
    assert wording.gate(source, Way(gate=config.gate_rules[0].id)) == (
        "Let in by gate rule of rank 10."
    )
    assert wording.gate(source, Way(gate=Guid("gone"))) == "Let in by gate rule gone."
