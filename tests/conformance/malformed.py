"""Frames that must be refused, each with the code and the member path that must be named."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
from attrs import AttrsInstance

from protocol import limits
from protocol.catalogue import CATALOGUE
from protocol.codec import to_wire
from protocol.frame_spec import FrameSpec
from protocol.schema import Blank, Kind, Member, members
from tests.conformance.samples import least
from tests.conformance.variants import SENTENCE, START, framed

_packer = msgpack.Packer(datetime=True)
Row = dict[str, Any]
Wrap = Callable[[Row], Row]

_SAID_TOO = ("members", "required", "blanks")
_BLANK = ["", " ", "\t\n", "\u00a0\u3000", "\u200b\u2060\ufeff", "\u3164", "\x7f\x1b"]
_INTS = [7.9, True, "7", 2**31, -(2**31) - 1]
_WRONG: dict[Kind, list[Any]] = {
    Kind.TEXT: [7, True, ["a"], b"a", "a\0b"],
    Kind.GUID: [7, "", "0f8fad5b", b"short", "{0f8fad5b-d9cb-469f-a165-70867728950e}"],
    Kind.TIME: [1767323045, 1.5, "2026-01-02", "yesterday", msgpack.Timestamp(2**60)],
    Kind.INT: _INTS,
    Kind.BOOL: [1, "true", 0.0],
    Kind.DECIMAL: [1.5, 3, "1e5", "NaN", "1,5", "9" * 30],
    Kind.ENUM: ["Nonsense", 1, "", ["Free"]],
    Kind.STRUCTURE: ["a", [], 3],
    Kind.STRUCTURES: ["a", {}, [None], ["a"]],
    Kind.TEXTS: ["web", {}, [7], [None], ["\0"]],
    Kind.BYTES: [7, True, "no base64", "abc", {}],
}


def families() -> dict[str, list[Row]]:
    """All cases by family."""
    found = {
        "frames": list(_frames()),
        "headers": list(_headers()),
        "members": list(_members()),
        "required": list(_required()),
        "lengths": list(_lengths()),
        "blanks": list(_blanks()),
    }
    found["json"] = [
        *_not_json(),
        *(t for name in _SAID_TOO for row in found[name] if (t := _twin(row))),
    ]
    return found


def _twin(row: Row) -> Row | None:
    """The same frame in JSON, where JSON can say it."""
    try:
        tree = msgpack.unpackb(bytes.fromhex(row["hex"])[4:])
        text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, msgpack.UnpackException):
        return None
    return {**row, "hex": framed(text.encode())}


def _not_json() -> Iterator[Row]:
    good = json.dumps(["ES_CHAT_START", START])
    member = good[:-2] + ",%s}]"
    texts = {
        "a text follows": good + "x",
        "a second frame follows": good + good,
        "cut off": good[:-1],
        "a bracket alone": "[",
        "a comma before the end": good[:-1] + ",]",
        "single quotes": good.replace('"', "'"),
        "a comment": good[:-1] + "/**/]",
        "a repeated member": member % '"Peer":"web"',
        "a repeated member, escaped": member % '"\\u0050eer":"web"',
        "a repeated key in an unknown member": member % '"a":{"b":1,"b":1}',
        "a repeated header": good[:-1] + ',{"Id":1,"Id":2}]',
        "a key that is no str": member % '7:"a"',
        "NaN": member % '"a":NaN',
        "Infinity": member % '"a":-Infinity',
        "a control character in a text": member % '"a":"\n"',
        "half a pair of surrogates": member % '"Port":"\\ud83d"',
        "half a pair in a key": member % '"\\ude42":1',
        "half a pair in an unknown member": member % '"a":["\\ud83d"]',
        "33 levels of arrays": member % f'"a":{"[" * 31}{"]" * 31}',
        "33 levels of maps": member % ('"a":' + '{"a":' * 31 + "1" + "}" * 31),
        "5,000 levels": "[" * 5_000,
        "a map of 300": member % f'"a":{json.dumps(dict.fromkeys(map(str, range(300))))}',
        "2,000 empty maps": member % f'"a":[{",".join(["{}"] * 2_000)}]',
        "5,000 empty arrays": member % f'"a":[{",".join(["[]"] * 5_000)}]',
        "5,000 digits": member % f'"a":{"9" * 5_000}',
    }
    for name, text in texts.items():
        yield {"name": name, "hex": framed(text.encode()), "code": "BadFrame", "path": None}
    head, tail = good[:-2].encode(), b"}]"
    for name, wrong in (("invalid UTF-8", b"\xc3("), ("half a pair as bytes", b"\xed\xa0\xbd")):
        body = head + b',"a":"' + wrong + b'"' + tail
        yield {"name": name, "hex": framed(body), "code": "BadFrame", "path": None}
    for name, number in (("a float", "7.0"), ("an exponent", "1e2"), ("too great", str(2**31))):
        text = json.dumps(["ES_CHAT_SENTENCE", SENTENCE])[:-2] + f',"Model":{number}}}]'
        row = {"name": f"Model is {name}", "hex": framed(text.encode())}
        yield {**row, "code": "BadPayload", "path": "Model"}
    text = good[:-1] + f',{{"Id":{2**64}}}]'
    yield {"name": "an Id too great", "hex": framed(text.encode())} | {
        "code": "BadPayload",
        "path": "Headers.Id",
    }


def _row(name: str, body: Any, code: str, path: str | None = None) -> Row:
    packed = body if isinstance(body, bytes) else _packer.pack(body)
    return {"name": name, "hex": framed(packed), "code": code, "path": path}


def _carriers() -> Iterator[FrameSpec]:
    """One frame for each structure that some frame carries."""
    seen: set[object] = {str}
    for spec in CATALOGUE.values():
        if spec.payload not in seen:
            seen.add(spec.payload)
            yield spec


def _framed_in(spec: FrameSpec, change: Row) -> list[Any]:
    """A good frame of a type, but for the change."""
    whole = {**to_wire(least(spec)), **change}
    return [spec.type, [whole] if spec.is_array else whole]


def _members() -> Iterator[Row]:
    seen: set[object] = set()
    for spec in _carriers():
        structure: Any = spec.payload
        for path, member, wrap in _walk(structure, "[0]" if spec.is_array else "", dict, seen):
            for wrong in _WRONG[member.kind]:
                body = _framed_in(spec, wrap({member.wire: wrong}))
                deep = f"{path}[0]" if isinstance(wrong, list) and _has_elements(member) else path
                yield _row(f"{spec.type} {path} {_short(wrong)}", body, "BadPayload", deep)


def _has_elements(member: Member) -> bool:
    return member.kind in (Kind.STRUCTURES, Kind.TEXTS)


def _walk(
    structure: type[AttrsInstance], path: str, wrap: Wrap, seen: set[object]
) -> Iterator[tuple[str, Member, Wrap]]:
    """Every member, within too, with how to wrap a map of it into the payload."""
    seen.add(structure)
    for member in members(structure):
        here = f"{path}.{member.wire}" if path else member.wire
        yield here, member, wrap
        if member.structure is None or member.structure in seen:
            continue
        if member.kind is Kind.STRUCTURE:
            yield from _walk(member.structure, here, _one(member.wire, wrap), seen)
        else:
            yield from _walk(member.structure, f"{here}[1]", _second(member.wire, wrap), seen)


def _one(wire: str, wrap: Wrap) -> Wrap:
    return lambda inner: wrap({wire: inner})


def _second(wire: str, wrap: Wrap) -> Wrap:
    return lambda inner: wrap({wire: [{}, inner]})


def _short(value: object) -> str:
    return json.dumps(value, default=repr)[:40]


def _required() -> Iterator[Row]:
    for spec in CATALOGUE.values():
        wrong_wholes: list[Any] = [None, {}, "web"] if spec.is_array else [[], "web", 7]
        if spec.payload is str:
            wrong_wholes = [None, 7, {}, ["web"]]
        for wrong in wrong_wholes:
            yield _row(f"{spec.type} {wrong!r}", [spec.type, wrong], "BadPayload", "Payload")
        if spec.payload is str:
            yield _row(f"{spec.type} U+0000", [spec.type, "a\0"], "BadPayload", "Payload")
        for name in spec.required:
            path = f"[0].{name}" if spec.is_array else name
            body = _framed_in(spec, {name: None})
            yield _row(f"{spec.type} {path} nil", body, "BadPayload", path)
            holder = body[1][0] if spec.is_array else body[1]
            del holder[name]
            yield _row(f"{spec.type} {path} missing", body, "BadPayload", path)


def _lengths() -> Iterator[Row]:
    for spec in _carriers():
        structure: Any = spec.payload
        for member in members(structure):
            longest = member.longest_bytes or member.longest
            if member.kind is Kind.TEXT and longest <= 512:  # the unit tests have the long ones
                path = f"[0].{member.wire}" if spec.is_array else member.wire
                body = _framed_in(spec, {member.wire: "x" * (longest + 1)})
                yield _row(f"{spec.type} {path}", body, "TooLong", path)
    hello = {"Version": 1, "Role": "connector", "Token": "t", "Peers": ["p"] * (limits.PEERS + 1)}
    yield _row("too many peers", ["SYS_HELLO", hello], "TooLong", "Peers")
    hello["Peers"] = ["web", "x" * 251]
    yield _row("a long peer", ["SYS_HELLO", hello], "TooLong", "Peers[1]")


def _blanks() -> Iterator[Row]:
    """Names that show nothing."""
    seen: set[object] = set()
    for spec in _carriers():
        structure: Any = spec.payload
        for path, member, wrap in _walk(structure, "[0]" if spec.is_array else "", dict, seen):
            if member.blank is Blank.REFUSED:
                for blank in _BLANK:
                    wrong: object = ["web", blank] if member.kind is Kind.TEXTS else blank
                    place = f"{path}[1]" if member.kind is Kind.TEXTS else path
                    body = _framed_in(spec, wrap({member.wire: wrong}))
                    yield _row(f"{spec.type} {place} {_short(blank)}", body, "BadPayload", place)
    for spec in CATALOGUE.values():
        if spec.payload is str:
            yield _row(f"{spec.type} blank", [spec.type, " \t"], "BadPayload", "Payload")
        for name in (n for n in spec.required if n in limits.OPTIONAL_NAMES):
            path = f"[0].{name}" if spec.is_array else name
            yield _row(
                f"{spec.type} {path} blank", _framed_in(spec, {name: " "}), "BadPayload", path
            )


def _headers() -> Iterator[Row]:
    for key in ("Id", "Re"):
        for blank in _BLANK:
            body = ["ES_CHAT_START", START, {key: blank}]
            yield _row(f"{key} {_short(blank)}", body, "BadPayload", f"Headers.{key}")
        wrongs: list[Any] = [True, 1.5, [], {}, b"a"]
        for wrong in wrongs:
            body = ["ES_CHAT_START", START, {key: wrong}]
            yield _row(f"{key} {wrong!r}", body, "BadPayload", f"Headers.{key}")
        yield _row(
            f"{key} with U+0000",
            ["ES_CHAT_START", START, {key: "\0"}],
            "BadPayload",
            f"Headers.{key}",
        )
        body = ["ES_CHAT_START", START, {key: "x" * 65}]
        yield _row(f"{key} of 65 characters", body, "TooLong", f"Headers.{key}")
    body = ["ES_CHAT_START", START, {"traceparent": 7}]
    yield _row("traceparent 7", body, "BadPayload", "Headers.traceparent")
    body = ["ES_CHAT_START", START, {"traceparent": "00-\0"}]
    yield _row("traceparent with U+0000", body, "BadPayload", "Headers.traceparent")
    for wrong in (True, 1.5, "7", []):
        body = ["SE_CHAT_LIST", [], {"More": wrong}]
        yield _row(f"More {wrong!r}", body, "BadPayload", "Headers.More")
    body = ["ES_CHAT_START", START, {"Id": 7, "x\0": {}}]
    yield _row("a header's name with U+0000", body, "BadPayload", "Headers")
    no_maps: list[Any] = [[], "a", 7]
    for wrong in no_maps:
        yield _row(f"headers {wrong!r}", ["ES_CHAT_START", START, wrong], "BadFrame")
    yield _row("headers with a bin key", ["ES_CHAT_START", START, {b"Id": 7}], "BadFrame")
    repeated = b"\x82" + _packer.pack("Id") + b"\x01" + _packer.pack("Id") + b"\x02"
    start = b"\x93" + _packer.pack("ES_CHAT_START") + _packer.pack(START)
    yield _row("headers with a repeated key", start + repeated, "BadFrame")


def _frames() -> Iterator[Row]:
    good = _packer.pack(["ES_CHAT_SENTENCE", SENTENCE])
    yield {"name": "length of zero", "hex": "00000000", "code": "BadFrame", "path": None}
    for size in (limits.FRAME_BYTES + 1, 2**32 - 1):
        announced = size.to_bytes(4, "big").hex()
        yield {"name": f"length of {size}", "hex": announced, "code": "FrameTooLarge", "path": None}
    for name, body in _not_frames(good):
        yield _row(name, body, "BadFrame")
    bad_names: list[Row] = [{"x\0": 1}, {"x": {"\0": 1}}, {"x": [[{"\0": []}]]}]
    for extra in bad_names:
        body = ["ES_CHAT_SENTENCE", {**SENTENCE, **extra}]
        yield _row(f"U+0000 in a name: {_short(extra)}", body, "BadPayload", "Payload")
    for name in (
        "ES_CHAT_NONSENSE",
        "ES_CHAT_START\0",
        "",
        "es_chat_start",
        "x" * 200,
        "SE_CHAT_START",
    ):
        yield _row(f"type {name[:20]!r}", [name, START], "UnknownType")


def _not_frames(good: bytes) -> Iterator[tuple[str, Any]]:
    yield "a byte follows", good + b"\xc0"
    yield "two frames in one", good + good
    for cut in (1, 5, 20, len(good) - 1):
        yield f"cut after {cut} bytes", good[:cut]
    whole: list[tuple[str, Any]] = [
        ("nil", None),
        ("a map", SENTENCE),
        ("a str", "ES_CHAT_START"),
        ("an int", 7),
        ("an empty array", []),
        ("a type alone", ["ES_CHAT_START"]),
        ("four elements", ["ES_CHAT_START", START, {}, {}]),
        ("type is an int", [7, START]),
        ("type is nil", [None, START]),
        ("type is bin", [b"ES_CHAT_START", START]),
        ("type is an array", [["ES_CHAT_START"], START]),
    ]
    yield from whole
    yield "reserved byte", b"\xc1"
    yield "reserved byte as payload", b"\x92" + _packer.pack("ES_CHAT_START") + b"\xc1"
    for kind in ("ES_CHAT_START", "ES_CHAT_CONFIRM"):  # one that can nest, one that cannot
        for name, body in _bad_payloads(kind):
            yield f"{kind}: {name}", body


def _bad_payloads(kind: str) -> Iterator[tuple[str, bytes]]:
    """Payloads that would be good without what is added to them."""
    good = {**START, "ID": "s-1"}
    members: bytes = _packer.pack(good)[1:]
    head: bytes = b"\x92" + _packer.pack(kind)

    def extended(extra: bytes, count: int = 1) -> bytes:
        return head + bytes([0x80 + len(good) + count]) + members + extra

    peer, text = _packer.pack("Peer"), _packer.pack("web")
    many = b"".join(_packer.pack({f"x{i}": 1})[1:] for i in range(11))
    nested = _packer.pack("ResultModel")
    yield "a repeated member", extended(peer + text)
    long_map = b"\xde\x00\x0f" + members + many + peer + text
    yield "a repeated member in a map16", head + long_map
    yield "a repeated unknown member", extended(b"\xa1a\x01\xa1a\x01", 2)
    yield "a repeated member within", extended(nested + b"\x82" + peer + text + peer + text)
    yield "a repeated key in an unknown member", extended(b"\xa1a\x82\xa1b\x01\xa1b\x01")
    yield "an int key", extended(b"\x07\x07")
    yield "a bin key", extended(b"\xc4\x01a\x07")
    yield "a bin key with the name of a member", extended(b"\xc4\x04Port\xa1a")
    yield "a bin key within", extended(nested + b"\x81\xc4\x04Peer" + text)
    yield "a bin key in an unknown member", extended(b"\xa1a\x81\xc4\x01b\x01")
    yield "a nil key", extended(b"\xc0\x07")
    yield "an array as key", extended(b"\x90\x07")
    port = _packer.pack("Port")
    yield "invalid UTF-8", extended(port + b"\xa2\xc3\x28")
    yield "half a surrogate", extended(port + b"\xa3\xed\xa0\x80")
    yield "overlong UTF-8", extended(port + b"\xa2\xc0\xaf")
    yield "invalid UTF-8 in a key", extended(b"\xa1\xff\x01")
    yield "invalid UTF-8 in the type", b"\x92\xa2\xc3\x28" + _packer.pack(good)
    yield "invalid UTF-8 in an unknown member", extended(b"\xa1a\xa1\xff")
    for code in (0, 5, 0xFE):
        yield f"extension type {code}", extended(b"\xa1a\xd4" + bytes([code]) + b"x")
    yield "timestamp of 3 bytes", extended(b"\xa1a\xc7\x03\xff" + bytes(3))
    yield "33 levels of arrays", extended(b"\xa1a" + b"\x91" * 30 + b"\x90")
    yield "33 levels of maps", extended(b"\xa1a" + b"\x81\xa1a" * 30 + b"\x80")
    headers = b"\x81\xa1a" * 31 + b"\x80"
    yield "33 levels in the headers", b"\x93" + head[1:] + _packer.pack(good) + headers
    yield "2,000 arrays deep", extended(b"\xa1a" + b"\x91" * 2_000)
    yield "an array that announces 4 billion", extended(b"\xa1a\xdd\xff\xff\xff\xff")
    yield "a map that announces 4 billion", extended(b"\xa1a\xdf\xff\xff\xff\xff")
    yield "a str that announces 4 billion", extended(b"\xa1a\xdb\xff\xff\xff\xff")
    yield "nested arrays that announce 400 each", extended(b"\xa1a" + b"\xdc\x01\x90" * 1_200)
    yield "a map of 300", extended(b"\xa1a" + _packer.pack({f"x{i}": i for i in range(300)}))
    yield "10,000 empty maps", extended(b"\xa1a\xdc\x03\xe8" + (b"\x9a" + b"\x80" * 10) * 1_000)
