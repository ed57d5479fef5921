"""The built-in automated partners of a configuration, and the texts that they recognise (B-40)."""

from __future__ import annotations

import re
from typing import Final

from attrs import field, frozen

from broker.config.folding import Words, tidy
from protocol.limits import INT32
from protocol.pattern import Pattern
from protocol.scenario import ScreenControlInfo
from protocol.values import Guid

HEARD_TEXT: Final = 4_096
"""How much of a text is looked at."""


_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,10}")


def as_integer(text: str) -> int | None:
    """A text that says a whole number of 32 bits, as that number."""
    said = text.strip()
    if not _INTEGER.fullmatch(said):
        return None
    number = int(said)
    return number if INT32[0] <= number <= INT32[1] else None


@frozen(kw_only=True)
class TextMatch:
    """A reusable list of texts by which an answer is recognised.

    Attributes:
        words: Each is looked for as a whole word or phrase, however it is written.
        patterns: Each is searched in the tidied text.
    """

    id: Guid
    name: str
    words: Words = field(factory=Words)
    patterns: tuple[Pattern, ...] = ()

    def recognises(self, text: str) -> bool:
        """Whether a text is one that the list recognises."""
        heard = text[:HEARD_TEXT]
        return self.words.found_in(heard) or any(
            pattern.found_in(tidy(heard)) for pattern in self.patterns
        )


@frozen(kw_only=True)
class BotAnswer:
    """What a built-in bot does when an answer matches.

    Attributes:
        match: The text match; None: any text.
        value: What is filled into the question's control; None: what was said, as far as it fits.
        say: What the bot says then.
        project: The project that the chat is handed to in the end.
        next: The name of the question that follows; None: the next one in order.
        finish: Whether the bot hands the chat over now.
        close: Whether the chat is ended now.
    """

    match: Guid | None = None
    value: str | None = None
    say: str | None = None
    project: Guid | None = None
    next: str | None = None
    finish: bool = False
    close: bool = False


@frozen(kw_only=True)
class BotQuestion:
    """A question of a built-in bot.

    Attributes:
        answers: The first that matches counts. None at all: any text is an answer.
        tries: How often it is asked before the bot goes on without an answer.
        retry: What is said before it is asked again; None: the question alone.
        control: The control of a form that the answer is filled into; what a form of the visitor has
            there already is not asked.
        choices: Of a control with choices the words of each, and what it gives.
    """

    name: str
    ask: str
    answers: tuple[BotAnswer, ...] = ()
    tries: int = 2
    retry: str | None = None
    control: ScreenControlInfo | None = None
    choices: tuple[tuple[Words, str], ...] = ()


@frozen(kw_only=True)
class Bot:
    """A built-in automated partner (B-40): greets, shows a form, asks, hands over.

    Attributes:
        greeting: Its first words.
        scenario: A form that it offers before it asks, unless the visitor has filled it in.
        fills: The form whose controls its questions fill in.
        project: Where it hands over unless an answer says otherwise; None: the project rules say.
        farewell: Its last words before it hands over.
    """

    id: Guid
    name: str
    greeting: str | None = None
    scenario: Guid | None = None
    fills: Guid | None = None
    questions: tuple[BotQuestion, ...] = ()
    project: Guid | None = None
    farewell: str | None = None
