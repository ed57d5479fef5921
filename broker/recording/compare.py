"""Compares a recorded frame with the one that came, where some values may differ by run.

Theory of operation: a Guid that the broker made, its times and a few names differ in each run.
They are *bound* on first sight: the recorded Guid stands for the live one from then on, in both
directions, and a client's frame that carries a recorded one is sent with the live one. The broker's
name for a message that goes out has such a Guid in it, and is bound as well. A value
that a client said is no such value: what it sent must come back as it was. Guids of version 5
come from the configuration (C-2), so they must be equal as well. A moment that a client sets for later
(`UntilUtc`) would be over by the time of a replay: it is said as much later as the broker's own times are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import Factory, define, frozen

_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_FROM_CONFIGURATION: Final = "5"
_BOUND_TEXTS: Final = frozenset({"Node", "Nonce"})
_NAMES_OF_MESSAGES: Final = frozenset({"DeliverySystemId", "InReplyToId", "References"})
_DURATIONS: Final = frozenset({"WaitingTime", "WaitedSeconds"})
_PLACE_TOLD: Final = "More"
_PLACE_ASKED: Final = "After"
_SET_FOR_LATER: Final = "UntilUtc"
_FOR_PEOPLE: Final = frozenset({"SYS_ERROR", "SYS_BYE"})
_MEMBER_PATH: Final = re.compile(r"(?=.*[.\[])[\w.\[\]]+(?=:|\s|$)")
_PROMISED_TEXT: Final = "not served by this version"
_NAMES_OF_OBJECTS: Final = ("ChatId", "TrackingId", "ID")


@frozen
class Difference:
    """One member that is not as recorded."""

    path: str
    expected: object
    got: object


class _Nothing:
    def __repr__(self) -> str:
        return "(nothing)"


NOTHING: Final = _Nothing()


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)


@define
class Bindings:
    """What recorded values stand for in this run."""

    _live: dict[str, str] = Factory(dict)
    _recorded: dict[str, str] = Factory(dict)
    _said: set[str] = Factory(set)
    _moments: dict[tuple[object, ...], str] = Factory(dict)
    _times: dict[str, list[tuple[str, str]]] = Factory(dict)
    _places: dict[int, int] = Factory(dict)
    _latest: tuple[str, str] | None = None

    def send(self, frame: list[Any]) -> list[Any]:
        """Turn a client's recorded frame into the one to send, and remember what it says."""
        self._put_off(frame)
        self._said.update(leaf for leaf in _leaves(frame) if leaf not in self._live)
        sent = self._with_live(frame)
        assert isinstance(sent, list)
        return sent

    def _put_off(self, frame: list[Any]) -> None:
        payload = frame[1] if len(frame) > 1 else None
        until = payload.get(_SET_FOR_LATER) if isinstance(payload, dict) else None
        if isinstance(until, str) and _TIME.fullmatch(until) and self._latest is not None:
            self.put_off(until, _moved(until, *self._latest))

    def put_off(self, until: str, live: str) -> None:
        """Take one moment that a client sets for later for another."""
        self._live[until] = live

    def was_said(self, text: object) -> bool:
        """Whether a client has said this."""
        return text in self._said

    def live_bytes(self, data: bytes) -> bytes:
        """A client's recorded bytes with the live Guids for the recorded ones, as far as they fit."""
        for recorded, live in self._live.items():
            if _GUID.fullmatch(recorded) and _GUID.fullmatch(live):
                data = data.replace(recorded.encode(), live.encode())
                data = data.replace(UUID(recorded).bytes, UUID(live).bytes)
        return data

    def _with_live(self, value: object) -> object:
        if isinstance(value, str):
            return self._live.get(value, value)
        if isinstance(value, dict):
            return {
                name: self._places.get(member, member)
                if name == _PLACE_ASKED and isinstance(member, int)
                else self._with_live(member)
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._with_live(member) for member in value]
        return value

    def compare(
        self, expected: list[Any], got: list[Any], *, partial: bool = False
    ) -> list[Difference]:
        """Compare a frame of the broker; both are of the same type.

        Args:
            expected: The recorded frame.
            got: The one that came.
            partial: What came may have members that are not expected.
        """
        if partial:
            got = _narrowed(got, expected)
        differences: list[Difference] = []
        for name, index in (("", 1), ("headers", 2)):
            ours = expected[index] if len(expected) > index else None
            theirs = got[index] if len(got) > index else None
            if name and not ours and not theirs:
                continue
            differences += self._value(name, (str(expected[0]), ""), {}, ours, theirs)
        return differences

    def _value(
        self,
        path: str,
        place: tuple[str, str],
        around: dict[str, Any],
        expected: object,
        got: object,
    ) -> Iterator[Difference]:
        """Compare two values; `place` is the frame's type and the member's name."""
        if isinstance(expected, dict) and isinstance(got, dict):
            for name in sorted(expected.keys() | got.keys()):
                below = f"{path}.{name}" if path else name
                ours, theirs = expected.get(name, NOTHING), got.get(name, NOTHING)
                yield from self._value(below, (place[0], name), expected, ours, theirs)
        elif isinstance(expected, list) and isinstance(got, list):
            if len(expected) != len(got):
                yield Difference(f"len({path or 'payload'})", len(expected), len(got))
            for index, (ours, theirs) in enumerate(zip(expected, got, strict=False)):
                yield from self._value(f"{path}[{index}]", place, around, ours, theirs)
        elif not self._same(place, around, expected, got):
            yield Difference(path or "payload", expected, got)

    def _same(
        self, place: tuple[str, str], around: dict[str, Any], expected: object, got: object
    ) -> bool:
        frame_type, name = place
        if isinstance(expected, str) and isinstance(got, str):
            if expected in self._said:
                return expected == got
            if _TIME.fullmatch(expected) and expected in self._live:
                return _padded(got) == _padded(self._live[expected])
            if name == "Text" and frame_type in _FOR_PEOPLE:
                return _same_message(expected, got)
            if _TIME.fullmatch(expected):
                return self._same_time(name, around, expected, got)
            guid = _GUID.fullmatch(expected)
            if name in _BOUND_TEXTS or (guid and guid[1] != _FROM_CONFIGURATION):
                return self._bind(expected, got)
            if name in _NAMES_OF_MESSAGES:
                return self._same_name(expected, got)
            return expected == got
        if name in _DURATIONS:
            return type(expected) is type(got)
        if name == _PLACE_TOLD and isinstance(expected, int) and isinstance(got, int):
            return self._places.setdefault(expected, got) == got
        return type(expected) is type(got) and expected == got

    def _bind(self, expected: str, got: str) -> bool:
        live = self._live.setdefault(expected, got)
        recorded = self._recorded.setdefault(got, expected)
        return live == got and recorded == expected

    def _same_name(self, expected: str, got: str) -> bool:
        """Two names that differ in nothing but Guids of the broker's, which are bound."""
        ours, theirs = _made_in(expected), _made_in(got)
        if not ours or len(ours) != len(theirs):
            return expected == got
        pairs = list(zip(ours, theirs, strict=True))
        bound = [self._bind(*pair) for pair in ((expected, got), *pairs)]
        for one, other in pairs:
            expected, got = expected.replace(one, "", 1), got.replace(other, "", 1)
        return all(bound) and expected == got

    def _same_time(self, name: str, around: dict[str, Any], expected: str, got: str) -> bool:
        """One recorded moment of one thing is one live moment, and time runs in one direction."""
        if not _TIME.fullmatch(got):
            return False
        thing = (name, expected, *(around.get(key) for key in _NAMES_OF_OBJECTS))
        if self._moments.setdefault(thing, got) != got:
            return False
        self._latest = expected, got
        pairs = self._times.setdefault(name, [])
        pairs.append((_padded(expected), _padded(got)))
        mine = pairs[-1]
        return all(
            (mine[0] > other[0]) <= (mine[1] >= other[1])
            and (mine[0] < other[0]) <= (mine[1] <= other[1])
            for other in pairs[:-1]
        )


