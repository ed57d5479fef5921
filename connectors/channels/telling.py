"""Telling the broker something until it has heard."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from connectors.channels.stop import Stop
from connectors.client.backoff import Backoff
from connectors.client.errors import ConnectorError, Ended, Refused
from protocol.errors import ErrorCode

AGAIN: Final = Backoff(first=1.0, longest=60.0)
"""How long to wait before the broker is told again."""
BUSY: Final = frozenset({ErrorCode.RATE_LIMITED, ErrorCode.OVERLOADED})
"""Refusals that pass."""

_log = logging.getLogger(__name__)


async def insist(tell: Callable[[], Awaitable[object]], stop: Stop) -> bool:
    """Tell the broker something until it has heard.

    Returns:
        Whether it knew what was meant.

    Raises:
        Stopping: The program ends before.
        Ended: The session is over.
    """
    failures = 0
    while True:
        try:
            await tell()
        except Ended:
            raise
        except Refused as error:
            if error.code not in BUSY:
                _log.warning("the broker does not know what is meant: %s", error)
                return False
            _log.info("the broker is busy: %s", error)
        except ConnectorError as error:
            _log.info("the broker did not hear it: %s", error)
        else:
            return True
        failures += 1
        await stop.rest(AGAIN, failures)


def innermost(error: BaseException) -> BaseException:
    """What was raised: by tasks it comes in groups, one in the other."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def in_words(error: BaseException) -> str:
    """What the system says of a connection that did not come about, out of all that libraries put around it.

    Their own texts may have a URL in them, and that a secret.
    """
    waiting, seen = [error], set()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions
        waiting += [one for one in (found.__cause__, found.__context__) if one is not None]
    return type(error).__name__
