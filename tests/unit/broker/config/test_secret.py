"""Secrets in the file, in the environment, as a hash (C-3)."""

import pytest

from broker.config.load import load, loads
from broker.config.model import Secret
from broker.config.secret import digest, hash_token, verify

OPEN = '[server]\nlisten = "0.0.0.0:7070"\n'
GATEWAY = '[[gateways]]\nname = "G"\npeer = "g"\n'


def secret_of(line: str, environ: dict[str, str] | None = None) -> Secret:
    (gateway,) = loads(GATEWAY + line, environ=environ).config.gateways.values()
    return gateway.secret


def test_clear_text_is_taken_with_a_warning() -> None:
    """C-3."""
    loaded = loads(f'{OPEN}{GATEWAY}token = "open sesame"')
    (_, warning) = loaded.warnings
    assert (warning.line, warning.member) == (6, "gateways[0].token")
    assert warning.text.startswith("is clear text;")
    assert "open sesame" not in str(warning) + repr(loaded.config)
    assert verify(secret_of('token = "open sesame"'), "open sesame")


def test_many_clear_secrets_are_one_warning_and_on_loopback_none() -> None:
    """C-3: a first trial with the sample begins without a word about its secrets."""
    two = GATEWAY + 'token = "s"\n' + GATEWAY.replace('"G"', '"H"').replace('"g"', '"h"')
    two += 'token = "t"\n[[agents]]\nname = "A"\nlogin = "a"\ntoken = "u"\n'
    (_, warning) = loads(OPEN + two).warnings
    assert (warning.member, warning.line) == ("gateways[0].token", 6)
    assert warning.text.startswith("is clear text, like 2 more;")
    for listen in ('"127.0.0.9:7070"', '"[::1]:7070"', '"localhost:7070"', '["[::1]:1"]'):
        assert loads(f"[server]\nlisten = {listen}\n{two}").warnings == ()
    for listen in ('"127.evil.example:7070"', '["127.0.0.1:7070", "[::]:7070"]'):
        assert len(loads(f"[server]\nlisten = {listen}\n{two}").warnings) == 2


def test_the_environment_is_taken_without_a_warning() -> None:
    """C-3."""
    assert loads(GATEWAY + 'token_env = "T"', environ={"T": "s"}).warnings == ()
    assert secret_of('token_env = "T"', {"T": "s"}) == Secret(digest=digest("s"))


def test_the_environment_of_the_process_is_the_default(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path_factory.mktemp("config") / "p.toml"
    file.write_text(GATEWAY + 'token_env = "PARLEY_TEST_TOKEN"')
    monkeypatch.setenv("PARLEY_TEST_TOKEN", "s")
    (gateway,) = load(file).config.gateways.values()
    assert verify(gateway.secret, "s")


def test_a_hash_is_argon2id_and_fits_its_token_only() -> None:
    """C-3."""
    hashed = hash_token("open sesame")
    assert hashed.startswith("$argon2id$")
    secret = secret_of(f'token_hash = "{hashed}"')
    assert secret == Secret(argon2=hashed)
    assert verify(secret, "open sesame")
    assert not verify(secret, "open barley")


@pytest.mark.parametrize("secret", [Secret(), Secret(argon2="nonsense"), Secret(digest=b"")])
def test_a_broken_secret_fits_nothing(secret: Secret) -> None:
    assert not verify(secret, "")
    assert not verify(secret, "x")
