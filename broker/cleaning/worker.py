"""The process that cleans HTML: orders come in by standard input, answers go out by standard output.

What is cleaned here was written by strangers, by libraries that hold Python's lock meanwhile. So a process
does it that has nothing else, may take only so much memory, and is killed when it takes too long.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from math import ceil
from time import process_time
from typing import BinaryIO, Final

from broker.cleaning.bodies import ASKED, HTML_BYTES, READY, TEXT_BYTES, Bodies, Way, answer
from broker.cleaning.depth import is_too_deep
from broker.cleaning.kind import kind_of
from broker.cleaning.layout import TooSlowError, text_of
from broker.cleaning.plain import plain_bodies, plain_text
from broker.cleaning.policy import clean

MEMORY: Final = 512 * 1024 * 1024
CPU_SECONDS: Final = 4
"""What one message may take; the system ends the process that takes more."""


def bodies_of(html: str, *, wants_text: bool) -> Bodies:
    """Clean some HTML and say what it says."""
    if is_too_deep(html):
        return plain_bodies(html, wants_text=wants_text)
    cleaned = clean(html)
    if len(cleaned.encode()) > HTML_BYTES or is_too_deep(cleaned):
        return plain_bodies(html, wants_text=wants_text)
    if not wants_text:
        return Bodies(cleaned, None)
    try:
        text = text_of(cleaned)
    except TooSlowError:
        return Bodies(cleaned, plain_text(cleaned), Way.PLAIN_TEXT)
    if len(text.encode()) > TEXT_BYTES:
        return Bodies(cleaned, plain_text(cleaned), Way.PLAIN_TEXT)
    return Bodies(cleaned, text)


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Do what is ordered until nobody orders any more."""
    ways: dict[Way, Callable[[bytes, bool], Bodies]] = {
        Way.CLEANED: lambda html, text: bodies_of(html.decode(), wants_text=text),
        Way.PLAIN: lambda html, text: plain_bodies(html.decode(), wants_text=text),
        Way.KIND: lambda data, _text: Bodies(None, kind_of(data), Way.KIND),
    }
    answers.write(READY)
    answers.flush()
    while len(head := orders.read(ASKED.size)) == ASKED.size:
        way, wants_text, size = ASKED.unpack(head)
        content = orders.read(size)
        _have(CPU_SECONDS)
        answers.write(answer(ways[Way(way)](content, bool(wants_text))))
        answers.flush()


def _have(seconds: int) -> None:
    """Have so much time of the processor from now on, and no more."""
    limit = ceil(process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def main() -> None:
    """Serve a broker, which ends us by closing our input or by force."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the broker, which drains first
    # Whoever talks comes before whoever writes mail, on a machine that is busy as well.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(0, "rb") as orders, open(1, "wb") as answers:
        serve(orders, answers)


if __name__ == "__main__":
    main()
