"""Keys in files."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from connectors.web.keys import public_key, secrets_in


def test_a_secret_is_made_once_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "web.key"
    made = secrets_in(path)
    assert secrets_in(path) == made
    assert len(made) == 1
    assert len(made[0]) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"n" * 32 + b"\n" + made[0] + b"\n")
    assert secrets_in(path) == (b"n" * 32, made[0])
    path.write_bytes(made[0] + b"\nshort")
    with pytest.raises(ValueError, match="32 bytes"):
        secrets_in(path)


@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_public_keys_are_read(form: str, tmp_path: Path) -> None:
    made: dict[str, Any] = {
        "RS256": RSAKey.generate_key(2_048),
        "EdDSA": OKPKey.generate_key("Ed25519"),
    }
    for algorithm, key in made.items():
        path = tmp_path / algorithm
        if form == "pem":
            path.write_bytes(key.as_pem(private=False))
        else:
            path.write_text(json.dumps(key.as_dict(private=False)))
        assert public_key(path, algorithm).as_dict(private=False) == key.as_dict(private=False)


def test_what_is_no_public_key_of_that_kind(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        public_key(path, "RS256")
    path.write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
    for algorithm in ("RS256", "EdDSA"):
        with pytest.raises(ValueError, match=f"is no public key for {algorithm}"):
            public_key(path, algorithm)
    for broken in (b"nonsense", b"\xff", b'{"kty": 7}', b"{"):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="no public key"):
            public_key(path, "RS256")
