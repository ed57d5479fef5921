"""The inputs that wait for the engine, and whose turn it is (I-14, I-15).

Theory of operation: every session has a queue of its own, so what one connection sent stays in
order (I-4). Sessions that came in by the same token are one *party*, and parties take turns: a
turn is a credit, each input is paid when it is known what it cost, and who has no credit left
goes behind the others. So whoever asks much waits for those who ask little, however many sessions
it has and however small its questions are. Nobody waits for a party that has nothing to say.

When a session is gone its questions go with it, for there is nobody to answer. What it *said*
stays: that is decided and stored as if it were still there (I-2).
"""

from __future__ import annotations

from collections import deque

from attrs import Factory, define

from broker.core.inputs import FrameArrived, Input, SessionClosed, SessionOpened
from broker.shell.cost import USUAL
from broker.shell.questions import QUESTIONS

TURN = 200
"""What a party may spend in one turn: some twenty usual inputs, or the part of a dear one."""


@define(eq=False)
class _Party:
    """The sessions of one token.

    Attributes:
        queues: Those that have something to say, in the order of their turns.
        sessions: How many there are.
        waiting: How many inputs of theirs wait.
        in_order: Whether one session after the other is heard, the oldest first: those of an agent,
            of which a new one ends the one before.
        credit: What it may still spend in this turn; less than nothing is a debt.
    """

    name: object
    in_order: bool
    credit: int
    queues: deque[_Queue] = Factory(deque)
    sessions: int = 0
    waiting: int = 0


@define(eq=False)
class _Queue:
    """What one session sent and nobody has decided about.

    Attributes:
        asked: How many questions of each type are among it.
    """

    party: _Party
    inputs: deque[Input] = Factory(deque)
    asked: dict[str, int] = Factory(dict)


@define(eq=False)
class Inbox:
    """Gives the engine one input after the other, fairly.

    Attributes:
        turn: What a party may spend in one turn.
    """

    turn: int = TURN
    _first: deque[Input] = Factory(deque)
    """What no session sent: it has no turns and comes first."""
    _queues: dict[int, _Queue] = Factory(dict)
    _parties: dict[object, _Party] = Factory(dict)
    _turns: deque[_Party] = Factory(deque)
    _paying: _Party | None = None
    _length: int = 0

    def __len__(self) -> int:
        """How many inputs wait."""
        return self._length

    def put(self, input: Input) -> None:
        """Queue an input."""
        self._length += 1
        if type(input) is FrameArrived:
            queue = self._queues.get(input.session) or self._open(input)
            name = input.frame.type
            if name in QUESTIONS:
                queue.asked[name] = queue.asked.get(name, 0) + 1
        elif isinstance(input, SessionOpened | SessionClosed):
            queue = self._queues.get(input.session) or self._open(input)
            if type(input) is SessionClosed:
                self._forget_questions(queue)
        else:
            self._first.append(input)
            return
        party = queue.party
        party.waiting += 1
        if not queue.inputs:
            if not party.queues:
                self._turns.append(party)
            party.queues.append(queue)
        queue.inputs.append(input)

    def take(self) -> Input | None:
        """The next input, paid as a usual one; None when there is none."""
        if not self._length:
            return None
        self._length -= 1
        if self._first:
            self._paying = None
            return self._first.popleft()
        party = self._turns[0]
        if party.credit <= 0:
            party = self._whose_turn()
        self._paying = party
        party.waiting -= 1
        party.credit -= USUAL
        queues = party.queues
        queue = queues[0]
        inputs = queue.inputs
        taken = inputs.popleft()
        if type(taken) is FrameArrived:
            name = taken.frame.type
            if name in QUESTIONS:
                queue.asked[name] -= 1
        if not inputs:
            queues.popleft()
            if not queues:
                self._turns.popleft()
            if type(taken) is SessionClosed:
                self._close(taken, queue)
        elif len(queues) > 1 and not party.in_order:
            queues.rotate(-1)
        return taken

    def pay(self, extra: int) -> None:
        """Tell what the input that was taken last has cost beyond the usual."""
        if self._paying is not None:
            self._paying.credit -= extra

    def crowd(self, session: int) -> int:
        """How many inputs wait of all who came in by the token of a session."""
        queue = self._queues.get(session)
        return queue.party.waiting if queue is not None else 0

    def may_ask(self, session: int, type: str) -> bool:
        """Whether there is room for one more frame of a type; there always is for what is said."""
        most = QUESTIONS.get(type)
        queue = self._queues.get(session)
        return most is None or queue is None or queue.asked.get(type, 0) < most

    def clear(self) -> None:
        """Forget all that waits."""
        self.__init__(self.turn)  # type: ignore[misc]  # of this very class

    def _whose_turn(self) -> _Party:
        """The first in line with credit; who has none gets some and goes to the end."""
        turns = self._turns
        while True:
            party = turns[0]
            if party.credit > 0:
                return party
            if len(turns) == 1:
                party.credit = self.turn  # nobody waits, so nobody is owed anything
                return party
            party.credit += self.turn
            turns.rotate(-1)

    def _open(self, input: FrameArrived | SessionOpened | SessionClosed) -> _Queue:
        name: object = input.session
        agent = None
        if isinstance(input, SessionOpened):
            agent = input.agent_id
            name = agent or (input.gateways[0] if input.gateways else name)
        party = self._parties.get(name)
        if party is None:
            party = self._parties[name] = _Party(name, in_order=agent is not None, credit=self.turn)
        party.sessions += 1
        queue = self._queues[input.session] = _Queue(party)
        return queue

    def _close(self, input: SessionClosed, queue: _Queue) -> None:
        del self._queues[input.session]
        queue.party.sessions -= 1
        if not queue.party.sessions:
            del self._parties[queue.party.name]

    def _forget_questions(self, queue: _Queue) -> None:
        if not any(queue.asked.values()):
            return
        kept = [one for one in queue.inputs if not _is_question(one)]
        dropped = len(queue.inputs) - len(kept)
        self._length -= dropped
        queue.party.waiting -= dropped
        queue.asked.clear()
        queue.inputs.clear()
        queue.inputs.extend(kept)
        if not kept:
            queue.party.queues.remove(queue)
            if not queue.party.queues:
                self._turns.remove(queue.party)


def _is_question(input: Input) -> bool:
    return type(input) is FrameArrived and input.frame.type in QUESTIONS
