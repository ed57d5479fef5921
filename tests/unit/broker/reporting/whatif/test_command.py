"""`parley whatif` over a shift that the real core recorded."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from broker.reporting.contacts import Base
from broker.reporting.report import report_main
from broker.reporting.whatif.command import whatif_main
from broker.reporting.whatif.formats import columns
from broker.reporting.whatif.outcome import Question
from broker.store.store import Store
from tests.support import letters
from tests.support.center import FROM_TO
from tests.support.passing_chat import BUSY, Scene
from tests.support.playbook import Playbook
from tests.support.requires import ROOT
from tests.support.saved_shift import CONFIG, SavedShift, a_shift, saved

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> SavedShift:
    """The shift."""
    return a_shift(tmp_path_factory.mktemp("shift"), 3)


def changed(folder: Path, *pairs: tuple[str, str], more: str = "") -> str:
    """A configuration that differs from that of the shift."""
    text = CONFIG
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = folder / "new.toml"
    path.write_text(text + more, encoding="utf-8")
    return str(path)


def printed(*argv: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    assert whatif_main(argv, out) == 0
    return out.getvalue()


def figures(*argv: str) -> dict[str, Any]:
    """What it prints as JSON."""
    found: dict[str, Any] = json.loads(printed(*argv, "--json"))
    return found


def test_the_base_shows_the_error_of_the_model(shift: SavedShift, tmp_path: Path) -> None:
    new = changed(tmp_path, ("max_chats = 1", "max_chats = 2"))
    asked = ("--history", str(shift.store), "--config", new)
    told = figures(*asked, "--base", str(shift.config))
    everything = told["rows"][0]
    assert everything["recorded"] == everything["replayed_old"]
    assert told["against"] == "replayed_old"
    more = everything["new"]["answered"] - everything["recorded"]["answered"]
    assert everything["difference"]["answered"] == more > 0
    alone = figures(*asked)
    assert alone["against"] == "recorded"
    assert "replayed_old" not in alone["rows"][0]
    assert alone["rows"][0]["new"] == everything["new"]
    assert any("--base" in note for note in alone["notes"])


@pytest.mark.parametrize("base", [base.value for base in Base])
def test_what_is_recorded_is_what_a_report_says(shift: SavedShift, base: str) -> None:
    """The figures are those of `parley report`, all of them and by project."""
    told = figures(
        *("--history", str(shift.store), "--config", str(shift.config)),
        *("--service-level", "30s", "--level-of", base),
        *("--from", "2026-09-21T14:20", "--to", "2026-09-21T15:00", "--interval", "10m"),
    )
    out = io.StringIO()
    asked = ["--store", f"sqlite:///{shift.store}", "--format", "json"]
    asked += ["--from", "2026-09-21T14:20", "--to", "2026-09-21T15:00"]
    terms = ("--threshold", "30s", "--base", base, "--interval", "10m")
    report_main([*asked, *terms], out, clock=0)
    report = json.loads(out.getvalue())
    rows = {(row["from"], row["to"], row["name"]): row["recorded"] for row in told["rows"]}
    project = {row["id"]: row["name"] for row in told["rows"]}
    assert len(report["rows"]) > 8
    for row in report["rows"]:
        mine = rows[row["from"], row["to"], project[row["id"]]]
        mine["service_level_percent"] = mine["service_level_30s_percent"]
        common = mine.keys() & row.keys()
        assert len(common) == 14
        assert {name: mine[name] for name in common} == {name: row[name] for name in common}
    out = io.StringIO()
    report_main([*asked, "--by", "agent"], out, clock=0)
    work = json.loads(out.getvalue())["all"]
    all_day = rows[told["from"], told["to"], "all"]
    assert all_day["occupancy_percent"] == work["occupancy_percent"]


def test_what_is_recorded_of_chats_that_pass_on_is_what_a_report_says(tmp_path: Path) -> None:
    """B-29: parked chats and parties count for occupancy, outbound chats are no visits."""
    scene = Scene()
    play = scene.play
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    scene.begin()
    scene.says(alice, "CS_CHAT_ANSWER", 10)
    bob.says("CS_AGENT_STATE", State="Ready")
    scene.says(alice, "CS_CHAT_PARK", 30, IsParked=True)
    scene.says(alice, "CS_CHAT_PARK", 5, IsParked=False)
    scene.says(alice, "CS_CHAT_INVITE", 2, ToAgentId=scene.id("bob"), Mode="Consult")
    scene.says(bob, "CS_CHAT_ANSWER", 20)
    scene.says(alice, "CS_CHAT_HANGUP", 10)
    scene.web.says("ES_CHAT_OPEN", RemoteAddress="+1")
    begun = next(iter(play.state.unbound))
    scene.web.says("ES_CHAT_START", TrackingId="x", ReturnChatId=begun)
    play.wait(10)
    url = f"sqlite:///{tmp_path}/passing.db"
    store = Store.open(url)
    store.commit([fact for fact in play.facts if fact.durable])
    store.close()
    config = tmp_path / "passing.toml"
    config.write_text(BUSY, encoding="utf-8")
    told = figures("--history", url, "--config", str(config))
    out = io.StringIO()
    report_main(["--store", url, *FROM_TO, "--by", "agent", "--format", "json"], out, clock=0)
    work = json.loads(out.getvalue())["all"]
    recorded = told["rows"][0]["recorded"]
    assert (recorded["offered"], recorded["answered"]) == (1, 1)
    assert recorded["occupancy_percent"] == work["occupancy_percent"]
    assert work["busy_seconds"] == 10 + 5 + 2 + 20 + 20
    assert any(note.startswith("1 contact never asked") for note in told["notes"])


def test_the_tables_read_well(shift: SavedShift) -> None:
    text = printed(
        *("--history", f"sqlite:///{shift.store}", "--config", str(shift.config)),
        *("--base", str(shift.config), "--zone", "Europe/Prague", "--interval", "30m"),
        *("--service-level", "20s", "1m"),
    )
    lines = text.splitlines()
    assert lines[0].startswith("2026-09-21 16:13 to 2026-09-21 17:")
    assert lines[2].split() == ["all", "recorded", "replayed", "old", "new", "difference"]
    heads = [line.split("  ")[0] for line in lines if line.endswith("difference")]
    assert heads[:3] == ["all", "project Sales", "project Support"]
    assert heads[3:] == ["from 09-21 16:13", "from 09-21 16:43"]
    assert any(line.startswith("service level 60s") for line in lines)
    assert lines[-1].startswith("- Patience, from 25 who gave up among")


def test_it_prints_the_same_every_time(shift: SavedShift, tmp_path: Path) -> None:
    new = changed(tmp_path, ("skill = 60", "skill = 10"))
    argv = ("--history", str(shift.store), "--config", new, "--base", str(shift.config))
    assert printed(*argv) == printed(*argv)
    assert printed(*argv, "--seed", "2") == printed(*argv, "--seed", "2")


def test_the_history_may_be_given_by_its_configuration(shift: SavedShift, tmp_path: Path) -> None:
    path = tmp_path / "running.toml"
    path.write_text(f'[store]\nurl = "sqlite:///{shift.store}"\n{CONFIG}', encoding="utf-8")
    argv = ("--config", str(shift.config), "--json")
    assert printed("--history", str(path), *argv) == printed("--history", str(shift.store), *argv)


def test_a_gateway_that_is_gone_is_left_out_of_both(shift: SavedShift, tmp_path: Path) -> None:
    start = CONFIG.index('[[gateways]]\nname = "Messenger"')
    gone = CONFIG[start : CONFIG.index("[[gate_rules]]")]
    new = changed(tmp_path, (gone, ""))
    argv = ("--history", str(shift.store), "--config", new)
    told = figures(*argv, "--base", str(shift.config))
    everything = told["rows"][0]
    assert everything["recorded"]["offered"] == everything["new"]["offered"] < 66
    (note,) = [note for note in told["notes"] if "gateways" in note]
    number = int(note.split()[0])
    with_all = figures("--history", str(shift.store), "--config", str(shift.config))["rows"][0]
    all_of_it = with_all["recorded"]["offered"] + with_all["recorded"]["refused"]
    left = everything["recorded"]["offered"] + everything["recorded"]["refused"]
    assert number == all_of_it - left


def test_who_and_what_is_gone_or_new_is_named(shift: SavedShift, tmp_path: Path) -> None:
    new = changed(
        tmp_path,
        ('name = "Carol"\nlogin = "carol"', 'name = "Dora"\nlogin = "dora"'),
        ('number = "101"', 'number = "201"'),
    )
    notes = "\n".join(figures("--history", str(shift.store), "--config", new)["notes"])
    assert "Not in the new configuration, and so without a slot: workplace 101." in notes
    assert "In the new configuration and not in the record, and so never at work: Dora." in notes
    with_base = figures("--history", str(shift.store), "--config", new, "--base", str(shift.config))
    assert "Not in the new configuration, and so never at work there: Carol." in with_base["notes"]


DORA = """
[[workplaces]]
number = "105"
max_chats = 3
[[agents]]
name = "Dora"
login = "dora"
token = "dora-secret"
max_chats = 2
skills = { Support = 80, Sales = 80 }
"""


def test_a_new_agent_works_like_one_who_is_known(shift: SavedShift, tmp_path: Path) -> None:
    new = changed(tmp_path, more=DORA)
    argv = ("--history", str(shift.store), "--config", new, "--base", str(shift.config))
    alone, helped = figures(*argv)["rows"][0], figures(*argv, "--like", "dora=bob")["rows"][0]
    assert alone["new"] == alone["replayed_old"] == helped["replayed_old"]
    assert helped["difference"]["answered"] > 0
    assert helped["difference"]["occupancy_percent"] < 0


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a refusal says."""
    assert whatif_main(argv, io.StringIO()) == 2
    said = capsys.readouterr().err
    assert said.startswith("parley whatif: ")
    return said


