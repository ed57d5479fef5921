"""A session and its twin in TypeScript: both get the same, and must say and tell the same.

`tests.support.twins` puts such a pair wherever a stage of clients makes a session: what is a test of the one
becomes a test of the other, and of their being alike.
"""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import AttrsInstance, fields, has

from connectors.client.backoff import Random
from connectors.client.errors import ConnectorError, EndReason, Refused
from connectors.client.events import ChatRef, Event
from connectors.client.session import Session
from connectors.client.settings import ConnectorSettings, Settings
from protocol.chat import ChatServiceInfo
from protocol.codec import decode, to_wire
from protocol.frame import Frame
from protocol.framing import Framer
from protocol.values import Guid
from tests.support.requires import NODE, ROOT

HOST = ROOT / "connectors" / "web" / "ui" / "client" / "test" / "host.ts"
_CAMEL = {"echo_wait": "echoWait", "answer_wait": "answerWait", "typing_renews": "typingRenews"}
_CAMEL |= {"resync_window": "resyncWindow", "closed_chats": "closedChats"}
_NAMES = {"is_typing": "isTyping", "expires_at": "expiresAt", "dial_at": "dialAt"}
_NAMES |= {"scenario_id": "form", "request_id": "request", "chat_id": "chatId"}
_TUNING = ("confirm", "follow", "tries", "pause", "rests", "renew", "window", "stable", "outbox")
_WORDS = frozenset({"why", "text", "message"})
"""What is said to people, in words of its own."""


