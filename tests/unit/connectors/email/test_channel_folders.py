"""The channel with folders in place of servers: dropped mail comes in once, what goes out lies there."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from connectors.channels.channel import Permanent, Temporary
from connectors.channels.lanes import IN_HAND
from connectors.email import folder as files
from connectors.email.channel import Email
from connectors.email.convert import NOBODY
from connectors.email.parse import parse
from connectors.email.settings import Account, EmailSettings, Folder
from tests.support.channel_host import at_work
from tests.support.mail_channel import ACCOUNT, MESSAGE, appeared, names, question


async def test_a_dropped_file_is_taken_for_its_address(tmp_path: Path) -> None:
    folder, kept = tmp_path / "drop", tmp_path / "kept"
    folder.mkdir()
    accounts = (ACCOUNT, Account(gateway="sales", address="sales@example.com"))
    channel = Email(
        EmailSettings(accounts=accounts, folders=(Folder(path=folder, keep=kept, poll=0.05),))
    )
    (folder / "1.eml").write_bytes(question(1, To="x@example.com, Sales@example.com"))
    (folder / "2.eml").write_bytes(
        question(2, To="list@x.example", Delivered_To="service@example.com")
    )
    (folder / "3.eml").write_bytes(question(3, To="nobody@x.example"))
    (folder / "0.eml.$$$").write_bytes(question(0))
    async with at_work(channel) as host:
        await host.until(lambda: len(host.taken) == 3)
        await appeared(folder / "3.eml.bad")
        await host.until(lambda: host.parts.get(f"folder {folder}", "") is None)
    assert {m.delivery_id[0]: m.gateway for m in host.taken} == {
        "0": "mail",
        "1": "sales",
        "2": "mail",
    }
    assert [path.name for path in folder.iterdir()] == ["3.eml.bad"]
    assert sorted(path.name for path in kept.iterdir()) == ["0.eml", "1.eml", "2.eml"]


async def test_a_folder_that_is_not_there_is_told_and_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    channel = Email(
        EmailSettings(
            accounts=(ACCOUNT,), folders=(Folder(path=folder, gateway="mail", poll=0.05),)
        )
    )
    async with at_work(channel) as host:
        await host.until(lambda: host.parts.get(f"folder {folder}") is not None)
        folder.mkdir()
        (folder / "1.eml").write_bytes(question(1, To="nobody@x.example"))
        await host.until(lambda: len(host.taken) == 1)
    assert list(folder.iterdir()) == []


async def test_a_file_that_cannot_be_taken_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = files.take

    def refused(path: Path, most: int) -> files.Dropped | None:
        if path.name.startswith("1."):
            raise PermissionError(13, "Permission denied", str(path))
        return take(path, most)

    monkeypatch.setattr(files, "take", refused)
    channel = Email(EmailSettings(accounts=(ACCOUNT,), folders=(Folder(path=tmp_path, poll=0.05),)))
    for number in (1, 2):
        (tmp_path / f"{number}.eml").write_bytes(question(number))
        os.utime(tmp_path / f"{number}.eml", (number, number))
    async with at_work(channel) as host:
        await host.until(lambda: names(host) == ["2"])
        await host.until(lambda: "Permission denied" in str(host.parts.get(f"folder {tmp_path}")))
        monkeypatch.setattr(files, "take", take)
        await host.until(lambda: names(host) == ["2", "1"])
        await host.until(lambda: host.parts[f"folder {tmp_path}"] is None)


async def test_a_dropped_file_that_is_too_long_is_told_of_and_kept(tmp_path: Path) -> None:
    channel = Email(
        EmailSettings(
            accounts=(ACCOUNT,), folders=(Folder(path=tmp_path, poll=0.05),), message_bytes=1_000
        )
    )
    (tmp_path / "1.eml").write_bytes(question(1) + b"x" * 1_000)
    async with at_work(channel) as host:
        await appeared(tmp_path / "1.eml.bad")
    (message,) = host.taken
    assert f"not fetched: it is in {tmp_path}]" in (message.text or "")


async def test_a_dropped_file_that_is_refused_is_set_aside(tmp_path: Path) -> None:
    channel = Email(EmailSettings(accounts=(ACCOUNT,), folders=(Folder(path=tmp_path, poll=0.05),)))
    (tmp_path / "1.eml").write_bytes(question(1))
    async with at_work(channel) as host:
        host.refuses = lambda message: True
        await appeared(tmp_path / "1.eml.bad")
    assert host.taken == []


async def test_an_answer_to_nobody_is_refused_for_good(tmp_path: Path) -> None:
    channel = Email(EmailSettings(accounts=(evolve(ACCOUNT, out=tmp_path),)))
    async with at_work(channel):
        with pytest.raises(Permanent, match="does not say who wrote it"):
            await channel.send(evolve(MESSAGE, remote_address=NOBODY))
    assert os.listdir(tmp_path) == []


async def test_mail_is_written_into_a_folder_and_the_same_mail_once(tmp_path: Path) -> None:
    channel = Email(EmailSettings(accounts=(evolve(ACCOUNT, out=tmp_path / "out"),)))
    async with at_work(channel):
        sent = await channel.send(MESSAGE)
        await channel.send(MESSAGE)
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "out-1@example.com.eml"
    assert parse(file.read_bytes()).message_id == sent.delivery_id


async def test_a_folder_that_cannot_be_written_is_told_and_waited_for(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("no folder")
    channel = Email(EmailSettings(accounts=(evolve(ACCOUNT, out=tmp_path / "out"),)))
    async with at_work(channel) as host:
        with pytest.raises(Temporary, match="out"):
            await channel.send(MESSAGE)
        assert host.parts[f"folder {tmp_path / 'out'}"] is not None


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_files_of_several_people_are_given_side_by_side(tmp_path: Path) -> None:
    """B-50: so many at once, those of one person in the order of their names, and none is lost."""
    for number in range(12):
        sender = "ann@customer.example" if number in (2, 5) else f"c{number}@customer.example"
        (tmp_path / f"{number:02}.eml").write_bytes(question(number, From=sender))
    folder = Folder(path=tmp_path, gateway="mail", poll=0.05)
    channel = Email(EmailSettings(accounts=(ACCOUNT,), folders=(folder,)))
    async with at_work(channel) as host:
        host.room = anyio.Semaphore(0)
        await host.until(lambda: len(host.given) == IN_HAND - 1)  # 5 waits behind 2
        assert host.taken == []
        for _ in range(12):
            host.room.release()
        await host.until(lambda: len(host.taken) == 12)
        came = names(host)
    assert sorted(came, key=int) == [str(number) for number in range(12)]
    assert came.index("2") < came.index("5")
    assert left(tmp_path) == []


async def test_a_file_that_cannot_be_moved_is_told_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = files.finish

    def full(dropped: files.Dropped, keep: Path | None) -> None:
        if dropped.path.name.startswith("1.eml"):
            raise OSError("the disk is full")
        finish(dropped, keep)

    monkeypatch.setattr(files, "finish", full)
    for number in (1, 2):
        sender = f"c{number}@customer.example"
        (tmp_path / f"{number}.eml").write_bytes(question(number, From=sender))
    folder = Folder(path=tmp_path, gateway="mail", poll=0.05)
    channel = Email(EmailSettings(accounts=(ACCOUNT,), folders=(folder,)))
    async with at_work(channel) as host:
        await host.until(lambda: host.parts.get(f"folder {tmp_path}") == "the disk is full")
        assert sorted(names(host)) == ["1", "2"]
    assert [path.name for path in left(tmp_path)] == ["1.eml.$$$"]