def _made_in(name: str) -> list[str]:
    """The Guids in a name that the broker made."""
    return [guid[0] for guid in _GUID.finditer(name) if guid[1] != _FROM_CONFIGURATION]


def _narrowed(got: Any, expected: Any) -> Any:
    """What came, without the members that are not expected."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return {name: _narrowed(got[name], expected[name]) for name in got if name in expected}
    if isinstance(expected, list) and isinstance(got, list):
        pairs = zip(got, [*expected, *got[len(expected) :]], strict=False)
        return [_narrowed(theirs, ours) for theirs, ours in pairs]
    return got


def _moved(time: str, told: str, live: str) -> str:
    """A moment as much later as a live one is than the recorded one that it stands for."""
    later = datetime.fromisoformat(live) - datetime.fromisoformat(told)
    return (datetime.fromisoformat(time) + later).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _padded(time: str) -> str:
    """The time with six digits after the point, so that text order is time order."""
    seconds, _, fraction = time.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<6}"


def _same_message(expected: str, got: str) -> bool:
    """Texts of errors are for people and may be reworded; what programs rely on may not."""
    if (_PROMISED_TEXT in expected) != (_PROMISED_TEXT in got):
        return False
    ours, theirs = _MEMBER_PATH.match(expected), _MEMBER_PATH.match(got)
    return (ours and ours[0]) == (theirs and theirs[0])
