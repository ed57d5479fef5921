"""I-6, I-9: an agent's picture, chats and wrap-ups together, explains every slot that it says is held.

Decided from what a workplace was told, frame by frame, and the weights of the gateways: slots that
nothing in the picture holds could be freed by nobody. What the broker tells late, or not at all, is
found by the rows of the wrap-ups.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from broker.checker.dump import WrapupRow
from broker.checker.evidence import Connection, Story, in_force
from broker.checker.history import Event, Kind
from broker.checker.violation import Violation
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, PartyState, Role, TransferMode

ROUNDING = 2
"""Of a clock that walks slowly two moments may say the same."""
LATE = 5_000_000
"""Within this a wrap-up that began or ended must have been told."""
_HELD = (ChatStatus.ALERTING, ChatStatus.ANSWERED)


@define
class Picture:
    """What an agent can see at a workplace.

    Attributes:
        chats: The chats that are the agent's, each with whether it takes slots.
        wrap_ups: Since when each wrap-up is shown, of a chat or of a conversation.
        listed: Whether the first list has come; before it the picture has only pushes.
        first: The state that the connection began with, as long as it can be held against the list.
        shown: The wrap-ups that are shown no more: chat, from, until.
    """

    agent: Guid
    chats: dict[Guid, bool] = field(factory=dict)
    wrap_ups: dict[Guid, int] = field(factory=dict)
    listed: bool = False
    first: AgentStateInfo | None = None
    shown: list[tuple[Guid, int, int]] = field(factory=list)

    def take(self, frame: Frame, at: int) -> AgentStateInfo | None:
        """NaiveClient in a frame; gives a state that the picture must explain now."""
        p = frame.payload
        match frame.type:
            case "SC_AGENT_STATE" if isinstance(p, AgentStateInfo) and p.agent_id == self.agent:
                self._take_state(p, at)
                self.first = None if self.listed else p
                return p if self.listed else None
            case "SC_CHAT_LIST" if isinstance(p, tuple):
                self.chats.clear()
                for one in p:
                    self._take_status(one)
                first, self.first = (None if self.listed else self.first), None
                self.listed = True
                return first
            case "SC_CHAT_ALERT" | "SC_CHAT_STATUS":
                self.first = None
                self._take_status(p)
            case "SC_CHAT_ALERT_END" if isinstance(p, ChatCommandInfo):
                self.first = None
                self.chats.pop(p.chat_id or Guid(""), None)
            case _:
                pass
        return None

    def _take_status(self, p: object) -> None:
        if not isinstance(p, ChatStatusInfo) or p.chat_id is None:
            return
        self.chats.pop(p.chat_id, None)
        if p.status in _HELD:
            watches = any(
                one.agent_id == self.agent
                and one.mode is TransferMode.MONITOR
                and one.state is PartyState.JOINED
                for one in p.parties or ()
            )
            alerted = p.status is ChatStatus.ALERTING
            self.chats[p.chat_id] = alerted or not (watches or p.is_parked)

    def _take_state(self, p: AgentStateInfo, at: int) -> None:
        names = {one.chat_id or one.conversation_id for one in p.wrap_ups or ()}
        told = {name for name in names if name is not None}
        for chat in [chat for chat in self.wrap_ups if chat not in told]:
            self.shown.append((chat, self.wrap_ups.pop(chat), at))
        for chat in told:
            self.wrap_ups.setdefault(chat, at)

    @property
    def holders(self) -> list[Guid]:
        """What holds slots, as far as the agent can see."""
        return [*(chat for chat, holds in self.chats.items() if holds), *self.wrap_ups]


def explained(story: Story) -> Iterator[Violation]:
    """I-6: the slots that a state says are held are those of the chats and wrap-ups that are shown."""
    for connection, agent in _workplaces(story):
        picture = Picture(agent)
        for event, frame in _got(connection):
            state = picture.take(frame, event.at)
            if state is None:
                continue
            chats = [story.chats[chat] for chat in picture.holders if chat in story.chats]
            loads = {
                sum(setup.capacity_cost(chat.gateway) for chat in chats)
                for setup in in_force(story, event.at, LATE)
            }
            if state.active_chats not in loads:
                text = f"{state.active_chats} slots are held, what is shown explains {min(loads)}"
                yield Violation("I-6", text, event.at, connection.name)
                break


def told(story: Story) -> Iterator[Violation]:
    """I-9: a wrap-up is shown from its beginning to its end, by what the broker gave."""
    rows: dict[Guid, list[WrapupRow]] = {}
    for row in story.dump.every_wrapup:
        rows.setdefault(row.agent, []).append(row)
    for seat in _seats(story):
        for text, at, chat in _untold(story, rows.get(seat.picture.agent, []), seat):
            yield Violation("I-9", text, at, seat.conn, chat)


@frozen
class _Seat:
    """What the broker gave to a workplace for as long as it served it."""

    conn: str
    picture: Picture
    since: int
    until: int

    @property
    def spans(self) -> list[tuple[Guid, int, int]]:
        """When each wrap-up was shown: chat, from, until."""
        running = [(chat, since, self.until) for chat, since in self.picture.wrap_ups.items()]
        return [*self.picture.shown, *running]


def _seats(story: Story) -> Iterator[_Seat]:
    agents = {connection.name: agent for connection, agent in _workplaces(story)}
    served: dict[str, tuple[Picture, int]] = {}
    for event in story.events:
        ended: list[str] = []
        if event.kind is Kind.GAVE and event.frame is not None and event.conn in agents:
            new = (Picture(agents[event.conn]), event.at)
            served.setdefault(event.conn, new)[0].take(event.frame, event.at)
        elif event.kind in (Kind.CRASHED, Kind.STARTED, Kind.END):
            ended = list(served)
        elif event.kind is Kind.LEFT and event.conn in served:
            ended = [event.conn]
        for conn in ended:
            yield _Seat(conn, *served.pop(conn), until=event.at)


def _untold(story: Story, rows: list[WrapupRow], seat: _Seat) -> Iterator[tuple[str, int, Guid]]:
    listened = story.timeline.listened
    for chat, since, last in seat.spans:
        begun = [row for row in rows if row.chat == chat and row.at <= since + ROUNDING]
        ends = [row.ended_at if row.ended_at is not None else seat.until for row in begun]
        if not ends:
            yield "a wrap-up is shown that never began", since, chat
        elif last > max(ends) and listened(max(ends), last) > LATE:
            yield f"its wrap-up is shown until {last}, it ended at {max(ends)}", last, chat
    for row in rows:
        if not seat.since <= row.at < seat.until or listened(row.at, seat.until) <= LATE:
            continue  # perhaps it could not be told any more
        if not any(
            chat == row.chat and row.at <= last and listened(row.at, max(row.at, since)) <= LATE
            for chat, since, last in seat.spans
        ):
            yield f"its wrap-up, from {row.at}, is not shown", row.at, row.chat


def _workplaces(story: Story) -> Iterator[tuple[Connection, Guid]]:
    for connection in story.connections.values():
        agent = story.agent_of(connection)
        if connection.role is Role.WORKPLACE and connection.welcomed_at and agent is not None:
            yield connection, agent


def _got(connection: Connection) -> Iterator[tuple[Event, Frame]]:
    for event in connection.events:
        if event.kind is Kind.GOT and event.frame is not None:
            yield event, event.frame
