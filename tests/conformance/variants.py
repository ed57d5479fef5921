"""Frames in forms that are read and never written, each with what it reads as."""

import json
from typing import Any

import msgpack

from tests.conformance.samples import guid

_packer = msgpack.Packer()
G = guid(10)
BIN = bytes.fromhex(G.replace("-", ""))
SENTENCE = {"Peer": "web", "TrackingId": "t-1", "ID": "s-1", "Text": "Hi"}
PLAIN = {**SENTENCE, "IsOutbound": False, "Counter": 0, "Model": 0}
START = {"Peer": "web", "TrackingId": "t-1"}
STATUS = {**START, "Status": "Closed"}
ZERO = "00000000-0000-0000-0000-000000000000"
T0 = "2026-01-02T03:04:05Z"


def in_json() -> list[dict[str, Any]]:
    """JSON texts in forms that are read and never written."""
    start = ["ES_CHAT_START", START]
    said = ["ES_CHAT_SENTENCE", {**SENTENCE, "Text": "č\U0001f642/"}]
    rows: list[tuple[str, str, Any]] = [
        ("as it is written", _text(start), start),
        ("white space", '[ "ES_CHAT_START" ,\r\n\t{"Peer": "web", "TrackingId":"t-1"} ]\n', start),
        ("escapes", _text(said).replace("č", "\\u010D").replace("/", "\\/"), said),
        ("a pair of surrogates", _text(said).replace("\U0001f642", "\\ud83d\\ude42"), said),
        ("members in another order", _text([start[0], dict(reversed(START.items()))]), start),
        ("members null", _text([start[0], {**START, "Port": None}]), start),
        ("an unknown member", _text([start[0], {**START, "New": {"a": [1, 2.5e9]}}]), start),
        ("an unknown member with a great number", _text([start[0], {**START, "N": 10**30}]), start),
        ("32 levels", _text([start[0], {**START, "New": _deep(30)}]), start),
        (
            "minus nothing",
            _text(["ES_CHAT_SENTENCE", SENTENCE])[:-2] + ',"Model":-0}]',
            ["ES_CHAT_SENTENCE", SENTENCE],
        ),
        ("Guid in upper case", _text([start[0], {**START, "ReturnChatId": G.upper()}]), None),
        ("an Id that is an int", _text([*start, {"Id": 2**64 - 1}]), [*start, {"Id": 2**64 - 1}]),
        ("an Id that is a str", _text([*start, {"Id": "a"}]), [*start, {"Id": "a"}]),
        ("headers null", _text([*start, None]), start),
        ("alias of a type", '["CS_CHAT_RESNYC",{"Peer":"1"}]', ["CS_CHAT_RESYNC", {"Peer": "1"}]),
        ("payload null", '["SYS_PING",null]', ["SYS_PING", {}]),
    ]
    found = []
    for name, text, reads in rows:
        frame = reads or json.loads(text.replace(G.upper(), G))
        found.append({"name": name, "hex": framed(text.encode()), "frame": _filled(frame)})
    return found


