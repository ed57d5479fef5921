"""What an owner does with their chat: hand it over, ask somebody in, put it aside, give it back (B-29).

Theory of operation: the chat stays with its owner until somebody else *has* it, so every way that a
transfer can end without that leaves things as they were. At most one invitation is open for a chat;
asking a project is a entry in its queue (`apply_agents.requeue`), asking an agent is an offer at once.
"""

from __future__ import annotations

from broker.config.model import SIGNAL_DURATION
from broker.core.agents.reassignment import drop_party, parties_shown, pass_on, successor_of
from broker.core.capacity import capacity_cost, slots_left
from broker.core.chats.transitions import logged, moved, to_waiting, unparked
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.eligibility import ineligible_reason
from broker.core.effects import Answer, ChatToAgent, ChatToConnectors, ChatToMembers
from broker.core.facts import (
    AgentExcluded,
    ChatParked,
    ChatRouted,
    ChatWoken,
    DecisionLogged,
    InviteMade,
    PartyJoined,
    PartyLeft,
)
from broker.core.facts.causes import (
    ChatCause,
    ChosenBy,
    DecisionKind,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
)
from broker.core.facts.details import AskedFor, Choice, Way
from broker.core.inputs import Stamp
from broker.core.limits import PARTIES_PER_CHAT, WATCHED_PER_AGENT
from broker.core.routing.admission import route
from broker.core.routing.endings import dissolve, end_invite, end_offer
from broker.core.routing.offering import offered
from broker.core.serving import serves
from broker.core.state import AgentPresence, Chat, Session, State
from broker.core.views.addressing import chat_at_workplace, owned_chat
from protocol.chat import ChatCommandInfo, ChatTransferInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, TransferMode


def show_to(chat: Guid, agent: Guid, session: Session, frame: Frame, *, full: bool) -> Answer:
    """The answer to a request about a chat: the chat as it stands for the agent afterwards."""
    return Answer(session.number, frame.id, ChatToAgent(chat=chat, agent=agent, full=full))


@serves(ChatTransferInfo)
def transfer(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatTransferInfo
) -> Outcome:
    """CS_CHAT_TRANSFER: to an agent, to a project, or taken back."""
    found = owned_chat(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    told = show_to(chat.id, presence.agent, session, frame, full=False)
    if p.mode not in (None, TransferMode.TRANSFER):
        return Refusal(ErrorCode.BAD_PAYLOAD, "Mode: must be Transfer")
    if p.to_agent_id is not None and p.to_project_id is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "ToProjectId: goes not with ToAgentId")
    project = p.to_project_id
    if project is not None and project not in state.config.projects:
        return Refusal(ErrorCode.BAD_PAYLOAD, "ToProjectId: no such project")
    if chat.status is ChatStatus.ICR:
        return _bot_done(state, chat, stamp, presence.agent, p, told)
    if p.to_agent_id is None and project is None:
        return _taken_back(state, chat, stamp, told)
    if chat.invite is not None:
        return _ASKED
    if project is not None:
        until = stamp.now + state.config.distribution.transfer_timeout
        asked = _asked(chat, stamp, presence, p, TransferMode.TRANSFER, until)
        return Decision([*asked], [ChatToMembers(chat.id)], told)
    party = chat.parties.get(p.to_agent_id) if p.to_agent_id is not None else None
    if party is not None and party.mode is not TransferMode.MONITOR and p.to_agent_id is not None:
        if state.distribution.presences[p.to_agent_id].session is None:
            return Refusal(ErrorCode.WRONG_STATE, "ToAgentId: away")
        return pass_on(state, chat, stamp, p.to_agent_id, ChatCause.TRANSFERRED).answering(told)
    return _alerted(state, chat, stamp, presence, p, TransferMode.TRANSFER, told)


_ASKED = Refusal(ErrorCode.WRONG_STATE, "ChatId: somebody is being asked already")


def _bot_done(
    state: State, chat: Chat, stamp: Stamp, bot: Guid, p: ChatTransferInfo, told: Answer
) -> Outcome:
    """A bot hands over: to a project, or to whichever the rules name (B-40)."""
    if p.to_agent_id is not None:
        return Refusal(ErrorCode.WRONG_STATE, "ToAgentId: a bot hands over to a project")
    way = Way(bot=bot)
    return route(state, chat, stamp, ChatCause.BOT_DONE, way, p.to_project_id).answering(told)


