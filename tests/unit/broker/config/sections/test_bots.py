"""Built-in bots and text matches in the file: what they become, what is wrong with them (B-40)."""

import pytest

from broker.config.folding import Words
from broker.config.load import loads
from broker.config.model import Config
from broker.config.partners import Bot, BotAnswer, BotQuestion, TextMatch
from protocol.identifiers import derive
from protocol.limits import text_length
from protocol.pattern import Pattern
from tests.support.marked_config import assert_fault, marked_line, warnings_of

THINGS = """
[[projects]]
name = "Support"
[[projects]]
name = "Sales"
[[agents]]
name = "Alice"
login = "alice"
token = "s"
[[agents]]
name = "Robot"
login = "robot"
token = "s"
role = "bot"
[[scenarios]]
name = "F"
culture = "en"
[[scenarios.screens]]
name = "one"
[[scenarios.screens.controls]]
name = "topic"
control_type = "DropDown"
parameters = [{ display_name = "A purchase", result_text = "sales" }, { display_name = "Help" }]
[[scenarios.screens.controls]]
name = "amount"
control_type = "Integer"
[[scenarios.screens.controls]]
name = "day"
control_type = "Date"
[[scenarios]]
name = "H"
culture = "en"
[[scenarios.screens]]
name = "one"
[[scenarios.screens.controls]]
name = "words"
control_type = "TextArea"
[[text_matches]]
name = "yes"
words = ["yes", "of course"]
[[text_matches]]
name = "no"
patterns = ['^n(o|ope)?$']
"""
MATCH = '[[text_matches]]\nname = "maybe"\n'
BOT = '[[bots]]\nname = "B"\n'
QUESTION = '[[bots.questions]]\nname = "{0}"\nask = "{0}?"\n'
ANSWER = "[[bots.questions.answers]]\n"
Q1 = BOT + QUESTION.format("first")
Q2 = QUESTION.format("second")
MATCHES_101 = "".join(
    f"[[text_matches]]\nname = 'm{number}'\nwords = ['w']\n" for number in range(101)
)
YES, NO = derive("text_match", "yes"), derive("text_match", "no")
LONG = "x" * (text_length("ChatSentenceInfo", "Text") + 1)


def config(text: str) -> Config:
    return loads(THINGS + text).config


def test_a_text_match_has_words_and_patterns() -> None:
    yes, no, maybe = config(MATCH + "words = ['a']\npatterns = ['b']").text_matches.values()
    assert yes == TextMatch(id=YES, name="yes", words=Words(("yes", "of course")))
    assert (no.id, no.words) == (NO, Words())
    assert [pattern.text for pattern in no.patterns] == ["^n(o|ope)?$"]
    assert (maybe.words, maybe.patterns) == (Words(("a",)), (Pattern("b"),))


def test_every_key_of_a_bot_is_read() -> None:
    """B-40."""
    (bot,) = config(
        '[[bots]]\nname = "Reception"\ngreeting = "Hello."\nscenario = "F"\nproject = "Support"\n'
        'farewell = "Bye."\n'
        '[[bots.questions]]\nname = "buy"\nask = "Buy?"\ntries = 3\nretry = "Yes or no?"\n'
        '[[bots.questions.answers]]\nmatch = "yes"\nsay = "Good."\nproject = "Sales"\nfinish = true\n'
        '[[bots.questions.answers]]\nmatch = "no"\nnext = "what"\n'
        '[[bots.questions]]\nname = "again"\nask = "Again?"\n'
        '[[bots.questions.answers]]\nmatch = "no"\nsay = "As you like."\nclose = true\n'
        "[[bots.questions.answers]]\nnext = 'buy'\n"
        '[[bots.questions]]\nname = "what"\nask = "What?"\n'
    ).bots.values()
    assert bot == Bot(
        id=derive("bot", "Reception"),
        name="Reception",
        greeting="Hello.",
        scenario=derive("scenario", "F"),
        project=derive("project", "Support"),
        farewell="Bye.",
        questions=(
            BotQuestion(
                name="buy",
                ask="Buy?",
                tries=3,
                retry="Yes or no?",
                answers=(
                    BotAnswer(
                        match=YES, say="Good.", project=derive("project", "Sales"), finish=True
                    ),
                    BotAnswer(match=NO, next="what"),
                ),
            ),
            BotQuestion(
                name="again",
                ask="Again?",
                answers=(
                    BotAnswer(match=NO, say="As you like.", close=True),
                    BotAnswer(next="buy"),
                ),
            ),
            BotQuestion(name="what", ask="What?"),
        ),
    )


