"""How a chat passed from hand to hand: its changes of status and owner, as sentences (B-6, B-29)."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from broker.core.facts.causes import ChatCause, DecisionKind
from broker.core.facts.details import Forced
from broker.reporting.explain import wording
from broker.reporting.explain.chat_rows import ChatRows, Row
from broker.reporting.explain.entries import Entry
from broker.reporting.source import Source
from protocol.values import ChatStatus


@frozen
class Turns:
    """The events of a chat, told by whose turn it was."""

    source: Source
    chat_rows: ChatRows

    def tell(self) -> Iterator[tuple[Row, Entry]]:
        """The entries with their events, in order; what is told with a decision or an offer is not."""
        before: Row | None = None
        for event in self.chat_rows.events:
            said = self._said(event, before)
            if said is not None:
                text, giver = said
                also = (giver,) if giver is not None else ()
                yield event, Entry(event["at"], event["cause"], event["agent"], text, None, also)
            before = event

    def forced(self, at: int, agent: str | None) -> str:
        """By whom an agent was logged off at a moment."""
        for row in self.chat_rows.forced:
            if row["at"] == at and row["agent"] == agent:
                return f" by {self.source.name(row['by_agent'])}"
        return ""

    def _said(self, event: Row, before: Row | None) -> tuple[str, str | None] | None:
        """The sentence about an event, and who else it concerns."""
        held = before is not None and before["status"] == ChatStatus.ANSWERED
        giver = before["agent"] if held and before is not None else None
        match event["status"], event["cause"]:
            case _, ChatCause.STARTED | ChatCause.REOPENED:
                return self._begin(event), None
            case ChatStatus.CLOSED, _:
                return self._close(event), giver
            case ChatStatus.ANSWERED, ChatCause.OPENED:
                return f"{self.source.name(event['agent'])} began the chat and has it.", None
            case ChatStatus.ANSWERED, cause if cause in wording.PASSED_ON:
                return self._pass(event, before, giver), giver
            case ChatStatus.WAITING, cause if cause in wording.GIVEN_BACK and giver is not None:
                return self._back(event, giver), giver
            case ChatStatus.WAITING, ChatCause.AGENT_LOST:
                text = "The agent did not come back; the chat waits again, before new ones."
                return text, None
            case (
                ChatStatus.WAITING | ChatStatus.ALERTING | ChatStatus.ANSWERED | ChatStatus.ICR,
                _,
            ):
                return None
            case status, cause:
                return f"Status {status} ({cause}).", None

    def _begin(self, event: Row) -> str:
        chat = self.chat_rows.chat
        if event["cause"] == ChatCause.REOPENED:
            return "The visitor wrote again: the chat was reopened."
        gateway = self.source.name(chat["gateway"])
        if chat.get("outbound"):
            to = chat["remote_address"]
            return f"The chat was begun by this side on gateway {gateway}" + (
                f", to {to}." if to else "."
            )
        return f"The chat began on gateway {gateway}, visitor {chat['tracking_id']}."

    def _close(self, event: Row) -> str:
        agent, cause = event["agent"], event["cause"]
        how = wording.CLOSED.get(event["close_reason"], str(event["close_reason"]))
        how = wording.CLOSED_BY.get(cause, how)
        if cause == ChatCause.FORCED:
            by = next((Forced.read(d["detail"]).by for d in self._forcing(event["at"])), None)
            how = f"by the supervisor {self.source.name(by)}" if by else how
        return f"Closed {how}" + (f"; {self.source.name(agent)} had it." if agent else ".")

    def _forcing(self, at: int) -> list[Row]:
        return [
            row
            for row in self.chat_rows.decisions
            if row["kind"] == DecisionKind.FORCED and row["at"] == at
        ]

    def _pass(self, event: Row, before: Row | None, giver: str | None) -> str:
        one, other = self.source.name(giver), self.source.name(event["agent"])
        by = self.forced(event["at"], giver)
        text = wording.PASSED_ON[event["cause"]].format(one=one, other=other, by=by)
        project = event.get("project")
        if project is not None and before is not None and project != before.get("project"):
            text += f", and it is about {self.source.name(project)}"
        return f"{text}."

    def _back(self, event: Row, giver: str) -> str:
        name, by = self.source.name(giver), self.forced(event["at"], giver)
        return wording.GIVEN_BACK[event["cause"]].format(one=name, by=by)
