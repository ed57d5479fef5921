"""The short way of sentences and confirmations: what it takes, what it leaves, and that both ways agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from broker.core.inputs import FrameArrived, Stamp
from broker.core.short_way import WAYS
from protocol.codec import from_wire
from protocol.frame import Frame
from tests.support.agents_at_work import answered, joined, visitor_writes, writes
from tests.support.both_ways import step_both_ways
from tests.support.playbook import CONFIG, Client, Playbook

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Scene:
    """A visitor and Alice in a chat; each has said one thing that is not confirmed."""

    def __init__(self, config: str = CONFIG) -> None:
        self.play = Playbook(config)
        self.web = self.play.connector("web", "im")
        self.alice = self.play.agent("alice", "101")
        self.chat = answered(self.web, self.alice)
        visitor_writes(self.web, "v1", "Hello", self.alice)
        writes(self.alice, self.chat, "a1", "Good morning")

    def takes(self, client: Client, type: str, headers: Any = None, **members: Any) -> bool:
        """Whether a frame goes the short way; the long one comes to the same in any case."""
        payload = from_wire(type, {**client.base, **members})
        play = self.play
        play.seq += 1
        stamp = Stamp(play.wall, play.seq, b"play", play.now)
        arrived = FrameArrived(client.number, Frame(type, payload, headers))
        return step_both_ways(play.state, stamp, arrived)[2]

    def visitor_says(self, headers: Any = None, **members: Any) -> bool:
        """The same of the visitor's sentence."""
        said = {"TrackingId": "t1", "ID": "v2", "Text": "One more thing"} | members
        return self.takes(self.web, "ES_CHAT_SENTENCE", headers, **said)

    def alice_says(self, headers: Any = None, **members: Any) -> bool:
        """The same of Alice's."""
        said = {"ChatId": self.chat, "ID": "a2", "Text": "Yes?"} | members
        return self.takes(self.alice, "CS_CHAT_SENTENCE", headers, **said)

    def visitor_confirms(self, headers: Any = None, **members: Any) -> bool:
        """The same of a confirmation by the visitor's side."""
        said = {"TrackingId": "t1", "ID": "a1"} | members
        return self.takes(self.web, "ES_CHAT_CONFIRM", headers, **said)

    def alice_confirms(self, headers: Any = None, **members: Any) -> bool:
        """The same of one by Alice."""
        return self.takes(
            self.alice, "CS_CHAT_CONFIRM", headers, **{"ChatId": self.chat, "ID": "v1"} | members
        )


FRAMES = ("visitor_says", "alice_says", "visitor_confirms", "alice_confirms")


def test_the_four_frames_have_a_short_way() -> None:
    assert set(WAYS) == {
        f"{side}_CHAT_{what}" for side in ("CS", "ES") for what in ("SENTENCE", "CONFIRM")
    }


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    "headers", [None, {"Id": 7}, {"Id": "x", "traceparent": TRACE}, {"traceparent": TRACE}]
)
def test_what_is_usual_takes_it(frame: str, headers: Any) -> None:
    """W-15, W-16, W-20: with and without headers."""
    scene = Scene()
    assert getattr(scene, frame)(headers)
    assert not getattr(scene, frame)(headers), "a retry is not usual"


def test_several_sessions_and_a_second_agent_are_usual() -> None:
    """B-29: a party hears what is said, and so does every session of the gateway."""
    scene = Scene()
    scene.play.connector("web")
    bob = scene.play.agent("bob", "102")
    joined(scene.play, scene.alice, bob, scene.chat, "Conference")
    assert scene.visitor_says()
    assert scene.alice_says()
    assert scene.visitor_confirms()
    assert not scene.alice_confirms(), "who may confirm is asked on the long way"


def test_nobody_there_to_be_told_is_usual() -> None:
    """The gateway has no session, or the agent's workplace is away."""
    scene = Scene()
    scene.web.leaves()
    assert scene.alice_says()
    assert scene.alice_confirms()
    scene = Scene()
    scene.alice.leaves()
    assert scene.visitor_says()
    assert scene.visitor_confirms()


def closed(scene: Scene) -> None:
    """The chat has ended."""
    scene.alice.says("CS_CHAT_HANGUP", ChatId=scene.chat)


def parked(scene: Scene) -> None:
    """Alice has put it aside."""
    scene.alice.says("CS_CHAT_PARK", ChatId=scene.chat, IsParked=True)


def returned(scene: Scene) -> None:
    """Alice has let it go, and it waits."""
    scene.alice.says("CS_CHAT_RETURN", ChatId=scene.chat)


def warned(scene: Scene) -> None:
    """The visitor was told that the chat ends soon, and then somebody set the clock back."""
    scene.play.wait(545)
    scene.play.set_clock(-600)


@pytest.mark.parametrize(
    ("change", "frames"),
    [
        (closed, FRAMES),
        (parked, ("visitor_says", "alice_says")),
        (returned, ("visitor_says", "alice_says")),
        (warned, ("visitor_says", "alice_says")),
    ],
)
def test_what_else_goes_on_takes_the_long_way(
    change: Callable[[Scene], None], frames: tuple[str, ...]
) -> None:
    """B-8, B-9, B-29: what a sentence changes besides is decided there."""
    for frame in frames:
        scene = Scene()
        change(scene)
        assert not getattr(scene, frame)(), frame


@pytest.mark.parametrize(
    ("frame", "members"),
    [
        ("visitor_says", {"Peer": "nobody"}),
        ("visitor_says", {"Peer": "im"}),
        ("visitor_says", {"TrackingId": "t2"}),
        ("visitor_says", {"ID": "v1"}),
        ("visitor_says", {"ID": "v1", "Text": "Hello"}),
        ("visitor_says", {"Model": 4}),
        ("visitor_says", {"Model": 2}),
        ("visitor_says", {"Model": 77}),
        ("visitor_says", {"Text": "x" * 32_000}),
        ("alice_says", {"Peer": "102"}),
        ("alice_says", {"ChatId": "12345678-1234-4234-9234-123456789abc"}),
        ("alice_says", {"ID": "a1"}),
        ("alice_says", {"Model": 6}),
        ("alice_says", {"Model": 3}),
        ("visitor_confirms", {"ID": "v1"}),
        ("visitor_confirms", {"TrackingId": "t2"}),
        ("visitor_confirms", {"Peer": "nobody"}),
        ("alice_confirms", {"ID": "a1"}),
        ("alice_confirms", {"Peer": "102"}),
        ("alice_confirms", {"AgentId": "12345678-1234-4234-9234-123456789abc"}),
    ],
)
def test_what_is_refused_or_odd_takes_the_long_way(frame: str, members: dict[str, Any]) -> None:
    """W-14, W-21, W-22: and nothing has happened before it does."""
    config = CONFIG + "[limits]\nframe_bytes = 131072\n" if "Text" in members else CONFIG
    scene = Scene(config)
    if len(members.get("Text", "")) > 1_000:
        for number in range(8):
            scene.visitor_says(ID=f"long{number}", Text="y" * 8_000)
    assert not getattr(scene, frame)(**members)


def test_a_stranger_and_the_wrong_role_take_the_long_way() -> None:
    """I-15: a session that is gone, and a frame of the other role."""
    scene = Scene()
    sentence = {"TrackingId": "t1", "ID": "v2", "Text": "Me"}
    assert not scene.takes(scene.alice, "ES_CHAT_SENTENCE", **sentence)
    scene.web.leaves()
    assert not scene.visitor_says()
