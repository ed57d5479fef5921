"""What is done for chats that wait too long, and how long they may still wait (B-26).

The expected wait is an honest guess: so many chats stand in front in the same queue, and chats of this
project were lately answered at this rate. With fewer than three answers in the last half hour there is no
rate, and nothing is promised. When a chat is answered, what was promised is compared with what came of
it, and the error is a figure of the broker's metrics.
"""

from __future__ import annotations

from broker.config.model import MINUTE, WaitRule
from broker.core.chats.transitions import logged, system_message
from broker.core.deadlines import coming_wait
from broker.core.decision import Decision
from broker.core.distribution.occupancy import expected_wait, position
from broker.core.effects import ChatToConnectors, LogEntry
from broker.core.facts import ChatWidened, DecisionLogged, FormOffered, WaitEstimated
from broker.core.facts.causes import ChatCause, DecisionKind
from broker.core.facts.details import Widened
from broker.core.inputs import Stamp
from broker.core.routing.endings import close
from broker.core.state import Chat, State
from protocol.values import CloseReason


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


def _widened(chat: Chat, stamp: Stamp, rule: WaitRule) -> ChatWidened:
    further = [*chat.routing.further]
    further += [p for p in rule.projects if p != chat.routing.project and p not in further]
    return ChatWidened(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        level=rule.level,
        rule=rule.id,
        skill=min(chat.routing.skill, rule.skill) if rule.skill is not None else chat.routing.skill,
        further=tuple(further),
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
    widened = Widened(
        rule=rule.id,
        level=rule.level,
        waited=stamp.up - chat.waiting.queued_up,
        skill=rule.skill,
        projects=tuple(rule.projects),
        priority=rule.priority,
        scenario=rule.scenario,
        note=rule.note is not None,
        close=rule.close,
    )
    return logged(chat, stamp, DecisionKind.WAIT_RULE, widened)


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
