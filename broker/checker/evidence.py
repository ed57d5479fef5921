"""A history and a dump, indexed for the laws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from broker.checker.dump import ChatRow, Dump, FormRow, MoveRow, NoteRow, SentenceRow
from broker.checker.history import Event, Kind
from broker.checker.involvement import Spans
from broker.checker.mail import Mail
from broker.checker.naive_client import NaiveClient
from broker.checker.naive_correspondent import NaiveCorrespondent
from broker.checker.setup import Setup
from broker.checker.timeline import Timeline
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.session import Hello
from protocol.values import Guid, Role

Addressed = ChatSentenceInfo | ChatCommandInfo | ChatServiceInfo


@define
class Connection:
    """One connection as its client saw it.

    Attributes:
        events: What was sent and got, in order.
        welcomed_at: When the welcome came; None: never.
        gone_at: When it ended; None: it lived to the end.
        requests: The frames sent with an `Id`, by it.
    """

    name: str
    client: str
    role: Role
    peers: tuple[str, ...]
    login: str | None
    dialled_at: int
    fold: NaiveClient
    letters: NaiveCorrespondent
    events: list[Event] = field(factory=list)
    welcomed_at: int | None = None
    gone_at: int | None = None
    requests: dict[int | str, Frame] = field(factory=dict)

    @property
    def takes_messages(self) -> bool:
        """Whether its hello said that its agent may be offered conversations (B-57)."""
        said = (event.frame.payload for event in self.events if event.frame is not None)
        return any(isinstance(hello, Hello) and bool(hello.takes_messages) for hello in said)

    def request_of(self, frame: Frame) -> Frame | None:
        """What a frame answers."""
        return self.requests.get(frame.re) if frame.re is not None else None


@define
class Story:
    """Everything that the laws read.

    Attributes:
        timeline: What its clocks are to each other; the dump is on that of the events.
        setups: The configurations, the last one in force at the end.
        ways: What each message gateway that there ever was is like, as it was said last.
        probe_at: When the clients began to ask for fresh snapshots.
        end_at: When the run ended.
    """

    events: list[Event]
    dump: Dump
    timeline: Timeline = field(factory=Timeline)
    setups: list[Setup] = field(factory=list)
    ways: dict[Guid, Mapping[str, Any]] = field(factory=dict)
    connections: dict[str, Connection] = field(factory=dict)
    calm_at: int | None = None
    probe_at: int | None = None
    end_at: int | None = None
    chats: dict[Guid, ChatRow] = field(factory=dict)
    tracked: dict[tuple[Guid, str], list[Guid]] = field(factory=dict)
    sentences: dict[Guid, dict[int, SentenceRow]] = field(factory=dict)
    keys: dict[tuple[Guid, bool, str], SentenceRow] = field(factory=dict)
    notes: dict[Guid, dict[int, NoteRow]] = field(factory=dict)
    note_keys: dict[tuple[Guid, str], NoteRow] = field(factory=dict)
    moves: dict[Guid, list[MoveRow]] = field(factory=dict)
    results: dict[tuple[Guid, Guid | None], list[FormRow]] = field(factory=dict)
    spans: Spans = field(factory=Spans)
    mail: Mail = field(factory=Mail)

    @classmethod
    def read(cls, events: Iterable[Event], dump: Dump) -> Story:
        """Index a history and a dump."""
        known = list(events)
        timeline = Timeline.read(known)
        story = cls(known, timeline.put_right(dump), timeline)
        story._index_dump()
        for event in story.events:
            story._index_event(event)
        return story

    @property
    def setup(self) -> Setup:
        """The last configuration."""
        return self.setups[-1]

    def _index_dump(self) -> None:
        for chat in self.dump.chats:
            self.chats[chat.id] = chat
            self.tracked.setdefault((chat.gateway, chat.tracking_id), []).append(chat.id)
            self.sentences[chat.id] = {}
            self.notes[chat.id] = {}
            self.moves[chat.id] = []
        for sentence in self.dump.sentences:
            self.sentences.setdefault(sentence.chat, {})[sentence.counter] = sentence
            self.keys[sentence.chat, sentence.outbound, sentence.id] = sentence
        for note in self.dump.notes:
            self.notes.setdefault(note.chat, {})[note.counter] = note
            self.note_keys[note.chat, note.id] = note
        for form in self.dump.forms:
            self.results.setdefault((form.result_id, form.chat), []).append(form)
        for move in self.dump.moves:
            self.moves.setdefault(move.chat, []).append(move)
        self.spans = Spans.read(self.dump, self.moves)
        self.mail = Mail.read(self.dump)

    def _index_event(self, event: Event) -> None:
        match event.kind:
            case Kind.SETUP:
                self.setups.append(Setup(event.data, event.at))
                self.ways.update(event.data.get("message_gateways", {}))
            case Kind.CALM:
                self.calm_at = event.at
            case Kind.PROBE:
                self.probe_at = event.at
            case Kind.END:
                self.end_at = event.at
            case Kind.DIALLED:
                role = Role(event.data["role"])
                self.connections[event.conn] = Connection(
                    event.conn,
                    event.data["client"],
                    role,
                    tuple(event.data["peers"]),
                    event.data.get("login"),
                    event.at,
                    NaiveClient(role, event.conn),
                    NaiveCorrespondent(event.conn),
                )
            case Kind.SENT | Kind.GOT:
                self._index_frame(self.connections[event.conn], event)
            case Kind.GONE:
                self.connections[event.conn].gone_at = event.at
            case _:
                pass

    def _note_name(self, p: object) -> None:
        """Remember the name under which a message was handed over, if it is another one at the end."""
        if isinstance(p, MessageContentInfo) and p.message_id and p.delivery_system_id:
            letter = self.mail.letters.get(p.message_id)
            if letter is not None and letter.delivery_id != p.delivery_system_id:
                self.mail.renamed.add(p.delivery_system_id)

    def _index_frame(self, connection: Connection, event: Event) -> None:
        connection.events.append(event)
        frame = event.frame
        if frame is None:
            return
        if event.kind is Kind.SENT:
            if frame.id is not None:
                connection.requests[frame.id] = frame
            return
        if frame.type == "SE_MESSAGE_SENDING":
            self._note_name(frame.payload)
        if frame.type == "SYS_WELCOME":
            connection.welcomed_at = event.at
        request = connection.request_of(frame)
        connection.fold.took(frame, event.at, request)
        connection.letters.took(frame, event.at, request)

    def chat_of(self, connection: Connection, p: Addressed) -> Guid | None:
        """The chat that a payload names; None when it is not clear which one."""
        if connection.role is Role.WORKPLACE:
            return p.chat_id if not isinstance(p, ChatServiceInfo) else None
        gateway = self.setup.gateway_at(p.peer, p.port)
        if gateway is None or p.tracking_id is None:
            return None
        chats = self.tracked.get((gateway, p.tracking_id), [])
        return chats[0] if len(chats) == 1 else None

    def live(self) -> list[Connection]:
        """The connections that were there at the end."""
        return [
            c for c in self.connections.values() if c.gone_at is None and c.welcomed_at is not None
        ]

    def touched(self, agent: Guid | None, chat: Guid | None) -> bool:
        """Whether an agent ever was anything in a chat."""
        return bool(chat is not None and self.spans.between(chat, agent))

    def is_supervisor(self, agent: Guid | None) -> bool:
        """Whether somebody was a supervisor at any time."""
        return any(setup.is_supervisor(agent) for setup in self.setups)

    def agent_of(self, connection: Connection) -> Guid | None:
        """The agent who sits at a connection."""
        for setup in reversed(self.setups):
            agent = setup.agent_of(connection.login)
            if agent is not None:
                return agent
        return None


def in_force(story: Story, at: int, within: int) -> list[Setup]:
    """The configurations that may have been in force: a new one takes a moment."""
    before = [setup for setup in story.setups if setup.at <= at - within]
    since = [setup for setup in story.setups if at - within < setup.at <= at]
    return [*before[-1:], *since] or story.setups[:1]
