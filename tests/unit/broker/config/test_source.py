"""Files as people's tools make them are read, or refused with the cause (C-1, C-3)."""

import io
import os
from pathlib import Path

import pytest

from broker.config import source
from broker.config.diagnostics import ConfigFault
from broker.config.hashing import TOKEN, hash_command
from broker.config.load import load, loads
from broker.config.secret import digest, verify
from broker.config.source import read_source
from broker.recording.tokens import read_token_file, read_tokens
from tests.support.marked_config import faults_of

GATEWAY = '[[gateways]]\nname = "Gé"\npeer = "g"\n'
TEXT = GATEWAY + 'token = "s"\n'


def refusal(file: Path) -> str:
    """Why a file is refused, without its name."""
    with pytest.raises(ConfigFault) as caught:
        load(file)
    (fault,) = caught.value.faults
    return str(fault).removeprefix(str(file))


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r\n").encode("utf-8-sig"),
        TEXT.rstrip().encode(),
    ],
    ids=["mark", "windows", "both", "no end"],
)
def test_marks_and_line_ends_are_no_matter(tmp_path: Path, data: bytes) -> None:
    """C-1."""
    file = tmp_path / "p.toml"
    file.write_bytes(data)
    assert load(file).config == loads(TEXT).config


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TEXT.encode("utf-16"), ":1: is UTF-16; save it as UTF-8"),
        (TEXT.encode("utf-16-be"), ":2: is no UTF-8 text: byte 0xe9; save it as UTF-8"),
        ("a = 1\n".encode("utf-16-le"), ":1: has a NUL byte: it is no text, or UTF-16"),
        (TEXT.encode("latin-1"), ":2: is no UTF-8 text: byte 0xe9; save it as UTF-8"),
        (b"# a\n# b\r# c\n", ":2: has a carriage return without a line feed"),
        (b"\n\0", ":2: has a NUL byte"),
        ("\nnode = \u201cx\u201d".encode(), "there is a U+201C, LEFT DOUBLE QUOTATION MARK"),
        ("\n\u00a0node = 1".encode(), ":2: is not valid TOML: Invalid statement (column 1)"),
        ("\n\u00a0node = 1".encode(), "; there is a U+00A0, NO-BREAK SPACE"),
    ],
)
def test_a_refusal_names_its_cause(tmp_path: Path, data: bytes, said: str) -> None:
    """C-1."""
    file = tmp_path / "p.toml"
    file.write_bytes(data)
    assert said in refusal(file)


def test_a_file_that_cannot_be_had_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-1: no file, a directory, no permission, and what else the system says."""
    assert refusal(tmp_path / "none.toml") == ": there is no such file"
    assert refusal(tmp_path) == ": is a directory; name the file in it"
    for error, said in (
        (PermissionError(13, "x"), ": may not be read by this user"),
        (OSError(5, "Input/output error"), ": cannot be read: Input/output error"),
    ):

        def fails(_path: Path, error: OSError = error) -> bytes:
            raise error

        monkeypatch.setattr(Path, "read_bytes", fails)
        assert refusal(tmp_path / "p.toml") == said


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_configuration(device: str) -> None:
    """C-1: one without an end was read for ever."""
    with pytest.raises(ConfigFault, match="is a device or the like"):
        read_source(device)


def test_a_pipe_that_nobody_writes_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """C-1: neither before somebody has it open nor after."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    silent = r"is a pipe that brought nothing for 0\.01 s"
    with pytest.raises(ConfigFault, match=silent):
        read_source(pipe, 0.01)
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, b"[server]")
        with pytest.raises(ConfigFault, match=silent):
            read_source(pipe, 0.01)
    finally:
        os.close(writer)


def test_a_pipe_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-1."""
    monkeypatch.setattr(source, "PIPE_BYTES", 7)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, b"[server]")
        with pytest.raises(ConfigFault, match="brings more than 7 bytes"):
            read_source(pipe)
    finally:
        os.close(writer)


def test_files_of_tls_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-1: also one that nobody may read, which was a traceback where the directory was closed."""
    text = f"[server]\ntls_cert = {str(tmp_path / 'x')!r}\ntls_key = '{{}}'\n"
    (tmp_path / "x").write_text("")
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("", "is no file, but a directory"), ("pipe", "is no file")):
        assert said in faults_of(text.format(tmp_path / name))[0].text
    assert "cannot be read" in faults_of(text.format(tmp_path / "x" / "y"))[0].text
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "may not be read by this user" in faults_of(text.format(tmp_path / "x"))[0].text


@pytest.mark.usefixtures("cheap_hashes")
@pytest.mark.parametrize("value", ["s", "s\n", "s\r\n", "\ufeffs\n"])
def test_a_line_end_is_no_part_of_a_secret(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-3: in the environment, at the input of hash-token, and for recordings."""
    text = GATEWAY + 'token_env = "T"\n'
    (gateway,) = loads(text, environ={"T": value}).config.gateways.values()
    assert gateway.secret.digest == digest("s")
    out = io.StringIO()
    assert hash_command(TOKEN, io.StringIO(value), out) == 0
    hashed = loads(f"{GATEWAY}token_hash = '{out.getvalue().strip()}'").config
    assert all(verify(gateway.secret, "s") for gateway in hashed.gateways.values())
    file = tmp_path / "p.toml"
    file.write_bytes(TEXT.encode("utf-8-sig"))
    monkeypatch.setenv("T", value)
    assert read_tokens(file).by_name == {"g": "s"}
    file.write_text(text, encoding="utf-8")
    assert read_tokens(file).by_name == {"g": "s"}
    file.write_text("g=s\n", encoding="utf-8-sig")
    assert read_token_file(file).by_name == {"g": "s"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "the environment has no variable T"),
        ({"T": ""}, "the variable T must not be empty"),
        ({"T": "\n"}, "the variable T must not be empty"),
        ({"T": "x" * 1_025}, "the variable T is longer than 1,024 characters"),
    ],
)
def test_a_secret_that_no_hello_can_say_is_a_fault(environ: dict[str, str], said: str) -> None:
    """C-3."""
    (fault,) = faults_of(GATEWAY + 'token_env = "T"\n', environ=environ)
    assert (fault.member, fault.text) == ("gateways[0].token_env", said)


def test_a_secret_in_another_encoding_is_refused_in_words() -> None:
    """C-3: as one shell of Windows writes it."""
    errors = io.StringIO()
    source = io.TextIOWrapper(io.BytesIO("s\n".encode("utf-16")), encoding="utf-8")
    assert hash_command(TOKEN, source, io.StringIO(), errors) == 1
    assert "is no UTF-8 text" in errors.getvalue()
