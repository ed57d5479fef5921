"""The store of a channel: what it keeps over the life of its program."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from connectors.channels.store import FRESH, Attempt, State, Store, StoreInUseError, opened
from protocol.values import Guid

GATEWAY = Guid("11111111-1111-1111-1111-111111111111")
OTHER = Guid("22222222-2222-2222-2222-222222222222")
ONE = Guid("33333333-3333-3333-3333-333333333333")
LONG = "<" + "x" * 100 + "@far.example>"


def play(path: Path | str, scenario: Callable[[Store], Awaitable[None]]) -> None:
    """Open the store, do something, close it."""

    async def run() -> None:
        async with opened(path) as store:
            await scenario(store)

    anyio.run(run, backend="trio")


def test_names_and_positions_outlive_the_program(tmp_path: Path) -> None:
    short = ""

    async def before(store: Store) -> None:
        nonlocal short
        short = await store.shorten(LONG)
        await store.set_position("INBOX", "7:1")
        await store.set_position("INBOX", "7:4812")
        await store.set_position("Spam", "1:1")
        await store.set_position("Spam", None)

    async def after(store: Store) -> None:
        assert short.startswith("h:")
        assert await store.lengthen(short) == LONG
        assert await store.lengthen("<a@b>") == "<a@b>"
        assert await store.position("INBOX") == "7:4812"
        assert await store.position("Spam") is None
        assert await store.positions() == {"INBOX": "7:4812"}

    play(tmp_path / "s", before)
    play(tmp_path / "s", after)


def test_what_was_received_is_known_by_gateway_and_name(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        await store.note_received(GATEWAY, LONG, ONE)
        assert await store.received(GATEWAY, LONG) == ONE
        assert await store.received(OTHER, LONG) is None
        assert await store.received(GATEWAY, "<a@b>") is None

    play(":memory:", scenario)


def test_an_attempt_goes_from_trying_to_its_outcome(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        begun = await store.begin(ONE, GATEWAY, "p1")
        assert begun == Attempt(
            message_id=ONE, gateway=GATEWAY, state=State.TRYING, delivery_id="p1"
        )
        await store.finish(ONE, State.SENT, delivery_id=LONG)
        found = await store.sent_as(LONG)
        assert found is not None
        assert (found.state, found.told) == (State.SENT, False)
        assert found.delivery_id == await store.shorten(LONG)
        await store.note_told(ONE)
        assert await store.untold() == []

    play(":memory:", scenario)


def test_an_attempt_that_was_cut_off_is_counted_as_unknown(tmp_path: Path) -> None:
    async def before(store: Store) -> None:
        await store.begin(ONE, GATEWAY, "p1")

    async def after(store: Store) -> None:
        (found,) = await store.untold()
        assert found.state is State.TRYING
        again = await store.begin(ONE, GATEWAY, "p1")
        assert (again.attempts, again.unknown) == (2, 1)
        await store.finish(ONE, State.UNKNOWN)
        third = await store.begin(ONE, GATEWAY, "p1")
        assert (third.attempts, third.unknown) == (3, 2)
        await store.finish(ONE, State.FAILED, text="busy")
        fourth = await store.begin(ONE, GATEWAY, "p1")
        assert (fourth.attempts, fourth.unknown, fourth.text) == (4, 2, "")

    play(tmp_path / "s", before)
    play(tmp_path / "s", after)


def test_what_was_not_offered_is_given_back_and_what_was_stays_unknown() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    three, four = (Guid(f"{digit}" * 8 + "-4444-4444-8444-444444444444") for digit in "56")

    async def scenario() -> None:
        nonlocal now
        async with opened(":memory:", now=lambda: now, threaded=False) as store:
            await store.begin(three, GATEWAY, "p3")
            now += timedelta(seconds=FRESH + 1)
            for name in (ONE, OTHER, four):
                await store.begin(name, GATEWAY, name)
            await store.note_offered(OTHER)
            await store.finish(four, State.SENT)
            await store.note_offered(four)  # too late to mean anything
            await store.give_back("throttled: ended")
            found = [await store.attempt(name) for name in (ONE, OTHER, three, four)]
            assert [one and (one.state, one.text, one.told) for one in found] == [
                (State.FAILED, "throttled: ended", False),
                (State.OFFERED, "", False),
                (
                    State.FAILED,
                    "throttled: ended",
                    True,
                ),  # the broker does not wait for it any more
                (State.SENT, "", False),
            ]
            assert (await store.begin(ONE, GATEWAY, "p1")).unknown == 0
            assert (await store.begin(OTHER, GATEWAY, "p2")).unknown == 1

    anyio.run(scenario, backend="trio")


def test_what_is_old_and_over_is_forgotten() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    three, four = (Guid(f"{digit}" * 8 + "-4444-4444-8444-444444444444") for digit in "56")

    async def scenario() -> None:
        nonlocal now
        async with opened(":memory:", now=lambda: now, threaded=False) as store:
            await store.note_received(GATEWAY, "a", ONE)
            await store.set_note("sent:1", b"with care")
            assert await store.note("sent:1") == b"with care"
            short = await store.shorten(LONG)
            for name in (ONE, OTHER, three, four):
                await store.begin(name, GATEWAY, name)
            await store.finish(ONE, State.SENT)
            await store.note_told(ONE)
            await store.finish(OTHER, State.SENT)
            await store.finish(three, State.UNKNOWN)
            now += timedelta(days=91)
            await store.note_received(GATEWAY, "b", ONE)
            await store.forget_old()
            assert await store.received(GATEWAY, "a") is None
            assert await store.received(GATEWAY, "b") == ONE
            assert await store.note("sent:1") is None
            left = [await store.attempt(name) is not None for name in (ONE, OTHER, three, four)]
            assert left == [False, True, False, False]
            assert await store.shorten(LONG) == short
            now += timedelta(days=399)
            await store.forget_old()
            assert await store.lengthen(short) == LONG
            now += timedelta(days=2)
            await store.forget_old()
            assert await store.lengthen(short) == short

    anyio.run(scenario, backend="trio")


def test_two_programs_do_not_share_a_store(tmp_path: Path) -> None:
    async def scenario(_: Store) -> None:
        with pytest.raises(StoreInUseError, match="in use by another program"):
            async with opened(tmp_path / "s"):
                pass

    play(tmp_path / "s", scenario)
    play(tmp_path / "s", lambda store: store.set_position("a", "b"))


@pytest.mark.parametrize("name", ["none/s", "folder", "s"])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "s").write_text("no store, but long enough to be taken for something " * 99)
    with pytest.raises(sqlite3.Error, match=f"{name}: "):
        play(tmp_path / name, lambda store: store.set_position("a", "b"))


def test_what_is_no_store_of_this_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s") as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(sqlite3.DatabaseError, match="version 7"):
        play(tmp_path / "s", lambda store: store.set_position("a", "b"))
    (tmp_path / "t").write_text("no database at all, but long enough to be taken for one " * 20)
    with pytest.raises(sqlite3.DatabaseError):
        play(tmp_path / "t", lambda store: store.set_position("a", "b"))


def test_what_is_wanted_at_the_same_time_is_one_transaction(tmp_path: Path) -> None:
    """Each call has its own answer, in the order of the calls; who is cancelled holds up nobody."""
    commits: list[str] = []

    async def scenario() -> None:
        async with opened(tmp_path / "s") as store:
            store._database.set_trace_callback(commits.append)
            answers: dict[str, str | None] = {}

            async def ask(key: str) -> None:
                await store.set_position(key, key.upper())
                answers[key] = await store.position(key)

            async with anyio.create_task_group() as tasks:
                for key in "abcdefgh":
                    tasks.start_soon(ask, key)
            assert answers == {key: key.upper() for key in "abcdefgh"}
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(store.set_position, "x", "1")
                    tasks.start_soon(store.set_position, "y", "1")
                    await anyio.wait_all_tasks_blocked()
                    scope.cancel()
            await store.set_position("z", "1")
            assert await store.position("z") == "1"

    anyio.run(scenario, backend="trio")
    assert commits.count("COMMIT") <= 6


def test_what_fails_fails_for_who_wanted_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        failed: list[sqlite3.Error] = []
        async with opened(tmp_path / "s") as store:

            async def fails() -> None:
                try:
                    await store._write("INSERT INTO nowhere VALUES (1)")
                except sqlite3.Error as error:
                    failed.append(error)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(store.set_position, "a", "1")
                tasks.start_soon(fails)
                tasks.start_soon(store.set_position, "b", "2")
                tasks.start_soon(fails)
            assert await store.positions() == {"a": "1", "b": "2"}
        assert len(failed) == 2

    anyio.run(scenario, backend="trio")
