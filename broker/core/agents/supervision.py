"""What supervisors may do: force a state, see and explain everything (B-28..B-30)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from broker.core.agents.reassignment import FORCED, drop_party, withdraw
from broker.core.capacity import capacity_cost
from broker.core.chats.needs import asked_by
from broker.core.chats.transitions import wrap_up_over
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.apply import demand_of
from broker.core.distribution.eligibility import ineligible_reason, skill_for
from broker.core.distribution.graces import held
from broker.core.distribution.lifecycle import move_agent
from broker.core.distribution.offers import excluded
from broker.core.effects import AgentToWorkplace, Answer, Dismiss, Reply
from broker.core.facts import DecisionLogged
from broker.core.facts.causes import (
    AgentCause,
    ConversationCause,
    OfferOutcome,
    PartyEnd,
    WrapupEnd,
)
from broker.core.facts.details import (
    AskedEnded,
    AskedFor,
    Choice,
    Forced,
    Refused,
    Routed,
    Way,
    Widened,
    read_detail,
)
from broker.core.inputs import Stamp
from broker.core.limits import (
    DECISION_BYTES,
    LISTED_BYTES,
    LOGGED_DECISIONS,
    OVERVIEW_ITEMS,
    items_that_fit,
    written,
)
from broker.core.message_state import Conversation
from broker.core.moments import utc
from broker.core.routing import conversations
from broker.core.serving import answered, serves
from broker.core.state import AgentPresence, Chat, Session, State
from broker.core.views.addressing import supervisor_at
from broker.core.views.structures import agent_name, chat_for_workplace, listed_info
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatInfo, ChatStatusInfo, DecisionAgentInfo, DecisionInfo
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid


def wanted_state(state: State, p: AgentStateInfo) -> AgentState | Refusal:
    """The state that somebody wants an agent to be in, or what is wrong with it."""
    if p.state is None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "State: missing")
    if p.reason is not None and p.state is not AgentState.PAUSE:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Reason: goes with Pause only")
    if p.reason is not None and p.reason not in state.config.pause_reasons:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Reason: not a configured reason")
    if p.next_state is None:
        return p.state
    if p.state is not AgentState.READY and p.next_state is not AgentState.LOG_OFF:
        return Refusal(ErrorCode.BAD_PAYLOAD, "NextState: goes with Ready, or is LogOff")
    if p.next_state is AgentState.READY or p.state is AgentState.LOG_OFF:
        return Refusal(ErrorCode.BAD_PAYLOAD, "NextState: leads nowhere")
    return p.state


@serves(AgentStateInfo)
def force_state(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: AgentStateInfo
) -> Outcome:
    """CS_AGENT_STATE with another's AgentId: at once, whatever they do (B-28)."""
    me = supervisor_at(state, session, session.workplace)
    if isinstance(me, Refusal):
        return me
    wanted = wanted_state(state, p)
    if isinstance(wanted, Refusal):
        return wanted
    presence = state.distribution.presences.get(p.agent_id) if p.agent_id is not None else None
    if presence is None or presence.agent not in state.config.agents:
        return Refusal(ErrorCode.UNKNOWN_AGENT, "AgentId: no such agent, or never here")
    if presence.state is AgentState.LOG_OFF:
        return Refusal(ErrorCode.WRONG_STATE, "AgentId: logged off")
    told = Answer(session.number, frame.id, AgentToWorkplace(agent=presence.agent))
    if wanted is AgentState.LOG_OFF:
        return _expelled(state, presence, stamp, me.agent).answering(told)
    fact = move_agent(
        presence,
        stamp,
        wanted,
        AgentCause.FORCED,
        reason=p.reason,
        next_state=p.next_state,
        by=me.agent,
    )
    return Decision([fact], [AgentToWorkplace(agent=presence.agent)], told)


