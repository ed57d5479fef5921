"""What is logged, and what is not worth a line."""

from pathlib import Path

from structlog.testing import capture_logs

from protocol.values import Role
from tests.integration.peers import command, sentence, serving, start_chat, write_config


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


async def test_a_gateway_that_is_full_says_in_the_log_who_keeps_it_so(tmp_path: Path) -> None:
    """W-10, W-25."""
    path = write_config(tmp_path, limits="frame_bytes = 6144")
    with capture_logs() as log:
        async with serving(path) as served:
            web = await served.peer()
            await web.hello(Role.CONNECTOR, "web", token="web-secret", software="old bot")
            for number in range(20):
                await web.send("ES_CHAT_START", start_chat(f"visitor-{number}"))
            await web.get("SYS_ERROR")
    refused = next(line for line in log if line["event"] == "frame_refused")
    assert refused["text"].endswith(f"by session {refused['session']} ('old bot')")
    (closed,) = [line for line in log if line["event"] == "session_closed"]
    assert closed["software"] == "old bot"


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