def _taken_back(state: State, chat: Chat, stamp: Stamp, told: Answer) -> Outcome:
    if chat.invite is None:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: nobody is being asked")
    decision = end_offer(state, chat, stamp, OfferOutcome.WITHDRAWN)
    decision.add(end_invite(state, chat, stamp, OfferOutcome.WITHDRAWN))
    return decision.answering(told)


def _asked(
    chat: Chat,
    stamp: Stamp,
    presence: AgentPresence,
    p: ChatTransferInfo,
    mode: TransferMode,
    until: int,
    agent: Guid | None = None,
) -> list[InviteMade | DecisionLogged]:
    """The facts that somebody is asked."""
    project = p.to_project_id if agent is None else None
    made = InviteMade(
        chat=chat.id,
        no=chat.no,
        by=presence.agent,
        mode=mode,
        agent=agent,
        project=project,
        note=p.note,
        at=stamp.now,
        until=until,
    )
    asked = AskedFor(mode=mode.value, by=presence.agent, project=project)
    return [made, logged(chat, stamp, DecisionKind.TRANSFER, asked, agent)]


def _alerted(
    state: State,
    chat: Chat,
    stamp: Stamp,
    presence: AgentPresence,
    p: ChatTransferInfo,
    mode: TransferMode,
    told: Answer,
) -> Outcome:
    """Ask one agent: they are alerted at once, or that is refused."""
    wanted = p.to_agent_id
    refusal = _may_ask(state, chat, wanted)
    if refusal is not None or wanted is None:
        return refusal or _NOBODY
    project = (
        state.config.projects.get(chat.routing.project)
        if chat.routing.project is not None
        else None
    )
    patience = project.signal_duration if project is not None else SIGNAL_DURATION
    decision = Decision([])
    if wanted in chat.parties:
        # Whoever watches unseen is asked like everybody, and watches no more (B-29).
        gone = PartyLeft(chat=chat.id, no=chat.no, agent=wanted, at=stamp.now, cause=PartyEnd.ASKED)
        decision.facts.append(gone)
    decision.facts += _asked(chat, stamp, presence, p, mode, stamp.now + patience, wanted)
    choice = Choice(candidates=(wanted,), by=ChosenBy.ASKED_FOR, mode=mode.value)
    decision.add(offered(state, chat, wanted, stamp, stamp.now + patience, choice, mode))
    return decision.answering(told)


_NOBODY = Refusal(ErrorCode.BAD_PAYLOAD, "ToAgentId: missing")


def _may_ask(state: State, chat: Chat, wanted: Guid | None) -> Refusal | None:
    """Whether an agent can be asked now: they are known, at work, and have a slot (B-29).

    One who only watches can be: a refusal would tell that they do. They cease to watch.
    """
    if wanted is None:
        return _NOBODY
    known = state.config.agents.get(wanted)
    if known is None or known.retired or known.role == "bot":
        return Refusal(ErrorCode.UNKNOWN_AGENT, "ToAgentId: no such agent")
    party = chat.parties.get(wanted)
    if wanted == chat.agent or (party is not None and party.mode is not TransferMode.MONITOR):
        return Refusal(ErrorCode.WRONG_STATE, "ToAgentId: is in the chat")
    if party is None and len(chat.parties) >= PARTIES_PER_CHAT:
        return Refusal(ErrorCode.OVERLOADED, "ChatId: too many are in the chat")
    reason = ineligible_reason(
        state, state.distribution.presences.get(wanted), capacity_cost(state, chat.gateway)
    )
    if reason is not None:
        return Refusal(ErrorCode.WRONG_STATE, f"ToAgentId: {reason}")
    return None


