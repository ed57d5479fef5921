"""Keys in files: what signs visitors' tokens, and what sites sign with who their customers are."""

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

KEY_BYTES: Final = 32
"""The shortest secret that signs anything."""


def secrets_in(path: Path) -> tuple[bytes, ...]:
    """The secrets in a file, one on each line; one is made when it is not there, for nobody but this user.

    The first one signs.

    Raises:
        OSError: It can neither be read nor made.
        ValueError: One is too short.
    """
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode())
    found = tuple(line.strip() for line in path.read_bytes().strip().splitlines())
    if not found or any(len(secret) < KEY_BYTES for secret in found):
        raise ValueError(f"{path}: a secret has {KEY_BYTES} bytes at the least")
    return found


def public_key(path: Path, algorithm: str) -> Any:
    """The public key in a file, PEM or JWK.

    Raises:
        ValueError: There is none of that kind.
    """
    from joserfc import jwk
    from joserfc.errors import JoseError

    kind: Any = "RSA" if algorithm == "RS256" else "OKP"
    try:
        text = path.read_text("utf-8").strip()
        found: Any = json.loads(text) if text.startswith("{") else text
        return jwk.import_key(found, kind)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, JoseError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: is no public key for {algorithm}: {error}") from None
