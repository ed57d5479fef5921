"""The terminal programs, driven by pipes, against a real broker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.child import ServedBroker
from tests.support.terminals import Piped, command, environment, sample_broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ServedBroker]:
    with sample_broker(tmp_path) as broker:
        yield broker


def transcript(program: Piped, prefix: str = "") -> list[str]:
    """The sentences that a program printed, without ticks."""
    said = [line.removeprefix(prefix) for line in program.lines]
    return [line.rstrip(" ✓") for line in said if line.startswith("[")]


def test_a_conversation_that_outlives_the_broker(broker: ServedBroker) -> None:
    """W-20, W-25, B-12."""
    with (
        Piped(command("agent", broker, "--ready")) as agent,
        Piped(command("visitor", broker, "--name", "Jana")) as visitor,
    ):
        agent.shows("you are ready")
        visitor.types("Good morning")
        agent.shows("Jana calls, Support: /accept 1")
        agent.types("/accept")
        agent.shows("#1 [1] Jana: Good morning")
        visitor.shows("* [1] delivered")
        agent.types("Hello Jana")
        visitor.shows("[2] Alice: Hello Jana")
        agent.shows("* #1 [2] delivered")

        broker.kill()
        visitor.shows("* reconnecting")
        visitor.types("Are you still there?")
        agent.types("One moment")
        broker.start()
        visitor.shows("delivered", times=2)
        agent.shows("delivered", times=2)
        visitor.types("/end")
        agent.shows("#1 the chat is closed by the visitor")
        assert visitor.leaves() == 0
        assert agent.leaves() == 0

    said = transcript(visitor)
    assert said[:2] == ["[1] Jana: Good morning", "[2] Alice: Hello Jana"]
    assert sorted(line[4:] for line in said[2:]) == [
        "Alice: One moment",
        "Jana: Are you still there?",
    ]
    assert [line[:3] for line in said] == ["[1]", "[2]", "[3]", "[4]"]
    assert transcript(agent, "#1 ") == said


def test_two_chats_of_one_agent(broker: ServedBroker) -> None:
    with (
        Piped(command("agent", broker, "--ready")) as agent,
        Piped(command("visitor", broker, "--name", "Jana")) as jana,
        Piped(command("visitor", broker, "--name", "Petr")) as petr,
    ):
        agent.shows("you are ready")
        jana.types("I am Jana")
        first = "1" if "#1" in agent.shows("Jana calls") else "2"
        petr.types("I am Petr")
        second = "1" if "#1" in agent.shows("Petr calls") else "2"
        assert {first, second} == {"1", "2"}
        agent.types(f"/accept {first}")
        agent.shows(f"#{first} [1] Jana: I am Jana")
        agent.types(f"/accept {second}")
        agent.shows(f"#{second} [1] Petr: I am Petr")
        agent.types("Hello Petr")
        agent.types(f"/{first}")
        agent.types("Hello Jana")
        petr.shows("[2] Alice: Hello Petr")
        jana.shows("[2] Alice: Hello Jana")
        agent.types(f"/end {second}")
        petr.shows("the chat is closed by the agent")
        for program in (jana, petr, agent):
            assert program.leaves() == 0
    assert "Hello Petr" not in "\n".join(jana.lines)
    assert "Petr" not in "\n".join(jana.lines)


def test_an_offer_is_rejected_and_the_state_changes(broker: ServedBroker) -> None:
    with (
        Piped(command("agent", broker)) as agent,
        Piped(command("visitor", broker, "--name", "Jana")) as visitor,
    ):
        agent.types("/ready")
        agent.shows("Jana calls")
        agent.types("/reject")
        visitor.shows("waiting for an agent", times=2)
        agent.types("/pause Lunch")
        agent.shows("you are paused (Lunch); /ready takes chats again")
        agent.types("/nonsense")
        agent.shows("no command /nonsense")
        assert agent.leaves() == 1
        assert visitor.leaves() == 0


def test_a_wrap_up_is_seen_and_ended_by_a_program_that_was_started_anew(tmp_path: Path) -> None:
    """B-28, W-25: its slot could be freed by nobody otherwise."""
    broker, config = sample_broker(tmp_path), tmp_path / "parley.toml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("signal_duration", 'wrapup = "10m"\nsignal_duration', 1), "utf-8"
    )
    with broker, Piped(command("visitor", broker, "--name", "Jana")) as visitor:
        with Piped(command("agent", broker, "--ready")) as agent:
            visitor.types("Good morning")
            agent.shows("Jana calls, Support")
            agent.types("/accept")
            agent.shows("Good morning")
            agent.types("/end")
            agent.shows("you write up #1 Jana, until ")
            assert agent.leaves() == 0
        with Piped(command("agent", broker, "--ready")) as agent:
            agent.shows("you still write up #1 Jana, until ")
            agent.types("/who")
            agent.shows("1 of 3 chats")
            agent.types("/done Solved: she was glad")
            agent.shows("the wrap-up of #1 Jana is over")
            agent.types("/who")
            agent.shows("0 of 3 chats")
            agent.types("/done")
            agent.shows("no wrap-up runs")
            assert agent.leaves() == 1
        assert visitor.leaves() == 0


def test_a_script_sends_everything_before_it_ends(broker: ServedBroker) -> None:
    with Piped(command("visitor", broker)) as visitor:
        for number in range(50):
            visitor.types(f"line {number}")
        assert visitor.leaves() == 0
    assert transcript(visitor) == [f"[{n + 1}] Visitor: line {n}" for n in range(50)]


def test_an_output_that_nobody_reads_ends_the_program(broker: ServedBroker) -> None:
    program = subprocess.Popen(
        command("visitor", broker),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment(), "PYTHONIOENCODING": "ascii"},
    )
    assert program.stdin is not None
    assert program.stdout is not None
    assert program.stderr is not None
    with program:
        program.stdin.write(b"ticks that ASCII does not have\n")
        program.stdin.flush()
        while b"ticks" not in (line := program.stdout.readline()):
            assert line
        assert line.endswith(b" ?\n")
        program.stdout.close()
        program.stdin.write(b"to nobody\n")
        program.stdin.flush()
        assert program.wait(30) == 0
        assert program.stderr.read() == b""


def test_a_wrong_token_is_told_and_ends_the_program(broker: ServedBroker, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("wrong\n")
    with Piped(command("visitor", broker, "--token-file", str(token))) as visitor:
        visitor.shows("* the session has ended: a wrong token, or no such gateway")
        assert visitor.child.wait(30) == 1
        assert sum("wrong token" in line for line in visitor.lines) == 1


def test_a_newer_program_takes_the_workplace(broker: ServedBroker) -> None:
    with Piped(command("agent", broker)) as older:
        older.shows("* connected")
        with Piped(command("agent", broker)) as newer:
            newer.shows("* connected")
            older.shows("you were logged in elsewhere")
            assert older.child.wait(30) == 1
            assert newer.leaves() == 0


def test_without_a_broker_a_script_ends_and_says_so(tmp_path: Path) -> None:
    """The input has ended, and nobody ever answered: status 1, with what was not sent."""
    away = sample_broker(tmp_path)
    for program, told in (("visitor", "; 2 lines not sent"), ("agent", "")):
        done = subprocess.run(
            command(program, away),
            input="one\ntwo\n" if told else "",
            capture_output=True,
            text=True,
            env=environment(),
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        where = f"{away.address[0]}:{away.address[1]}"
        assert f"* cannot reach {where}: connection refused\n" in done.stdout
        assert f"* there is no broker at {where}: connection refused{told}\n" in done.stdout
        assert done.stderr == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("y" * 500, "the name of the conversation is longer than 128 characters"),
        (" ", "the name of the conversation must not be blank"),
    ],
)
def test_a_conversation_that_no_broker_takes_is_told_in_one_line(
    tmp_path: Path, name: str, why: str
) -> None:
    """W-5: instead of a connection that is lost and tried again for ever."""
    done = subprocess.run(
        command("visitor", sample_broker(tmp_path), "--tracking-id", name),
        input="hello\n",
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: this cannot begin: {why}\n"


def ended(
    arguments: list[str], *, typed: bytes = b"", redirected: str = "", **env: str
) -> "subprocess.CompletedProcess[bytes]":
    """A program that ran to its end under a shell that redirects its streams."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirected}', "sh", *arguments],
        input=typed,
        capture_output=True,
        env={**environment(), **env},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "option", ["--name", "--gateway", "--culture", "--tracking-id", "--token", "--login", "address"]
)
def test_an_argument_that_is_no_text_is_one_line(option: str) -> None:
    program = "agent" if option == "--login" else "visitor"
    given = ["J\udcffn"] if option == "address" else [option, "J\udcffn"]
    done = ended([sys.executable, "-m", "connectors.terminal", program, *given])
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(f"argument {option}: is no UTF-8 text".encode())
    assert b"Traceback" not in done.stderr


