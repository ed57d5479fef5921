"""A conversation as a person sees it: lines, with what is known of their delivery."""

from enum import StrEnum

from attrs import define, field, frozen

from connectors.client.events import ChatRef
from connectors.terminal.words import local_time
from protocol.chat import ChatSentenceInfo
from protocol.display import shown
from protocol.values import ChatStatus, Guid

YOU = "you"
"""Who says what has no echo yet: the broker alone knows by which name the other side will see it."""


class Tick(StrEnum):
    """What is known of the delivery of an own line."""

    NONE = ""
    SENDING = "…"
    ECHOED = "✓"
    DELIVERED = "✓✓"


REPEATED = 60
"""Characters of a line that are enough to know it again."""


def short(text: str, most: int = REPEATED) -> str:
    """A text that is repeated, in one row of so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _name(text: str | None) -> str | None:
    return None if text is None else shown(text)


def _lines(text: str) -> str:
    return shown(text, lines=True)


@frozen(kw_only=True)
class Line:
    """One line, safe to show whoever wrote it.

    Attributes:
        text: What it says, on one row or several.
        who: Who said it; None: the program itself.
        mine: Whether the person at this terminal said it.
        tick: Its delivery.
        note: It was made by a machine.
        counter: Its place in the transcript; 0: it has none.
    """

    text: str = field(converter=_lines)
    who: str | None = field(default=None, converter=_name)
    mine: bool = False
    tick: Tick = Tick.NONE
    note: bool = False
    counter: int = 0


@define(eq=False)
class Conversation:
    """One chat on the screen.

    Attributes:
        ref: The chat.
        title: Who is on the other side.
        number: Its number on this screen.
        status: Its status.
        agent: Who answers, as the visitor is told.
        is_typing: The other side types.
        is_parked: It is on hold.
        alert_until: Until when it is offered; None: it is not.
        held: How the person had it last: offered, or theirs.
        has_history: What was said in earlier chats is shown already.
        is_shared: The person was told of somebody else in it, besides its two sides.
        unread: Lines that came while another chat was on the screen.
        chat_id: The chat that goes by its name now.
    """

    ref: ChatRef
    title: str = ""
    number: int = 0
    status: ChatStatus | None = None
    agent: str | None = None
    is_typing: bool = False
    is_parked: bool = False
    alert_until: float | None = None
    held: ChatStatus | None = None
    has_history: bool = False
    is_shared: bool = False
    unread: int = 0
    chat_id: Guid | None = None
    _entries: list[ChatSentenceInfo | str | Line] = field(factory=list)
    _mine: set[int] = field(factory=set)
    _own: set[int] = field(factory=set)
    _places: dict[int, int] = field(factory=dict)

    def add(self, sentence: ChatSentenceInfo, *, mine: bool, own: bool | None = None) -> None:
        """Add the next sentence of the transcript.

        Args:
            sentence: It.
            mine: Whether it is of the person's side.
            own: Whether the person wrote it, so that its delivery is told; as `mine` when not said.
        """
        self._places[sentence.counter] = len(self._entries)
        if mine:
            self._mine.add(sentence.counter)
        if mine if own is None else own:
            self._own.add(sentence.counter)
        self._entries.append(sentence)

    def confirmed(self, sentence: ChatSentenceInfo) -> None:
        """The other side has a sentence."""
        place = self._places.get(sentence.counter)
        if place is not None:
            self._entries[place] = sentence

    def is_about(self, chat_id: Guid | None) -> None:
        """Go on with another chat of this name, the lines of which are counted anew."""
        if chat_id is None or chat_id == self.chat_id:
            return
        if self.chat_id is not None:
            self._entries = [self._line(entry) for entry in self._entries]
            for known in (self._mine, self._own, self._places):
                known.clear()
        self.chat_id = chat_id

    def recall(self, sentence: ChatSentenceInfo) -> Line:
        """Add what was said in an earlier chat; gives its line."""
        when = sentence.time_sent
        at = f" {local_time(when, '%d %b %H:%M')}" if when is not None else ""
        line = Line(text=f"earlier{at}, {sentence.party_name or '?'}: {sentence.text or ''}")
        self._entries.append(line)
        return line

    def say(self, text: str) -> None:
        """Add a line of the program's own."""
        self._entries.append(text)

    def lines(self, unsent: list[ChatSentenceInfo]) -> list[Line]:
        """What is to be seen: the transcript with the program's remarks, then what is still under way."""
        shown = [self._line(entry) for entry in self._entries]
        return shown + [
            Line(text=one.text or "", who=YOU, mine=True, tick=Tick.SENDING) for one in unsent
        ]

    def _line(self, entry: ChatSentenceInfo | str | Line) -> Line:
        if isinstance(entry, Line):
            return entry
        if isinstance(entry, str):
            return Line(text=entry)
        return self.line_of(entry)

    def line_of(self, sentence: ChatSentenceInfo) -> Line:
        """How a sentence of the transcript looks."""
        counter = sentence.counter
        return _line_of(sentence, mine=counter in self._mine, own=self.is_own(counter))

    def is_own(self, counter: int) -> bool:
        """Whether the person at this terminal wrote a sentence."""
        return counter in self._own


def _line_of(sentence: ChatSentenceInfo, *, mine: bool, own: bool) -> Line:
    tick = Tick.NONE
    if own:
        tick = Tick.ECHOED if sentence.confirmed_time is None else Tick.DELIVERED
    return Line(
        text=sentence.text or "",
        who=sentence.party_name,
        mine=mine,
        tick=tick,
        note=sentence.model != 0,
        counter=sentence.counter,
    )
