"""The broker as a function: one input in, facts and effects out.

Theory of operation: `step` decides about the input, applies the facts, and then follows up until
nothing follows any more: rules for chats that just began, log-offs whose time has come, offers
for whatever can be matched now. Each of these is again a decision about the state as it then is,
so no decision ever has to imagine the state that another one will make. What a decision tells
and answers is rendered right after its own facts are applied.

Deciding never writes and refuses by value; applying never refuses. A fault in here is a bug and
ends the process; it never comes from what a peer sent.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import assert_never

from attrs import evolve

from broker.config.model import SECOND, Config
from broker.core.agents import explaining, participants, requests, supervision
from broker.core.agents import letters as agent_letters
from broker.core.agents.participants import next_awake
from broker.core.apply import apply
from broker.core.blob_state import Blobs
from broker.core.blobs import pieces
from broker.core.blobs.restoring import restore_blobs
from broker.core.blobs.scanning import at_start, scanned
from broker.core.chats import forms
from broker.core.chats.apply import add_chat, lost_its_bot
from broker.core.chats.needs import need_of
from broker.core.chats.transcript import add_note, add_sentence, measured_transcript
from broker.core.conversations import explaining as explaining_mail
from broker.core.conversations import queries as mail
from broker.core.conversations import requests as conversing
from broker.core.conversations import transfer as handing_over
from broker.core.conversations import writing
from broker.core.deadlines import arm_all, arm_exclusions
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution import apply as apply_agents
from broker.core.distribution.eligibility import touch
from broker.core.distribution_state import Work
from broker.core.effects import Answer, Dismiss, Effect, Reply
from broker.core.facts import Fact
from broker.core.heard import age, heard_by
from broker.core.inputs import (
    Booted,
    FrameArrived,
    Input,
    InspectedFrame,
    Reloaded,
    Resumed,
    Scanned,
    SessionClosed,
    SessionOpened,
    Stamp,
    TimePassed,
    Unstorable,
)
from broker.core.messages import outcomes
from broker.core.messages.restoring import restore_messages
from broker.core.messages.sending import next_handover
from broker.core.presence import queries, registers
from broker.core.presence.sessions import booted, closed, next_leaver, opened, reloaded, resumed
from broker.core.presence.timeouts import next_timeout
from broker.core.routing.admission import next_unrouted
from broker.core.routing.builtin_bot import next_bot_turn
from broker.core.routing.conversations import seat
from broker.core.routing.offering import next_offer
from broker.core.serving import Handler, Recogniser
from broker.core.short_way import step_shortly
from broker.core.state import AgentPresence, Chat, Recovered, State
from broker.core.timers import Term
from broker.core.views.notifications import rendered
from broker.core.visitors import letters, outbound, sentences, starting, texts
from protocol.catalogue import CATALOGUE
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.session import SysError
from protocol.values import AgentState, ChatStatus, Guid, Role, TransferMode

HANDLERS: dict[str, Handler] = {
    "CS_AGENT_LIST": queries.agents,
    "CS_AGENT_STATE": requests.set_state,
    "CS_BLOB_GET": pieces.get,
    "CS_BLOB_PUT": pieces.put,
    "CS_CHAT_ANSWER": requests.answer,
    "CS_CHAT_CLOSE": requests.close_any,
    "CS_CHAT_CONFIRM": sentences.confirm_from_workplace,
    "CS_CHAT_EXPLAIN": explaining.explanation,
    "CS_CHAT_HANGUP": requests.hang_up,
    "CS_CHAT_INVITE": participants.invite,
    "CS_CHAT_LEAVE": participants.leave,
    "CS_CHAT_OPEN": outbound.from_workplace,
    "CS_CHAT_OVERVIEW": supervision.overview,
    "CS_CHAT_PARK": participants.park,
    "CS_CHAT_RESYNC": queries.resync_workplace,
    "CS_CHAT_RETURN": participants.give_back,
    "CS_CHAT_SENTENCE": sentences.from_workplace,
    "CS_CHAT_STATUS": queries.status_workplace,
    "CS_CHAT_TRANSFER": participants.transfer,
    "CS_CHAT_TYPING": sentences.typing_from_workplace,
    "CS_CHAT_WRAPUP": requests.wrap_up,
    "CS_CONVERSATION_ANSWER": conversing.answer,
    "CS_CONVERSATION_CLOSE": conversing.close,
    "CS_CONVERSATION_EXPLAIN": explaining_mail.explanation,
    "CS_CONVERSATION_NOTE": writing.note,
    "CS_CONVERSATION_OVERVIEW": mail.overview,
    "CS_CONVERSATION_PARK": conversing.park,
    "CS_CONVERSATION_PICK": conversing.pick,
    "CS_CONVERSATION_RESYNC": mail.resync,
    "CS_CONVERSATION_RETURN": conversing.give_back,
    "CS_CONVERSATION_STATUS": mail.status,
    "CS_CONVERSATION_TRANSFER": handing_over.transfer,
    "CS_CONVERSATION_WRAPUP": conversing.wrap_up,
    "CS_MESSAGE_CANCEL": agent_letters.cancel,
    "CS_MESSAGE_DRAFT": writing.draft,
    "CS_MESSAGE_RETRY": agent_letters.retry,
    "CS_MESSAGE_SEND": agent_letters.send,
    "CS_SCENARIO_LOAD": forms.load,
    "CS_SCENARIO_RESULT": forms.result,
    "CS_SCENARIO_SAVE": forms.save_from_workplace,
    "ES_BLOB_GET": pieces.get,
    "ES_BLOB_PUT": pieces.put,
    "ES_CHAT_CONFIRM": sentences.confirm_from_connector,
    "ES_CHAT_OPEN": outbound.from_connector,
    "ES_CHAT_REQUEST": starting.request,
    "ES_CHAT_RESYNC": queries.resync_connector,
    "ES_CHAT_SENTENCE": sentences.from_connector,
    "ES_CHAT_START": starting.start,
    "ES_CHAT_STATUS": queries.status_connector,
    "ES_CHAT_STOP": starting.stop,
    "ES_CHAT_TYPING": sentences.typing_from_connector,
    "ES_MESSAGE_RECEIVING": letters.receive,
    "ES_MESSAGE_REPORT": outcomes.report,
    "ES_MESSAGE_SENT": outcomes.sent,
    "ES_SCENARIO_LOAD": forms.load,
    "ES_SCENARIO_SAVE": forms.save_from_connector,
    "ES_SL_GETGATEWAYS": registers.message_gateways,
    "ES_WS_LITERALS_GET": registers.literals,
    "ES_WS_ROUTING": registers.routing,
}
"""Who decides about which frame. A frame of the catalogue that is not here is not served."""
TAKEN_BEFORE: dict[str, Recogniser] = {
    "CS_BLOB_PUT": pieces.put_before,
    "CS_MESSAGE_SEND": agent_letters.sent_before,
    "ES_BLOB_PUT": pieces.put_before,
    "ES_MESSAGE_RECEIVING": letters.received_before,
}
"""Who knows by its name what was taken before, whatever is the matter with its content this time."""

NOT_STORED = Refusal(ErrorCode.BAD_PAYLOAD, "Payload: the database refuses to store it")
"""What is said of a frame whose rows the database refuses; again it would be refused again."""

_ALLOWED: dict[str, Role] = {
    spec.type: Role(spec.sender)
    for spec in CATALOGUE.values()
    if spec.sender in ("connector", "workplace")
}
_FOLLOW_UPS = (
    next_unrouted,
    next_bot_turn,
    next_leaver,
    next_awake,
    next_offer,
    next_handover,
)


def step(state: State, stamp: Stamp, input: Input) -> tuple[list[Fact], list[Effect]]:
    """Decide about one input and apply what was decided.

    Args:
        state: Is changed.
        stamp: Now, and the source of ids.
        input: What happened. `TimePassed` handles one due timer; ask again while one is due.

    Returns:
        The facts in order (only the durable ones are to be stored), and the effects, to be
        released when these facts and all earlier ones are durable.
    """
    state.now, state.up = stamp.now, stamp.up
    if abs(stamp.now - stamp.up - state.ahead) > SECOND:
        state.ahead = stamp.now - stamp.up
    if type(input) is FrameArrived and not has_follow_ups(state):
        usual = step_shortly(state, stamp, input)
        if usual is not None:
            return usual
    facts: list[Fact] = []
    effects: list[Effect] = []
    _carry_out(state, stamp, _decide(state, stamp, input), facts, effects)
    while has_follow_ups(state):
        for follow_up in _FOLLOW_UPS:
            decision = follow_up(state, stamp)
            if decision is not None:
                _carry_out(state, stamp, decision, facts, effects)
                break
        else:
            break
    return facts, effects


def has_follow_ups(state: State) -> bool:
    """Whether anything may follow that no input asked for, as it may in a state that was just built."""
    d = state.distribution
    of_agents = d.entries_to_match or d.agents_to_match or d.logoffs_due
    return bool(state.unrouted or state.bots_due or of_agents or state.messages.to_send)


def _carry_out(
    state: State, stamp: Stamp, decision: Decision, facts: list[Fact], effects: list[Effect]
) -> None:
    for fact in decision.facts:
        apply(state, fact)
    if state.config.as_chats:
        _carry_out_texts(state, stamp, decision, facts, effects)
        return
    facts += decision.facts
    effects += rendered(state, decision, stamp.now)


def _carry_out_texts(
    state: State, stamp: Stamp, decision: Decision, facts: list[Fact], effects: list[Effect]
) -> None:
    """Finish a decision where sentences may go out as messages (B-60)."""
    for message in texts.outgoing(state, stamp, decision):
        apply(state, message)
        decision.facts.append(message)
    facts += decision.facts
    effects += rendered(state, decision, stamp.now)
    follows = texts.after(state, stamp, decision)
    if follows is not None:
        _carry_out(state, stamp, follows, facts, effects)


def _decide(state: State, stamp: Stamp, input: Input) -> Decision:
    match input:
        case FrameArrived():
            return _decide_frame(state, stamp, input)
        case SessionOpened():
            return opened(state, stamp, input)
        case SessionClosed():
            return closed(state, stamp, input)
        case TimePassed():
            return next_timeout(state, stamp) or Decision()
        case Booted():
            started = booted(state, stamp)
            started.add(at_start(state, stamp))
            return started
        case Resumed():
            return resumed(state, stamp, input)
        case Reloaded():
            return reloaded(state, stamp, input)
        case Scanned():
            return scanned(state, stamp, input)
        case Unstorable():
            return _unstorable(state, input.refused, too_often=input.too_often)
        case _:
            assert_never(input)


def _decide_frame(state: State, stamp: Stamp, arrived: FrameArrived) -> Decision:
    session = state.sessions.get(arrived.session)
    if session is None:
        # Its session was replaced while the frame was on its way: nobody is there to answer.
        return Decision()
    frame = arrived.frame
    handler = HANDLERS.get(frame.type)
    outcome: Outcome
    if _ALLOWED.get(frame.type) is not session.role:
        outcome = Refusal(ErrorCode.NOT_ALLOWED, "not a frame of this role")
    elif handler is None:
        outcome = Refusal(ErrorCode.NOT_ALLOWED, "not served by this version")
    elif isinstance(frame, InspectedFrame) and frame.refused is not None:
        before = TAKEN_BEFORE.get(frame.type)
        known = before(state, stamp, session, frame) if before is not None else None
        outcome = known if known is not None else Refusal(frame.refused, frame.text)
    else:
        outcome = handler(state, stamp, session, frame)
    if isinstance(outcome, Refusal):
        return refused(session.number, frame, outcome)
    return outcome


def _unstorable(state: State, input: FrameArrived | SessionOpened, *, too_often: bool) -> Decision:
    """Answer an input that would have been served if the database took its rows (W-20)."""
    if isinstance(input, FrameArrived):
        if input.session not in state.sessions:
            return Decision()
        decision = refused(input.session, input.frame, NOT_STORED)
        if too_often:
            text = "far more than one frame that the store does not take"
            decision.notices.append(Dismiss(input.session, ByeCode.RATE_LIMITED, text))
        return decision
    text = "the store does not take this session"
    return Decision([], [Dismiss(input.session, ByeCode.STORE_UNAVAILABLE, text)])


def refused(session: int, frame: Frame, refusal: Refusal) -> Decision:
    """The `SYS_ERROR` that answers a refused frame (W-14)."""
    error = SysError(code=refusal.code, text=refusal.text, type=frame.type, fatal=False)
    return Decision(answer=Answer(session, frame.id, Reply("SYS_ERROR", error)))


def restore(
    config: Config,
    recovered: Recovered,
    now: int,
    up: int | None = None,
    also: Container[Guid] = frozenset(),
) -> State:
    """Build the state from what the store holds (B-12, B-13).

    Everything derived is made here: indexes, sizes, queue entries, leases, timers. Everything is as old
    as the time in which the broker listened since; agents who were at work are lost as of `now`. Follow
    with a `Booted` input, which ends what a restart ends.

    Args:
        config: The configuration in force.
        recovered: What the store holds; becomes part of the state.
        now: Microseconds since the Unix epoch.
        up: The same on the clock of deadlines, which may run already (see `Stamp`).
        also: Agents who are not in the configuration any more and are kept nevertheless.
    """
    up = now if up is None else up
    state = State(
        config=config,
        now=now,
        lone_forms=recovered.lone_forms,
        contacts=recovered.contacts,
        up=up,
        ahead=now - up,
        resumed=up,
        next_chat=recovered.next_chat,
        next_offer=recovered.next_offer,
        blobs=Blobs(next_no=recovered.next_blob),
    )
    heard = heard_by(recovered.heard, now) or ((0, now),)

    def aged(at: int) -> int:
        return up - age(heard, at)

    for one in recovered.presences:
        _bring_back(state, one, aged, is_kept=one.agent in config.agents or one.agent in also)
    for chat in recovered.chats:
        if chat.gateway not in config.gateways and not chat.is_open:
            continue
        _rebase(chat, aged)
        _fill_in(chat)
        add_chat(state, chat)
        _seat(state, chat)
    restore_messages(state, recovered.messages, aged)
    for conversation in state.messages.conversations.values():
        seat(state, conversation)
    restore_blobs(state, recovered.blobs, aged)
    _put_in_order(state)
    _await_agents(state)
    arm_all(state)
    apply_agents.arm_presences(state)
    return state


def _bring_back(
    state: State, one: AgentPresence, aged: Callable[[int], int], *, is_kept: bool
) -> None:
    """Take a recovered agent in; of one who is not kept only what has to end in time."""
    for work in Work:
        wrapups = one.workload(work).wrapups
        for key, running in wrapups.items():
            term = Term(aged(running.term.since), running.term.length)
            wrapups[key] = evolve(running, term=term)
    if is_kept:
        state.distribution.presences[one.agent] = one
    elif one.is_wrapping_up:
        state.distribution.presences[one.agent] = AgentPresence(
            agent=one.agent, wrapups=one.wrapups, conversations=one.conversations
        )


def _fill_in(chat: Chat) -> None:
    """Make what the transcript of a recovered chat is found and measured by."""
    notes, chat.transcript.internal = chat.transcript.internal, []
    activity = chat.activity.last
    if chat.transcript.stored is not None:
        chat.transcript.writers.update(dict.fromkeys(chat.transcript.stored.writers))
    else:
        said, chat.transcript.sentences = chat.transcript.sentences, []
        for sentence in said:
            add_sentence(chat, sentence)
    for note in notes:
        add_note(chat, note)
    for pinned in chat.transcript.pinned.values():
        if pinned.words.agent is not None:
            chat.transcript.writers[pinned.words.agent] = None
    chat.activity.last = activity
    chat.transcript.size = measured_transcript(chat)


def _put_in_order(state: State) -> None:
    """What closed first, and what was to come back first, stand in front."""
    starting, d = state.chats, state.distribution
    for gateway, ended in state.closed_chats.items():
        in_order = sorted(ended, key=lambda c: (starting[c].ending.closed_up, c))
        state.closed_chats[gateway] = dict.fromkeys(in_order)

    def woken_at(chat: Guid) -> int:
        parking = starting[chat].parking
        return (parking.woken_at or 0) if parking is not None else 0

    d.resuming = dict.fromkeys(sorted(d.resuming, key=lambda c: (woken_at(c), c)))


def _rebase(chat: Chat, aged: Callable[[int], int]) -> None:
    """Put the times that a recovered chat's deadlines begin with onto the clock of deadlines."""
    chat.started_up = aged(chat.started_at)
    chat.activity.quiet_up = max(aged(at) for at in _spoken(chat))
    if chat.waiting.enqueued_at is not None:
        chat.waiting.queued_up = aged(chat.waiting.enqueued_at)
    if chat.ending.closed_at is not None:
        chat.ending.closed_up = aged(chat.ending.closed_at)
    if chat.exclusions:
        chat.exclusions = {agent: aged(at) for agent, at in chat.exclusions.items()}
    if chat.parking is not None:
        chat.parking.up = aged(chat.parking.at)
    if chat.offer is not None:
        chat.offer.term = evolve(chat.offer.term, since=aged(chat.offer.term.since))
    if chat.invite is not None:
        chat.invite.term = evolve(chat.invite.term, since=aged(chat.invite.term.since))


