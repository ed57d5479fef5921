"""Facts of messages: which are stored, and who let a conversation go."""

from __future__ import annotations

import pytest

from broker.core.facts import messages
from broker.core.facts.causes import OfferOutcome
from broker.core.facts.messages import ConversationOfferEnded
from broker.store.message_rows import RECORDS
from protocol.values import ChatStatus
from tests.support.letters import ALICE, AT, WHICH


def test_every_durable_fact_has_rows_and_no_other() -> None:
    facts = {
        v for v in vars(messages).values() if getattr(v, "__module__", "") == messages.__name__
    }
    assert set(RECORDS) == {f for f in facts if f.durable}


@pytest.mark.parametrize("outcome", OfferOutcome)
def test_whoever_rejects_or_misses_lets_it_go(outcome: OfferOutcome) -> None:
    """B-24."""
    ended = ConversationOfferEnded(
        offer=1, **WHICH, agent=ALICE, at=AT, outcome=outcome, missed=0, status=ChatStatus.ALERTING
    )
    assert ended.lets_go is (outcome in (OfferOutcome.REJECTED, OfferOutcome.MISSED))