@pytest.mark.parametrize(
    "deed",
    [
        'greeting = "Hi."',
        'scenario = "F"',
        'project = "Sales"',
        'farewell = "Bye."',
        Q2,
    ],
)
def test_a_bot_does_one_thing_at_least(deed: str) -> None:
    assert len(config(BOT + deed).bots) == 1


@pytest.mark.parametrize("position", [0, 1])
def test_questions_of_two_bots_may_share_a_name_but_not_lead_to_each_other(position: int) -> None:
    other = BOT.replace('"B"', '"C"')
    assert len(config(Q1 + other + Q2 + QUESTION.format("first")).bots) == 2
    lead = ANSWER + 'next = "{}" #!\n'
    texts = [Q1, other + Q2]
    texts[position] += lead.format(("second", "first")[position])
    member = f"bots[{position}].questions[0].answers[0].next"
    assert_fault(THINGS + "".join(texts), member, "there is no question")


@pytest.mark.parametrize(("name", "kind"), [("Robot", "agent"), ("B", "bot")])
def test_a_pre_rule_chooses_a_bot_of_either_kind(name: str, kind: str) -> None:
    """B-40."""
    text = f'{BOT}greeting = "Hi."\n[[pre_rules]]\nbot = "{name}"\n'
    assert config(text).pre_rules[0].bot == derive(kind, name)


@pytest.mark.parametrize(
    ("name", "chosen", "said"),
    [
        ("Robot", "Robot", '"Robot" is an agent and a built-in bot; rename one of them'),
        ("B", "Alice", 'is an agent whose role is not "bot"'),
        ("B", "Robt", 'there is no bot "Robt"; did you mean "Robot"?'),
        ("Reception", "Recepton", 'there is no bot "Recepton"; did you mean "Reception"?'),
    ],
)
def test_a_pre_rule_that_chooses_no_bot(name: str, chosen: str, said: str) -> None:
    """C-1."""
    bot = f'[[bots]]\nname = "{name}"\ngreeting = "Hi."\n'
    rule = f'[[pre_rules]]\nbot = "{chosen}" #!\n'
    assert_fault(f"{THINGS}{bot}{rule}", "pre_rules[0].bot", said)


def test_a_built_in_bot_may_be_called_as_a_person() -> None:
    """Only bots are meant, so there is no doubt which."""
    text = '[[bots]]\nname = "Alice"\ngreeting = "Hi."\n[[pre_rules]]\nbot = "Alice"\n'
    assert config(text).pre_rules[0].bot == derive("bot", "Alice")


