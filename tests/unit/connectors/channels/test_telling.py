"""Telling the broker something until it has heard."""

import pytest

from connectors.channels.stop import Stop
from connectors.channels.telling import in_words, innermost, insist
from connectors.client.errors import ConnectionLost, Ended, EndReason, Refused, TimedOut
from tests.support.played_channel import in_virtual_time


def told(*errors: Exception) -> tuple[list[bool], int]:
    """Tell, with these errors first; whether it was heard, and how often it was told."""
    left, times, heard = list(errors), 0, []

    async def tell() -> None:
        nonlocal times
        times += 1
        if left:
            raise left.pop(0)

    async def run() -> None:
        heard.append(await insist(tell, Stop(lambda: 0.0)))

    in_virtual_time(run)
    return heard, times


def test_it_is_told_until_it_is_heard() -> None:
    assert told() == ([True], 1)
    errors = (
        ConnectionLost("gone"),
        TimedOut("late"),
        Refused("RateLimited"),
        Refused("Overloaded"),
    )
    assert told(*errors) == ([True], 5)


def test_what_is_refused_is_told_once() -> None:
    assert told(Refused("UnknownMessage")) == ([False], 1)


def test_the_end_of_the_session_is_the_end() -> None:
    with pytest.raises(Ended):
        told(Ended(EndReason.REJECTED))


def test_what_tasks_raised_is_found_in_their_groups() -> None:
    error = ValueError("x")
    assert innermost(ExceptionGroup("", [ExceptionGroup("", [error])])) is error
    two = ExceptionGroup("", [error, error])
    assert innermost(two) is two


def test_of_a_connection_that_did_not_come_about_the_system_has_the_word() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    attempts = OSError("all attempts failed")
    attempts.__cause__ = ExceptionGroup("several", [refused, TimeoutError()])
    wrapped = RuntimeError("https://provider.example/?password=secret")
    wrapped.__cause__ = attempts
    assert in_words(wrapped) == "Connection refused"
    circle = ValueError("secret")
    circle.__context__ = KeyError("secret")
    circle.__context__.__context__ = circle
    assert in_words(circle) == "ValueError"
