"""Attachments in pieces: resumed where they stopped, and held against size and digest (B-61)."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import anyio
import pytest

from connectors.client.blobs import BrokenBlobError, download, upload
from connectors.client.errors import Refused
from connectors.client.transport import Client
from protocol.blob import BlobInfo, BlobStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.limits import DATA_BYTES
from protocol.values import Guid

BLOB = Guid("11111111-1111-4111-8111-111111111111")
DATA = bytes(range(256)) * 2_500


class Keeper:
    """Answers pieces as a broker does, and stands for a client."""

    def __init__(self, there: bytes = b"", **wrong: Any) -> None:
        self.data = there
        self.offsets: list[int] = []
        self.whole = DATA
        self.wrong = wrong

    async def request(self, type_: str, payload: Any) -> Frame:
        self.offsets.append(payload.offset)
        if type_.endswith("PUT"):
            assert len(payload.data) <= DATA_BYTES
            if payload.offset == len(self.data):
                self.data += payload.data
            whole = len(self.data) == payload.size
            whole = whole and sha256(self.data).hexdigest() == payload.sha256
            told = {"offset": len(self.data), "is_complete": whole, **self.wrong}
            return Frame("SE_BLOB_STATUS", BlobStatusInfo(peer="p", blob_id=BLOB, **told))
        piece = self.whole[payload.offset : payload.offset + payload.length]
        given = {
            "data": piece,
            "size": len(self.whole),
            "sha256": sha256(self.whole).hexdigest(),
            **self.wrong,
        }
        return Frame("SE_BLOB_DATA", BlobInfo(peer="p", blob_id=BLOB, **given))


def run(do: Callable[[Client], Awaitable[Any]], keeper: Keeper) -> Any:
    async def main() -> Any:
        return await do(keeper)  # type: ignore[arg-type]  # all that is asked of a client is there

    return anyio.run(main, backend="trio")


def put(data: bytes, keeper: Keeper) -> BlobStatusInfo:
    status = run(lambda client: upload(client, "p", BLOB, data, name="a"), keeper)
    assert isinstance(status, BlobStatusInfo)
    return status


def get(keeper: Keeper, offset: int = 0) -> bytes:
    async def read(client: Client) -> bytes:
        return b"".join([one async for one in download(client, "p", BLOB, offset=offset)])

    found = run(read, keeper)
    assert isinstance(found, bytes)
    return found


def test_an_attachment_is_brought_in_pieces() -> None:
    keeper = Keeper()
    assert put(DATA, keeper).is_complete
    assert (keeper.data, keeper.offsets) == (DATA, [0, DATA_BYTES, 2 * DATA_BYTES])


def test_an_empty_one_is_one_piece() -> None:
    keeper = Keeper()
    assert put(b"", keeper).is_complete
    assert keeper.offsets == [0]


def test_it_goes_on_where_the_broker_is() -> None:
    keeper = Keeper(DATA[:300_000])
    put(DATA, keeper)
    assert (keeper.data, keeper.offsets) == (DATA, [0, 300_000, 300_000 + DATA_BYTES])


@pytest.mark.parametrize("wrong", [0, len(DATA) + 1])
def test_a_broker_that_gets_nowhere_is_no_broker(wrong: int) -> None:
    with pytest.raises(Refused) as found:
        put(DATA, Keeper(offset=wrong, is_complete=False))
    assert found.value.code == ErrorCode.WRONG_STATE


def test_an_attachment_is_fetched_in_pieces() -> None:
    keeper = Keeper()
    assert get(keeper) == DATA
    assert keeper.offsets == [0, DATA_BYTES, 2 * DATA_BYTES]
    assert get(Keeper(), offset=600_000) == DATA[600_000:]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [({"data": b""}, "ended at 0 of"), ({"sha256": "0" * 64}, "another SHA-256")],
)
def test_what_is_not_whole_is_not_taken(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(BrokenBlobError, match=text):
        get(Keeper(**wrong))
