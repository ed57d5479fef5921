"""Presence: sessions that begin and end, restart and reload (W-10, W-11, B-11, B-12, B-28, C-4)."""

from __future__ import annotations

from broker.config.model import SECOND, Config
from broker.core.agents.reassignment import drop_party, give_up, offer_over
from broker.core.capacity import capacity_under
from broker.core.chats.transitions import SESSION_ID, bot_awaited, moved, to_waiting
from broker.core.decision import Decision
from broker.core.distribution.lifecycle import move_agent
from broker.core.distribution_state import Work
from broker.core.effects import (
    AgentToWorkplace,
    Answer,
    Dismiss,
    LogEntry,
    OutboundToConnectors,
    Reply,
)
from broker.core.facts import (
    AgentSeated,
    BotAwaited,
    ChatForgotten,
    ConfigReplaced,
    Fact,
    ListenedAgain,
    SessionJoined,
    SessionLeft,
)
from broker.core.facts.causes import (
    AgentCause,
    ChatCause,
    ConversationCause,
    OfferOutcome,
    PartyEnd,
    PassedOver,
)
from broker.core.inputs import Reloaded, Resumed, SessionClosed, SessionOpened, Stamp
from broker.core.presence import registers
from broker.core.routing import conversations
from broker.core.routing.admission import pass_over
from broker.core.routing.endings import dissolve, end_invite, end_offer
from broker.core.state import AgentPresence, Chat, Session, State
from protocol.errors import ByeCode
from protocol.session import Welcome
from protocol.values import (
    AgentState,
    ChatStatus,
    CloseReason,
    Guid,
    TransferMode,
    from_micros,
)

VERSION = 1


def opened(state: State, stamp: Stamp, hello: SessionOpened) -> Decision:
    """Serve a session; a newer one at a workplace or of an agent replaces the older (W-11)."""
    if _was_replaced(state, hello):
        text = "another session has taken over since"
        return Decision([], [Dismiss(hello.session, ByeCode.REPLACED, text)])
    # The welcome comes first, whatever else the newer session is told of what the older one leaves.
    decision = Decision(answer=_welcome(state, stamp, hello))
    if hello.agent_id is not None:
        decision.notices.append(AgentToWorkplace(agent=hello.agent_id))
        for older in _replaced(state, hello):
            decision.add(leave(state, stamp, older))
            decision.notices.append(
                Dismiss(older.number, ByeCode.REPLACED, "a newer connection took over")
            )
    decision.facts.append(
        SessionJoined(
            session=hello.session,
            role=hello.role,
            gateways=hello.gateways,
            workplace=hello.workplace,
            agent=hello.agent_id,
            takes_pieces=hello.takes_pieces,
            takes_messages=hello.takes_messages,
            software=hello.software,
            at=stamp.now,
        )
    )
    for chat in state.unbound:
        if state.chats[chat].gateway in hello.gateways:
            decision.notices.append(OutboundToConnectors(chat=chat, only=hello.session))
    if hello.agent_id is not None:
        known = state.distribution.presences.get(hello.agent_id)
        if known is None or known.state is AgentState.LOG_OFF:
            presence = AgentPresence(agent=hello.agent_id, workplace=hello.workplace)
            decision.facts.append(move_agent(presence, stamp, AgentState.PAUSE, AgentCause.LOGIN))
        decision.facts += _seated(state, stamp, hello)
        decision.facts += _turns(state, hello.agent_id, stamp.up)
        if not hello.takes_messages:
            decision.facts += _handed_in(state, hello.agent_id, stamp)
    return decision


def _handed_in(state: State, agent: Guid, stamp: Stamp) -> list[Fact]:
    """An agent's program shows them no conversation: what they work on waits for somebody else (B-57)."""
    presence = state.distribution.presences.get(agent)
    held = presence.conversations.leases if presence is not None else {}
    facts: list[Fact] = []
    for key, holder in held.items():
        if holder is ChatStatus.ANSWERED:
            one = state.messages.conversations[key]
            cause = ConversationCause.AGENT_LOST
            facts += conversations.give_up(state, one, stamp, cause).facts
    return facts


def _was_replaced(state: State, hello: SessionOpened) -> bool:
    """Whether a session that is to be continued was replaced while it was away (W-11).

    Only a person logs in anew; a program that comes back by itself must not throw out who came after it. One
    that nobody remembers may go on where nobody is.
    """
    if hello.continues is None or hello.agent_id is None:
        return False
    presences = state.distribution.presences
    own = presences.get(hello.agent_id)
    if own is None or own.login is None:
        return bool(_replaced(state, hello))
    return own.login != hello.continues or any(
        other.workplace == hello.workplace and other.seated_at >= own.seated_at
        for other in presences.values()
        if other is not own
    )


