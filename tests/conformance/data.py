"""The data files of this folder."""

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def cases(folder: str) -> list[Any]:
    """Every case of a folder's files, as test parameters."""
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted((HERE / folder).glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]
