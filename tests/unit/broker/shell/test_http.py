"""What health and metrics read of a request."""

import io

from broker.shell import http


def test_of_a_request_no_more_is_read_than_it_may_have() -> None:
    """I-14."""
    line = b"A: " + b"x" * 997 + b"\r\n"
    file = io.BytesIO(line * 100)
    head = http._Head(file)
    read = b"".join(iter(lambda: head.readline(65_537), b""))
    assert len(read) == http.HEAD_BYTES == file.tell()
    head.close()
    assert file.closed
