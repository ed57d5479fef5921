"""Scenarios of inbound messages: given until the broker has each, under one name, and then no more."""

from itertools import pairwise

import anyio
from attrs import evolve

from connectors.channels.conform.broker import Heard, silence
from connectors.channels.conform.stage import RECEIVING, Stage, new_token, once
from protocol.errors import ErrorCode
from protocol.identifiers import derive
from protocol.message import CommandInfo
from protocol.values import Direction


async def taken(stage: Stage) -> None:
    """A message is given once."""
    await stage.far.inject(token := new_token("taken"))
    await stage.arrival(token)
    await stage.no_more(token, 1)


async def unanswered(stage: Stage) -> None:
    """There is no answer: the message is given again, under the same name, and not before 60 s."""
    stage.broker.on[RECEIVING] = once(silence, stage.broker)
    await stage.far.inject(token := new_token("unanswered"))
    first = await stage.arrival(token)
    again = await stage.arrival(token, 2, within=stage.timing.patient + stage.timing.again)
    if again.line is first.line and again.at - first.at < stage.timing.patient * 0.98:
        seconds = again.at - first.at
        stage.find(f"waits {seconds:.1f} s for an answer, not {stage.timing.patient:g}")
    await stage.no_more(token, 2)


async def answered_late(stage: Stage) -> None:
    """The answer comes late, but in time."""

    async def later(heard: Heard) -> None:
        await anyio.sleep(stage.timing.patient * 0.8)
        await stage.broker.receipt(heard)

    stage.broker.on[RECEIVING] = once(later, stage.broker)
    await stage.far.inject(token := new_token("late"))
    first = await stage.arrival(token)
    await stage.broker.until(lambda: len(stage.given(token)) > 1, stage.timing.patient * 0.8)
    if len(given := stage.given(token)) > 1:
        seconds = given[1].at - first.at
        stage.find(f"waits {seconds:.1f} s for an answer, not {stage.timing.patient:g}")
    await stage.no_more(token, len(given))


async def answered_twice(stage: Stage) -> None:
    """The answer comes twice, and one to a message that nobody gave: nothing happens."""

    async def twice(heard: Heard) -> None:
        await stage.broker.receipt(heard)
        await stage.broker.receipt(heard)
        foreign = CommandInfo(
            id=derive("conform", "foreign"),
            ref_id=heard.payload.gateway_id,
            reference="?",
            data="true",
        )
        await heard.line.say("SE_MESSAGE_RECEIVED", foreign)

    stage.broker.on[RECEIVING] = once(twice, stage.broker)
    await stage.far.inject(token := new_token("twice"))
    first = await stage.arrival(token)
    await stage.no_more(token, 1)
    if stage.broker.line is not first.line:
        stage.find("a second answer ends the connection")
    await stage.far.inject(after := new_token("after-twice"))
    await stage.arrival(after)


async def not_taken(stage: Stage) -> None:
    """The broker did not take it this time: it is given again after a while."""

    async def refuse(heard: Heard) -> None:
        await stage.broker.receipt(heard, taken=False)

    stage.broker.on[RECEIVING] = once(refuse, stage.broker)
    await stage.far.inject(token := new_token("false"))
    first = await stage.arrival(token)
    again = await stage.arrival(token, 2)
    if again.at - first.at < 0.25:
        stage.find("gives a message again at once that the broker did not take")
    await stage.no_more(token, 2)


async def broker_dies(stage: Stage) -> None:
    """The broker dies between receiving and answering, and is away for a while."""

    async def die(heard: Heard) -> None:
        stage.broker.refuses = True
        await stage.broker.cut()

    stage.broker.on[RECEIVING] = once(die, stage.broker)
    await stage.far.inject(token := new_token("dies"))
    await stage.arrival(token)
    await anyio.sleep(2)
    stage.broker.refuses = False
    await stage.ready()
    await stage.arrival(token, 2)
    await stage.no_more(token, len(stage.given(token)))


