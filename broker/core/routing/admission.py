"""The rules of a chat that has just begun: gate, pre, project, then the queue (B-3, B-40)."""

from __future__ import annotations

from collections.abc import Mapping

from broker.core.capacity import capacity_cost, slots_left
from broker.core.chats.transitions import logged, moved, to_waiting
from broker.core.decision import Decision
from broker.core.distribution.eligibility import blocked
from broker.core.distribution.occupancy import REFUSING, limit_reached
from broker.core.effects import ChatToAgent, ChatToConnectors
from broker.core.facts import BotMoved, ChatRouted, FormExpected, OfferMade
from broker.core.facts.causes import ChatCause, DecisionKind, OfferMode, PassedOver
from broker.core.facts.details import GivenToBot, Refused, Routed, Way
from broker.core.inputs import Stamp
from broker.core.routing.endings import close
from broker.core.rules import matching
from broker.core.state import Chat, State
from protocol.values import ChatStatus, CloseReason, Guid


def next_unrouted(state: State, stamp: Stamp) -> Decision | None:
    """Run the rules for the first chat for which they have not run."""
    first = next(iter(state.unrouted), None)
    if first is None:
        return None
    chat = state.chats[first]
    if chat.outbound and chat.activity.since == chat.started_at:
        # The gate and the automated partner are for visitors who come by themselves.
        return route(state, chat, stamp, ChatCause.ROUTED, Way(outbound=True))
    who = matching.applicant_of(chat)
    gate = matching.gate(state.config, who, stamp.now)
    gate_rule = gate.rule.id if gate.rule is not None else None
    if not gate.open or gate.forced in REFUSING:
        return _refused(state, chat, stamp, Refused(rule=gate_rule))
    if gate.rule is not None and gate.rule.limit_signal in REFUSING:
        why = limit_reached(state, gate, who, stamp.now)
        if why is not None:
            return _refused(state, chat, stamp, Refused(rule=gate_rule, limit=why))
    decision = Decision()
    if gate.scenario is not None:
        decision.facts.append(FormExpected(chat=chat.id, no=chat.no, scenario=gate.scenario))
    decision.add(_let_in(state, chat, stamp, who, gate_rule))
    return decision


def _let_in(
    state: State, chat: Chat, stamp: Stamp, who: matching.Applicant, gate_rule: Guid | None
) -> Decision:
    """Give a chat that is past the gate to its automated partner, or to its project."""
    pre = matching.pre(state.config, who, stamp.now)
    met = _partner(state, chat, stamp, pre.bot) if pre is not None else None
    if pre is not None and met is not None:
        given = GivenToBot(gate=gate_rule, rule=pre.id, bot=pre.bot)
        decision = Decision([logged(chat, stamp, DecisionKind.BOT, given)])
        decision.add(met)
        return decision
    # A bot that is away is passed over (B-40).
    away = pre.bot if pre is not None else None
    way = Way(is_gated=True, gate=gate_rule, bot_passed_over=away)
    return route(state, chat, stamp, ChatCause.ROUTED, way)


def _partner(state: State, chat: Chat, stamp: Stamp, bot: Guid) -> Decision | None:
    """Give the chat to its automated partner; None when there is none now (B-4, B-40)."""
    told = ChatToConnectors(chat=chat.id)
    if bot in state.config.bots:
        first = -1 if state.config.bots[bot].scenario is not None else 0
        begins = BotMoved(
            chat=chat.id,
            no=chat.no,
            bot=bot,
            question=first,
            tries=0,
            project=None,
            learned=(),
        )
        return Decision([begins, moved(chat, stamp, ChatStatus.ICR, ChatCause.BOT, None)], [told])
    presence = state.distribution.presences.get(bot)
    if presence is None or blocked(presence) is not None:
        return None
    if slots_left(state, presence) < capacity_cost(state, chat.gateway):
        return None
    made = OfferMade(
        offer=state.next_offer,
        chat=chat.id,
        no=chat.no,
        agent=bot,
        workplace=presence.workplace or "",
        at=stamp.now,
        until=stamp.now + state.config.distribution.bot_timeout,
        mode=OfferMode.BOT,
    )
    return Decision(
        [made, moved(chat, stamp, ChatStatus.ICR, ChatCause.BOT, bot)],
        [ChatToAgent(chat=chat.id, agent=bot, type="SC_CHAT_ALERT"), told],
    )


def route(
    state: State,
    chat: Chat,
    stamp: Stamp,
    cause: ChatCause,
    way: Way,
    wanted: Guid | None = None,
    filled: Mapping[Guid, str] | None = None,
) -> Decision:
    """Queue a chat by the project rules, or close it when none matches (B-3).

    Args:
        state: The state before.
        chat: A chat in `Pilot` or `ICR`.
        stamp: Now.
        cause: Why, for reports.
        way: How it came to the rules, for the log.
        wanted: The project that a bot chose; the rules then say only what it asks of an agent.
        filled: What the bot fills in just now, by control.
    """
    who = matching.applicant_of(chat, filled)
    rule = matching.project(state.config, who, stamp.now, wanted)
    if rule is None and wanted is None:
        return _refused(state, chat, stamp, Refused(way=way))
    project = wanted if rule is None else rule.project
    assert project is not None
    priority = rule.priority if rule is not None else 0
    routed = ChatRouted(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        project=project,
        language=rule.language if rule is not None else None,
        skill=rule.skill if rule is not None else 1,
        priority=priority,
        rule=rule.id if rule is not None else None,
    )
    waits = to_waiting(chat, stamp, cause, boost=priority - chat.routing.priority, project=project)
    said = Routed(way=way, rule=routed.rule, project=project)
    return Decision(
        [routed, logged(chat, stamp, DecisionKind.ROUTED, said), *waits.facts], waits.notices
    )


def _refused(state: State, chat: Chat, stamp: Stamp, refused: Refused) -> Decision:
    # An offer to a bot was ended by whoever found that the bot will not have the chat.
    decision = Decision([logged(chat, stamp, DecisionKind.REFUSED, refused)])
    decision.add(close(state, chat, stamp, CloseReason.RULE, offer_ended=True))
    decision.notices.append(ChatToConnectors(chat=chat.id))
    return decision


def pass_over(state: State, chat: Chat, stamp: Stamp, why: PassedOver) -> Decision:
    """An automated partner is away, silent or unwilling: the chat goes on to its project (B-40).

    An offer of theirs that is open must have been ended by the caller.
    """
    bot = chat.agent if chat.agent is not None else chat.bot.id
    way = Way(bot_passed_over=bot, why=why)
    decision = route(state, chat, stamp, ChatCause.BOT_SILENT, way)
    if chat.agent is not None and chat.has(chat.agent):
        decision.notices.append(ChatToAgent(chat=chat.id, agent=chat.agent))
    return decision
