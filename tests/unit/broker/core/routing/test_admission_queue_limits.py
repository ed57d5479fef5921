"""A longest queue and a longest wait, over which nobody is let in (B-3, B-27)."""

from __future__ import annotations

import pytest

from broker.config.load import loads
from broker.core.facts import DecisionLogged
from tests.support.marked_config import assert_fault, warnings_of
from tests.support.playbook import CONFIG, Client, Playbook

CLOSED = '[[gate_rules]]\nrank = 1\ngateway = "Web chat"\n'


def limited(lines: str) -> pytest.MarkDecorator:
    """Play with a gate rule of the web chat."""
    return pytest.mark.parametrize("play", [CONFIG + CLOSED + lines], indirect=True, ids=["limit"])


def signal(web: Client, more: str = "") -> str:
    """What somebody who asks is told."""
    web.says("ES_CHAT_REQUEST", TrackingId="q", PreferredCulture="en", ExtResponse=more or None)
    return str(web.hears("SE_CHAT_RESPONSE")["Signal"])


def begins(web: Client, name: str, *statuses: str, more: str = "") -> None:
    """Somebody begins a chat, which goes this way."""
    web.says("ES_CHAT_START", TrackingId=name, PreferredCulture="en", ExtResponse=more or None)
    for status in ("Pilot", *statuses):
        web.hears("SE_CHAT_STATUS", TrackingId=name, Status=status)


def refusals(play: Playbook) -> list[dict[str, object]]:
    """Why chats were refused, by the log."""
    found = [f for f in play.facts if isinstance(f, DecisionLogged) and f.kind == "refused"]
    return [{key: f.detail[key] for key in f.detail if key not in ("group", "rule")} for f in found]


def busy(play: Playbook) -> Client:
    """Bob is there, and has no time."""
    return play.agent("bob", "102", "Pause")


@limited("queue_limit = 2")
def test_no_more_may_wait_than_the_limit_says(play: Playbook) -> None:
    """B-1, B-3, B-27: the signal is Closed and a start ends at once, until somebody has left."""
    web = play.connector("web")
    busy(play)
    for name in ("t1", "t2"):
        assert signal(web) == "Busy"
        begins(web, name, "Waiting")
    assert signal(web) == "Closed"
    begins(web, "t3", "Closed")
    assert refusals(play) == [{"limit": "queue", "waiting": 2}]
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", TrackingId="t1", Status="Closed")
    assert signal(web) == "Busy"
    begins(web, "t3", "Waiting")
    assert signal(web) == "Closed"
    play.check_store()


@limited("queue_limit = 2")
def test_other_projects_and_other_gateways_have_queues_of_their_own(play: Playbook) -> None:
    """B-27: those count that wait for the project to which such a chat would go."""
    web, im = play.connector("web"), play.connector("im")
    busy(play)
    for name in ("t1", "t2"):
        begins(web, name, "Waiting", more="sales")
    assert signal(web, "sales") == "Closed"
    assert signal(web) == "Busy"
    im.says("ES_CHAT_START", TrackingId="t9", ExtResponse="sales")
    for status in ("Pilot", "Waiting"):
        im.hears("SE_CHAT_STATUS", TrackingId="t9", Status=status)


@limited("queue_limit = 0")
def test_with_none_a_chat_begins_when_somebody_is_free(play: Playbook) -> None:
    """B-27: as long as somebody is free nobody waits."""
    web = play.connector("web")
    assert signal(web) == "Closed"
    begins(web, "t0", "Closed")
    bob = play.agent("bob", "102")
    assert signal(web) == "Free"
    begins(web, "t1", "Waiting", "Alerting")
    bob.hears("SC_CHAT_ALERT")
    assert signal(web) == "Closed"
    begins(web, "t2", "Closed")


@limited('wait_limit = "2m"\nlimit_signal = "Hidden"')
def test_nobody_may_have_waited_for_longer(play: Playbook) -> None:
    """B-27: the longest wait of those who wait for the first time."""
    web = play.connector("web")
    busy(play)
    begins(web, "t1", "Waiting")
    play.wait(120)
    assert signal(web) == "Busy"
    begins(web, "t2", "Waiting")
    play.wait(1)
    assert signal(web) == "Hidden"
    begins(web, "t3", "Closed")
    assert refusals(play) == [{"limit": "wait", "wait": 121_000_000}]


