"""A scanner of attachments for a broker under test: it knows the test file of scanners as infected."""

from __future__ import annotations

import socketserver
import struct
import threading
from typing import Final

SIGNATURE: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner takes for infected and harms nobody; in parts, since scanners read this as well."""
_ORDER: Final = b"zINSTREAM\0"
_LENGTH: Final = struct.Struct(">I")


class _Judging(socketserver.StreamRequestHandler):
    """One attachment."""

    def handle(self) -> None:
        if self.rfile.read(len(_ORDER)) != _ORDER:
            return
        data = bytearray()
        while length := _LENGTH.unpack(self.rfile.read(_LENGTH.size))[0]:
            data += self.rfile.read(length)
        found = b"Eicar-Test-Signature FOUND" if SIGNATURE in data else b"OK"
        self.wfile.write(b"stream: " + found + b"\0")


def serve() -> int:
    """Judge what comes, for as long as this process lives.

    Returns:
        The port at which it listens.
    """
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Judging)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])
