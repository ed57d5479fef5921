"""The one place where a handler of frames meets the structure that its frames carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from broker.core.decision import Decision, Outcome
from broker.core.effects import Acknowledgement, Answer, Picture, Reply
from broker.core.inputs import Stamp
from broker.core.state import Session, State
from protocol.frame import Frame

P = TypeVar("P")
R = TypeVar("R", bound=Outcome | None)
Handler = Callable[[State, Stamp, Session, Frame], Outcome]
Recogniser = Callable[[State, Stamp, Session, Frame], Outcome | None]
"""Answers a frame if what it brings was taken before."""


def serves(
    structure: type[P],
) -> Callable[
    [Callable[[State, Stamp, Session, Frame, P], R]], Callable[[State, Stamp, Session, Frame], R]
]:
    """Hand a handler the payload of its frame as what the catalogue says that it is."""

    def typed(
        handler: Callable[[State, Stamp, Session, Frame, P], R],
    ) -> Callable[[State, Stamp, Session, Frame], R]:
        def handle(state: State, stamp: Stamp, session: Session, frame: Frame) -> R:
            payload = frame.payload
            assert isinstance(payload, structure)
            return handler(state, stamp, session, frame, payload)

        handle.__doc__ = handler.__doc__
        return handle

    return typed


def answered(session: Session, frame: Frame, shows: Picture | Reply) -> Decision:
    """Nothing changes and nobody else is told: whoever asked gets this."""
    return Decision(answer=Answer(session.number, frame.id, shows))


def acknowledgement(session: Session, frame: Frame) -> Answer | None:
    """The `SYS_ACK` of a frame that has no other answer, if it carried an `Id` (W-16)."""
    if frame.id is None:
        return None
    return Answer(session.number, frame.id, Acknowledgement(frame.type))
