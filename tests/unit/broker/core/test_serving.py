"""A handler gets the payload of its frame as the structure that it names, and no other."""

from __future__ import annotations

import pytest

from broker.core.broker import HANDLERS
from broker.core.effects import Acknowledgement, Answer
from broker.core.inputs import Stamp
from broker.core.serving import acknowledgement
from protocol.frame import Frame
from tests.support.playbook import Playbook


def test_a_payload_of_another_structure_is_a_bug(play: Playbook) -> None:
    play.connector("web")
    session = next(iter(play.state.sessions.values()))
    stamp = Stamp(now=play.state.now, seq=9, up=play.state.up, seed=b"1" * 16)
    frame = Frame(type="ES_CHAT_START", payload="no structure")
    with pytest.raises(AssertionError):
        HANDLERS["ES_CHAT_START"](play.state, stamp, session, frame)


def test_only_a_frame_with_an_id_is_acknowledged(play: Playbook) -> None:
    """W-16."""
    play.connector("web")
    session = next(iter(play.state.sessions.values()))
    assert acknowledgement(session, Frame("ES_CHAT_CONFIRM", None)) is None
    for key in (0, "", 7):
        told = acknowledgement(session, Frame("ES_CHAT_CONFIRM", None, {"Id": key}))
        assert told == Answer(session.number, key, Acknowledgement("ES_CHAT_CONFIRM"))
