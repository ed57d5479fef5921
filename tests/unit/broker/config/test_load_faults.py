"""Every kind of fault is found, with its member and its line (C-1, C-2, C-3).

Each case is a document in which the line of the fault carries the mark ``#!``.
"""

from pathlib import Path

import pytest

from broker.config.diagnostics import ConfigFault
from broker.config.load import load
from tests.support.marked_config import assert_fault, faults_of

THINGS = """
[[languages]]
name = "English"
culture = "en"
[[projects]]
name = "Support"
[[gateways]]
name = "Web chat"
peer = "web"
token = "s"
[[agents]]
name = "Alice"
login = "alice"
token = "s"
languages = { English = 100 }
skills = { Support = 50 }
[[project_rules]]
project = "Support"
"""
FORM = """
[[scenarios]]
name = "F"
culture = "en"
[[scenarios.screens]]
name = "one"
[[scenarios.screens.controls]]
name = "topic"
control_type = "TextArea"
"""
GATEWAY = '[[gateways]]\nname = "G"\npeer = "g"\n'
AGENT = '[[agents]]\nname = "B"\nlogin = "b"\ntoken = "s"\n'
ROUTING = '[[website_routing]]\ngateway = "Web chat"\n'
LITERAL = '[[literals]]\ngroup = 102\nvalue = 1\nculture = "en"\ntext = "x"\n'
CONTROL = '[[scenarios.screens.controls]]\nname = "second"\n'
SCREEN = '[[scenarios.screens]]\nname = "two"\n'
CHOICES = "[[scenarios.screens.controls.parameters]]\n"
GUID = "0c3a3b0e-8a0e-4a39-9a2a-0d9f6b1f3d11"
HASH = "$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaGhhc2hoYXNo"