async def broker_dies_with_it(stage: Stage) -> None:
    """The broker has stored the message and dies before it answers."""

    async def die(heard: Heard) -> None:
        heard.line.mute = True
        await stage.broker.receipt(heard)
        await stage.broker.cut()

    stage.broker.on[RECEIVING] = once(die, stage.broker)
    await stage.far.inject(token := new_token("stored"))
    await stage.arrival(token)
    await stage.ready()
    await stage.arrival(token, 2)
    await stage.no_more(token, len(stage.given(token)))


async def throttled(stage: Stage) -> None:
    """The broker takes no more for a moment: the message is given again, slower each time."""
    left = 3

    async def busy(heard: Heard) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            await stage.broker.refuse(heard, ErrorCode.RATE_LIMITED, "not so fast")
        else:
            await stage.broker.receipt(heard)

    stage.broker.on[RECEIVING] = busy
    await stage.far.inject(token := new_token("throttled"))
    await stage.arrival(token, 4)
    times = [one.at for one in stage.given(token)]
    if min(after - before for before, after in pairwise(times)) < 0.25:
        stage.find("gives a message again at once when the broker takes no more")
    await stage.no_more(token, 4)


async def refused(stage: Stage) -> None:
    """The broker refuses the message as it is: it is not given for ever, and others are."""

    async def refuse(heard: Heard) -> None:
        if _is(heard, token):
            await stage.broker.refuse(heard, ErrorCode.TOO_LONG, "SubjectField: too long")
        else:
            await stage.broker.receipt(heard)

    token = new_token("refused")
    stage.broker.on[RECEIVING] = refuse
    await stage.far.inject(token)
    await stage.arrival(token)
    await anyio.sleep(stage.timing.quiet)
    if len(stage.given(token)) > 4:
        stage.find("gives a message again and again that the broker refuses for good")
    await stage.far.inject(after := new_token("after-refused"))
    await stage.arrival(after)


async def killed(stage: Stage) -> None:
    """The program is killed before the answer: what it gave is given again, under the same name."""
    stage.broker.on[RECEIVING] = once(silence, stage.broker)
    await stage.far.inject(token := new_token("in-killed"))
    await stage.arrival(token)
    await stage.restarted()
    await stage.arrival(token, 2)
    await stage.no_more(token, len(stage.given(token)))


async def gateway_gone(stage: Stage) -> None:
    """The inbound gateway is gone after a reconnect, and comes back later: nothing is lost."""
    await stage.far.inject(before := new_token("before"))
    await stage.arrival(before)
    gateways = stage.broker.gateways
    stage.broker.gateways = tuple(one for one in gateways if one.direction is not Direction.I)
    await stage.reconnected()
    await anyio.sleep(stage.timing.quiet / 5)  # the answer is on its way
    await stage.far.inject(token := new_token("in-gone"))
    await anyio.sleep(stage.timing.quiet)
    if stage.given(token):
        stage.find("gives a message of a gateway that is gone")
    stage.broker.gateways = gateways
    await stage.reconnected()
    await stage.arrival(token)


async def gateway_changed(stage: Stage) -> None:
    """The inbound gateway has another id after a reconnect."""
    await stage.far.inject(before := new_token("before"))
    await stage.arrival(before)
    other = derive("message_gateway", new_token("other"))
    stage.broker.gateways = tuple(
        evolve(one, id=other) if one.direction is Direction.I else one
        for one in stage.broker.gateways
    )
    await stage.reconnected()
    await anyio.sleep(stage.timing.quiet / 5)  # the answer is on its way
    await stage.far.inject(token := new_token("changed"))
    found = await stage.arrival(token)
    if found.payload.gateway_id != other:
        stage.find("gives a message under an id that its gateway does not have any more")


def _is(heard: Heard, token: str) -> bool:
    payload = heard.payload
    return any(
        token in (text or "")
        for text in (payload.subject_field, payload.body_text, payload.body_html)
    )
