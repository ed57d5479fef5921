"""An outbound message of the loft, for tests of the frame of channels."""

from attrs import evolve

from protocol.message import MessageContentInfo
from protocol.values import Guid
from tests.support.played_channel import OUTBOUND, WHEN

ONE = Guid("11111111-1111-4111-8111-111111111111")
TWO = Guid("22222222-2222-4222-8222-222222222222")
MESSAGE = MessageContentInfo(
    message_id=ONE,
    delivery_system_id="p1",
    gateway_id=OUTBOUND.id,
    remote_address="anna",
    received_sent_time=WHEN,
    body_text="coo",
)
OTHER = evolve(MESSAGE, message_id=TWO, delivery_system_id="p2")
