"""The REST interface of a real web process before a real broker."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from broker.child import free_port
from connectors.client import Alerted, OutboundRequested, connect_connector, connect_workplace
from connectors.client.blobs import download, upload
from protocol.blob import AttachmentInfo
from protocol.values import AgentState, Guid
from tests.integration.program import run
from tests.support.web_browser import Live, token_of
from tests.support.web_process import LETTERS, WebProcess, installed
from tests.support.web_stage import ROUTED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

FOREIGN = "https://shop.example.com"
CHAT = "/api/Chat/WebChat"


def test_attachments_go_up_and_down(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2_000

    async def scenario(web: WebProcess, address: str) -> None:
        async with (
            httpx2.AsyncClient(base_url=web.base) as jana,
            httpx2.AsyncClient(base_url=web.base) as stranger,
            connect_workplace(address, "101", "alice", "alice-secret") as agent,
        ):
            await agent.set_state(AgentState.READY)
            await stranger.get("/api/Visitor")
            await jana.post(CHAT, json={"PartyName": "Jana"})
            name = str(uuid4())
            here = f"/api/Attachment/{name}"
            brought = await jana.put(
                f"{here}?Name=a%20b.png", content=picture, headers={"Content-Type": "image/png"}
            )
            assert brought.status_code == 201, brought.text
            digest = sha256(picture).hexdigest()
            assert (brought.json()["Size"], brought.json()["Sha256"]) == (len(picture), digest)
            said = {"ID": "a", "Text": "", "Attachments": [{"BlobId": name}]}
            refused = await stranger.post(f"{CHAT}/Sentence", json=said)
            assert refused.json()["code"] == "UnknownMessage"
            assert (await stranger.get(here)).status_code == 404
            echo = (await jana.post(f"{CHAT}/Sentence", json=said)).json()
            (shown,) = echo["Attachments"]
            assert (shown["Name"], shown["Size"], shown["Sha256"]) == (
                "a b.png",
                len(picture),
                digest,
            )
            async for event in agent.events():
                if isinstance(event, Alerted):
                    await agent.answer(event.ref)
                    break
            pieces = [piece async for piece in download(agent, "101", Guid(name), prefix="CS")]
            assert b"".join(pieces) == picture
            back = await jana.get(here)
            assert back.content == picture
            assert back.headers["content-type"] == "image/png"
            assert "sandbox" in back.headers["content-security-policy"]
            too_long = await jana.put(f"/api/Attachment/{uuid4()}?Name=x", content=b"x" * 1_000_001)
            assert (too_long.status_code, too_long.json()["code"]) == (413, "FrameTooLarge")

    with installed(tmp_path, web="attachment_bytes = 1_000_000") as place:
        asyncio.run(scenario(place.webs[0], place.address))


def test_a_page_that_an_agent_sends_is_no_page_of_ours(tmp_path: Path) -> None:
    """What is no picture is to be saved, whatever it says that it is."""

    async def scenario(web: WebProcess, address: str) -> None:
        async with (
            httpx2.AsyncClient(base_url=web.base) as jana,
            httpx2.AsyncClient(base_url=web.base) as stranger,
            connect_workplace(address, "101", "alice", "alice-secret") as agent,
        ):
            await agent.set_state(AgentState.READY)
            await stranger.get("/api/Visitor")
            await jana.post(CHAT, json={"PartyName": "Jana"})
            async for event in agent.events():
                if isinstance(event, Alerted):
                    await agent.answer(event.ref)
                    break
            answer = Guid(str(uuid4()))
            text = b"<script>alert(1)</script>"
            await upload(agent, "101", answer, text, name="x.html", prefix="CS")
            (chat,) = agent.chats()
            await agent.send(
                chat.ref, "look", attachments=[_named(answer, "x.html", text)], sentence_id="r"
            )
            for _ in range(200):
                if (await jana.get(CHAT)).json()["Sentences"]:
                    break
                await asyncio.sleep(0.05)  # real time: a browser polls
            page = await jana.get(f"/api/Attachment/{answer}")
            assert page.content == text
            assert page.headers["content-type"] == "application/octet-stream"
            assert page.headers["content-disposition"].startswith("attachment;")
            assert (await stranger.get(f"/api/Attachment/{answer}")).status_code == 404

    with installed(tmp_path) as place:
        asyncio.run(scenario(place.webs[0], place.address))


def _named(blob: Guid, name: str, data: bytes) -> AttachmentInfo:
    return AttachmentInfo(blob_id=blob, name=name, size=len(data), sha256=sha256(data).hexdigest())


def test_an_attachment_that_was_brought_elsewhere_is_known_by_its_digest(tmp_path: Path) -> None:
    """W-21: a browser that came back to another process need not bring it again."""
    data = b"x" * 5_000

    async def scenario(first: WebProcess, second: WebProcess) -> None:
        token, other = await token_of(first.base), await token_of(first.base)
        headers = {"Parley-Visitor": token}
        name = str(uuid4())
        async with httpx2.AsyncClient() as http:
            await http.post(f"{first.base}{CHAT}", json={}, headers=headers)
            brought = await http.put(
                f"{first.base}/api/Attachment/{name}?Name=x", content=data, headers=headers
            )
            assert brought.status_code == 201
            await http.post(f"{first.base}{CHAT}", json={}, headers={"Parley-Visitor": other})
        live, thief = await Live.opened(second.base, token), await Live.opened(second.base, other)
        bare = {"ID": "a", "Text": "", "Attachments": [{"BlobId": name}]}
        wrong = {"BlobId": name, "Size": len(data), "Sha256": "0" * 64}
        for one, said in (
            (live, bare),
            (thief, bare),
            (thief, {**bare, "Attachments": [wrong]}),
        ):
            refused = await one.ask("ES_CHAT_SENTENCE", said)
            assert refused[1]["Code"] == "UnknownMessage", refused
        proved = {**wrong, "Sha256": sha256(data).hexdigest()}
        echo = await live.ask("ES_CHAT_SENTENCE", {**bare, "Attachments": [proved]})
        assert (echo[0], echo[1]["Counter"]) == ("SE_CHAT_SENTENCE", 1)
        piece = await live.ask("ES_BLOB_GET", {"BlobId": name})
        assert piece[1]["Size"] == len(data)
        assert (await thief.ask("ES_BLOB_GET", {"BlobId": name}))[1]["Code"] == "UnknownMessage"
        for one in (live, thief):
            await one.connection.close()

    with installed(tmp_path, webs=2) as place:
        asyncio.run(scenario(*place.webs))


def test_a_message_is_left_once(tmp_path: Path) -> None:
    async def scenario(web: WebProcess, address: str) -> None:
        async with (
            httpx2.AsyncClient(base_url=web.base) as jana,
            connect_workplace(address, "101", "alice", "alice-secret", conversations=True) as agent,
        ):
            letter = {
                "Id": str(uuid4()),
                "Address": "jana@example.com",
                "PartyName": "Jana",
                "Subject": "Opening hours",
                "Text": "When are you open?",
            }
            for _ in range(100):
                answer = await jana.post("/api/Message/WebMsg", json=letter)
                if answer.status_code != 503:
                    break
                await asyncio.sleep(0.1)  # real time: the session with the broker
            assert answer.status_code == 200, answer.text
            assert answer.json()["Text"] == "We answer soon."
            again = await jana.post("/api/Message/WebMsg", json=letter)
            assert again.json() == answer.json()
            (found,) = await agent.conversations.overview()
            assert (found.remote_address, found.subject) == ("jana@example.com", "Opening hours")
            bad = await jana.post(
                "/api/Message/WebMsg", json={**letter, "Id": str(uuid4()), "Address": "nobody"}
            )
            assert (bad.status_code, bad.json()["member"]) == (422, "Address")

    with installed(tmp_path, broker=LETTERS) as place:
        asyncio.run(scenario(place.webs[0], place.address))


def test_who_wants_to_be_called_is_an_outbound_chat(tmp_path: Path) -> None:
    async def scenario(web: WebProcess, address: str) -> None:
        async with (
            httpx2.AsyncClient(base_url=web.base) as jana,
            connect_connector(address, ["web"], "web-secret") as dialler,
        ):
            wish = {"Id": str(uuid4()), "Number": "601 123 456", "PartyName": "Jana", "Text": "x"}
            answer = await jana.post("/api/CallBack/WebCBack", json=wish)
            assert answer.status_code == 200, answer.text
            told = (one async for one in dialler.events() if isinstance(one, OutboundRequested))
            event = await anext(told)
            assert event.info.remote_address == "+420601123456"
            assert event.info.return_chat_id == answer.json()["Id"]
            assert (await jana.post("/api/CallBack/WebCBack", json=wish)).json() == answer.json()
            for change, member in (
                ({"Number": "12"}, "Number"),
                ({"Time": "2020-01-01T00:00:00Z"}, "Time"),
                ({"Id": None}, "Id"),
            ):
                bad = await jana.post("/api/CallBack/WebCBack", json={**wish, **change})
                assert (bad.status_code, bad.json()["member"]) == (422, member)

    with installed(tmp_path) as place:
        asyncio.run(scenario(place.webs[0], place.address))


def test_pages_of_other_origins(tmp_path: Path) -> None:
    with installed(tmp_path, web='path = "/chat"') as place, httpx2.Client() as http:
        base = f"{place.webs[0].base}/chat"
        routed = http.get(f"{base}/api/Routing/WebChat", headers={"Origin": FOREIGN})
        assert routed.headers["access-control-allow-origin"] == FOREIGN
        assert "set-cookie" not in routed.headers
        token = routed.headers["parley-visitor"]
        asked = http.options(
            f"{base}{CHAT}",
            headers={"Origin": FOREIGN, "Access-Control-Request-Method": "POST"},
        )
        assert asked.status_code == 204
        assert "Parley-Visitor" in asked.headers["access-control-allow-headers"]
        headers = {"Origin": FOREIGN, "Parley-Visitor": token}
        assert http.post(f"{base}{CHAT}", json={}, headers=headers).status_code == 200
        for origin in ("https://evil.example", "null", "https://shop.example.com.evil.example"):
            refused = http.post(f"{base}{CHAT}", json={}, headers={**headers, "Origin": origin})
            assert (refused.status_code, refused.json()["code"]) == (403, "NotAllowed")
            assert "access-control-allow-origin" not in refused.headers
            asked = http.options(f"{base}{CHAT}", headers={"Origin": origin})
            assert asked.status_code == 403
        assert http.get(f"{place.webs[0].base}{CHAT}").status_code == 404


@pytest.mark.filterwarnings("ignore")
def test_requests_of_every_kind_are_answered_as_described(tmp_path: Path) -> None:
    """Bad input of every kind gets an answer that the description has."""
    with installed(tmp_path, broker=LETTERS) as place:
        (web,) = place.webs
        token = asyncio.run(token_of(web.base))
        schema = schemathesis.openapi.from_url(f"{web.base}/api/openapi.json")

        failures = []
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        for found, mode in product(schema.get_all_operations(), modes):
            operation = found.ok()

            @settings(
                max_examples=15,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            def one(case: Any) -> None:
                answer = case.call(headers={"Parley-Visitor": token})
                if answer.status_code >= 500 and answer.status_code != 503:
                    failures.append((case.method, case.formatted_path, answer.status_code))
                described = case.operation.definition.raw["responses"]
                if str(answer.status_code) not in described and answer.status_code not in (
                    404,
                    405,
                ):
                    failures.append((case.method, case.formatted_path, answer.status_code))

            given(case=operation.as_strategy(generation_mode=mode))(one)()
        assert failures == []
        assert httpx2.get(f"{web.base}/healthz").text == "healthy"


def test_rules_that_change_are_heard_of(tmp_path: Path) -> None:
    """C-4, W-17: a running site needs no restart when the broker's rules change."""
    with installed(tmp_path) as place, httpx2.Client(base_url=place.webs[0].base) as http:
        assert http.get("/api/Routing/WebChat").json()["TargetElementID"] == "chat"
        config = place.broker.config
        config.write_text(config.read_text().replace('element_id = "chat"', 'element_id = "other"'))
        place.broker.reload()
        _until(lambda: http.get("/api/Routing/WebChat").json()["TargetElementID"] == "other")


