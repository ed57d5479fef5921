"""What a scenario works with: the played broker, the far side of the connector, and its program."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NoReturn, Protocol

import anyio
from attrs import define, evolve, field, frozen

from connectors.channels.conform.broker import Heard, PlayedBroker
from connectors.channels.conform.laws import LATE, PATIENT, Finding
from protocol.identifiers import derive
from protocol.message import CommandInfo, MessageContentInfo
from protocol.values import Direction, Guid

SENT: Final = "ES_MESSAGE_SENT"
RECEIVING: Final = "ES_MESSAGE_RECEIVING"


class FarSide(Protocol):
    """The other side of the connector, as far as the kit can reach it."""

    @property
    def address(self) -> str:
        """Where outbound messages may go."""

    @property
    def bad_address(self) -> str | None:
        """Where none can go, for sure; None: there is no such thing."""

    @property
    def can_inject(self) -> bool:
        """Whether messages can be made to come in."""

    @property
    def can_look(self) -> bool:
        """Whether it can be seen what has arrived there."""

    async def inject(self, text: str) -> None:
        """Make a message with this text come in."""

    async def arrived(self) -> list[str]:
        """What has arrived there: for each message a text that has its text in it."""


class Program(Protocol):
    """The connector's process."""

    async def start(self) -> None:
        """Start it."""

    async def kill(self) -> None:
        """End it at once, without a word."""

    async def stop(self, within: float) -> int | None:
        """Ask it to end in good order (SIGTERM).

        Returns:
            Its exit status; None: it did not end in time.
        """


@frozen(kw_only=True)
class Timing:
    """How long the kit waits, in seconds.

    Attributes:
        reconnect: For a connector that lost its connection.
        soon: For what is to be done at once.
        quiet: To see that nothing more comes.
        patient: How long a connector waits for an answer at least (B-50).
        late: In which an outbound message is to be answered (B-52).
        again: In which what was not taken comes again.
        stop: In which a program that is asked to ends.
    """

    reconnect: float = 60.0
    soon: float = 15.0
    quiet: float = 5.0
    patient: float = PATIENT
    late: float = LATE
    again: float = 180.0
    stop: float = 60.0


class Over(Exception):
    """The scenario cannot go on; what is wrong was noted."""


