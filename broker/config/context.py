"""What the readers of all sections share while one document is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path as FilePath

from attrs import field, frozen

from broker.config.diagnostics import Path
from broker.config.identity import Identities
from broker.config.model import Calendar
from broker.config.parse import Parser
from broker.config.partners import TextMatch
from protocol.scenario import ScreenControlInfo
from protocol.values import Guid

Judge = Callable[[object, FilePath, Mapping[str, str]], Iterable[tuple[str, str]]]
"""Given a section, the directory of the file and the environment: each fault with its path."""


@frozen(kw_only=True)
class Context:
    """The surroundings of a document.

    Attributes:
        environ: The environment that `token_env` looks into.
        base: The directory of the file; relative TLS files are looked for there.
        identities: The names and ids taken so far.
        calendars: The calendars read so far.
        controls: The controls of forms read so far, each with its form, in the first culture of that.
        text_matches: The text matches read so far.
        whole: Whether the document is to run a broker, and no part of one.
        clear_tokens: Where secrets stand in clear text.
        judges: Who knows the sections of other programs.
    """

    environ: Mapping[str, str]
    base: FilePath
    whole: bool = False
    identities: Identities = field(factory=Identities)
    calendars: dict[Guid, Calendar] = field(factory=dict)
    controls: dict[Guid, tuple[Guid, ScreenControlInfo]] = field(factory=dict)
    text_matches: dict[Guid, TextMatch] = field(factory=dict)
    clear_tokens: list[Path] = field(factory=list)
    judges: Mapping[str, Judge] = field(factory=dict)

    def reference(self, kind: str) -> Parser[Guid]:
        """A parser of the name of a thing that was read before."""
        return self.identities.reference(kind)
