"""B-20, B-29: what a chat asks of an agent, when it asks."""

from typing import Any

import pytest

from broker.core.chat_state import Invite, Offer, Party, Routing, Waiting
from broker.core.chats.needs import asked_by, need_of
from broker.core.timers import NO_TERM
from protocol.values import ChatStatus, Guid, TransferMode
from tests.support.bare_core import bare_chat

SALES, SUPPORT, ALICE, BOB = Guid("sales"), Guid("support"), Guid("alice"), Guid("bob")
ROUTED = Routing(project=SALES, language=Guid("en"), skill=30, priority=5, further=(SUPPORT,))
OFFER = Offer(number=1, until=9, term=NO_TERM)


def asking(project: Guid | None, agent: Guid | None = None) -> Invite:
    mode = TransferMode.TRANSFER
    return Invite(by=ALICE, mode=mode, agent=agent, project=project, note=None, at=1, until=9)


@pytest.mark.parametrize(
    ("members", "asks"),
    [
        ({"status": ChatStatus.WAITING}, True),
        ({"status": ChatStatus.WAITING, "routing": Routing()}, False),
        ({"status": ChatStatus.ALERTING, "offer": OFFER}, False),
        ({"status": ChatStatus.PILOT}, False),
        ({"status": ChatStatus.ANSWERED, "agent": ALICE}, False),
        ({"status": ChatStatus.ANSWERED, "agent": ALICE, "invite": asking(SUPPORT)}, True),
        ({"status": ChatStatus.ANSWERED, "agent": ALICE, "invite": asking(None, BOB)}, False),
        (
            {
                "status": ChatStatus.ANSWERED,
                "agent": ALICE,
                "invite": asking(SUPPORT, BOB),
                "offer": OFFER,
            },
            False,
        ),
        ({"status": ChatStatus.CLOSED}, False),
    ],
)
def test_it_asks_while_it_waits_or_a_project_is_asked(members: dict[str, Any], asks: bool) -> None:
    chat = bare_chat(**{"routing": ROUTED, **members})
    assert (need_of(chat) is not None) is asks


def test_who_waits_asks_for_what_its_rule_said() -> None:
    waiting = Waiting(enqueued_at=3, queued_up=4)
    chat = bare_chat(
        status=ChatStatus.WAITING, routing=ROUTED, waiting=waiting, last_agent=BOB, started_up=2
    )
    need = asked_by(chat)
    assert need is not None
    assert (need.projects, need.skill, need.priority) == ((SALES, SUPPORT), 30, 5)
    assert (need.queued, need.preferred, need.barred) == (4, BOB, ())
    assert (need.waits, need.answered) == (True, False)


def test_who_has_not_waited_yet_is_as_old_as_its_start() -> None:
    need = asked_by(bare_chat(routing=ROUTED, started_up=2))
    assert need is not None
    assert need.queued == 2


def test_a_transfer_asks_for_anybody_of_the_project_who_is_not_inside() -> None:
    """B-29: and for none of those who are in it."""
    party = Party(mode=TransferMode.CONSULT, by=ALICE, at=1)
    chat = bare_chat(
        status=ChatStatus.ANSWERED,
        agent=ALICE,
        last_agent=ALICE,
        routing=ROUTED,
        invite=asking(SUPPORT),
        parties={BOB: party},
        waiting=Waiting(answered_at=7),
    )
    need = asked_by(chat)
    assert need is not None
    assert (need.projects, need.skill, need.barred) == ((SUPPORT,), 1, (ALICE, BOB))
    assert (need.preferred, need.waits, need.answered) == (None, False, True)