def test_a_token_of_the_environment_that_is_no_text_is_one_line() -> None:
    done = ended(
        [sys.executable, "-m", "connectors.terminal", "agent"], PARLEY_AGENT_TOKEN="J\udcffn"
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(b"PARLEY_AGENT_TOKEN is no UTF-8 text")


def test_a_name_is_taken_whatever_the_locale_spells(broker: ServedBroker) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    arguments = command("visitor", broker, "--name", "Jiří")
    done = ended(arguments, typed=b"hi\n", **ascii_only)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "[1] Jiří: hi" in done.stdout.decode("utf-8")  # of PYTHONIOENCODING


@pytest.mark.parametrize(
    ("redirected", "status", "told", "fault"),
    [
        ("<&-", 0, b"* connected", b""),
        ("<&- >&-", 0, b"", b""),
        (">&-", 0, b"", b""),
        (">/dev/full", 2, b"", b"the output cannot be written: No space left on device\n"),
        ("0>/dev/null", 1, b"the input cannot be read: Bad file descriptor", b""),
    ],
)
def test_what_streams_cannot_do_is_no_traceback(
    broker: ServedBroker, redirected: str, status: int, told: bytes, fault: bytes
) -> None:
    done = ended(command("visitor", broker), typed=b"hi\n", redirected=redirected)
    assert (done.returncode, done.stderr) == (status, fault)
    assert told in done.stdout


@pytest.mark.parametrize("line", ["/nonsense", "x" * 40_000])
def test_what_was_not_sent_is_a_status(broker: ServedBroker, line: str) -> None:
    done = ended(command("visitor", broker), typed=f"//first\n{line}\n".encode())
    assert done.returncode == 1
    assert b"[1] Visitor: /first" in done.stdout


def test_a_name_that_is_too_long_is_a_status(broker: ServedBroker) -> None:
    done = ended(command("visitor", broker, "--name", "x" * 300), typed=b"hi\n")
    assert done.returncode == 1
    assert done.stderr == b"error: this cannot begin: the name is longer than 160 characters\n"


def test_tls_with_a_broker_that_speaks_none_is_told(broker: ServedBroker) -> None:
    done = ended(command("visitor", broker, "--tls"))
    where = f"{broker.address[0]}:{broker.address[1]}"
    assert done.returncode == 1
    assert f"* cannot reach {where}: what answers there speaks no TLS\n".encode() in done.stdout


@pytest.mark.parametrize("term", ["dumb", "no-such-terminal", ""])
def test_a_terminal_that_cannot_place_its_cursor_gets_lines(
    broker: ServedBroker, term: str
) -> None:
    leader, follower = os.openpty()
    child = subprocess.Popen(
        command("visitor", broker),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**environment(), "TERM": term},
        start_new_session=True,
    )
    os.close(follower)
    seen = b""
    with os.fdopen(leader, "r+b", buffering=0) as terminal, child:
        while b"* connected" not in seen:
            seen += terminal.read(1_000)
        terminal.write(b"/quit\n")
        assert child.wait(30) == 0
    assert b"\x1b" not in seen
