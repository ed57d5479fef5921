"""Requests and sentences on their way: numbered, sent, put off; what their answers mean is not known here."""

from abc import ABC, abstractmethod

from attrs import evolve

from connectors.client.connections import Dialling
from connectors.client.errors import ConnectorError, Refused
from connectors.client.events import ChatRef
from connectors.client.own_typing import Timer
from connectors.client.requests import Outgoing, Purpose, Request, Requests
from connectors.client.settings import Settings
from connectors.client.timers import Timers
from protocol.errors import ErrorCode


class Calls(ABC):
    """What waits for an answer of the broker, by the `Id` under which it was sent on this connection.

    Attributes:
        now: The time of the call that is served.
        timers: What is due, and when.
    """

    def __init__(self, settings: Settings, link: Dialling, *, now: float) -> None:
        self.now = now
        self.timers: Timers[Timer] = Timers()
        self._tuning = settings.tuning
        self._pauses = evolve(settings.tuning.backoff, first=settings.tuning.pause)
        self._link = link
        self._pack = link.pack
        self._tickets = 0
        self._requests = Requests(settings.tuning.requests)
        self._wires: dict[int, Request | Outgoing] = {}

    @abstractmethod
    def _fail(self, request: Request, error: ConnectorError) -> None:
        """Give a request up."""

    def _on_wire(self, wire: object) -> Request | Outgoing | None:
        """What was sent under an `Id` and waits for its answer."""
        return self._wires.get(wire) if isinstance(wire, int) else None

    def _transmit(self, request: Request) -> None:
        wire = self._link.send(request.packed)
        if wire is None:
            self._fail(request, Refused(ErrorCode.FRAME_TOO_LARGE, "longer than the broker takes"))
            return
        request.tries += 1
        request.wire = wire
        self._wires[wire] = request
        self.timers.set(("answer", wire), self.now + self._tuning.wait_of(request.type))

    def _ask(
        self, type_: str, payload: object, purpose: Purpose, ref: ChatRef | None = None
    ) -> Request:
        self._tickets += 1
        request = Request(self._tickets, type_, self._pack(type_, payload), purpose, ref)
        self._requests.add(request)
        return request

    def _unwire(self, wire: int | None) -> None:
        """What was sent under this `Id` waits for no answer any more."""
        if wire is not None:
            self._wires.pop(wire, None)
            self.timers.cancel(("answer", wire))

    def _hopeless(self, item: Request | Outgoing, error: Refused) -> bool:
        """Whether to believe `Overloaded`: a transcript that is full stays so. A rate limit passes."""
        asks = isinstance(item, Request) and item.purpose is Purpose.RENEWAL
        return error.code == ErrorCode.OVERLOADED and (asks or item.rests >= self._tuning.rests)

    def _rest(self, item: Request | Outgoing) -> None:
        """Try again in a while, longer each time; the order of a chat's sentences is kept."""
        item.rests += 1
        when = self.now + self._pauses.delay(item.rests, lambda: 0.0)
        self._unwire(item.wire)
        item.wire = None
        if isinstance(item, Outgoing):
            item.resting = True
            self.timers.set(("rest", item.ref), when)
        else:
            item.tries -= 1
            self.timers.set(("rest", item.id), when)
