"""`[logins]`, and the members of agents that have to do with them (W-18)."""

import pytest

from broker.config.diagnostics import ConfigFault
from broker.config.load import loads
from broker.config.model import Config, Logins
from broker.config.secret import digest

HASH = "$argon2id$v=19$m=65536,t=3,p=4$wnvP9ShFG+HzXRgsrnMCUQ$vqdKhARkbqO8kaQgo/HAnIGDNhYPNHivIAEKf9u5UBA"
TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LOGINS = '[logins]\ntoken = "desk-secret"\n'


def agent(*lines: str) -> str:
    return "\n".join(('[[agents]]\nname = "Alice"\nlogin = "alice"', *lines, ""))


def read(text: str, **environ: str) -> Config:
    return loads(text, environ=environ).config


def faults(text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigFault) as caught:
        read(text, **environ)
    return [str(fault) for fault in caught.value.faults]


def test_without_the_section_nobody_logs_in() -> None:
    """W-18."""
    assert read(agent('token = "t"')).logins == Logins()


def test_who_logs_in_at_a_desk_needs_no_secret_for_a_program() -> None:
    """W-18, C-3."""
    config = read(LOGINS + agent(f'password_hash = "{HASH}"', f'totp_secret = "{TOTP}"'))
    (alice,) = config.agents.values()
    assert config.logins.secret is not None
    assert config.logins.secret.digest == digest("desk-secret")
    assert alice.password is not None
    assert (alice.password.argon2, alice.totp) == (HASH, b"12345678901234567890")
    assert (alice.secret.digest, alice.secret.argon2) == (None, None)


def test_the_second_factor_may_be_in_the_environment() -> None:
    """W-18, C-3."""
    text = agent(f'password_hash = "{HASH}"', 'totp_secret_env = "ALICE"')
    (alice,) = read(text, ALICE=f"{TOTP}\n").agents.values()
    assert alice.totp == b"12345678901234567890"


def test_a_subject_does_without_a_password() -> None:
    """W-18."""
    (alice,) = read(agent('subject = "248289761001"')).agents.values()
    assert (alice.subject, alice.password) == ("248289761001", None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[logins]\nmfa = true\n", "logins.token: is missing"),
        ('[logins]\ntoken = "x"\nmfa = "yes"\n', "logins.mfa: must be true or false"),
        (agent(), "token: is missing"),
        (agent('password_hash = "secret"'), "as `parley hash-password` prints it"),
        (agent('token = "t"', f'totp_secret = "{TOTP}"'), "means nothing without a password_hash"),
        (agent(f'password_hash = "{HASH}"', 'totp_secret = "1"'), "must be base32"),
        (agent(f'password_hash = "{HASH}"', 'totp_secret_env = "X"'), "has no variable X"),
        (
            agent(f'password_hash = "{HASH}"', f'totp_secret = "{TOTP}"', 'totp_secret_env = "X"'),
            "and totp_secret are both there",
        ),
        (agent('role = "bot"', 'subject = "x"'), "is not for a bot"),
        (
            agent('subject = "x"') + agent('subject = "x"').replace("lice", "nna"),
            'a second agent with the subject "x"',
        ),
        (
            LOGINS + "mfa = true\n" + agent(f'password_hash = "{HASH}"'),
            "needs a totp_secret, since logins.mfa is true",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(text: str, fault: str) -> None:
    """W-18, C-1."""
    (found,) = faults(text)
    assert fault in found
