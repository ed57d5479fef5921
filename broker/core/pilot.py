"""The rules of a chat that has just begun: gate, pre, project, then the queue (B-3)."""

from __future__ import annotations

from broker.core import rules
from broker.core.announce import ChatToConnectors
from broker.core.decision import Decision
from broker.core.facts import ChatRouted, DecisionLogged
from broker.core.inputs import Stamp
from broker.core.moves import close, to_waiting
from broker.core.state import Chat, State
from protocol.values import CloseReason, Guid, Signal

_REFUSING = (Signal.CLOSED, Signal.HIDDEN)


def next_pilot(state: State, stamp: Stamp) -> Decision | None:
    """Run the rules for the first chat for which they have not run."""
    first = next(iter(state.pilots), None)
    if first is None:
        return None
    chat = state.chats[first]
    who = _applicant(chat)
    gate = rules.gate(state.config, who, stamp.now)
    gate_rule = gate.rule.id if gate.rule is not None else None
    if not gate.open or gate.forced in _REFUSING:
        return _refused(state, chat, stamp, {"group": "gate", "rule": gate_rule})
    pre = rules.pre(state.config, who, stamp.now)
    detail: dict[str, object] = {"gate": gate_rule}
    if pre is not None:
        # A bot that is away is passed over (B-40); until bots are served every bot is away.
        detail["bot_passed_over"] = pre.bot
    rule = rules.project(state.config, who, stamp.now)
    if rule is None:
        return _refused(state, chat, stamp, {"group": "project", **detail})
    routed = ChatRouted(
        chat=chat.id,
        no=chat.no,
        at=stamp.now,
        project=rule.project,
        language=rule.language,
        skill=rule.skill,
        priority=rule.priority,
        rule=rule.id,
    )
    waits = to_waiting(chat, stamp, "routed", boost=rule.priority - chat.priority)
    return Decision(
        [
            routed,
            _logged(
                chat, stamp, "routed", {**detail, "project_rule": rule.id, "project": rule.project}
            ),
            *waits.facts,
        ],
        waits.effects,
    )


def _applicant(chat: Chat) -> rules.Applicant:
    form: dict[Guid, str] = {}
    for result in chat.forms.values():
        form.update(rules.form_values(result))
    return rules.Applicant(
        gateway_id=chat.gateway,
        culture=chat.culture,
        user_token=chat.user_token,
        ext_response=chat.ext_response,
        form=form,
    )


def _refused(state: State, chat: Chat, stamp: Stamp, detail: dict[str, object]) -> Decision:
    decision = close(state, chat, stamp, CloseReason.RULE)
    decision.facts.insert(0, _logged(chat, stamp, "refused", detail))
    decision.effects.append(ChatToConnectors(chat=chat.id))
    return decision


def _logged(chat: Chat, stamp: Stamp, kind: str, detail: dict[str, object]) -> DecisionLogged:
    return DecisionLogged(
        chat=chat.id, no=chat.no, at=stamp.now, kind=kind, agent=None, detail=detail
    )