@serves(ChatTransferInfo)
def invite(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatTransferInfo
) -> Outcome:
    """CS_CHAT_INVITE: consult, conference; a supervisor may let themselves in, and monitor."""
    mode = p.mode
    if mode is None or mode is TransferMode.TRANSFER:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Mode: must be Consult, Conference or Monitor")
    if p.to_project_id is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "ToProjectId: only agents join a chat")
    me = session.agent
    if me is not None and p.to_agent_id in (None, me):
        return _let_in(state, stamp, session, frame, p)
    if mode is TransferMode.MONITOR:
        return Refusal(ErrorCode.NOT_ALLOWED, "Mode: a supervisor monitors by themselves")
    found = owned_chat(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    if chat.status is ChatStatus.ICR:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: a bot asks nobody in")
    if chat.invite is not None:
        return _ASKED
    told = show_to(chat.id, presence.agent, session, frame, full=False)
    party = chat.parties.get(p.to_agent_id) if p.to_agent_id is not None else None
    if party is not None and p.to_agent_id is not None and party.mode is not TransferMode.MONITOR:
        if party.mode is mode:
            return Decision(answer=told)
        joined = _joins_otherwise(chat, stamp, p.to_agent_id, mode, presence.agent)
        return Decision([*joined], [ChatToMembers(chat.id)], told)
    return _alerted(state, chat, stamp, presence, p, mode, told)


def _joins_otherwise(
    chat: Chat, stamp: Stamp, agent: Guid, mode: TransferMode, by: Guid
) -> list[PartyLeft | PartyJoined]:
    return [
        PartyLeft(chat=chat.id, no=chat.no, agent=agent, at=stamp.now, cause=PartyEnd.CHANGED),
        PartyJoined(chat=chat.id, no=chat.no, agent=agent, mode=mode, by=by, at=stamp.now),
    ]


def _let_in(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatTransferInfo
) -> Outcome:
    """A supervisor joins a chat by themselves, unseen or not (B-29)."""
    me, mode = session.agent, p.mode
    assert me is not None
    assert mode is not None
    known = state.config.agents.get(me)
    if p.peer != session.workplace or known is None or known.role != "supervisor":
        return Refusal(ErrorCode.NOT_ALLOWED, "ToAgentId: only a supervisor lets themselves in")
    chat = state.chats.get(p.chat_id) if p.chat_id is not None else None
    if chat is None:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "ChatId: no such chat")
    if chat.status is not ChatStatus.ANSWERED or chat.agent == me:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by somebody else")
    if chat.offered_to == me:
        return _ASKED
    told = show_to(chat.id, me, session, frame, full=True)
    party = chat.parties.get(me)
    if party is not None and party.mode is mode:
        return Decision(answer=told)
    presence = state.distribution.presences[me]
    refusal = _may_enter(state, chat, presence, mode)
    if refusal is not None:
        return refusal
    facts = _joins_otherwise(chat, stamp, me, mode, me)
    if party is None:
        del facts[0]
    if party is None and mode is TransferMode.MONITOR:
        # A push that says nothing new would give them away.
        return Decision([*facts], answer=told)
    return Decision([*facts], [*parties_shown(chat)], told)


def _may_enter(
    state: State, chat: Chat, presence: AgentPresence, mode: TransferMode
) -> Refusal | None:
    if presence.is_logging_off:
        return Refusal(ErrorCode.WRONG_STATE, "logged off, or about to be")
    if presence.agent not in chat.parties and len(chat.parties) >= PARTIES_PER_CHAT:
        return Refusal(ErrorCode.OVERLOADED, "ChatId: too many are in the chat")
    if mode is TransferMode.MONITOR:
        if len(presence.watching) >= WATCHED_PER_AGENT:
            return Refusal(ErrorCode.OVERLOADED, "ChatId: too many chats are monitored")
        return None
    if chat.id not in presence.leases and slots_left(state, presence) < capacity_cost(
        state, chat.gateway
    ):
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: no free slot")
    return None