FAULTS = [
    # the document and its tables
    ("[serwer] #!", "serwer", 'unknown key; did you mean "server"?'),
    ("gateways = 3 #!", "gateways", "must be an array of tables [[gateways]], not a whole number"),
    ("gateways = [3] #!", "gateways[0]", "must be a table, not a whole number"),
    ("server = true #!", "server", "must be a table [server], not true or false"),
    ('[server]\nnode = "a\\u0000b" #!', "server.node", "must not hold the character U+0000"),
    (
        '[notes]\ninactivity = "a\\u0000" #!',
        "notes.inactivity",
        "must not hold the character U+0000",
    ),
    # server
    ('[server]\nlissten = "x" #!', "server.lissten", 'unknown key; did you mean "listen"?'),
    ("[server]\nlisten = 7070 #!", "server.listen", "must be a text, not a whole number"),
    ("[server]\nlisten = [] #!", "server.listen", "must not be empty"),
    ('[server]\nlisten = ["[::1]:1", 7070] #!', "server.listen[1]", "must be a text, not a whole"),
    ('[server]\nlisten = ["[::1]:1", "x"] #!', "server.listen[1]", "must be an address like"),
    ('[server]\nhttp = ["[::1]:1", "[::1]:1"] #!', "server.http[1]", "is there twice"),
    (
        '[server]\nlisten = ["[::1]:9", "[::1]:8"]\nhttp = ["[::1]:1", "[::1]:8"] #!',
        "server.http",
        "is the address of `listen` too",
    ),
    ('[server]\nlisten = "localhost" #!', "server.listen", "must be an address like"),
    ('[server]\nlisten = "127.0.0.1:70700" #!', "server.listen", "must be an address like"),
    (
        '[server]\nlisten = "127.0.0.1:1"\nhttp = "127.0.0.1:1" #!',
        "server.http",
        "is the address of `listen` too",
    ),
    ('[server]\nnode = "" #!', "server.node", "must not be empty"),
    ('[server]\nheartbeat = "30" #!', "server.heartbeat", "must be a duration like"),
    ('[server]\nheartbeat = "10ms" #!', "server.heartbeat", "is too short"),
    ("[server]\ndrain = 5 #!", "server.drain", "must be a text, not a whole number"),
    ('[server]\ndrain = "10001d" #!', "server.drain", "is longer than 10000d"),
    ('[server]\ntls_cert = "nowhere.pem" #!\ntls_key = "FILE"', "server.tls_cert", "no file"),
    ('[server]\ntls_cert = "FILE" #!', "server.tls_cert", "needs a tls_key"),
    ('[server]\ntls_key = "FILE" #!', "server.tls_key", "needs a tls_cert"),
    ('[server]\ntls_client_ca = "FILE" #!', "server.tls_client_ca", "needs a tls_cert"),
    # store, limits, distribution, notes
    ('[store]\nurl = "mysql://x" #!', "store.url", "must begin with sqlite:/// or postgresql://"),
    ("[limits]\nframe_bytes = 10 #!", "limits.frame_bytes", "must be from 1,024 to"),
    ("[limits]\nconnections = 1.0 #!", "limits.connections", "a whole number, not a number"),
    ("[limits]\noutbox_frames = true #!", "limits.outbox_frames", "not true or false"),
    ("[limits]\noutbox_bytes = 0 #!", "limits.outbox_bytes", "must be from 1"),
    (
        "[limits]\noutbox_bytes = 4_259_839 #!",
        "limits.outbox_bytes",
        "must be at least 4,259,840: 4 times `frame_bytes` and 65,536",
    ),
    (
        "[limits]\nframe_bytes = 10_000\noutbox_bytes = 105_535 #!",
        "limits.outbox_bytes",
        "must be at least 105,536: 4 times `frame_bytes` and 65,536",
    ),
    (
        "[limits]\nframe_bytes = 4_194_304 #!",
        "limits.frame_bytes",
        "needs an `outbox_bytes` of at least 16,842,752",
    ),
    ("[limits]\nframes_per_second = -1 #!", "limits.frames_per_second", "must be from 1"),
    ('[limits]\nhello = "0s" #!', "limits.hello", "must be longer than nothing"),
    ("[distribution]\nage_weight = -0.5 #!", "distribution.age_weight", "must be from 0"),
    ("[distribution]\nage_weight = nan #!", "distribution.age_weight", "must be from 0"),
    ('[distribution]\nage_weight = "1" #!', "distribution.age_weight", "not a text"),
    ("[distribution]\nmax_missed = 0 #!", "distribution.max_missed", "must be from 1"),
    ('[notes]\nparty_name = " " #!', "notes.party_name", "must not be empty"),
    ("[distribution]\npark_reserve = 1_001 #!", "distribution.park_reserve", "from 0 to 1,000"),
    ("[distribution]\nmax_parked = -1 #!", "distribution.max_parked", "from 0 to 1,000"),
    ('[distribution]\nbot_timeout = "0s" #!', "distribution.bot_timeout", "longer than nothing"),
    (
        '[distribution]\ntransfer_timeout = "0s" #!',
        "distribution.transfer_timeout",
        "longer than nothing",
    ),
    ('[notes]\nwait_unknown = "" #!', "notes.wait_unknown", "must not be empty"),
    # names and ids
    ("[[projects]]  #!\nbest_skill = false", "projects[1].name", "is missing"),
    ('[[projects]]\nname = "Support" #!', "projects[1].name", "the first is projects[0], line 5"),
    (
        '[[languages]]\nname = "English" #!\nculture = "en"',
        "languages[1].name",
        'a second language "English"',
    ),
    ('[[projects]]\nname = "B"\nid = "x" #!', "projects[1].id", "must be a Guid"),
    (
        '[[projects]]\nname = "B"\nid = "00000000-0000-0000-0000-000000000000" #!',
        "projects[1].id",
        "all-zero",
    ),
    (
        (
            f'[[projects]]\nname = "B"\nid = "{GUID}"\n'
            f'[[pause_reasons]]\nname = "P"\nid = "{GUID.upper()}" #!'
        ),
        "pause_reasons[0].id",
        "is the id of projects[1] too",
    ),
    ('[[languages]]\nname = "X"\nculture = "english" #!', "languages[1].culture", "a culture"),
    (f'[[projects]]\nname = "{"x" * 300}" #!', "projects[1].name", "longer than 256 characters"),
    ('[[projects]]\nname = "B"\nsignal_duration = "0s" #!', "projects[1].signal_duration", ""),
    # gateways
    (
        GATEWAY + 'token = "s"\n[[gateways]]\nname="H"\npeer="g" #!\ntoken="s"',
        "gateways[2].peer",
        "second",
    ),
    (GATEWAY + 'chat_type = "WebIm" #!\ntoken = "s"', "gateways[1].chat_type", "BusinessIM"),
    (
        GATEWAY + 'token = "s"\ninactivity_timeout = "30s"\ninactivity_warning = "30s" #!',
        "gateways[1].inactivity_warning",
        "must be shorter than inactivity_timeout",
    ),
    (GATEWAY + 'token = "s"\nreactivate = 1 #!', "gateways[1].reactivate", "true or false"),
    (GATEWAY + 'token = "s"\nweight = 0 #!', "gateways[1].weight", "must be from 1 to 1,000"),
    (
        GATEWAY + 'token = "s"\noutbound_timeout = "999ms" #!',
        "gateways[1].outbound_timeout",
        "is too short",
    ),
    # secrets
    (GATEWAY.replace("]]", "]] #!"), "gateways[1].token", "is missing; give one of"),
    (GATEWAY + 'token = "s" #!\ntoken_env = "THERE"', "gateways[1].token", "token_env are both"),
    (GATEWAY + 'token = "s"\nport = "\\u200B" #!', "gateways[1].port", "must not be empty"),
    (GATEWAY + 'token = "" #!', "gateways[1].token", "must not be empty"),
    (GATEWAY + 'token_hash = "md5" #!', "gateways[1].token_hash", "must be an argon2id hash"),
    (GATEWAY + f'token_hash = "{HASH}" #!', "gateways[1].token_hash", "must be an argon2id hash"),
    (GATEWAY + 'token_env = "GONE" #!', "gateways[1].token_env", "no variable GONE"),
    # agents and workplaces
    (
        AGENT.replace('"b"', '"alice" #!'),
        "agents[1].login",
        'a second agent with the login "alice"',
    ),
    (AGENT + 'role = "boss" #!', "agents[1].role", "must be one of agent, supervisor, bot"),
    (AGENT + "max_chats = 0 #!", "agents[1].max_chats", "must be from 1 to 1,000"),
    (AGENT + "skills = { Suport = 1 } #!", "agents[1].skills.Suport", 'did you mean "Support"?'),
    (
        AGENT + '[agents.skills]\n"No one" = 1 #!',
        'agents[1].skills."No one"',
        "there is no project",
    ),
    (AGENT + "skills = 3 #!", "agents[1].skills", "must be a table"),
    (AGENT + 'skills = { Support = "1" } #!', "agents[1].skills.Support", "or a table, not a text"),
    (AGENT + "skills = { Support = -1 } #!", "agents[1].skills.Support", "must be from 0"),
    (AGENT + "skills.Support = { enabled = true } #!", "agents[1].skills.Support.value", "missing"),
    (AGENT + "skills.Support = { value = 1, on = 1 } #!", "agents[1].skills.Support.on", "unknown"),
    (AGENT + "languages = { Welsh = 1 } #!", "agents[1].languages.Welsh", "there is no language"),
    ('[[workplaces]]\nnumber="1"\n[[workplaces]]\nnumber="1" #!', "workplaces[1].number", "second"),
    ("[[workplaces]]\nnumber = 101 #!", "workplaces[0].number", "must be a text"),
    (f'[[wrapup_codes]]\nname = "{"x" * 65}" #!', "wrapup_codes[0].name", "64 characters"),
    (
        '[[wrapup_codes]]\nname = "Sold"\n[[wrapup_codes]]\nname = "Sold" #!',
        "wrapup_codes[1].name",
        "a second wrapup_code",
    ),
    # rules
    ('[[gate_rules]]\ngateway = "Wb chat" #!', "gate_rules[0].gateway", 'did you mean "Web chat"?'),
    ("[[gate_rules]]\ngateway = 3 #!", "gate_rules[0].gateway", "must be the name of a gateway"),
    ('[[gate_rules]]\nuser_token = "(" #!', "gate_rules[0].user_token", "no regular expression"),
    (
        '[[gate_rules]]\next_response = "[" #!',
        "gate_rules[0].ext_response",
        "no regular expression",
    ),
    ('[[gate_rules]]\nculture = "e" #!', "gate_rules[0].culture", "must be a culture"),
    ('[[gate_rules]]\nfallback = "Busy" #!', "gate_rules[0].fallback", "one of Closed, Hidden"),
    ('[[gate_rules]]\nsignal = "Open" #!', "gate_rules[0].signal", "one of Free, Busy, Closed"),
    ("[[gate_rules]]\nhours = [] #!", "gate_rules[0].hours", "has no entry"),
    ('[[gate_rules]]\nhours = "Mon" #!', "gate_rules[0].hours", "must be a list, not a text"),
    ('[[gate_rules]]\nhours = [\n"Mon",\n"Mo 1-2", #!\n]', "gate_rules[0].hours[1]", "hours like"),
    ('[[gate_rules]]\nhours = ["Mon-Die"] #!', "gate_rules[0].hours[0]", "the days are Mon"),
    ('[[gate_rules]]\nhours = ["08:00-08:00"] #!', "gate_rules[0].hours[0]", "the span is empty"),
    ('[[gate_rules]]\nhours = ["08:00-24:30"] #!', "gate_rules[0].hours[0]", "00:00 to 24:00"),
    ('[[gate_rules]]\nhours = ["24:00-08:00"] #!', "gate_rules[0].hours[0]", "cannot begin at"),
    (
        '[[gate_rules]]\nhours = ["Mon"]\ntimezone = "Europe/Pragu" #!',
        "gate_rules[0].timezone",
        "is no time zone",
    ),
    (
        '[[gate_rules]]\nhours = ["Mon"]\ntimezone = "Europe" #!',
        "gate_rules[0].timezone",
        "is no time zone",
    ),
    ('[[gate_rules]]\nscenario = "F" #!', "gate_rules[0].scenario", 'there is no scenario "F"'),
    ('[[gate_rules]]\nform = { topic = "x" } #!', "gate_rules[0].form.topic", "no control"),
    (FORM + '[[gate_rules]]\nform = { topic = "(" } #!', "gate_rules[0].form.topic", "no regular"),
    ("[[pre_rules]] #!\nrank = 1", "pre_rules[0].bot", "is missing"),
    ('[[pre_rules]]\nbot = "Alice" #!', "pre_rules[0].bot", 'whose role is not "bot"'),
    ("[[pre_rules]]\nbot = true #!", "pre_rules[0].bot", "must be the name of a bot"),
    ('[[pre_rules]]\nbot = "Bob" #!', "pre_rules[0].bot", 'there is no bot "Bob"'),
    ("[[project_rules]] #!\nrank = 1", "project_rules[1].project", "is missing"),
    (
        '[[project_rules]]\nproject = "Support"\nrank = "1" #!',
        "project_rules[1].rank",
        "not a text",
    ),
    # forms
    (FORM.replace('"en"', '"en" #!') * 2, "scenarios[1].culture", 'a second scenario "F (en)"'),
    ('[[scenarios]] #!\nname = "F"\nculture = "en"', "scenarios[0].screens", "has no screen"),
    (FORM + '[[scenarios.screens]]\nname = "one" #!', "scenarios[0].screens[1].name", "a second"),
    (
        FORM + '[[scenarios.screens.controls]]\nname = "topic" #!\ncontrol_type = "TextArea"',
        "scenarios[0].screens[0].controls[1].name",
        'a second control "topic"',
    ),
    (
        FORM + CONTROL + 'control_type = "Slider" #!',
        "scenarios[0].screens[0].controls[1].control_type",
        "must be one of LabelOnly, TextArea",
    ),
    (
        FORM + CONTROL.replace("]]", "]] #!") + 'control_type = "DropDown"',
        "scenarios[0].screens[0].controls[1].parameters",
        "a DropDown needs choices",
    ),
    (
        FORM
        + CONTROL
        + 'control_type = "DropDown"\n'
        + CHOICES.replace("]]", "]] #!")
        + 'display_name = "a"\ndefault_item = true\n'
        + CHOICES
        + 'display_name = "b"\ndefault_item = true\n',
        "scenarios[0].screens[0].controls[1].parameters",
        "at most one default_item",
    ),
    (
        FORM
        + CONTROL
        + 'control_type = "Date"\n'
        + CHOICES.replace("]]", "]] #!")
        + 'display_name = "a"',
        "scenarios[0].screens[0].controls[1].parameters",
        "a Date has no choices",
    ),
    (
        FORM
        + CONTROL
        + 'control_type = "RadioButtons"\n'
        + CHOICES
        + 'display_name = "a"\n'
        + 'result_text = "a"\n'
        + CHOICES
        + 'name = "a" #!\ndisplay_name = "b"',
        "scenarios[0].screens[0].controls[1].parameters[1].name",
        'a second choice "a"',
    ),
    (
        FORM + CONTROL + 'control_type = "LabelOnly"\nmandatory_field = true #!',
        "scenarios[0].screens[0].controls[1].mandatory_field",
        "nobody can fill in a label",
    ),
    (
        FORM + SCREEN + 'condition_control = "topc" #!\ncondition_text = "x"',
        "scenarios[0].screens[1].condition_control",
        "on an earlier screen",
    ),
    (
        FORM + SCREEN + 'condition_control = "topic" #!',
        "scenarios[0].screens[1].condition_control",
        "needs a condition_text",
    ),
    (
        FORM + SCREEN + 'condition_text = "topic" #!',
        "scenarios[0].screens[1].condition_text",
        "needs a condition_control",
    ),
    (
        FORM + FORM.replace('"en"', '"de"').replace('"TextArea"', '"Date" #!'),
        "scenarios[1].screens[0].controls[0].control_type",
        "differs from this control in another culture",
    ),
    (
        FORM + FORM.replace('"en"', f'"de"\nid = "{GUID}" #!'),
        "scenarios[1].id",
        "differs from the id of this form",
    ),
    (
        FORM + FORM.replace('"F"', '"G"') + '[[gate_rules]]\nform = { topic = "x" } #!',
        "gate_rules[0].form.topic",
        "write form/control",
    ),
    # registers
    (
        LITERAL + LITERAL.replace("1", "2", 1).replace("value = 1", "value = 99999 #!"),
        "literals[1].value",
        "must be from -32,768 to 32,767",
    ),
    (
        LITERAL + LITERAL.replace("value = 1", "value = 1 #!"),
        "literals[1].value",
        "a second literal",
    ),
    (ROUTING.replace('"Web chat"', '"X" #!'), "website_routing[0].gateway", "there is no gateway"),
    (ROUTING + 'page_url_regex = "(" #!', "website_routing[0].page_url_regex", "no regular"),
    (ROUTING + 'client_ip_mask = "10.0.0.0/40" #!', "website_routing[0].client_ip_mask", "network"),
    (ROUTING + 'time_mode = "Weekly" #!', "website_routing[0].time_mode", "DayInYear, DayInWeek"),
    (ROUTING + "time_from = 2027-01-01 #!", "website_routing[0].time_from", "a date with a time"),
    (
        ROUTING + "time_from = 2027-01-02T00:00:00Z\ntime_to = 2027-01-02 00:00:00 #!",
        "website_routing[0].time_to",
        "must be after time_from",
    ),
    (
        ROUTING + 'solicitation_time_out = "500ms" #!',
        "website_routing[0].solicitation_time_out",
        "must be whole seconds",
    ),
]


