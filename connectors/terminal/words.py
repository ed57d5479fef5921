"""The words of the wire as people say them: statuses, states, decisions, who ended a chat."""

from collections.abc import Iterator
from datetime import datetime

from protocol.agent import AgentWrapUpInfo
from protocol.chat import ChatInfo, ChatStatusInfo, DecisionInfo
from protocol.values import AgentState, ChatStatus, CloseReason

STATE_WORDS = {
    AgentState.READY: "ready",
    AgentState.PAUSE: "paused",
    AgentState.POST_CALL: "wrapping up",
    AgentState.LOG_OFF: "logged off",
}
CLOSED_BY = {
    CloseReason.AGENT: " by its agent",
    CloseReason.EXTERNAL: " by the visitor",
    CloseReason.INACTIVITY: ": nobody wrote for too long",
    CloseReason.RULE: " by a rule",
    CloseReason.ADMIN: " by a supervisor",
}
_WITH = {
    ChatStatus.PILOT: "being placed",
    ChatStatus.ICR: "with {name}",
    ChatStatus.WAITING: "waiting",
    ChatStatus.ALERTING: "{name} has been asked",
    ChatStatus.ANSWERED: "with {name}",
    ChatStatus.CLOSED: "closed",
}
_NOBODY = {
    ChatStatus.ICR: "a bot",
    ChatStatus.ALERTING: "an agent",
    ChatStatus.ANSWERED: "an agent",
}


def listed_text(chat: ChatStatusInfo) -> str:
    """Who waits or talks in a chat of the overview, for what, how it stands, and since when."""
    about = chat.info or ChatInfo()
    where = " / ".join(name for name in (about.chat_gateway_name, about.project_name) if name)
    who = f"{about.remote_party_name or 'a visitor'}{f' ({where})' if where else ''}"
    return f"{who}: {'; '.join([_standing(chat), *_times(about)])}"


def _standing(chat: ChatStatusInfo) -> str:
    if chat.status is None:
        return "not known"
    name = chat.agent_name or _NOBODY.get(chat.status, "")
    return _WITH[chat.status].format(name=name) + (", on hold" if chat.is_parked else "")


def _times(about: ChatInfo) -> Iterator[str]:
    """When a chat began, and how long its visitor waited for people so far."""
    if about.pilot_dial_time is not None and about.time_stamp is not None:
        began = (about.time_stamp - about.pilot_dial_time).total_seconds()
        yield f"began {span_text(int(began))} ago"
    if about.waiting_time:
        yield f"{span_text(about.waiting_time)} of waiting"


def span_text(seconds: int) -> str:
    """How long something takes, as people say it."""
    if seconds < _MINUTE:
        return f"{max(0, seconds)} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"


_MINUTE, _HOUR = 60, 3_600


def local_time(moment: datetime, form: str = "%H:%M:%S") -> str:
    """A moment as the clock of the person at this terminal shows it."""
    try:
        return moment.astimezone().strftime(form)
    except (OverflowError, ValueError):  # a peer's year 1 or 9999, which has no such moment here
        return f"{moment.strftime(form)} UTC"


def wrap_up_text(wrap_up: AgentWrapUpInfo, chat: str, *, is_old: bool) -> str:
    """How the wrap-up of a chat is told; an old one began before this program was there."""
    until = wrap_up.until_utc
    when = f", until {local_time(until)}" if until is not None else ""
    still = "still " if is_old else ""
    return f"you {still}write up {chat}{when}: /done CODE: NOTE"


_DECIDED = {
    "routed": "The rules placed the chat",
    "refused": "The rules refused the chat",
    "bot": "The chat was given to the bot {agent}",
    "waiting": "Nobody could take the chat",
    "offered": "Offered to {agent}",
    "wait_rule": "A wait rule was applied",
    "transfer": "Somebody was asked: {agent}",
    "transfer_ended": "What was asked of {agent} is over",
    "forced": "A supervisor ended the chat",
}
_BECAUSE = {
    "answered it before": "had this chat before",
    "skill": "has the highest skill",
    "free slots": "has the most free slots",
    "longest idle": "is idle the longest",
    "agent id": "all else is equal",
    "asked for": "was asked for",
}
_OUTCOMES = {
    "answered": "they agreed",
    "rejected": "they declined",
    "missed": "nobody answered in time",
    "withdrawn": "it was taken back, or the conversation ended",
    "lost": "their connection was lost",
    "agent_lost": "their connection was lost",
    "forced": "a supervisor logged them off",
    "restart": "the broker started anew",
    "silent": "it was silent for too long",
    "gone": "it is not in the configuration any more",
}
_FOR = {
    "Transfer": "to take the chat over",
    "Consult": "for advice",
    "Conference": "into the conversation",
    "Monitor": "to listen",
}
_DETAILS = {"outcome": _OUTCOMES, "why": _OUTCOMES, "mode": _FOR}
_PASSED_OVER = {
    "away": "is not connected",
    "leaving": "is about to log off",
    "no free slot": "has no free slot",
    "excluded": "let this chat go shortly before",
    "in the chat": "is in this chat already",
    "is in the chat": "is in this chat already",
    "a bot hands over to a project": "cannot be chosen by a bot",
}


def decision_text(decision: DecisionInfo) -> str:
    """How a decision is told."""
    when = f"{local_time(decision.time_stamp)} " if decision.time_stamp is not None else ""
    kind, agent = decision.kind or "", decision.agent_name or "somebody"
    text = _DECIDED.get(kind, f"Decided: {kind}").format(agent=agent)
    if kind == "now":
        text = f"{agent} now: {lack_text(decision.reason or '')}"
    elif decision.reason:
        text += f": {_because(decision.reason)}"
    text += "." if kind in ("now", "routed") else f", after {decision.waited_seconds} s of waiting."
    passed = [one for one in decision.agents or () if one.reason]
    if passed:
        others = "; ".join(f"{one.agent_name} {lack_text(one.reason or '')}" for one in passed)
        text += f" Passed over: {others}."
    return f"{when}{text}"


def _because(reason: str) -> str:
    """What decided: one of the words of the log, or one with a detail behind it."""
    word, _, detail = reason.partition(" ")
    known = _DETAILS.get(word, {}).get(detail)
    return known or _BECAUSE.get(reason, reason)


def lack_text(reason: str) -> str:
    """What keeps somebody from a chat; what the broker says in words already stays so."""
    word, _, state = reason.partition(" ")
    if word == "state" and state in set(AgentState):
        return f"is {STATE_WORDS[AgentState(state)]}"
    return _PASSED_OVER.get(reason, reason)
