"""What the log says of a choice, as plain values and back."""

import json

import pytest

from broker.core.facts.causes import ChosenBy, Ineligible
from broker.core.facts.details import Asked, Choice, Passed
from protocol.values import Guid

ALICE, BOB, SALES = Guid("alice"), Guid("bob"), Guid("sales")
NOBODY = Choice(
    waited=5,
    waiting=2,
    passed_over=(Passed(BOB, Ineligible.AWAY),),
    reasons={Ineligible.AWAY: 3},
    not_qualified=1,
    asked=Asked((SALES,), None, 3, 2),
)


@pytest.mark.parametrize(
    "choice",
    [
        NOBODY,
        Choice(waited=0, waiting=1, asked=Asked((SALES,), Guid("en"), 1), candidates=(ALICE,)),
        Choice(candidates=(ALICE, BOB), by=ChosenBy.ASKED_FOR),
        Choice(),
    ],
)
def test_a_choice_comes_back_from_its_row(choice: Choice) -> None:
    assert Choice.read(json.loads(json.dumps(choice.plain()))) == choice


def test_the_names_in_the_rows_are_these() -> None:
    """B-30: reports of other programs read them."""
    assert NOBODY.plain() == {
        "waited": 5,
        "waiting": 2,
        "passed_over": [{"agent": "bob", "reason": "away"}],
        "reasons": {"away": 3},
        "not_qualified": 1,
        "asked": {"projects": ["sales"], "language": None, "skill": 3, "weight": 2},
    }


def test_what_another_version_wrote_stops_nobody() -> None:
    """B-30: an older row says less, a later one more."""
    older = {"candidates": ["alice"], "asked": {"projects": [], "language": None, "skill": 1}}
    assert Choice.read(older).asked == Asked((), None, 1, 1)
    assert Choice.read({"waited": "long", "mood": "good", "passed_over": None}) == Choice()
