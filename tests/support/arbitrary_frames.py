"""What anybody may say to the core: frames chosen by numbers.

A frame is chosen by plain numbers, so that a test that fails shrinks to small ones. Most frames make
sense at the moment (`likely`): about one's own chat, to somebody who is there. Some make none (`pool`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from broker.core.state import AgentPresence, Chat, Session, State
from protocol.catalogue import CATALOGUE
from protocol.frame_spec import FrameSpec
from protocol.schema import members
from protocol.values import AgentState, ChatStatus, Guid, Role

PEERS = ("web", "im", "video", "101", "102", "nowhere", None)
TRACKINGS = ("t1", "t2", "t3", None)
KEYS = ("a", "b", "c", "", None)
OPENED = tuple(f"00000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))
FOREIGN = "00000000-0000-4000-8000-00000000dead"
POOLS: dict[str, tuple[object, ...]] = {
    "Port": (None, None, None, "2", "3"),
    "TrackingId": TRACKINGS,
    "ID": KEYS,
    "Text": ("x", "y", "", None, "z" * 30_000),
    "Model": (0, 0, 0, 0, 2, 4, 6, 8, 10, 3),
    "PreferredCulture": ("en", "cs", None),
    "ExtResponse": (None, "", "stop", "sales", "expert", "robot", "quiz", "form", "unheard of"),
    "PartyName": ("Vera", None),
    "IsTyping": (True, False, None),
    "IsParked": (True, False, None),
    "State": ("Ready", "Ready", "Pause", "PostCall", "LogOff", None),
    "NextState": (None, None, "Pause", "PostCall", "LogOff", "Ready"),
    "Reason": (None, None, "Lunch", "none such"),
    "Mode": ("Consult", "Conference", "Monitor", "Transfer", None),
    "Note": (None, "Please help"),
    "RemoteAddress": ("vera", "eva", None),
    "ReturnChatId": (None, None, None, None, *OPENED[:2]),
    "Variables": (None, ({"Name": "order", "Value": "7"},), ({"Name": None},)),
    "Culture": ("en", None),
    "LiteralGroup": (102, None),
    "Code": ("done", None, "none such"),
    "ResultText": ("a@b.c", None),
    "TimeSent": (None, "1999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
}
SAID_BY = {
    role: tuple(spec for spec in CATALOGUE.values() if spec.sender == role.value) for role in Role
}
SEATS = (
    ("alice", "101"),
    ("bob", "102"),
    ("carol", "103"),
    ("sue", "104"),
    ("robo", "105"),
    ("alice", "102"),
    ("carol", "101"),
)
LINES: tuple[tuple[str, ...], ...] = (("web",), ("im",), ("web", "im"), ("video",))


def pool(state: State, name: str) -> tuple[object, ...]:
    """What a member may hold, sensible or not."""
    match name:
        case "Peer":
            return PEERS
        case "ChatId" | "ScenarioResultId":
            return (*list(state.chats)[:4], FOREIGN, None)
        case "AgentId" | "ToAgentId":
            return (None, None, *state.config.agents, FOREIGN)
        case "ToProjectId":
            return (None, None, *state.config.projects, FOREIGN)
        case "ScenarioId" | "Id":
            return (*state.config.scenarios, FOREIGN, None)
        case "ResultModel":
            forms = [{"ScenarioId": one} for one in (*state.config.scenarios, FOREIGN)]
            control = {"ScreenControlId": FOREIGN, "ResultText": "a@b.c"}
            return (None, None, *forms, {**forms[0], "Values": [control]})
        case _:
            return POOLS.get(name, ())


def random_members(state: State, spec: FrameSpec, picks: list[int]) -> dict[str, object]:
    """Members of a frame, each out of its pool."""
    if spec.payload is str:
        return {}
    structure: Any = spec.payload
    found: dict[str, object] = {}
    for index, member in enumerate(members(structure)):
        values = pool(state, member.wire)
        if values:
            found[member.wire] = values[(picks[index % len(picks)] + index) % len(values)]
    return found


# -- what makes sense


def likely(state: State, session: Session, what: int, how: int) -> tuple[str, dict[str, object]]:
    """A frame that probably makes sense: about one's own peer, chat, tracking ID."""
    if session.role is Role.CONNECTOR:
        return _by_connector(state, session, what, how)
    assert session.agent is not None
    desk = state.distribution.presences[session.agent]
    base: dict[str, object] = {"Peer": session.workplace}
    known = state.config.agents.get(desk.agent)
    role = known.role if known is not None else "agent"
    if desk.state is not AgentState.READY and what % 3:
        # Left to chance alone, agents would hardly ever be at work.
        return "CS_AGENT_STATE", {**base, "State": "Ready"}
    alerted = [c for c, holder in desk.leases.items() if holder is ChatStatus.ALERTING]
    if alerted and what % 5:
        said = "CS_CHAT_HANGUP" if what % 7 == 0 else "CS_CHAT_ANSWER"
        return said, {**base, "ChatId": alerted[how % len(alerted)]}
    choices = _SUPERVISOR if role == "supervisor" and how % 2 else _AGENT
    if choices is _AGENT and not _holds(desk):
        choices = _IDLE
    said, more = choices[what % len(choices)](state, desk, how)
    return said, {**base, **more}


