"""Wait rules against a naive loop, and what is promised about waiting (B-26)."""

from __future__ import annotations

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.config.model import MINUTE, SECOND
from broker.core.distribution.occupancy import ENOUGH, WINDOW, expected_wait, position
from broker.core.facts import ChatMoved, DecisionLogged
from protocol.values import ChatStatus
from tests.support.playbook import CONFIG, Playbook

PATIENT = CONFIG.replace('inactivity_timeout = "10m"', 'inactivity_timeout = "30d"')
RULES = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(0, 100),
        st.sampled_from([None, "Support", "Sales"]),
        st.sampled_from(["", "^expert$", "^no$"]),
    ),
    max_size=6,
)
"""Level, seconds, project, and what the visitor's answer must match."""


def config_of(rules: list[tuple[int, int, str | None, str]]) -> str:
    """The configuration with these wait rules, and agents who miss a chat but once."""
    parts = ["[distribution]\nmax_missed = 1\n", PATIENT]
    for level, after, project, limit in rules:
        parts.append(f'[[wait_rules]]\nlevel = {level}\nafter = "{after}s"\npriority = 1\n')
        parts += [f'project = "{project}"\n'] if project else []
        parts += [f'ext_response = "{limit}"\n'] if limit else []
    return "".join(parts)


def naive(
    rules: list[tuple[int, int, str | None, str]], alert: tuple[int, int]
) -> list[tuple[int, int]]:
    """When which level is applied: one after the other, upwards, never during the alert."""
    applied: list[tuple[int, int]] = []
    now = 0
    for level in sorted({rule[0] for rule in rules}):
        for one, after, project, limit in rules:
            if one == level and project != "Sales" and limit != "^no$":
                now = max(now, after)
                if alert[0] <= now < alert[1]:
                    now = alert[1]
                applied.append((now, level))
                break
    return applied


@settings(max_examples=150)
@given(RULES, st.none() | st.integers(0, 90), st.lists(st.integers(0, 40), max_size=8))
def test_each_level_is_applied_once_upwards_and_in_time(
    rules: list[tuple[int, int, str | None, str]], arrives: int | None, waits: list[int]
) -> None:
    """B-26: the applied levels and their moments are those of a naive loop, alerts left out."""
    play = Playbook(config_of(rules))
    web = play.connector("web")
    began = play.now
    web.says("ES_CHAT_START", TrackingId="t", ExtResponse="expert")
    if arrives is not None:
        # Half a second, so that no rule is due at the same moment.
        play.wait(arrives + 0.5)
        play.agent("bob", "102")
    for seconds in (*waits, 400):
        play.wait(seconds)
    applied = [
        ((fact.at - began) // SECOND, fact.detail["level"])
        for fact in play.facts
        if isinstance(fact, DecisionLogged) and fact.kind == "wait_rule"
    ]
    moves = [f.at - began for f in play.facts if isinstance(f, ChatMoved) and f.cause != "routed"]
    alert = (moves[0], moves[1]) if moves else (0, 0)
    expected = naive(
        [(level, after * SECOND, *rest) for level, after, *rest in rules],  # type: ignore[misc]  # the rest
        alert,
    )
    assert applied == [(at // SECOND, level) for at, level in expected]
    chat = next(iter(play.state.chats.values()))
    assert chat.status is ChatStatus.WAITING
    assert chat.routing.wait_level == max((level for _at, level in expected), default=-1)
    assert chat.routing.priority == len(expected)
    play.check_store()
    play.store.close()


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 3 * WINDOW // 2), max_size=12),
    st.integers(1, 6),
    st.integers(0, WINDOW),
)
def test_what_is_promised_is_honest(ages: list[int], waiting: int, later: int) -> None:
    """B-26: never negative; nothing without enough answers; whoever stands behind waits longer."""
    play = Playbook(PATIENT)
    web = play.connector("web")
    for number in range(waiting):
        web.says("ES_CHAT_START", TrackingId=f"t{number}", ExtResponse="expert")
        play.wait(1)
    state, now = play.state, play.now + later
    chats = sorted(state.chats.values(), key=lambda chat: position(state, chat.id))
    (project,) = {chat.routing.project for chat in chats}
    assert project is not None
    state.distribution.answered[project] = deque(sorted(now - age for age in ages))
    state.up = now
    promised = [expected_wait(state, chat.id) for chat in chats]
    recent = [age for age in ages if age <= WINDOW]
    if len(recent) < ENOUGH or not max(recent):
        assert promised == [None] * waiting
    else:
        known = [wait for wait in promised if wait is not None]
        assert len(known) == waiting
        assert known[0] >= 0
        assert known == sorted(known)
        # As many as stand in front of them, and themselves, at the rate of the last answers.
        each = max(recent) / (len(recent) - 1)
        assert all(abs(w - n * each) <= MINUTE / 60 for n, w in enumerate(known, 1))
    assert [position(state, chat.id) for chat in chats] == list(range(1, waiting + 1))
    play.store.close()


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["expert", "sales"])), max_size=7),
    st.none() | st.integers(0, 4),
    st.none() | st.integers(1, 150),
    st.sampled_from(["expert", "sales"]),
)
def test_a_queue_is_over_its_limit_when_counting_says_so(
    came: list[tuple[int, str]], most: int | None, longest: int | None, who: str
) -> None:
    """B-27: as many as may wait do, or the first of them waits for longer than may be."""
    rule = '[[gate_rules]]\nrank = 1\nsignal = "Free"\nlimit_signal = "Busy"\n'
    rule += f"queue_limit = {most}\n" if most is not None else ""
    rule += f'wait_limit = "{longest}s"\n' if longest is not None else ""
    play = Playbook(PATIENT + rule)
    web = play.connector("web")
    began: dict[str, list[int]] = {"expert": [], "sales": []}
    for number, (gap, kind) in enumerate(came):
        web.says("ES_CHAT_START", TrackingId=f"t{number}", ExtResponse=kind)
        began[kind].append(play.now)
        play.wait(gap)
    waits = [play.now - at for at in began[who]]
    full = most is not None and len(waits) >= most
    late = longest is not None and any(wait > longest * SECOND for wait in waits)
    web.heard.clear()
    web.says("ES_CHAT_REQUEST", TrackingId="q", ExtResponse=who)
    assert web.hears("SE_CHAT_RESPONSE")["Signal"] == ("Busy" if full or late else "Free")
    play.store.close()