def _expelled(state: State, presence: AgentPresence, stamp: Stamp, by: Guid) -> Decision:
    """Log an agent off now: everything that they have goes on without them."""
    decision = Decision()
    for chat_id, holder in presence.leases.items():
        chat = state.chats[chat_id]
        if holder is ChatStatus.CLOSED:
            decision.facts += wrap_up_over(chat, stamp, WrapupEnd.FORCED).facts
        elif holder is ChatStatus.ALERTING:
            decision.add(withdraw(state, chat, presence.agent, stamp, FORCED))
    for one in presence.conversations.leases:
        conversation = state.messages.conversations[one]
        decision.add(_taken_from(state, conversation, presence.agent, stamp))
    for chat_id in held(presence):
        decision.add(withdraw(state, state.chats[chat_id], presence.agent, stamp, FORCED))
    for chat_id in presence.watching:
        decision.add(
            drop_party(state, state.chats[chat_id], presence.agent, stamp, PartyEnd.FORCED)
        )
    decision.facts.append(move_agent(presence, stamp, AgentState.LOG_OFF, AgentCause.FORCED, by=by))
    decision.notices.append(AgentToWorkplace(agent=presence.agent))
    if presence.session is not None:
        decision.notices.append(Dismiss(presence.session, ByeCode.LOGGED_OFF))
    return decision


def _taken_from(state: State, conversation: Conversation, agent: Guid, stamp: Stamp) -> Decision:
    outcome, cause = OfferOutcome.FORCED, ConversationCause.FORCED
    return conversations.withdraw(state, conversation, agent, stamp, outcome, cause)


