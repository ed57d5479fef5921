"""Write the types of frames and structures that the TypeScript client is made of.

python -m tests.house.typescript    writes connectors/web/ui/client/src/protocol.ts anew
"""

import json
from pathlib import Path
from typing import Any, Final

from protocol.catalogue import CATALOGUE
from protocol.errors import ByeCode, ErrorCode
from protocol.schema import Kind, members
from tests.house.schemas import schemas, structures

ROOT = Path(__file__).parents[2]
TYPES = ROOT / "connectors" / "web" / "ui" / "client" / "src" / "protocol.ts"
_HEAD: Final = """\
// Written by `make schemas` from the JSON Schemas of the protocol: not to be changed by hand.

/** A name of 36 characters, in lower case. */
export type Guid = string;
/** A time as RFC 3339 has it, in UTC, with `Z`. */
export type Time = string;
/** A decimal number as text. */
export type Decimal = string;
"""


def files() -> dict[Path, str]:
    """What every file is to hold."""
    parts = [_HEAD, *_structures(), _frames(), _answers(), _codes(), _kinds()]
    return {TYPES: "\n".join(parts)}


def _structures() -> list[str]:
    """One interface for each structure; a member that is null is one that is missing."""
    return [_interface(name, schema) for name, schema in schemas()["$defs"].items()]


def _interface(name: str, schema: dict[str, Any]) -> str:
    lines = [f"/** {_prose(schema['description'])} */", f"export interface {name} {{"]
    for member, value in schema["properties"].items():
        lines += [
            f"  /** {_prose(value['description'])} */",
            f"  {member}?: {_type(value)} | null;",
        ]
    return "\n".join([*lines, "}", ""])


def _type(value: dict[str, Any]) -> str:
    """The type of a member, from its schema."""
    if "enum" in value:
        return " | ".join(json.dumps(one) for one in value["enum"] if one is not None)
    if "anyOf" in value:
        return _type(value["anyOf"][0])
    if "$ref" in value:
        return str(value["$ref"].rsplit("/", 1)[1])
    kind = value["type"] if isinstance(value["type"], str) else value["type"][0]
    if kind == "array":
        return f"{_type(value['items'])}[]"
    formats = {"uuid": "Guid", "date-time": "Time"}
    plain = {"string": "string", "integer": "number", "boolean": "boolean"}
    is_decimal = str(value.get("pattern", "")).startswith("^-?[0-9]")
    return formats.get(value.get("format", ""), "Decimal" if is_decimal else plain[kind])


def _prose(text: str) -> str:
    return text.replace("*/", "* /").replace("``", "`")


def _frames() -> str:
    rows = [f"  {name}: {spec.payload_name};" for name, spec in CATALOGUE.items()]
    rows = [row.replace(": str;", ": string;") for row in rows]
    head = ["/** What each type of frame carries. */", "export interface Payloads {"]
    return "\n".join([*head, *rows, "}", "", "export type FrameType = keyof Payloads;", ""])


def _answers() -> str:
    rows = [
        f'  {name}: "{spec.answer}";'
        for name, spec in CATALOGUE.items()
        if spec.answer and spec.sender != "broker"
    ]
    head = ["/** What answers a frame that a client sends. */", "export interface Answers {"]
    return "\n".join([*head, *rows, "}", ""])


def _codes() -> str:
    errors = " | ".join(json.dumps(code.value) for code in ErrorCode)
    byes = " | ".join(json.dumps(code.value) for code in ByeCode)
    return f"export type ErrorCode = {errors};\nexport type ByeCode = {byes};\n"


def _kinds() -> str:
    """What MessagePack writes in another way than JSON: times, and bytes."""
    found = [member for structure in structures().values() for member in members(structure)]
    times = sorted({member.wire for member in found if member.kind is Kind.TIME})
    others = {member.wire for member in found if member.kind is not Kind.TIME}
    assert not others & set(times), "a name that is a time in one structure and not in another"
    binary = [
        name
        for name, spec in CATALOGUE.items()
        if spec.payload is not str
        and any(member.kind is Kind.BYTES for member in members(spec.payload))
    ]
    return (
        "/** Members that are times. */\n"
        f"export const TIMES: ReadonlySet<string> = new Set({json.dumps(times)});\n"
        "/** Frames whose `Data` is bytes, in base64 where the frame is JSON. */\n"
        f"export const BINARY: ReadonlySet<string> = new Set({json.dumps(binary)});\n"
    )


def main() -> None:
    """Write every file."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
