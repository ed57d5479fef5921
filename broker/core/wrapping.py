"""The work after a chat or a conversation: for how long it holds slots, and who ends it (B-28, B-57)."""

from __future__ import annotations

from broker.config.model import Config
from broker.core.decision import Refusal
from broker.core.distribution_state import DistributionState, Work
from protocol.errors import ErrorCode
from protocol.values import Guid

_NAMES = {Work.CHAT: "ChatId", Work.CONVERSATION: "ConversationId"}


def wrapup_of(config: Config, project: Guid | None) -> int:
    """For how long the slots of whoever had it last stay taken when it ends; 0: not at all."""
    known = config.projects.get(project) if project is not None else None
    return known.wrapup if known is not None else 0


def code_refused(config: Config, code: str | None) -> Refusal | None:
    """What is wrong with the code that something ends with: where there are codes it is one of them."""
    if code is None or not config.wrapup_codes or code in config.wrapup_codes:
        return None
    return Refusal(ErrorCode.BAD_PAYLOAD, "Code: not a configured code")


def end_refused(
    state: DistributionState, agent: Guid, work: Work, id: Guid, code: str | None
) -> Refusal | None:
    """Why an agent cannot end the wrap-up of a chat or a conversation with a code; None when they can."""
    refused = code_refused(state.config, code)
    if refused is not None:
        return refused
    if id not in state.distribution.presences[agent].workload(work).wrapups:
        return Refusal(ErrorCode.WRONG_STATE, f"{_NAMES[work]}: no wrap-up runs for it")
    return None
