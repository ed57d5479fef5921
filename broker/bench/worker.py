"""A loader process: its steps are begun by the parent, its figures go to the parent."""

from __future__ import annotations

import multiprocessing
from array import array
from collections import Counter
from multiprocessing.connection import Connection
from time import process_time
from typing import Any, Final

from attrs import frozen

from broker.bench.loader import Loader, LoadFailed, Tally
from broker.bench.settings import Share

_SPAWN: Final = multiprocessing.get_context("spawn")
_REPLY_SECONDS: Final = 900.0


@frozen(kw_only=True)
class WorkerFigures:
    """What one loader process measured.

    Attributes:
        echo: Nanoseconds from sending to the echo.
        delivery: Nanoseconds from sending to the agent.
        circle: Nanoseconds from sending to the confirmation's return.
        errors: Refusals and what else went wrong, with how often.
        unfinished: Sentences that did not come back after the end.
        cpu_seconds: Processor time of the loader during the measurement.
    """

    echo: array[int]
    delivery: array[int]
    circle: array[int]
    errors: Counter[str]
    unfinished: int
    cpu_seconds: float


class Worker:
    """The parent's end of a loader process."""

    def __init__(self, share: Share, address: tuple[str, int]) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(theirs, share, address), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, step: str) -> None:
        """Begin `connect`, `open` or `measure`, in this order."""
        self._pipe.send(step)

    def result(self) -> Any:
        """What the step that was begun gave.

        Raises:
            LoadFailed: The step failed.
        """
        if not self._pipe.poll(_REPLY_SECONDS):
            raise LoadFailed("a loader process does not answer")
        try:
            result = self._pipe.recv()
        except EOFError:
            raise LoadFailed("a loader process ended") from None
        if isinstance(result, LoadFailed):
            raise result
        return result

    def end(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()


def _work(pipe: Connection, share: Share, address: tuple[str, int]) -> None:
    loader = Loader(share, address)
    try:
        while True:
            step = pipe.recv()
            try:
                pipe.send(_step(loader, step))
                # The other loaders may still send to our agents.
                loader.attend(pipe.poll)
            except (LoadFailed, OSError) as error:
                pipe.send(LoadFailed(str(error)))
                return
    except EOFError:
        return
    finally:
        loader.close()


def _step(loader: Loader, step: str) -> WorkerFigures | None:
    if step == "connect":
        loader.connect()
    elif step == "open":
        loader.open_chats()
    else:
        return _measure(loader)
    return None


def _measure(loader: Loader) -> WorkerFigures:
    load = loader.share.load
    loader.run(load.warmup)
    loader.tally = Tally()
    began = process_time()
    loader.run(load.seconds)
    tally, cpu_seconds = loader.tally, process_time() - began
    loader.tally = Tally()
    unfinished = loader.drain()
    tally.errors.update(loader.tally.errors)
    return WorkerFigures(
        echo=array("q", tally.echo),
        delivery=array("q", tally.delivery),
        circle=array("q", tally.circle),
        errors=tally.errors,
        unfinished=unfinished,
        cpu_seconds=cpu_seconds,
    )
