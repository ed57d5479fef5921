"""TLS without a task: the encryption between a non-blocking socket and its connection.

A `TlsPipe` has the two methods of a socket that the server uses, `recv` and `send`, with the same
meaning, so the server does not know which of the two it has. The handshake runs by itself inside
them; that it ends in time is watched by the deadline for the hello (W-10).
"""

from __future__ import annotations

import ssl
from contextlib import suppress

from attrs import define, field

from broker.shell.seams import StreamSocket

_RECORD = 16_384


def server_context(cert: str, key: str | None, client_ca: str | None) -> ssl.SSLContext:
    """What the listening side needs.

    Args:
        cert: File with the certificate and its chain.
        key: File with the private key; None when it is in `cert`.
        client_ca: File with the authorities of client certificates, which are then demanded.

    Raises:
        OSError: A file cannot be read or does not hold what it should.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@define
class TlsPipe:
    """One encrypted connection over a non-blocking socket."""

    _sock: StreamSocket
    _context: ssl.SSLContext
    _coming: ssl.MemoryBIO = field(factory=ssl.MemoryBIO, init=False)
    _going: ssl.MemoryBIO = field(factory=ssl.MemoryBIO, init=False)
    _object: ssl.SSLObject = field(init=False)
    _shaken: bool = field(default=False, init=False)
    _rest: memoryview = field(default=memoryview(b""), init=False)

    def __attrs_post_init__(self) -> None:
        """Begin the handshake."""
        self._object = self._context.wrap_bio(self._coming, self._going, server_side=True)

    @property
    def unsent(self) -> bool:
        """Whether encrypted bytes wait for the socket, so that it is to be watched."""
        return bool(self._rest)

    def recv(self, size: int) -> bytes:
        """What has come, decrypted; empty at the end of the stream.

        Raises:
            BlockingIOError: Nothing has come that could be decrypted.
            OSError: The connection or its encryption failed (`ssl.SSLError` is one).
        """
        data = self._sock.recv(size)
        if not data:
            return b""
        self._coming.write(data)
        try:
            if not self._shaken:
                self._object.do_handshake()
                self._shaken = True
            return self._decrypt()
        except ssl.SSLWantReadError:
            raise BlockingIOError from None
        finally:
            self.push()

    def _decrypt(self) -> bytes:
        chunks = []
        try:
            while chunk := self._object.read(_RECORD):
                chunks.append(chunk)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError) as end:
            if not chunks and isinstance(end, ssl.SSLWantReadError):
                raise
        return b"".join(chunks)

    def send(self, data: bytes | memoryview) -> int:
        """Encrypt and send; tells how much was taken.

        Raises:
            BlockingIOError: Nothing was taken, the socket is full.
            OSError: The connection or its encryption failed, or there is none yet.
        """
        if not self._shaken:
            raise ConnectionAbortedError("the TLS handshake is not finished")
        self.push()
        if self._rest:
            raise BlockingIOError
        taken = 0
        while taken < len(data) and not self._rest:
            taken += self._object.write(data[taken : taken + _RECORD])
            self.push()
        return taken

    def close(self) -> None:
        """Say good-bye to the other side, as far as the socket takes it."""
        if not self._shaken or self._rest:
            return
        with suppress(OSError):  # ssl.SSLError is one
            self._object.unwrap()
        with suppress(OSError):
            self.push()

    def push(self) -> None:
        """Send what is encrypted already, until the socket is full.

        Raises:
            OSError: The connection failed.
        """
        while self._rest or self._going.pending:
            if not self._rest:
                self._rest = memoryview(self._going.read())
            try:
                sent = self._sock.send(self._rest)
            except BlockingIOError:
                return
            self._rest = self._rest[sent:]
