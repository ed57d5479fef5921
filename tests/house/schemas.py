"""Write what machines read of the protocol: JSON Schemas, AsyncAPI, the table of frames.

python -m tests.house.schemas    writes docs/schema/ and the tables in docs/protocol.md anew
"""

import inspect
import json
import re
from pathlib import Path
from typing import Any, Final

from attrs import AttrsInstance

from protocol.catalogue import ALIASES, CATALOGUE, NOTES
from protocol.frame_spec import FrameSpec
from protocol.limits import BYTE_LENGTHS, OTHER_TEXT, PEERS, TEXT_LENGTHS
from protocol.schema import Blank, Kind, Member, members

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "protocol.md"
SCHEMAS = DOCS / "schema" / "structures.schema.json"
ASYNCAPI = DOCS / "schema" / "asyncapi.json"

Json = dict[str, Any]
SENDERS = {
    "connector": "connector",
    "workplace": "workplace",
    "broker": "broker",
    "any": "any",
}


def files() -> dict[Path, str]:
    """What every file is to hold."""
    return {
        SCHEMAS: _dumped(schemas()),
        ASYNCAPI: _dumped(asyncapi()),
        PAGE: page(PAGE.read_text(encoding="utf-8")),
    }


def structures() -> dict[str, type[AttrsInstance]]:
    """Every structure that a frame can carry, within too, by name."""
    found: dict[str, type[AttrsInstance]] = {}

    def add(structure: Any) -> None:
        if structure is not str and structure.__name__ not in found:
            found[structure.__name__] = structure
            for member in members(structure):
                if member.structure is not None:
                    add(member.structure)

    for spec in CATALOGUE.values():
        add(spec.payload)
    return dict(sorted(found.items()))


