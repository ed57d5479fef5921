"""A bye that is heard ends the connection, on both sides (W-13)."""

from protocol.codec import assemble, pack
from protocol.connection import Connection, Side, State
from protocol.errors import ByeCode
from protocol.frame import Frame
from protocol.session import Bye, Hello, Welcome
from protocol.values import Role, from_micros, parse_guid


def a_session() -> tuple[Connection, Connection]:
    client, server = Connection(Side.CLIENT, now=0.0), Connection(Side.SERVER, now=0.0)
    client.hello(Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="t"))
    server.receive(client.data_to_send(), 0.0)
    server.accept(
        Welcome(
            version=1,
            node="n",
            session_id=parse_guid("11111111-1111-4111-8111-111111111111"),
            heartbeat_seconds=30,
            frame_bytes=1_000,
            time_utc=from_micros(0),
        )
    )
    client.receive(server.data_to_send(), 0.0)
    return client, server


def test_a_client_is_told_the_bye_and_closes() -> None:
    """W-13."""
    client, server = a_session()
    server.bye(ByeCode.REPLACED, "a newer connection took over")
    bye = Bye(code=ByeCode.REPLACED, text="a newer connection took over")
    assert client.receive(server.data_to_send(), 1.0) == [Frame("SYS_BYE", bye)]
    assert client.state is State.CLOSING
    assert client.data_to_send() == b""


def test_a_server_is_told_the_bye_and_closes() -> None:
    """W-13."""
    client, server = a_session()
    client.bye(ByeCode.SHUTDOWN)
    assert server.receive(client.data_to_send(), 1.0) == [
        Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN))
    ]
    assert server.state is State.CLOSING


def test_nothing_is_heard_after_a_bye() -> None:
    """W-13."""
    client, server = a_session()
    server.bye(ByeCode.SHUTDOWN)
    data = server.data_to_send() + assemble(pack("SYS_BYE", Bye(code=ByeCode.TIMEOUT)))
    assert len(client.receive(data, 1.0)) == 1