def test_requests_that_make_no_sense_are_refused(
    shift: SavedShift, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, config = ("--history", str(shift.store)), ("--config", str(shift.config))
    new = ("--config", changed(tmp_path, more=DORA.replace('number = "105"', 'number = "101x"')))
    no_seat = tmp_path / "no-seat.toml"
    agent = DORA[DORA.index("[[agents]]") :]
    no_seat.write_text(CONFIG + agent, encoding="utf-8")
    empty = tmp_path / "empty.db"
    Store.open(f"sqlite:///{empty}").close()
    broken = tmp_path / "broken.toml"
    broken.write_text("[[agents]]\n", encoding="utf-8")
    cases: list[tuple[tuple[str, ...], str]] = [
        ((*store, "--config", "nowhere.toml"), "--config takes a configuration file"),
        ((*store, "--config", str(broken)), "agents[0].login"),
        ((*store, *config, "--base", "nowhere.toml"), "--base takes a configuration file"),
        (("--history", "nowhere.db", *config), "--history takes an address"),
        (("--history", "sqlite:///nowhere.db", *config), "there is no database"),
        (("--history", str(empty), *config), "the store is empty"),
        ((*store, *config, "--from", "2027-01-01"), "later than the start"),
        ((*store, *config, "--from", "today"), "is not a time"),
        ((*store, *config, "--to", "2026-09-21T14:13:21"), "nobody asked for an agent"),
        ((*store, *config, "--like", "dora=bob"), "there is no agent 'dora'"),
        ((*store, *new, "--like", "dora=eve"), "there is no agent 'eve'"),
        ((*store, *config, "--like", "bob"), "there is no agent ''"),
        ((*store, *config, "--like", "bob=alice"), "bob is in the record already"),
        ((*store, "--config", str(no_seat), "--like", "dora=bob"), "no workplace left"),
    ]
    for argv, words in cases:
        assert words in refused(capsys, *argv), argv


def test_without_a_conversation_nothing_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = Playbook(CONFIG)
    play.connector("web").says("ES_CHAT_START", TrackingId="t")
    recorded = saved(play, tmp_path)
    argv = ("--history", str(recorded.store), "--config", str(recorded.config))
    assert "no conversation ended" in refused(capsys, *argv)


@pytest.mark.parametrize(
    "more", [("--service-level", "soon"), ("--seed", "x"), ("--runs", "0"), ("--zone", "Mars")]
)
def test_arguments_that_cannot_be_read_are_refused(
    shift: SavedShift, more: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        whatif_main(["--history", str(shift.store), "--config", str(shift.config), *more])


def test_the_figures_are_documented() -> None:
    """Each figure has its definition in docs/whatif.md or in docs/reports.md."""
    text = (ROOT / "docs" / "whatif.md").read_text() + (ROOT / "docs" / "reports.md").read_text()
    question = Question(span=None, thresholds=[20_000_000])  # type: ignore[arg-type]  # not looked at
    names = [column.name.removesuffix("_20s") for column in columns(question)]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_the_example_of_the_page_is_what_is_printed(tmp_path: Path) -> None:
    """The two changes to the configuration stand in docs/whatif.md, and so does what comes of them."""
    recorded = a_shift(tmp_path, 4, every=75)
    new = changed(
        tmp_path,
        ('carol-secret"\nmax_chats = 1', 'carol-secret"\nmax_chats = 2'),
        ("skill = 60", "skill = 50"),
    )
    argv = ("--history", str(recorded.store), "--config", new, "--base", str(recorded.config))
    text = printed(*argv)
    page = (ROOT / "docs" / "whatif.md").read_text(encoding="utf-8")
    shown = page.split("$ parley whatif --history shift.db", 1)[1].split("```")[0]
    for piece in shown.split("\n", 1)[1].split("...\n"):
        assert piece in text
    seeds = [figures(*argv, "--seed", str(seed))["rows"][0]["new"] for seed in range(10)]
    runs = figures(*argv, "--runs", "10")["rows"][0]["runs"]
    for name in seeds[0]:
        values = [one[name] for one in seeds]
        assert (runs[name]["lowest"], runs[name]["highest"]) == (min(values), max(values)), name
        assert runs[name]["mean"] == pytest.approx(sum(values) / 10, abs=0.02), name
    head = printed(*argv, "--runs", "2").splitlines()[2].split()
    assert head[-6:] == ["difference", "mean", "of", "2", "lowest", "highest"]
    levels = [one["service_level_20s_percent"] for one in seeds]
    answers = [one["answered"] for one in seeds]
    said = (
        f"{min(levels):.1f} to {max(levels):.1f} %, and {min(answers)} to {max(answers)} visitors"
    )
    assert said in page


def test_messages_are_left_out_and_that_is_said(shift: SavedShift, tmp_path: Path) -> None:
    """Their conversations are no contacts, and agents worked on them all the same."""
    copy = tmp_path / "store.db"
    shutil.copy(shift.store, copy)
    asked = ("--config", str(shift.config), "--base", str(shift.config))
    before = figures("--history", str(copy), *asked)
    store = Store.open(f"sqlite:///{copy}")
    store.commit(letters.a_life())
    store.close()
    after = figures("--history", str(copy), *asked)
    said = "1 conversation of messages left out of all columns"
    assert [note for note in after["notes"] if note.startswith(said)]
    assert not [note for note in before["notes"] if "of messages" in note]
    assert after["rows"] == before["rows"]
