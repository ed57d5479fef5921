"""Message gateways and message rules in the file: what they become, what is wrong with them (C-1, C-2)."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from attrs import evolve

from broker.config.load import load, loads
from broker.config.message_gateways import MessageGateway, MessageLimits, MessageRule
from broker.config.model import DAY, HOUR, MINUTE, SECOND, Calendar, Config, Hours, Span
from broker.config.secret import verify
from broker.config.sections.messages import REGIONS
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.values import Channel, Direction
from tests.support.marked_config import assert_fault, marked_line, warnings_of

THINGS = """
[[languages]]
name = "English"
culture = "en"
[[projects]]
name = "Support"
[[calendars]]
name = "Holidays"
closed_on = ["12-24"]
[[gateways]]
name = "App"
peer = "app"
token = "s"
[[agents]]
name = "Alice"
login = "alice"
token = "s"
languages = { English = 100 }
skills = { Support = 50 }
"""
GATEWAY = '[[message_gateways]]\nname = "M"\npeer = "m"\ntoken = "s"\n'
MAIL = GATEWAY + 'channel = "Email"\ndirection = "B"\n'
SMS = MAIL.replace("Email", "SMS")
SENDER = MAIL.replace('"M"', '"N"').replace('"B"', '"O"')
RULE = '[[message_rules]]\nproject = "Support"\n'
SEAT = '[[workplaces]]\nnumber = "1"\nmax_messages = 2\n'
SUPPORT, ENGLISH = derive("project", "Support"), derive("language", "English")
OFFICE = ((Span(start=480, end=1080),),) * 5 + ((),) * 2
PRAGUE = ZoneInfo("Europe/Prague")


def read(text: str) -> Config:
    return loads(THINGS + text).config


def gateway(text: str) -> MessageGateway:
    (found,) = read(text).message_gateways.values()
    return found


def rule(text: str) -> MessageRule:
    (found,) = read(text).message_rules
    return found


def test_every_key_of_a_gateway_is_read() -> None:
    """B-50..B-60."""
    found = gateway(
        GATEWAY + 'port = "2"\nchannel = "SMS"\ndirection = "B"\ndevice = \'{"a": 1}\'\n'
        'language = "English"\nas_chat = "App"\nnotes_as_messages = true\n'
        'confirm_delivered = true\ndeadline = "5s"\nretries = ["1s", "2m"]\nin_flight = 3\n'
        'weight = 2\nconversation_inertia = "1d"\nworkplace_grace = "5m"\n'
        'acknowledge = "Thanks."\nregion = "CZ"\n'
    )
    assert verify(found.secret, "s")
    assert found == MessageGateway(
        id=derive("message_gateway", "M"),
        name="M",
        peer="m",
        port="2",
        channel=Channel.SMS,
        direction="B",
        device='{"a": 1}',
        language=ENGLISH,
        secret=found.secret,
        as_chat=derive("gateway", "App"),
        notes_as_messages=True,
        confirm_delivered=True,
        deadline=5 * SECOND,
        retries=(SECOND, 2 * MINUTE),
        in_flight=3,
        weight=2,
        conversation_inertia=DAY,
        workplace_grace=5 * MINUTE,
        acknowledge="Thanks.",
        region="CZ",
    )


def test_a_gateway_of_both_directions_is_two_to_connectors() -> None:
    """W-17."""
    both = gateway(MAIL + 'language = "English"\ndevice = "{}"\nport = "2"\n')
    inbound, outbound = both.entries
    assert inbound == GatewayInfo(
        display_name="M",
        peer_address="m",
        peer_port="2",
        device="{}",
        channel=Channel.EMAIL,
        direction=Direction.I,
        language_id=ENGLISH,
        id=both.id,
    )
    assert outbound == evolve(inbound, direction=Direction.O)
    assert evolve(both, direction="O").entries == (outbound,)
    assert evolve(both, retired=True).entries == ()


def test_an_older_spelling_of_a_channel_is_read() -> None:
    """W-8."""
    assert gateway(MAIL.replace("Email", "SocWall")).channel is Channel.SOCIAL_WALL


def test_every_key_of_a_rule_is_read() -> None:
    """B-57."""
    found = rule(
        MAIL + RULE + 'rank = 3\nname = "R"\ngateway = "M"\nto = "^sales@"\nfrom = "x$"\n'
        'subject = "y"\ntext = "z\u2019s"\nculture = "en"\nhours = ["Mon-Fri 08:00-18:00"]\n'
        'timezone = "Europe/Prague"\ncalendar = "Holidays"\nspam_level = 2\n'
        'language = "English"\nskill = 7\npriority = -2\nanswer_within = "4h"\n'
        'answer_hours = ["Mon-Fri 08:00-18:00"]\n'
    )
    holidays = Calendar(name="Holidays", closed=frozenset({(None, 12, 24)}))
    hours = Hours(week=OFFICE, zone=PRAGUE, calendar=holidays)
    limits = found.limits
    patterns = (limits.to, limits.sender, limits.subject, limits.text)
    assert [p.text for p in patterns if p] == ["^sales@", "x$", "y", "z's"]
    assert evolve(limits, to=None, sender=None, subject=None, text=None) == MessageLimits(
        gateway=derive("message_gateway", "M"), culture="en", hours=hours, spam_level=2
    )
    assert evolve(found, limits=MessageLimits()) == MessageRule(
        id=derive("message_rule", "R"),
        name="R",
        rank=3,
        project=SUPPORT,
        language=ENGLISH,
        skill=7,
        priority=-2,
        answer_within=4 * HOUR,
        answer_hours=hours,
    )


def test_rules_are_tried_by_rank_and_known_by_their_place() -> None:
    """B-57, C-2."""
    rules = read(f"{RULE}rank = 2\n{RULE}rank = 1\n[[message_rules]]\nrank = 2\nclose = true\n")
    assert [(one.rank, one.close, one.id) for one in rules.message_rules] == [
        (1, False, derive("message_rule", "rank 1 no. 1")),
        (2, False, derive("message_rule", "rank 2 no. 1")),
        (2, True, derive("message_rule", "rank 2 no. 2")),
    ]


@pytest.mark.parametrize(
    ("keys", "limit", "answer"),
    [
        ('hours = ["Mon"]', True, None),
        ('answer_hours = ["Mon"]', None, True),
        ('hours = ["Mon"]\nanswer_hours = ["Mon"]', True, True),
        ("", True, None),
    ],
)
def test_a_calendar_is_that_of_the_hours_beside_it(
    keys: str, limit: bool | None, answer: bool | None
) -> None:
    """B-57: a mail that comes on a holiday is not to be left out since its time does not run then."""
    found = rule(f'{RULE}calendar = "Holidays"\nanswer_within = "1h"\n{keys}\n')
    kinds = (found.limits.hours, found.answer_hours)
    assert [hours and bool(hours.calendar) for hours in kinds] == [limit, answer]


def test_one_peer_may_have_gateways_of_both_kinds() -> None:
    """W-10."""
    config = read(SMS.replace('"m"', '"app"') + 'as_chat = "App"\n')
    assert [g.name for g in config.message_gateways_by_peer["app"]] == ["M"]
    assert [g.name for g in config.gateways_by_peer["app"]] == ["App"]


@pytest.mark.parametrize(
    "other", [MAIL.replace("Email", "Fax"), MAIL + 'port = "2"', MAIL.replace('"m"', '"n"')]
)
def test_gateways_differ_in_peer_port_or_channel(other: str) -> None:
    """C-1."""
    assert len(read(MAIL + other.replace('"M"', '"N"')).message_gateways) == 2


def test_two_directions_are_a_pair() -> None:
    """B-56."""
    config = read(MAIL.replace('"B"', '"I"') + SENDER)
    inbound, outbound = config.message_gateways.values()
    assert config.pair_of(inbound) == (inbound, outbound)
    assert config.sender_for(inbound) == outbound
    assert inbound.pair == outbound.pair


def test_a_pair_goes_by_address_and_channel_alone() -> None:
    """B-56: neither the order in the file nor a name is part of it."""
    (usual,) = read(MAIL).message_gateways.values()
    (renamed,) = read(MAIL.replace('"M"', '"N"')).message_gateways.values()
    assert (usual.id == renamed.id, usual.pair == renamed.pair) == (False, True)
    for other in (MAIL.replace("Email", "Fax"), MAIL + 'port = "2"', MAIL.replace('"m"', '"n"')):
        (one,) = read(other).message_gateways.values()
        assert one.pair != usual.pair


def test_the_regions_are_those_of_the_library() -> None:
    """B-63."""
    assert REGIONS == phonenumbers.SUPPORTED_REGIONS


G = "message_gateways[0]"
R = "message_rules[0]"
FAULTS = [
    (GATEWAY + 'direction = "B" #!\nchanel = "SMS" #!', f"{G}.chanel", 'did you mean "channel"?'),
    (GATEWAY.replace("]]", "]] #!") + 'channel = "SMS"', f"{G}.direction", "is missing"),
    (GATEWAY.replace("]]", "]] #!") + 'direction = "B"', f"{G}.channel", "is missing"),
    (MAIL.replace("]]", "]] #!").replace('token = "s"\n', ""), f"{G}.token", "is missing"),
    (MAIL.replace('"B"', '"X" #!'), f"{G}.direction", "must be one of I, O, B"),
    (MAIL.replace('"Email"', '"Mail" #!'), f"{G}.channel", 'did you mean "Email"?'),
    (MAIL + 'device = "{" #!', f"{G}.device", "is no JSON"),
    (MAIL + f'device = "{"[" * 20_000}" #!', f"{G}.device", "is no JSON"),
    (MAIL + 'retries = ["1s", "x"] #!', f"{G}.retries[1]", "must be a duration"),
    (MAIL + "retries = [] #!", f"{G}.retries", "has no entry"),
    (MAIL + f"retries = {['1s'] * 21} #!", f"{G}.retries", "has more than 20 entries"),
    (MAIL + 'deadline = "10ms" #!', f"{G}.deadline", "is too short"),
    (MAIL + "in_flight = 0 #!", f"{G}.in_flight", "must be from 1 to 10,000"),
    (MAIL + "weight = 0 #!", f"{G}.weight", "must be from 1 to 1,000"),
    (MAIL + 'region = "cz" #!', f"{G}.region", 'did you mean "CZ"?'),
    (MAIL + 'region = "XX" #!', f"{G}.region", 'must be a country of two capitals like "CZ"'),
    (MAIL + 'language = "Englis" #!', f"{G}.language", 'did you mean "English"?'),
    (MAIL + 'as_chat = "Apt" #!', f"{G}.as_chat", 'there is no gateway "Apt"; did you mean "App"?'),
    (MAIL + "as_chat = true #!", f"{G}.as_chat", "must be the name of a gateway"),
    (
        MAIL + MAIL.replace('"M"', '"N"').replace('"m"', '"m" #!').replace('"B"', '"O"'),
        "message_gateways[1].peer",
        'a second message gateway for "Email O at m"; the first is message_gateways[0]',
    ),
    (
        f'{MAIL}port = "2"\n{SENDER}port = "2"'.replace('"N"\npeer = "m"', '"N"\npeer = "m" #!'),
        "message_gateways[1].peer",
        'a second message gateway for "Email O at m port 2"',
    ),
    (
        MAIL + MAIL.replace('"m"', '"n"').replace('"M"', '"M" #!'),
        "message_gateways[1].name",
        'a second message_gateway "M"',
    ),
    (
        MAIL + f'id = "{derive("gateway", "App")}" #!',
        f"{G}.id",
        "is the id of gateways[0] too",
    ),
    (RULE + 'fron = "x" #!', f"{R}.fron", 'unknown key; did you mean "from"?'),
    (RULE + 'from_ = "x" #!', f"{R}.from_", "unknown key"),
    (RULE + 'from = "(" #!', f"{R}.from", "is no regular expression"),
    (RULE + 'subject = "(" #!', f"{R}.subject", "is no regular expression"),
    (RULE + 'gateway = "App" #!', f"{R}.gateway", 'there is no message_gateway "App"'),
    (RULE.replace('"Support"', '"Suport" #!'), f"{R}.project", 'did you mean "Support"?'),
    (RULE + 'language = "German" #!', f"{R}.language", 'there is no language "German"'),
    (RULE + 'calendar = "Days" #!', f"{R}.calendar", 'there is no calendar "Days"'),
    (RULE + "hours = [] #!", f"{R}.hours", "has no entry"),
    (RULE + 'answer_within = "1h"\nanswer_hours = [] #!', f"{R}.answer_hours", "has no entry"),
    (RULE + 'answer_within = "366d" #!', f"{R}.answer_within", "is longer than 365d"),
    (RULE + "spam_level = 3 #!", f"{R}.spam_level", "must be from 1 to 2"),
    ("[[message_rules]] #!", f"{R}.project", "is missing; give project or close = true"),
    ("[[message_rules]] #!\nclose = false", f"{R}.project", "is missing"),
    (
        RULE + "skill = 1\nclose = true #!",
        f"{R}.close",
        "goes alone, not with project, skill",
    ),
    ("[limits]\nconversations = 0 #!", "limits.conversations", "must be from 1"),
    ("[distribution]\nmessages_while_chatting = 1 #!", "distribution.messages_while_chatting", ""),
    ('[[workplaces]]\nnumber = "1"\nmax_messages = -1 #!', "workplaces[0].max_messages", "from 0"),
]


@pytest.mark.parametrize(("text", "member", "said"), FAULTS, ids=[case[1] for case in FAULTS])
def test_a_fault_names_its_member_and_line(text: str, member: str, said: str) -> None:
    """C-1, C-2."""
    assert_fault(THINGS + text, member, said)


def test_a_rule_of_a_gateway_with_a_fault_is_no_fault_of_its_own() -> None:
    """C-1."""
    assert_fault(f'{THINGS}{MAIL}in_flight = 0 #!\n{RULE}gateway = "M"\n', f"{G}.in_flight", "from")
    spoilt = MAIL.replace("message_gateways", "message_gateway").replace("]]", "]] #!")
    assert_fault(f'{THINGS}{spoilt}{RULE}gateway = "M"\n', "message_gateway", "unknown key")


def test_what_connectors_ask_for_fits_into_a_frame() -> None:
    """W-3, W-17."""
    long = f"device = '\"{'x' * 30_000}\"'\n"
    many = "".join(
        f'[[message_gateways]]{" #!" * (n == 0)}\nname = "M{n}"\npeer = "m"\nport = "{n}"\n'
        f'channel = "Email"\ndirection = "B"\ntoken = "s"\n{long}'
        for n in range(20)
    )
    said = "all gateways of 'm' together takes 1,20"
    assert_fault(THINGS + many, "message_gateways", said)


@pytest.mark.parametrize(
    ("text", "member", "said"),
    [
        (SMS + "confirm_delivered = true #!\n", f"{G}.confirm_delivered", "without as_chat"),
        (SMS + "notes_as_messages = true #!\n", f"{G}.notes_as_messages", "without as_chat"),
        (SMS + 'as_chat = "App"\nweight = 2 #!\n', f"{G}.weight", "means nothing with as_chat"),
        (
            SMS + 'as_chat = "App"\nconversation_inertia = "1d" #!\n',
            f"{G}.conversation_inertia",
            "means nothing with as_chat",
        ),
        (
            MAIL.replace('"B"', '"I"') + 'deadline = "1m" #!\n',
            f"{G}.deadline",
            'means nothing with direction = "I"',
        ),
        (
            MAIL.replace('"B"', '"O"') + 'acknowledge = "Thanks." #!\n',
            f"{G}.acknowledge",
            'means nothing with direction = "O"',
        ),
        (
            MAIL.replace('"B"', '"I"') + 'acknowledge = "Thanks." #!\n',
            f"{G}.acknowledge",
            "needs a gateway of this peer, port and channel that sends",
        ),
        (
            SMS.replace('"B"', '"I"') + 'as_chat = "App" #!\n',
            f"{G}.as_chat",
            "needs a gateway of this peer, port and channel that sends",
        ),
        (MAIL + 'as_chat = "App" #!\n', f"{G}.as_chat", "makes a sentence of every mail"),
        (
            MAIL + "weight = 4 #!\n",
            f"{G}.weight",
            "is more than the max_messages of every agent: nobody can take its conversations",
        ),
        (
            MAIL + '[[workplaces]]\nnumber = "1"\nmax_messages = 1\n'.join(("weight = 2 #!\n", "")),
            f"{G}.weight",
            "is more than the max_messages of every workplace",
        ),
        (
            SMS + 'as_chat = "App"\n' + RULE + 'gateway = "M" #!\n',
            f"{R}.gateway",
            "has as_chat: nothing that comes by it needs a rule",
        ),
        (SENDER + RULE + 'gateway = "N" #!\n', f"{R}.gateway", "only sends: nothing"),
        (RULE + "skill = 51 #!\n", f"{R}.skill", "no agent has this project"),
        (RULE + "to = '\\bno\\b' #!\n", f"{R}.to", ""),
        (RULE + "from = '\\bno\\b' #!\n", f"{R}.from", ""),
        (RULE + 'timezone = "CET" #!\n', f"{R}.timezone", "nothing without hours, answer_hours or"),
        (RULE + 'answer_hours = ["Mon"] #!\n', f"{R}.answer_hours", "without answer_within"),
        (
            SEAT + '[[agents]]\nname = "B"\nlogin = "b"\ntoken = "s"\nmax_messages = 3 #!\n',
            "agents[1].max_messages",
            "is more than every workplace allows: 2 is the most",
        ),
    ],
)
def test_what_will_hardly_be_meant(text: str, member: str, said: str) -> None:
    """C-1."""
    text = THINGS + text
    ((line, found, words),) = warnings_of(text)
    assert (line, found) == (marked_line(text), member)
    assert said in words


@pytest.mark.parametrize(
    "text",
    [
        MAIL + 'acknowledge = "Thanks."\n',
        MAIL.replace('"B"', '"I"') + 'acknowledge = "Thanks."\n' + SENDER,
        SMS.replace('"B"', '"I"') + 'as_chat = "App"\n' + SENDER.replace("Email", "SMS"),
        SMS + 'as_chat = "App"\nnotes_as_messages = true\nconfirm_delivered = true\n',
        MAIL + "weight = 3\n" + RULE + 'gateway = "M"\nskill = 50\n',
        RULE + 'timezone = "Europe/Prague"\nanswer_hours = ["Mon"]\nanswer_within = "1h"\n',
        SEAT,
    ],
)
def test_what_is_well_meant(text: str) -> None:
    """C-1."""
    assert warnings_of(THINGS + text) == []


def test_an_installation_of_messages_alone_is_whole(tmp_path: Path) -> None:
    """C-1: the check of a whole file asks for a gateway of either kind, and for who answers."""
    file = tmp_path / "p.toml"
    file.write_text(MAIL)
    assert [(w.member, w.text) for w in load(file, {}).warnings] == [
        ("agents", "is missing: there is nobody who could answer"),
        ("message_rules", "is missing: nobody gets to see any message"),
    ]