@define(eq=False)
class Stage:
    """One scenario at work.

    Attributes:
        broker: The broker's side.
        far: The far side.
        program: The connector's process; None: the kit did not start it.
        timing: How long the kit waits.
        findings: What was wrong.
        clause: The clause that the scenario is about.
    """

    broker: PlayedBroker
    far: FarSide
    program: Program | None
    timing: Timing
    clause: str = ""
    findings: list[Finding] = field(factory=list)

    # --- findings

    def find(self, text: str, clause: str | None = None) -> None:
        """Note that something is wrong."""
        self.findings.append(Finding(clause or self.clause, text))

    def fail(self, text: str, clause: str | None = None) -> NoReturn:
        """Note that something is wrong, and end the scenario."""
        self.find(text, clause)
        raise Over

    # --- connections

    def settled(self) -> bool:
        """Whether there is a session, and the gateways of all its peers were asked for."""
        line = self.broker.line
        if line is None or line.hello is None:
            return False
        asked = {one.payload for one in self.broker.heard("ES_SL_GETGATEWAYS") if one.line is line}
        return asked >= set(line.hello.peers or ())

    async def ready(self) -> None:
        """Wait until the connector is there and has asked for its gateways."""
        if await self.broker.until(self.settled, self.timing.reconnect):
            return
        if self.broker.line is None:
            self.fail(f"no session in {self.timing.reconnect:g} s", "W-10")
        self.fail("did not ask for the gateways of all its peers after the welcome", "W-17")

    async def reconnected(self) -> None:
        """Break the connection, and wait until the connector is back."""
        await self.left()
        await self.ready()

    async def left(self) -> None:
        """Break the connection."""
        await self.broker.cut()
        await self.broker.until(lambda: self.broker.line is None, self.timing.soon)

    # --- outbound

    def message(self, token: str, *, to: str | None = None, text: str = "") -> MessageContentInfo:
        """Write an outbound message that has a token in it."""
        return MessageContentInfo(
            message_id=derive("conform", token),
            delivery_system_id=token,
            gateway_id=self.broker.gateway(Direction.O).id,
            from_field="Conformance kit",
            remote_address=to or self.far.address,
            to_field=to or self.far.address,
            direction=Direction.O,
            received_sent_time=datetime.now(UTC),
            subject_field=token,
            body_text=f"{token} {text}".strip(),
        )

    def outcomes(self, message: MessageContentInfo) -> list[Heard]:
        """The answers that came for an outbound message."""
        return [one for one in self.broker.heard(SENT) if one.payload.id == message.message_id]

    async def outcome(self, message: MessageContentInfo, count: int = 1) -> CommandInfo:
        """Wait for the answer to an outbound message, or for so many.

        Returns:
            The last of them.
        """
        late = self.timing.late
        if not await self.broker.until(lambda: len(self.outcomes(message)) >= count, late):
            self.fail(f"SE_MESSAGE_SENDING was not answered in {late:g} s")
        found: CommandInfo = self.outcomes(message)[count - 1].payload
        return found

    async def success(self, message: MessageContentInfo, count: int = 1) -> CommandInfo:
        """The same, and it must say that the message was sent."""
        outcome = await self.outcome(message, count)
        if outcome.data is not None:
            self.fail(f"could not send to {message.remote_address}: {outcome.data}")
        return outcome

    async def check_copies(self, token: str, wanted: int = 1) -> None:
        """See how many copies of a message have arrived."""
        if not self.far.can_look:
            return
        copies = await self.copies(token)
        with anyio.move_on_after(self.timing.soon):
            while copies < wanted:
                await anyio.sleep(0.2)
                copies = await self.copies(token)
        if copies < wanted:
            self.find(f"{copies} copies have arrived at the far side, not {wanted}")
        await anyio.sleep(self.timing.quiet / 5)
        if (copies := await self.copies(token)) > wanted:
            self.find(f"{copies} copies have arrived at the far side: it was sent again")

    async def copies(self, token: str) -> int:
        """How many messages with a token have arrived."""
        return sum(token in text for text in await self.far.arrived())

    # --- inbound

    def given(self, token: str) -> list[Heard]:
        """How often a message with a token was given to the broker."""
        return [one for one in self.broker.heard(RECEIVING) if _has(one.payload, token)]

    async def arrival(self, token: str, count: int = 1, within: float | None = None) -> Heard:
        """Wait until a message with a token is given, or given so many times.

        Returns:
            The last time.
        """
        seconds = within or self.timing.again
        if not await self.broker.until(lambda: len(self.given(token)) >= count, seconds):
            times = ("", "a second time ", "a third time ")[min(count, 3) - 1]
            self.fail(f"an inbound message was not given {times}in {seconds:g} s")
        found = self.given(token)
        names = {one.payload.delivery_system_id for one in found}
        if len(names) > 1:
            self.find("gives the same message with another DeliverySystemId", "B-50")
        return found[count - 1]

    async def no_more(self, token: str, count: int) -> None:
        """See that a message that the broker has taken is not given again."""
        if await self.broker.until(lambda: len(self.given(token)) > count, self.timing.quiet):
            self.find("gives a message again that the broker has taken", "B-50")

    async def restarted(self) -> None:
        """Kill the program and start it again."""
        assert self.program is not None
        await self.program.kill()
        await self.broker.until(lambda: self.broker.line is None, self.timing.soon)
        await self.program.start()
        await self.ready()


def once(
    first: Callable[[Heard], Awaitable[None]], broker: PlayedBroker
) -> Callable[[Heard], Awaitable[None]]:
    """Do something with the first frame, and what a good broker does with all others."""
    done = False

    async def answer(heard: Heard) -> None:
        nonlocal done
        if done:
            await broker.usual(heard)
        else:
            done = True
            await first(heard)

    return answer


def new_token(name: str) -> str:
    """A word that no other message has."""
    return f"conform-{name}-{secrets.token_hex(6)}"


def other_gateway(message: MessageContentInfo) -> MessageContentInfo:
    """The same message for a gateway that was never announced."""
    return evolve(message, gateway_id=Guid("99999999-9999-4999-8999-999999999999"))


def _has(message: MessageContentInfo, token: str) -> bool:
    texts = (message.subject_field, message.body_text, message.body_html)
    return any(token in text for text in texts if text is not None)
