"""One-time codes of a second factor (W-18)."""

import pytest

from broker.config.totp import PERIOD, code_at, secret_of, spelled, step_at, step_of

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """W-18: RFC 6238, appendix B."""
    assert code_at(SECRET, step_at(seconds), digits=8) == code
    assert code_at(SECRET, step_at(seconds)) == code[2:]


@pytest.mark.parametrize(
    ("off", "is_near"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_off_by_a_step(off: int, is_near: bool) -> None:
    """W-18."""
    now = 1_800_000_000.0
    code = code_at(SECRET, step_at(now) + off)
    assert step_of(SECRET, code, now) == (step_at(now) + off if is_near else None)


@pytest.mark.parametrize("code", ["", "12345", "\u0664\u0664\u0664\u0664\u0664\u0664", "abcdef"])
def test_what_is_no_code_is_of_no_step(code: str) -> None:
    """W-18."""
    assert step_of(SECRET, code, 59.0) is None


def test_a_code_may_have_a_gap() -> None:
    """W-18: apps show it so."""
    assert step_of(SECRET, "287 082", 59.0) == 59 // PERIOD


def test_a_secret_is_read_as_people_copy_it() -> None:
    """W-18."""
    text = spelled(SECRET)
    assert secret_of(text) == SECRET
    assert secret_of(f" {text[:8].lower()} {text[8:]}==") == SECRET


@pytest.mark.parametrize("text", ["", "1!", "GEZDGNBVGY3TQOJQ"])
def test_what_is_no_secret_is_refused(text: str) -> None:
    """W-18."""
    with pytest.raises(ValueError, match="must"):
        secret_of(text)
