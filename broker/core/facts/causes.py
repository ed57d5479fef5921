"""The words that facts give for what happened: why a chat moved, how an offer ended, what was decided.

They stand in the tables as they are here, so a word is never changed, only added. Whoever reads rows may meet
one of a later version and takes it as it is.
"""

from __future__ import annotations

from enum import StrEnum


class ChatCause(StrEnum):
    """Why the status or the owner of a chat changed (B-6)."""

    STARTED = "started"
    REOPENED = "reopened"
    OPENED = "opened"
    """By an agent, whose it is at once."""
    ROUTED = "routed"
    BOT = "bot"
    """A rule gave it to a bot, or a bot ended it."""
    BOT_DONE = "bot_done"
    BOT_SILENT = "bot_silent"
    """Its bot was passed over, for whatever reason."""
    OFFERED = "offered"
    ANSWERED = "answered"
    REJECTED = "rejected"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    LEFT = "left"
    """Its owner left it to somebody in the conference."""
    OWNER_LOST = "owner_lost"
    """Its owner was lost, and somebody in the conference has it."""
    RETURNED = "returned"
    AGENT_LOST = "agent_lost"
    FORCED = "forced"
    """By a supervisor, who closed it or logged its agent off."""
    RESTART = "restart"
    CLOSED = "closed"
    WAIT_RULE = "wait_rule"
    UNBOUND = "unbound"
    FULL = "full"


class OfferOutcome(StrEnum):
    """How an offer ended, or what somebody was asked for (B-24, B-25, B-29)."""

    ANSWERED = "answered"
    REJECTED = "rejected"
    MISSED = "missed"
    """It timed out; of a project that was asked: nobody was found in time."""
    WITHDRAWN = "withdrawn"
    """The chat ended, or whoever asked for it took that back."""
    LOST = "lost"
    """The workplace went away."""
    FORCED = "forced"
    """A supervisor logged the agent off."""
    RESTART = "restart"


class OfferMode(StrEnum):
    """What an offer is for; the last three are what an owner may ask for."""

    QUEUE = "queue"
    BOT = "bot"
    TRANSFER = "Transfer"
    CONSULT = "Consult"
    CONFERENCE = "Conference"


class PartyEnd(StrEnum):
    """Why somebody besides the owner is out of a chat (B-29)."""

    LEFT = "left"
    LOST = "lost"
    FORCED = "forced"
    ENDED = "ended"
    """The conversation did."""
    RESTART = "restart"
    OWNER = "owner"
    """They own it now."""
    CHANGED = "changed"
    """They take part in another mode from now on."""
    ASKED = "asked"
    """Whoever watched was asked in, and watches no more."""


class ParkingEnd(StrEnum):
    """Why a chat is parked no more (B-29)."""

    RETRIEVED = "retrieved"
    ENDED = "ended"
    """The conversation with its owner ended meanwhile."""


class AgentCause(StrEnum):
    """Why the state of an agent changed (B-28)."""

    LOGIN = "login"
    ASKED = "asked"
    NEXT = "next"
    """Their NextState was taken."""
    MISSED = "missed"
    """Too many offers in a row."""
    LOST = "lost"
    FORCED = "forced"


class WrapupEnd(StrEnum):
    """Why a wrap-up ended (B-28)."""

    AGENT = "agent"
    EXPIRED = "expired"
    REOPENED = "reopened"
    FORCED = "forced"


class DecisionKind(StrEnum):
    """What the log of decisions tells (B-30)."""

    ROUTED = "routed"
    REFUSED = "refused"
    BOT = "bot"
    WAITING = "waiting"
    """Nobody could take it."""
    OFFERED = "offered"
    WAIT_RULE = "wait_rule"
    TRANSFER = "transfer"
    """Somebody is asked."""
    TRANSFER_ENDED = "transfer_ended"
    FORCED = "forced"
    """A supervisor closed it."""


class PassedOver(StrEnum):
    """Why a bot did not keep a chat, or did not get it (B-40)."""

    SILENT = "silent"
    MISSED = "missed"
    REJECTED = "rejected"
    LOST = "lost"
    AGENT_LOST = "agent_lost"
    FORCED = "forced"
    GONE = "gone"
    """Out of the configuration."""
    RESTART = "restart"


class Ineligible(StrEnum):
    """Why an agent who has what a chat asks for is not offered it now (B-20, B-24)."""

    AWAY = "away"
    LEAVING = "leaving"
    PAUSED = "state Pause"
    POST_CALL = "state PostCall"
    LOGGED_OFF = "state LogOff"
    NO_SLOT = "no free slot"
    EXCLUDED = "excluded"
    IN_CHAT = "in the chat"
    CHATTING = "has a chat"
    """And is offered no conversation beside it (B-57)."""
    CHATS_ALONE = "program takes no messages"
    """Its hello did not say TakesMessages (B-57)."""


class ChosenBy(StrEnum):
    """What put the first candidate before the second (B-21)."""

    HAD_IT = "answered it before"
    SKILL = "skill"
    FREE_SLOTS = "free slots"
    LONGEST_IDLE = "longest idle"
    AGENT_ID = "agent id"
    ONLY_CANDIDATE = "only candidate"
    ASKED_FOR = "asked for"


class ConversationCause(StrEnum):
    """Why the status or the owner of a conversation changed (B-57)."""

    STARTED = "started"
    REOPENED = "reopened"
    OPENED = "opened"
    """By an agent, whose it is at once."""
    ROUTED = "routed"
    OFFERED = "offered"
    ANSWERED = "answered"
    PICKED = "picked"
    REJECTED = "rejected"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    """The workplace of whoever was alerted went away."""
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    PARKED = "parked"
    WOKEN = "woken"
    """It was put aside, and waits again."""
    AGENT_LOST = "agent_lost"
    FORCED = "forced"
    """A supervisor logged its agent off."""
    RESTART = "restart"
    CLOSED = "closed"
    RULE = "rule"
    """A message rule closed it, none matched, or it is unwanted."""
    WAIT_RULE = "wait_rule"
    """It waited for too long."""
    UNDELIVERED = "undelivered"
    """A message of it failed when nobody worked on it any more."""


class AttemptOutcome(StrEnum):
    """How an attempt to hand a message over ended (B-52..B-55)."""

    SENT = "sent"
    REFUSED = "refused"
    PERMANENT = "permanent"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"
    """No answer came in time."""
    LATE_SENT = "late_sent"
    """Success came after the attempt had been given up."""
    LATE_REFUSED = "late_refused"
    DELIVERED = "delivered"
    READ = "read"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"
    RETRIED = "retried"
    """An agent wants it to be tried again."""
    NO_GATEWAY = "no_gateway"
    """The configuration has no gateway any more by which it could go out."""
