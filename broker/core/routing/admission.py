"""The rules of a chat that has just begun: gate, pre, project, then the queue (B-3, B-40)."""

from __future__ import annotations

from collections.abc import Mapping

from broker.core.capacity import capacity_cost, slots_left
from broker.core.chats.transitions import close, logged, moved, to_waiting
from broker.core.decision import Decision
from broker.core.distribution.eligibility import blocked
from broker.core.distribution.occupancy import REFUSING, limit_reached
from broker.core.effects import ChatToAgent, ChatToConnectors
from broker.core.facts import BotMoved, ChatRouted, FormExpected, OfferMade
from broker.core.facts.causes import ChatCause, DecisionKind, OfferMode, PassedOver
from broker.core.inputs import Stamp
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
        return route(state, chat, stamp, ChatCause.ROUTED, {"outbound": True})
    who = matching.applicant_of(chat)
    gate = matching.gate(state.config, who, stamp.now)
    gate_rule = gate.rule.id if gate.rule is not None else None
    if not gate.open or gate.forced in REFUSING:
        return _refused(state, chat, stamp, {"group": "gate", "rule": gate_rule})
    if gate.rule is not None and gate.rule.limit_signal in REFUSING:
        why = limit_reached(state, gate, who, stamp.now)
        if why is not None:
            return _refused(state, chat, stamp, {"group": "gate", "rule": gate_rule, **why})
    decision = _let_in(state, chat, stamp, who, gate_rule)
    if gate.scenario is not None:
        expected = FormExpected(chat=chat.id, no=chat.no, scenario=gate.scenario)
        decision.facts.insert(0, expected)
    return decision


def _let_in(
    state: State, chat: Chat, stamp: Stamp, who: matching.Applicant, gate_rule: Guid | None
) -> Decision:
    """Give a chat that is past the gate to its automated partner, or to its project."""
    pre = matching.pre(state.config, who, stamp.now)
    detail: dict[str, object] = {"gate": gate_rule}
    if pre is not None:
        met = _partner(state, chat, stamp, pre.bot)
        if met is not None:
            why = {**detail, "rule": pre.id, "bot": pre.bot}
            met.facts.insert(0, logged(chat, stamp, DecisionKind.BOT, why))
            return met
        detail["bot_passed_over"] = pre.bot  # one that is away is passed over (B-40)
    return route(state, chat, stamp, ChatCause.ROUTED, detail)


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
    detail: dict[str, object],
    wanted: Guid | None = None,
    filled: Mapping[Guid, str] | None = None,
) -> Decision:
    """Queue a chat by the project rules, or close it when none matches (B-3).

    Args:
        state: The state before.
        chat: A chat in `Pilot` or `ICR`.
        stamp: Now.
        cause: Why, for reports.
        detail: What the log is to say besides.
        wanted: The project that a bot chose; the rules then say only what it asks of an agent.
        filled: What the bot fills in just now, by control.
    """
    who = matching.applicant_of(chat, filled)
    rule = matching.project(state.config, who, stamp.now, wanted)
    if rule is None and wanted is None:
        return _refused(state, chat, stamp, {"group": "project", **detail})
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
    said = {**detail, "project_rule": routed.rule, "project": project}
    return Decision(
        [routed, logged(chat, stamp, DecisionKind.ROUTED, said), *waits.facts], waits.notices
    )


def _refused(state: State, chat: Chat, stamp: Stamp, detail: dict[str, object]) -> Decision:
    # An offer to a bot was ended by whoever found that the bot will not have the chat.
    decision = close(state, chat, stamp, CloseReason.RULE, offer_ended=True)
    decision.facts.insert(0, logged(chat, stamp, DecisionKind.REFUSED, detail))
    decision.notices.append(ChatToConnectors(chat=chat.id))
    return decision


def pass_over(state: State, chat: Chat, stamp: Stamp, why: PassedOver) -> Decision:
    """An automated partner is away, silent or unwilling: the chat goes on to its project (B-40).

    An offer of theirs that is open must have been ended by the caller.
    """
    bot = chat.agent if chat.agent is not None else chat.bot.id
    decision = route(state, chat, stamp, ChatCause.BOT_SILENT, {"bot_passed_over": bot, "why": why})
    if chat.agent is not None and chat.has(chat.agent):
        decision.notices.append(ChatToAgent(chat=chat.id, agent=chat.agent))
    return decision