def schemas() -> Json:
    """The JSON Schema of every structure, in the JSON form."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:parley:protocol:1",
        "title": "Structures of the Parley protocol, version 1",
        "description": "In the JSON form. Unknown members are ignored; null reads as missing.",
        "$defs": {name: _schema(s, "#/$defs/") for name, s in structures().items()},
    }


def _schema(structure: type[AttrsInstance], refs: str) -> Json:
    summary, docs = _docs(structure)
    properties = {
        m.wire: {"description": docs[m.name], **_value_schema(m, refs)} for m in members(structure)
    }
    return {"type": "object", "description": summary, "properties": properties}


def _value_schema(member: Member, refs: str) -> Json:
    low, high = member.span
    plain: dict[Kind, Json] = {
        Kind.TEXT: {"type": "string", "maxLength": member.longest_bytes or member.longest},
        Kind.GUID: {"type": "string", "format": "uuid"},
        Kind.TIME: {"type": "string", "format": "date-time"},
        Kind.INT: {"type": "integer", "minimum": low, "maximum": high},
        Kind.BOOL: {"type": "boolean"},
        Kind.DECIMAL: {"type": "string", "pattern": r"^-?[0-9]{1,29}(\.[0-9]{1,28})?$"},
        Kind.TEXTS: {
            "type": "array",
            "maxItems": PEERS,
            "items": {"type": "string", "maxLength": member.longest},
        },
        Kind.BYTES: {"type": "string", "contentEncoding": "base64"},
    }
    if member.enum is not None:
        return {"enum": [*member.enum, None]}
    if member.structure is not None:
        inner: Json = {"$ref": refs + member.structure.__name__}
        if member.kind is Kind.STRUCTURES:
            inner = {"type": "array", "items": inner}
        return {"anyOf": [inner, {"type": "null"}]}
    found = plain[member.kind]
    if member.blank is Blank.REFUSED:
        named = found.get("items", found)
        named |= {"minLength": 1, "pattern": r"\S"}
    default = {} if member.default is None else {"default": member.default}
    return {**found, "type": [found["type"], "null"], **default}


def _docs(structure: type[AttrsInstance]) -> tuple[str, dict[str, str]]:
    """The summary of a structure and of its members, from its docstring."""
    text = inspect.getdoc(structure) or ""
    found = re.findall(r"^    (\w+): (.+(?:\n     +.+)*)$", text, re.MULTILINE)
    return text.splitlines()[0], {name: re.sub(r"\n +", " ", said) for name, said in found}


def asyncapi() -> Json:
    """The AsyncAPI document of the protocol, as the broker sees it."""
    refs = "#/components/schemas/"
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Parley",
            "version": "1",
            "description": "Frames between a chat broker and its clients. docs/protocol.md is the law.",
        },
        "defaultContentType": "application/msgpack",
        "servers": {"broker": {"host": "localhost:7070", "protocol": "tcp"}},
        "channels": {
            "connection": {
                "address": None,
                "description": "One TCP connection; 4 bytes of length, then one frame.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in CATALOGUE},
            }
        },
        "operations": {spec.type: _operation(spec) for spec in CATALOGUE.values()},
        "components": {
            "messages": {spec.type: _message(spec, refs) for spec in CATALOGUE.values()},
            "schemas": {name: _schema(s, refs) for name, s in structures().items()},
        },
    }


def _operation(spec: FrameSpec) -> Json:
    operation: Json = {
        "action": "send" if spec.sender == "broker" else "receive",
        "channel": {"$ref": "#/channels/connection"},
        "messages": [{"$ref": f"#/channels/connection/messages/{spec.type}"}],
        "tags": [{"name": SENDERS[spec.sender]}],
    }
    if spec.answer:
        operation["reply"] = {
            "channel": {"$ref": "#/channels/connection"},
            "messages": [{"$ref": f"#/channels/connection/messages/{spec.answer}"}],
        }
    return operation


_PAGES: Final = {"W": "protocol.md", "B": "behaviour.md"}


def _message(spec: FrameSpec, refs: str) -> Json:
    payload: Json = {"type": "string"}
    if spec.payload is not str:
        payload = {"$ref": refs + spec.payload.__name__}
        if spec.required:
            payload = {"allOf": [payload, {"required": list(spec.required)}]}
    if spec.is_array:
        payload = {"type": "array", "items": payload}
    summary = NOTES.get(spec.type)
    return {
        "name": spec.type,
        **({"summary": summary} if summary else {}),
        "description": f"Clause {spec.clause} of docs/{_PAGES[spec.clause[0]]}.",
        "payload": payload,
    }


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, table in (
        ("frames", _frames()),
        ("limits", _limits()),
        ("structures", _structures()),
    ):
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        assert after, f"no place for the table of {name}"
        text = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    return text


def _frames() -> str:
    rows = [
        "| frame | sender | payload | must not be null | answer | clause | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for spec in CATALOGUE.values():
        name = f"`{spec.type}`" + ("+" if spec.added else "")
        cells = [name, SENDERS[spec.sender], spec.payload_name, ", ".join(spec.required)]
        cells += [f"`{spec.answer}`" if spec.answer else "", spec.clause, NOTES.get(spec.type, "")]
        rows.append(f"| {' | '.join(cells)} |")
    rows += ["", *(f"`{alias}` is read as `{name}`." for alias, name in ALIASES.items())]
    return "\n".join(rows)


def _limits() -> str:
    rows = ["| member | most characters |", "| --- | --- |"]
    rows += [f"| {name} | {length:,} |" for name, length in TEXT_LENGTHS.items()]
    rows += [f"| {name} | {length:,} bytes of UTF-8 |" for name, length in BYTE_LENGTHS.items()]
    rows.append(f"| any other str | {OTHER_TEXT} |")
    return "\n".join(rows)


def _structures() -> str:
    parts: list[str] = []
    for name, structure in structures().items():
        summary, docs = _docs(structure)
        rows = [
            f"#### {name}",
            "",
            summary,
            "",
            "| member | type | meaning |",
            "| --- | --- | --- |",
        ]
        rows += [f"| {m.wire} | {_type(m)} | {docs[m.name]} |" for m in members(structure)]
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _type(member: Member) -> str:
    if member.structure is not None:
        array = "[]" if member.kind is Kind.STRUCTURES else ""
        return member.structure.__name__ + array
    names = {
        Kind.TEXT: "str",
        Kind.GUID: "Guid",
        Kind.TIME: "DateTime",
        Kind.INT: "short" if member.span[1] < 1 << 16 else "int",
        Kind.BOOL: "bool",
        Kind.DECIMAL: "decimal",
        Kind.TEXTS: "str[]",
        Kind.BYTES: "bin",
    }
    if member.enum is not None:
        return ", ".join(f"`{value}`" for value in member.enum)
    return names[member.kind] + ("" if member.default is not None else "?")


def _dumped(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file."""
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
