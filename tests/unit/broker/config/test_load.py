"""What a good file becomes (C-1, C-2)."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest

import broker.config
from broker.config.diagnostics import ConfigFault
from broker.config.load import load, load_again, loads
from broker.config.model import (
    HOUR,
    MINUTE,
    SECOND,
    Config,
    Distribution,
    Notes,
    Server,
    Skill,
    Span,
    WrapupCode,
)
from protocol.identifiers import NAMESPACE, derive
from protocol.values import ChatType, ControlType, Guid, Signal
from tests.support.marked_config import MARK, marked_line, warnings_of

SAMPLE = Path(broker.config.__file__).with_name("sample.toml")


@pytest.fixture(scope="module")
def sample() -> Config:
    return load(SAMPLE, {}).config


SMALLEST = """
[[gateways]]
name = "G"
peer = "g"
token_env = "T"
[[agents]]
name = "A"
login = "a"
token_env = "T"
"""
"""What a whole file has at least."""


def one(text: str) -> Config:
    return loads(text).config


def test_an_empty_file_is_all_defaults() -> None:
    assert loads("").config == Config()
    assert loads("").warnings == ()


def test_the_sample_is_good() -> None:
    loaded = load(SAMPLE, {})
    assert loaded.warnings == ()
    assert loaded.config.server == Server(http=(("127.0.0.1", 7071),))


def test_the_sample_serves_a_trial(sample: Config) -> None:
    assert sample.gateway_by_address["web", None].name == "Web chat"
    roles = [agent.role for agent in sample.agents.values()]
    assert roles == ["agent", "agent", "supervisor", "supervisor"]
    assert list(sample.workplaces) == ["101", "102", "103", "104"]
    assert {literal.literal_group for literal in sample.literals} == {102}
    assert sample.agent_by_login["alice"].public_name == "Alice"


def test_the_bot_of_the_sample_waits_to_be_switched_on(sample: Config) -> None:
    """B-40: a first trial talks with a person; the rule stands there as a remark."""
    assert sample.pre_rules == ()
    before, rule = SAMPLE.read_text("utf-8").split("# [[pre_rules]]\n")
    rule, after = rule.split("\n\n", 1)
    switched_on = one(f"{before}[[pre_rules]]\n{rule.replace('# ', '')}\n\n{after}")
    assert [rule.bot for rule in switched_on.pre_rules] == list(sample.bots)


def test_references_are_ids(sample: Config) -> None:
    """C-2."""
    (support, sales) = sample.projects
    bob = sample.agent_by_login["bob"]
    assert bob.skills == {support: Skill(value=30), sales: Skill(value=80)}
    assert sample.project_rules[-1].project == support
    assert sample.gate_rules[0].scenario in sample.scenarios
    assert [rule.web_app for rule in sample.website_routing[derive("gateway", "Web chat")]] == [
        "WebChat",
        "WebChat",
    ]


def test_an_id_follows_from_kind_and_name_or_is_given() -> None:
    """C-2."""
    given = "0C3A3B0E-8A0E-4A39-9A2A-0D9F6B1F3D11"
    config = one(f'[[projects]]\nname = "A"\n[[projects]]\nname = "B"\nid = "{given}"')
    assert list(config.projects) == [str(uuid5(NAMESPACE, "project:A")), given.lower()]


def test_derived_ids_never_change() -> None:
    """C-2: the same on every machine."""
    assert UUID("6f0c8f5e-3f0b-4c55-9d5b-6f1f1f7a2c11") == NAMESPACE
    assert derive("project", "Support") == "1944b96a-70c3-51aa-851e-88da1f0b04bd"


def test_rules_come_by_rank_and_those_of_one_rank_as_they_stand() -> None:
    """B-3."""
    config = one(
        '[[projects]]\nname = "A"\n[[projects]]\nname = "B"\n'
        '[[project_rules]]\nrank = 5\nproject = "A"\n[[project_rules]]\nproject = "B"\n'
        '[[project_rules]]\nrank = 5\nproject = "B"\n[[project_rules]]\nrank = -1\nproject = "A"'
    )
    a, b = config.projects
    assert [(rule.rank, rule.project) for rule in config.project_rules] == [
        (-1, a),
        (0, b),
        (5, a),
        (5, b),
    ]
    assert len({rule.id for rule in config.project_rules}) == 4


def test_durations_are_microseconds() -> None:
    """C-1."""
    texts = ["500ms", "30s", "10m", "2h", "1d"]
    micros = [SECOND // 2, 30 * SECOND, 10 * MINUTE, 2 * HOUR, 24 * HOUR]
    assert [one(f'[server]\ndrain = "{text}"').server.drain for text in texts] == micros


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", (30 * MINUTE, MINUTE)),
        ('inactivity_timeout = "10m"\ninactivity_warning = "2m"', (10 * MINUTE, 2 * MINUTE)),
        ('inactivity_timeout = "60s"', (MINUTE, None)),
        ('inactivity_timeout = "off"', (None, None)),
        ('inactivity_warning = "off"', (30 * MINUTE, None)),
        ('inactivity_warning = "0s"', (30 * MINUTE, None)),
    ],
)
def test_inactivity(lines: str, expected: tuple[int | None, int | None]) -> None:
    config = one(f'[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\n{lines}')
    (gateway,) = config.gateways.values()
    assert (gateway.inactivity_timeout, gateway.inactivity_warning) == expected


def test_one_peer_may_have_several_ports() -> None:
    text = '[[gateways]]\nname = "{0}"\npeer = "g"\ntoken = "s"\nport = "{0}"\n'
    config = one(text.format("a") + text.format("b"))
    assert list(config.gateway_by_address) == [("g", "a"), ("g", "b")]


def test_what_a_gateway_says_of_capacity_and_outbound_chats() -> None:
    """B-22."""
    gateway = '[[gateways]]\nname = "{0}"\npeer = "{0}"\ntoken = "s"\n'
    config = one(
        gateway.format("a") + 'weight = 3\noutbound_timeout = "1s"\n' + gateway.format("b")
    )
    found = [(it.weight, it.outbound_timeout) for it in config.gateways.values()]
    assert found == [(3, SECOND), (1, 2 * MINUTE)]


def test_numbers_and_words_for_those_who_are_passed_on_or_wait() -> None:
    """B-22, B-26, B-29, B-40."""
    config = one(
        '[distribution]\ntransfer_timeout = "90s"\npark_reserve = 2\nmax_parked = 0\n'
        'bot_timeout = "500ms"\n[notes]\nwait_unknown = "a while"\n'
    )
    assert config.distribution == Distribution(
        transfer_timeout=90 * SECOND, park_reserve=2, max_parked=0, bot_timeout=SECOND // 2
    )
    assert config.notes == Notes(wait_unknown="a while")


def test_wrapup_codes_are_known_by_name() -> None:
    """B-28."""
    config = one('[[wrapup_codes]]\nname = "Sold"\n[[wrapup_codes]]\nname = "Spam"')
    assert list(config.wrapup_codes) == ["Sold", "Spam"]
    assert config.wrapup_codes["Sold"] == WrapupCode(id=derive("wrapup_code", "Sold"), name="Sold")


@pytest.mark.parametrize(
    ("weight", "people", "seat", "whose"),
    [
        (3, {"agent": 3, "bot": 1}, 3, None),
        (3, {"agent": 2, "supervisor": 3}, None, None),
        (3, {}, None, None),
        (3, {"agent": 2, "bot": 9}, None, "every agent"),
        (3, {"agent": 4}, 2, "every workplace"),
        (5, {"agent": 4}, 2, "every agent"),
    ],
)
def test_a_gateway_that_is_too_heavy_for_everybody(
    weight: int, people: dict[str, int], seat: int | None, whose: str | None
) -> None:
    """B-22: a warning, for the file may be half written."""
    agent = '[[agents]]\nname = "{0}"\nlogin = "{0}"\ntoken = "s"\nrole = "{0}"\nmax_chats = {1}\n'
    text = '[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\n'
    text += f"weight = {weight} {MARK}\n"
    text += "".join(agent.format(role, most) for role, most in people.items())
    if seat is not None:
        text += f'[[workplaces]]\nnumber = "1"\nmax_chats = {seat}\n'
    said = f"is more than the max_chats of {whose}: nobody can take its chats"
    expected = [] if whose is None else [(marked_line(text), "gateways[0].weight", said)]
    assert [found for found in warnings_of(text) if "agents" not in found[1]] == expected


def test_a_skill_may_be_switched_off() -> None:
    config = one(
        '[[projects]]\nname = "P"\n[[agents]]\nname = "A"\nlogin = "a"\ntoken = "s"\n'
        "[agents.skills]\nP = { value = 7, enabled = false, engaged = false }"
    )
    (agent,) = config.agents.values()
    assert list(agent.skills.values()) == [Skill(value=7, enabled=False, engaged=False)]


def test_a_gate_rule() -> None:
    config = one(
        '[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\nchat_type = "SocialIM"\n'
        '[[gate_rules]]\ngateway = "G"\nculture = "en"\nuser_token = "^x"\next_response = "y$"\n'
        'hours = ["Sun 20:00-04:00"]\ntimezone = "Europe/Prague"\nsignal = "Busy"\n'
        'fallback = "Hidden"'
    )
    (gateway,) = config.gateways.values()
    (rule,) = config.gate_rules
    assert gateway.chat_type is ChatType.SOCIAL_IM
    assert (rule.signal, rule.fallback) == (Signal.BUSY, Signal.HIDDEN)
    assert (rule.limits.gateway, rule.limits.culture) == (gateway.id, "en")
    assert rule.limits.user_token is not None
    assert rule.limits.user_token.text == "^x"
    assert rule.limits.hours is not None
    assert rule.limits.hours.zone == ZoneInfo("Europe/Prague")
    assert rule.limits.hours.week == (*6 * ((),), (Span(start=1200, end=1440 + 240),))


def test_a_pre_rule_chooses_a_bot() -> None:
    config = one(
        '[[agents]]\nname = "Bot"\nlogin = "bot"\ntoken = "s"\nrole = "bot"\n'
        '[[pre_rules]]\nbot = "Bot"'
    )
    assert config.pre_rules[0].bot == derive("agent", "Bot")


def test_a_form_in_two_cultures_has_one_set_of_ids(sample: Config) -> None:
    ((english, german),) = sample.scenarios.values()
    assert english.screens is not None
    assert german.screens is not None
    assert (english.culture, german.culture) == ("en", "de")
    assert english.scenario_id == german.scenario_id
    first, second = english.screens
    assert first.screen_id == german.screens[0].screen_id
    assert first.controls is not None
    topic = first.controls[1]
    assert german.screens[0].controls is not None
    german_topic = german.screens[0].controls[1]
    assert german_topic.screen_control_id == topic.screen_control_id
    assert german_topic.display_name == "Worum geht es?"
    assert german_topic.parameters is not None
    assert topic.parameters is not None
    assert [p.screen_control_parameter_id for p in german_topic.parameters] == [
        p.screen_control_parameter_id for p in topic.parameters
    ]
    assert topic.control_type is ControlType.DROP_DOWN
    assert second.condition_screen_control_id == topic.screen_control_id
    ((control, pattern),) = sample.project_rules[0].limits.form
    assert (control, pattern.patterns[0].text) == (topic.screen_control_id, "^sales$")


def test_forms_that_share_the_name_of_a_control_are_told_apart() -> None:
    form = (
        '[[scenarios]]\nname = "{0}"\nculture = "en"\n[[scenarios.screens]]\nname = "s"\n'
        '[[scenarios.screens.controls]]\nname = "c"\ncontrol_type = "TextArea"\n'
    )
    config = one(form.format("F") + form.format("G") + '[[gate_rules]]\nform = { "G/c" = "x" }')
    ((control, _),) = config.gate_rules[0].limits.form
    assert control == derive("control", "G/s/c")


def test_screens_come_by_rank() -> None:
    screen = '[[scenarios.screens]]\nname = "{0}"\nrank = {1}\n'
    config = one(
        '[[scenarios]]\nname = "F"\nculture = "en"\n'
        + screen.format("a", 9)
        + screen.format("b", 2)
    )
    ((form,),) = config.scenarios.values()
    assert form.screens is not None
    assert [screen.display_name for screen in form.screens] == ["b", "a"]


def test_website_routing_times_without_offset_are_utc() -> None:
    config = one(
        '[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\n[[website_routing]]\ngateway = "G"\n'
        "time_from = 2027-01-01T08:00:00+02:00\ntime_to = 2027-01-01T08:00:00\n"
        'honor_reject_period = "1d"'
    )
    ((rule,),) = config.website_routing.values()
    assert rule.time_from is not None
    assert rule.time_to is not None
    assert rule.time_from.isoformat() == "2027-01-01T06:00:00+00:00"
    assert rule.time_to.isoformat() == "2027-01-01T08:00:00+00:00"
    assert rule.honor_reject_period == 86_400


def test_relative_tls_files_lie_beside_the_configuration(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem", "ca.pem"):
        (tmp_path / name).touch()
    file = tmp_path / "parley.toml"
    file.write_text(
        '[server]\nlisten = "[::]:7070"\ntls_cert = "cert.pem"\ntls_key = "key.pem"\n'
        f'tls_client_ca = "{tmp_path}/ca.pem"\n'
        f"{SMALLEST}"
    )
    loaded = load(file, {"T": "t"})
    assert not [warning for warning in loaded.warnings if warning.member.startswith("server")]
    assert loaded.config.server.listen == (("::", 7070),)
    assert loaded.config.server.tls_cert == str(tmp_path / "cert.pem")
    assert loaded.config.server.tls_client_ca == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ('"[::1]:1"', (("::1", 1),)),
        ('["127.0.0.1:1", "[::1]:1"]', (("127.0.0.1", 1), ("::1", 1))),
        ('["127.0.0.1:0", "127.0.0.1:0"]', (("127.0.0.1", 0), ("127.0.0.1", 0))),
    ],
)
def test_a_broker_listens_on_one_address_or_on_several(
    text: str, listen: tuple[tuple[str, int], ...]
) -> None:
    assert one(f"[server]\nlisten = {text}").server == Server(listen=listen)
    assert one(f'[server]\nlisten = "[::]:9"\nhttp = {text}').server.http == listen


@pytest.mark.parametrize("text", ["", "\n", "# emptied\n", "\r\n \t\n"])
def test_an_empty_file_runs_no_broker(tmp_path: Path, text: str) -> None:
    """C-1: a file that was emptied by mistake is not one that asks for all defaults."""
    file = tmp_path / "parley.toml"
    file.write_text(text)
    with pytest.raises(ConfigFault) as caught:
        load(file)
    assert [str(fault) for fault in caught.value.faults] == [f"{file}:1: is empty"]


def test_a_file_without_gateways_runs_no_broker(tmp_path: Path) -> None:
    """C-1."""
    file = tmp_path / "parley.toml"
    for text in ('[server]\nnode = "n"\n', 'gateways = []\n[server]\nnode = "n"\n'):
        file.write_text(text + "drain = 1\n")
        with pytest.raises(ConfigFault) as caught:
            load(file)
        assert {fault.member for fault in caught.value.faults} == {"gateways", "server.drain"}


ALONE = '[[gateways]]\nname = "G"\npeer = "g"\ntoken_env = "T"\n'
RULE = '[[projects]]\nname = "P"\n[[project_rules]]\nproject = "P"\n'
PRE_RULE = (
    '[[bots]]\nname = "B"\nproject = "P"\n[[projects]]\nname = "P"\n[[pre_rules]]\nbot = "B"\n'
)


def test_without_agents_a_file_is_doubted(tmp_path: Path) -> None:
    """C-1."""
    file = tmp_path / "parley.toml"
    file.write_text(ALONE + RULE)
    warnings = load(file, {"T": "t"}).warnings
    doubt = ("agents", "is missing: there is nobody who could answer")
    assert doubt in {(warning.member, warning.text) for warning in warnings}


def test_without_a_rule_that_takes_visitors_in_a_file_is_doubted(tmp_path: Path) -> None:
    """C-1, B-14: a project rule gives them to people, a pre-rule to a bot."""
    file = tmp_path / "parley.toml"
    doubt = ("project_rules", "is missing: the chat of every visitor ends as it begins")
    for text, doubted in ((ALONE, True), (ALONE + RULE, False), (ALONE + PRE_RULE, False)):
        file.write_text(text)
        warnings = load(file, {"T": "t"}).warnings
        assert (doubt in {(warning.member, warning.text) for warning in warnings}) is doubted


def test_a_pipe_is_read_once_and_known_as_such(tmp_path: Path) -> None:
    """C-4."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(load, pipe, {"T": "t"})
        pipe.write_text(SMALLEST)
        assert not found.result().lasting
    assert load(SAMPLE, {}).lasting
    with pytest.raises(ConfigFault, match="is no regular file"):
        load_again(pipe)
    assert load_again(SAMPLE, {}) == load(SAMPLE, {})
    with pytest.raises(ConfigFault, match="there is no such file"):
        load_again(tmp_path / "none.toml")


