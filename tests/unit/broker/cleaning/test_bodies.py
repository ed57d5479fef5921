"""Orders and answers as bytes."""

import pytest

from broker.cleaning.bodies import (
    ANSWERED,
    HTML_BYTES,
    Bodies,
    Way,
    answer,
    answer_size,
    read_answer,
)


@pytest.mark.parametrize(
    "bodies",
    [
        Bodies("<p>ü</p>", "ü"),
        Bodies("", ""),
        Bodies(None, "x", Way.PLAIN),
        Bodies("x", None, Way.PLAIN_TEXT),
        Bodies(None, None),
    ],
)
def test_an_answer_is_read_as_it_was_written(bodies: Bodies) -> None:
    data = answer(bodies)
    head, rest = data[: ANSWERED.size], data[ANSWERED.size :]
    assert answer_size(head) == len(rest)
    assert read_answer(head, rest) == bodies


def test_what_no_worker_says_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        answer_size(ANSWERED.pack(0, HTML_BYTES + 1, 0))
    with pytest.raises(ValueError, match="7"):
        read_answer(ANSWERED.pack(7, 0, 0), b"")
