"""What the readers of all sections share while one document is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath

from attrs import field, frozen

from broker.config.identity import Identities
from broker.config.model import Calendar
from broker.config.parse import Parser
from protocol.values import Guid


@frozen(kw_only=True)
class Context:
    """The surroundings of a document.

    Attributes:
        environ: The environment that `token_env` looks into.
        base: The directory of the file; relative TLS files are looked for there.
        identities: The names and ids taken so far.
        calendars: The calendars read so far.
    """

    environ: Mapping[str, str]
    base: FilePath
    identities: Identities = field(factory=Identities)
    calendars: dict[Guid, Calendar] = field(factory=dict)

    def reference(self, kind: str) -> Parser[Guid]:
        """A parser of the name of a thing that was read before."""
        return self.identities.reference(kind)
