"""Readers of the built-in automated partners and of the texts that they recognise (B-40)."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Annotated, Final

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Nested, Reference, carried
from broker.config.folding import Words
from broker.config.parse import (
    boolean,
    guid,
    integer,
    listing,
    short_text,
    suggestion,
    text,
    text_pattern,
)
from broker.config.partners import Bot, BotAnswer, BotQuestion, TextMatch, as_integer
from broker.config.section_reader import Table
from broker.config.sections.directory import PUBLIC_NAME_BYTES, Named
from broker.config.sections.forms import choice_texts
from broker.config.sections.routing import warn_doubt
from protocol.limits import text_length
from protocol.pattern import Pattern
from protocol.scenario import ScreenControlInfo
from protocol.values import ControlType, Guid

NAME: Final = text()
SAID: Final = text(text_length("ChatSentenceInfo", "Text"))
DEEDS: Final = ("greeting", "scenario", "questions", "project", "farewell")
"""What a bot can do; it does one of them at least."""
SAID_KINDS: Final = (
    ControlType.TEXT_AREA,
    ControlType.INTEGER,
    ControlType.DROP_DOWN,
    ControlType.RADIO_BUTTONS,
    ControlType.CHECK_BOXES,
)
"""The kinds of controls that an answer can fill in."""
MOST_QUESTIONS: Final = 100
"""The most questions of a bot, and the most answers of a question."""
MOST_TEXTS: Final = 1_000
"""The most words and the most patterns of a text match; each sentence is searched for them."""


def _word(value: object) -> str:
    """A word or phrase that has something in it to look for."""
    found = NAME(value)
    Words((found,))
    return found


@frozen(kw_only=True)
class TextMatchKeys(Named):
    """`[[text_matches]]`."""

    words: Annotated[tuple[str, ...] | None, listing(_word)] = None
    patterns: Annotated[tuple[Pattern, ...] | None, listing(text_pattern)] = None


@frozen(kw_only=True)
class BotKeys:
    """`[[bots]]`."""

    name: Annotated[str, short_text(PUBLIC_NAME_BYTES), NEEDED] = ""
    id: Annotated[Guid | None, guid] = None
    greeting: Annotated[str | None, SAID] = None
    scenario: Annotated[Guid | None, Reference("scenario")] = None
    questions: Nested = None
    project: Annotated[Guid | None, Reference("project")] = None
    farewell: Annotated[str | None, SAID] = None


@frozen(kw_only=True)
class QuestionKeys:
    """`[[bots.questions]]`."""

    name: Annotated[str, NAME, NEEDED] = ""
    ask: Annotated[str, SAID, NEEDED] = ""
    answers: Nested = None
    tries: Annotated[int | None, integer(1, 10)] = None
    retry: Annotated[str | None, SAID] = None
    control: Annotated[Guid | None, Reference("control")] = None


@frozen(kw_only=True)
class AnswerKeys:
    """`[[bots.questions.answers]]`."""

    match: Annotated[Guid | None, Reference("text_match")] = None
    value: Annotated[str | None, SAID] = None
    say: Annotated[str | None, SAID] = None
    project: Annotated[Guid | None, Reference("project")] = None
    next: Annotated[str | None, NAME] = None
    finish: Annotated[bool | None, boolean] = None
    close: Annotated[bool | None, boolean] = None


def read_text_matches(root: Table, context: Context) -> Iterator[TextMatch]:
    """`[[text_matches]]`."""
    for table in root.children("text_matches"):
        keys = table.read(TextMatchKeys)
        identity = context.identities.claim(table, "text_match", keys.name, keys.id)
        if "words" not in table and "patterns" not in table:
            table.missing("words", "is missing; give words or patterns", "patterns")
        _check_number(table, "words", keys.words)
        _check_number(table, "patterns", keys.patterns)
        for position, found in enumerate(keys.patterns or ()):
            warn_doubt(table, ("patterns", position), found)
        match = carried(TextMatch, keys, id=identity, words=Words(keys.words or ()))
        context.text_matches[identity] = match
        yield match


def _check_number(table: Table, key: str, texts: Sized | None) -> None:
    if texts is not None and not texts:
        table.fault(key, "has no entry")
    if texts is not None and len(texts) > MOST_TEXTS:
        table.fault(key, f"has more than {MOST_TEXTS:,} entries")


def read_bots(root: Table, context: Context) -> Iterator[Bot]:
    """`[[bots]]`: the built-in ones; a bot of another program is an agent."""
    for table in root.children("bots"):
        faults_before = len(table.report.faults)
        keys = table.read(BotKeys, context.reference)
        questions = _questions(table, context)
        bot = carried(
            Bot,
            keys,
            id=context.identities.claim(table, "bot", keys.name, keys.id),
            fills=_filled(table, questions, context),
            questions=questions,
        )
        # What could not be read is replaced by nothing, and must not be missed as well.
        unharmed = len(table.report.faults) == faults_before
        if unharmed and not any(getattr(bot, deed) for deed in DEEDS):
            text = f"does nothing; give one of {', '.join(DEEDS)}"
            table.report.fault(table.path, text)
        yield bot


def _filled(table: Table, questions: tuple[BotQuestion, ...], context: Context) -> Guid | None:
    """The form that the questions of a bot fill in: one form, so that it is one result."""
    controls = [q.control.screen_control_id for q in questions if q.control is not None]
    forms = dict.fromkeys(context.controls[each][0] for each in controls if each is not None)
    if len(forms) > 1:
        table.fault("questions", "fill in controls of several forms; take those of one")
    return next(iter(forms), None)


def _questions(parent: Table, context: Context) -> tuple[BotQuestion, ...]:
    found: list[BotQuestion] = []
    answers: list[tuple[Table, BotAnswer]] = []
    names: set[str] = set()
    for table in parent.children("questions"):
        question, own = _question(table, context)
        if question.name and question.name in names:
            table.fault("name", f'a second question "{question.name}" of this bot')
        names.add(question.name)
        found.append(question)
        answers += own
    if len(found) > MOST_QUESTIONS:
        parent.fault("questions", f"has more than {MOST_QUESTIONS} questions")
    # An answer may lead to a later question, so all of them have to be known.
    for table, answer in answers:
        if answer.next is not None and answer.next not in names and "" not in names:
            hint = suggestion(answer.next, names)
            table.fault("next", f'there is no question "{answer.next}" of this bot{hint}')
    return tuple(found)


def _question(table: Table, context: Context) -> tuple[BotQuestion, list[tuple[Table, BotAnswer]]]:
    keys = table.read(QuestionKeys, context.reference)
    answers = _answers(table, context)
    control = _control(table, keys, context)
    choices = choice_texts(control) if control is not None else []
    question = carried(
        BotQuestion,
        keys,
        answers=tuple(answer for _, answer in answers),
        control=control,
        choices=tuple((Words((shown, given)), given) for shown, given in choices),
    )
    for each, answer in answers:
        _check_value(each, question, answer)
    strict = control is not None and control.control_type is not ControlType.TEXT_AREA
    if strict and not answers:
        return question, answers
    if not answers or any("match" not in answer for answer, _ in answers):
        for key in ("tries", "retry"):
            if key in table:
                table.warn(key, "means nothing where any text is an answer")
    return question, answers


def _control(table: Table, keys: QuestionKeys, context: Context) -> ScreenControlInfo | None:
    """The control that a question fills in, of a kind that can be said."""
    if keys.control is None:
        return None
    _form, control = context.controls[keys.control]
    if control.control_type not in SAID_KINDS:
        table.fault("control", f"is a {control.control_type}, which a bot cannot fill in")
        return None
    return control


def _check_value(table: Table, question: BotQuestion, answer: BotAnswer) -> None:
    """What an answer fills in must be what the control takes."""
    control = question.control
    if answer.value is None:
        return
    if control is None:
        table.fault("value", "needs a control of the question")
    elif question.choices and answer.value not in [given for _, given in question.choices]:
        given = ", ".join(given for _, given in question.choices)
        table.fault("value", f"is no choice of the control; they give: {given}")
    elif control.control_type is ControlType.INTEGER and as_integer(answer.value) is None:
        table.fault("value", "must be a whole number, as text")


def _answers(parent: Table, context: Context) -> list[tuple[Table, BotAnswer]]:
    found: list[tuple[Table, BotAnswer]] = []
    for table in parent.children("answers"):
        answer = carried(BotAnswer, table.read(AnswerKeys, context.reference))
        _check_answer(table, answer)
        if any("match" not in earlier for earlier, _ in found):
            table.report.fault(table.path, "is never reached: an answer before it has no match")
        elif answer.match is not None and answer.match in [it.match for _, it in found]:
            table.fault("match", "is never reached: an answer before it has the same")
        found.append((table, answer))
    if len(found) > MOST_QUESTIONS:
        parent.fault("answers", f"has more than {MOST_QUESTIONS} answers")
    return found


def _check_answer(table: Table, answer: BotAnswer) -> None:
    """An answer ends the bot's part in one way."""
    if answer.finish and answer.close:
        table.fault("finish", "does not go with close")
    if answer.next is not None and (answer.finish or answer.close):
        table.fault("next", f"does not go with {'finish' if answer.finish else 'close'}")
    if answer.project is not None and answer.close:
        table.warn("project", "means nothing with close")
