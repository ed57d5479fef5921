"""Where and how a configuration wants the broker to listen."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from broker.config.model import Address, Config
from broker.shell.sockets import listening_socket, spell
from broker.shell.tls import server_context


def tls_of(config: Config) -> ssl.SSLContext | None:
    """How the configuration wants connections encrypted.

    Raises:
        OSError: A certificate or key cannot be used.
    """
    server = config.server
    if server.tls_cert is None:
        return None
    try:
        return server_context(server.tls_cert, server.tls_key, server.tls_client_ca)
    except ssl.SSLError as error:
        raise OSError(error.errno, f"server.tls_cert: {error.reason or error}") from error


@contextmanager
def bound(member: str, addresses: Iterable[Address]) -> Iterator[tuple[socket.socket, ...]]:
    """Listen where a member of the configuration says, until the end of the `with`.

    Raises:
        OSError: That is not possible; the text says why.
    """
    with ExitStack() as held:
        sockets = []
        for address in addresses:
            try:
                sockets.append(held.enter_context(listening_socket(address)))
            except OSError as error:
                raise OSError(
                    error.errno,
                    f"cannot listen on {spell(address)} ({member}): {error.strerror or error}",
                ) from error
        yield tuple(sockets)
