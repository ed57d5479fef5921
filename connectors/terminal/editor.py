"""The person's own editor, on a file that nobody else can read."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

USUAL = "vi"


def edited(text: str) -> str | None:
    """Have a text edited; gives it as it is then, or None when the editor says that it failed.

    Raises:
        OSError: There is no such editor.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or USUAL
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        file = Path(folder) / "message.txt"
        file.write_text(text, encoding="utf-8")
        status = subprocess.call([*shlex.split(editor), str(file)])  # noqa: S603 - the person chose it
        return None if status else file.read_text(encoding="utf-8", errors="replace")
