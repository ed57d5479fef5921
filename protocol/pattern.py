"""Regular expressions that meet text of strangers: the only place that knows their engine.

Theory of operation: whoever writes to the broker chooses the text that is searched, so a search must
end soon for every text. RE2 takes time in proportion to the text, whatever the pattern; what it
cannot promise that for (references back, looking around) it refuses, and so does the check. Both the
program of a pattern and what its search remembers are bounded, so one text costs milliseconds at most.
"""

from __future__ import annotations

import re
from typing import Any, Final

import re2
from attrs import field, frozen

MOST_MEMORY: Final = 1 << 20
"""What one pattern may take, in bytes; above it a search is slower and takes no more."""
MOST_STEPS: Final = 10_000
"""The longest program of a pattern: a search may touch each step for each byte of the text."""

_CUT: Final = re.compile(r"\\(.)|(\{,\d+\})", re.DOTALL)
_MISSED: Final = (
    (re.compile(r"\(\?<?[=!]"), "; a pattern cannot look ahead or back"),
    (re.compile(r"\\[1-9]|\(\?P="), "; a pattern cannot refer back to a group"),
)
_NARROW: Final = frozenset("bBwW")


@frozen
class Pattern:
    """A regular expression of RE2, searched anywhere in a text.

    Raises:
        ValueError: When made of a text that is none, or that is too large.
    """

    text: str
    _engine: Any = field(init=False, eq=False, repr=False)  # the module comes without types

    @_engine.default
    def _compiled(self) -> Any:
        options = re2.Options()
        options.max_mem = MOST_MEMORY
        options.log_errors = False
        options.never_capture = True
        for escape, count in _CUT.findall(self.text):
            if count and not escape:
                raise ValueError(f"is no regular expression: write {{0{count[1:]} for {count}")
        try:
            engine = re2.compile(self.text, options)
        except re2.error as fault:
            raise ValueError(f"is no regular expression: {_said(self.text, fault)}") from None
        if engine.programsize > MOST_STEPS:
            raise ValueError("is too large a regular expression; repeat less, or less often")
        return engine

    def found_in(self, text: str) -> bool:
        """Whether it is found anywhere in a text, in time proportional to its length."""
        return self._engine.search(text.encode("utf-8", "replace")) is not None

    @property
    def doubt(self) -> str | None:
        """What its writer may not expect of it, or None."""
        narrow = [escape for escape, _ in _CUT.findall(self.text) if escape in _NARROW]
        if not narrow:
            return None
        return rf"\{narrow[0]} knows the letters a to z only; \pL stands for a letter of any script"


def _said(text: str, fault: Exception) -> str:
    """What the engine says of a pattern, with a word for who is used to other engines."""
    said = fault.args[0] if fault.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return said + next((hint for sign, hint in _MISSED if sign.search(text)), "")
