"""The desk between a real broker and browsers that are played frame by frame."""

import re
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from broker.config.totp import code_at, step_at
from tests.support.desk_process import (
    PASSWORD,
    TOTP,
    DeskInstallation,
    Page,
    Visitor,
    desk_installed,
    hashed,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskInstallation]:
    with desk_installed(tmp_path) as found:
        yield found


def tell(browser: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = browser.get("/api/session").json()
    return found


def test_a_login_makes_a_session_in_a_cookie_that_no_script_reads(desk: DeskInstallation) -> None:
    browser = desk.browser()
    assert tell(browser) == {"LoggedIn": False, "Oidc": None}
    answer = browser.post("/api/login", json={"Login": "anna", "Password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert re.match(r"parley-desk=[\w-]{43}; HttpOnly; Path=/; SameSite=strict$", cookie)
    told = tell(browser)
    assert (told["LoggedIn"], told["AgentName"], told["AgentRole"]) == (True, "Anna", "agent")
    assert set(told["Workplaces"]) >= {"201", "202"}
    assert "oucher" not in str(told)
    assert browser.post("/api/logout").status_code == 204
    assert tell(browser)["LoggedIn"] is False
    browser.cookies.set("parley-desk", cookie.split("=")[1].split(";")[0])
    assert tell(browser)["LoggedIn"] is False


def test_behind_a_proxy_with_tls_the_cookie_is_of_this_host_alone(tmp_path: Path) -> None:
    with desk_installed(tmp_path, desk='proxies = ["127.0.0.1/32"]') as desk:
        headers = {"X-Forwarded-Proto": "https", "Origin": desk.base.replace("http", "https")}
        body = {"Login": "anna", "Password": PASSWORD}
        answer = httpx2.post(f"{desk.base}/api/login", json=body, headers=headers)
        assert re.match(
            r"__Host-parley-desk=[\w-]{43}; HttpOnly; Path=/; SameSite=strict; Secure$",
            answer.headers["set-cookie"],
        )
        assert answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "said", [{"Password": "x"}, {"Login": "nobody"}, {"Login": "alice", "Password": "alice-secret"}]
)
def test_a_login_that_is_not_good_tells_nothing(desk: DeskInstallation, said: Any) -> None:
    body = {"Login": "anna", "Password": PASSWORD, **said}
    answer = desk.browser().post("/api/login", json=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert answer.json()["detail"] == "login, password or code are not good"


def test_who_guesses_is_told_to_wait(desk: DeskInstallation) -> None:
    browser = desk.browser()
    wrong = {"Login": "anna", "Password": "x"}
    answers = [browser.post("/api/login", json=wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_second_factor_is_asked_for_and_good_once(desk: DeskInstallation) -> None:
    browser = desk.browser()
    body = {"Login": "carl", "Password": PASSWORD}
    needed = browser.post("/api/login", json=body)
    assert (needed.status_code, needed.json()["member"]) == (401, "Code")
    code = code_at(TOTP, step_at(time.time()) + 1)  # none of the step in which the broker started
    assert browser.post("/api/login", json={**body, "Code": code}).status_code == 200
    assert browser.post("/api/login", json={**body, "Code": code}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ],
)
def test_only_our_own_page_may_ask_for_something_to_be_done(
    desk: DeskInstallation, headers: dict[str, str]
) -> None:
    browser = desk.logged_in()
    for path in ("login", "logout", "alive"):
        body = {"Login": "anna", "Password": PASSWORD}
        request = httpx2.Request(
            "POST", f"{desk.base}/api/{path}", json=body, headers=headers, cookies=browser.cookies
        )
        with httpx2.Client() as foreign:
            assert foreign.send(request).status_code == 403
    assert tell(browser)["LoggedIn"] is True


def test_a_form_of_a_foreign_page_is_no_login(desk: DeskInstallation) -> None:
    answer = desk.browser().post("/api/login", data={"Login": "anna", "Password": PASSWORD})
    assert answer.status_code == 415


def test_a_socket_is_for_our_own_page(desk: DeskInstallation) -> None:
    for origin in (None, Origin("https://evil.example")):
        with pytest.raises(InvalidStatus) as refused:
            connect(desk.base.replace("http", "ws") + "/ws", origin=origin)
        assert refused.value.response.status_code == 403


def test_without_a_login_there_is_no_workplace(desk: DeskInstallation) -> None:
    page = Page(desk, desk.browser())
    assert page.answer[1]["Code"] == "AuthFailed"
    assert page.rest()[1] == 1008


@pytest.mark.parametrize(
    "hello", [{"Peers": ["web"], "Role": "connector"}, {"Peers": ["201", "202"]}]
)
def test_a_page_is_a_workplace_and_nothing_else(desk: DeskInstallation, hello: Any) -> None:
    page = Page(desk, desk.logged_in(), **hello)
    assert page.answer[1]["Code"] == "BadHello"


def test_a_chat_both_ways_on_two_pages_of_one_agent(desk: DeskInstallation) -> None:
    browser = desk.logged_in()
    first = Page(desk, browser)
    assert first.answer[0] == "SYS_WELCOME"
    assert first.answer[1]["AgentName"] == "Anna"
    assert first.get()[0] == "SC_AGENT_STATE"
    second = Page(desk, browser)
    assert second.answer[1]["SessionId"] == first.answer[1]["SessionId"]
    assert second.get("SC_AGENT_STATE")[1]["State"] == "Pause"
    first.ask("CS_AGENT_STATE", {"Peer": "201", "State": "Ready"}, 5)
    assert second.get("SC_AGENT_STATE")[1]["State"] == "Ready"
    with closing(Visitor(desk.broker.address)) as visitor:
        visitor.starts("t1")
        alert = first.get("SC_CHAT_ALERT")[1]
        assert second.get("SC_CHAT_ALERT")[1]["ChatId"] == alert["ChatId"]
        third = Page(desk, browser)
        assert third.get("SC_CHAT_ALERT")[1]["ChatId"] == alert["ChatId"]
        one = {"Peer": "201", "ChatId": alert["ChatId"]}
        answered = second.ask("CS_CHAT_ANSWER", one, 6)
        assert (answered[0], answered[1]["Status"]) == ("SC_CHAT_STATUS", "Answered")
        for page in (first, third):
            assert page.get("SC_CHAT_STATUS")[1]["Status"] == "Answered"
        echo = first.ask("CS_CHAT_SENTENCE", {**one, "ID": "s1", "Text": "Good morning"}, 7)
        assert (echo[0], echo[1]["Counter"]) == ("SC_CHAT_SENTENCE", 1)
        assert second.get("SC_CHAT_SENTENCE")[1]["Text"] == "Good morning"
        assert visitor.get("SE_CHAT_SENTENCE").text == "Good morning"
        visitor.says("t1", "v1", "Hello")
        for page in (first, second, third):
            while page.get("SC_CHAT_SENTENCE")[1]["Text"] != "Hello":
                pass


def test_a_frame_that_is_not_for_a_workplace_is_refused_and_the_page_goes_on(
    desk: DeskInstallation,
) -> None:
    page = Page(desk, desk.logged_in())
    for kind, payload, code in (
        ("ES_CHAT_RESYNC", {"Peer": "web"}, "NotAllowed"),
        ("CS_CHAT_RESYNC", {"Peer": "101"}, "NotAllowed"),
        ("CS_CHAT_STATUS", {"Peer": "201"}, "BadPayload"),
        ("NO_SUCH_TYPE", {}, "UnknownType"),
        ("SYS_LOGIN", {"Version": 1, "Token": "x"}, "NotAllowed"),
    ):
        refused = page.ask(kind, payload, 9)
        assert (refused[0], refused[1]["Code"]) == ("SYS_ERROR", code), kind
    assert page.ask("CS_CHAT_RESYNC", {"Peer": "201"}, 10)[0] == "SC_CHAT_LIST"


def test_the_secret_of_the_desk_and_the_voucher_never_reach_a_page(desk: DeskInstallation) -> None:
    page = Page(desk, desk.logged_in())
    page.send("SYS_BYE", {"Code": "Shutdown"})
    heard, _ = page.rest()
    assert "desk-secret" not in str((page.answer, heard))
    assert "oucher" not in str((page.answer, heard))


@pytest.mark.parametrize("other", ["201", "202"])
def test_another_desk_takes_over_and_the_first_is_told(desk: DeskInstallation, other: str) -> None:
    """W-11."""
    page = Page(desk, desk.logged_in())
    again = Page(desk, desk.logged_in(), other)
    assert again.answer[0] == "SYS_WELCOME"
    heard, _ = page.rest()
    assert heard[-1][0:2] == [
        "SYS_BYE",
        {"Code": "Replaced", "Text": "a newer connection took over"},
    ]
    back = Page(desk, desk.logged_in(), Continues=page.answer[1]["SessionId"])
    assert back.answer[1]["Code"] == "Replaced"


def test_the_same_login_at_another_workplace_ends_its_first_pages(desk: DeskInstallation) -> None:
    browser = desk.logged_in()
    page = Page(desk, browser)
    assert Page(desk, browser, "202").answer[0] == "SYS_WELCOME"
    assert page.rest()[0][-1][1]["Code"] == "Replaced"
    assert tell(browser)["Workplace"] == "202"


def test_logging_off_waits_for_the_last_chat_and_ends_the_login(desk: DeskInstallation) -> None:
    """B-28."""
    browser = desk.logged_in()
    page = Page(desk, browser)
    page.send("CS_AGENT_STATE", {"Peer": "201", "State": "LogOff"}, 5)
    assert page.rest()[0][-1][1]["Code"] == "LoggedOff"
    assert tell(browser)["LoggedIn"] is False


def test_logging_out_ends_all_pages(desk: DeskInstallation) -> None:
    browser = desk.logged_in()
    pages = [Page(desk, browser) for _ in range(2)]
    assert browser.post("/api/logout").status_code == 204
    for page in pages:
        assert page.rest()[0][-1][1] == {"Code": "LoggedOff", "Text": "logged out"}


def test_an_agent_whom_a_reload_changes_is_out_at_once(desk: DeskInstallation) -> None:
    """W-18, C-4."""
    browser = desk.logged_in()
    page = Page(desk, browser)
    desk.change(hashed(PASSWORD), hashed("another one"))
    assert page.rest()[0][-1][1]["Code"] == "LoggedOff"
    assert tell(browser)["LoggedIn"] is False


def test_one_who_is_at_no_workplace_is_out_when_they_want_one(desk: DeskInstallation) -> None:
    """W-18, C-4."""
    browser, other = desk.logged_in(), desk.logged_in()
    page = Page(desk, other, "202")
    desk.change(hashed(PASSWORD), hashed("another one"))
    page.rest()
    assert Page(desk, browser).answer[1]["Code"] == "AuthFailed"
    assert tell(browser)["LoggedIn"] is False


def test_a_broker_that_is_away_is_told_of_and_come_back_to(desk: DeskInstallation) -> None:
    browser = desk.logged_in()
    page = Page(desk, browser)
    session = page.answer[1]["SessionId"]
    desk.broker.kill()
    heard, code = page.rest()
    assert (heard[-1][0], heard[-1][1]["Code"], code) == ("SYS_BYE", "StoreUnavailable", 1013)
    refused = Page(desk, browser, Continues=session)
    assert (refused.answer[1]["Code"], refused.answer[1]["Text"]) == (
        "Overloaded",
        "the broker is away",
    )
    away = desk.browser().post("/api/login", json={"Login": "anna", "Password": PASSWORD})
    assert (away.status_code, away.json()["detail"]) == (503, "the broker is away")
    desk.broker.start()
    back = Page(desk, browser, Continues=session)
    assert back.answer[1]["SessionId"] == session


def test_attachments_go_up_and_down(desk: DeskInstallation) -> None:
    """B-61."""
    page = Page(desk, desk.logged_in())
    data = b"hello" * 50_000
    blob = {"Peer": "201", "BlobId": "00000000-0000-4000-8000-000000000001"}
    piece = {
        **blob,
        "Offset": 0,
        "Data": b64encode(data).decode(),
        "Size": len(data),
        "Sha256": sha256(data).hexdigest(),
        "Name": "a.txt",
        "ContentType": "text/plain",
    }
    put = page.ask("CS_BLOB_PUT", piece, 5)
    assert (put[0], put[1]["IsComplete"]) == ("SC_BLOB_STATUS", True)
    got = page.ask("CS_BLOB_GET", {**blob, "Offset": 0, "Length": len(data)}, 6)
    assert b64decode(got[1]["Data"]) == data


def test_limits_warn_and_then_end(tmp_path: Path) -> None:
    limits = "idle = 60\nlongest = 60\nwarning = 59.5"
    with desk_installed(tmp_path, desk=limits) as desk:
        page = Page(desk, desk.logged_in())
        assert 0 < page.get("DESK_SESSION")[1]["EndsInSeconds"] <= 60


def test_parley_serve_runs_the_desk_beside_the_broker(tmp_path: Path) -> None:
    with desk_installed(tmp_path, serve=True) as desk:
        assert Page(desk, desk.logged_in()).answer[0] == "SYS_WELCOME"


def test_a_desk_that_ends_says_so(desk: DeskInstallation) -> None:
    page = Page(desk, desk.logged_in())
    assert desk.stop() == 0
    heard, _ = page.rest()
    assert heard[-1][1]["Code"] == "Shutdown"
