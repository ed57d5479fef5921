"""The session for messages that are left."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from connectors.channels.converter import Secret
from connectors.web.broker_link import Upstream
from connectors.web.letterbox import Letterbox
from connectors.web.problems import Away, Problem
from connectors.web.settings import MessageSettings
from protocol.message import MessageContentInfo
from tests.support.web_process import LETTERS
from tests.support.web_stage import ROUTED, SITE, WebStage, happens, play

WITH_LETTERS = evolve(
    SITE, message=MessageSettings(gateway="letters", token=Secret("letters-secret"))
)
SAID = MessageContentInfo(
    delivery_system_id="web:1", remote_address="jana@example.com", body_text="When?"
)


def on(
    scenario: Callable[[WebStage, Letterbox], Awaitable[None]],
    folder: Path,
    letters: str = LETTERS,
) -> None:
    async def run(stage: WebStage) -> None:
        await scenario(stage, stage.site.letterboxes[0])

    play(run, folder, WITH_LETTERS, ROUTED + letters)


def test_what_comes_again_is_stored_once(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, box: Letterbox) -> None:
        await happens(lambda: box.ready)
        assert box.is_mail
        first = await box.put(SAID)
        assert first.is_taken
        assert (await box.put(SAID)).message_id == first.message_id
        other = await box.put(evolve(SAID, delivery_system_id="web:2"))
        assert other.message_id != first.message_id

    on(scenario, tmp_path)


def test_what_the_broker_refuses_is_told_as_it_says(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, box: Letterbox) -> None:
        await happens(lambda: box.ready)
        with pytest.raises(Problem) as found:
            await box.put(evolve(SAID, body_text="x" * 2_000_000))
        assert not isinstance(found.value, Away)

    on(scenario, tmp_path)


def test_it_says_when_the_broker_is_away_and_comes_back_by_itself(tmp_path: Path) -> None:
    async def scenario(stage: WebStage, box: Letterbox) -> None:
        await happens(lambda: box.ready)
        await stage.broker.kill()
        await happens(lambda: not box.ready)
        with pytest.raises(Away):
            await box.put(SAID)

    on(scenario, tmp_path)


def test_a_gateway_that_only_sends_takes_no_letters(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, box: Letterbox) -> None:
        await happens(lambda: box._client is not None and box._client.ready)
        await anyio.sleep(0.1)  # real time: the answer of a real socket
        assert not box.ready
        assert not box.is_mail
        with pytest.raises(Away):
            await box.put(SAID)

    on(scenario, tmp_path, LETTERS.replace('direction = "I"', 'direction = "O"'))


def test_other_channels_have_no_addresses_of_mail(tmp_path: Path) -> None:
    async def scenario(_stage: WebStage, box: Letterbox) -> None:
        await happens(lambda: box.ready)
        assert not box.is_mail

    on(scenario, tmp_path, LETTERS.replace('channel = "Email"', 'channel = "SMS"'))


def test_before_it_runs_it_is_away() -> None:
    async def ask() -> None:
        with pytest.raises(Away):
            await Letterbox(Upstream("127.0.0.1:1", "letters", (), "x")).put(SAID)

    anyio.run(ask)