def _seated(state: State, stamp: Stamp, hello: SessionOpened) -> list[AgentSeated]:
    """The fact of a login, unless it goes on with the session that the agent has at this workplace."""
    agent, workplace = hello.agent_id, hello.workplace
    assert agent is not None
    assert workplace is not None
    presence, login = state.distribution.presences.get(agent), _session_id(stamp, hello)
    if presence is not None and (presence.login, presence.workplace) == (login, workplace):
        return []
    # Who came after whom must stay so when somebody sets the clock back.
    last = max((one.seated_at for one in state.distribution.presences.values()), default=0)
    at = max(stamp.now, last + 1)
    return [AgentSeated(agent=agent, at=at, workplace=workplace, login=login)]


def _session_id(stamp: Stamp, hello: SessionOpened) -> Guid:
    """The name of a session: one that goes on after a lost connection keeps it."""
    if hello.agent_id is not None and hello.continues is not None:
        return hello.continues
    return stamp.guid(SESSION_ID)


def _turns(state: State, bot: Guid, up: int) -> list[BotAwaited]:
    """A bot is back: it is awaited only where the visitor said something that it did not answer."""
    presence = state.distribution.presences.get(bot)
    patience = state.config.distribution.bot_timeout
    facts: list[BotAwaited] = []
    for chat_id in presence.leases if presence is not None else ():
        chat = state.chats[chat_id]
        if chat.status is ChatStatus.ICR and chat.has(bot):
            spoken = [s.words.outbound for s in chat.transcript.sentences if not s.words.own][-1:]
            facts.append(BotAwaited(chat.id, up + patience if spoken == [False] else None))
    return facts


def _replaced(state: State, hello: SessionOpened) -> list[Session]:
    numbers: dict[int, None] = {}
    if hello.workplace in state.workplace_sessions:
        numbers[state.workplace_sessions[hello.workplace]] = None
    presence = state.distribution.presences.get(hello.agent_id) if hello.agent_id else None
    if presence is not None and presence.session is not None:
        numbers[presence.session] = None
    return [state.sessions[number] for number in numbers]


def _welcome(state: State, stamp: Stamp, hello: SessionOpened) -> Answer:
    config = state.config
    agent = config.agents.get(hello.agent_id) if hello.agent_id is not None else None
    welcome = Welcome(
        version=VERSION,
        node=config.server.node,
        session_id=_session_id(stamp, hello),
        heartbeat_seconds=max(1, round(config.server.heartbeat / 1_000_000)),
        frame_bytes=config.limits.frame_bytes,
        time_utc=from_micros(stamp.now),
        agent_id=agent.id if agent is not None else None,
        agent_name=agent.name if agent is not None else None,
        workplace_number=hello.workplace,
    )
    return Answer(hello.session, hello.re, Reply("SYS_WELCOME", welcome))


def closed(state: State, stamp: Stamp, gone_session: SessionClosed) -> Decision:
    """A connection is gone; one that was replaced or never welcomed is known no more."""
    session = state.sessions.get(gone_session.session)
    return leave(state, stamp, session) if session is not None else Decision()


def leave(state: State, stamp: Stamp, session: Session) -> Decision:
    """End a session: alerts at its workplace are withdrawn at once, its chats are kept (B-11)."""
    decision = Decision([SessionLeft(session=session.number, agent=session.agent, at=stamp.now)])
    if session.agent is None:
        return decision
    presence = state.distribution.presences[session.agent]
    for chat_id, holder in presence.leases.items():
        chat = state.chats[chat_id]
        if holder is ChatStatus.ALERTING:
            decision.add(offer_over(state, chat, stamp, OfferOutcome.LOST))
        elif chat.status is ChatStatus.ICR:
            decision.facts.append(bot_awaited(state, chat, stamp))
    for chat_id in presence.watching:
        decision.add(drop_party(state, state.chats[chat_id], session.agent, stamp, PartyEnd.LOST))
    for alerted, holder in presence.conversations.leases.items():
        if holder is ChatStatus.ALERTING:
            one = state.messages.conversations[alerted]
            decision.add(conversations.offer_over(state, one, stamp, OfferOutcome.LOST))
    return decision


