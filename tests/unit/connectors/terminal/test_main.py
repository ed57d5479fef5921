"""What the two programs ask of the client library."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from connectors.client.settings import Tuning
from connectors.terminal import main
from connectors.terminal.main import agent_main, visitor_main


class _ConnectedError(Exception):
    """The program wants to connect, which is all that is to be seen."""

    def __init__(self, tuning: Tuning) -> None:
        self.tuning = tuning


@pytest.mark.parametrize(
    ("run", "connect"),
    [(visitor_main, "connect_connector"), (agent_main, "connect_workplace")],
)
def test_who_looks_at_a_screen_waits_five_seconds_at_the_most(
    monkeypatch: pytest.MonkeyPatch, run: Callable[[Sequence[str]], int], connect: str
) -> None:
    """However long the broker was away, and whatever chance says."""

    def connects(
        *_where: object, tuning: Tuning, **_more: Any
    ) -> AbstractAsyncContextManager[object]:
        raise _ConnectedError(tuning)

    monkeypatch.setattr(main, connect, connects)
    with pytest.raises(_ConnectedError) as seen:
        run([])
    backoff = seen.value.tuning.backoff
    delays = [backoff.delay(failures, lambda: 0.0) for failures in (1, 100)]
    assert delays == [0.5, 5.0]
