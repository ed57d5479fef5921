"""The session with the broker, and who watches which chat."""

from pathlib import Path

import pytest

from connectors.client import ChatChanged, ChatRef, TypingChanged
from connectors.client.errors import Ended, EndReason
from connectors.client.events import SessionEnded
from connectors.web.broker_link import About, Link, Upstream
from connectors.web.figures import GatewayFigures
from connectors.web.problems import Away
from protocol.blob import BlobStatusInfo
from protocol.chat import ChatStatusInfo
from protocol.values import ChatStatus
from tests.support.web_stage import WebStage, happens, play

REF = ChatRef("web", "a")


class Seen:
    """Somebody who watches, or cannot."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.events: list[About] = []
        self.said: list[str] = []
        self._breaks = breaks

    def told(self, event: About) -> None:
        if self._breaks:
            raise RuntimeError("broken")
        self.events.append(event)

    def judged(self, verdict: BlobStatusInfo) -> None:
        self.said.append("judged")

    def broker_left(self) -> None:
        self.said.append("left")

    def broker_back(self) -> None:
        self.said.append("back")

    def fail(self) -> None:
        self.said.append("failed")


def link() -> Link:
    return Link(Upstream("127.0.0.1:1", "web", (None,), "secret"))


def changed(ref: ChatRef = REF) -> ChatChanged:
    return ChatChanged(ref, ChatStatus.WAITING, None, ChatStatusInfo())


def test_who_watches_a_chat_is_told_of_it_and_of_no_other() -> None:
    one, here, other = link(), Seen(), Seen()
    one.watch(REF, here)
    one.watch(ChatRef("web", "b"), other)
    one.take(changed())
    assert (here.events, other.events) == ([changed()], [])
    one.leave(REF, here)
    one.leave(REF, here)
    one.take(changed())
    assert len(here.events) == 1
    assert one.figures == GatewayFigures(followed=1)


def test_who_cannot_be_told_is_let_go_and_the_others_are_told() -> None:
    one, broken, here = link(), Seen(breaks=True), Seen()
    one.watch(REF, broken)
    one.watch(REF, here)
    one.take(changed())
    assert broken.said == ["failed"]
    assert here.events == [changed()]


def test_a_chat_that_is_not_there_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.web.broker_link.ABSENT", 2)
    one = link()
    one.absent(REF)
    assert one.is_absent(REF)
    one.take(changed())
    assert not one.is_absent(REF)
    for name in "abc":
        one.absent(ChatRef("web", name))
    assert [one.is_absent(ChatRef("web", name)) for name in "abc"] == [False, True, True]


def test_without_a_session_there_is_no_client() -> None:
    one, here = link(), Seen()
    one.watch(REF, here)
    with pytest.raises(Away):
        one.client.dial_now()
    one.take(SessionEnded(Ended(EndReason.REJECTED, "AuthFailed")))
    assert "AuthFailed" in one.fault
    assert here.said == ["left"]
    assert "secret" not in repr(one.upstream)


def test_who_types_for_long_is_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-23: for a browser it ends after 8 seconds."""
    monkeypatch.setattr("connectors.web.broker_link.TYPING_TOLD", 0.01)

    async def scenario(stage: WebStage) -> None:
        (one,) = stage.site.links
        here = Seen()
        one.watch(REF, here)
        one.take(TypingChanged(REF, is_typing=True))
        await happens(lambda: len(here.events) > 3)
        one.take(TypingChanged(REF, is_typing=False))
        assert here.events[-1] == TypingChanged(REF, is_typing=False)

    play(scenario, tmp_path)


def test_the_broker_comes_back(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        (one,) = stage.site.links
        here = Seen()
        one.watch(REF, here)
        await stage.broker.cut()
        await happens(lambda: here.said == ["left", "back"])
        assert one.ready

    play(scenario, tmp_path)
