"""Hostile mail beside a load: it is what it says it is, and both are measured."""

from __future__ import annotations

import pytest

from broker.bench.hostile import LENGTH, letters, main
from protocol.codec import decode
from protocol.message import MessageContentInfo


def test_each_mail_is_as_long_as_one_may_be() -> None:
    kinds = [decode(letter[4:]).payload for letter in letters()]
    assert all(isinstance(one, MessageContentInfo) for one in kinds)
    assert {len(one.body_html or "") for one in kinds if isinstance(one, MessageContentInfo)} == {
        LENGTH
    }


@pytest.mark.slow
def test_both_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "1", "--rate", "20", "--mails", "8", "--rounds", "2"]) == 0
    told = capsys.readouterr().out.splitlines()
    both = ["without mail", "8 hostile mails a second"]
    assert [line.split("  ")[0] for line in told[2:6]] == both * 2
    sent = int(told[6].split()[0])
    assert sent > 0
