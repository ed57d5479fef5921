"""The parts of the terminal programs that need no terminal."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from connectors.client.events import ChatRef
from connectors.terminal.conversation import Conversation, Line, Tick
from connectors.terminal.options import agent_options, visitor_options
from protocol.chat import ChatSentenceInfo

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_whatever_is_shown_commands_nothing() -> None:
    line = Line(text="two\nlines\x1b[2J", who="E\u202eve\n")
    assert (line.text, line.who) == ("two\nlines�[2J", "E�ve ")


def test_a_line_goes_from_under_way_to_echoed_to_delivered() -> None:
    talk = Conversation(ChatRef("web", "t"))
    sentence = ChatSentenceInfo(id="k", party_name="Jana", text="hello")
    assert [line.tick for line in talk.lines([sentence])] == [Tick.SENDING]
    echoed = evolve(sentence, counter=1)
    talk.say("a remark between")
    talk.add(echoed, mine=True)
    assert [line.tick for line in talk.lines([])] == [Tick.NONE, Tick.ECHOED]
    talk.confirmed(evolve(echoed, confirmed_time=NOW))
    assert [line.tick for line in talk.lines([])] == [Tick.NONE, Tick.DELIVERED]


def test_the_defaults_are_those_of_the_sample_configuration() -> None:
    visitor, agent = visitor_options([]), agent_options([])
    assert (visitor.address.host, visitor.address.port) == ("127.0.0.1", 7070)
    assert (visitor.gateway, visitor.token) == ("web", "web-secret")
    assert (agent.workplace, agent.login, agent.token) == ("101", "alice", "alice-secret")


def test_where_the_token_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n")
    monkeypatch.setenv("PARLEY_GATEWAY_TOKEN", "from the variable")
    assert visitor_options([]).token == "from the variable"
    assert visitor_options(["--token", "from the line"]).token == "from the line"
    both = ["--token", "from the line", "--token-file", str(file)]
    assert visitor_options(both).token == "from the file"
    assert "from" not in repr(visitor_options([]))


def test_a_token_is_taken_without_what_editors_put_around_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """C-3: a mark in front, a line end behind; what is no text is named."""
    monkeypatch.setenv("PARLEY_GATEWAY_TOKEN", "of the variable\r\n")
    assert visitor_options([]).token == "of the variable"
    file = tmp_path / "token"
    file.write_bytes("of the file\r\n".encode("utf-8-sig"))
    assert visitor_options(["--token-file", str(file)]).token == "of the file"
    for data, said in (("x".encode("utf-16"), "is no UTF-8 text"), (b"\n", "has no token in it")):
        file.write_bytes(data)
        with pytest.raises(SystemExit):
            visitor_options(["--token-file", str(file)])
        assert f"{file} {said}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "argv"),
    [
        (agent_options, ["--login", "bob"]),
        (agent_options, ["192.0.2.1:7070"]),
        (visitor_options, ["--gateway", "shop"]),
        (visitor_options, ["broker.example:7070"]),
    ],
)
def test_the_token_of_the_sample_goes_to_nobody_else(
    options: Callable[[list[str]], object],
    argv: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        options(argv)
    assert "no token: give --token-file, or set PARLEY_" in capsys.readouterr().err
    monkeypatch.setenv("PARLEY_AGENT_TOKEN", "x")
    monkeypatch.setenv("PARLEY_GATEWAY_TOKEN", "x")
    assert getattr(options(argv), "token") == "x"  # noqa: B009 - of either program


@pytest.mark.parametrize("option", ["--token-file", "--ca"])
def test_a_file_that_cannot_be_read_is_named(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        visitor_options([option, "/nope"])
    said = capsys.readouterr().err
    assert said.endswith("error: cannot read /nope: No such file or directory\n")


@pytest.mark.parametrize("argv", [["nowhere"], ["--token-file", "/does/not/exist"], ["--what"]])
def test_a_wrong_command_line_is_refused(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        visitor_options(argv)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_help_has_an_example_and_warns_of_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    for options, program in ((visitor_options, "visitor"), (agent_options, "agent")):
        with pytest.raises(SystemExit):
            options(["--help"])
        text = capsys.readouterr().out
        assert f"example:\n  parley {program}" in text
        assert "can be read by every user" in text.replace("\n", " ")
