"""One connection to an SMSC as a transceiver: what it sends and when it has had enough. No I/O and no clock.

Theory of operation
------------------- Whoever has the socket gives what comes to `receive` and the time to `tick`, at
`deadline` at the latest; after each call they send what `data_to_send` has, and act on the events.
`closing` says that the connection is to be closed.

* It binds first. Nothing else is sent before that is answered.
* Messages wait in a line; at most `window` are sent and not answered, and not more than `per_second` in
any second.
* A message without an answer after `answer_wait` has an *unknown* outcome, as has each that was sent when the
  connection is lost; what was not sent yet is *temporary*, for that is sure (B-55). An answer that
  comes late is told as it is.
* When nothing came for `idle`, the SMSC is asked whether it is there; without an answer the connection
is over.
* What the SMSC delivers is an event; whoever takes it says what it is answered, whenever they know.
Beyond `taking`
  deliveries that are not answered yet, it is asked to come again.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from connectors.sms.answers import Outcome
from connectors.sms.smpp_codec import BadPdu, Pdu, Tag, decode, encode, take_frame
from connectors.sms.smpp_outcomes import (
    BAD_LENGTH,
    QUEUE_FULL,
    UNKNOWN_COMMAND,
    outcome_of,
    status_name,
)

VERSION: Final = 0x34
_DELIVERIES: Final = ("deliver_sm", "data_sm")
_LATE: Final = 1_000
"""So many messages without an answer are remembered, in case one comes."""


@frozen(kw_only=True)
class Tuning:
    """Times in seconds, and bounds.

    Attributes:
        window: Messages that may be without an answer.
        per_second: Messages that may be sent in a second; 0: as many as the window lets through.
        answer_wait: How long an answer may take.
        idle: After how long without a word the SMSC is asked whether it is there.
        taking: Deliveries that may be without our answer.
    """

    window: int = 10
    per_second: float = 0.0
    answer_wait: float = 30.0
    idle: float = 30.0
    taking: int = 50


@frozen(kw_only=True)
class Account:
    """Who binds.

    Attributes:
        system_id: Its name.
        password: Its secret.
        system_type: What it calls itself, if the SMSC asks for that.
        address_range: The numbers that it serves, if the SMSC asks for that.
    """

    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    address_range: str = ""


# --- what happened


@frozen
class Bound:
    """The SMSC has taken us."""


@frozen
class BindRefused:
    """It has not; the connection is over."""

    status: int


@frozen(kw_only=True)
class Answered:
    """What became of a message.

    Attributes:
        key: As `submit` was given it.
        outcome: In a word.
        id: How the SMSC calls it, when it took it.
        text: What it said, when not.
        late: Whether its outcome was told as unknown before.
    """

    key: str
    outcome: Outcome
    id: str = ""
    text: str = ""
    late: bool = False


@frozen
class Delivered:
    """The SMSC delivers something, and waits for `respond`."""

    pdu: Pdu


@frozen
class Lost:
    """The connection is over."""

    why: str


Event = Bound | BindRefused | Answered | Delivered | Lost


@frozen(kw_only=True)
class _Sent:
    key: str
    until: float


class SmppSession:
    """One connection; the module says how it works."""

    def __init__(self, account: Account, tuning: Tuning, *, now: float) -> None:
        """Begin with a connection that was just opened."""
        self._tuning = tuning
        self._buffer = bytearray()
        self._out = bytearray()
        self._sequence = 0
        self._line: deque[tuple[str, Mapping[str, Any], Mapping[int, bytes]]] = deque()
        self._sent: dict[int, _Sent] = {}
        self._late: dict[int, str] = {}
        self._taking: dict[int, str] = {}
        self._heard = now
        self._asked: float | None = None
        self._may_send = now
        self._now = now
        self._events: list[Event] = []
        self._bind_until: float | None = now + tuning.answer_wait
        self.bound = False
        self.closing = False
        self._send("bind_transceiver", _bind(account))

    # --- the connection

    def data_to_send(self) -> bytes:
        """Drain the octets that are to be sent."""
        data = bytes(self._out)
        self._out.clear()
        return data

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to do; None: never more."""
        if self.closing:
            return None
        times = [sent.until for sent in self._sent.values()]
        if self._bind_until is not None:
            times.append(self._bind_until)
        else:
            asked = self._asked
            times.append(
                self._heard + self._tuning.idle
                if asked is None
                else asked + self._tuning.answer_wait
            )
        if self._line and self._may_send > self._now and len(self._sent) < self._tuning.window:
            times.append(self._may_send)
        return min(times)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take octets that came."""
        self._now = self._heard = now
        self._asked = None
        self._buffer += data
        while not self.closing:
            try:
                frame = take_frame(self._buffer)
            except BadPdu as error:
                self._end(f"the SMSC sent {error}")
                break
            if frame is None:
                break
            self._take(frame)
        self._pump()
        return self._drain()

    def tick(self, now: float) -> list[Event]:
        """Do what is due."""
        self._now = now
        wait = self._tuning.answer_wait
        if self.closing:
            return self._drain()
        if self._bind_until is not None and self._bind_until <= now:
            self._end("the SMSC did not answer the bind")
            return self._drain()
        for sequence, sent in list(self._sent.items()):
            if sent.until <= now:
                del self._sent[sequence]
                self._remember_late(sequence, sent.key)
                self._tell(sent.key, Outcome.UNKNOWN, text=f"no answer within {wait:g} s")
        if self.bound and self._asked is None and self._heard + self._tuning.idle <= now:
            self._asked = now
            self._send("enquire_link")
        elif self._asked is not None and self._asked + wait <= now:
            self._end("the SMSC does not answer any more")
        self._pump()
        return self._drain()

    def lost(self, now: float, why: str) -> list[Event]:
        """The connection is gone."""
        self._now = now
        self._end(why)
        return self._drain()

    def unbind(self, now: float) -> None:
        """Say goodbye; the connection is to be closed once that is sent."""
        self._now = now
        if self.bound and not self.closing:
            self._send("unbind")
        self._end("unbound")

    # --- messages

    def submit(
        self, key: str, members: Mapping[str, Any], options: Mapping[int, bytes], now: float
    ) -> list[Event]:
        """Put a message into the line.

        Args:
            key: What `Answered` will call it.
            members: The members of `submit_sm`.
            options: Its optional members.
            now: The time.
        """
        self._now = now
        if self.closing:
            self._tell(key, Outcome.TEMPORARY, text="no connection to the SMSC")
        else:
            self._line.append((key, members, options))
            self._pump()
        return self._drain()

    def respond(self, sequence: int, status: int, now: float) -> None:
        """Answer a delivery."""
        self._now = now
        command = self._taking.pop(sequence, None)
        if command is not None and not self.closing:
            self._send(f"{command}_resp", sequence=sequence, status=status)

    # --- inside

    def _pump(self) -> None:
        rate = self._tuning.per_second
        while self.bound and not self.closing and self._line:
            if len(self._sent) >= self._tuning.window or (rate and self._now < self._may_send):
                return
            key, members, options = self._line.popleft()
            try:
                sequence = self._send("submit_sm", members, options)
            except (ValueError, TypeError, UnicodeEncodeError) as error:
                self._tell(key, Outcome.PERMANENT, text=f"cannot be written: {error}")
                continue
            self._sent[sequence] = _Sent(key=key, until=self._now + self._tuning.answer_wait)
            if rate:
                self._may_send = max(self._may_send, self._now) + 1.0 / rate

    def _take(self, frame: bytes) -> None:
        try:
            pdu = decode(frame)
        except BadPdu as error:
            status = UNKNOWN_COMMAND if error.is_unknown else BAD_LENGTH
            if not frame[4] & 0x80:  # no answer to an answer
                self._send("generic_nack", sequence=error.sequence, status=status)
            return
        if pdu.command.startswith("bind_") and self._bind_until is not None:
            self._take_bind(pdu)
        elif pdu.command == "enquire_link":
            self._send("enquire_link_resp", sequence=pdu.sequence)
        elif pdu.command == "unbind":
            self._send("unbind_resp", sequence=pdu.sequence)
            self._end("the SMSC said goodbye")
        elif pdu.command in _DELIVERIES and self.bound:
            self._take_delivery(pdu)
        elif pdu.is_answer:
            self._take_answer(pdu)
        else:
            self._send("generic_nack", sequence=pdu.sequence, status=UNKNOWN_COMMAND)

    def _take_bind(self, pdu: Pdu) -> None:
        self._bind_until = None
        if pdu.status:
            self._events.append(BindRefused(pdu.status))
            self._end(f"the bind was refused: {status_name(pdu.status)}")
            return
        self.bound = True
        self._events.append(Bound())

    def _take_delivery(self, pdu: Pdu) -> None:
        if pdu.sequence in self._taking:
            return  # the same once more, before it was answered
        self._taking[pdu.sequence] = pdu.command
        if len(self._taking) > self._tuning.taking:
            self.respond(pdu.sequence, QUEUE_FULL, self._now)
        else:
            self._events.append(Delivered(pdu))

    def _take_answer(self, pdu: Pdu) -> None:
        sent = self._sent.pop(pdu.sequence, None)
        key = sent.key if sent is not None else self._late.pop(pdu.sequence, None)
        if key is None:
            if pdu.command == "generic_nack" and self._bind_until is not None:
                self._end(f"the bind was refused: {status_name(pdu.status)}")
            return
        late = sent is None
        if pdu.status == 0 and pdu.command == "submit_sm_resp":
            self._tell(key, Outcome.SENT, id_=pdu.text("message_id"), late=late)
            return
        words = pdu.options.get(Tag.STATUS_TEXT, b"").rstrip(b"\0").decode("latin-1")[:200]
        said = f"{status_name(pdu.status)} {words}".strip()
        outcome = outcome_of(pdu.status)
        # A refusal without a status, or an answer of another kind, says nothing.
        outcome = Outcome.UNKNOWN if outcome is Outcome.SENT else outcome
        self._tell(key, outcome, text=said, late=late)

    def _end(self, why: str) -> None:
        if self.closing:
            return
        self.closing = True
        self.bound = False
        for sent in self._sent.values():
            self._tell(sent.key, Outcome.UNKNOWN, text=f"{why}, before the answer")
        for key, _, _ in self._line:
            self._tell(key, Outcome.TEMPORARY, text=why)
        self._sent.clear()
        self._line.clear()
        self._taking.clear()
        self._events.append(Lost(why))

    def _remember_late(self, sequence: int, key: str) -> None:
        self._late[sequence] = key
        if len(self._late) > _LATE:
            del self._late[next(iter(self._late))]

    def _tell(
        self, key: str, outcome: Outcome, *, id_: str = "", text: str = "", late: bool = False
    ) -> None:
        self._events.append(Answered(key=key, outcome=outcome, id=id_, text=text, late=late))

    def _send(
        self,
        command: str,
        members: Mapping[str, Any] | None = None,
        options: Mapping[int, bytes] | None = None,
        *,
        sequence: int | None = None,
        status: int = 0,
    ) -> int:
        pdu = Pdu(command=command, sequence=sequence or 0, status=status)
        if sequence is None:
            self._sequence = self._sequence % 0x7FFFFFFF + 1
            pdu = evolve(pdu, sequence=self._sequence)
        self._out += encode(evolve(pdu, members=members or {}, options=options or {}))
        return pdu.sequence

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events


def _bind(account: Account) -> dict[str, Any]:
    return {
        "system_id": account.system_id,
        "password": account.password,
        "system_type": account.system_type,
        "interface_version": VERSION,
        "addr_ton": 0,
        "addr_npi": 0,
        "address_range": account.address_range,
    }
