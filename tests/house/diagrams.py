"""The diagrams in docs/behaviour.md, made from the tables of states in the core.

python -m tests.house.diagrams    writes them anew
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from broker.core.chats.lifecycle import CHAT, INVITE, OFFER
from broker.core.distribution.lifecycle import AGENT
from protocol.values import AgentState, ChatStatus

PAGE: Final = Path(__file__).parents[2] / "docs" / "behaviour.md"


def chat() -> str:
    """The life of a chat; an outbound one shows itself when it is answered."""
    lines = []
    for step in CHAT:
        hidden = step.before is None or (step.before, step.after) == (
            ChatStatus.PILOT,
            ChatStatus.ANSWERED,
        )
        name = "[*]" if hidden or step.before is None else step.before.value
        label = f": {step.label}" if step.label else ""
        lines.append(f"    {name} --> {step.after.value}{label}")
    return _diagram(lines)


def offer() -> str:
    """The lives of an offer, by what it is for."""
    lines = [f"    [*] --> {life.mode.value}: {life.before.value}" for life in OFFER]
    lines += [f"    {life.mode.value} --> [*]: {_words(life.outcomes)}" for life in OFFER]
    return _diagram(lines)


def invitation() -> str:
    """The life of an invitation."""
    lines = [
        f"    {before or '[*]'} --> {after or '[*]'}: {_words(causes)}"
        for (before, after), causes in INVITE.items()
    ]
    return _diagram(lines)


def agent() -> str:
    """The states of an agent; those at work follow each other freely."""
    lines = ["    state work {"]
    work = [state for state in AgentState if state is not AgentState.LOG_OFF]
    for before in work:
        for after in work:
            causes = AGENT.get((before, after), frozenset())
            if before is not after and causes:
                lines.append(f"        {before.value} --> {after.value}: {_words(causes)}")
    lines.append("    }")
    begun = [(after, causes) for (was, after), causes in AGENT.items() if was is AgentState.LOG_OFF]
    lines += [f"    LogOff --> {after.value}: {_words(causes)}" for after, causes in begun]
    ended = frozenset.union(*(AGENT[before, AgentState.LOG_OFF] for before in work))
    lines.append(f"    work --> LogOff: {_words(ended)}")
    return _diagram(lines)


def _words(causes: Iterable[str]) -> str:
    return ", ".join(sorted(causes))


def _diagram(lines: list[str]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def page(text: str) -> str:
    """The page with its diagrams made anew: of chats, offers, agents and invitations."""
    made = iter((chat(), offer(), agent(), invitation()))
    return re.sub(
        r"```mermaid\nstateDiagram-v2\n.*?```", lambda _: next(made), text, flags=re.DOTALL
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