@serves(ChatCommandInfo)
def overview(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_OVERVIEW: the open chats, those in front that wait, then by age."""
    me = supervisor_at(state, session, p.peer)
    if isinstance(me, Refusal):
        return me
    waiting = (ChatStatus.WAITING, ChatStatus.ALERTING)
    chats = sorted(
        (state.chats[c] for of_gateway in state.open_chats.values() for c in of_gateway),
        key=lambda chat: (chat.status not in waiting, chat.activity.since, chat.no),
    )
    number = session.workplace or ""
    listed = tuple(_that_fit(state, chats[:OVERVIEW_ITEMS], number, stamp.now))
    return answered(session, frame, Reply("SC_CHAT_OVERVIEW", listed))


def _that_fit(
    state: State, chats: Sequence[Chat], number: str, now: int
) -> Iterator[ChatStatusInfo]:
    """The chats for which one answer has room."""
    room = state.config.limits.frame_bytes - LISTED_BYTES  # of the frame around them
    for chat in chats:
        one = _listed(state, chat, number, now)
        about = one.info or ChatInfo()
        names = (one.agent_name, about.remote_party_name, about.chat_gateway_name)
        texts = (number, *names, about.project_name)
        room -= LISTED_BYTES + sum(written(text) for text in texts if text)
        if room < 0:
            return
        yield one


def _listed(state: State, chat: Chat, number: str, now: int) -> ChatStatusInfo:
    shown = chat_for_workplace(
        state, chat, chat.agent or Guid(""), number, now, info=False, full=False
    )
    return ChatStatusInfo(
        peer=number,
        chat_id=chat.id,
        status=chat.status,
        agent_id=shown.agent_id,
        agent_name=shown.agent_name,
        is_parked=shown.is_parked,
        info=listed_info(state, chat, now),
    )


@serves(ChatCommandInfo)
def explanation(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Outcome:
    """CS_CHAT_EXPLAIN: the last decisions about a chat, and how one agent stands to it (B-30)."""
    me = supervisor_at(state, session, p.peer)
    if isinstance(me, Refusal):
        return me
    chat = state.chats.get(p.chat_id) if p.chat_id is not None else None
    if chat is None:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "ChatId: no such chat, or closed too long ago")
    if p.agent_id is not None and p.agent_id not in state.config.agents:
        return Refusal(ErrorCode.UNKNOWN_AGENT, "AgentId: no such agent")
    number = session.workplace or ""
    most = items_that_fit(state.config.limits.frame_bytes, DECISION_BYTES, LOGGED_DECISIONS)
    told = [_told(state, number, entry) for entry in chat.log[-most:]]
    if p.agent_id is not None:
        told.append(_now(state, number, chat, p.agent_id, stamp.now))
    shown = Reply("SC_CHAT_EXPLANATION", tuple(told))
    return answered(session, frame, shown)


def _told(state: State, number: str, entry: DecisionLogged) -> DecisionInfo:
    choice = Choice.read(entry.detail)
    agents = [_agent(state, agent, None) for agent in choice.candidates]
    agents += [_agent(state, one.agent, one.reason) for one in choice.passed_over]
    return DecisionInfo(
        peer=number,
        chat_id=entry.chat,
        time_stamp=utc(entry.at),
        kind=str(entry.kind),
        agent_id=entry.agent,
        agent_name=agent_name(state, entry.agent),
        reason=_reason(state, entry),
        waited_seconds=(choice.waited or 0) // 1_000_000,
        agents=tuple(agents) or None,
    )


def _reason(state: State, entry: DecisionLogged) -> str | None:
    """What decided, in a few words: what says most of what the log says of it."""
    match read_detail(entry.kind, entry.detail):
        case AskedEnded(outcome=str(outcome)):
            return f"outcome {outcome}"
        case AskedFor(by=str(who)) | Forced(by=str(who)):
            name = agent_name(state, who)
            return f"by {name}" if name is not None else who
        case Choice(by=str(rule)):
            return rule
        case Routed(way=Way(why=str(why))) | Refused(way=Way(why=str(why))):
            return f"why {why}"
        case Widened(level=int(level)):
            return f"level {level}"
        case Routed(project=str(project)) if project in state.config.projects:
            return f"project {state.config.projects[project].name}"
        case _:
            return None


def _agent(state: State, agent: Guid, reason: str | None) -> DecisionAgentInfo:
    return DecisionAgentInfo(agent_id=agent, agent_name=agent_name(state, agent), reason=reason)


def _now(state: State, number: str, chat: Chat, agent: Guid, now: int) -> DecisionInfo:
    """Why not them: how an agent stands to a chat at this moment."""
    return DecisionInfo(
        peer=number,
        chat_id=chat.id,
        time_stamp=utc(now),
        kind="now",
        agent_id=agent,
        agent_name=agent_name(state, agent),
        reason=eligibility_text(state, chat, agent),
        waited_seconds=chat.waiting.time_waited(now) // 1_000_000,
    )


def eligibility_text(state: State, chat: Chat, agent: Guid) -> str:
    """How an agent stands to a chat, in words: what they lack, or that they could be offered it."""
    if chat.has(agent):
        return "has it" if agent == chat.agent else "is in it"
    if chat.offered_to == agent:
        return "is being alerted for it"
    entry = state.distribution.entries.get(chat.id)
    need = asked_by(chat)
    if need is None:
        return "no rule has said yet what the chat asks of an agent"
    demand = entry.demand if entry is not None else demand_of(state, need)
    lack = _lack(state, agent, demand.projects, demand.language, demand.skill)
    if lack is not None and skill_for(state, agent, demand) is None:
        return lack
    reason = ineligible_reason(
        state, state.distribution.presences.get(agent), capacity_cost(state, chat.gateway)
    )
    if reason is not None:
        return reason.value
    if entry is None:
        return "nothing: the chat does not wait"
    if excluded(state, entry, agent, state.up):
        return "let this chat go a short time ago"
    return "nothing: they could be offered it"


def _lack(
    state: State, agent: Guid, projects: tuple[Guid, ...], language: Guid | None, skill: int
) -> str | None:
    """What an agent lacks to qualify (B-20)."""
    config = state.config
    known = config.agents[agent]
    if known.retired:
        return "is not in the configuration any more"
    if known.role == "bot":
        return "is a bot"
    if language is not None:
        speaks = known.languages.get(language)
        if speaks is None or not (speaks.enabled and speaks.engaged):
            asked = config.languages.get(language)
            return f"does not speak {asked.name if asked is not None else 'the language'}"
    names = ", ".join(config.projects[p].name for p in projects if p in config.projects)
    has = [known.skills[p] for p in projects if p in known.skills]
    if not has:
        return f"has no skill in {names}"
    if not any(each.enabled and each.engaged for each in has):
        return f"is not engaged in {names}"
    return f"has a skill of {max(each.value for each in has)} in {names}, {skill} is asked"
