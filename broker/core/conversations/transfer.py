"""A conversation is handed over: to an agent, who is alerted, or to a project (B-29, B-57).

It stays with its owner until the other agent *has* it. A project gets it at once, with its age.
"""

from __future__ import annotations

from broker.config.model import Agent
from broker.core.capacity import capacity_cost
from broker.core.conversations.requests import ASKED, left_out, show_to
from broker.core.conversations.writing import noted_by
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.eligibility import ineligible_reason
from broker.core.distribution_state import Work
from broker.core.effects import Answer, ConversationNoteToAgent
from broker.core.facts import Fact
from broker.core.facts.causes import ChosenBy, ConversationCause, DecisionKind, OfferOutcome
from broker.core.facts.details import AskedFor, Choice
from broker.core.facts.messages import ConversationNoted, ConversationRouted
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation
from broker.core.messages.conversing import decided, moved, told_unparked, unparked
from broker.core.routing.conversations import end_offer, offered
from broker.core.serving import serves
from broker.core.state import Session, State
from broker.core.views.conversation_addressing import owned_or_supervised
from broker.core.views.conversation_structures import signal_duration
from protocol.conversation import ConversationTransferInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, TransferMode

NOTE_ID = 40
"""Which Guid of an input's stamp is the key of the note that goes along."""


@serves(ConversationTransferInfo)
def transfer(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ConversationTransferInfo
) -> Outcome:
    """CS_CONVERSATION_TRANSFER: to an agent, to a project, or taken back; by its owner.

    A supervisor gives one that waits to a project.
    """
    found = owned_or_supervised(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, one = found
    me, to_agent, to_project = presence.agent, p.to_agent_id, p.to_project_id
    told = show_to(one, me, session, frame)
    if to_agent is not None and to_project is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, "ToProjectId: goes not with ToAgentId")
    known = state.config.projects.get(to_project) if to_project is not None else None
    if to_project is not None and (known is None or known.retired):
        return Refusal(ErrorCode.BAD_PAYLOAD, "ToProjectId: no such project")
    if not one.is_with(me) and (one.status is not ChatStatus.WAITING or to_project is None):
        return Refusal(ErrorCode.WRONG_STATE, "ConversationId: only what waits, to a project")
    if to_agent is None and to_project is None:
        return _taken_back(state, one, stamp, told)
    if one.offer is not None:
        return ASKED
    note = _noted(state, one, stamp, me, p.note)
    if isinstance(note, Refusal):
        return note
    if to_project is not None:
        return _to_project(one, stamp, me, to_project, note).answering(told)
    return _to_agent(state, one, stamp, me, p, note, told)


def _noted(
    state: State, one: Conversation, stamp: Stamp, me: Guid, text: str | None
) -> list[ConversationNoted] | Refusal:
    """What is said to whoever gets it stands among its notes."""
    if text is None:
        return []
    noted = noted_by(state, one, stamp, me, stamp.guid(NOTE_ID), text)
    return noted if isinstance(noted, Refusal) else [noted]


def _taken_back(state: State, one: Conversation, stamp: Stamp, told: Answer) -> Outcome:
    if one.offer is None:
        return Refusal(ErrorCode.WRONG_STATE, "ConversationId: nobody is being asked")
    return end_offer(state, one, stamp, OfferOutcome.WITHDRAWN).answering(told)


def _to_project(
    one: Conversation, stamp: Stamp, me: Guid, project: Guid, note: list[ConversationNoted]
) -> Decision:
    """Back to a queue, its age kept; not to who handed it over at once."""
    asked = AskedFor(mode=TransferMode.TRANSFER.value, by=me, project=project)
    routed = ConversationRouted(
        conversation=one.id,
        no=one.no,
        at=stamp.now,
        project=project,
        language=one.demanded.language,
        skill=1,
        priority=one.demanded.priority,
    )
    facts: list[Fact] = [*note]
    facts.append(decided(one, stamp, DecisionKind.TRANSFER, asked))
    if one.is_with(me):
        facts.append(left_out(one, stamp, me))
    facts += [
        *unparked(one, stamp),
        routed,
        moved(one, stamp, ChatStatus.WAITING, ConversationCause.TRANSFERRED, project=project),
    ]
    return Decision(facts, [*told_unparked(one, me)])


def _to_agent(
    state: State,
    one: Conversation,
    stamp: Stamp,
    me: Guid,
    p: ConversationTransferInfo,
    note: list[ConversationNoted],
    told: Answer,
) -> Outcome:
    """Ask one agent: they are alerted at once, or that is refused."""
    wanted = _may_ask(state, one, p.to_agent_id)
    if isinstance(wanted, Refusal):
        return wanted
    project = state.config.projects.get(one.demanded.project or Guid(""))
    asked = AskedFor(mode=TransferMode.TRANSFER.value, by=me)
    # Whoever hands it over has it until somebody takes it: the note is one of those that they know.
    decision = Decision([*note], [_note_to(one, me, noted) for noted in note])
    decision.facts.append(decided(one, stamp, DecisionKind.TRANSFER, asked, wanted.id))
    mode = TransferMode.TRANSFER.value
    choice = Choice(candidates=(wanted.id,), by=ChosenBy.ASKED_FOR, mode=mode)
    until = stamp.now + signal_duration(project)
    decision.add(offered(state, one, wanted.id, stamp, until, choice, by=me, note=p.note))
    return decision.answering(told)


def _note_to(one: Conversation, me: Guid, noted: ConversationNoted) -> ConversationNoteToAgent:
    return ConversationNoteToAgent(conversation=one.id, agent=me, counter=noted.counter)


def _may_ask(state: State, one: Conversation, wanted: Guid | None) -> Agent | Refusal:
    """Whether an agent can be asked now: they are known, at work, and have a slot (B-29)."""
    known = state.config.agents.get(wanted or Guid(""))
    if known is None or known.retired or known.role == "bot":
        return Refusal(ErrorCode.UNKNOWN_AGENT, "ToAgentId: no such agent")
    if known.id == one.agent:
        return Refusal(ErrorCode.WRONG_STATE, "ToAgentId: works on it")
    presence = state.distribution.presences.get(known.id)
    cost = capacity_cost(state, one.gateway, Work.CONVERSATION)
    reason = ineligible_reason(state, presence, cost, Work.CONVERSATION)
    if reason is not None:
        return Refusal(ErrorCode.WRONG_STATE, f"ToAgentId: {reason}")
    return known
