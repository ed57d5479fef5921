"""`parley report` over a day that the real core played (B-30)."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import pytest

from broker.reporting.chart import Bar, draw
from broker.reporting.contacts import Base
from broker.reporting.formats import contact_columns, duration, spell_columns, work_columns
from broker.reporting.report import report_main
from broker.reporting.source import SourceError, reading
from broker.store.schema import HEAD
from broker.store.store import Store
from tests.support.center import FROM_TO, Day, a_day
from tests.support.requires import ROOT


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """The day."""
    return a_day(tmp_path)


def report(day: Day, *more: str, store: str | None = None) -> str:
    """What the command prints."""
    out = io.StringIO()
    argv = ["--store", store or str(day.config), *FROM_TO, *more]
    assert report_main(argv, out, clock=day.end) == 0
    return out.getvalue()


def test_the_day_by_project(day: Day) -> None:
    """B-30: what was worked out by hand for the day."""
    found = json.loads(report(day, "--format", "json"))
    rows = {row["name"]: row for row in found["rows"]}
    assert list(rows) == ["Sales", "Support", "-"]
    support = rows["Support"]
    assert (support["offered"], support["answered"], support["waiting"]) == (3, 1, 2)
    assert (support["missed"], support["rejected"]) == (3, 1)
    assert support["service_level_percent"] == 33.33
    assert support["speed_of_answer_seconds"] == 4.0
    assert (support["handled"], support["handle_time_seconds"]) == (1, 161.0)
    assert support["longest_wait_seconds"] == 178.0
    sales = rows["Sales"]
    assert (sales["offered"], sales["abandoned"], sales["abandonment_percent"]) == (1, 1, 100.0)
    assert rows["-"]["refused"] == 1
    assert found["all"]["offered"] == 4
    assert (found["threshold_seconds"], found["base"]) == (20.0, "offered")


def test_the_day_by_agent(day: Day) -> None:
    """Alice holds t1 for 161 s, is ready without a chat for the rest until she is set to pause."""
    found = json.loads(report(day, "--format", "json", "--by", "agent"))
    alice, bob = found["rows"]
    assert (alice["name"], alice["offers"], alice["answered"], alice["missed"]) == (
        *("Alice Novak", 3),
        *(1, 2),
    )
    assert (alice["busy_seconds"], alice["available_seconds"]) == (161.0, 14.0)
    assert alice["occupancy_percent"] == 92.0
    assert (alice["ready_seconds"], alice["logged_in_seconds"]) == (175.0, 292.0)
    assert alice["answer_delay_seconds"] == 4.0
    assert (bob["offers"], bob["rejected"], bob["missed"]) == (3, 1, 2)
    assert bob["busy_seconds"] == 0.0


def test_by_state(day: Day) -> None:
    found = json.loads(report(day, "--format", "json", "--by", "state"))
    told = {row["name"]: (row["times"], row["time_seconds"]) for row in found["rows"]}
    assert told["Alice Novak: Pause (Missed), missed offers"] == (1, 117.0)
    assert told["Bob: Ready, by themselves"] == (1, 72.0)


def test_intervals_have_rows_of_their_own(day: Day) -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(report(day, "--format", "csv", "--interval", "2m", "--by", "gateway"))
        )
    )
    assert [(row["from"], row["offered"]) for row in rows] == [
        ("2026-09-21T14:13:20+00:00", "2"),
        ("2026-09-21T14:15:20+00:00", "2"),
    ]
    assert {row["gateway"] for row in rows} == {"Web chat"}
    assert rows[1]["speed_of_answer_seconds"] == ""


def test_the_table_reads_well(day: Day) -> None:
    lines = report(day, "--zone", "Europe/Prague").splitlines()
    assert lines[0].startswith("2026-09-21 16:13 to 2026-09-21 16:23 CEST, by project")
    assert lines[2].split()[:4] == ["project", "offered", "answered", "abandoned"]
    assert lines[-1].split()[:3] == ["all", "4", "1"]
    assert len({line.find("offered") for line in lines[2:3]}) == 1
    assert "all" in report(day, "--interval", "2m").splitlines()[-1]


def test_without_a_configuration_ids_are_shown(day: Day) -> None:
    found = json.loads(report(day, "--format", "json", store=day.url))
    assert all(row["name"] == (row["id"] or "-") for row in found["rows"])
    assert found["all"]["offered"] == 4


def test_the_threshold_and_the_base_count(day: Day) -> None:
    level = "service_level_percent"
    strict = json.loads(report(day, "--format", "json", "--threshold", "3s"))
    assert strict["all"][level] == 0.0
    settled = json.loads(report(day, "--format", "json", "--base", "settled"))
    assert settled["all"][level] == 50.0
    patient = json.loads(report(day, "--format", "json", "--base", "patient", "--threshold", "30s"))
    assert patient["all"][level] == 33.33


def test_an_empty_time_gives_an_empty_report(day: Day) -> None:
    out = io.StringIO()
    argv = ["--store", str(day.config), "--from", "2020-01-01", "--to", "2020-01-02"]
    assert report_main(argv, out, clock=day.end) == 0
    assert out.getvalue().splitlines()[-1].startswith("all")


def test_the_chart_is_a_picture(day: Day, tmp_path: Path) -> None:
    picture = tmp_path / "day.svg"
    report(day, "--interval", "2m", "--chart", str(picture))
    root = ElementTree.parse(picture).getroot()  # our own file
    bars = [e for e in root.iter() if e.tag.endswith("rect") and e.get("class") == "o"]
    assert len(bars) == 1 + 5  # the legend, the intervals
    assert float(bars[1].get("height", "0")) > 0


def test_an_interval_without_a_level_breaks_the_line() -> None:
    bars = [Bar("a", 4, 3, 0.5), Bar("b", 0, 0, None), Bar("<c>", 4, 4, 1.0)]
    text = draw("A & B", bars)
    ElementTree.fromstring(text)
    assert text.count("<polyline") == 2
    assert "A &amp; B" in text
    ElementTree.fromstring(draw("nothing", []))


@pytest.mark.parametrize(
    ("micros", "words"),
    [(0, "0.0 s"), (59_940_000, "59.9 s"), (59_960_000, "1:00"), (3_661_000_000, "1:01:01")],
)
def test_lengths_of_time_are_short(micros: int, words: str) -> None:
    assert duration(micros) == words


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a refusal says."""
    assert report_main(list(argv), io.StringIO()) == 2
    said = capsys.readouterr().err
    assert said.startswith("parley report: ")
    return said


