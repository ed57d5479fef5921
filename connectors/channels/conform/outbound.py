"""Scenarios of outbound messages: each is sent once, and answered once for each time that it is asked for."""

import anyio

from connectors.channels.conform.broker import Heard
from connectors.channels.conform.stage import SENT, Stage, new_token, once, other_gateway
from protocol.values import Direction


async def sent(stage: Stage) -> None:
    """A message is sent and answered."""
    message = stage.message(token := new_token("sent"))
    await stage.broker.sending(message)
    await stage.success(message)
    await stage.check_copies(token)
    if len(stage.outcomes(message)) > 1:
        stage.find("answers one SE_MESSAGE_SENDING more than once")


async def sent_again(stage: Stage) -> None:
    """What was sent is asked for again: it is answered, and not sent."""
    message = stage.message(token := new_token("again"))
    await stage.broker.sending(message)
    first = await stage.success(message)
    await stage.broker.sending(message)
    second = await stage.success(message, 2)
    if second.reference not in (None, first.reference):
        stage.find("answers a repetition with another DeliverySystemId in Reference")
    await stage.check_copies(token)


async def asked_at_once(stage: Stage) -> None:
    """The same message is asked for several times while it is being sent."""
    message = stage.message(token := new_token("at-once"))
    for _ in range(3):
        await stage.broker.sending(message)
    await stage.success(message)
    await stage.check_copies(token)
    if len(stage.outcomes(message)) > 3:
        stage.find("answers more often than it was asked")


async def answer_lost(stage: Stage) -> None:
    """The connection breaks before the answer is acknowledged, and the broker asks again."""

    async def break_off(heard: Heard) -> None:
        await heard.line.cut()

    message = stage.message(token := new_token("answer-lost"))
    stage.broker.on[SENT] = once(break_off, stage.broker)
    await stage.broker.sending(message)
    await stage.success(message)
    await stage.broker.until(lambda: stage.broker.line is None, stage.timing.soon)
    await stage.ready()
    before = len(stage.outcomes(message))
    await stage.broker.sending(message)
    if not await stage.broker.until(
        lambda: len(stage.outcomes(message)) > min(before, 1), stage.timing.late
    ):
        stage.find("does not say again what became of a message when its answer was lost")
    await stage.check_copies(token)


async def killed_after(stage: Stage) -> None:
    """The program is killed after it has answered, and the broker asks again."""
    killed = anyio.Event()

    async def kill(heard: Heard) -> None:
        assert stage.program is not None
        await stage.program.kill()
        killed.set()

    message = stage.message(token := new_token("killed"))
    stage.broker.on[SENT] = once(kill, stage.broker)
    await stage.broker.sending(message)
    await stage.success(message)
    await killed.wait()
    assert stage.program is not None
    await stage.program.start()
    await stage.ready()
    before = len(stage.outcomes(message))
    await stage.broker.sending(message)
    if not await stage.broker.until(
        lambda: len(stage.outcomes(message)) > min(before, 1), stage.timing.late
    ):
        stage.find("has forgotten over a restart what became of a message")
    await stage.check_copies(token)


async def many(stage: Stage) -> None:
    """As many messages at the same time as a broker hands over."""
    messages = {token: stage.message(token) for token in (new_token("many") for _ in range(16))}
    for message in messages.values():
        await stage.broker.sending(message)
    for message in messages.values():
        await stage.success(message)
    for token in messages:
        await stage.check_copies(token)


async def foreign_gateway(stage: Stage) -> None:
    """A message for a gateway that was never announced is refused, and not sent."""
    message = other_gateway(stage.message(token := new_token("foreign")))
    await stage.broker.push("SE_MESSAGE_SENDING", message)
    stage.broker.expect(message)
    outcome = await stage.outcome(message)
    if outcome.data is None:
        stage.find("sends a message of a gateway that was not announced to it")
    await stage.check_copies(token, 0)


async def impossible(stage: Stage) -> None:
    """An address that is none is refused for good."""
    message = stage.message(new_token("impossible"), to=stage.far.bad_address)
    await stage.broker.sending(message)
    outcome = await stage.outcome(message)
    if outcome.data is None:
        stage.find("says that it has sent what cannot be sent")
    elif not outcome.data.startswith("permanent:"):
        stage.find(f"does not say permanent: of what never can be sent, but {outcome.data!r}")


async def large(stage: Stage) -> None:
    """A message of nearly the length of a frame comes in small pieces."""
    message = stage.message(token := new_token("large"), text="x" * 500_000)
    line = stage.broker.line
    assert line is not None
    stage.broker.expect(message)
    packed = line.encoding.pack("SE_MESSAGE_SENDING", message)
    await line.write(line.encoding.assemble(packed, None), piece=4_001)
    await stage.outcome(message)
    if stage.broker.line is not line:
        stage.find("a long frame ends the connection")
    if stage.outcomes(message)[0].payload.data is None:
        await stage.check_copies(token)


async def together(stage: Stage) -> None:
    """Several frames come in one piece, and one comes byte by byte."""
    line = stage.broker.line
    assert line is not None
    first, second, third = (stage.message(new_token("together")) for _ in range(3))
    frames = []
    for message in (first, second, third):
        stage.broker.expect(message)
        packed = line.encoding.pack("SE_MESSAGE_SENDING", message)
        frames.append(line.encoding.assemble(packed, None))
    await line.write(frames[0] + frames[1])
    await line.write(frames[2], piece=1)
    for message in (first, second, third):
        await stage.success(message)
        await stage.check_copies(message.subject_field or "")


async def after_reconnect(stage: Stage) -> None:
    """A message is sent over the connection that is there, though another one began it."""
    message = stage.message(token := new_token("reconnect"))
    await stage.broker.sending(message)
    await stage.broker.cut()
    await stage.broker.until(lambda: stage.broker.line is None, stage.timing.soon)
    await stage.ready()
    if not stage.outcomes(message):
        await stage.broker.sending(message)
    await stage.success(message)
    await stage.check_copies(token)


async def gateway_gone(stage: Stage) -> None:
    """The outbound gateway is gone after a reconnect: its messages are refused, and not sent."""
    before = stage.message(new_token("before"))
    await stage.broker.sending(before)
    await stage.success(before)
    message = stage.message(token := new_token("out-gone"))
    stage.broker.gateways = tuple(
        one for one in stage.broker.gateways if one.direction is not Direction.O
    )
    await stage.reconnected()
    await anyio.sleep(stage.timing.quiet / 5)  # the answer is on its way
    await stage.broker.sending(message)
    outcome = await stage.outcome(message)
    if outcome.data is None:
        stage.find("sends a message of a gateway that is gone")
    await stage.check_copies(token, 0)
