"""What every test run has."""

import os
import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

pytest_plugins = ["pytester", "tests.support.requires"]

# How long an example takes says nothing. Continuous integration tries the same examples each time.
settings.register_profile(
    "parley",
    deadline=None,
    print_blob=True,
    derandomize=os.environ.get("PARLEY_REQUIRE_ALL") == "1",
)
settings.load_profile("parley")

# A shell starts what runs in the background deaf to Ctrl-C, and children would be as deaf.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _usual_log() -> Iterator[None]:
    """What a program makes of the log is forgotten with the test that ran it."""
    yield
    structlog.reset_defaults()