@serves(ChatCommandInfo)
def leave(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_LEAVE: out of the chat; an owner needs a successor."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    told = show_to(chat.id, presence.agent, session, frame, full=False)
    if presence.agent in chat.parties:
        decision = drop_party(state, chat, presence.agent, stamp, PartyEnd.LEFT)
    else:
        if not chat.is_open:
            return Refusal(ErrorCode.CHAT_CLOSED, "ChatId: the chat is closed")
        if not chat.has(presence.agent):
            return Refusal(ErrorCode.WRONG_STATE, "ChatId: not in the chat")
        successor = successor_of(state, chat)
        if successor is None:
            return Refusal(ErrorCode.WRONG_STATE, "ChatId: nobody would be left to own it")
        decision = pass_on(state, chat, stamp, successor, ChatCause.LEFT)
    return decision.answering(told)


@serves(ChatCommandInfo)
def give_back(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_RETURN: back to the queue, its age kept; not to the same agent at once."""
    found = owned_chat(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    told = show_to(chat.id, presence.agent, session, frame, full=False)
    if chat.status is ChatStatus.ICR:
        return _bot_done(state, chat, stamp, presence.agent, ChatTransferInfo(), told)
    if chat.routing.project is None:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: of no project, so nobody would get it")
    decision = dissolve(state, chat, stamp)
    decision.facts.append(
        AgentExcluded(chat=chat.id, no=chat.no, agent=presence.agent, at=stamp.now)
    )
    decision.add(to_waiting(chat, stamp, ChatCause.RETURNED))
    return decision.answering(told)


@serves(ChatCommandInfo)
def park(state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo) -> Outcome:
    """CS_CHAT_PARK: put a chat aside, or ask for it back (B-22, B-29)."""
    found = owned_chat(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    if chat.status is ChatStatus.ICR:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: a bot puts nothing aside")
    told = show_to(chat.id, presence.agent, session, frame, full=False)
    if p.is_parked is (chat.parking is not None):
        # Asked twice; but the second wish to have it back may be the first after a wake-up.
        return Decision(answer=told)
    if p.is_parked:
        if chat.invite is not None:
            return _ASKED
        if len(presence.parked) >= state.config.distribution.max_parked:
            return Refusal(ErrorCode.OVERLOADED, "ChatId: too many chats are parked")
        fact = ChatParked(chat=chat.id, no=chat.no, agent=presence.agent, at=stamp.now)
        return Decision([fact], answer=told)
    if slots_left(state, presence) >= capacity_cost(state, chat.gateway):
        return Decision([*unparked(chat, stamp, ParkingEnd.RETRIEVED)], answer=told)
    return Decision([*wake(chat, stamp)], answer=told)


def wake(chat: Chat, stamp: Stamp) -> list[ChatWoken]:
    """The fact that a parked chat is to come back, unless it is on its way."""
    if chat.parking is None or chat.parking.woken_at is not None or chat.agent is None:
        return []
    return [ChatWoken(chat=chat.id, no=chat.no, agent=chat.agent, at=stamp.now)]


def next_awake(state: State, stamp: Stamp) -> Decision | None:
    """Bring a parked chat back whose owner has a slot for it, before they are offered anything else."""
    for chat_id in state.distribution.resuming:
        chat = state.chats[chat_id]
        presence = state.distribution.presences.get(chat.agent) if chat.agent is not None else None
        if presence is None or presence.session is None:
            continue
        if slots_left(state, presence) < capacity_cost(state, chat.gateway):
            continue
        told = ChatToAgent(chat=chat.id, agent=presence.agent)
        return Decision([*unparked(chat, stamp, ParkingEnd.RETRIEVED)], [told])
    return None


def accept(state: State, chat: Chat, stamp: Stamp, agent: Guid, told: Answer) -> Decision:
    """Whoever was asked has answered: they own the chat, or are in it (B-29)."""
    invitation = chat.invite
    assert invitation is not None
    decision = end_offer(state, chat, stamp, OfferOutcome.ANSWERED).answering(told)
    decision.facts += end_invite(state, chat, stamp, OfferOutcome.ANSWERED).facts
    if invitation.mode is not TransferMode.TRANSFER:
        decision.facts.append(
            PartyJoined(
                chat=chat.id,
                no=chat.no,
                agent=agent,
                mode=invitation.mode,
                by=invitation.by,
                at=stamp.now,
            )
        )
        decision.notices.append(ChatToMembers(chat.id))
        return decision
    owner = chat.agent
    decision.facts += unparked(chat, stamp, ParkingEnd.ENDED)
    project = invitation.project
    if project is not None:
        decision.facts.append(_rerouted(chat, stamp, project))
    decision.facts.append(
        moved(chat, stamp, ChatStatus.ANSWERED, ChatCause.TRANSFERRED, agent, project=project)
    )
    decision.notices += [ChatToConnectors(chat=chat.id), ChatToMembers(chat.id)]
    if owner is not None:
        decision.notices.append(ChatToAgent(chat=chat.id, agent=owner))
    return decision


def _rerouted(chat: Chat, stamp: Stamp, project: Guid) -> ChatRouted:
    return ChatRouted(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        project=project,
        language=chat.routing.language,
        skill=1,
        priority=chat.routing.priority,
        rule=None,
    )
