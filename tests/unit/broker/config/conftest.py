"""What tests of the configuration share."""

from functools import partial

import pytest
from argon2 import PasswordHasher

from broker.config import secret


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes that cost nothing, where it does not matter how strong they are."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(secret, "PasswordHasher", cheap)
