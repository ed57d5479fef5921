"""What waits for a slow reader."""

from hypothesis import given
from hypothesis import strategies as st

from broker.shell.outbox import Outbox


class Socket:
    """A socket that takes as many bytes at a time as it is told, then none."""

    def __init__(self, *room: int) -> None:
        self.room = list(room)
        self.taken = b""

    def send(self, data: memoryview) -> int:
        if not self.room:
            raise BlockingIOError
        taken = bytes(data[: self.room.pop(0)])
        self.taken += taken
        return len(taken)


def test_frames_count_until_all_of_their_chunk_is_gone() -> None:
    """W-24: bytes and frames."""
    outbox = Outbox()
    outbox.put(b"abcdef", 3)
    outbox.put(b"gh", 1)

    assert not outbox.flush(Socket(4).send)
    assert (outbox.size, outbox.frames) == (4, 4)
    assert not outbox.flush(Socket(2).send)
    assert (outbox.size, outbox.frames) == (2, 1)
    assert outbox.flush(Socket(2).send)
    assert (outbox.size, outbox.frames) == (0, 0)


def test_cut_keeps_what_may_be_on_its_way() -> None:
    """W-24."""
    outbox = Outbox()
    outbox.put(b"first", 1)
    outbox.put(b"second", 2)
    outbox.put(b"third", 1)
    outbox.flush(Socket(2).send)

    outbox.cut()
    outbox.put(b"bye", 1)

    assert (outbox.size, outbox.frames) == (6, 2)
    socket = Socket(10, 10)
    assert outbox.flush(socket.send)
    assert socket.taken == b"rstbye"


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=9), max_size=9),
    room=st.lists(st.integers(1, 9), max_size=30),
)
def test_bytes_leave_in_order_and_are_counted(chunks: list[bytes], room: list[int]) -> None:
    outbox = Outbox()
    for chunk in chunks:
        outbox.put(chunk, 1)
    socket = Socket(*room)

    done = outbox.flush(socket.send)

    everything = b"".join(chunks)
    assert everything.startswith(socket.taken)
    assert outbox.size == len(everything) - len(socket.taken)
    assert done is (outbox.size == 0)
    assert outbox.flush(Socket(*[9] * 99).send)