def test_a_section_of_another_program_is_not_looked_at() -> None:
    beside = loads('[web]\nlisten = "127.0.0.1:8080"\nwhatever = 7\n')
    assert beside.config == Config()
    assert beside.beside == ("web",)
    assert loads("").beside == ()


def test_who_knows_a_section_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    """C-1: with path and line like everything else."""
    path = tmp_path / "parley.toml"
    path.write_text(f'{SMALLEST}\n[web]\nlisten = "x"\n[web.sites.shop]\norigins = [\n"a",\n"b"]\n')
    asked: list[object] = []

    def judge(table: object, beside: Path, environ: Mapping[str, str]) -> list[tuple[str, str]]:
        asked.append((table, beside, dict(environ)))
        return [("web.sites.shop.origins[1]", "is none"), ("web.listen", "is no address")]

    with pytest.raises(ConfigFault) as caught:
        load(path, {"T": "t"}, judges={"web": judge})
    lines = path.read_text().split("\n")
    assert [(fault.member, lines[(fault.line or 0) - 1]) for fault in caught.value.faults] == [
        ("web.listen", 'listen = "x"'),
        ("web.sites.shop.origins[1]", '"b"]'),
    ]
    table = {"listen": "x", "sites": {"shop": {"origins": ["a", "b"]}}}
    assert asked == [(table, tmp_path, {"T": "t"})]


