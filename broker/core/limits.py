"""How much one answer can hold: bounds that keep every answer inside one frame (I-14).

A transcript and a list of chats are answered in one frame each, so both are bounded by the frame
limit: each thing is weighed when it comes, never shorter than what it will take on the wire, in
whichever encoding (in JSON it is longer), and what would not fit any more is refused with
`Overloaded` before it is stored.
"""

from __future__ import annotations

from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Final

from protocol.limits import text_length
from protocol.scenario import ScenarioResultInfo

CHAT_BYTES = 620
"""Member names, Guids, times and lengths of one chat in a list, texts excluded; a name has 160 bytes."""
FORM_ITEM_BYTES = 4_096
"""The same of one form in a list of forms, names included."""
RESERVE = 49_152
"""What a snapshot needs besides sentences and forms: chat members, Info."""
NOTE_RESERVE = 8_192
"""What is kept free for the broker's own notes."""
CHATS_PER_GATEWAY = 100_000
"""The most chats of a gateway in memory, those included that closed not long ago."""
PAST_PINNED = 64
"""How many keys of replaced pinned sentences are remembered for each chat."""
FORMS_PER_CHAT = 32
VARIABLES_PER_CHAT = 32
REGISTERS_PER_SESSION = 16
"""How many registers a session is told of when they change, those that it asked for last."""
PARTIES_PER_CHAT = 8
"""Those who are in a chat besides its owner, monitors among them."""
WATCHED_PER_AGENT = 16
"""How many chats one supervisor may monitor."""
LOGGED_DECISIONS = 16
"""How many decisions about a chat are kept in memory; the store has them all."""
ANSWERS_REMEMBERED = 50
"""How many answers of each project are remembered, for the expected wait."""
LETTER_KEYS = 100_000
"""How many keys of agents' messages are remembered, the newest, however long their conversations are gone."""
MESSAGES_SHOWN = 50
"""The most messages of a conversation in one frame, where fewer are not asked for."""
NOTES_SHARE = 4
"""The notes of a conversation may take this part of a frame, and its draft twice as much."""
OVERVIEW_ITEMS = 500
"""The most chats, and the most agents, in one list for a person."""
OVERVIEW_BYTES = 1_200
"""What one of them takes on the wire, names included."""
LISTED_BYTES = 700
"""What a chat of the overview takes besides the texts in it."""
WRAP_UP_BYTES = 1_800
"""What one wrap-up takes in an agent's own state, the other party's name and address included."""
PARTIES_BYTES = 8_192
"""The same of a chat with as many parties as may be, and somebody asked."""
DECISION_BYTES = 24_576
"""The same of one decision, with the agents that it names."""
LEARNED_TEXT = 1_000
"""The most characters of an answer to a bot that are handed over."""
FORM_BYTES = 65_536
"""The most that one form may take."""
LISTED_TEXT = 200
"""The most characters of a form that lists show."""
HISTORY_BYTES = 8_192
"""What the sentences from earlier chats may take in a snapshot; there are ten of them at most."""
HISTORY_LINES = 10
LONGEST_TEXT: Final = text_length("ChatSentenceInfo", "Text")
MESSAGES_PER_CONVERSATION = 1_000
"""What comes after as many begins a conversation of its own."""
QUEUED_PER_GATEWAY = 10_000
"""How many messages of a gateway may wait for a connector."""
AUTOMATIC_REMEMBERED = 3
"""How many automatic messages of an address are remembered (B-58)."""
AUTOMATIC_ADDRESSES = 10_000
"""Of how many addresses."""
ATTACHMENTS = 10
"""The most attachments of one sentence or message that can be allowed (B-61)."""
BLOB_FIRST_BYTES = 4_096
"""The least that the first piece of a longer attachment has: its kind is seen in it."""
BLOB_FRAME = 2_048
"""What a frame with a piece takes besides the piece."""
BLOBS_COMING = 512 << 20
"""How many bytes all attachments may have together that are incomplete; a start reads them again."""
UNNAMED_BLOBS = 100
"""How many attachments of one sender there may be that nothing names."""
UNNAMED_BLOB_BYTES = 256 << 20
"""How many bytes of them."""
BLOB_IDLE = 600_000_000
"""After so long without a piece one that nothing names makes room for another one of its sender."""
DAY = 86_400_000_000


def items_that_fit(frame_bytes: int, each: int, most: int) -> int:
    """How many things of a list fit into one answer."""
    return max(0, min(most, frame_bytes // each - 1))


_ESCAPED: Final = bytes(range(0x20)) + b'"\\'
"""What JSON writes in another way. To look for it first takes a third of the time."""


def written(text: str) -> int:
    """How many bytes a text takes in JSON, which is never less than in MessagePack."""
    if text.isascii():
        plain = text.encode("ascii")
        if len(plain.translate(None, _ESCAPED)) == len(plain):
            return len(plain) + 2
    escaped = encode_basestring(text)
    return len(escaped) if escaped.isascii() else len(escaped.encode())


def pinned_digest(model: int, text: str) -> bytes:
    """What is remembered of a pinned sentence that was replaced, to know its retry (W-21)."""
    return blake2b(f"{model}/{text}".encode(), digest_size=16).digest()


def chat_bytes(tracking_id: str) -> int:
    """A bound on the bytes of a chat in a list."""
    return CHAT_BYTES + written(tracking_id)


def variables_bytes(variables: tuple[tuple[str, str], ...]) -> int:
    """A bound on the bytes of the free variables of a chat in its Info."""
    return sum(written(name) + written(value) + 32 for name, value in variables)


def form_size(form: ScenarioResultInfo) -> int:
    """About the bytes of what was filled in."""
    return written(form.activity or "") + sum(
        written(value.result_text or "") + 64 for value in form.values or ()
    )


def form_bytes(activity: str | None) -> int:
    """A bound on the bytes of a form in a snapshot."""
    return FORM_ITEM_BYTES + written(activity or "")
