"""What is logged, and what is not worth a line."""

from pathlib import Path

from structlog.testing import capture_logs

from tests.integration.peers import command, sentence, serving, write_config


async def test_a_question_that_is_answered_with_no_is_no_refusal_in_the_log(tmp_path: Path) -> None:
    """A visitor's program asks for the chat before the first word, every time."""
    with capture_logs() as log:
        async with serving(write_config(tmp_path)) as served:
            web = await served.connector()
            await web.send("ES_CHAT_STATUS", command(tracking_id="none"), 1)
            assert (await web.get("SYS_ERROR")).re == 1
            assert served.broker.server.sessions.counters.refusals == {"UnknownChat": 1}
            await web.send("ES_CHAT_SENTENCE", sentence("s1", "?", "none"), 2)
            assert (await web.get("SYS_ERROR")).re == 2
    refused = [line for line in log if line["event"] == "frame_refused"]
    assert [line["type"] for line in refused] == ["ES_CHAT_SENTENCE"]
    assert None not in refused[0].values()
    (closed,) = [line for line in log if line["event"] == "session_closed"]
    assert closed["refused"] == 1


async def test_a_refused_reload_says_each_fault_in_a_line(tmp_path: Path) -> None:
    """C-4."""
    path = write_config(tmp_path)
    async with serving(path) as served:
        path.write_text(path.read_text() + "\n[zzzzzz]\nkey = 1\n[qqqqqq]\n")
        with capture_logs() as log:
            assert not await served.broker.reload()
    assert [line["event"] for line in log] == ["configuration_fault"] * 2 + ["reload_refused"]
    assert [line["finding"].partition(": ")[2] for line in log[:2]] == [
        "zzzzzz: unknown key",
        "qqqqqq: unknown key",
    ]
    assert log[-1]["faults"] == 2
