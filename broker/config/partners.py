"""The built-in automated partners of a configuration, and the texts that they recognise (B-40)."""

from __future__ import annotations

from attrs import field, frozen

from broker.config.folding import Words
from broker.config.pattern import Pattern
from protocol.values import Guid


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


@frozen(kw_only=True)
class BotAnswer:
    """What a built-in bot does when an answer matches.

    Attributes:
        match: The text match; None: any text.
        say: What the bot says then.
        project: The project that the chat is handed to in the end.
        next: The name of the question that follows; None: the next one in order.
        finish: Whether the bot hands the chat over now.
        close: Whether the chat is ended now.
    """

    match: Guid | None = None
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
    """

    name: str
    ask: str
    answers: tuple[BotAnswer, ...] = ()
    tries: int = 2
    retry: str | None = None


@frozen(kw_only=True)
class Bot:
    """A built-in automated partner (B-40): greets, shows a form, asks, hands over.

    Attributes:
        greeting: Its first words.
        scenario: A form that it offers before it asks.
        project: Where it hands over unless an answer says otherwise; None: the project rules say.
        farewell: Its last words before it hands over.
    """

    id: Guid
    name: str
    greeting: str | None = None
    scenario: Guid | None = None
    questions: tuple[BotQuestion, ...] = ()
    project: Guid | None = None
    farewell: str | None = None
