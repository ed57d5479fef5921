"""A Dovecot of the tests' own."""

from __future__ import annotations

import shutil


def program() -> str | None:
    """The server, where Debian puts it."""
    return shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin")
