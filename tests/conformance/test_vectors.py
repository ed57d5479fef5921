"""The golden frames: what we write is what they say, and what they say is what we read."""

import json
from typing import Any

import pytest

from protocol.catalogue import CATALOGUE
from protocol.codec import decode, encode
from protocol.encoding import encoding_of
from protocol.framing import Framer
from protocol.json_codec import (
    assemble_json,
    decode_json,
    decode_json_body,
    encode_json,
    pack_json,
)
from tests.conformance import make
from tests.conformance.data import HERE, cases

GOLDEN = [case for case in cases("vectors") if not str(case.id).startswith("accepted")]


def _body(case: dict[str, Any]) -> bytes:
    bodies, fault = Framer(1 << 20).split(bytes.fromhex(case["hex"]))
    assert fault is None
    (body,) = bodies
    return body


@pytest.mark.parametrize("case", cases("vectors"))
def test_the_bytes_read_as_the_frame(case: dict[str, Any]) -> None:
    """W-1, W-2, W-5..W-9: other spellings (Guid as bin, time as str, older values) are read too."""
    body = _body(case)
    assert json.loads(encode_json(encoding_of(body).decode(body))) == case["frame"]


@pytest.mark.parametrize("case", GOLDEN)
def test_the_frame_is_written_as_the_bytes(case: dict[str, Any]) -> None:
    """W-1, W-2, W-5..W-9: one way to write each value, in both forms."""
    frame = decode_json(json.dumps(case["frame"]))
    assert frame == decode(_body(case))
    assert encode(frame).hex() == case["hex"]


@pytest.mark.parametrize("case", GOLDEN)
def test_the_frame_is_written_in_json_as_it_stands_here(case: dict[str, Any]) -> None:
    """W-9: without white space, the members in their order, nothing escaped that need not be."""
    frame = decode(_body(case))
    text = json.dumps(case["frame"], ensure_ascii=False, separators=(",", ":"))
    whole = assemble_json(pack_json(frame.type, frame.payload), frame.headers)
    assert whole == len(text.encode()).to_bytes(4, "big") + text.encode()
    assert decode_json_body(whole[4:]) == frame


def test_every_type_of_frame_has_a_vector() -> None:
    """W-2: the table's types, all of them."""
    assert {param.values[0]["frame"][0] for param in GOLDEN} == set(CATALOGUE)


def test_the_files_are_what_the_tool_writes() -> None:
    for path, text in make.files().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name}: python -m tests.conformance.make"
        )
    written = {path.name for path in make.files()}
    assert {path.name for path in HERE.glob("*/*.json")} - {
        "package.json",
        "package-lock.json",
    } == (written)
