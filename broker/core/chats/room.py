"""What room is left, and the way out of each bound: last words, a chat that goes on in a new one (I-14).

Theory of operation: a transcript is answered in one frame and therefore bounded. The bound is met in three
steps: the visitor's words end first, then the agents', so that somebody can still say good-bye, then the
broker's own notes. A full chat is not gone on with: a start ends it and makes another one that names it.
The memory of a gateway is bounded as well; what closed longest ago makes room before anything is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from broker.config.model import MINUTE
from broker.core.chats.transcript import held_bytes
from broker.core.decision import Refusal
from broker.core.facts import ChatDropped
from broker.core.limits import (
    CHATS_PER_GATEWAY,
    FORMS_PER_CHAT,
    RESERVE,
)
from broker.core.sentence import LONGEST, Words, sentence_bytes
from broker.core.state import Chat, ChatsState
from protocol.errors import ErrorCode
from protocol.scenario import ScenarioResultInfo
from protocol.values import Guid

LAST_WORDS = 32_768
"""What a transcript keeps for the agents' words when it takes no more of the visitor's."""
AGENTS_SHARE = 16
"""For their last words agents may go beyond the bytes of a gateway by one part in so many."""


def agents_room(state: ChatsState) -> int:
    """How many bytes of a transcript there are for words and notes of agents."""
    return state.config.limits.frame_bytes - RESERVE


def visitors_room(state: ChatsState) -> int:
    """How many there are for what the visitor says and fills in."""
    room = agents_room(state)
    return room - min(LAST_WORDS, room // 4)


def is_full(state: ChatsState, chat: Chat, form: ScenarioResultInfo | None = None) -> bool:
    """Whether something that the visitor may say, or this form, might not fit the chat any more."""
    crowded = len(chat.forms.results) >= FORMS_PER_CHAT
    if form is not None and crowded and form.scenario_result_id not in chat.forms.results:
        return True
    room = visitors_room(state)
    begun = bool(chat.transcript.sentences or chat.transcript.internal or chat.forms.results)
    return begun and chat.transcript.size + min(LONGEST, room // 2) > room


def _oldest(
    state: ChatsState, gateway: Guid, needed: int, weigh: Callable[[Chat], int], but: Guid | None
) -> list[Chat] | None:
    """The chats that closed first, as many as are needed; None when there are not enough.

    What closed within the last minute stays, for retries that are under way.
    """
    found: list[Chat] = []
    for chat_id in state.closed_chats.get(gateway, ()) if needed > 0 else ():
        chat = state.chats[chat_id]
        if chat.ending.closed_at is None or chat.ending.closed_up > state.up - MINUTE:
            break
        if chat_id == but or chat.ending.wrapping:
            continue  # it is about to be reopened, or a wrap-up runs
        found.append(chat)
        needed -= weigh(chat)
        if needed <= 0:
            break
    return found if needed <= 0 else None


def _for_words(state: ChatsState, gateway: Guid, but: Guid) -> list[Chat] | None:
    """Which closed chats are to be let go so that the words of a gateway take no more than they may."""
    over = state.bytes_held.get(gateway, 0) - state.config.limits.gateway_bytes
    return _oldest(state, gateway, over, held_bytes, but)


def _for_chat(state: ChatsState, gateway: Guid) -> list[Chat] | None:
    """The same for one chat more of a gateway."""
    over = state.chats_held.get(gateway, 0) + 1 - CHATS_PER_GATEWAY
    return _oldest(state, gateway, over, lambda _chat: 1, None)


def words_relieved(state: ChatsState, chat: Chat, now: int) -> list[ChatDropped]:
    """The facts that make room for words of a chat, as far as they can."""
    if state.bytes_held[chat.gateway] <= state.config.limits.gateway_bytes:
        return []
    return _dropped(_for_words(state, chat.gateway, chat.id), now)


def chats_relieved(state: ChatsState, gateway: Guid, now: int) -> list[ChatDropped]:
    """The facts that make room for one more chat."""
    return _dropped(_for_chat(state, gateway), now)


def holds_one_more(state: ChatsState, gateway: Guid) -> bool:
    """Whether one more chat of a gateway may be held in memory, if need be for old ones."""
    return _for_chat(state, gateway) is not None


def _dropped(chats: list[Chat] | None, now: int) -> list[ChatDropped]:
    return [ChatDropped(chat=chat.id, no=chat.no, at=now) for chat in chats or ()]


def is_spent(state: ChatsState, chat: Chat, *, agent: bool) -> bool:
    """Whether the words of a gateway's chats take too much memory for another one in this chat."""
    limit, held = state.config.limits.gateway_bytes, state.bytes_held[chat.gateway]
    if held <= limit or (agent and held <= limit + limit // AGENTS_SHARE):
        return False
    return _for_words(state, chat.gateway, chat.id) is None


def refuse_for_room(state: ChatsState, chat: Chat, words: Words, *, agent: bool) -> Refusal | None:
    """Refuse a sentence for which there is no room; agents have a little more for last words."""
    limits = state.config.limits
    size = chat.transcript.size
    # Most chats are far from every bound, and this is on the way of each sentence.
    if size + LONGEST > limits.frame_bytes - RESERVE - LAST_WORDS:
        size += sentence_bytes(words, chat.visitor.tracking_id)
        if size > (agents_room(state) if agent else visitors_room(state)):
            return Refusal(ErrorCode.OVERLOADED, "the transcript of the chat is full")
    if state.bytes_held[chat.gateway] <= limits.gateway_bytes:
        return None
    if is_spent(state, chat, agent=agent):
        return Refusal(ErrorCode.OVERLOADED, "the gateway's chats take too much memory")
    return None