def _text(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def framed(body: bytes) -> str:
    """The frame of a body, in hexadecimal."""
    return (len(body).to_bytes(4, "big") + body).hex()


def _with_time(text: str | None) -> list[Any]:
    return ["ES_CHAT_SENTENCE", PLAIN | ({"TimeSent": text} if text else {})]


_TIMES: list[tuple[str, Any, str | None]] = [
    ("timestamp of 4 bytes", msgpack.Timestamp(1767323045), T0),
    ("timestamp of 8 bytes", msgpack.Timestamp(1767323045, 999_999_999), T0[:-1] + ".999999Z"),
    ("timestamp of 12 bytes", msgpack.Timestamp(-1, 5_000), "1969-12-31T23:59:59.000005Z"),
    ("timestamp in year 1", msgpack.Timestamp(-62135596800), None),
    ("str with Z", T0, T0),
    ("str in lower case", "2026-01-02t03:04:05z", T0),
    ("str without offset is UTC", "2026-01-02T03:04:05", T0),
    ("str with an offset", "2026-01-02T05:34:05+02:30", T0),
    ("str with a blank", "2026-01-02 03:04:05Z", T0),
    ("str with nanoseconds", "2026-01-02T03:04:05.123456789Z", T0[:-1] + ".123456Z"),
    ("str in year 1", "0001-01-01T00:00:00", None),
    ("str at the end of time", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
]
"""Times in every form that is read, each with how it is written."""


def cases() -> list[dict[str, Any]]:
    """Every case: its name, its frame, and the frame it reads as."""
    bare = ["ES_CHAT_SENTENCE", PLAIN]
    start = ["ES_CHAT_START", START]
    bound = ["ES_CHAT_START", {**START, "ReturnChatId": G}]
    rows: list[tuple[str, Any, Any]] = [
        ("members missing", ["ES_CHAT_SENTENCE", SENTENCE], bare),
        ("members nil", ["ES_CHAT_SENTENCE", {**SENTENCE, "Counter": None, "Port": None}], bare),
        ("unknown member", ["ES_CHAT_SENTENCE", {**SENTENCE, "New": {"a": [1, 2.5]}}], bare),
        ("32 levels", ["ES_CHAT_SENTENCE", {**SENTENCE, "New": _deep(30)}], bare),
        ("32 levels in a header", [*start, {"New": _deep(30)}], None),
        ("unknown header", ["ES_CHAT_START", START, {"New": [1]}], [*start, {"New": [1]}]),
        ("headers nil", ["ES_CHAT_START", START, None], start),
        ("headers empty", ["ES_CHAT_START", START, {}], start),
        ("header Id is a str", [*start, {"Id": "a"}], [*start, {"Id": "a"}]),
        ("Guid in upper case", ["ES_CHAT_START", {**START, "ReturnChatId": G.upper()}], bound),
        ("Guid as bin", ["ES_CHAT_START", {**START, "ReturnChatId": BIN}], bound),
        ("Guid all zero", ["ES_CHAT_START", {**START, "ReturnChatId": ZERO}], start),
        ("Guid all zero as bin", ["ES_CHAT_START", {**START, "ReturnChatId": bytes(16)}], start),
        ("alias of a type", ["CS_CHAT_RESNYC", {"Peer": "1"}], ["CS_CHAT_RESYNC", {"Peer": "1"}]),
        ("status Queue", *_status("Queue", "Waiting")),
        ("status ClosedByAgent", *_status("ClosedByAgent", "Closed")),
        ("status ClosedByExtApp", *_status("ClosedByExtApp", "Closed")),
        (
            "channel SocWall",
            ["SE_SL_MSGGATEWAYS", [{"Channel": "SocWall"}]],
            ["SE_SL_MSGGATEWAYS", [{"Channel": "SocialWall"}]],
        ),
        ("unknown model", ["ES_CHAT_SENTENCE", {**SENTENCE, "Model": 11}], None),
        ("typing unsaid is true", ["ES_CHAT_TYPING", START], _typing(True)),
        ("typing false", _typing(False), _typing(False)),
        (
            "ES_CHAT_STATUS as a status",
            ["ES_CHAT_STATUS", {**STATUS, "ChatId": ZERO, "Sentences": [], "Info": None}],
            ["ES_CHAT_STATUS", START],
        ),
        ("sentences empty are not absent", ["SE_CHAT_STATUS", {**STATUS, "Sentences": []}], None),
        ("payload nil", ["SYS_PING", None], ["SYS_PING", {}]),
        ("greatest int", ["ES_CHAT_SENTENCE", {**SENTENCE, "Model": 2**31 - 1}], None),
        ("least int", ["ES_CHAT_SENTENCE", {**SENTENCE, "Model": -(2**31)}], None),
        ("longest ID", ["ES_CHAT_CONFIRM", {**START, "ID": "x" * 64}], None),
    ]
    rows += _blank_and_named(start)
    rows += [
        (f"time: {name}", ["ES_CHAT_SENTENCE", {**SENTENCE, "TimeSent": given}], _with_time(reads))
        for name, given, reads in _TIMES
    ]
    return [
        {"name": name, "hex": framed(_packer.pack(given)), "frame": _filled(reads or given)}
        for name, given, reads in rows
    ] + [{"name": name, "hex": framed(body), "frame": start} for name, body in _long_forms(start)]


def _blank_and_named(start: list[Any]) -> list[tuple[str, Any, Any]]:
    """What is blank and may be; and names that only look so."""
    return [
        ("Port empty is none", ["ES_CHAT_START", {**START, "Port": ""}], start),
        ("Port blank is none", ["ES_CHAT_START", {**START, "Port": " \u200b"}], start),
        ("UserToken blank is none", ["ES_CHAT_START", {**START, "UserToken": "\t"}], start),
        ("RemoteAddress blank is none", ["ES_CHAT_START", {**START, "RemoteAddress": ""}], start),
        ("PartyName blank is none", ["ES_CHAT_START", {**START, "PartyName": "\u3000"}], start),
        ("PreferredCulture blank is none", [start[0], {**START, "PreferredCulture": ""}], start),
        (
            "Culture blank is none",
            ["ES_WS_LITERALS_GET", {"LiteralGroup": 102, "Culture": ""}],
            ["ES_WS_LITERALS_GET", {"LiteralGroup": 102, "LiteralValue": 0}],
        ),
        ("a name of one invisible and one letter", _named("\u200bž"), _named("\u200bž")),
        ("a name with blanks around it", _named(" a "), _named(" a ")),
    ]


def _named(name: str) -> list[Any]:
    return ["ES_CHAT_START", {"Peer": "web", "TrackingId": name}]


def _deep(levels: int) -> Any:
    """That many arrays, one in the other."""
    return [_deep(levels - 1)] if levels > 1 else []


def _status(given: str, reads: str) -> tuple[Any, Any]:
    return (
        ["SE_CHAT_STATUS", {**START, "Status": given}],
        ["SE_CHAT_STATUS", {**START, "Status": reads}],
    )


def _typing(is_typing: bool) -> list[Any]:
    return ["ES_CHAT_TYPING", {**START, "IsTyping": is_typing}]


def _filled(frame: list[Any]) -> list[Any]:
    """Sentences always have their plain numbers and bools."""
    if frame[0] == "ES_CHAT_SENTENCE":
        plain = {"IsOutbound": False, "Counter": 0, "Model": 0}
        return [frame[0], plain | frame[1], *frame[2:]]
    return frame


def _long_forms(frame: list[Any]) -> list[tuple[str, bytes]]:
    """The same frame with longer headers than it needs."""
    kind, payload = frame
    name = b"\xd9" + len(kind).to_bytes(1, "big") + kind.encode()
    members = b"".join(_packer.pack(key) + _packer.pack(value) for key, value in payload.items())
    count = len(payload)
    return [
        ("array16", b"\xdc\x00\x02" + _packer.pack(kind) + _packer.pack(payload)),
        ("array32", b"\xdd\x00\x00\x00\x02" + _packer.pack(kind) + _packer.pack(payload)),
        ("type as str8", b"\x92" + name + _packer.pack(payload)),
        ("map16", b"\x92" + _packer.pack(kind) + b"\xde" + count.to_bytes(2, "big") + members),
        ("map32", b"\x92" + _packer.pack(kind) + b"\xdf" + count.to_bytes(4, "big") + members),
    ]
