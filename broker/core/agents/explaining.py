"""Why a chat went to somebody, or to nobody: what the log says, and how an agent stands to it (B-30)."""

from __future__ import annotations

from broker.core.chats.needs import asked_by
from broker.core.decision import Outcome, Refusal
from broker.core.distribution.apply import demand_of
from broker.core.distribution.eligibility import ineligible_reason, skill_for
from broker.core.distribution.offers import excluded
from broker.core.distribution_state import Demand, QueueEntry
from broker.core.effects import Reply
from broker.core.facts import ConversationDecided, DecisionLogged
from broker.core.facts.causes import DecisionKind
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
from broker.core.limits import DECISION_BYTES, LOGGED_DECISIONS, items_that_fit
from broker.core.moments import utc
from broker.core.serving import answered, serves
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import supervisor_at
from broker.core.views.structures import agent_name
from protocol.chat import ChatCommandInfo, DecisionAgentInfo, DecisionInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import Guid


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
    told = [decision_info(state, number, entry, chat=entry.chat) for entry in chat.log[-most:]]
    if p.agent_id is not None:
        told.append(_now(state, number, chat, p.agent_id, stamp.now))
    shown = Reply("SC_CHAT_EXPLANATION", tuple(told))
    return answered(session, frame, shown)


def decision_info(
    state: State,
    number: str,
    entry: DecisionLogged | ConversationDecided,
    *,
    chat: Guid | None = None,
    conversation: Guid | None = None,
) -> DecisionInfo:
    """A line of the log of a chat or of a conversation."""
    choice = Choice.read(entry.detail)
    agents = [_agent(state, agent, None) for agent in choice.candidates]
    agents += [_agent(state, one.agent, one.reason) for one in choice.passed_over]
    return DecisionInfo(
        peer=number,
        chat_id=chat,
        conversation_id=conversation,
        time_stamp=utc(entry.at),
        kind=str(entry.kind),
        agent_id=entry.agent,
        agent_name=agent_name(state, entry.agent),
        reason=reason_of(state, entry.kind, entry.detail),
        waited_seconds=(choice.waited or 0) // 1_000_000,
        agents=tuple(agents) or None,
    )


def reason_of(state: State, kind: DecisionKind, detail: dict[str, object]) -> str | None:
    """What decided, in a few words: what says most of what the log says of it."""
    match read_detail(kind, detail):
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
    return eligibility_of(state, agent, demand, entry, "chat")


def eligibility_of(
    state: State, agent: Guid, demand: Demand, entry: QueueEntry | None, name: str
) -> str:
    """What keeps an agent from being offered something that asks for this, in words."""
    if skill_for(state, agent, demand) is None:
        return _lack(state, agent, demand)
    presence = state.distribution.presences.get(agent)
    reason = ineligible_reason(state, presence, demand.cost, demand.work)
    if reason is not None:
        return reason.value
    if entry is None:
        return f"nothing: the {name} does not wait"
    if excluded(state, entry, agent, state.up):
        return f"let this {name} go a short time ago"
    return "nothing: they could be offered it"


def _lack(state: State, agent: Guid, demand: Demand) -> str:
    """What an agent lacks who does not qualify (B-20)."""
    config, projects, language = state.config, demand.projects, demand.language
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
    return f"has a skill of {max(each.value for each in has)} in {names}, {demand.skill} is asked"
