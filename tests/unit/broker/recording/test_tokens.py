"""Secrets that a recording names and never holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.recording.format import BadRecording, Passed, Raw
from broker.recording.tokens import Tokens, read_token_file, read_tokens
from protocol.codec import encode
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import Role

TOKENS = Tokens({"web": "web-secret", "alice": "alice-secret"})


def _hello(**members: object) -> list[object]:
    return ["SYS_HELLO", {"Version": 1, **members}, {"Id": 1}]


@pytest.mark.parametrize(
    ("said", "owner"),
    [
        ({"Peers": ["web"], "Token": "web-secret"}, "web"),
        ({"Peers": ["101"], "Login": "alice", "Token": "alice-secret"}, "alice"),
    ],
)
def test_a_token_is_never_written_and_is_given_back(said: dict[str, object], owner: str) -> None:
    frame = _hello(**said)
    redacted = TOKENS.redact(frame)
    assert redacted[1]["Token"] == f"$TOKEN:{owner}"
    assert TOKENS.restore(redacted) == frame


def test_a_wrong_token_stays_wrong() -> None:
    redacted = TOKENS.redact(_hello(Peers=["web"], Token="guess"))
    assert "guess" not in str(redacted)
    assert TOKENS.restore(redacted)[1]["Token"] not in TOKENS.by_name.values()


def test_without_known_tokens_every_token_is_taken_for_right() -> None:
    assert Tokens().redact(_hello(Peers=["web"], Token="x"))[1]["Token"] == "$TOKEN:web"


def test_a_token_that_is_not_known_cannot_be_given_back() -> None:
    with pytest.raises(BadRecording, match="bob"):
        TOKENS.restore(_hello(Login="bob", Token="$TOKEN:bob"))


def test_other_frames_keep_what_they_say() -> None:
    frame = ["SYS_PING", {"Nonce": "web-secret"}]
    assert TOKENS.redact(frame) is frame
    assert TOKENS.restore(["SYS_HELLO", None]) == ["SYS_HELLO", None]


def test_a_login_at_a_desk_keeps_no_secret() -> None:
    """W-18."""
    secrets = {"Token": "desk", "Password": "sesame", "Code": "123456", "Voucher": "ab12"}
    for kind in ("SYS_LOGIN", "SYS_LOGIN_RESULT"):
        _, payload = TOKENS.redact([kind, {"Login": "alice", **secrets}])
        assert payload == {"Login": "alice", **dict.fromkeys(secrets, "$WRONG")}
    seated = TOKENS.redact(_hello(Peers=["101"], Login="alice", Token="desk", Voucher="ab12"))
    assert (seated[1]["Token"], seated[1]["Voucher"]) == ("$WRONG", "$WRONG")
    data = b'["SYS_LOGIN",{"Password":"sesame","Voucher":"ab12"'
    told = TOKENS.without(Raw(at=0, conn=1, sender="client", data=data, why="BadFrame"))
    assert isinstance(told, Raw)
    assert told.data == b'["SYS_LOGIN",{"Password":"******","Voucher":"****"'


HELLO = encode(
    Frame("SYS_HELLO", Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="s3cret"))
)
LONG = encode(
    Frame("SYS_HELLO", Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="s3cret" * 40))
)


@pytest.mark.parametrize(
    "data",
    [
        HELLO + b"\x00",
        HELLO[: HELLO.index(b"s3cret") + 4],
        LONG,
        LONG[: LONG.index(b"s3cret") + 90],
        HELLO.replace(b"SYS_HELLO", b"SYS_HULLO"),
        b'\x00\x00\x00\x01["SYS_HELLO", {"Token" : "s3cret", "Role": 7}]',
        b'\x00\x00\x00\x01["SYS_HELLO", {"Token": "s3c\\"ret and s3cr',
        HELLO.replace(b"\xa6s3cret", b"\xc4\x06s3cret"),
        b"web-secret in a frame that is none",
    ],
)
def test_bytes_that_are_no_frame_hold_no_token_either(data: bytes) -> None:
    raw = Raw(at=0, conn=1, sender="client", data=data, why="BadFrame")
    line = TOKENS.without(raw)
    assert isinstance(line, Raw)
    assert len(line.data) == len(data)
    assert line.data != data
    for piece in (b"s3c", b"ret", b"web-secret"):
        assert piece not in line.data.replace(b"web-********", b"")
    assert line.data[:4] == data[:4] or data.startswith(b"web-secret")


def test_bytes_beside_a_hello_hold_none() -> None:
    frame = ["SYS_HELLO", {"Peers": ["web"], "Token": "s3cret"}]
    line = TOKENS.without(Passed(at=0, conn=1, sender="client", frame=frame, data=HELLO))
    assert isinstance(line, Passed)
    assert line.data == HELLO.replace(b"s3cret", b"******")
    assert line.frame[1]["Token"] == "$WRONG"


def test_a_file_of_tokens_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("# of the test\n\nweb = a=b\nalice=s\n")
    assert read_token_file(path).by_name == {"web": "a=b", "alice": "s"}


@pytest.mark.parametrize("text", ["web s3cret", "=s3cret", "web="])
def test_a_line_that_names_nobody_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(BadRecording, match="line 1: must be OWNER=TOKEN") as caught:
        read_token_file(path)
    assert "s3cret" not in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.toml"
    faulty.write_text("agents = [")
    for read in (read_tokens, read_token_file):
        with pytest.raises(BadRecording, match=r"(?i)no such file"):
            read(tmp_path / "none")
    with pytest.raises(BadRecording, match="is not valid TOML"):
        read_tokens(faulty)
