"""The loader's frames: encoded once, patched afterwards, read by searching bytes.

Theory of operation: a loader that decoded and encoded every frame would cost more than the
broker that it is to measure. So each chat's sentence is encoded once around a place for its ID,
and of what comes back only the ID and the chat's name are looked up, by their key bytes.
The ID says when the sentence was to be sent, and in which chat: nothing has to be remembered
about sentences that are on their way.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from broker.bench.settings import TOKEN
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.codec import encode
from protocol.frame import Frame
from protocol.session import Hello
from protocol.values import AgentState, Guid, Role

STAMP_DIGITS: Final = 16
SLOT_DIGITS: Final = 6
SERIAL_DIGITS: Final = 4
ID_LENGTH: Final = STAMP_DIGITS + SLOT_DIGITS + SERIAL_DIGITS
ID_KEY: Final = b"\xa2ID" + bytes((0xA0 | ID_LENGTH,))
TRACKING_LENGTH: Final = 18
TRACKING_KEY: Final = b"\xaaTrackingId" + bytes((0xA0 | TRACKING_LENGTH,))
GUID_LENGTH: Final = 36
CHAT_KEY: Final = b"\xa6ChatId\xd9" + bytes((GUID_LENGTH,))
ANSWERED: Final = b"\xa6Status\xa8Answered"
CLOSED: Final = b"\xa6Status\xa6Closed"

SENTENCE_MARK: Final = 0xB0
"""First byte of a type of 16 characters: SE_CHAT_SENTENCE, SC_CHAT_SENTENCE."""
CONFIRM_MARK: Final = 0xAF
"""Of 15 characters: SE_CHAT_CONFIRM, SC_CHAT_CONFIRM."""

_ID_PLACE: Final = "#" * ID_LENGTH
_CHAT_PLACE: Final = Guid("eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee")


def tracking_id(worker: int, slot: int, generation: int) -> str:
    """The conversation's name: which loader process, which of its chats, which time."""
    return f"{worker:04x}-{slot:06x}-{generation:06x}"


def slot_of_tracking(text: bytes) -> int:
    """The chat that a conversation's name belongs to."""
    return int(text[5:11], 16)


@frozen
class Patched:
    """A frame around places that are filled in when it is sent."""

    pieces: tuple[bytes, ...]

    @classmethod
    def around(cls, frame: bytes, *places: str) -> Patched:
        """Cut a frame at its places, which must come in this order."""
        pieces = []
        for place in places:
            before, found, frame = frame.partition(place.encode())
            assert found, place
            pieces.append(before)
        return cls((*pieces, frame))


def hello(role: Role, peer: str) -> bytes:
    """The first frame of a connection."""
    login = peer if role is Role.WORKPLACE else None
    said = Hello(version=1, role=role, peers=(peer,), login=login, token=TOKEN, software="bench")
    return encode(Frame("SYS_HELLO", said))


def ready(peer: str) -> bytes:
    """An agent begins to take chats."""
    return encode(Frame("CS_AGENT_STATE", AgentStateInfo(peer=peer, state=AgentState.READY)))


def start(peer: str, tracking: str) -> bytes:
    """A visitor begins a chat."""
    service = ChatServiceInfo(
        peer=peer, tracking_id=tracking, preferred_culture="en", party_name="Visitor"
    )
    return encode(Frame("ES_CHAT_START", service))


def stop(peer: str, tracking: str) -> bytes:
    """A visitor ends a chat."""
    return encode(Frame("ES_CHAT_STOP", ChatCommandInfo(peer=peer, tracking_id=tracking)))


def sentence(peer: str, tracking: str, text: str) -> Patched:
    """A visitor's sentence around its ID."""
    said = ChatSentenceInfo(
        peer=peer, tracking_id=tracking, id=_ID_PLACE, party_name="Visitor", text=text
    )
    return Patched.around(encode(Frame("ES_CHAT_SENTENCE", said)), _ID_PLACE)


def confirm(peer: str) -> Patched:
    """An agent's confirmation around the chat and the sentence's ID."""
    receipt = ChatCommandInfo(peer=peer, chat_id=_CHAT_PLACE, id=_ID_PLACE)
    return Patched.around(encode(Frame("CS_CHAT_CONFIRM", receipt)), _CHAT_PLACE, _ID_PLACE)


def answer(peer: str) -> Patched:
    """An agent's answer to an alert, around the chat."""
    command = ChatCommandInfo(peer=peer, chat_id=_CHAT_PLACE)
    return Patched.around(encode(Frame("CS_CHAT_ANSWER", command)), _CHAT_PLACE)
