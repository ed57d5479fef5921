"""Who is not to be called silent, because nobody listened (B-13)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, define

from broker.shell.connection import ClientConnection
from broker.shell.listening_clock import Attention


@define
class Excuses:
    """Amends for the time in which connections were not listened to."""

    attention: Attention = Factory(Attention)
    _deaf: int = 0

    def make(
        self,
        clients: Mapping[int, ClientConnection],
        paused: Mapping[int, ClientConnection],
        now: float,
    ) -> bool:
        """Let all have as much time again as nobody listened; those that are not read are not silent.

        Returns:
            Whether there was such time, so that the deadlines of all are others.
        """
        self.attention.look()
        deaf, self._deaf = self.attention.deaf - self._deaf, self.attention.deaf
        for client in clients.values() if deaf else ():
            client.excuse(deaf / 1_000_000, now)
        for client in paused.values():
            client.connection.leave_unread(now)
        return deaf > 0
