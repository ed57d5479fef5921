"""Faults of the protocol as they are raised and kept (W-14)."""

from __future__ import annotations

import gc
import weakref

import pytest

from protocol.errors import FATAL_CODES, ErrorCode, WireError


def test_an_error_says_what_is_wrong_and_where() -> None:
    error = WireError(
        ErrorCode.BAD_PAYLOAD, "no number", type="ES_CHAT_START", re=0, path="Sentences[3].Counter"
    )
    assert (error.code, error.text, error.type) == ("BadPayload", "no number", "ES_CHAT_START")
    assert (error.re, error.path) == (0, "Sentences[3].Counter")
    assert str(error) == "BadPayload: no number"


@pytest.mark.parametrize("code", ErrorCode)
def test_what_makes_a_connection_useless_ends_it(code: ErrorCode) -> None:
    """W-14: whatever is wrong with one frame alone does not."""
    assert WireError(code, "").fatal is (code in FATAL_CODES)
    assert ErrorCode.BAD_PAYLOAD not in FATAL_CODES


def test_a_kept_error_keeps_nothing_of_where_it_was_raised() -> None:
    class Body:
        """Stands for the bytes of a frame."""

    def fail() -> tuple[WireError, weakref.ref[Body]]:
        body = Body()
        try:
            try:
                raise KeyError(body)
            except KeyError as cause:
                raise WireError(ErrorCode.BAD_FRAME, "no map") from cause
        except WireError as error:
            return error.bare(), weakref.ref(body)

    gc.disable()
    try:
        error, body = fail()
        assert body() is None
    finally:
        gc.enable()
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
