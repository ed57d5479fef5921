"""A message that is left, and the wish to be called."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve

from connectors.channels.converter import Secret
from connectors.client import connect_workplace
from connectors.web.settings import CallBackSettings, MessageSettings
from tests.support.web_process import LETTERS
from tests.support.web_stage import ROUTED, SITE, WebStage, happens, play

BOTH = evolve(
    SITE,
    apps=("WebChat", "WebMsg", "WebCBack"),
    message=MessageSettings(gateway="letters", token=Secret("letters-secret")),
    call_back=CallBackSettings(region="CZ", becomes="message"),
)
MESSAGE = "/api/Message/WebMsg"
CALL = "/api/CallBack/WebCBack"


def letter(**more: Any) -> dict[str, Any]:
    said = {"Id": str(uuid4()), "Address": "jana@example.com", "PartyName": "Jana", "Text": "When?"}
    return {**said, **more}


def wish(**more: Any) -> dict[str, Any]:
    return {"Id": str(uuid4()), "Number": "601 123 456", "PartyName": "Jana", **more}


async def lettered(stage: WebStage) -> None:
    await happens(lambda: stage.site.letterboxes[0].ready)


def test_a_message_is_left_once_whoever_names_it(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        await lettered(stage)
        one, other, said = await stage.known(), await stage.known(), letter(Location="https://a/b")
        first = await one.post(MESSAGE, json=said)
        assert first.json()["Text"] == "We answer soon."
        assert (await one.post(MESSAGE, json=said)).json() == first.json()
        # The name is the browser's own: somebody else with the same one says something else.
        assert (await other.post(MESSAGE, json=said)).json()["Id"] != first.json()["Id"]
        where, who = stage.broker.address, ("101", "alice", "alice-secret")
        async with connect_workplace(where, *who, conversations=True) as agent:
            found = await agent.conversations.overview()
            assert {one.remote_address for one in found} == {"jana@example.com"}

    play(scenario, tmp_path, BOTH, ROUTED + LETTERS)


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"Address": "nobody"}, "Address"),
        ({"Address": "a@b"}, "Address"),
        ({"Address": "a@b.example, c@d.example"}, "Address"),
        ({"Text": " "}, "Text"),
        ({"Id": None}, "Id"),
        ({"Address": None}, "Address"),
    ],
)
def test_a_message_that_cannot_be_answered_is_refused(
    change: dict[str, Any], member: str, tmp_path: Path
) -> None:
    async def scenario(stage: WebStage) -> None:
        await lettered(stage)
        refused = await (await stage.known()).post(MESSAGE, json=letter(**change))
        assert (refused.status_code, refused.json()["member"]) == (422, member)

    play(scenario, tmp_path, BOTH, ROUTED + LETTERS)


def test_a_wish_becomes_a_message(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        await lettered(stage)
        browser, said = await stage.known(), wish(Text="About a chair")
        first = await browser.post(CALL, json=said)
        assert first.status_code == 200, first.text
        assert (await browser.post(CALL, json=said)).json() == first.json()
        where, who = stage.broker.address, ("101", "alice", "alice-secret")
        async with connect_workplace(where, *who, conversations=True) as agent:
            (found,) = await agent.conversations.overview()
            assert (found.remote_address, found.subject) == ("+420601123456", "Call back")

    play(scenario, tmp_path, BOTH, ROUTED + LETTERS)


def test_a_wished_time_has_to_be_one_at_which_somebody_calls(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    closed = now + timedelta(days=2)
    days = {(closed + timedelta(days=step)).strftime("%a") for step in range(1, 7)}
    settings = CallBackSettings(region="CZ", becomes="message", hours=tuple(sorted(days)), days=7)
    site = evolve(BOTH, call_back=settings)

    async def scenario(stage: WebStage) -> None:
        await lettered(stage)
        browser = await stage.known()

        async def said(when: datetime | None) -> str | None:
            time = when and when.isoformat().replace("+00:00", "Z")
            answer = await browser.post(CALL, json=wish(Time=time))
            problem: str | None = answer.json().get("detail")
            return problem

        assert await said(closed + timedelta(days=1)) is None
        assert await said(None) is None
        assert await said(closed) == "Time: nobody calls at that time"
        for wrong in (now - timedelta(hours=1), now + timedelta(days=8)):
            assert await said(wrong) == "Time: from now on, and within 7 days"

    play(scenario, tmp_path, site, ROUTED + LETTERS)


@pytest.mark.parametrize("number", ["12", "not a number", "+420 1"])
def test_a_number_that_nobody_has_is_refused(number: str, tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        refused = await (await stage.known()).post(CALL, json=wish(Number=number))
        assert (refused.status_code, refused.json()["member"]) == (422, "Number")

    play(scenario, tmp_path, BOTH, ROUTED + LETTERS)


def test_a_site_without_these_applications_takes_none(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser = await stage.known()
        for path, said in ((MESSAGE, letter()), (CALL, wish())):
            refused = await browser.post(path, json=said)
            assert (refused.status_code, refused.json()["member"]) == (404, "webapp")

    play(scenario, tmp_path)
