"""Browsers of the load, at a server that is played."""

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream, TaskStatus

from connectors.web.load.browsers import Http, Refused, Reply, age, stamped

pytestmark = pytest.mark.trio


class Server:
    """Answers each request with what comes next, in pieces of some bytes."""

    def __init__(self, *answers: bytes, piece: int = 7) -> None:
        self.answers = [*answers]
        self.heard: list[bytes] = []
        self.connections = 0
        self._piece = piece

    async def serve(self, task_status: TaskStatus[str]) -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        task_status.started(f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}")
        async with listener:
            await listener.serve(self._answer)

    async def _answer(self, stream: SocketStream) -> None:
        self.connections += 1
        async with stream:
            while True:
                try:
                    data = await stream.receive()
                except anyio.EndOfStream:
                    return
                self.heard.append(data)
                answer = self.answers.pop(0)
                if not answer:
                    return
                for place in range(0, len(answer), self._piece):
                    await stream.send(answer[place : place + self._piece])


async def asked(server: Server, times: int = 1) -> list[Reply | str]:
    found: list[Reply | str] = []
    async with anyio.create_task_group() as tasks:
        where = await tasks.start(server.serve)
        http = Http(where, "X-Always: yes\r\n")
        try:
            for _ in range(times):
                try:
                    found.append(await http.ask("POST", "/x", {"a": 1}, "X-Once: yes\r\n"))
                except Refused as error:
                    found.append(str(error))
        finally:
            await http.close()
        tasks.cancel_scope.cancel()
    return found


async def test_answers_are_read_whatever_the_pieces() -> None:
    server = Server(
        b'HTTP/1.1 200 OK\r\nETag: "t"\r\nContent-Length: 12\r\n\r\n{"Counter":3',
        b"HTTP/1.1 304 Not Modified\r\nX: a:b\r\n\r\n",
    )
    first, second = await asked(server, 2)
    assert first == Reply(200, {"etag": '"t"', "content-length": "12"}, b'{"Counter":3')
    assert second == Reply(304, {"x": "a:b"}, b"")
    assert server.connections == 1
    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert head.startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:")
    for line in (b"X-Always: yes", b"X-Once: yes", b"Content-Length: 8"):
        assert line in head.split(b"\r\n")


async def test_a_refusal_is_told_and_a_connection_that_ends_is_made_anew() -> None:
    server = Server(
        b"HTTP/1.1 429 Too Many\r\nConnection: close\r\nContent-Length: 4\r\n\r\nslow",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    )
    refused, good = await asked(server, 2)
    assert refused == "POST /x: 429 slow"
    assert isinstance(good, Reply)
    assert server.connections == 2


async def test_a_kept_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    server = Server(b"HTTP/1.1 204 No Content\r\n\r\n", b"", b"HTTP/1.1 204 No Content\r\n\r\n")
    first, second = await asked(server, 2)
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert server.connections == 2


async def test_a_new_connection_that_is_closed_is_a_failure() -> None:
    with pytest.raises(ExceptionGroup):
        await asked(Server(b""))


async def test_a_text_says_how_old_it_is() -> None:
    kind, old = age(stamped("v"))
    assert kind == "v"
    assert 0 <= old < 60_000_000_000
