"""The secrets that recordings name and never hold.

Theory of operation: a hello's token is replaced by the name of its owner. Bytes that are no good
frame may hold one too, whole or cut off: there whatever follows the member's name is blanked out,
letter by letter, so that the lengths stay what they were; and so is every token that is known,
wherever it stands. A login at a desk, and the session that it gives, cannot be played again: all of their
secrets are gone.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from broker.config.diagnostics import ConfigFault
from broker.config.secret import line_of
from broker.config.source import cleaned, read_source
from broker.recording.format import BadRecording, Line, Passed, Raw

OWNED: Final = "$TOKEN:"
WRONG: Final = "$WRONG"
_HELLO: Final = "SYS_HELLO"
_LOGINS: Final = ("SYS_LOGIN", "SYS_LOGIN_RESULT")
_SECRETS: Final = ("Token", "Password", "Code", "Voucher")
"""Members of a login that nobody is to read."""
_OWNERS: Final = (("agents", "login"), ("gateways", "peer"))
_PACKED: Final = re.compile(
    rb"(?:\xa5Token|\xa8Password|\xa7Voucher)(?:(?P<fix>[\xa0-\xbf])|[\xd9\xc4](?P<one>.)|[\xda\xc5](?P<two>..)"
    rb"|[\xdb\xc6](?P<four>....))",
    re.DOTALL,
)
_JSON: Final = re.compile(
    rb'"(?:Token|Password|Voucher)"\s*:\s*"(?P<said>(?:[^"\\]|\\.)*)', re.DOTALL
)
_BLANK: Final = b"*"


@frozen
class Tokens:
    """Who has which secret.

    Attributes:
        by_name: Token by the name of its owner: an agent's login or a gateway's address.
    """

    by_name: Mapping[str, str] = field(factory=dict)

    def without(self, line: Line) -> Line:
        """A line without secrets."""
        if isinstance(line, Raw):
            return evolve(line, data=self._blanked(line.data))
        if isinstance(line, Passed) and line.type in (_HELLO, *_LOGINS):
            data = None if line.data is None else self._blanked(line.data)
            return evolve(line, frame=self.redact(line.frame), data=data)
        return line

    def redact(self, frame: list[Any]) -> list[Any]:
        """Put the owner's name in place of a hello's token.

        A token that is not its owner's, as far as the owners' tokens are known, becomes
        `$WRONG`: it will be refused again.
        """
        payload = frame[1]
        if payload and (frame[0] in _LOGINS or payload.get("Voucher") is not None):
            gone = {name: WRONG for name in _SECRETS if payload.get(name) is not None}
            return [frame[0], {**payload, **gone}, *frame[2:]]
        if frame[0] != _HELLO or not payload or payload.get("Token") is None:
            return frame
        owner = payload.get("Login") or (payload.get("Peers") or [""])[0]
        known = self.by_name.get(owner)
        right = not self.by_name or payload["Token"] == known
        token = f"{OWNED}{owner}" if right else WRONG
        return [_HELLO, {**payload, "Token": token}, *frame[2:]]

    def restore(self, frame: list[Any]) -> list[Any]:
        """Put the token back that a recorded hello names.

        Raises:
            BadRecording: The token of that owner is not known.
        """
        payload = frame[1]
        if frame[0] != _HELLO or not payload or payload.get("Token") is None:
            return frame
        token = payload["Token"]
        if token.startswith(OWNED):
            owner = token.removeprefix(OWNED)
            if owner not in self.by_name:
                raise BadRecording(
                    f"the token of {owner} is not known: --config or --token-file tells it"
                )
            token = self.by_name[owner]
        return [_HELLO, {**payload, "Token": token}, *frame[2:]]

    def _blanked(self, data: bytes) -> bytes:
        found = bytearray(data)
        for start, end in _places(data):
            found[start:end] = _BLANK * (min(end, len(found)) - start)
        for token in filter(None, self.by_name.values()):
            secret = token.encode()
            found = found.replace(secret, _BLANK * len(secret))
        return bytes(found)


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Where in bytes the values of such members stand, as MessagePack or as JSON."""
    for match in _PACKED.finditer(data):
        if match["fix"] is not None:
            size = match["fix"][0] & 0x1F
        else:
            size = int.from_bytes(match["one"] or match["two"] or match["four"])
        yield match.end(), min(match.end() + size, len(data))
    for match in _JSON.finditer(data):
        yield match.span("said")


def read_tokens(path: Path) -> Tokens:
    """Read who has which token from a broker's configuration; hashes are left out.

    Raises:
        BadRecording: It cannot be read.
    """
    try:
        text = cleaned(read_source(path), str(path))
        return Tokens(dict(_owned(tomllib.loads(text))))
    except ConfigFault as fault:
        raise BadRecording(str(fault)) from None
    except ValueError as error:
        raise BadRecording(f"{path}: is not valid TOML: {error}") from None


def _owned(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table, name in _OWNERS:
        for entry in config.get(table, ()):
            token = entry.get("token") or os.environ.get(entry.get("token_env", ""))
            if token is not None:
                yield entry[name], line_of(token)


def read_token_file(path: Path) -> Tokens:
    """Read a file with a line `OWNER=TOKEN` for each owner; empty lines and `#` are passed over.

    Raises:
        BadRecording: It cannot be read, or a line is none of these.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecording(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        owner, mark, token = text.partition("=")
        if not mark or not owner.strip() or not token.strip():
            # The line may hold a secret, so it is not shown.
            raise BadRecording(f"{path}, line {number}: must be OWNER=TOKEN")
        found[owner.strip()] = token.strip()
    return Tokens(found)
