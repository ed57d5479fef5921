"""`parley hash-token`, `hash-password` and `totp`."""

from io import StringIO

import pytest

from broker.config.hashing import PASSWORD, TOKEN, hash_command, totp_command
from broker.config.model import Secret
from broker.config.secret import verify
from broker.config.totp import secret_of


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("cheap_hashes")
def test_hash_token_reads_a_pipe() -> None:
    """C-3."""
    out = StringIO()
    assert hash_command(TOKEN, StringIO("open sesame\r\n"), out, StringIO()) == 0
    assert verify(Secret(argon2=out.getvalue().strip()), "open sesame")


@pytest.mark.usefixtures("cheap_hashes")
def test_hash_token_asks_twice_at_a_terminal_and_reads_nothing_shown() -> None:
    """C-3."""
    out, asked = StringIO(), list[str]()

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "open sesame"

    assert hash_command(TOKEN, Terminal("visible\n"), out, StringIO(), ask) == 0
    assert asked == ["Secret: ", "Again: "]
    assert verify(Secret(argon2=out.getvalue().strip()), "open sesame")


def test_hash_token_refuses_two_different_secrets() -> None:
    out, errors, said = StringIO(), StringIO(), iter(["one", "two"])
    assert hash_command(TOKEN, Terminal(), out, errors, lambda _: next(said)) == 1
    assert out.getvalue() == ""
    assert "differ" in errors.getvalue()


def test_hash_token_refuses_nothing_and_too_much() -> None:
    for text in ("", "  \n", "x" * 1_025):
        out, errors = StringIO(), StringIO()
        assert hash_command(TOKEN, StringIO(text), out, errors) == 1
        assert out.getvalue() == ""
        assert "1 to 1,024 characters" in errors.getvalue()


@pytest.mark.usefixtures("cheap_hashes")
def test_a_password_has_eight_characters_at_the_least() -> None:
    """W-18."""
    out, errors = StringIO(), StringIO()
    assert hash_command(PASSWORD, StringIO("seven77\n"), out, errors) == 1
    assert errors.getvalue() == "parley hash-password: a password has 8 to 1,024 characters\n"
    assert hash_command(PASSWORD, StringIO("eight888\n"), out, errors) == 0
    assert verify(Secret(argon2=out.getvalue().strip()), "eight888")


def test_a_second_factor_is_made_and_spelled_for_an_app() -> None:
    """W-18."""
    out = StringIO()
    assert totp_command("alice@shop", "The shop", out, lambda count: bytes(range(count))) == 0
    line, uri = out.getvalue().splitlines()
    text = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
    assert line == f'totp_secret = "{text}"'
    assert secret_of(text) == bytes(range(20))
    assert uri == (
        f"otpauth://totp/The%20shop%3Aalice%40shop?secret={text}&issuer=The%20shop&digits=6&period=30"
    )
