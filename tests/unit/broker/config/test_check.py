"""`parley check`."""

from io import StringIO
from pathlib import Path

import broker.config
from broker.config.check import check_command

SAMPLE = Path(broker.config.__file__).with_name("sample.toml")


def check(path: Path) -> tuple[int, list[str]]:
    out = StringIO()
    return check_command(path, {}, out), out.getvalue().splitlines()


def test_a_good_file() -> None:
    """C-1."""
    status, lines = check(SAMPLE)
    assert status == 0
    (line,) = lines
    assert line == (
        f"{SAMPLE}: good: 2 gateways, 1 message gateway, 4 agents, 4 workplaces, 2 projects, "
        "10 rules, 1 form, 1 bot"
    )


def test_a_faulty_file_shows_each_fault_with_its_line(tmp_path: Path) -> None:
    """C-1."""
    file = tmp_path / "p.toml"
    file.write_text(
        '[server]\nlisten = "0.0.0.0:1"\ndrain = 1\n'
        '[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\nport = 5\n'
        '[[agents]]\nname = "A"\nlogin = "a"\ntoken = "t"\n'
        '[[projects]]\nname = "P"\n[[project_rules]]\nproject = "P"\n'
    )
    status, lines = check(file)
    assert status == 1
    assert lines == [
        (
            f"{file}:2: server.listen: is open to the network without TLS; tokens travel readable "
            "(warning)"
        ),
        f"{file}:3: server.drain: must be a text, not a whole number",
        (
            f"{file}:7: gateways[0].token: is clear text, like 1 more; "
            "put what `parley hash-token` prints into token_hash (warning)"
        ),
        f"{file}:8: gateways[0].port: must be a text, not a whole number",
        f"{file}: 2 faults",
    ]


def test_what_a_file_says_commands_nothing(tmp_path: Path) -> None:
    path = tmp_path / "parley.toml"
    path.write_text('"\\u001b[31mX\\u202e" = 1\n')
    status, lines = check(path)
    assert status == 1
    assert any("X\N{REPLACEMENT CHARACTER}" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_an_emptied_file(tmp_path: Path) -> None:
    """C-1."""
    file = tmp_path / "p.toml"
    file.touch()
    assert check(file) == (1, [f"{file}:1: is empty", f"{file}: 1 fault"])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    assert check(file) == (
        1,
        [f"{file}: there is no such file", f"{file}: 1 fault"],
    )
