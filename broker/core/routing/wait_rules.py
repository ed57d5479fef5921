"""What is done for what waits too long, and how long chats may still wait (B-26, B-57).

The expected wait is an honest guess: so many chats stand in front in the same queue, and chats of this
project were lately answered at this rate. With fewer than three answers in the last half hour there is no
rate, and nothing is promised. When a chat is answered, what was promised is compared with what came of
it, and the error is a figure of the broker's metrics.
"""

from __future__ import annotations

from broker.config.model import MINUTE, WaitRule
from broker.core.chats.transitions import logged, system_message
from broker.core.deadlines import coming_conversation_wait, coming_wait
from broker.core.decision import Decision
from broker.core.distribution.occupancy import expected_wait, position
from broker.core.effects import ChatToConnectors, LogEntry
from broker.core.facts import ChatWidened, DecisionLogged, FormOffered, WaitEstimated
from broker.core.facts.causes import ChatCause, ConversationCause, DecisionKind
from broker.core.facts.details import Widened
from broker.core.facts.messages import ConversationWidened
from broker.core.inputs import Stamp
from broker.core.message_state import Conversation
from broker.core.messages.conversing import decided, ended
from broker.core.routing.endings import close
from broker.core.state import Chat, State
from protocol.values import CloseReason, Guid


def apply_wait(state: State, chat: Chat, stamp: Stamp) -> Decision:
    """Apply the next wait rule of a waiting chat if its time has come."""
    found = coming_wait(state, chat)
    if found is None or found[0] > stamp.up:
        return Decision()
    rule = found[1]
    decision = Decision([_logged(chat, stamp, rule)])
    if rule.note is not None:
        decision.add(_note(state, chat, stamp, rule.note))
    if rule.close:
        decision.add(close(state, chat, stamp, CloseReason.RULE, cause=ChatCause.WAIT_RULE))
        decision.notices.append(ChatToConnectors(chat=chat.id))
        return decision
    decision.facts.append(_widened(chat, stamp, rule))
    if rule.scenario is not None:
        decision.facts.append(FormOffered(chat=chat.id, no=chat.no, scenario=rule.scenario))
        decision.notices.append(ChatToConnectors(chat=chat.id))
    return decision


def apply_conversation_wait(state: State, conversation: Conversation, stamp: Stamp) -> Decision:
    """Apply the next wait rule of a waiting conversation if its time has come; nobody is told anything."""
    found = coming_conversation_wait(state, conversation)
    if found is None or found[0] > stamp.up:
        return Decision()
    rule, asked = found[1], conversation.demanded
    log = _detail(rule, conversation.wait_up(stamp.up))
    decision = Decision([decided(conversation, stamp, DecisionKind.WAIT_RULE, log)])
    if rule.close:
        cause, reason = ConversationCause.WAIT_RULE, CloseReason.RULE
        decision.facts += ended(conversation, stamp, cause, reason)
        return decision
    widened = ConversationWidened(
        conversation=conversation.id,
        no=conversation.no,
        level=rule.level,
        skill=_less(asked.skill, rule),
        further=_further(asked.further, asked.project, rule),
        priority=asked.priority + rule.priority,
    )
    decision.facts.append(widened)
    return decision


def _less(skill: int, rule: WaitRule) -> int:
    """The skill that is demanded from now on."""
    return min(skill, rule.skill) if rule.skill is not None else skill


def _further(before: tuple[Guid, ...], own: Guid | None, rule: WaitRule) -> tuple[Guid, ...]:
    """The further projects whose agents may take it from now on."""
    return (*before, *(p for p in rule.projects if p != own and p not in before))


def _widened(chat: Chat, stamp: Stamp, rule: WaitRule) -> ChatWidened:
    return ChatWidened(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        level=rule.level,
        rule=rule.id,
        skill=_less(chat.routing.skill, rule),
        further=_further(chat.routing.further, chat.routing.project, rule),
        priority=chat.routing.priority + rule.priority,
    )


def _note(state: State, chat: Chat, stamp: Stamp, text: str) -> Decision:
    """The rule's words to the visitor, with their place and what they may expect."""
    wait = expected_wait(state, chat.id)
    minutes = f"{-(-wait // MINUTE)} min" if wait is not None else state.config.notes.wait_unknown
    said = text.replace("{position}", str(position(state, chat.id))).replace("{wait}", minutes)
    decision = system_message(state, chat, stamp, said)
    if wait is not None and "{wait}" in text and decision.facts:
        decision.facts.append(WaitEstimated(chat=chat.id, at=stamp.up, wait=wait))
    return decision


def _logged(chat: Chat, stamp: Stamp, rule: WaitRule) -> DecisionLogged:
    detail = _detail(rule, stamp.up - chat.waiting.queued_up)
    return logged(chat, stamp, DecisionKind.WAIT_RULE, detail)


def _detail(rule: WaitRule, waited: int) -> Widened:
    return Widened(
        rule=rule.id,
        level=rule.level,
        waited=waited,
        skill=rule.skill,
        projects=tuple(rule.projects),
        priority=rule.priority,
        scenario=rule.scenario,
        note=rule.note is not None,
        close=rule.close,
    )


def judge_estimate(chat: Chat, stamp: Stamp) -> list[LogEntry]:
    """What became of the estimate that the visitor of an answered chat was given."""
    if chat.waiting.estimate is None:
        return []
    told_at, wait = chat.waiting.estimate
    fields = {
        "chat": chat.id,
        "estimated_seconds": wait / 1_000_000,
        "waited_seconds": (stamp.up - told_at) / 1_000_000,
    }
    return [LogEntry("wait_estimate_judged", fields)]