def _by_connector(
    state: State, session: Session, what: int, how: int
) -> tuple[str, dict[str, object]]:
    gateway = state.config.gateways[session.gateways[how % len(session.gateways)]]
    base: dict[str, object] = {
        "Peer": gateway.peer,
        "Port": gateway.port,
        "TrackingId": TRACKINGS[how % 3],
    }
    unbound = [c for c in state.unbound if state.chats[c].gateway == gateway.id]
    match what % 10:
        case 0 if unbound:
            return "ES_CHAT_START", {**base, "ReturnChatId": unbound[how % len(unbound)]}
        case 0 | 1 | 2:
            ext = POOLS["ExtResponse"][how % 9]
            return "ES_CHAT_START", {**base, "ExtResponse": ext, "PartyName": "Vera"}
        case 3 | 4 | 5:
            text = ("x", "yes", "no", "bye")[how // 3 % 4]
            model = (0, 0, 0, 0, 2, 4)[how // 7 % 6]
            key = f"{text}{model}{how % 5}"
            return "ES_CHAT_SENTENCE", {**base, "ID": key, "Text": text, "Model": model}
        case 6:
            return "ES_CHAT_OPEN", {
                "Peer": gateway.peer,
                "Port": gateway.port,
                "RemoteAddress": "vera",
                "ReturnChatId": (None, *OPENED)[how % 5],
                "ExtResponse": POOLS["ExtResponse"][how // 5 % 9],
            }
        case 7:
            return "ES_SCENARIO_SAVE", _form(state, gateway.id, how)
        case 8:
            chat = state.by_tracking.get((gateway.id, TRACKINGS[how % 3] or ""))
            own = (
                [s.words.id for s in state.chats[chat].transcript.sentences if s.words.outbound]
                if chat
                else []
            )
            return "ES_CHAT_CONFIRM", {**base, "ID": own[how % len(own)] if own else "a"}
        case _:
            said = "ES_CHAT_STOP" if how % 2 else "ES_CHAT_TYPING"
            return said, {**base, "IsTyping": how % 3 == 0}


def _form(state: State, gateway: Guid, how: int) -> dict[str, object]:
    chats = list(state.open_chats.get(gateway, ()))
    chat = state.chats[chats[how % len(chats)]] if chats else None
    wanted = chat.forms.offered if chat is not None else None
    return {
        "ChatId": chat.id if chat is not None else None,
        "ScenarioId": wanted or next(iter(state.config.scenarios)),
    }


Choice = Callable[[State, AgentPresence, int], tuple[str, dict[str, object]]]


def _holds(desk: AgentPresence) -> list[Guid]:
    held = [c for c, holder in desk.leases.items() if holder is not ChatStatus.CLOSED]
    return [*held, *desk.parked, *desk.watching]


def _mine(state: State, desk: AgentPresence, how: int) -> Guid | None:
    """A chat that the agent has, or had."""
    held = _holds(desk)
    held = held or [c.id for c in state.chats.values() if desk.agent in (c.agent, c.last_agent)]
    return held[how % len(held)] if held else None


def _owned(state: State, desk: AgentPresence, how: int) -> Guid | None:
    """A chat that they answer, better one for which nobody is asked."""
    owned = [state.chats[c] for c in _holds(desk) if state.chats[c].agent == desk.agent]
    owned = [c for c in owned if c.invite is None] or owned
    return owned[how % len(owned)].id if owned else None


def _colleague(state: State, desk: AgentPresence, how: int) -> Guid | None:
    there = [
        one.agent
        for one in state.distribution.presences.values()
        if one.agent != desk.agent and one.state is AgentState.READY
    ]
    return there[how % len(there)] if there else None


def _project(state: State, how: int) -> Guid:
    projects = list(state.config.projects)
    return projects[how % len(projects)]


def _transfer(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    more: dict[str, object] = {"ChatId": _owned(state, desk, how)}
    if how % 8 == 0:
        more["ChatId"] = _mine(state, desk, how)
    elif how % 4 == 1:
        more["ToProjectId"] = _project(state, how // 4)
    elif how % 4:
        more["ToAgentId"] = _colleague(state, desk, how // 4)
    return "CS_CHAT_TRANSFER", more


def _invite(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    return "CS_CHAT_INVITE", {
        "ChatId": _owned(state, desk, how),
        "ToAgentId": _colleague(state, desk, how // 2),
        "Mode": ("Conference", "Consult")[how // 4 % 2],
        "Note": "Please",
    }


def _park(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    chat = _owned(state, desk, how)
    return "CS_CHAT_PARK", {"ChatId": chat, "IsParked": chat not in desk.parked}


def _plain(type: str) -> Choice:
    def choose(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
        return type, {"ChatId": _mine(state, desk, how)}

    return choose


def _leave(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    """Out of a chat in which somebody else is too; with nobody there, somebody is asked."""
    shared = [c for c in _holds(desk) if state.chats[c].parties and state.chats[c].has(desk.agent)]
    if not shared:
        return _invite(state, desk, how)
    return "CS_CHAT_LEAVE", {"ChatId": shared[how % len(shared)]}


def _confirm(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    chat = _mine(state, desk, how)
    said = state.chats[chat].transcript.sentences if chat is not None else []
    keys = [one.words.id for one in said if not one.words.outbound]
    return "CS_CHAT_CONFIRM", {"ChatId": chat, "ID": keys[how // 2 % len(keys)] if keys else "a"}


def _words(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    model = (0, 10, 0, 10, 0, 2, 6)[how % 7]
    text = ("x", "y")[how // 7 % 2]
    return "CS_CHAT_SENTENCE", {
        "ChatId": _mine(state, desk, how // 3),
        "ID": f"{text}{model}{how % 5}",
        "Text": text,
        "Model": model,
    }


def _state(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    wanted: tuple[dict[str, object], ...] = (
        {"State": "Ready", "NextState": "Pause"},
        {"State": "Ready", "NextState": "PostCall"},
        {"State": "Pause", "Reason": "Lunch"},
        {"State": "Ready"},
        {"State": "PostCall", "NextState": "LogOff"},
        {"State": "LogOff"},
    )
    return "CS_AGENT_STATE", wanted[how % 6]


def _open(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    gateways = [g for g in state.config.gateways.values() if not g.retired]
    gateway = gateways[how % len(gateways)]
    return "CS_CHAT_OPEN", {
        "Peer": gateway.peer,
        "Port": gateway.port,
        "RemoteAddress": "vera",
        "ReturnChatId": (None, *OPENED)[how % 5],
        "ExtResponse": ("sales", "", "unheard of")[how // 5 % 3],
    }


def _wrapup(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    running = [*desk.wrapups]
    return "CS_CHAT_WRAPUP", {
        "ChatId": running[how % len(running)] if running else None,
        "Code": "done",
        "Note": "all well",
    }


def _answered(state: State, how: int) -> Chat | None:
    chats = [c for c in state.chats.values() if c.status is ChatStatus.ANSWERED]
    return chats[how % len(chats)] if chats else None


def _join(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    chat = _answered(state, how)
    mode = ("Monitor", "Monitor", "Conference", "Consult")[how // 4 % 4]
    return "CS_CHAT_INVITE", {
        "ChatId": chat.id if chat is not None else None,
        "ToAgentId": desk.agent if mode != "Monitor" else None,
        "Mode": mode,
    }


def _force(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
    others = [one for one in state.distribution.presences if one != desk.agent]
    wanted = ("Ready", "Ready", "Pause", "LogOff", "PostCall")[how // 3 % 5]
    return "CS_AGENT_STATE", {
        "AgentId": others[how % len(others)] if others else None,
        "State": wanted,
    }


def _any_chat(type: str) -> Choice:
    def choose(state: State, desk: AgentPresence, how: int) -> tuple[str, dict[str, object]]:
        chats, agents = list(state.chats), list(state.config.agents)
        return type, {
            "ChatId": chats[how % len(chats)] if chats else None,
            "AgentId": agents[how // 2 % len(agents)] if type == "CS_CHAT_EXPLAIN" else None,
        }

    return choose


_AGENT: tuple[Choice, ...] = (
    _transfer,
    _words,
    _invite,
    _park,
    _invite,
    _leave,
    _transfer,
    _words,
    _state,
    _plain("CS_CHAT_HANGUP"),
    _leave,
    _park,
    _plain("CS_CHAT_RETURN"),
    _confirm,
    _open,
    _wrapup,
    _transfer,
)
_IDLE: tuple[Choice, ...] = (_open, _wrapup, _state, _open)
_SUPERVISOR: tuple[Choice, ...] = (
    _join,
    _words,
    _force,
    _any_chat("CS_CHAT_EXPLAIN"),
    _join,
    _any_chat("CS_CHAT_CLOSE"),
    _plain("CS_CHAT_OVERVIEW"),
    _leave,
    _words,
    _confirm,
    _join,
)
