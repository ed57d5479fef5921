"""A configuration with something of everything, and what an administrator may do to it."""

from __future__ import annotations

from functools import lru_cache

from broker.config.load import loads
from broker.config.model import Config
from tests.support.playbook import CONFIG

MORE = """
[[gateways]]
name = "Second channel"
peer = "im"
port = "2"
token = "im-secret"
reactivate = true
tracking_inertia = "20m"
outbound_timeout = "40s"
[[gateways]]
name = "Video"
peer = "video"
token = "video-secret"
weight = 2
outbound_timeout = "20s"

[[workplaces]]
number = "103"
max_chats = 4
[[workplaces]]
number = "104"
max_chats = 4
[[workplaces]]
number = "105"
max_chats = 2

[[agents]]
name = "Carol"
login = "carol"
token = "carol-secret"
max_chats = 3
languages = { English = 100 }
skills = { Support = 60, Sales = 60 }
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
max_chats = 3
role = "supervisor"
languages = { English = 100 }
skills = { Sales = 5 }
[[agents]]
name = "Robo"
login = "robo"
token = "robo-secret"
max_chats = 2
role = "bot"

[[gate_rules]]
rank = 20
gateway = "Video"
queue_limit = 1
wait_limit = "40s"
limit_signal = "Hidden"
[[pre_rules]]
rank = 10
ext_response = "^robot$"
bot = "Robo"
[[pre_rules]]
rank = 20
ext_response = "^quiz$"
bot = "Quiz"
[[pre_rules]]
rank = 30
ext_response = "^form$"
bot = "Formal"
[[project_rules]]
rank = 50
ext_response = "^(robot|quiz|form)$"
project = "Sales"
priority = 2

[[text_matches]]
name = "agrees"
words = ["yes", "of course"]
[[text_matches]]
name = "goes"
words = ["bye"]

[[bots]]
name = "Quiz"
greeting = "Hello."
farewell = "One moment."
[[bots.questions]]
name = "buys"
ask = "Do you want to buy?"
retry = "Yes or no?"
[[bots.questions.answers]]
match = "agrees"
say = "Good."
project = "Support"
next = "last"
[[bots.questions.answers]]
match = "goes"
close = true
[[bots.questions]]
name = "why"
ask = "Why not?"
[[bots.questions]]
name = "last"
ask = "Anything else?"
tries = 1
[[bots.questions.answers]]
match = "agrees"
finish = true
[[bots]]
name = "Formal"
greeting = "Please fill this in."
scenario = "Contact"
project = "Support"

[[wait_rules]]
level = 1
after = "20s"
note = "You are number {position}; we expect to be with you in {wait}."
scenario = "Contact"
[[wait_rules]]
level = 2
after = "30s"
project = "Support"
projects = ["Sales"]
skill = 5
[[wait_rules]]
level = 2
after = "45s"
projects = ["Support"]
[[wait_rules]]
level = 3
after = "70s"
priority = 5
skill = 0
[[calendars]]
name = "Holidays"
closed_on = ["2001-01-01"]
[[wait_rules]]
level = 7
after = "30m"
calendar = "Holidays"
ext_response = "^sales$"
note = "Good-bye."
close = true

[[wrapup_codes]]
name = "done"
"""

CHANGES: tuple[tuple[str, str], ...] = (
    (
        "max_chats = 2\nlanguages = { English = 100 }",
        "max_chats = 1\nlanguages = { English = 100 }",
    ),
    ('wrapup = "20s"', ""),
    ('name = "Sales"\nwrapup = "20s"', 'name = "Sales"\nwrapup = "50m"\nsignal_duration = "5s"'),
    ('inactivity_timeout = "10m"', 'inactivity_timeout = "2m"'),
    ('inactivity_timeout = "10m"', 'workplace_grace = "10m"\ntracking_inertia = "5m"'),
    ('peer = "im"\nchat_type', 'peer = "other"\nchat_type'),
    ('number = "102"', 'number = "106"'),
    ('name = "Contact"', 'name = "Contact us"'),
    ('scenario = "Contact"', 'scenario = "Contact us"'),
    ('login = "bob"', 'login = "robert"\nid = "00000000-0000-4000-8000-000000000b0b"'),
    ('name = "Web chat"\npeer = "web"', 'name = "Web shop"\npeer = "shop"'),
    (
        'ext_response = "^sales$"\nproject = "Sales"',
        'ext_response = "^sales$"\nproject = "Support"',
    ),
    ("weight = 2", "weight = 3"),
    ("weight = 2", ""),
    ('outbound_timeout = "40s"', 'weight = 2\noutbound_timeout = "5s"'),
    ('name = "Quiz"\ngreeting', 'name = "Riddle"\ngreeting'),
    ('bot = "Quiz"', 'bot = "Formal"'),
    ('bot = "Robo"', 'bot = "Formal"'),
    ('login = "robo"', 'login = "robot"\nid = "00000000-0000-4000-8000-000000000b07"'),
    ('[[bots.questions]]\nname = "why"\nask = "Why not?"\n', ""),
    (
        'level = 2\nafter = "30s"\nproject = "Support"\nprojects = ["Sales"]',
        'level = 6\nafter = "5s"',
    ),
    ('after = "20s"\nnote', 'after = "1s"\nnote'),
    ('role = "supervisor"', ""),
    ('name = "Video"\npeer = "video"', 'name = "Film"\npeer = "film"'),
    ('queue_limit = 1\nwait_limit = "40s"', "queue_limit = 0"),
)
"""What an administrator may do to the configuration, as replacements in its text."""
NUMBERS = (
    'transfer_timeout = "20s"\nbot_timeout = "15s"\npark_reserve = 1\n',
    'retry_after = "10s"\nretry_alone = "1s"\nmax_missed = 1\nmax_parked = 1\nbot_timeout = "5s"\n',
    'age_weight = 0.0\npark_reserve = 2\ntransfer_timeout = "45s"\n',
    'park_timeout = "1h"\npark_warning = "5m"\n',
)


def text_of(number: int) -> str:
    """The configuration before any change."""
    return f"[distribution]\n{NUMBERS[number % len(NUMBERS)]}{CONFIG}{MORE}"


TEXT = text_of(0)


@lru_cache(maxsize=512)
def configuration(changes: frozenset[int], number: int) -> Config:
    """The configuration with some changes."""
    text = text_of(number)
    for change in sorted(changes):
        text = text.replace(*CHANGES[change], 1)
    # A change that another one needs takes it along.
    if 'name = "Contact us"' in text:
        text = text.replace('scenario = "Contact"', 'scenario = "Contact us"')
    elif 'scenario = "Contact us"' in text:
        text = text.replace('scenario = "Contact us"', 'scenario = "Contact"')
    if 'name = "Film"' in text:
        text = text.replace('gateway = "Video"', 'gateway = "Film"')
    if 'name = "Riddle"' in text:
        text = text.replace('bot = "Quiz"', 'bot = "Riddle"')
    return loads(text, path="play.toml").config
