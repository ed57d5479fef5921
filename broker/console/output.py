"""Where commands print: what a locale, a reader who left or a full disk do to standard output.

Theory of operation: text for people is shown as well as the terminal can, a letter that it does not
know as an escape. Data for programs (JSON, CSV) is UTF-8 whatever the locale says, since the
formats say so. Whatever went wrong with the output is one line on standard error, no traceback.
What a file or a peer says is shown to people, and commands their terminal nothing.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

from protocol.display import shown

CUT_SHORT: Final = 141
"""Exit status when nobody reads the output any more, as of a program that SIGPIPE ended."""
INTERRUPTED: Final = 130
"""Exit status after Ctrl-C."""
NOT_WRITTEN: Final = 2
"""Exit status when the output could not be written."""
_OUTPUT_FAULTS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def for_people() -> TextIO:
    """Standard output; letters that it cannot encode become escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout


def for_programs() -> TextIO:
    """Standard output in UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return sys.stdout


def complain(command: str, text: object, *, lines: bool = False) -> None:
    """Say on standard error what a command could not do.

    Args:
        command: Its name; empty when there is none.
        text: What is the matter; a file or a peer may have words in it.
        lines: Whether it may go over several lines.
    """
    sys.stderr.write(f"{f'parley {command}'.rstrip()}: {shown(str(text), lines=lines)}\n")


def guarded(name: str, run: Callable[[], int]) -> int:
    """Run a command and see that its output was taken.

    Args:
        name: What the command is called in the line on standard error; empty when there is none.
        run: Does it and gives its exit status.

    Returns:
        The exit status: its own, or what became of the output.
    """
    if sys.stdout is None:  # it was closed before the start
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the whole process
    for_people()
    try:
        status = run()
        sys.stdout.flush()
        return status
    except BaseException as error:
        ended = _status_of(_innermost(error), name)
        if ended is None:
            raise
        return ended


def _innermost(error: BaseException) -> BaseException:
    """What was raised: by tasks it comes in groups, one in the other."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _status_of(error: BaseException, name: str) -> int | None:
    """What became of the output, told where it is worth telling; None: that was not what failed."""
    match error:
        case BrokenPipeError():
            status = CUT_SHORT
        case KeyboardInterrupt():
            status = INTERRUPTED
        case OSError() if error.errno in _OUTPUT_FAULTS and error.filename is None:
            status = NOT_WRITTEN
        case _:
            return None
    _give_up_output()
    if status == NOT_WRITTEN and isinstance(error, OSError):
        complain(name, f"the output cannot be written: {error.strerror}")
    return status


def _give_up_output() -> None:
    """Let the flush at the end of the process go nowhere: it would fail again."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a file
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