@limited('wait_limit = "2m"')
def test_nobody_may_be_expected_to_wait_for_longer(play: Playbook) -> None:
    """B-26, B-27: by the rate of the last answers."""
    web = play.connector("web")
    bob = play.agent("bob", "102")
    for name in ("t1", "t2", "t3"):
        begins(web, name, "Waiting", "Alerting")
        chat = bob.hears("SC_CHAT_ALERT")["ChatId"]
        bob.says("CS_CHAT_ANSWER", ChatId=chat)
        bob.hears("SC_CHAT_STATUS", Status="Answered")
        web.hears("SE_CHAT_STATUS", Status="Answered")
        bob.says("CS_CHAT_HANGUP", ChatId=chat)
        bob.hears("SC_CHAT_STATUS", Status="Closed")
        web.hears("SE_CHAT_STATUS", Status="Closed")
        play.wait(100)
    assert signal(web) == "Free"
    bob.says("CS_AGENT_STATE", State="Pause")
    bob.hears("SC_AGENT_STATE")
    # Three answers in 200 s, the first 300 s ago: 150 s for each place.
    assert signal(web) == "Closed"
    begins(web, "t4", "Closed")
    assert refusals(play) == [{"limit": "wait", "wait": 150_000_000}]


@limited('queue_limit = 1\nsignal = "Free"\nlimit_signal = "Busy"')
def test_busy_is_said_and_refuses_nobody(play: Playbook) -> None:
    """B-27: a forced signal gives way to the limit; a start is refused by Closed and Hidden alone."""
    web = play.connector("web")
    busy(play)
    assert signal(web) == "Free"
    begins(web, "t1", "Waiting")
    assert signal(web) == "Busy"
    begins(web, "t2", "Waiting")
    assert refusals(play) == []


@limited('queue_limit = 1\nfallback = "Hidden"')
def test_with_nobody_there_the_fallback_is_said(play: Playbook) -> None:
    """B-27."""
    web = play.connector("web")
    begins(web, "t1", "Waiting")
    assert signal(web) == "Hidden"
    begins(web, "t2", "Closed")


@limited("queue_limit = 1")
def test_what_was_let_in_comes_back_whatever_waits(play: Playbook) -> None:
    """B-3: a chat that is given back passes no gate, and its age is no measure for others."""
    web = play.connector("web")
    bob = play.agent("bob", "102")
    begins(web, "t1", "Waiting", "Alerting")
    chat = bob.hears("SC_CHAT_ALERT")["ChatId"]
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    bob.says("CS_AGENT_STATE", State="Pause")
    bob.hears("SC_AGENT_STATE")
    begins(web, "t2", "Waiting")
    bob.says("CS_CHAT_RETURN", ChatId=chat)
    bob.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", TrackingId="t1", Status="Waiting")
    assert signal(web) == "Closed"


def test_limits_are_read() -> None:
    """C-1."""
    rule, plain = loads(
        '[[gate_rules]]\nqueue_limit = 0\nwait_limit = "90s"\nlimit_signal = "Hidden"\n[[gate_rules]]\n'
    ).config.gate_rules
    assert (rule.queue_limit, rule.wait_limit, rule.limit_signal) == (0, 90_000_000, "Hidden")
    assert (plain.queue_limit, plain.wait_limit, plain.limit_signal) == (None, None, "Closed")


@pytest.mark.parametrize(
    ("line", "member", "said"),
    [
        ("queue_limit = -1", "queue_limit", "must be from 0 to"),
        ('queue_limit = "5"', "queue_limit", "must be a whole number"),
        ('wait_limit = "0s"', "wait_limit", "must be longer than nothing"),
        ('queue_limit = 5\nlimit_signal = "Free"', "limit_signal", "must be one of"),
    ],
)
def test_faults_of_limits(line: str, member: str, said: str) -> None:
    """C-1."""
    assert_fault(f"[[gate_rules]]\n{line} #!", f"gate_rules[0].{member}", said)


@pytest.mark.parametrize(
    ("lines", "member", "said"),
    [
        (
            'signal = "Closed"\nqueue_limit = 5',
            "queue_limit",
            'means nothing with signal = "Closed"',
        ),
        ('signal = "Hidden"\nwait_limit = "1m"', "wait_limit", "means nothing with signal"),
        ('limit_signal = "Hidden"', "limit_signal", "means nothing without"),
        (
            'queue_limit = 5\nlimit_signal = "Busy"',
            "limit_signal",
            "is the signal with nobody free",
        ),
    ],
)
def test_limits_that_mean_nothing(lines: str, member: str, said: str) -> None:
    """C-1: the check warns."""
    ((_, where, text),) = warnings_of(f"[[gate_rules]]\n{lines}\n")
    assert where == f"gate_rules[0].{member}"
    assert said in text
