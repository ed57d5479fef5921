"""Write the golden frames and the malformed ones that lie in tests/conformance.

python -m tests.conformance.make    writes them anew; what differs then is a change of the wire
"""

import json
from pathlib import Path
from typing import Any

from protocol.codec import encode
from protocol.json_codec import encode_json
from tests.conformance import malformed, samples, variants

FOLDER = Path(__file__).parent
FAMILIES = {"SYS_": "session", "ES_": "connector", "SE_": "connector"}


def files() -> dict[Path, str]:
    """What every file is to hold."""
    golden: dict[str, list[dict[str, Any]]] = {"session": [], "connector": [], "workplace": []}
    for name, frame in samples.frames().items():
        family = next((f for start, f in FAMILIES.items() if name.startswith(start)), "workplace")
        golden[family].append(
            {"name": name, "hex": encode(frame).hex(), "frame": json.loads(encode_json(frame))}
        )
    golden["accepted"] = variants.cases()
    golden["accepted-json"] = variants.in_json()
    found = {FOLDER / "vectors" / f"{name}.json": _text(rows) for name, rows in golden.items()}
    for name, rows in malformed.families().items():
        found[FOLDER / "malformed" / f"{name}.json"] = _text(rows)
    return found


def _text(rows: list[dict[str, Any]]) -> str:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n"


def main() -> None:
    """Write every file."""
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