FAULTS = [
    # text matches
    (MATCH.replace("]]", "]] #!"), "text_matches[2].words", "is missing; give words or patterns"),
    (MATCH + "words = [] #!", "text_matches[2].words", "has no entry"),
    (MATCH + 'words = ["a"]\npatterns = [] #!', "text_matches[2].patterns", "has no entry"),
    (MATCH + 'words = ["a", " "] #!', "text_matches[2].words[1]", "must not be empty"),
    (MATCH + 'patterns = ["("] #!', "text_matches[2].patterns[0]", "is no regular expression"),
    (MATCH + 'words = "a" #!', "text_matches[2].words", "must be a list"),
    (MATCH + f"words = {['w'] * 1_001} #!", "text_matches[2].words", "more than 1,000 entries"),
    (
        MATCH + f"patterns = {['w'] * 1_001} #!",
        "text_matches[2].patterns",
        "more than 1,000 entries",
    ),
    (
        MATCH.replace('maybe"', 'yes" #!') + 'words = ["a"]',
        "text_matches[2].name",
        "a second text_match",
    ),
    (MATCH + 'word = "a" #!\nwords = ["a"]', "text_matches[2].word", 'did you mean "words"?'),
    # bots
    (BOT.replace("]]", "]] #!"), "bots[0]", "does nothing; give one of greeting, scenario"),
    (BOT.replace("]]", "]] #!") + "questions = []", "bots[0]", "does nothing"),
    ('[[bots]] #!\ngreeting = "Hi."', "bots[0].name", "is missing"),
    ((BOT.replace('"B"', '"B" #!') + 'greeting = "Hi."\n') * 2, "bots[1].name", "a second bot"),
    (f'[[bots]]\nname = "{"x" * 161}" #!\nproject = "Sales"', "bots[0].name", "160 characters"),
    (BOT + f'greeting = "{LONG}" #!', "bots[0].greeting", "longer than 32,768 characters"),
    (BOT + f'farewell = "{LONG}" #!', "bots[0].farewell", "longer than 32,768 characters"),
    (BOT + 'scenario = "G" #!', "bots[0].scenario", "there is no scenario"),
    (BOT + 'project = "X" #!', "bots[0].project", "there is no project"),
    (BOT + "questions = 3 #!", "bots[0].questions", "must be an array of tables"),
    # questions
    (
        Q1 + QUESTION.replace('}"\nask', '}" #!\nask').format("first"),
        "[1].name",
        "a second question",
    ),
    (BOT + '[[bots.questions]] #!\nask = "?"', "[0].name", "is missing"),
    (BOT + '[[bots.questions]] #!\nname = "q"', "[0].ask", "is missing"),
    (BOT + f'[[bots.questions]]\nname = "q"\nask = "{LONG}" #!', "[0].ask", "longer than 32,768"),
    (Q1 + 'retry = "" #!\n' + ANSWER + 'match = "yes"', "[0].retry", "must not be empty"),
    (Q1 + f'retry = "{LONG}" #!\n{ANSWER}match = "yes"', "[0].retry", "longer than 32,768"),
    (Q1 + f'tries = 0 #!\n{ANSWER}match = "yes"', "[0].tries", "must be from 1 to 10"),
    (Q1 + f'tries = 11 #!\n{ANSWER}match = "yes"', "[0].tries", "must be from 1 to 10"),
    (
        BOT
        + "[[bots.questions]] #!\nname = 'q0'\nask = '?'\n"
        + "".join(QUESTION.format(f"q{number}") for number in range(1, 101)),
        "bots[0].questions",
        "has more than 100 questions",
    ),
    # answers
    (Q1 + ANSWER + 'match = "yse" #!', "[0].answers[0].match", 'did you mean "yes"?'),
    (Q1 + ANSWER + f'say = "{LONG}" #!', "[0].answers[0].say", "longer than 32,768 characters"),
    (Q1 + ANSWER + 'project = "X" #!', "[0].answers[0].project", "there is no project"),
    (Q1 + ANSWER + "finish = 1 #!", "[0].answers[0].finish", "must be true or false"),
    (Q1 + ANSWER + 'next = "frist" #!', "[0].answers[0].next", 'did you mean "first"?'),
    (Q1 + ANSWER + 'next = "" #!', "[0].answers[0].next", "must not be empty"),
    (
        Q1 + ANSWER + 'next = "first" #!\nfinish = true',
        "[0].answers[0].next",
        "does not go with finish",
    ),
    (
        Q1 + ANSWER + 'next = "first" #!\nclose = true',
        "[0].answers[0].next",
        "does not go with close",
    ),
    (
        Q1 + ANSWER + "finish = true #!\nclose = true",
        "[0].answers[0].finish",
        "does not go with close",
    ),
    (
        Q1 + ANSWER + ANSWER.replace("]]", "]] #!") + 'match = "yes"',
        "[0].answers[1]",
        "is never reached: an answer before it has no match",
    ),
    (
        Q1 + ANSWER + 'match = "yes"\n' + ANSWER + 'match = "yes" #!',
        "[0].answers[1].match",
        "is never reached: an answer before it has the same",
    ),
    (
        MATCHES_101
        + Q1
        + "[[bots.questions.answers]] #!\nmatch = 'm0'\n"
        + "".join(f"{ANSWER}match = 'm{number}'\n" for number in range(1, 101)),
        "[0].answers",
        "has more than 100 answers",
    ),
    (Q1 + "control = 'nothing' #!", "[0].control", 'there is no control "nothing"'),
    (Q1 + "control = 'day' #!", "[0].control", "is a Date, which a bot cannot fill in"),
    (
        Q1 + f"{ANSWER}value = 'x' #!",
        "[0].answers[0].value",
        "needs a control of the question",
    ),
    (
        Q1 + f"control = 'topic'\n{ANSWER}value = 'A purchase' #!",
        "[0].answers[0].value",
        "is no choice of the control; they give: sales, Help",
    ),
    (
        Q1 + f"control = 'amount'\n{ANSWER}value = 'three' #!",
        "[0].answers[0].value",
        "must be a whole number, as text",
    ),
    (
        Q1.replace(
            QUESTION.format("first"),
            "[[bots.questions]] #!\n" + QUESTION.format("first").partition("\n")[2],
        )
        + "control = 'topic'\n"
        + Q2
        + "control = 'words'",
        "bots[0].questions",
        "fill in controls of several forms; take those of one",
    ),
]


