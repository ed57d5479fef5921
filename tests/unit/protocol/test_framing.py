"""Cutting the stream."""

from protocol.errors import ErrorCode
from protocol.framing import Framer


def test_many_frames_in_one_piece() -> None:
    """W-1."""
    framer = Framer(10)
    bodies, fault = framer.split(b"\0\0\0\1a\0\0\0\2bc\0\0\0\3d")
    assert (bodies, fault) == ([b"a", b"bc"], None)
    assert not framer.is_empty
    assert framer.split(b"ef") == ([b"def"], None)
    assert framer.is_empty


def test_a_long_frame_is_refused_before_its_body() -> None:
    """W-3."""
    bodies, fault = Framer(10).split(b"\0\0\0\1a\0\0\0\x0b")
    assert bodies == [b"a"]
    assert fault is not None
    assert fault.code is ErrorCode.FRAME_TOO_LARGE


def test_the_longest_frame_is_taken() -> None:
    """W-3."""
    assert Framer(10).split(b"\0\0\0\x0a" + b"x" * 10) == ([b"x" * 10], None)


def test_a_length_of_zero_is_a_bad_frame() -> None:
    """W-3, W-4."""
    _, fault = Framer(10).split(b"\0\0\0\0")
    assert fault is not None
    assert fault.code is ErrorCode.BAD_FRAME


def test_what_is_kept_is_less_than_a_frame() -> None:
    """I-14."""
    framer = Framer(1_000)
    body = b"\0\0\0\4abcd"
    for _ in range(100):
        framer.split(body * 10 + body[:5])
        framer.split(body[5:])
    assert framer.is_empty
