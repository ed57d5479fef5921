"""Laws of the codec and the connection."""

from itertools import pairwise
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.catalogue import CATALOGUE
from protocol.codec import decode, encode, from_wire, to_wire
from protocol.frame import Frame
from protocol.frame_spec import FrameSpec
from protocol.json_codec import decode_json, encode_json
from protocol.schema import members
from tests.conformance import samples
from tests.property.strategies import frames, payload
from tests.support.damaged_frames import BODIES, carefully, damaged, outcome, run

SPECS = [pytest.param(spec, id=spec.type) for spec in CATALOGUE.values()]


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=20)
@given(data=st.data())
def test_every_payload_survives_both_forms(spec: FrameSpec, data: st.DataObject) -> None:
    """W-5..W-9."""
    frame = Frame(spec.type, data.draw(payload(spec)))
    assert decode(encode(frame)[4:]) == frame
    assert decode_json(encode_json(frame)) == frame
    assert from_wire(spec.type, to_wire(frame.payload)) == frame.payload
    assert from_wire(spec.type, to_wire(frame.payload, json=True)) == frame.payload


@given(frames)
def test_every_frame_survives_both_forms(frame: Frame) -> None:
    """W-2, W-9: headers too."""
    assert decode(encode(frame)[4:]) == frame
    assert decode_json(encode_json(frame)) == frame


@settings(max_examples=500)
@given(
    st.sampled_from(BODIES),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), min_size=1, max_size=3),
)
def test_a_damaged_frame_is_read_or_refused_alike_on_both_ways(
    body: bytes, damages: list[tuple[int, bytes]]
) -> None:
    """W-4, W-5."""
    body = damaged(body, damages)
    assert outcome(decode, body) == outcome(carefully, body)


_scalars = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats()
_trees = st.recursive(
    _scalars | st.text(max_size=8) | st.binary(max_size=17),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)


@given(st.sampled_from(list(CATALOGUE)), st.data())
def test_any_value_of_a_member_is_read_or_refused_alike(kind: str, data: st.DataObject) -> None:
    """W-5: nothing is converted, whichever way reads it."""
    spec = CATALOGUE[kind]
    if spec.payload is str or spec.is_array:
        tree: Any = data.draw(_trees)
    else:
        tree = to_wire(samples.least(spec))
        structure: Any = spec.payload
        names = [member.wire for member in members(structure)]
        tree |= data.draw(st.dictionaries(st.sampled_from(names), _trees, max_size=2))
    body = msgpack.packb([kind, tree], datetime=True)
    found = outcome(decode, body)
    assert found == outcome(carefully, body)
    if isinstance(found, Frame):
        assert decode(encode(found)[4:]) == found


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """W-4, W-14: whatever comes is a frame or a refusal."""
    outcome(decode, body)


_pieces = frames.map(encode) | st.sampled_from(
    [
        b"\0\0\0\1\xc1",
        b"\0\0\0\0",
        b"\0\x01\x86\xa1",
        b"\0\0\0\5\x92\xa3NEW",
        b"\0\0\0\6\x92\xa3NEW\xc0",
    ]
)


@given(st.lists(_pieces, max_size=6).map(b"".join), st.lists(st.integers(0, 3_000), max_size=12))
def test_slicing_changes_nothing(stream: bytes, cuts: list[int]) -> None:
    """W-1: where the stream is cut means nothing."""
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    sliced = [stream[a:b] for a, b in pairwise(edges)]
    assert run(sliced) == run([stream])


@settings(max_examples=20)
@given(st.lists(_pieces, max_size=3).map(b"".join))
def test_single_bytes_change_nothing(stream: bytes) -> None:
    """W-1."""
    assert run([bytes([byte]) for byte in stream]) == run([stream])
