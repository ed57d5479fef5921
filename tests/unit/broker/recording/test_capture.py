"""A capture of another program becomes a recording."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from broker.recording.capture import STEP, import_main, lines_of, pieces
from broker.recording.format import BadRecording, Closed, Opened, Passed, load
from protocol.codec import encode
from protocol.frame import Frame
from protocol.session import Hello, Ping
from protocol.values import Role

HELLO = encode(
    Frame("SYS_HELLO", Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="s3cret"))
)
PING = encode(Frame("SYS_PING", Ping(nonce="n")))
CAPTURE = f"""# a talk
> {HELLO[:9].hex()}
> {HELLO[9:].hex(" ")}

2 > {base64.b64encode(PING).decode()}
< 0x{PING.hex()}
"""


def test_pieces_become_frames_in_their_order() -> None:
    lines = list(lines_of(pieces(CAPTURE.splitlines())))
    assert [type(line).__name__ for line in lines] == [
        *("Opened", "Passed", "Opened", "Passed", "Passed", "Closed", "Closed"),
    ]
    frames = [line for line in lines if isinstance(line, Passed)]
    assert [(line.conn, line.sender, line.type, line.at) for line in frames] == [
        (1, "client", "SYS_HELLO", 2 * STEP),
        (2, "client", "SYS_PING", 3 * STEP),
        (1, "broker", "SYS_PING", 4 * STEP),
    ]
    assert lines[0] == Opened(at=STEP, conn=1)
    assert lines[-1] == Closed(at=5 * STEP, conn=2, sender="client")


@pytest.mark.parametrize(
    ("line", "words"), [("00ff", "must begin with"), ("> zz!", "neither hex nor base64")]
)
def test_what_is_no_capture_is_refused(line: str, words: str) -> None:
    with pytest.raises(BadRecording, match=f"capture, line 1: {words}"):
        list(pieces([line]))


def test_the_command_writes_a_recording_without_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, out = tmp_path / "capture.txt", tmp_path / "talk.jsonl"
    capture.write_text(CAPTURE)
    assert import_main(capture, out) == 0
    recording = load(out)
    assert recording.header["imported"] == "capture.txt"
    hello = recording.lines[1]
    assert isinstance(hello, Passed)
    assert hello.frame[1]["Token"] == "$TOKEN:web"
    assert "s3cret" not in out.read_text()
    assert HELLO.hex() not in out.read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO(CAPTURE))
    assert import_main(Path("-"), out) == 0
    assert load(out).lines == recording.lines
    capsys.readouterr()


def test_the_name_of_a_file_commands_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = tmp_path / "\x1b[31mX\u202e.txt"
    for text, status in ((CAPTURE, 0), ("nonsense", 2)):
        capture.write_text(text)
        assert import_main(capture, tmp_path / "\x1b[2J.jsonl") == status
        said = "".join(capsys.readouterr())
        assert said
        assert said[:-1].isprintable()


def test_the_command_says_in_a_line_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, out = tmp_path / "capture.txt", tmp_path / "talk.jsonl"
    empty.write_text("# nothing\n")
    binary = tmp_path / "bin"
    binary.write_bytes(b"# one\n# two\n> \xff")
    for arguments, words in (
        ((empty, out), "has no bytes"),
        ((tmp_path / "none", out), "No such file"),
        ((empty, out, tmp_path / "none.toml"), "no such file"),
        ((binary, out), "bin, line 3: not UTF-8"),
    ):
        assert import_main(*arguments) == 2
        said = capsys.readouterr().err
        assert said.startswith("parley import: ")
        assert said.count("\n") == 1
        assert words in said
