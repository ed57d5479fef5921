"""A committer that counts, and that brings faults in what follows a commit to the right place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define

from broker.core.effects import StoredKey
from broker.core.facts import Fact, SentenceStored
from broker.shell.counters import Counters
from broker.shell.engine import Committer, Found


@define
class MeteredCommitter:
    """Stands between the engine and the store.

    Attributes:
        inner: The store.
        counters: Where commits are counted.
        now: Monotonic seconds.
        on_progress: Called when the engine went on after a commit.
        crashed: Called with the error that the engine raised after a commit: it ends the process.
    """

    inner: Committer
    counters: Counters
    now: Callable[[], float]
    on_progress: Callable[[], None]
    crashed: Callable[[BaseException], None]

    def commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        """Commit and count; see `Committer`."""
        began = self.now()
        is_given = False

        def committed(error: BaseException | None) -> None:
            if error is None:
                counters = self.counters
                counters.commit_seconds.add(self.now() - began)
                counters.commit_facts.add(len(facts))
                counters.sentences += sum([type(fact) is SentenceStored for fact in facts])
            try:
                done(error)
            except Exception as crash:  # noqa: BLE001 - a callback has nobody to raise to
                self.crashed(crash)
            else:
                if (
                    is_given
                ):  # else the engine is being pumped, and whoever does that looks what it came to
                    self.on_progress()

        self.inner.commit(facts, committed)
        is_given = True

    def read(
        self, keys: Sequence[StoredKey], done: Callable[[Found | BaseException], None]
    ) -> None:
        """Read what frames lack; see `Committer`."""

        def read(found: Found | BaseException) -> None:
            try:
                done(found)
            except Exception as crash:  # noqa: BLE001 - as above
                self.crashed(crash)
            else:
                self.on_progress()

        self.inner.read(keys, read)