def next_leaver(state: State, stamp: Stamp) -> Decision | None:
    """Take the NextState of the first agent who has no chat any more (B-28)."""
    agent = next(iter(state.distribution.logoffs_due), None)
    if agent is None:
        return None
    presence = state.distribution.presences[agent]
    wanted = presence.next_state or presence.state
    decision = Decision(
        [move_agent(presence, stamp, wanted, AgentCause.NEXT)], [AgentToWorkplace(agent=agent)]
    )
    if wanted is AgentState.LOG_OFF:
        # Whoever is gone watches nothing, and their workplace is closed.
        for chat_id in presence.watching:
            decision.add(drop_party(state, state.chats[chat_id], agent, stamp, PartyEnd.LEFT))
        if presence.session is not None:
            decision.notices.append(Dismiss(presence.session, ByeCode.LOGGED_OFF))
    return decision


def booted(state: State, stamp: Stamp) -> Decision:
    """After a restart: offers end, agents are waited for, chats without a gateway end (B-12)."""
    decision = Decision()
    for chat in list(state.chats.values()):
        if not chat.is_open:
            continue
        if chat.gateway not in state.config.gateways:
            gone = dissolve(state, chat, stamp, PartyEnd.RESTART)
            closed = moved(
                chat,
                stamp,
                ChatStatus.CLOSED,
                ChatCause.CLOSED,
                chat.agent,
                reason=CloseReason.ADMIN,
            )
            decision.facts += [*gone.facts, closed, ChatForgotten(chat.id)]
        else:
            decision.add(_resumed(state, chat, stamp))
    for conversation in state.messages.conversations.values():
        decision.add(conversations.restarted(state, conversation, stamp))
    return decision


def _resumed(state: State, chat: Chat, stamp: Stamp) -> Decision:
    """What a restart ends of a chat: whatever hung on a connection."""
    decision = Decision(end_offer(state, chat, stamp, OfferOutcome.RESTART).facts)
    match chat.status:
        case ChatStatus.ALERTING:
            decision.facts += to_waiting(chat, stamp, ChatCause.RESTART).facts
        case ChatStatus.ICR if chat.offer is not None or not _is_awaited(state, chat):
            if chat.agent is not None:
                decision.facts += pass_over(state, chat, stamp, PassedOver.RESTART).facts
        case ChatStatus.ICR if chat.agent is not None:
            decision.facts.append(bot_awaited(state, chat, stamp))
        case ChatStatus.ANSWERED:
            if not _is_awaited(state, chat):
                return give_up(state, chat, stamp)
            decision.facts += end_invite(state, chat, stamp, OfferOutcome.RESTART).facts
            for agent, party in chat.parties.items():
                presence = state.distribution.presences.get(agent)
                if (
                    party.mode is TransferMode.MONITOR
                    or presence is None
                    or presence.lost_at is None
                ):
                    decision.facts += drop_party(state, chat, agent, stamp, PartyEnd.RESTART).facts
        case _:
            pass
    return decision


def _is_awaited(state: State, chat: Chat) -> bool:
    """Whether the agent of an answered chat may come back: they are known, and were at work."""
    presence = state.distribution.presences.get(chat.agent) if chat.agent is not None else None
    return presence is not None and presence.lost_at is not None


def resumed(state: State, stamp: Stamp, gap: Resumed) -> Decision:
    """The broker listens again: whoever it waits for has a grace from now on (B-13)."""
    decision = Decision(
        [ListenedAgain()], [LogEntry("listened_again", {"deaf_seconds": gap.deaf / SECOND})]
    )
    for presence in state.distribution.presences.values():
        if presence.is_wrapping_up:
            decision.notices.append(AgentToWorkplace(agent=presence.agent))
    return decision


def reloaded(state: State, stamp: Stamp, reload: Reloaded) -> Decision:
    """A new configuration is in force at once; sessions and chats go on (C-4)."""
    decision = Decision([ConfigReplaced(config=reload.config)])
    decision.notices.append(LogEntry("configuration_replaced", {}))
    decision.notices += registers.changed(state, reload.config)
    for presence in state.distribution.presences.values():
        if _picture(state.config, presence) != _picture(reload.config, presence):
            decision.notices.append(AgentToWorkplace(agent=presence.agent))
    for conversation in state.messages.conversations.values():
        decision.add(conversations.reloaded(state, reload.config, conversation, stamp))
    return decision


def _picture(config: Config, presence: AgentPresence) -> tuple[int, int, str | None]:
    """What of an agent's state hangs on the configuration."""
    known = config.agents.get(presence.agent)
    chats, messages = (capacity_under(config, presence, work) for work in Work)
    return chats, messages, known.name if known is not None else None
