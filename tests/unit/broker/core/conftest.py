"""A fresh script for each test; what was left unheard, and a store that differs, fail it."""

from collections.abc import Iterator

import pytest

from tests.support.playbook import CONFIG, Playbook


@pytest.fixture
def play(request: pytest.FixtureRequest) -> Iterator[Playbook]:
    """The core, a store and nobody connected; the parameter is another configuration."""
    playbook = Playbook(getattr(request, "param", CONFIG))
    yield playbook
    playbook.silent()
    playbook.check_store()
    playbook.store.close()