def test_faults_of_the_web_site_are_listed_with_the_others(tmp_path: Path) -> None:
    """C-1."""
    path = tmp_path / "parley.toml"
    path.write_text(
        f'{ROUTED}\n[server]\nlissten = "x"\n[web.sites.shop]\ngateway = "web"\n'
        'token_env = "NO_SUCH_VARIABLE"\norigins = [\n"https://a.example",\n"nonsense"]\n'
    )
    lines = path.read_text().split("\n")
    checked, served = run("check", path), run("serve", path)
    assert (checked.returncode, served.returncode) == (1, 2)
    for said in (checked.stdout, served.stderr):
        for member, line in (
            ("server.lissten", 'lissten = "x"'),
            ("web.sites.shop.token_env", 'token_env = "NO_SUCH_VARIABLE"'),
            ("web.sites.shop.origins[1]", '"nonsense"]'),
        ):
            assert f"{path}:{lines.index(line) + 1}: {member}: " in said


def test_serve_runs_the_web_site_beside_the_broker(tmp_path: Path) -> None:
    """C-1: it is started again when it dies, and ends with the broker, however that ends."""
    ports = [free_port(), free_port()]
    config = tmp_path / "parley.toml"
    config.write_text(
        f'[server]\nlisten = "127.0.0.1:{ports[0]}"\n[store]\nurl = "sqlite:///{tmp_path}/p.db"\n'
        + ROUTED
        + f'[web]\nlisten = "127.0.0.1:{ports[1]}"\nbroker = "127.0.0.1:{ports[0]}"\n'
        '[web.sites.shop]\ngateway = "web"\ntoken = "web-secret"\n'
    )
    base = f"http://127.0.0.1:{ports[1]}"

    def pids(log: Path) -> list[int]:
        lines = [json.loads(line) for line in log.read_text().splitlines() if line[:1] == "{"]
        return [line["pid"] for line in lines if line["event"] == "companion_started"]

    def serving(name: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = tmp_path / name
        with log.open("wb") as out:
            command = [sys.executable, "-m", "broker", "serve", str(config)]
            return subprocess.Popen(command, stdout=out, stderr=out), log

    with ExitStack() as held:
        process, log = serving("first.log")
        held.callback(process.kill)
        _until(lambda: _is_ready(base))
        (first,) = pids(log)
        os.kill(first, signal.SIGKILL)
        _until(lambda: len(pids(log)) == 2 and _is_ready(base))
        process.terminate()
        assert process.wait(30) == 0
        _until(lambda: not any(map(_lives, pids(log))))
        process, log = serving("second.log")
        held.callback(process.kill)
        _until(lambda: _is_ready(base))
        process.kill()
        process.wait()
        _until(lambda: not any(map(_lives, pids(log))))


def _is_ready(base: str) -> bool:
    try:
        return httpx2.get(f"{base}/readyz").status_code == 200
    except httpx2.HTTPError:
        return False


def _lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
    except OSError:
        return False


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)  # real time: real processes
