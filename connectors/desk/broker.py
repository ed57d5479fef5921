"""What the desk asks the broker by itself: whether somebody is an agent (W-18)."""

import anyio
from anyio.abc import ByteStream
from attrs import frozen

from connectors.client import Address
from protocol.connection import VERSION, Connection, Failed, Refused, Side
from protocol.errors import ErrorCode
from protocol.session import LoginRequest, LoginResult, SysError

ANSWER_SECONDS = 30.0
DIAL_SECONDS = 5.0
READ_BYTES = 65_536


class BrokerAway(Exception):
    """There is no broker, or none that answers."""


@frozen(kw_only=True)
class Broker:
    """Where the broker is, and who asks.

    Attributes:
        address: Where it is.
        token: The secret of the desk.
    """

    address: Address
    token: str

    async def dial(self) -> ByteStream:
        """Open a connection.

        Raises:
            BrokerAway: There is none.
        """
        try:
            with anyio.fail_after(DIAL_SECONDS):
                if self.address.tls is None:
                    return await anyio.connect_tcp(self.address.host, self.address.port)
                return await anyio.connect_tcp(
                    self.address.host, self.address.port, ssl_context=self.address.tls
                )
        except (OSError, TimeoutError) as error:
            raise BrokerAway(str(error)) from None

    async def log_in(
        self,
        *,
        address: str,
        login: str | None = None,
        password: str | None = None,
        code: str | None = None,
        subject: str | None = None,
    ) -> LoginResult:
        """Ask who somebody is.

        Raises:
            BrokerAway: Nobody answers, or not to this desk.
        """
        request = LoginRequest(
            version=VERSION,
            token=self.token,
            login=login,
            password=password,
            code=code,
            subject=subject,
            address=address,
        )
        stream = await self.dial()
        try:
            with anyio.fail_after(ANSWER_SECONDS):
                return await _answer(stream, request)
        except (OSError, TimeoutError, anyio.BrokenResourceError, anyio.EndOfStream) as error:
            raise BrokerAway(str(error)) from None
        finally:
            await anyio.aclose_forcefully(stream)


async def _answer(stream: ByteStream, request: LoginRequest) -> LoginResult:
    connection = Connection(Side.CLIENT, now=anyio.current_time())
    connection.log_in(request)
    await stream.send(connection.data_to_send())
    while True:
        for event in connection.receive(await stream.receive(READ_BYTES), anyio.current_time()):
            if isinstance(event, Failed | Refused):
                raise BrokerAway(str(event.error))
            if isinstance(event.payload, LoginResult):
                return event.payload
            if isinstance(event.payload, SysError):
                text = "it does not know this desk: `desk.token` and `logins` differ"
                unknown = event.payload.code is ErrorCode.AUTH_FAILED
                raise BrokerAway(text if unknown else str(event.payload.code))
