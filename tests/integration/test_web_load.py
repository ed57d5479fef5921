"""The load tool at work, in a small form: does it count what the web process did?"""

from functools import partial
from pathlib import Path

import anyio
import pytest

from connectors.web.load.run import Load, measured
from connectors.web.load.stage import staged

LOAD = Load(polling=4, connected=3, seconds=1.0, every=0.4, rate=8.0, settle=0.05)


@pytest.mark.slow
def test_it_counts_what_the_web_process_did(tmp_path: Path) -> None:
    with staged(tmp_path, LOAD.agents) as stage:
        figures = anyio.run(partial(measured, LOAD, stage), backend="asyncio")
    counted = figures.counted
    operation = '{{operation="{}",outcome="done"}}'.format

    assert (figures.refused, figures.unheard) == (0, 0)
    said = figures.to_agent.count
    assert said == figures.to_visitor.count == 8
    assert figures.by_request_to_agent.count == 8
    assert counted['{type="ES_CHAT_SENTENCE"}'] == counted['{type="ES_CHAT_CONFIRM"}'] == said
    assert counted[operation("POST /api/Chat/{webapp}/Sentence")] == 8
    assert counted['{type="ES_CHAT_START"}'] == LOAD.connected
    assert counted[operation("POST /api/Chat/{webapp}")] == LOAD.polling
    assert counted[operation("GET /api/Visitor")] == LOAD.polling + LOAD.connected
    # Each polls every 0.4 s for a second: two or three times, in either phase, and once before.
    assert 8 <= figures.request.count <= 12
    assert 8 <= figures.frames.count <= 12
    assert counted[operation("POST /api/Frames")] == figures.frames.count + LOAD.polling
    assert counted[operation("GET /api/Chat/{webapp}")] >= 2 * figures.request.count - 4
    for span in figures.spans.values():
        assert span.web >= 0
        assert span.seconds > 0
