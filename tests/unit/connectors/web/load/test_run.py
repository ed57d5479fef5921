"""The load and its figures; at work it is in `tests/integration/test_web_load.py`."""

import resource

import pytest

from connectors.web.load.run import Load, main, may_open
from connectors.web.load.stage import CHATS


@pytest.mark.parametrize("visitors", [1, 899, 900, 901, 10_000, 50_000])
def test_there_is_room_for_all_chats(visitors: int) -> None:
    load = Load(polling=visitors // 2, connected=visitors - visitors // 2)
    assert load.agents * CHATS > visitors
    assert load.agents <= visitors / 900 + 1


def test_it_says_when_it_may_not_open_so_many_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (100, 1_024))
    assert main(["--polling", "5000"]) == 1
    assert "see ulimit -n" in capsys.readouterr().err
    monkeypatch.undo()
    may_open(10)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == limits[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
