"""Replays of what the real core recorded: of itself, and under other configurations."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from broker.config.load import loads
from broker.config.model import SECOND, Config, Limits
from broker.core.chats import room
from broker.reporting.source import reading
from broker.reporting.times import Span
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.outcome import EVERY, WHOLE, Question, Score, score
from broker.reporting.whatif.recorded import Change, Reaction, Recorded, Talk, Visit
from broker.reporting.whatif.replay import Replayed, grace_of, replay
from broker.reporting.whatif.rows import Record, record, whole
from protocol.scenario import ScenarioResultInfo
from protocol.values import Guid
from tests.support.core_in_memory import START
from tests.support.playbook import Client, Playbook
from tests.support.saved_shift import CONFIG, SavedShift, a_shift, saved

pytestmark = pytest.mark.slow


def read(recorded: SavedShift) -> tuple[Record, Question]:
    """The whole record, and the question about all of it."""
    with reading(f"sqlite:///{recorded.store}") as connection:
        known = whole(connection)
        assert known is not None
        span = Span(known[0], known[1] + 1, None, UTC)
        found = record(connection, span, lambda gateway: True)
    return found, Question(span=span, thresholds=[20 * SECOND])


def again(recorded: SavedShift, config: str, seed: int = 0) -> tuple[Score, Score]:
    """The figures of the record and those of a replay."""
    found, question = read(recorded)
    new = loads(config).config
    people = People(found.past, seed)
    done = replay(found.past, new, people, question.span, grace_of(new))
    key = (WHOLE, EVERY)
    return score(found.outcome, question)[key], score(done.outcome, question)[key]


def waits(one: Score) -> tuple[int, int, int, float, float | None]:
    """Offered, answered, abandoned, mean wait in seconds, service level."""
    c = one.contacts
    mean = round(c.waited / c.answered / 1e6, 3)
    return c.offered, c.answered, c.abandoned, mean, one.levels[20 * SECOND]


class Script(Playbook):
    """The core under a script, with what the scripts below have in common."""

    def __init__(self, config: str = CONFIG) -> None:
        super().__init__(config)
        self.web = self.connector("web")

    def start(self, tracking: str, **more: str) -> None:
        """A visitor comes."""
        self.web.says("ES_CHAT_START", TrackingId=tracking, **more)

    def stop(self, tracking: str) -> None:
        """A visitor goes."""
        self.web.says("ES_CHAT_STOP", TrackingId=tracking)

    def chat(self, tracking: str) -> str:
        """A chat by its visitor."""
        return next(c.id for c in self.state.chats.values() if c.visitor.tracking_id == tracking)

    def answer(self, agent: Client, tracking: str) -> None:
        """An agent answers."""
        agent.says("CS_CHAT_ANSWER", ChatId=self.chat(tracking))

    def hang_up(self, agent: Client, tracking: str) -> None:
        """An agent ends a chat, or turns an offer down."""
        agent.says("CS_CHAT_HANGUP", ChatId=self.chat(tracking))


# -- fidelity


@pytest.mark.parametrize("seed", range(12))
def test_a_replay_of_itself_is_the_record(tmp_path: Path, seed: int) -> None:
    """Everything that the model needs is in the record, so the very figures come again."""
    recorded = a_shift(tmp_path, seed)
    found, question = read(recorded)
    config = loads(CONFIG).config
    done = replay(found.past, config, People(found.past), question.span, grace_of(config))
    old = score(found.outcome, question)
    assert old[WHOLE, EVERY].contacts.offered > 50
    assert score(done.outcome, question) == old
    rows = [(row.at, str(row.status), row.cause, row.agent) for row in found.outcome.events]
    same = [(row.at, str(row.status), row.cause, row.agent) for row in done.outcome.events]
    assert same == rows
    assert not done.refused


def test_a_part_of_the_record_is_replayed_with_what_was_before_it(tmp_path: Path) -> None:
    """Chats that are under way at the bounds keep agents busy; they are not counted."""
    recorded = a_shift(tmp_path, 3)
    found, _ = read(recorded)
    middle = Span(START + 1_000 * SECOND, START + 2_800 * SECOND, 600 * SECOND, UTC)
    with reading(f"sqlite:///{recorded.store}") as connection:
        part = record(connection, middle, lambda gateway: True)
    assert part.past.start < middle.start
    assert part.past.end > middle.end
    config = loads(CONFIG).config
    question = Question(span=middle, thresholds=[20 * SECOND, 60 * SECOND])
    done = replay(part.past, config, People(part.past), middle, grace_of(config))
    assert score(done.outcome, question) == score(part.outcome, question)
    assert len(part.past.visits) <= len(found.past.visits)


def test_the_same_seed_gives_the_same_replay(tmp_path: Path) -> None:
    recorded = a_shift(tmp_path, 2)
    new = CONFIG.replace("max_chats = 1", "max_chats = 2")
    one, other = (again(recorded, new, seed=5)[1] for _ in range(2))
    assert one == other
    assert again(recorded, new, seed=6)[1] != one


# -- directions and hand calculations


def one_agent(folder: Path) -> SavedShift:
    """Bob takes 5 s to answer and 100 s to talk, one chat at a time.

    v1 comes at 0: answered at 5, over at 105.
    v2 comes at 10: is offered at 105, answered at 110, over at 210.
    v3 comes at 20: gives up at 112.
    v4 comes at 300: answered at 305, over at 405.
    """
    config = CONFIG.replace('wrapup = "30s"', "")
    play = Script(config)
    bob = play.agent("bob", "102")
    play.start("v1")
    play.wait(5)
    play.answer(bob, "v1")
    play.wait(5)
    play.start("v2")
    play.wait(10)
    play.start("v3")
    play.wait(85)
    play.hang_up(bob, "v1")
    play.wait(5)
    play.answer(bob, "v2")
    play.wait(2)
    play.stop("v3")
    play.wait(98)
    play.hang_up(bob, "v2")
    play.wait(90)
    play.start("v4")
    play.wait(5)
    play.answer(bob, "v4")
    play.wait(100)
    play.hang_up(bob, "v4")
    return saved(play, folder, config)


def test_one_more_slot_by_hand(tmp_path: Path) -> None:
    """With two slots v2 is answered at 15, and v3 at 110, as soon as v1 is over.

    They would have gone at 112. How long they talk is drawn from the others: 100 s, like all of them.
    """
    recorded = one_agent(tmp_path)
    config = recorded.config.read_text()
    old, same = again(recorded, config)
    assert waits(old) == (4, 3, 1, 36.667, 2 / 4)
    assert (old.contacts.longest, old.busy, old.staffed) == (
        100 * SECOND,
        300 * SECOND,
        405 * SECOND,
    )
    assert same == old
    _, new = again(
        recorded, config.replace('bob-secret"\nmax_chats = 1', 'bob-secret"\nmax_chats = 2')
    )
    assert waits(new) == (4, 4, 0, (5 + 5 + 90 + 5) / 4, 3 / 4)
    assert new.contacts.longest == 90 * SECOND
    # Busy from 5 to 210 with v1, v2 and v3, and from 305 to 405.
    assert (new.busy, new.staffed) == (305 * SECOND, 405 * SECOND)
    assert (new.contacts.handled, new.contacts.talk) == (4, 400 * SECOND)


def test_a_wrapup_by_hand(tmp_path: Path) -> None:
    """20 s of wrap-up: v2 is answered at 130, v3 is gone then, the rest is as it was.

    Nobody was seen to end a wrap-up, so nobody does: busy 5 to 125, 130 to 250, 305 to 405 and,
    as far as the record goes, not after. The last wrap-up, too, is followed to its end.
    """
    recorded = one_agent(tmp_path)
    config = recorded.config.read_text().replace(
        'name = "Support"', 'name = "Support"\nwrapup = "20s"'
    )
    _, new = again(recorded, config)
    assert waits(new) == (4, 3, 1, 43.333, 2 / 4)
    assert (new.busy, new.staffed) == (340 * SECOND + 1, 405 * SECOND + 1)
    assert (new.contacts.handled, new.contacts.wrapup) == (3, 60 * SECOND)


@pytest.mark.parametrize(("duration", "wait"), [(10, 14), (20, 24), (45, 49)])
def test_a_missed_offer_takes_as_long_as_it_may(tmp_path: Path, duration: int, wait: int) -> None:
    """Alice, who has more free slots, misses it; then Bob answers within 4 s."""
    play = Script()
    play.agent("alice", "101")
    bob = play.agent("bob", "102")
    play.start("v1")
    play.wait(24)
    play.answer(bob, "v1")
    play.wait(60)
    play.hang_up(bob, "v1")
    config = CONFIG.replace('signal_duration = "20s"', f'signal_duration = "{duration}s"')
    old, new = again(saved(play, tmp_path), config)
    assert waits(old)[3] == 24
    assert waits(new)[3] == wait
    assert (new.contacts.missed, new.levels[20 * SECOND]) == (1, float(wait <= 20))


def test_less_skill_asked_lets_others_help(tmp_path: Path) -> None:
    """Only Bob is an expert; when anybody is, Alice, of whose reactions nothing is known, is as quick."""
    play = Script()
    play.agent("alice", "101")
    bob = play.agent("bob", "102")
    play.start("v1", ExtResponse="expert")
    play.wait(4)
    play.answer(bob, "v1")
    play.wait(6)
    play.start("v2", ExtResponse="expert")
    play.wait(90)
    play.hang_up(bob, "v1")
    bob.says("CS_CHAT_WRAPUP", ChatId=play.chat("v1"))
    play.wait(4)
    play.answer(bob, "v2")
    play.wait(50)
    play.hang_up(bob, "v2")
    recorded = saved(play, tmp_path)
    old, same = again(recorded, CONFIG)
    assert waits(old) == (2, 2, 0, (4 + 94) / 2, 1 / 2)
    assert same.contacts == old.contacts
    _, new = again(recorded, CONFIG.replace("skill = 60", "skill = 10"))
    assert waits(new) == (2, 2, 0, 4, 1)


def test_a_rule_of_the_gate_refuses(tmp_path: Path) -> None:
    old, new = again(a_shift(tmp_path, 4), CONFIG.replace('"^stop$"', '"^(stop|sales)$"'))
    assert new.contacts.refused > old.contacts.refused
    gone = new.contacts.refused - old.contacts.refused
    assert new.contacts.offered == old.contacts.offered - gone


def test_more_people_make_shorter_waits(tmp_path: Path) -> None:
    for seed in range(3):
        folder = tmp_path / str(seed)
        folder.mkdir()
        old, new = again(a_shift(folder, seed), CONFIG.replace("max_chats = 1", "max_chats = 3"))
        assert new.contacts.answered > old.contacts.answered
        assert (
            new.contacts.waited / new.contacts.answered
            < old.contacts.waited / old.contacts.answered
        )
        assert (new.levels[20 * SECOND] or 0) > (old.levels[20 * SECOND] or 0)


def test_a_shorter_silence_frees_agents_earlier(tmp_path: Path) -> None:
    old, new = again(
        a_shift(tmp_path, 1),
        CONFIG.replace('inactivity_timeout = "10m"', 'inactivity_timeout = "3m"'),
    )
    assert new.contacts.talk / new.contacts.handled < old.contacts.talk / old.contacts.handled
    assert new.contacts.answered >= old.contacts.answered


# -- what is not as it was


def made(visits: list[Visit], changes: list[Change], config: Config, **more: Any) -> Replayed:
    """A replay of a past that was made up."""
    past = evolve(
        Recorded(
            start=START, end=START + 3_600 * SECOND, visits=visits, changes=changes, returns={}
        ),
        **more,
    )
    span = Span(past.start, past.end, None, UTC)
    return replay(past, config, People(past), span, 60 * SECOND)


CONFIGURED = loads(CONFIG).config
WEB = next(gateway.id for gateway in CONFIGURED.gateways.values() if gateway.peer == "web")
TALK = Talk(100 * SECOND, "Agent")


def comes(key: str, at: int, tracking: str | None = None, **more: Any) -> Visit:
    """A visit."""
    visit = Visit(
        key=key, gateway=WEB, tracking_id=tracking or key, at=START + at * SECOND, talk=TALK
    )
    return evolve(visit, **more)


def turns(
    login: str, at: int, state: str, workplace: str = "102", cause: str = "asked", **more: Any
) -> Change:
    """What an agent does."""
    agent = CONFIGURED.agent_by_login[login].id
    change = Change(agent, START + at * SECOND, state, None, None, cause, workplace)
    return evolve(change, **more)


def story(done: Replayed, *statuses: str) -> list[tuple[int, int, str]]:
    """When which chat came to which of these statuses."""
    return [
        (row.no, (row.at - START) // SECOND, str(row.status))
        for row in done.outcome.events
        if row.status in statuses
    ]


def states(done: Replayed, login: str) -> list[tuple[int, str]]:
    """An agent's states."""
    agent = CONFIGURED.agent_by_login[login].id
    rows = [row for row in done.outcome.states if row.agent == agent]
    return [((row.at - START) // SECOND, str(row.state)) for row in rows]


def test_who_comes_again_while_they_are_there_comes_later() -> None:
    """In the record the visit before was over by then; its wrap-up ends when they are back."""
    visits = [comes("a/0", 0, "t"), comes("a/1", 50, "t"), comes("b/0", 60, "t")]
    done = made(visits, [turns("bob", 0, "Ready")], CONFIGURED)
    assert story(done, "Pilot") == [(1, 0, "Pilot"), (1, 100, "Pilot"), (1, 200, "Pilot")]


def test_a_visit_that_the_limits_refuse_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CHATS_PER_GATEWAY", 0)
    done = made([comes("a", 0), comes("b", 1)], [turns("bob", 0, "Ready")], CONFIGURED)
    assert done.refused == 2
    assert done.outcome.events == []


def test_what_one_frame_lists_refuses_no_visit() -> None:
    """W-25: whoever brought them all takes lists in pieces, or they were few."""
    config = evolve(CONFIGURED, limits=Limits(frame_bytes=500))
    done = made([comes("a", 0), comes("b", 1)], [turns("bob", 0, "Ready")], config)
    assert done.refused == 0


def test_somebody_who_works_longer_keeps_their_seat() -> None:
    """Bob wanted to go at 10 and is done at 100; only then Alice sits down there."""
    changes = [
        turns("bob", 0, "Ready"),
        turns("bob", 10, "Ready", next_state="LogOff"),
        turns("alice", 20, "Pause", cause="login"),
        turns("alice", 21, "Ready"),
    ]
    config = loads(CONFIG.replace('wrapup = "30s"', "")).config
    done = made([comes("a", 0)], changes, config)
    assert states(done, "bob") == [(0, "Pause"), (0, "Ready"), (10, "Ready"), (100, "LogOff")]
    assert states(done, "alice") == [(100, "Pause"), (100, "Ready")]


def test_who_changes_their_mind_after_they_are_gone_comes_back() -> None:
    changes = [
        turns("bob", 0, "Ready"),
        turns("bob", 10, "Ready", next_state="LogOff"),
        turns("bob", 20, "Ready"),
    ]
    done = made([], changes, CONFIGURED)
    assert [at for at, _ in states(done, "bob")] == [0, 0, 10, 10, 20, 20]
    assert states(done, "bob")[-1] == (20, "Ready")


def test_a_lost_connection_is_lost_before_it_is_written_off() -> None:
    changes = [turns("bob", 0, "Ready"), turns("bob", 200, "LogOff", cause="lost")]
    done = made([comes("a", 150, left=True, waited=30 * SECOND, talk=None)], changes, CONFIGURED)
    assert states(done, "bob")[-1] == (200, "LogOff")
    assert story(done, "Alerting", "Closed") == [(1, 180, "Closed")]


def test_causes_that_nobody_knows_yet_are_doings() -> None:
    changes = [
        turns("bob", 0, "Ready", cause="forced"),
        turns("bob", 5, "Pause", cause="by a supervisor", reason="No such reason"),
        turns("bob", 9, "LogOff", cause="forced"),
    ]
    done = made([], changes, CONFIGURED)
    assert states(done, "bob") == [
        (0, "Pause"),
        (0, "Ready"),
        (5, "Pause"),
        (9, "Pause"),
        (9, "LogOff"),
    ]


def test_agents_who_are_not_configured_are_not_there() -> None:
    changes = [evolve(turns("bob", 0, "Ready"), agent="00000000-0000-0000-0000-000000000001")]
    done = made([comes("a", 0)], changes, CONFIGURED)
    assert done.outcome.states == []
    assert story(done, "Alerting") == []


def test_who_missed_too_much_is_ready_again_after_a_while() -> None:
    """Nothing is known of how long that takes: a minute."""
    bob = CONFIGURED.agent_by_login["bob"].id
    missed = {bob: [Reaction("missed", 20 * SECOND)] * 9}
    done = made([comes("a", 0, reactions=missed)], [turns("bob", 0, "Ready")], CONFIGURED)
    # Offered at 0 and, with nobody else there, 5 s after they missed it.
    assert states(done, "bob")[:4] == [(0, "Pause"), (0, "Ready"), (45, "Pause"), (105, "Ready")]


def test_bots_have_done_what_they_did() -> None:
    """A visit begins where the bot handed over, so no pre rule sends it back to one."""
    text = CONFIG + '[[agents]]\nname = "Bot"\nlogin = "bot"\nrole = "bot"\ntoken = "b"\n'
    text += '[[pre_rules]]\nrank = 1\nbot = "Bot"\n'
    config = loads(text).config
    bot = config.agent_by_login["bot"].id
    changes = [turns("bob", 0, "Ready"), evolve(turns("bob", 0, "Ready", "101"), agent=bot)]
    done = made([comes("a", 0)], changes, config)
    assert story(done, "Waiting", "ICR") == [(1, 0, "Waiting")]
    assert {row.agent for row in done.outcome.states} == {config.agent_by_login["bob"].id}


def test_the_record_may_break_off() -> None:
    """What is under way there is under way in the replay, and nobody knows the end."""
    visit = comes("a", 0, talk=Talk(7_000 * SECOND, "Agent"))
    broken = made([visit], [turns("bob", 0, "Ready")], CONFIGURED, under_way=1)
    assert story(broken, "Closed") == []
    assert broken.outcome.until == START + 3_600 * SECOND - 1
    whole_of_it = made([visit], [turns("bob", 0, "Ready")], CONFIGURED)
    assert story(whole_of_it, "Closed") == [(1, 7_000, "Closed")]


def test_a_form_that_is_not_configured_is_left_at_home() -> None:
    form = ScenarioResultInfo(scenario_id=Guid("00000000-0000-0000-0000-000000000009"))
    done = made([comes("a", 0, forms=(form,))], [turns("bob", 0, "Ready")], CONFIGURED)
    assert story(done, "Closed") == [(1, 100, "Closed")]