def test_stores_that_cannot_be_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junk, empty = tmp_path / "junk.db", tmp_path / "empty.db"
    junk.write_bytes(b"This is no database. " * 200)
    sqlite3.connect(empty).close()
    empty.touch()
    cases = {
        "nowhere.toml": "there is no such file",
        "sqlite:///nowhere/parley.db": "there is no database",
        "sqlite://": "names no file",
        "mysql://host/base": "must begin with sqlite:/// or postgresql://",
        "nonsense://": "must begin with sqlite:/// or postgresql://",
        "sqlite:://x": "is no address of a database",
        f"sqlite:///{junk}": "cannot be read: file is not a database",
        f"sqlite:///{empty}": "is no store of Parley",
    }
    for store, words in cases.items():
        assert words in refused(capsys, "--store", store, *FROM_TO), store
    assert empty.stat().st_size == 0


@pytest.mark.parametrize(
    ("version", "words"), [("9999", "newer version of Parley"), ("0000", "newer|older")]
)
def test_another_schema_is_refused(
    day: Day, capsys: pytest.CaptureFixture[str], version: str, words: str
) -> None:
    path = day.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()
    said = refused(capsys, "--store", day.url, *FROM_TO)
    assert any(word in said for word in words.split("|"))
    assert f"schema {version}" in said
    assert HEAD in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--from", "yesterday"), "is not a time"),
        (("--from", "2026-09-22", "--to", "2026-09-21"), "later than the start"),
        (("--from", "2020-01-01", "--interval", "1s"), "intervals"),
        (("--from", "2026-09-21", "--by", "agent", "--chart", "x.svg"), "draws contacts"),
        (("--from", "2026-09-21", "--chart", "nowhere/x.svg"), "nowhere/x.svg"),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    day: Day, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], words: str
) -> None:
    assert words in refused(capsys, "--store", str(day.config), *more)


@pytest.mark.parametrize("more", [("--zone", "Mars/Olympus"), ("--interval", "often")])
def test_arguments_that_cannot_be_read_are_refused(
    day: Day, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit):
        report_main(["--store", str(day.config), *FROM_TO, *more])
    assert repr(more[1]) in capsys.readouterr().err


def test_a_report_only_reads_and_takes_no_lock(day: Day) -> None:
    """A broker may start while a report runs, and the other way round."""
    with reading(day.url) as connection:
        broker = Store.open(day.url)
        with pytest.raises(SourceError, match="readonly"), reading(day.url) as another:
            another.exec_driver_sql("DELETE FROM offers")
        assert connection.exec_driver_sql("SELECT count(*) FROM chats").scalar() == 5
        broker.close()


def test_tokens_from_the_environment_are_not_needed(day: Day) -> None:
    text = day.config.read_text().replace('token = "web-secret"', 'token_env = "NO_SUCH_VARIABLE"')
    day.config.write_text(text)
    assert json.loads(report(day, "--format", "json"))["all"]["offered"] == 4


def test_the_figures_are_documented() -> None:
    """Each figure of each report has its definition in docs/reports.md."""
    text = (ROOT / "docs" / "reports.md").read_text()
    columns = (*contact_columns(Base.OFFERED), *work_columns(), *spell_columns())
    missing = [column.name for column in columns if f"| `{column.name}` |" not in text]
    assert missing == []


def test_a_table_has_a_dozen_figures_unless_all_are_asked_for(day: Day) -> None:
    for by, columns in (("project", contact_columns(Base.OFFERED)), ("agent", work_columns())):
        usual = report(day, "--by", by).splitlines()[2]
        assert 10 <= len(re.split(r"\s{2,}", usual)) <= 15
        assert max(map(len, report(day, "--by", by).splitlines())) < 200
        whole = report(day, "--by", by, "--all").splitlines()[2]
        assert len(re.split(r"\s{2,}", whole)) == len(columns) + 1
        assert f",{columns[-1].full_name}" in report(day, "--by", by, "--format", "csv")


def test_a_relative_path_counts_from_the_configuration_too(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = day.config.read_text(encoding="utf-8").replace(day.url, "sqlite:///day.db")
    day.config.write_text(text, encoding="utf-8")
    for here in (tmp_path, tmp_path.parent):
        monkeypatch.chdir(here)
        assert "Support" in report(day)


def test_a_database_file_is_a_store(day: Day, tmp_path: Path) -> None:
    found = json.loads(report(day, "--format", "json", store=str(tmp_path / "day.db")))
    assert found["all"]["offered"] == 4
