"""What is known of attachments: everything but their content, which only the store has."""

from __future__ import annotations

import hashlib
from typing import Any

from attrs import Factory, define, field

from broker.core.chat_state import DERIVED
from protocol.values import Guid, ScanVerdict


def owner_of(*, peer: str | None = None, agent: Guid | None = None) -> str:
    """Name who brings attachments: all sessions of a gateway address, or an agent."""
    return f"agent/{agent}" if agent is not None else f"peer/{peer}"


@define(eq=False, repr=False)
class Digest:
    """The digest of what has come so far."""

    _hash: Any = field(factory=hashlib.sha256)

    def add(self, data: bytes) -> None:
        """More came."""
        self._hash.update(data)

    def after(self, data: bytes) -> str:
        """What it would be with more."""
        ahead = self._hash.copy()
        ahead.update(data)
        return str(ahead.hexdigest())

    def __deepcopy__(self, _memo: dict[int, Any]) -> Digest:
        return Digest(self._hash.copy())


@define(kw_only=True)
class Blob:
    """An attachment.

    Attributes:
        owner: Who brought it, and may name it: a gateway address or an agent.
        at: When its first piece came; `since_up` since when nothing names it, on the clock of deadlines.
        size: How long it is, and `sha256` what its digest has to be.
        have: How much of it has come.
        scan: What the scanner says of it; None while it is incomplete.
        holders: The chats whose sentences name it, the messages, and the conversations whose drafts do.
        is_kept: Whether a sentence or a message has ever named it, so that it is never deleted.
        touched_up: When its last piece came, on the clock of deadlines.
        digest: That of what has come; nobody needs it of one that is complete.
    """

    id: Guid
    no: int
    owner: str
    at: int
    name: str | None
    content_type: str | None
    size: int
    sha256: str
    have: int = 0
    scan: ScanVerdict | None = None
    holders: dict[Guid, None] = Factory(dict)
    is_kept: bool = False
    since_up: int = field(default=0, metadata=DERIVED)
    touched_up: int = field(default=0, metadata=DERIVED)
    digest: Digest = field(factory=Digest, eq=False, metadata=DERIVED)

    @property
    def is_complete(self) -> bool:
        """Whether all of it is there."""
        return self.scan is not None

    @property
    def is_given_out(self) -> bool:
        """Whether who may see it may have its content."""
        return self.scan in (ScanVerdict.CLEAN, ScanVerdict.OFF)


@define
class Blobs:
    """The attachments in memory: those that nobody names, and those of what is in memory.

    Attributes:
        unnamed: The ones that nobody names, by owner, in the order in which they began.
        coming: How many bytes those have in all that are incomplete.
    """

    by_id: dict[Guid, Blob] = Factory(dict)
    unnamed: dict[str, dict[Guid, None]] = Factory(dict)
    coming: int = 0
    next_no: int = 1

    def add(self, blob: Blob) -> None:
        """Take one in."""
        self.by_id[blob.id] = blob
        if not blob.holders:
            self.unnamed.setdefault(blob.owner, {})[blob.id] = None
        if not blob.is_complete:
            self.coming += blob.size

    def named(self, blob: Blob, holder: Guid) -> None:
        """Somebody names one."""
        self._unlist(blob)
        blob.holders[holder] = None

    def let_go(self, blob: Blob, holder: Guid) -> None:
        """Somebody names one no more; what nothing else names is anybody's to name, or its row's alone."""
        blob.holders.pop(holder, None)
        if blob.holders:
            return
        if blob.is_kept:
            self.forget(blob)
        else:
            self.unnamed.setdefault(blob.owner, {})[blob.id] = None

    def forget(self, blob: Blob) -> None:
        """Keep one no longer."""
        del self.by_id[blob.id]
        self._unlist(blob)
        if not blob.is_complete:
            self.coming -= blob.size

    def _unlist(self, blob: Blob) -> None:
        own = self.unnamed.get(blob.owner)
        if own is not None and own.pop(blob.id, self) is None and not own:
            del self.unnamed[blob.owner]