class Host:
    """The process in which the twins live."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._count = 0

    def call(self, id: int, method: str, *args: object, **given: list[Any]) -> dict[str, Any]:
        """Make a call and give its answer."""
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen([NODE, HOST], stdin=pipe, stdout=pipe, text=True)
        made = {"id": id, "method": method, "args": args, "ids": [], "draws": []} | given
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(made) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        used = answer["left"] == [0, 0] or "error" in answer
        assert used, f"{method}: keys or chances were left over"
        return answer

    def number(self) -> int:
        """Give the next session its number."""
        self._count += 1
        return self._count


HOSTED = Host()


class TwinSession(Session):
    """A session that asks its twin, and compares."""

    def __init__(
        self, settings: Settings, *, now: float, random: Random, new_id: Callable[[], str]
    ) -> None:
        self._ids: list[str] = []
        self._draws: list[float] = []
        self._made = new_id
        self._chance = random
        self._framer = Framer(1 << 30)
        self._twin = HOSTED.number()
        super().__init__(settings, now=now, random=self._draw, new_id=self._make)
        HOSTED.call(self._twin, "new", _settings(settings), now)

    def _draw(self) -> float:
        self._draws.append(self._chance())
        return self._draws[-1]

    def _make(self) -> str:
        self._ids.append(self._made())
        return self._ids[-1]

    def _new_guid(self) -> Guid:
        guid = super()._new_guid()
        self._ids[-1] = guid  # the twin is given Guids at once
        return guid

    def _both(self, method: str, ours: Callable[[], Any], *args: object) -> Any:
        """Do it here and there; compare what is told, what is thrown, and where both stand."""
        self._ids.clear()
        self._draws.clear()
        error: ConnectorError | None = None
        result = None
        try:
            result = ours()
        except ConnectorError as raised:
            error = raised
        theirs = HOSTED.call(self._twin, method, *args, ids=[*self._ids], draws=[*self._draws])
        thrown = {"name": type(error).__name__, "code": getattr(error, "code", None) or None}
        assert _bare(theirs.get("error")) == (_bare(thrown) if error else None), method
        if isinstance(result, list):
            told = [_bare(event) for event in theirs["result"]]
            ours_told = [_shape(event) for event in result]
            assert told == ours_told, f"{method}: told {told}, not {ours_told}"
        assert theirs["phase"] == self.phase.name.lower(), method
        assert theirs["hangUp"] == self.hang_up, method
        for name, when in (("dialAt", self.dial_at), ("nextDeadline", self.next_deadline)):
            assert _close(theirs.get(name), when), (method, name, theirs.get(name), when)
        if error is not None:
            raise error
        return result

    def data_to_send(self) -> bytes:
        """Drain both."""
        data = super().data_to_send()
        bodies, _ = Framer(1 << 30).split(data)
        theirs = [bytes.fromhex(body) for body in HOSTED.call(self._twin, "data")["result"]]
        sent, ours = [decode(body) for body in theirs], [decode(body) for body in bodies]
        assert sent == ours, f"sent {sent}, not {ours}"
        return data

    def dialled(self, now: float) -> None:
        self._framer = Framer(1 << 30)
        self._both("dialled", lambda: super(TwinSession, self).dialled(now), now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        events: list[Event] = []
        bodies, _ = self._framer.split(data)
        for body in bodies:  # one at a time: what is sent in between is in one order then
            whole = len(body).to_bytes(4, "big") + body
            ours = partial(super().receive, whole, now)
            events += self._both("receive", ours, body.hex(), now)
        return events

    def tick(self, now: float) -> list[Event]:
        found: list[Event] = self._both("tick", lambda: super(TwinSession, self).tick(now), now)
        return found

    def lost(self, now: float, why: str = "") -> list[Event]:
        found: list[Event] = self._both(
            "lost", lambda: super(TwinSession, self).lost(now, why), now, why
        )
        return found

    def dial_now(self, now: float) -> bool:
        return bool(self._both("dialNow", lambda: super(TwinSession, self).dial_now(now), now))

    def close(self, now: float, reason: EndReason = EndReason.CLOSED) -> list[Event]:
        found: list[Event] = self._both(
            "close", lambda: super(TwinSession, self).close(now, reason), now
        )
        return found

    def request(
        self, type_: str, payload: object, now: float, *, ref: ChatRef | None = None
    ) -> int:
        def ask() -> int:
            return super(TwinSession, self).request(type_, payload, now, ref=ref)

        wire = payload if isinstance(payload, str) else to_wire(payload, json=True)
        return int(self._both("request", ask, type_, wire, now, ref and _key(ref)))

    def start_chat(self, info: ChatServiceInfo, now: float) -> tuple[ChatRef, int]:
        wire = to_wire(info, json=True)
        started: tuple[ChatRef, int] = self._both(
            "startChat", lambda: super(TwinSession, self).start_chat(info, now), wire, now
        )
        return started

    def send(self, ref: ChatRef, text: str, now: float, **saying: Any) -> str:
        given = {
            "id": saying.get("sentence_id"),
            "partyName": saying.get("party_name"),
            "model": saying.get("model", 0),
        }
        if (time := saying.get("time_sent")) is not None:
            given["timeSent"] = time.isoformat()
        return str(
            self._both(
                "send",
                lambda: super(TwinSession, self).send(ref, text, now, **saying),
                *(_key(ref), text, now, {n: v for n, v in given.items() if v is not None}),
            )
        )

    def confirm(self, ref: ChatRef, sentence_id: str, now: float) -> None:
        self._both(
            "confirm",
            lambda: super(TwinSession, self).confirm(ref, sentence_id, now),
            *(_key(ref), sentence_id, now),
        )

    def typing(self, ref: ChatRef, is_typing: bool, now: float) -> None:
        self._both(
            "typing",
            lambda: super(TwinSession, self).typing(ref, is_typing, now),
            *(_key(ref), is_typing, now),
        )


def _key(ref: ChatRef) -> str:
    return json.dumps(
        [ref.peer, ref.port or "", ref.name], ensure_ascii=False, separators=(",", ":")
    )


def _settings(settings: Settings) -> dict[str, Any]:
    tuning = settings.tuning
    tuned = {name: getattr(tuning, name) for name in _TUNING}
    tuned |= {camel: getattr(tuning, name) for name, camel in _CAMEL.items()}
    back = tuning.backoff
    tuned["requests"] = tuning.requests
    tuned["backoff"] = {n: getattr(back, n) for n in ("first", "factor", "longest", "jitter")}
    common = {"token": settings.token, "software": settings.software, "tuning": tuned}
    if isinstance(settings, ConnectorSettings):
        gateways = [{"peer": one.peer, "port": one.port} for one in settings.gateways]
        return {"role": "connector", "gateways": gateways, **common}
    return {"role": "workplace", "number": settings.number, "login": settings.login, **common}


def _shape(event: Event) -> object:
    """An event as the twin tells it."""
    found: dict[str, Any] = {"kind": type(event).__name__}
    for attribute in fields(type(event)):
        name = _NAMES.get(attribute.name, attribute.name)
        found[name] = _value(getattr(event, attribute.name))
    return _bare(found)


def _value(value: object) -> object:
    match value:
        case ChatRef():
            return {"peer": value.peer, "name": value.name, "port": value.port, "key": _key(value)}
        case Refused():
            return {"name": "Refused", "code": value.code}
        case ConnectorError():
            told = {n: getattr(value, n, None) for n in ("reason", "code")}
            return {"name": type(value).__name__, **told}
        case Frame():
            return {"type": value.type, "payload": _value(value.payload), "headers": value.headers}
        case tuple():
            return [_value(one) for one in value]
        case _ if has(type(value)):
            structure: AttrsInstance = value  # type: ignore[assignment]  # `has` says so
            return to_wire(structure, json=True)
        case _:
            return value


def _bare(value: object) -> object:
    """Without what is null or reads as null, empty headers, and what is said to people."""
    if isinstance(value, dict):
        found = {n: _bare(v) for n, v in value.items() if n not in _WORDS}
        return {n: v for n, v in found.items() if v not in (None, {}, "", 0)}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _close(one: float | None, other: float | None) -> bool:
    return one == other if None in (one, other) else abs((one or 0) - (other or 0)) < 1e-6