@pytest.mark.parametrize(
    ("text", "member", "said"),
    [
        ('[server]\nlisten = "0.0.0.0:7070"', "server.listen", "without TLS"),
        ('[[gate_rules]]\ntimezone = "UTC"', "gate_rules[0].timezone", "nothing without hours"),
        (
            '[[projects]]\nname = "P"\n[[project_rules]]\nproject = "P"',
            "project_rules[0].skill",
            "no agent has",
        ),
    ],
)
def test_a_warning_is_no_fault(text: str, member: str, said: str) -> None:
    """C-1, C-3."""
    (warning,) = loads(text).warnings
    assert warning.member == member
    assert said in warning.text


def test_all_things_of_the_sample_have_ids_of_their_own(sample: Config) -> None:
    """C-2."""
    ids: list[Guid] = [
        *sample.languages,
        *sample.projects,
        *sample.gateways,
        *sample.agents,
        *sample.scenarios,
        *(thing.id for thing in sample.workplaces.values()),
        *(rule.id for rule in sample.gate_rules + sample.project_rules + sample.wait_rules),
        *(code.id for code in sample.wrapup_codes.values()),
        *sample.text_matches,
        *sample.bots,
        *(reason.id for reason in sample.pause_reasons.values()),
    ]
    assert len(set(ids)) == len(ids)
