"""What the log says of each kind of decision, as plain values and back."""

import json

import pytest

from broker.core.facts.causes import ChosenBy, DecisionKind, Ineligible, OfferOutcome, PassedOver
from broker.core.facts.details import (
    AnyDetail,
    Asked,
    AskedEnded,
    AskedFor,
    Choice,
    Forced,
    GivenToBot,
    LimitReached,
    Passed,
    Refused,
    Routed,
    Way,
    Widened,
    read_detail,
)
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
        Choice(candidates=(ALICE,), by=ChosenBy.ASKED_FOR, mode="Transfer"),
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


RULE, ROBO = Guid("rule"), Guid("robo")
GATED = Way(is_gated=True, gate=RULE, bot_passed_over=ROBO)
ROWS: list[tuple[DecisionKind, AnyDetail, str]] = [
    (
        DecisionKind.ROUTED,
        Routed(way=Way(outbound=True), rule=RULE, project=SALES),
        '{"outbound":true,"project_rule":"rule","project":"sales"}',
    ),
    (
        DecisionKind.ROUTED,
        Routed(way=Way(is_gated=True), rule=RULE, project=SALES),
        '{"gate":null,"project_rule":"rule","project":"sales"}',
    ),
    (
        DecisionKind.ROUTED,
        Routed(way=GATED, rule=RULE, project=SALES),
        '{"gate":"rule","bot_passed_over":"robo","project_rule":"rule","project":"sales"}',
    ),
    (
        DecisionKind.ROUTED,
        Routed(way=Way(bot=ROBO), rule=None, project=SALES),
        '{"bot":"robo","project_rule":null,"project":"sales"}',
    ),
    (
        DecisionKind.ROUTED,
        Routed(
            way=Way(bot_passed_over=ROBO, why=PassedOver.SILENT),
            rule=RULE,
            project=SALES,
        ),
        '{"bot_passed_over":"robo","why":"silent","project_rule":"rule","project":"sales"}',
    ),
    (DecisionKind.REFUSED, Refused(), '{"group":"gate","rule":null}'),
    (
        DecisionKind.REFUSED,
        Refused(rule=RULE, limit=LimitReached(waiting=2)),
        '{"group":"gate","rule":"rule","limit":"queue","waiting":2}',
    ),
    (
        DecisionKind.REFUSED,
        Refused(rule=RULE, limit=LimitReached(wait=0)),
        '{"group":"gate","rule":"rule","limit":"wait","wait":0}',
    ),
    (
        DecisionKind.REFUSED,
        Refused(way=Way(owner=ALICE)),
        '{"group":"project","owner":"alice"}',
    ),
    (
        DecisionKind.BOT,
        GivenToBot(gate=None, rule=RULE, bot=ROBO),
        '{"gate":null,"rule":"rule","bot":"robo"}',
    ),
    (
        DecisionKind.WAIT_RULE,
        Widened(rule=RULE, level=1, waited=5),
        '{"rule":"rule","level":1,"waited":5}',
    ),
    (
        DecisionKind.WAIT_RULE,
        Widened(
            rule=RULE,
            level=2,
            waited=5,
            skill=0,
            projects=(SALES,),
            priority=-1,
            scenario=Guid("form"),
            note=True,
            close=True,
        ),
        (
            '{"rule":"rule","level":2,"waited":5,"skill":0,"projects":["sales"],"priority":-1,'
            '"scenario":"form","note":true,"close":true}'
        ),
    ),
    (
        DecisionKind.TRANSFER,
        AskedFor(mode="Transfer", by=ALICE, project=SALES),
        '{"mode":"Transfer","by":"alice","project":"sales"}',
    ),
    (
        DecisionKind.TRANSFER,
        AskedFor(mode="Consult", by=ALICE),
        '{"mode":"Consult","by":"alice","project":null}',
    ),
    (
        DecisionKind.TRANSFER_ENDED,
        AskedEnded(mode="Transfer", by=ALICE, outcome=OfferOutcome.MISSED),
        '{"mode":"Transfer","by":"alice","outcome":"missed"}',
    ),
    (DecisionKind.FORCED, Forced(by=ALICE), '{"by":"alice"}'),
]


@pytest.mark.parametrize(("kind", "detail", "row"), ROWS, ids=[row for _kind, _detail, row in ROWS])
def test_each_detail_is_this_row_and_comes_back_from_it(
    kind: DecisionKind, detail: AnyDetail, row: str
) -> None:
    """B-30: a row never changes, and the one that an earlier broker wrote says the same."""
    assert json.dumps(detail.plain(), separators=(",", ":")) == row
    assert read_detail(kind.value, json.loads(row)) == detail


def test_every_kind_has_its_reader() -> None:
    assert {kind: type(read_detail(kind, {})) for kind in DecisionKind} == {
        DecisionKind.ROUTED: Routed,
        DecisionKind.REFUSED: Refused,
        DecisionKind.BOT: GivenToBot,
        DecisionKind.WAITING: Choice,
        DecisionKind.OFFERED: Choice,
        DecisionKind.WAIT_RULE: Widened,
        DecisionKind.TRANSFER: AskedFor,
        DecisionKind.TRANSFER_ENDED: AskedEnded,
        DecisionKind.FORCED: Forced,
    }


def test_a_kind_of_a_later_version_is_not_guessed_at() -> None:
    assert read_detail("dreamt", {"by": "alice"}) is None


def test_members_of_a_later_version_are_no_fault() -> None:
    assert read_detail("refused", {"rule": None, "limit": "mood", "mood": 3}) == Refused()
    assert read_detail("wait_rule", {"rule": "rule", "level": "top", "waited": None}) == Widened(
        rule=RULE, level=None, waited=0
    )