@pytest.mark.parametrize(("text", "member", "said"), FAULTS, ids=[case[1] for case in FAULTS])
def test_a_fault_names_its_member_and_line(text: str, member: str, said: str) -> None:
    """C-1: one fault, and no other that follows from it."""
    assert_fault(THINGS + text, f"bots[0].questions{member}" if member[0] == "[" else member, said)


@pytest.mark.parametrize(
    ("text", "member", "said"),
    [
        (Q1 + "tries = 3 #!", "tries", "means nothing where any text is an answer"),
        (Q1 + f'retry = "So?" #!\n{ANSWER}', "retry", "means nothing where any text is an answer"),
        (
            Q1 + ANSWER + 'project = "Sales" #!\nclose = true',
            "answers[0].project",
            "means nothing with close",
        ),
    ],
)
def test_what_has_no_meaning_is_warned_of(text: str, member: str, said: str) -> None:
    text = THINGS + text
    assert warnings_of(text) == [(marked_line(text), f"bots[0].questions[0].{member}", said)]


def test_a_bot_without_doubts_is_warned_of_nothing() -> None:
    text = f'{Q1}tries = 1\nretry = "So?"\n{ANSWER}match = "yes"\nproject = "Sales"\n'
    assert warnings_of(THINGS + text) == []


def test_questions_fill_in_controls() -> None:
    """B-40: of one form; a choice is known by its name and by what it gives."""
    text = f"{Q1}control = 'topic'\n{Q2}control = 'F/amount'\n{ANSWER}value = '3'\n"
    (bot,) = config(text).bots.values()
    assert bot.fills == derive("scenario", "F")
    first, second = bot.questions
    assert first.control is not None
    assert first.control.screen_control_id == derive("control", "F/one/topic")
    assert first.choices == (
        (Words(("A purchase", "sales")), "sales"),
        (Words(("Help",) * 2), "Help"),
    )
    assert second.answers[0].value == "3"
    assert warnings_of(THINGS + f"{Q1}control = 'topic'\ntries = 1") == []


def test_a_rule_names_a_text_match_for_what_was_filled_in() -> None:
    """B-3: `{ match = ... }`, and nothing else in that table."""
    rule = '[[project_rules]]\nproject = "Sales"\nform = { topic = { match = "yes" } }'
    (made,) = config(rule).project_rules
    ((control, match),) = made.limits.form
    assert (control, match.name) == (derive("control", "F/one/topic"), "yes")
    for faulty, said in (
        ('{ match = "nobody" }', 'there is no text_match "nobody"'),
        ("{ words = [] }", "must be a pattern, or { match"),
    ):
        text = f'[[project_rules]]\nproject = "Sales"\nform = {{ topic = {faulty} }} #!'
        assert_fault(THINGS + text, "project_rules[0].form.topic", said)
