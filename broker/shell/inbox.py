"""The inputs that wait for the engine, and whose turn it is (I-14, I-15).

Theory of operation: sessions that came in by the same token are one *party*, and parties take turns:
a turn is a credit, each input is paid when it is known what it cost, and who has no credit left
goes behind the others. So whoever asks much waits for those who ask little, however many sessions
it has and however small its questions are. Nobody waits for a party that has nothing to say. What one
session sent stays in order (I-4).

While few wait and nobody has asked for anything dear, first come is first served, which is as fair
and costs nothing. From the first dear input on, or when many wait, all that waits is divided into
queues, until the last of it is taken.

When a session is gone its questions go with it, for there is nobody to answer. What it *said*
stays: that is decided and stored as if it were still there (I-1).
"""

from __future__ import annotations

from collections import deque

from attrs import Factory, define

from broker.core.inputs import FrameArrived, Input, SessionClosed, SessionOpened
from broker.shell.cost import USUAL
from broker.shell.parties import party_of
from broker.shell.questions import HEAVY, QUESTIONS

TURN = 200
"""What a party may spend in one turn: some twenty usual inputs, or the part of a dear one."""
MANY = 1_024
"""So many inputs that wait are divided, though none of them is dear."""
OF_ONE_HEAVY = 64
"""As how many inputs of a party one counts that may be long."""
OF_ALL_HEAVY = 16
"""As how many it counts among those of all."""


@define(eq=False)
class _Party:
    """The sessions of one token.

    Attributes:
        in_order: Whether one session after the other is heard, the oldest first: those of an agent,
            of which a new one ends the one before.
        credit: What it may still spend in this turn; less than nothing is a debt.
        queues: Those that have something to say, in the order of their turns.
        sessions: How many there are.
        waiting: How many inputs of theirs wait in queues.
        heavy: How many frames of theirs wait that may be long.
    """

    name: object
    in_order: bool
    credit: int
    queues: deque[_Queue] = Factory(deque)
    sessions: int = 0
    waiting: int = 0
    heavy: int = 0


@define(eq=False)
class _Queue:
    """One session, and what waits of it while parties take turns.

    Attributes:
        asked: How many questions of each type wait.
    """

    party: _Party
    inputs: deque[Input] = Factory(deque)
    asked: dict[str, int] = Factory(dict)


