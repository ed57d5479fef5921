"""The golden frames, read and written by a MessagePack implementation that shares no code."""

import json
import subprocess

import pytest

from protocol.codec import decode
from protocol.json_codec import decode_json
from tests.conformance.data import HERE, cases
from tests.support.requires import NODE


@pytest.mark.requires("node", "js")
def test_javascript_reads_and_writes_what_we_do() -> None:
    """W-1, W-2, W-5..W-8: MessagePack as others understand it."""
    golden = [p.values[0] for p in cases("vectors") if not str(p.id).startswith("accepted")]
    done = subprocess.run(
        [NODE, "read.mjs"],
        cwd=HERE / "js",
        input=json.dumps([case["hex"] for case in golden]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [answer["frame"] for answer in answers] == [case["frame"] for case in golden]
    for answer, case in zip(answers, golden, strict=True):
        written = decode(bytes.fromhex(answer["hex"])[4:])
        assert written == decode_json(json.dumps(case["frame"]))
