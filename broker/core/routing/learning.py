"""What a built-in bot knows of a visitor by forms, and what it learns for them (B-40)."""

from __future__ import annotations

from attrs import evolve

from broker.config.folding import fold
from broker.config.partners import Bot, BotAnswer, BotQuestion, as_integer
from broker.core.chats.forms import too_many
from broker.core.chats.transitions import BOT_FORM_ID
from broker.core.facts import FormSaved
from broker.core.form_values import form_values
from broker.core.inputs import Stamp
from broker.core.limits import FORM_BYTES, LEARNED_TEXT, form_size
from broker.core.state import Chat, State
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo, ScreenControlInfo
from protocol.values import ControlType, Guid, from_micros


def forms_of_visitor(chat: Chat) -> list[ScenarioResultInfo]:
    """What the visitor's side filled in since the chat began or was reopened, the latest last."""
    return [
        form
        for key, form in sorted(
            chat.forms.results.items(), key=lambda item: chat.forms.saved_at[item[0]]
        )
        if form.agent_id is None and chat.forms.saved_at[key] >= chat.activity.since
    ]


def filled_in_by_visitor(chat: Chat) -> dict[Guid, str]:
    """The same by control, as texts; what is blank was not filled in."""
    found: dict[Guid, str] = {}
    for form in forms_of_visitor(chat):
        found |= {key: text for key, text in form_values(form).items() if text.strip()}
    return found


def said_value(question: BotQuestion, answer: BotAnswer | None, heard: str) -> str | None:
    """What is to be filled into the question's control; None: nothing that fits was said."""
    control = question.control
    if control is None:
        return None
    if answer is not None and answer.value is not None:
        return answer.value
    if question.choices:
        fits = [given for words, given in question.choices if words.found_in(heard)]
        # Of "sold" and "not sold" the second says more.
        return max(fits, key=lambda given: len(fold(given)), default=None)
    if control.control_type is ControlType.INTEGER:
        number = as_integer(heard)
        return None if number is None else str(number)
    return heard[:LEARNED_TEXT] if heard.strip() else None


def value_of(control: ScreenControlInfo, text: str) -> ScenarioResultValueInfo:
    """A text as a value of a control (W-47)."""
    value = ScenarioResultValueInfo(
        screen_control_id=control.screen_control_id, target_column=control.target_column
    )
    if control.control_type is ControlType.INTEGER:
        return evolve(value, result_number=as_integer(text))
    return evolve(value, result_text=text)


def filled_by(
    state: State, chat: Chat, bot: Bot, value: ScenarioResultValueInfo, stamp: Stamp
) -> FormSaved | None:
    """The bot's own result with one value more; None when the chat takes no form more.

    It begins with what the visitor filled into the same form, so that it is the whole of what is known.
    """
    mine = [
        form
        for key, form in chat.forms.results.items()
        if form.agent_id == bot.id and chat.forms.saved_at[key] >= chat.activity.since
    ]
    theirs = [form for form in forms_of_visitor(chat) if form.scenario_id == bot.fills]
    before = (mine or theirs)[-1:]
    kept = [
        each
        for form in before
        for each in form.values or ()
        if each.screen_control_id != value.screen_control_id
    ]
    result = ScenarioResultInfo(
        scenario_id=bot.fills,
        scenario_result_id=mine[-1].scenario_result_id if mine else stamp.guid(BOT_FORM_ID),
        time_utc=from_micros(stamp.now),
        values=(*kept, value),
        agent_id=bot.id,
        chat_id=chat.id,
    )
    if too_many(state, chat, result) is not None or form_size(result) > FORM_BYTES:
        return None
    return FormSaved(chat=chat.id, no=chat.no, at=stamp.now, result=result)
