"""A fresh script for each test; what was left unheard, and a store that differs, fail it."""

from collections.abc import Iterator

import pytest

from tests.support.playbook import Playbook


@pytest.fixture
def play() -> Iterator[Playbook]:
    """The core, a store and nobody connected."""
    playbook = Playbook()
    yield playbook
    playbook.silent()
    playbook.check_store()
    playbook.store.close()