@define(eq=False)
class Inbox:
    """Inputs for the engine, one after the other, fairly.

    Attributes:
        turn: What a party may spend in one turn.
        many: How many inputs wait for each other without turns.
    """

    turn: int = TURN
    many: int = MANY
    _first: deque[Input] = Factory(deque)
    """What no session sent: it comes before all that did."""
    _line: deque[Input] = Factory(deque)
    """What sessions sent, while there are no turns."""
    _queues: dict[int, _Queue] = Factory(dict)
    _parties: dict[object, _Party] = Factory(dict)
    _turns: deque[_Party] = Factory(deque)
    _in_turns: int = 0
    """How many inputs wait in queues; while any does, parties take turns."""
    _heavy: int = 0
    _taken: Input | None = None

    def __len__(self) -> int:
        """How many inputs wait."""
        return len(self._line) + self._in_turns + len(self._first)

    def put(self, input: Input) -> None:
        """Queue an input."""
        if type(input) is FrameArrived:
            if input.frame.type in QUESTIONS:
                asked = self._queue_of(input).asked
                asked[input.frame.type] = asked.get(input.frame.type, 0) + 1
            elif input.frame.type in HEAVY:
                self._queue_of(input).party.heavy += 1
                self._heavy += 1
        elif type(input) is SessionClosed:
            self._forget_questions(self._queue_of(input), input.session)
        elif type(input) is SessionOpened:
            self._queue_of(input)
        else:
            self._first.append(input)
            return
        if self._in_turns:
            self._line_up(input)
        else:
            self._line.append(input)
            if len(self._line) >= self.many:
                self._divide()

    def take(self) -> Input | None:
        """The next input, paid as a usual one; None when there is none."""
        if self._first:
            self._taken = None
            return self._first.popleft()
        if self._in_turns:
            taken = self._next_in_turn()
        elif self._line:
            taken = self._line.popleft()
        else:
            return None
        self._taken = taken
        if type(taken) is FrameArrived:
            if taken.frame.type in QUESTIONS:
                self._queue_of(taken).asked[taken.frame.type] -= 1
            elif taken.frame.type in HEAVY:
                self._queue_of(taken).party.heavy -= 1
                self._heavy -= 1
        elif type(taken) is SessionClosed:
            self._close(taken)
        return taken

    def pay(self, extra: int) -> None:
        """Tell what the input that was taken last has cost beyond the usual: from now on there are turns."""
        payer = self._queues.get(getattr(self._taken, "session", -1))
        if payer is not None:
            payer.party.credit -= extra
        self._divide()

    def backlog(self, session: int) -> int:
        """How many inputs wait of all who came in by the token of a session; 0 while few wait.

        A frame that may be long counts as many from the first on.
        """
        queue = self._queues.get(session)
        if queue is None:
            return 0
        return queue.party.waiting + queue.party.heavy * OF_ONE_HEAVY

    def has_room(self, most: int) -> bool:
        """Whether more is to be read, when so many inputs may wait."""
        return len(self) < most and self._heavy * OF_ALL_HEAVY < most

    def may_ask(self, session: int, type: str) -> bool:
        """Whether there is room for one more frame of a type; there always is for what is said."""
        most = QUESTIONS.get(type)
        queue = self._queues.get(session)
        return most is None or queue is None or queue.asked.get(type, 0) < most

    def clear(self) -> None:
        """Forget all that waits."""
        self.__init__(self.turn, self.many)  # type: ignore[misc]  # of this very class

    def _divide(self) -> None:
        """Have the parties take turns with all that waits."""
        line, self._line = self._line, deque()
        for one in line:
            self._line_up(one)

    def _line_up(self, input: Input) -> None:
        assert isinstance(input, FrameArrived | SessionOpened | SessionClosed)
        queue = self._queue_of(input)
        party = queue.party
        self._in_turns += 1
        party.waiting += 1
        if not queue.inputs:
            if not party.queues:
                self._turns.append(party)
            party.queues.append(queue)
        queue.inputs.append(input)

    def _next_in_turn(self) -> Input:
        party = self._turns[0]
        if party.credit <= 0:
            party = self._whose_turn()
        party.credit -= USUAL
        party.waiting -= 1
        self._in_turns -= 1
        queue = party.queues[0]
        taken = queue.inputs.popleft()
        if not queue.inputs:
            self._has_said_all(queue)
        elif len(party.queues) > 1 and not party.in_order:
            party.queues.rotate(-1)
        return taken

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

    def _has_said_all(self, queue: _Queue) -> None:
        party = queue.party
        party.queues.remove(queue)
        if not party.queues:
            self._turns.remove(party)

    def _queue_of(self, input: FrameArrived | SessionOpened | SessionClosed) -> _Queue:
        queue = self._queues.get(input.session)
        if queue is None:
            queue = self._queues[input.session] = _Queue(self._party_of(input))
            queue.party.sessions += 1
        return queue

    def _party_of(self, input: FrameArrived | SessionOpened | SessionClosed) -> _Party:
        name: object = input.session
        agent = None
        if isinstance(input, SessionOpened):
            agent = input.agent_id
            name = party_of(agent, input.gateways) or name
        party = self._parties.get(name)
        if party is None:
            party = _Party(name, in_order=agent is not None, credit=self.turn)
            self._parties[name] = party
        return party

    def _close(self, input: SessionClosed) -> None:
        party = self._queues.pop(input.session).party
        party.sessions -= 1
        if not party.sessions:
            del self._parties[party.name]

    def _forget_questions(self, queue: _Queue, session: int) -> None:
        if not any(queue.asked.values()):
            return
        queue.asked.clear()
        if not self._in_turns:
            kept = [one for one in self._line if not _is_question_of(one, session)]
            self._line = deque(kept)
            return
        kept = [one for one in queue.inputs if not _is_question_of(one, session)]
        dropped = len(queue.inputs) - len(kept)
        self._in_turns -= dropped
        queue.party.waiting -= dropped
        queue.inputs = deque(kept)
        if dropped and not kept:
            self._has_said_all(queue)


def _is_question_of(input: Input, session: int) -> bool:
    return (
        type(input) is FrameArrived and input.session == session and input.frame.type in QUESTIONS
    )
