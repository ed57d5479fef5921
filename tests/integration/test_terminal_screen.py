"""The terminal programs on real terminals (tmux), against a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.child import ServedBroker
from tests.support.terminals import Tmux, command, sample_broker

pytestmark = pytest.mark.requires("tmux")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ServedBroker]:
    with sample_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path / "tmux") as tmux:
        yield tmux


def test_a_visitor_and_an_agent_talk(broker: ServedBroker, tmux: Tmux) -> None:
    agent = tmux.opens("agent", command("agent", broker))
    agent.shows("● connected", "Alice Novak", "paused")
    agent.enters("/ready")
    agent.shows("ready")
    visitor = tmux.opens("visitor", command("visitor", broker, "--name", "Jana"))
    visitor.shows("● connected", "an agent has been asked")
    agent.shows("#1 Jana calls,", " s: /accept 1 or /reject 1")
    agent.enters("/accept")
    visitor.shows("answered", "with Alice")
    agent.types("Wel")
    visitor.shows("Alice is typing…")
    agent.enters("come, Jana")
    visitor.shows("Alice: Welcome, Jana")
    agent.shows("Alice: Welcome, Jana  ✓✓")

    visitor.types("are you")
    agent.shows("Jana is typing…")
    broker.kill()
    visitor.shows("◌ reconnecting", "or at a key")
    visitor.enters(" there?")
    visitor.shows("you: are you there?  …")
    broker.start()
    visitor.shows("● connected", "Jana: are you there?  ✓✓")
    assert visitor.screen().count("are you there?") == 1
    assert agent.shows("Jana: are you there?").count("are you there?") == 1

    visitor.enters("/end")
    visitor.shows("closed; /new begins another one")
    agent.shows("closed by the visitor")


def test_several_chats_help_and_leaving(broker: ServedBroker, tmux: Tmux) -> None:
    agent = tmux.opens("agent", command("agent", broker, "--ready"))
    agent.shows("● connected", "ready")
    agent.enters("/help")
    agent.shows("/pause REASON")
    panes = {}
    for number, name in enumerate(("Jana", "Petr"), 1):
        panes[name] = tmux.opens(name, command("visitor", broker, "--name", name))
        agent.shows(f"#{number} {name} calls,")
        agent.enters(f"/accept {number}")
        agent.shows(f"[#{number} {name}]")
    panes["Jana"].enters("hello from Jana")
    agent.shows("#1 Jana (1 new)", "[#2 Petr]")
    agent.presses("M-1")
    agent.shows("[#1 Jana]", "Jana: hello from Jana")
    agent.presses("C-d")
    panes["Jana"].presses("C-c")
    panes["Petr"].enters("/quit")


def test_a_wrong_token_is_told(broker: ServedBroker, tmux: Tmux, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("wrong")
    program = command("visitor", broker, "--token-file", str(token))
    pane = tmux.opens("visitor", ["sh", "-c", '"$@"; echo "status $?"; sleep 60', "sh", *program])
    pane.shows("· the session has ended: a wrong token", "status 1")


def test_what_a_peer_writes_does_not_steer_the_terminal(broker: ServedBroker, tmux: Tmux) -> None:
    agent = tmux.opens("agent", command("agent", broker, "--ready"))
    agent.shows("ready")
    visitor = tmux.opens("visitor", command("visitor", broker, "--name", "\x1b[2JEve"))
    visitor.shows("● connected")
    agent.shows("�[2JEve calls")


def test_a_broker_that_is_not_there_is_told_with_its_address(tmux: Tmux, tmp_path: Path) -> None:
    away = sample_broker(tmp_path)
    pane = tmux.opens("visitor", command("visitor", away))
    where = f"{away.address[0]}:{away.address[1]}"
    screen = pane.shows(
        f"\u00b7 cannot reach {where}: connection refused", "reconnecting (connection refused)"
    )
    assert screen.count("cannot reach") == 1


def test_several_offers_and_composed_letters(broker: ServedBroker, tmux: Tmux) -> None:
    """Each offer has its row, and a joined emoji spoils no row but takes its cells."""
    agent = tmux.opens("agent", command("agent", broker, "--ready"))
    agent.shows("\u25cf connected", "ready")
    for number in (1, 2, 3):
        name = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL} " * 9
        tmux.opens(f"visitor{number}", command("visitor", broker, "--name", name))
        screen = agent.shows(*(f"/accept {n} or /reject {n}" for n in range(1, number + 1)))
    assert screen.count("\N{WOMAN}\N{WOMAN}\N{GIRL}") >= 3


def test_what_is_typed_spoils_no_other_row(broker: ServedBroker, tmux: Tmux) -> None:
    """Letters that are joined have their stand-ins in the input, and are sent as they are."""
    visitor = tmux.opens("visitor", command("visitor", broker))
    visitor.shows("\u25cf connected", "waiting for an agent")
    visitor.types("see \N{WOMAN}\u200d\N{GIRL}")
    visitor.shows("> see \N{WOMAN}\u00b7\N{GIRL}")
    visitor.enters(" there")
    visitor.shows("Visitor: see \N{WOMAN}\N{GIRL} there")