@pytest.mark.parametrize(("text", "member", "said"), FAULTS, ids=[case[1] for case in FAULTS])
def test_a_fault_names_its_member_and_line(
    text: str, member: str, said: str, tmp_path: Path
) -> None:
    """C-1, C-2: unknown keys, types, references, names twice, what can never work."""
    (tmp_path / "FILE").touch()
    whole = text if text.startswith(("gateways =", "server =")) else f"{THINGS}{text}"
    assert_fault(whole, member, said, str(tmp_path / "p.toml"))


def test_all_faults_come_in_one_go_in_the_order_of_the_file() -> None:
    """C-1."""
    text = (
        '[server]\nlisten = 1\nnode = ""\n[[gateways]]\nname = "G"\nchat_type = "x"\n'
        '[[project_rules]]\nproject = "none"\nuser_token = "("\nhours = ["x", "Mon", "y"]\n'
    )
    found = [(fault.line, fault.member) for fault in faults_of(text)]
    assert found == [
        (2, "server.listen"),
        (3, "server.node"),
        (4, "gateways[0].peer"),
        (4, "gateways[0].token"),
        (6, "gateways[0].chat_type"),
        (8, "project_rules[0].project"),
        (9, "project_rules[0].user_token"),
        (10, "project_rules[0].hours[0]"),
        (10, "project_rules[0].hours[2]"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb = = 2\n", 2, "is not valid TOML: Invalid value (column 5)"),
        ("a = 1\na = 2\n", 2, "is not valid TOML: Cannot overwrite a value"),
        ("a = 1\r\nb = [1,", 2, "is not valid TOML"),
        ("a = " + "[" * 100_000, None, "is no usable TOML"),
    ],
)
def test_a_fault_of_syntax_has_a_line(text: str, line: int | None, said: str) -> None:
    """C-1."""
    (fault,) = faults_of(text)
    assert (fault.line, fault.member) == (line, "")
    assert said in fault.text


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="there is no such file"):
        load(tmp_path / "none.toml", {})


def test_a_file_that_is_no_utf8_is_a_fault_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_bytes(b'[server]\nnode = "\xff"\n')
    with pytest.raises(ConfigFault, match=r"p\.toml:2: is no UTF-8 text"):
        load(file, {})


def test_no_fault_repeats_a_secret() -> None:
    """C-3."""
    text = (
        '[store]\nurl = "mysql://me:hunter2@db"\n[[gateways]]\nname = "G"\npeer = "g"\n'
        'token = "hunter2"\ntoken_hash = "hunter2"\n'
    )
    assert len(faults_of(text)) == 3
    assert not any("hunter2" in str(fault) for fault in faults_of(text))
