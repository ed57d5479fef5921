"""The figures of a broker: what the core notes is counted, and every name is documented."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from broker.shell.backlog import Backlog
from broker.shell.cleaning import Cleaning
from broker.shell.counters import Counters
from broker.shell.metrics import registry_of
from broker.shell.server import Server
from broker.shell.stats import take
from tests.support.playbook import CONFIG, Playbook

OPERATIONS = Path(__file__).parents[4] / "docs" / "operations.md"


def shown(counters: Counters, play: Playbook | None = None) -> dict[tuple[str, str], float]:
    """All samples of a broker, by name and label."""
    engine = None if play is None else SimpleNamespace(state=play.state, inbox=())
    server = SimpleNamespace(
        sessions=SimpleNamespace(
            clients={},
            counters=counters,
            sockets=SimpleNamespace(backlog=Backlog()),
            cleaning=Cleaning(),
        ),
        engine=engine,
        starting=False,
        serving=True,
        config=SimpleNamespace(server=SimpleNamespace(node="n")),
        attention=SimpleNamespace(up=0 if play is None else play.now),
    )
    text = generate_latest(registry_of(lambda: take(cast("Server", server)))).decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("told", "waited", "was"),
    [
        (120.0, 130.0, "right"),
        (120.0, 60.0, "right"),
        (120.0, 181.0, "too_short"),
        (300, 30, "too_long"),
    ],
)
def test_an_estimate_is_judged(told: float, waited: float, was: str) -> None:
    """B-26: its error is a figure, whichever way it was off."""
    counters = Counters()
    fields: dict[str, Any] = {"chat": "c", "estimated_seconds": told, "waited_seconds": waited}
    counters.note("wait_estimate_judged", fields)
    counters.note("something_else", {})
    found = shown(counters)
    assert found["parley_wait_estimate_error_seconds_sum", ""] == abs(waited - told)
    assert found["parley_wait_estimate_error_seconds_count", ""] == 1
    counted = {key: found["parley_wait_estimates_total", key] for key in counters.estimates}
    assert counted == {"right": 0, "too_short": 0, "too_long": 0} | {was: 1}


def test_chats_are_counted_by_what_becomes_of_them() -> None:
    play = Playbook(CONFIG)
    web = play.connector("web")
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    for tracking in ("t1", "t2"):
        web.says("ES_CHAT_START", TrackingId=tracking)
    first, second = play.state.chats
    for chat in (first, second):
        alice.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.says("CS_AGENT_STATE", State="Ready")
    alice.says("CS_CHAT_PARK", ChatId=first, IsParked=True)
    alice.says(
        "CS_CHAT_TRANSFER",
        ChatId=second,
        ToAgentId=play.config.agent_by_login["bob"].id,
    )
    web.says("ES_CHAT_OPEN", RemoteAddress="+420123456789")
    found = shown(Counters(), play)
    assert found["parley_chats_parked", ""] == 1
    assert found["parley_invites_open", ""] == 1
    assert found["parley_chats_unbound", ""] == 1
    assert found["parley_chats", "Answered"] == 2
    assert found["parley_chats", "ICR"] == 0


def test_every_name_is_documented() -> None:
    page = OPERATIONS.read_text(encoding="utf-8")
    told = set(re.findall(r"`(parley_\w+)", page))
    counters = Counters()
    counters.refusals["BadFrame"] = counters.byes["Timeout"] = counters.logins["Good"] = (
        1  # no sample without one
    )
    served = {name for name, _label in shown(counters) if name.startswith("parley_")}
    plain = {
        re.sub(r"_(count|sum|bucket|created)$", "", name)
        for name in served
        if not name.endswith("_created")
    }
    assert plain == told
