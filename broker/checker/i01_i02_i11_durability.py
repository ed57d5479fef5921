"""I-1, I-2, I-11: what was said to be stored is stored, once, and was stored before it was said."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from broker.checker.dump import SentenceRow
from broker.checker.evidence import Connection, Story
from broker.checker.history import Event, Kind
from broker.checker.naive_client import INTERNAL, line_of
from broker.checker.violation import Violation
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.scenario import ScenarioResultInfo
from protocol.session import Ack
from protocol.values import ChatStatus, Guid, PartyState, Role, to_micros


def got_frames(story: Story) -> Iterator[tuple[Connection, Event, Frame]]:
    """Every frame that a client received."""
    for connection in story.connections.values():
        for event in connection.events:
            if event.kind is Kind.GOT and event.frame is not None:
                yield connection, event, event.frame


def nothing_lost(story: Story) -> Iterator[Violation]:
    """I-1: each acknowledged sentence, confirmation, status and form is in the store."""
    for connection, event, frame in got_frames(story):
        for chat, text in _lost(story, connection, frame):
            yield Violation("I-1", text, event.at, connection.name, chat or "")


def _lost(story: Story, connection: Connection, frame: Frame) -> Iterator[tuple[Guid | None, str]]:
    p = frame.payload
    match frame.type:
        case "SE_CHAT_SENTENCE" | "SC_CHAT_SENTENCE" if isinstance(p, ChatSentenceInfo):
            yield from _lost_sentence(story, connection, p)
        case "SE_CHAT_STATUS" | "SC_CHAT_STATUS" | "SC_CHAT_ALERT" if isinstance(p, ChatStatusInfo):
            yield from _lost_status(story, connection, p)
        case "SE_CHAT_CONFIRM" | "SC_CHAT_CONFIRM" if isinstance(p, ChatCommandInfo) and p.model:
            yield from _lost_of_slot(story, connection, p)
        case "SE_CHAT_CONFIRM" | "SC_CHAT_CONFIRM" if isinstance(p, ChatCommandInfo):
            row = _own_sentence(story, connection, p, inbound=connection.role is Role.CONNECTOR)
            stamp = to_micros(p.time_stamp) if p.time_stamp is not None else None
            if row is not None and row.confirmed_at != stamp:
                text = f"sentence {p.id} was confirmed at {stamp}, the store has {row.confirmed_at}"
                yield row.chat, text
        case "SC_SCENARIO_RESULT" if isinstance(p, ScenarioResultInfo):
            yield from _lost_form(story, p)
        case "SYS_ACK" if isinstance(p, Ack):
            yield from _lost_ack(story, connection, frame)
        case "SC_AGENT_LIST" if isinstance(p, tuple):
            yield from _lost_states(story, p)
        case "SC_AGENT_STATE" if isinstance(p, AgentStateInfo) and p.state is not None:
            told = {(m.agent, m.state) for m in story.dump.agent_moves}
            if p.agent_id is not None and (p.agent_id, p.state.value) not in told:
                yield None, f"agent {p.agent_id} was told {p.state}, the store never had it"
        case _:
            pass


def _lost_of_slot(
    story: Story, connection: Connection, p: ChatCommandInfo
) -> Iterator[tuple[Guid | None, str]]:
    """The confirmation of what its own side had put into a slot, unless something newer is there.

    Newer is also the same once more: after a restart nobody knows what an overwritten slot held, and
    a retry of that is stored again.
    """
    chat, own = story.chat_of(connection, p), connection.role is Role.WORKPLACE
    if chat is None or p.model is None or p.time_stamp is None:
        return
    told = to_micros(p.time_stamp)
    id_, confirmed, at = story.dump.slots.get((chat, own, p.model), (None, None, 0))
    if id_ is None or (id_ == p.id and at <= told and confirmed != told):
        yield chat, f"{p.id} of slot {p.model} was confirmed, the store has {id_}, {confirmed}"


def _lost_states(story: Story, p: tuple[object, ...]) -> Iterator[tuple[Guid | None, str]]:
    told = {(m.agent, m.state) for m in story.dump.agent_moves}
    for one in p:
        if isinstance(one, AgentStateInfo) and (one.agent_id, str(one.state)) not in told:
            yield None, f"agent {one.agent_id} was listed {one.state}, they never were"


def _lost_form(story: Story, p: ScenarioResultInfo) -> Iterator[tuple[Guid | None, str]]:
    if (p.scenario_result_id, p.chat_id) not in story.results:
        yield p.chat_id, f"form {p.scenario_result_id} was told, the store lacks it"


def _lost_sentence(
    story: Story, connection: Connection, p: ChatSentenceInfo
) -> Iterator[tuple[Guid | None, str]]:
    chat = story.chat_of(connection, p)
    if chat is None:
        return
    if p.model == INTERNAL:
        note = story.notes.get(chat, {}).get(p.counter)
        if note is None or (note.id, note.text) != (p.id, p.text):
            yield chat, f"note {p.counter} ({p.id}) was told, the store has {note}"
        return
    if p.counter == 0:
        if (chat, p.is_outbound, p.model) not in story.dump.slots:
            yield chat, f"model {p.model} was told, the store has no such slot"
        return
    row = story.sentences.get(chat, {}).get(p.counter)
    if row is None:
        yield chat, f"sentence {p.counter} ({p.id}) was told, the store lacks it"
    elif (row.id, row.outbound, row.model, row.text) != line_of(p).content:
        yield chat, f"sentence {p.counter} was told as {p.id}, the store has {row.id}"


def _lost_status(
    story: Story, connection: Connection, p: ChatStatusInfo
) -> Iterator[tuple[Guid | None, str]]:
    if p.chat_id is None or p.status is None:
        return
    if p.chat_id not in story.chats:
        yield p.chat_id, f"the chat was told ({p.status}), the store lacks it"
        return
    # What a workplace is told stands for its agent alone; I-8 compares that with the rows.
    is_relative = connection.role is Role.WORKPLACE and p.status is not ChatStatus.CLOSED
    if not is_relative and p.status.value not in {m.status for m in story.moves[p.chat_id]}:
        yield p.chat_id, f"status {p.status} was told, the store never had it"
    rows = story.sentences[p.chat_id]
    for s in p.sentences or ():
        row = rows.get(s.counter)
        if row is None or (row.id, row.outbound, row.model, row.text) != line_of(s).content:
            yield p.chat_id, f"the snapshot had sentence {s.counter} ({s.id}), the store: {row}"
        elif s.confirmed_time is not None and row.confirmed_at != to_micros(s.confirmed_time):
            yield p.chat_id, f"sentence {s.counter} was shown confirmed, the store: {row}"

    notes = story.notes[p.chat_id]
    for s in p.internal or ():
        note = notes.get(s.counter)
        if note is None or (note.id, note.text) != (s.id, s.text):
            yield p.chat_id, f"the snapshot had note {s.counter} ({s.id}), the store: {note}"


def _own_sentence(
    story: Story, connection: Connection, p: ChatCommandInfo, *, inbound: bool
) -> SentenceRow | None:
    chat = story.chat_of(connection, p)
    if chat is None or p.id is None:
        return None
    return story.keys.get((chat, not inbound, p.id))


def _lost_ack(
    story: Story, connection: Connection, frame: Frame
) -> Iterator[tuple[Guid | None, str]]:
    request = connection.request_of(frame)
    match request.payload if request is not None else None:
        case ChatCommandInfo() as asked:
            inbound = connection.role is Role.WORKPLACE
            row = _own_sentence(story, connection, asked, inbound=inbound)
            if row is not None and row.confirmed_at is None:
                text = f"the confirmation of {asked.id} was acknowledged, the store lacks it"
                yield row.chat, text
        case ScenarioResultInfo() as form if form.scenario_result_id is not None:
            if not _is_stored(story, connection, form):
                text = f"form {form.scenario_result_id} was acknowledged, the store lacks it"
                yield form.chat_id, text
        case _:
            pass


def _is_stored(story: Story, connection: Connection, form: ScenarioResultInfo) -> bool:
    """Whether a form is in the store: of its chat, or of a gateway that the connection serves."""
    rows = story.results.get((form.scenario_result_id or Guid(""), form.chat_id), [])
    theirs = {story.setup.gateway_at(peer, None) for peer in connection.peers}
    return any(form.chat_id is not None or row.gateway in theirs for row in rows)


def exactly_once(story: Story) -> Iterator[Violation]:
    """I-2: one key, one sentence, one Counter; everywhere the same."""
    seen: set[tuple[Guid, bool, str]] = set()
    for row in story.dump.sentences:
        key = (row.chat, row.outbound, row.id)
        if key in seen:
            text = f"key {row.id} is stored twice, the second time as {row.counter}"
            yield Violation("I-2", text, chat=row.chat)
        seen.add(key)
    forms = [(row.chat or row.gateway, row.result_id) for row in story.dump.forms]
    if len(set(forms)) != len(forms):
        yield Violation("I-2", "a form is stored twice")
    if len(story.note_keys) != len(story.dump.notes):
        yield Violation("I-2", "a key of a note is stored twice")
    counters: dict[tuple[Guid, bool, bool, str | None], int] = {}
    for connection, event, frame in got_frames(story):
        p = frame.payload
        if isinstance(p, ChatSentenceInfo) and p.counter:
            chat = story.chat_of(connection, p)
            if chat is None:
                continue
            is_note = p.model == INTERNAL
            before = counters.setdefault((chat, is_note, p.is_outbound, p.id), p.counter)
            if before != p.counter:
                text = f"key {p.id} was told as Counter {before} and as {p.counter}"
                yield Violation("I-2", text, event.at, connection.name, chat)
    for connection in story.connections.values():
        yield from (v for v in connection.fold.remarks if v.law == "I-2")


@define
class _Committed:
    """What was durable at a point of the history."""

    facts: set[str] = field(factory=set)
    chats: dict[tuple[str, str], str] = field(factory=dict)
    keys: dict[tuple[str, bool, str], int] = field(factory=dict)
    gateways: dict[str, str] = field(factory=dict)
    owners: dict[str, str] = field(factory=dict)

    def add(self, facts: list[list[str]]) -> None:
        for fact in facts:
            if fact[0] == "chat":
                self.chats[fact[2], fact[3]] = fact[1]
                self.gateways[fact[1]] = fact[2]
            elif fact[0] == "bound":
                self.chats[self.gateways[fact[1]], fact[2]] = fact[1]
            elif fact[0] in ("offer-ended", "party-left"):
                answered = fact[-1] == "answered"
                self.facts.add(f"{'in' if answered else 'gone'}/{fact[1]}/{fact[2]}")
            elif fact[0] == "party":
                self.facts.add(f"in/{fact[1]}/{fact[2]}")
            elif fact[0] == "held":
                self._held(*fact[1:])
            elif fact[0] == "sentence":
                self.keys[fact[1], fact[3] == "out", fact[4]] = int(fact[2])
                fact = fact[:3]
            elif fact[0] == "note":
                fact = fact[:3]
            self.facts.add("/".join(fact))

    def _held(self, chat: str, status: str, agent: str) -> None:
        """A move of a chat: who had it before has it no more."""
        before, self.owners[chat] = self.owners.get(chat, ""), agent
        if before != agent or status == "Waiting":
            self.facts.add(f"gone/{chat}/{before}")
        if status == "Answered":
            self.facts.add(f"in/{chat}/{agent}")


def durable_before_visible(story: Story) -> Iterator[Violation]:
    """I-11: no frame left the broker before what it reports was committed."""
    committed = _Committed()
    for event in story.events:
        if event.kind is Kind.COMMITTED:
            committed.add(event.data["facts"])
        elif event.kind is Kind.GAVE and event.frame is not None:
            connection = story.connections.get(event.conn)
            if connection is None:
                continue
            for fact in _reported(story, connection, event.frame, committed):
                if fact not in committed.facts:
                    text = f"{event.frame.type} left before {fact} was committed"
                    yield Violation("I-11", text, event.at, event.conn)


def _reported(
    story: Story, connection: Connection, frame: Frame, committed: _Committed
) -> Iterator[str]:
    p = frame.payload
    match p:
        case ChatSentenceInfo() if p.model == INTERNAL:
            yield f"note/{_chat(story, connection, p, committed)}/{p.counter}"
        case ChatSentenceInfo() if p.counter:
            yield f"sentence/{_chat(story, connection, p, committed)}/{p.counter}"
        case ChatSentenceInfo():
            yield f"slot/{_chat(story, connection, p, committed)}/{p.model}/{p.id}"
        case ChatStatusInfo() if p.chat_id is not None:
            yield from _reported_status(story, connection, p)
        case ChatCommandInfo() if frame.type in ("SE_CHAT_CONFIRM", "SC_CHAT_CONFIRM"):
            chat = _chat(story, connection, p, committed)
            outbound = connection.role is Role.WORKPLACE
            counter = committed.keys.get((chat, outbound, p.id or ""))
            place = counter if p.model is None else f"{outbound}/{p.model}"
            yield f"confirm/{chat}/{place}"
        case ChatServiceInfo() if frame.type == "SE_CHAT_OUTBOUND":
            yield f"status/{p.return_chat_id}/Pilot"
        case AgentStateInfo():
            yield f"agent/{p.agent_id}/{p.state}"
        case ScenarioResultInfo():
            yield f"form/{p.scenario_result_id}"
        case _:
            pass


def _reported_status(story: Story, connection: Connection, p: ChatStatusInfo) -> Iterator[str]:
    chat, status = p.chat_id, p.status
    if connection.role is Role.CONNECTOR or status is ChatStatus.CLOSED:
        yield f"status/{chat}/{status}"
    else:
        agent = story.agent_of(connection)
        word = {ChatStatus.ALERTING: "offer", ChatStatus.ANSWERED: "in"}.get(
            status or ChatStatus.WAITING, "gone"
        )
        yield f"{word}/{chat}/{agent}"
    for s in p.sentences or ():
        yield f"sentence/{chat}/{s.counter}"
    for s in p.internal or ():
        yield f"note/{chat}/{s.counter}"
    for one in p.parties or ():
        joined = one.state is PartyState.JOINED
        yield f"party/{chat}/{one.agent_id}" if joined else f"asked/{chat}/{one.by_id}"
    if p.scenario_id is not None:
        yield f"form-offered/{chat}/{p.scenario_id}"
    if p.is_parked:
        yield f"parked/{chat}/{p.agent_id}"


def _chat(
    story: Story,
    connection: Connection,
    p: ChatSentenceInfo | ChatCommandInfo,
    committed: _Committed,
) -> str:
    if connection.role is Role.WORKPLACE or p.chat_id is not None:
        return p.chat_id or "?"
    gateway = story.setup.gateway_at(p.peer, p.port)
    return committed.chats.get((gateway or "?", p.tracking_id or "?"), "?")
