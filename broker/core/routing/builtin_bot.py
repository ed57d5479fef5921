"""The built-in automated partner: greets, shows a form, asks, and hands over (B-40).

Theory of operation: a bot of the configuration needs no session; it is a table that this module walks.
Where a chat stands in it is durable (`BotMoved`), what the visitor says next moves it on. The bot reacts
in the step in which the visitor spoke or filled in the form; it says several things at once, as
sentences with counters one after the other. When its table, or its place in it, is gone after a reload,
the chat goes on as if the bot were away.

What the visitor filled in before is not asked again: a form that is there is not offered, and a question
whose control has a value is passed over, with what follows from that answer. What the bot learns for
controls is a form result of its own, which begins with what the visitor filled in.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, define

from broker.config.partners import Bot, BotAnswer, BotQuestion
from broker.core.chats.transitions import BOT_ID, internal_note, speak
from broker.core.decision import Decision
from broker.core.effects import ChatToConnectors
from broker.core.facts import BotMoved, BotSettled, FormOffered, SentenceStored
from broker.core.facts.causes import ChatCause, PassedOver
from broker.core.facts.details import Way
from broker.core.inputs import Stamp
from broker.core.limits import LEARNED_TEXT
from broker.core.routing.admission import pass_over, route
from broker.core.routing.endings import close
from broker.core.routing.learning import (
    filled_by,
    filled_in_by_visitor,
    forms_of_visitor,
    said_value,
    value_of,
)
from broker.core.sentence import sentence_bytes
from broker.core.state import Chat, State
from protocol.limits import text_length
from protocol.scenario import ScreenControlInfo
from protocol.values import ChatStatus, CloseReason, ControlType, Guid, SentenceModel

_NOTE_LENGTH = text_length("ChatSentenceInfo", "Text")
_FORM = -1


@define
class _Turn:
    """What the bot does in one go.

    Attributes:
        known: What the visitor filled into forms, by control.
        filled: What the bot fills in in this go.
    """

    state: State
    chat: Chat
    stamp: Stamp
    bot: Bot
    question: int
    tries: int
    project: Guid | None
    learned: tuple[tuple[str, str], ...]
    known: Mapping[Guid, str] = Factory(dict)
    filled: dict[Guid, str] = Factory(dict)
    decision: Decision = Factory(Decision)
    said: int = 0
    size: int = 0

    def say(self, text: str | None) -> None:
        """Say something, as long as the transcript takes it."""
        if text is None:
            return
        counter = len(self.chat.transcript.sentences) + self.said + 1
        spoken = speak(
            self.state,
            self.chat,
            self.stamp,
            text,
            self.bot.name,
            SentenceModel.SENTENCE,
            BOT_ID,
            counter,
            self.size,
        )
        for fact in spoken.facts:
            assert isinstance(fact, SentenceStored), fact
            self.said += 1
            self.size += sentence_bytes(fact.words, self.chat.visitor.tracking_id)
        self.decision.add(spoken)

    def ask(self) -> None:
        """Ask the question that is next."""
        self.say(self.bot.questions[self.question].ask)

    def fill_in(self, control: ScreenControlInfo, text: str) -> None:
        """Save what was learned for a control as a form result, as long as the chat takes it."""
        key = control.screen_control_id
        result = filled_by(self.state, self.chat, self.bot, value_of(control, text), self.stamp)
        if key is not None and result is not None:
            self.filled[key] = text
            self.decision.facts.append(result)

    def stay(self) -> Decision:
        """Wait for the visitor, where the bot is now."""
        moved = BotMoved(
            chat=self.chat.id,
            no=self.chat.no,
            bot=self.bot.id,
            question=self.question,
            tries=self.tries,
            project=self.project,
            learned=self.learned,
        )
        self.decision.facts.append(moved)
        return self.decision

    def hand_over(self) -> Decision:
        """Give the chat to the project, with what was learned as a note to the agent."""
        self.say(self.bot.farewell)
        self.stay()
        if self.learned:
            lines = "\n".join(f"{name}: {text}" for name, text in self.learned)
            told = internal_note(self.state, self.chat, self.stamp, lines[:_NOTE_LENGTH])
            self.decision.add(told)
        if self.chat.forms.offered is not None:
            gone = FormOffered(chat=self.chat.id, no=self.chat.no, scenario=None)
            self.decision.facts.append(gone)
        wanted = self.project or self.bot.project
        if wanted is not None and wanted not in self.state.config.projects:
            wanted = None
        done = route(
            self.state,
            self.chat,
            self.stamp,
            ChatCause.BOT_DONE,
            Way(bot=self.bot.id),
            wanted,
            filled=self.filled,
        )
        self.decision.add(done)
        return self.decision

    def end(self) -> Decision:
        """End the chat."""
        self.stay()
        self.decision.add(
            close(self.state, self.chat, self.stamp, CloseReason.RULE, cause=ChatCause.BOT)
        )
        self.decision.notices.append(ChatToConnectors(chat=self.chat.id))
        return self.decision


def next_bot_turn(state: State, stamp: Stamp) -> Decision | None:
    """Let a built-in bot react, the first one that has something to react to."""
    first = next(iter(state.bots_due), None)
    if first is None:
        return None
    chat = state.chats[first]
    if chat.status is not ChatStatus.ICR or chat.agent is not None:
        return Decision([BotSettled(first)])
    bot = state.config.bots.get(chat.bot.id) if chat.bot.id is not None else None
    # One that asks nothing still greets and takes its leave.
    if bot is None or (chat.bot.tries and chat.bot.question >= len(bot.questions)):
        return _gone(state, chat, stamp)
    turn = _Turn(
        state,
        chat,
        stamp,
        bot,
        chat.bot.question,
        chat.bot.tries,
        chat.bot.project,
        chat.bot.learned,
        known=filled_in_by_visitor(chat),
    )
    if not turn.tries:
        return _begin(turn)
    if turn.question == _FORM:
        # Filled in, or the visitor writes instead: either way the bot goes on.
        return _go_on(turn, 0)
    heard = _heard(chat)
    if heard is None:
        return Decision([BotSettled(first)])
    return _react(turn, bot.questions[turn.question], heard)


def _gone(state: State, chat: Chat, stamp: Stamp) -> Decision:
    decision = Decision([BotSettled(chat.id)])
    decision.add(pass_over(state, chat, stamp, PassedOver.GONE))
    return decision


def _heard(chat: Chat) -> str | None:
    """What the visitor said last."""
    last = chat.transcript.sentences[-1] if chat.transcript.sentences else None
    if last is None or last.words.outbound or last.words.model != SentenceModel.SENTENCE:
        return None
    return last.words.text


def _begin(turn: _Turn) -> Decision:
    """The first words: a greeting, and the form or the first question."""
    turn.say(turn.bot.greeting)
    turn.tries = 1
    if turn.question != _FORM or _is_given(turn.chat, turn.bot.scenario):
        return _go_on(turn, 0)
    turn.decision.facts.append(
        FormOffered(chat=turn.chat.id, no=turn.chat.no, scenario=turn.bot.scenario)
    )
    turn.decision.notices.append(ChatToConnectors(chat=turn.chat.id))
    return turn.stay()


def _is_given(chat: Chat, scenario: Guid | None) -> bool:
    """Whether the visitor has filled in a form already."""
    return any(form.scenario_id == scenario for form in forms_of_visitor(chat))


def _go_on(turn: _Turn, question: int) -> Decision:
    """Ask the next question that is not answered yet, or hand over after the last."""
    turn.question, turn.tries = question, 1
    passed: set[int] = set()
    while turn.question < len(turn.bot.questions):
        asked = turn.bot.questions[turn.question]
        text = _known(turn, asked)
        # Answers that lead backwards would go round for ever.
        if text is None or turn.question in passed:
            turn.ask()
            return turn.stay()
        passed.add(turn.question)
        answer = _answer(turn.state, asked, text)
        if answer is not None and answer.close:
            turn.say(answer.say)
            return turn.end()
        if answer is not None:
            turn.project = answer.project or turn.project
            if answer.finish:
                break
        turn.question = _place(turn.bot, answer, turn.question)
    return turn.hand_over()


def _known(turn: _Turn, question: BotQuestion) -> str | None:
    """What the visitor filled in where the question asks for it."""
    key = question.control.screen_control_id if question.control is not None else None
    return turn.known.get(key) if key is not None else None


def _react(turn: _Turn, question: BotQuestion, heard: str) -> Decision:
    """What an answer leads to."""
    answer = _answer(turn.state, question, heard)
    value = said_value(question, answer, heard)
    # A control of its own kind takes what fits it alone.
    strict = question.answers or question.choices or _is_number(question)
    if answer is None and value is None and strict:
        if turn.tries >= question.tries:
            return _go_on(turn, turn.question + 1)
        turn.tries += 1
        turn.say(question.retry)
        turn.ask()
        return turn.stay()
    turn.learned = (*turn.learned, (question.name, heard[:LEARNED_TEXT]))
    if question.control is not None and value is not None:
        turn.fill_in(question.control, value)
    if answer is None:
        return _go_on(turn, turn.question + 1)
    turn.say(answer.say)
    turn.project = answer.project or turn.project
    if answer.close:
        return turn.end()
    if answer.finish:
        return turn.hand_over()
    return _go_on(turn, _place(turn.bot, answer, turn.question))


def _answer(state: State, question: BotQuestion, heard: str) -> BotAnswer | None:
    for answer in question.answers:
        match = state.config.text_matches.get(answer.match) if answer.match is not None else None
        if answer.match is None or (match is not None and match.recognises(heard)):
            return answer
    return None


def _place(bot: Bot, answer: BotAnswer | None, question: int) -> int:
    """The number of the question that follows an answer."""
    names = [each.name for each in bot.questions]
    following = answer.next if answer is not None else None
    return names.index(following) if following in names else question + 1


def _is_number(question: BotQuestion) -> bool:
    control = question.control
    return control is not None and control.control_type is ControlType.INTEGER