def _spoken(chat: Chat) -> Iterator[int]:
    """When inactivity began anew, each by the clock of then.

    What is the latest of them has to be judged by age: a clock may have been set back between two of them.
    """
    yield chat.activity.since
    if chat.activity.unparked_at:
        yield chat.activity.unparked_at
    stored = chat.transcript.stored
    last = stored.spoken_at if stored is not None else _last_spoken(chat)
    if last is not None:
        yield last


def _last_spoken(chat: Chat) -> int | None:
    said = reversed(chat.transcript.sentences)
    return next((one.words.at for one in said if not one.words.own), None)


def _seat(state: State, chat: Chat) -> None:
    """Make a recovered chat known to the distribution, with its entry and its leases."""
    d = state.distribution
    d.gateways[chat.id] = chat.gateway
    alerted = chat.offered_to
    if alerted is not None:
        apply_agents.lease(state, chat.id, alerted, ChatStatus.ALERTING)
    if chat.agent is not None and chat.has(chat.agent):
        if chat.parking is None:
            apply_agents.lease(state, chat.id, chat.agent, ChatStatus.ANSWERED)
        else:
            apply_agents.presence_of(state, chat.agent).parked[chat.id] = None
            if chat.parking.woken_at is not None:
                d.resuming[chat.id] = None
    for agent, party in chat.parties.items():
        if party.mode is TransferMode.MONITOR:
            apply_agents.presence_of(state, agent).watching[chat.id] = None
        else:
            apply_agents.lease(state, chat.id, agent, ChatStatus.ANSWERED)
    apply_agents.requeue(state, chat.id, need_of(chat))
    if lost_its_bot(state, chat):
        state.bots_due[chat.id] = None


def _await_agents(state: State) -> None:
    """Wait for the agents who were at work, and end their wrap-ups in time."""
    d = state.distribution
    for one in d.presences.values():
        for chat_id in list(one.wrapups):
            if chat_id not in state.chats:
                del one.wrapups[chat_id]
                continue
            apply_agents.lease(state, chat_id, one.agent, ChatStatus.CLOSED)
            state.chats[chat_id].ending.wrapping += (one.agent,)
        for key in one.conversations.wrapups:
            apply_agents.lease(state, key, one.agent, ChatStatus.CLOSED, Work.CONVERSATION)
            state.messages.conversations[key].wrapping = one.agent
        if one.state is not AgentState.LOG_OFF:
            one.lost_at = one.left_at = state.up
        apply_agents.free_to_leave(state, one, worked=False)
        touch(state, one.agent)
    arm_exclusions(state)
